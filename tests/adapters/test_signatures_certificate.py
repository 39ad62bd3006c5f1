"""Certificates that Fulcio would not have issued: usages, keys and signed certificate timestamps."""

import pytest

from promoter.core.codes import Code
from promoter.local.authority.keys import Hash, KeyKind, SigningKey, make_key
from promoter.local.authority.sealing import Credential, LogKind, certify
from promoter.local.lies import flip_signature
from tests.adapters.bundles import (
    Document,
    b64,
    code_of,
    dsse,
    foreign,
    instance,
    leaf,
    trusted_root,
)
from tests.adapters.signed_pieces import SIMPLE, STATED, in_bundle, in_layer, sealed
from tests.adapters.signed_pieces import code_of as code_of_piece


@pytest.mark.parametrize("usage", ["code-signing", "certificate-signing"])
def test_a_certificate_authority_in_the_leaf_position_is_refused(usage: str) -> None:
    usages = frozenset({"digital-signature", "code-signing", usage})

    assert code_of(dsse(leaf=leaf(usages=usages, is_ca=True))) == Code.BUNDLE_CERTIFICATE_PROFILE.value


def test_a_certificate_that_may_sign_certificates_is_refused() -> None:
    usages = frozenset({"digital-signature", "code-signing", "certificate-signing"})

    assert code_of(dsse(leaf=leaf(usages=usages))) == Code.BUNDLE_CERTIFICATE_PROFILE.value


@pytest.mark.parametrize("usages", [set(), {"digital-signature"}, {"code-signing"}])
def test_a_certificate_for_another_use_is_refused(usages: set[str]) -> None:
    assert code_of(dsse(leaf=leaf(usages=frozenset(usages)))) == Code.BUNDLE_CERTIFICATE_PROFILE.value


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P521, KeyKind.SECP256K1], ids=lambda kind: kind.value)
def test_a_certificate_for_a_key_of_another_kind_is_refused(kind: KeyKind) -> None:
    credential = certified(make_key(kind))

    for material in (
        in_bundle(sealed(STATED, credential, LogKind.V1)),
        in_layer(sealed(SIMPLE, credential, LogKind.V1)),
    ):
        assert code_of_piece(material) == Code.BUNDLE_KEY_UNSUPPORTED.value


@pytest.mark.parametrize(
    "key",
    [make_key(KeyKind.P384), make_key(KeyKind.P384, Hash.SHA384), make_key(KeyKind.ED25519)],
    ids=["P-384 with SHA-256", "P-384 with SHA-384", "Ed25519"],
)
def test_a_certificate_may_be_for_a_key_that_sigstore_s_own_verifier_does_not_take(key: SigningKey) -> None:
    made = sealed(STATED, certified(key), LogKind.V1)

    assert code_of_piece(in_bundle(made)) == "good"
    assert code_of_piece(in_layer(made)) == "good"
    assert code_of_piece(in_bundle(flip_signature(made))) == Code.BUNDLE_SIGNATURE_INVALID.value


def certified(key: SigningKey) -> Credential:
    return certify(instance(), leaf(key=key.public), key)


def test_a_certificate_without_an_sct_or_with_two_is_refused() -> None:
    log = instance().certificate_log
    for logs, code in (((), Code.BUNDLE_SCT_MISSING), ((log, log), Code.BUNDLE_SCT_INVALID)):
        assert code_of(dsse(leaf=leaf(logs=logs))) == code.value


def test_an_sct_by_another_log_is_refused() -> None:
    assert code_of(dsse(leaf=leaf(logs=(foreign().certificate_log,)))) == Code.BUNDLE_SCT_LOG_UNKNOWN.value


def test_an_sct_that_names_our_log_and_is_signed_by_another_is_refused() -> None:
    def renamed(document: Document) -> None:
        document["ctlogs"][0]["logId"]["keyId"] = b64(foreign().certificate_log.log_id)

    forged = dsse(leaf=leaf(logs=(foreign().certificate_log,)))

    assert code_of(forged, trusted_root(renamed)) == Code.BUNDLE_SCT_INVALID.value
