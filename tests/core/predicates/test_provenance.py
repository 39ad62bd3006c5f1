"""SLSA provenance: both layouts, the written rule for repository names, and what is refused."""

from typing import Any

import pytest

from promoter.core.codes import Code
from promoter.core.predicates.provenance import read_provenance
from promoter.core.predicates.source import SourceLocation, locate_source, normalise_repository
from promoter.core.strict_json import Malformed
from tests.core.checks.pieces import COMMIT, PIPELINE, REF, SOURCE, provenance


def generic(**outer: Any) -> dict[str, Any]:
    return {
        "buildDefinition": {"buildType": "https://builds.example/v1", "externalParameters": outer},
        "runDetails": {"builder": {"id": "https://builds.example"}, "metadata": {"invocationID": "run-9"}},
    }


def test_githubs_layout_gives_source_workflow_and_claims() -> None:
    facts = read_provenance(provenance())

    assert (facts.source_repository, facts.source_ref, facts.source_commit) == (SOURCE, REF, COMMIT)
    assert facts.workflow_path == ".github/workflows/release.yml"
    assert facts.builder_id == PIPELINE
    assert facts.parameters == ()
    assert facts.claims.build_config_uri == PIPELINE
    assert facts.claims.build_trigger == "push"
    assert facts.claims.run_invocation_uri == facts.invocation_id == f"{SOURCE}/actions/runs/7/attempts/1"


def test_the_generic_layout_reads_a_source_descriptor_and_the_other_spelling_of_the_invocation() -> None:
    facts = read_provenance(generic(source={"uri": f"git+{SOURCE}.git@{REF}", "digest": {"gitCommit": COMMIT}}))

    assert (facts.source_repository, facts.source_ref, facts.source_commit) == (SOURCE, REF, COMMIT)
    assert facts.invocation_id == "run-9"
    assert facts.claims.build_signer_uri == ""


def test_the_generic_layout_reads_buildkits_config_source_and_takes_the_commit_from_the_dependencies() -> None:
    predicate = generic(configSource={"uri": f"{SOURCE}.git#{REF}", "path": "Dockerfile"}, request={"frontend": "x"})
    predicate["buildDefinition"]["resolvedDependencies"] = [
        {"uri": "pkg:docker/alpine@3", "digest": {"sha256": "b" * 64}},
        {"uri": f"{SOURCE}.git#{REF}", "digest": {"sha1": COMMIT}},
    ]
    facts = read_provenance(predicate)

    assert (facts.source_repository, facts.source_commit, facts.workflow_path) == (SOURCE, COMMIT, "Dockerfile")
    assert facts.parameters == (("request", '{"frontend":"x"}'),)


def test_a_source_that_is_plain_text_is_read_and_one_that_is_not_named_stays_empty() -> None:
    assert read_provenance(generic(source=f"git+{SOURCE}@{REF}")).source_repository == SOURCE
    assert read_provenance(generic(sauce="x")).source_repository == ""


def test_every_parameter_that_is_not_explained_is_listed_and_empty_ones_are_unset() -> None:
    predicate = provenance(inputs={"debug": True}, vars={}, note="", level=0, off=False, none=None)
    predicate["buildDefinition"]["externalParameters"]["workflow"]["extra"] = ["x"]

    assert read_provenance(predicate).parameters == (
        ("inputs", '{"debug":true}'),
        ("level", "0"),
        ("off", "false"),
        ("workflow.extra", '["x"]'),
    )


def test_a_commit_of_another_dependency_is_not_the_sources() -> None:
    predicate = provenance()
    predicate["buildDefinition"]["resolvedDependencies"][0]["uri"] = f"git+{SOURCE}-evil@{REF}"

    assert read_provenance(predicate).source_commit == ""


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
        read_provenance(predicate)

    assert (refusal.value.code, refusal.value.detail) == (Code.PROVENANCE_UNPARSEABLE, detail)


def test_two_commits_for_the_one_source_are_refused() -> None:
    predicate = provenance()
    predicate["buildDefinition"]["resolvedDependencies"].append(
        {"uri": f"git+{SOURCE}@{REF}", "digest": {"gitCommit": "b" * 40}}
    )
    with pytest.raises(Malformed, match="gives 2 commits for the one source"):
        read_provenance(predicate)
