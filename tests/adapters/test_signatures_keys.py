"""Signatures by keys: hints that lie, keys that nobody names, weak keys, and log entries of somebody else's key."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.core.codes import Code
from promoter.core.evidence import Unusable
from promoter.local.authority.contents import Envelope, Message
from promoter.local.authority.keys import Hash, KeyKind, SigningKey, make_key
from promoter.local.authority.sealing import Credential, LogKind, Sealed
from promoter.local.lies import claim, flip_signature, in_entries, postpone, staple, withhold_certificate
from tests.adapters.bundle_changes import set_in
from tests.adapters.bundles import IMAGE, NOW, OTHER, Document, statement, trusted_root
from tests.adapters.signed_pieces import (
    BARE,
    SIMPLE,
    STATED,
    Kind,
    certified,
    code_of,
    examine,
    good,
    in_bundle,
    in_layer,
    key_of,
    public,
    sealed,
)

KEY, OTHERS = key_of(), make_key()
HINT = ("verificationMaterial", "publicKey", "hint")
WEAK = (KeyKind.RSA_1024, KeyKind.P521, KeyKind.SECP256K1)


def test_a_key_that_no_policy_names_is_told_apart_from_a_signature_that_is_wrong() -> None:
    made = sealed(STATED, KEY, LogKind.V1)

    assert code_of(in_bundle(made)) == Code.BUNDLE_KEY_UNKNOWN.value
    assert code_of(in_bundle(made), OTHERS) == Code.BUNDLE_KEY_UNKNOWN.value
    assert code_of(in_layer(made), OTHERS) == Code.BUNDLE_KEY_UNKNOWN.value
    assert code_of(in_bundle(flip_signature(made)), OTHERS, KEY) == Code.BUNDLE_SIGNATURE_INVALID.value


def test_a_signature_that_does_not_verify_names_the_key_that_it_should_be_by() -> None:
    result = examine(in_bundle(flip_signature(sealed(STATED, KEY))), KEY)

    assert isinstance(result, Unusable)
    assert result.detail == f"the signature does not verify with the key that it names, {public(KEY).fingerprint}"


@pytest.mark.parametrize("hint", ["", "anything", OTHERS.hint], ids=["no hint", "a word", "the hint of another key"])
def test_a_hint_that_is_wrong_neither_helps_nor_harms(hint: str) -> None:
    material = in_bundle(sealed(STATED, KEY, LogKind.V1), set_in(*HINT, to=hint))

    assert good(material, OTHERS, KEY).signer.key == public(KEY).fingerprint


def test_the_hint_of_a_named_key_does_not_make_another_key_s_signature_good() -> None:
    material = in_bundle(sealed(STATED, OTHERS, LogKind.V1), set_in(*HINT, to=KEY.hint))

    assert code_of(material, KEY) == Code.BUNDLE_SIGNATURE_INVALID.value


@pytest.mark.parametrize("kind", WEAK, ids=lambda kind: kind.value)
def test_a_weak_key_verifies_nothing_even_where_it_is_named(kind: KeyKind) -> None:
    weak = key_of(Kind(kind))

    for material in (in_bundle(sealed(STATED, weak)), in_layer(sealed(SIMPLE, weak))):
        assert code_of(material, weak, KEY) == Code.BUNDLE_KEY_UNKNOWN.value


def test_a_key_signs_with_the_hashes_of_its_kind_only() -> None:
    for made in (make_key(KeyKind.P256, Hash.SHA384), make_key(KeyKind.RSA_2048, Hash.SHA512)):
        assert code_of(in_bundle(sealed(STATED, made)), made) == Code.BUNDLE_SIGNATURE_INVALID.value


def test_the_image_s_digest_cannot_be_signed_with_another_hash_than_the_one_that_names_it() -> None:
    key = key_of(Kind(KeyKind.P384, Hash.SHA384))

    assert code_of(in_bundle(sealed(BARE, key)), key) == Code.BUNDLE_UNSUPPORTED.value


def test_a_certificate_s_signature_without_its_certificate_is_a_key_s() -> None:
    made = sealed(STATED, certified(), LogKind.V1)

    assert code_of(in_bundle(withhold_certificate(made)), KEY) == Code.BUNDLE_KEY_UNKNOWN.value
    assert code_of(in_layer(withhold_certificate(made)), made.credential.key) == Code.BUNDLE_LOG_MISMATCH.value


@pytest.mark.parametrize("log", [LogKind.V1, LogKind.V2, LogKind.INTOTO_2], ids=lambda log: log.value)
@pytest.mark.parametrize(
    "other",
    [
        pytest.param(lambda: sealed(STATED, KEY), id="the same content signed again"),
        pytest.param(lambda: sealed(Envelope(statement(OTHER)), KEY), id="other content"),
        pytest.param(lambda: sealed(STATED, OTHERS), id="another key"),
    ],
)
def test_a_log_entry_of_another_signature_is_refused(log: LogKind, other: Callable[[], Sealed]) -> None:
    about = other()
    stapled = staple(sealed(about.content, about.credential, log))(sealed(STATED, KEY, log))

    assert code_of(in_bundle(stapled), KEY) == Code.BUNDLE_LOG_MISMATCH.value


def test_a_broken_promise_is_refused_and_so_is_an_edited_time() -> None:
    made = sealed(STATED, KEY, LogKind.V1)

    for change in (postpone(60), in_entries(promise=b"")):
        changed = in_layer(change(made))
        code = code_of(changed, KEY)
        assert code in {Code.BUNDLE_PROMISE_INVALID.value, Code.COSIGN_ANNOTATION_INVALID.value}


def test_a_log_that_has_ended_does_not_vouch_for_what_has_no_time() -> None:
    def ended(document: Document) -> None:
        for log in document["tlogs"]:
            log["publicKey"]["validFor"]["end"] = (NOW + timedelta(days=1)).isoformat()

    root = trusted_root(ended)

    made = in_bundle(sealed(STATED, KEY, LogKind.V2))
    stamped = in_bundle(sealed(STATED, KEY, LogKind.V2, stamps=(NOW,)))

    assert code_of(made, KEY) == "good"
    assert code_of(made, KEY, root=root) == Code.BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD.value
    assert code_of(stamped, KEY, root=root) == "good"


def test_a_timestamp_of_another_signature_is_refused_though_a_key_needs_none() -> None:
    other = sealed(STATED, KEY, stamps=(NOW,))
    made = replace(sealed(STATED, KEY), stamps=other.stamps)

    assert code_of(in_bundle(made), KEY) == Code.BUNDLE_TIMESTAMP_MISMATCH.value


def test_other_content_under_a_key_s_signature_is_refused() -> None:
    made = claim(Envelope(statement(predicate={"made": "otherwise"})))(sealed(STATED, KEY))

    assert code_of(in_bundle(made), KEY) == Code.BUNDLE_SIGNATURE_INVALID.value
    assert code_of(in_layer(claim(Message(b"{}"))(sealed(SIMPLE, KEY))), KEY) == Code.BUNDLE_KEY_UNKNOWN.value


def test_several_log_entries_all_count_and_the_earliest_time_is_the_time() -> None:
    later = sealed(STATED, KEY, LogKind.V1, at=NOW + timedelta(minutes=5))
    earlier = seal_again(later, KEY, LogKind.V1)

    read = good(in_bundle(replace(later, entries=later.entries + earlier.entries)), KEY)

    assert read.signed_at == NOW
    assert read.log
    assert read.log.index == later.entries[0].inclusion.index


def seal_again(made: Sealed, key: SigningKey, log: LogKind) -> Sealed:
    """Log the same signature again, at the usual time."""

    class Same(SigningKey):
        def sign(self, data: bytes) -> bytes:
            return made.signatures[0]

    return sealed(made.content, Credential(Same(key.private, key.hash, key.padding)), log)


def test_a_message_of_an_image_is_not_taken_for_another_image_s() -> None:
    material = in_bundle(sealed(Message(IMAGE + b" "), KEY))
    silent = json.loads(material.raw)
    del silent["messageSignature"]["messageDigest"]

    assert code_of(material, KEY) == Code.BUNDLE_WRONG_DIGEST.value
    assert code_of(replace(material, raw=json.dumps(silent).encode()), KEY) == Code.BUNDLE_SIGNATURE_INVALID.value
