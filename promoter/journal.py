"""The ledger as the bot uses it: typed entries in, histories by service out.

The histories are a cache folded from the ledger; another writer's entries are folded in before anything is appended,
and an append that lost the race is built again from what was appended meanwhile.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from pydantic import Field, TypeAdapter

from promoter.core.audit import ENTRY_LIMIT
from promoter.core.canonical import canonical
from promoter.core.codes import Code
from promoter.core.escape import one_line
from promoter.core.estate import Estate, settle
from promoter.core.history import History, fold
from promoter.core.holds import describe
from promoter.core.merkle import Frontier, leaf_hash
from promoter.core.record import AnyEntry, EligibilityMoved, FreezeOverridden, Incident, PromotionWanted, StandingMoved
from promoter.core.record_estate import ESTATE, ExceptionMoved, ExceptionStep, Held, HoldEnded
from promoter.ports import Conflict, Head, Ledger, OutsideError

_ENTRY: TypeAdapter[AnyEntry] = TypeAdapter(Annotated[AnyEntry, Field(discriminator="kind")])
_LOG = logging.getLogger("promoter")
_TRIES = 20
_NEAR_THE_END = {ExceptionStep.EXPIRING, ExceptionStep.EXPIRED, ExceptionStep.REVOKED}

Writer = Callable[[History], tuple[AnyEntry, ...]]
"""Computes entries from a service's history; called again when somebody else appended first."""


def read_entry(raw: bytes) -> AnyEntry:
    """Give the entry that stands in these bytes; raises ValueError for a kind or shape that is not known here."""
    return _ENTRY.validate_json(raw)


def _encode(entry: AnyEntry) -> bytes:
    """Give an entry's bytes; raises OutsideError for one that is too long or not UTF-8, by a text from outside."""
    try:
        raw = canonical(entry)
    except ValueError as error:
        detail = f"an entry `{entry.kind}` about {entry.service} cannot be written down: {error}"
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, detail) from error
    if len(raw) > ENTRY_LIMIT:
        detail = f"an entry `{entry.kind}` about {entry.service} has {len(raw)} bytes; the ledger takes {ENTRY_LIMIT}"
        raise OutsideError(Code.OUTSIDE_TOO_LARGE, detail)
    return raw


def _say(entry: AnyEntry) -> None:
    """Log what an operator wants to read as it happens; the ledger has the whole of it."""
    match entry:
        case Incident():
            name = " ".join(part for part in (entry.service, entry.release, entry.environment) if part)
            actor = f" by {entry.actor}" if entry.actor else ""
            _LOG.warning("incident, %s: %s%s: %s", entry.what, one_line(name), one_line(actor), one_line(entry.detail))
        case Held():
            until = f" until {entry.until:%Y-%m-%d %H:%M:%SZ}" if entry.until else ""
            _LOG.warning("%s held by %s%s: %s", describe(entry), entry.actor, until, one_line(entry.reason))
        case HoldEnded():
            _LOG.warning("hold %s ended by %s: %s", entry.id, entry.actor, one_line(entry.reason))
        case PromotionWanted():
            what = f"{'going back to ' if entry.is_return else ''}{entry.service} {entry.release}"
            _LOG.info("%s asked for in %s by %s: %s", what, entry.environment, entry.actor, one_line(entry.reason))
        case FreezeOverridden():
            about = f"{entry.service} {entry.release} for {entry.environment}"
            _LOG.warning("%s: freeze %s overridden by %s: %s", about, entry.freeze, entry.id, one_line(entry.reason))
        case ExceptionMoved() if entry.step in _NEAR_THE_END:
            detail = f": {one_line(entry.detail)}" if entry.detail else ""
            _LOG.warning("the exception %s is %s%s", one_line(entry.id), entry.step.value, detail)
        case StandingMoved():
            number = f" (#{entry.number})" if entry.number else ""
            _LOG.info("%s %s is %s in %s%s", entry.service, entry.release, entry.state.value, entry.environment, number)
        case EligibilityMoved():
            why = f": {one_line(', '.join(entry.why))}" if entry.why else ""
            _LOG.info("%s %s is %s for %s%s", entry.service, entry.release, entry.state.value, entry.environment, why)


class Journal:
    """Histories of all services over one ledger; safe for several threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._lock = threading.RLock()
        self._histories: dict[str, History] = {}
        self._estate = Estate()
        self._head: Head | None = None
        self._tree = Frontier()

    def history(self, service: str) -> History:
        """Give what the ledger says of a service now."""
        with self._lock:
            self._catch_up()
            return self._histories.get(service, History())

    def estate(self) -> Estate:
        """Give what the ledger says of rules, exceptions, denials and holds now."""
        with self._lock:
            self._catch_up()
            return self._estate

    def services(self) -> tuple[str, ...]:
        """Name every service that the ledger knows."""
        with self._lock:
            self._catch_up()
            return tuple(sorted(name for name in self._histories if name != ESTATE))

    def write_estate(self, writer: Callable[[Estate], tuple[AnyEntry, ...]]) -> tuple[AnyEntry, ...]:
        """Append what `writer` computes from the estate, durably; it may use `history` too. Raises OutsideError."""
        return self.write(ESTATE, lambda _: writer(self._estate))

    def histories(self) -> Mapping[str, History]:
        """Give what the ledger says of every service now."""
        with self._lock:
            self._catch_up()
            return dict(self._histories)

    def write(self, service: str, writer: Writer) -> tuple[AnyEntry, ...]:
        """Append what `writer` computes from the history, durably; gives the entries written.

        Raises OutsideError, also where what the world said makes an entry that the ledger cannot hold.
        """
        return self.write_across(lambda histories, _: writer(histories.get(service, History())))

    def write_across(
        self, writer: Callable[[Mapping[str, History], Estate], tuple[AnyEntry, ...]]
    ) -> tuple[AnyEntry, ...]:
        """Append what `writer` computes from everything that the ledger says, durably; gives the entries written.

        They are written only while nobody else has written anything since: or else `writer` is asked again. Raises
        OutsideError, also where what the world said makes an entry that the ledger cannot hold.
        """
        with self._lock:
            for _ in range(_TRIES):
                self._catch_up()
                head = self._head  # what the writer sees: should it look again itself, the append is a conflict
                entries = writer(self._histories, self._estate)
                if not entries:
                    return ()
                assert head is not None
                try:
                    self._ledger.append(tuple(_encode(entry) for entry in entries), head)
                except Conflict:
                    continue
                self._catch_up()
                for entry in entries:
                    _say(entry)
                return entries
        raise OutsideError(Code.OUTSIDE_CONFLICT, f"the ledger's head moved {_TRIES} times in a row; try again")

    def entries(self, start: int = 0) -> Iterator[tuple[int, AnyEntry]]:
        """Give every entry with its index."""
        for stored in self._ledger.read(start):
            yield stored.index, read_entry(stored.raw)

    def checkpoint(self) -> str:
        """Give a signed checkpoint of the ledger."""
        return self._ledger.checkpoint()

    def _catch_up(self) -> None:
        """Fold what was appended since the last look; the head is read first, what follows it is folded next time."""
        head = self._ledger.head()
        if head == self._head:
            return
        for stored in self._ledger.read(self._tree.size):
            if stored.index >= head.size:
                break
            entry = read_entry(stored.raw)
            self._histories[entry.service] = fold(entry, self._histories.get(entry.service, History()))
            self._estate = settle(entry, self._estate)
            self._tree = self._tree.append(leaf_hash(stored.raw))
        if (self._tree.size, self._tree.root.hex()) != (head.size, head.root):
            detail = f"the ledger's entries do not have the root that its head names (size {head.size})"
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{detail}; run `promoter log verify`")
        self._head = head
