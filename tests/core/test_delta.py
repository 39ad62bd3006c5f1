"""What is new beside what runs: the same thing under two names or versions is one thing, and unknown is not empty."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.delta import Change, ComponentDelta, Delta, VulnerabilityDelta, compare
from promoter.core.dossier import Chosen
from promoter.core.predicates.sbom import Component, Origin, Sbom, SbomFormat
from promoter.core.predicates.vulnerability import Fix, Scan, Severity, Vulnerability
from tests.core.checks.pieces import Piece

ATTESTED = Piece("evidence").made()
NOTHING = Chosen(None, None, None, ())


def weakness(name: str, package: str = "flask", version: str = "3.1.0", **said: object) -> Vulnerability:
    given_or_not = {"severity": Severity.HIGH, "fix": Fix.FIXABLE, **said}
    return Vulnerability(id=name, package=package, version=version, **given_or_not)  # type: ignore[arg-type]


def component(name: str, version: str, purl: str | None = None) -> Component:
    return Component(name, version, f"pkg:pypi/{name}@{version}" if purl is None else purl, ())


def scanned(*found: Vulnerability) -> Chosen:
    return replace(NOTHING, scans=((ATTESTED, scan(*found)),))


def scan(*found: Vulnerability) -> Scan:
    return Scan(
        scanner="trivy",
        scanner_version="0.70.0",
        finished_at=datetime(2026, 11, 21, tzinfo=UTC),
        database_at=None,
        analysed=True,
        vulnerabilities=found,
    )


def listed(*components: Component) -> Chosen:
    return replace(NOTHING, sbom=(ATTESTED, Sbom(SbomFormat.CYCLONEDX, "1.6", Origin(), components)))


def vulnerabilities(old: Chosen, new: Chosen) -> VulnerabilityDelta:
    found = compare(old, new).vulnerabilities
    assert found is not None
    return found


def components(old: Chosen, new: Chosen) -> ComponentDelta:
    found = compare(old, new).components
    assert found is not None
    return found


# --- what cannot be compared ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [(None, scanned()), (NOTHING, scanned()), (scanned(), NOTHING), (NOTHING, NOTHING), (listed(), scanned())],
)
def test_a_part_that_one_side_lacks_is_not_compared(old: Chosen | None, new: Chosen) -> None:
    assert compare(old, new) == Delta(None, None)


def test_the_same_evidence_has_an_empty_difference_which_is_not_none() -> None:
    assert compare(scanned(), scanned()).vulnerabilities == VulnerabilityDelta()
    assert compare(listed(), listed()).components == ComponentDelta()


# --- vulnerabilities --------------------------------------------------------------------------------------------------


def test_vulnerabilities_are_added_fixed_or_in_both() -> None:
    gone, stays, comes = weakness("CVE-2026-0001"), weakness("CVE-2026-0002"), weakness("CVE-2026-0003")
    assert vulnerabilities(scanned(gone, stays), scanned(stays, comes)) == VulnerabilityDelta(
        (comes,), (gone,), (stays,)
    )


def test_an_update_that_mends_nothing_neither_adds_nor_fixes() -> None:
    old, new = weakness("CVE-2026-0001"), weakness("CVE-2026-0001", version="3.2.0")
    assert vulnerabilities(scanned(old), scanned(new)) == VulnerabilityDelta(kept=(new,))


def test_the_same_vulnerability_of_another_package_is_another() -> None:
    old, new = weakness("CVE-2026-0001"), weakness("CVE-2026-0001", "werkzeug")
    assert vulnerabilities(scanned(old), scanned(new)) == VulnerabilityDelta((new,), (old,))


def test_an_advisory_and_its_cve_are_one_vulnerability() -> None:
    old = weakness("GHSA-aaaa-bbbb-cccc", aliases=("CVE-2026-0001",))
    new = weakness("CVE-2026-0001")
    assert vulnerabilities(scanned(old), scanned(new)) == VulnerabilityDelta(kept=(new,))


def test_what_two_scanners_find_counts_once() -> None:
    one = weakness("CVE-2026-0001")
    both = replace(NOTHING, scans=((ATTESTED, scan(one)), (ATTESTED, scan(one))))
    assert vulnerabilities(scanned(), both).added == vulnerabilities(scanned(), scanned(one, one)).added
    assert [item.id for item in vulnerabilities(scanned(), both).added] == ["CVE-2026-0001"]


def test_the_worst_stands_first() -> None:
    found = (
        weakness("CVE-2026-0002", severity=Severity.LOW),
        weakness("CVE-2026-0009", severity=Severity.CRITICAL),
        weakness("CVE-2026-0001", severity=Severity.UNKNOWN),
        weakness("CVE-2026-0003", severity=Severity.LOW),
    )
    assert [item.id[-1] for item in vulnerabilities(scanned(), scanned(*found)).added] == ["9", "2", "3", "1"]


# --- components -------------------------------------------------------------------------------------------------------


def test_components_are_added_removed_or_changed() -> None:
    old = listed(component("flask", "3.1.0"), component("pytz", "2025.2"), component("six", "1.17.0"))
    new = listed(component("flask", "3.2.0"), component("babel", "2.18.0"), component("six", "1.17.0"))
    assert components(old, new) == ComponentDelta(
        (component("babel", "2.18.0"),), (component("pytz", "2025.2"),), (Change("flask", "3.1.0", "3.2.0"),)
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pkg:npm/%40scope/lib@1.0", "pkg:npm/%40scope/lib@2.0"),
        ("pkg:npm/@scope/lib@1.0", "pkg:npm/@scope/lib@2.0"),
        ("pkg:deb/debian/lib@1.0?arch=amd64", "pkg:deb/debian/lib@2.0?arch=amd64&distro=a/b@c"),
        ("pkg:golang/example.org/lib@1.0#sub/path", "pkg:golang/example.org/lib@2.0#sub/path"),
        ("pkg:pypi/lib@1.0", "pkg:pypi/lib"),
        ("", ""),
    ],
)
def test_a_package_is_known_by_its_url_without_the_version(before: str, after: str) -> None:
    old, new = listed(component("lib", "1.0", before)), listed(component("lib", "2.0", after))
    assert components(old, new) == ComponentDelta(changed=(Change("lib", "1.0", "2.0"),))


@pytest.mark.parametrize("other", ["pkg:npm/@other/lib@1.0", "pkg:npm/lib@1.0", "pkg:pypi/lib@1.0"])
def test_packages_of_one_name_in_other_places_are_others(other: str) -> None:
    one = component("lib", "1.0", "pkg:npm/@scope/lib@1.0")
    found = components(listed(one), listed(component("lib", "1.0", other)))
    assert (len(found.added), len(found.removed), found.changed) == (1, 1, ())


def test_no_version_of_a_package_hides_another() -> None:
    old = listed(component("lib", "1.0"), component("lib", "2.0"))
    new = listed(component("lib", "2.0"), component("lib", "3.0"))
    assert components(old, new).changed == (Change("lib", "1.0, 2.0", "2.0, 3.0"),)
    assert components(old, listed(component("lib", "2.0"), component("lib", "1.0"))) == ComponentDelta()


names = st.sampled_from(("flask", "zlib", "six"))
inventories = st.lists(st.builds(component, names, st.sampled_from(("1", "2")))).map(lambda some: listed(*some))
scans = st.lists(
    st.builds(weakness, st.sampled_from(("CVE-2026-0001", "CVE-2026-0002")), names, st.sampled_from(("1", "2")))
).map(lambda some: scanned(*some))


@given(inventories, inventories)
def test_components_looked_at_backwards_are_the_reverse(old: Chosen, new: Chosen) -> None:
    forth, back = components(old, new), components(new, old)
    assert (forth.added, forth.removed) == (back.removed, back.added)
    assert [(c.name, c.before, c.after) for c in forth.changed] == [(c.name, c.after, c.before) for c in back.changed]
    assert components(new, new) == ComponentDelta()


@given(scans, scans)
def test_vulnerabilities_looked_at_backwards_are_the_reverse(old: Chosen, new: Chosen) -> None:
    forth, back = vulnerabilities(old, new), vulnerabilities(new, old)
    assert (forth.added, forth.fixed, len(forth.kept)) == (back.fixed, back.added, len(back.kept))
