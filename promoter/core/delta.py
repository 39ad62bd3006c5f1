"""What is new in a release beside the one that runs: vulnerabilities and components, from both's verified evidence."""

from collections.abc import Iterable
from dataclasses import dataclass

from promoter.core.dossier import Chosen
from promoter.core.predicates.sbom import Component, Sbom
from promoter.core.predicates.vulnerability import Severity, Vulnerability, distinct

_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Change:
    """A component that both releases have, in two versions."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class VulnerabilityDelta:
    """Vulnerabilities that only the new release has, that only the old one had, and that both have; worst first."""

    added: tuple[Vulnerability, ...] = ()
    fixed: tuple[Vulnerability, ...] = ()
    kept: tuple[Vulnerability, ...] = ()


@dataclass(frozen=True, slots=True)
class ComponentDelta:
    """Components that only the new release has, that only the old one had, and those in another version."""

    added: tuple[Component, ...] = ()
    removed: tuple[Component, ...] = ()
    changed: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference; a part whose evidence one of the two lacks is None, which is not the same as empty."""

    vulnerabilities: VulnerabilityDelta | None
    components: ComponentDelta | None


def compare(old: Chosen | None, new: Chosen) -> Delta:
    """Compare the evidence of two releases."""
    if old is None:
        return Delta(None, None)
    return Delta(
        _vulnerabilities(old, new) if old.scans and new.scans else None,
        _components(old.sbom[1], new.sbom[1]) if old.sbom and new.sbom else None,
    )


def _vulnerabilities(old: Chosen, new: Chosen) -> VulnerabilityDelta:
    before, after = _found(old), _found(new)
    return VulnerabilityDelta(
        _worst_first(item for key, item in after.items() if key not in before),
        _worst_first(item for key, item in before.items() if key not in after),
        _worst_first(item for key, item in after.items() if key in before),
    )


def _found(chosen: Chosen) -> dict[tuple[str, str], Vulnerability]:
    """Key by identifier and package without its version: an update that mends nothing adds nothing."""
    found = distinct(item for _, scan in chosen.scans for item in scan.vulnerabilities)
    return {(item.canonical_id, item.package): item for item in found}


def _worst_first(found: Iterable[Vulnerability]) -> tuple[Vulnerability, ...]:
    return tuple(sorted(found, key=lambda item: (_RANK[item.severity], item.canonical_id, item.package)))


def _components(old: Sbom, new: Sbom) -> ComponentDelta:
    """Compare package by package; several versions of one package are one text, so that none hides another."""
    before, after = _by_name(old.components), _by_name(new.components)
    return ComponentDelta(
        tuple(one for name in sorted(after.keys() - before.keys()) for one in after[name]),
        tuple(one for name in sorted(before.keys() - after.keys()) for one in before[name]),
        tuple(
            Change(after[name][0].name, _versions(before[name]), _versions(after[name]))
            for name in sorted(after.keys() & before.keys())
            if _versions(before[name]) != _versions(after[name])
        ),
    )


def _by_name(components: tuple[Component, ...]) -> dict[str, tuple[Component, ...]]:
    """Group by package URL without version, qualifiers and subpath, or else by name."""
    groups: dict[str, list[Component]] = {}
    for component in components:
        groups.setdefault(_package(component), []).append(component)
    return {name: tuple(group) for name, group in groups.items()}


def _package(component: Component) -> str:
    """Cut the version off a package URL: what follows `@` in the last segment; a scope may hold another `@`."""
    namespace, slash, name = component.purl.partition("?")[0].partition("#")[0].rpartition("/")
    return namespace + slash + name.partition("@")[0] or component.name


def _versions(components: tuple[Component, ...]) -> str:
    return ", ".join(sorted({component.version for component in components}))
