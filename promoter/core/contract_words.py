"""What the parameters of every check demand, in sentences for people: the words of a contract.

What has no sentence of its own is told key by key, so that nothing demanded is passed over.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from promoter.core.checks.agreement import AgreementParams
from promoter.core.checks.approval import ApprovalParams
from promoter.core.checks.artifact import ArtifactParams
from promoter.core.checks.artifact_age import ArtifactAgeParams
from promoter.core.checks.attestation import AttestationParams
from promoter.core.checks.denylist import DenylistParams
from promoter.core.checks.expression import ExpressionParams
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.log import LogParams
from promoter.core.checks.order import OrderParams
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.release import ReleaseParams
from promoter.core.checks.reproduced import ReproducedParams
from promoter.core.checks.review import ReviewParams
from promoter.core.checks.rules import RulesParams
from promoter.core.checks.sast import SastParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scai import ScaiParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.source_branch import SourceBranchParams
from promoter.core.checks.source_review import SourceReviewParams
from promoter.core.checks.steps import StepsParams
from promoter.core.checks.tests import SuitesParams
from promoter.core.checks.ticket import TicketParams
from promoter.core.checks.vsa import VsaParams
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.trust_root import duration


def describe(params: object) -> tuple[str, ...]:
    """Say in sentences, without a full stop, what a check's parameters demand."""
    words = WORDS.get(type(params), _NO_WORDS)
    return (*words.say(params), *_key_by_key(params, words.told.split()))


def either(names: Iterable[object]) -> str:
    """Join alternatives: `a, b or c`."""
    return _joined(names, "or")


def together(names: Iterable[object]) -> str:
    """Join what is wanted all at once: `a, b and c`."""
    return _joined(names, "and")


def _joined(names: Iterable[object], word: str) -> str:
    *most, last = [said(name) for name in names]
    return f"{', '.join(most)} {word} {last}" if most else last


def said(value: object) -> str:
    """Say one value as a policy's author would write it."""
    match value:
        case Enum():
            return str(value.value)
        case timedelta():
            return duration(value)
        case bool():
            return str(value).lower()
        case tuple():
            return together(value) if value else "none"
        case Mapping():
            return together(f"{key} {said(item)}" for key, item in value.items())
        case _ if is_dataclass(value) and not isinstance(value, type):
            told = ((one.name, getattr(value, one.name)) for one in fields(value))
            return ", ".join(f"{name} {said(item)}" for name, item in told if item not in (None, "", ()))
        case _:
            return str(value)


def _key_by_key(params: Any, told: Sequence[str]) -> Iterator[str]:
    for one in fields(params):
        value = getattr(params, one.name)
        if one.name not in told and value is not False and value not in (None, "", ()):
            yield f"{one.name.replace('_', ' ')}: {said(value)}"


def _by(count: int, signers: tuple[str, ...]) -> str:
    return f"by {either(signers)}" if count == 1 else f"by at least {count} of {together(signers)}"


def _platforms(platforms: tuple[str, ...]) -> Iterator[str]:
    if platforms:
        yield f"each of the platforms {together(platforms)} has its own, or one that lists it"


def _signature(params: SignatureParams) -> Iterator[str]:
    yield f"the digest is signed {_by(params.at_least, params.signers)}"


def _artifact(params: ArtifactParams) -> Iterator[str]:
    yield f"the bytes of the image hash to its digest, and it is in {either(params.repositories)}"
    yield from _platforms(params.platforms)


def _source_branch(params: SourceBranchParams) -> Iterator[str]:
    yield f"the commit of the release is on the branch {either(params.branches)} of its source"


def _artifact_age(params: ArtifactAgeParams) -> Iterator[str]:
    yield f"its provenance, attested by {either(params.signers)}, was signed no longer than {said(params.max_age)} ago"


def _approval(params: ApprovalParams) -> Iterator[str]:
    whom = f" of {together(params.people)}" if params.people else ""
    yield f"before the merge, {params.min} people{whom} approve the head commit, none of them an author of the release"


def _ticket(params: TicketParams) -> Iterator[str]:
    yield f"before the merge, an approving review has a line `{params.name}: ...` with a ticket like {params.pattern}"


def _denylist(params: DenylistParams) -> Iterator[str]:
    unless = ", and that is known for certain" if params.must_be_known else ""
    yield f"nothing that it rests on was withdrawn{unless}"


def _provenance(params: ProvenanceParams) -> Iterator[str]:
    versions = f"SLSA provenance {either(params.versions)}"
    yield f"{versions} is attested by {either(params.signers)}, and names the release's repository, git tag and commit"
    yield f"the builder is {either(params.builders)}"
    yield f"the build type is {either(params.build_types)}"
    if params.workflow:
        yield f"the workflow is {params.workflow}"
    yield f"external parameters that may be set: {together(params.parameters) if params.parameters else 'none'}"
    if params.triggers:
        yield f"the build was started by {either(params.triggers)}"
    if params.min_level > 1:
        yield f"the build has SLSA build level {params.min_level} or more"
    for row in params.levels:
        yield f"{row.builder}, attested by {row.signer}, is trusted for level {row.level}"
    if params.unnamed_ref:
        yield "no ref need be named, if the commit is the release's"
    yield from _materials(params)


def _materials(params: ProvenanceParams) -> Iterator[str]:
    if params.pinned_materials:
        yield "materials are listed, each with its digest or commit"
    if params.material_sources:
        yield f"materials come from {either(params.material_sources)} alone"
    if params.base_images:
        yield f"base images are listed, and come from {either(params.base_images)} alone"
    if params.mismatch_approvals:
        who = _by(params.mismatch_approvals.at_least, params.mismatch_approvals.signers)
        yield f"a build from another commit than the release's passes only if it is approved {who}"


def _sbom(params: SbomParams) -> Iterator[str]:
    least = "" if params.min_components == 1 else f" with at least {params.min_components} components"
    yield f"an SBOM as {either(params.formats)}{least} is attested by {either(params.signers)}"
    yield from _platforms(params.platforms)


def _scan(params: ScanParams) -> Iterator[str]:
    scanners = f"each of {together(params.scanners)}" if params.require_all else either(params.scanners)
    yield f"a vulnerability scan by {scanners} is attested by {either(params.signers)}"
    yield f"the newest scan is at most {said(params.max_age)} old"
    if params.max_database_age is not None:
        yield f"the scanner's data was at most {said(params.max_database_age)} old"
    yield from _platforms(params.platforms)


def _vulnerabilities(params: VulnerabilitiesParams) -> Iterator[str]:
    yield f"scans by {either(params.signers)} find no more vulnerabilities than this"
    yield from _thresholds(params.limits)
    if params.exposure:
        yield "where the service can be reached from the internet, they find no more than this either"
        yield from _thresholds(params.exposure.internet)
    if params.vex:
        statuses = either(params.vex.statuses)
        yield f"what {either(params.vex.signers)} calls {statuses} in a VEX document does not count"
    yield from _platforms(params.platforms)


def _thresholds(limits: SeverityLimits) -> Iterator[str]:
    for one in fields(SeverityLimits):
        found: Limits | None = getattr(limits, one.name)
        if found is not None and not found.is_empty:
            counts = ((bucket.name, getattr(found, bucket.name)) for bucket in fields(Limits))
            words = {"fixable": "with a fix", "not_fixable": "without a fix", "unknown": "of which no fix is known"}
            told = ", ".join(f"at most {count} {words[name]}" for name, count in counts if count is not None)
            yield f"{'unrated' if one.name == 'unknown' else one.name}: {told}"


def _agreement(params: AgreementParams) -> Iterator[str]:
    yield f"provenance by {either(params.signers)} is there"
    if params.sbom_signers:
        yield f"SBOMs by {either(params.sbom_signers)} speak of the build that it describes"
    if params.scan_signers:
        yield f"scans by {either(params.scan_signers)} speak of the build that it describes"
    if params.same_mechanism:
        yield "all of them are signed and kept alike"


def _reproduced(params: ReproducedParams) -> Iterator[str]:
    builders = together(f"{one.builder} (attested by {one.signer})" for one in params.builds)
    yield f"at least {params.at_least} of the builders {builders} made this digest"
    yield f"the build type is {either(params.build_types)}, in SLSA provenance {either(params.versions)}"
    yield f"external parameters that may be set: {together(params.parameters) if params.parameters else 'none'}"
    if params.unnamed_ref:
        yield "no ref need be named, if the commit is the release's"


def _source_review(params: SourceReviewParams) -> Iterator[str]:
    verifiers = either(f"{one.id} (signed by {one.signer})" for one in params.verifiers)
    yield f"the release's commit has SLSA source level {params.min_level} or more, as {verifiers} says"


def _suites(params: SuitesParams) -> Iterator[str]:
    warned = ", warnings allowed" if params.allow_warned else ""
    yield f"the suites {together(params.suites)} passed{warned}, as {either(params.signers)} attests"
    if params.min_coverage is not None:
        yield f"they cover at least {params.min_coverage} % of the code"
    yield from _age("their newest results are", params.max_age)


def _age(what: str, age: timedelta | None) -> Iterator[str]:
    if age is not None:
        yield f"{what} at most {said(age)} old"


def _sast(params: SastParams) -> Iterator[str]:
    yield f"{together(params.tools)} analysed the release's commit, as {either(params.signers)} attests"
    limits = ((one.name, getattr(params.limits, one.name)) for one in fields(params.limits))
    told = ", ".join(f"{name} {count}" for name, count in limits if count is not None)
    yield f"each of them reports at most: {told}"


def _review(params: ReviewParams) -> Iterator[str]:
    where = f" for {params.environment}" if params.environment else ""
    what = f" of the policy {params.policy}" if params.policy else ""
    yield f"a {said(params.kind)}{what}{where} is attested {_by(params.at_least, params.signers)}"
    yield from _age("it is", params.max_age)


def _vsa(params: VsaParams) -> Iterator[str]:
    verifiers = either(f"{one.id} (signed by {either(one.signers)})" for one in params.verifiers)
    yield f"a verification summary about {params.resource} by {verifiers} states {together(params.levels)}"
    if params.policy or params.policy_digest:
        yield f"it was verified against the policy {f'{params.policy} {params.policy_digest}'.strip()}"
    yield from _age("the verification is", params.max_age)


def _steps(params: StepsParams) -> Iterator[str]:
    for step in params.steps:
        yield f"the step {step.name} is attested by {either(step.signers)}"
    yield "the products of each step are the materials of the next, and the last one makes the image"


def _release(params: ReleaseParams) -> Iterator[str]:
    yield f"it is attested to be {params.package}, version {params.version}, by {either(params.signers)}"


def _scai(params: ScaiParams) -> Iterator[str]:
    attributes = together(
        f"{one.name} (evidence {one.evidence})" if one.evidence else one.name for one in params.attributes
    )
    conditions = ", conditions allowed" if params.allow_conditions else ""
    yield f"the attributes {attributes} are asserted{conditions}, by {either(params.signers)}"


def _expression(params: ExpressionParams) -> Iterator[str]:
    yield params.says
    seen = f", of evidence by {either(params.signers)}" if params.signers else ""
    yield f"asked as {params.expression} about {together(params.facts)}{seen}"
    if params.remedy:
        yield f"where it does not hold: {params.remedy}"


def _attestation(params: AttestationParams) -> Iterator[str]:
    yield f"a predicate of the type {params.predicate_type} is attested by {either(params.signers)}"
    for one in params.equals:
        yield f"{one.at} in it is {said(one.value)}"
    yield from _age("the newest one is", params.max_age)


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one type of parameters, and the fields that they tell; the others are told key by key."""

    say: Callable[[Any], Iterable[str]]
    told: str


_NO_WAY_BACK: Final = "it is no older than what runs, unless a person asked for going back to it"
_NO_WORDS: Final = Words(lambda _: (), "")

WORDS: Final[Mapping[type, Words]] = MappingProxyType(
    {
        SignatureParams: Words(_signature, "signers at_least"),
        ArtifactParams: Words(_artifact, "repositories platforms"),
        SourceBranchParams: Words(_source_branch, "branches"),
        ArtifactAgeParams: Words(_artifact_age, "signers max_age"),
        OrderParams: Words(
            lambda _: ("it is no older than what runs, unless a person asked for going back to it",), ""
        ),
        ApprovalParams: Words(_approval, "min people"),
        TicketParams: Words(_ticket, "pattern name"),
        RulesParams: Words(lambda _: ("the rules that judge are those that the ledger says are in force",), ""),
        LogParams: Words(lambda _: ("the ledger extends every checkpoint that was anchored of it",), ""),
        DenylistParams: Words(_denylist, "must_be_known"),
        ProvenanceParams: Words(
            _provenance,
            "signers builders build_types workflow parameters versions pinned_materials levels min_level triggers "
            "unnamed_ref material_sources base_images mismatch_approvals",
        ),
        SbomParams: Words(_sbom, "signers formats min_components platforms"),
        ScanParams: Words(_scan, "signers scanners max_age max_database_age require_all platforms"),
        VulnerabilitiesParams: Words(_vulnerabilities, "signers limits platforms vex exposure"),
        AgreementParams: Words(_agreement, "signers sbom_signers scan_signers same_mechanism"),
        ReproducedParams: Words(_reproduced, "builds build_types at_least parameters versions unnamed_ref"),
        SourceReviewParams: Words(_source_review, "verifiers min_level"),
        SuitesParams: Words(_suites, "signers suites allow_warned min_coverage max_age"),
        SastParams: Words(_sast, "signers tools limits"),
        ReviewParams: Words(_review, "kind signers at_least max_age environment policy"),
        VsaParams: Words(_vsa, "verifiers resource levels max_age policy policy_digest"),
        StepsParams: Words(_steps, "steps"),
        ReleaseParams: Words(_release, "signers package version"),
        ScaiParams: Words(_scai, "signers attributes allow_conditions"),
        AttestationParams: Words(_attestation, "predicate_type signers equals max_age"),
        ExpressionParams: Words(_expression, "says expression facts signers remedy"),
    }
)
"""The sentences of each type of parameters."""
