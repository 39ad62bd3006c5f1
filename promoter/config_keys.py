"""Public keys of signers, as the configuration gives them: read and weighed before anything is verified with them."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from promoter.core.public_key import ACCEPTED, check_strength, parse_public_key


def check_key(pem: str) -> None:
    """Raise ValueError, which names the key and what to take instead, for what is no key or a weak one."""
    if "PRIVATE KEY" in pem:
        raise ValueError(
            "a private key stands there: write the public one, as `cosign public-key` gives it, and make a new pair, "
            "for whoever could read this file has the old one"
        )
    named = parse_public_key(pem)
    try:
        key = load_der_public_key(named.der)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(f"{named.fingerprint} is no public key that can be read: take {ACCEPTED}") from None
    try:
        check_strength(*_kind(key))
    except ValueError as error:
        raise ValueError(f"{named.fingerprint}: {error}") from None


def _kind(key: object) -> tuple[str, int]:
    match key:
        case ec.EllipticCurvePublicKey():
            return key.curve.name, key.key_size
        case rsa.RSAPublicKey():
            return "rsa", key.key_size
        case ed25519.Ed25519PublicKey():
            return "ed25519", 256
        case _:
            return type(key).__name__.removesuffix("PublicKey").lower(), getattr(key, "key_size", 0)
