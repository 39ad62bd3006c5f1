"""Certificates that Fulcio would not have issued: usages, keys and signed certificate timestamps."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from promoter.core.codes import Code
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


def test_keys_other_than_p256_are_refused() -> None:
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    for public in (rsa_key, ec.generate_private_key(ec.SECP384R1()).public_key()):
        assert code_of(dsse(leaf=leaf(key=public))) == Code.BUNDLE_KEY_UNSUPPORTED.value

    large = ec.generate_private_key(ec.SECP521R1())
    assert code_of(dsse(key=large, leaf=leaf(key=large.public_key()))) == Code.BUNDLE_KEY_UNSUPPORTED.value


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
