"""SLSA provenance: its layouts, the written rule for repository names, and what is refused."""

from copy import deepcopy
from typing import Any

import pytest

from promoter.core.codes import Code
from promoter.core.predicates.build import Dependency
from promoter.core.predicates.provenance import read_provenance
from promoter.core.predicates.source import SourceLocation, locate_source, normalise_repository
from promoter.core.strict_json import Malformed
from tests.core.checks.builds import BUILDS, GITLAB_CONTROL_PLANE, GITLAB_RUNNER_V1, Build, tekton_v02
from tests.core.checks.pieces import COMMIT, PIPELINE, PROVENANCE_V1, REF, SOURCE, provenance


def generic(**outer: Any) -> dict[str, Any]:
    return {
        "buildDefinition": {"buildType": "https://builds.example/v1", "externalParameters": outer},
        "runDetails": {"builder": {"id": "https://builds.example"}, "metadata": {"invocationID": "run-9"}},
    }


def test_githubs_layout_gives_source_workflow_and_claims() -> None:
    facts = read_provenance(PROVENANCE_V1, provenance())

    assert (facts.source_repository, facts.source_ref, facts.source_commit) == (SOURCE, REF, COMMIT)
    assert facts.workflow_path == ".github/workflows/release.yml"
    assert facts.builder_id == PIPELINE
    assert facts.parameters == ()
    assert facts.claims.build_config_uri == PIPELINE
    assert facts.claims.build_trigger == "push"
    assert facts.claims.run_invocation_uri == facts.invocation_id == f"{SOURCE}/actions/runs/7/attempts/1"


def test_the_generic_layout_reads_a_source_descriptor_and_the_other_spelling_of_the_invocation() -> None:
    facts = read_provenance(
        PROVENANCE_V1, generic(source={"uri": f"git+{SOURCE}.git@{REF}", "digest": {"gitCommit": COMMIT}})
    )

    assert (facts.source_repository, facts.source_ref, facts.source_commit) == (SOURCE, REF, COMMIT)
    assert facts.invocation_id == "run-9"
    assert facts.claims.build_signer_uri == ""


def test_the_generic_layout_reads_buildkits_config_source_and_takes_the_commit_from_the_dependencies() -> None:
    predicate = generic(configSource={"uri": f"{SOURCE}.git#{REF}", "path": "Dockerfile"}, request={"frontend": "x"})
    predicate["buildDefinition"]["resolvedDependencies"] = [
        {"uri": "pkg:docker/alpine@3", "digest": {"sha256": "b" * 64}},
        {"uri": f"{SOURCE}.git#{REF}", "digest": {"sha1": COMMIT}},
    ]
    facts = read_provenance(PROVENANCE_V1, predicate)

    assert (facts.source_repository, facts.source_commit, facts.workflow_path) == (SOURCE, COMMIT, "Dockerfile")
    assert facts.parameters == (("request", '{"frontend":"x"}'),)


def test_a_source_that_is_plain_text_is_read_and_one_that_is_not_named_stays_empty() -> None:
    assert read_provenance(PROVENANCE_V1, generic(source=f"git+{SOURCE}@{REF}")).source_repository == SOURCE
    assert read_provenance(PROVENANCE_V1, generic(sauce="x")).source_repository == ""


def test_every_parameter_that_is_not_explained_is_listed_and_empty_ones_are_unset() -> None:
    predicate = provenance(inputs={"debug": True}, vars={}, note="", level=0, off=False, none=None)
    predicate["buildDefinition"]["externalParameters"]["workflow"]["extra"] = ["x"]

    assert read_provenance(PROVENANCE_V1, predicate).parameters == (
        ("inputs", '{"debug":true}'),
        ("level", "0"),
        ("off", "false"),
        ("workflow.extra", '["x"]'),
    )


def test_a_commit_of_another_dependency_is_not_the_sources() -> None:
    predicate = provenance()
    predicate["buildDefinition"]["resolvedDependencies"][0]["uri"] = f"git+{SOURCE}-evil@{REF}"

    assert read_provenance(PROVENANCE_V1, predicate).source_commit == ""


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://x.example/a/b", "https://x.example/a/b"),
        ("git+https://x.example/a/b.git", "https://x.example/a/b"),
        ("https://x.example/a/b.git/", "https://x.example/a/b"),
        ("https://x.example/a/B", "https://x.example/a/B"),
        ("https://x.example/a/b/.git", "https://x.example/a/b/"),
        ("git+git+https://x.example/a/b", "git+https://x.example/a/b"),
        ("https://x.example/a/b%2Egit", "https://x.example/a/b%2Egit"),
    ],
)
def test_repository_names_are_normalised_by_one_rule(url: str, name: str) -> None:
    assert normalise_repository(url) == name


@pytest.mark.parametrize(
    ("uri", "location"),
    [
        ("git+https://x.example/a/b@refs/tags/v1@2", SourceLocation("https://x.example/a/b", "refs/tags/v1@2")),
        ("https://x.example:8443/a/b.git#main", SourceLocation("https://x.example:8443/a/b", "main")),
        ("https://x.example/a/b", SourceLocation("https://x.example/a/b")),
        ("https://user@x.example/a/b@main", SourceLocation("")),
        ("https://x.example", SourceLocation("")),
        ("git@x.example:a/b", SourceLocation("")),
    ],
)
def test_source_uris_are_split_at_the_first_mark_behind_the_host(uri: str, location: SourceLocation) -> None:
    assert locate_source(uri) == location


MANY: dict[str, Any] = {f"p{n}": n for n in range(101)}


def without(*path: str) -> dict[str, Any]:
    predicate = provenance()
    holder: dict[str, Any] = predicate
    for name in path[:-1]:
        holder = holder[name]
    del holder[path[-1]]
    return predicate


@pytest.mark.parametrize(
    ("predicate", "detail"),
    [
        ([], "the predicate is not an object"),
        ({}, "buildDefinition is missing"),
        (without("buildDefinition", "buildType"), "buildDefinition.buildType is missing"),
        (without("buildDefinition", "externalParameters"), "buildDefinition.externalParameters is missing"),
        (without("runDetails", "builder"), "runDetails.builder is missing"),
        (without("runDetails", "builder", "id"), "runDetails.builder.id is missing"),
        (
            provenance(**MANY),
            "buildDefinition.externalParameters has more than 100 parameters or a name longer than 200 characters",
        ),
        (provenance(repository=3), "buildDefinition.externalParameters.workflow.repository is not a string"),  # type: ignore[arg-type]
    ],
)
def test_what_is_not_provenance_is_refused_with_its_place(predicate: object, detail: str) -> None:
    with pytest.raises(Malformed) as refusal:
        read_provenance(PROVENANCE_V1, predicate)

    assert (refusal.value.code, refusal.value.detail) == (Code.PROVENANCE_UNPARSEABLE, detail)


def test_two_commits_for_the_one_source_are_refused() -> None:
    predicate = provenance()
    predicate["buildDefinition"]["resolvedDependencies"].append(
        {"uri": f"git+{SOURCE}@{REF}", "digest": {"gitCommit": "b" * 40}}
    )
    with pytest.raises(Malformed, match="gives 2 commits for the one source"):
        read_provenance(PROVENANCE_V1, predicate)


@pytest.mark.parametrize(
    ("uri", "digest", "is_pinned"),
    [
        ("pkg:docker/alpine@3", {"sha256": "b" * 64}, True),
        ("pkg:docker/alpine@3", {"sha256": "b" * 64, "md5": "x"}, True),
        ("git+https://x.example/a/b", {"sha1": "b" * 40}, True),
        ("https://x.example/a/b.git#main", {"sha1": "b" * 40}, True),
        ("https://x.example/a/b", {"gitCommit": "b" * 40}, True),
        ("https://x.example/a/b", {"gitCommit": "b" * 64}, True),
        ("https://x.example/b.tar.gz", {"sha1": "b" * 40}, False),
        ("https://x.example/b.git.tar.gz", {"sha1": "b" * 40}, False),
        ("https://x.example/a/b", {"gitCommit": "b" * 39}, False),
        ("https://x.example/a/b", {"sha256": "b" * 40}, False),
        ("https://x.example/a/b", {"sha512": "b" * 128}, False),
        ("https://x.example/a/b", None, False),
    ],
)
def test_a_dependency_is_pinned_by_a_sha256_or_a_git_commit(uri: str, digest: object, is_pinned: bool) -> None:
    predicate = generic()
    predicate["buildDefinition"]["resolvedDependencies"] = [{"uri": uri, "digest": digest}]
    (dependency,) = read_provenance(PROVENANCE_V1, predicate).dependencies

    assert (dependency.uri, dependency.is_pinned) == (uri, is_pinned)


def test_the_digests_of_a_dependency_are_kept_where_they_are_well_formed() -> None:
    predicate = generic()
    digest = {"sha256": "b" * 64, "gitCommit": "HEAD", "sha1": "c" * 40, "md5": "d" * 32}
    predicate["buildDefinition"]["resolvedDependencies"] = [{"name": "base", "uri": "oci://x", "digest": digest}]
    (dependency,) = read_provenance(PROVENANCE_V1, predicate).dependencies

    assert (dependency.name, dependency.commit) == ("base", "HEAD")
    assert dependency.digests == (("sha256", "b" * 64), ("sha1", "c" * 40))


@pytest.mark.parametrize("build", BUILDS, ids=[build.name for build in BUILDS])
def test_every_layout_gives_the_source_and_its_run(build: Build) -> None:
    facts = read_provenance(build.predicate_type, build.predicate)

    assert (facts.source_repository, facts.source_ref, facts.source_commit) == (SOURCE, REF, COMMIT)
    assert (facts.build_type, facts.builder_id) == (build.build_type, build.builder)
    assert facts.workflow_path == build.workflow
    assert facts.invocation_id
    assert (facts.started_at is None) == (facts.finished_at is None)
    said = (facts.claims.source_repository_uri, facts.claims.source_repository_ref)
    assert said == (facts.source_repository, facts.source_ref)


def test_gitlabs_runner_writes_the_commit_under_sha256_and_variables_without_values() -> None:
    facts = read_provenance(GITLAB_RUNNER_V1.predicate_type, GITLAB_RUNNER_V1.predicate)

    assert facts.dependencies == (Dependency(SOURCE, COMMIT, (("gitCommit", COMMIT),)),)
    assert facts.parameters == (("LEVEL", '""'),)


def test_a_masked_variable_says_nothing() -> None:
    predicate = deepcopy(GITLAB_CONTROL_PLANE.predicate)
    predicate["buildDefinition"]["externalParameters"]["variables"]["CI_COMMIT_TAG"] = "[MASKED]"

    assert read_provenance(PROVENANCE_V1, predicate).source_ref == ""


def test_a_hint_that_an_older_tekton_wraps_is_a_parameter_like_any_other() -> None:
    build = tekton_v02("tekton.dev/v1beta1/PipelineRun")
    predicate = deepcopy(build.predicate)
    predicate["invocation"]["parameters"]["CHAINS-GIT_URL"] = {"type": "string", "stringVal": "https://x.example/a/b"}
    facts = read_provenance(build.predicate_type, predicate)

    assert facts.source_repository == SOURCE
    assert [name for name, _ in facts.parameters] == ["level", "CHAINS-GIT_URL"]
