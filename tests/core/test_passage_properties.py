"""Whatever the world shows, in whatever order, and wherever the bot is stopped: the rules hold.

A journey is a sequence of looks at a world that hypothesis makes up. After each look the plan is carried out, or the
bot dies between announcing an action and writing down its outcome.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.candidate import Candidate, digest_of
from promoter.core.environment import branch_name
from promoter.core.finding import Finding
from promoter.core.history import History, fold
from promoter.core.passage import follow
from promoter.core.plan import Action, Deed, plan
from promoter.core.record import AnyEntry, EligibilityMoved, FreezeEnded, ReleaseResolved, StandingMoved
from promoter.core.sight import Approver, EnvironmentSight, PinSight, PullSeen, PullSight
from promoter.core.standing import OPEN, RUNNING, StandingEvent
from promoter.core.verdict import Verdict
from promoter.core.view import View, extend, ranking
from tests.core.scenes import (
    BASE,
    BOT,
    FAILS,
    GRAPH,
    NO_SBOM,
    NOW,
    PASSES,
    SERVICE,
    STRANGE,
    UNDECIDED,
    announce,
    candidate,
    check,
    look,
    stand,
    told,
    verdict,
)

RELEASES = tuple(candidate(f"1.{minor}.0") for minor in range(4))
PINS = (
    *(PinSight(one.release, one.digest) for one in RELEASES),
    PinSight(),
    PinSight("1.1.0"),
    PinSight("hotfix", digest_of(b"hotfix")),
    PinSight("1.1.0", digest_of(b"hotfix")),
    PinSight(trouble="deployment.yaml: no such file"),
)
PEOPLE = (BOT, "ann", "ben")
FINDINGS: tuple[tuple[Finding, ...], ...] = ((PASSES,), (PASSES,), (FAILS,), (UNDECIDED,), (NO_SBOM,), (NO_SBOM, FAILS))


def heads(history: History, environment: str) -> tuple[str, ...]:
    return tuple(entry.head for entry in history.heads.get(branch_name(environment, "cart"), ()))


@st.composite
def pulls(draw: st.DrawFn, ours: tuple[str, ...]) -> PullSight:
    head = draw(st.sampled_from((*ours, STRANGE)))
    names = draw(st.sets(st.sampled_from(("ann", "ben", "cay"))))
    return PullSight(
        number=7,
        state=draw(st.sampled_from(PullSeen)),
        head=head,
        url="https://forge.example/acme/environments/pull/7",
        is_ours=head in ours,
        is_counted=draw(st.booleans()),
        approvers=tuple(Approver(name, len(name)) for name in sorted(names)),
        refusers=draw(st.sampled_from(((), (), ("mal",)))),
        merged_by=draw(st.sampled_from(PEOPLE)),
        closed_by=draw(st.sampled_from(PEOPLE)),
        merge_commit="e" * 40,
        in_base=draw(st.booleans()),
    )


@st.composite
def sights(draw: st.DrawFn, history: History, environment: str) -> EnvironmentSight:
    return EnvironmentSight(
        name=environment,
        base=BASE,
        pin=draw(st.sampled_from(PINS)),
        pull=draw(st.none() | pulls(heads(history, environment))),
        is_stale=draw(st.booleans()),
        branch_is_ours=draw(st.sampled_from((True, True, False))),
    )


@st.composite
def views(draw: st.DrawFn, history: History, now: datetime) -> View:
    """Make up one look at the world; it may show anything, whatever the bot did before."""
    known = [one for one in RELEASES if one.release in history.known]
    verdicts: list[Verdict] = [
        verdict(node.name, one, *draw(st.sampled_from(FINDINGS)))
        for node in GRAPH
        for one in known
        if draw(st.booleans())
    ]
    moved = (
        draw(st.dictionaries(st.sampled_from(known), st.sampled_from(("some", "other")), max_size=1)) if known else {}
    )
    environments = [draw(sights(history, node.name)) for node in GRAPH if draw(st.booleans())]
    return look(*environments, verdicts=tuple(verdicts), now=now, moved=moved)


def carried_out(history: History, action: Action, head: str, stops: bool) -> History:
    """Give the history after an action; where the bot stops in between, only what it announced is written down."""
    where, what = action.environment, action.candidate
    match action.deed:
        case Deed.OPEN | Deed.REWRITE:
            history = announce(history, where, what, head)
            if stops:
                return history
            if action.supersedes:
                history = stand(history, where, action.supersedes, StandingEvent.NEWER_WON)
            is_new = action.deed is Deed.OPEN
            return stand(
                history, where, what, StandingEvent.PR_OPENED if is_new else StandingEvent.REWRITTEN, head=head
            )
        case Deed.MERGE:
            return announce(history, where, what, history.spots[where, what].head, "merge")
        case Deed.WITHDRAW:
            return history if stops else stand(history, where, what, StandingEvent.WITHDRAWN)
        case Deed.SHOW:
            return check(history, where, what, "success", history.spots[where, what].head)
    return history


def resolve(one: Candidate, at: datetime) -> AnyEntry:
    return ReleaseResolved(at=at, service="cart", release=one.release, digest=one.digest, media_type="application/x")


def unfreeze(history: History, at: datetime) -> tuple[AnyEntry, ...]:
    return tuple(
        FreezeEnded(
            at=at,
            service="cart",
            release=name,
            digest=known.candidate.digest,
            actor="ops",
            reason="seen",
            accepted=known.moved_to,
        )
        for name, known in history.known.items()
        if known.is_frozen
    )


@dataclass(frozen=True, slots=True, repr=False)
class Journey:
    """Each look at the world, with the history that it met."""

    steps: tuple[tuple[View, History], ...]

    def __iter__(self) -> Iterator[tuple[View, History]]:
        return iter(self.steps)

    def __repr__(self) -> str:
        """Tell what follows from each look, and the last look itself: short enough to be read in a failure."""
        lines = [f"{number}: {told(follow(view, history))}" for number, (view, history) in enumerate(self, 1)]
        return "\n".join((*lines, *(repr(seen) for seen in self.steps[-1][0].sight.environments.values())))


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    """Make up a journey."""
    history, now, steps = History(), NOW, []
    for number in range(draw(st.integers(1, 6))):
        if number < len(RELEASES) and (number == 0 or draw(st.booleans())):
            history = extend(history, (resolve(RELEASES[number], now),))
        view = draw(views(history, now))
        steps.append((view, history))
        history = extend(history, follow(view, history))
        for index, action in enumerate(_planned(history, view)):
            history = carried_out(history, action, f"{number:x}{index:x}" * 20, draw(st.booleans()))
        if draw(st.booleans()):
            history = extend(history, unfreeze(history, now))
        now += timedelta(minutes=draw(st.sampled_from((0, 10, 60, 1500))))
    return Journey(tuple(steps))


def _planned(history: History, view: View) -> list[Action]:
    order = ranking(SERVICE, history)
    return [action for seen in view.sight.environments.values() for action in plan(history, seen, order)]


@settings(max_examples=50, deadline=None)
@given(journeys())
def test_a_second_look_at_the_same_world_adds_nothing(journey: Journey) -> None:
    for view, history in journey:
        after = extend(history, follow(view, history))

        assert follow(view, after) == ()


@settings(max_examples=50, deadline=None)
@given(journeys())
def test_an_environment_runs_at_most_one_release_and_has_at_most_one_open_proposal(
    journey: Journey,
) -> None:
    for view, history in journey:
        after = extend(history, follow(view, history))

        for node in GRAPH:
            standings = [spot.standing for (name, _), spot in after.spots.items() if name == node.name]
            assert sum(standing in RUNNING for standing in standings) <= 1
            assert sum(standing in OPEN for standing in standings) <= 1


@settings(max_examples=50, deadline=None)
@given(journeys())
def test_the_state_that_an_entry_carries_is_the_state_that_its_event_leads_to(
    journey: Journey,
) -> None:
    for view, history in journey:
        for entry in follow(view, history):
            history = fold(entry, history)  # noqa: PLW2901 - the journey goes on from here
            if isinstance(entry, StandingMoved):
                assert history.spots[entry.environment, entry.candidate].standing is entry.state
            if isinstance(entry, EligibilityMoved):
                assert history.spots[entry.environment, entry.candidate].eligibility is entry.state


@settings(max_examples=40, deadline=None)
@given(journeys(), st.integers(0, 40))
def test_a_history_that_was_extended_in_two_parts_is_the_history_that_was_extended_at_once(
    journey: Journey, cut: int
) -> None:
    for view, history in journey:
        entries = follow(view, history)

        assert extend(extend(history, entries[:cut]), entries[cut:]) == extend(history, entries)
