"""Public keys, and whether one of them made a signature.

Which kinds are strong enough is said in `core.public_key`; a weak key never verifies anything, whoever names it.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from promoter.adapters.signatures_sigstore.piece import Content
from promoter.core.public_key import PublicKey, check_strength

AcceptedKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey

_SHA256: Final = hashes.SHA256()
_HASHES: Final[dict[str, tuple[hashes.HashAlgorithm, ...]]] = {
    "secp256r1": (_SHA256,),
    "secp384r1": (_SHA256, hashes.SHA384()),  # cosign signs its own layouts with SHA-256, bundles with the curve's hash
}
_PADDINGS: Final = (padding.PKCS1v15(), padding.PSS(padding.MGF1(_SHA256), padding.PSS.AUTO))


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """A key that a policy names, ready for use."""

    fingerprint: str
    key: AcceptedKey

    @property
    def der(self) -> bytes:
        """Its SubjectPublicKeyInfo."""
        return self.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def load_keys(named: tuple[PublicKey, ...]) -> Iterator[LoadedKey]:
    """Give the keys that are strong enough; others are passed over, because policies that name them are refused."""
    for each in named:
        with suppress(ValueError, UnsupportedAlgorithm):
            yield LoadedKey(each.fingerprint, load_key(each))


def load_key(named: PublicKey) -> AcceptedKey:
    """Load a key; raises ValueError or UnsupportedAlgorithm for what is none, or none that is accepted."""
    key = load_der_public_key(named.der)
    match key:
        case ec.EllipticCurvePublicKey():
            check_strength(key.curve.name, key.key_size)
        case rsa.RSAPublicKey():
            check_strength("rsa", key.key_size)
        case ed25519.Ed25519PublicKey():
            pass
        case _:
            raise ValueError("a key of a kind that signs nothing here")
    return key


def is_signed_by(key: AcceptedKey, content: Content) -> bool:
    """Tell whether the key made the signature, in one of the schemes that its kind has here.

    Ed25519 signs the bytes themselves: where only their digest is known, nothing can be told, and that is a no.
    """
    match key:
        case ec.EllipticCurvePublicKey():
            return any(_is_ecdsa(key, content, hashed) for hashed in _HASHES.get(key.curve.name, ()))
        case rsa.RSAPublicKey():
            return any(_is_rsa(key, content, padded) for padded in _PADDINGS)
        case _:
            return content.covered is not None and _is_ed25519(key, content.signature, content.covered)


def _is_ecdsa(key: ec.EllipticCurvePublicKey, content: Content, hashed: hashes.HashAlgorithm) -> bool:
    digest = content.hashed(hashed.name)
    try:
        key.verify(content.signature, digest or b"", ec.ECDSA(Prehashed(hashed)))
    except (InvalidSignature, ValueError):  # no signature, or no digest
        return False
    return True


def _is_rsa(key: rsa.RSAPublicKey, content: Content, padded: padding.AsymmetricPadding) -> bool:
    try:
        key.verify(content.signature, content.digest, padded, Prehashed(_SHA256))
    except InvalidSignature:
        return False
    return True


def _is_ed25519(key: ed25519.Ed25519PublicKey, signature: bytes, covered: bytes) -> bool:
    try:
        key.verify(signature, covered)
    except InvalidSignature:
        return False
    return True
