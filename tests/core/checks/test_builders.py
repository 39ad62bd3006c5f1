"""What a policy may demand of a build besides its source: a level, a trigger, a named ref, places of materials."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from promoter.core.checks import CHECKS
from promoter.core.checks.provenance_demands import BuilderLevel, ProvenanceParams
from promoter.core.codes import Code
from promoter.core.evidence import Signer, SignerClaims, SourceRevision
from promoter.core.finding import Finding, Outcome
from promoter.core.identity import SignerRule
from tests.core.checks.builds import GENERIC_V02, GITHUB_ATTEST, GITLAB_RUNNER_V02, IMAGE, SOURCE_AT_REF, Build
from tests.core.checks.pieces import (
    CLAIMS,
    COMMIT,
    FORGE_DOWN,
    ISSUER,
    PIPELINE,
    REF,
    RULES,
    SOURCE,
    Piece,
    provenance,
    subject,
    with_source,
)

BUILDER = "{source}/.github/workflows/release.yml@refs/tags/{tag}"
GOOD = replace(GITHUB_ATTEST.params, builders=(BUILDER, "https://builds.example"))
SENTENCE = f"built by {PIPELINE} from {SOURCE} {REF} at {COMMIT}"


def judge(
    params: ProvenanceParams, predicate: Mapping[str, Any] | None = None, claims: SignerClaims = CLAIMS
) -> Finding:
    build = GITHUB_ATTEST
    piece = Piece("it", build.predicate_type, predicate or build.predicate, Signer(PIPELINE, ISSUER, claims))
    return CHECKS["provenance"].apply(params, subject(piece))


def codes(finding: Finding) -> set[Code]:
    return {reason.code for reason in finding.reasons}


# --- levels -----------------------------------------------------------------------------------------------------------


def level(number: int, builder: str = BUILDER, signer: str = "pipeline") -> BuilderLevel:
    return BuilderLevel(signer=signer, builder=builder, level=number)


@pytest.mark.parametrize(("given", "demanded"), [(3, 3), (3, 2), (2, 2), (1, 1)])
def test_a_listed_pair_has_its_level_and_those_below_it(given: int, demanded: int) -> None:
    finding = judge(replace(GOOD, levels=(level(given), level(3, "https://builds.example")), min_level=demanded))

    assert (finding.outcome, finding.sentence) == (Outcome.PASS, SENTENCE)


def test_a_pair_that_is_not_listed_has_level_1() -> None:
    finding = judge(replace(GOOD, levels=(level(3, "https://builds.example"),), min_level=2))

    assert codes(finding) == {Code.PROVENANCE_LEVEL_TOO_LOW}
    assert finding.sentence == (
        f"a build by {PIPELINE}, attested by {PIPELINE} (issuer {ISSUER}), "
        "is trusted for SLSA build level 1; demanded: 2"
    )
    assert judge(replace(GOOD, levels=(level(3, "https://builds.example"),))).outcome is Outcome.PASS


def test_another_signer_of_the_same_builder_has_no_part_in_its_level() -> None:
    params = replace(GOOD, signers=("pipeline", "scanners"), levels=(level(3, signer="scanners"),), min_level=2)

    assert codes(judge(params)) == {Code.PROVENANCE_LEVEL_TOO_LOW}


def test_a_signer_that_meets_two_rows_has_the_higher_level() -> None:
    params = replace(GOOD, signers=("broad", "pipeline"), levels=(level(1, signer="broad"), level(3)), min_level=3)
    broad = SignerRule(issuer=ISSUER, san_pattern="{source}/.github/workflows/*@refs/tags/{tag}")
    piece = Piece("it", GITHUB_ATTEST.predicate_type, GITHUB_ATTEST.predicate)
    about = replace(subject(piece), signers={**RULES, "broad": broad})

    assert CHECKS["provenance"].apply(params, about).outcome is Outcome.PASS


def test_a_builder_is_compared_whole() -> None:
    params = replace(GOOD, builders=(BUILDER, f"{BUILDER}2"), levels=(level(3, f"{BUILDER}2"),), min_level=3)

    assert codes(judge(params)) == {Code.PROVENANCE_LEVEL_TOO_LOW}


@pytest.mark.parametrize("number", [0, 4, -1])
def test_a_level_outside_1_to_3_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="level must be 1 to 3"):
        level(number)
    with pytest.raises(ValueError, match="min_level must be 1 to 3"):
        replace(GOOD, levels=(level(3),), min_level=number)


# --- triggers ---------------------------------------------------------------------------------------------------------


def started_by(event: str) -> dict[str, Any]:
    predicate = provenance()
    predicate["buildDefinition"]["internalParameters"]["github"]["event_name"] = event
    return predicate


@pytest.mark.parametrize("event", ["pull_request", "workflow_run", "pull_request_target", "Push", "push2"])
def test_a_trigger_that_is_not_listed_is_refused(event: str) -> None:
    params = replace(GOOD, triggers=("push", "release"))
    finding = judge(params, started_by(event), replace(CLAIMS, build_trigger=event))

    assert codes(finding) == {Code.PROVENANCE_TRIGGER_NOT_ALLOWED}
    assert finding.sentence == f"the build was started by {event}; accepted: push, release"
    assert judge(GOOD, started_by(event), replace(CLAIMS, build_trigger=event)).outcome is Outcome.PASS


def test_the_certificates_trigger_is_read_first_and_the_provenances_where_it_has_none() -> None:
    params = replace(GOOD, triggers=("push",))
    silent = replace(CLAIMS, build_trigger="")

    assert judge(params).outcome is Outcome.PASS
    assert judge(params, None, silent).outcome is Outcome.PASS
    assert codes(judge(params, started_by("pull_request"), silent)) == {Code.PROVENANCE_TRIGGER_NOT_ALLOWED}
    lie = judge(params, started_by("push"), replace(CLAIMS, build_trigger="pull_request"))
    assert codes(lie) == {Code.PROVENANCE_TRIGGER_NOT_ALLOWED, Code.PROVENANCE_CLAIM_NOT_CERTIFIED}


def test_a_build_that_names_no_trigger_is_refused_where_one_is_demanded() -> None:
    finding = judge(replace(GOOD, triggers=("push",)), started_by(""), replace(CLAIMS, build_trigger=""))

    assert finding.sentence == "the build does not say what started it; accepted: push"


# --- what GitHub's attest action writes, claim by claim ---------------------------------------------------------------


@pytest.mark.parametrize(
    "claim",
    [
        "build_signer_uri",
        "runner_environment",
        "source_repository_uri",
        "source_repository_digest",
        "source_repository_ref",
        "source_repository_identifier",
        "source_repository_owner_identifier",
        "build_config_uri",
        "build_trigger",
        "run_invocation_uri",
    ],
)
def test_whatever_githubs_action_writes_must_be_certified(claim: str) -> None:
    predicate = provenance()
    inner = predicate["buildDefinition"]["internalParameters"]["github"]
    inner |= {"repository_id": "1001", "repository_owner_id": "2002"}
    certified = replace(CLAIMS, source_repository_identifier="1001", source_repository_owner_identifier="2002")

    assert judge(GOOD, predicate, certified).outcome is Outcome.PASS
    finding = judge(GOOD, predicate, replace(certified, **{claim: "other"}))
    assert codes(finding) == {Code.PROVENANCE_CLAIM_NOT_CERTIFIED}
    assert f"provenance says {claim.replace('_', ' ')} is" in finding.sentence


# --- refs that nobody names -------------------------------------------------------------------------------------------


def unnamed(commit: str = COMMIT) -> dict[str, Any]:
    predicate = dict(GITLAB_RUNNER_V02.predicate)
    source = {"uri": SOURCE, "digest": {"sha256": commit}, "entryPoint": "build-job"}
    return {**predicate, "invocation": {**predicate["invocation"], "configSource": source}}


def judge_runner(
    *, unnamed_ref: bool, ref: str = "", predicate: Mapping[str, Any] | None = None, source: str = COMMIT
) -> Finding:
    build: Build = GITLAB_RUNNER_V02
    claims = replace(build.claims, source_repository_ref=ref, source_repository_digest="")
    piece = Piece("it", build.predicate_type, predicate or unnamed(), Signer(PIPELINE, ISSUER, claims))
    about = with_source(subject(piece), SourceRevision(SOURCE, REF, source))
    return CHECKS["provenance"].apply(replace(build.params, unnamed_ref=unnamed_ref), about)


def test_the_certificates_ref_stands_for_one_that_the_provenance_does_not_name() -> None:
    for allowed in (False, True):
        finding = judge_runner(unnamed_ref=allowed, ref=REF)
        assert finding.sentence == f"built by {GITLAB_RUNNER_V02.builder} from {SOURCE} {REF} at {COMMIT}"
        assert codes(judge_runner(unnamed_ref=allowed, ref="refs/heads/main")) == {Code.PROVENANCE_WRONG_REF}


def test_a_ref_that_nobody_names_passes_only_where_the_policy_says_so_and_the_commit_binds() -> None:
    refused, passed = judge_runner(unnamed_ref=False), judge_runner(unnamed_ref=True)

    assert refused.sentence == f"provenance names no ref, the release's git tag is {REF}"
    assert passed.sentence == f"built by {GITLAB_RUNNER_V02.builder} from {SOURCE} (no ref) at {COMMIT}"


def test_a_ref_that_nobody_names_is_refused_with_another_commit() -> None:
    finding = judge_runner(unnamed_ref=True, source="b" * 40)

    assert codes(finding) == {Code.PROVENANCE_WRONG_REF, Code.PROVENANCE_WRONG_COMMIT}


def test_a_ref_that_nobody_names_is_undecided_while_the_commit_is_unknown() -> None:
    build = GITLAB_RUNNER_V02
    claims = replace(build.claims, source_repository_ref="")
    piece = Piece("it", build.predicate_type, unnamed(), Signer(PIPELINE, ISSUER, claims))
    about = with_source(subject(piece, failures=(FORGE_DOWN,)), None)
    finding = CHECKS["provenance"].apply(replace(build.params, unnamed_ref=True), about)

    assert (finding.outcome, codes(finding)) == (Outcome.UNDECIDED, {Code.PROVENANCE_SOURCE_UNKNOWN})


def test_a_ref_that_is_named_is_compared_whatever_the_policy_says_of_silence() -> None:
    named = {**unnamed(), "invocation": {"configSource": {**SOURCE_AT_REF, "uri": f"{SOURCE}@refs/heads/main"}}}

    assert Code.PROVENANCE_WRONG_REF in codes(judge_runner(unnamed_ref=True, predicate=named))


# --- where materials come from ----------------------------------------------------------------------------------------


def judge_materials(params: ProvenanceParams, *materials: Mapping[str, Any]) -> Finding:
    build = GENERIC_V02
    piece = Piece("it", build.predicate_type, {**build.predicate, "materials": list(materials)})
    return CHECKS["provenance"].apply(params, subject(piece))


PLACES = replace(GENERIC_V02.params, material_sources=("git+{source}", "https://mirror.example/npm"))
TARBALL = {"uri": "https://mirror.example/npm/x.tgz", "digest": {"sha256": "c" * 64}}


def test_materials_from_allowed_places_pass() -> None:
    assert judge_materials(PLACES, SOURCE_AT_REF, TARBALL).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("material", "named"),
    [
        ({"uri": "https://mirror.example/npm-evil/x.tgz"}, "https://mirror.example/npm-evil/x.tgz"),
        ({"uri": "https://evil.example/npm/x.tgz"}, "https://evil.example/npm/x.tgz"),
        ({"uri": f"git+{SOURCE}-evil@{REF}"}, f"git+{SOURCE}-evil@{REF}"),
        (IMAGE, IMAGE["uri"]),
        ({"digest": {"sha256": "c" * 64}}, "(no URI)"),
        ({"name": "make", "digest": {"sha256": "c" * 64}}, "make"),
    ],
)
def test_a_material_from_elsewhere_or_from_nowhere_is_named(material: Mapping[str, Any], named: str) -> None:
    finding = judge_materials(PLACES, SOURCE_AT_REF, TARBALL, material)

    assert codes(finding) == {Code.PROVENANCE_MATERIAL_NOT_ALLOWED}
    assert finding.sentence == (
        f"1 of the build's 3 materials come from no allowed place: {named}; "
        f"allowed: git+{SOURCE}, https://mirror.example/npm"
    )


def test_a_builder_that_lists_no_materials_says_nothing_of_where_they_come_from() -> None:
    finding = judge_materials(PLACES)

    assert finding.sentence == "provenance lists no materials, so that none is known to come from an allowed place"
    assert codes(finding) == {Code.PROVENANCE_MATERIAL_NOT_ALLOWED}


BASES = replace(GENERIC_V02.params, base_images=("oci://registry.example/tools",))


def test_images_among_the_materials_must_come_from_the_places_of_images() -> None:
    other = {"uri": "pkg:docker/alpine@3.20?platform=linux%2Famd64", "digest": {"sha256": "c" * 64}}
    finding = judge_materials(BASES, SOURCE_AT_REF, IMAGE, other)

    assert judge_materials(BASES, SOURCE_AT_REF, IMAGE).outcome is Outcome.PASS
    assert codes(finding) == {Code.PROVENANCE_BASE_IMAGE_NOT_ALLOWED}
    assert finding.sentence == (
        f"1 of the 2 images among the build's materials come from no allowed place: {other['uri']}; "
        "allowed: oci://registry.example/tools"
    )


def test_a_builder_that_lists_no_image_does_not_tell_the_base() -> None:
    finding = judge_materials(BASES, SOURCE_AT_REF)

    assert codes(finding) == {Code.PROVENANCE_BASE_IMAGE_NOT_ALLOWED}
    assert finding.sentence == "provenance lists no image among its materials, so that the base image is not known"


def test_images_have_their_own_places_beside_those_of_other_materials() -> None:
    both = replace(PLACES, base_images=BASES.base_images)

    assert judge_materials(both, SOURCE_AT_REF, TARBALL, IMAGE).outcome is Outcome.PASS
    assert codes(judge_materials(both, SOURCE_AT_REF, {"uri": "oci://mirror.example/npm/x"})) == {
        Code.PROVENANCE_BASE_IMAGE_NOT_ALLOWED
    }
