"""Ranges of versions are compared as each ecosystem compares its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.predicates.component_pattern import pattern_of, unversioned, version_of
from promoter.core.predicates.purl import read_purl
from promoter.core.predicates.version_range import plain_versions_of, scheme_of, versions_of

LOG4J = "vers:maven/>=2.0-beta9|<2.3.1|>=2.4|<2.12.2|>=2.13.0|<2.15.0"


@pytest.mark.parametrize(
    ("text", "inside", "outside", "unread"),
    [
        (LOG4J, ["2.0", "2.12.1", "2.14.1"], ["1.2.17", "2.3.1", "2.12.2", "2.15.0"], [""]),
        ("vers:npm/=3.3.6", ["3.3.6"], ["3.3.7"], ["latest", "x" * 201]),
        ("vers:npm/<2.0.0", ["2.0.0-rc.1"], ["2.0.0"], ["", "~"]),
        ("vers:pypi/<5", ["4.2.16", "5rc1"], ["5.0"], ["main", "1..2"]),
        ("vers:deb/<1:3.0.15-1", ["1:3.0.14-1~deb12u2", "3.1"], ["1:3.0.15-1"], ["latest"]),
        ("vers:golang/<v1.2.3", ["v1.2.2"], ["v1.2.3"], [""]),
        ("vers:nuget/<2", ["1.9"], ["2.0"], ["", "latest"]),
        ("vers:rpm/<2", ["1.9"], ["2.0"], ["", ":"]),
        ("vers:npm/*", ["1.0.0"], [], ["latest"]),
    ],
)
def test_a_range_holds_what_its_ecosystem_orders_into_it(
    text: str, inside: list[str], outside: list[str], unread: list[str]
) -> None:
    versions = versions_of(text)

    assert [versions.hold(version) for version in (*inside, *outside, *unread)] == [
        *(True for _ in inside),
        *(False for _ in outside),
        *(None for _ in unread),
    ]


@pytest.mark.parametrize("text", ["", ">=1", "vers:maven/", "vers:elm/>1", "vers:pypi/>=abc", "vers:nuget/<x", "npm"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no range of versions: write it like vers:maven/"):
        versions_of(text)


def test_plain_numbers_need_no_scheme() -> None:
    versions = plain_versions_of(">=0.50|<1")

    assert [versions.hold(text) for text in ("0.49.1", "0.50", "v0.51.1", "1.0.0", "dev", "")] == [
        False,
        True,
        True,
        False,
        None,
        None,
    ]
    with pytest.raises(ValueError, match=r"write it like >=0\.50"):
        plain_versions_of(">=")


@given(
    st.sampled_from(("npm", "deb", "pypi", "nuget", "rpm", "apk", "golang", "gem", "maven", "cargo")),
    st.text(max_size=30),
)
def test_no_version_is_an_error(scheme: str, version: str) -> None:
    assert versions_of(f"vers:{scheme}/<2.0.0").hold(version) in (True, False, None)


def test_an_ecosystem_without_an_order_of_its_own_has_plain_numbers() -> None:
    assert [scheme_of(name) for name in ("deb", "swift")] == ["deb", "generic"]


# --- patterns of packages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "purl", "matches"),
    [
        ("pkg:npm/left-pad", "pkg:npm/left-pad@1.0", True),
        ("pkg:npm/left-pad", "pkg:npm/Left-Pad", True),
        ("pkg:npm/left-pad", "pkg:npm/left-pad2@1.0", False),
        ("pkg:npm/left-pad", "pkg:pypi/left-pad@1.0", False),
        ("pkg:npm/@acme/*", "pkg:npm/%40acme/web@1.0", True),
        ("pkg:npm/%40acme/*", "pkg:npm/@acme/web@1.0?x=y#z", True),
        ("pkg:npm/@acme/*", "pkg:npm/%40acme-evil/web@1.0", False),
        ("pkg:maven/com.acme.*", "pkg:maven/com.acme.web/cart@1.0", True),
        ("pkg:maven/com.acme.*", "pkg:maven/com.acmeevil/cart@1.0", False),
        ("pkg:golang/acme.example/*", "pkg:golang/acme.example/team/lib@v1", True),
    ],
)
def test_a_pattern_means_packages_whatever_their_version(pattern: str, purl: str, matches: bool) -> None:
    found = read_purl(purl)

    assert found is not None
    assert pattern_of(pattern).matches(unversioned(found)) is matches


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("left-pad", "is no package URL"),
        ("pkg:npm/left-pad@1.0", "name the package alone"),
        ("pkg:npm/left-pad?a=b", "name the package alone"),
        ("pkg:npm/left-pad#src", "name the package alone"),
        ("pkg:npm/*-pad", "a pattern is a beginning"),
    ],
)
def test_what_could_match_nothing_is_refused(pattern: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        pattern_of(pattern)


@pytest.mark.parametrize(
    ("purl", "version"),
    [
        ("pkg:rpm/fedora/curl@7.50-1?epoch=2", "2:7.50-1"),
        ("pkg:deb/debian/curl@1:7.50-1?epoch=2", "1:7.50-1"),
        ("pkg:deb/debian/curl?epoch=2", ""),
        ("pkg:npm/left-pad@1.0", "1.0"),
    ],
)
def test_an_epoch_in_a_qualifier_belongs_to_the_version(purl: str, version: str) -> None:
    found = read_purl(purl)

    assert found is not None
    assert version_of(found) == version
