"""People work beside the bot: on its branches, on the base, with reviews, and against its advice."""

from collections.abc import Callable

import pytest

from promoter.core.codes import Code
from promoter.core.eligibility import Eligibility
from promoter.core.record import OutsideFailed, StandingMoved
from promoter.core.standing import Standing, StandingEvent
from promoter.local.forge.records import CheckState
from promoter.local.world import ADMIN, AUTHOR, MANAGERS
from promoter.ports import PullState
from tests.sim.fuse import meanwhile, silence
from tests.sim.layout import DESK, DEV, POLL, SIGNED, SIGNED_ONLY, Plan
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


def test_the_approval_and_the_objection_of_who_may_only_read_do_not_count(desk: Town) -> None:
    pull, reader = desk.pull("desk"), desk.reader()
    reader.approve(pull.number, pull.head)
    desk.run()
    assert desk.state("desk", "1.0.0")[1] is Standing.PROPOSED
    reader.request_changes(pull.number, pull.head, "I would not.")
    desk.approve("desk", MANAGERS[0])
    desk.run()
    assert desk.light("desk", pull.head) is CheckState.SUCCESS


def test_no_approval_counts_while_the_author_has_no_account_and_it_does_once_there_is_one(desk: Town) -> None:
    desk.tag_source("v1.0.0", author="nobody@elsewhere.example")
    pull = desk.approve("desk", AUTHOR, MANAGERS[0])
    desk.run(2)
    said = "verified; no approval counts: the forge knows no account of the commit's author and committer"
    assert desk.check("desk", pull.head) == (CheckState.PENDING, said)
    assert "- no approval counts: the forge knows no account of the author and committer of" in desk.pull("desk").body
    assert desk.state("desk", "1.0.0")[1] is Standing.PROPOSED
    desk.world.forge.account("nobody", email="nobody@elsewhere.example")
    desk.run()
    assert desk.light("desk", pull.head) is CheckState.SUCCESS


def test_an_objection_during_the_re_check_before_the_merge_is_heard(later: Town) -> None:
    pull, mia = later.approve("dev", MANAGERS[0]), later.person(MANAGERS[0])
    later.rewire(meanwhile("registry", "manifest", lambda: mia.request_changes(pull.number, pull.head, "Wait!")))
    later.run(2)
    assert later.pull("dev").state is PullState.OPEN
    assert later.check("dev", pull.head) == (CheckState.PENDING, "verified; approvals: 0 of 1")
    assert [entry.what for entry in later.entries() if isinstance(entry, OutsideFailed)] == ["merge dev"]
    assert later.history().failing == {}  # nothing calls for that merge any more
    later.person(ADMIN).dismiss(pull.number, MANAGERS[0], "It is settled.")
    later.approve("dev", MANAGERS[1])
    later.run()
    assert later.pull("dev").state is PullState.MERGED


def test_a_pin_that_is_changed_during_the_re_check_is_not_merged_over(later: Town) -> None:
    pull = later.approve("dev", MANAGERS[0])
    pins = later.pins("dev").replace('"0.9.0"', '"0.9.5"')
    later.rewire(meanwhile("registry", "manifest", lambda: later.commit("main", "dev", pins)))
    later.run()
    said = [entry.detail for entry in later.entries() if isinstance(entry, OutsideFailed)]
    assert said == ["what dev pins was changed since the plan was made"]
    later.run()
    assert later.pull("dev").state is PullState.OPEN
    assert later.pull("dev").head != pull.head  # on the new base, to be approved again


# --- on the configuration ---------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_open_proposal_of_an_environment_that_was_taken_from_the_configuration_turns_red_once(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((DEV, DESK), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run()
    pull = town.approve("desk", MANAGERS[0])
    town.run()
    assert town.light("desk", pull.head) is CheckState.SUCCESS
    town.forget("desk")
    town.run()
    said = "not watched any more: not configured; close it, or configure the service and environment again"
    assert town.check("desk", pull.head) == (CheckState.FAILURE, said)
    entries, writes = len(town.entries()), town.writes()
    town.start()
    town.run(2)
    assert (len(town.entries()), town.writes()) == (entries, writes)


@pytest.mark.slow
def test_a_proposal_that_nobody_watches_and_the_forge_does_not_show_stops_no_service(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((DEV, DESK), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run()
    town.forget("desk")
    town.rewire(silence("forge", "pull", code=Code.OUTSIDE_NOT_FOUND))  # as in a repository that is another one now
    assert town.run().trouble is None
    town.rewire(lambda outside: outside)
    town.release("1.1.0", SIGNED)
    assert town.run(3).trouble is None
    assert town.spot("dev", "1.1.0").standing is Standing.APPROVED  # and not merged: the forge wants desk's check too


@pytest.mark.slow
def test_a_declined_proposal_that_nobody_watches_any_more_is_red_before_somebody_reopens_it(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((DEV, DESK), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run()
    pull = town.approve("desk", MANAGERS[0])
    town.run()
    town.person(MANAGERS[0]).close(pull.number)
    town.run()
    assert town.light("desk", pull.head) is CheckState.SUCCESS
    town.forget("desk")
    town.run()
    assert town.light("desk", pull.head) is CheckState.FAILURE
    writes = town.writes()
    town.start()
    town.run()
    assert town.writes() == writes


def test_an_approval_that_was_dismissed_just_before_a_merge_is_in_no_record(desk: Town) -> None:
    pull = desk.approve("desk", MANAGERS[0])
    desk.run()
    assert desk.light("desk", pull.head) is CheckState.SUCCESS
    desk.person(ADMIN).dismiss(pull.number, MANAGERS[0], "Not this one.")
    desk.person(ADMIN).merge(pull.number, pull.head)
    desk.run()
    (incident,) = desk.incidents()
    assert incident.detail == f"pull request #{pull.number}: merged, and 0 of 1 approvals left"
    assert incident.actor == ADMIN


def test_what_reviewers_say_after_a_merge_says_nothing_about_it(desk: Town) -> None:
    pull = desk.approve("desk", MANAGERS[0])
    desk.run()
    desk.person(ADMIN).merge(pull.number, pull.head)
    desk.clock.move(POLL)
    desk.person(MANAGERS[0]).request_changes(pull.number, pull.head, "Too late, but still.")
    desk.run()
    assert desk.incidents() == ()
    assert desk.spot("desk", "1.0.0").standing in {Standing.PROMOTED, Standing.SETTLED}
