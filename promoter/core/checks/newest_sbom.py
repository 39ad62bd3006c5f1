"""Which SBOM counts, for every check that looks into one: the newest in an accepted format, by an accepted signer.

Two that were signed at the same time, or at no time that anybody vouches for, and differ are refused, because nothing
says which one describes the artifact. Unreadable ones beside it are noted.
What the document says of itself must not contradict what it is attached to: another image, or another source commit.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.platforms import known_artifacts
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Aside, Finding, Reason
from promoter.core.predicates import types
from promoter.core.predicates.sbom import Sbom, SbomFormat, read_sbom

SBOM_DEMAND: Final = Demand(
    noun="SBOM attestation",
    wants=lambda item: item.predicate_type in types.SBOM,
    claims=types.SBOM,
    absent=Code.SBOM_ABSENT,
    foreign=Code.SBOM_FOREIGN_SIGNER,
    invalid=Code.SBOM_INVALID,
    unparseable=Code.SBOM_UNPARSEABLE,
    maker="Service team",
    command="attest it with `cosign attest --type cyclonedx --predicate sbom.cdx.json REPOSITORY@DIGEST` "
    "(or `--type spdxjson` with SPDX 2.3 JSON)",
)
"""What the checks on SBOMs look for; each has its own list of signers."""

DEFAULT_FORMATS: Final = (SbomFormat.CYCLONEDX, SbomFormat.SPDX)
"""The formats that a requirement accepts if it names none."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which SBOMs a requirement of one check accepts, and how many components one has at least."""

    check: str
    signers: tuple[str, ...]
    formats: tuple[SbomFormat, ...]
    min_components: int = 1


@dataclass(frozen=True, slots=True)
class Inspected:
    """What a check says of the SBOM that counts; `blobs` are other evidence that it used, `noted` that it set aside."""

    sentence: str
    reasons: tuple[Reason, ...] = ()
    asides: tuple[Aside, ...] = ()
    blobs: tuple[Digest, ...] = ()
    noted: tuple[Digest, ...] = ()


def require_formats(formats: tuple[SbomFormat, ...]) -> None:
    """Refuse a requirement that accepts no format; raises ValueError."""
    if not formats:
        raise ValueError("formats names none: name cyclonedx, spdx or both")


def inspect_newest(choice: Choice, subject: Subject, inspect: Callable[[Reading[Sbom]], Inspected]) -> Finding:
    """Judge the SBOM that counts: by the rules above, and by what the check itself asks of it."""
    selection = select(subject, SBOM_DEMAND, choice.signers)
    question = Question(choice.check, subject, SBOM_DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_sbom)
    allowed = tuple(item for item in readable if item.facts.format in choice.formats)
    newest = tuple(item for item in allowed if item.attestation.rank == allowed[0].attestation.rank)
    refused = (*_wrong_formats(readable, choice), *question.judge_unreadable(unreadable))
    if not newest:
        return question.conclude(refused)
    blobs = tuple(item.attestation.found.blob for item in newest)
    if any(item.facts != newest[0].facts for item in newest):
        return question.conclude((Judged(blobs, "", (_tie(newest),)), *refused))
    found = inspect(newest[0])
    against = (*_against(newest[0], choice, subject), *found.reasons)
    finding = question.conclude((Judged((*blobs, *found.blobs), found.sentence, against), *refused))
    known = {*finding.cites, *finding.noted}
    noted = (*finding.noted, *(blob for blob in found.noted if blob not in known))
    return replace(finding, asides=found.asides, noted=noted)


def _tie(newest: tuple[Reading[Sbom], ...]) -> Reason:
    names = ", ".join(name_of(item.attestation) for item in newest)
    signed_at = newest[0].attestation.signed_at
    when = f"at the same time ({signed_at.isoformat()})" if signed_at else "at no time that anybody vouches for"
    return Reason(
        code=Code.SBOM_TIE,
        sentence=f"{len(newest)} different SBOMs were signed {when}: {names}; nothing says which one counts",
        remedy="Service team: attest the right one again, the newest counts. "
        "Security team: or let the policy accept one format only.",
        state=EvidenceState.INVALID,
    )


def _wrong_formats(readable: tuple[Reading[Sbom], ...], choice: Choice) -> Iterator[Judged]:
    accepted = ", ".join(wanted.value for wanted in choice.formats)
    for item in readable:
        if item.facts.format not in choice.formats:
            reason = Reason(
                code=Code.SBOM_FORMAT_NOT_ALLOWED,
                sentence=f"the SBOM {name_of(item.attestation)} is {item.facts.format.value} {item.facts.version}; "
                f"accepted here: {accepted}",
                remedy=f"Service team: attest an SBOM in an accepted format ({accepted}).",
                state=EvidenceState.INVALID,
            )
            yield Judged((item.attestation.found.blob,), "", (reason,))


# --- against the document that counts ---------------------------------------------------------------------------------


def _against(item: Reading[Sbom], choice: Choice, subject: Subject) -> Iterator[Reason]:
    yield from _too_few(item, choice.min_components)
    yield from _other_artifact(item, subject)
    yield from _other_build(item, subject)


def _too_few(item: Reading[Sbom], least: int) -> Iterator[Reason]:
    count = len(item.facts.components)
    if count < least:
        yield Reason(
            code=Code.SBOM_TOO_FEW_COMPONENTS,
            sentence=f"the SBOM {name_of(item.attestation)} lists {count} components, at least {least} are demanded",
            remedy="Service team: let the generator look at the image itself, as `syft scan IMAGE` does, "
            "and attest again.",
            state=EvidenceState.INVALID,
        )


def _other_artifact(item: Reading[Sbom], subject: Subject) -> Iterator[Reason]:
    """Compare the manifests that the document names as its object, if any: one that is known is enough."""
    objects = item.facts.origin.objects
    if objects and known_artifacts(subject, item.attestation).isdisjoint(objects):
        yield Reason(
            code=Code.SBOM_OTHER_ARTIFACT,
            sentence=f"the SBOM {name_of(item.attestation)} says that it describes {', '.join(objects[:3])}, "
            f"and is attached to {subject.candidate.digest}",
            remedy=f"Service team: make the SBOM from {subject.candidate.digest} itself and attest that.",
            state=EvidenceState.INVALID,
        )


def _other_build(item: Reading[Sbom], subject: Subject) -> Iterator[Reason]:
    """Compare the source commit that the document names, if any, with the release's, if that is known."""
    said, source = item.facts.origin.commit, subject.evidence.source
    if said and source and source.commit and said != source.commit:
        yield Reason(
            code=Code.SBOM_OTHER_BUILD,
            sentence=f"the SBOM {name_of(item.attestation)} says that it was made from the commit {said}; "
            f"the release's is {source.commit}",
            remedy="Service team: let the build that makes the image make its SBOM, and attest it again.",
            state=EvidenceState.INVALID,
        )
