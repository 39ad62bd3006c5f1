"""What the tests of exceptions are put together from: one blocked release, and an exception that lets it pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from promoter.core.candidate import Candidate, Digest
from promoter.core.codes import Code
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Finding, Item, Mode, Outcome, Reason
from promoter.core.policy_exception import Granted, Means, PolicyException
from promoter.core.predicates.vulnerability import Severity
from promoter.core.waiving import Scope, Waived, waive

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DIGEST = Digest("sha256:" + "83" * 32)
OTHER_DIGEST = Digest("sha256:" + "84" * 32)
CANDIDATE = Candidate("cart", "1.8.3", DIGEST)
RULES = ExceptionRules()
SCOPE = Scope(CANDIDATE, "prod", RULES)
APPROVERS = ("mia", "omar")

EXCEPTION = PolicyException(
    id="EX-1",
    codes=(Code.VULNERABILITIES_OVER_LIMIT,),
    environments=("prod",),
    services=("cart",),
    vulnerabilities=("CVE-2026-31337",),
    max_severity=Severity.CRITICAL,
    owner="team-cart",
    reason="no fixed version yet",
    controls=("the endpoint is switched off",),
    evidence=("https://tickets.example/INC-812",),
    requested_by="rosa",
    not_before=NOW - 3 * DAY,
    expires=NOW + 4 * DAY,
)
GRANTED = Granted(exception=EXCEPTION, means=Means.REVIEWS, authors=("rosa",), approvers=APPROVERS, reference="#41")

FLASK = Item("CVE-2026-31337", ("GHSA-aaaa-bbbb-cccc",), "pkg:pypi/flask@3.2.0", "critical")
ZLIB = Item("CVE-2026-40000", (), "pkg:generic/zlib@1.3", "high")
OVER = Reason(Code.VULNERABILITIES_OVER_LIMIT, "1 critical, 0 allowed", "Service team: update it.", items=(FLASK,))
STALE = Reason(Code.SCAN_STALE, "the scan is 40 days old", "Service team: scan again.")


def failed(*reasons: Reason, mode: Mode = Mode.ENFORCE) -> Finding:
    return Finding("vulnerabilities", mode, Outcome.FAIL, reasons[0].sentence, reasons)


def granted(**changes: Any) -> Granted:
    """The good exception with something changed."""
    return replace(GRANTED, exception=replace(EXCEPTION, **changes))


def apply(finding: Finding, *exceptions: Granted, scope: Scope = SCOPE, now: datetime = NOW) -> Waived:
    return waive((finding,), exceptions, scope, now)


def outcome(finding: Finding, *exceptions: Granted, scope: Scope = SCOPE, now: datetime = NOW) -> Outcome:
    return apply(finding, *exceptions, scope=scope, now=now).findings[0].outcome
