"""What a verified bundle is about: our digest, by sha256, in a statement of the one payload type."""

import json
from typing import Any

import pytest

from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState, Unusable
from tests.adapters.bundles import OTHER, OTHER_IMAGE, SUBJECT, Document, Recipe, dsse, examine, forge, statement

HEX = SUBJECT.removeprefix("sha256:")


def refused(document: Document) -> tuple[str, str]:
    result = examine(document)
    assert isinstance(result, Unusable), result
    return result.code, result.detail


@pytest.mark.parametrize(
    "subjects",
    [
        [{"name": SUBJECT, "digest": {"sha256": OTHER.removeprefix("sha256:")}}],
        [{"name": "cart", "digest": {"sha512": "ab" * 64, "sha1": "ab" * 20, "gitCommit": HEX}}],
        [{"uri": f"pkg:oci/cart@{SUBJECT}", "digest": {"sha512": HEX}}],
    ],
    ids=["only the name is ours", "only other algorithms", "only the URI is ours"],
)
def test_a_statement_that_is_not_about_our_digest_is_refused_when(subjects: list[Any]) -> None:
    assert refused(forge(Recipe(payload=statement(subject=subjects)))) == (
        Code.STATEMENT_WRONG_SUBJECT.value,
        f"the statement is not about {SUBJECT}",
    )


def test_a_message_signature_over_another_digest_is_refused() -> None:
    assert refused(forge(Recipe(message=OTHER_IMAGE))) == (
        Code.BUNDLE_WRONG_DIGEST.value,
        "the bundle signs another digest",
    )


def test_a_message_signature_that_only_says_our_digest_is_refused() -> None:
    silent, lying = forge(Recipe(message=OTHER_IMAGE)), forge(Recipe(message=OTHER_IMAGE))
    del silent["messageSignature"]["messageDigest"]
    lying["messageSignature"]["messageDigest"] = forge(Recipe())["messageSignature"]["messageDigest"]

    assert refused(silent) == (Code.BUNDLE_SIGNATURE_INVALID.value, "the signature does not verify")
    assert refused(lying) == (Code.BUNDLE_SIGNATURE_INVALID.value, "the signature does not verify")


@pytest.mark.parametrize(
    "payload_type",
    ["application/json", "application/vnd.in-toto.provenance+json", "application/vnd.in-toto+json ", ""],
)
def test_a_well_signed_envelope_of_another_type_is_refused(payload_type: str) -> None:
    assert refused(dsse(payload_type=payload_type)) == (
        Code.BUNDLE_PAYLOAD_TYPE.value,
        f"the envelope's payload type is {payload_type!r}",
    )


@pytest.mark.parametrize(
    ("payload", "code", "detail"),
    [
        (b"not JSON", Code.STATEMENT_UNPARSEABLE, "not strict JSON: Expecting value at line 1, column 1"),
        (
            statement().replace(b'"predicateType"', b'"predicateType": "https://cyclonedx.org/bom", "predicateType"'),
            Code.STATEMENT_UNPARSEABLE,
            "not strict JSON: the key 'predicateType' stands twice in one object",
        ),
        (statement(subject=[]), Code.STATEMENT_UNPARSEABLE, "the statement has no list of subjects"),
        (statement(subject=[None]), Code.STATEMENT_UNPARSEABLE, "subject 1 has no digest"),
        (
            statement(subject=[{"digest": {"sha256": HEX.upper()}}]),
            Code.STATEMENT_UNPARSEABLE,
            "the sha256 of subject 1 is not 64 lower-case hexadecimal digits",
        ),
        (
            statement(subject=[{"digest": {"sha256": HEX}}] * 1025),
            Code.STATEMENT_TOO_MANY_SUBJECTS,
            "the statement has 1025 subjects, at most 1024",
        ),
    ],
)
def test_a_verified_envelope_whose_statement_cannot_be_read_is_unparseable(
    payload: bytes, code: Code, detail: str
) -> None:
    result = examine(forge(Recipe(payload=payload)))

    assert isinstance(result, Unusable)
    assert (result.code, result.detail, result.state) == (code.value, detail, EvidenceState.UNPARSEABLE)


def test_the_predicate_type_is_that_of_the_signed_payload() -> None:
    document = forge(Recipe(payload=statement(predicateType="https://cyclonedx.org/bom")))

    result = examine(document)

    assert not isinstance(result, Unusable)
    assert result.predicate_type == "https://cyclonedx.org/bom"
    assert "slsa.dev" not in json.dumps(document)
