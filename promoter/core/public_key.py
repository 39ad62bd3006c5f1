"""A public key as policies name it: PEM of a SubjectPublicKeyInfo (RFC 7468 section 13), known by its fingerprint.

Nothing is computed with it here: whether a signature verifies with a key is the Signatures port's to say.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from promoter.core.candidate import digest_of

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


def parse_public_key(pem: str) -> PublicKey:
    """Read one PEM block; raises ValueError for anything else, two keys included. The key's kind is not looked at."""
    found = _PEM.fullmatch(pem)
    if not found:
        raise ValueError("not one PEM block of a PUBLIC KEY (-----BEGIN PUBLIC KEY----- ... -----END PUBLIC KEY-----)")
    try:
        return PublicKey(base64.b64decode("".join(found[1].split()), validate=True))
    except binascii.Error:
        raise ValueError("the PEM block of the public key is not base64") from None
