"""Ranges of versions in the notation `vers` (VERS specification), compared as each ecosystem compares its own.

A version that the ecosystem cannot read is in no range and outside of none.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from univers.nuget import InvalidNuGetVersion
from univers.version_range import RANGE_CLASS_BY_SCHEMES, InvalidVersionRange, VersionRange

MAX_VERSION: Final = 200
"""Characters of a version that is compared."""

_PLAIN: Final = "generic"  # numbers by the rules of semver, for what is no ecosystem's
_PLAIN_RANGE: Final = re.compile(
    r"\*|(?:[<>]=?|!?=)?\d+(?:\.\d+){0,2}(?:\|(?:[<>]=?|!?=)?\d+(?:\.\d+){0,2})*", re.ASCII
)
_READ: Final[Callable[[str], Any]] = VersionRange.from_string
_REFUSED: Final = (ValueError, TypeError, AttributeError, IndexError, InvalidVersionRange, InvalidNuGetVersion)
"""What the library raises for texts that are no version or range, by ecosystem."""


@dataclass(frozen=True, slots=True)
class Versions:
    """A range; `scheme` is the ecosystem whose order of versions counts."""

    text: str
    scheme: str
    _range: Any

    def hold(self, version: str) -> bool | None:
        """Tell whether a version is in the range; None for one that the ecosystem cannot read."""
        if not version or len(version) > MAX_VERSION:
            return None
        try:
            return type(self._range).version_class(version) in self._range
        except _REFUSED:
            return None


def versions_of(text: str) -> Versions:
    """Read a range like `vers:maven/>=2.0|<2.17.1`; raises ValueError for what is none, or of an unknown scheme."""
    try:
        found = _READ(text)
    except _REFUSED as error:
        raise ValueError(f"{text!r} is no range of versions: write it like vers:maven/>=2.0|<2.17.1") from error
    return Versions(text, found.scheme, found)


def plain_versions_of(text: str) -> Versions:
    """Read a range of versions that are plain numbers, like `>=0.50` or `>=1.2|<2`; raises ValueError."""
    if not _PLAIN_RANGE.fullmatch(text):
        raise ValueError(f"{text!r} is no range of versions: write it like >=0.50 or >=1.2|<2, * for any")
    return versions_of(f"vers:{_PLAIN}/{text}")


def scheme_of(ecosystem: str) -> str:
    """Give the scheme of versions that a type of package URL has; plain numbers where it has none of its own."""
    return ecosystem if ecosystem in RANGE_CLASS_BY_SCHEMES else _PLAIN
