"""The rules in force: looked for in their source, taken over or refused, and the last good ones where that fails.

The order is: look at the source, read what is there, compare it with what is in force, keep its bytes, write down what
becomes of it, and only then judge by it. Whatever goes wrong on the way, the rules that were in force stay.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from promoter.approvals import SignedApprovals
from promoter.config import Configuration
from promoter.core.activation import Proposal, Return, Stride, consider, revert
from promoter.core.authority import Authority
from promoter.core.bundle import Bundle, BundleFile
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.core.escape import one_line
from promoter.core.estate import Estate
from promoter.core.record import AnyEntry
from promoter.core.record_estate import ESTATE, PolicyActivated, PolicyRefused
from promoter.core.ruleset import Lineage, RawFile, UnfitRules, is_rule
from promoter.grants import Answers, answers_of
from promoter.ports import Clock, ConfigSource, OutsideError
from promoter.shelf import Found, Machine, Shelf
from promoter.strict_yaml import ConfigError
from promoter.strides import Compares, Way, find_strides

STEPS_LIMIT: Final = 50
"""Commits that are looked through for where the rules became weaker."""

_LOG = logging.getLogger("promoter")
_TEXT = 1000  # characters of a line in the log, and of a refusal
_REFS = 500  # files that an entry names; the bundle's list names all of them
_TRIES = 5


@dataclass(slots=True)
class _Looked:
    """What was considered last, and who answered for what was refused: when that changes, it is time to look again."""

    head: str | None = None  # None: it could not be looked at
    again: datetime | None = None  # when it is tried again, where it could not
    answers: tuple[Authority | None, ...] = ()
    asked: tuple[str, ...] = field(default=())


class Rulebook:
    """Takes rules over from one source."""

    def __init__(
        self,
        machine: Machine,
        source: ConfigSource,
        shelf: Shelf,
        signed: SignedApprovals,
        compares: Compares,
        clock: Clock,
    ) -> None:
        self._machine = machine
        self._source = source
        self._shelf = shelf
        self._signed = signed
        self._compares = compares
        self._clock = clock
        self._is_git = machine.main.rules is not None
        self._approvals = machine.main.rules.approvals if machine.main.rules else 0
        self._pace = machine.main.rules.refresh if machine.main.rules else timedelta(0)
        self._looked = _Looked()
        self._taken: PolicyActivated | None = None

    def take(self) -> Configuration:
        """Give the configuration with the rules that are in force now, after another look at their source.

        Raises ConfigError for bad rules in a plain directory, unless a person went back to others than these; and, like
        OutsideError, where no rules are in force yet.
        """
        try:
            found = self._find()
            self._settle(found)
        except OutsideError as error:
            return self._last_good(error)
        except ConfigError as error:
            self._refuse(error)
            if not self._is_git and not self._is_gone_back():
                raise
            return self._last_good(error)
        active = self._shelf.journal.estate().active
        assert active is not None, "something is in force after a look"
        self._taken = active
        if active.bundle == found.bundle.digest:
            return found.configuration
        return self._shelf.read(active.bundle, self._machine)

    def answers(self) -> Answers:
        """Give what tells who answers for the files of the rules that were taken last."""
        return answers_of(self._source, self._taken.commit if self._taken else "")

    def is_due(self) -> bool:
        """Tell whether the source has something else than was considered last, or others answer for it now."""
        if self._looked.again is not None:
            return self._clock.now() >= self._looked.again
        if self._source.head() != self._looked.head:
            return True
        return tuple(map(self._source.authority, self._looked.asked)) != self._looked.answers

    def is_overruled(self) -> bool:
        """Tell whether other rules are in force now, by the ledger, than those that were taken here."""
        return self._shelf.journal.estate().active != self._taken

    def go_back(self, wanted: PolicyActivated, actor: str, reason: str) -> PolicyActivated:
        """Put rules in force again that were before, by a person's word; works without the source.

        Raises ConfigError where their bytes are not kept any more, or cannot be read as rules now.
        """
        self._shelf.read(wanted.bundle, self._machine)
        said, now = Return(wanted, self._head_now(), actor, reason), self._clock.now()
        (entry,) = self._shelf.journal.write_estate(lambda estate: (revert(estate, said, now),))
        assert isinstance(entry, PolicyActivated)
        self._shelf.point(self._shelf.journal.estate())
        return entry

    # --- what the source has ------------------------------------------------------------------------------------------

    def _find(self) -> Found:
        head = self._source.head()
        self._looked = _Looked(head)
        try:
            files = self._source.files(head)
        except UnfitRules as error:
            raise ConfigError(f"{self._source.name}: {error}") from None
        rules = tuple(file for file in files if is_rule(file.path))
        if self._is_git:
            return Found(head, files, self._read(rules, head))
        configuration = self._machine.load()
        listed = tuple(BundleFile(file.path, digest_of(file.raw)) for file in rules)
        if Bundle(listed, configuration.graph).digest != configuration.bundle.digest:
            raise ConfigError(f"{self._source.name}: changed while it was read; it is read again")
        return Found(head, files, configuration)

    def _read(self, rules: tuple[RawFile, ...], commit: str) -> Configuration:
        """Read rules from bytes; errors name them as they stand in their source."""
        with self._shelf.store.drafted(rules) as folder:
            try:
                return self._machine.load(folder)
            except ConfigError as error:
                place = f"{self._source.name} {commit[:12]}: "
                raise ConfigError(*(text.replace(f"{folder}/", place) for text in error.problems)) from None

    def _head_now(self) -> str:
        """Give what the source has now, or had last where it does not answer: a revert holds until something newer."""
        if not self._is_git:
            try:
                return self._machine.load().bundle.digest
            except ConfigError:
                return ""  # whatever is written there next is something new
        try:
            return self._source.head()
        except OutsideError as error:
            _LOG.warning("rules: the head is the last one known, for %s", one_line(str(error), _TEXT))
            return self._source.known_head()

    # --- what becomes of it -------------------------------------------------------------------------------------------

    def _settle(self, found: Found) -> None:
        """Write down what becomes of the rules that were found; another writer's word is taken into account."""
        for _ in range(_TRIES):
            estate = self._shelf.journal.estate()
            proposal = self._proposal(found, estate)
            if estate.active is None or estate.active.bundle != proposal.bundle:
                self._shelf.keep(found)
            if self._write(estate, proposal):
                break
        else:
            raise OutsideError(Code.OUTSIDE_CONFLICT, "what rules are in force changes all the time; try again")
        fresh = self._shelf.journal.estate()
        if fresh.refused is None:
            self._looked.asked = self._looked.answers = ()
        if fresh.active is not None:
            self._shelf.point(fresh)

    def _write(self, estate: Estate, proposal: Proposal) -> bool:
        """Write the entry that follows; tells whether the proposal was made from what the ledger says."""
        current = True

        def entries(fresh: Estate) -> tuple[AnyEntry, ...]:
            nonlocal current
            current = fresh.active == estate.active
            entry = consider(fresh, proposal, self._approvals, self._clock.now()) if current else None
            return (entry,) if entry else ()

        for entry in self._shelf.journal.write_estate(entries):
            _say(entry)
        return current

    def _proposal(self, found: Found, estate: Estate) -> Proposal:
        bundle, active = found.bundle, estate.active
        refs = (digest_of(bundle.body), *(file.digest for file in bundle.files[:_REFS]))
        if active is None:
            return Proposal(bundle=bundle.digest, commit=found.head, authority=self._answer(found.head), refs=refs)
        if active.bundle == bundle.digest and not active.is_revert:
            return Proposal(bundle=bundle.digest, commit=found.head, lineage=Lineage.AHEAD, refs=active.refs)
        before, weaker = self._compared(active, found.configuration)
        lineage, steps = self._way(active, found.head)
        strides = self._strides(before, found, steps) if weaker and steps else ()
        asked = {one.commit: one for stride in strides for one in stride.authorities}
        commit = steps[-1] if steps else found.head
        head = asked.get(commit) or self._answer(commit)
        self._looked.asked, self._looked.answers = tuple(asked), tuple(asked.values())
        return Proposal(
            bundle=bundle.digest,
            commit=commit,
            lineage=lineage,
            weaker=weaker,
            strides=strides,
            authority=head,
            signers=self._signed.of(found.files, bundle.digest),
            refs=refs,
        )

    def _answer(self, commit: str) -> Authority | None:
        return self._source.authority(commit) if commit else None

    def _compared(self, active: PolicyActivated, fresh: Configuration) -> tuple[Configuration | None, tuple[str, ...]]:
        """Give the configuration in force, and what is weaker in a fresh one; what cannot be compared is weaker."""
        try:
            before = self._shelf.read(active.bundle, self._machine)
        except ConfigError as error:
            detail = f"the rules in force cannot be read any more, and nothing can be compared: {error.problems[0]}"
            return None, (detail,)
        return before, self._compares(before, fresh)

    def _way(self, active: PolicyActivated, head: str) -> tuple[Lineage, tuple[str, ...]]:
        """Tell how the head stands to what was looked at last, and by which commits it came there."""
        base = active.head if active.is_revert else active.commit
        if not head or not base:
            return Lineage.AHEAD, (head,) if head else ()
        lineage = self._source.lineage(head, base)
        if lineage is not Lineage.AHEAD:
            return lineage, ()
        steps = self._source.steps(base, head, STEPS_LIMIT)
        is_the_same = active.is_revert and not steps  # newer commits that say nothing of the rules
        return (Lineage.SAME if is_the_same else lineage), steps

    def _strides(self, before: Configuration | None, found: Found, steps: tuple[str, ...]) -> tuple[Stride, ...]:
        read = {step: self._read_at(step) for step in steps[:-1]} | {steps[-1]: found.configuration}
        return find_strides(Way(before, read), self._compares, self._source.authority)

    def _read_at(self, commit: str) -> Configuration | None:
        """Read the rules of a commit on the way; None where they cannot be rules."""
        try:
            return self._read(tuple(f for f in self._source.files(commit) if is_rule(f.path)), commit)
        except (ConfigError, UnfitRules):
            return None

    def _refuse(self, error: ConfigError) -> None:
        """Write down that rules cannot be read, once; only where others are in force, for else nobody is to know."""
        more = f" (and {len(error.problems) - 1} more)" if len(error.problems) > 1 else ""
        commit = self._looked.head or ""
        detail = one_line(error.problems[0], _TEXT) + more
        entry = PolicyRefused(at=self._clock.now(), service=ESTATE, commit=commit, detail=detail)

        def entries(estate: Estate) -> tuple[AnyEntry, ...]:
            known = estate.refused
            is_known = known is not None and (known.bundle, known.commit, known.detail) == ("", commit, detail)
            return () if estate.active is None or is_known else (entry,)

        written = self._shelf.journal.write_estate(entries)
        for problem in error.problems if written and self._is_git else ():
            _LOG.error("rules not taken over, the last good ones stay: %s", one_line(problem, _TEXT))

    # --- what is kept -------------------------------------------------------------------------------------------------

    def _is_gone_back(self) -> bool:
        """Tell whether what is in force is there by a person's word: bad files keep nobody from going back."""
        active = self._shelf.journal.estate().active
        return active is not None and active.is_revert

    def _last_good(self, error: ConfigError | OutsideError) -> Configuration:
        """Give what is in force; raises the error where nothing is."""
        estate = self._shelf.journal.estate()
        if estate.active is None:
            raise error
        if isinstance(error, OutsideError):
            self._looked = _Looked(again=self._clock.now() + self._pace)
            _LOG.error("rules not looked at, the last good ones stay: %s", one_line(str(error), _TEXT))
        self._shelf.point(estate)
        self._taken = estate.active
        return self._shelf.read(estate.active.bundle, self._machine)


def _say(entry: AnyEntry) -> None:
    """Log what became of rules: what is weaker is told loudly, whoever approved it."""
    match entry:
        case PolicyActivated():
            by = f", commit {entry.commit[:12]}" if entry.commit else ""
            who = ", ".join((*entry.reviewers, *entry.signers))
            approved = f", approved by {one_line(who, _TEXT)}" if who else ""
            _LOG.info("rules %s are in force%s%s", entry.bundle, by, approved)
            for weaker in entry.weaker:
                _LOG.warning("rules are weaker than before: %s", one_line(weaker, _TEXT))
        case PolicyRefused():
            _LOG.error("rules not taken over, the last good ones stay: %s", one_line(entry.detail, 2 * _TEXT))
