"""A component is in a denied range, outside, or it cannot be told."""

import pytest

from promoter.core.component_range import Place, place, read_component_range
from promoter.core.predicates.inventory import Component


def component(purl: str, version: str = "", name: str = "x") -> Component:
    return Component(name, version, purl, ())


@pytest.mark.parametrize(
    ("purl", "versions", "found", "expected"),
    [
        ("pkg:npm/left-pad", "", "pkg:npm/left-pad@1.0.0", Place.INSIDE),
        ("pkg:npm/left-pad", "*", "pkg:npm/left-pad", Place.INSIDE),
        ("pkg:npm/left-pad", "", "pkg:npm/right-pad@1.0.0", Place.OUTSIDE),
        ("pkg:npm/left-pad", "", "pkg:pypi/left-pad@1.0.0", Place.OUTSIDE),
        ("pkg:npm/%40acme/pad", "", "pkg:npm/pad@1.0.0", Place.OUTSIDE),
        ("pkg:npm/%40acme/pad", "", "pkg:npm/@acme/pad@1.0.0", Place.INSIDE),
        ("pkg:npm/left-pad@1.0.0", "", "pkg:npm/left-pad@1.0.0", Place.INSIDE),
        ("pkg:npm/left-pad@1.0.0", "", "pkg:npm/left-pad@1.0.1", Place.OUTSIDE),
        ("pkg:npm/left-pad@1.0.0", "", "pkg:npm/left-pad@v1.0.0", Place.INSIDE),
        ("pkg:npm/left-pad", ">=1.0.0|<1.2.0", "pkg:npm/left-pad@1.1.9", Place.INSIDE),
        ("pkg:npm/left-pad", ">=1.0.0|<1.2.0", "pkg:npm/left-pad@1.10.0", Place.OUTSIDE),
        ("pkg:npm/left-pad", "vers:npm/>=1.0.0|<1.2.0", "pkg:npm/left-pad@1.2.0", Place.OUTSIDE),
        ("pkg:deb/debian/openssl", "<3.0.11-1~deb12u2", "pkg:deb/debian/openssl@3.0.11-1~deb12u1", Place.INSIDE),
        ("pkg:deb/debian/openssl", "<3.0.11-1", "pkg:deb/debian/openssl@1:1.0", Place.OUTSIDE),
        ("pkg:pypi/Django_X", "<2", "pkg:pypi/django-x@1.9.9", Place.INSIDE),
        ("pkg:maven/org.apache.logging.log4j/log4j-core", ">=2.0-beta9|<2.17.1",
         "pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", Place.INSIDE),
        ("pkg:npm/left-pad", "<2", "pkg:npm/left-pad@not-a-version", Place.UNKNOWN),
        ("pkg:npm/left-pad", "<2", "pkg:npm/left-pad", Place.UNKNOWN),
        ("pkg:nuget/left-pad", "<2", "pkg:nuget/left-pad@1.x.y.z", Place.UNKNOWN),
        ("pkg:nuget/left-pad@1.0.0", "", "pkg:nuget/left-pad@%00", Place.OUTSIDE),
        ("pkg:npm/left-pad", "<2", "pkg:npm/left-pad@" + "1" * 201, Place.UNKNOWN),
        ("pkg:npm/left-pad", "<2", "pkg:npm/left-pad@9" + "9" * 199, Place.OUTSIDE),
    ],
)  # fmt: skip
def test_a_package_url_stands_where_its_ecosystem_says(purl: str, versions: str, found: str, expected: Place) -> None:
    assert place(read_component_range(purl, versions), component(found)) is expected


def test_the_components_own_version_counts_where_its_package_url_has_none() -> None:
    assert place(read_component_range("pkg:npm/left-pad", "<2"), component("pkg:npm/left-pad", "1.0.0")) is Place.INSIDE


def test_a_component_without_a_package_url_may_be_any_package_of_its_name() -> None:
    wanted = read_component_range("pkg:npm/%40acme/pad", "")
    assert place(wanted, component("", name="PAD")) is Place.UNKNOWN
    assert place(wanted, component("not a purl", name="@acme/pad")) is Place.UNKNOWN
    assert place(wanted, component("", name="other")) is Place.OUTSIDE


@pytest.mark.parametrize(
    ("purl", "versions", "said"),
    [
        ("left-pad", "", "'left-pad' is no package URL; write it like pkg:npm/left-pad"),
        ("pkg:npm/a?arch=x", "", "'pkg:npm/a?arch=x' has qualifiers, which no range is limited to; leave out what"),
        ("pkg:npm/a@1", "<2", "'pkg:npm/a@1' has a version and a range beside it; name one of the two"),
        ("pkg:npm/a", ">=1,<2", "'>=1,<2' is no version range; write it like >=1.0.0|<1.2.3"),
        ("pkg:npm/a", "vers:npm", "'vers:npm' is no version range; write it like >=1.0.0|<1.2.3"),
        ("pkg:npm/a", "vers:pypi/<2", "'vers:pypi/<2' compares versions of pypi, the package is of npm"),
        ("pkg:npm/a", "<x", "'<x' is no version range of npm; write it like >=1.0.0|<1.2.3"),
        ("pkg:swift/a", "<2", "versions of swift cannot be compared; name one version in the package URL, or none"),
        ("pkg:npm/a", "|".join(["1"] * 101), "is no version range; write it like"),
        ("pkg:npm/a@" + "1" * 201, "", "a version of more than 200 characters is never compared"),
    ],
)
def test_what_names_no_package_or_no_versions_is_refused(purl: str, versions: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_component_range(purl, versions)
    assert said in str(refused.value)


def test_a_range_says_what_it_is_about() -> None:
    assert str(read_component_range("pkg:npm/%40Acme/Pad", "<2")) == "pkg:npm/@acme/pad vers:npm/<2"
