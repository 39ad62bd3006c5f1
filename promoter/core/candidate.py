"""What could be promoted: a service's release, resolved once to a digest.

Rule: a digest is computed by us over bytes that we fetched; nobody's header, annotation or file name makes one.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import NewType

Digest = NewType("Digest", str)
"""`sha256:` and 64 lower-case hexadecimal digits; made only by `parse_digest` and `digest_of`."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REPOSITORY = re.compile(
    r"(?P<host>[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]{1,5})?)"
    r"/(?P<path>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)"
)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def parse_digest(text: str) -> Digest:
    """Read a digest; only SHA-256 in lower case is one (OCI image-spec, descriptor.md §digests).

    Raises ValueError for anything else, upper case and other algorithms included.
    """
    if not _DIGEST.fullmatch(text):
        raise ValueError(f"not a sha256 digest: {text[:100]!r}")
    return Digest(text)


def digest_of(data: bytes) -> Digest:
    """Give the SHA-256 digest of these bytes."""
    return Digest("sha256:" + hashlib.sha256(data).hexdigest())


def is_tag(text: str) -> bool:
    """Tell whether a text is a tag name as the distribution specification allows it (§pulling manifests)."""
    return _TAG.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, order=True)
class Repository:
    """A repository in a registry by its canonical name; where the registry answers is configuration, not identity."""

    host: str
    path: str

    def __str__(self) -> str:
        return f"{self.host}/{self.path}"


def parse_repository(text: str) -> Repository:
    """Read `host/path`; the host is always written (there is no default registry here).

    Raises ValueError when the name is not one that the distribution specification allows, or names no host.
    """
    found = _REPOSITORY.fullmatch(text)
    host = found["host"] if found else ""
    if not found or not ("." in host or ":" in host or host == "localhost"):
        raise ValueError(f"not a repository with its registry host, as registry.example/team/app: {text[:200]!r}")
    return Repository(host, found["path"])


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """Service, release and digest: the key of everything that is known, decided and done."""

    service: str
    release: str
    digest: Digest

    def __str__(self) -> str:
        return f"{self.service} {self.release} ({self.digest[:19]})"
