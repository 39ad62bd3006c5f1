"""Trees rewritten without a work tree, an index or the network: only the trees on the way to a file are read.

An index would cost more than time: `git write-tree` on one fetches every blob of a partial clone.
"""

import hashlib
from dataclasses import dataclass

from promoter.ports import FileChange
from promoter.transport.git import Call
from promoter.transport.git_directory import GitDirectory
from promoter.transport.git_names import Oid, RefusedName, parse_path

_FILE_MODES = {b"100644", b"100755"}


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree as `git ls-tree -z` prints it; the name stays bytes."""

    mode: bytes
    oid: str
    name: bytes

    @property
    def is_file(self) -> bool:
        """Tell whether this is a regular file: no link, no directory, no submodule."""
        return self.mode in _FILE_MODES

    @property
    def is_tree(self) -> bool:
        """Tell whether this is a directory."""
        return self.mode == b"040000"

    def with_oid(self, oid: Oid) -> "TreeEntry":
        """Give the same entry with another object."""
        return TreeEntry(self.mode, oid, self.name)

    def row(self) -> bytes:
        """Give the entry as `git mktree -z` reads it."""
        kind = b"tree" if self.is_tree else b"commit" if self.mode == b"160000" else b"blob"
        return b"%b %b %b\t%b\0" % (self.mode, kind, self.oid.encode(), self.name)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one file, and what is left of its path below the tree in hand."""

    change: FileChange
    below: tuple[str, ...]

    def inside(self) -> "Edit":
        """Give the same edit as seen one directory further down."""
        return Edit(self.change, self.below[1:])


def read_tree(out: bytes) -> tuple[TreeEntry, ...]:
    """Read `git ls-tree -z`."""
    rows = (row.partition(b"\t") for row in out.split(b"\0")[:-1])
    return tuple(TreeEntry(head.split(b" ")[0], head.split(b" ")[2].decode(), name) for head, _, name in rows)


def edits_of(changes: tuple[FileChange, ...]) -> tuple[Edit, ...]:
    """Check changes: at least one, one for each file, fit paths, nothing that stays as it is. Raises RefusedName."""
    if not changes or len({change.path for change in changes}) != len(changes):
        raise RefusedName("a commit needs changes, and only one for each file")
    for change in changes:
        if change.before == change.after:
            raise RefusedName(f"{change.path} would not change: a commit holds nothing but its edits")
    return tuple(Edit(change, tuple(parse_path(change.path).split("/"))) for change in changes)


def write_tree(git: GitDirectory, tree: Oid, edits: tuple[Edit, ...]) -> Oid:
    """Write the tree (of a commit, or a tree) with these files edited; every other entry stays as it is.

    Raises RefusedName where a path names no regular file, or one with other bytes than the change's `before`.
    """
    entries = list(read_tree(git.run_local(Call(("ls-tree", "-z", "--full-tree", tree))).out))
    places = {entry.name: place for place, entry in enumerate(entries)}
    for name in sorted({edit.below[0] for edit in edits}):
        inside = tuple(edit.inside() for edit in edits if edit.below[0] == name)
        place = places.get(name.encode())
        if place is None:
            raise RefusedName(f"{inside[0].change.path} is not in the parent commit: files are edited, never made")
        entries[place] = entries[place].with_oid(_write_entry(git, entries[place], inside))
    rows = b"".join(entry.row() for entry in entries)
    return _written(git, Call(("mktree", "-z", "--missing"), stdin=rows))


def _write_entry(git: GitDirectory, entry: TreeEntry, edits: tuple[Edit, ...]) -> Oid:
    if entry.is_tree and all(edit.below for edit in edits):
        return write_tree(git, Oid(entry.oid), edits)
    change = edits[0].change
    if len(edits) > 1 or edits[0].below or not entry.is_file:
        raise RefusedName(f"{change.path} is not a regular file in the parent commit")
    if entry.oid != _blob_oid(change.before):
        raise RefusedName(f"{change.path} has other bytes in the parent commit than those that were edited")
    return _written(git, Call(("hash-object", "-w", "--stdin", "--no-filters"), stdin=change.after))


def _written(git: GitDirectory, call: Call) -> Oid:
    return Oid(git.run_local(call).out.decode().strip())


def _blob_oid(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
