"""People work beside the bot: on its branches, on the base, with reviews, and against its advice."""

from collections.abc import Callable

from promoter.core.eligibility import Eligibility
from promoter.core.record import StandingMoved
from promoter.core.standing import Standing, StandingEvent
from promoter.local.forge.records import CheckState
from promoter.local.world import ADMIN, AUTHOR, MANAGERS
from promoter.ports import PullState
from tests.sim.layout import DESK, SIGNED, SIGNED_ONLY, Plan
from tests.sim.town import Town


def events(town: Town) -> list[tuple[str, StandingEvent]]:
    return [(entry.release, entry.event) for entry in town.entries() if isinstance(entry, StandingMoved)]


# --- on the bot's branch ----------------------------------------------------------------------------------------------


def test_a_branch_that_a_person_pushed_to_is_left_alone_turns_red_and_is_never_merged(later: Town) -> None:
    text = later.pins("dev", commit=later.pull("dev").head) + "# by hand\n"
    head = later.commit("promote/dev/cart", "dev", text)
    later.approve("dev", *MANAGERS)
    later.run(3)
    pull = later.pull("dev")
    assert (pull.state, pull.head) == (PullState.OPEN, head)
    found = f"a person changed this branch: {head[:12]} is not what was verified"
    assert later.check("dev", head) == (CheckState.FAILURE, found)
    assert [incident.what for incident in later.incidents()] == ["branch-taken"]
    assert '"0.9.0"' in later.pins("dev")


def test_a_newer_release_does_not_overwrite_a_persons_commit(desk: Town) -> None:
    head = desk.commit("promote/desk/cart", "desk", desk.pins("desk", commit=desk.pull("desk").head) + "# by hand\n")
    desk.release("1.1.0", SIGNED)
    desk.run(2)
    assert desk.pull("desk").head == head
    assert desk.state("desk", "1.1.0") == (Eligibility.ELIGIBLE, Standing.NONE)


def test_a_bot_that_gets_its_branch_back_goes_on(later: Town) -> None:
    ours = later.pull("dev").head
    later.commit("promote/dev/cart", "dev", "images: []\n")
    later.run()
    later.git.point("refs/heads/promote/dev/cart", ours)
    later.approve("dev", MANAGERS[0])
    later.run(2)
    assert later.pull("dev").state is PullState.MERGED
    assert later.spot("dev", "1.0.0").standing in {Standing.PROMOTED, Standing.SETTLED}


def test_a_branch_that_a_person_made_first_is_left_alone_until_it_is_gone(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DESK,), policy=SIGNED_ONLY))
    head = town.commit("promote/desk/cart", "desk", "mine: true\n", onto="main")
    town.release("1.0.0", SIGNED)
    town.run(3)
    assert town.pulls() == ()
    assert dict(town.git.branches())["promote/desk/cart"] == head
    assert [incident.what for incident in town.incidents()] == ["branch-taken"]
    town.remove_branch("promote/desk/cart")
    town.run()
    assert town.pull("desk").state is PullState.OPEN
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


# --- on the base ------------------------------------------------------------------------------------------------------


def test_a_proposal_is_rewritten_on_a_base_that_moved_and_must_be_approved_again(desk: Town) -> None:
    old = desk.approve("desk", MANAGERS[0])
    desk.run()
    assert desk.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.APPROVED)
    desk.commit("main", "desk", "# A new first line.\n" + desk.pins("desk"))
    desk.run()
    pull = desk.pull("desk")
    assert (pull.number, pull.state) == (old.number, PullState.OPEN)
    assert pull.head != old.head
    assert desk.pins("desk", commit=pull.head).startswith("# A new first line.\n")
    assert desk.commit_facts(pull.head).parents == (desk.git.ref("refs/heads/main"),)
    assert desk.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert desk.light("desk", pull.head) is CheckState.PENDING


def test_a_base_that_moved_elsewhere_leaves_the_proposal_and_its_approval(desk: Town) -> None:
    old = desk.approve("desk", MANAGERS[0])
    desk.run()
    desk.commit("main", "elsewhere", "other: file\n")
    desk.run(2)
    assert desk.pull("desk").head == old.head
    assert desk.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.APPROVED)


# --- with reviews -----------------------------------------------------------------------------------------------------


def test_approvals_of_the_author_and_of_an_older_head_do_not_count(desk: Town) -> None:
    first = desk.approve("desk", AUTHOR)
    desk.run()
    assert desk.state("desk", "1.0.0")[1] is Standing.PROPOSED
    desk.approve("desk", MANAGERS[0])
    desk.release("1.1.0", SIGNED)
    desk.run(2)
    assert desk.pull("desk").head != first.head
    assert desk.state("desk", "1.1.0")[1] is Standing.PROPOSED
    assert desk.light("desk", desk.pull("desk").head) is CheckState.PENDING


def test_the_approval_of_another_bot_does_not_count(desk: Town) -> None:
    desk.other_bot().approve(desk.pull("desk").number, desk.pull("desk").head)
    desk.run()
    assert desk.state("desk", "1.0.0")[1] is Standing.PROPOSED


def test_a_request_for_changes_outweighs_an_approval_until_it_is_dismissed(later: Town) -> None:
    pull = later.pull("dev")
    later.person(MANAGERS[1]).request_changes(pull.number, pull.head, "Not today.")
    later.approve("dev", MANAGERS[0])
    later.run(2)
    assert later.check("dev", pull.head) == (CheckState.FAILURE, f"changes asked for by {MANAGERS[1]}")
    assert later.pull("dev").state is PullState.OPEN
    later.person(ADMIN).dismiss(pull.number, MANAGERS[1], "It is settled.")
    later.run()
    assert later.pull("dev").state is PullState.MERGED


def test_an_approval_that_was_dismissed_is_lost(desk: Town) -> None:
    pull = desk.approve("desk", MANAGERS[0])
    desk.run()
    assert desk.light("desk", pull.head) is CheckState.SUCCESS
    desk.person(ADMIN).dismiss(pull.number, MANAGERS[0], "Too early.")
    desk.run()
    assert desk.state("desk", "1.0.0")[1] is Standing.PROPOSED
    assert desk.light("desk", pull.head) is CheckState.PENDING
    assert events(desk)[-1] == ("1.0.0", StandingEvent.APPROVAL_LOST)
