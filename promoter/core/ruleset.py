"""The files of the rules as bytes, before anybody reads them: which belong to them, and how many there may be."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

FILES_LIMIT: Final = 2_000
FILE_LIMIT: Final = 1 << 20
"""Bytes of one file."""
BYTES_LIMIT: Final = 16 << 20
"""Bytes of all files together."""
SIGNATURES: Final = "signatures"
"""The folder of signatures over the rules; they are no part of what they sign."""

_MACHINE = "promoter.yaml"  # the bot's own machine part, which is never among the rules


class UnfitRules(ValueError):  # noqa: N818 - says what they are
    """These files cannot be rules: too many, too large, or no plain files."""


class Lineage(Enum):
    """How one commit stands to another."""

    SAME = "same"
    AHEAD = "ahead"
    """It follows on the other."""
    BEHIND = "behind"
    """The other follows on it: it is older."""
    APART = "apart"
    """Neither follows on the other: the branch was rewritten."""


@dataclass(frozen=True, slots=True)
class RawFile:
    """One file by its path below the folder of the rules, with `/` between its parts."""

    path: str
    raw: bytes = field(repr=False)


def is_rule(path: str) -> bool:
    """Tell whether a file belongs to the rules: every YAML file but promoter.yaml; hidden names are an editor's own."""
    return path.endswith(".yaml") and path != _MACHINE and not _is_hidden(path)


def is_signature(path: str) -> bool:
    """Tell whether a file is a signature over the rules."""
    folder, _, name = path.rpartition("/")
    return folder == SIGNATURES and name.endswith(".json") and not _is_hidden(path)


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))


def check_count(count: int) -> None:
    """Raise UnfitRules for more files than there may be."""
    if count > FILES_LIMIT:
        raise UnfitRules(f"the rules have {count} files; at most {FILES_LIMIT} are read")


def check_sizes(sizes: Iterable[tuple[str, int]]) -> None:
    """Raise UnfitRules for a file, or all together, with more bytes than there may be."""
    total = 0
    for path, size in sizes:
        total += size
        if size > FILE_LIMIT:
            raise UnfitRules(f"{path}: {size} bytes; a file of the rules has at most {FILE_LIMIT}")
    if total > BYTES_LIMIT:
        raise UnfitRules(f"the rules have {total} bytes; at most {BYTES_LIMIT} are read")
