"""There is a fresh vulnerability scan by an accepted scanner; what it found is the next check's business.

Freshness is counted from the signed time of the log or timestamp authority, and from the scan's own end where that is
earlier: signing an old report again makes it no younger. One scan that passes whole is enough, out of the newest of
each scanner and signer; with `require_all`, one of each scanner that the policy names.
Where nobody vouches for the time of signing, the scan's own end is all there is: its signer says it, the sentence too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from promoter.core.canonical import added
from promoter.core.checks.age import CLOCK_SKEW, said
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.lacking import Lacking
from promoter.core.checks.newest_scans import SCAN_DEMAND, newest_scans, select_scans
from promoter.core.checks.platforms import Lack, judge_platforms, known_artifacts, require_platform_names
from promoter.core.checks.scanner_names import require_scanner_names
from promoter.core.checks.selection import Reading, name_of, read_accepted
from promoter.core.checks.subject import Subject
from promoter.core.checks.tool_versions import is_allowed, require_tool_versions
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Aside, Finding, Item, Reason
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.vulnerability import Scan

_LACK: Final = Lack("scan", Code.SCAN_PLATFORM_MISSING, SCAN_DEMAND.noun, SCAN_DEMAND.maker)
_Others = tuple[tuple[Judged, ...], tuple[Reason, ...]]  # unreadable scans, and what no scan could take away
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
    """Scanners whose reports count: `trivy`, `grype`, the URI of another, or its lower-case name in CycloneDX."""
    max_age: timedelta
    """How old the newest scan may be."""
    max_database_age: timedelta | None = None
    """How old the scanner's data may have been at the time of the scan; not asked for if left out."""
    require_all: bool = added(False)
    """Whether every scanner named must have a scan that passes; one of them is enough if left out."""
    platforms: tuple[str, ...] = added(())
    """Platforms of an image index, like `linux/amd64`, each of which needs a scan of its own or one that lists it."""
    scanner_versions: Mapping[str, str] | None = added(None)
    """Versions of the scanners that are accepted, like `trivy: ">=0.50"`; any version of those that are left out."""
    end_of_life: Lacking | None = added(None)  # noqa: RUF009 - `added` gives a field
    """What follows where a scan says that the distribution gets no more updates: `fail`, or `warn`, which only tells
    it; nothing if left out."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        require_platform_names(self.platforms)
        require_scanner_names(self.scanners)
        require_tool_versions("scanner_versions", self.scanner_versions)
        if strange := [name for name in self.scanner_versions or () if name not in self.scanners]:
            raise ValueError(f"scanner_versions has {strange[0]!r}, which scanners does not name")
        if self.max_age <= timedelta(0):
            raise ValueError("max_age is not above zero: no scan could ever be fresh")
        if self.max_database_age is not None and self.max_database_age <= timedelta(0):
            raise ValueError("max_database_age is not above zero: leave it out or give a duration")


def _apply(params: ScanParams, subject: Subject) -> Finding:
    return judge_platforms(params.platforms, subject, _LACK, partial(_judge_scans, params))


def _judge_scans(params: ScanParams, subject: Subject) -> Finding:
    selection = select_scans(subject, params.signers)
    question = Question("scan", subject, SCAN_DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_scan)
    newest = newest_scans(readable)
    judged = tuple((item.facts.scanner, _judge(item, params, subject)) for item in newest)
    beside = question.judge_unreadable(unreadable)
    ended = tuple(reason for item in newest for reason in _against_end_of_life(item, params))
    if params.require_all and newest:
        finding = _conclude_all(params, question, judged, (beside, ended))
    else:
        finding = question.conclude((*(one for _, one in judged), *beside), ended)
    return replace(finding, asides=tuple(_told(newest, params)))


def _told(newest: tuple[Reading[Scan], ...], params: ScanParams) -> Iterator[Aside]:
    if params.end_of_life is Lacking.WARN:
        yield from (Aside(_end_of_life(item)) for item in newest if item.facts.is_end_of_life)


def _conclude_all(
    params: ScanParams, question: Question, judged: tuple[tuple[str, Judged], ...], others: _Others
) -> Finding:
    """Demand a passing scan of every scanner; one that made none is awaited, unless something could not be asked."""
    beside, ended = others
    passing = {
        name: next((one for made, one in judged if made == name and not one.reasons), None) for name in params.scanners
    }
    good = tuple(one for one in passing.values() if one)
    if len(good) == len(passing):
        blobs = tuple(blob for one in good for blob in one.blobs)
        return question.conclude((Judged(blobs, "; ".join(one.sentence for one in good)),), ended)
    bad = tuple(one for name, one in judged if one.reasons and not passing.get(name))
    made = {name for name, _ in judged}
    missing = tuple(_missing(name) for name in passing if name not in made and not question.selection.failures)
    return question.conclude((*bad, *beside), (*ended, *missing))


def _missing(scanner: str) -> Reason:
    return Reason(
        code=Code.SCAN_SCANNER_MISSING,
        sentence=f"there is no scan by {scanner}, and each of the named scanners is demanded",
        remedy=f"Security team: scan the digest with {scanner} too and attest the report.",
        state=EvidenceState.ABSENT,
    )


def _judge(item: Reading[Scan], params: ScanParams, subject: Subject) -> Judged:
    scan, is_dated = item.facts, item.attestation.signed_at is not None
    by = f"scanned by {scan.scanner} {scan.scanner_version}".rstrip()
    sentence = f"{by} at {_as_of(item):%Y-%m-%d %H:%M:%SZ}{'' if is_dated else ', as its signer alone says'}"
    if scan.display_only:
        return Judged((item.attestation.found.blob,), "", tuple(display_only(item)))
    checks = (
        *_against_scanner(item, params),
        *_against_version(item, params),
        *_against_time(item, params, subject),
        *_against_database(item, params),
        *nothing_analysed(item),
        *other_artifact(item, subject),
    )
    return Judged((item.attestation.found.blob,), sentence, checks)


def display_only(item: Reading[Scan]) -> Iterator[Reason]:
    """Say so where a report can only be shown: it has no contract for packages, fixes and severities."""
    if item.facts.display_only:
        yield Reason(
            code=Code.SCAN_DISPLAY_ONLY,
            sentence=f"the scan {name_of(item.attestation)} is a SARIF report by {item.facts.scanner} with "
            f"{item.facts.shown} results: it is shown and cannot decide",
            remedy="Security team: attest the scanner's JSON report, which names packages and fixes.",
            state=EvidenceState.INVALID,
        )


def other_artifact(item: Reading[Scan], subject: Subject) -> Iterator[Reason]:
    """Compare the manifests that the report says it looked at, if any: one that is known is enough."""
    objects = item.facts.objects
    if objects and known_artifacts(subject, item.attestation).isdisjoint(objects):
        yield Reason(
            code=Code.SCAN_OTHER_ARTIFACT,
            sentence=f"the {item.facts.scanner} scan {name_of(item.attestation)} looked at {', '.join(objects[:3])}, "
            f"and is attached to {subject.candidate.digest}",
            remedy=f"Security team: scan {subject.candidate.digest} itself, from the registry, and attest the report.",
            state=EvidenceState.INVALID,
        )


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


def _against_version(item: Reading[Scan], params: ScanParams) -> Iterator[Reason]:
    """Compare the version that the report states; one that is not stated is in no range but `*`."""
    scanner, version = item.facts.scanner, item.facts.scanner_version
    wanted = (params.scanner_versions or {}).get(scanner)
    if wanted is not None and not is_allowed({scanner: wanted}, scanner, version):
        yield Reason(
            code=Code.SCAN_VERSION_NOT_ALLOWED,
            sentence=f"the scan {name_of(item.attestation)} was made by {scanner} "
            f"{version or 'of a version that it does not tell'}; accepted: {wanted}",
            remedy=f"{_SCAN_AGAIN}, made by {scanner} {wanted}.",
            state=EvidenceState.INVALID,
            items=(Item(f"{scanner} {version}".rstrip()),),
        )


def _against_end_of_life(item: Reading[Scan], params: ScanParams) -> Iterator[Reason]:
    """Say so where any scan that counts does: a scanner that does not say it takes nothing back."""
    if item.facts.is_end_of_life and params.end_of_life is Lacking.FAIL:
        yield Reason(
            code=Code.SCAN_END_OF_LIFE,
            sentence=_end_of_life(item),
            remedy="Service team: build on a release of the distribution that gets updates, and release again.",
            state=EvidenceState.INVALID,
        )


def _end_of_life(item: Reading[Scan]) -> str:
    return (
        f"the {item.facts.scanner} scan {name_of(item.attestation)} says that the distribution is at its end of life: "
        "finding little means little"
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
            f"at most {said(params.max_age)} are accepted",
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
            f"at most {said(params.max_database_age)} are accepted",
            remedy="Security team: scan with Grype, whose report says it, or leave max_database_age out of the policy.",
            state=EvidenceState.UNPARSEABLE,
        )
    elif scan.finished_at - scan.database_at > params.max_database_age:
        yield Reason(
            code=Code.SCAN_DATABASE_STALE,
            sentence=f"{name} used vulnerability data of {scan.database_at.isoformat()}, "
            f"{said(scan.finished_at - scan.database_at)} old at the time; "
            f"at most {said(params.max_database_age)} are accepted",
            remedy=f"{_SCAN_AGAIN}, with an updated database.",
            state=EvidenceState.STALE,
        )


def _as_of(item: Reading[Scan]) -> datetime:
    return min(item.facts.finished_at, item.attestation.signed_at or item.facts.finished_at)


SCAN: Final = Check("scan", "scanned for vulnerabilities lately", ScanParams, _apply)
