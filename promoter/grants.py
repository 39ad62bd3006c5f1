"""Who answers for the exceptions that stand in files: what a forge says of the change that brought each one.

Names in the files count for nothing. Without a forge (rules in a plain directory) nobody is known to answer for them.
The last answer stays while the forge is silent; an exception about which it never answered is not known to count.
A forge counts its questions: a few answers are renewed at a time, the oldest first, and none about what has ended.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from promoter.config_exceptions import WrittenException
from promoter.core.codes import Code
from promoter.core.policy_exception import Granted, Means
from promoter.ports import OutsideError


@dataclass(frozen=True, slots=True)
class Brought:
    """Who made the change that gave a file its present bytes, who approved it, and where that can be seen.

    `doubt` says why nobody's approval counts; there are no approvers then.
    """

    authors: tuple[str, ...]
    approvers: tuple[str, ...]
    reference: str
    doubt: str = ""


RENEWED: Final = 5
"""Answers that are asked for again at a time; whoever lost an approval is known after as many rounds as it takes."""

_SILENT = frozenset({Code.OUTSIDE_UNREACHABLE, Code.OUTSIDE_TIMEOUT, Code.OUTSIDE_RATE_LIMITED})
"""Of a forge that says this, nothing more is asked in the same round: each question might take its whole time."""

Answers = Callable[[str], Brought | None]
"""Asks who answers for a file of the rules, by its path; None where there is no history. May raise OutsideError."""


def nobody(_: str) -> Brought | None:
    """Answer for rules in a plain directory."""
    return None


class _Account(Protocol):
    @property
    def login(self) -> str: ...


class _Authority(Protocol):
    """What is asked of `core.authority.Authority`."""

    @property
    def commit(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def people(self) -> tuple[str, ...]: ...
    @property
    def reviewers(self) -> tuple[_Account, ...]: ...
    @property
    def doubt(self) -> str: ...


class _History(Protocol):
    """What is asked of `ports.ConfigSource`."""

    def origin(self, commit: str, path: str) -> str: ...
    def authority(self, commit: str) -> _Authority | None: ...


def answers_of(source: _History, commit: str) -> Answers:
    """Give what asks a source of rules about its files at a commit; without one there is no history to ask."""

    def ask(path: str) -> Brought | None:
        origin = source.origin(commit, path) if commit else ""
        found = source.authority(origin) if origin else None
        if found is None:
            return None
        reference = f"#{found.number} ({found.commit[:12]})" if found.number else found.commit[:12]
        approvers = () if found.doubt else tuple(one.login for one in found.reviewers)
        return Brought(found.people, approvers, reference, found.doubt)

    return ask


class Grants:
    """The exceptions of one configuration with who answers for them; safe for several threads."""

    def __init__(
        self,
        written: tuple[WrittenException, ...],
        answers: Answers = nobody,
        patience: timedelta = timedelta(minutes=1),
    ) -> None:
        self._written = written
        self._answers = answers
        self._patience = patience
        self._lock = threading.Lock()
        self._looked: datetime | None = None
        self._asked: dict[str, datetime] = {}
        self._granted: dict[str, Granted] = {}

    def all(self, now: datetime) -> tuple[Granted, ...]:
        """Give every exception; the forge is asked again when the patience is over."""
        with self._lock:
            if self._looked is None or now >= self._looked + self._patience:
                self._renew(now)
                self._looked = now
            return tuple(self._granted.get(one.path, Granted(exception=one.exception)) for one in self._written)

    def concerning(self, service: str, now: datetime) -> tuple[Granted, ...]:
        """Give those that could be about a service."""
        return tuple(one for one in self.all(now) if service in (one.exception.services or (service,)))

    def _renew(self, now: datetime) -> None:
        """Ask about everything that has no answer yet, and again about the oldest answers."""
        alive = tuple(one for one in self._written if one.exception.ends > now)
        fresh = [one for one in alive if one.path not in self._asked]
        known = sorted((one for one in alive if one.path in self._asked), key=lambda one: self._asked[one.path])
        is_silent = False
        for one in (*fresh, *known[:RENEWED]):
            try:
                granted = _unsure(one) if is_silent else _granted(one, self._answers(one.path))
            except OutsideError as error:  # said by whoever follows the rules; here the last answer stays
                granted, is_silent = _unsure(one), error.code in _SILENT
            if granted.is_unsure:
                self._granted.setdefault(one.path, granted)
            else:
                self._granted[one.path], self._asked[one.path] = granted, now


def _unsure(one: WrittenException) -> Granted:
    return Granted(exception=one.exception, is_unsure=True)


def _granted(one: WrittenException, brought: Brought | None) -> Granted:
    if brought is None:
        return Granted(exception=one.exception)
    return Granted(
        exception=one.exception,
        means=Means.REVIEWS,
        authors=brought.authors,
        approvers=brought.approvers,
        reference=brought.reference,
        doubt=brought.doubt,
    )
