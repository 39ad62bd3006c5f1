"""SLSA provenance says that an accepted builder made this artifact from the release's own source.

One provenance that passes whole is enough; parts of several are never added up. What a build job could write by itself
must equal what the signing certificate says, wherever the certificate says it (the job's token signs any predicate).
"""

from collections.abc import Iterator
from typing import Final

from promoter.core.checks.certificate import against_certificate
from promoter.core.checks.check import Check
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.materials import against_materials
from promoter.core.checks.mismatch import rule_on_commit
from promoter.core.checks.provenance_demands import ProvenanceParams, ProvenanceVersion
from promoter.core.checks.release_source import (
    missing_tag,
    release_commit,
    release_ref,
    release_repository,
    unknown_commit,
)
from promoter.core.checks.selection import Demand, Reading, read_accepted, select, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason
from promoter.core.predicates import types
from promoter.core.predicates.provenance import Provenance, read_provenance

_TYPES = {ProvenanceVersion.V1: types.PROVENANCE_V1, ProvenanceVersion.V0_2: types.PROVENANCE_V02}


_COMMAND = (
    "let the build attest it, with actions/attest-build-provenance or "
    "`cosign attest --type slsaprovenance1 --predicate provenance.json REPOSITORY@DIGEST`"
)


def demand_of(versions: tuple[ProvenanceVersion, ...]) -> Demand:
    """Give what is looked for where these versions are accepted."""
    accepted = frozenset().union(*(_TYPES[version] for version in versions))
    named = " or ".join(version.value for version in versions)
    return Demand(
        noun=f"SLSA provenance {named} attestation",
        wants=lambda item: item.predicate_type in accepted,
        claims=accepted,
        absent=Code.PROVENANCE_ABSENT,
        foreign=Code.PROVENANCE_FOREIGN_SIGNER,
        invalid=Code.PROVENANCE_INVALID,
        unparseable=Code.PROVENANCE_UNPARSEABLE,
        maker="Service team",
        command=_COMMAND,
    )


def _apply(params: ProvenanceParams, subject: Subject) -> Finding:
    demand = demand_of(params.versions)
    selection = select(subject, demand, params.signers)
    question = Question("provenance", subject, demand, selection, newest_decides=False)
    readable, unreadable = read_accepted(selection, read_provenance)
    judged = tuple(judge_build(item, params, subject) for item in readable)
    return question.conclude((*judged, *question.judge_unreadable(unreadable)), besides=missing_tag(subject))


def judge_build(item: Reading[Provenance], params: ProvenanceParams, subject: Subject) -> Judged:
    """Judge one provenance by an accepted signer; approvals of its commit are cited beside it."""
    facts, claims = item.facts, item.attestation.signer.claims
    ruling = rule_on_commit(item, params, subject)
    ref = facts.source_ref or claims.source_repository_ref
    reasons = (
        *_against_repository(facts, subject),
        *_against_ref(ref, facts, params, subject),
        *unknown_commit(subject),
        *ruling.reasons,
        *_against_builders(facts, params, subject),
        *_against_levels(item, params, subject),
        *_against_definition(facts, params, subject),
        *_against_triggers(claims.build_trigger or facts.claims.build_trigger, params),
        *against_materials(facts, params, subject),
        *against_certificate(facts, claims),
    )
    sentence = (
        f"built by {facts.builder_id} from {facts.source_repository} {ref or '(no ref)'} at {facts.source_commit}"
        f"{ruling.sentence}"
    )
    return Judged((item.attestation.found.blob, *ruling.blobs), sentence, reasons)


# --- against the release's source -------------------------------------------------------------------------------------


def _against_repository(facts: Provenance, subject: Subject) -> Iterator[Reason]:
    repository = release_repository(subject)
    if not repository or facts.source_repository != repository:
        named = facts.source_repository or "no repository"
        sentence = f"provenance names {named}, the service's source is {repository}"
        yield _wrong(Code.PROVENANCE_WRONG_REPOSITORY, sentence, _rebuild(subject))


def _against_ref(ref: str, facts: Provenance, params: ProvenanceParams, subject: Subject) -> Iterator[Reason]:
    """Compare the ref that the provenance names, else the one of its certificate.

    Where neither names one, the policy may let the commit bind the build to the tag; then no approval replaces that.
    """
    wanted = release_ref(subject)
    is_bound_by_commit = params.unnamed_ref and facts.source_commit in {release_commit(subject)} - {""}
    is_undecided = params.unnamed_ref and subject.evidence.source is None
    if ref != wanted and (ref or not (is_bound_by_commit or is_undecided)):
        sentence = f"provenance names {ref or 'no ref'}, the release's git tag is {wanted}"
        yield _wrong(Code.PROVENANCE_WRONG_REF, sentence, _rebuild(subject))


def _rebuild(subject: Subject) -> str:
    return f"Service team: build and attest the release from {release_repository(subject)} at {release_ref(subject)}."


# --- against the policy -----------------------------------------------------------------------------------------------


def _against_builders(facts: Provenance, params: ProvenanceParams, subject: Subject) -> Iterator[Reason]:
    builders = tuple(subject.placeholders.fill(builder) for builder in params.builders)
    if facts.builder_id not in builders:
        sentence = f"provenance names the builder {facts.builder_id}; accepted: {', '.join(builders)}"
        remedy = "Service team: build with an accepted builder. Security team: accept this one, if it is right."
        yield _wrong(Code.PROVENANCE_WRONG_BUILDER, sentence, remedy)


def _against_levels(item: Reading[Provenance], params: ProvenanceParams, subject: Subject) -> Iterator[Reason]:
    """Look the pair of signer and builder up (slsa.dev/spec/v1.2/verifying-artifacts, step 1): 1 if it is not listed.

    A signer that meets several rows has the highest of their levels: each row is the policy's own word for it.
    """
    builder = item.facts.builder_id
    levels = (
        row.level
        for row in params.levels
        if subject.placeholders.fill(row.builder) == builder and subject.accepts(item.attestation, (row.signer,))
    )
    level = max(levels, default=1)
    if level < params.min_level:
        sentence = (
            f"a build by {builder}, attested by {signed_by(item.attestation.signer)}, is trusted for SLSA build level "
            f"{level}; demanded: {params.min_level}"
        )
        remedy = (
            f"Service team: build with a builder of level {params.min_level}. "
            "Security team: give this pair its level in levels, if the builder keeps it."
        )
        yield _wrong(Code.PROVENANCE_LEVEL_TOO_LOW, sentence, remedy)


def _against_definition(facts: Provenance, params: ProvenanceParams, subject: Subject) -> Iterator[Reason]:
    workflow = None if params.workflow is None else subject.placeholders.fill(params.workflow)
    if facts.build_type not in params.build_types:
        sentence = f"provenance has the build type {facts.build_type}; accepted: {', '.join(params.build_types)}"
        remedy = "Service team: build in an accepted way. Security team: accept this build type, if it is right."
        yield _wrong(Code.PROVENANCE_WRONG_BUILD_TYPE, sentence, remedy)
    if workflow is not None and facts.workflow_path != workflow:
        sentence = f"provenance names the workflow {facts.workflow_path or '(none)'}; demanded: {workflow}"
        remedy = f"Service team: release with {workflow}."
        yield _wrong(Code.PROVENANCE_WRONG_WORKFLOW, sentence, remedy)
    for name, value in facts.parameters:
        if name not in params.parameters:
            sentence = f"the build was started with the parameter {name} = {value}, which the policy does not know"
            remedy = f"Service team: build without {name}. Security team: list it, if it cannot change what is built."
            yield _wrong(Code.PROVENANCE_UNKNOWN_PARAMETER, sentence, remedy)


def _against_triggers(trigger: str, params: ProvenanceParams) -> Iterator[Reason]:
    if params.triggers and trigger not in params.triggers:
        started = f"was started by {trigger}" if trigger else "does not say what started it"
        sentence = f"the build {started}; accepted: {', '.join(params.triggers)}"
        remedy = f"Service team: release by {' or '.join(params.triggers)}. Security team: accept it, if it is right."
        yield _wrong(Code.PROVENANCE_TRIGGER_NOT_ALLOWED, sentence, remedy)


def _wrong(code: Code, sentence: str, remedy: str) -> Reason:
    return Reason(code=code, sentence=sentence, remedy=remedy, state=EvidenceState.INVALID)


PROVENANCE: Final = Check(
    "provenance", "built from the release's source by an accepted builder", ProvenanceParams, _apply
)
