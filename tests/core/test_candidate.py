"""Digests, tags and repository names: what is one, and what only looks like one."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.candidate import Candidate, Repository, digest_of, is_tag, parse_digest, parse_repository

HEX = "0123456789abcdef" * 4


@given(st.binary(max_size=200))
def test_a_digest_is_the_sha256_of_the_bytes_and_reads_back(data: bytes) -> None:
    digest = digest_of(data)

    assert digest == "sha256:" + hashlib.sha256(data).hexdigest()
    assert parse_digest(digest) == digest


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEX,
        "sha256:",
        f"sha256:{HEX[:-1]}",
        f"sha256:{HEX}0",
        f"sha256:{HEX.upper()}",
        f"SHA256:{HEX}",
        f"sha256-{HEX}",
        f"sha512:{HEX}{HEX}",
        f"sha1:{HEX[:40]}",
        f" sha256:{HEX}",
        f"sha256:{HEX}\n",
        f"sha256:{HEX[:-1]}g",
        f"sha256:{HEX[:-1]}٣",
        f"sha256:../../{HEX[:58]}",
    ],
)
def test_what_only_looks_like_a_digest_is_refused_with_what_it_is(text: str) -> None:
    with pytest.raises(ValueError, match="not a sha256 digest: ") as caught:
        parse_digest(text)

    assert str(caught.value) == f"not a sha256 digest: {text[:100]!r}"


def test_a_refusal_does_not_repeat_a_text_of_any_length() -> None:
    with pytest.raises(ValueError, match="not a sha256 digest") as caught:
        parse_digest("x" * 100_000)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["1.8.3", "v1", "latest", "_x", "A.b-c_d", "x" * 128])
def test_a_tag_is_what_the_distribution_specification_allows(text: str) -> None:
    assert is_tag(text)


@pytest.mark.parametrize("text", ["", ".1", "-1", "a b", "a/b", "a:b", "a@b", "a+b", "a\n", "ä", "x" * 129])
def test_a_tag_is_nothing_else(text: str) -> None:
    assert not is_tag(text)


@pytest.mark.parametrize(
    ("text", "host", "path"),
    [
        ("registry.example/app", "registry.example", "app"),
        ("registry.example:5000/team/app", "registry.example:5000", "team/app"),
        ("localhost/app", "localhost", "app"),
        ("r-1.example/a.b/c_d/e__f/g--h", "r-1.example", "a.b/c_d/e__f/g--h"),
    ],
)
def test_a_repository_is_its_host_and_its_path(text: str, host: str, path: str) -> None:
    assert parse_repository(text) == Repository(host, path)
    assert str(parse_repository(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "app", "library/app", "registry.example", "registry.example/", "registry.example//app", "Registry.example/app",
     "registry.example/App", "registry.example/app:1.0", "registry.example/app@sha256:00", "https://registry.example/app",
     "registry.example/../app", "registry.example/.app", "registry.example/app/", "registry.example:port/app",
     "registry.example:123456/app", "user@registry.example/app", "registry.example/a___b", "registry.example/app\n"],
)  # fmt: skip
def test_a_name_that_leaves_room_for_guessing_is_no_repository(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a repository with its registry host, as registry\.example/team/app: "):
        parse_repository(text)


def test_a_candidate_reads_as_service_release_and_the_beginning_of_its_digest() -> None:
    digest = digest_of(b"the release")

    assert str(Candidate("cart", "1.8.3", digest)) == f"cart 1.8.3 ({digest[:19]})"


def test_candidates_differ_by_service_release_and_digest() -> None:
    one, other = digest_of(b"one"), digest_of(b"other")

    candidates = {Candidate("cart", "1", one), Candidate("cart", "1", other), Candidate("cart", "2", one)}
    candidates |= {Candidate("shop", "1", one), Candidate("cart", "1", one)}

    assert len(candidates) == 4
