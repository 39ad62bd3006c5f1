"""Layouts of SLSA provenance v0.2, by build type (slsa.dev/spec/v0.2/provenance).

slsa-github-generator, GitLab's runner and Tekton Chains; everything else by what the specification itself says:
`invocation.configSource` is the source, its `entryPoint` the way in, and each of `invocation.parameters` external.
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
    misnamed_commit,
    one_commit,
    runner_dependency,
)
from promoter.core.predicates.source import SourceLocation, locate_source


def _locate_generic(definition: Definition) -> Source:
    config = definition.said.body("configSource")
    location = locate_source(config.text("uri"))
    own = {commit_of(config)} - {""}
    return Source(
        location=location,
        commit=one_commit(definition, own | commits_of_repository(definition, location)),
        entry_point=config.text("entryPoint"),
    )


# --- slsa-github-generator: generic, container and Go -----------------------------------------------------------------


def _locate_generator(definition: Definition) -> Source:
    """Read a generator's provenance: it names the source three times, and a contradiction is refused.

    What the workflow was started with by hand is a parameter wherever it stands.
    """
    plain = _locate_generic(definition)
    first = next((locate_source(item.uri) for item in definition.dependencies), SourceLocation(""))
    if first != plain.location:
        raise definition.said.refusal("configSource", "is another source than the first of the materials")
    environment = definition.said.body("environment")
    _same(environment, "github_ref", plain.location.ref)
    _same(environment, "github_sha1", plain.commit)
    inputs = environment.body("github_event_payload").members.get("inputs")
    started_with = Body({"inputs": inputs}, definition.outer.path, definition.outer.code)
    return Source(
        location=plain.location,
        commit=plain.commit,
        entry_point=plain.entry_point,
        explained=(started_with,),
    )


def _same(environment: Body, name: str, said: str) -> None:
    """Refuse an environment that contradicts the source beside it."""
    value = environment.text(name)
    if value and said and value != said:
        raise environment.refusal(name, "is another one than that of invocation.configSource")


def _claim_generator(definition: Definition, source: Source, _: str) -> SignerClaims:
    environment = definition.said.body("environment")
    repository, ref = source.location.repository, source.location.ref
    run, attempt = environment.text("github_run_id"), environment.text("github_run_attempt")
    return SignerClaims(
        build_signer_uri=definition.builder_id,
        source_repository_uri=repository,
        source_repository_digest=source.commit,
        source_repository_ref=ref,
        source_repository_identifier=environment.text("github_repository_id"),
        source_repository_owner_identifier=environment.text("github_repository_owner_id"),
        build_config_uri=f"{repository}/{source.entry_point}@{ref}",
        build_trigger=environment.text("github_event_name"),
        run_invocation_uri=f"{repository}/actions/runs/{run}/attempts/{attempt}" if run and attempt else "",
    )


# --- GitLab's runner: the job's variables by name, their values left out ----------------------------------------------


def _locate_runner(definition: Definition) -> Source:
    config = definition.said.body("configSource")
    location = locate_source(config.text("uri"))
    own = {misnamed_commit(config)} - {""}
    return Source(
        location=location,
        commit=one_commit(definition, own | commits_of_repository(definition, location)),
        entry_point=config.text("entryPoint"),
        lists_unset=True,
    )


# --- Tekton Chains: `configSource` is the pipeline's definition, the source is a material -----------------------------


_URL_HINT, _COMMIT_HINT = "CHAINS-GIT_URL", "CHAINS-GIT_COMMIT"


def _locate_tekton(definition: Definition) -> Source:
    """Read a PipelineRun or TaskRun: the source is what the run's git hint names, else the one git material.

    The repository that the pipeline's definition came from is set aside where there is another one; several others
    name no source.
    """
    outer = definition.outer
    config = definition.said.body("configSource")
    hinted = locate_source(_text(outer, _URL_HINT))
    location = hinted if hinted.repository else _one_git_material(definition, locate_source(config.text("uri")))
    own = {_text(outer, _COMMIT_HINT)} - {""} if hinted.repository else set()
    return Source(
        location=location,
        commit=one_commit(definition, own | exact_commits(definition, location)),
        entry_point=config.text("entryPoint"),
        known=known_members(outer, outer, _URL_HINT, _COMMIT_HINT) if hinted.repository else frozenset(),
    )


def _text(part: Body, name: str) -> str:
    """Give a parameter that is text; older versions wrap it, and it is then one like any other."""
    return part.text(name) if isinstance(part.members.get(name), str) else ""


def _one_git_material(definition: Definition, config: SourceLocation) -> SourceLocation:
    located = {locate_source(item.uri) for item in definition.dependencies if item.commit} - {SourceLocation("")}
    others = located - {config} if len(located) > 1 else located
    return next(iter(others)) if len(others) == 1 else SourceLocation("")


_GENERATOR = Layout(_locate_generator, _claim_generator)
_TEKTON = Layout(_locate_tekton)
_GENERATORS = "https://github.com/slsa-framework/slsa-github-generator"

LAYOUTS: Final[Mapping[str, Layout]] = {
    f"{_GENERATORS}/generic@v1": _GENERATOR,
    f"{_GENERATORS}/container@v1": _GENERATOR,
    f"{_GENERATORS}/go@v1": _GENERATOR,
    "tekton.dev/v1/PipelineRun": _TEKTON,
    "tekton.dev/v1/TaskRun": _TEKTON,
    "tekton.dev/v1beta1/PipelineRun": _TEKTON,
    "tekton.dev/v1beta1/TaskRun": _TEKTON,
    "https://tekton.dev/attestations/chains/pipelinerun@v2": _TEKTON,
    "https://tekton.dev/attestations/chains@v2": _TEKTON,
}
"""Layouts by their exact build type."""

GITLAB_RUNNER: Final = Layout(_locate_runner, dependency=runner_dependency)
GENERIC: Final = Layout(_locate_generic)
