"""Trivy's JSON report, SchemaVersion 2.

The report has no database identity, and times in cosign's envelope are the time of conversion: neither is read as more.
"""

from datetime import datetime
from typing import Final

from promoter.core.predicates.body import Body
from promoter.core.predicates.vulnerability import MAX_VULNERABILITIES, Fix, Scan, Vulnerability, severity_of

_MAX_RESULTS = 100_000
_OTHER_CLASSES: Final = frozenset({"secret", "license", "license-file", "config", "custom"})
_FIX_BY_STATUS: Final = {
    "fixed": Fix.FIXABLE,
    "affected": Fix.NOT_FIXABLE,
    "will_not_fix": Fix.NOT_FIXABLE,
    "fix_deferred": Fix.NOT_FIXABLE,
    "end_of_life": Fix.NOT_FIXABLE,
}


def is_trivy(report: Body) -> bool:
    """Tell whether a report is Trivy's by the two members that it always has."""
    version = report.members.get("SchemaVersion")
    return version == 2 and not isinstance(version, bool) and report.has("ArtifactName")


def read_trivy(report: Body, finished_at: datetime, version: str) -> Scan:
    """Read the report; `Results` unset or without a package target is nothing analysed."""
    results = report.bodies("Results", _MAX_RESULTS)
    targets = tuple(result for result in results if result.text("Class") not in _OTHER_CLASSES)
    found = tuple(item for target in targets for item in target.bodies("Vulnerabilities", MAX_VULNERABILITIES))
    if len(found) > MAX_VULNERABILITIES:
        raise report.refusal("Results", f"has {len(found)} findings, more than {MAX_VULNERABILITIES} are not read")
    return Scan(
        scanner="trivy",
        scanner_version=version or report.body("Trivy").text("Version"),
        finished_at=finished_at,
        database_at=None,
        analysed=bool(targets),
        vulnerabilities=tuple(_finding(item) for item in found),
        suppressed=sum(len(r.values("ExperimentalModifiedFindings", MAX_VULNERABILITIES)) for r in results),
    )


def _finding(item: Body) -> Vulnerability:
    fixed_version = item.text("FixedVersion")
    return Vulnerability(
        id=item.required_text("VulnerabilityID"),
        aliases=item.texts("VendorIDs", 1_000),
        severity=severity_of(item.text("Severity")),
        fix=Fix.FIXABLE if fixed_version else _FIX_BY_STATUS.get(item.text("Status"), Fix.UNKNOWN),
        fixed_version=fixed_version,
        package=item.text("PkgName"),
        version=item.text("InstalledVersion"),
        purl=item.body("PkgIdentifier").text("PURL"),
    )
