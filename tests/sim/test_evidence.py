"""Evidence that is late, newer, worse, or buried in junk."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from promoter.core.eligibility import Eligibility
from promoter.core.record import ReleaseResolved
from promoter.core.standing import Standing
from promoter.local.forge.records import CheckState
from promoter.local.pipeline import PACKAGES, Recipe
from promoter.local.predicates import Weakness
from promoter.local.world import ADMIN
from promoter.ports import PullState
from tests.sim.layout import DEADLINE, DESK, DEV, Plan
from tests.sim.mint import PATH
from tests.sim.town import Town

UNSIGNED_SBOM = b'{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}'


@pytest.fixture
def town(founded: Callable[[Plan], Town]) -> Town:
    """A town with one environment, whose proposals wait for people, and the full policy."""
    return founded(Plan((DESK,)))


def next_step(town: Town) -> str:
    """Give what `promoter explain` says is to be done about 1.0.0."""
    return town.explain("desk", "1.0.0").next_step


def test_missing_evidence_is_awaited_until_its_deadline_and_then_blocks_and_may_come_later(town: Town) -> None:
    town.release("1.0.0", Recipe(without=frozenset({"sbom"})))
    town.run()
    assert town.state("desk", "1.0.0") == (Eligibility.PENDING, Standing.NONE)
    assert town.spot("desk", "1.0.0").why == ("sbom.absent",)
    discovered = town.history().known["1.0.0"].resolved.at
    town.clock.move(discovered + DEADLINE - town.clock.now() - timedelta(seconds=31))
    town.run()
    assert town.state("desk", "1.0.0")[0] is Eligibility.PENDING
    town.run()
    assert town.state("desk", "1.0.0")[0] is Eligibility.BLOCKED
    assert town.spot("desk", "1.0.0").why == ("sbom.absent",)
    town.attest_sbom("1.0.0")
    town.run()
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)


def test_a_newer_scan_that_fails_turns_an_open_proposal_red_and_a_merge_all_the_same_is_an_incident(
    town: Town,
) -> None:
    town.release("1.0.0")
    town.run()
    pull = town.pull("desk")
    town.scan("1.0.0", (Weakness("CVE-2026-31337", "CRITICAL", PACKAGES[0], fixed="3.2.1"),))
    town.run()
    assert town.state("desk", "1.0.0") == (Eligibility.BLOCKED, Standing.PROPOSED)
    assert town.light("desk", pull.head) is CheckState.FAILURE
    assert "CVE-2026-31337" in town.pull("desk").body
    assert next_step(town) == (
        "Service team: do what the remedies say, then attest this release again or cut a new one. "
        f"Pull request #{pull.number} stays open meanwhile, with a red check."
    )
    town.person(ADMIN).merge(pull.number)
    town.run(2)
    assert town.spot("desk", "1.0.0").standing in {Standing.PROMOTED, Standing.SETTLED}
    assert town.pull("desk").state is PullState.MERGED
    first, second = town.incidents()
    assert (first.what, first.actor, second.what) == ("out-of-band", ADMIN, "running-not-eligible")
    assert first.detail.startswith(f"pull request #{pull.number}: merged against the check: ")
    assert next_step(town) == (
        "Release managers: it runs here and should not; roll back by reverting the merge commit "
        f"{town.pull('desk').merge_commit[:12]} of pull request #{pull.number}, or promote a good release. "
        "Service team: or bring what the remedies ask for, where new evidence can help."
    )


def test_junk_beside_good_evidence_hides_nothing(town: Town) -> None:
    town.release("1.0.0")
    for number in range(60):
        town.refer("1.0.0", b"junk %d" % number)
    town.refer("1.0.0", b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}')
    town.refer("1.0.0", UNSIGNED_SBOM, "application/vnd.cyclonedx+json")
    other = town.mint.make("1.1.0", Recipe())  # evidence about another image, pushed as if it were about this one
    town.refer("1.0.0", town.mint.bundle(other[1]))
    town.run()
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    evidence = town.evidence("1.0.0")
    assert (len(evidence.attestations), len(evidence.unusable)) == (4, 63)


def test_an_unsigned_sbom_alone_counts_for_nothing(town: Town) -> None:
    town.release("1.0.0", Recipe(without=frozenset({"sbom"})))
    town.refer("1.0.0", UNSIGNED_SBOM, "application/vnd.cyclonedx+json")
    town.clock.move(DEADLINE)
    town.run(2)
    assert town.state("desk", "1.0.0")[1] is Standing.NONE
    assert town.pulls() == ()


def test_an_image_index_is_verified_as_the_index_and_its_platforms_are_kept(town: Town) -> None:
    mint = town.mint
    contents = {"linux/amd64": b"for amd64", "linux/arm64": b"for arm64"}
    index = mint.pipeline.team.build_index(mint.pipeline.repository, contents)
    mint.pipeline.attest("1.0.0", index, mint.source("1.0.0"), Recipe())
    mint.put(town.world.registry, PATH, (index, *mint.referrers(index)))
    town.tag("1.0.0", index)
    town.run()
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert f"{index}" in town.pins("desk", commit=town.pull("desk").head)
    (resolved,) = (entry for entry in town.entries() if isinstance(entry, ReleaseResolved))
    assert resolved.digest == index
    assert [line.split(" ")[0] for line in resolved.platforms] == ["linux/amd64", "linux/arm64"]
    decided = town.spot("desk", "1.0.0").decided["propose"].decision
    raw = town.store.blobs.get(decided)
    assert raw is not None
    assert all(line.encode() in raw for line in resolved.platforms)


@pytest.mark.slow
def test_what_runs_raises_an_alarm_each_time_it_turns_bad(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DEV,)))
    bad = (Weakness("CVE-2026-31337", "CRITICAL", PACKAGES[0], fixed="3.2.1"),)
    town.release("1.0.0")
    town.run(4)
    for weaknesses in (bad, (), bad):
        time.sleep(1.1)  # the newest scan counts, and a second is the unit in which they are signed
        town.scan("1.0.0", weaknesses)
        town.run(3)
    assert town.state("dev", "1.0.0")[0] is Eligibility.BLOCKED
    assert [incident.what for incident in town.incidents()] == ["running-not-eligible"] * 2
