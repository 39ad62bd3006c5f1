"""What a policy may demand of the components of an artifact, and what each demand means for one of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from promoter.core.checks.age import require_positive
from promoter.core.checks.check import require_signers
from promoter.core.checks.lacking import Lacking
from promoter.core.checks.newest_sbom import DEFAULT_FORMATS, require_formats
from promoter.core.checks.platforms import require_platform_names
from promoter.core.predicates.component_pattern import pattern_of
from promoter.core.predicates.origin import check_place
from promoter.core.predicates.sbom import SbomFormat
from promoter.core.predicates.version_range import scheme_of, versions_of

COMPONENT_FACTS = "https://promoter.dev/attestation/component-facts/v1"
"""Our own predicate type for what was looked up about components."""


class Untold(Enum):
    """What follows where nothing says where a component came from."""

    FAIL = "fail"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedComponent:
    """A package that no artifact may hold, in all of its versions or in some."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    purl: str
    """Its package URL without a version, like `pkg:npm/event-stream`; a `*` at the end stands for whatever follows."""
    versions: str = ""
    """Its versions in vers notation, like `vers:npm/=3.3.6` or `vers:maven/>=2.0|<2.17.1`; all of them if left out."""
    because: str = ""
    """Why, for the people who read the finding."""

    def __post_init__(self) -> None:
        pattern = pattern_of(self.purl)
        scheme = scheme_of(pattern.type)
        if self.versions and versions_of(self.versions).scheme != scheme:
            raise ValueError(f"versions of {self.purl} are compared as vers:{scheme}/..., not as {self.versions!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRule:
    """Where packages of some names must come from, so that none of the same name from elsewhere takes their place."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    purl: str
    """The packages, by package URL without a version, like `pkg:npm/@acme/*`: a `*` at the end stands for what follows.
    """
    places: tuple[str, ...]
    """Registries that they may come from, like `https://npm.acme.example`; what is below one is of it."""

    def __post_init__(self) -> None:
        pattern_of(self.purl)
        if not self.places:
            raise ValueError(f"places of {self.purl} names none: name the registries that it may come from")
        for place in self.places:
            if not place.startswith("https://") or "{" in place:
                raise ValueError(f"places has {place!r}: write the registry's whole address, beginning with https://")
            check_place(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSource:
    """Who is believed about when components were published and whether they are maintained."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are believed; at least one."""
    predicate_type: str = COMPONENT_FACTS
    """The predicate type, exactly; whichever it is, it has the members that docs/predicates.md describes."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.predicate_type:
            raise ValueError("predicate_type is empty: leave it out, or name the type of attestation")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentsParams:
    """Whose SBOMs count, and what is demanded of the components that they list."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers whose SBOMs are accepted; at least one."""
    deny: tuple[DeniedComponent, ...] = ()
    """Packages that may not be there."""
    ecosystems: tuple[str, ...] = ()
    """Types of package URLs that are allowed, like `deb` or `pypi`; all if left out."""
    sources: tuple[SourceRule, ...] = ()
    """Where packages of some names must come from."""
    unknown_source: Untold = Untold.UNDECIDED
    """What follows where the SBOM does not say where such a package came from: `undecided` or `fail`."""
    missing_version: Lacking | None = None
    """What follows where a package has no version: `fail`, or `warn`, which only tells it; nothing if left out."""
    missing_purl: Lacking = Lacking.FAIL
    """What follows where a package has no package URL, which every demand but `missing_version` needs: `fail`, or
    `warn`, which only tells it."""
    max_age: timedelta | None = None
    """How long ago the version of a package may have been published; needs `facts`."""
    maintained: bool = False
    """Whether every package must still be maintained; needs `facts`."""
    facts: FactSource | None = None
    """Who says when packages were published and whether they are maintained."""
    formats: tuple[SbomFormat, ...] = DEFAULT_FORMATS
    """Formats of SBOMs that are accepted; `spdx3` is SPDX 3.0, of which only the inventory is read."""
    platforms: tuple[str, ...] = ()
    """Platforms of an image index, like `linux/amd64`, each of which needs an SBOM of its own or one that lists it."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        require_formats(self.formats)
        require_platform_names(self.platforms)
        require_positive("max_age", self.max_age)
        for problem in self._problems():
            raise ValueError(problem)

    def _problems(self) -> Iterator[str]:
        """Say what makes the demands none, or none that could be kept."""
        if not (self.needs_purl or self.missing_version is Lacking.FAIL):
            yield "nothing is demanded that could fail: give deny, ecosystems, sources, missing_version or max_age"
        if self.needs_facts and self.facts is None:
            yield "facts is missing: name who says when packages were published and whether they are maintained"
        if self.facts is not None and not self.needs_facts:
            yield "facts is not asked for anything: give max_age or maintained, or leave it out"
        if not all(name and name == name.lower() and ":" not in name for name in self.ecosystems):
            yield "ecosystems has what is no type of package URL: write deb, not pkg:deb or DEB"

    @property
    def needs_purl(self) -> bool:
        """True where a package without a package URL could not be judged."""
        return bool(self.deny or self.ecosystems or self.sources or self.needs_facts)

    @property
    def needs_facts(self) -> bool:
        """True where somebody must say what no SBOM does."""
        return self.max_age is not None or self.maintained
