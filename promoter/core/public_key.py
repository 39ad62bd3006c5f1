"""A public key as policies name it: PEM of a SubjectPublicKeyInfo (RFC 7468 section 13), known by its fingerprint.

Nothing is computed with it here: whether a signature verifies with a key is the Signatures port's to say. Which kinds
are strong enough stands here, because a policy that names a weak one is refused when it is read, and no weak key ever
verifies anything.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from promoter.core.candidate import digest_of

MIN_RSA_BITS: Final = 2048
ACCEPTED: Final = "ECDSA on P-256 or P-384, Ed25519, or RSA of at least 2048 bits"

_CURVES: Final = frozenset({"secp256r1", "secp384r1"})
_BEGIN = "-----BEGIN PUBLIC KEY-----"
_END = "-----END PUBLIC KEY-----"
_PEM = re.compile(rf"\s*{_BEGIN}\s+([A-Za-z0-9+/=\s]{{1,4096}}){_END}\s*")
_LINE = 64


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key by the DER bytes of its SubjectPublicKeyInfo."""

    der: bytes

    @property
    def fingerprint(self) -> str:
        """`sha256:` and the SHA-256 of the DER bytes in hex: what cosign's bundles hint at."""
        return digest_of(self.der)

    @property
    def pem(self) -> str:
        """The key as one PEM block, always the same for the same key."""
        text = base64.b64encode(self.der).decode()
        lines = (text[at : at + _LINE] for at in range(0, len(text), _LINE))
        return "\n".join((_BEGIN, *lines, _END, ""))


@lru_cache(maxsize=256)
def parse_public_key(pem: str) -> PublicKey:
    """Read one PEM block; raises ValueError for anything else, two keys included. The key's kind is not looked at."""
    found = _PEM.fullmatch(pem)
    if not found:
        raise ValueError("not one PEM block of a PUBLIC KEY (-----BEGIN PUBLIC KEY----- ... -----END PUBLIC KEY-----)")
    try:
        return PublicKey(base64.b64decode("".join(found[1].split()), validate=True))
    except binascii.Error:
        raise ValueError("the PEM block of the public key is not base64") from None


def check_strength(kind: str, bits: int) -> None:
    """Raise ValueError for a kind of key that is not accepted.

    `kind` is `rsa`, `ed25519`, or a curve by its name in SEC 2; anything else is only named in the refusal.
    """
    if kind == "rsa" and bits >= MIN_RSA_BITS:
        return
    if kind != "ed25519" and kind not in _CURVES:
        raise ValueError(f"a key of the kind {kind}, {bits} bits, is not accepted: take {ACCEPTED}")
