"""Signed material in one form, whatever layout it was found in; nothing of it is verified yet.

What is signed, whose key is said to have signed it, and who is said to vouch for it: log entries and timestamps.
"""

import hashlib
from dataclasses import dataclass, field

from cryptography import x509
from sigstore_models.rekor.v1 import TransparencyLogEntry

from promoter.core.evidence import ContentKind, LogEntry, Mechanism
from promoter.core.statement import pre_authentication

MAX_WITNESSES = 32
"""Log entries, timestamps, signatures and certificates that a piece may hold, of each kind."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A DSSE envelope without its signature; `raw` is its JSON as the signer wrote it, which a bundle does not keep."""

    payload_type: str
    payload: bytes = field(repr=False)
    raw: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Content:
    """What one signature covers. `covered` is None where no more than its SHA-256 is known: that of an image."""

    kind: ContentKind
    signature: bytes
    digest: bytes
    covered: bytes | None = field(default=None, repr=False)
    envelope: Envelope | None = None

    def hashed(self, algorithm: str) -> bytes | None:
        """Give the hash of what is covered by hashlib's name of the algorithm; None where it cannot be known."""
        if algorithm == "sha256":
            return self.digest
        return None if self.covered is None else hashlib.new(algorithm, self.covered).digest()

    @property
    def stamped(self) -> tuple[bytes, ...]:
        """What a timestamp may be about: the signature, or the envelope around it, as cosign asks for attestations."""
        return (self.signature, self.envelope.raw) if self.envelope and self.envelope.raw else (self.signature,)


@dataclass(frozen=True, slots=True)
class Entry:
    """A transparency log entry: `promise` is its signed entry timestamp, which alone vouches for `integrated`.

    `proven` is the same entry with its inclusion proof; cosign's own layouts keep none.
    """

    log_id: bytes
    index: int
    kind: str
    version: str
    body: bytes = field(repr=False)
    promise: bytes = b""
    integrated: int = 0  # seconds since the epoch
    proven: TransparencyLogEntry | None = field(default=None, repr=False)

    @property
    def fact(self) -> LogEntry:
        """The entry by the index that a signature covers: the promise's, otherwise the inclusion proof's."""
        index = self.proven.inclusion_proof.log_index if self.proven and not self.promise else self.index
        return LogEntry(self.log_id.hex(), index, f"{self.kind} {self.version}")


@dataclass(frozen=True, slots=True)
class Piece:
    """One signature with all that came with it. Without a certificate it is a key's, which `hint` may name."""

    content: Content
    mechanism: Mechanism
    certificate: x509.Certificate | None
    hint: str = ""
    entries: tuple[Entry, ...] = ()
    stamps: tuple[bytes, ...] = field(default=(), repr=False)


def enveloped(envelope: Envelope, signature: bytes) -> Content:
    """Give the content of a DSSE envelope: its pre-authentication encoding is what the signature covers."""
    covered = pre_authentication(envelope.payload_type, envelope.payload)
    return Content(ContentKind.DSSE, signature, hashlib.sha256(covered).digest(), covered, envelope)
