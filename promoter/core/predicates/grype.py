"""Grype's JSON report: matches with their fix state, and the identity of the database that was used.

Its own time has the scanning machine's offset. What it was told to ignore always stands in the report.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from promoter.core.predicates.body import Body
from promoter.core.predicates.purl import image_digest
from promoter.core.predicates.vulnerability import (
    MAX_VULNERABILITIES,
    Fix,
    Rating,
    Scan,
    Suppression,
    Vulnerability,
    rated,
    severity_of,
    severity_of_number,
)

_MAX_LIST = 1_000
_MAX_REASON = 500  # characters of a rule's reason that are kept
_FIX_BY_STATE: Final = {"fixed": Fix.FIXABLE, "not-fixed": Fix.NOT_FIXABLE, "wont-fix": Fix.NOT_FIXABLE}
_END_OF_LIFE: Final = "distro-eol"


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
    alerts = (
        alert for package in report.bodies("alertsByPackage", _MAX_LIST) for alert in package.bodies("alerts", 100)
    )
    return Scan(
        scanner="grype",
        scanner_version=descriptor.text("version") or version,
        finished_at=min(finished_at, descriptor.time("timestamp") or finished_at),
        database_at=database.body("status").time("built") or database.time("built"),
        analysed=report.has("matches"),
        vulnerabilities=tuple(_finding(match) for match in report.bodies("matches", MAX_VULNERABILITIES)),
        suppressed=tuple(_suppressed(item) for item in report.bodies("ignoredMatches", MAX_VULNERABILITIES)),
        objects=tuple(digest for name in _objects(report) if (digest := image_digest(name)) is not None),
        is_end_of_life=any(alert.text("type") == _END_OF_LIFE for alert in alerts),
    )


def _objects(report: Body) -> Iterator[str]:
    """Name the manifests that were scanned; the target of a directory or file is a text, and none of ours."""
    source = report.body("source")
    if isinstance(source.members.get("target"), Mapping):
        target = source.body("target")
        yield from target.texts("repoDigests", _MAX_LIST)
        yield target.text("manifestDigest")


def _finding(match: Body) -> Vulnerability:
    vulnerability, artifact = match.required_body("vulnerability"), match.required_body("artifact")
    fix = vulnerability.body("fix")
    fixed_versions = fix.texts("versions", _MAX_LIST)
    related = match.bodies("relatedVulnerabilities", _MAX_LIST)
    ratings = tuple(_ratings((vulnerability, *related)))
    scores = (score for item in vulnerability.bodies("epss", _MAX_LIST) if (score := item.number("epss")) is not None)
    return Vulnerability(
        id=vulnerability.required_text("id"),
        aliases=tuple(dict.fromkeys(item.text("id") for item in related)),
        severity=rated(vulnerability.text("severity"), ratings),
        fix=Fix.FIXABLE if fixed_versions else _FIX_BY_STATE.get(fix.text("state"), Fix.UNKNOWN),
        fixed_version=", ".join(fixed_versions),
        fix_status=fix.text("state"),
        package=artifact.text("name"),
        version=artifact.text("version"),
        purl=artifact.text("purl"),
        ratings=ratings,
        is_known_exploited=bool(vulnerability.values("knownExploited", _MAX_LIST)),
        epss=max(scores, default=None),
        risk=vulnerability.number("risk"),
    )


def _ratings(sources: tuple[Body, ...]) -> Iterator[Rating]:
    """Read the words and CVSS scores of the vulnerability itself and of the records that it is related to."""
    for item in sources:
        name = item.short_text("namespace", 100) or item.short_text("id", 100)
        yield Rating(name, severity_of(item.text("severity")))
        for score in item.bodies("cvss", _MAX_LIST):
            base = score.body("metrics").number("baseScore")
            yield Rating(score.short_text("source", 100) or name, severity_of_number(base))


def _suppressed(match: Body) -> Suppression:
    rules = match.bodies("appliedIgnoreRules", _MAX_LIST)
    reasons = dict.fromkeys(reason for rule in rules for reason in _rule_reasons(rule))
    origins = dict.fromkeys("VEX document" if rule.text("vex-status") else "ignore rule" for rule in rules)
    package = match.body("artifact").text("name")
    return Suppression(match.body("vulnerability").text("id"), ", ".join(reasons), ", ".join(origins), package)


def _rule_reasons(rule: Body) -> Iterator[str]:
    """Give what a rule says for itself, or else what it matches."""
    said = [rule.short_text(name, _MAX_REASON) for name in ("reason", "vex-status", "vex-justification")]
    matched = rule.text("fix-state")
    yield from (text for text in said if text) if any(said) else (f"fix state {matched}",) if matched else ()
