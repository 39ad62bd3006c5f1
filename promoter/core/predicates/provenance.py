"""SLSA provenance v1 as facts (slsa.dev/spec/v1.2/build-provenance).

Two layouts of `externalParameters` are read: GitHub's workflow build type, and a generic one whose source stands in
`source` or `configSource` as a URI or a resource descriptor. Nothing is guessed: what a layout does not name stays
empty, and every external parameter that it does not explain is listed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from promoter.core.codes import Code
from promoter.core.evidence import SignerClaims
from promoter.core.predicates.body import Body, body_of
from promoter.core.predicates.source import SourceLocation, locate_source, normalise_repository
from promoter.core.strict_json import Malformed

GITHUB_WORKFLOW: Final = "https://actions.github.io/buildtypes/workflow/v1"

_MAX_DEPENDENCIES = 10_000
_MAX_PARAMETERS = 100
_MAX_NAME = 200
_SHOWN_VALUE = 200  # characters of a parameter's value that are kept for display
_SOURCE_MEMBERS = ("source", "configSource")


@dataclass(frozen=True, slots=True)
class Dependency:
    """A resolved dependency: its URI and the git commit of its digest, empty where it has none."""

    uri: str
    commit: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """How an artifact was built, as its builder says.

    `claims` are the statements about the build under the names that a signing certificate has for them, so that the
    two can be compared one by one. `parameters` are the external parameters beyond source and workflow, each with its
    value as JSON text.
    """

    build_type: str
    builder_id: str
    source_repository: str  # normalised
    source_ref: str
    source_commit: str
    workflow_path: str
    parameters: tuple[tuple[str, str], ...]
    invocation_id: str
    started_at: datetime | None
    finished_at: datetime | None
    dependencies: tuple[Dependency, ...]
    claims: SignerClaims = field(default_factory=SignerClaims)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What one layout of the external parameters says about the source."""

    location: SourceLocation
    commit: str
    workflow_path: str
    explained: tuple[Body, ...]  # objects whose members were looked into
    known: frozenset[str]  # paths of the members that the layout explains


def read_provenance(predicate: object) -> Provenance:
    """Read an SLSA provenance v1 predicate; raises Malformed with PROVENANCE_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.PROVENANCE_UNPARSEABLE)
    definition = whole.required_body("buildDefinition")
    details = whole.required_body("runDetails")
    metadata = details.body("metadata")
    build_type = definition.required_text("buildType")
    builder_id = details.required_body("builder").required_text("id")
    dependencies = tuple(_dependency(item) for item in definition.bodies("resolvedDependencies", _MAX_DEPENDENCIES))
    outer = definition.required_body("externalParameters")
    is_github = build_type == GITHUB_WORKFLOW
    layout = _github_layout(outer, dependencies) if is_github else _generic_layout(outer, dependencies)
    invocation_id = metadata.text("invocationId") or metadata.text("invocationID")
    return Provenance(
        build_type=build_type,
        builder_id=builder_id,
        source_repository=layout.location.repository,
        source_ref=layout.location.ref,
        source_commit=layout.commit,
        workflow_path=layout.workflow_path,
        parameters=_unexplained(outer, layout),
        invocation_id=invocation_id,
        started_at=metadata.time("startedOn"),
        finished_at=metadata.time("finishedOn"),
        dependencies=dependencies,
        claims=(
            _github_claims(definition, layout, builder_id, invocation_id)
            if is_github
            else SignerClaims(
                source_repository_uri=layout.location.repository,
                source_repository_digest=layout.commit,
                source_repository_ref=layout.location.ref,
            )
        ),
    )


def _dependency(item: Body) -> Dependency:
    return Dependency(item.text("uri"), _commit(item))


def _commit(descriptor: Body) -> str:
    """Give the git commit in a descriptor's digest set; older builders write it under `sha1`."""
    digests = descriptor.body("digest")
    return digests.text("gitCommit") or digests.text("sha1")


def _github_layout(outer: Body, dependencies: tuple[Dependency, ...]) -> _Layout:
    workflow = outer.body("workflow")
    location = SourceLocation(normalise_repository(workflow.text("repository")), workflow.text("ref"))
    return _Layout(
        location=location,
        commit=_resolved_commit(outer, location, dependencies),
        workflow_path=workflow.text("path"),
        explained=(workflow,),
        known=frozenset({outer.at("workflow"), *(workflow.at(name) for name in ("ref", "repository", "path"))}),
    )


def _generic_layout(outer: Body, dependencies: tuple[Dependency, ...]) -> _Layout:
    name = next((name for name in _SOURCE_MEMBERS if outer.has(name)), "")
    if not name:
        return _Layout(SourceLocation(""), "", "", (), frozenset())
    value = outer.members[name]
    source = Body({"uri": value}, outer.at(name), outer.code) if isinstance(value, str) else outer.body(name)
    location = locate_source(source.text("uri"))
    return _Layout(
        location=location,
        commit=_commit(source) or _resolved_commit(outer, location, dependencies),
        workflow_path=source.text("path"),
        explained=(source,),
        known=frozenset({outer.at(name), *(source.at(member) for member in ("uri", "digest", "path"))}),
    )


def _resolved_commit(outer: Body, location: SourceLocation, dependencies: tuple[Dependency, ...]) -> str:
    """Give the commit of the dependency that is the source itself; two different ones are refused."""
    if not location.repository:
        return ""
    commits = {item.commit for item in dependencies if item.commit and locate_source(item.uri) == location}
    if len(commits) > 1:
        raise outer.refusal("resolvedDependencies", f"gives {len(commits)} commits for the one source")
    return next(iter(commits), "")


def _unexplained(outer: Body, layout: _Layout) -> tuple[tuple[str, str], ...]:
    """List the parameters that no layout explains; null, empty text, list and object are the same as unset."""
    found = tuple(
        (part.at(name).removeprefix(f"{outer.path}."), _as_json(value))
        for part in (outer, *layout.explained)
        for name, value in part.members.items()
        if part.at(name) not in layout.known and not _is_empty(value)
    )
    if len(found) > _MAX_PARAMETERS or any(len(name) > _MAX_NAME for name, _ in found):
        raise Malformed(
            outer.code,
            f"{outer.path} has more than {_MAX_PARAMETERS} parameters or a name longer than {_MAX_NAME} characters",
        )
    return found


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | tuple | Mapping) and not value)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))[:_SHOWN_VALUE]


def _github_claims(definition: Body, layout: _Layout, builder_id: str, invocation_id: str) -> SignerClaims:
    inner = definition.body("internalParameters").body("github")
    repository, ref = layout.location.repository, layout.location.ref
    return SignerClaims(
        build_signer_uri=builder_id,
        runner_environment=inner.text("runner_environment"),
        source_repository_uri=repository,
        source_repository_digest=layout.commit,
        source_repository_ref=ref,
        source_repository_identifier=inner.text("repository_id"),
        source_repository_owner_identifier=inner.text("repository_owner_id"),
        build_config_uri=f"{repository}/{layout.workflow_path}@{ref}",
        build_trigger=inner.text("event_name"),
        run_invocation_uri=invocation_id,
    )
