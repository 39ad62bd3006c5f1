"""The scans found no more than the policy allows, by severity and fixability.

All scans that count are taken together: the same vulnerability once, the worse statement about it. A scan that analysed
nothing, one of another image, and an unreadable one that is newer than its signer's readable ones, stand in the way:
none of them is clean. A SARIF report decides nothing, either way.
What a scanner was told to leave out, and what a VEX author whom the policy names answers for, is told beside the rest.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final

from promoter.core.canonical import added
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.grace import GracePeriods, split_by_grace, told_grace
from promoter.core.checks.limits import SeverityLimits
from promoter.core.checks.newest_scans import SCAN_DEMAND, newest_scans, select_scans
from promoter.core.checks.platforms import Lack, judge_platforms, require_platform_names
from promoter.core.checks.scan import display_only, nothing_analysed, other_artifact
from promoter.core.checks.selection import Reading, name_of, read_accepted
from promoter.core.checks.shortcomings import unreadable_reason
from promoter.core.checks.subject import Subject
from promoter.core.checks.vex import Assessment, Removal, VexParams, assess
from promoter.core.checks.vulnerability_limits import against_limits, name_vulnerability
from promoter.core.checks.vulnerability_threats import Exploited, against_threats
from promoter.core.circumstances import Exposure
from promoter.core.codes import Code
from promoter.core.finding import Aside, Finding, Reason
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.vulnerability import Scan, Severity, Suppression, Vulnerability, distinct
from promoter.core.strict_json import Malformed

_LACK: Final = Lack("vulnerabilities", Code.SCAN_PLATFORM_MISSING, SCAN_DEMAND.noun, SCAN_DEMAND.maker)
_NAMED: Final = 5
_ASIDES: Final = 200  # of a finding, before the rest is counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureLimits:
    """Limits besides, for services that can be reached from some places."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    internet: SeverityLimits
    """For services whose `exposure` is `internet`: they must keep these and `limits`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VulnerabilitiesParams:
    """Whose scans count and how many vulnerabilities they may find."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    limits: SeverityLimits
    """How many vulnerabilities are allowed, by severity and by whether there is a fix."""
    platforms: tuple[str, ...] = added(())
    """Platforms of an image index, like `linux/amd64`, each of which needs a scan of its own or one that lists it."""
    vex: VexParams | None = added(None)  # noqa: RUF009 - `added` gives a field
    """Whose VEX documents take vulnerabilities out of account; nobody's if left out."""
    grace: GracePeriods | None = added(None)  # noqa: RUF009 - `added` gives a field
    """For how long after its publication a vulnerability does not count; one whose report does not tell when it was
    published counts at once, and so does one that is known to be exploited."""
    known_exploited: Exploited = added(Exploited.LIMIT)  # noqa: RUF009 - `added` gives a field
    """What is known to be exploited: `deny`, whatever its severity, or `limit` like any other."""
    epss_max: int | None = added(None)
    """The highest probability of exploitation (EPSS) that a vulnerability may have, in percent; any if left out."""
    exposure: ExposureLimits | None = added(None)  # noqa: RUF009 - `added` gives a field
    """Stricter limits for services that are more exposed than others."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        require_platform_names(self.platforms)
        if self.epss_max is not None and not 1 <= self.epss_max <= 99:
            raise ValueError("epss_max must be 1 to 99 percent, or left out")


def _apply(params: VulnerabilitiesParams, subject: Subject) -> Finding:
    return judge_platforms(params.platforms, subject, _LACK, partial(_judge, params))


def _judge(params: VulnerabilitiesParams, subject: Subject) -> Finding:
    selection = select_scans(subject, params.signers)
    question = Question("vulnerabilities", subject, SCAN_DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_scan)
    counting = newest_scans(item for item in readable if not item.facts.display_only)
    if not counting:
        shown = (Judged((item.attestation.found.blob,), "", tuple(display_only(item))) for item in readable)
        return question.conclude((*shown, *question.judge_unreadable(unreadable)))
    found = distinct(item for scan in counting for item in scan.facts.vulnerabilities)
    assessment = assess(params.vex, subject, found)
    due, graced = split_by_grace(params.grace, assessment.counted, subject.now)
    in_the_way = tuple(item for item in unreadable if _is_newer(item, counting))
    answers = (removal.attestation for removal in assessment.removed)
    cited = (*(scan.attestation for scan in counting), *(item.attestation for item in in_the_way), *answers)
    judged = Judged(
        blobs=tuple(dict.fromkeys(item.found.blob for item in cited)),
        sentence=_describe(counting, assessment, len(graced)),
        reasons=(
            *_against_limits(params, subject, due),
            *against_threats(params.known_exploited, params.epss_max, assessment.counted),
            *(reason for scan in counting for reason in (*nothing_analysed(scan), *other_artifact(scan, subject))),
            *(unreadable_reason(subject, SCAN_DEMAND, item) for item in in_the_way),
        ),
    )
    told = replace(assessment, asides=(*assessment.asides, *(told_grace(item) for item in graced)))
    return _tell(question.conclude((judged,)), newest_scans(readable), told)


def _against_limits(
    params: VulnerabilitiesParams, subject: Subject, due: tuple[Vulnerability, ...]
) -> Iterator[Reason]:
    """Measure against the limits that the service's exposure calls for."""
    exposure, by_exposure = subject.circumstances.service.exposure, params.exposure
    yield from against_limits(params.limits, due)
    if by_exposure and exposure is Exposure.INTERNET:
        yield from against_limits(by_exposure.internet, due)
    if by_exposure and exposure is None:
        yield Reason(
            code=Code.VULNERABILITIES_EXPOSURE_UNKNOWN,
            sentence=f"nothing says from where {subject.candidate.service} can be reached, and the limits depend on it",
            remedy=f"Service team: set `exposure` in config/services/{subject.candidate.service}.yaml.",
        )


def _is_newer(item: Reading[Malformed], newest: tuple[Reading[Scan], ...]) -> bool:
    """Tell whether an unreadable scan was signed after every readable one by the same signer, or at the same time.

    One that nobody dates might be the newest of its signer.
    """
    signer, rank = item.attestation.signer.identity, item.attestation.rank
    return item.attestation.signed_at is None or all(
        rank >= scan.attestation.rank for scan in newest if scan.attestation.signer.identity == signer
    )


def _describe(newest: tuple[Reading[Scan], ...], assessment: Assessment, graced: int) -> str:
    scanners = ", ".join(dict.fromkeys(item.facts.scanner for item in newest))
    counts = ((severity, sum(item.severity is severity for item in assessment.counted)) for severity in Severity)
    listed = ", ".join(f"{count} of {severity.value} severity" for severity, count in counts if count)
    suppressed = tuple(item for scan in newest for item in scan.facts.suppressed)
    waiting = f"{graced} of them not counted yet" if graced else ""
    beside = "; ".join(part for part in (waiting, _removed(assessment.removed), _suppressed(suppressed)) if part)
    return f"{scanners} found {listed or 'no vulnerabilities'}, within the limits{f' ({beside})' if beside else ''}"


# --- what is left out of account --------------------------------------------------------------------------------------


def _removed(removed: tuple[Removal, ...]) -> str:
    """Name what VEX took away, by author."""
    authors = dict.fromkeys(_author(item) for item in removed)
    texts = []
    for author in authors:
        theirs = [item for item in removed if _author(item) == author]
        named = [f"{item.vulnerability.canonical_id} ({item.statement.because})" for item in theirs]
        texts.append(f"{len(theirs)} removed by VEX of {author}: {_first(named)}")
    return "; ".join(texts)


def _author(item: Removal) -> str:
    signer = item.attestation.signer
    return signer.san or f"the key {signer.key}"


def _suppressed(suppressed: tuple[Suppression, ...]) -> str:
    if not suppressed:
        return ""
    many = "more were" if len(suppressed) > 1 else "more was"
    named = _first([_left_out(one) for one in suppressed])
    return f"{len(suppressed)} {many} suppressed by the scanner's own rules: {named}"


def _left_out(item: Suppression) -> str:
    why = ", ".join(text for text in (item.reason, item.who and f"by {item.who}") if text)
    where = f" in {item.package}" if item.package else ""
    return f"{item.id or 'one without an identifier'}{where}{f' ({why})' if why else ''}"


def _first(named: list[str]) -> str:
    more = f", and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more


def _tell(finding: Finding, newest: tuple[Reading[Scan], ...], assessment: Assessment) -> Finding:
    """Add what does not count: each in a line of its own, and the VEX documents that had a say in nothing."""
    asides = (*assessment.asides, *(_removal(item) for item in assessment.removed), *_scanners_own(newest))
    cut = tuple(islice(asides, _ASIDES))
    rest = (Aside(f"and {len(asides) - _ASIDES} more"),) if len(asides) > _ASIDES else ()
    known = {*finding.cites, *finding.noted}
    noted = (*finding.noted, *(blob for blob in assessment.noted if blob not in known))
    return replace(finding, asides=(*cut, *rest), noted=noted)


def _removal(item: Removal) -> Aside:
    said = f"{item.statement.status.value} ({item.statement.because}) since {item.statement.at:%Y-%m-%d %H:%M:%SZ}"
    source = f"{_author(item)} in the VEX document {name_of(item.attestation)}"
    what = f"{item.vulnerability.severity.value} {name_vulnerability(item.vulnerability)}"
    return Aside(f"{what} does not count: {said}, says {source}")


def _scanners_own(newest: tuple[Reading[Scan], ...]) -> Iterator[Aside]:
    for scan in newest:
        name = f"{scan.facts.scanner} scan {name_of(scan.attestation)}"
        yield from (Aside(f"the {name} leaves out {_left_out(item)}") for item in scan.facts.suppressed)
        if scan.facts.display_only:
            yield Aside(
                f"the {name} is a SARIF report with {scan.facts.shown} results, which is shown and cannot decide"
            )
        if scan.facts.is_end_of_life:
            yield Aside(f"the {name} says that the distribution is at its end of life: finding little means little")


VULNERABILITIES: Final = Check("vulnerabilities", "no more vulnerabilities than allowed", VulnerabilitiesParams, _apply)
