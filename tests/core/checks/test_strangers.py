"""Universal: what is not from an accepted signer never helps, whatever it says and wherever it stands."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.checks import CHECKS
from promoter.core.checks.component_demands import ComponentsParams, FactSource
from promoter.core.checks.grace import GracePeriods
from promoter.core.checks.lacking import Lacking
from promoter.core.checks.licences import LicencesParams
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.vulnerabilities import ExposureLimits, VulnerabilitiesParams
from promoter.core.checks.vulnerability_threats import Exploited
from promoter.core.circumstances import Circumstances, Exposure, ServiceFacts
from promoter.core.evidence import EvidenceState, LookupFailure, Signer, SignerClaims, Unusable
from promoter.core.finding import Outcome
from tests.core.checks.documents import openvex, statement, whole_cyclonedx
from tests.core.checks.pieces import (
    APPROVAL,
    CLAIMS,
    COMMIT,
    COMPONENT_FACTS,
    COSIGN_SIGN,
    CUSTOM,
    CYCLONEDX,
    DIGEST,
    ISSUER,
    LINK,
    PIPELINE,
    PROVENANCE_V1,
    REGISTRY_DOWN,
    RELEASE,
    SARIF,
    SCAI,
    SCANNERS,
    SPDX,
    STRANGER,
    TEAM,
    TEST_RESULT,
    VSA,
    VULN,
    VULNS,
    Piece,
    approval,
    attributes,
    broken,
    component_facts,
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
    subject,
    suite,
    summary,
    trivy,
    trivy_finding,
    vulns,
)
from tests.core.checks.test_selection import GOOD, PARAMS

CONTENTS: tuple[tuple[str, Any], ...] = (
    ("", {}),
    (COSIGN_SIGN, {}),
    (PROVENANCE_V1, provenance()),
    (PROVENANCE_V1, provenance(repository="https://forge.example/mallory/cart")),
    (PROVENANCE_V1, provenance(commit="b" * 40)),
    (PROVENANCE_V1, {}),
    (CYCLONEDX, cyclonedx()),
    (CYCLONEDX, cyclonedx(0)),
    (CYCLONEDX, cyclonedx() | {"components": [{"type": "library", "name": "xz", "purl": "pkg:deb/debian/xz@5.6"}]}),
    (COMPONENT_FACTS, component_facts("pkg:deb/debian/lib0@1.0", "pkg:deb/debian/lib1@1.0")),
    (COMPONENT_FACTS, {}),
    (SPDX, spdx()),
    (SPDX, "SPDXVersion: SPDX-2.3"),
    (VULN, in_cosign(trivy())),
    (VULN, in_cosign(trivy(trivy_finding("CVE-2026-0001", FixedVersion="1")))),
    (VULN, in_cosign(grype(grype_match("CVE-2026-0001")))),
    (VULN, in_cosign({"runs": []})),
    (VSA, source_summary()),
    (VSA, source_summary(result="FAILED")),
    *((piece.predicate_type, piece.predicate) for piece in GOOD.values()),
    (TEST_RESULT, suite("unit", result="FAILED")),
    (TEST_RESULT, {}),
    (SARIF, sarif(sarif_result())),
    (SARIF, sarif(commit="b" * 40)),
    (APPROVAL, approval("REJECTED")),
    (APPROVAL, approval(environment="staging")),
    (VSA, summary("SLSA_BUILD_LEVEL_1")),
    (VSA, summary(result="FAILED")),
    (LINK, link("package", {}, {})),
    (LINK, link("build", {}, {"image": DIGEST})),
    (RELEASE, released(tag="1.8.2")),
    (SCAI, attributes("SIGNED")),
    (CUSTOM, {"Data": "bad"}),
    ("https://openvex.dev/ns", openvex(statement())),
    ("https://openvex.dev/ns/v0.2.0", openvex(statement(status="affected"), at="2026-11-21T10:30:00Z")),
    ("https://openvex.dev/ns", openvex(statement(justification="trust me"))),
    (CYCLONEDX, whole_cyclonedx()),
    (VULNS, vulns()),
    (VULNS, vulns({"id": "CVE-2026-0001", "severity": [{"method": "nvd", "score": "critical"}]})),
)

STRANGERS = (
    STRANGER,
    Signer(PIPELINE, "https://other-issuer.example", CLAIMS),
    Signer(PIPELINE + "x", ISSUER, CLAIMS),
    Signer(PIPELINE.replace("/cart", "/cart2"), ISSUER, CLAIMS),
    Signer(PIPELINE.upper(), ISSUER, CLAIMS),
    Signer("", "", SignerClaims()),
)


def pieces(prefix: str, signers: tuple[Signer, ...]) -> st.SearchStrategy[tuple[Piece, ...]]:
    one = st.tuples(st.sampled_from(CONTENTS), st.sampled_from(signers), st.integers(0, 200))
    return st.lists(one, max_size=5).map(
        lambda drawn: tuple(
            Piece(f"{prefix} {n}", kind, body, signer, timedelta(minutes=minutes), (COMMIT,))
            for n, ((kind, body), signer, minutes) in enumerate(drawn)
        )
    )


def unusables() -> st.SearchStrategy[tuple[Unusable, ...]]:
    states = st.sampled_from((EvidenceState.INVALID, EvidenceState.UNPARSEABLE))
    one = st.tuples(st.sampled_from(CONTENTS), states)
    return st.lists(one, max_size=3).map(
        lambda drawn: tuple(broken(f"broken {n}", kind, state) for n, ((kind, _), state) in enumerate(drawn))
    )


FAILURES: st.SearchStrategy[tuple[LookupFailure, ...]] = st.sampled_from(((), (REGISTRY_DOWN,)))


@pytest.mark.parametrize("check", sorted(CHECKS))
@settings(max_examples=30, deadline=None)
@given(own=pieces("own", (TEAM, SCANNERS)), foreign=pieces("foreign", STRANGERS), bad=unusables(), failures=FAILURES)
def test_adding_evidence_of_strangers_never_turns_a_finding_into_a_pass(
    check: str,
    own: tuple[Piece, ...],
    foreign: tuple[Piece, ...],
    bad: tuple[Unusable, ...],
    failures: tuple[LookupFailure, ...],
) -> None:
    apply = CHECKS[check].apply
    before = apply(PARAMS[check], subject(*own, failures=failures))
    after = apply(PARAMS[check], subject(*foreign, *own, unusable=bad, failures=failures))

    assert (after.outcome is Outcome.PASS) == (before.outcome is Outcome.PASS)
    assert after.cites == before.cites


EXACTING: dict[str, tuple[str, Any]] = {
    "generators": ("sbom", SbomParams(signers=("pipeline",), generators={"syft": ">=1.20"})),
    "unknown licences": (
        "licences",
        LicencesParams(signers=("pipeline",), deny=("AGPL-3.0-only",), unknown=Lacking.WARN),
    ),
    "facts": (
        "components",
        ComponentsParams(
            signers=("pipeline",), facts=FactSource(signers=("scanners",)), maintained=True, max_age=timedelta(days=99)
        ),
    ),
    "scanners": (
        "scan",
        ScanParams(
            signers=("scanners",),
            scanners=("trivy", "grype"),
            max_age=timedelta(days=1),
            scanner_versions={"trivy": ">=0.50"},
            end_of_life=Lacking.FAIL,
        ),
    ),
    "threats": (
        "vulnerabilities",
        VulnerabilitiesParams(
            signers=("scanners",),
            limits=SeverityLimits(critical=Limits(fixable=0)),
            grace=GracePeriods(critical=timedelta(days=7)),
            known_exploited=Exploited.DENY,
            epss_max=10,
            exposure=ExposureLimits(internet=SeverityLimits(critical=Limits(fixable=0, not_fixable=0, unknown=0))),
        ),
    ),
}
"""Demands that few policies make."""


@pytest.mark.parametrize("demand", EXACTING)
@settings(max_examples=30, deadline=None)
@given(
    own=pieces("own", (TEAM, SCANNERS)),
    foreign=pieces("foreign", STRANGERS),
    bad=unusables(),
    exposure=st.sampled_from((None, *Exposure)),
)
def test_strangers_never_help_with_exacting_demands(
    demand: str,
    own: tuple[Piece, ...],
    foreign: tuple[Piece, ...],
    bad: tuple[Unusable, ...],
    exposure: Exposure | None,
) -> None:
    check, params = EXACTING[demand]
    circumstances = Circumstances(service=ServiceFacts(exposure=exposure))
    before = CHECKS[check].apply(params, replace(subject(*own), circumstances=circumstances))
    after = CHECKS[check].apply(params, replace(subject(*foreign, *own, unusable=bad), circumstances=circumstances))

    assert (after.outcome is Outcome.PASS) == (before.outcome is Outcome.PASS)
    assert after.cites == before.cites


@pytest.mark.parametrize("check", sorted(CHECKS))
@settings(max_examples=25, deadline=None)
@given(own=pieces("own", (TEAM, SCANNERS, STRANGER)), bad=unusables(), failures=FAILURES, data=st.data())
def test_a_finding_does_not_depend_on_the_order_of_the_evidence(
    check: str,
    own: tuple[Piece, ...],
    bad: tuple[Unusable, ...],
    failures: tuple[LookupFailure, ...],
    data: st.DataObject,
) -> None:
    shuffled = tuple(data.draw(st.permutations(own)))
    apply = CHECKS[check].apply

    assert apply(PARAMS[check], subject(*shuffled, unusable=bad, failures=failures)) == apply(
        PARAMS[check], subject(*own, unusable=bad, failures=failures)
    )


@pytest.mark.parametrize("check", sorted(CHECKS))
@settings(max_examples=25, deadline=None)
@given(own=pieces("own", (TEAM, SCANNERS, STRANGER)), bad=unusables(), failures=FAILURES)
def test_reasons_stand_exactly_where_a_finding_does_not_pass(
    check: str, own: tuple[Piece, ...], bad: tuple[Unusable, ...], failures: tuple[LookupFailure, ...]
) -> None:
    finding = CHECKS[check].apply(PARAMS[check], subject(*own, unusable=bad, failures=failures))

    assert bool(finding.reasons) == (finding.outcome is not Outcome.PASS)
    assert all(reason.sentence and reason.remedy for reason in finding.reasons)
    assert finding.sentence
    assert not set(finding.cites) & set(finding.noted)


@pytest.mark.parametrize("check", ["tests", "sast", "review", "vsa", "attestation"])
@settings(max_examples=25, deadline=None)
@given(contents=st.lists(st.sampled_from(CONTENTS), max_size=5), failures=FAILURES)
def test_what_has_no_signed_time_takes_the_place_of_nothing_that_has_one(
    check: str, contents: list[tuple[str, Any]], failures: tuple[LookupFailure, ...]
) -> None:
    good, apply = GOOD[check], CHECKS[check].apply
    untimed = (Piece(f"untimed {n}", kind, body, good.signer, None) for n, (kind, body) in enumerate(contents))
    before = apply(PARAMS[check], subject(good, failures=failures))
    after = apply(PARAMS[check], subject(*untimed, good, failures=failures))

    assert (after.outcome, after.reasons, after.cites) == (before.outcome, before.reasons, before.cites)
