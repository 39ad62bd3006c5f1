"""Layers in cosign's own layouts that are wrong: payload, envelope, annotations and descriptor, each with its code."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.core.evidence import ContentKind, EvidenceState, Layout, Unusable
from promoter.local.authority.contents import Content, Envelope, Message, SimpleSigning
from promoter.local.authority.sealing import LogKind, Witnesses, seal
from promoter.local.layers import BUNDLE, CERTIFICATE, CHAIN, SIGNATURE, TIMESTAMP, Layer
from promoter.local.lies import (
    ContentChange,
    SealedChange,
    about,
    about_both,
    flip_signature,
    in_payload,
    in_repository,
    not_in_payload,
    payload_type,
    repeated,
    sign_twice,
    staple,
    unsign,
)
from tests.adapters.bundles import NOW, OTHER, PREDICATE_TYPE, SUBJECT, foreign, instance, statement
from tests.adapters.signed_pieces import (
    PAYLOAD,
    REPOSITORY,
    SIMPLE,
    STATED,
    certified,
    code_of,
    examine,
    good,
    in_layer,
    key_of,
    sealed,
)

KEY = key_of()


def with_optional(content: Content) -> Content:
    assert isinstance(content, Message)
    return Message(SimpleSigning(SUBJECT, REPOSITORY, signed_annotations=(("team", "cart"),)).payload)


PAYLOADS: list[tuple[str, ContentChange, str]] = [
    ("signed annotations", with_optional, "good"),
    ("another repository's name, which binds nothing", in_repository("mirror.example/cart"), "good"),
    ("another digest", about(OTHER), Code.COSIGN_WRONG_DIGEST.value),
    ("no digest", not_in_payload("critical", "image", "docker-manifest-digest"), Code.COSIGN_PAYLOAD_UNPARSEABLE.value),
    ("a digest in upper case", about(SUBJECT.upper()), Code.COSIGN_PAYLOAD_UNPARSEABLE.value),
    ("a short digest", about(SUBJECT[:-1]), Code.COSIGN_PAYLOAD_UNPARSEABLE.value),
    (
        "a digest that is no text",
        in_payload("critical", "image", "docker-manifest-digest", to=1),
        Code.COSIGN_PAYLOAD_UNPARSEABLE.value,
    ),
    ("both spellings of the digest", about_both(OTHER), Code.COSIGN_DIGEST_SPELLING.value),
    ("both spellings of the same digest", about_both(SUBJECT), Code.COSIGN_DIGEST_SPELLING.value),
    ("two spellings of critical", in_payload("Critical", to={}), Code.COSIGN_DIGEST_SPELLING.value),
    ("two spellings of image", in_payload("critical", "IMAGE", to={}), Code.COSIGN_DIGEST_SPELLING.value),
    ("another type", in_payload("critical", "type", to="atomic container signature"), Code.COSIGN_PAYLOAD_TYPE.value),
    (
        "the type in other letters",
        in_payload("critical", "type", to="Cosign container image signature"),
        Code.COSIGN_PAYLOAD_TYPE.value,
    ),
    ("no type", not_in_payload("critical", "type"), Code.COSIGN_PAYLOAD_TYPE.value),
    ("nothing critical", not_in_payload("critical"), Code.COSIGN_PAYLOAD_UNPARSEABLE.value),
    ("an image that is no object", in_payload("critical", "image", to=[]), Code.COSIGN_PAYLOAD_UNPARSEABLE.value),
    ("a member that stands there twice", repeated("critical", "{}"), Code.COSIGN_PAYLOAD_UNPARSEABLE.value),
    ("nothing in it", lambda _: Message(b""), Code.COSIGN_PAYLOAD_UNPARSEABLE.value),
    ("no JSON", lambda _: Message(b"?"), Code.COSIGN_PAYLOAD_UNPARSEABLE.value),
]


@pytest.mark.parametrize(
    ("change", "code"), [(change, code) for _, change, code in PAYLOADS], ids=[name for name, _, _ in PAYLOADS]
)
def test_a_well_signed_payload_with(change: ContentChange, code: str) -> None:
    assert code_of(in_layer(sealed(change(SIMPLE), KEY, LogKind.V1)), KEY) == code
    assert code_of(in_layer(sealed(change(SIMPLE), certified(), LogKind.V1))) == code


def test_an_image_signature_states_the_digest_and_nothing_else() -> None:
    read = good(in_layer(sealed(SIMPLE, KEY, LogKind.V1)), KEY)

    assert (read.kind, read.predicate_type, read.predicate) == (ContentKind.MESSAGE_SIGNATURE, "", {})
    assert read.subjects == (SUBJECT,)


# --- descriptor and annotations ---------------------------------------------------------------------------------------

PEM = instance().authority.chain[0].public_bytes(Encoding.PEM).decode()
ANNOTATIONS: list[tuple[str, Callable[[Layer], Layer], Code]] = [
    ("no signature", lambda layer: layer.without(SIGNATURE), Code.BUNDLE_SIGNATURE_INVALID),
    ("a signature that is not base64", lambda layer: layer.annotated(SIGNATURE, "?"), Code.COSIGN_ANNOTATION_INVALID),
    ("a certificate that is none", lambda layer: layer.annotated(CERTIFICATE, "?"), Code.COSIGN_ANNOTATION_INVALID),
    (
        "two certificates",
        lambda layer: layer.annotated(CERTIFICATE, layer.annotations[CERTIFICATE] * 2),
        Code.COSIGN_ANNOTATION_INVALID,
    ),
    ("an authority's certificate", lambda layer: layer.annotated(CERTIFICATE, PEM), Code.BUNDLE_CERTIFICATE_PROFILE),
    ("a log entry that is none", lambda layer: layer.annotated(BUNDLE, "{}"), Code.COSIGN_ANNOTATION_INVALID),
    ("a log entry that is no JSON", lambda layer: layer.annotated(BUNDLE, "?"), Code.COSIGN_ANNOTATION_INVALID),
    ("no log entry", lambda layer: layer.without(BUNDLE), Code.BUNDLE_TIME_INVALID),
    ("a timestamp that is none", lambda layer: layer.annotated(TIMESTAMP, "{}"), Code.COSIGN_ANNOTATION_INVALID),
    (
        "a timestamp that is no timestamp",
        lambda layer: layer.annotated(TIMESTAMP, '{"SignedRFC3161Timestamp": "AAAA"}'),
        Code.BUNDLE_TIMESTAMP_INVALID,
    ),
    ("another media type", lambda layer: replace(layer, media_type="text/spdx"), Code.COSIGN_LAYER_UNSUPPORTED),
]


@pytest.mark.parametrize(
    ("change", "code"), [(change, code) for _, change, code in ANNOTATIONS], ids=[name for name, _, _ in ANNOTATIONS]
)
def test_a_layer_with(change: Callable[[Layer], Layer], code: Code) -> None:
    assert code_of(in_layer(sealed(SIMPLE, certified(), LogKind.V1), change)) == code.value


def test_certificates_that_come_with_a_signature_vouch_for_nothing() -> None:
    made = sealed(SIMPLE, certified(), LogKind.V1)
    strange = "".join(each.public_bytes(Encoding.PEM).decode() for each in foreign().authority.chain)

    assert code_of(in_layer(made, lambda layer: layer.annotated(CHAIN, strange))) == "good"
    other = seal(foreign(), SIMPLE, made.credential, Witnesses(NOW, (LogKind.V1,)))
    assert code_of(in_layer(other, lambda layer: layer.annotated(CHAIN, strange))) == Code.BUNDLE_LOG_UNKNOWN.value


def test_bytes_that_are_not_those_of_the_descriptor_are_refused() -> None:
    material = in_layer(sealed(SIMPLE, KEY, LogKind.V1))

    assert code_of(replace(material, payload=PAYLOAD + b" "), KEY) == Code.COSIGN_LAYER_DAMAGED.value


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"digest": 1}'])
def test_a_descriptor_that_is_none_is_refused(raw: bytes) -> None:
    material = replace(in_layer(sealed(SIMPLE, KEY)), raw=raw)

    assert code_of(material, KEY) in {Code.COSIGN_LAYER_UNSUPPORTED.value, Code.COSIGN_LAYER_DAMAGED.value}


def test_annotations_that_are_no_texts_are_refused() -> None:
    material = in_layer(sealed(SIMPLE, KEY))
    descriptor = {**json.loads(material.raw), "annotations": {SIGNATURE: 1}}

    assert code_of(replace(material, raw=json.dumps(descriptor).encode()), KEY) == (
        Code.COSIGN_ANNOTATION_INVALID.value
    )


def test_nothing_is_signed_in_the_layout_of_attachments() -> None:
    material = in_layer(sealed(SIMPLE, KEY))
    attached = replace(material, found=replace(material.found, layout=Layout.ATTACHMENT))

    assert code_of(attached, KEY) == Code.BUNDLE_UNSUPPORTED.value


# --- attestations -----------------------------------------------------------------------------------------------------


def test_an_attestation_is_read_with_all_its_facts() -> None:
    read = good(in_layer(sealed(STATED, KEY, LogKind.INTOTO_1)), KEY)

    assert (read.kind, read.predicate_type, read.predicate) == (ContentKind.DSSE, PREDICATE_TYPE, {"made": "honestly"})
    assert read.log
    assert (read.log.kind, read.log.log_id) == ("intoto 0.0.1", instance().rekor_v1.log_id.hex())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (Envelope(statement(OTHER)), Code.STATEMENT_WRONG_SUBJECT),
        (payload_type("application/json")(STATED), Code.BUNDLE_PAYLOAD_TYPE),
        (Envelope(b"?"), Code.STATEMENT_UNPARSEABLE),
        (Envelope(PAYLOAD), Code.STATEMENT_UNPARSEABLE),
    ],
    ids=["about another image", "of another payload type", "that is no JSON", "that is a signature's payload"],
)
def test_a_well_signed_attestation_is_refused(content: Content, code: Code) -> None:
    assert code_of(in_layer(sealed(content, KEY, LogKind.V1)), KEY) == code.value


@pytest.mark.parametrize("change", [sign_twice, unsign], ids=["two signatures", "no signature"])
def test_an_envelope_has_exactly_one_signature(change: SealedChange) -> None:
    made = change(sealed(STATED, KEY))

    assert code_of(in_layer(made), KEY) == Code.BUNDLE_SIGNATURE_COUNT.value


@pytest.mark.parametrize(
    "envelope",
    [
        b"?",
        b"{}",
        b'{"payloadType": "x", "payload": "?", "signatures": [{"sig": ""}]}',
        b'{"payloadType": "x", "payload": "", "signatures": [1]}',
        b'{"payloadType": "x", "payload": "", "payload": "", "signatures": [{"sig": ""}]}',
    ],
)
def test_what_is_no_envelope_is_refused(envelope: bytes) -> None:
    layer = Layer("application/vnd.dsse.envelope.v1+json", envelope)
    result = examine(layer.material(digest_of(b"manifest")), KEY)

    assert isinstance(result, Unusable)
    assert (result.code, result.state) == (Code.COSIGN_ENVELOPE_UNPARSEABLE.value, EvidenceState.UNPARSEABLE)


def test_an_intoto_entry_is_about_the_whole_envelope() -> None:
    """Its signature stands in no body of that kind, so the envelope that holds it must be the logged one."""
    made, again = sealed(STATED, KEY, LogKind.INTOTO_1), sealed(STATED, KEY, LogKind.INTOTO_1)

    assert code_of(in_layer(made), KEY) == "good"
    assert code_of(in_layer(staple(again)(made)), KEY) == Code.BUNDLE_LOG_MISMATCH.value


def test_a_timestamp_may_be_of_the_whole_envelope_as_cosign_asks_for_it() -> None:
    made = seal(instance(), STATED, sealed(STATED, KEY).credential, Witnesses(NOW, (), (NOW,), stamp_envelope=True))

    assert good(in_layer(made), KEY).signed_at == NOW


def test_what_an_unverified_layer_claims_to_be_is_shown() -> None:
    stated, signed = (in_layer(flip_signature(sealed(content, KEY))) for content in (STATED, SIMPLE))

    found = [examine(material, KEY) for material in (stated, signed)]

    assert [item.claimed_type for item in found if isinstance(item, Unusable)] == [PREDICATE_TYPE, ""]


def test_over_the_cap_nothing_is_read() -> None:
    material = in_layer(sealed(SIMPLE, KEY))
    large = replace(material, payload=b" " * (64 * 1024 * 1024))

    assert code_of(large, KEY) == Code.BUNDLE_TOO_LARGE.value
