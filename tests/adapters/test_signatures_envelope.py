"""Bundles that cannot be read or whose signature does not verify, and arbitrary damage: refused, never raised."""

import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.codes import Code
from promoter.core.evidence import Attestation, EvidenceState, Unusable
from tests.adapters.bundle_changes import ENTRY, PROOF, SIGNATURE, STAMPS, Change, drop, flip, set_in
from tests.adapters.bundles import (
    V3,
    Document,
    Recipe,
    b64,
    code_of,
    dsse,
    examine,
    foreign,
    forge,
    instance,
    material,
    statement,
)

ENVELOPE_CASES: list[tuple[str, Change, Code]] = [
    ("a flipped bit in the signature", flip(*SIGNATURE), Code.BUNDLE_SIGNATURE_INVALID),
    ("a flipped bit in the payload", flip("dsseEnvelope", "payload"), Code.BUNDLE_SIGNATURE_INVALID),
    (
        "another payload type than was signed",
        set_in("dsseEnvelope", "payloadType", to="application/json"),
        Code.BUNDLE_SIGNATURE_INVALID,
    ),
    ("no signature", set_in("dsseEnvelope", "signatures", to=[]), Code.BUNDLE_SIGNATURE_COUNT),
    ("an empty signature", set_in(*SIGNATURE, to=""), Code.BUNDLE_SIGNATURE_INVALID),
    (
        "two signatures",
        lambda document: document["dsseEnvelope"]["signatures"].append({"sig": b64(b"?")}),
        Code.BUNDLE_SIGNATURE_COUNT,
    ),
    ("neither envelope nor message", drop("dsseEnvelope"), Code.BUNDLE_UNPARSEABLE),
    (
        "both envelope and message",
        set_in("messageSignature", to={"signature": b64(b"?")}),
        Code.BUNDLE_UNPARSEABLE,
    ),
    ("base64 with wrong padding", set_in("dsseEnvelope", "payload", to="abc"), Code.BUNDLE_UNPARSEABLE),
    ("an unknown member", set_in("dsseEnvelope", "extra", to=1), Code.BUNDLE_UNPARSEABLE),
    ("an unknown member at the top", set_in("extra", to=1), Code.BUNDLE_UNPARSEABLE),
    ("an unknown version", set_in("mediaType", to=V3.replace("v0.3", "v0.4")), Code.BUNDLE_UNSUPPORTED),
    ("no version", drop("mediaType"), Code.BUNDLE_UNSUPPORTED),
    ("a version that is no text", set_in("mediaType", to=["v0.3"]), Code.BUNDLE_UNSUPPORTED),
    (
        "a certificate that is none",
        set_in("verificationMaterial", "certificate", "rawBytes", to="AAAA"),
        Code.BUNDLE_UNPARSEABLE,
    ),
    ("no certificate", drop("verificationMaterial", "certificate"), Code.BUNDLE_UNPARSEABLE),
    (
        "a chain where a certificate belongs",
        lambda d: material(d).update(x509CertificateChain={"certificates": [material(d).pop("certificate")]}),
        Code.BUNDLE_UNPARSEABLE,
    ),
    (
        "an empty chain",
        lambda d: material(d).update(x509CertificateChain={"certificates": []}, certificate=None),
        Code.BUNDLE_UNPARSEABLE,
    ),
    (
        "a key instead of a certificate",
        lambda d: material(d).update(publicKey={"hint": "abc"}, certificate=None),
        Code.BUNDLE_KEY_UNKNOWN,
    ),
]


@pytest.mark.parametrize(
    ("change", "code"),
    [(change, code) for _, change, code in ENVELOPE_CASES],
    ids=[name for name, _, _ in ENVELOPE_CASES],
)
def test_a_bundle_is_refused_with(change: Change, code: Code) -> None:
    document = dsse()
    change(document)

    assert code_of(document) == code.value


def test_a_signature_by_another_key_than_the_certificate_s_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1())

    assert code_of(dsse(key=other)) == Code.BUNDLE_SIGNATURE_INVALID.value
    assert code_of(forge(Recipe(key=other))) == Code.BUNDLE_SIGNATURE_INVALID.value


def test_a_bundle_of_another_instance_is_refused() -> None:
    stranger = replace(instance(), authority=foreign().authority)

    assert code_of(forge(Recipe(payload=statement()), stranger)) == Code.BUNDLE_CERTIFICATE_UNTRUSTED.value
    for rekor in (1, 2):
        document = forge(Recipe(payload=statement(), rekor=rekor), foreign())
        assert code_of(document) == Code.BUNDLE_CERTIFICATE_UNTRUSTED.value


def test_a_bundle_over_the_cap_is_refused_before_it_is_read() -> None:
    result = examine(b" " * (64 * 1024 * 1024 + 1))

    assert isinstance(result, Unusable)
    assert (result.code, result.state) == (Code.BUNDLE_TOO_LARGE.value, EvidenceState.UNPARSEABLE)
    assert result.detail == "it has 67108865 bytes, at most 67108864 are read"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b'{"mediaType": "a", "mediaType": "b"}',
        b"[" * 100_000,
        json.dumps(dsse()).replace('"mediaType"', '"dsseEnvelope": {}, "mediaType"').encode(),
        b"\xef\xbb\xbf" + json.dumps(dsse()).encode(),
    ],
)
def test_what_is_no_strict_json_object_is_unparseable(raw: bytes) -> None:
    result = examine(raw)

    assert isinstance(result, Unusable)
    assert (result.code, result.state) == (Code.BUNDLE_UNPARSEABLE.value, EvidenceState.UNPARSEABLE)


HONEST = [json.dumps(dsse(rekor=1)).encode(), json.dumps(forge(Recipe())).encode()]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(HONEST), st.integers(0, 1 << 20), st.binary(min_size=1, max_size=3))
def test_no_edit_of_a_bundle_s_bytes_makes_it_say_something_else(raw: bytes, place: int, replacement: bytes) -> None:
    at = place % len(raw)
    honest, edited = examine(raw), examine(raw[:at] + replacement + raw[at + len(replacement) :])

    assert isinstance(honest, Attestation)
    if isinstance(edited, Attestation):
        assert replace(edited, found=honest.found) == honest


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PATHS = [
    ("verificationMaterial",),
    ("verificationMaterial", "certificate"),
    ("verificationMaterial", "tlogEntries"),
    ENTRY,
    PROOF,
    (*PROOF, "checkpoint", "envelope"),
    (*ENTRY, "kindVersion"),
    (*ENTRY, "canonicalizedBody"),
    STAMPS,
    ("dsseEnvelope",),
    ("dsseEnvelope", "payload"),
    ("dsseEnvelope", "signatures"),
]


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(PATHS), json_values)
def test_no_value_in_any_place_of_a_bundle_raises(path: tuple[str | int, ...], value: object) -> None:
    document: Document = json.loads(HONEST[0])
    set_in(*path, to=value)(document)

    result = examine(document)

    assert isinstance(result, Unusable) or path == STAMPS
