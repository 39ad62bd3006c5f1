"""A release that is taken out of the registry, or put under another name, after it was proposed and approved."""

from collections.abc import Callable

import pytest

from promoter.core.eligibility import Eligibility
from promoter.core.standing import Standing
from promoter.local.forge.records import CheckState
from promoter.local.world import MANAGERS
from promoter.ports import PullState
from tests.sim.layout import APPROVED_DEV, SIGNED, SIGNED_ONLY, Plan
from tests.sim.mint import PATH
from tests.sim.town import Town


@pytest.fixture
def town(founded: Callable[[Plan], Town]) -> Town:
    """A town whose environment the bot merges by itself once a person approved; 1.0.0 is proposed and approved."""
    town = founded(Plan((APPROVED_DEV,), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run()
    town.approve("dev", MANAGERS[0])
    return town


def undecided(town: Town) -> bool:
    """Tell whether the proposal stands open, unmerged, with a check that says that something is not known."""
    pull = town.pull("dev")
    return (pull.state, town.light("dev", pull.head)) == (PullState.OPEN, CheckState.PENDING)


def test_an_artifact_that_was_deleted_after_the_approval_is_not_merged(town: Town) -> None:
    digest = town.history().known["1.0.0"].candidate.digest
    town.world.registry.delete(PATH, "1.0.0")
    town.world.registry.delete(PATH, digest)

    town.run(3)

    assert undecided(town)
    assert town.state("dev", "1.0.0") == (Eligibility.ELIGIBLE, Standing.APPROVED)
    town.release("1.0.0", SIGNED)
    town.run(2)
    assert town.pull("dev").state is PullState.MERGED


@pytest.mark.slow
def test_a_tag_that_was_deleted_after_the_approval_changes_nothing_for_the_digest_is_there(town: Town) -> None:
    town.world.registry.delete(PATH, "1.0.0")

    town.run(2)

    assert town.pull("dev").state is PullState.MERGED


@pytest.mark.slow
def test_an_artifact_that_was_tagged_anew_after_the_approval_is_withdrawn(town: Town) -> None:
    town.move_tag("1.0.0")

    town.run(2)

    assert town.pull("dev").state is PullState.CLOSED
    assert town.state("dev", "1.0.0") == (Eligibility.FROZEN, Standing.NONE)
    assert "- **tag.moved**: the tag 1.0.0 was moved to" in town.pull("dev").body
