"""Packages by their package URL without a version: one by name, or all whose name begins alike."""

from dataclasses import dataclass

from promoter.core.predicates.purl import PackageUrl, read_purl


@dataclass(frozen=True, slots=True)
class ComponentPattern:
    """A canonical package URL without version; with `is_prefix` whatever begins with it."""

    type: str
    text: str
    is_prefix: bool

    def matches(self, name: str) -> bool:
        """Tell whether the package of an unversioned name is meant."""
        return name.startswith(self.text) if self.is_prefix else name == self.text


def pattern_of(text: str) -> ComponentPattern:
    """Read a pattern like `pkg:npm/left-pad` or `pkg:npm/@acme/*`; raises ValueError for what could match nothing."""
    purl = read_purl(text)
    if purl is None:
        raise ValueError(f"{text!r} is no package URL: write it like pkg:npm/left-pad, or pkg:npm/@acme/* for a scope")
    if purl.version or purl.qualifiers or "#" in text:
        raise ValueError(f"{text!r} has a version, qualifiers or a subpath: name the package alone")
    name = unversioned(purl)
    if "*" in name.removesuffix("*"):
        raise ValueError(f"{text!r} has a * that does not end it: a pattern is a beginning")
    return ComponentPattern(purl.type, name.removesuffix("*"), name.endswith("*"))


def unversioned(purl: PackageUrl) -> str:
    """Give what identifies a package whatever its version."""
    return PackageUrl(purl.type, purl.namespace, purl.name, "").identity


def version_of(purl: PackageUrl) -> str:
    """Give the version as its ecosystem compares it: an epoch that stands in a qualifier belongs in front."""
    epoch = dict(purl.qualifiers).get("epoch", "")
    return f"{epoch}:{purl.version}" if epoch and purl.version and ":" not in purl.version else purl.version
