"""Vulnerability scans as facts: the dialect is told by predicate type and, inside cosign's envelope, by the report.

What a scan does *not* say is kept as not said: nothing analysed is not clean, no fix field is not "no fix", and no
database date is not a fresh database. Trivy's filters leave no trace in its report, so a clean report is only as good
as the signer's recipe. Where the report has a time of its own, the earlier one counts: a new wrapping renews nothing.
"""

from dataclasses import replace
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates import types
from promoter.core.predicates.body import Body, body_of
from promoter.core.predicates.cyclonedx_findings import read_cyclonedx_scan
from promoter.core.predicates.grype import is_grype, read_grype
from promoter.core.predicates.sarif_scan import is_sarif, read_sarif_scan
from promoter.core.predicates.trivy import is_trivy, read_trivy
from promoter.core.predicates.vulnerability import (
    MAX_VULNERABILITIES,
    Fix,
    Rating,
    Scan,
    Severity,
    Vulnerability,
    distinct,
    severity_of,
    severity_of_score,
    worst,
)

_MAX_RATINGS = 100
_KNOWN_SCANNERS: Final = {"pkg:github/aquasecurity/trivy": "trivy", "pkg:github/anchore/grype": "grype"}


def read_scan(predicate_type: str, predicate: object) -> Scan:
    """Read a scan; raises Malformed with SCAN_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.SCAN_UNPARSEABLE)
    scan = _read(predicate_type, whole)
    return replace(scan, vulnerabilities=distinct(scan.vulnerabilities))


def _read(predicate_type: str, whole: Body) -> Scan:
    if predicate_type in types.COSIGN_VULN:
        return _read_cosign(whole)
    return read_cyclonedx_scan(whole) if predicate_type in types.CYCLONEDX else _read_in_toto(whole)


def _read_cosign(whole: Body) -> Scan:
    """Read cosign's vulnerability predicate v1: the scan times are its own, the rest is the scanner's report."""
    finished_at = whole.required_body("metadata").required_time("scanFinishedOn")
    scanner = whole.required_body("scanner")
    report = scanner.required_body("result")
    if is_trivy(report):
        return read_trivy(report, finished_at, scanner.text("version"))
    if is_grype(report):
        return read_grype(report, finished_at, scanner.text("version"))
    if is_sarif(report):
        return read_sarif_scan(report, finished_at)
    raise scanner.refusal("result", "is neither Trivy JSON (SchemaVersion 2) nor Grype JSON; no other report is read")


def _read_in_toto(whole: Body) -> Scan:
    """Read in-toto's vulns predicate v0.1 or v0.2: no packages, no fixes, so fixability is unknown throughout.

    An unset `result` is nothing analysed, although some writers leave an empty list out: it cannot be told apart.
    """
    finished_at = whole.required_body("metadata").required_time("scanFinishedOn")
    scanner = whole.required_body("scanner")
    name, version = _scanner_name(scanner.required_text("uri"))
    return Scan(
        scanner=name,
        scanner_version=scanner.text("version") or version,
        finished_at=finished_at,
        database_at=scanner.body("db").time("lastUpdate"),
        analysed=scanner.has("result"),
        vulnerabilities=tuple(_in_toto_finding(item) for item in scanner.bodies("result", MAX_VULNERABILITIES)),
    )


def _scanner_name(uri: str) -> tuple[str, str]:
    """Give a scanner's name and version from its URI; only the two known package URLs get a short name."""
    base, _, version = uri.partition("@")
    return _KNOWN_SCANNERS.get(base, base), version


def _in_toto_finding(item: Body) -> Vulnerability:
    finding = item.body("vulnerability") if item.has("vulnerability") else item
    ratings = tuple(
        Rating(rating.short_text("method", 100), _severity(rating.text("method"), rating.text("score")))
        for rating in finding.bodies("severity", _MAX_RATINGS)
    )
    severity = worst(rating.severity for rating in ratings)
    return Vulnerability(id=finding.required_text("id"), severity=severity, fix=Fix.UNKNOWN, ratings=ratings)


def _severity(method: str, score: str) -> Severity:
    """Read one rating: a number is a severity only where the method is CVSS (EPSS scores are numbers too)."""
    word = severity_of(score)
    return severity_of_score(score) if word is Severity.UNKNOWN and "cvss" in method.lower() else word
