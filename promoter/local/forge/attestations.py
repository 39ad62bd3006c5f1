"""The attestation store of one repository: bundles by the digests that their statements are about, in memory.

Nothing is verified when a bundle is stored, as little as GitHub does. Each is served from an address that needs no
token but holds a secret, as a Snappy block (google/snappy, format_description.txt).
"""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from promoter.local.forge.refusal import invalid, not_found

_LITERAL = 1 << 16  # bytes at most in a literal whose tag has two bytes for its length
_LITERAL_TAG = bytes([61 << 2])


@dataclass(frozen=True, slots=True)
class StoredAttestation:
    """One bundle as it was sent, and what proves that its address was given by the list."""

    id: int
    digests: tuple[str, ...]
    bundle: Mapping[str, Any] = field(repr=False)
    secret: str = field(repr=False)


class AttestationStore:
    """The attestations of one repository, the oldest first. The caller holds the forge's lock."""

    def __init__(self, ids: Iterator[int]) -> None:
        self._ids = ids
        self._stored: dict[int, StoredAttestation] = {}

    def add(self, bundle: Mapping[str, Any]) -> StoredAttestation:
        """Store a bundle; raises RefusedError (422) for one without a statement about a digest."""
        stored = StoredAttestation(next(self._ids), _subjects(bundle), bundle, secrets.token_urlsafe(16))
        self._stored[stored.id] = stored
        return stored

    def about(self, digest: str) -> tuple[StoredAttestation, ...]:
        """List what is stored about a digest (`sha256:` and hex)."""
        return tuple(stored for stored in self._stored.values() if digest in stored.digests)

    def delete(self, digest: str) -> None:
        """Delete what is stored about a digest."""
        for stored in self.about(digest):
            del self._stored[stored.id]

    def content(self, number: int, secret: str) -> bytes:
        """Give a bundle as a Snappy block; raises RefusedError (404) without its secret."""
        stored = self._stored.get(number)
        if stored is None or stored.secret != secret:
            raise not_found()
        return snappy_block(json.dumps(stored.bundle).encode())


def snappy_block(content: bytes) -> bytes:
    """Put content into a Snappy block of literals only, which compress nothing and which every reader takes."""
    length, preamble = len(content), bytearray()
    while length > 0x7F:
        preamble.append(length & 0x7F | 0x80)
        length >>= 7
    preamble.append(length)
    pieces = (content[start : start + _LITERAL] for start in range(0, len(content), _LITERAL))
    return bytes(preamble) + b"".join(_LITERAL_TAG + (len(one) - 1).to_bytes(2, "little") + one for one in pieces)


def _subjects(bundle: Mapping[str, Any]) -> tuple[str, ...]:
    """Read the digests that a bundle's statement is about."""
    try:
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"], validate=True))
        digests = tuple(f"sha256:{subject['digest']['sha256']}" for subject in statement["subject"])
    except (LookupError, TypeError, ValueError):
        digests = ()
    if not digests:
        raise invalid("bundle holds no statement about a sha256 digest")
    return digests
