"""Bundles whose cryptography, log entry or time is wrong: each refused with its own code, none with an exception."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.codes import Code
from promoter.core.evidence import Attestation, EvidenceState, Unusable
from promoter.local.authority.log import TransparencyLog
from tests.adapters.bundles import (
    DAY,
    MINUTE,
    NOW,
    V1,
    V3,
    Document,
    Recipe,
    b64,
    code_of,
    dsse,
    entry_of,
    examine,
    flipped,
    foreign,
    forge,
    instance,
    leaf,
    material,
    statement,
    trusted_root,
)

Change = Callable[[Document], object]


def within(document: Document, path: tuple[str | int, ...]) -> Any:
    """Give what stands at a path of a bundle."""
    place: Any = document
    for step in path:
        place = place[step]
    return place


def set_in(*path: str | int, to: object) -> Change:
    """Give a change that sets one value of a bundle."""

    def change(document: Document) -> None:
        within(document, path[:-1])[path[-1]] = to

    return change


def drop(*path: str | int) -> Change:
    """Give a change that removes one value of a bundle."""

    def change(document: Document) -> None:
        del within(document, path[:-1])[path[-1]]

    return change


def flip(*path: str | int) -> Change:
    """Give a change that flips one bit of a base64 value."""

    def change(document: Document) -> None:
        within(document, path[:-1])[path[-1]] = flipped(within(document, path))

    return change


ENTRY = ("verificationMaterial", "tlogEntries", 0)
PROOF = (*ENTRY, "inclusionProof")
STAMPS = ("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps")
SIGNATURE = ("dsseEnvelope", "signatures", 0, "sig")


def note(change: Callable[[list[str]], list[str]]) -> Change:
    """Give a change of the lines of the checkpoint, its signature line included."""

    def changed(document: Document) -> None:
        checkpoint = entry_of(document)["inclusionProof"]["checkpoint"]
        checkpoint["envelope"] = "\n".join(change(checkpoint["envelope"].split("\n")))

    return changed


def of_another_log(document: Document) -> None:
    """Sign the right root hash with the key of another log."""
    entry = entry_of(document)
    proof = entry["inclusionProof"]
    proof["checkpoint"]["envelope"] = foreign().rekor_v2.checkpoint(
        int(proof["treeSize"]), base64.b64decode(proof["rootHash"])
    )


def of_a_log_that_lies_about_its_id(document: Document) -> None:
    """Sign with a retired key of ours, under the id of the log that is still in use."""
    entry = entry_of(document)
    entry["logId"] = {"keyId": b64(instance().rekor_v1.log_id)}


def stapled(document: Document) -> None:
    """Put a valid entry of somebody else's signature beside ours."""
    other = forge(Recipe(payload=statement(predicate={"by": "another"}), rekor=1))
    material(document)["tlogEntries"] = material(other)["tlogEntries"]


def same_payload_signed_again(document: Document) -> None:
    material(document)["tlogEntries"] = material(dsse(rekor=1))["tlogEntries"]


def same_signature_with_another_certificate(document: Document) -> None:
    material(document)["certificate"] = material(dsse(rekor=1))["certificate"]


LOG_CASES: list[tuple[str, Change]] = [
    ("no log entry", set_in("verificationMaterial", "tlogEntries", to=[])),
    ("two log entries", lambda document: material(document)["tlogEntries"].append(entry_of(document))),
    ("no inclusion proof", drop(*PROOF)),
    ("no checkpoint", drop(*PROOF, "checkpoint")),
    ("no body", drop(*ENTRY, "canonicalizedBody")),
    ("a flipped bit in the root hash", flip(*PROOF, "rootHash")),
    ("a flipped bit in the body", flip(*ENTRY, "canonicalizedBody")),
    (
        "an audit path that is one hash too long",
        lambda d: entry_of(d)["inclusionProof"]["hashes"].append(b64(b"x" * 32)),
    ),
    ("an index beyond the tree", set_in(*PROOF, "logIndex", to="99999999")),
    ("an id that no log has", set_in(*ENTRY, "logId", to={"keyId": b64(b"?" * 32)})),
    ("the id of another of our logs", of_a_log_that_lies_about_its_id),
    ("a checkpoint of another log", of_another_log),
    ("a checkpoint without its origin", note(lambda lines: ["", *lines[1:]])),
    ("a checkpoint of another size", note(lambda lines: [lines[0], "1" + lines[1], *lines[2:]])),
    ("a checkpoint of another root hash", note(lambda lines: [*lines[:2], b64(b"?" * 32), *lines[3:]])),
    ("a checkpoint that is cut off", note(lambda lines: lines[:2])),
    ("a checkpoint without a signature", note(lambda lines: [*lines[:4], ""])),
    ("a checkpoint whose signature is cut off", note(lambda lines: [*lines[:4], lines[4][:-20], ""])),
    ("a checkpoint with the hint of another key", note(lambda lines: [*lines[:4], wrong_hint(lines[4]), ""])),
]


def wrong_hint(line: str) -> str:
    dash, name, signature = line.split(" ")
    return f"{dash} {name} {b64(b'????' + base64.b64decode(signature)[4:])}"


@pytest.mark.parametrize("change", [change for _, change in LOG_CASES], ids=[name for name, _ in LOG_CASES])
def test_a_log_entry_is_refused_with(change: Change) -> None:
    document = dsse()
    change(document)

    assert code_of(document) == Code.BUNDLE_LOG_INVALID.value


PROMISED_CASES: list[tuple[str, Change, Code]] = [
    ("a flipped bit in the promise", flip(*ENTRY, "inclusionPromise", "signedEntryTimestamp"), Code.BUNDLE_LOG_INVALID),
    (
        "an edited time",
        set_in(*ENTRY, "integratedTime", to=str(int((NOW + MINUTE).timestamp()))),
        Code.BUNDLE_LOG_INVALID,
    ),
    ("an edited index", set_in(*ENTRY, "logIndex", to="77777777"), Code.BUNDLE_LOG_INVALID),
    ("the entry of another artifact", stapled, Code.BUNDLE_LOG_INVALID),
    ("the entry of the same payload signed again", same_payload_signed_again, Code.BUNDLE_LOG_INVALID),
    ("the certificate of another entry", same_signature_with_another_certificate, Code.BUNDLE_LOG_INVALID),
    ("the kind of another entry", set_in(*ENTRY, "kindVersion", "kind", to="hashedrekord"), Code.BUNDLE_LOG_INVALID),
    ("a time under a kind that has none", set_in(*ENTRY, "kindVersion", to=None), Code.BUNDLE_LOG_INVALID),
    ("a kind that is not verified", set_in(*ENTRY, "kindVersion", "kind", to="intoto"), Code.BUNDLE_UNSUPPORTED),
    ("a version that is not verified", set_in(*ENTRY, "kindVersion", "version", to="0.0.3"), Code.BUNDLE_UNSUPPORTED),
    ("no promise and no timestamp", drop(*ENTRY, "inclusionPromise"), Code.BUNDLE_TIME_INVALID),
    ("a promise without its time", drop(*ENTRY, "integratedTime"), Code.BUNDLE_TIME_INVALID),
]


@pytest.mark.parametrize(
    ("change", "code"),
    [(change, code) for _, change, code in PROMISED_CASES],
    ids=[name for name, _, _ in PROMISED_CASES],
)
def test_an_entry_with_a_promise_is_refused_with(change: Change, code: Code) -> None:
    document = dsse(rekor=1)
    change(document)

    assert code_of(document) == code.value


def test_a_time_without_a_promise_is_no_time() -> None:
    document = dsse()
    entry_of(document)["integratedTime"] = str(int(NOW.timestamp()))
    material(document)["timestampVerificationData"]["rfc3161Timestamps"] = []

    assert code_of(document) == Code.BUNDLE_TIME_INVALID.value


def test_a_bundle_v0_1_without_a_promise_is_refused() -> None:
    assert code_of(dsse(media_type=V1)) == Code.BUNDLE_UNPARSEABLE.value


def test_a_proof_from_a_log_that_was_forked_is_refused() -> None:
    fork = TransparencyLog(instance().rekor_v2.origin, foreign().rekor_v2.key)

    assert code_of(forge(Recipe(payload=statement()), replace(instance(), rekor_v2=fork))) == (
        Code.BUNDLE_LOG_INVALID.value
    )


ENVELOPE_CASES: list[tuple[str, Change, Code]] = [
    ("a flipped bit in the signature", flip(*SIGNATURE), Code.BUNDLE_SIGNATURE_INVALID),
    ("a flipped bit in the payload", flip("dsseEnvelope", "payload"), Code.BUNDLE_SIGNATURE_INVALID),
    (
        "another payload type than was signed",
        set_in("dsseEnvelope", "payloadType", to="application/json"),
        Code.BUNDLE_SIGNATURE_INVALID,
    ),
    ("no signature", set_in("dsseEnvelope", "signatures", to=[]), Code.BUNDLE_SIGNATURE_INVALID),
    ("an empty signature", set_in(*SIGNATURE, to=""), Code.BUNDLE_SIGNATURE_INVALID),
    (
        "two signatures",
        lambda document: document["dsseEnvelope"]["signatures"].append({"sig": b64(b"?")}),
        Code.BUNDLE_SIGNATURE_INVALID,
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
        Code.BUNDLE_KEY_UNSUPPORTED,
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


def test_a_certificate_authority_in_the_leaf_position_is_refused() -> None:
    for usages in ({"digital-signature", "code-signing"}, {"digital-signature", "code-signing", "certificate-signing"}):
        for is_ca in (True, "certificate-signing" in usages):
            content = leaf(usages=frozenset(usages), is_ca=is_ca)
            expected = Code.BUNDLE_CERTIFICATE_UNTRUSTED.value if is_ca else "good"
            assert code_of(dsse(leaf=content)) == expected


@pytest.mark.parametrize("usages", [set(), {"digital-signature"}, {"code-signing"}])
def test_a_certificate_for_another_use_is_refused(usages: set[str]) -> None:
    assert code_of(dsse(leaf=leaf(usages=frozenset(usages)))) == Code.BUNDLE_CERTIFICATE_UNTRUSTED.value


def test_keys_other_than_p256_are_refused() -> None:
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    for public in (rsa_key, ec.generate_private_key(ec.SECP384R1()).public_key()):
        assert code_of(dsse(leaf=leaf(key=public))) == Code.BUNDLE_KEY_UNSUPPORTED.value

    large = ec.generate_private_key(ec.SECP521R1())
    assert code_of(dsse(key=large, leaf=leaf(key=large.public_key()))) == Code.BUNDLE_KEY_UNSUPPORTED.value


@pytest.mark.parametrize("time", [NOW - timedelta(seconds=1), NOW + 10 * MINUTE + timedelta(seconds=1)])
@pytest.mark.parametrize("rekor", [1, 2])
def test_a_time_outside_the_certificate_s_is_refused(rekor: int, time: datetime) -> None:
    document = dsse(rekor=1, logged=time) if rekor == 1 else dsse(stamped=(time,))

    assert code_of(document) == Code.BUNDLE_CERTIFICATE_EXPIRED.value


def test_one_verified_time_outside_the_certificate_s_is_enough_to_refuse() -> None:
    assert code_of(dsse(rekor=1, stamped=(NOW + DAY,))) == Code.BUNDLE_CERTIFICATE_EXPIRED.value


TIMESTAMP_CASES: list[tuple[str, Change]] = [
    ("no timestamp", set_in(*STAMPS, to=[])),
    ("null instead of timestamps", set_in(*STAMPS, to=None)),
    ("a timestamp that is none", set_in(*STAMPS, 0, "signedTimestamp", to="AAAA")),
    ("a flipped bit in the timestamp", flip(*STAMPS, 0, "signedTimestamp")),
    ("the same timestamp twice", lambda d: place_of(d).append(place_of(d)[0])),
]


def place_of(document: Document) -> list[Document]:
    found: list[Document] = material(document)["timestampVerificationData"]["rfc3161Timestamps"]
    return found


@pytest.mark.parametrize("change", [change for _, change in TIMESTAMP_CASES], ids=[name for name, _ in TIMESTAMP_CASES])
def test_a_bundle_is_refused_for_its_time_with(change: Change) -> None:
    document = dsse()
    change(document)

    assert code_of(document) == Code.BUNDLE_TIME_INVALID.value


def test_a_timestamp_of_another_signature_is_refused() -> None:
    document, other = dsse(), dsse()
    place_of(document)[:] = place_of(other)

    assert code_of(document) == Code.BUNDLE_TIME_INVALID.value


def test_thirty_three_timestamps_are_refused_and_thirty_two_are_not() -> None:
    assert code_of(dsse(stamped=(NOW,) * 32)) == "good"
    assert code_of(dsse(stamped=(NOW,) * 33)) == Code.BUNDLE_TIME_INVALID.value


def test_an_untrusted_timestamp_authority_with_its_certificate_inside_is_refused() -> None:
    stranger = replace(instance(), timestamps=foreign().timestamps)

    assert code_of(forge(Recipe(payload=statement()), stranger)) == Code.BUNDLE_TIME_INVALID.value


def test_a_timestamp_outside_the_authority_s_period_is_refused() -> None:
    def ended(document: Document) -> None:
        document["timestampAuthorities"][0]["validFor"]["end"] = (NOW - MINUTE).isoformat()

    assert code_of(dsse(), trusted_root(ended)) == Code.BUNDLE_TIME_INVALID.value


def test_a_certificate_without_an_sct_or_with_two_is_refused() -> None:
    log = instance().certificate_log
    for logs in ((), (log, log)):
        assert code_of(dsse(leaf=leaf(logs=logs))) == Code.BUNDLE_SCT_INVALID.value


def test_an_sct_by_another_log_is_refused() -> None:
    assert code_of(dsse(leaf=leaf(logs=(foreign().certificate_log,)))) == Code.BUNDLE_SCT_INVALID.value


def test_an_sct_that_names_our_log_and_is_signed_by_another_is_refused() -> None:
    def renamed(document: Document) -> None:
        document["ctlogs"][0]["logId"]["keyId"] = b64(foreign().certificate_log.log_id)

    forged = dsse(leaf=leaf(logs=(foreign().certificate_log,)))

    assert code_of(forged, trusted_root(renamed)) == Code.BUNDLE_SCT_INVALID.value


PERIODS: list[tuple[str, str, dict[str, str]]] = [
    (part, name, {name: (NOW + offset).isoformat()})
    for part in ("certificateAuthorities", "tlogs", "ctlogs")
    for name, offset in (("start", MINUTE), ("end", -MINUTE))
]


@pytest.mark.parametrize(("part", "bound", "period"), PERIODS)
@pytest.mark.parametrize("rekor", [1, 2])
def test_trust_that_did_not_hold_when_the_signature_was_made_is_refused(
    rekor: int, part: str, bound: str, period: dict[str, str]
) -> None:
    def change(document: Document) -> None:
        for entry in document[part]:
            entry.get("publicKey", entry)["validFor"] |= period

    result = examine(dsse(rekor=rekor), trusted_root(change))

    assert isinstance(result, Unusable)
    assert result.code == Code.BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD.value
    assert result.detail.endswith("does not cover the time of the signature")


def test_a_retired_log_key_cannot_sign_under_the_name_of_the_log_that_replaced_it() -> None:
    retired = foreign().rekor_v2

    def both(document: Document) -> None:
        old = json.loads(json.dumps(document["tlogs"][1]))
        old["publicKey"]["rawBytes"] = b64(retired.public_key)
        old["publicKey"]["validFor"]["end"] = (NOW - MINUTE).isoformat()
        old["logId"]["keyId"] = b64(retired.log_id)
        document["tlogs"].append(old)

    class Disguised(TransparencyLog):
        @property
        def log_id(self) -> bytes:
            return instance().rekor_v2.log_id

    document = forge(Recipe(payload=statement()), replace(instance(), rekor_v2=Disguised(retired.origin, retired.key)))

    assert code_of(document, trusted_root(both)) == Code.BUNDLE_LOG_INVALID.value


def test_a_bundle_over_the_cap_is_refused_before_it_is_read() -> None:
    result = examine(b" " * (20 * 1024 * 1024 + 1))

    assert isinstance(result, Unusable)
    assert (result.code, result.state) == (Code.BUNDLE_TOO_LARGE.value, EvidenceState.UNPARSEABLE)
    assert result.detail == "the bundle has 20971521 bytes, at most 20971520 are read"


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


@settings(max_examples=150, deadline=None)
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


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATHS), json_values)
def test_no_value_in_any_place_of_a_bundle_raises(path: tuple[str | int, ...], value: object) -> None:
    document: Document = json.loads(HONEST[0])
    set_in(*path, to=value)(document)

    result = examine(document)

    assert isinstance(result, Unusable) or path == STAMPS


def test_a_body_that_is_no_json_is_refused_even_when_it_is_logged() -> None:
    document = dsse()
    entry = entry_of(document)
    inclusion = instance().rekor_v2.append(b"not JSON")
    entry["canonicalizedBody"] = b64(b"not JSON")
    entry["inclusionProof"] = {
        "logIndex": str(inclusion.index),
        "treeSize": str(inclusion.size),
        "rootHash": b64(inclusion.root),
        "hashes": [b64(node) for node in inclusion.path],
        "checkpoint": {"envelope": inclusion.checkpoint},
    }

    result = examine(document)

    assert isinstance(result, Unusable)
    assert result.code == Code.BUNDLE_LOG_INVALID.value
