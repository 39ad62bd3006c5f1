"""SLSA provenance v1 and v0.2 as facts (slsa.dev/spec/v1.2/build-provenance, slsa.dev/spec/v0.2/provenance).

The predicate type chooses the version and the build type the layout, both as whole texts; only the build type of
GitLab's runner holds a version of its own. A build type that belongs to one version is refused in the other: there it
would be read by another layout, which compares less with the signing certificate.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from promoter.core.codes import Code
from promoter.core.evidence import SignerClaims
from promoter.core.predicates import layouts_v02, layouts_v1
from promoter.core.predicates.body import Body, body_of
from promoter.core.predicates.build import MAX_DEPENDENCIES, Definition, Dependency, Layout, unexplained
from promoter.core.predicates.types import PROVENANCE_V02

_RUNNER = re.compile(r"https://[^/]+/gitlab-org/gitlab-runner/-/blob/[^/]+/PROVENANCE\.md")


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
    workflow_path: str  # or the entry point, where a layout has no path
    parameters: tuple[tuple[str, str], ...]
    invocation_id: str
    started_at: datetime | None
    finished_at: datetime | None
    dependencies: tuple[Dependency, ...]
    claims: SignerClaims = field(default_factory=SignerClaims)


@dataclass(frozen=True, slots=True)
class _Version:
    """What one version of the predicate calls a run's metadata, and the layouts that it has."""

    name: str
    invocation: tuple[str, str]
    started: str
    finished: str
    layouts: Mapping[str, Layout]
    runner: Layout
    generic: Layout


_V1 = _Version(
    name="v1",
    invocation=("invocationId", "invocationID"),
    started="startedOn",
    finished="finishedOn",
    layouts=layouts_v1.LAYOUTS,
    runner=layouts_v1.GITLAB_RUNNER,
    generic=layouts_v1.GENERIC,
)
_V02 = _Version(
    name="v0.2",
    invocation=("buildInvocationId", "buildInvocationID"),
    started="buildStartedOn",
    finished="buildFinishedOn",
    layouts=layouts_v02.LAYOUTS,
    runner=layouts_v02.GITLAB_RUNNER,
    generic=layouts_v02.GENERIC,
)


def read_provenance(predicate_type: str, predicate: object) -> Provenance:
    """Read an SLSA provenance predicate of a known type; raises Malformed with PROVENANCE_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.PROVENANCE_UNPARSEABLE)
    return _read_v02(whole) if predicate_type in PROVENANCE_V02 else _read_v1(whole)


def _read_v1(whole: Body) -> Provenance:
    said = whole.required_body("buildDefinition")
    details = whole.required_body("runDetails")
    metadata = details.body("metadata")
    build_type = said.required_text("buildType")
    builder_id = details.required_body("builder").required_text("id")
    layout = _layout(said, build_type, _V1)
    dependencies = tuple(layout.dependency(item) for item in said.bodies("resolvedDependencies", MAX_DEPENDENCIES))
    outer = said.required_body("externalParameters")
    return _facts(Definition(build_type, builder_id, said, outer, dependencies), layout, metadata, _V1)


def _read_v02(whole: Body) -> Provenance:
    said = whole.body("invocation")
    metadata = whole.body("metadata")
    build_type = whole.required_text("buildType")
    builder_id = whole.required_body("builder").required_text("id")
    layout = _layout(whole, build_type, _V02)
    dependencies = tuple(layout.dependency(item) for item in whole.bodies("materials", MAX_DEPENDENCIES))
    outer = said.body("parameters")
    return _facts(Definition(build_type, builder_id, said, outer, dependencies), layout, metadata, _V02)


def _layout(part: Body, build_type: str, version: _Version) -> Layout:
    """Choose the layout of a build type; raises Malformed for one that belongs to the other version."""
    other = _V02 if version is _V1 else _V1
    if build_type in other.layouts:
        raise part.refusal("buildType", f"belongs to SLSA provenance {other.name}, not {version.name}: {build_type}")
    if _RUNNER.fullmatch(build_type):
        return version.runner
    return version.layouts.get(build_type, version.generic)


def _facts(definition: Definition, layout: Layout, metadata: Body, version: _Version) -> Provenance:
    source = layout.locate(definition)
    invocation_id = next(filter(None, (metadata.text(name) for name in version.invocation)), "")
    return Provenance(
        build_type=definition.build_type,
        builder_id=definition.builder_id,
        source_repository=source.location.repository,
        source_ref=source.location.ref,
        source_commit=source.commit,
        workflow_path=source.entry_point,
        parameters=unexplained(definition.outer, source),
        invocation_id=invocation_id,
        started_at=metadata.time(version.started),
        finished_at=metadata.time(version.finished),
        dependencies=definition.dependencies,
        claims=layout.claim(definition, source, invocation_id),
    )
