"""Places of materials: whole segments hold, look-alikes and hidden ways do not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.predicates.origin import check_image_place, check_place, comes_from, image_repository, is_image

OWN = "git+https://forge.example/acme"


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        (f"{OWN}/cart@refs/tags/v1", OWN),
        (f"{OWN}/cart@refs/tags/v1", f"{OWN}/cart"),
        (f"{OWN}/cart#refs/tags/v1", f"{OWN}/cart"),
        (f"{OWN}/cart", f"{OWN}/cart"),
        ("https://mirror.example/npm/x.tgz?token=1", "https://mirror.example"),
        ("https://mirror.example:8443/npm/x.tgz", "https://mirror.example:8443"),
        ("pkg:npm/left-pad@1.3.0", "pkg:npm"),
        ("pkg:npm/%40acme/cart@1.0", "pkg:npm/%40acme"),
        ("pkg:npm/%40acme/cart@1.0", "pkg:npm"),
        ("pkg:docker/alpine@3?platform=linux%2Famd64", "pkg:docker/alpine"),
        ("pkg:docker/alpine@3?platform=linux%2Famd64", "oci://docker.io/library/alpine"),
        ("pkg:docker/registry.example/base/debian@12", "oci://registry.example/base"),
        ("pkg:docker/debian@12?repository_url=registry.example", "oci://registry.example/debian"),
        (
            "pkg:oci/debian@sha256%3A00?repository_url=registry.example%2Fbase%2Fdebian&tag=12",
            "oci://registry.example/base",
        ),
        ("docker://registry.example/base/debian:12@sha256:00", "oci://registry.example/base/debian"),
        ("docker-pullable://registry.example:5000/base/debian", "oci://registry.example:5000/base"),
    ],
)
def test_what_is_at_a_place_or_below_it_comes_from_there(uri: str, place: str) -> None:
    assert comes_from(uri, place)


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("", OWN),
        (f"{OWN}-evil/cart", OWN),
        ("git+https://forge.example/mallory/cart", OWN),
        ("git+https://forge.example/ACME/cart", OWN),
        ("git+http://forge.example/acme/cart", OWN),
        ("git+https://forge.example.evil.example/acme/cart", OWN),
        ("https://evil.example/?x=git+https://forge.example/acme/cart", OWN),
        (f"{OWN}/../mallory/cart", OWN),
        (f"{OWN}/./../mallory/cart", OWN),
        (f"{OWN}/%2e%2e/mallory/cart", OWN),
        (f"{OWN}/..%2fmallory/cart", OWN),
        (f"{OWN}\\..\\mallory\\cart", OWN),
        (f"{OWN}/cart\n", OWN),
        (f"{OWN}/cart evil", OWN),
        ("https://mirror.example@evil.example/x", "https://mirror.example"),
        ("https://mirror.example?x", "https://mirror.example"),
        ("https://mirror.example:444/x", "https://mirror.example"),
        ("https://mirror.example.evil.example/x", "https://mirror.example"),
        ("pkg:npmevil/x", "pkg:npm"),
        ("pkg:npm/left-pad@1.3.0?download_url=https://evil.example/x.tgz", "pkg:npm"),
        ("pkg:npm/left-pad@1.3.0?Download_URL=https://evil.example/x.tgz", "pkg:npm"),
        ("pkg:npm/left-pad@1.3.0?a=b&vcs%5Furl=git+https://evil.example/x", "pkg:npm"),
        ("pkg:docker/alpine@3?repository_url=evil.example", "pkg:docker/alpine"),
        ("pkg:docker/alpine@3?repository_url=evil.example", "oci://docker.io/library/alpine"),
        ("pkg:docker/alpine@3?repository_url=docker.io&repository_url=evil.example", "oci://docker.io/alpine"),
        ("pkg:docker/docker.io%2f..%2fevil/alpine", "oci://docker.io"),
        ("pkg:oci/debian@sha256%3A00", "oci://docker.io/library/debian"),
        ("oci://registry.example/base-evil/debian", "oci://registry.example/base"),
        ("oci://registry.example@evil.example/base/debian", "oci://registry.example"),
    ],
)
def test_look_alikes_and_hidden_ways_come_from_elsewhere(uri: str, place: str) -> None:
    assert not comes_from(uri, place)


@pytest.mark.parametrize(
    "place",
    [OWN, "https://mirror.example", "oci://registry.example:5000/base", "pkg:npm", "git+{source}", "pkg:npm/%40acme"],
)
def test_a_place_is_a_scheme_with_a_host_or_a_type_and_whole_segments(place: str) -> None:
    check_place(place)


@pytest.mark.parametrize(
    "place",
    [
        "",
        "git",
        "https:",
        "https://",
        "https:///x",
        "pkg:",
        f"{OWN}/",
        f"{OWN}/*",
        "https://*.example/x",
        "https://user@mirror.example",
        "https://mirror.example/a/../b",
        "https://mirror.example/a?b",
        "{tag}/x",
        ".*",
        "https://mirror.example/" + "a" * 300,
    ],
)
def test_anything_else_is_refused_as_a_place(place: str) -> None:
    with pytest.raises(ValueError, match=r"is no place|is longer than 300 characters"):
        check_place(place)


@pytest.mark.parametrize("place", ["registry.example/base", "docker://registry.example/base", "pkg:docker/alpine"])
def test_a_place_of_images_is_written_in_one_way(place: str) -> None:
    with pytest.raises(ValueError, match="write oci://HOST/PATH"):
        check_image_place(place)


@pytest.mark.parametrize(
    ("uri", "repository"),
    [
        ("https://registry.example/base", ""),
        ("oci://debian", ""),
        ("oci://registry.example/base/../evil", ""),
        ("pkg:docker/", ""),
        ("pkg:docker/localhost/x@1", "oci://localhost/x"),
        ("pkg:docker/acme/x@1", "oci://docker.io/acme/x"),
        ("pkg:docker/x@1?repository_url=https://registry.example/", "oci://registry.example/x"),
    ],
)
def test_an_images_repository_is_told_or_it_is_empty(uri: str, repository: str) -> None:
    assert image_repository(uri) == repository
    assert is_image(uri) is not uri.startswith("https:")


@given(st.text(alphabet="ab/.:@?#%2eF\\ &=_url", max_size=40))
def test_nothing_behind_a_place_leads_out_of_it(rest: str) -> None:
    path = re.split("[@?#]", rest, maxsplit=1)[0]
    if comes_from(f"{OWN}/cart{rest}", f"{OWN}/cart"):
        assert path == "" or path.startswith("/")
        assert not {"..", "."} & set(path.split("/"))
        assert "%" not in path
        assert "\\" not in path
