"""Limits by severity and fixability: what passes, what fails, and what cannot be decided."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from promoter.core.checks import CHECKS
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.finding import Outcome
from tests.core.checks.pieces import SCANNERS, VULN, Piece, in_cosign, subject, trivy, trivy_finding

STATUS = {"f": "fixed", "n": "affected", "u": "unknown"}


def outcome(limits: SeverityLimits, found: str, severity: str = "HIGH") -> Outcome:
    findings = (
        trivy_finding(f"CVE-2026-{number:04}", severity, Status=STATUS[letter]) for number, letter in enumerate(found)
    )
    about = subject(Piece("scan", VULN, in_cosign(trivy(*findings)), SCANNERS))
    params = VulnerabilitiesParams(signers=("scanners",), limits=limits)
    return CHECKS["vulnerabilities"].apply(params, about).outcome


def high(**limits: int) -> SeverityLimits:
    return SeverityLimits(critical=Limits(**limits), high=Limits(**limits))


@pytest.mark.parametrize(
    ("limits", "found", "expected"),
    [
        (high(fixable=0), "", Outcome.PASS),
        (high(fixable=0), "f", Outcome.FAIL),
        (high(fixable=0), "n", Outcome.PASS),
        (high(fixable=0), "u", Outcome.UNDECIDED),
        (high(fixable=0), "fu", Outcome.FAIL),
        (high(fixable=1), "f", Outcome.PASS),
        (high(fixable=1), "fu", Outcome.UNDECIDED),
        (high(fixable=1), "u", Outcome.PASS),
        (high(fixable=2), "fu", Outcome.PASS),
        (high(fixable=0, unknown=1), "u", Outcome.PASS),
        (high(fixable=0, unknown=1), "uu", Outcome.FAIL),
        (high(fixable=0, not_fixable=0), "u", Outcome.FAIL),
        (high(fixable=0, not_fixable=1), "u", Outcome.UNDECIDED),
        (high(fixable=1, not_fixable=1), "u", Outcome.PASS),
        (high(fixable=1, not_fixable=1), "uu", Outcome.UNDECIDED),
        (high(fixable=1, not_fixable=1), "uuu", Outcome.FAIL),
        (high(fixable=1, not_fixable=1), "nu", Outcome.UNDECIDED),
        (high(fixable=1, not_fixable=1), "nnu", Outcome.FAIL),
    ],
)
def test_every_bucket_has_its_limit_and_unknown_is_decided_where_it_can_be(
    limits: SeverityLimits, found: str, expected: Outcome
) -> None:
    assert outcome(limits, found) is expected


def test_unknown_severity_is_limited_as_high_unless_it_has_its_own_limit() -> None:
    own = SeverityLimits(critical=Limits(fixable=0), unknown=Limits(fixable=1))

    assert outcome(high(fixable=0), "f", "UNKNOWN") is Outcome.FAIL
    assert outcome(own, "f", "UNKNOWN") is Outcome.PASS
    assert outcome(own, "ff", "UNKNOWN") is Outcome.FAIL


def test_a_severity_without_a_limit_is_not_limited() -> None:
    assert outcome(high(fixable=0), "fff", "MEDIUM") is Outcome.PASS


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (SeverityLimits, "limits names no limit"),
        (lambda: SeverityLimits(high=Limits(fixable=0)), "critical.fixable is limited more loosely than high.fixable"),
        (
            lambda: SeverityLimits(critical=Limits(fixable=2), high=Limits(fixable=1)),
            "critical.fixable is limited more loosely than high.fixable",
        ),
        (lambda: Limits(not_fixable=0), "fixable is limited more loosely than not_fixable"),
        (lambda: Limits(fixable=2, unknown=1), "fixable is limited more loosely than unknown"),
        (lambda: Limits(fixable=-1), "a limit is below zero"),
        (lambda: SignatureParams(signers=()), "signers names nobody"),
        (lambda: SbomParams(signers=()), "signers names nobody"),
        (lambda: SbomParams(signers=("a",), formats=()), "formats names none"),
        (lambda: SbomParams(signers=("a",), min_components=0), "min_components is below 1"),
        (lambda: ProvenanceParams(signers=("a",), builders=(), build_types=("b",)), "builders names nobody"),
        (lambda: ProvenanceParams(signers=("a",), builders=("b",), build_types=("",)), "build_types names none"),
    ],
)
def test_parameters_that_would_accept_everything_or_nobody_are_refused(make: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        make()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"scanners": [], "max_age": "P1D"}, "scanners names none"),
        ({"scanners": ["trivy"], "max_age": "PT0S"}, "max_age is not above zero"),
        ({"scanners": ["trivy"], "max_age": "P1D", "max_database_age": "PT0S"}, "max_database_age is not above zero"),
        ({"scanners": ["trivy"], "max_age": "P1D", "max_ages": "P1D"}, "Unexpected keyword argument"),
    ],
)
def test_parameters_are_read_strictly_from_a_policy(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(ScanParams).validate_python({"signers": ["scanners"], **given})
