"""Every layout of provenance: the good one passes, and each lie is refused with its own code."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from promoter.core.checks import CHECKS
from promoter.core.checks.provenance_demands import ProvenanceParams, ProvenanceVersion
from promoter.core.codes import Code
from promoter.core.evidence import Signer, SignerClaims
from promoter.core.finding import Finding, Outcome
from tests.core.checks.builds import (
    BUILDS,
    CATALOGUE,
    CLOUD_BUILD,
    GENERIC_V02,
    GENERIC_V1,
    GITLAB_CONTROL_PLANE,
    IMAGE,
    PROVENANCE_V02,
    SOURCE_AT_REF,
    Build,
    generator,
    tekton_v02,
    tekton_v1,
)
from tests.core.checks.pieces import COMMIT, GITHUB, ISSUER, PIPELINE, PROVENANCE_V1, REF, SOURCE, Piece, subject

EACH = pytest.mark.parametrize("build", BUILDS, ids=[build.name for build in BUILDS])
Path = tuple[str | int, ...]


def judge(build: Build, predicate: Mapping[str, Any] | None = None, params: ProvenanceParams | None = None) -> Finding:
    piece = Piece(
        "it",
        build.predicate_type,
        build.predicate if predicate is None else predicate,
        Signer(PIPELINE, ISSUER, build.claims),
    )
    return CHECKS["provenance"].apply(params or build.params, subject(piece))


def codes(finding: Finding) -> set[Code]:
    return {reason.code for reason in finding.reasons}


def with_values(build: Build, values: Mapping[Path, object]) -> dict[str, Any]:
    copy: Any = deepcopy(build.predicate)
    for path, value in values.items():
        holder = copy
        for key in path[:-1]:
            holder = holder.setdefault(key, {}) if isinstance(holder, dict) else holder[key]
        holder[path[-1]] = value
    return dict(copy)


def rewritten(build: Build, old: str, new: str) -> dict[str, Any]:
    """Say another thing wherever the source is named; the texts are replaced as they stand there."""
    values = {path: str(value_at(build.predicate, path)).replace(old, new) for path in build.repository}
    return with_values(build, values)


def value_at(predicate: object, path: Path) -> object:
    value: Any = predicate
    for key in path:
        value = value[key]
    return value


def uncertified(build: Build) -> Build:
    """Give the build by a signer whose certificate says nothing, so that the lie itself has to be found."""
    return replace(build, claims=SignerClaims())


@EACH
def test_a_good_provenance_passes(build: Build) -> None:
    finding = judge(build)

    assert (finding.outcome, finding.reasons) == (Outcome.PASS, ())
    assert finding.sentence == f"built by {build.builder} from {SOURCE} {REF} at {COMMIT}"


@EACH
@pytest.mark.parametrize("other", ["https://forge.example/mallory/cart", f"{SOURCE}2", SOURCE.upper()])
def test_another_repository_is_refused(build: Build, other: str) -> None:
    assert Code.PROVENANCE_WRONG_REPOSITORY in codes(judge(uncertified(build), rewritten(build, SOURCE, other)))
    if build.claims.source_repository_uri and other.startswith("https:"):
        assert Code.PROVENANCE_CLAIM_NOT_CERTIFIED in codes(judge(build, rewritten(build, SOURCE, other)))


REF_PLACES: Mapping[str, Path] = {
    "GitHub attest": ("buildDefinition", "externalParameters", "workflow", "ref"),
    "GitHub workflow, the community's build type": ("buildDefinition", "externalParameters", "workflow", "ref"),
    "GitLab, control plane": ("buildDefinition", "externalParameters", "variables", "CI_COMMIT_TAG"),
    "Google Cloud Build": ("buildDefinition", "externalParameters", "buildConfigSource", "ref"),
}


@EACH
@pytest.mark.parametrize("other", ["refs/tags/v1.8.30", "refs/heads/v1.8.3", "refs/pull/1/merge", ""])
def test_another_ref_is_refused_and_so_is_none(build: Build, other: str) -> None:
    if place := REF_PLACES.get(build.name):
        predicate = with_values(build, {place: other})
    else:
        predicate = rewritten(build, f"@{REF}", f"@{other}" if other else "")
        if "environment" in predicate.get("invocation", {}):
            predicate["invocation"]["environment"].pop("github_ref", None)
    finding = judge(uncertified(build), predicate)

    assert Code.PROVENANCE_WRONG_REF in codes(finding)
    assert other or any("names no ref" in reason.sentence for reason in finding.reasons)


@EACH
@pytest.mark.parametrize("other", ["b" * 40, COMMIT[:7], COMMIT.upper(), ""])
def test_another_commit_is_refused_and_so_is_none(build: Build, other: str) -> None:
    predicate = with_values(build, dict.fromkeys(build.commit, other))

    finding = judge(uncertified(build), predicate)
    assert codes(finding) & {Code.PROVENANCE_WRONG_COMMIT, Code.PROVENANCE_UNPARSEABLE}
    if len(other) == 40 and other.islower():
        assert Code.PROVENANCE_CLAIM_NOT_CERTIFIED in codes(judge(build, predicate))


@EACH
def test_another_builder_is_refused_and_a_longer_one_too(build: Build) -> None:
    place: Path = ("builder", "id") if build.is_v02 else ("runDetails", "builder", "id")
    for other in ("https://builds.example/evil", f"{build.builder}2", build.builder.upper()):
        assert Code.PROVENANCE_WRONG_BUILDER in codes(judge(build, with_values(build, {place: other})))


@EACH
def test_another_build_type_is_refused_and_a_longer_one_too(build: Build) -> None:
    place: Path = ("buildType",) if build.is_v02 else ("buildDefinition", "buildType")
    for other in ("https://builds.example/other", f"{build.build_type}2"):
        assert Code.PROVENANCE_WRONG_BUILD_TYPE in codes(judge(build, with_values(build, {place: other})))


@EACH
def test_an_unknown_parameter_is_refused_unless_the_policy_lists_it(build: Build) -> None:
    name = "inputs" if build.unknown == "inputs" else "colour"
    predicate = with_values(build, {(*build.outer, name): {"paint": "blue"} if name == "inputs" else "blue"})
    finding = judge(build, predicate)

    assert codes(finding) == {Code.PROVENANCE_UNKNOWN_PARAMETER}
    assert f"the parameter {build.unknown} = " in finding.sentence
    allowed = replace(build.params, parameters=(*build.parameters, build.unknown))
    assert judge(build, predicate, allowed).outcome is Outcome.PASS


@EACH
def test_each_allowed_parameter_is_needed(build: Build) -> None:
    for name in build.parameters:
        left = tuple(other for other in build.parameters if other != name)
        finding = judge(build, params=replace(build.params, parameters=left))
        assert (name, codes(finding)) == (name, {Code.PROVENANCE_UNKNOWN_PARAMETER})


NEITHER_TEXT_NOR_OBJECT: tuple[object, ...] = ([], 7, True)


@EACH
def test_a_missing_or_mistyped_field_is_refused(build: Build) -> None:
    required: tuple[Path, ...] = (
        (("buildType",), ("builder",), ("builder", "id"))
        if build.is_v02
        else (
            ("buildDefinition",),
            ("buildDefinition", "buildType"),
            ("buildDefinition", "externalParameters"),
            ("runDetails",),
            ("runDetails", "builder"),
            ("runDetails", "builder", "id"),
        )
    )
    for path in required:
        for value in (None, *NEITHER_TEXT_NOR_OBJECT):
            assert codes(judge(build, with_values(build, {path: value}))) == {Code.PROVENANCE_UNPARSEABLE}, path
    for path in (*build.repository, *build.commit):
        for value in ({"a": 1}, *NEITHER_TEXT_NOR_OBJECT):
            assert judge(uncertified(build), with_values(build, {path: value})).outcome is Outcome.FAIL, path


@EACH
def test_huge_lists_are_refused_before_they_are_read(build: Build) -> None:
    place: Path = ("materials",) if build.is_v02 else ("buildDefinition", "resolvedDependencies")
    whole = judge(build, with_values(build, {place: [IMAGE] * 10_001}))
    many: dict[Path, object] = {(*build.outer, f"p{n}"): "x" for n in range(501)}

    assert codes(whole) == {Code.PROVENANCE_UNPARSEABLE}
    assert "has 10001 entries, more than 10000 are not read" in whole.sentence
    assert codes(judge(build, with_values(build, many))) == {Code.PROVENANCE_UNPARSEABLE}


@EACH
def test_a_claim_that_the_certificate_contradicts_is_refused(build: Build) -> None:
    other = replace(build.claims, source_repository_ref="refs/heads/main")
    finding = judge(replace(build, claims=other))

    assert codes(finding) == {Code.PROVENANCE_CLAIM_NOT_CERTIFIED}


@pytest.mark.parametrize(
    "claim",
    [
        "build_signer_uri",
        "source_repository_identifier",
        "source_repository_owner_identifier",
        "build_config_uri",
        "build_trigger",
        "run_invocation_uri",
    ],
)
def test_whatever_a_generator_writes_of_its_run_must_be_certified(claim: str) -> None:
    build = generator("container")
    finding = judge(replace(build, claims=replace(build.claims, **{claim: "other"})))

    assert codes(finding) == {Code.PROVENANCE_CLAIM_NOT_CERTIFIED}
    assert f"says {claim.replace('_', ' ')} is" in finding.sentence


@pytest.mark.parametrize("claim", ["source_repository_identifier", "build_trigger", "run_invocation_uri"])
def test_gitlabs_variables_must_be_certified(claim: str) -> None:
    claims = replace(GITLAB_CONTROL_PLANE.claims, **{claim: "other"})
    assert codes(judge(replace(GITLAB_CONTROL_PLANE, claims=claims))) == {Code.PROVENANCE_CLAIM_NOT_CERTIFIED}


# --- versions ---------------------------------------------------------------------------------------------------------


def test_version_0_2_counts_only_where_the_policy_names_it() -> None:
    only_v1 = replace(GENERIC_V02.params, versions=(ProvenanceVersion.V1,))
    finding = judge(GENERIC_V02, params=only_v1)

    assert codes(finding) == {Code.PROVENANCE_ABSENT}
    assert PROVENANCE_V02 in finding.sentence


@pytest.mark.parametrize("near", ["https://slsa.dev/provenance/v0.2evil", "https://slsa.dev/provenance/v0.1"])
def test_a_predicate_type_is_compared_whole(near: str) -> None:
    assert codes(judge(replace(GENERIC_V02, predicate_type=near))) == {Code.PROVENANCE_ABSENT}


@EACH
def test_a_provenance_under_the_other_versions_type_is_refused(build: Build) -> None:
    other = PROVENANCE_V1 if build.is_v02 else PROVENANCE_V02
    assert codes(judge(replace(build, predicate_type=other))) == {Code.PROVENANCE_UNPARSEABLE}


def test_a_build_type_of_one_version_is_refused_in_the_other_which_would_compare_less() -> None:
    finding = judge(GENERIC_V02, with_values(GENERIC_V02, {("buildType",): GITHUB}))

    assert codes(finding) == {Code.PROVENANCE_UNPARSEABLE}
    assert f"buildType belongs to SLSA provenance v1, not v0.2: {GITHUB}" in finding.sentence


# --- contradictions and several sources -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"), [("github_ref", "refs/heads/main"), ("github_sha1", "b" * 40), ("github_event_payload", [])]
)
def test_a_generators_environment_that_contradicts_its_source_is_refused(name: str, value: object) -> None:
    build = generator("generic")
    predicate = with_values(build, {("invocation", "environment", name): value})

    assert codes(judge(uncertified(build), predicate)) == {Code.PROVENANCE_UNPARSEABLE}


@pytest.mark.parametrize("materials", [[], [CATALOGUE, SOURCE_AT_REF], [{**SOURCE_AT_REF, "uri": f"git+{SOURCE}"}]])
def test_a_generators_first_material_must_be_its_source(materials: list[object]) -> None:
    build = generator("container")
    finding = judge(build, with_values(build, {("materials",): materials}))

    assert codes(finding) == {Code.PROVENANCE_UNPARSEABLE}
    assert "invocation.configSource is another source than the first of the materials" in finding.sentence


def test_what_a_generators_workflow_was_started_with_by_hand_is_a_parameter() -> None:
    build = generator("generic")
    place = ("invocation", "environment", "github_event_payload", "inputs")
    finding = judge(build, with_values(build, {place: {"debug": "true"}}))

    assert finding.sentence == (
        'the build was started with the parameter inputs = {"debug":"true"}, which the policy does not know'
    )


def test_a_material_with_another_commit_of_the_source_is_refused() -> None:
    materials = [SOURCE_AT_REF, {**SOURCE_AT_REF, "digest": {"sha1": "b" * 40}}]
    finding = judge(GENERIC_V02, with_values(GENERIC_V02, {("materials",): materials}))

    assert codes(finding) == {Code.PROVENANCE_UNPARSEABLE}
    assert "gives 2 commits for the one source" in finding.sentence


def test_a_job_of_a_tag_and_a_branch_is_refused() -> None:
    place = ("buildDefinition", "externalParameters", "variables", "CI_COMMIT_BRANCH")
    predicate = with_values(GITLAB_CONTROL_PLANE, {place: "main"})
    assert codes(judge(GITLAB_CONTROL_PLANE, predicate)) == {Code.PROVENANCE_UNPARSEABLE}


def test_two_repositories_among_tektons_inputs_name_no_source() -> None:
    for build, place in (
        (tekton_v1("https://tekton.dev/chains/v2/slsa"), ("buildDefinition", "resolvedDependencies")),
        (tekton_v02("tekton.dev/v1/TaskRun"), ("materials",)),
    ):
        inputs = value_at(build.predicate, place)
        assert isinstance(inputs, list)
        more = {"name": "inputs/result", "uri": "git+https://forge.example/acme/other", "digest": {"sha1": "d" * 40}}
        finding = judge(build, with_values(build, {place: [*inputs, more]}))
        assert Code.PROVENANCE_WRONG_REPOSITORY in codes(finding)


def test_tektons_git_hint_names_the_source_among_several_repositories() -> None:
    build = tekton_v02("tekton.dev/v1/PipelineRun")
    more = {"uri": "git+https://forge.example/acme/other", "digest": {"sha1": "d" * 40}}
    hinted = with_values(
        build,
        {
            ("materials",): [CATALOGUE, SOURCE_AT_REF, more],
            ("invocation", "parameters", "CHAINS-GIT_URL"): f"{SOURCE}@{REF}",
            ("invocation", "parameters", "CHAINS-GIT_COMMIT"): COMMIT,
        },
    )
    assert judge(build, hinted).outcome is Outcome.PASS


def test_a_parameter_of_a_tekton_run_that_stands_twice_is_refused() -> None:
    build = tekton_v1("https://tekton.dev/chains/v2/slsa")
    place = ("buildDefinition", "externalParameters", "runSpec", "params")
    finding = judge(build, with_values(build, {place: [{"name": "level", "value": "x"}] * 2}))

    assert codes(finding) == {Code.PROVENANCE_UNPARSEABLE}


def test_an_inline_build_configuration_is_a_parameter_and_names_no_source() -> None:
    outer = {"buildConfig": {"steps": [{"name": "make"}]}, "substitutions": {"_LEVEL": "release"}}
    finding = judge(CLOUD_BUILD, with_values(CLOUD_BUILD, {("buildDefinition", "externalParameters"): outer}))

    assert {Code.PROVENANCE_WRONG_REPOSITORY, Code.PROVENANCE_UNKNOWN_PARAMETER} <= codes(finding)


# --- materials --------------------------------------------------------------------------------------------------------


@EACH
def test_good_materials_are_pinned_and_none_are_not(build: Build) -> None:
    params = replace(build.params, pinned_materials=True)
    expected = set() if build is not GENERIC_V1 else {Code.PROVENANCE_MATERIAL_NOT_PINNED}

    assert codes(judge(build, params=params)) == expected


@pytest.mark.parametrize(
    "loose",
    [
        {"uri": "pkg:docker/alpine@3"},
        {"uri": "pkg:docker/alpine@3", "digest": {}},
        {"uri": "pkg:docker/alpine@3", "digest": {"sha1": "b" * 40}},
        {"uri": "pkg:docker/alpine@3", "digest": {"sha256": "B" * 64}},
        {"uri": "pkg:docker/alpine@3", "digest": {"sha256": "b" * 40}},
        {"uri": "pkg:docker/alpine@3", "digest": {"sha256": 7, "md5": "b" * 32}},
        {"uri": "pkg:docker/alpine@3", "digest": {"gitCommit": "main"}},
    ],
)
def test_a_material_without_a_digest_that_pins_it_is_refused(loose: dict[str, Any]) -> None:
    params = replace(GENERIC_V02.params, pinned_materials=True)
    predicate = with_values(GENERIC_V02, {("materials",): [IMAGE, loose]})
    finding = judge(GENERIC_V02, predicate, params)

    assert codes(finding) == {Code.PROVENANCE_MATERIAL_NOT_PINNED}
    assert finding.sentence == (
        "1 of the build's 2 materials have no SHA-256 digest and no git commit: pkg:docker/alpine@3"
    )
    assert judge(GENERIC_V02, predicate).outcome is Outcome.PASS


def test_many_loose_materials_are_one_reason_that_names_three() -> None:
    params = replace(GENERIC_V02.params, pinned_materials=True)
    loose = [{"uri": f"pkg:npm/p{n}"} for n in range(10_000)]
    finding = judge(GENERIC_V02, with_values(GENERIC_V02, {("materials",): loose}), params)

    assert finding.sentence == (
        "10000 of the build's 10000 materials have no SHA-256 digest and no git commit: "
        "pkg:npm/p0, pkg:npm/p1, pkg:npm/p2 and 9997 more"
    )
