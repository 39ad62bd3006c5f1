"""Exceptions in a repository of rules: from the pull request that brings one to the day on which it ends."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from promoter.approvals import SignedApprovals
from promoter.comparison import tell_weaker
from promoter.config import load_machine
from promoter.core.eligibility import Eligibility
from promoter.core.record_estate import ExceptionMoved, ExceptionStep, PolicyActivated
from promoter.core.standing import Standing
from promoter.local.forge.person import Person
from promoter.local.forge.records import CheckState
from promoter.local.pipeline import PACKAGES, Recipe
from promoter.local.predicates import Weakness
from promoter.local.world import ENVIRONMENTS
from promoter.ports import PullState, Signatures
from promoter.rulebook import Rulebook
from promoter.shelf import Machine, Shelf
from promoter.wiring import open_rules_source, open_rules_store
from tests.rules_repository import RulesRepository
from tests.sim.layout import APPROVED_DEV, DESK, Plan
from tests.sim.town import Town

BAD = Recipe(weaknesses=(Weakness("CVE-2026-31337", "CRITICAL", PACKAGES[0], fixed="3.2.1"),))
FILE = "exceptions/EX-1.yaml"
EXCEPTION = """
kind: {kind}
codes: [vulnerabilities.over-limit]
environments: [{environment}]
vulnerabilities: [CVE-2026-31337]
max_severity: critical
owner: team-cart
reason: no fixed version yet
controls: [the endpoint is switched off]
requested_by: {requester}
not_before: {start:%Y-%m-%dT%H:%M:%SZ}
expires: {end:%Y-%m-%dT%H:%M:%SZ}
"""
LIFE = timedelta(hours=10)


def unopened() -> Signatures:
    raise AssertionError("no bundle is signed here")


class Bench:
    """A town whose rules stand in git, and the bot's rulebook for them."""

    def __init__(self, town: Town, author: str = "ada") -> None:
        self.town = town
        self.rules = RulesRepository(town.world, "platform/rules", author)
        self.rules.move_from(town.config)
        machine = Machine(town.config, {}, load_machine(town.config, {}))
        shelf = Shelf(open_rules_store(machine.main, town.config), town.store.blobs, town.store.journal)
        source = open_rules_source(machine.main, town.config)
        self._book = Rulebook(machine, source, shelf, SignedApprovals({}, unopened), tell_weaker, town.clock)
        self.take()

    def take(self) -> None:
        """Let the bot follow the branch, and look at the world with the rules that are in force then."""
        self.town.configuration = self._book.take()
        self.town.rewire(answers=self._book.answers())
        self.town.run(2)

    def merge(self, *approvers: str, requester: str = "rosa", kind: str = "exception") -> int:
        """Bring an exception in by a pull request with these approvals, which ines merges; gives its number."""
        start = self.town.clock.now()
        environment = self.town.plan.names[0]
        text = EXCEPTION.format(kind=kind, environment=environment, requester=requester, start=start, end=start + LIFE)
        number = self.rules.propose({FILE: text}, *approvers)
        self.rules.person("ines").merge(number)
        self.take()
        return number

    @property
    def activated(self) -> tuple[PolicyActivated, ...]:
        return self.town.store.journal.estate().activated

    def asides(self, environment: str) -> tuple[str, ...]:
        """Give what `promoter explain` says of exceptions that do not apply."""
        told = self.town.explain(environment, "1.0.0")
        return tuple(sentence for one in told.findings for _, sentence in one.asides)

    def approvals(self) -> tuple[tuple[str, str], ...]:
        """Give who approved exceptions, and where, by the ledger."""
        entries = (entry for _, entry in self.town.store.journal.entries() if isinstance(entry, ExceptionMoved))
        return tuple((one.actor, one.detail) for one in entries if one.step is ExceptionStep.APPROVED)


@pytest.fixture
def bench(founded: Callable[[Plan], Town]) -> Bench:
    """One whose only release is blocked for a critical vulnerability."""
    town = founded(Plan((DESK,)))
    town.release("1.0.0", BAD)
    bench = Bench(town)
    assert town.state("desk", "1.0.0") == (Eligibility.BLOCKED, Standing.NONE)
    return bench


def test_an_exception_from_a_reviewed_pull_request_lets_a_release_through_until_it_expires(bench: Bench) -> None:
    town = bench.town
    number = bench.merge("mia", "omar")

    taken = bench.activated[-1]
    assert (len(bench.activated), taken.author) == (2, "ada")
    assert [one.partition(" ")[0] for one in taken.reviewers] == ["mia", "omar"]
    assert any("EX-1" in weaker for weaker in taken.weaker)
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    pull = town.pull("desk")
    assert town.check("desk", pull.head) == (CheckState.PENDING, "verified, 1 waived; approvals: 0 of 1")
    assert "| `EX-1` | `vulnerabilities.over-limit`: no fixed version yet | team-cart; approved by mia, omar |" in (
        pull.body
    )
    assert bench.approvals() == (("mia, omar", f"by reviews #{number} ({taken.commit[:12]})"),)

    town.clock.move(LIFE)
    town.run(2)
    assert town.state("desk", "1.0.0") == (Eligibility.BLOCKED, Standing.PROPOSED)
    assert town.light("desk", pull.head) is CheckState.FAILURE
    assert "the exception EX-1 does not apply: it ended at" in town.pull("desk").body
    assert len(bench.activated) == 2, "that it ended is no change of the rules"


def test_an_exception_with_one_review_brings_no_rules_into_force(bench: Bench) -> None:
    number = bench.merge("mia")
    refused = bench.town.store.journal.estate().refused
    assert refused is not None
    assert refused.detail.startswith(f"commit {refused.commit[:12]} (#{number}) makes the rules weaker (")
    assert "1 of 2 approvals count: mia (" in refused.detail
    assert bench.town.state("desk", "1.0.0") == (Eligibility.BLOCKED, Standing.NONE)

    bench.rules.approve(number, "omar")
    bench.take()
    assert bench.town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


def test_who_requested_an_exception_is_none_of_its_approvers_and_changes_asked_for_end_it(bench: Bench) -> None:
    town = bench.town
    number = bench.merge("mia", "omar", requester="omar")
    assert (len(bench.activated), town.state("desk", "1.0.0")[0]) == (2, Eligibility.BLOCKED)
    counted = "of 2 people who neither wrote nor requested it approved"
    assert bench.asides("desk") == (f"the exception EX-1 does not apply: 1 {counted}",)

    bench.rules.approve(number, "ines")
    town.run(2)
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)

    bench.rules.person("ines").request_changes(number, bench.rules.head(number), "Not this week.")
    town.run(2)
    assert town.state("desk", "1.0.0") == (Eligibility.BLOCKED, Standing.PROPOSED)
    doubt = "changes are asked for by ines"
    assert bench.asides("desk") == (f"the exception EX-1 does not apply: 0 {counted}: {doubt}",)


def test_whose_break_glass_is_in_use_does_not_let_the_release_in(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((APPROVED_DEV,)))
    town.release("1.0.0", BAD)
    bench = Bench(town, "omar")
    bench.merge("mia", "ines", kind="break-glass")
    pull = town.approve("dev", "mia")
    town.run(2)
    assert town.pull("dev").state is PullState.OPEN
    assert town.check("dev", pull.head) == (CheckState.FAILURE, "mia is deployer and break-glass of this promotion")

    town.person("ines").dismiss(pull.number, "mia", "She opened the glass.")
    olga = Person(town.world.forge.url, town.world.forge.account("olga"), ENVIRONMENTS)
    olga.approve(pull.number, pull.head)
    town.run(2)
    assert town.pull("dev").state is PullState.MERGED
