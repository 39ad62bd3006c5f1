"""There is a fresh vulnerability scan by an accepted scanner; what it found is the next check's business.

Freshness is counted from the signed time of the log or timestamp authority, and from the scan's own end where that is
earlier: signing an old report again makes it no younger. One scan that passes whole is enough, out of the newest of
each scanner and signer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.newest_scans import SCAN_DEMAND, newest_scans
from promoter.core.checks.selection import Reading, name_of, read_accepted, select
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.vulnerability import Scan

CLOCK_SKEW: Final = timedelta(seconds=60)
"""How far the scanner's clock may be ahead of the log's, which counts whole seconds only."""

_SCAN_AGAIN = "Security team: scan the digest again and attest the report"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanParams:
    """Who may attest scans, made by which scanners, and how old one may be.

    `max_database_age` is the age of the scanner's data at the time of the scan; Trivy's reports do not tell it.
    """

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    scanners: tuple[str, ...]
    """Scanners whose reports count: `trivy`, `grype` or the URI of another one."""
    max_age: timedelta
    """How old the newest scan may be."""
    max_database_age: timedelta | None = None
    """How old the scanner's data may have been at the time of the scan; not asked for if left out."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.scanners:
            raise ValueError("scanners names none: name trivy, grype or the URI of another scanner")
        if self.max_age <= timedelta(0):
            raise ValueError("max_age is not above zero: no scan could ever be fresh")
        if self.max_database_age is not None and self.max_database_age <= timedelta(0):
            raise ValueError("max_database_age is not above zero: leave it out or give a duration")


def _apply(params: ScanParams, subject: Subject) -> Finding:
    selection = select(subject, SCAN_DEMAND, params.signers)
    question = Question("scan", subject, SCAN_DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_scan)
    judged = tuple(_judge(item, params, subject) for item in newest_scans(readable))
    return question.conclude((*judged, *question.judge_unreadable(unreadable)))


def _judge(item: Reading[Scan], params: ScanParams, subject: Subject) -> Judged:
    scan = item.facts
    sentence = f"scanned by {scan.scanner} {scan.scanner_version} at {_as_of(item):%Y-%m-%d %H:%M:%SZ}"
    checks = (
        *_against_scanner(item, params),
        *_against_time(item, params, subject),
        *_against_database(item, params),
        *nothing_analysed(item),
    )
    return Judged((item.attestation.found.blob,), sentence, checks)


def nothing_analysed(item: Reading[Scan]) -> Iterator[Reason]:
    """Say so where the report shows no package that was looked at: it is not clean, it is silent."""
    if not item.facts.analysed:
        yield Reason(
            code=Code.SCAN_NOTHING_ANALYSED,
            sentence=f"the {item.facts.scanner} scan {name_of(item.attestation)} shows nothing that was analysed, "
            "so it does not say that there are no vulnerabilities",
            remedy="Security team: scan with all package types and let the report list its targets "
            "(an image without any package needs a scanner that says so).",
            state=EvidenceState.UNPARSEABLE,
        )


def _against_scanner(item: Reading[Scan], params: ScanParams) -> Iterator[Reason]:
    if item.facts.scanner not in params.scanners:
        yield Reason(
            code=Code.SCAN_SCANNER_NOT_ALLOWED,
            sentence=f"the scan {name_of(item.attestation)} was made by {item.facts.scanner}; "
            f"accepted: {', '.join(params.scanners)}",
            remedy=f"Security team: scan with {' or '.join(params.scanners)}.",
            state=EvidenceState.INVALID,
        )


def _against_time(item: Reading[Scan], params: ScanParams, subject: Subject) -> Iterator[Reason]:
    finished_at, signed_at = item.facts.finished_at, item.attestation.signed_at
    signed = f"signed {signed_at.isoformat()}" if signed_at else "signed at no time that anybody vouches for"
    name = f"the scan {name_of(item.attestation)}"
    if finished_at > min(signed_at or subject.now, subject.now) + CLOCK_SKEW:
        yield Reason(
            code=Code.SCAN_FROM_THE_FUTURE,
            sentence=f"{name} says it ended at {finished_at.isoformat()}, which is after it was signed "
            f"({signed_at.isoformat() if signed_at else 'at no known time'}) or still to come",
            remedy="Security team: set the scanner machine's clock and scan again.",
            state=EvidenceState.INVALID,
        )
    database_at = item.facts.database_at
    if database_at is not None and database_at > finished_at + CLOCK_SKEW:
        yield Reason(
            code=Code.SCAN_FROM_THE_FUTURE,
            sentence=f"{name} says it used vulnerability data of {database_at.isoformat()} "
            f"and ended before, at {finished_at.isoformat()}",
            remedy="Security team: set the scanner machine's clock and scan again.",
            state=EvidenceState.INVALID,
        )
    age = subject.now - _as_of(item)
    if age > params.max_age:
        yield Reason(
            code=Code.SCAN_STALE,
            sentence=f"{name} is too old (ended {finished_at.isoformat()}, {signed}): "
            f"at most {_said(params.max_age)} are accepted",
            remedy=f"{_SCAN_AGAIN}.",
            state=EvidenceState.STALE,
        )


def _against_database(item: Reading[Scan], params: ScanParams) -> Iterator[Reason]:
    if params.max_database_age is None:
        return
    scan, name = item.facts, f"the {item.facts.scanner} scan {name_of(item.attestation)}"
    if scan.database_at is None:
        yield Reason(
            code=Code.SCAN_DATABASE_AGE_UNKNOWN,
            sentence=f"{name} does not say how old its vulnerability data was, "
            f"at most {_said(params.max_database_age)} are accepted",
            remedy="Security team: scan with Grype, whose report says it, or leave max_database_age out of the policy.",
            state=EvidenceState.UNPARSEABLE,
        )
    elif scan.finished_at - scan.database_at > params.max_database_age:
        yield Reason(
            code=Code.SCAN_DATABASE_STALE,
            sentence=f"{name} used vulnerability data of {scan.database_at.isoformat()}, "
            f"{_said(scan.finished_at - scan.database_at)} old at the time; "
            f"at most {_said(params.max_database_age)} are accepted",
            remedy=f"{_SCAN_AGAIN}, with an updated database.",
            state=EvidenceState.STALE,
        )


def _as_of(item: Reading[Scan]) -> datetime:
    return min(item.facts.finished_at, item.attestation.signed_at or item.facts.finished_at)


def _said(duration: timedelta) -> str:
    """Say a duration in words: days and hours, or hours and minutes, or seconds below a minute."""
    seconds = max(int(duration.total_seconds()), 0)
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    if days:
        return f"{days} d {hours} h"
    if hours or minutes:
        return f"{hours} h {minutes} min"
    return f"{seconds} s"


SCAN: Final = Check("scan", "scanned for vulnerabilities lately", ScanParams, _apply)
