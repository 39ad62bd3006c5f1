"""What becomes of proposals: declined, reopened, superseded, merged against the bot, rolled back."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from promoter.core.candidate import digest_of
from promoter.core.eligibility import Eligibility
from promoter.core.record import StandingMoved
from promoter.core.standing import Standing, StandingEvent
from promoter.local.forge.records import CheckState
from promoter.local.pipeline import Recipe
from promoter.local.world import ADMIN, MANAGERS
from promoter.ports import PullState
from tests.sim.fuse import counting, meanwhile, saying
from tests.sim.layout import BARE, DEADLINE, DESK, DEV, POLL, SIGNED, SIGNED_ONLY, Plan
from tests.sim.mint import PATH
from tests.sim.town import Town


def events(town: Town) -> list[tuple[str, StandingEvent]]:
    return [(entry.release, entry.event) for entry in town.entries() if isinstance(entry, StandingMoved)]


# --- declining --------------------------------------------------------------------------------------------------------


def test_a_declined_release_is_not_proposed_again_and_nothing_older_in_its_place(desk: Town) -> None:
    desk.release("1.1.0", SIGNED)
    desk.run()
    desk.person(MANAGERS[0]).close(desk.pull("desk").number)
    desk.run(3)
    assert [pull.state for pull in desk.pulls()] == [PullState.CLOSED]
    assert desk.state("desk", "1.1.0") == (Eligibility.ELIGIBLE, Standing.DECLINED)
    assert desk.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.SUPERSEDED)


def test_a_declined_release_makes_room_for_a_newer_one(desk: Town) -> None:
    desk.person(MANAGERS[0]).close(desk.pull("desk").number)
    desk.run()
    desk.release("1.1.0", SIGNED)
    desk.run(2)
    assert [pull.state for pull in desk.pulls("desk")] == [PullState.CLOSED, PullState.OPEN]
    assert desk.state("desk", "1.1.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


def test_a_declined_proposal_that_a_person_reopens_is_proposed_again(desk: Town) -> None:
    number = desk.pull("desk").number
    desk.person(MANAGERS[0]).close(number)
    desk.run(2)
    desk.reopen(number, MANAGERS[0])
    desk.run()
    assert desk.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    pull = desk.approve("desk", MANAGERS[1])
    desk.run()
    desk.person(MANAGERS[1]).merge(pull.number, pull.head)
    desk.run()
    assert desk.spot("desk", "1.0.0").standing in {Standing.PROMOTED, Standing.SETTLED}
    assert desk.incidents() == ()


def test_a_reopened_proposal_of_a_release_that_fell_out_of_sight_is_looked_at_again(desk: Town) -> None:
    number = desk.pull("desk").number
    desk.person(MANAGERS[0]).close(number)
    desk.run()
    for release in ("1.1.0", "1.2.0", "1.3.0"):
        desk.release(release, Recipe(without=frozenset({"signature", "provenance", "sbom", "scan"})))
        desk.run()
    desk.reopen(number, MANAGERS[0])
    desk.run()
    assert desk.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert desk.pull("desk").state is PullState.OPEN


# --- superseding ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_five_releases_while_a_proposal_waits_leave_one_proposal_and_no_other_branch(desk: Town) -> None:
    for minor in range(1, 6):
        desk.release(f"1.{minor}.0", SIGNED)
        desk.run()
    pull = desk.pull("desk")
    assert (pull.number, pull.state, pull.title) == (1, PullState.OPEN, "promote cart 1.5.0 to desk")
    assert sorted(name for name, _ in desk.git.branches()) == ["main", "promote/desk/cart"]
    assert [desk.state("desk", f"1.{minor}.0")[1] for minor in range(6)] == [Standing.SUPERSEDED] * 5 + [
        Standing.PROPOSED
    ]
    assert len(desk.commit_facts(pull.head).parents) == 1
    assert desk.commit_facts(pull.head).parents == (desk.git.ref("refs/heads/main"),)


# --- against the bot --------------------------------------------------------------------------------------------------


def test_a_pin_that_a_person_pushed_to_the_base_is_an_incident(desk: Town) -> None:
    digest = desk.history().known["1.0.0"].candidate.digest
    text = desk.pins("desk", commit=desk.pull("desk").head)
    desk.commit("main", "desk", text)
    desk.run(2)
    (incident,) = desk.incidents()
    assert (incident.what, incident.digest) == ("out-of-band", digest)
    assert desk.spot("desk", "1.0.0").standing in {Standing.PROMOTED, Standing.SETTLED}


@pytest.mark.slow
def test_another_digest_that_a_person_pins_under_a_known_name_is_judged_by_itself(desk: Town) -> None:
    merged(desk, "1.0.0")
    good, (bad, *_) = desk.history().known["1.0.0"].candidate, desk.mint.make("1.9.0", BARE)
    desk.mint.put(desk.world.registry, PATH, (bad,))
    desk.commit("main", "desk", desk.pins("desk").replace(good.digest, bad))
    desk.run(2)
    stranger = replace(good, digest=bad)
    spot = desk.history().spot("desk", stranger)
    assert spot is not None
    assert (spot.eligibility, spot.why) == (Eligibility.BLOCKED, ("signature.absent",))
    assert spot.standing in {Standing.PROMOTED, Standing.SETTLED}
    assert [incident.what for incident in desk.incidents()] == ["out-of-band", "running-not-eligible"]
    assert not desk.history().known["1.0.0"].is_frozen
    entries = len(desk.entries())
    desk.run(3)
    assert len(desk.entries()) == entries
    desk.release("1.1.0", SIGNED)
    desk.run()
    assert desk.state("desk", "1.1.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


@pytest.mark.slow
def test_a_digest_that_the_registry_does_not_have_is_blocked_where_a_person_pinned_it(desk: Town) -> None:
    merged(desk, "1.0.0")
    good, bad = desk.history().known["1.0.0"].candidate, digest_of(b"nowhere")
    desk.commit("main", "desk", desk.pins("desk").replace(good.digest, bad))
    report = desk.run(2)
    spot = desk.history().spot("desk", replace(good, digest=bad))
    assert report.trouble is None
    assert spot is not None
    assert spot.eligibility is Eligibility.BLOCKED


@pytest.mark.slow
def test_a_fix_that_is_released_below_a_blocked_newer_release_is_proposed(desk: Town) -> None:
    merged(desk, "1.2.0")
    for release in ("1.5.0", "1.6.0", "1.7.0"):
        desk.release(release, BARE)
        desk.run()
    desk.run(passes=int(DEADLINE / POLL) + 1)
    assert desk.state("desk", "1.7.0") == (Eligibility.BLOCKED, Standing.NONE)
    desk.release("1.3.0", SIGNED)
    desk.release("1.1.0", SIGNED)
    desk.run()
    assert desk.state("desk", "1.3.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert "1.1.0" not in desk.history().known


def blocked(town: Town, *releases: str) -> None:
    """Release without evidence, and wait until that is overdue."""
    for release in releases:
        town.release(release, BARE)
        town.run()
    town.run(passes=int(DEADLINE / POLL) + 1)


@pytest.mark.slow
def test_a_fix_below_blocked_releases_that_is_attested_too_late_is_looked_at_again(desk: Town) -> None:
    merged(desk, "1.2.0")
    blocked(desk, "1.5.0", "1.6.0", "1.7.0")
    blocked(desk, "1.3.0")
    assert desk.state("desk", "1.3.0") == (Eligibility.BLOCKED, Standing.NONE)
    desk.sign("1.3.0")
    desk.run()
    assert desk.state("desk", "1.3.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


@pytest.mark.slow
def test_an_environment_that_was_taken_away_keeps_no_fix_from_being_seen(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DEV, DESK), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run(4)
    town.person(MANAGERS[0]).close(town.pull("desk").number)
    town.forget("desk")
    blocked(town, "1.9.0", "1.8.0", "1.7.0", "1.6.0", "1.5.0", "1.4.0")
    town.release("1.3.0", SIGNED)
    town.run()
    assert town.spot("dev", "1.3.0").eligibility is Eligibility.ELIGIBLE


def merged(town: Town, release: str) -> None:
    """Release, approve and merge."""
    town.release(release, SIGNED)
    town.run()
    pull = town.approve("desk", MANAGERS[0])
    town.run()
    town.person(MANAGERS[0]).merge(pull.number, pull.head)
    town.run()


def test_an_older_digest_that_a_person_puts_back_is_a_rollback_that_the_bot_respects(desk: Town) -> None:
    merged(desk, "1.0.0")
    old = desk.pins("desk")
    merged(desk, "1.1.0")
    desk.commit("main", "desk", old)
    desk.run(3)
    assert desk.state("desk", "1.1.0") == (Eligibility.ELIGIBLE, Standing.ROLLED_BACK)
    assert desk.spot("desk", "1.0.0").standing in {Standing.PROMOTED, Standing.SETTLED}
    assert [incident.what for incident in desk.incidents()] == ["out-of-band"]
    assert [pull.state for pull in desk.pulls()] == [PullState.MERGED, PullState.MERGED]
    assert desk.pins("desk") == old
    desk.release("1.2.0", SIGNED)
    desk.run()
    assert desk.state("desk", "1.2.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


def test_a_first_promotion_that_is_reverted_is_rolled_back(desk: Town) -> None:
    before = desk.pins("desk")
    merged(desk, "1.0.0")
    desk.commit("main", "desk", before)
    desk.run(3)
    assert desk.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.ROLLED_BACK)
    assert desk.history().running("desk") is None
    assert desk.pins("desk") == before


@pytest.mark.slow
@pytest.mark.parametrize("method", ["commit", "push"])
def test_a_merge_while_the_bot_supersedes_is_the_promotion_that_it_is(desk: Town, method: str) -> None:
    pull = desk.approve("desk", MANAGERS[0])
    desk.run()
    desk.release("1.1.0", SIGNED)
    desk.rewire(meanwhile("environments", method, lambda: desk.person(MANAGERS[0]).merge(pull.number, pull.head)))
    desk.run(3)
    assert events(desk) == [
        ("1.0.0", StandingEvent.PR_OPENED),
        ("1.0.0", StandingEvent.APPROVED),
        ("1.1.0", StandingEvent.PR_OPENED),
        ("1.0.0", StandingEvent.MERGED),
        ("1.0.0", StandingEvent.SOAKED),
        ("1.1.0", StandingEvent.REWRITTEN),
    ]
    assert [one.state for one in desk.pulls()] == [PullState.MERGED, PullState.OPEN]
    assert desk.incidents() == ()


def test_a_head_that_was_merged_before_its_check_was_set_is_an_incident(desk: Town) -> None:
    desk.release("1.1.0", SIGNED)
    number = desk.pull("desk").number
    desk.rewire(meanwhile("forge", "open", lambda: desk.person(ADMIN).merge(number)))
    desk.run(3)
    assert {incident.what for incident in desk.incidents()} == {"out-of-band"}
    assert desk.spot("desk", "1.1.0").standing in {Standing.PROMOTED, Standing.SETTLED}
    running = desk.history().running("desk")
    assert running is not None
    assert running.release == "1.1.0"


def test_a_git_tag_that_moves_while_its_proposal_is_open_turns_the_check_red(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((DESK,)))
    town.release("1.0.0")
    town.run()
    pull = town.approve("desk", MANAGERS[0])
    town.run()
    assert town.light("desk", pull.head) is CheckState.SUCCESS
    town.tag_source("v1.0.0")
    town.run()
    assert town.light("desk", pull.head) is CheckState.FAILURE


def test_a_git_tag_that_is_missing_is_asked_for_once_a_minute_and_found(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DESK,)))
    asked: list[str] = []
    town.git_of_source("update-ref", "-d", "refs/tags/v1.0.0")
    town.release("1.0.0")
    town.rewire(counting("sources", "revision", asked))
    town.run(5)  # two minutes from the first to the last
    assert len(asked) == 3
    town.git_of_source("update-ref", "refs/tags/v1.0.0", town.mint.source("1.0.0").commit)
    town.run(2)
    assert town.pull("desk").state is PullState.OPEN


def test_a_registry_whose_headers_hide_that_a_tag_moved_is_not_believed(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DESK,), policy=SIGNED_ONLY))
    town.release("1.0.0", BARE)
    town.run()
    known = town.history().known["1.0.0"].candidate.digest
    town.mint.pipeline.attest("1.0.0", known, town.mint.source("1.0.0"), SIGNED)
    town.mint.put(town.world.registry, "shop/cart", town.mint.referrers(known))
    moved = town.move_tag("1.0.0")
    town.rewire(saying("registry", "head", known))
    town.run()
    assert town.pulls() == ()
    assert town.state("desk", "1.0.0") == (Eligibility.FROZEN, Standing.NONE)
    assert town.history().known["1.0.0"].moved_to == moved
