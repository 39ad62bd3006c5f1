"""Provenance, SBOM and scans speak of one build: what they say of it, in their certificates or contents, agrees.

Rule 1: a certificate speaks of the build where the build's own workflow signed: same issuer, and same name or same
top-level workflow. Another signer's certificate speaks of that signer's own run, which is no build.
Rule 2: a scan that the build's workflow signed may be of a later run; its source commit may not differ.
Rule 3: two attempts at one run are one run: what failed is run again without building anew.
Rule 4: only what both sides say is compared, and how they are signed where the policy asks for it. Which provenance
is good is the business of the check `provenance`.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.checks.certificate import against_certificate
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.newest_sbom import SBOM_DEMAND
from promoter.core.checks.newest_scans import SCAN_DEMAND
from promoter.core.checks.provenance import demand_of
from promoter.core.checks.provenance_demands import ProvenanceVersion
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select
from promoter.core.checks.shortcomings import shortcomings, unreadable_reason
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, EvidenceState, Signer
from promoter.core.finding import Finding, Reason
from promoter.core.predicates import types
from promoter.core.predicates.provenance import Provenance, read_provenance
from promoter.core.predicates.stated_build import StatedBuild, read_stated_in_sbom, read_stated_in_scan

_ATTEMPT: Final = re.compile(r"/attempts/[0-9]+\Z")
_PROVENANCE: Final = demand_of(tuple(ProvenanceVersion))
_SBOM: Final = replace(
    SBOM_DEMAND,
    command="attest it with `cosign attest --type cyclonedx --predicate sbom.cdx.json REPOSITORY@DIGEST`, in the build",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementParams:
    """Whose provenance, and whose SBOMs and scans must not contradict it."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers of provenance that are accepted; at least one."""
    sbom_signers: tuple[str, ...] = ()
    """Names of the signers of SBOMs that are accepted; the newest of each format is compared, and one must be there."""
    scan_signers: tuple[str, ...] = ()
    """Names of the signers of scans that are accepted; the newest of each is compared, and one must be there."""

    same_mechanism: bool = False
    """Whether they must be signed and kept as provenance is: with a key or a certificate, and in its layout."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.sbom_signers and not self.scan_signers:
            raise ValueError("sbom_signers names nobody, and scan_signers neither: there is nothing to compare")


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of document: how it is found and read, which are compared, and what a contradiction is called."""

    demand: Demand
    read: Callable[[str, object], StatedBuild]
    newest_of: Callable[[Attestation], Hashable]
    noun: str
    code: Code
    remedy: str
    is_of_the_run: bool  # whether the build's workflow makes it within the build


_SBOMS: Final = _Kind(
    demand=_SBOM,
    read=read_stated_in_sbom,
    newest_of=lambda item: item.predicate_type in types.SPDX,
    noun="SBOM",
    code=Code.SBOM_OTHER_BUILD,
    remedy="Service team: make the SBOM of this artifact in the build itself, and attest it there.",
    is_of_the_run=True,
)
_SCANS: Final = _Kind(
    demand=SCAN_DEMAND,
    read=read_stated_in_scan,
    newest_of=lambda item: item.signer.identity,
    noun="scan",
    code=Code.SCAN_OTHER_BUILD,
    remedy="Security team: scan this digest and attest the report; this one names another build.",
    is_of_the_run=False,
)


@dataclass(frozen=True, slots=True)
class _Document:
    kind: _Kind
    attestation: Attestation
    stated: StatedBuild

    @property
    def name(self) -> str:
        return f"{self.kind.noun} {name_of(self.attestation)}"


def _apply(params: AgreementParams, subject: Subject) -> Finding:
    selection = select(subject, _PROVENANCE, params.signers)
    question = Question("agreement", subject, _PROVENANCE, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_provenance)
    documents: list[_Document] = []
    missing: list[Reason] = []
    for kind, signers in ((_SBOMS, params.sbom_signers), (_SCANS, params.scan_signers)):
        found, lacking = _collect(kind, signers, subject) if signers else ((), ())
        documents += found
        missing += lacking
    judged = (_judge(item, tuple(documents), tuple(missing), params) for item in readable)
    return question.conclude((*judged, *question.judge_unreadable(unreadable)))


def _collect(
    kind: _Kind, signers: tuple[str, ...], subject: Subject
) -> tuple[tuple[_Document, ...], tuple[Reason, ...]]:
    """Give the documents that are compared, or why there is none."""
    selection = select(subject, kind.demand, signers)
    readable, unreadable = read_accepted(selection, kind.read)
    newest: dict[Hashable, Reading[StatedBuild]] = {}
    for item in readable:
        newest.setdefault(kind.newest_of(item.attestation), item)
    documents = tuple(
        _Document(kind, item.attestation, item.facts)
        for item in readable
        if item.attestation.rank == newest[kind.newest_of(item.attestation)].attestation.rank
    )
    if documents:
        return documents, ()
    unread = (unreadable_reason(subject, kind.demand, item) for item in unreadable)
    return (), (*unread, *shortcomings(subject, kind.demand, selection))


def _judge(
    item: Reading[Provenance], documents: tuple[_Document, ...], missing: tuple[Reason, ...], params: AgreementParams
) -> Judged:
    build = _Build(item)
    differing = (
        reason
        for document in documents
        for reason in (
            *_differences(build, document),
            *(_other_mechanism(item.attestation, document) if params.same_mechanism else ()),
        )
    )
    names = ", ".join(document.name for document in documents)
    sentence = f"{names}: nothing contradicts the build that provenance {name_of(item.attestation)} describes"
    blobs: Iterable[Digest] = (document.attestation.found.blob for document in documents)
    reasons = (*against_certificate(item.facts, item.attestation.signer.claims), *missing, *differing)
    return Judged((item.attestation.found.blob, *blobs), sentence, reasons)


class _Build:
    """What is known of a build: from the certificate first, from the provenance where that says nothing."""

    def __init__(self, item: Reading[Provenance]) -> None:
        facts, certified = item.facts, item.attestation.signer.claims
        self.signer = item.attestation.signer
        self.builder = facts.builder_id
        self.repository = facts.source_repository
        self.commit = certified.source_repository_digest or facts.source_commit
        self.runner = certified.runner_environment or facts.claims.runner_environment
        named = (certified.run_invocation_uri, facts.claims.run_invocation_uri, facts.invocation_id)
        self.runs = tuple(dict.fromkeys(_run(name) for name in named if name))

    def has_signed(self, signer: Signer) -> bool:
        """Tell whether a signer is the workflow of this build; a reusable workflow signs under a name of its own."""
        own, other = self.signer, signer
        workflow = own.claims.build_config_uri
        is_same_workflow = bool(workflow) and workflow == other.claims.build_config_uri
        return own.identity == other.identity or (is_same_workflow and own.issuer == other.issuer)


def _run(name: str) -> str:
    return _ATTEMPT.sub("", name)


def _differences(build: _Build, document: _Document) -> Iterator[Reason]:
    for what, said, known in (*_certified(build, document), *_stated(build, document)):
        yield Reason(
            code=document.kind.code,
            sentence=f"the {document.name} was made outside the build that provenance describes: its {what} is {said}, "
            f"the build's is {known}",
            remedy=document.kind.remedy,
            state=EvidenceState.INVALID,
        )


def _other_mechanism(provenance: Attestation, document: _Document) -> Iterator[Reason]:
    made, known = document.attestation.mechanism, provenance.mechanism
    if made is not known:
        yield Reason(
            code=Code.AGREEMENT_OTHER_MECHANISM,
            sentence=f"the {document.name} is signed and kept in another way than provenance: {made.value}, "
            f"and provenance: {known.value}",
            remedy=f"{document.kind.demand.maker}: sign it in the way that provenance is signed.",
            state=EvidenceState.INVALID,
        )


def _certified(build: _Build, document: _Document) -> Iterator[tuple[str, str, str]]:
    """Compare what the certificate of a document by the build's own workflow says: name, its value, the build's."""
    claims = document.attestation.signer.claims
    if not build.has_signed(document.attestation.signer):
        return
    if claims.source_repository_digest and build.commit not in {"", claims.source_repository_digest}:
        yield "certified source commit", claims.source_repository_digest, build.commit
    if not document.kind.is_of_the_run:
        return
    if claims.run_invocation_uri and build.runs and _run(claims.run_invocation_uri) not in build.runs:
        yield "certified run", _run(claims.run_invocation_uri), build.runs[0]
    if claims.runner_environment and build.runner not in {"", claims.runner_environment}:
        yield "certified runner environment", claims.runner_environment, build.runner


def _stated(build: _Build, document: _Document) -> Iterator[tuple[str, str, str]]:
    """Compare what the document itself says; a run counts as the build's unless it is said to be another builder's."""
    stated = document.stated
    is_of_build = stated.builder == build.builder if stated.builder else document.kind.is_of_the_run
    runs = tuple(_run(run) for run in stated.runs)
    if is_of_build and runs and build.runs and not set(runs) & set(build.runs):
        yield "run", runs[0], build.runs[0]
    for revision in stated.revisions:
        if revision.repository == build.repository and build.commit not in {"", revision.ref}:
            yield "source commit", revision.ref, build.commit


AGREEMENT: Final = Check(
    "agreement", "SBOM and scans speak of the build that provenance describes", AgreementParams, _apply
)
