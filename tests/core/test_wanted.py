"""What people ask for: where the bot proposes nothing by itself, once more after a no, and to go back."""

from dataclasses import replace

from promoter.core.candidate import Candidate
from promoter.core.codes import Code
from promoter.core.eligibility import EligibilityEvent
from promoter.core.environment import ProposeMode
from promoter.core.gates import Gate, shut_gates
from promoter.core.history import History
from promoter.core.plan import Action, Deed, contender, plan
from promoter.core.record import PromotionWanted
from promoter.core.standing import StandingEvent
from promoter.core.view import extend, in_flight
from tests.core.scenes import (
    DEV,
    NEW,
    NEWER,
    NOW,
    OLD,
    ORDER,
    SERVICE,
    deserve,
    going,
    know,
    look,
    propose,
    pull,
    run,
    sight,
    stand,
)

BY_HAND = replace(DEV, propose=ProposeMode.MANUAL)


def ask(history: History, what: Candidate, *, is_return: bool = False, actor: str = "mia") -> History:
    entry = PromotionWanted(
        at=NOW,
        service="cart",
        release=what.release,
        digest=what.digest,
        environment="dev",
        actor=actor,
        account="ops",
        reason="CHG-4711",
        is_return=is_return,
    )
    return extend(history, (entry,))


def cleared(history: History, *candidates: Candidate) -> History:
    for one in candidates:
        history = deserve(history, "dev", one, EligibilityEvent.CLEARED)
    return history


def three() -> History:
    return know(going(), NEWER)


def gone_on() -> History:
    """1.1.0 runs, and 1.0.0 ran before."""
    return run(stand(three(), "dev", OLD, StandingEvent.NEWER_MERGED), "dev", NEW)


def shut(history: History, what: Candidate = NEW) -> tuple[Gate, ...]:
    return shut_gates(look().conditions, BY_HAND, what, history)


# --- where the bot proposes nothing by itself -------------------------------------------------------------------------


def test_a_release_waits_until_a_person_asks_for_it_and_is_told_how() -> None:
    assert shut(going()) == (
        Gate(
            Code.GATE_MANUAL,
            "waits until a person asks for it: dev proposes nothing by itself",
            None,
            "Release managers: `promoter promote cart 1.1.0 --env dev --reason ...` when it is time.",
        ),
    )
    assert shut(ask(going(), NEW)) == ()


def test_the_last_wish_replaces_the_one_before() -> None:
    history = ask(ask(three(), NEW), NEWER)

    assert (len(shut(history, NEW)), shut(history, NEWER)) == (1, ())
    assert history.wanted("dev") == NEWER


def test_an_open_proposal_stays_as_it_is_where_another_release_is_asked_for() -> None:
    assert shut(ask(propose(ask(cleared(three(), NEW), NEW), "dev", NEW), NEWER), NEW) == ()


def test_a_wish_ends_with_the_proposal_that_it_led_to() -> None:
    opened = propose(ask(cleared(going(), NEW), NEW), "dev", NEW)

    assert opened.wanted("dev") == NEW
    for event in (StandingEvent.CLOSED_BY_PERSON, StandingEvent.WITHDRAWN, StandingEvent.NEWER_WON):
        assert len(shut(stand(opened, "dev", NEW, event))) == 1
    merged = stand(stand(opened, "dev", OLD, StandingEvent.NEWER_MERGED), "dev", NEW, StandingEvent.MERGED)
    assert merged.wanted("dev") is None


def test_who_ever_asked_for_a_release_is_remembered_beside_it() -> None:
    history = ask(ask(ask(three(), NEW), NEWER, actor="omar"), NEW, actor="ines")

    assert history.spots["dev", NEW].askers == {"mia", "ines", "ops"}
    assert history.spots["dev", NEWER].askers == {"omar", "ops"}


# --- once more after a no ---------------------------------------------------------------------------------------------


def declined() -> History:
    return stand(propose(cleared(three(), NEW), "dev", NEW), "dev", NEW, StandingEvent.CLOSED_BY_PERSON)


def test_a_release_that_a_person_declined_is_proposed_again_where_it_is_asked_for() -> None:
    assert contender(declined(), "dev", ORDER) is None
    assert plan(ask(declined(), NEW), sight("dev"), ORDER) == (Action(Deed.OPEN, "dev", NEW),)


def test_an_older_release_than_a_declined_one_may_be_asked_for() -> None:
    history = stand(propose(cleared(three(), NEW, NEWER), "dev", NEWER), "dev", NEWER, StandingEvent.CLOSED_BY_PERSON)

    assert contender(history, "dev", ORDER) is None
    assert contender(ask(history, NEW), "dev", ORDER) == NEW


# --- going back -------------------------------------------------------------------------------------------------------


def test_an_older_release_is_proposed_only_where_going_back_is_asked_for() -> None:
    history = cleared(gone_on(), OLD)

    assert contender(history, "dev", ORDER) is None
    assert contender(ask(history, OLD), "dev", ORDER) is None
    assert plan(ask(history, OLD, is_return=True), sight("dev"), ORDER) == (Action(Deed.OPEN, "dev", OLD),)


def test_going_back_comes_before_a_newer_release_and_takes_its_proposal_over() -> None:
    history = ask(propose(cleared(gone_on(), OLD, NEWER), "dev", NEWER), OLD, is_return=True)

    assert plan(history, sight("dev", pull()), ORDER) == (Action(Deed.OPEN, "dev", OLD, NEWER),)


def test_a_proposal_to_go_back_is_not_overtaken_by_what_runs_and_is_withdrawn_when_another_is_asked_for() -> None:
    opened = propose(ask(cleared(gone_on(), OLD), OLD, is_return=True), "dev", OLD)

    assert plan(opened, sight("dev", pull()), ORDER) == (Action(Deed.SHOW, "dev", OLD),)
    assert plan(ask(opened, NEWER), sight("dev", pull()), ORDER) == (Action(Deed.WITHDRAW, "dev", OLD),)


def test_what_was_rolled_back_is_not_proposed_again_by_itself_after_going_back() -> None:
    opened = propose(ask(cleared(gone_on(), OLD), OLD, is_return=True), "dev", OLD)
    back = stand(stand(opened, "dev", NEW, StandingEvent.ROLLED_BACK), "dev", OLD, StandingEvent.MERGED)

    assert contender(cleared(back, NEW), "dev", ORDER) is None
    assert contender(cleared(back, NEW, NEWER), "dev", ORDER) == NEWER
    assert contender(ask(cleared(back, NEW), NEW), "dev", ORDER) == NEW


def test_what_is_asked_for_is_followed_however_many_are_newer() -> None:
    many = [Candidate("cart", f"1.{minor}.0", NEW.digest) for minor in range(2, 9)]
    history = know(gone_on(), *many)

    service = replace(SERVICE, targets={"dev": ()})

    assert OLD not in in_flight(service, history)
    assert OLD in in_flight(service, ask(history, OLD, is_return=True))
