"""SARIF 2.1.0 reports of scanners, for display alone: they have no contract for packages, fixes or severities."""

from datetime import datetime

from promoter.core.predicates.body import Body
from promoter.core.predicates.vulnerability import MAX_VULNERABILITIES, Scan, Suppression

_MAX_RUNS = 100
_MAX_LIST = 100
_MAX_REASON = 500


def is_sarif(report: Body) -> bool:
    """Tell whether a report is SARIF by the two members that it always has."""
    return report.members.get("version") == "2.1.0" and report.has("runs")


def read_sarif_scan(report: Body, finished_at: datetime) -> Scan:
    """Read what can be shown: the tool, how many results it lists, and those that were suppressed."""
    runs = report.bodies("runs", _MAX_RUNS)
    drivers = [run.body("tool").body("driver") for run in runs]
    results = tuple(result for run in runs for result in run.bodies("results", MAX_VULNERABILITIES))
    suppressed = tuple(item for result in results if (item := _suppressed(result)) is not None)
    return Scan(
        scanner=", ".join(dict.fromkeys(driver.text("name").lower() for driver in drivers)) or "sarif",
        scanner_version=", ".join(dict.fromkeys(driver.text("version") for driver in drivers)),
        finished_at=finished_at,
        database_at=None,
        analysed=False,
        vulnerabilities=(),
        suppressed=suppressed,
        display_only=True,
        shown=len(results) - len(suppressed),
    )


def _suppressed(result: Body) -> Suppression | None:
    """Give a result that was suppressed; a suppression that was rejected, or is only under review, is none."""
    given = [item for item in result.bodies("suppressions", _MAX_LIST) if item.text("status") in {"", "accepted"}]
    if not given:
        return None
    reasons = dict.fromkeys(item.short_text("justification", _MAX_REASON) for item in given)
    return Suppression(
        result.text("ruleId"),
        ", ".join(reason for reason in reasons if reason),
        ", ".join(dict.fromkeys(item.text("kind") for item in given)),
    )
