"""What was verified, kept small between looks: a predicate as objects takes ten times the memory of its JSON."""

import json
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.evidence import Attestation
from promoter.listing import Listed
from promoter.unpacking import Content

KEPT: Final = 64 << 20
"""Bytes of verified evidence that stay in memory; the oldest goes first."""

Key = tuple[Listed, Digest, Digest | None]
"""What was listed, the digest it was examined for, and the trusted root."""

_FRAME = 2048  # bytes that one item takes beside its predicate


@dataclass(frozen=True, slots=True)
class Packed:
    """One item without its predicate, and that as compressed JSON."""

    item: Content
    predicate: bytes

    @property
    def size(self) -> int:
        """Bytes that it takes, roughly."""
        return _FRAME + len(self.predicate)

    def unpack(self) -> Content:
        """Give the item as it was."""
        if not isinstance(self.item, Attestation):
            return self.item
        return replace(self.item, predicate=json.loads(zlib.decompress(self.predicate)))


def pack(item: Content) -> Packed:
    """Make an item small; strict JSON was its source, so that JSON gives back exactly the same."""
    if not isinstance(item, Attestation):
        return Packed(item, b"")
    return Packed(replace(item, predicate={}), zlib.compress(json.dumps(item.predicate).encode(), 1))


class Memory:
    """Items by what was listed; safe for several threads."""

    def __init__(self, limit: int = KEPT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._items: OrderedDict[Key, tuple[Packed, ...]] = OrderedDict()
        self._size = 0

    def get(self, key: Key) -> tuple[Content, ...] | None:
        """Give what was kept; None where it is not there (any more)."""
        with self._lock:
            packed = self._items.get(key)
        return None if packed is None else tuple(item.unpack() for item in packed)

    def keep(self, key: Key, items: tuple[Content, ...]) -> None:
        """Keep the items of one listed thing; what was kept longest goes when there is too much."""
        packed = tuple(pack(item) for item in items)
        with self._lock:
            self._size += _size(packed) - _size(self._items.pop(key, ()))  # two threads may have examined it
            self._items[key] = packed
            while self._size > self._limit and len(self._items) > 1:
                self._size -= _size(self._items.popitem(last=False)[1])


def _size(packed: tuple[Packed, ...]) -> int:
    return _FRAME + sum(item.size for item in packed)
