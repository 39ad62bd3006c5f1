"""Every cause that takes eligibility away: from eligible to where it leads, the proposal red, one alarm, no more.

One row for each cause of the design's state machine. In one environment the release runs, in the other it is proposed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from promoter.adapters.trust_files import KeptRootStore
from promoter.config import load
from promoter.core.denial import Denial, Withdrawn
from promoter.core.eligibility import Eligibility
from promoter.core.standing import Standing
from promoter.core.trust_root import AgeLimits
from promoter.denials import denied_now
from promoter.local.forge.records import CheckState
from promoter.local.pipeline import PACKAGES
from promoter.local.predicates import Weakness
from promoter.ports import PullState
from promoter.trust import AgeingSignatures, RootInUse, RootRefresh
from promoter.wiring import make_signatures
from tests.sim.layout import DEADLINE, DESK, DEV, FULL, Plan
from tests.sim.mint import PATH
from tests.sim.town import Town

WEAK = Weakness("CVE-2026-31337", "CRITICAL", PACKAGES[0], fixed="3.2.1")


def scan_fails(town: Town) -> None:
    town.scan("1.0.0", (WEAK,))


def scan_ages(town: Town) -> None:
    town.clock.move(timedelta(hours=3))


def policy_changes(town: Town) -> None:
    """Demand more components than there are, in both environments."""
    for path in (town.config / "policies").iterdir():
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("formats: [cyclonedx]", "formats: [cyclonedx], min_components: 999"))
    town.configuration = load(town.config, {})
    town.start()


def digest_denied(town: Town) -> None:
    value = town.history().known["1.0.0"].candidate.digest
    denial = Denial(id="denial-1", what=Withdrawn.DIGEST, value=value, reason="INC-812", actor="mia")
    town.store.journal.write_estate(lambda _: (denied_now(denial, town.clock.now()),))


def component_denied(town: Town) -> None:
    purl = "pkg:pypi/" + PACKAGES[0].name
    denial = Denial(id="denial-1", what=Withdrawn.COMPONENT, value=purl, reason="INC-812", actor="mia")
    town.store.journal.write_estate(lambda _: (denied_now(denial, town.clock.now()),))


def tag_moves(town: Town) -> None:
    town.move_tag("1.0.0")


def evidence_vanishes(town: Town) -> None:
    for referrer in town.mint.referrers(town.history().known["1.0.0"].candidate.digest):
        town.world.registry.delete(PATH, referrer)


def evidence_vanishes_late(town: Town) -> None:
    """Delete it when nobody waits for evidence any more."""
    town.clock.move(DEADLINE)
    evidence_vanishes(town)


def root_ages(town: Town) -> None:
    """Take a trusted root that was confirmed too long ago."""
    store = KeptRootStore(town.config.parent / "trust", "https://tuf.acme.example")
    root = RootInUse(store, AgeLimits(timedelta(days=1), timedelta(days=2)), town.clock)

    class Publisher:
        name = "https://tuf.acme.example"

        def fetch(self) -> bytes:
            return town.mint.trusted_root.read_bytes()

    RootRefresh(store, Publisher(), make_signatures, timedelta(days=1), town.clock).run()
    signatures = AgeingSignatures(make_signatures(root.load().raw, "the kept root"), root)
    town.rewire(lambda outside: replace(outside, signatures=signatures))
    town.clock.move(timedelta(days=3))


@dataclass(frozen=True, slots=True)
class Row:
    """A cause, and where it leads: the state in both environments, the proposal and its check, and how many alarms."""

    cause: Callable[[Town], None]
    state: Eligibility
    pull: PullState
    light: CheckState
    alarms: int
    policy: str = FULL


AGEING = FULL.replace("max_age: 30d", "max_age: 2h")
OPEN, CLOSED = PullState.OPEN, PullState.CLOSED
RED, YELLOW = CheckState.FAILURE, CheckState.PENDING
ROWS = (
    Row(scan_fails, Eligibility.BLOCKED, OPEN, RED, 1),
    Row(scan_ages, Eligibility.BLOCKED, OPEN, RED, 1, AGEING),
    Row(policy_changes, Eligibility.BLOCKED, OPEN, RED, 1),
    Row(digest_denied, Eligibility.REVOKED, CLOSED, RED, 1),
    Row(component_denied, Eligibility.REVOKED, CLOSED, RED, 1),
    Row(tag_moves, Eligibility.FROZEN, CLOSED, RED, 1),
    Row(evidence_vanishes, Eligibility.PENDING, OPEN, RED, 1),
    Row(evidence_vanishes_late, Eligibility.BLOCKED, OPEN, RED, 1),
    # nothing is known: nothing is demoted, and nothing moves on
    Row(root_ages, Eligibility.ELIGIBLE, OPEN, YELLOW, 0, FULL.replace("max_age: 30d", "max_age: 90d")),
)


QUICK = {scan_ages, digest_denied}
CASES = [pytest.param(row, id=row.cause.__name__, marks=() if row.cause in QUICK else pytest.mark.slow) for row in ROWS]


@pytest.mark.parametrize("row", CASES)
def test_a_cause_takes_eligibility_away_in_flight_and_where_it_runs(founded: Callable[[Plan], Town], row: Row) -> None:
    town = founded(Plan((DEV, DESK), policy=row.policy))
    town.release("1.0.0")
    town.run(4)
    head = town.pull("desk").head
    assert town.state("dev", "1.0.0") == (Eligibility.ELIGIBLE, Standing.SETTLED)
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    row.cause(town)
    town.run()
    found = (
        town.state("dev", "1.0.0")[0],
        town.state("desk", "1.0.0")[0],
        town.pull("desk").state,
        town.light("desk", head),
        [one.environment for one in town.incidents() if one.what == "running-not-eligible"],
    )
    assert found == (row.state, row.state, row.pull, row.light, ["dev"] * row.alarms)
    town.run(3)
    assert [one.environment for one in town.incidents() if one.what == "running-not-eligible"] == ["dev"] * row.alarms
    assert town.state("dev", "1.0.0") == (row.state, Standing.SETTLED)
    assert (town.pull("desk").state, town.pins("dev").count("sha256:")) == (row.pull, 1)
