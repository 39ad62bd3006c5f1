"""A trusted root that grows old: an alarm, then no verdict passes, and all goes on once it is refreshed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promoter.adapters.trust_files import KeptRootStore
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.core.eligibility import Eligibility
from promoter.core.record import Decided
from promoter.core.standing import Standing
from promoter.core.trust_root import AgeLimits, RootAge
from promoter.local.forge.records import CheckState
from promoter.ports import Outside, OutsideError
from promoter.trust import AgeingSignatures, RootInUse, RootRefresh
from promoter.verification import recompute
from promoter.wiring import make_signatures
from tests.sim.layout import APPROVED_DEV, DESK, Plan
from tests.sim.town import Town

DAY = timedelta(days=1)
SILENT = OutsideError(Code.OUTSIDE_UNREACHABLE, "no connection")


class Publisher:
    """Publishes a root, or does not answer."""

    name = "https://tuf.acme.example"

    def __init__(self, answer: bytes | OutsideError) -> None:
        self.answer = answer

    def fetch(self) -> bytes:
        if isinstance(self.answer, OutsideError):
            raise self.answer
        return self.answer


class Trust:
    """The town's trusted root as it is kept and refreshed, by the town's clock."""

    def __init__(self, town: Town, folder: Path) -> None:
        self.town = town
        self.publisher = Publisher(town.mint.trusted_root.read_bytes())
        store = KeptRootStore(folder / "trust", self.publisher.name)
        self.root = RootInUse(store, AgeLimits(3 * DAY, 14 * DAY), town.clock)
        self.refresh = RootRefresh(store, self.publisher, make_signatures, DAY, town.clock)
        self.refresh.run()
        self.take_over()

    def take_over(self) -> None:
        """Build the reconciler with the root that is kept, as the bot does when another one is put into place."""
        signatures = AgeingSignatures(make_signatures(self.root.load().raw, "the kept root"), self.root)

        def wrap(outside: Outside) -> Outside:
            return replace(outside, signatures=signatures)

        self.town.rewire(wrap)


@pytest.fixture
def trust(founded: Callable[[Plan], Town], tmp_path: Path) -> Trust:
    """A town with one environment and the full policy, in which 1.0.0 is proposed and approved."""
    town = founded(Plan((DESK,)))
    trust = Trust(town, tmp_path)
    town.release("1.0.0")
    town.run()
    town.approve("desk", "mia")
    town.run()
    return trust


def decided(town: Town) -> list[Decided]:
    return [entry for entry in town.entries() if isinstance(entry, Decided)]


def test_an_old_root_warns_then_passes_nothing_and_everything_again_once_it_is_refreshed(trust: Trust) -> None:
    town = trust.town
    head = town.pull("desk").head
    assert town.light("desk", head) is CheckState.SUCCESS

    trust.publisher.answer = SILENT
    town.clock.move(4 * DAY)
    with pytest.raises(OutsideError):
        trust.refresh.run()
    town.run(2)
    assert trust.root.standing().age is RootAge.OLD
    assert town.light("desk", head) is CheckState.SUCCESS

    town.clock.move(11 * DAY)
    town.release("1.1.0")
    before = len(decided(town))
    town.run(3)
    assert trust.root.standing().age is RootAge.TOO_OLD
    assert town.light("desk", head) is CheckState.PENDING
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.APPROVED)
    assert town.state("desk", "1.1.0") == (Eligibility.DISCOVERED, Standing.NONE)
    assert [pull.head for pull in town.pulls()] == [head]
    refused = decided(town)[before:]
    assert [(one.release, one.outcome, one.codes) for one in refused] == [
        ("1.0.0", "undecided", (Code.TRUST_ROOT_TOO_OLD.value,)),
        ("1.1.0", "undecided", (Code.TRUST_ROOT_TOO_OLD.value,)),
    ]

    trust.publisher.answer = town.mint.trusted_root.read_bytes()
    trust.refresh.run()
    town.run(3)
    assert town.state("desk", "1.1.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert decided(town)[-1].outcome == "pass"


@pytest.mark.slow
def test_no_check_of_a_policy_passes_on_a_root_that_is_too_old(trust: Trust) -> None:
    town = trust.town
    town.clock.move(15 * DAY)
    town.run()
    last = decided(town)[-1]
    verdict = recompute(last.decision, town.store.blobs, make_signatures).verdict
    assert {finding.check: finding.outcome.value for finding in verdict.findings} == dict.fromkeys(
        ("signature", "provenance", "sbom", "scan", "vulnerabilities"), "undecided"
    )
    assert {(reason.code, reason.sentence) for finding in verdict.findings for reason in finding.reasons} == {
        (Code.TRUST_ROOT_TOO_OLD, trust.root.standing().sentence)
    }


@pytest.mark.slow
def test_nothing_is_merged_on_a_root_that_is_too_old(founded: Callable[[Plan], Town], tmp_path: Path) -> None:
    town = founded(Plan((APPROVED_DEV,)))
    trust = Trust(town, tmp_path)
    town.release("1.0.0")
    town.run()
    town.clock.move(15 * DAY)
    town.approve("dev", "mia")
    town.run(2)
    assert town.light("dev", town.pull("dev").head) is CheckState.PENDING
    assert town.state("dev", "1.0.0") == (Eligibility.ELIGIBLE, Standing.APPROVED)
    trust.refresh.run()
    town.run(2)
    assert town.state("dev", "1.0.0")[1] in {Standing.PROMOTED, Standing.SETTLED}


@pytest.mark.slow
def test_another_root_is_used_at_once_and_every_decision_keeps_the_root_it_used(trust: Trust) -> None:
    town = trust.town
    first = trust.root.load().raw
    second = first + b"\n"
    trust.publisher.answer = second
    trust.refresh.run()
    town.run()  # before the bot has taken it over, nothing is decided with the one that it replaced
    assert decided(town)[-1].codes == (Code.TRUST_ROOT_TOO_OLD.value,)
    trust.take_over()
    town.run()
    assert town.light("desk", town.pull("desk").head) is CheckState.SUCCESS
    evidence = {entry.outcome: entry for entry in decided(town)}
    assert digest_of(second) in evidence["pass"].refs
    roots = {digest_of(first), digest_of(second)}
    used = [digest for entry in decided(town) for digest in entry.refs if digest in roots]
    assert used == [digest_of(first), digest_of(first), digest_of(second)]
    assert [town.store.blobs.get(digest) for digest in dict.fromkeys(used)] == [first, second]
    again = [recompute(entry.decision, town.store.blobs, make_signatures) for entry in decided(town)]
    assert [one.kept for one in again] == [one.again for one in again]


@pytest.mark.slow
def test_what_was_signed_by_an_authority_that_is_trusted_no_more_is_not_promoted(trust: Trust) -> None:
    town = trust.town
    trust.publisher.answer = town.world.authority.trusted_root.read_bytes()  # of an authority that signed nothing here
    trust.refresh.run()
    trust.take_over()
    town.run()
    assert town.light("desk", town.pull("desk").head) is CheckState.FAILURE
    assert town.state("desk", "1.0.0")[0] is Eligibility.BLOCKED
