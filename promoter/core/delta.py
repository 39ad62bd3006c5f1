"""What is new in a release beside the one that runs: vulnerabilities and components, from both's verified evidence."""

from dataclasses import dataclass

from promoter.core.dossier import Chosen
from promoter.core.predicates.sbom import Component
from promoter.core.predicates.vulnerability import Vulnerability


@dataclass(frozen=True, slots=True)
class Change:
    """A component that both releases have, in two versions."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Delta:
    """The difference; a part whose evidence one of the two lacks is None, which is not the same as empty."""

    vulnerabilities: tuple[tuple[Vulnerability, ...], tuple[Vulnerability, ...]] | None  # added, fixed
    components: (
        tuple[tuple[Component, ...], tuple[Component, ...], tuple[Change, ...]] | None
    )  # added, removed, changed


def compare(old: Chosen | None, new: Chosen) -> Delta:
    """Compare the evidence of two releases."""
    if old is None:
        return Delta(None, None)
    scanned = bool(old.scans and new.scans)
    listed = old.sbom and new.sbom
    return Delta(
        _vulnerabilities(old, new) if scanned else None,
        _components(old.sbom[1].components, new.sbom[1].components) if listed and old.sbom and new.sbom else None,
    )


def _vulnerabilities(old: Chosen, new: Chosen) -> tuple[tuple[Vulnerability, ...], tuple[Vulnerability, ...]]:
    before = {_identity(v): v for _, scan in old.scans for v in scan.vulnerabilities}
    after = {_identity(v): v for _, scan in new.scans for v in scan.vulnerabilities}
    added = tuple(after[key] for key in sorted(after.keys() - before.keys()))
    fixed = tuple(before[key] for key in sorted(before.keys() - after.keys()))
    return added, fixed


def _identity(vulnerability: Vulnerability) -> tuple[str, str]:
    return vulnerability.id, vulnerability.package


def _components(
    old: tuple[Component, ...], new: tuple[Component, ...]
) -> tuple[tuple[Component, ...], tuple[Component, ...], tuple[Change, ...]]:
    before, after = _by_name(old), _by_name(new)
    added = tuple(after[name] for name in sorted(after.keys() - before.keys()))
    removed = tuple(before[name] for name in sorted(before.keys() - after.keys()))
    changed = tuple(
        Change(after[name].name, before[name].version, after[name].version)
        for name in sorted(after.keys() & before.keys())
        if before[name].version != after[name].version
    )
    return added, removed, changed


def _by_name(components: tuple[Component, ...]) -> dict[str, Component]:
    """Key by package URL without its version, or else by name."""
    return {component.purl.split("@", 1)[0] or component.name: component for component in components}
