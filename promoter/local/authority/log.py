"""A transparency log: an append-only Merkle tree (RFC 6962) whose checkpoints are signed notes (C2SP tlog-checkpoint).

Every entry is included at once, so an entry is always the last leaf of the tree that its proof speaks of.
"""

import base64
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LogKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Proof that a leaf is the last one of a tree: index, tree size, root hash, audit path, signed checkpoint."""

    index: int
    size: int
    root: bytes
    path: tuple[bytes, ...]
    checkpoint: str


class TransparencyLog:
    """The log of one key; `origin` is the first line of its checkpoints. Safe to use from several threads."""

    def __init__(self, origin: str, key: LogKey) -> None:
        self.origin = origin
        self.key = key
        self._size = 0
        self._peaks: list[bytes] = []  # roots of the perfect subtrees, smallest first
        self._lock = Lock()
        self._grow(
            sha256(b"\0").digest()
        )  # an empty first leaf: Go's JSON of an entry with index 0 leaves the index out

    @property
    def public_key(self) -> bytes:
        """The log's key as a DER SubjectPublicKeyInfo."""
        return self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def key_details(self) -> str:
        """The key's kind by its name in sigstore's PublicKeyDetails."""
        return "PKIX_ED25519" if isinstance(self.key, ed25519.Ed25519PrivateKey) else "PKIX_ECDSA_P256_SHA_256"

    @property
    def log_id(self) -> bytes:
        """The hash of the key: with the origin for Ed25519 (C2SP signed-note), of the key alone for ECDSA."""
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            return sha256(f"{self._name}\n\x01".encode() + raw).digest()
        return sha256(self.public_key).digest()

    def append(self, body: bytes) -> Inclusion:
        """Add one leaf and prove its inclusion."""
        with self._lock:
            index, path = self._size, tuple(self._peaks)
            leaf = sha256(b"\0" + body).digest()
            self._grow(leaf)
            root = leaf
            for peak in path:
                root = _node(peak, root)
            return Inclusion(index, self._size, root, path, self.checkpoint(self._size, root))

    def sign(self, data: bytes) -> bytes:
        """Sign with the log's key."""
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(data)
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def checkpoint(self, size: int, root: bytes) -> str:
        """Give a signed checkpoint of a tree of this size and root hash."""
        note = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        signature = base64.b64encode(self.log_id[:4] + self.sign(note.encode())).decode()
        return f"{note}\n\N{EM DASH} {self._name} {signature}\n"

    @property
    def _name(self) -> str:
        return self.origin.partition(" ")[0]

    def _grow(self, leaf: bytes) -> None:
        level, node = 0, leaf
        while self._size >> level & 1:
            node = _node(self._peaks.pop(0), node)
            level += 1
        self._peaks.insert(0, node)
        self._size += 1


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()
