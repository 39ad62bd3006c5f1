"""Software bills of materials as facts: CycloneDX 1.4 to 1.7 and SPDX 2.2 and 2.3, both as JSON.

One inventory comes out of either: who made it when, and the components with version, package URL and licences.
SPDX 3 and SPDX tag-value are recognised and refused with the remedy in the text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates import types
from promoter.core.predicates.body import Body, body_of
from promoter.core.strict_json import Malformed

MAX_COMPONENTS: Final = 500_000
MAX_LICENCE: Final = 500
"""Characters of one licence that are kept: some generators put the whole licence text there."""

_CYCLONEDX_VERSIONS = frozenset({"1.4", "1.5", "1.6", "1.7"})
_SPDX_VERSIONS = frozenset({"SPDX-2.2", "SPDX-2.3"})
_MAX_LIST = 10_000  # tools, licences and references of one thing
_NO_LICENCE = frozenset({"", "NOASSERTION", "NONE"})


class SbomFormat(Enum):
    """The two formats, without their versions."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


@dataclass(frozen=True, slots=True)
class Component:
    """One thing that is in the artifact; what the document does not say is empty."""

    name: str
    version: str
    purl: str
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sbom:
    """An inventory. `components` leaves out the artifact itself; nested components count like any other."""

    format: SbomFormat
    version: str
    generator: str
    created_at: datetime | None
    components: tuple[Component, ...]


def read_sbom(predicate_type: str, predicate: object) -> Sbom:
    """Read the document that the predicate type promises; raises Malformed with SBOM_UNPARSEABLE."""
    if isinstance(predicate, str):
        raise Malformed(
            Code.SBOM_UNPARSEABLE, "the document is text (SPDX tag-value); only JSON documents are read, convert it"
        )
    document = body_of(predicate, "", Code.SBOM_UNPARSEABLE)
    return _read_cyclonedx(document) if predicate_type in types.CYCLONEDX else _read_spdx(document)


# --- CycloneDX --------------------------------------------------------------------------------------------------------


def _read_cyclonedx(document: Body) -> Sbom:
    if document.text("bomFormat") != "CycloneDX":
        raise document.refusal("bomFormat", "is not 'CycloneDX'")
    version = document.text("specVersion")
    if version not in _CYCLONEDX_VERSIONS:
        raise document.refusal("specVersion", f"is {version[:40]!r}; 1.4, 1.5, 1.6 and 1.7 are read")
    metadata = document.body("metadata")
    return Sbom(
        format=SbomFormat.CYCLONEDX,
        version=version,
        generator=_cyclonedx_generator(metadata),
        created_at=metadata.time("timestamp"),
        components=tuple(_cyclonedx_component(item) for item in _nested_components(document)),
    )


def _cyclonedx_generator(metadata: Body) -> str:
    """Name the tools: a list until 1.4, an object of components since 1.5 (which still allows the list)."""
    legacy = isinstance(metadata.members.get("tools"), list | tuple)
    holder, name = (metadata, "tools") if legacy else (metadata.body("tools"), "components")
    tools = holder.bodies(name, _MAX_LIST)
    return ", ".join(f"{tool.text('name')} {tool.text('version')}".strip() for tool in tools)


def _nested_components(document: Body) -> Iterator[Body]:
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


def _cyclonedx_component(item: Body) -> Component:
    return Component(
        name=item.required_text("name"),
        version=item.text("version"),
        purl=item.text("purl"),
        licences=tuple(_cyclonedx_licence(choice) for choice in item.bodies("licenses", _MAX_LIST)),
    )


def _cyclonedx_licence(choice: Body) -> str:
    licence = choice.body("license")
    return (
        choice.short_text("expression", MAX_LICENCE)
        or licence.short_text("id", MAX_LICENCE)
        or licence.short_text("name", MAX_LICENCE)
    )


# --- SPDX -------------------------------------------------------------------------------------------------------------


def _read_spdx(document: Body) -> Sbom:
    if "@context" in document.members:
        raise document.refusal("@context", "marks SPDX 3; SPDX 2.2 and 2.3 are read, write one of these")
    version = document.text("spdxVersion")
    if version not in _SPDX_VERSIONS:
        raise document.refusal("spdxVersion", f"is {version[:40]!r}; SPDX-2.2 and SPDX-2.3 are read")
    creation = document.required_body("creationInfo")
    artifact = _described(document)
    packages = document.bodies("packages", MAX_COMPONENTS)
    return Sbom(
        format=SbomFormat.SPDX,
        version=version.removeprefix("SPDX-"),
        generator=", ".join(
            creator.removeprefix("Tool:").strip()
            for creator in creation.texts("creators", _MAX_LIST)
            if creator.startswith("Tool:")
        ),
        created_at=creation.time("created"),
        components=tuple(_spdx_component(item) for item in packages if item.text("SPDXID") != artifact),
    )


def _described(document: Body) -> str:
    """Give the identifier of the package that is the artifact itself: the only one that the document describes.

    A document that describes several lists an inventory there, of which nothing may be left out; None is "?", which
    is no SPDX identifier.
    """
    described = set(document.texts("documentDescribes", MAX_COMPONENTS)) | {
        relation.text("relatedSpdxElement")
        for relation in document.bodies("relationships", 4 * MAX_COMPONENTS)
        if relation.members.get("relationshipType") == "DESCRIBES"
    }
    return described.pop() if len(described) == 1 else "?"


def _spdx_component(item: Body) -> Component:
    declared = (item.short_text(name, MAX_LICENCE) for name in ("licenseConcluded", "licenseDeclared"))
    references = item.bodies("externalRefs", _MAX_LIST)
    return Component(
        name=item.required_text("name"),
        version=item.text("versionInfo"),
        purl=next(
            (ref.text("referenceLocator") for ref in references if ref.members.get("referenceType") == "purl"), ""
        ),
        licences=tuple(dict.fromkeys(licence for licence in declared if licence not in _NO_LICENCE)),
    )
