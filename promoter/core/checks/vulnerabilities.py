"""The scans found no more than the policy allows, by severity and fixability.

All scans that count are taken together: the same vulnerability once, the worse statement about it. A scan that analysed
nothing, and an unreadable one that is newer than its signer's readable ones, stand in the way: neither is clean.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.newest_scans import SCAN_DEMAND, newest_scans
from promoter.core.checks.scan import nothing_analysed
from promoter.core.checks.selection import Reading, read_accepted, select
from promoter.core.checks.shortcomings import unreadable_reason
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.finding import Finding, Reason
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.vulnerability import Fix, Scan, Severity, Vulnerability, distinct
from promoter.core.strict_json import Malformed

_NAMED: Final = 5
_WORDS: Final = {Fix.FIXABLE: "fixable", Fix.NOT_FIXABLE: "not fixable", Fix.UNKNOWN: "of unknown fixability"}
_REMEDIES: Final = {
    Fix.FIXABLE: "Service team: update what is named, build and release again.",
    Fix.NOT_FIXABLE: "Service team: there is no fixed version; replace or remove what is named, "
    "build and release again.",
    Fix.UNKNOWN: "Security team: scan with Trivy or Grype, whose reports say whether there is a fix.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VulnerabilitiesParams:
    """Whose scans count and how many vulnerabilities they may find."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    limits: SeverityLimits
    """How many vulnerabilities are allowed, by severity and by whether there is a fix."""

    def __post_init__(self) -> None:
        require_signers(self.signers)


def _apply(params: VulnerabilitiesParams, subject: Subject) -> Finding:
    selection = select(subject, SCAN_DEMAND, params.signers)
    question = Question("vulnerabilities", subject, SCAN_DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_scan)
    if not readable:
        return question.conclude(question.judge_unreadable(unreadable))
    newest = newest_scans(readable)
    found = distinct(item for scan in newest for item in scan.facts.vulnerabilities)
    in_the_way = tuple(item for item in unreadable if _is_newer(item, newest))
    cited = (*(scan.attestation for scan in newest), *(item.attestation for item in in_the_way))
    judged = Judged(
        blobs=tuple(item.found.blob for item in cited),
        sentence=_describe(newest, found),
        reasons=(
            *(reason for severity in Severity for reason in _against(severity, params.limits.of(severity), found)),
            *(reason for scan in newest for reason in nothing_analysed(scan)),
            *(unreadable_reason(subject, SCAN_DEMAND, item) for item in in_the_way),
        ),
    )
    return question.conclude((judged,))


def _is_newer(item: Reading[Malformed], newest: tuple[Reading[Scan], ...]) -> bool:
    """Tell whether an unreadable scan was signed after every readable one by the same signer, or at the same time."""
    signer, rank = item.attestation.signer, item.attestation.rank
    return all(
        rank >= scan.attestation.rank
        for scan in newest
        if (scan.attestation.signer.san, scan.attestation.signer.issuer) == (signer.san, signer.issuer)
    )


def _describe(newest: tuple[Reading[Scan], ...], found: tuple[Vulnerability, ...]) -> str:
    scanners = ", ".join(dict.fromkeys(item.facts.scanner for item in newest))
    counts = ((severity, sum(item.severity is severity for item in found)) for severity in Severity)
    listed = ", ".join(f"{count} of {severity.value} severity" for severity, count in counts if count)
    suppressed = sum(item.facts.suppressed for item in newest)
    beside = f" ({suppressed} more were suppressed by the scanner's own rules)" if suppressed else ""
    return f"{scanners} found {listed or 'no vulnerabilities'}, within the limits{beside}"


# --- against the limits of one severity -----------------------------------------------------------------------------


def _against(severity: Severity, limits: Limits, found: tuple[Vulnerability, ...]) -> Iterator[Reason]:
    rated = tuple(item for item in found if item.severity is severity)
    for fix in Fix:
        these = tuple(item for item in rated if item.fix is fix)
        limit = limits.of(fix)
        if limit is not None and len(these) > limit:
            yield _over(severity, fix, these, limit)
    if limits.unknown is None:
        yield from _against_unset_unknown(severity, limits, rated)


def _against_unset_unknown(severity: Severity, limits: Limits, rated: tuple[Vulnerability, ...]) -> Iterator[Reason]:
    """Judge vulnerabilities without a word about a fix where only the other buckets have limits.

    Each is fixable or not. If every split of them keeps the limits, they pass; if none does, they fail; else undecided.
    """
    these = tuple(item for item in rated if item.fix is Fix.UNKNOWN)
    limited = [fix for fix in (Fix.FIXABLE, Fix.NOT_FIXABLE) if limits.of(fix) is not None]
    room = [max((limits.of(fix) or 0) - sum(item.fix is fix for item in rated), 0) for fix in limited]
    if not these or not limited or len(these) <= min(room):
        return
    if len(limited) == 2 and len(these) > sum(room):
        yield _over(severity, Fix.UNKNOWN, these, sum(room))
        return
    words = " and ".join(f"{limits.of(fix)} {_WORDS[fix]}" for fix in limited)
    yield Reason(
        code=Code.VULNERABILITIES_FIXABILITY_UNKNOWN,
        sentence=f"no scan says whether {_counted(these, severity)} can be fixed, and the limits depend on it "
        f"({words} allowed): {_listed(these)}",
        remedy=_REMEDIES[Fix.UNKNOWN],
    )


def _over(severity: Severity, fix: Fix, these: tuple[Vulnerability, ...], limit: int) -> Reason:
    return Reason(
        code=Code.VULNERABILITIES_OVER_LIMIT,
        sentence=f"{_counted(these, severity)}, {_WORDS[fix]}, {limit} allowed: {_listed(these)}",
        remedy=_REMEDIES[fix],
    )


def _counted(these: tuple[Vulnerability, ...], severity: Severity) -> str:
    noun = "vulnerability" if len(these) == 1 else "vulnerabilities"
    return f"{len(these)} {noun} of {severity.value} severity"


def _listed(these: tuple[Vulnerability, ...]) -> str:
    ordered = sorted(these, key=lambda item: (item.canonical_id, item.component))
    more = f", and {len(ordered) - _NAMED} more" if len(ordered) > _NAMED else ""
    return ", ".join(_name(item) for item in ordered[:_NAMED]) + more


def _name(item: Vulnerability) -> str:
    where = f" in {item.package} {item.version}".rstrip() if item.package else ""
    fixed = f" (fixed in {item.fixed_version})" if item.fixed_version else ""
    return f"{item.canonical_id}{where}{fixed}"


VULNERABILITIES: Final = Check("vulnerabilities", "no more vulnerabilities than allowed", VulnerabilitiesParams, _apply)
