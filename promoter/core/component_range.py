"""A package with a range of its versions, and whether a component of an SBOM is in it.

Ranges are VERS (ECMA-427, `vers:npm/>=1.0.0|<1.2.3`); each ecosystem's versions are compared by its own rules. What
cannot be compared is UNKNOWN, never outside: a version that nobody can place does not get past a range by that.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from univers.version_range import RANGE_CLASS_BY_SCHEMES

from promoter.core.predicates.inventory import Component
from promoter.core.predicates.purl import PackageUrl, read_purl
from promoter.core.predicates.version_range import MAX_VERSION, Versions, versions_of

_ANY: Final = "*"
_CONSTRAINT = re.compile(r"(?:>=|<=|!=|<|>|=)?[A-Za-z0-9][A-Za-z0-9.+~:_%-]*", re.ASCII)
_CONSTRAINTS_LIMIT: Final = 100


class Place(Enum):
    """Where a component stands to a range."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"  # it is, or may be, the package, and its version cannot be compared


@dataclass(frozen=True, slots=True)
class ComponentRange:
    """A package URL without qualifiers, and the versions meant: exactly its own, a VERS range, or `*` for all."""

    package: PackageUrl  # without version
    versions: str

    def __str__(self) -> str:
        return f"{self.package.identity} {self.versions}"


def read_component_range(purl: str, versions: str = "") -> ComponentRange:
    """Read a package URL and a range: VERS in full, or its constraints alone, as `>=1.0.0|<1.2.3`.

    Without a range, the version of the package URL is meant, or all where it has none. Raises ValueError for what names
    no package or no versions, and for a range in an ecosystem whose versions nobody here can compare.
    """
    package = read_purl(purl)
    if package is None:
        raise ValueError(f"{purl[:200]!r} is no package URL; write it like pkg:npm/left-pad")
    if package.qualifiers:
        raise ValueError(f"{purl[:200]!r} has qualifiers, which no range is limited to; leave out what follows `?`")
    if package.version and versions:
        raise ValueError(f"{purl[:200]!r} has a version and a range beside it; name one of the two")
    if package.version:
        if len(package.version) > MAX_VERSION:
            raise ValueError(f"a version of more than {MAX_VERSION} characters is never compared")
        return ComponentRange(_bare(package), f"={package.version}")
    if versions in {"", _ANY}:
        return ComponentRange(_bare(package), _ANY)
    return ComponentRange(package, _check_range(package.type, versions))


def place(wanted: ComponentRange, component: Component) -> Place:
    """Say whether a component is in the range; one without a package URL may be any package of its name."""
    purl = read_purl(component.purl)
    if purl is None:
        is_alike = component.name.casefold() in {wanted.package.name.casefold(), _full_name(wanted.package)}
        return Place.UNKNOWN if is_alike else Place.OUTSIDE
    if (purl.type, purl.namespace, purl.name) != (wanted.package.type, wanted.package.namespace, wanted.package.name):
        return Place.OUTSIDE
    if wanted.versions == _ANY:
        return Place.INSIDE
    version = purl.version or component.version
    if not version or len(version) > MAX_VERSION:
        return Place.UNKNOWN
    if wanted.versions.startswith("="):
        return _place_exact(wanted.package.type, wanted.versions[1:], version)
    return _place_in_range(wanted.versions, version)


def _bare(package: PackageUrl) -> PackageUrl:
    return PackageUrl(package.type, package.namespace, package.name, "")


def _full_name(package: PackageUrl) -> str:
    return "/".join(part for part in (package.namespace, package.name) if part).casefold()


def _check_range(kind: str, text: str) -> str:
    """Give a range as VERS in full; raises ValueError for one that names another ecosystem or cannot be read."""
    scheme, slash, constraints = text.removeprefix("vers:").partition("/")
    if not text.startswith("vers:"):
        scheme, slash, constraints = kind, "/", text
    parts = constraints.split("|")
    is_plain = len(parts) <= _CONSTRAINTS_LIMIT and all(_CONSTRAINT.fullmatch(part) for part in parts)
    if not slash or not is_plain:
        raise ValueError(f"{text[:200]!r} is no version range; write it like >=1.0.0|<1.2.3")
    if scheme != kind:
        raise ValueError(f"{text[:200]!r} compares versions of {scheme}, the package is of {kind}")
    if scheme not in RANGE_CLASS_BY_SCHEMES:
        raise ValueError(f"versions of {kind} cannot be compared; name one version in the package URL, or none for all")
    try:
        _versions(f"vers:{scheme}/{constraints}")
    except ValueError:
        raise ValueError(f"{text[:200]!r} is no version range of {kind}; write it like >=1.0.0|<1.2.3") from None
    return f"vers:{scheme}/{constraints}"


def _place_in_range(text: str, version: str) -> Place:
    is_inside = _versions(text).hold(version)
    if is_inside is None:
        return Place.UNKNOWN
    return Place.INSIDE if is_inside else Place.OUTSIDE


def _place_exact(kind: str, wanted: str, version: str) -> Place:
    """Compare with one version: the same text, or what its ecosystem takes for the same."""
    if wanted == version:
        return Place.INSIDE
    if kind not in RANGE_CLASS_BY_SCHEMES or not _CONSTRAINT.fullmatch(wanted):
        return Place.OUTSIDE  # two texts, and no rule by which they could name one version
    try:
        is_same = _versions(f"vers:{kind}/={wanted}").hold(version)
    except ValueError:
        return Place.OUTSIDE
    return Place.INSIDE if is_same else Place.OUTSIDE


@lru_cache(maxsize=256)
def _versions(text: str) -> Versions:
    return versions_of(text)
