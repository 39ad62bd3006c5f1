"""SPDX 2.2 and 2.3 as JSON: the inventory (https://spdx.github.io/spdx-spec/v2.3/).

A package URL counts under either spelling of its category (`PACKAGE_MANAGER` of 2.2, `PACKAGE-MANAGER` of 2.3): its
type `purl` says enough.
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

_VERSIONS = frozenset({"SPDX-2.2", "SPDX-2.3"})
_NOTHING = frozenset({"", "NOASSERTION", "NONE"})
_NO_PACKAGES = frozenset({"FILE", "OPERATING-SYSTEM", "OPERATING_SYSTEM"})
_TOOL = re.compile(r"(?P<name>.+)-(?P<version>v?\d\S*)", re.DOTALL)
_COMMIT = re.compile(r"git\+[^@#]+@(?P<commit>[0-9a-f]{40}(?:[0-9a-f]{24})?)(?:#.*)?", re.ASCII | re.DOTALL)
_ON: Final = frozenset({"DEPENDS_ON"})
_OF: Final = frozenset(
    {
        "BUILD_DEPENDENCY_OF",
        "DEPENDENCY_OF",
        "DEV_DEPENDENCY_OF",
        "OPTIONAL_DEPENDENCY_OF",
        "PROVIDED_DEPENDENCY_OF",
        "RUNTIME_DEPENDENCY_OF",
        "TEST_DEPENDENCY_OF",
    }
)


def read_spdx(document: Body) -> Sbom:
    """Read the inventory; raises Malformed."""
    version = document.text("spdxVersion")
    if version not in _VERSIONS:
        raise document.refusal("spdxVersion", f"is {version[:40]!r}; SPDX-2.2 and SPDX-2.3 are read")
    creation = document.required_body("creationInfo")
    relations = document.bodies("relationships", MAX_RELATIONS)
    artifact = _described(document, relations)
    packages = document.bodies("packages", MAX_COMPONENTS)
    root = next((item for item in packages if item.text("SPDXID") == artifact), None)
    depths = Depths.measure(artifact, _dependencies(relations))
    return Sbom(
        format=SbomFormat.SPDX,
        version=version.removeprefix("SPDX-"),
        origin=_origin(creation, root),
        components=tuple(_component(item, depths) for item in packages if item is not root),
    )


def _described(document: Body, relations: tuple[Body, ...]) -> str:
    """Give the identifier of the package that is the artifact itself: the only one that the document describes.

    A document that describes several lists an inventory there, of which nothing may be left out; None is "?", which
    is no SPDX identifier.
    """
    described = set(document.texts("documentDescribes", MAX_COMPONENTS)) | {
        relation.text("relatedSpdxElement")
        for relation in relations
        if relation.members.get("relationshipType") == "DESCRIBES"
    }
    return described.pop() if len(described) == 1 else "?"


def _dependencies(relations: tuple[Body, ...]) -> Iterator[tuple[str, str]]:
    """Give (dependent, dependency); that something is contained does not say that anything needs it."""
    for relation in relations:
        kind = relation.text("relationshipType")
        if kind in _ON:
            yield relation.text("spdxElementId"), relation.text("relatedSpdxElement")
        elif kind in _OF:
            yield relation.text("relatedSpdxElement"), relation.text("spdxElementId")


def _component(item: Body, depths: Depths) -> Component:
    stated = tuple(item.short_text(name, MAX_LICENCE) for name in ("licenseConcluded", "licenseDeclared"))
    purl, location = _purl(item), item.text("downloadLocation")
    supplier = item.text("supplier").removeprefix("Organization:").removeprefix("Person:").strip()
    return Component(
        name=item.required_text("name"),
        version=item.text("versionInfo"),
        purl=purl,
        licences=tuple(dict.fromkeys(licence for licence in stated if licence not in _NOTHING)),
        suppliers=() if supplier in _NOTHING else (supplier,),
        hashes=tuple(
            f"{one.required_text('algorithm').lower()}:{one.required_text('checksumValue').lower()}"
            for one in item.bodies("checksums", MAX_LIST)
        ),
        depth=depths.of(item.text("SPDXID")),
        concluded=() if stated[0] in _NOTHING else stated[:1],
        sources=() if location in _NOTHING else (location,),
        is_package=bool(purl) or item.text("primaryPackagePurpose") not in _NO_PACKAGES,
    )


def _purl(item: Body) -> str:
    references = item.bodies("externalRefs", MAX_LIST)
    found = (ref.text("referenceLocator") for ref in references if ref.members.get("referenceType") == "purl")
    return next(found, "")


# --- the document's own record ----------------------------------------------------------------------------------------


def _origin(creation: Body, root: Body | None) -> Origin:
    """Read who made the document, and what it says of the artifact; comments are free text and not read.

    The commit is that of the artifact's download location where it is a git address with a commit (clause 7.7).
    """
    creators = creation.texts("creators", MAX_LIST)
    tools = (creator.removeprefix("Tool:").strip() for creator in creators if creator.startswith("Tool:"))
    commit = _COMMIT.fullmatch(root.text("downloadLocation")) if root else None
    return Origin(
        tools=tuple(_tool(text) for text in tools),
        created_at=creation.time("created"),
        commit=commit["commit"] if commit else "",
        objects=_objects(root) if root else (),
    )


def _tool(text: str) -> Tool:
    """Split `toolidentifier-version` (clause 6.8); a name may hold dashes itself, a version begins with a digit."""
    found = _TOOL.fullmatch(text)
    return Tool(found["name"], found["version"]) if found else Tool(text, "")


def _objects(root: Body) -> tuple[Digest, ...]:
    """Name the manifest of the artifact's package URL; checksums are not asked, they may be of something else."""
    digest = image_digest(_purl(root))
    return () if digest is None else (digest,)
