"""Layouts of SLSA provenance v1, by build type (slsa.dev/spec/v1.2/build-provenance).

GitHub's workflow build types, GitLab's control plane and runner, Google Cloud Build, Tekton Chains and Google's build
of the same shape; everything else by a generic layout whose source stands in `source` or `configSource`.
"""

from collections.abc import Mapping
from typing import Final

from promoter.core.evidence import SignerClaims
from promoter.core.predicates.body import Body
from promoter.core.predicates.build import (
    Definition,
    Layout,
    Source,
    commit_of,
    commits_of_repository,
    exact_commits,
    known_members,
    one_commit,
    runner_dependency,
)
from promoter.core.predicates.source import SourceLocation, locate_source, normalise_repository

GITHUB_WORKFLOW: Final = "https://actions.github.io/buildtypes/workflow/v1"

_MAX_RUN_PARAMETERS = 1000
_SOURCE_MEMBERS = ("source", "configSource")
_MASKED = "[MASKED]"


# --- GitHub: the workflow build types ---------------------------------------------------------------------------------


def _locate_github(definition: Definition) -> Source:
    outer = definition.outer
    workflow = outer.body("workflow")
    location = SourceLocation(normalise_repository(workflow.text("repository")), workflow.text("ref"))
    return Source(
        location=location,
        commit=one_commit(definition, exact_commits(definition, location)),
        entry_point=workflow.text("path"),
        explained=(workflow,),
        known=known_members(outer, workflow, "ref", "repository", "path"),
    )


def _claim_github(definition: Definition, source: Source, run: str) -> SignerClaims:
    inner = definition.said.body("internalParameters").body("github")
    repository, ref = source.location.repository, source.location.ref
    return SignerClaims(
        build_signer_uri=definition.builder_id,
        runner_environment=inner.text("runner_environment"),
        source_repository_uri=repository,
        source_repository_digest=source.commit,
        source_repository_ref=ref,
        source_repository_identifier=inner.text("repository_id"),
        source_repository_owner_identifier=inner.text("repository_owner_id"),
        build_config_uri=f"{repository}/{source.entry_point}@{ref}",
        build_trigger=inner.text("event_name"),
        run_invocation_uri=run,
    )


# --- GitLab: `source`, `entryPoint` and the job's variables -----------------------------------------------------------


_CERTIFIED_VARIABLES = (
    "CI_COMMIT_TAG",
    "CI_COMMIT_BRANCH",
    "CI_PIPELINE_SOURCE",
    "CI_JOB_URL",
    "CI_PROJECT_ID",
    "CI_PROJECT_NAMESPACE_ID",
)
"""Variables that say what a certificate's claims say: they are compared, and no parameters."""


def _variables(definition: Definition) -> Body:
    """Give the job's variables; GitLab's runner writes them among the parameters, by their names and without values."""
    return definition.outer.body("variables") if definition.outer.has("variables") else definition.outer


def _variable(variables: Body, name: str) -> str:
    value = variables.text(name)
    return "" if value == _MASKED else value


def _locate_gitlab(definition: Definition) -> Source:
    outer, variables = definition.outer, _variables(definition)
    named = locate_source(outer.text("source"))
    is_separate = variables is not outer
    return Source(
        location=SourceLocation(named.repository, named.ref or _gitlab_ref(variables)),
        commit=one_commit(definition, commits_of_repository(definition, named)),
        entry_point=outer.text("entryPoint"),
        explained=(variables,) if is_separate else (),
        known=known_members(outer, outer, "source", "entryPoint", "variables")
        | known_members(outer, variables, *_CERTIFIED_VARIABLES),
        lists_unset=True,
    )


def _gitlab_ref(variables: Body) -> str:
    """Give the ref that the job's variables name: of a tag or a branch, never of both."""
    tag, branch = _variable(variables, "CI_COMMIT_TAG"), _variable(variables, "CI_COMMIT_BRANCH")
    if tag and branch:
        raise variables.refusal("CI_COMMIT_TAG", "is set beside CI_COMMIT_BRANCH: a job builds one of them")
    return f"refs/tags/{tag}" if tag else f"refs/heads/{branch}" if branch else ""


def _claim_gitlab(definition: Definition, source: Source, _: str) -> SignerClaims:
    variables = _variables(definition)
    return SignerClaims(
        source_repository_uri=source.location.repository,
        source_repository_digest=source.commit,
        source_repository_ref=source.location.ref,
        source_repository_identifier=_variable(variables, "CI_PROJECT_ID"),
        source_repository_owner_identifier=_variable(variables, "CI_PROJECT_NAMESPACE_ID"),
        build_trigger=_variable(variables, "CI_PIPELINE_SOURCE"),
        run_invocation_uri=_variable(variables, "CI_JOB_URL"),
    )


# --- Google Cloud Build: `buildConfigSource` and the trigger's substitutions ------------------------------------------


def _locate_cloud_build(definition: Definition) -> Source:
    outer = definition.outer
    config, substitutions = outer.body("buildConfigSource"), outer.body("substitutions")
    location = SourceLocation(normalise_repository(config.text("repository")), config.text("ref"))
    return Source(
        location=location,
        commit=one_commit(definition, commits_of_repository(definition, location)),
        entry_point=config.text("path"),
        explained=(config, substitutions),
        known=known_members(outer, config, "repository", "ref", "path") | known_members(outer, substitutions),
    )


# --- Tekton Chains: the run's own specification, and inputs that its tasks report -------------------------------------


_TASK_INPUT = "inputs/result"


def _locate_tekton(definition: Definition) -> Source:
    """Read a PipelineRun or TaskRun; its source is the one repository among the inputs that its tasks report.

    `buildConfigSource` is where the pipeline's definition came from, which may be another repository. Several
    repositories among the inputs name no source.
    """
    outer = definition.outer
    config, run = outer.body("buildConfigSource"), outer.body("runSpec")
    params = _run_parameters(run)
    inputs = {locate_source(item.uri) for item in definition.dependencies if item.name == _TASK_INPUT and item.commit}
    located = {location for location in inputs if location.repository}
    location = next(iter(located)) if len(located) == 1 else SourceLocation("")
    return Source(
        location=location,
        commit=one_commit(definition, exact_commits(definition, location)),
        entry_point=config.text("path"),
        explained=(config, run, params),
        known=known_members(outer, config, "repository", "ref", "path")
        | known_members(outer, run, "params")
        | known_members(outer, params),
    )


def _run_parameters(run: Body) -> Body:
    """Give the parameters of a run by their names; a name that stands twice is refused."""
    named: dict[str, object] = {}
    for item in run.bodies("params", _MAX_RUN_PARAMETERS):
        name = item.required_text("name")
        if name in named:
            raise item.refusal("name", f"stands twice: {name[:60]!r}")
        named[name] = item.members.get("value")
    return Body(named, run.at("params"), run.code)


# --- everything else --------------------------------------------------------------------------------------------------


def _locate_generic(definition: Definition) -> Source:
    outer = definition.outer
    name = next((name for name in _SOURCE_MEMBERS if outer.has(name)), "")
    if not name:
        return Source(location=SourceLocation(""))
    value = outer.members[name]
    source = Body({"uri": value}, outer.at(name), outer.code) if isinstance(value, str) else outer.body(name)
    location = locate_source(source.text("uri"))
    return Source(
        location=location,
        commit=commit_of(source) or one_commit(definition, exact_commits(definition, location)),
        entry_point=source.text("path"),
        explained=(source,),
        known=known_members(outer, source, "uri", "digest", "path"),
    )


_GITHUB = Layout(_locate_github, _claim_github)
_TEKTON = Layout(_locate_tekton)

LAYOUTS: Final[Mapping[str, Layout]] = {
    GITHUB_WORKFLOW: _GITHUB,
    "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1": _GITHUB,
    "https://docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1": Layout(_locate_gitlab, _claim_gitlab),
    "https://cloud.google.com/build/gcb-buildtypes/google-worker/v1": Layout(_locate_cloud_build),
    "https://cloud.google.com/build/gcb-buildtypes/google-builder/v1": _TEKTON,
    "https://tekton.dev/chains/v2/slsa": _TEKTON,
    "https://tekton.dev/chains/v2/slsa-tekton": _TEKTON,
}
"""Layouts by their exact build type."""

GITLAB_RUNNER: Final = Layout(_locate_gitlab, _claim_gitlab, runner_dependency)
GENERIC: Final = Layout(_locate_generic)
