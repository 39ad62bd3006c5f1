"""Scans of every dialect: what they say, and what they do not say."""

from datetime import UTC, datetime
from typing import Any

import pytest

from promoter.core.codes import Code
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.vulnerability import Fix, Severity, severity_of_score
from promoter.core.strict_json import Malformed
from tests.core.checks.pieces import VULN, VULNS, grype, grype_match, in_cosign, trivy, trivy_finding, vulns


def test_trivys_report_is_read_and_its_database_is_unknown() -> None:
    report = trivy(trivy_finding("CVE-2026-0001", FixedVersion="3.0.2", Status="fixed"))
    scan = read_scan(VULN, in_cosign(report))

    assert (scan.scanner, scan.scanner_version, scan.analysed) == ("trivy", "0.70.0", True)
    assert scan.finished_at == datetime(2026, 11, 21, 11, tzinfo=UTC)
    assert scan.database_at is None
    (only,) = scan.vulnerabilities
    assert (only.id, only.severity, only.fix, only.fixed_version) == (
        "CVE-2026-0001",
        Severity.CRITICAL,
        Fix.FIXABLE,
        "3.0.2",
    )
    assert only.component == "pkg:deb/debian/openssl@3.0.1"


@pytest.mark.parametrize(
    ("members", "fix"),
    [
        ({"FixedVersion": "1"}, Fix.FIXABLE),
        ({"Status": "fixed"}, Fix.FIXABLE),
        ({"Status": "affected"}, Fix.NOT_FIXABLE),
        ({"Status": "will_not_fix"}, Fix.NOT_FIXABLE),
        ({"Status": "fix_deferred"}, Fix.NOT_FIXABLE),
        ({"Status": "end_of_life"}, Fix.NOT_FIXABLE),
        ({"Status": "under_investigation"}, Fix.UNKNOWN),
        ({"Status": "unknown"}, Fix.UNKNOWN),
        ({"FixedVersion": ""}, Fix.UNKNOWN),
        ({}, Fix.UNKNOWN),
    ],
)
def test_trivys_fixability(members: dict[str, str], fix: Fix) -> None:
    scan = read_scan(VULN, in_cosign(trivy(trivy_finding("CVE-2026-0001", **members))))

    assert scan.vulnerabilities[0].fix is fix


def test_a_trivy_target_without_vulnerabilities_is_clean_and_a_report_without_package_targets_is_silent() -> None:
    report = trivy()
    assert read_scan(VULN, in_cosign(report)).analysed
    assert read_scan(VULN, in_cosign(report)).vulnerabilities == ()
    for results in (None, [], [{"Target": "x", "Class": "secret"}, {"Target": "y", "Class": "license"}]):
        assert not read_scan(VULN, in_cosign({**report, "Results": results})).analysed
    del report["Results"]
    assert not read_scan(VULN, in_cosign(report)).analysed


def test_trivys_suppressed_findings_are_counted() -> None:
    report = trivy()
    report["Results"][0]["ExperimentalModifiedFindings"] = [{"Type": "vulnerability", "Status": "ignored"}] * 2

    assert read_scan(VULN, in_cosign(report)).suppressed == 2


def test_grypes_report_is_read_with_its_database_under_either_name() -> None:
    report = grype(grype_match("CVE-2026-0001"))
    scan = read_scan(VULN, in_cosign(report))

    assert (scan.scanner, scan.scanner_version) == ("grype", "0.104.0")
    assert scan.database_at == datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
    assert scan.vulnerabilities[0].fixed_version == "3.0.2"
    report["descriptor"]["db"] = {"built": "2026-11-20T00:00:00Z"}
    assert read_scan(VULN, in_cosign(report)).database_at == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "fix"),
    [
        ("fixed", Fix.FIXABLE),
        ("not-fixed", Fix.NOT_FIXABLE),
        ("wont-fix", Fix.NOT_FIXABLE),
        ("unknown", Fix.UNKNOWN),
        ("", Fix.UNKNOWN),
    ],
)
def test_grypes_fixability(state: str, fix: Fix) -> None:
    scan = read_scan(VULN, in_cosign(grype(grype_match("CVE-2026-0001", "High", state))))

    assert scan.vulnerabilities[0].fix is fix


def test_grypes_silence_is_not_clean_and_its_ignored_matches_are_counted() -> None:
    report = {**grype(), "matches": None, "ignoredMatches": [{}]}
    scan = read_scan(VULN, in_cosign(report))

    assert (scan.analysed, scan.suppressed) == (False, 1)
    assert read_scan(VULN, in_cosign(grype())).analysed


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("Critical", Severity.CRITICAL),
        ("HIGH", Severity.HIGH),
        ("Negligible", Severity.NEGLIGIBLE),
        ("Unknown", Severity.UNKNOWN),
        ("", Severity.UNKNOWN),
        ("important", Severity.UNKNOWN),
    ],
)
def test_severities_come_to_normal_form(word: str, severity: Severity) -> None:
    scan = read_scan(VULN, in_cosign(grype(grype_match("CVE-2026-0001", word))))

    assert scan.vulnerabilities[0].severity is severity


def test_an_advisory_and_its_cve_are_one_and_the_worse_statement_counts() -> None:
    report = grype(
        grype_match("GHSA-aaaa-bbbb-cccc", "Critical", "not-fixed", "CVE-2026-0001"),
        grype_match("CVE-2026-0001", "Low", "fixed"),
        grype_match("CVE-2026-0001", "Unknown", "unknown"),
    )
    (only,) = read_scan(VULN, in_cosign(report)).vulnerabilities

    assert (only.canonical_id, only.severity, only.fix) == ("CVE-2026-0001", Severity.CRITICAL, Fix.FIXABLE)
    assert only.fixed_version == "3.0.2"


def test_an_advisory_of_several_cves_stays_itself() -> None:
    report = grype(
        grype_match("GHSA-aaaa-bbbb-cccc", "High", "fixed", "CVE-2026-0001", "CVE-2026-0002"),
        grype_match("CVE-2026-0001", "High"),
    )

    assert len(read_scan(VULN, in_cosign(report)).vulnerabilities) == 2


def test_in_toto_vulns_has_no_word_about_fixes_and_names_its_database() -> None:
    rating = {"method": "nvd", "score": "medium"}
    scan = read_scan(VULNS, vulns({"id": "CVE-2026-0001", "severity": [rating]}))

    assert (scan.scanner, scan.scanner_version) == ("trivy", "0.70.0")
    assert scan.database_at == datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
    (only,) = scan.vulnerabilities
    assert (only.severity, only.fix) == (Severity.MEDIUM, Fix.UNKNOWN)


def test_in_toto_vulns_v01_may_nest_the_vulnerability_and_the_worst_rating_counts() -> None:
    ratings = [
        {"method": "nvd", "score": "medium"},
        {"method": "cvss_score", "score": "9.1"},
        {"method": "epss", "score": "0.97"},
    ]
    nested = vulns({"vulnerability": {"id": "CVE-2026-0001", "severity": ratings}})
    scan = read_scan("https://in-toto.io/attestation/vulns/v0.1", nested)

    assert scan.vulnerabilities[0].severity is Severity.CRITICAL


def test_a_number_that_is_no_cvss_score_rates_nothing() -> None:
    scan = read_scan(VULNS, vulns({"id": "CVE-2026-0001", "severity": [{"method": "epss", "score": "0.97"}]}))

    assert scan.vulnerabilities[0].severity is Severity.UNKNOWN


def test_in_toto_vulns_without_a_result_list_is_silent_and_another_scanner_keeps_its_uri() -> None:
    predicate = vulns()
    assert read_scan(VULNS, predicate).analysed
    predicate["scanner"] = {"uri": "https://scanner.example/x@2"}
    scan = read_scan(VULNS, predicate)

    assert (scan.analysed, scan.scanner, scan.scanner_version) == (False, "https://scanner.example/x", "2")


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        ("0", Severity.NONE),
        ("0.1", Severity.LOW),
        ("3.9", Severity.LOW),
        ("4.0", Severity.MEDIUM),
        ("7", Severity.HIGH),
        ("9.0", Severity.CRITICAL),
        ("10", Severity.CRITICAL),
        ("10.1", Severity.UNKNOWN),
        ("nan", Severity.UNKNOWN),
        ("-1", Severity.UNKNOWN),
        ("٩", Severity.UNKNOWN),
    ],
)
def test_cvss_scores_fall_into_bands(score: str, severity: Severity) -> None:
    assert severity_of_score(score) is severity


def test_times_keep_their_instant_whatever_the_offset() -> None:
    predicate = in_cosign(trivy())
    predicate["metadata"]["scanFinishedOn"] = "2026-11-21T12:00:00.123456789+01:00"

    assert read_scan(VULN, predicate).finished_at == datetime(2026, 11, 21, 11, 0, 0, 123456, tzinfo=UTC)


def with_finished(text: Any) -> dict[str, Any]:
    predicate = in_cosign(trivy())
    predicate["metadata"]["scanFinishedOn"] = text
    return predicate


@pytest.mark.parametrize(
    ("predicate", "detail"),
    [
        ({}, "metadata is missing"),
        (with_finished(None), "metadata.scanFinishedOn is missing"),
        (
            with_finished("2026-11-21T12:00:00"),
            "metadata.scanFinishedOn is not an RFC 3339 time with its offset: '2026-11-21T12:00:00'",
        ),
        (
            with_finished("0001-01-01T00:00:00+14:00"),
            "metadata.scanFinishedOn is no time that exists: '0001-01-01T00:00:00+14:00'",
        ),
        ({**in_cosign(trivy()), "scanner": {}}, "scanner.result is missing"),
        (
            in_cosign({"$schema": "sarif", "runs": []}),
            "scanner.result is neither Trivy JSON (SchemaVersion 2) nor Grype JSON; no other report is read",
        ),
        (
            in_cosign({**trivy(), "SchemaVersion": 3}),
            "scanner.result is neither Trivy JSON (SchemaVersion 2) nor Grype JSON; no other report is read",
        ),
        (
            in_cosign(trivy({"Severity": "HIGH"})),
            "scanner.result.Results[0].Vulnerabilities[0].VulnerabilityID is missing",
        ),
        (in_cosign({**grype(), "matches": [{}]}), "scanner.result.matches[0].vulnerability is missing"),
    ],
)
def test_what_is_not_a_scan_is_refused_with_its_place(predicate: object, detail: str) -> None:
    with pytest.raises(Malformed) as refusal:
        read_scan(VULN, predicate)

    assert (refusal.value.code, refusal.value.detail) == (Code.SCAN_UNPARSEABLE, detail)


def test_more_findings_than_the_cap_are_refused_over_all_targets() -> None:
    report = trivy(trivy_finding("CVE-2026-0001"))
    report["Results"] = [{**report["Results"][0], "Vulnerabilities": [trivy_finding("CVE-2026-0001")] * 150_000}] * 2
    with pytest.raises(Malformed, match="Results has 300000 findings, more than 200000 are not read"):
        read_scan(VULN, in_cosign(report))
