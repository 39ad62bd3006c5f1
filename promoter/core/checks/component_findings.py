"""What speaks against the components of one SBOM, demand by demand; every component at fault is named.

A component without a package URL can be compared with nothing: that is said once, for all demands together.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from promoter.core.checks.age import said
from promoter.core.checks.component_demands import ComponentsParams, DeniedComponent, SourceRule, Untold
from promoter.core.checks.items import bounded, components_said, item_of, labels_of
from promoter.core.checks.lacking import Lacking
from promoter.core.checks.listing import listed
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Aside, Reason
from promoter.core.predicates.component_facts import FactTable
from promoter.core.predicates.component_pattern import pattern_of, unversioned, version_of
from promoter.core.predicates.inventory import Component
from promoter.core.predicates.origin import comes_from
from promoter.core.predicates.purl import PackageUrl, read_purl
from promoter.core.predicates.version_range import versions_of

_REPLACE: Final = "Service team: replace, update or remove what is named, build and release again."
_LOOK_UP: Final = "Security team: look up what is named, and attest the facts again."
_GENERATE: Final = "Service team: let the generator write what is missing, and attest the SBOM again."


@dataclass(frozen=True, slots=True)
class Against:
    """What stands against an SBOM, and what is only told."""

    reasons: tuple[Reason, ...]
    asides: tuple[Aside, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A component that its package URL identifies."""

    component: Component
    purl: PackageUrl
    name: str  # its package URL without version

    @property
    def version(self) -> str:
        """Its version, as its ecosystem compares it."""
        return version_of(self.purl) or self.component.version

    @property
    def origins(self) -> tuple[str, ...]:
        """Every address that it is said to come from."""
        qualifiers = dict(self.purl.qualifiers)
        named = (qualifiers.get(name, "") for name in ("repository_url", "download_url"))
        given = (text for text in (*named, *self.component.sources) if text)
        return tuple(dict.fromkeys(text if "://" in text else f"https://{text}" for text in given))


def identified(components: Iterable[Component]) -> tuple[Package, ...]:
    """Give the components that have a package URL."""
    read = ((component, read_purl(component.purl)) for component in components)
    return tuple(Package(component, purl, unversioned(purl)) for component, purl in read if purl)


def against_presence(components: tuple[Component, ...], params: ComponentsParams) -> Against:
    """Find packages without a package URL or version, where the policy asks for them."""
    packages = [component for component in components if component.is_package]
    nameless = [component for component in packages if params.needs_purl and read_purl(component.purl) is None]
    no_version = [component for component in packages if params.missing_version and not _has_version(component)]
    lacks = (
        (_lack(Code.COMPONENTS_PURL_MISSING, "no package URL", nameless), params.missing_purl),
        (_lack(Code.COMPONENTS_VERSION_MISSING, "no version", no_version), params.missing_version),
    )
    return Against(
        tuple(reason for found, lacking in lacks for reason in found if lacking is Lacking.FAIL),
        tuple(Aside(reason.sentence) for found, lacking in lacks for reason in found if lacking is Lacking.WARN),
    )


def against_packages(packages: tuple[Package, ...], params: ComponentsParams) -> tuple[Reason, ...]:
    """Find what is denied, of a foreign ecosystem, or from a foreign place."""
    return (
        *(reason for rule in params.deny for reason in _denied(rule, packages)),
        *(_of_other_ecosystems(packages, params.ecosystems) if params.ecosystems else ()),
        *(reason for rule in params.sources for reason in _from_elsewhere(rule, packages, params.unknown_source)),
    )


def against_facts(
    packages: tuple[Package, ...], facts: FactTable, params: ComponentsParams, now: datetime
) -> tuple[Reason, ...]:
    """Find what is too old or not maintained any more, and what nobody looked up."""
    return (
        *(_by_age(packages, facts, params.max_age, now) if params.max_age is not None else ()),
        *(_by_maintenance(packages, facts) if params.maintained else ()),
    )


def _has_version(component: Component) -> bool:
    purl = read_purl(component.purl)
    return bool(component.version or (purl and purl.version))


def _lack(code: Code, lacks: str, these: list[Component]) -> tuple[Reason, ...]:
    sentence = f"{components_said(len(these))} with {lacks}: {labels_of(these)}"
    return (_reason(code, these, sentence, _GENERATE),) if these else ()


def _reason(code: Code, these: Iterable[Component], sentence: str, remedy: str) -> Reason:
    return Reason(
        code=code,
        sentence=sentence,
        remedy=remedy,
        state=EvidenceState.INVALID,
        items=bounded(item_of(component) for component in these),
    )


# --- by name and version ----------------------------------------------------------------------------------------------


def _denied(rule: DeniedComponent, packages: tuple[Package, ...]) -> Iterator[Reason]:
    pattern = pattern_of(rule.purl)
    named = tuple(package for package in packages if pattern.matches(package.name))
    held = _holder(rule)
    what = f"{rule.purl} {rule.versions}".strip() + (f" ({rule.because})" if rule.because else "")
    answers = [(package.component, held(package.version)) for package in named]
    if hit := [component for component, is_in in answers if is_in]:
        sentence = f"{components_said(len(hit))} denied by the policy as {what}: {labels_of(hit)}"
        yield _reason(Code.COMPONENTS_DENIED, hit, sentence, _REPLACE)
    if unread := [component for component, is_in in answers if is_in is None]:
        sentence = f"{components_said(len(unread))} with no version that can be compared with {what}: "
        yield _reason(Code.COMPONENTS_VERSION_UNREADABLE, unread, sentence + labels_of(unread), _GENERATE)


def _holder(rule: DeniedComponent) -> Callable[[str], bool | None]:
    if not rule.versions:
        return lambda _: True
    return versions_of(rule.versions).hold


def _of_other_ecosystems(packages: tuple[Package, ...], allowed: tuple[str, ...]) -> Iterator[Reason]:
    strange = [package for package in packages if package.purl.type not in allowed]
    if strange:
        these = [package.component for package in strange]
        kinds = listed(sorted({package.purl.type for package in strange}))
        yield _reason(
            Code.COMPONENTS_ECOSYSTEM_NOT_ALLOWED,
            these,
            f"{components_said(len(these))} of an ecosystem that is not allowed ({kinds}): {labels_of(these)}; "
            f"allowed: {', '.join(allowed)}",
            f"{_REPLACE} Security team: or allow the ecosystem.",
        )


# --- by place ---------------------------------------------------------------------------------------------------------


def _from_elsewhere(rule: SourceRule, packages: tuple[Package, ...], untold: Untold) -> Iterator[Reason]:
    """Compare every address that a package is said to come from: one foreign address is enough to refuse it."""
    pattern = pattern_of(rule.purl)
    named = tuple(package for package in packages if pattern.matches(package.name))
    places = f"{rule.purl} must come from {', '.join(rule.places)}"
    strange = [package for package in named if any(not _is_of(origin, rule.places) for origin in package.origins)]
    if strange:
        shown = listed([f"{package.component.label} from {', '.join(package.origins[:3])}" for package in strange])
        yield _reason(
            Code.COMPONENTS_FOREIGN_SOURCE,
            [package.component for package in strange],
            f"{components_said(len(strange))} from a foreign place: {shown}; {places}",
            "Service team: find out how it got in, fetch it from the named registry alone, build and release again.",
        )
    if silent := [package.component for package in named if not package.origins]:
        code = Code.COMPONENTS_SOURCE_MISSING if untold is Untold.FAIL else Code.COMPONENTS_SOURCE_UNKNOWN
        sentence = (
            f"the SBOM does not say where {components_said(len(silent))} came from: {labels_of(silent)}; {places}"
        )
        yield _reason(code, silent, sentence, _GENERATE)


def _is_of(origin: str, places: tuple[str, ...]) -> bool:
    return any(comes_from(origin, place) for place in places)


# --- by what was looked up --------------------------------------------------------------------------------------------


def _by_age(packages: tuple[Package, ...], facts: FactTable, max_age: timedelta, now: datetime) -> Iterator[Reason]:
    """Compare the dates of publication; one that is still to come is none."""
    dated = [(package.component, facts.of(package.component.purl).published_at) for package in packages]
    if old := [component for component, at in dated if at is not None and now - at > max_age]:
        sentence = f"{components_said(len(old))} published more than {said(max_age)} ago: {labels_of(old)}"
        yield _reason(Code.COMPONENTS_TOO_OLD, old, sentence, _REPLACE)
    if unknown := [component for component, at in dated if at is None or at > now]:
        sentence = f"{components_said(len(unknown))} of which nobody says when it was published: {labels_of(unknown)}"
        yield _reason(Code.COMPONENTS_AGE_UNKNOWN, unknown, sentence, _LOOK_UP)


def _by_maintenance(packages: tuple[Package, ...], facts: FactTable) -> Iterator[Reason]:
    told = [(package.component, facts.of(package.component.purl).is_maintained) for package in packages]
    if left := [component for component, is_maintained in told if is_maintained is False]:
        sentence = f"{components_said(len(left))} not maintained any more: {labels_of(left)}"
        yield _reason(Code.COMPONENTS_UNMAINTAINED, left, sentence, _REPLACE)
    if unknown := [component for component, is_maintained in told if is_maintained is None]:
        sentence = f"{components_said(len(unknown))} of which nobody says whether it is maintained: "
        yield _reason(Code.COMPONENTS_MAINTENANCE_UNKNOWN, unknown, sentence + labels_of(unknown), _LOOK_UP)
