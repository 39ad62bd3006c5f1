"""A Merkle tree over ledger entries as RFC 9162 §2.1 (and RFC 6962 §2.1) defines it, SHA-256 throughout.

`Frontier` is all that an appender needs: the size and the roots of the perfect subtrees on the tree's right edge.
Proofs are made from leaf hashes and checked without them. Nothing here knows what an entry means or where it is stored.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

HASH_SIZE = 32  # bytes


def leaf_hash(entry: bytes) -> bytes:
    """Give the hash of one entry (RFC 9162 §2.1.1: prefix 0x00)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Give the hash of an inner node (prefix 0x01, so that no node can pass for a leaf)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of `size` leaves by the roots of its perfect subtrees, the largest first: one per bit set in `size`.

    Raises ValueError when the number or the length of the hashes does not fit the size.
    """

    size: int = 0
    edge: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.edge) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} entries does not have {len(self.edge)} subtrees on its right edge")
        if any(len(part) != HASH_SIZE for part in self.edge):
            raise ValueError(f"a hash on the right edge is not {HASH_SIZE} bytes long")

    def append(self, leaf: bytes) -> "Frontier":
        """Give the tree with one more leaf hash at its right end."""
        edge, carry = list(self.edge), self.size
        while carry & 1:  # two perfect subtrees of the same height become one
            leaf = node_hash(edge.pop(), leaf)
            carry >>= 1
        return Frontier(self.size + 1, (*edge, leaf))

    @property
    def root(self) -> bytes:
        """The tree's root hash; of the empty tree the hash of nothing."""
        if not self.edge:
            return hashlib.sha256().digest()
        *rest, root = self.edge
        for left in reversed(rest):
            root = node_hash(left, root)
        return root


def frontier_of(leaves: Iterable[bytes]) -> Frontier:
    """Give the frontier of a whole list of leaf hashes."""
    tree = Frontier()
    for leaf in leaves:
        tree = tree.append(leaf)
    return tree


def prove_inclusion(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Give the inclusion proof of the leaf at `index` in the tree of all `leaves`, lowest node first (§2.1.3.1).

    Raises ValueError when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise ValueError(f"there is no entry {index} in a log of {len(leaves)}")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return (*prove_inclusion(left, index), frontier_of(right).root)
    return (*prove_inclusion(right, index - split), frontier_of(left).root)


def prove_consistency(leaves: Sequence[bytes], older: int) -> tuple[bytes, ...]:
    """Give the proof that the tree of the first `older` leaves is a prefix of the tree of all `leaves` (§2.1.4.1).

    Raises ValueError when the older tree is larger. From the empty tree, and to itself, the proof is empty.
    """
    if not 0 <= older <= len(leaves):
        raise ValueError(f"a log of {len(leaves)} entries does not continue one of {older}")
    return _subproof(leaves, older, complete=True) if older else ()


def verify_inclusion(leaf: bytes, index: int, tree: tuple[int, bytes], proof: tuple[bytes, ...]) -> bool:
    """Tell whether the proof shows that `leaf` is at `index` of the tree (size, root) (§2.1.3.2)."""
    size, root = tree
    if not 0 <= index < size:
        return False
    node, last, computed = index, size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        if node & 1 or node == last:
            computed = node_hash(sibling, computed)
            node, last = _next_right_child(node, last)
        else:
            computed = node_hash(computed, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(older: tuple[int, bytes], newer: tuple[int, bytes], proof: tuple[bytes, ...]) -> bool:
    """Tell whether the proof shows that the newer tree (size, root) continues the older one (§2.1.4.2)."""
    (older_size, older_root), (newer_size, newer_root) = older, newer
    if older_size in {0, newer_size}:
        return not proof and (older == newer or older == (0, Frontier().root))
    path = (older_root, *proof) if older_size.bit_count() == 1 else proof
    if older_size > newer_size or not path:
        return False
    node, last = older_size - 1, newer_size - 1
    while node & 1:  # up to the largest perfect subtree that ends where the older tree ends
        node, last = node >> 1, last >> 1
    from_older = from_newer = path[0]
    for sibling in path[1:]:
        if not last:
            return False
        if node & 1 or node == last:
            from_older, from_newer = node_hash(sibling, from_older), node_hash(sibling, from_newer)
            node, last = _next_right_child(node, last)
        else:
            from_newer = node_hash(from_newer, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and (from_older, from_newer) == (older_root, newer_root)


def _next_right_child(node: int, last: int) -> tuple[int, int]:
    """Climb the levels on which a node at the tree's right edge has no sibling."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _split(size: int) -> int:
    """Give the largest power of two below `size`: where the tree of `size` leaves divides."""
    return 1 << ((size - 1).bit_length() - 1)


def _subproof(leaves: Sequence[bytes], older: int, *, complete: bool) -> tuple[bytes, ...]:
    """SUBPROOF of §2.1.4.1; `complete` while the older tree's root is one that the verifier already has."""
    if older == len(leaves):
        return () if complete else (frontier_of(leaves).root,)
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if older <= split:
        return (*_subproof(left, older, complete=complete), frontier_of(right).root)
    return (*_subproof(right, older - split, complete=False), frontier_of(left).root)
