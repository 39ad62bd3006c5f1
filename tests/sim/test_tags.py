"""A tag moves: the release is frozen under its first digest until a person ends that."""

from collections.abc import Callable

import pytest

from promoter.core.eligibility import Eligibility
from promoter.core.record import FreezeEnded, TagMoved
from promoter.core.standing import Standing
from promoter.explain import Explanation
from promoter.local.forge.records import CheckState
from promoter.ports import PullState
from tests.sim.layout import BARE, DEADLINE, DESK, DEV, POLL, SIGNED, SIGNED_ONLY, Plan
from tests.sim.mint import PATH
from tests.sim.town import Town


@pytest.fixture
def town(founded: Callable[[Plan], Town]) -> Town:
    """A town with an environment of each kind."""
    return founded(Plan((DEV, DESK), policy=SIGNED_ONLY))


END_IT = "Operator: find out who moved the tag, then `promoter release cart 1.0.0 --reason ...`; or cut a new release."


def explained(town: Town, environment: str) -> Explanation:
    """Give what `promoter explain` says of 1.0.0."""
    return town.explain(environment, "1.0.0")


def end_freeze(town: Town) -> None:
    """End the freeze of 1.0.0, as `promoter release` does."""
    known = town.history().known["1.0.0"]
    entry = FreezeEnded(
        at=town.clock.now(),
        service="cart",
        release="1.0.0",
        digest=known.candidate.digest,
        actor="mia",
        reason="rebuilt by mistake",
        accepted=known.moved_to,
    )
    town.store.journal.write("cart", lambda _: (entry,))


def test_a_tag_that_moves_before_its_evidence_is_there_is_never_proposed(town: Town) -> None:
    digest = town.release("1.0.0", BARE)
    town.run()
    assert town.state("dev", "1.0.0") == (Eligibility.PENDING, Standing.NONE)
    moved = town.move_tag("1.0.0")
    town.mint.put(town.world.registry, "shop/cart", town.mint.make("1.0.0", SIGNED))
    town.run(3)
    assert town.state("dev", "1.0.0") == (Eligibility.FROZEN, Standing.NONE)
    assert town.pulls() == ()
    assert [(e.digest, e.moved_to) for e in town.entries() if isinstance(e, TagMoved)] == [(digest, moved)]
    assert {candidate.digest for _, candidate in town.history().spots} == {digest}


def test_a_tag_that_moves_withdraws_what_is_open_and_leaves_what_runs_with_an_alarm(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    town.run(3)
    pull, pins = town.pull("desk"), town.pins("dev")
    assert digest in pins
    moved = town.move_tag("1.0.0")
    town.run(5)
    assert town.pull("desk").state is PullState.CLOSED
    assert town.light("desk", pull.head) is CheckState.FAILURE
    assert town.state("desk", "1.0.0") == (Eligibility.FROZEN, Standing.NONE)
    assert town.state("dev", "1.0.0") == (Eligibility.FROZEN, Standing.SETTLED)
    assert town.pins("dev") == pins
    assert f"- **tag.moved**: the tag 1.0.0 was moved to `{moved}`. Operator: find out who" in town.pull("desk").body
    assert "merges" not in town.pull("desk").body
    assert explained(town, "desk").next_step == END_IT
    assert explained(town, "dev").next_step == (
        f"{END_IT} Release managers: it runs here meanwhile; if it should not, roll back by reverting the merge commit "
        f"{town.pull('dev').merge_commit[:12]} of pull request #{town.pull('dev').number}, or promote a good release."
    )
    assert [(one.what, one.environment) for one in town.incidents()] == [
        ("tag-moved", ""),
        ("running-not-eligible", "dev"),
    ]
    assert moved not in {candidate.digest for _, candidate in town.history().spots}


def test_a_person_ends_the_freeze_and_the_first_digest_goes_on(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    town.run(3)
    moved = town.move_tag("1.0.0")
    town.run(2)
    end_freeze(town)
    stamp = f"{town.clock.now():%Y-%m-%d %H:%M:%SZ}"
    town.run()
    assert town.state("dev", "1.0.0") == (Eligibility.ELIGIBLE, Standing.SETTLED)
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert [pull.state for pull in town.pulls("desk")] == [PullState.CLOSED, PullState.OPEN]
    assert digest in town.pins("desk", commit=town.pulls("desk")[-1].head)
    town.run(2)
    assert len([e for e in town.entries() if isinstance(e, TagMoved)]) == 1
    pull = town.pulls("desk")[-1]
    assert f"- moved to `{moved}`; `mia` ended the freeze at {stamp}: rebuilt by mistake\n" in pull.body
    (exhibit,) = (comment.body for comment in town.hosted.comments if comment.pull == pull.number)
    assert f"| freeze ended | by `mia`, {stamp}: rebuilt by mistake; the tag was moved to `{moved}` |\n" in exhibit
    path = [step.what for step in explained(town, "desk").path]
    assert f"freeze ended by mia: rebuilt by mistake (the tag was moved to {moved})" in path
    assert path[-1].startswith(f"pr-opened #{pull.number}, so proposed (")


@pytest.mark.slow
def test_a_tag_that_moves_back_stays_frozen_until_a_person_ends_that_and_may_move_again(town: Town) -> None:
    digest = town.release("1.0.0", SIGNED)
    town.run(3)
    town.move_tag("1.0.0")
    town.run()
    town.tag("1.0.0", digest)
    town.run(2)
    assert town.state("dev", "1.0.0") == (Eligibility.FROZEN, Standing.SETTLED)
    end_freeze(town)
    town.run()
    assert town.state("dev", "1.0.0") == (Eligibility.ELIGIBLE, Standing.SETTLED)
    other = town.move_tag("1.0.0")
    town.run()
    assert town.state("dev", "1.0.0") == (Eligibility.FROZEN, Standing.SETTLED)
    assert town.history().known["1.0.0"].moved_to == other


@pytest.mark.slow
def test_an_older_release_is_proposed_again_only_on_evidence_that_was_looked_at_again(town: Town) -> None:
    town.release("1.0.0", SIGNED)
    town.run(3)
    town.release("1.1.0", SIGNED)
    town.run(3)
    for release in ("1.2.0", "1.3.0", "1.4.0"):
        town.release(release, BARE)
    town.run()
    town.move_tag("1.1.0")
    report = town.run(3)
    assert report.trouble is None
    assert town.state("desk", "1.1.0") == (Eligibility.FROZEN, Standing.NONE)
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


@pytest.mark.slow
def test_a_freeze_that_is_ended_after_newer_releases_came_is_over(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DESK,), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run(2)
    town.move_tag("1.0.0")
    town.run(2)
    for release in ("1.1.0", "1.2.0", "1.3.0"):
        town.release(release, BARE)
    town.run(passes=int(DEADLINE / POLL) + 2)
    assert town.state("desk", "1.0.0")[0] is Eligibility.FROZEN
    end_freeze(town)
    town.run()
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


@pytest.mark.slow
def test_the_other_digest_of_a_moved_tag_is_frozen_too_where_a_person_pins_it(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DEV,), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run(4)
    first = town.history().known["1.0.0"].candidate.digest
    second, *others = town.mint.make("1.9.0", SIGNED)
    town.mint.put(town.world.registry, PATH, (second, *others))
    town.tag("1.0.0", second)
    town.run()
    town.commit("main", "dev", town.pins("dev").replace(first, second))
    town.run(2)
    running = town.history().running("dev")
    assert running is not None
    assert running.digest == second
    assert town.history().spots["dev", running].eligibility is Eligibility.FROZEN
    alarms = [i.digest for i in town.incidents() if i.what == "running-not-eligible"]
    assert alarms == [first, second]


@pytest.mark.slow
def test_a_clock_that_was_set_back_repeats_no_alarm(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DEV,), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run(4)
    town.move_tag("1.0.0")
    town.clock.move(-20 * POLL)
    town.run(3)
    entries = len(town.entries())
    town.run(3)
    assert [incident.what for incident in town.incidents()] == ["tag-moved", "running-not-eligible"]
    assert len(town.entries()) == entries
