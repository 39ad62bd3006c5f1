"""CycloneDX 1.4 to 1.7 as JSON: the inventory (https://cyclonedx.org/docs/1.7/json/).

What differs between the versions is read in every form that any of them allows: `metadata.tools` as a list or as an
object of components and services, `licenses` with expressions beside licences.
"""

import re
from collections.abc import Iterator
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.predicates.body import Body
from promoter.core.predicates.inventory import (
    MAX_COMPONENTS,
    MAX_LICENCE,
    MAX_LIST,
    MAX_RELATIONS,
    Component,
    Depths,
    Origin,
    Sbom,
    SbomFormat,
    Tool,
)
from promoter.core.predicates.purl import image_digest

_VERSIONS = frozenset({"1.4", "1.5", "1.6", "1.7"})
_COMMIT = re.compile(r"(?:@|#|/commit/|/tree/)(?P<commit>[0-9a-f]{40}(?:[0-9a-f]{24})?)(?![0-9a-f])", re.ASCII)
_RUNS: Final = ("build-meta", "build-system")  # kinds of external reference, the more exact one first
_REPO_DIGEST: Final = "aquasecurity:trivy:RepoDigest"
_TRIVY_TARGET: Final = "aquasecurity:trivy:Class"  # what Trivy looked into, such as a lock file
_NO_PACKAGES: Final = frozenset({"file", "operating-system"})


def check_cyclonedx(document: Body) -> str:
    """Give the version of a CycloneDX document; raises Malformed for what is none, or of a version that is not read."""
    if document.text("bomFormat") != "CycloneDX":
        raise document.refusal("bomFormat", "is not 'CycloneDX'")
    version = document.text("specVersion")
    if version not in _VERSIONS:
        raise document.refusal("specVersion", f"is {version[:40]!r}; 1.4, 1.5, 1.6 and 1.7 are read")
    return version


def read_cyclonedx(document: Body) -> Sbom:
    """Read the inventory; raises Malformed."""
    version, metadata = check_cyclonedx(document), document.body("metadata")
    listed = tuple(nested_components(document))
    depths = Depths.measure(metadata.body("component").text("bom-ref"), _dependencies(document))
    return Sbom(
        format=SbomFormat.CYCLONEDX,
        version=version,
        origin=_origin(metadata),
        components=tuple(_component(item, depths) for item in listed),
    )


def read_tools(metadata: Body) -> tuple[Tool, ...]:
    """Name the tools: a list until 1.4, an object of components and services since 1.5, which still allows the list."""
    if isinstance(metadata.members.get("tools"), list | tuple):
        found = metadata.bodies("tools", MAX_LIST)
    else:
        holder = metadata.body("tools")
        found = (*holder.bodies("components", MAX_LIST), *holder.bodies("services", MAX_LIST))
    return tuple(Tool(tool.text("name"), tool.text("version")) for tool in found)


def nested_components(document: Body) -> Iterator[Body]:
    """Walk components and the components inside them without recursion, outer ones first, up to the cap."""
    waiting = [document]
    seen = 0
    while waiting:
        holder = waiting.pop()
        found = holder.bodies("components", MAX_COMPONENTS)
        seen += len(found)
        if seen > MAX_COMPONENTS:
            raise document.refusal("components", f"has more than {MAX_COMPONENTS} entries in all; they are not read")
        yield from found
        waiting += [item for item in found if item.has("components")]


def _dependencies(document: Body) -> Iterator[tuple[str, str]]:
    seen = 0
    for item in document.bodies("dependencies", MAX_COMPONENTS):
        reference, targets = item.text("ref"), item.texts("dependsOn", MAX_RELATIONS)
        seen += len(targets)
        if seen > MAX_RELATIONS:
            raise document.refusal("dependencies", f"has more than {MAX_RELATIONS} edges; they are not read")
        yield from ((reference, target) for target in targets)


def _component(item: Body, depths: Depths) -> Component:
    suppliers = (item.body("supplier").text("name"), item.body("manufacturer").text("name"), item.text("publisher"))
    choices = tuple((choice, _licence(choice)) for choice in item.bodies("licenses", MAX_LIST))
    concluded = (licence for choice, licence in choices if _is_concluded(choice))
    return Component(
        name=item.required_text("name"),
        version=item.text("version"),
        purl=item.text("purl"),
        licences=tuple(dict.fromkeys(licence for _, licence in choices if licence)),
        suppliers=tuple(dict.fromkeys(supplier for supplier in suppliers if supplier)),
        hashes=tuple(
            f"{one.required_text('alg').lower().replace('sha-', 'sha')}:{one.required_text('content').lower()}"
            for one in item.bodies("hashes", MAX_LIST)
        ),
        depth=depths.of(item.text("bom-ref")),
        concluded=tuple(dict.fromkeys(licence for licence in concluded if licence)),
        sources=_sources(item),
        is_package=_is_package(item),
    )


def _sources(item: Body) -> tuple[str, ...]:
    """Name where it was got from; the repository in a package URL's qualifier is read from the URL itself."""
    references = item.bodies("externalReferences", MAX_LIST)
    return tuple(dict.fromkeys(one.text("url") for one in references if one.text("type") == "distribution"))


def _is_package(item: Body) -> bool:
    """Tell packages from the files and systems that a generator lists beside them, and from what Trivy looked into."""
    if item.text("purl"):
        return True
    properties = item.bodies("properties", MAX_LIST)
    is_target = item.text("type") == "application" and any(one.text("name") == _TRIVY_TARGET for one in properties)
    return item.text("type") not in _NO_PACKAGES and not is_target


def _is_concluded(choice: Body) -> bool:
    """Tell whether the document's maker says that it governs: `acknowledgement`, since 1.6."""
    return "concluded" in (choice.text("acknowledgement"), choice.body("license").text("acknowledgement"))


def _licence(choice: Body) -> str:
    licence = choice.body("license")
    return (
        choice.short_text("expression", MAX_LICENCE)
        or licence.short_text("id", MAX_LICENCE)
        or licence.short_text("name", MAX_LICENCE)
    )


# --- the document's own record ----------------------------------------------------------------------------------------


def _origin(metadata: Body) -> Origin:
    """Read what the document says of the artifact itself.

    Labels that generators copy from the image are not read: a base image's label would name the base's own commit.
    """
    artifact = metadata.body("component")
    references = artifact.bodies("externalReferences", MAX_LIST)
    found = (_COMMIT.search(one.text("url")) for one in references if one.text("type") == "vcs")
    commits = {match["commit"] for match in found if match}
    runs = (one.text("url") for kind in _RUNS for one in references if one.text("type") == kind)
    return Origin(
        tools=read_tools(metadata),
        created_at=metadata.time("timestamp"),
        commit=commits.pop() if len(commits) == 1 else "",
        run=next(runs, ""),
        objects=tuple(dict.fromkeys(_objects(artifact))),
    )


def _objects(artifact: Body) -> Iterator[Digest]:
    """Name the manifests: hashes and names are not asked, they may be of the image's configuration."""
    properties = artifact.bodies("properties", MAX_LIST)
    digests = (one.text("value") for one in properties if one.text("name") == _REPO_DIGEST)
    named = (image_digest(text) for text in (artifact.text("purl"), *digests))
    yield from (digest for digest in named if digest is not None)
