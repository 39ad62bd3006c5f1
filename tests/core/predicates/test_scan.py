"""Scans of every dialect: what they say, and what they do not say."""

from datetime import UTC, datetime
from typing import Any

import pytest

from promoter.core.codes import Code
from promoter.core.predicates.cyclonedx_findings import lists_vulnerabilities
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.vulnerability import (
    Fix,
    Rating,
    Severity,
    Suppression,
    Vulnerability,
    distinct,
    severity_of_score,
)
from promoter.core.strict_json import Malformed
from tests.core.checks.pieces import (
    CYCLONEDX,
    VULN,
    VULNS,
    cyclonedx,
    grype,
    grype_match,
    in_cosign,
    trivy,
    trivy_finding,
    vulns,
)


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


def test_what_trivy_suppressed_is_listed_with_its_reason_and_who_and_other_kinds_of_findings_are_not() -> None:
    report = trivy()
    report["Results"][0]["ExperimentalModifiedFindings"] = [
        {
            "Type": "vulnerability",
            "Status": "not_affected",
            "Statement": "vulnerable_code_not_present",
            "Source": "vex/cart.json",
            "Finding": {"VulnerabilityID": "CVE-2026-0007", "PkgName": "zlib1g"},
        },
        {"Type": "vulnerability", "Status": "ignored"},
        {"Type": "secret", "Status": "ignored", "Finding": {"RuleID": "private-key"}},
    ]

    assert read_scan(VULN, in_cosign(report)).suppressed == (
        Suppression("CVE-2026-0007", "not_affected: vulnerable_code_not_present", "vex/cart.json", "zlib1g"),
        Suppression("", "ignored", ""),
    )


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


def test_grypes_silence_is_not_clean_and_its_ignored_matches_are_listed_with_the_rules_that_hid_them() -> None:
    by_hand = {"appliedIgnoreRules": [{"vulnerability": "CVE-2026-0008", "reason": "no parser"}]}
    by_state = {"appliedIgnoreRules": [{"fix-state": "wont-fix"}]}
    by_vex = {"appliedIgnoreRules": [{"vex-status": "not_affected", "vex-justification": "component_not_present"}]}
    ignored = [grype_match("CVE-2026-0008") | rules for rules in (by_hand, by_state, by_vex)]
    scan = read_scan(VULN, in_cosign({**grype(), "matches": None, "ignoredMatches": [*ignored, {}]}))

    assert not scan.analysed
    assert scan.suppressed == (
        Suppression("CVE-2026-0008", "no parser", "ignore rule", "openssl"),
        Suppression("CVE-2026-0008", "fix state wont-fix", "ignore rule", "openssl"),
        Suppression("CVE-2026-0008", "not_affected, component_not_present", "VEX document", "openssl"),
        Suppression("", "", ""),
    )
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


@pytest.mark.slow
def test_more_findings_than_the_cap_are_refused_over_all_targets() -> None:
    report = trivy(trivy_finding("CVE-2026-0001"))
    report["Results"] = [{**report["Results"][0], "Vulnerabilities": [trivy_finding("CVE-2026-0001")] * 150_000}] * 2
    with pytest.raises(Malformed, match="Results has 300000 findings, more than 200000 are not read"):
        read_scan(VULN, in_cosign(report))


# --- the traps of each report -----------------------------------------------------------------------------------------


def test_trivys_own_time_counts_where_it_is_earlier_than_the_conversion_to_cosigns_predicate() -> None:
    hours = {"CreatedAt": "2026-11-20T09:00:00.123456789+01:00"}, {"CreatedAt": "2026-11-21T23:00:00Z"}
    earlier, later = (read_scan(VULN, in_cosign({**trivy(), **said})).finished_at for said in hours)

    assert earlier == datetime(2026, 11, 20, 8, 0, 0, 123456, tzinfo=UTC)
    assert later == datetime(2026, 11, 21, 11, tzinfo=UTC)


def test_cosign_vuln_written_by_trivy_has_an_empty_database_and_one_time_and_says_no_more_than_that() -> None:
    predicate = in_cosign(trivy())
    assert predicate["scanner"]["db"] == {"uri": "", "version": ""}
    assert predicate["metadata"]["scanStartedOn"] == predicate["metadata"]["scanFinishedOn"]

    assert read_scan(VULN, predicate).database_at is None


def test_grypes_local_offset_is_an_instant_and_a_report_without_a_time_has_the_envelopes() -> None:
    report = grype()
    assert read_scan(VULN, in_cosign(report)).finished_at == datetime(2026, 11, 21, 10, 0, 0, 123456, tzinfo=UTC)
    del report["descriptor"]["timestamp"]
    assert read_scan(VULN, in_cosign(report)).finished_at == datetime(2026, 11, 21, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "fixed", "fix"),
    [
        ("1.2.3, 2.0.1", "1.2.3, 2.0.1", Fix.FIXABLE),
        ("1.2.3,2.0.1", "1.2.3, 2.0.1", Fix.FIXABLE),
        (" , ", "", Fix.UNKNOWN),
    ],
)
def test_trivys_fixed_version_may_be_a_list(text: str, fixed: str, fix: Fix) -> None:
    (only,) = read_scan(VULN, in_cosign(trivy(trivy_finding("CVE-2026-0001", FixedVersion=text)))).vulnerabilities

    assert (only.fixed_version, only.fix) == (fixed, fix)


@pytest.mark.parametrize(
    ("members", "severity"),
    [
        ({"Severity": "UNKNOWN", "CVSS": {"nvd": {"V3Score": 9.8}}}, Severity.CRITICAL),
        ({"Severity": "UNKNOWN", "CVSS": {"nvd": {"V2Score": 6.8}, "redhat": {"V3Score": 7.5}}}, Severity.HIGH),
        ({"Severity": "", "VendorSeverity": {"nvd": 2, "ghsa": 3}}, Severity.HIGH),
        ({"Severity": "UNKNOWN", "VendorSeverity": {"nvd": 0}}, Severity.UNKNOWN),
        ({"Severity": "LOW", "VendorSeverity": {"nvd": 4, "debian": 1}}, Severity.LOW),  # the scanner's own choice
    ],
)
def test_a_finding_that_only_has_scores_is_rated_by_the_worst_of_its_sources(
    members: dict[str, Any], severity: Severity
) -> None:
    (only,) = read_scan(VULN, in_cosign(trivy(trivy_finding("CVE-2026-0001", **members)))).vulnerabilities

    assert only.severity is severity


def test_what_every_source_says_of_a_severity_is_kept() -> None:
    said = {"VendorSeverity": {"nvd": 4, "debian": 1}, "CVSS": {"nvd": {"V3Score": 9.8, "V2Score": 5}}}
    (only,) = read_scan(VULN, in_cosign(trivy(trivy_finding("CVE-2026-0001", "LOW", **said)))).vulnerabilities

    assert only.ratings == (
        Rating("nvd", Severity.CRITICAL),
        Rating("debian", Severity.LOW),
        Rating("nvd", Severity.CRITICAL),
    )


def test_grypes_scores_rate_what_has_no_word_and_its_exploitation_facts_are_kept() -> None:
    match = grype_match("GHSA-aaaa-bbbb-cccc", "Unknown", "wont-fix", "CVE-2026-0001")
    match["vulnerability"] |= {
        "cvss": [{"source": "nvd", "version": "3.1", "metrics": {"baseScore": 7.2}}],
        "knownExploited": [{"cve": "CVE-2026-0001"}],
        "epss": [{"cve": "CVE-2026-0001", "epss": 0.25}, {"cve": "CVE-2026-0002", "epss": 0.5}],
        "risk": 61.5,
    }
    (only,) = read_scan(VULN, in_cosign(grype(match))).vulnerabilities

    assert (only.severity, only.fix, only.fix_status) == (Severity.HIGH, Fix.NOT_FIXABLE, "wont-fix")
    assert (only.is_known_exploited, only.epss, only.risk) == (True, 0.5, 61.5)


def test_the_manifests_that_were_scanned_are_named_and_a_configuration_is_none() -> None:
    one, two = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    by_trivy = {**trivy(), "Metadata": {"ImageID": two, "RepoDigests": [f"registry.example:5000/cart@{one}", "cart"]}}
    by_grype = {**grype(), "source": {"target": {"imageID": two, "repoDigests": [], "manifestDigest": one}}}
    of_a_file = {**grype(), "source": {"type": "directory", "target": "/src"}}

    assert read_scan(VULN, in_cosign(by_trivy)).objects == (one,)
    assert read_scan(VULN, in_cosign(by_grype)).objects == (one,)
    assert read_scan(VULN, in_cosign(of_a_file)).objects == ()


def test_a_distribution_without_updates_is_a_fact_of_both_reports() -> None:
    by_trivy = {**trivy(), "Metadata": {"OS": {"Family": "debian", "EOSL": True}}}
    by_grype = {**grype(), "alertsByPackage": [{"alerts": [{"type": "distro-eol"}]}]}

    assert read_scan(VULN, in_cosign(by_trivy)).is_end_of_life
    assert read_scan(VULN, in_cosign(by_grype)).is_end_of_life
    assert not read_scan(VULN, in_cosign(grype())).is_end_of_life


def test_sarif_is_shown_with_its_suppressions_and_decides_nothing() -> None:
    results = [
        {"ruleId": "CVE-2026-0001"},
        {"ruleId": "CVE-2026-0002", "suppressions": [{"kind": "external", "justification": "not reachable"}]},
        {"ruleId": "CVE-2026-0003", "suppressions": [{"kind": "inSource", "status": "rejected"}]},
    ]
    run = {"tool": {"driver": {"name": "Grype", "version": "0.104.0"}}, "results": results}
    scan = read_scan(VULN, in_cosign({"version": "2.1.0", "runs": [run]}))

    assert (scan.scanner, scan.display_only, scan.analysed, scan.shown) == ("grype", True, False, 2)
    assert scan.suppressed == (Suppression("CVE-2026-0002", "not reachable", "external"),)
    assert scan.vulnerabilities == ()


@pytest.mark.parametrize(
    "name", ["https://cosign.sigstore.dev/attestation/vuln/v1", "cosign.sigstore.dev/attestation/vuln/v1"]
)
def test_cosigns_type_is_read_under_both_of_its_names(name: str) -> None:
    assert read_scan(name, in_cosign(trivy())).scanner == "trivy"


# --- one vulnerability under several names ----------------------------------------------------------------------------


def finding(name: str, *aliases: str, purl: str = "pkg:pypi/flask@3.0", **said: Any) -> Vulnerability:
    return Vulnerability(id=name, aliases=aliases, purl=purl, **{"severity": Severity.LOW, "fix": Fix.UNKNOWN, **said})


@pytest.mark.parametrize(
    ("found", "names"),
    [
        # an advisory and its CVE, whichever of the scanners knows that they are the same
        ((finding("GHSA-a"), finding("CVE-2026-1111", "GHSA-a")), ["CVE-2026-1111"]),
        ((finding("CVE-2026-1111"), finding("GHSA-a", "CVE-2026-1111")), ["CVE-2026-1111"]),
        # a chain of aliases
        (
            (finding("PYSEC-1", "GHSA-a"), finding("GO-1", "GHSA-a"), finding("GHSA-a", "CVE-2026-1111")),
            ["CVE-2026-1111"],
        ),
        # no CVE at all: the least name
        ((finding("PYSEC-1", "GHSA-a"), finding("GHSA-a")), ["GHSA-a"]),
        # one Debian advisory for two CVEs joins them not
        (
            (finding("CVE-2026-1111", "DSA-1"), finding("CVE-2026-2222", "DSA-1"), finding("DSA-1")),
            ["CVE-2026-1111", "CVE-2026-2222", "DSA-1"],
        ),
        # nor does an advisory that itself names two
        ((finding("GHSA-a", "CVE-2026-1111", "CVE-2026-2222"), finding("CVE-2026-2222")), ["GHSA-a", "CVE-2026-2222"]),
        # an empty alias joins nothing
        ((finding("CVE-2026-1111", ""), finding("GHSA-b", "")), ["CVE-2026-1111", "GHSA-b"]),
        # another package is another finding
        ((finding("CVE-2026-1111"), finding("CVE-2026-1111", purl="pkg:pypi/jinja2@3.0")), ["CVE-2026-1111"] * 2),
        # the same package in two spellings is not
        (
            (
                finding("CVE-2026-1111", purl="pkg:pypi/Foo_Bar@1.0%2B1?arch=x"),
                finding("CVE-2026-1111", purl="pkg:pypi/foo-bar@1.0+1"),
            ),
            ["CVE-2026-1111"],
        ),
    ],
)
def test_names_of_one_vulnerability_are_collapsed_across_scanners(
    found: tuple[Vulnerability, ...], names: list[str]
) -> None:
    assert [item.id for item in distinct(found)] == names
    assert len(distinct(found[::-1])) == len(names)
    assert distinct(distinct(found)) == distinct(found)


def test_what_is_collapsed_keeps_the_worse_of_everything() -> None:
    one = finding("CVE-2026-1111", severity=Severity.LOW, epss=0.1, ratings=(Rating("nvd", Severity.LOW),))
    other = finding(
        "GHSA-a",
        "CVE-2026-1111",
        severity=Severity.HIGH,
        fix=Fix.FIXABLE,
        fixed_version="3.1",
        is_known_exploited=True,
        epss=0.9,
        risk=50.0,
        ratings=(Rating("ghsa", Severity.HIGH),),
    )
    (only,) = distinct((one, other))

    assert (only.severity, only.fix, only.fixed_version) == (Severity.HIGH, Fix.FIXABLE, "3.1")
    assert (only.is_known_exploited, only.epss, only.risk, only.aliases) == (True, 0.9, 50.0, ("GHSA-a",))
    assert only.ratings == (Rating("nvd", Severity.LOW), Rating("ghsa", Severity.HIGH))


# --- CycloneDX documents as scans -------------------------------------------------------------------------------------


def vulnerable(**members: Any) -> dict[str, Any]:
    document = cyclonedx(2)
    document["components"][0]["bom-ref"] = "lib0"
    document["vulnerabilities"] = [{"id": "CVE-2026-0001", "affects": [{"ref": "lib0"}], **members}]
    return document


@pytest.mark.parametrize(
    ("ratings", "severity"),
    [
        ([{"severity": "high"}], Severity.HIGH),
        ([{"severity": "info"}], Severity.NEGLIGIBLE),
        ([{"severity": "low"}, {"severity": "critical"}], Severity.CRITICAL),
        ([{"method": "CVSSv31", "score": 7.5}], Severity.HIGH),
        ([{"method": "CVSSv4", "score": 9.3, "severity": "unknown"}], Severity.CRITICAL),
        ([{"method": "OWASP", "score": 9.3}], Severity.UNKNOWN),
        ([], Severity.UNKNOWN),
    ],
)
def test_ratings_of_a_cyclonedx_document(ratings: list[dict[str, Any]], severity: Severity) -> None:
    scan = read_scan(CYCLONEDX, vulnerable(ratings=ratings))

    assert (scan.scanner, scan.scanner_version, scan.analysed) == ("syft", "1.30.0", True)
    (only,) = scan.vulnerabilities
    assert (only.severity, only.component, only.package, only.version) == (
        severity,
        "pkg:deb/debian/lib0@1.0",
        "lib0",
        "1.0",
    )


def test_an_analysis_takes_nothing_out_of_a_scan_whoever_wrote_it() -> None:
    analysis = {"state": "not_affected", "justification": "code_not_present"}

    assert len(read_scan(CYCLONEDX, vulnerable(analysis=analysis)).vulnerabilities) == 1


def test_a_vulnerability_counts_once_for_each_component_and_a_reference_may_be_a_package_url() -> None:
    document = vulnerable(affects=[{"ref": "lib0"}, {"ref": "pkg:npm/left-pad@1.0"}, {"ref": "urn:cdx:elsewhere"}])
    found = read_scan(CYCLONEDX, document).vulnerabilities

    assert [item.component for item in found] == [
        "pkg:deb/debian/lib0@1.0",
        "pkg:npm/left-pad@1.0",
        "urn:cdx:elsewhere@",
    ]


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"metadata": {"timestamp": "2026-11-21T10:00:00Z"}}, "metadata.tools names no scanner"),
        ({"metadata": {"tools": [{"name": "grype"}]}}, "metadata.timestamp is missing"),
        ({"vulnerabilities": {}}, "vulnerabilities is not a list"),
        ({"vulnerabilities": [{"affects": []}]}, "vulnerabilities[0].id is missing"),
        ({"vulnerabilities": [{"id": "x", "affects": [{}]}]}, "vulnerabilities[0].affects[0].ref is missing"),
        (
            {"vulnerabilities": [{"id": "x", "ratings": [{"method": "CVSSv3", "score": "9"}]}]},
            "vulnerabilities[0].ratings[0].score is not a number",
        ),
        ({"specVersion": "1.3"}, "specVersion is '1.3'; 1.4, 1.5, 1.6 and 1.7 are read"),
    ],
)
def test_a_cyclonedx_document_that_is_no_scan_is_refused_with_its_place(change: dict[str, Any], detail: str) -> None:
    with pytest.raises(Malformed) as refusal:
        read_scan(CYCLONEDX, {**vulnerable(), **change})

    assert (refusal.value.code, refusal.value.detail) == (Code.SCAN_UNPARSEABLE, detail)


@pytest.mark.parametrize(
    ("vulnerabilities", "expected"), [(None, False), ([], False), ([{"id": "x"}], True), ({}, True)]
)
def test_a_document_without_vulnerabilities_or_with_an_empty_list_is_no_scan(
    vulnerabilities: object, expected: bool
) -> None:
    assert lists_vulnerabilities({"vulnerabilities": vulnerabilities}) is expected
    assert not lists_vulnerabilities({})


# --- publication and exploitation -------------------------------------------------------------------------------------


def test_trivy_and_cyclonedx_say_when_a_vulnerability_was_published_and_grype_does_not() -> None:
    (dated,) = read_scan(
        VULN, in_cosign(trivy(trivy_finding("CVE-2026-0001", PublishedDate="2026-11-14T08:15:00.5Z")))
    ).vulnerabilities
    document = cyclonedx() | {"vulnerabilities": [{"id": "CVE-2026-0001", "published": "2026-11-13T00:00:00+01:00"}]}
    (listed,) = read_scan(CYCLONEDX, document).vulnerabilities
    (undated,) = read_scan(VULN, in_cosign(grype(grype_match("CVE-2026-0001")))).vulnerabilities

    assert dated.published_at == datetime(2026, 11, 14, 8, 15, 0, 500_000, tzinfo=UTC)
    assert listed.published_at == datetime(2026, 11, 12, 23, tzinfo=UTC)
    assert undated.published_at is None


def test_the_earliest_publication_counts_and_what_nobody_says_stays_unsaid() -> None:
    one, other, silent = (
        Vulnerability(id="CVE-2026-0001", severity=Severity.LOW, fix=Fix.FIXABLE, epss=epss, published_at=at)
        for epss, at in (
            (0.0, datetime(2026, 11, 2, tzinfo=UTC)),
            (None, datetime(2026, 11, 1, tzinfo=UTC)),
            (None, None),
        )
    )
    (merged,) = distinct((one, other, silent))
    (unsaid,) = distinct((silent, silent))

    assert (merged.epss, merged.risk, merged.published_at) == (0.0, None, datetime(2026, 11, 1, tzinfo=UTC))
    assert (merged.tells_exploitation, unsaid.tells_exploitation) == (True, False)
    assert (unsaid.epss, unsaid.published_at) == (None, None)
