"""Stricter means what it says: on no evidence does a check pass that failed before its parameters got stricter."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.checks import CHECKS
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.subject import Subject
from promoter.core.checks.tests import SuitesParams
from promoter.core.checks.vsa import VsaParams, VsaVerifier
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.evidence import Evidence, LookupFailure, Mechanism, Platform
from promoter.core.finding import Outcome
from promoter.core.identity import SignerRule
from promoter.core.policy import Requirement
from promoter.core.predicates.suites import COVERAGE
from promoter.core.strictness.lines import compare_lines
from promoter.core.strictness.order import Strictness
from tests.core.checks.pieces import (
    APPROVAL,
    CYCLONEDX,
    DIGEST,
    FORGE_DOWN,
    GITHUB,
    IMAGE_VERIFIER,
    ISSUER,
    LICENCE_REVIEW,
    LINK,
    NOW,
    PIPELINE,
    PROVENANCE_V1,
    REGISTRY_DOWN,
    RELEASE,
    RESOURCE,
    REVISION,
    RULES,
    SARIF,
    SCAI,
    SCANNERS,
    SOURCE,
    SPDX,
    STRANGER,
    TEAM,
    TEST_RESULT,
    VSA,
    VULN,
    Piece,
    approval,
    attributes,
    blob,
    cyclonedx,
    grype,
    grype_match,
    in_cosign,
    link,
    provenance,
    released,
    sarif,
    sarif_result,
    source_summary,
    spdx,
    subject_of,
    suite,
    summary,
    trivy,
    trivy_finding,
)
from tests.core.strictness.draws import PARAMS, neighbours

PEOPLE = {
    "ann": SignerRule(issuer=ISSUER, san="ann@acme.example"),
    "ben": SignerRule(issuer=ISSUER, san="ben@x.example"),
}
SIGNERS = (TEAM, SCANNERS, STRANGER)
FAILURES: tuple[tuple[LookupFailure, ...], ...] = ((), (), (), (REGISTRY_DOWN,), (FORGE_DOWN,))
INDEXES: tuple[tuple[Platform, ...], ...] = ((), (), (Platform(blob("amd64"), "linux/amd64"),))
BUILT = "sha256:" + "b" * 64


def _pieces(kind: str, *predicates: Mapping[str, Any], revisions: tuple[str, ...] = ()) -> tuple[Piece, ...]:
    return tuple(Piece("", kind, predicate, revisions=revisions) for predicate in predicates)


SCANS = _pieces(
    VULN,
    in_cosign(trivy()),
    in_cosign(trivy(trivy_finding("CVE-1", FixedVersion="3.0.2"))),
    in_cosign(trivy(trivy_finding("CVE-1"), trivy_finding("CVE-2", "HIGH", FixedVersion="3"))),
    in_cosign(grype(), NOW - timedelta(days=1)),
    in_cosign(grype(grype_match("CVE-3", "Critical", "unknown"), grype_match("CVE-4", "High", "not-fixed"))),
)


def _with(**members: Any) -> Mapping[str, Any]:
    """An SBOM whose first component is otherwise; what is None is left out."""
    document = cyclonedx(2)
    first = {**document["components"][0], **members}
    document["components"][0] = {name: value for name, value in first.items() if value is not None}
    return document


UNLICENSED, UNNAMED = _with(licenses=None), _with(purl=None, version=None)
COPYLEFT = _with(licenses=[{"expression": "GPL-2.0-only WITH Classpath-exception-2.0 OR LicenseRef-acme"}])

POOLS: Mapping[str, tuple[Piece, ...]] = {
    "signature": (Piece(""),),
    "provenance": _pieces(
        PROVENANCE_V1,
        provenance(),
        provenance(ref="refs/heads/main"),
        provenance(debug="yes"),
        {**provenance(), "runDetails": {"builder": {"id": "https://builder.example/b"}}},
    ),
    "sbom": (*_pieces(CYCLONEDX, cyclonedx(1), cyclonedx(3)), *_pieces(SPDX, spdx(0), spdx(2))),
    "licences": (*_pieces(CYCLONEDX, cyclonedx(2), UNLICENSED, COPYLEFT), *_pieces(SPDX, spdx(2))),
    "components": (*_pieces(CYCLONEDX, cyclonedx(2), cyclonedx(3), UNNAMED), *_pieces(SPDX, spdx(2))),
    "scan": SCANS,
    "vulnerabilities": SCANS,
    "agreement": (
        *_pieces(PROVENANCE_V1, provenance(), provenance(commit="b" * 40)),
        *_pieces(CYCLONEDX, cyclonedx()),
        *SCANS[:2],
    ),
    "reproduced": _pieces(
        PROVENANCE_V1,
        provenance(),
        provenance(target="arm"),
        {**provenance(), "runDetails": {"builder": {"id": "https://builder.example/b"}}},
    ),
    "source-review": _pieces(
        VSA,
        source_summary(),
        source_summary("SLSA_SOURCE_LEVEL_2"),
        source_summary(result="FAILED"),
        revisions=("a" * 40,),
    ),
    "tests": _pieces(
        TEST_RESULT,
        suite("unit"),
        suite("smoke"),
        suite("unit", "smoke", result="WARNED", warnedTests=["slow"]),
        suite("unit", result="FAILED", failedTests=["adds"]),
        {**suite("smoke"), COVERAGE: {"percent": 90}},
    ),
    "sast": _pieces(
        SARIF,
        sarif(),
        sarif(sarif_result()),
        sarif(sarif_result(level="warning"), name="Semgrep"),
        sarif(name="Semgrep"),
    ),
    "review": (
        *_pieces(APPROVAL, approval(), approval("REJECTED"), approval(environment="staging")),
        *_pieces(LICENCE_REVIEW, approval(environment="")),
    ),
    "vsa": _pieces(
        VSA,
        summary(),
        summary("SLSA_BUILD_LEVEL_2", "HARDENED"),
        summary(result="FAILED"),
        summary(policy={"uri": "https://verify.example/policies/dev"}),
    ),
    "steps": _pieces(
        LINK,
        link("fetch", {}, {"src": BUILT}),
        link("build", {"src": BUILT}, {"image": DIGEST}),
        link("push", {"image": DIGEST}, {"image": DIGEST}),
        link("build", {"src": blob("other")}, {"image": DIGEST}),
    ),
    "release": _pieces(RELEASE, released(), released(package="pkg:oci/other")),
    "scai": _pieces(
        SCAI, attributes("HARDENED"), attributes("SIGNED_OFF"), attributes("HARDENED", conditions={"a": "b"})
    ),
    "attestation": _pieces("https://acme.example/x", {"ok": True, "by": "ann"}, {"ok": 1}, {"ok": True}),
}
"""What the tests find about a release, by the check that looks for it."""


@st.composite
def subjects(draw: st.DrawFn, check: str) -> Subject:
    """A release about which some of the pool was found, by anybody and of any age; and what could not be asked."""
    chosen = draw(st.lists(st.sampled_from(POOLS[check]), min_size=1, max_size=4))
    pieces = [
        replace(
            piece,
            name=f"piece {at}",
            signer=draw(st.sampled_from(SIGNERS)),
            age=draw(st.sampled_from((timedelta(minutes=5), timedelta(hours=3), timedelta(days=3), None))),
            mechanism=draw(st.sampled_from((Mechanism.KEYLESS_BUNDLE, Mechanism.KEYED_BUNDLE))),
        )
        for at, piece in enumerate(chosen)
    ]
    failures, index = draw(st.sampled_from(FAILURES)), draw(st.sampled_from(INDEXES))
    found = tuple(piece.made() for piece in pieces)
    cut = draw(st.integers(0, len(found))) if index else len(found)
    evidence = Evidence(
        digest=DIGEST,
        attestations=found[:cut],
        failures=failures,
        source=REVISION,
        platforms=index,
        parts=tuple(Evidence(one.digest, found[cut:]) for one in index),
    )
    rules = draw(st.sampled_from((RULES, {**RULES, "scanners": replace(RULES["scanners"], san=TEAM.san)})))
    return replace(subject_of(evidence), signers={**rules, **PEOPLE, "eve": RULES["scanners"]})


@pytest.mark.parametrize("check", sorted(POOLS))
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_stricter_passes_nothing_that_did_not_pass_before(check: str, data: st.DataObject) -> None:
    tighten(check, data)


@pytest.mark.slow
@pytest.mark.parametrize("check", sorted(POOLS))
@settings(max_examples=2000, deadline=None)
@given(data=st.data())
def test_what_is_stricter_passes_nothing_that_did_not_pass_before_in_many_trials(
    check: str, data: st.DataObject
) -> None:
    tighten(check, data)


def tighten(check: str, data: st.DataObject) -> None:
    """Change parameters and hold what the order says against what the check says of some evidence."""
    before, after = data.draw(neighbours(check))
    subject = data.draw(subjects(check))
    strictness = compare_lines(Requirement(check=check, params=before), Requirement(check=check, params=after))
    old, new = (CHECKS[check].apply(params, subject).outcome for params in (before, after))

    if strictness in {Strictness.STRONGER, Strictness.EQUAL}:
        assert not (new is Outcome.PASS and old is not Outcome.PASS)
    if strictness in {Strictness.WEAKER, Strictness.EQUAL}:
        assert not (old is Outcome.PASS and new is not Outcome.PASS)


def test_every_check_whose_parameters_are_drawn_is_judged_on_evidence_unless_it_looks_at_something_else() -> None:
    assert set(PARAMS) - set(POOLS) == {
        "artifact",
        "source-branch",
        "age",
        "approval",
        "ticket",
        "denylist",
    }


def told(before: Any, after: Any, *pieces: Piece) -> tuple[Strictness, Outcome, Outcome]:
    """How two parameters of one check compare, and what each says of the same evidence."""
    check = next(name for name, row in CHECKS.items() if row.params is type(before))
    subject = subject_of(Evidence(digest=DIGEST, attestations=tuple(piece.made() for piece in pieces), source=REVISION))
    old, new = (CHECKS[check].apply(params, subject).outcome for params in (before, after))
    return compare_lines(Requirement(check=check, params=before), Requirement(check=check, params=after)), old, new


def test_leaving_a_scanner_out_is_not_stricter_for_it_may_be_the_one_that_found_something() -> None:
    limits = SeverityLimits(critical=Limits(fixable=0))
    both = VulnerabilitiesParams(signers=("pipeline", "scanners"), limits=limits)
    clean, found = SCANS[0], SCANS[1]

    assert told(
        both,
        replace(both, signers=("pipeline",)),
        replace(clean, name="clean"),
        replace(found, name="found", signer=SCANNERS),
    ) == (Strictness.INCOMPARABLE, Outcome.FAIL, Outcome.PASS)


def test_a_suite_more_is_not_stricter_where_it_may_be_the_one_that_states_coverage() -> None:
    one = SuitesParams(signers=("pipeline",), suites=("unit",), min_coverage=80)

    assert told(
        one,
        replace(one, suites=("unit", "smoke")),
        Piece("unit", TEST_RESULT, suite("unit")),
        Piece("smoke", TEST_RESULT, {**suite("smoke"), COVERAGE: {"percent": 90}}),
    ) == (Strictness.INCOMPARABLE, Outcome.FAIL, Outcome.PASS)


def test_naming_the_policy_of_a_summary_is_not_stricter_for_a_newer_failure_under_another_is_set_aside() -> None:
    verifiers = (VsaVerifier(id=IMAGE_VERIFIER, signers=("pipeline",)),)
    any_policy = VsaParams(verifiers=verifiers, resource=RESOURCE, levels=("SLSA_BUILD_LEVEL_2",))
    failed = summary(result="FAILED", policy={"uri": "https://verify.example/policies/dev"})

    assert told(
        any_policy,
        replace(any_policy, policy="https://verify.example/policies/prod"),
        Piece("old", VSA, summary(), age=timedelta(minutes=80)),
        Piece("new", VSA, failed),
    ) == (Strictness.INCOMPARABLE, Outcome.FAIL, Outcome.PASS)


def test_one_place_for_base_images_is_not_stricter_where_they_came_from_nowhere_allowed_before() -> None:
    before = ProvenanceParams(
        signers=("pipeline",),
        builders=(PIPELINE,),
        build_types=(GITHUB,),
        material_sources=(f"git+{SOURCE}",),
    )
    built = provenance()
    built["buildDefinition"]["resolvedDependencies"].append({"uri": "oci://evil.example/base@sha256:" + "c" * 64})

    assert told(
        before, replace(before, base_images=("oci://evil.example/base",)), Piece("it", PROVENANCE_V1, built)
    ) == (
        Strictness.INCOMPARABLE,
        Outcome.FAIL,
        Outcome.PASS,
    )


def test_each_scanner_is_stricter_than_one_of_them() -> None:
    one = ScanParams(signers=("scanners",), scanners=("trivy", "grype"), max_age=timedelta(days=2))
    scan = replace(SCANS[0], name="trivy's", signer=SCANNERS)

    assert told(one, replace(one, require_all=True), scan) == (Strictness.STRONGER, Outcome.PASS, Outcome.FAIL)
