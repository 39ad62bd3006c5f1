"""One good provenance per layout, as its specification describes it, with the policy and certificate that fit it."""

from dataclasses import dataclass, field, replace
from typing import Any

from promoter.core.checks.provenance_demands import ProvenanceParams, ProvenanceVersion
from promoter.core.evidence import SignerClaims
from tests.core.checks.pieces import CLAIMS, COMMIT, GITHUB, PIPELINE, PROVENANCE_V1, REF, SOURCE, TAG, provenance

PROVENANCE_V02 = "https://slsa.dev/provenance/v0.2"
GENERATORS = "https://github.com/slsa-framework/slsa-github-generator"
GENERATOR = f"{GENERATORS}/.github/workflows/generator_container_slsa3.yml@refs/tags/v2.1.0"
RUNNER = f"{SOURCE}/-/runners/33"
RUNNER_TYPE = "https://gitlab.com/gitlab-org/gitlab-runner/-/blob/2147fb44/PROVENANCE.md"
WORKFLOW = ".github/workflows/release.yml"
IMAGE = {"uri": "oci://registry.example/tools/builder", "digest": {"sha256": "b" * 64}}
SOURCE_AT_REF = {"uri": f"git+{SOURCE}@{REF}", "digest": {"sha1": COMMIT}}
CATALOGUE = {"uri": "git+https://forge.example/platform/pipelines.git", "digest": {"sha1": "c" * 40}}

SAID_OF_SOURCE = SignerClaims(
    source_repository_uri=SOURCE, source_repository_digest=COMMIT, source_repository_ref=REF, build_trigger="push"
)
"""What a certificate says that has claims about the source alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A good provenance; `repository`, `ref` and so on are the places where it says these things."""

    name: str
    predicate: dict[str, Any]
    predicate_type: str = PROVENANCE_V1
    build_type: str
    builder: str
    workflow: str = ""
    parameters: tuple[str, ...] = ()
    claims: SignerClaims = SAID_OF_SOURCE
    repository: tuple[tuple[str | int, ...], ...]  # all places that name the source
    commit: tuple[tuple[str | int, ...], ...]
    outer: tuple[str, ...]  # the object that one more external parameter would stand in
    unknown: str = "colour"  # what it would be called
    versions: tuple[ProvenanceVersion, ...] = field(default=(ProvenanceVersion.V1, ProvenanceVersion.V0_2))

    @property
    def params(self) -> ProvenanceParams:
        return ProvenanceParams(
            signers=("pipeline",),
            builders=(self.builder,),
            build_types=(self.build_type,),
            workflow=self.workflow or None,
            parameters=self.parameters,
            versions=self.versions,
        )

    @property
    def is_v02(self) -> bool:
        return self.predicate_type == PROVENANCE_V02


def v1(build_type: str, builder: str, outer: dict[str, Any], *inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "buildDefinition": {
            "buildType": build_type,
            "externalParameters": outer,
            "resolvedDependencies": [dict(item) for item in inputs],
            **more,
        },
        "runDetails": {
            "builder": {"id": builder},
            "metadata": {
                "invocationId": "run-7",
                "startedOn": "2026-11-21T10:00:00Z",
                "finishedOn": "2026-11-21T10:05:00Z",
            },
        },
    }


def v02(build_type: str, builder: str, invocation: dict[str, Any], *materials: dict[str, Any]) -> dict[str, Any]:
    return {
        "builder": {"id": builder},
        "buildType": build_type,
        "invocation": invocation,
        "metadata": {
            "buildInvocationId": "7-1",
            "buildStartedOn": "2026-11-21T10:00:00Z",
            "buildFinishedOn": "2026-11-21T10:05:00Z",
            "completeness": {"parameters": True, "environment": False, "materials": False},
            "reproducible": False,
        },
        "materials": [dict(item) for item in materials],
    }


def generator(kind: str) -> Build:
    build_type = f"{GENERATORS}/{kind}@v1"
    invocation = {
        "configSource": {**SOURCE_AT_REF, "entryPoint": WORKFLOW},
        "parameters": {},
        "environment": {
            "github_event_name": "push",
            "github_event_payload": {"ref": REF, "inputs": None},
            "github_ref": REF,
            "github_ref_type": "tag",
            "github_repository_id": "1001",
            "github_repository_owner_id": "2002",
            "github_run_attempt": "1",
            "github_run_id": "7",
            "github_sha1": COMMIT,
        },
    }
    return Build(
        name=f"slsa-github-generator, {kind}",
        predicate=v02(build_type, GENERATOR, invocation, SOURCE_AT_REF),
        predicate_type=PROVENANCE_V02,
        build_type=build_type,
        builder=GENERATOR,
        workflow=WORKFLOW,
        claims=replace(
            CLAIMS,
            build_signer_uri=GENERATOR,
            source_repository_identifier="1001",
            source_repository_owner_identifier="2002",
        ),
        repository=(("invocation", "configSource", "uri"), ("materials", 0, "uri")),
        commit=(
            ("invocation", "configSource", "digest", "sha1"),
            ("materials", 0, "digest", "sha1"),
            ("invocation", "environment", "github_sha1"),
        ),
        outer=("invocation", "parameters"),
    )


GITHUB_ATTEST = Build(
    name="GitHub attest",
    predicate=provenance(),
    build_type=GITHUB,
    builder=PIPELINE,
    workflow=WORKFLOW,
    claims=CLAIMS,
    repository=(
        ("buildDefinition", "externalParameters", "workflow", "repository"),
        ("buildDefinition", "resolvedDependencies", 0, "uri"),
    ),
    commit=(("buildDefinition", "resolvedDependencies", 0, "digest", "gitCommit"),),
    outer=("buildDefinition", "externalParameters"),
)

COMMUNITY_GITHUB = "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1"
GITHUB_COMMUNITY = replace(
    GITHUB_ATTEST,
    name="GitHub workflow, the community's build type",
    predicate={
        **provenance(inputs={}, vars={}),
        "buildDefinition": {**provenance(inputs={}, vars={})["buildDefinition"], "buildType": COMMUNITY_GITHUB},
    },
    build_type=COMMUNITY_GITHUB,
    unknown="inputs",
)

GITLAB_CONTROL_PLANE = Build(
    name="GitLab, control plane",
    predicate=v1(
        "https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1",
        RUNNER,
        {
            "source": SOURCE,
            "entryPoint": "build-job",
            "variables": {
                "CI_COMMIT_TAG": TAG,
                "CI_PIPELINE_SOURCE": "push",
                "CI_PROJECT_ID": "1001",
                "CI_JOB_URL": f"{SOURCE}/-/jobs/7",
                "LEVEL": "release",
                "TOKEN": "[MASKED]",
            },
        },
        {"uri": SOURCE, "digest": {"gitCommit": COMMIT}},
    ),
    build_type="https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1",
    builder=RUNNER,
    workflow="build-job",
    parameters=("variables.LEVEL", "variables.TOKEN"),
    claims=replace(SAID_OF_SOURCE, source_repository_identifier="1001", run_invocation_uri=f"{SOURCE}/-/jobs/7"),
    repository=(
        ("buildDefinition", "externalParameters", "source"),
        ("buildDefinition", "resolvedDependencies", 0, "uri"),
    ),
    commit=(("buildDefinition", "resolvedDependencies", 0, "digest", "gitCommit"),),
    outer=("buildDefinition", "externalParameters", "variables"),
    unknown="variables.colour",
)

GITLAB_RUNNER_V1 = Build(
    name="GitLab runner, v1",
    predicate=v1(
        RUNNER_TYPE,
        RUNNER,
        {"source": f"{SOURCE}@{REF}", "entryPoint": "build-job", "CI_COMMIT_TAG": "", "LEVEL": ""},
        {"uri": SOURCE, "digest": {"sha256": COMMIT}},
    ),
    build_type=RUNNER_TYPE,
    builder=RUNNER,
    workflow="build-job",
    parameters=("LEVEL",),
    repository=(
        ("buildDefinition", "externalParameters", "source"),
        ("buildDefinition", "resolvedDependencies", 0, "uri"),
    ),
    commit=(("buildDefinition", "resolvedDependencies", 0, "digest", "sha256"),),
    outer=("buildDefinition", "externalParameters"),
)

GITLAB_RUNNER_V02 = Build(
    name="GitLab runner, v0.2",
    predicate=v02(
        RUNNER_TYPE,
        RUNNER,
        {
            "configSource": {"uri": f"{SOURCE}@{REF}", "digest": {"sha256": COMMIT}, "entryPoint": "build-job"},
            "parameters": {"CI": "", "LEVEL": ""},
            "environment": {"name": "runner", "executor": "docker", "job": {"id": 7}},
        },
        IMAGE,
    ),
    predicate_type=PROVENANCE_V02,
    build_type=RUNNER_TYPE,
    builder=RUNNER,
    workflow="build-job",
    parameters=("CI", "LEVEL"),
    repository=(("invocation", "configSource", "uri"),),
    commit=(("invocation", "configSource", "digest", "sha256"),),
    outer=("invocation", "parameters"),
)

CLOUD_BUILD = Build(
    name="Google Cloud Build",
    predicate=v1(
        "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1",
        "https://cloudbuild.googleapis.com/GoogleHostedWorker",
        {
            "buildConfigSource": {"repository": f"git+{SOURCE}", "ref": REF, "path": "cloudbuild.yaml"},
            "substitutions": {"_LEVEL": "release"},
        },
        {"uri": f"git+{SOURCE}", "digest": {"gitCommit": COMMIT}},
        internalParameters={"systemSubstitutions": {"TAG_NAME": TAG}, "triggerUri": "projects/1/triggers/2"},
    ),
    build_type="https://cloud.google.com/build/gcb-buildtypes/google-worker/v1",
    builder="https://cloudbuild.googleapis.com/GoogleHostedWorker",
    workflow="cloudbuild.yaml",
    parameters=("substitutions._LEVEL",),
    repository=(
        ("buildDefinition", "externalParameters", "buildConfigSource", "repository"),
        ("buildDefinition", "resolvedDependencies", 0, "uri"),
    ),
    commit=(("buildDefinition", "resolvedDependencies", 0, "digest", "gitCommit"),),
    outer=("buildDefinition", "externalParameters", "substitutions"),
    unknown="substitutions.colour",
)


def tekton_v1(build_type: str) -> Build:
    return Build(
        name=f"Tekton Chains, {build_type.rpartition('/')[2]}",
        predicate=v1(
            build_type,
            "https://tekton.example/chains",
            {
                "buildConfigSource": {
                    "repository": CATALOGUE["uri"],
                    "ref": f"sha1:{'c' * 40}",
                    "path": "pipelines/release.yaml",
                },
                "runSpec": {
                    "pipelineRef": {"resolver": "git"},
                    "params": [{"name": "level", "value": "release"}],
                    "timeouts": None,
                },
            },
            {"name": "pipeline", **CATALOGUE},
            IMAGE,
            {"name": "inputs/result", **SOURCE_AT_REF},
        ),
        build_type=build_type,
        builder="https://tekton.example/chains",
        workflow="pipelines/release.yaml",
        parameters=("runSpec.pipelineRef", "runSpec.params.level"),
        repository=(("buildDefinition", "resolvedDependencies", 2, "uri"),),
        commit=(("buildDefinition", "resolvedDependencies", 2, "digest", "sha1"),),
        outer=("buildDefinition", "externalParameters", "runSpec"),
        unknown="runSpec.colour",
    )


def tekton_v02(build_type: str) -> Build:
    invocation = {
        "configSource": {**CATALOGUE, "entryPoint": "release"},
        "parameters": {"level": "release"},
        "environment": {"labels": {"app": "cart"}},
    }
    return Build(
        name=f"Tekton Chains, {build_type}",
        predicate=v02(build_type, "https://tekton.example/chains", invocation, CATALOGUE, IMAGE, SOURCE_AT_REF),
        predicate_type=PROVENANCE_V02,
        build_type=build_type,
        builder="https://tekton.example/chains",
        workflow="release",
        parameters=("level",),
        repository=(("materials", 2, "uri"),),
        commit=(("materials", 2, "digest", "sha1"),),
        outer=("invocation", "parameters"),
    )


GENERIC_V1 = Build(
    name="generic, v1",
    predicate=v1("https://builds.example/v1", "https://builds.example", {"source": dict(SOURCE_AT_REF)}),
    build_type="https://builds.example/v1",
    builder="https://builds.example",
    repository=(("buildDefinition", "externalParameters", "source", "uri"),),
    commit=(("buildDefinition", "externalParameters", "source", "digest", "sha1"),),
    outer=("buildDefinition", "externalParameters"),
)

GENERIC_V02 = Build(
    name="generic, v0.2",
    predicate=v02(
        "https://builds.example/v0.2",
        "https://builds.example",
        {"configSource": {**SOURCE_AT_REF, "entryPoint": "make release"}},
        IMAGE,
    ),
    predicate_type=PROVENANCE_V02,
    build_type="https://builds.example/v0.2",
    builder="https://builds.example",
    workflow="make release",
    repository=(("invocation", "configSource", "uri"),),
    commit=(("invocation", "configSource", "digest", "sha1"),),
    outer=("invocation", "parameters"),
)

BUILDS: tuple[Build, ...] = (
    GITHUB_ATTEST,
    GITHUB_COMMUNITY,
    generator("generic"),
    generator("container"),
    GITLAB_CONTROL_PLANE,
    GITLAB_RUNNER_V1,
    GITLAB_RUNNER_V02,
    CLOUD_BUILD,
    tekton_v1("https://tekton.dev/chains/v2/slsa"),
    tekton_v1("https://tekton.dev/chains/v2/slsa-tekton"),
    tekton_v02("tekton.dev/v1/PipelineRun"),
    tekton_v02("https://tekton.dev/attestations/chains@v2"),
    GENERIC_V1,
    GENERIC_V02,
)
