"""SBOMs in both formats become the same inventory; caps and unread versions refuse."""

from typing import Any

import pytest

from promoter.core.codes import Code
from promoter.core.predicates import sbom as module
from promoter.core.predicates.sbom import Component, SbomFormat, read_sbom
from promoter.core.strict_json import Malformed
from tests.core.checks.pieces import CYCLONEDX, SPDX, cyclonedx, spdx

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


def test_more_components_than_the_cap_are_refused_in_one_list_and_in_nested_ones() -> None:
    half = [{"name": "x"}] * (module.MAX_COMPONENTS // 2 + 1)
    with pytest.raises(Malformed, match="has 500002 entries, more than 500000 are not read"):
        read_sbom(CYCLONEDX, changed(cyclonedx(), components=half * 2))
    with pytest.raises(Malformed, match="components has more than 500000 entries in all"):
        read_sbom(CYCLONEDX, changed(cyclonedx(), components=[*half, {"name": "y", "components": half}]))
