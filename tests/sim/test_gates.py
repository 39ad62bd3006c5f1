"""Gates of time and order in a running town: freezes, holds, slots, and what people ask for."""

from collections.abc import Callable
from datetime import datetime, timedelta

from promoter.config import load
from promoter.core.eligibility import Eligibility
from promoter.core.environment import Environment
from promoter.core.record import Announced, FreezeOverridden, OutsideFailed, PromotionWanted, StandingMoved
from promoter.core.record_estate import HoldEnded
from promoter.core.standing import Standing, StandingEvent
from promoter.interventions import Person, Scope, Wish, ask, end_hold, hold, release
from promoter.local.forge.records import CheckState
from promoter.local.world import MANAGERS
from promoter.ports import PullState
from tests.sim.fuse import meanwhile
from tests.sim.layout import DESK, SIGNED, SIGNED_ONLY, Plan
from tests.sim.town import Town

MIA, OMAR = MANAGERS[:2]


def founded_with(founded: Callable[[Plan], Town], *environments: str, **services: str) -> Town:
    plan = Plan(environments, policy=SIGNED_ONLY)
    return founded(Plan(environments, services, SIGNED_ONLY) if services else plan)


def person(town: Town, name: str = "ines") -> Person:
    return Person(actor=name, account="ops", reason="INC-812", at=town.clock.now())


def desk_of(town: Town) -> Environment:
    return next(node for node in town.configuration.graph if node.name == "desk")


def want(town: Town, name: str, *, back: bool = False, who: str = "ines") -> None:
    wish = Wish(release=name, is_return=back)
    ask(town.store.journal, town.configuration.services["cart"], desk_of(town), wish, person(town, who))


def freeze(town: Town, begin: datetime, end: datetime, overrides: str = "") -> None:
    """Write a freeze of the desk, and start with it."""
    text = "freezes:\n- {id: year-end, reason: books are closed, environments: [desk], zone: Etc/UTC, "
    text += f"from: '{begin:%Y-%m-%dT%H:%M}', until: '{end:%Y-%m-%dT%H:%M}'}}\n{overrides}"
    (town.config / "freezes.yaml").write_text(text)
    town.configuration = load(town.config, {})
    town.start()


def after(town: Town, minutes: int) -> datetime:
    return town.clock.now().replace(second=0) + timedelta(minutes=minutes)


# --- freezes ----------------------------------------------------------------------------------------------------------


def test_nothing_is_proposed_while_a_freeze_holds_and_it_goes_on_by_time_alone(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded_with(founded, DESK)
    end = after(town, 10)
    freeze(town, after(town, -10), end)
    town.release("1.0.0", SIGNED)
    town.run(2)

    assert town.pulls() == ()
    assert town.state("desk", "1.0.0") == (Eligibility.WAITING, Standing.NONE)
    told = town.explain("desk", "1.0.0")
    assert [(gate.code.value, gate.until) for gate in told.gates] == [("gate.freeze", end)]
    assert told.next_step.startswith("Nobody's: it goes on by itself when the freeze is over; in an emergency, Release")
    town.clock.move(timedelta(minutes=11))
    town.run()
    assert town.pull("desk").state is PullState.OPEN


def test_a_freeze_that_begins_turns_an_open_proposal_pending_until_it_ends(founded: Callable[[Plan], Town]) -> None:
    town = founded_with(founded, DESK)
    town.release("1.0.0", SIGNED)
    town.run()
    freeze(town, after(town, -1), after(town, 10))
    town.run()
    pull = town.approve("desk", MIA)
    town.run()
    state, said = town.check("desk", pull.head) or (None, "")
    assert state is CheckState.PENDING
    assert said.startswith("verified, waiting: is under the freeze year-end (books are closed) until ")
    assert "| freeze | is under the freeze year-end" in town.pull("desk").body
    town.clock.move(timedelta(minutes=11))
    town.run()
    assert town.light("desk", pull.head) is CheckState.SUCCESS


def test_an_override_lets_one_release_go_on_is_written_down_and_told_and_expires(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded_with(founded, DESK)
    override = "overrides:\n- {id: inc-812, freeze: year-end, environment: desk, service: cart, reason: cannot pay, "
    override += (
        f"requested_by: omar, not_before: '{after(town, -5).isoformat()}', expires: '{after(town, 5).isoformat()}'}}"
    )
    freeze(town, after(town, -10), after(town, 60), override)
    town.release("1.0.0", SIGNED)
    town.run(2)

    (used,) = (entry for entry in town.entries() if isinstance(entry, FreezeOverridden))
    assert (used.id, used.freeze, used.release, used.zones[:9]) == ("inc-812", "year-end", "1.0.0", "tzdata 20")
    pull = town.pull("desk")
    assert "### Freeze overridden" in pull.body
    assert "cannot pay" in pull.body
    assert any("freeze year-end overridden by inc-812" in step.what for step in town.explain("desk", "1.0.0").path)
    town.clock.move(timedelta(minutes=6))
    town.run()
    assert town.light("desk", pull.head) is CheckState.PENDING
    assert town.state("desk", "1.0.0") == (Eligibility.WAITING, Standing.PROPOSED)


# --- holds ------------------------------------------------------------------------------------------------------------


def test_a_hold_stops_proposals_until_a_person_ends_it(founded: Callable[[Plan], Town]) -> None:
    town = founded_with(founded, DESK)
    held = hold(town.store.journal, Scope(environment="desk"), person(town), None)
    town.release("1.0.0", SIGNED)
    town.run(2)
    assert (town.pulls(), town.explain("desk", "1.0.0").next_step) == (
        (),
        "Operator: `promoter unhold hold-1 --reason ...` when it may go on.",
    )
    end_hold(town.store.journal, held.id, person(town))
    town.run()
    assert town.pull("desk").state is PullState.OPEN


def test_a_hold_with_a_time_ends_by_itself_and_the_ledger_says_so(founded: Callable[[Plan], Town]) -> None:
    town = founded_with(founded, DESK)
    hold(town.store.journal, Scope(service="cart"), person(town), town.clock.now() + timedelta(minutes=5))
    town.release("1.0.0", SIGNED)
    town.run()
    assert town.pulls() == ()
    town.clock.move(timedelta(minutes=6))
    town.run(2)
    assert town.pull("desk").state is PullState.OPEN
    ended = [entry for _, entry in town.store.journal.entries() if isinstance(entry, HoldEnded)]
    assert [(one.id, one.actor, one.reason) for one in ended] == [("hold-1", "promoter", "its time is over")]


def test_a_hold_that_comes_during_the_re_check_before_a_merge_is_heard(later: Town) -> None:
    later.approve("dev", MIA)
    scope = Scope(service="cart", release="1.0.0")
    later.rewire(meanwhile("registry", "manifest", lambda: hold(later.store.journal, scope, person(later), None)))
    later.run()
    said = [entry.detail for entry in later.entries() if isinstance(entry, OutsideFailed)]
    assert said == ["a gate shut since the plan was made: is held by ines: INC-812 (hold-1)"]
    later.run()
    assert later.pull("dev").state is PullState.CLOSED


def test_a_release_that_is_held_is_frozen_its_proposal_is_closed_and_a_person_releases_it(desk: Town) -> None:
    hold(desk.store.journal, Scope(service="cart", release="1.0.0"), person(desk), None)
    desk.run()
    assert desk.pull("desk").state is PullState.CLOSED
    assert desk.state("desk", "1.0.0") == (Eligibility.FROZEN, Standing.NONE)
    assert desk.explain("desk", "1.0.0").next_step == (
        "Operator: it is held by ines; `promoter release cart 1.0.0 --reason ...` when it may go on, or cut a new "
        "release."
    )
    release(desk.store.journal, "cart", "1.0.0", person(desk))
    desk.run(2)
    assert desk.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


# --- slots ------------------------------------------------------------------------------------------------------------


def test_two_services_share_one_slot_one_after_the_other(founded: Callable[[Plan], Town]) -> None:
    narrow = "desk: {approvals: 1, soak: 2m, at_once: 1}"
    town = founded_with(founded, narrow, cart="shop/cart", basket="shop/cart")
    town.release("1.0.0", SIGNED)
    town.run()
    town.run(service="basket")

    assert len(town.pulls("desk")) == 1
    assert town.state("desk", "1.0.0", "basket") == (Eligibility.WAITING, Standing.NONE)
    waits = "waits for one of the 1 slots of desk, taken by cart 1.0.0"
    assert town.spot("desk", "1.0.0", "basket").why == (waits,)
    pull = town.approve("desk", MIA)
    town.run()
    town.person(OMAR).merge(pull.number, pull.head)
    town.run()
    town.run(service="basket")
    assert town.spot("desk", "1.0.0", "basket").why == (waits,)
    town.clock.move(timedelta(minutes=3))
    town.run()
    town.run(2, service="basket")
    assert town.pull("desk", "basket").state is PullState.OPEN
    assert [entry.act for entry in town.entries("basket") if isinstance(entry, Announced)] == ["propose"]


# --- what people ask for ----------------------------------------------------------------------------------------------

BY_HAND = "desk: {approvals: 1, propose: manual}"


def test_a_release_waits_for_a_person_who_asks_and_whose_approval_does_not_count(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded_with(founded, BY_HAND)
    town.release("1.0.0", SIGNED)
    town.run(2)
    assert town.pulls() == ()
    assert town.explain("desk", "1.0.0").next_step == (
        "Release managers: `promoter promote cart 1.0.0 --env desk --reason ...` when it is time."
    )
    want(town, "1.0.0", who=MIA)
    town.run()
    pull = town.approve("desk", MIA)
    town.run()
    assert town.check("desk", pull.head) == (CheckState.PENDING, "verified; approvals: 0 of 1")
    body = town.pull("desk").body
    assert "### Asked for" in body
    assert "INC-812" in body
    town.approve("desk", OMAR)
    town.run()
    assert town.light("desk", pull.head) is CheckState.SUCCESS


def test_a_person_goes_back_to_an_older_release_by_an_ordinary_proposal(desk: Town) -> None:
    def merge() -> None:
        pull = desk.approve("desk", MIA)
        desk.run()
        desk.person(OMAR).merge(pull.number, pull.head)
        desk.run()

    merge()
    desk.release("1.1.0", SIGNED)
    desk.run()
    merge()
    assert desk.state("desk", "1.1.0")[1] in {Standing.PROMOTED, Standing.SETTLED}
    want(desk, "1.0.0", back=True)
    desk.run()
    newest = desk.pulls("desk")[-1]
    assert (newest.state, newest.title) == (PullState.OPEN, "promote cart 1.0.0 to desk")
    assert "### Going back" in newest.body
    merge()
    desk.run(2)
    digest = desk.history().known["1.0.0"].candidate.digest
    assert digest in desk.pins("desk")
    assert desk.spot("desk", "1.1.0").standing is Standing.ROLLED_BACK
    assert len(desk.pulls("desk")) == 3
    assert [entry.is_return for entry in desk.entries() if isinstance(entry, PromotionWanted)] == [True]


def test_a_release_that_was_declined_comes_back_where_a_person_asks_for_it(desk: Town) -> None:
    desk.person(MIA).close(desk.pull("desk").number)
    desk.run(2)
    assert desk.spot("desk", "1.0.0").standing is Standing.DECLINED
    want(desk, "1.0.0")
    desk.run()
    assert desk.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    moves = [entry.event for entry in desk.entries() if isinstance(entry, StandingMoved)]
    assert moves == [StandingEvent.PR_OPENED, StandingEvent.CLOSED_BY_PERSON, StandingEvent.PR_OPENED]
