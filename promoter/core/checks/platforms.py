"""Evidence for each platform of an image index that a policy names.

Each needs evidence of its own, about its manifest, or evidence about the index whose statement lists that manifest
among its subjects: what looked at one platform says nothing of the others. The worst platform counts.
A single image has one manifest, which is whatever platform it is for: then nothing more is asked than without names.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from promoter.core.candidate import Digest
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Evidence, EvidenceState, Platform
from promoter.core.finding import Finding, Outcome, Reason
from promoter.core.predicates import types

_NAME = re.compile(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9.]+)?", re.ASCII)
_SPELLINGS = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "x64": "amd64",
    "aarch64": "arm64",
    "armv7": "arm/v7",
    "armv7l": "arm/v7",
    "armhf": "arm/v7",
    "i386": "386",
    "i686": "386",
    "x86": "386",
    "macos": "darwin",
    "win": "windows",
}
"""What other tools call the systems and architectures that image indexes name as Go does."""

_WORST_FIRST = (Outcome.FAIL, Outcome.UNDECIDED, Outcome.PASS)


@dataclass(frozen=True, slots=True)
class Lack:
    """How a check says that a platform has none of its evidence."""

    check: str
    code: Code
    noun: str
    maker: str


def require_platform_names(names: tuple[str, ...]) -> None:
    """Refuse names that no platform can have, or none in an image index has; raises ValueError."""
    for name in names:
        system, slash, architecture = name.partition("/")
        usual = f"{_SPELLINGS.get(system, system)}{slash}{_SPELLINGS.get(architecture, architecture)}"
        if usual != name:
            raise ValueError(f"platforms has {name!r}, which image indexes call {usual}: write that")
        if not _NAME.fullmatch(name):
            raise ValueError(f"platforms has {name!r}: write os/architecture or os/architecture/variant")


def judge_platforms(
    names: tuple[str, ...], subject: Subject, lack: Lack, judge: Callable[[Subject], Finding]
) -> Finding:
    """Judge each named platform of an index by itself, or the image where there is no index or no name."""
    platforms = subject.evidence.platforms
    if not names or not platforms:
        return judge(subject)
    found = {name: tuple(one for one in platforms if one.is_named(name)) for name in names}
    absent = absent_platforms(names, subject)
    wanted = tuple(dict.fromkeys(one for those in found.values() for one in those))
    judged = tuple((one, judge(_about(subject, one))) for one in wanted)
    return _combine(lack.check, subject, absent, tuple(_of_platform(one, finding, lack) for one, finding in judged))


def known_artifacts(subject: Subject, item: Attestation) -> frozenset[Digest]:
    """List the manifests that evidence may name without contradiction: ours, the index, its platforms, its subjects."""
    platforms = (platform.digest for platform in subject.evidence.platforms)
    return frozenset((subject.candidate.digest, subject.evidence.digest, *platforms, *item.subjects))


def _about(subject: Subject, platform: Platform) -> Subject:
    """Give the subject with the evidence of one platform in place of that of the index.

    Nothing that could not be asked about the index is forgotten: it might list the platform. `Evidence.digest` stays
    the index's.
    """
    index, own = subject.evidence, _part(subject.evidence, platform)
    covering = tuple(item for item in index.attestations if _covers(item, platform))
    evidence = replace(
        index,
        attestations=(*own.attestations, *covering),
        unusable=own.unusable,
        failures=tuple(dict.fromkeys((*index.failures, *own.failures))),
        parts=(),
    )
    return replace(subject, candidate=replace(subject.candidate, digest=platform.digest), evidence=evidence)


def _part(index: Evidence, platform: Platform) -> Evidence:
    return next((part for part in index.parts if part.digest == platform.digest), Evidence(platform.digest))


def _covers(item: Attestation, platform: Platform) -> bool:
    """Tell whether evidence about the index is about a platform: it says so, or is VEX, which is about the product."""
    return platform.digest in item.subjects or item.predicate_type in types.OPENVEX


# --- one finding out of several ---------------------------------------------------------------------------------------


def _of_platform(platform: Platform, finding: Finding, lack: Lack) -> Finding:
    if finding.is_absence:
        return replace(finding, sentence="", reasons=(_missing(platform, lack),))
    reasons = tuple(replace(reason, sentence=f"{platform.name}: {reason.sentence}") for reason in finding.reasons)
    return replace(finding, sentence=f"{platform.name}: {finding.sentence}", reasons=reasons)


def _combine(check: str, subject: Subject, absent: tuple[Reason, ...], findings: tuple[Finding, ...]) -> Finding:
    """Take all findings together: the worst outcome, and what made it first."""
    ordered = sorted(findings, key=lambda finding: _WORST_FIRST.index(finding.outcome))
    outcome = Outcome.FAIL if absent else ordered[0].outcome
    reasons = tuple(dict.fromkeys((*absent, *(reason for finding in ordered for reason in finding.reasons))))
    rest = f" (and {len(reasons) - 1} more reason{'s' if len(reasons) > 2 else ''})" if len(reasons) > 1 else ""
    passing = "; ".join(finding.sentence for finding in findings)
    cites = tuple(dict.fromkeys(blob for finding in findings for blob in finding.cites))
    return Finding(
        check=check,
        mode=subject.mode,
        outcome=outcome,
        sentence=f"{reasons[0].sentence}{rest}" if reasons else passing,
        reasons=reasons,
        cites=cites,
        noted=tuple(dict.fromkeys(blob for finding in findings for blob in finding.noted if blob not in cites)),
        asides=tuple(dict.fromkeys(aside for finding in findings for aside in finding.asides)),
    )


def absent_platforms(names: tuple[str, ...], subject: Subject) -> tuple[Reason, ...]:
    """Name the platforms that an image index does not have; a single image is whatever platform it is for."""
    there = subject.evidence.platforms
    return tuple(_absent(subject, name) for name in names if there and not any(one.is_named(name) for one in there))


def _absent(subject: Subject, name: str) -> Reason:
    there = ", ".join(platform.name for platform in subject.evidence.platforms)
    return Reason(
        code=Code.PLATFORM_ABSENT,
        sentence=f"the image index {subject.candidate.digest} has no platform {name}; it has {there}",
        remedy=f"Service team: build the image for {name}. Security team: or take it off the policy's platforms.",
    )


def _missing(platform: Platform, lack: Lack) -> Reason:
    return Reason(
        code=lack.code,
        sentence=f"there is no {lack.noun} for the platform {platform.name} ({platform.digest}), "
        "and none about the index lists it",
        remedy=f"{lack.maker}: attest {platform.digest} by itself, or list it among the subjects of the index's.",
        state=EvidenceState.ABSENT,
    )
