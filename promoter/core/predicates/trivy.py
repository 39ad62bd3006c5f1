"""Trivy's JSON report, SchemaVersion 2.

The report has no database identity, and the times in cosign's envelope are those of the conversion: `CreatedAt`, where
the report has it, is when it was scanned. Filters on the command line leave no trace in it; what an ignore file or a
VEX document hid stands there only with `--show-suppressed`.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from promoter.core.predicates.body import Body
from promoter.core.predicates.purl import image_digest
from promoter.core.predicates.vulnerability import (
    MAX_VULNERABILITIES,
    Fix,
    Rating,
    Scan,
    Severity,
    Suppression,
    Vulnerability,
    rated,
    severity_of_number,
    worst,
)

_MAX_RESULTS = 100_000
_MAX_LIST = 1_000
_MAX_REASON = 500  # characters of a statement about a suppressed finding that are kept
_OTHER_CLASSES: Final = frozenset({"secret", "license", "license-file", "config", "custom"})
_FIX_BY_STATUS: Final = {
    "fixed": Fix.FIXABLE,
    "affected": Fix.NOT_FIXABLE,
    "will_not_fix": Fix.NOT_FIXABLE,
    "fix_deferred": Fix.NOT_FIXABLE,
    "end_of_life": Fix.NOT_FIXABLE,
}
_VENDOR_SEVERITIES: Final = (Severity.UNKNOWN, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL)
_SCORES: Final = ("V40Score", "V3Score", "V2Score")


def is_trivy(report: Body) -> bool:
    """Tell whether a report is Trivy's by the two members that it always has."""
    version = report.members.get("SchemaVersion")
    return version == 2 and not isinstance(version, bool) and report.has("ArtifactName")


def read_trivy(report: Body, finished_at: datetime, version: str) -> Scan:
    """Read the report; `Results` unset or without a package target is nothing analysed.

    A target without `Vulnerabilities` is one in which none were found.
    """
    results = report.bodies("Results", _MAX_RESULTS)
    targets = tuple(result for result in results if result.text("Class") not in _OTHER_CLASSES)
    found = tuple(item for target in targets for item in target.bodies("Vulnerabilities", MAX_VULNERABILITIES))
    if len(found) > MAX_VULNERABILITIES:
        raise report.refusal("Results", f"has {len(found)} findings, more than {MAX_VULNERABILITIES} are not read")
    metadata = report.body("Metadata")
    return Scan(
        scanner="trivy",
        scanner_version=version or report.body("Trivy").text("Version"),
        finished_at=min(finished_at, report.time("CreatedAt") or finished_at),
        database_at=None,
        analysed=bool(targets),
        vulnerabilities=tuple(_finding(item) for item in found),
        suppressed=tuple(item for result in results for item in _suppressed(result)),
        objects=tuple(
            digest for name in metadata.texts("RepoDigests", _MAX_LIST) if (digest := image_digest(name)) is not None
        ),
        is_end_of_life=metadata.body("OS").members.get("EOSL") is True,
    )


def _finding(item: Body) -> Vulnerability:
    fixed_versions = [part.strip() for part in item.text("FixedVersion").split(",") if part.strip()]
    status, ratings = item.text("Status"), tuple(_ratings(item))
    return Vulnerability(
        id=item.required_text("VulnerabilityID"),
        aliases=item.texts("VendorIDs", _MAX_LIST),
        severity=rated(item.text("Severity"), ratings),
        fix=Fix.FIXABLE if fixed_versions else _FIX_BY_STATUS.get(status, Fix.UNKNOWN),
        fixed_version=", ".join(fixed_versions),
        fix_status=status,
        package=item.text("PkgName"),
        version=item.text("InstalledVersion"),
        purl=item.body("PkgIdentifier").text("PURL"),
        ratings=ratings,
        published_at=item.time("PublishedDate"),
    )


def _ratings(item: Body) -> Iterator[Rating]:
    """Read what each source says: a number from 0 to 4, or CVSS scores, of which the worst counts."""
    vendors, scores = item.body("VendorSeverity"), item.body("CVSS")
    for source in tuple(vendors.members)[:_MAX_LIST]:
        number = vendors.number(source)
        known = number is not None and number in range(len(_VENDOR_SEVERITIES))
        yield Rating(source[:100], _VENDOR_SEVERITIES[int(number)] if known and number else Severity.UNKNOWN)
    for source in tuple(scores.members)[:_MAX_LIST]:
        said = scores.body(source)
        yield Rating(source[:100], worst(severity_of_number(said.number(name)) for name in _SCORES))


def _suppressed(result: Body) -> Iterator[Suppression]:
    for item in result.bodies("ExperimentalModifiedFindings", MAX_VULNERABILITIES):
        if item.text("Type") not in {"", "vulnerability"}:
            continue
        finding = item.body("Finding")
        reason = ": ".join(text for text in (item.text("Status"), item.short_text("Statement", _MAX_REASON)) if text)
        yield Suppression(finding.text("VulnerabilityID"), reason, item.text("Source"), finding.text("PkgName"))
