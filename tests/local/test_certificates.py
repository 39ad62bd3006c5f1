"""Certificates to order: whatever a certificate or timestamp authority would not issue, this one does."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID
from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity
from sigstore_models.trustroot.v1 import TrustedRoot as TrustedRootModel

from promoter.core.evidence import Signer, SignerClaims
from promoter.local.authority.bundles import bundle
from promoter.local.authority.certificates import (
    FULCIO_ARC,
    Leaf,
    general_name,
    make_authority,
    make_timestamp_chain,
)
from promoter.local.authority.contents import Message
from promoter.local.authority.instance import Instance, make_instance
from promoter.local.authority.keys import KeyKind, make_key
from promoter.local.authority.sealing import LogKind, Witnesses, certify, identify, seal
from promoter.local.authority.timestamps import TimestampAuthority

NOW = datetime.fromisoformat("2026-03-01T12:00:00Z")
DAY = timedelta(days=1)
SIGNER = Signer(
    "https://github.com/acme/cart/.github/workflows/release.yml@refs/heads/main",
    "https://issuer.example",
    SignerClaims(source_repository_uri="https://github.com/acme/cart", build_trigger="push"),
)


@pytest.fixture(scope="module")
def instance() -> Instance:
    return make_instance(NOW)


@pytest.fixture(scope="module")
def honest(instance: Instance) -> Leaf:
    return Leaf(make_key().public, SIGNER, NOW, (instance.certificate_log,))


def claim(certificate: x509.Certificate, number: int) -> bytes | None:
    identifier = x509.ObjectIdentifier(f"{FULCIO_ARC}.{number}")
    found = [each.value for each in certificate.extensions if each.oid == identifier]
    assert len(found) <= 1
    for value in found:
        assert isinstance(value, x509.UnrecognizedExtension)
        return value.value
    return None


def extensions(certificate: x509.Certificate) -> set[x509.ObjectIdentifier]:
    return {each.oid for each in certificate.extensions}


def test_the_old_and_the_new_form_of_a_claim_may_disagree(instance: Instance, honest: Leaf) -> None:
    agreed = instance.authority.issue(honest)
    torn = instance.authority.issue(replace(honest, raw_claims=((1, b"https://evil.example"),)))

    assert (claim(agreed, 1), claim(agreed, 8)) == (
        b"https://issuer.example",
        asn1.encode_der("https://issuer.example"),
    )
    assert (claim(torn, 1), claim(torn, 8)) == (b"https://evil.example", asn1.encode_der("https://issuer.example"))


def test_a_claim_may_be_left_out(instance: Instance, honest: Leaf) -> None:
    certificate = instance.authority.issue(replace(honest, without_claims=frozenset({1, 20})))

    assert [claim(certificate, number) is None for number in (1, 8, 2, 20)] == [True, False, False, True]


def test_usages_names_and_scts_may_be_left_out(instance: Instance, honest: Leaf) -> None:
    bare = instance.authority.issue(replace(honest, usages=frozenset(), names=(), logs=()))

    assert not extensions(bare) & {
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS,
    }


def test_names_may_be_several_and_scts_two(instance: Instance, honest: Leaf) -> None:
    names = (general_name(SIGNER.san), general_name("ops@acme.example"))
    log = instance.certificate_log

    certificate = instance.authority.issue(replace(honest, names=names, logs=(log, log)))

    told = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(told) == [x509.UniformResourceIdentifier(SIGNER.san), x509.RFC822Name("ops@acme.example")]
    scts = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    assert [sct.log_id for sct in scts] == [log.log_id] * 2


@pytest.mark.parametrize("kind", [KeyKind.RSA_2048, KeyKind.P384, KeyKind.P521, KeyKind.ED25519])
def test_a_certificate_may_be_for_a_key_of_any_kind_which_then_signs(
    instance: Instance, honest: Leaf, kind: KeyKind
) -> None:
    key = make_key(kind)
    credential = certify(instance, replace(honest, key=key.public), key)

    sealed = seal(instance, Message(b"data"), credential, Witnesses(NOW, (), (NOW,)))

    assert credential.certificate is not None
    assert credential.certificate.public_key() == key.public
    assert sealed.credential is credential


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()], ids=["p256", "p384"])
def test_sigstore_python_accepts_a_certificate_of_an_authority_on_either_curve(
    instance: Instance, curve: ec.EllipticCurve
) -> None:
    authority = make_authority("other", NOW - DAY, curve=curve)
    other = replace(instance, authority=authority)
    sealed = seal(other, Message(b"data"), identify(other, SIGNER, NOW), Witnesses(NOW, (LogKind.V1,)))

    root = TrustedRoot(TrustedRootModel.from_json(other.trusted_root("https://sigstore.example")))
    policy = Identity(identity=SIGNER.san, issuer=SIGNER.issuer)
    Verifier(trusted_root=root).verify_artifact(b"data", Bundle.from_json(bundle(sealed)), policy)
    expected: hashes.HashAlgorithm = hashes.SHA384() if curve.key_size > 256 else hashes.SHA256()
    for certificate in authority.chain:
        assert certificate.signature_hash_algorithm is not None
        assert certificate.signature_hash_algorithm.name == expected.name


def test_a_root_may_end_before_the_certificate_that_it_signed() -> None:
    issuer, root = make_authority("short", NOW, 9 * DAY, root_lifetime=DAY).chain

    assert (issuer.not_valid_after_utc - NOW, root.not_valid_after_utc - NOW) == (9 * DAY, DAY)


def test_a_timestamp_certificate_may_have_ended_or_be_for_something_else() -> None:
    key = ec.generate_private_key(ec.SECP256R1())

    ended, _ = make_timestamp_chain("ended", key, NOW - 2 * DAY, DAY)
    other, _ = make_timestamp_chain("other", key, NOW - DAY, purpose=ExtendedKeyUsageOID.CODE_SIGNING)

    assert ended.not_valid_after_utc == NOW - DAY
    assert list(other.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CODE_SIGNING
    ]


def test_a_timestamp_that_embeds_the_certificate_of_a_trusted_authority_is_still_its_own(instance: Instance) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    chain = make_timestamp_chain("impostor", key, NOW - DAY)
    trusted, root = instance.timestamps.chain
    impostor = TimestampAuthority(chain, key, embedded=(trusted, chain[0]))

    answer = decode_timestamp_response(impostor.stamp(b"data", NOW))

    judge = VerifierBuilder().tsa_certificate(trusted).add_root_certificate(root).build()
    with pytest.raises(VerificationError):
        judge.verify_message(answer, b"data")
    assert len(answer.signed_data.certificates) == 2
