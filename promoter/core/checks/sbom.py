"""There is an SBOM of the artifact: bound to its digest, by an accepted signer, readable and not empty.

The newest one in an accepted format counts; two that were signed at the same time, or at no time that anybody vouches
for, and differ are refused, because nothing says which one describes the artifact. Unreadable ones beside it are noted.
What the document says of itself must not contradict what it is attached to: another image, or another source commit.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from promoter.core.canonical import added
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.platforms import Lack, judge_platforms, known_artifacts, require_platform_names
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason
from promoter.core.predicates import types
from promoter.core.predicates.sbom import Sbom, SbomFormat, read_sbom


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomParams:
    """Who may attest SBOMs, in which formats, and how many components one has at least."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    formats: tuple[SbomFormat, ...] = (SbomFormat.CYCLONEDX, SbomFormat.SPDX)
    """Formats that are accepted; `spdx3` is SPDX 3.0, of which only the inventory is read."""
    min_components: int = 1
    """How many components an SBOM must list at least."""
    platforms: tuple[str, ...] = added(())
    """Platforms of an image index, like `linux/amd64`, each of which needs an SBOM of its own or one that lists it."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        require_platform_names(self.platforms)
        if not self.formats:
            raise ValueError("formats names none: name cyclonedx, spdx or both")
        if self.min_components < 1:
            raise ValueError("min_components is below 1: an SBOM without components says nothing")


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
_LACK: Final = Lack("sbom", Code.SBOM_PLATFORM_MISSING, SBOM_DEMAND.noun, SBOM_DEMAND.maker)


def _apply(params: SbomParams, subject: Subject) -> Finding:
    return judge_platforms(params.platforms, subject, _LACK, partial(_judge, params))


def _judge(params: SbomParams, subject: Subject) -> Finding:
    selection = select(subject, SBOM_DEMAND, params.signers)
    question = Question("sbom", subject, SBOM_DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_sbom)
    allowed = tuple(item for item in readable if item.facts.format in params.formats)
    newest = tuple(item for item in allowed if item.attestation.rank == allowed[0].attestation.rank)
    return question.conclude(
        (
            *_judge_newest(newest, params, subject),
            *(_judge_format(item, params) for item in readable if item.facts.format not in params.formats),
            *question.judge_unreadable(unreadable),
        )
    )


def _judge_newest(newest: tuple[Reading[Sbom], ...], params: SbomParams, subject: Subject) -> Iterator[Judged]:
    """Judge the newest SBOM; several of the same time are one only where they say the same."""
    if not newest:
        return
    first = newest[0]
    blobs = tuple(item.attestation.found.blob for item in newest)
    if any(item.facts != first.facts for item in newest):
        yield Judged(blobs, "", (_tie(newest),))
    else:
        against = (*_too_few(first, params), *_other_artifact(first, subject), *_other_build(first, subject))
        yield Judged(blobs, _describe(first.facts), against)


def _describe(sbom: Sbom) -> str:
    by = f" by {sbom.generator}" if sbom.generator else ""
    return f"{sbom.format.value} {sbom.version}{by} lists {len(sbom.components)} components"


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


def _too_few(item: Reading[Sbom], params: SbomParams) -> Iterator[Reason]:
    count = len(item.facts.components)
    if count < params.min_components:
        yield Reason(
            code=Code.SBOM_TOO_FEW_COMPONENTS,
            sentence=f"the SBOM {name_of(item.attestation)} lists {count} components, "
            f"at least {params.min_components} are demanded",
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


def _judge_format(item: Reading[Sbom], params: SbomParams) -> Judged:
    accepted = ", ".join(wanted.value for wanted in params.formats)
    reason = Reason(
        code=Code.SBOM_FORMAT_NOT_ALLOWED,
        sentence=f"the SBOM {name_of(item.attestation)} is {item.facts.format.value} {item.facts.version}; "
        f"accepted here: {accepted}",
        remedy=f"Service team: attest an SBOM in an accepted format ({accepted}).",
        state=EvidenceState.INVALID,
    )
    return Judged((item.attestation.found.blob,), "", (reason,))


SBOM: Final = Check("sbom", "SBOM present and readable", SbomParams, _apply)
