"""A file's difference as rows of a table, with the changed part of a changed line marked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby, takewhile

from promoter.local.forge.store import DiffFile

_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@.*")


class RowKind(Enum):
    """What a row of a difference is; the value is its CSS class."""

    HUNK = "hunk"
    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line numbers, and its text in three parts of which the middle one is what changed."""

    kind: RowKind
    old: str = ""
    new: str = ""
    before: str = ""
    changed: str = ""
    after: str = ""


def rows(file: DiffFile) -> tuple[Row, ...]:
    """Give the rows of a file's difference."""
    plain = list(_numbered(file.hunks))
    for start, length in tuple(_replacements(plain)):
        for at in range(start, start + length):
            plain[at], plain[at + length] = _marked(plain[at], plain[at + length])
    return tuple(plain)


def _replacements(plain: list[Row]) -> Iterator[tuple[int, int]]:
    """Find where as many lines were added as removed just before: where such a run starts, and how many lines it is."""
    start = 0
    for kind, run in groupby(plain, key=lambda row: row.kind):
        length = len(list(run))
        after = plain[start + length : start + 2 * length + 1]
        added = list(takewhile(lambda row: row.kind is RowKind.ADDED, after))
        if kind is RowKind.REMOVED and len(added) == length:
            yield start, length
        start += length


def _numbered(lines: tuple[str, ...]) -> Iterator[Row]:
    old = new = 0
    for line in lines:
        found = _HUNK.fullmatch(line)
        if found:
            old, new = int(found[1]), int(found[2])
            yield Row(RowKind.HUNK, before=line)
        elif line.startswith("+"):
            yield Row(RowKind.ADDED, new=str(new), before=line[1:])
            new += 1
        elif line.startswith("-"):
            yield Row(RowKind.REMOVED, old=str(old), before=line[1:])
            old += 1
        elif line.startswith("\\"):
            yield Row(RowKind.NOTE, before=line[2:])
        else:
            yield Row(RowKind.SAME, old=str(old), new=str(new), before=line[1:])
            old, new = old + 1, new + 1


def _marked(removed: Row, added: Row) -> tuple[Row, Row]:
    old, new = removed.before, added.before
    start = _shared(old, new)
    end = min(_shared(old[::-1], new[::-1]), len(old) - start, len(new) - start)
    if not start and not end:
        return removed, added

    def parts(row: Row, text: str) -> Row:
        stop = len(text) - end
        return Row(row.kind, row.old, row.new, text[:start], text[start:stop], text[stop:])

    return parts(removed, old), parts(added, new)


def _shared(one: str, other: str) -> int:
    """Count the characters that two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))
