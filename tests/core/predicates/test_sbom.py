"""SBOMs in both formats become the same inventory; caps and unread versions refuse."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.codes import Code
from promoter.core.predicates import sbom as module
from promoter.core.predicates.inventory import Depths
from promoter.core.predicates.sbom import Component, SbomFormat, Tool, read_sbom
from promoter.core.strict_json import Malformed
from tests.core.checks.documents import OTHER, spdx3, whole_cyclonedx, whole_spdx
from tests.core.checks.pieces import COMMIT, CYCLONEDX, DIGEST, SOURCE, SPDX, cyclonedx, spdx

TWO = (
    Component("lib0", "1.0", "pkg:deb/debian/lib0@1.0", ("MIT",)),
    Component("lib1", "1.0", "pkg:deb/debian/lib1@1.0", ("MIT",)),
)


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6", "1.7"])
def test_cyclonedx_becomes_an_inventory(version: str) -> None:
    facts = read_sbom(CYCLONEDX, cyclonedx(version=version))

    assert (facts.format, facts.version, facts.generator) == (SbomFormat.CYCLONEDX, version, "syft 1.30.0")
    assert facts.components == TWO


def test_spdx_becomes_the_same_inventory_without_the_image_itself() -> None:
    facts = read_sbom(SPDX, spdx())

    assert (facts.format, facts.version, facts.generator) == (SbomFormat.SPDX, "2.3", "syft 1.30.0")
    assert facts.components == TWO


def test_an_spdx_document_that_describes_its_whole_inventory_loses_nothing() -> None:
    document = spdx()
    del document["relationships"]
    document["documentDescribes"] = ["SPDXRef-image", "SPDXRef-0"]

    assert len(read_sbom(SPDX, document).components) == 3


def test_components_inside_components_count_and_tools_may_be_the_old_list() -> None:
    document = cyclonedx(1)
    document["components"][0]["components"] = [{"type": "library", "name": "inner"}]
    document["metadata"]["tools"] = [{"vendor": "aqua", "name": "trivy"}]
    facts = read_sbom(CYCLONEDX, document)

    assert [item.name for item in facts.components] == ["lib0", "inner"]
    assert facts.generator == "trivy"


def test_licences_are_expressions_identifiers_or_cut_names() -> None:
    document = cyclonedx(1)
    document["components"][0]["licenses"] = [
        {"expression": "MIT OR Apache-2.0"},
        {"license": {"name": "x" * 9000}},
    ]

    assert read_sbom(CYCLONEDX, document).components[0].licences == ("MIT OR Apache-2.0", "x" * 500)


def changed(document: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {**document, **members}


@pytest.mark.parametrize(
    ("predicate_type", "predicate", "detail"),
    [
        (
            SPDX,
            "SPDXVersion: SPDX-2.3",
            "the document is text (SPDX tag-value); only JSON documents are read, convert it",
        ),
        (
            SPDX,
            {"@context": "https://spdx.org/rdf/3.1.0/spdx-context.jsonld", "@graph": []},
            "@context is not the context of SPDX 3.0; SPDX 2.2, 2.3 and 3.0 are read",
        ),
        (SPDX, cyclonedx(), "spdxVersion is ''; SPDX-2.2 and SPDX-2.3 are read"),
        (CYCLONEDX, spdx(), "bomFormat is not 'CycloneDX'"),
        (CYCLONEDX, cyclonedx(version="2.0"), "specVersion is '2.0'; 1.4, 1.5, 1.6 and 1.7 are read"),
        (CYCLONEDX, {"Data": "{}", "Timestamp": ""}, "bomFormat is not 'CycloneDX'"),
        (CYCLONEDX, changed(cyclonedx(), components={}), "components is not a list"),
        (CYCLONEDX, changed(cyclonedx(), components=[{"type": "library"}]), "components[0].name is missing"),
        (CYCLONEDX, changed(cyclonedx(), components=[3]), "components[0] is not an object"),
        (
            CYCLONEDX,
            changed(cyclonedx(), components=[{"name": "x" * 5000}]),
            "components[0].name is longer than 4096 characters",
        ),
        (
            CYCLONEDX,
            changed(cyclonedx(), metadata={"timestamp": "yesterday"}),
            "metadata.timestamp is not an RFC 3339 time with its offset: 'yesterday'",
        ),
        (
            CYCLONEDX,
            changed(cyclonedx(), metadata={"timestamp": "2026-02-30T10:00:00Z"}),
            "metadata.timestamp is no time that exists: '2026-02-30T10:00:00Z'",
        ),
    ],
)
def test_what_is_not_read_is_refused_with_its_place(predicate_type: str, predicate: object, detail: str) -> None:
    with pytest.raises(Malformed) as refusal:
        read_sbom(predicate_type, predicate)

    assert (refusal.value.code, refusal.value.detail) == (Code.SBOM_UNPARSEABLE, detail)


@pytest.mark.slow
def test_more_components_than_the_cap_are_refused_in_one_list_and_in_nested_ones() -> None:
    half = [{"name": "x"}] * (module.MAX_COMPONENTS // 2 + 1)
    with pytest.raises(Malformed, match="has 500002 entries, more than 500000 are not read"):
        read_sbom(CYCLONEDX, changed(cyclonedx(), components=half * 2))
    with pytest.raises(Malformed, match="components has more than 500000 entries in all"):
        read_sbom(CYCLONEDX, changed(cyclonedx(), components=[*half, {"name": "y", "components": half}]))


# --- everything that is said of a component ---------------------------------------------------------------------------


def test_a_cyclonedx_component_has_suppliers_hashes_and_depth() -> None:
    hashes = ("sha256:" + "ab" * 32, "sha3-256:" + "cd" * 32)

    assert read_sbom(CYCLONEDX, whole_cyclonedx()).components == (
        Component("lib0", "1.0", "pkg:deb/debian/lib0@1.0", ("MIT",), ("Acme", "Debian"), hashes, 1),
        Component("lib1", "1.0", "pkg:deb/debian/lib1@1.0", ("MIT",), ("Acme", "Debian"), hashes, 2),
    )


def test_an_spdx_component_says_the_same_and_what_is_only_contained_has_no_depth() -> None:
    supplier, hashes = ("Debian (maintainers@debian.example)",), ("sha256:" + "ab" * 32,)
    document = whole_spdx()
    assert read_sbom(SPDX, document).components == (
        Component("lib0", "1.0", "pkg:deb/debian/lib0@1.0", ("MIT",), supplier, hashes, 1),
        Component("lib1", "1.0", "pkg:deb/debian/lib1@1.0", ("MIT",), supplier, hashes, 2),
    )
    document["relationships"] = document["relationships"][:2]
    assert [component.depth for component in read_sbom(SPDX, document).components] == [None, None]


@pytest.mark.parametrize("category", ["PACKAGE_MANAGER", "PACKAGE-MANAGER"])
@pytest.mark.parametrize("version", ["SPDX-2.2", "SPDX-2.3"])
def test_a_package_url_counts_under_either_spelling_of_its_category(version: str, category: str) -> None:
    document = spdx() | {"spdxVersion": version}
    for package in document["packages"][1:]:
        package["externalRefs"][0]["referenceCategory"] = category

    assert read_sbom(SPDX, document).components == TWO


def test_licences_of_cyclonedx_1_7_mix_expressions_with_licences_and_empty_ones_are_none() -> None:
    document = cyclonedx(1, "1.7")
    document["components"][0]["licenses"] = [
        {"license": {"id": "MIT"}},
        {"expression": "Apache-2.0 OR GPL-2.0-only"},
        {"license": {"name": "Acme"}},
        {"license": {}},
        {"license": {"id": "MIT"}},
    ]

    assert read_sbom(CYCLONEDX, document).components[0].licences == ("MIT", "Apache-2.0 OR GPL-2.0-only", "Acme")


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6", "1.7"])
@pytest.mark.parametrize(
    "tools",
    [
        [{"vendor": "anchore", "name": "syft", "version": "1.30.0"}, {"name": "acme"}],
        {"components": [{"name": "syft", "version": "1.30.0"}], "services": [{"name": "acme"}]},
    ],
)
def test_the_tools_are_read_in_every_form_of_every_version(version: str, tools: object) -> None:
    facts = read_sbom(CYCLONEDX, changed(cyclonedx(version=version), metadata={"tools": tools}))

    assert facts.origin.tools == (Tool("syft", "1.30.0"), Tool("acme", ""))
    assert facts.generator == "syft 1.30.0, acme"


@pytest.mark.parametrize(
    ("creator", "tool"),
    [
        ("Tool: syft-1.30.0", Tool("syft", "1.30.0")),
        ("Tool: cyclonedx-gomod-v1.8", Tool("cyclonedx-gomod", "v1.8")),
        ("Tool: acme-build", Tool("acme-build", "")),
        ("Tool: acme", Tool("acme", "")),
    ],
)
def test_an_spdx_tool_and_its_version_are_told_apart(creator: str, tool: Tool) -> None:
    assert read_sbom(SPDX, changed(spdx(), creationInfo={"creators": [creator]})).origin.tools == (tool,)


@pytest.mark.parametrize(("predicate_type", "document"), [(CYCLONEDX, whole_cyclonedx()), (SPDX, whole_spdx())])
def test_the_documents_own_record_names_commit_and_image(predicate_type: str, document: dict[str, Any]) -> None:
    origin = read_sbom(predicate_type, document).origin

    assert (origin.commit, origin.created_at) == (COMMIT, datetime(2026, 11, 21, 10, tzinfo=UTC))
    assert DIGEST in origin.objects


def test_a_cyclonedx_document_names_the_build_by_the_more_exact_reference_and_trivys_digests() -> None:
    origin = read_sbom(CYCLONEDX, whole_cyclonedx()).origin

    assert (origin.run, origin.objects) == (f"{SOURCE}/actions/runs/7", (DIGEST, OTHER))


@pytest.mark.parametrize(
    ("url", "commit"),
    [
        (f"git+https://forge.example/acme/cart@{'c' * 40}", "c" * 40),
        (f"git+https://forge.example/acme/cart@{'c' * 64}", "c" * 64),
        (f"https://forge.example/acme/cart/commit/{'c' * 40}", "c" * 40),
        (f"https://forge.example/acme/cart/tree/{'c' * 40}/src", "c" * 40),
        (f"https://forge.example/acme/cart#{'c' * 40}", "c" * 40),
        ("https://forge.example/acme/cart@v1.8.3", ""),
        (f"https://forge.example/acme/cart@{'c' * 12}", ""),
        (f"https://forge.example/acme/cart@{'c' * 41}", ""),
        ("https://forge.example/acme/cart", ""),
    ],
)
def test_a_commit_is_read_where_it_is_whole(url: str, commit: str) -> None:
    document = cyclonedx()
    document["metadata"]["component"] = {"name": "cart", "externalReferences": [{"type": "vcs", "url": url}]}

    assert read_sbom(CYCLONEDX, document).origin.commit == commit


def test_two_commits_name_none_and_labels_that_may_be_a_base_images_are_not_read() -> None:
    document = whole_cyclonedx()
    artifact = document["metadata"]["component"]
    artifact["externalReferences"].append({"type": "vcs", "url": f"https://forge.example/base@{'b' * 40}"})
    label = "syft:image:labels:org.opencontainers.image.revision"
    document["metadata"]["properties"] = [{"name": label, "value": "d" * 40}]

    assert read_sbom(CYCLONEDX, document).origin.commit == ""


def test_licences_that_the_maker_of_cyclonedx_concluded_are_told_apart() -> None:
    document = cyclonedx(1)
    document["components"][0]["licenses"] = [
        {"license": {"id": "MIT", "acknowledgement": "declared"}},
        {"license": {"id": "ISC", "acknowledgement": "concluded"}},
        {"expression": "0BSD OR MIT", "acknowledgement": "concluded"},
    ]
    (component,) = read_sbom(CYCLONEDX, document).components

    assert (component.licences, component.concluded) == (("MIT", "ISC", "0BSD OR MIT"), ("ISC", "0BSD OR MIT"))


def test_licences_that_the_maker_of_spdx_concluded_are_told_apart() -> None:
    document = spdx(2)
    document["packages"][1]["licenseConcluded"] = "ISC"
    one, other = read_sbom(SPDX, document).components

    assert (one.licences, one.concluded, other.licences, other.concluded) == (("ISC", "MIT"), ("ISC",), ("MIT",), ())


def test_where_a_component_was_got_from_is_told_in_every_format() -> None:
    place = "https://deb.example/lib0.deb"
    listed, packaged, graph = cyclonedx(1), spdx(1), spdx3()
    references = [{"type": "distribution", "url": place}, {"type": "website", "url": "https://a.example"}]
    listed["components"][0]["externalReferences"] = references
    packaged["packages"][1]["downloadLocation"] = place
    lib0 = next(element for element in graph["@graph"] if element.get("name") == "lib0")
    lib0["software_downloadLocation"] = place
    documents = ((CYCLONEDX, listed), (SPDX, packaged), (SPDX, graph), (SPDX, spdx(1)))

    assert [read_sbom(kind, document).components[0].sources for kind, document in documents] == [
        (place,),
        (place,),
        (place,),
        (),
    ]


def test_files_and_systems_are_no_packages_unless_a_package_url_names_them() -> None:
    listed, packaged, graph = cyclonedx(2), spdx(2), spdx3()
    one, other = listed["components"]
    one["type"], other["type"] = "operating-system", "file"
    del one["purl"]
    one, other = packaged["packages"][1:]
    one["primaryPackagePurpose"] = other["primaryPackagePurpose"] = "FILE"
    del one["externalRefs"]
    one, other = (element for element in graph["@graph"] if element.get("name") in {"lib0", "lib1"})
    one["software_primaryPurpose"] = other["software_primaryPurpose"] = "operatingSystem"
    del one["software_packageUrl"]
    documents = ((CYCLONEDX, listed), (SPDX, packaged), (SPDX, graph))

    assert [[one.is_package for one in read_sbom(kind, document).components] for kind, document in documents] == [
        [False, True]
    ] * 3


def test_spdx_3_is_an_inventory() -> None:
    facts = read_sbom(SPDX, spdx3())

    assert (facts.format, facts.version, facts.generator) == (SbomFormat.SPDX3, "3.0.1", "syft 1.30.0")
    assert facts.origin.created_at == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert facts.components == (
        Component("lib0", "1.0", "pkg:deb/debian/lib0@1.0", ("MIT",), ("Acme",), ("sha256:" + "ab" * 32,), 1, ("MIT",)),
        Component("lib1", "", "pkg:deb/debian/lib1@1.0", ()),
    )


def test_an_spdx_3_document_without_a_root_loses_nothing() -> None:
    document = spdx3()
    graph = [element for element in document["@graph"] if element["type"] not in {"SpdxDocument", "software_Sbom"}]

    assert len(read_sbom(SPDX, {**document, "@graph": graph}).components) == 3


# --- depth ------------------------------------------------------------------------------------------------------------

EDGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40)


@given(EDGES)
def test_depth_is_the_shortest_way_from_the_artifact_and_cycles_end(edges: list[tuple[int, int]]) -> None:
    depths = Depths.measure("0", ((str(one), str(other)) for one, other in edges))

    shortest = {0: 0}
    for _ in range(13):
        for one, other in edges:
            if one in shortest:
                shortest[other] = min(shortest.get(other, 99), shortest[one] + 1)
    assert {n: depths.of(str(n)) for n in range(13)} == {n: shortest.get(n) for n in range(13)}


def test_a_chain_of_a_hundred_thousand_dependencies_needs_no_stack() -> None:
    depths = Depths.measure("0", ((str(n), str(n + 1)) for n in range(100_000)))

    assert depths.of("100000") == 100_000
    assert depths.of("") is None
