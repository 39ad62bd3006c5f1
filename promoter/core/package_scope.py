"""Packages as an exception names them: a package URL, with one version, every version, or a range of versions.

A range is written as the VERS specification has it (`vers:npm/>=4.0.0|<4.17.21`). A version that cannot be compared is
in no range: what is not understood is not covered.
"""

from dataclasses import dataclass
from functools import lru_cache

from promoter.core.predicates.purl import PackageUrl, read_purl
from promoter.core.predicates.version_range import Versions, versions_of

_MAX_TEXT = 500


@dataclass(frozen=True, slots=True)
class PackageScope:
    """One package, with the versions that are meant: the URL's own, those of the range, or all of them.

    Raises ValueError for what is no package URL, no range, or both a version and a range.
    """

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    purl: str
    """The package URL, like `pkg:npm/lodash@4.17.20`; without a version every version is meant."""
    versions: str = ""
    """Instead of one version: a range, like `vers:npm/>=4.0.0|<4.17.21`."""

    def __post_init__(self) -> None:
        found = read_purl(self.purl)
        if found is None or len(self.purl) > _MAX_TEXT:
            raise ValueError(f"not a package URL: {self.purl[:80]!r}; write for example pkg:npm/lodash@4.17.20")
        if self.versions and found.version:
            raise ValueError("give the version in the package URL or a range, not both")
        if self.versions:
            _range(self.versions)
            if not self.versions.startswith(f"vers:{found.type}/"):
                raise ValueError(
                    f"the range compares versions of another ecosystem; write it like vers:{found.type}/<2"
                )

    def holds(self, purl: str) -> bool:
        """Tell whether a component's package URL is of this package and of a version that is meant."""
        found, mine = read_purl(purl) if purl else None, _read(self.purl)
        if found is None or (found.type, found.namespace, found.name) != (mine.type, mine.namespace, mine.name):
            return False
        return (
            found.version == mine.version
            if mine.version
            else not self.versions or _range(self.versions).hold(found.version) is True
        )

    def __str__(self) -> str:
        return f"{self.purl} {self.versions}".strip()


def _read(text: str) -> PackageUrl:
    found = read_purl(text)
    assert found is not None
    return found


@lru_cache(maxsize=256)
def _range(text: str) -> Versions:
    """Read a range; raises ValueError."""
    if len(text) > _MAX_TEXT:
        raise ValueError(f"a range of more than {_MAX_TEXT} characters")
    return versions_of(text)
