"""The text of an image reference, as manifests write it, taken apart without changing a character of it.

Names compare by their canonical form: Docker's short names stand for `docker.io/library/...` as every container runtime
reads them. A reference that is no reference (a template, a variable) is nothing, never a guess.
"""

import re
from dataclasses import dataclass

from promoter.core.candidate import Digest, Repository, is_tag, parse_digest, parse_repository

_PARTS = re.compile(r"(?P<name>[^@]+?)(?::(?P<tag>[^:/@]*))?(?:@(?P<digest>[^@]*))?")
_DOCKER = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})


@dataclass(frozen=True, slots=True)
class ImageReference:
    """`name[:tag][@digest]`; the name as it was written, the tag empty and the digest None where there is none."""

    name: str
    tag: str
    digest: Digest | None


def parse_image(text: str) -> ImageReference | None:
    """Take an image reference apart; None where it is none, a digest other than SHA-256 included."""
    found = _PARTS.fullmatch(text)
    if not found or canonical_name(found["name"]) is None:
        return None
    tag, digest = found["tag"], found["digest"]
    if tag is not None and not is_tag(tag):
        return None
    try:
        return ImageReference(found["name"], tag or "", parse_digest(digest) if digest is not None else None)
    except ValueError:
        return None


def canonical_name(name: str) -> Repository | None:
    """Give the repository that an image name stands for; None where it is no name."""
    first, slash, rest = name.partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    host, path = (first, rest) if has_host else ("docker.io", name)
    if host in _DOCKER:
        host, path = "docker.io", path if "/" in path else f"library/{path}"
    try:
        return parse_repository(f"{host}/{path}")
    except ValueError:
        return None


def is_named(name: str, image: Repository) -> bool:
    """Tell whether an image name stands for this repository."""
    found = canonical_name(name)
    return found is not None and found == canonical_name(str(image))
