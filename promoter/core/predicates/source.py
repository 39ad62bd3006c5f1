"""Names of source repositories, compared by one written rule.

The rule: one leading `git+`, then trailing slashes, then one trailing `.git` are no part of the name; nothing else is
changed, neither case nor scheme nor host. Two names are the same repository exactly when what is left is equal.
"""

import re
from dataclasses import dataclass

_SOURCE = re.compile(r"(?P<repository>[a-z][a-z0-9+.-]*://[^/@#]+/[^@#]+)(?:[@#](?P<ref>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A repository by its normalised name and the ref that was asked for; empty where the URI names none."""

    repository: str
    ref: str = ""


def normalise_repository(url: str) -> str:
    """Give the name to compare a repository by; see the rule above."""
    return url.removeprefix("git+").rstrip("/").removesuffix(".git")


def locate_source(uri: str) -> SourceLocation:
    """Split `git+https://host/owner/name@ref` (SLSA) or `https://host/owner/name.git#ref` (BuildKit).

    The first `@` or `#` behind the host begins the ref, which may hold more of them. A URI with user information or
    without a path is no repository: its name comes back empty.
    """
    found = _SOURCE.fullmatch(uri)
    if not found:
        return SourceLocation("")
    return SourceLocation(normalise_repository(found["repository"]), found["ref"] or "")
