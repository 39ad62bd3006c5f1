"""Names that git may be given: what is let through, and what never is."""

import os
import posixpath
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from promoter.transport.git_names import (
    RefusedName,
    parse_address,
    parse_branch,
    parse_oid,
    parse_path,
    parse_person,
)

PATHS = (
    "README.md",
    "environments/prod/shop/kustomization.yaml",
    "a b/\N{LATIN SMALL LETTER U WITH DIAERESIS}.yaml",
    ".github/CODEOWNERS",
    ".gitignore",
    "x.git",
    "a:b",
    "git~",
    "a/%2e%2e/b",
    "$HOME/`id`/;x",
)
NOT_PATHS = {
    "": "it is absolute, or has an empty part, '.' or '..'",
    "/etc/passwd": "it is absolute, or has an empty part, '.' or '..'",
    "a//b": "it is absolute, or has an empty part, '.' or '..'",
    "a/": "it is absolute, or has an empty part, '.' or '..'",
    "./a": "it is absolute, or has an empty part, '.' or '..'",
    "../x": "it is absolute, or has an empty part, '.' or '..'",
    "a/../../x": "it is absolute, or has an empty part, '.' or '..'",
    "-rf": "a part begins with '-'",
    "a/--upload-pack=x": "a part begins with '-'",
    ".git/config": "a part means '.git'",
    "a/.GiT/hooks/x": "a part means '.git'",
    ".git./config": "a part means '.git'",
    ".git ./config": "a part means '.git'",
    ".git::$INDEX_ALLOCATION/config": "a part means '.git'",
    "GIT~1/config": "a part means '.git'",
    ".g\N{ZERO WIDTH NON-JOINER}it/config": "it has control, invisible or unassigned characters",
    "a\\..\\b": "it has a backslash",
    "a\nb": "it has control, invisible or unassigned characters",
    "a\0b": "it has control, invisible or unassigned characters",
    "a\N{RIGHT-TO-LEFT OVERRIDE}b": "it has control, invisible or unassigned characters",
    "\ud800": "it has control, invisible or unassigned characters",
    "x" * 1025: "longer than 1024 bytes",
}
BRANCHES = ("main", "promote/prod/shop", "release/1.x", "a_b-c+d", "x" * 200)
NOT_BRANCHES = (
    *("", "-x", "promote/-x", "a/", "/a", "a//b", ".a", "a/.b", "a..b", "a.", "a.lock/b", "HEAD", "a b", "a\n", "a\0"),
    *(
        "a:b",
        "a~1",
        "a^",
        "a@{1}",
        "@",
        "a?",
        "a*",
        "a[b",
        "a\\b",
        "+a",
        "\N{LATIN SMALL LETTER E WITH ACUTE}",
        "x" * 201,
    ),
)
ADDRESSES = (
    "https://github.com/acme/environments.git",
    "https://ghe.example:8443/acme/environments",
    "http://127.0.0.1:8080/acme/environments.git",
    "http://localhost/x",
    "http://[::1]:1/x",
)
NOT_ADDRESSES = (
    *("", "acme/environments", "git@github.com:acme/x.git", "ssh://git@github.com/acme/x", "file:///etc", "/etc"),
    *("ext::sh -c id", "--upload-pack=x", "https://", "https://github.com", "https://github.com/", "https:///x"),
    *(
        "http://github.com/acme/x",
        "http://127.0.0.1.example/x",
        "https://a/../b",
        "https://a/-x",
        "https://a/x?y",
        "https://a/x#y",
    ),
    *("https://a/x\n[core]", 'https://a/"x"', "https://a:99999/x", "https://[::1/x", "https://a/%2e%2e/x"),
)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_inside_the_tree_comes_back_as_it_is(path: str) -> None:
    assert parse_path(path) == path


@pytest.mark.parametrize("path", NOT_PATHS)
def test_a_path_that_could_leave_the_tree_or_mean_git_itself_is_refused(path: str) -> None:
    with pytest.raises(RefusedName) as caught:
        parse_path(path)
    assert str(caught.value) == f"not a path of a file in the repository ({NOT_PATHS[path]}): {path[:200]!r}"


@given(
    st.text()
    | st.text(alphabet="./-~gitGIT1\\ :\0\n")
    | st.lists(st.sampled_from(["..", ".git", "a", "-"])).map("/".join)
)
@example("\xa0")
def test_whatever_the_text_a_path_is_normal_relative_and_no_option(text: str) -> None:
    try:
        path = parse_path(text)
    except RefusedName:
        return
    assert path == text == posixpath.normpath(text)
    assert text.isprintable()
    for part in text.split("/"):
        assert part not in {"", ".", ".."}
        assert part[0] != "-"
        assert part.lower().rstrip(". ") != ".git"


def test_git_itself_finds_no_fault_with_any_accepted_path(tmp_path: Path) -> None:
    environment = os.environ | {"GIT_DIR": str(tmp_path), "GIT_CONFIG_GLOBAL": os.devnull}

    def git(*arguments: str, stdin: bytes = b"") -> str:
        done = subprocess.run(["git", *arguments], input=stdin, env=environment, capture_output=True, check=True)
        return done.stdout.decode().strip()

    git("init", "--quiet", "--bare")
    blob = git("hash-object", "-w", "--stdin", stdin=b"x")
    rows = b"".join(b"100644 %b\t%b\0" % (blob.encode(), path.encode()) for path in PATHS)
    git("update-index", "-z", "--index-info", stdin=rows)
    git("write-tree")
    git("fsck", "--strict", "--no-dangling")


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_name_comes_back_as_it_is_and_git_takes_it(name: str) -> None:
    assert parse_branch(name) == name
    subprocess.run(["git", "check-ref-format", f"refs/heads/{name}"], check=True)


@pytest.mark.parametrize("name", NOT_BRANCHES)
def test_a_name_that_is_no_plain_branch_is_refused(name: str) -> None:
    with pytest.raises(RefusedName, match="not a branch name"):
        parse_branch(name)


@given(st.text(alphabet="abAB09_.+-/@{}~^:*?[\\ \n\0\x7f") | st.text())
def test_whatever_the_text_a_branch_is_one_ref_and_no_option(text: str) -> None:
    try:
        name = parse_branch(text)
    except RefusedName:
        return
    assert name == text
    assert not set(text) & set(" ~^:?*[\\@{}\n\0")
    assert text[0] not in "-+/."
    assert ".." not in text


@pytest.mark.parametrize("text", ["", "abc", "A" * 40, "g" * 40, "0" * 39, "0" * 41, "0" * 64, "0" * 40 + "\n", "HEAD"])
def test_only_a_full_lower_case_object_id_is_one(text: str) -> None:
    assert parse_oid("0123456789abcdef" * 2 + "01234567") == "0123456789abcdef" * 2 + "01234567"
    with pytest.raises(RefusedName, match="not a full git object id"):
        parse_oid(text)


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_https_address_or_one_of_this_machine_is_taken(text: str) -> None:
    assert parse_address(text) == text


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_any_other_address_is_refused(text: str) -> None:
    with pytest.raises(RefusedName):
        parse_address(text)


def test_credentials_in_an_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(RefusedName) as caught:
        parse_address("https://bot:s3cret@github.com/acme/x")
    assert str(caught.value) == ("the address of a git repository holds credentials: give them as a token instead")


def test_a_person_is_written_as_git_would_write_it() -> None:
    assert parse_person("Promoter [bot]") == "Promoter [bot]"
    for text in ("", " a", "a.", "a<b", "a\nb", "\0"):
        with pytest.raises(RefusedName, match="not a name or address for commits"):
            parse_person(text)


@pytest.mark.parametrize("parse", [parse_oid, parse_branch, parse_path, parse_address, parse_person])
@given(text=st.text())
def test_a_refusal_is_the_only_error(parse: Callable[[str], str], text: str) -> None:
    try:
        assert parse(text) == text
    except RefusedName as refused:
        assert str(refused).isprintable()
