"""SPDX 3.0 as JSON-LD, as an inventory only: packages with names, versions, package URLs, licences and suppliers.

The elements of `@graph` are read by the names that the 3.0.1 context gives them; nothing is resolved, and other
serialisations of the same graph are refused. A policy accepts it only where it names `spdx3`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

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

_CONTEXT = re.compile(r"https://spdx\.org/rdf/(?P<version>3\.0\.\d{1,3})/spdx-context\.jsonld", re.ASCII)
_CONCLUDED = "hasConcludedLicense"
_LICENCES = frozenset({_CONCLUDED, "hasDeclaredLicense"})
_NO_PACKAGES = frozenset({"file", "operatingSystem"})
_EXPRESSIONS = {
    "simplelicensing_LicenseExpression": "simplelicensing_licenseExpression",
    "expandedlicensing_ListedLicense": "name",
}


def is_spdx3(document: Body) -> bool:
    """Tell whether a document is linked data, which no earlier SPDX is."""
    return "@context" in document.members


@dataclass(frozen=True, slots=True)
class _Graph:
    """The elements by kind; each element once."""

    packages: tuple[Body, ...]
    relations: tuple[Body, ...]
    names: dict[str, str]  # of agents and tools, by identifier
    licences: dict[str, str]  # expressions, by identifier

    @classmethod
    def of(cls, elements: Iterable[Body]) -> "_Graph":
        packages, relations = list[Body](), list[Body]()
        names, licences = dict[str, str](), dict[str, str]()
        for element in elements:
            kind, reference = element.text("type"), element.text("spdxId")
            if kind == "software_Package":
                packages.append(element)
            elif kind in {"Relationship", "LifecycleScopedRelationship"}:
                relations.append(element)
            elif kind in _EXPRESSIONS:
                licences[reference] = element.short_text(_EXPRESSIONS[kind], MAX_LICENCE)
            elif kind in {"Tool", "Agent", "Organization", "Person", "SoftwareAgent"}:
                names[reference] = element.text("name")
        return cls(tuple(packages), tuple(relations), names, licences)


def read_spdx3(document: Body) -> Sbom:
    """Read the inventory; raises Malformed."""
    context = _CONTEXT.fullmatch(document.text("@context"))
    if not context:
        raise document.refusal("@context", "is not the context of SPDX 3.0; SPDX 2.2, 2.3 and 3.0 are read")
    elements = document.bodies("@graph", MAX_RELATIONS)
    graph = _Graph.of(elements)
    if len(graph.packages) > MAX_COMPONENTS:
        raise document.refusal("@graph", f"has more than {MAX_COMPONENTS} packages; they are not read")
    artifact = _described(elements)
    depths, licences = Depths.measure(artifact, _dependencies(graph)), _licences(graph, _LICENCES)
    concluded = _licences(graph, frozenset({_CONCLUDED}))
    return Sbom(
        format=SbomFormat.SPDX3,
        version=context["version"],
        origin=_origin(elements, graph),
        components=tuple(
            replace(
                _component(item, graph, licences.get(item.text("spdxId"), ()), depths),
                concluded=concluded.get(item.text("spdxId"), ()),
            )
            for item in graph.packages
            if item.text("spdxId") != artifact
        ),
    )


def _described(elements: Iterable[Body]) -> str:
    """Give the artifact: the one element at the root of the document, through the SBOM that may stand between."""
    roots = {
        element.text("spdxId"): element.texts("rootElement", MAX_COMPONENTS)
        for element in elements
        if element.text("type") in {"SpdxDocument", "software_Sbom", "Bom"}
    }
    described = {root for listed in roots.values() for root in listed} - roots.keys()
    return described.pop() if len(described) == 1 else "?"


def _edges(graph: _Graph, kinds: frozenset[str]) -> Iterator[tuple[str, str]]:
    for relation in graph.relations:
        if relation.text("relationshipType") in kinds:
            source = relation.text("from")
            yield from ((source, target) for target in relation.texts("to", MAX_RELATIONS))


def _dependencies(graph: _Graph) -> Iterator[tuple[str, str]]:
    return _edges(graph, frozenset({"dependsOn"}))


def _licences(graph: _Graph, kinds: frozenset[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for source, target in _edges(graph, kinds):
        if expression := graph.licences.get(target):
            found.setdefault(source, []).append(expression)
    return {reference: tuple(dict.fromkeys(listed)) for reference, listed in found.items()}


def _component(item: Body, graph: _Graph, licences: tuple[str, ...], depths: Depths) -> Component:
    identifiers = item.bodies("externalIdentifier", MAX_LIST)
    purls = (one.text("identifier") for one in identifiers if one.text("externalIdentifierType") == "packageUrl")
    supplier = graph.names.get(item.text("suppliedBy"), "")
    location = item.text("software_downloadLocation")
    purl = item.text("software_packageUrl") or next(purls, "")
    hashes = (one for one in item.bodies("verifiedUsing", MAX_LIST) if one.text("type") == "Hash")
    return Component(
        name=item.required_text("name"),
        version=item.text("software_packageVersion"),
        purl=purl,
        licences=licences,
        suppliers=(supplier,) if supplier else (),
        hashes=tuple(
            f"{one.required_text('algorithm').lower()}:{one.required_text('hashValue').lower()}" for one in hashes
        ),
        depth=depths.of(item.text("spdxId")),
        sources=(location,) if location else (),
        is_package=bool(purl) or item.text("software_primaryPurpose") not in _NO_PACKAGES,
    )


def _origin(elements: Iterable[Body], graph: _Graph) -> Origin:
    """Read who made the document and when, from the first creation information that stands in the graph by itself."""
    creation = next((element for element in elements if element.text("type") == "CreationInfo"), None)
    if creation is None:
        return Origin()
    named = (graph.names.get(reference, "") for reference in creation.texts("createdUsing", MAX_LIST))
    return Origin(tools=tuple(Tool(name, "") for name in named if name), created_at=creation.time("created"))
