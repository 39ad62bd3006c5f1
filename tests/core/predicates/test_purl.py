"""Package URLs name one package by many spellings, and what is none names nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.predicates.purl import image_digest, read_purl

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("pkg:pypi/Foo_Bar@1.0", "pkg:pypi/foo-bar@1.0"),
        ("pkg:deb/Debian/OpenSSL@3.0.1?arch=amd64#usr", "pkg:deb/debian/openssl@3.0.1"),
        ("pkg:deb/debian/libssl3@3.0.1%2Bdeb12", "pkg:deb/debian/libssl3@3.0.1+deb12"),
        ("pkg:npm/%40angular/core@1.0", "pkg:npm/@angular/core@1.0"),
        ("pkg:npm/@angular/core@1.0", "pkg:npm/@angular/core@1.0"),
        ("pkg:npm/@angular/core", "pkg:npm/@angular/core"),
        ("pkg:NPM//left-pad@1.0", "pkg:npm/left-pad@1.0"),
        ("pkg://npm/left-pad@1.0/", "pkg:npm/left-pad@1.0"),
        ("pkg:maven/org.Acme/Cart@1.0", "pkg:maven/org.Acme/Cart@1.0"),
        ("pkg:rpm/RedHat/Cart@1.0", "pkg:rpm/redhat/Cart@1.0"),
    ],
)
def test_one_package_has_one_identity(text: str, identity: str) -> None:
    purl = read_purl(text)

    assert purl is not None
    assert purl.identity == identity


@pytest.mark.parametrize(
    "text", ["", "openssl", "pkg:", "pkg:npm", "pkg:npm/", "PKG:npm/a@1", "pkg:1npm/a", "pkg:np m/a"]
)
def test_what_is_no_package_url_names_nothing(text: str) -> None:
    assert read_purl(text) is None


def test_qualifiers_are_kept_apart_in_one_order() -> None:
    purl = read_purl("pkg:deb/debian/a@1?distro=debian-12&Arch=amd64&empty=")

    assert purl is not None
    assert purl.qualifiers == (("arch", "amd64"), ("distro", "debian-12"))


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (f"pkg:oci/cart@{DIGEST}", DIGEST),
        (f"pkg:oci/cart@{DIGEST.replace(':', '%3A')}?tag=1", DIGEST),
        (f"registry.example:5000/acme/cart@{DIGEST}", DIGEST),
        (f"registry.example:5000/acme/cart:1.0@{DIGEST}", DIGEST),
        (DIGEST, DIGEST),
        ("pkg:oci/cart@1.0", None),
        ("pkg:oci/cart", None),
        (f"pkg:generic/cart@{DIGEST}", None),  # of a file, perhaps
        (f"cart@{DIGEST[:-1]}", None),
        (f"cart@{DIGEST.upper()}", None),
        ("", None),
    ],
)
def test_only_a_manifest_named_by_digest_is_a_manifest(text: str, digest: str | None) -> None:
    assert image_digest(text) == digest


@given(st.text(alphabet="pkg:/@?#%&=aA0_.-\u00e9\ud800", max_size=40))
def test_any_text_is_a_package_url_or_none(text: str) -> None:
    for said in (text, f"pkg:npm/{text}"):
        purl = read_purl(said)
        assert purl is None or (purl.name and purl.type.islower())
