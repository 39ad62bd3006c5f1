"""What a pair of states calls for, and what follows for an environment's one proposal."""

from dataclasses import replace

import pytest

from promoter.core.candidate import Candidate
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.history import History
from promoter.core.plan import PLAN, Action, Deed, Step, contender, outranks, plan
from promoter.core.sight import EnvironmentSight, PullSeen
from promoter.core.standing import Standing, StandingEvent
from tests.core.scenes import HEAD, NEW, NEWER, OLD, ORDER, STRANGE, deserve, going, know, propose, pull, sight, stand

# Rows are eligibilities, columns are standings.
TABLE = """
state      none proposed approved promoted settled superseded declined replaced rolled-back
discovered rest show     show     rest     rest    rest       rest     rest     rest
pending    rest show     show     alarm    alarm   rest       rest     rest     rest
blocked    rest show     show     alarm    alarm   rest       rest     rest     rest
waiting    rest show     show     rest     rest    rest       rest     rest     rest
eligible   open show     merge    rest     rest    open       rest     open     rest
frozen     rest withdraw withdraw alarm    alarm   rest       rest     rest     rest
revoked    rest withdraw withdraw alarm    alarm   rest       rest     rest     rest
"""

CLEARED, FAILED, GATE_SHUT = EligibilityEvent.CLEARED, EligibilityEvent.FAILED, EligibilityEvent.GATE_SHUT


def product() -> list[tuple[str, str, str]]:
    """Read the table: eligibility, standing, step."""
    head, *rows = (line.split() for line in TABLE.strip().splitlines())
    return [(row[0], standing, step) for row in rows for standing, step in zip(head[1:], row[1:], strict=True)]


def test_the_plan_is_this_table_and_every_pair_is_in_it() -> None:
    written = {(Eligibility(e), Standing(s)): Step(step) for e, s, step in product()}

    assert dict(PLAN) == written
    assert set(PLAN) == {(e, s) for e in Eligibility for s in Standing}


@pytest.mark.parametrize(
    ("one", "other", "is_newer"),
    [
        ("1.2.0", "1.1.0", True),
        ("1.1.0", "1.2.0", False),
        ("1.1.0", "1.1.0", False),
        ("1.0.0", "no release of ours", True),
        ("no release of ours", "1.0.0", False),
        ("no release of ours", "nor this", False),
    ],
)
def test_a_release_outranks_what_stands_after_it_or_nowhere(one: str, other: str, is_newer: bool) -> None:
    assert outranks(ORDER, one, other) is is_newer


# --- the contender ----------------------------------------------------------------------------------------------------


def three() -> History:
    """1.0.0 runs everywhere; 1.1.0 and 1.2.0 are known."""
    return know(going(), NEWER)


def cleared(history: History, *candidates: Candidate) -> History:
    for one in candidates:
        history = deserve(history, "dev", one, CLEARED)
    return history


def test_nothing_eligible_means_no_contender() -> None:
    assert contender(three(), "dev", ORDER) is None


def test_the_newest_eligible_release_is_the_contender() -> None:
    assert contender(cleared(three(), NEW, NEWER), "dev", ORDER) == NEWER


def test_a_newer_release_that_is_blocked_does_not_stand_in_the_way() -> None:
    history = deserve(cleared(three(), NEW), "dev", NEWER, FAILED)

    assert contender(history, "dev", ORDER) == NEW


def test_a_newer_proposal_that_turned_red_keeps_its_place_before_an_older_eligible_release() -> None:
    history = deserve(propose(cleared(three(), NEW, NEWER), "dev", NEWER), "dev", NEWER, FAILED)

    assert contender(history, "dev", ORDER) == NEWER


def test_what_runs_and_what_is_older_never_contends() -> None:
    history = stand(cleared(three(), OLD, NEW), "dev", OLD, StandingEvent.NEWER_MERGED)
    history = stand(history, "dev", NEW, StandingEvent.PINNED_OUT_OF_BAND)

    assert contender(history, "dev", ORDER) is None


def test_a_declined_release_stops_the_older_ones_too() -> None:
    history = stand(propose(cleared(three(), NEW, NEWER), "dev", NEWER), "dev", NEWER, StandingEvent.CLOSED_BY_PERSON)

    assert contender(history, "dev", ORDER) is None


def test_a_release_that_was_rolled_back_is_not_brought_back_and_stops_the_older_ones_too() -> None:
    history = stand(cleared(three(), NEW, NEWER), "dev", OLD, StandingEvent.NEWER_MERGED)
    history = stand(history, "dev", NEWER, StandingEvent.PINNED_OUT_OF_BAND, StandingEvent.ROLLED_BACK)
    history = stand(history, "dev", OLD, StandingEvent.PINNED_OUT_OF_BAND)

    assert contender(history, "dev", ORDER) is None
    assert plan(history, sight("dev"), ORDER) == ()


def test_a_release_after_the_declined_one_contends() -> None:
    history = stand(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, StandingEvent.CLOSED_BY_PERSON)

    assert contender(cleared(history, NEWER), "dev", ORDER) == NEWER


def test_a_superseded_release_contends_again_when_its_successor_is_frozen() -> None:
    history = stand(propose(cleared(three(), NEW, NEWER), "dev", NEW), "dev", NEW, StandingEvent.NEWER_WON)
    history = deserve(history, "dev", NEWER, EligibilityEvent.TAG_MOVED)

    assert contender(history, "dev", ORDER) == NEW


def test_where_what_runs_is_no_known_release_every_eligible_one_outranks_it() -> None:
    history = cleared(know(History(), NEW), NEW)

    assert contender(history, "dev", ORDER) == NEW


# --- the plan of one environment --------------------------------------------------------------------------------------


def act(deed: Deed, what: Candidate, supersedes: Candidate | None = None) -> Action:
    return Action(deed, "dev", what, supersedes)


def open_sight() -> EnvironmentSight:
    return sight("dev", pull())


def test_an_eligible_release_is_proposed() -> None:
    assert plan(cleared(three(), NEW), sight("dev"), ORDER) == (act(Deed.OPEN, NEW),)


def test_nothing_is_done_where_nothing_deserves_it() -> None:
    assert plan(three(), sight("dev"), ORDER) == ()


def test_a_newer_release_takes_the_open_proposal_over() -> None:
    history = propose(cleared(three(), NEW, NEWER), "dev", NEW)

    assert plan(history, open_sight(), ORDER) == (act(Deed.OPEN, NEWER, NEW),)


def test_a_newer_release_takes_an_approved_proposal_over_too() -> None:
    history = stand(propose(cleared(three(), NEW, NEWER), "dev", NEW), "dev", NEW, StandingEvent.APPROVED)

    assert plan(history, open_sight(), ORDER) == (act(Deed.OPEN, NEWER, NEW),)


def test_an_older_release_does_not_take_an_open_proposal_over() -> None:
    history = propose(cleared(three(), NEW, NEWER), "dev", NEWER)

    assert plan(history, open_sight(), ORDER) == (act(Deed.SHOW, NEWER),)


def test_an_approved_proposal_is_shown_and_merged() -> None:
    history = stand(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, StandingEvent.APPROVED)

    assert plan(history, open_sight(), ORDER) == (act(Deed.SHOW, NEW), act(Deed.MERGE, NEW))


@pytest.mark.parametrize("event", [FAILED, GATE_SHUT, EligibilityEvent.EVIDENCE_MISSING])
def test_an_approved_proposal_that_lost_its_eligibility_is_only_shown(event: EligibilityEvent) -> None:
    history = stand(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, StandingEvent.APPROVED)

    assert plan(deserve(history, "dev", NEW, event), open_sight(), ORDER) == (act(Deed.SHOW, NEW),)


@pytest.mark.parametrize("event", [EligibilityEvent.TAG_MOVED, EligibilityEvent.HELD, EligibilityEvent.DENIED])
def test_a_frozen_or_revoked_proposal_is_withdrawn(event: EligibilityEvent) -> None:
    history = deserve(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, event)

    assert plan(history, open_sight(), ORDER) == (act(Deed.WITHDRAW, NEW),)


@pytest.mark.parametrize("events", [(), (StandingEvent.APPROVED,)], ids=["proposed", "approved"])
def test_a_proposal_that_would_take_back_what_a_person_pinned_is_withdrawn(events: tuple[StandingEvent, ...]) -> None:
    history = stand(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, *events, head=HEAD)
    history = stand(history, "dev", OLD, StandingEvent.NEWER_MERGED)
    history = stand(history, "dev", NEWER, StandingEvent.PINNED_OUT_OF_BAND)

    assert plan(history, replace(open_sight(), is_stale=True), ORDER) == (act(Deed.WITHDRAW, NEW),)


def test_an_undecided_release_is_neither_proposed_nor_merged() -> None:
    history = stand(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, StandingEvent.APPROVED)

    assert plan(cleared(three(), NEW), sight("dev"), ORDER, frozenset({NEW})) == ()
    assert plan(history, open_sight(), ORDER, frozenset({NEW})) == (act(Deed.SHOW, NEW),)
    assert plan(history, replace(open_sight(), is_stale=True), ORDER, frozenset({NEW})) == (act(Deed.SHOW, NEW),)


def test_an_undecided_newer_release_does_not_take_an_approved_proposal_over() -> None:
    history = stand(propose(cleared(three(), NEW, NEWER), "dev", NEW), "dev", NEW, StandingEvent.APPROVED)

    assert plan(history, open_sight(), ORDER, frozenset({NEWER})) == (act(Deed.SHOW, NEW), act(Deed.MERGE, NEW))


def test_a_frozen_proposal_is_withdrawn_although_nothing_can_be_decided_about_it_now() -> None:
    history = deserve(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, EligibilityEvent.TAG_MOVED)

    assert plan(history, open_sight(), ORDER, frozenset({NEW})) == (act(Deed.WITHDRAW, NEW),)


def test_a_proposal_whose_targets_changed_is_rewritten_before_it_may_be_merged() -> None:
    history = stand(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, StandingEvent.APPROVED)

    assert plan(history, replace(open_sight(), is_stale=True), ORDER) == (act(Deed.REWRITE, NEW),)


def test_a_stale_proposal_that_is_not_eligible_is_shown_as_it_is() -> None:
    history = deserve(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, FAILED)

    assert plan(history, replace(open_sight(), is_stale=True), ORDER) == (act(Deed.SHOW, NEW),)


def test_a_branch_that_a_person_changed_is_left_alone() -> None:
    history = propose(cleared(three(), NEW, NEWER), "dev", NEW)
    strange = replace(open_sight(), pull=pull(head=STRANGE, is_ours=False))

    assert plan(history, strange, ORDER) == (act(Deed.HANDS_OFF, NEW),)


def test_a_strange_branch_without_a_pull_request_is_left_alone_too() -> None:
    taken = replace(sight("dev"), branch_head=STRANGE, branch_is_ours=False)

    assert plan(cleared(three(), NEW), taken, ORDER) == (act(Deed.HANDS_OFF, NEW),)
    assert plan(three(), taken, ORDER) == ()


@pytest.mark.parametrize("state", [PullSeen.MERGED, PullSeen.CLOSED])
def test_a_proposal_that_just_ended_is_written_down_before_anything_is_done(state: PullSeen) -> None:
    history = propose(cleared(three(), NEW), "dev", NEW)

    assert plan(history, sight("dev", pull(state)), ORDER) == ()


@pytest.mark.parametrize("event", [FAILED, EligibilityEvent.TAG_MOVED, EligibilityEvent.DENIED])
def test_what_runs_and_should_not_raises_an_alarm(event: EligibilityEvent) -> None:
    assert plan(deserve(three(), "dev", OLD, event), sight("dev"), ORDER) == (act(Deed.ALARM, OLD),)


def test_an_alarm_does_not_hold_up_the_release_that_would_mend_it() -> None:
    history = deserve(cleared(three(), NEW), "dev", OLD, FAILED)

    assert plan(history, sight("dev"), ORDER) == (act(Deed.OPEN, NEW), act(Deed.ALARM, OLD))


def test_an_action_says_in_one_line_what_is_done_where_and_for_what() -> None:
    assert str(act(Deed.OPEN, NEWER, NEW)) == (
        f"dev: open the proposal for cart 1.2.0 ({NEWER.digest[:19]}), superseding 1.1.0"
    )
    assert str(act(Deed.ALARM, OLD)) == f"dev: raise an alarm for cart 1.0.0 ({OLD.digest[:19]})"
