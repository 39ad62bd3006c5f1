"""A good release travels through every environment, and looking twice does nothing the second time."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from promoter.core.checkpoint import parse_trailers
from promoter.core.dossier import ReleaseRecord
from promoter.core.eligibility import Eligibility
from promoter.core.record import Decided, StandingMoved
from promoter.core.standing import Standing, StandingEvent
from promoter.local.pipeline import ISSUER, Recipe
from promoter.local.world import MANAGERS
from promoter.ports import PullState
from promoter.verification import recompute
from promoter.wiring import make_signatures
from tests.sim.layout import PROD, Plan
from tests.sim.mint import Mint
from tests.sim.town import Town


def travel(town: Town) -> None:
    """Take 1.0.0 to prod."""
    town.release("1.0.0")
    town.run(3)
    approve_and_merge(town, "staging", MANAGERS[0])
    town.clock.move(timedelta(minutes=2))
    town.run()
    approve_and_merge(town, "prod", *MANAGERS)
    town.run(2)


def approve_and_merge(town: Town, environment: str, *logins: str) -> None:
    pull = town.approve(environment, *logins)
    town.run()
    town.person(logins[0]).merge(pull.number, pull.head)
    town.run()


@pytest.fixture(scope="module")
def travelled(tmp_path_factory: pytest.TempPathFactory, mint: Mint) -> Iterator[Town]:
    """A town in which 1.0.0 has come to prod and 1.1.0 has no SBOM; for tests that only read."""
    with Town(tmp_path_factory.mktemp("town"), mint, Plan()) as town:
        travel(town)
        town.release("1.1.0", Recipe(without=frozenset({"sbom"})))
        town.run(2)
        yield town


def test_a_good_release_travels_to_the_last_environment(travelled: Town) -> None:
    town = travelled
    digest = town.history().known["1.0.0"].candidate.digest
    places = {name: town.state(name, "1.0.0") for name in town.plan.names}
    assert places == dict.fromkeys(town.plan.names, (Eligibility.ELIGIBLE, Standing.SETTLED))
    assert [pull.state for pull in town.pulls()] == [PullState.MERGED] * 3
    for name in town.plan.names:
        added = f'    newTag: "1.0.0"\n    digest: "{digest}"\n'
        assert added in town.pins(name).replace("'", '"')
    assert town.incidents() == ()
    assert town.audit() == ()


@pytest.mark.slow
def test_every_look_after_the_first_does_nothing_when_nothing_happened(founded: Callable[[Plan], Town]) -> None:
    slow = ("dev: {soak: 10m, merge: automatic}", "staging: {after: [dev], soak: 10m, approvals: 1}", PROD)
    town = founded(Plan(slow))
    happenings: tuple[Callable[[], object], ...] = (
        lambda: town.release("1.0.0"),
        lambda: town.clock.move(timedelta(minutes=10)),
        lambda: town.approve("staging", MANAGERS[0]),
        lambda: town.person(MANAGERS[0]).merge(town.pull("staging").number),
        lambda: town.clock.move(timedelta(minutes=10)),
    )
    for happen in happenings:
        head = town.store.ledger.head()
        happen()
        town.run()
        before = (town.store.ledger.head(), town.writes(), dict(town.git.branches()))
        assert before[0] != head
        town.run(2)
        assert (town.store.ledger.head(), town.writes(), dict(town.git.branches())) == before


def test_a_restart_between_any_two_looks_changes_nothing(town: Town) -> None:
    town.release("1.0.0")
    town.run(3)
    before = (town.store.ledger.head(), len(town.pulls()), dict(town.git.branches()))
    town.start()
    town.run(2)
    assert (town.store.ledger.head(), len(town.pulls()), dict(town.git.branches())) == before


def test_a_dry_run_writes_nothing_outside_but_what_was_seen(town: Town) -> None:
    town.release("1.0.0")
    report = town.look()
    assert [action.deed.value for action in report.actions] == ["open the proposal"]
    assert (town.writes(), town.pulls()) == (0, ())
    assert not [name for name, _ in town.git.branches() if name != "main"]


# --- what is left of it -----------------------------------------------------------------------------------------------


def record_of(town: Town, environment: str) -> dict[str, Any]:
    """Give the release record that the promotion's entry names."""
    (entry,) = (
        e
        for e in town.entries()
        if isinstance(e, StandingMoved) and e.event is StandingEvent.MERGED and e.environment == environment
    )
    raw = town.store.blobs.get(entry.refs[0])
    assert raw is not None
    document = json.loads(raw)
    assert isinstance(document, dict)
    return document


def test_the_release_record_of_a_promotion_names_every_fact(travelled: Town) -> None:
    town = travelled
    record = record_of(town, "prod")
    source = town.mint.source("1.0.0")
    repository = "https://forge.acme.example/shop/cart"
    workflow = f"{repository}/.github/workflows/release.yml@refs/tags/v1.0.0"
    evidence = {item.predicate_type: item for item in town.evidence("1.0.0").attestations}
    history = town.history()
    candidate = history.known["1.0.0"].candidate
    ids = {review.author.login: review.author.id for review in town.hosted.reviews}
    run = record.pop("run")
    assert run.startswith(f"{repository}/actions/runs/")
    assert record == {
        "service": "cart",
        "release": "1.0.0",
        "artifact_digest": candidate.digest,
        "environment": "prod",
        "source_repository": repository,
        "source_commit": source.commit,
        "source_ref": "refs/tags/v1.0.0",
        "builder": workflow,
        "build_platform": "forge-hosted",
        "workflow": workflow,
        "parameters": [],
        "sbom_format": "cyclonedx 1.6",
        "sbom_digest": evidence["https://cyclonedx.org/bom"].found.blob,
        "scan_tool": "trivy 0.70.0",
        "scan_digest": evidence["https://cosign.sigstore.dev/attestation/vuln/v1"].found.blob,
        "signing_mechanism": "keyless, sigstore bundle",
        "signer": f"{workflow} ({ISSUER})",
        "provenance_predicate": "https://slsa.dev/provenance/v1",
        "provenance_digest": evidence["https://slsa.dev/provenance/v1"].found.blob,
        "approvals": ", ".join(f"{login} ({ids[login]})" for login in MANAGERS),
        "policy_decision": "pass",
        "policy_digest": town.configuration.policies["prod"].digest,
    }
    assert {*record, "run"} == {field.name for field in fields(ReleaseRecord)}


def test_the_commit_of_a_proposal_carries_every_trailer_and_changes_nothing_but_the_pins(travelled: Town) -> None:
    town = travelled
    pull = town.pull("prod")
    record, candidate = record_of(town, "prod"), town.history().known["1.0.0"].candidate
    decided = town.spot("prod", "1.0.0").decided["propose"].decision
    commit = town.commit_facts(pull.head)
    (checkpoint,) = parse_trailers(commit.message)
    assert commit.message.splitlines() == [
        "promote cart 1.0.0 to prod",
        "",
        "Promoter-Service: cart",
        "Promoter-Release: 1.0.0",
        "Promoter-Environment: prod",
        f"Promoter-Image-Digest: {candidate.digest}",
        f"Promoter-Source-Commit: {record['source_commit']}",
        f"Promoter-Provenance-Digest: {record['provenance_digest']}",
        f"Promoter-SBOM-Digest: {record['sbom_digest']}",
        f"Promoter-Decision: {decided}",
        commit.message.splitlines()[-1],
    ]
    assert checkpoint.origin == "promoter.test/ledger"
    (changed,) = town.git.difference(commit.parents[0], pull.head)
    assert changed.path == "environments/prod/cart/kustomization.yaml"
    before = town.pins("prod", commit=commit.parents[0])
    after = town.pins("prod", commit=pull.head)
    pins = after.replace('"0.9.0"', '"1.0.0"')
    gone = [line for line in before.splitlines() if line not in pins.splitlines()]
    come = [line for line in pins.splitlines() if line not in before.splitlines()]
    assert gone == ['    newTag: "0.9.0"']
    assert [line.split(":")[0].strip() for line in come] == ["newTag", "digest"]


def test_every_kept_decision_of_a_story_comes_out_the_same_when_it_is_computed_again(travelled: Town) -> None:
    town = travelled
    kept = [entry for entry in town.entries() if isinstance(entry, Decided)]
    again = [recompute(entry.decision, town.store.blobs, make_signatures) for entry in kept]
    assert len(kept) == 7
    assert {entry.phase for entry in kept} == {"propose", "merge"}
    assert {entry.outcome for entry in kept} == {"pass", "fail"}
    assert [one.kept for one in again] == [one.again for one in again]
