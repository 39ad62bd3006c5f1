"""Keys of every kind sign by the scheme that they name; bad kinds can be made, so that they can be refused."""

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from promoter.core.public_key import parse_public_key
from promoter.local.authority.keys import Hash, KeyKind, Padding, SigningKey, check_data, check_hash, make_key

DATA = b"what is signed"
CURVES: list[tuple[KeyKind, Hash, hashes.HashAlgorithm, str]] = [
    (KeyKind.P256, Hash.SHA256, hashes.SHA256(), "PKIX_ECDSA_P256_SHA_256"),
    (KeyKind.P384, Hash.SHA384, hashes.SHA384(), "PKIX_ECDSA_P384_SHA_384"),
    (KeyKind.P384, Hash.SHA256, hashes.SHA256(), "PKIX_ECDSA_P384_SHA_256"),
    (KeyKind.P521, Hash.SHA512, hashes.SHA512(), "PKIX_ECDSA_P521_SHA_512"),
    (KeyKind.SECP256K1, Hash.SHA256, hashes.SHA256(), "PKIX_ECDSA_SECP256K1_SHA_256"),
]
MODULI: list[tuple[KeyKind, Padding, str]] = [
    (KeyKind.RSA_1024, Padding.PKCS1, "PKIX_RSA_PKCS1V15_1024_SHA256"),
    (KeyKind.RSA_2048, Padding.PKCS1, "PKIX_RSA_PKCS1V15_2048_SHA256"),
    (KeyKind.RSA_2048, Padding.PSS, "PKIX_RSA_PSS_2048_SHA256"),
]


@pytest.mark.parametrize(("kind", "hashed", "algorithm", "details"), CURVES)
def test_a_curve_signs_with_its_hash(
    kind: KeyKind, hashed: Hash, algorithm: hashes.HashAlgorithm, details: str
) -> None:
    key = make_key(kind, hashed)

    public = load_pem_public_key(key.public_pem)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(key.sign(DATA), DATA, ec.ECDSA(algorithm))
    public.verify(key.sign_hash(hashed.of(DATA)), DATA, ec.ECDSA(algorithm))
    assert key.details == details


@pytest.mark.parametrize(("kind", "padded", "details"), MODULI)
def test_an_rsa_key_signs_with_its_padding(kind: KeyKind, padded: Padding, details: str) -> None:
    key = make_key(kind, padding=padded)

    public = load_pem_public_key(key.public_pem)
    assert isinstance(public, rsa.RSAPublicKey)
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if padded is Padding.PSS else padding.PKCS1v15()
    public.verify(key.sign(DATA), DATA, scheme, hashes.SHA256())
    public.verify(key.sign_hash(Hash.SHA256.of(DATA)), DATA, scheme, hashes.SHA256())
    assert key.details == details


def test_ed25519_signs_the_data_itself_and_no_hash() -> None:
    key = make_key(KeyKind.ED25519)

    public = load_pem_public_key(key.public_pem)
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(key.sign(DATA), DATA)
    assert key.details == "PKIX_ED25519"
    with pytest.raises(ValueError, match="Ed25519 signs data, not a hash"):
        key.sign_hash(Hash.SHA256.of(DATA))


def test_a_key_is_known_by_the_sha_256_of_its_der_form() -> None:
    key = make_key()

    der = key.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert key.known == parse_public_key(key.public_pem.decode())
    assert base64.b64decode(key.hint) == hashlib.sha256(der).digest()
    assert key.known.fingerprint == "sha256:" + base64.b64decode(key.hint).hex()


def test_a_private_key_is_written_for_tools_to_import_and_is_not_shown() -> None:
    key = make_key()

    again = load_pem_private_key(key.private_pem, None)
    assert isinstance(again, ec.EllipticCurvePrivateKey)
    assert SigningKey(again).public == key.public
    assert "private" not in repr(key)


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA_2048, KeyKind.ED25519])
def test_a_log_checks_what_it_is_given(kind: KeyKind) -> None:
    key = make_key(kind)

    check_data(key.public, key.sign(DATA), DATA, Hash.SHA256)

    with pytest.raises(ValueError, match="the signature does not verify"):
        check_data(key.public, key.sign(DATA), b"something else", Hash.SHA256)


def test_a_log_cannot_check_an_ed25519_signature_of_a_hash() -> None:
    key = make_key(KeyKind.ED25519)

    with pytest.raises(ValueError, match="Ed25519 signs data, not a hash"):
        check_hash(key.public, key.sign(DATA), Hash.SHA256.of(DATA), Hash.SHA256)


def test_another_key_of_the_same_kind_does_not_verify() -> None:
    public = make_key().public
    assert isinstance(public, ec.EllipticCurvePublicKey)

    with pytest.raises(InvalidSignature):
        public.verify(make_key().sign(DATA), DATA, ec.ECDSA(hashes.SHA256()))
