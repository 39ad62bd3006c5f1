"""SLSA provenance says that an accepted builder made this artifact from the release's own source.

One provenance that passes whole is enough; parts of several are never added up. What a build job could write by itself
must equal what the signing certificate says, wherever the certificate says it (the job's token signs any predicate).
"""

from dataclasses import dataclass, fields
from enum import Enum
from typing import Final

from promoter.core.canonical import added
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.selection import Demand, Reading, read_accepted, select
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import SOURCE_TAG_LOOKUP, EvidenceState, SignerClaims
from promoter.core.finding import Finding, Reason
from promoter.core.predicates import types
from promoter.core.predicates.provenance import Provenance, read_provenance
from promoter.core.predicates.source import normalise_repository


class ProvenanceVersion(Enum):
    """A version of the SLSA provenance predicate, each with its own predicate type and layouts."""

    V1 = "v1"
    V0_2 = "v0.2"


_TYPES = {ProvenanceVersion.V1: types.PROVENANCE_V1, ProvenanceVersion.V0_2: types.PROVENANCE_V02}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceParams:
    """Who may attest provenance, and what it must say besides the source, which the release itself determines.

    `builders` are exact builder ids and `workflow` is the exact path of the build's definition; both may hold the
    placeholders of signer rules. `parameters` are the names of external parameters that may be set; any other refuses.
    """

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    builders: tuple[str, ...]
    """Exact builder ids that are accepted."""
    build_types: tuple[str, ...]
    """Exact build types that are accepted."""
    workflow: str | None = None
    """Exact path of the workflow that built it; not compared if left out."""
    parameters: tuple[str, ...] = ()
    """Names of external parameters that a build may have been given; any other one refuses."""
    versions: tuple[ProvenanceVersion, ...] = added((ProvenanceVersion.V1,))
    """Versions of SLSA provenance that are accepted; an attestation of another version is none."""
    pinned_materials: bool = added(False)
    """Whether each resolved dependency or material needs a SHA-256 digest or a git commit, and one must be listed."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.builders or not all(self.builders):
            raise ValueError("builders names nobody: name the exact builder ids that are accepted")
        if not self.build_types or not all(self.build_types):
            raise ValueError("build_types names none: name the exact build types that are accepted")
        if self.workflow == "":
            raise ValueError("workflow is empty: name its path or leave it out")
        if not self.versions or len(set(self.versions)) < len(self.versions):
            raise ValueError("versions names none, or one twice: name the versions of provenance that are accepted")


_COMMAND = (
    "let the build attest it, with actions/attest-build-provenance or "
    "`cosign attest --type slsaprovenance1 --predicate provenance.json REPOSITORY@DIGEST`"
)


def _demand(params: ProvenanceParams) -> Demand:
    accepted = frozenset().union(*(_TYPES[version] for version in params.versions))
    versions = " or ".join(version.value for version in params.versions)
    return Demand(
        noun=f"SLSA provenance {versions} attestation",
        wants=lambda item: item.predicate_type in accepted,
        claims=accepted,
        absent=Code.PROVENANCE_ABSENT,
        foreign=Code.PROVENANCE_FOREIGN_SIGNER,
        invalid=Code.PROVENANCE_INVALID,
        unparseable=Code.PROVENANCE_UNPARSEABLE,
        maker="Service team",
        command=_COMMAND,
    )


_MATERIALS_NAMED = 3


def _apply(params: ProvenanceParams, subject: Subject) -> Finding:
    demand = _demand(params)
    selection = select(subject, demand, params.signers)
    question = Question("provenance", subject, demand, selection, newest_decides=False)
    readable, unreadable = read_accepted(selection, read_provenance)
    judged = tuple(_judge(item, params, subject) for item in readable)
    return question.conclude((*judged, *question.judge_unreadable(unreadable)), besides=_missing_tag(subject))


def _judge(item: Reading[Provenance], params: ProvenanceParams, subject: Subject) -> Judged:
    facts = item.facts
    reasons = (
        *_against_source(facts, subject),
        *_against_params(facts, params, subject),
        *(_against_materials(facts) if params.pinned_materials else ()),
        *_against_certificate(facts, item.attestation.signer.claims),
    )
    sentence = f"built by {facts.builder_id} from {facts.source_repository} {facts.source_ref} at {facts.source_commit}"
    return Judged((item.attestation.found.blob,), sentence, reasons)


def _missing_tag(subject: Subject) -> tuple[Reason, ...]:
    source = subject.evidence.source
    if source is None or source.commit:
        return ()
    reason = Reason(
        code=Code.PROVENANCE_NO_SOURCE_TAG,
        sentence=f"the service's source {source.repository} has no {source.ref}, so no commit belongs to this release",
        remedy=f"Service team: push the git tag {source.ref.removeprefix('refs/tags/')} at the commit that was built.",
    )
    return (reason,)


# --- against the release's source ---------------------------------------------------------------------------------


def _against_source(facts: Provenance, subject: Subject) -> tuple[Reason, ...]:
    source = subject.evidence.source
    filled = subject.placeholders
    repository = normalise_repository(source.repository if source else filled.source)
    ref = source.ref if source else f"refs/tags/{filled.tag}"
    rebuild = f"Service team: build and attest the release from {repository} at {ref}."
    reasons = []
    if not repository or facts.source_repository != repository:
        sentence = (
            f"provenance names {facts.source_repository or 'no repository'}, the service's source is {repository}"
        )
        reasons.append(_wrong(Code.PROVENANCE_WRONG_REPOSITORY, sentence, rebuild))
    if facts.source_ref != ref:
        sentence = f"provenance names {facts.source_ref or 'no ref'}, the release's git tag is {ref}"
        reasons.append(_wrong(Code.PROVENANCE_WRONG_REF, sentence, rebuild))
    if source is None:
        reasons.append(_unknown_source(subject))
    elif source.commit and facts.source_commit != source.commit:
        sentence = f"provenance names {_commit_name(facts)}, {ref} is commit {source.commit}"
        reasons.append(_wrong(Code.PROVENANCE_WRONG_COMMIT, sentence, rebuild))
    return tuple(reasons)


def _commit_name(facts: Provenance) -> str:
    return f"commit {facts.source_commit}" if facts.source_commit else "no commit"


def _unknown_source(subject: Subject) -> Reason:
    failures = (item for item in subject.evidence.failures if item.what == SOURCE_TAG_LOOKUP)
    why = next((f"{failure.detail} ({failure.code})" for failure in failures), "it was not looked up")
    return Reason(
        code=Code.PROVENANCE_SOURCE_UNKNOWN,
        sentence=f"the commit of git tag {subject.placeholders.tag} in {subject.placeholders.source} "
        f"is not known: {why}",
        remedy="Nobody, for now: it is asked again by itself. Platform team: look at the forge if it stays.",
        state=EvidenceState.LOOKUP_FAILED,
    )


# --- against the policy ---------------------------------------------------------------------------------------------


def _against_params(facts: Provenance, params: ProvenanceParams, subject: Subject) -> tuple[Reason, ...]:
    builders = tuple(subject.placeholders.fill(builder) for builder in params.builders)
    workflow = None if params.workflow is None else subject.placeholders.fill(params.workflow)
    reasons = []
    if facts.builder_id not in builders:
        sentence = f"provenance names the builder {facts.builder_id}; accepted: {', '.join(builders)}"
        remedy = "Service team: build with an accepted builder. Security team: accept this one, if it is right."
        reasons.append(_wrong(Code.PROVENANCE_WRONG_BUILDER, sentence, remedy))
    if facts.build_type not in params.build_types:
        sentence = f"provenance has the build type {facts.build_type}; accepted: {', '.join(params.build_types)}"
        remedy = "Service team: build in an accepted way. Security team: accept this build type, if it is right."
        reasons.append(_wrong(Code.PROVENANCE_WRONG_BUILD_TYPE, sentence, remedy))
    if workflow is not None and facts.workflow_path != workflow:
        sentence = f"provenance names the workflow {facts.workflow_path or '(none)'}; demanded: {workflow}"
        remedy = f"Service team: release with {workflow}."
        reasons.append(_wrong(Code.PROVENANCE_WRONG_WORKFLOW, sentence, remedy))
    for name, value in facts.parameters:
        if name not in params.parameters:
            sentence = f"the build was started with the parameter {name} = {value}, which the policy does not know"
            remedy = f"Service team: build without {name}. Security team: list it, if it cannot change what is built."
            reasons.append(_wrong(Code.PROVENANCE_UNKNOWN_PARAMETER, sentence, remedy))
    return tuple(reasons)


def _against_materials(facts: Provenance) -> tuple[Reason, ...]:
    """Find materials that nothing pins; a builder that lists none says of none that it is pinned."""
    loose = [item.uri or item.name or "(no URI)" for item in facts.dependencies if not item.is_pinned]
    if facts.dependencies and not loose:
        return ()
    more = f" and {len(loose) - _MATERIALS_NAMED} more" if len(loose) > _MATERIALS_NAMED else ""
    sentence = (
        f"{len(loose)} of the build's {len(facts.dependencies)} materials have no SHA-256 digest and no git commit: "
        f"{', '.join(loose[:_MATERIALS_NAMED])}{more}"
        if loose
        else "provenance lists no materials, so that none is known to be pinned"
    )
    remedy = "Service team: fetch by digest what goes into the build, with a builder that records it."
    return (_wrong(Code.PROVENANCE_MATERIAL_NOT_PINNED, sentence, remedy),)


# --- against the certificate ------------------------------------------------------------------------------------------


def _against_certificate(facts: Provenance, certified: SignerClaims) -> tuple[Reason, ...]:
    """Compare claim by claim where both sides make it; repositories by their normalised names."""
    reasons = []
    for claim in (item.name for item in fields(SignerClaims)):
        said, known = getattr(facts.claims, claim), getattr(certified, claim)
        comparable = normalise_repository(known) if claim == "source_repository_uri" else known
        if said and known and said != comparable:
            sentence = f"provenance says {claim.replace('_', ' ')} is {said}, the signing certificate says {known}"
            remedy = (
                "Service team: attest from the build that it describes, with that build's own identity. "
                "Security team: a provenance that contradicts its certificate may be forged, look at who made it."
            )
            reasons.append(_wrong(Code.PROVENANCE_CLAIM_NOT_CERTIFIED, sentence, remedy))
    return tuple(reasons)


def _wrong(code: Code, sentence: str, remedy: str) -> Reason:
    return Reason(code=code, sentence=sentence, remedy=remedy, state=EvidenceState.INVALID)


PROVENANCE: Final = Check(
    "provenance", "built from the release's source by an accepted builder", ProvenanceParams, _apply
)
