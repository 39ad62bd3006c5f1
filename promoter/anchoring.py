"""Holds the ledger to the newest checkpoint of it that stands in the environment repository, while the bot runs.

What was compared is not compared again: commits are read since the base that was looked at last, and entries since the
checkpoint that agreed last, so that only the first look reads all of both.
"""

import threading

from promoter.core.checkpoint import Checkpoint, parse_trailers
from promoter.core.circumstances import Anchored
from promoter.core.merkle import Frontier, leaf_hash
from promoter.ports import EnvironmentRepo, Ledger

_COMMITS = 100_000  # of the environment repository, that are read for checkpoints

_NOWHERE = Anchored(size=0, root="", found_in="", is_extended=True)


class Witness:
    """The anchors of one ledger in one environment repository; safe for several threads.

    Whose commit an anchor stands in is not asked, for a squash merge writes it anew: a forged one stops promotions, as
    a ledger that was rewritten does, and `promoter log verify` tells the two apart.
    """

    def __init__(self, environments: EnvironmentRepo, ledger: Ledger, origin: str) -> None:
        self._environments = environments
        self._ledger = ledger
        self._origin = origin
        self._lock = threading.Lock()
        self._base = ""
        self._newest = _NOWHERE
        self._proven = Frontier()  # the ledger's tree at the newest anchor that agreed

    def anchor(self, base: str) -> Anchored:
        """Give the anchor with the most entries in the history of a commit of the base branch; raises OutsideError."""
        with self._lock:
            if base != self._base:
                for checkpoint, commit in self._found(base):
                    if checkpoint.size > self._newest.size:
                        self._newest = self._compared(checkpoint, commit)
                self._base = base
            return self._newest

    def _found(self, base: str) -> list[tuple[Checkpoint, str]]:
        """List the new checkpoints of this ledger, the smallest first."""
        found: list[tuple[Checkpoint, str]] = []
        for commit in self._environments.commits(self._base, base, _COMMITS):
            found += [(one, f"commit {commit.oid[:12]}") for one in _read(commit.message)]
        return sorted((pair for pair in found if pair[0].origin == self._origin), key=lambda pair: pair[0].size)

    def _compared(self, checkpoint: Checkpoint, commit: str) -> Anchored:
        """Hash on from what was proven; an anchor that disagreed stays the newest until a longer one agrees."""
        tree = self._proven
        for stored in self._ledger.read(tree.size):
            if tree.size == checkpoint.size:
                break
            tree = tree.append(leaf_hash(stored.raw))
        is_extended = (tree.size, tree.root.hex()) == (checkpoint.size, checkpoint.root)
        if is_extended:
            self._proven = tree
        return Anchored(size=checkpoint.size, root=checkpoint.root, found_in=commit, is_extended=is_extended)


def _read(message: str) -> tuple[Checkpoint, ...]:
    """Read the checkpoints of a commit; of lines that cannot be read, `promoter log verify` tells."""
    try:
        return tuple(parse_trailers(message))
    except ValueError:
        return ()
