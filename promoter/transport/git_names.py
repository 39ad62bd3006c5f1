"""Names that git may be given: branches, paths of files, object ids, persons, addresses.

Git itself lets through what must never reach it here: `mktree` takes names with a leading `-`, `update-index` in a bare
repository takes `../x` and `.git/config`, `check-ref-format` takes `refs/heads/-x`.
Rule: text from a manifest, a tag or a branch becomes an argument of git only after one of these functions gave it back.
"""

import ipaddress
import re
import unicodedata
from typing import NewType
from urllib.parse import SplitResult, urlsplit

Branch = NewType("Branch", str)
"""A branch's short name (`promote/prod/shop`); made only by `parse_branch`."""

FilePath = NewType("FilePath", str)
"""A file's path in a repository, `/` between its parts; made only by `parse_path`."""

Oid = NewType("Oid", str)
"""A full SHA-1 object id in lower case; made only by `parse_oid`."""

Address = NewType("Address", str)
"""An https address of a repository (http on loopback), without credentials; made only by `parse_address`."""

Person = NewType("Person", str)
"""A name or mail address as it stands in a commit; made only by `parse_person`."""

MAX_BRANCH = 200
MAX_PATH = 1024

_OID = re.compile(r"[0-9a-f]{40}")
_BRANCH_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_DOT_GIT = re.compile(r"(?:\.git|git~[0-9]+)[. ]*(?::.*)?", re.IGNORECASE)
_UNPRINTABLE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9_~][A-Za-z0-9_.~-]*)+")


class RefusedName(ValueError):  # noqa: N818 - says what happened, as the messages do
    """A name or an edit that git must not be given; the message says which and why."""


def parse_oid(text: str) -> Oid:
    """Read a full object id. Raises RefusedName for abbreviations, upper case, revisions and everything else."""
    if not _OID.fullmatch(text):
        raise RefusedName(f"not a full git object id (40 lower-case hexadecimal digits): {text[:100]!r}")
    return Oid(text)


def parse_branch(text: str) -> Branch:
    """Read a branch name: ASCII, a stricter set than `git check-ref-format` allows. Raises RefusedName."""
    parts = text.split("/")
    fault = (
        (len(text) > MAX_BRANCH and f"longer than {MAX_BRANCH} characters")
        or (not all(_BRANCH_PART.fullmatch(part) for part in parts) and "each part is letters, digits and _ . + -")
        or (".." in text and "'..' makes a range of it")
        or (any(part.endswith((".", ".lock")) for part in parts) and "a part ends with '.' or '.lock'")
        or (text == "HEAD" and "HEAD names what is checked out")
    )
    if fault:
        raise RefusedName(f"not a branch name ({fault}): {text[:100]!r}")
    return Branch(text)


def parse_path(text: str) -> FilePath:
    """Read a file's path: relative, normal, inside the tree, printable. Raises RefusedName.

    `.git` is refused in every spelling that a file system takes for it: case, HFS's ignored characters, NTFS's trailing
    dots, spaces and streams, and its short names (git's fsck `hasDotgit`).
    """
    fault = _fault_of_text(text) or next(filter(None, map(_fault_of_part, text.split("/"))), None)
    if fault:
        raise RefusedName(f"not a path of a file in the repository ({fault}): {text[:200]!r}")
    return FilePath(text)


def _fault_of_text(text: str) -> str | None:
    if not text.isprintable() or any(unicodedata.category(character) in _UNPRINTABLE for character in text):
        return "it has control, invisible or unassigned characters"
    if len(text.encode()) > MAX_PATH:
        return f"longer than {MAX_PATH} bytes"
    return "it has a backslash" if "\\" in text else None


def _fault_of_part(part: str) -> str | None:
    if part in {"", ".", ".."}:
        return "it is absolute, or has an empty part, '.' or '..'"
    if part.startswith("-"):
        return "a part begins with '-'"
    return "a part means '.git'" if _DOT_GIT.fullmatch(part) else None


def parse_person(text: str) -> Person:
    """Read a name or mail address for commits. Raises RefusedName for what git itself would change or cut off."""
    if text != text.strip(" .,:;<>\"\\'") or not text or not text.isprintable() or set(text) & set("<>"):
        raise RefusedName(f"not a name or address for commits: {text[:100]!r}")
    return Person(text)


def parse_address(text: str) -> Address:
    """Read the address of a repository: https, or http where the host is this machine. Raises RefusedName.

    Credentials in it are refused and not repeated in the message: they belong to the token provider.
    """
    try:
        url = urlsplit(text)
        url.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        raise RefusedName("not the address of a git repository: host or port cannot be read") from None
    if url.username is not None or url.password is not None:
        raise RefusedName("the address of a git repository holds credentials: give them as a token instead")
    if not _ADDRESS.fullmatch(text) or not url.hostname:
        raise RefusedName(f"not the https address of a git repository: {text[:200]!r}")
    if url.scheme == "http" and not _is_loopback(url):
        raise RefusedName(f"http is for this machine only, use https: {text[:200]!r}")
    return Address(text)


def _is_loopback(url: SplitResult) -> bool:
    host = url.hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
