"""Signing keys of every kind that is accepted somewhere, and of some that must be refused everywhere.

A key signs with one scheme: curve and hash, or padding and hash, do not change from signature to signature. Ed25519
signs the data itself; the others sign its hash, so they can sign where only the hash is known.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from enum import Enum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from promoter.core.public_key import PublicKey as KnownKey

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


class Hash(Enum):
    """What is signed instead of the data; the values are Rekor v1's names."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @property
    def algorithm(self) -> hashes.HashAlgorithm:
        """The same hash as the cryptography library has it."""
        return {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[self.value]

    @property
    def protobuf_name(self) -> str:
        """The same hash by its name in sigstore's protobuf-specs, like `SHA2_256`."""
        return f"SHA2_{self.value.removeprefix('sha')}"

    def of(self, data: bytes) -> bytes:
        """Hash these bytes."""
        return hashlib.new(self.value, data).digest()


class KeyKind(Enum):
    """A kind of key; P-521, secp256k1 and RSA-1024 are there to be refused."""

    P256 = "ecdsa-p256"
    P384 = "ecdsa-p384"
    P521 = "ecdsa-p521"
    SECP256K1 = "ecdsa-secp256k1"
    ED25519 = "ed25519"
    RSA_1024 = "rsa-1024"
    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"


class Padding(Enum):
    """How an RSA key pads; the values are those of sigstore's PublicKeyDetails."""

    PKCS1 = "PKCS1V15"
    PSS = "PSS"


_CURVES: dict[KeyKind, ec.EllipticCurve] = {
    KeyKind.P256: ec.SECP256R1(),
    KeyKind.P384: ec.SECP384R1(),
    KeyKind.P521: ec.SECP521R1(),
    KeyKind.SECP256K1: ec.SECP256K1(),
}
_CURVE_NAMES = {"secp256r1": "P256", "secp384r1": "P384", "secp521r1": "P521", "secp256k1": "SECP256K1"}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and its one scheme."""

    private: PrivateKey = field(repr=False)
    hash: Hash = Hash.SHA256
    padding: Padding = Padding.PKCS1

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return self.private.public_key()

    @property
    def public_pem(self) -> bytes:
        """The public key as verifiers are given it."""
        return self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def private_pem(self) -> bytes:
        """The private key in PKCS#8, not encrypted, as tools import it."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def known(self) -> KnownKey:
        """The public key as policies name it."""
        return KnownKey(self.public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))

    @property
    def hint(self) -> str:
        """What a bundle names the key by: base64 of the SHA-256 of its DER form, as cosign writes it."""
        return base64.b64encode(hashlib.sha256(self.known.der).digest()).decode()

    @property
    def details(self) -> str:
        """Kind and scheme by their name in sigstore's PublicKeyDetails, or as that name would be."""
        bits = self.hash.value.removeprefix("sha")
        match self.public:
            case ed25519.Ed25519PublicKey():
                return "PKIX_ED25519"
            case ec.EllipticCurvePublicKey() as key:
                return f"PKIX_ECDSA_{_CURVE_NAMES[key.curve.name]}_SHA_{bits}"
            case key:
                return f"PKIX_RSA_{self.padding.value}_{key.key_size}_SHA{bits}"

    def sign(self, data: bytes) -> bytes:
        """Sign these bytes."""
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(data)
        return self.sign_hash(self.hash.of(data))

    def sign_hash(self, digest: bytes) -> bytes:
        """Sign data of which only the hash is known; raises ValueError for Ed25519, which has no such form."""
        prehashed = Prehashed(self.hash.algorithm)
        match self.private:
            case ed25519.Ed25519PrivateKey():
                raise ValueError("Ed25519 signs data, not a hash")
            case ec.EllipticCurvePrivateKey():
                return self.private.sign(digest, ec.ECDSA(prehashed))
            case _:
                return self.private.sign(digest, _padding(self.padding, self.hash), prehashed)


def make_key(kind: KeyKind = KeyKind.P256, hashed: Hash = Hash.SHA256, padding: Padding = Padding.PKCS1) -> SigningKey:
    """Make a fresh key; the hash matters to all but Ed25519, the padding to RSA only."""
    if kind is KeyKind.ED25519:
        return SigningKey(ed25519.Ed25519PrivateKey.generate())
    if curve := _CURVES.get(kind):
        return SigningKey(ec.generate_private_key(curve), hashed)
    size = int(kind.value.removeprefix("rsa-"))
    return SigningKey(rsa.generate_private_key(public_exponent=65537, key_size=size), hashed, padding)


def check_hash(key: PublicKey, signature: bytes, digest: bytes, hashed: Hash) -> None:
    """Raise ValueError unless the key signed this hash; RSA with PKCS #1 v1.5, as logs take it."""
    prehashed = Prehashed(hashed.algorithm)
    try:
        match key:
            case ec.EllipticCurvePublicKey():
                key.verify(signature, digest, ec.ECDSA(prehashed))
            case rsa.RSAPublicKey():
                key.verify(signature, digest, _padding(Padding.PKCS1, hashed), prehashed)
            case _:
                raise ValueError("Ed25519 signs data, not a hash")
    except InvalidSignature:
        raise ValueError("the signature does not verify") from None


def check_data(key: PublicKey, signature: bytes, data: bytes, hashed: Hash) -> None:
    """Raise ValueError unless the key signed these bytes."""
    if not isinstance(key, ed25519.Ed25519PublicKey):
        check_hash(key, signature, hashed.of(data), hashed)
        return
    try:
        key.verify(signature, data)
    except InvalidSignature:
        raise ValueError("the signature does not verify") from None


def _padding(padding: Padding, hashed: Hash) -> rsa_padding.AsymmetricPadding:
    if padding is Padding.PKCS1:
        return rsa_padding.PKCS1v15()
    return rsa_padding.PSS(rsa_padding.MGF1(hashed.algorithm), rsa_padding.PSS.DIGEST_LENGTH)
