"""VEX documents are read strictly: a statement without the reasons that its status needs refuses the whole document."""

from datetime import UTC, datetime
from typing import Any

import pytest

from promoter.core.codes import Code
from promoter.core.predicates.body import body_of
from promoter.core.predicates.cyclonedx_findings import lists_analyses, read_cyclonedx_vex
from promoter.core.predicates.purl import read_purl
from promoter.core.predicates.vex import Product, VexDocument, VexStatement, VexStatus, read_openvex
from promoter.core.strict_json import Malformed
from tests.core.checks.documents import openvex, statement, whole_cyclonedx
from tests.core.checks.pieces import DIGEST, cyclonedx

OPENSSL = read_purl("pkg:deb/debian/openssl@3.0.1")


def read(document: object) -> VexDocument:
    return read_openvex(body_of(document, "", Code.VEX_UNPARSEABLE))


def only(document: object) -> VexStatement:
    (said,) = read(document).statements
    return said


def test_an_openvex_statement_says_what_for_which_product_why_and_since_when() -> None:
    assert only(openvex()) == VexStatement(
        vulnerability="CVE-2026-0001",
        aliases=("GHSA-aaaa-bbbb-cccc",),
        status=VexStatus.NOT_AFFECTED,
        because="component_not_present",
        at=datetime(2026, 11, 21, 9, tzinfo=UTC),
        products=(Product(digests=(DIGEST,), components=(OPENSSL,) if OPENSSL else (), is_partial=True),),
    )


def test_a_statement_without_products_is_about_what_is_attested_and_has_the_documents_time() -> None:
    said = only(openvex(statement()))

    assert said.products == (Product(is_subject=True),)
    assert said.at == datetime(2026, 11, 21, 10, tzinfo=UTC)


def test_an_impact_statement_stands_in_for_a_justification() -> None:
    said = only(openvex({"vulnerability": {"name": "x"}, "status": "not_affected", "impact_statement": "not built"}))

    assert said.because == "not built"


@pytest.mark.parametrize(
    "name", ["https://openvex.dev/ns", "https://openvex.dev/ns/v0.2.0", "https://openvex.dev/ns/v0.2.1"]
)
def test_the_contexts_of_version_0_2_are_read(name: str) -> None:
    assert read({**openvex(), "@context": name}).statements


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        (
            {"@context": "https://openvex.dev/ns/v0.3.0"},
            "@context is not that of OpenVEX 0.2; no other version is read",
        ),
        ({"@context": None}, "@context is missing"),
        ({"@id": ""}, "@id is missing"),
        ({"author": None}, "author is missing"),
        ({"timestamp": None}, "timestamp is missing"),
        ({"timestamp": "2026-11-21"}, "timestamp is not an RFC 3339 time with its offset: '2026-11-21'"),
        ({"statements": []}, "statements is empty"),
        (
            {"statements": [statement(status="harmless")]},
            "statements[0].status is 'harmless', which is none of the specification's",
        ),
        ({"statements": [{"status": "fixed"}]}, "statements[0].vulnerability is missing"),
        (
            {"statements": [{"vulnerability": "CVE-2026-0001", "status": "fixed"}]},
            "statements[0].vulnerability is not an object",
        ),
        (
            {"statements": [statement(), statement() | {"justification": ""}]},
            "statements[1].justification is missing, and so is impact_statement: not_affected needs one of them",
        ),
        (
            {"statements": [statement(justification="trust_me")]},
            "statements[0].justification is 'trust_me', which is none of the specification's",
        ),
        (
            {"statements": [statement(status="affected") | {"action_statement": ""}]},
            "statements[0].action_statement is missing: affected needs it",
        ),
    ],
)
def test_what_openvex_does_not_allow_is_refused_with_its_place(change: dict[str, Any], detail: str) -> None:
    with pytest.raises(Malformed) as refusal:
        read({**openvex(), **change})

    assert (refusal.value.code, refusal.value.detail) == (Code.VEX_UNPARSEABLE, detail)


@pytest.mark.parametrize(
    ("product", "is_whole", "digests"),
    [
        ({"@id": f"pkg:oci/cart@{DIGEST}"}, True, (DIGEST,)),
        ({"@id": f"registry.example/cart@{DIGEST}"}, True, (DIGEST,)),
        ({"@id": "urn:cart", "identifiers": {"purl": f"pkg:oci/cart@{DIGEST}"}}, True, (DIGEST,)),
        ({"@id": "urn:cart", "hashes": {"sha-256": DIGEST[7:]}}, True, (DIGEST,)),
        ({"@id": "urn:cart", "hashes": {"sha-256": "abc", "md5": "00"}}, True, ()),
        ({"@id": "pkg:oci/cart"}, True, ()),  # every version of it: which is ours is not said
        ({"@id": "pkg:oci/cart@1.8.3"}, True, ()),
        ({"@id": DIGEST, "subcomponents": [{"@id": "openssl"}]}, False, (DIGEST,)),  # no component that can be told
    ],
)
def test_a_product_is_ours_by_its_digest_alone(
    product: dict[str, Any], is_whole: bool, digests: tuple[str, ...]
) -> None:
    (read_product,) = only(openvex(statement(products=[product]))).products

    assert (read_product.is_whole, read_product.digests, read_product.components) == (is_whole, digests, ())
    assert read_product.is_about(frozenset({DIGEST})) is bool(digests)


# --- CycloneDX --------------------------------------------------------------------------------------------------------


def analysed(affects: list[dict[str, Any]] | None = None, **analysis: Any) -> VexDocument:
    document = whole_cyclonedx()
    document["vulnerabilities"][0]["analysis"] = analysis
    if affects is not None:
        document["vulnerabilities"][0]["affects"] = affects
    return read_cyclonedx_vex(body_of(document, "", Code.VEX_UNPARSEABLE))


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("resolved", VexStatus.FIXED),
        ("resolved_with_pedigree", VexStatus.FIXED),
        ("exploitable", VexStatus.AFFECTED),
        ("in_triage", VexStatus.UNDER_INVESTIGATION),
        ("false_positive", VexStatus.NOT_AFFECTED),
        ("not_affected", VexStatus.NOT_AFFECTED),
    ],
)
def test_every_state_of_an_analysis_is_a_status(state: str, status: VexStatus) -> None:
    (said,) = analysed(state=state, detail="we looked").statements

    assert (said.status, said.because, said.at) == (status, "we looked", datetime(2026, 11, 21, 10, tzinfo=UTC))
    assert said.names == ("CVE-2026-0001", "GHSA-aaaa-bbbb-cccc")


@pytest.mark.parametrize(
    ("affects", "components", "is_subject"),
    [
        ([{"ref": "lib0"}], ("pkg:deb/debian/lib0@1.0",), True),
        ([{"ref": "lib0", "versions": [{"version": "1.0"}]}], ("pkg:deb/debian/lib0@1.0",), True),
        ([{"ref": "lib0", "versions": [{"version": "2.0"}]}], (), False),
        ([{"ref": "lib0", "versions": [{"range": "vers:deb/<2"}]}], (), False),
        ([{"ref": "image"}], (), True),
        ([{"ref": "pkg:npm/left-pad@1.0"}], ("pkg:npm/left-pad@1.0",), True),
        ([{"ref": "urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#lib0"}], (), False),
    ],
)
def test_an_analysis_concerns_the_components_that_it_names(
    affects: list[dict[str, Any]], components: tuple[str, ...], is_subject: bool
) -> None:
    (said,) = analysed(affects, state="not_affected", justification="code_not_present").statements
    (product,) = said.products

    assert tuple(purl.identity for purl in product.components) == components
    assert product.is_subject is is_subject


@pytest.mark.parametrize(
    ("analysis", "detail"),
    [
        ({"state": "fine"}, "vulnerabilities[0].analysis.state is 'fine', which is none of the specification's"),
        ({"justification": "code_not_present"}, "vulnerabilities[0].analysis.state is missing"),
        (
            {"state": "not_affected"},
            "vulnerabilities[0].analysis.justification is missing, and so is detail: not_affected needs one of them",
        ),
        (
            {"state": "not_affected", "justification": "inline_mitigations"},
            "vulnerabilities[0].analysis.justification is 'inline_mitigations', which is none of the specification's",
        ),
    ],
)
def test_an_analysis_without_its_reason_is_refused(analysis: dict[str, Any], detail: str) -> None:
    with pytest.raises(Malformed) as refusal:
        analysed(**analysis)

    assert (refusal.value.code, refusal.value.detail) == (Code.VEX_UNPARSEABLE, detail)


def test_an_analysis_without_any_time_is_refused() -> None:
    document = whole_cyclonedx()
    del document["metadata"]["timestamp"], document["vulnerabilities"][0]["analysis"]["lastUpdated"]

    with pytest.raises(Malformed, match="lastUpdated is missing, and so is every other time"):
        read_cyclonedx_vex(body_of(document, "", Code.VEX_UNPARSEABLE))


@pytest.mark.parametrize(
    ("vulnerabilities", "expected"),
    [
        (None, False),
        ([], False),
        ({}, False),
        ([{"id": "x"}, 3], False),
        ([{"id": "x", "analysis": {"state": "x"}}], True),
    ],
)
def test_a_document_without_analyses_is_no_vex(vulnerabilities: object, expected: bool) -> None:
    assert lists_analyses({**cyclonedx(), "vulnerabilities": vulnerabilities}) is expected
