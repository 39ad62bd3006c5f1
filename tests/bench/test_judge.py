"""Verdicts: on a release with 5,000 components and 2,000 findings, and on 10,000 candidates in four environments.

What they cost is compared with reading the same evidence from its bytes once, so that the machine does not matter.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promoter.config import load
from promoter.core.candidate import Candidate, digest_of
from promoter.core.checks.subject import Phase
from promoter.core.evidence import (
    Attestation,
    ContentKind,
    Evidence,
    Found,
    LogEntry,
    Mechanism,
    Signer,
    SourceRevision,
)
from promoter.core.finding import Outcome
from promoter.core.policy import Occasion, Policy
from promoter.core.strict_json import read_object
from promoter.core.verdict import judge
from promoter.local.pipeline import SCANNER, Pipeline
from promoter.local.predicates import (
    CYCLONEDX_TYPE,
    PROVENANCE_TYPE,
    VULN_TYPE,
    Package,
    Weakness,
    cyclonedx,
    provenance,
    trivy_report,
)
from promoter.local.world import SourceRelease
from tests.core.scenes import NOW

pytestmark = pytest.mark.bench

COMPONENTS = 5_000
FINDINGS = 2_000
CANDIDATES = 10_000
READINGS = 6.0
"""Times that one verdict takes reading the evidence's bytes once, at most."""

SHARED = 2.5
"""Times that verdicts in four environments take one of them, at most: the evidence is read once for all."""

CONFIG = Path(__file__).parents[1] / "config" / "example"
SIGN = "https://sigstore.dev/cosign/sign/v1"


def workflow(service: str, release: str, commit: str) -> Signer:
    """Give the identity of a release workflow, as the example configuration expects it."""
    return Pipeline.signer(_Named(service), SourceRelease(f"v{release}", commit))  # type: ignore[arg-type]


class _Named:
    """What `Pipeline.signer` needs of a pipeline: its service's name."""

    def __init__(self, service: str) -> None:
        self.service = service


def attested(signer: Signer, kind: str, body: dict[str, Any], subject: str) -> Attestation:
    """Give verified evidence."""
    blob = digest_of(f"{subject} {kind}".encode())
    return Attestation(
        found=Found(blob, blob, 1),
        kind=ContentKind.DSSE,
        mechanism=Mechanism.KEYLESS_BUNDLE,
        signer=signer,
        signed_at=NOW,
        log=LogEntry("00" * 32, 1, "dsse 0.0.1"),
        predicate_type=kind,
        predicate=body,
        subjects=(digest_of(subject.encode()),),
    )


def release(number: int, components: int, findings: int) -> tuple[Candidate, Evidence]:
    """Give a candidate of the cart with its evidence."""
    name, commit = f"1.{number}.0", f"{number:040x}"
    digest = digest_of(name.encode())
    signer = workflow("cart", name, commit)
    packages = tuple(Package(f"lib{at}", f"1.{at}") for at in range(components))
    weaknesses = tuple(Weakness(f"CVE-2026-{at}", "LOW", packages[at % components]) for at in range(findings))
    pieces: tuple[tuple[Signer, str, dict[str, Any]], ...] = (
        (signer, SIGN, {}),
        (signer, PROVENANCE_TYPE, provenance(signer)),
        (signer, CYCLONEDX_TYPE, cyclonedx("cart", name, packages, NOW)),
        (SCANNER, VULN_TYPE, trivy_report(digest, weaknesses, NOW)),
    )
    source = SourceRevision("https://forge.acme.example/shop/cart", f"refs/tags/v{name}", commit)
    attestations = tuple(attested(who, kind, body, name) for who, kind, body in pieces)
    return Candidate("cart", name, digest), Evidence(digest, attestations=attestations, source=source)


def policies() -> tuple[Policy, ...]:
    """Give the policies of the tests' example, prod twice under two names: four environments."""
    found = load(CONFIG, {}).policies
    return (*found.values(), replace(found["prod"], environment="prod-2"))


def best(work: Callable[[], object], repeats: int = 5) -> float:
    """Give the shortest of several runs, in seconds."""
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def occasion(candidate: Candidate) -> Occasion:
    """Give the occasion on which the bot judges a candidate before it proposes it."""
    placeholders = load(CONFIG, {}).services["cart"].placeholders(candidate.release)
    return Occasion(candidate, placeholders, Phase.PROPOSE, NOW)


def test_a_verdict_on_a_large_release_takes_the_time_of_a_few_readings_of_its_evidence() -> None:
    candidate, evidence = release(1, COMPONENTS, FINDINGS)
    rules, about = policies(), occasion(candidate)
    raw = [json.dumps(item.predicate).encode() for item in evidence.attestations]

    def fresh() -> Evidence:
        pages = (replace(item, predicate=dict(item.predicate)) for item in evidence.attestations)
        return replace(evidence, attestations=tuple(pages))

    def in_all() -> list[Outcome]:
        found = fresh()
        return [judge(policy, found, about).outcome for policy in rules]

    reading = best(lambda: [read_object(one) for one in raw])
    one, four = best(lambda: judge(rules[-1], fresh(), about)), best(in_all)
    print(  # noqa: T201 - a benchmark's figures
        f"\n{COMPONENTS} components, {FINDINGS} findings, {sum(map(len, raw)) / 1e6:.1f} MB of predicates: one verdict "
        f"in {one * 1000:.0f} ms ({1 / one:.0f}/s), {one / reading:.1f} times reading the bytes; "
        f"in four environments {four * 1000:.0f} ms ({4 / four:.0f}/s), {four / one:.2f} times one"
    )
    assert in_all() == [Outcome.PASS] * 4
    assert one < READINGS * reading
    assert four < SHARED * one


def test_ten_thousand_candidates_in_four_environments_cost_what_one_costs_each() -> None:
    candidates = [release(number, 20, 10) for number in range(CANDIDATES // 100)]
    rules, occasions = policies(), [occasion(candidate) for candidate, _ in candidates]

    def all_of_them(times: int) -> list[Outcome]:
        return [
            judge(policy, evidence, about).outcome
            for _ in range(times)
            for (_, evidence), about in zip(candidates, occasions, strict=True)
            for policy in rules
        ]

    some = best(lambda: all_of_them(1)) / (4 * len(candidates))
    began = time.perf_counter()
    outcomes = all_of_them(100)
    taken = time.perf_counter() - began
    count = len(outcomes)
    print(  # noqa: T201 - a benchmark's figures
        f"\n{count} verdicts in {taken:.1f} s: {count / taken:.0f}/s; {taken / count / some:.2f} times what each of "
        f"the first {4 * len(candidates)} takes"
    )
    assert (count, set(outcomes)) == (4 * CANDIDATES, {Outcome.PASS})
    assert taken / count < 2 * some
