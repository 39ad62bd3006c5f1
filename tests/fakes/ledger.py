"""A ledger and a blob store in memory."""

from collections.abc import Iterator
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from promoter.adapters.notes_ed25519 import Ed25519Signer
from promoter.core.audit import entry_refs
from promoter.core.candidate import Digest, digest_of, parse_digest
from promoter.core.checkpoint import Checkpoint, NoteSigner, build_body, sign_note
from promoter.core.codes import Code
from promoter.core.merkle import Frontier, leaf_hash
from promoter.ports import Conflict, Head, OutsideError, Stored

ORIGIN = "ledger.example/promoter"
SIGNER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


class MemoryLedger:
    """`ports.Ledger` in a list; a test may change `entries` and `tree` behind its back."""

    def __init__(self, origin: str = ORIGIN, signer: NoteSigner = SIGNER) -> None:
        self.entries: list[bytes] = []
        self.tree = Frontier()
        self._origin = origin
        self._signer = signer
        self._lock = Lock()

    def head(self) -> Head:
        tree = self.tree
        return Head(tree.size, tree.root.hex())

    def append(self, entries: tuple[bytes, ...], after: Head) -> Head:
        if not entries:
            raise ValueError("nothing to append")
        for raw in entries:
            entry_refs(raw)
        with self._lock:
            if self.head() != after:
                raise Conflict(f"the ledger has {self.tree.size} entries, not {after.size}, or others: look again")
            self.entries += entries
            for raw in entries:
                self.tree = self.tree.append(leaf_hash(raw))
            return self.head()

    def read(self, start: int = 0) -> Iterator[Stored]:
        while start < len(self.entries):
            yield Stored(start, self.entries[start])
            start += 1

    def checkpoint(self) -> str:
        head = self.head()
        return sign_note(build_body(Checkpoint(self._origin, head.size, head.root)), self._signer)


class MemoryBlobs:
    """`ports.Blobs` in a dict; a test may change `stored` behind its back."""

    def __init__(self) -> None:
        self.stored: dict[Digest, bytes] = {}

    def put(self, data: bytes) -> Digest:
        digest = digest_of(data)
        self.stored[digest] = data
        return digest

    def get(self, digest: Digest) -> bytes | None:
        data = self.stored.get(parse_digest(digest))
        if data is not None and digest_of(data) != digest:
            raise OutsideError(Code.OUTSIDE_DIGEST_MISMATCH, f"blob {digest}: the stored bytes have another digest")
        return data

    def digests(self) -> Iterator[Digest]:
        yield from sorted(self.stored)
