"""What an SBOM or a scan says of the build that made the artifact, beside its inventory or findings.

Only members with one meaning are read; free text and members of a tool's own are not. What is not said stays empty.

| document | run | source commit |
|---|---|---|
| CycloneDX | `formulation[].workflows[].uid` of a workflow with the task type `build` | the labels below |
| SPDX | - | `downloadLocation` of the described package, `git+https://host/owner/name@COMMIT` |
| cosign's vulnerability predicate | `invocation.uri`, with `invocation."builder.id"` | - |

Labels are the image's own `org.opencontainers.image.source` and `.revision`, which Syft and Trivy keep as CycloneDX
properties. They go together: an image inherits the labels of its base, which then name the base's repository.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates import types
from promoter.core.predicates.body import Body, body_of
from promoter.core.predicates.source import SourceLocation, locate_source, normalise_repository

_MAX_LIST: Final = 10_000
_MAX_PACKAGES: Final = 500_000
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_LABELS: Final = ("syft:image:labels:", "aquasecurity:trivy:Labels:")
_SOURCE, _REVISION = "org.opencontainers.image.source", "org.opencontainers.image.revision"


@dataclass(frozen=True, slots=True)
class StatedBuild:
    """The runs and the source revisions that a document names; a revision is a repository with a commit as its ref."""

    runs: tuple[str, ...] = ()
    revisions: tuple[SourceLocation, ...] = ()
    builder: str = ""  # whose run it is, where the document says so


def read_stated_in_sbom(predicate_type: str, predicate: object) -> StatedBuild:
    """Read what an SBOM says; raises Malformed with SBOM_UNPARSEABLE."""
    document = body_of(predicate, "", Code.SBOM_UNPARSEABLE)
    if predicate_type in types.CYCLONEDX:
        return StatedBuild(tuple(_build_runs(document)), tuple(_labelled(document)))
    return StatedBuild(revisions=tuple(_downloaded(document)))


def read_stated_in_scan(predicate_type: str, predicate: object) -> StatedBuild:
    """Read what a scan says; raises Malformed with SCAN_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.SCAN_UNPARSEABLE)
    if predicate_type not in types.COSIGN_VULN:
        return StatedBuild()
    invocation = whole.body("invocation")
    run = invocation.text("uri")
    return StatedBuild(runs=(run,) if run else (), builder=invocation.text("builder.id"))


def _build_runs(document: Body) -> Iterator[str]:
    for formula in document.bodies("formulation", _MAX_LIST):
        for workflow in formula.bodies("workflows", _MAX_LIST):
            if "build" in workflow.values("taskTypes", _MAX_LIST) and workflow.text("uid"):
                yield workflow.text("uid")


def _labelled(document: Body) -> Iterator[SourceLocation]:
    metadata = document.body("metadata")
    listed = (
        *metadata.bodies("properties", _MAX_LIST),
        *metadata.body("component").bodies("properties", _MAX_LIST),
    )
    said = {_text(item, "name"): _text(item, "value") for item in listed}
    for prefix in _LABELS:
        repository, commit = said.get(prefix + _SOURCE, ""), said.get(prefix + _REVISION, "")
        if repository and _COMMIT.fullmatch(commit):
            yield SourceLocation(normalise_repository(repository), commit)


def _downloaded(document: Body) -> Iterator[SourceLocation]:
    """Find where the package that the document describes was made from; several described ones say nothing."""
    described = set(document.texts("documentDescribes", _MAX_PACKAGES)) | {
        _text(relation, "relatedSpdxElement")
        for relation in document.bodies("relationships", 4 * _MAX_PACKAGES)
        if _text(relation, "relationshipType") == "DESCRIBES"
    }
    for package in document.bodies("packages", _MAX_PACKAGES) if len(described) == 1 else ():
        found = locate_source(_text(package, "downloadLocation"))
        if _text(package, "SPDXID") in described and _COMMIT.fullmatch(found.ref):
            yield found


def _text(item: Body, name: str) -> str:
    """Give a text of any length; another kind says nothing here, the check of the document itself refuses it."""
    value = item.members.get(name)
    return value if isinstance(value, str) else ""
