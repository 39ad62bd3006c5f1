"""What the ledger says of one service: a fold over its entries. A cache by nature: rebuilt at every start.

Rule 1: state comes from events through the two tables; an entry that is no row raises.
Rule 2: nothing here reads a clock, a forge or a registry; the world is compared with this elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import singledispatch

from promoter.core import eligibility, standing
from promoter.core.candidate import Candidate
from promoter.core.checks.subject import Phase
from promoter.core.codes import Code
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.finding import Outcome, Reason
from promoter.core.record import (
    Announced,
    AnyEntry,
    Checked,
    Decided,
    EligibilityMoved,
    FreezeEnded,
    FreezeOverridden,
    Incident,
    InEnvironment,
    OutsideFailed,
    OutsideRecovered,
    PinSeen,
    PromotionWanted,
    ReleaseResolved,
    RuntimeSeen,
    StandingMoved,
    TagMoved,
    TagsSeen,
)
from promoter.core.record_estate import (
    DenialLifted,
    Denied,
    EstateEntry,
    ExceptionMoved,
    Held,
    HoldEnded,
    PolicyActivated,
    PolicyRefused,
    SelfTested,
)
from promoter.core.standing import Standing, StandingEvent


@dataclass(frozen=True, slots=True)
class Spot:
    """One candidate in one environment."""

    eligibility: Eligibility
    why: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()  # marks of those that revoked it
    alarmed: int = 0  # incidents of the service before it came to this eligibility
    standing: Standing = Standing.NONE
    since: datetime | None = None  # of the standing
    number: int = 0
    head: str = ""
    actor: str = ""
    pinned: datetime | None = None  # when it came to run here the last time
    commit: str = ""  # that pinned it then, where a proposal of ours was merged
    checked: Checked | None = None
    decided: Mapping[str, Decided] = field(default_factory=dict)  # by phase
    firm: Decided | None = None  # the last decision on a proposal that was not left open for want of an answer
    settled: bool = False  # it has soaked here at some time
    merge_announced: str = ""  # head that the bot was about to merge
    overridden: tuple[FreezeOverridden, ...] = ()  # freezes that did not hold it up, oldest first
    wanted: PromotionWanted | None = None  # a person asked for it, and what was asked for has not come or ended yet
    askers: frozenset[str] = frozenset()  # everybody who ever asked for it here: their approvals do not count


@dataclass(frozen=True, slots=True)
class Known:
    """One release name and its first-seen digest."""

    candidate: Candidate
    resolved: ReleaseResolved
    moved_to: str = ""
    ended: tuple[FreezeEnded, ...] = ()  # oldest first

    @property
    def accepted(self) -> tuple[str, ...]:
        """Digests that the tag was moved to, and that a person has seen when ending the freeze."""
        return tuple(entry.accepted for entry in self.ended)

    @property
    def is_frozen(self) -> bool:
        """True from the move of the tag until a person ends the freeze."""
        return bool(self.moved_to) and self.moved_to not in self.accepted

    @property
    def freeze(self) -> Reason | None:
        """Why it is frozen, and what ends that: the same words wherever people are told; None where it is not."""
        name = self.candidate.release
        command = f"promoter release {self.candidate.service} {name} --reason ..."
        reason = Reason(
            code=Code.TAG_MOVED,
            sentence=f"the tag {name} was moved to {self.moved_to}",
            remedy=f"Operator: find out who moved the tag, then `{command}`; or cut a new release.",
        )
        return reason if self.is_frozen else None


@dataclass(frozen=True, slots=True)
class History:
    """Everything that the ledger says of one service."""

    seen: Mapping[str, bool] = field(default_factory=dict)  # tag, as first seen -> it came after the first look
    rule: str = ""  # that selected the tags seen last
    known: Mapping[str, Known] = field(default_factory=dict)  # by release name, oldest first
    spots: Mapping[tuple[str, Candidate], Spot] = field(default_factory=dict)
    pins: Mapping[str, PinSeen] = field(default_factory=dict)  # by environment
    heads: Mapping[str, tuple[Announced, ...]] = field(default_factory=dict)  # commits of ours, by branch, newest last
    failing: Mapping[str, str] = field(default_factory=dict)  # what -> code
    incidents: tuple[Incident, ...] = ()
    runtimes: Mapping[str, RuntimeSeen] = field(default_factory=dict)  # what runs, by environment, as seen last

    def known_as(self, candidate: Candidate) -> Known | None:
        """Give what is known of a candidate; None where its release name stands for another digest, or for none."""
        known = self.known.get(candidate.release)
        return known if known and known.candidate == candidate else None

    def announced(self, branch: str, head: str) -> Announced | None:
        """Give what announced a commit on a branch; None where the commit is not ours."""
        return next((entry for entry in self.heads.get(branch, ()) if entry.head == head), None)

    def spot(self, environment: str, candidate: Candidate) -> Spot | None:
        """Give a candidate's place in an environment; None where it never had one."""
        return self.spots.get((environment, candidate))

    def running(self, environment: str) -> Candidate | None:
        """Give the candidate that the environment runs, as far as the ledger knows."""
        found = (
            c for (name, c), spot in self.spots.items() if name == environment and spot.standing in standing.RUNNING
        )
        return next(found, None)

    def wanted(self, environment: str) -> Candidate | None:
        """Give the candidate that a person asked for, until it has come or its proposal has ended."""
        return next((c for (name, c), spot in self.spots.items() if name == environment and spot.wanted), None)

    def open(self, environment: str) -> Candidate | None:
        """Give the candidate whose pull request is open; the oldest, while the end of one is not written down yet."""
        found = [c for (name, c), spot in self.spots.items() if name == environment and spot.standing in standing.OPEN]
        return min(found, key=lambda candidate: self.spots[environment, candidate].number, default=None)


@singledispatch
def fold(entry: AnyEntry, history: History) -> History:  # noqa: ARG001 - the rows below use it
    """Give the history after an entry."""
    raise TypeError(f"no entry of the ledger: {type(entry).__name__}")


@fold.register(PolicyActivated)
@fold.register(PolicyRefused)
@fold.register(ExceptionMoved)
@fold.register(Denied)
@fold.register(DenialLifted)
@fold.register(Held)
@fold.register(HoldEnded)
@fold.register(SelfTested)
def _(entry: EstateEntry, history: History) -> History:  # noqa: ARG001 - `estate` folds it
    return history


@fold.register
def _(entry: TagsSeen, history: History) -> History:
    new = {tag: not entry.is_first for tag in entry.tags if tag not in history.seen}
    return replace(history, seen={**history.seen, **new}, rule=entry.rule)


@fold.register
def _(entry: ReleaseResolved, history: History) -> History:
    known = {**history.known, entry.release: Known(entry.candidate, entry)}
    return replace(history, known=known)


@fold.register
def _(entry: TagMoved, history: History) -> History:
    return _know(history, replace(history.known[entry.release], moved_to=entry.moved_to))


@fold.register
def _(entry: FreezeEnded, history: History) -> History:
    before = history.known[entry.release]
    return _know(history, replace(before, ended=(*before.ended, entry)))


@fold.register
def _(entry: Decided, history: History) -> History:
    before = _spot(history, entry.environment, entry.candidate)
    is_firm = entry.outcome != Outcome.UNDECIDED.value and entry.phase == Phase.PROPOSE.value
    firm = entry if is_firm else before.firm
    return _place(history, entry, replace(before, decided={**before.decided, entry.phase: entry}, firm=firm))


@fold.register
def _(entry: EligibilityMoved, history: History) -> History:
    before = history.spot(entry.environment, entry.candidate)
    state = eligibility.advance(before.eligibility if before else None, entry.event)
    alarmed = before.alarmed if before and before.eligibility is state else len(history.incidents)
    spot = replace(before or Spot(state), eligibility=state, why=entry.why, denials=entry.denials, alarmed=alarmed)
    return _place(history, entry, spot)


@fold.register
def _(entry: StandingMoved, history: History) -> History:
    before = _spot(history, entry.environment, entry.candidate)
    state = standing.advance(before.standing, entry.event)
    after = replace(
        before,
        standing=state,
        since=entry.at,
        number=entry.number or before.number,
        head=entry.head or before.head,
        actor=entry.actor,
        settled=before.settled or state is Standing.SETTLED,
        wanted=before.wanted if state in standing.OPEN else None,
    )
    if state is Standing.PROMOTED:
        after = replace(after, pinned=entry.at, commit=entry.commit if entry.event is StandingEvent.MERGED else "")
    if entry.event in {StandingEvent.PR_OPENED, StandingEvent.REWRITTEN}:
        after = replace(after, checked=None, merge_announced="")
    return _place(history, entry, after)


@fold.register
def _(entry: Announced, history: History) -> History:
    if entry.act == "merge":
        before = _spot(history, entry.environment, entry.candidate)
        return _place(history, entry, replace(before, merge_announced=entry.head))
    if entry.act != "propose":
        return history
    ours = history.heads.get(entry.branch, ())
    return replace(history, heads={**history.heads, entry.branch: (*ours[-50:], entry)})


@fold.register
def _(entry: Checked, history: History) -> History:
    return _place(history, entry, replace(_spot(history, entry.environment, entry.candidate), checked=entry))


@fold.register
def _(entry: PromotionWanted, history: History) -> History:
    here = {key: spot for key, spot in history.spots.items() if key[0] == entry.environment and spot.wanted}
    history = replace(history, spots={**history.spots, **{k: replace(spot, wanted=None) for k, spot in here.items()}})
    before = _spot(history, entry.environment, entry.candidate)
    askers = before.askers | {entry.actor, entry.account}
    return _place(history, entry, replace(before, wanted=entry, askers=askers))


@fold.register
def _(entry: FreezeOverridden, history: History) -> History:
    before = _spot(history, entry.environment, entry.candidate)
    return _place(history, entry, replace(before, overridden=(*before.overridden, entry)))


@fold.register
def _(entry: PinSeen, history: History) -> History:
    return replace(history, pins={**history.pins, entry.environment: entry})


@fold.register
def _(entry: RuntimeSeen, history: History) -> History:
    if entry.what == "denied":
        return history
    return replace(history, runtimes={**history.runtimes, entry.environment: entry})


@fold.register
def _(entry: Incident, history: History) -> History:
    return replace(history, incidents=(*history.incidents, entry))


@fold.register
def _(entry: OutsideFailed, history: History) -> History:
    return replace(history, failing={**history.failing, entry.what: entry.code})


@fold.register
def _(entry: OutsideRecovered, history: History) -> History:
    return replace(history, failing={what: code for what, code in history.failing.items() if what != entry.what})


def _know(history: History, known: Known) -> History:
    return replace(history, known={**history.known, known.candidate.release: known})


def _spot(history: History, environment: str, candidate: Candidate) -> Spot:
    found = history.spot(environment, candidate)
    return found or Spot(eligibility.advance(None, EligibilityEvent.RESOLVED))


def _place(history: History, entry: InEnvironment, spot: Spot) -> History:
    return replace(history, spots={**history.spots, (entry.environment, entry.candidate): spot})
