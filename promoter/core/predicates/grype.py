"""Grype's JSON report: matches with their fix state, and the identity of the database that was used."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from promoter.core.predicates.body import Body
from promoter.core.predicates.vulnerability import MAX_VULNERABILITIES, Fix, Scan, Vulnerability, severity_of

_MAX_LIST = 1_000
_FIX_BY_STATE: Final = {"fixed": Fix.FIXABLE, "not-fixed": Fix.NOT_FIXABLE, "wont-fix": Fix.NOT_FIXABLE}


def is_grype(report: Body) -> bool:
    """Tell whether a report is Grype's by the name in its descriptor."""
    descriptor = report.members.get("descriptor")
    return isinstance(descriptor, Mapping) and descriptor.get("name") == "grype"


def read_grype(report: Body, finished_at: datetime, version: str) -> Scan:
    """Read the report; `matches` unset is nothing analysed, an empty list is clean.

    The database date stands under `db.status`, in older reports directly under `db`.
    """
    descriptor = report.required_body("descriptor")
    database = descriptor.body("db")
    return Scan(
        scanner="grype",
        scanner_version=descriptor.text("version") or version,
        finished_at=finished_at,
        database_at=database.body("status").time("built") or database.time("built"),
        analysed=report.has("matches"),
        vulnerabilities=tuple(_finding(match) for match in report.bodies("matches", MAX_VULNERABILITIES)),
        suppressed=len(report.values("ignoredMatches", MAX_VULNERABILITIES)),
    )


def _finding(match: Body) -> Vulnerability:
    vulnerability, artifact = match.required_body("vulnerability"), match.required_body("artifact")
    fix = vulnerability.body("fix")
    fixed_versions = fix.texts("versions", _MAX_LIST)
    related = match.bodies("relatedVulnerabilities", _MAX_LIST)
    return Vulnerability(
        id=vulnerability.required_text("id"),
        aliases=tuple(item.text("id") for item in related),
        severity=severity_of(vulnerability.text("severity")),
        fix=Fix.FIXABLE if fixed_versions else _FIX_BY_STATE.get(fix.text("state"), Fix.UNKNOWN),
        fixed_version=", ".join(fixed_versions),
        package=artifact.text("name"),
        version=artifact.text("version"),
        purl=artifact.text("purl"),
    )
