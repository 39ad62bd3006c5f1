"""What a merge asks of people besides the evidence: approvals, a change ticket, and hands that are not the same."""

from collections.abc import Callable

import pytest

from promoter.core.checks.subject import Phase
from promoter.core.eligibility import Eligibility
from promoter.core.record import Decided, OutsideFailed, StandingMoved
from promoter.core.standing import Standing, StandingEvent
from promoter.local.forge.records import CheckState
from promoter.local.world import ADMIN, AUTHOR, MANAGERS
from promoter.ports import PullState
from promoter.verification import recompute
from promoter.wiring import make_signatures
from tests.sim.layout import SIGNED, SIGNED_ONLY, Plan
from tests.sim.town import Town

MIA, OMAR = MANAGERS[:2]
ASKING = f"""{SIGNED_ONLY}
  - {{check: order}}
  - {{check: artifact, repositories: [registry.acme.example/shop/*]}}
  - {{check: approval, min: 2}}
  - {{check: ticket, pattern: "CHG[0-9]{{7}}"}}
"""
BY_ITSELF = "dev: {merge: automatic}"
BY_PEOPLE = "desk: {}"


def proposed(founded: Callable[[Plan], Town], environment: str, policy: str = ASKING) -> Town:
    town = founded(Plan((environment,), policy=policy))
    town.release("1.0.0", SIGNED)
    town.run()
    return town


def approve(town: Town, environment: str, login: str, text: str = "") -> None:
    pull = town.pull(environment)
    town.person(login).approve(pull.number, pull.head, text)


def merges(town: Town) -> list[tuple[str, tuple[str, ...]]]:
    """List what was decided about merges, in order."""
    found = (entry for entry in town.entries() if isinstance(entry, Decided) and entry.phase == "merge")
    return [(entry.outcome, entry.codes) for entry in found]


def test_a_proposal_waits_for_approval_and_ticket_then_goes_green_and_is_merged(
    founded: Callable[[Plan], Town],
) -> None:
    town = proposed(founded, BY_ITSELF)
    town.run()
    head = town.pull("dev").head
    assert town.check("dev", head) == (CheckState.PENDING, "verified, waiting: approval, ticket")
    assert town.state("dev", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    body = town.pull("dev").body
    assert "| ⏳ | approval | 0 of 2 approvals of the head commit |" in body
    assert "- ticket: no approval of the head commit has a line" in body
    assert "What blocks it" not in body

    approve(town, "dev", MIA, "Tried it on a branch.\nChange: CHG0012345")
    town.run()
    assert town.check("dev", head) == (CheckState.PENDING, "verified, waiting: approval")
    assert "| ✅ | ticket | CHG0012345, named by mia" in town.pull("dev").body

    approve(town, "dev", OMAR)
    town.run(2)
    assert town.pull("dev").state is PullState.MERGED
    assert town.state("dev", "1.0.0")[1] in {Standing.PROMOTED, Standing.SETTLED}
    assert [entry for entry in town.entries() if isinstance(entry, OutsideFailed)] == []
    assert merges(town) == [
        ("fail", ("approval.too-few", "ticket.absent")),
        ("fail", ("approval.too-few",)),
        ("pass", ()),
    ]
    assert town.incidents() == ()
    kept = [entry.decision for entry in town.entries() if isinstance(entry, Decided)]
    again = [recompute(digest, town.store.blobs, make_signatures) for digest in kept]
    assert [one.is_same for one in again] == [True] * len(kept)
    assert {one.verdict.circumstances.bundle for one in again} == {town.configuration.bundle.digest}
    last = [one.verdict for one in again if one.verdict.phase is Phase.MERGE][-1]
    assert [who.login for who in last.circumstances.approvals or ()] == [MIA, OMAR]
    assert [finding.check for finding in last.findings][-3:] == ["approval", "ticket", "hands"]
    told = {told.check: told.sentence for told in town.explain("dev", "1.0.0").findings}
    assert told["ticket"].startswith("CHG0012345, named by mia")


def test_a_ticket_that_is_none_is_told_back_as_it_was_written_and_escaped(founded: Callable[[Plan], Town]) -> None:
    town = proposed(founded, BY_PEOPLE)
    approve(town, "desk", MIA, "Change: <b>soon</b> @everyone")
    approve(town, "desk", OMAR)
    town.run()
    pull = town.pull("desk")
    assert town.check("desk", pull.head) == (CheckState.PENDING, "verified, waiting: ticket")
    assert merges(town)[-1] == ("fail", ("ticket.wrong",))
    assert "<b>" not in pull.body
    assert "`@everyone`, which is no ticket" in pull.body


@pytest.mark.slow
def test_people_merge_by_the_check_and_a_lost_approval_takes_its_green_away(founded: Callable[[Plan], Town]) -> None:
    town = proposed(founded, BY_PEOPLE)
    for login in (MIA, OMAR):
        approve(town, "desk", login, "Change: CHG0012345")
    town.run()
    pull = town.pull("desk")
    assert town.check("desk", pull.head) == (CheckState.SUCCESS, "verified: all 3 enforced checks pass")
    assert town.state("desk", "1.0.0")[1] is Standing.APPROVED
    town.person(ADMIN).dismiss(pull.number, MIA, "Too early.")
    town.run()
    assert town.check("desk", pull.head) == (CheckState.PENDING, "verified, waiting: approval")
    assert town.state("desk", "1.0.0")[1] is Standing.PROPOSED
    lost = [entry for entry in town.entries() if isinstance(entry, StandingMoved)][-1]
    assert (lost.event, lost.detail) == (StandingEvent.APPROVAL_LOST, "1 of 2 approvals of the head commit")
    approve(town, "desk", MIA, "Now.")
    town.run()
    town.person(MIA).merge(pull.number)
    town.run()
    assert town.incidents() == ()
    assert town.spot("desk", "1.0.0").standing in {Standing.PROMOTED, Standing.SETTLED}


def test_a_merge_whose_approval_was_dismissed_just_before_is_an_incident(founded: Callable[[Plan], Town]) -> None:
    town = proposed(founded, BY_PEOPLE)
    for login in (MIA, OMAR):
        approve(town, "desk", login, "Change: CHG0012345")
    town.run()
    pull = town.pull("desk")
    town.person(ADMIN).dismiss(pull.number, MIA, "Too early.")
    town.person(OMAR).merge(pull.number)
    town.run()
    (incident,) = town.incidents()
    assert incident.what == "out-of-band"
    assert incident.detail.endswith("merged, and 1 of 2 approvals of the head commit")


@pytest.mark.slow
def test_a_commit_that_is_on_no_accepted_branch_is_blocked_until_it_is_merged(founded: Callable[[Plan], Town]) -> None:
    policy = f"{SIGNED_ONLY}  - {{check: source-branch, branches: [main]}}\n"
    town = founded(Plan((BY_PEOPLE,), policy=policy))
    commit = town.tag_source("v1.0.0")
    town.release("1.0.0", SIGNED)
    town.run(2)
    assert town.spot("desk", "1.0.0").why == ("source-branch.not-reachable",)
    assert town.pulls() == ()
    town.git_of_source("update-ref", "refs/heads/main", commit)
    town.run(21)  # ten minutes later it is asked again
    assert town.spot("desk", "1.0.0").eligibility is Eligibility.ELIGIBLE
    assert town.pull("desk").state is PullState.OPEN


@pytest.mark.slow
def test_a_newer_release_that_a_person_pins_makes_the_check_of_an_older_proposal_red(
    founded: Callable[[Plan], Town],
) -> None:
    town = proposed(founded, BY_PEOPLE)
    town.commit("main", "desk", town.pins("desk").replace('"0.9.0"', '"2.0.0"'))
    town.run(2)
    assert town.spot("desk", "1.0.0").why == ("order.downgrade",)
    check = town.check("desk", town.pull("desk").head)
    assert check == (CheckState.FAILURE, "blocked by 1 of 3 enforced checks: order")


def test_who_merges_their_own_change_is_an_incident(founded: Callable[[Plan], Town]) -> None:
    town = proposed(founded, BY_PEOPLE, SIGNED_ONLY)
    pull = town.pull("desk")
    assert town.light("desk", pull.head) is CheckState.SUCCESS
    town.person(AUTHOR).merge(pull.number)
    town.run()
    (incident,) = town.incidents()
    assert incident.detail.endswith(f"merged, and {AUTHOR} is developer and deployer of this promotion")


@pytest.mark.slow
def test_nobody_who_is_listed_for_break_glass_lets_an_ordinary_release_in(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan(("dev: {approvals: 1, merge: automatic}",), policy=SIGNED_ONLY, roles="{break_glass: [mia]}"))
    town.release("1.0.0", SIGNED)
    town.run()
    approve(town, "dev", MIA)
    town.run(2)
    pull = town.pull("dev")
    assert pull.state is PullState.OPEN
    assert town.check("dev", pull.head) == (CheckState.FAILURE, "mia is deployer and break-glass of this promotion")
    assert merges(town) == [("fail", ("hands.same",))]
    town.person(ADMIN).dismiss(pull.number, MIA, "Not her role.")
    approve(town, "dev", OMAR)
    town.run()
    assert town.pull("dev").state is PullState.MERGED


# --- the ledger -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_ledger_that_was_put_in_the_place_of_the_anchored_one_promotes_nothing_any_more(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((BY_ITSELF,), policy=f"{SIGNED_ONLY}  - {{check: log}}\n"))
    for release in ("1.0.0", "1.1.0"):
        town.release(release, SIGNED)
        town.run(3)
        assert town.spot("dev", release).standing in {Standing.PROMOTED, Standing.SETTLED}
    town.store.ledger.close()
    for path in (town.config / town.configuration.promoter.state).resolve().glob("ledger.sqlite*"):
        path.unlink()
    town.start()
    town.release("1.2.0", SIGNED)
    town.run(2)
    assert town.spot("dev", "1.2.0").why == ("log.inconsistent",)
    assert [pull.state for pull in town.pulls("dev") if pull.state is PullState.OPEN] == []
