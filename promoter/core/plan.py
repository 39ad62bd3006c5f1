"""What to do next, as data: a function of eligibility and standing, one table, every pair present.

The table says what one candidate's pair calls for; which candidate an environment's one proposal is for is decided
by `contender`: the newest eligible release that is newer than what runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from promoter.core.candidate import Candidate
from promoter.core.eligibility import Eligibility
from promoter.core.history import History
from promoter.core.sight import EnvironmentSight, PullSeen
from promoter.core.standing import OPEN, Standing


class Step(Enum):
    """What a pair of states calls for."""

    REST = "rest"  # nothing to do
    OPEN = "open"  # open the proposal, or rewrite the open one for this newer candidate
    SHOW = "show"  # keep text and check of the open proposal true
    MERGE = "merge"  # show, and merge where the environment merges by itself
    WITHDRAW = "withdraw"  # close the proposal and say why
    ALARM = "alarm"  # it runs and should not: tell people, once


REFUSED = frozenset({Standing.DECLINED, Standing.ROLLED_BACK})
"""A person said no: the bot does not bring it back by itself, least of all where it merges by itself.

It does where a person asks for it again.
"""


def _row(closed: Step, proposed: Step, approved: Step, running: Step) -> dict[Standing, Step]:
    row = dict.fromkeys(Standing, closed)
    row.update(
        {
            Standing.PROPOSED: proposed,
            Standing.APPROVED: approved,
            Standing.PROMOTED: running,
            Standing.SETTLED: running,
        }
    )
    row.update(dict.fromkeys(REFUSED, Step.REST))
    return row


_ROWS: Mapping[Eligibility, dict[Standing, Step]] = {
    Eligibility.DISCOVERED: _row(Step.REST, Step.SHOW, Step.SHOW, Step.REST),
    Eligibility.PENDING: _row(Step.REST, Step.SHOW, Step.SHOW, Step.ALARM),
    Eligibility.BLOCKED: _row(Step.REST, Step.SHOW, Step.SHOW, Step.ALARM),
    Eligibility.WAITING: _row(Step.REST, Step.SHOW, Step.SHOW, Step.REST),
    Eligibility.ELIGIBLE: _row(Step.OPEN, Step.SHOW, Step.MERGE, Step.REST),
    Eligibility.FROZEN: _row(Step.REST, Step.WITHDRAW, Step.WITHDRAW, Step.ALARM),
    Eligibility.REVOKED: _row(Step.REST, Step.WITHDRAW, Step.WITHDRAW, Step.ALARM),
}

PLAN: Mapping[tuple[Eligibility, Standing], Step] = MappingProxyType(
    {(e, s): step for e, row in _ROWS.items() for s, step in row.items()}
)
"""(eligibility, standing) -> step, all pairs."""


def outranks(order: tuple[str, ...], one: str, other: str) -> bool:
    """Tell whether a release is newer than another; `order` is newest first, and what is not in it is oldest."""
    last = len(order)
    position = {release: index for index, release in enumerate(order)}
    return position.get(one, last) < position.get(other, last)


class Deed(Enum):
    """A kind of action."""

    OPEN = "open the proposal"
    REWRITE = "rewrite the proposal on the new base"
    SHOW = "bring text and check up to date"
    MERGE = "re-check and merge"
    WITHDRAW = "close the proposal"
    HANDS_OFF = "leave the branch to the person who changed it"
    ALARM = "raise an alarm"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do outside, as data; `supersedes` is the candidate whose open proposal this one takes over."""

    deed: Deed
    environment: str
    candidate: Candidate
    supersedes: Candidate | None = None

    def __str__(self) -> str:
        taken = f", superseding {self.supersedes.release}" if self.supersedes else ""
        return f"{self.environment}: {self.deed.value} for {self.candidate}{taken}"


def contender(history: History, environment: str, order: tuple[str, ...]) -> Candidate | None:
    """Give the candidate that the environment's one proposal is for: the newest that is eligible or proposed already.

    A release that does not outrank what runs is none: going back is a decision of people. What they decided comes
    before everything else.
    """
    wanted = history.wanted(environment)
    if wanted and is_return(history, environment, wanted) and _is_ready(history, environment, wanted):
        return wanted
    running, is_refused = history.running(environment), False
    newer = order[: order.index(running.release)] if running and running.release in order else order
    for release in newer:
        known = history.known.get(release)
        spot = history.spot(environment, known.candidate) if known else None
        if not known or not spot:
            continue
        if spot.standing in REFUSED and not spot.wanted:
            is_refused = True  # a person said no to it: what is older than it is no answer, unless it is asked for
        elif (spot.wanted or not is_refused) and _is_ready(history, environment, known.candidate):
            return known.candidate
    return None


def is_return(history: History, environment: str, candidate: Candidate) -> bool:
    """Tell whether a person asked for going back to a candidate, and it has not come yet."""
    spot = history.spot(environment, candidate)
    return spot is not None and spot.wanted is not None and spot.wanted.is_return


def _is_ready(history: History, environment: str, candidate: Candidate) -> bool:
    spot = history.spots[environment, candidate]
    return spot.standing in OPEN or _step(history, environment, candidate) is Step.OPEN


def plan(
    history: History,
    seen: EnvironmentSight,
    order: tuple[str, ...],
    undecided: frozenset[Candidate] = frozenset(),
) -> tuple[Action, ...]:
    """Give what to do in one environment now; what is `undecided` keeps its state and is not proposed or merged."""
    return (*_proposal(history, seen, order, undecided), *_alarm(history, seen.name))


def _proposal(
    history: History, seen: EnvironmentSight, order: tuple[str, ...], undecided: frozenset[Candidate]
) -> tuple[Action, ...]:
    opened, best = history.open(seen.name), contender(history, seen.name, order)
    pull = seen.pull if seen.pull and seen.pull.state is PullSeen.OPEN else None
    candidate = opened or best
    if candidate is None:
        return ()
    if not seen.branch_is_ours or (pull and not pull.is_ours):
        return (Action(Deed.HANDS_OFF, seen.name, candidate),)
    if opened and pull is None:
        return ()  # just merged or closed: the next pass writes that down first
    if best and best != opened and best not in undecided and _step(history, seen.name, best) is Step.OPEN:
        return (Action(Deed.OPEN, seen.name, best, opened),)
    if opened and _is_overtaken(history, seen.name, order, opened):
        return (Action(Deed.WITHDRAW, seen.name, opened),)
    return _of_open(history, seen, opened, is_decided=opened not in undecided) if opened else ()


def _is_overtaken(history: History, environment: str, order: tuple[str, ...], opened: Candidate) -> bool:
    """Tell whether what runs was put there past the open proposal, which would take it back now."""
    running = history.running(environment)
    is_older = running is not None and not outranks(order, opened.release, running.release)
    return is_older and not is_return(history, environment, opened)


def _of_open(history: History, seen: EnvironmentSight, opened: Candidate, *, is_decided: bool) -> tuple[Action, ...]:
    step = _step(history, seen.name, opened)
    if step is Step.WITHDRAW:
        return (Action(Deed.WITHDRAW, seen.name, opened),)
    if is_decided and seen.is_stale and history.spots[seen.name, opened].eligibility is Eligibility.ELIGIBLE:
        return (Action(Deed.REWRITE, seen.name, opened),)
    show = Action(Deed.SHOW, seen.name, opened)
    return (show, Action(Deed.MERGE, seen.name, opened)) if is_decided and step is Step.MERGE else (show,)


def _alarm(history: History, environment: str) -> tuple[Action, ...]:
    running = history.running(environment)
    is_due = running is not None and _step(history, environment, running) is Step.ALARM
    return (Action(Deed.ALARM, environment, running),) if running and is_due else ()


def _step(history: History, environment: str, candidate: Candidate) -> Step:
    spot = history.spots[environment, candidate]
    is_asked_again = spot.wanted is not None and spot.standing in REFUSED
    return PLAN[spot.eligibility, Standing.NONE if is_asked_again else spot.standing]
