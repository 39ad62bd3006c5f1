"""The artifact itself: its manifest was resolved from bytes, it has the platforms, and it comes from an allowed place.

Each environment has a policy of its own, and so a state of trust of its own: what dev may take from a registry of
builds, prod takes from the registry of releases alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check
from promoter.core.checks.facts import conclude_facts
from promoter.core.checks.platforms import absent_platforms, require_platform_names
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason

_LIMIT: Final = 300  # characters of a pattern
_HOST: Final = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]{1,5})?", re.ASCII)
_SEGMENT: Final = re.compile(r"[a-z0-9._-]*\*?[a-z0-9._-]*", re.ASCII)
_STAR: Final = "[a-z0-9._-]+"


def check_repository_pattern(pattern: str) -> None:
    """Raise ValueError for what is no pattern of repositories, or would allow a stranger's registry or account."""
    if len(pattern) > _LIMIT:
        raise ValueError(f"is longer than {_LIMIT} characters")
    host, _, path = pattern.partition("/")
    first, *rest = path.split("/")
    if "*" in host + first:
        raise ValueError("holds * in the registry or the first part of its path, which would allow anybody's images")
    if not _HOST.fullmatch(host) or not ("." in host or ":" in host or host == "localhost"):
        raise ValueError("names no registry: write it like registry.example/team/*")
    if not first or not all(part and _SEGMENT.fullmatch(part) for part in (first, *rest)):
        raise ValueError("is no pattern of repositories: * stands for a part between two slashes, once in each")


def matches_repository(pattern: str, repository: str) -> bool:
    """Tell whether a repository is one of a pattern's: `*` is a part of one segment, never empty, never more."""
    return re.fullmatch(_STAR.join(map(re.escape, pattern.split("*"))), repository, re.ASCII) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactParams:
    """Where artifacts may come from, and the platforms that they must have."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    repositories: tuple[str, ...]
    """Repositories with their registry's host, like `registry.example/team/*`; `*` stands for a part of one segment,
    never of the registry or of the first segment."""
    platforms: tuple[str, ...] = ()
    """Platforms that an image index must have, like `linux/amd64`; a single image is not asked."""

    def __post_init__(self) -> None:
        if not self.repositories:
            raise ValueError("repositories names none: name at least one, with its registry")
        for at, pattern in enumerate(self.repositories):
            try:
                check_repository_pattern(pattern)
            except ValueError as error:
                raise ValueError(f"repositories[{at}] {error}: {pattern[:100]!r}") from None
        require_platform_names(self.platforms)


def _apply(params: ArtifactParams, subject: Subject) -> Finding:
    image, digest = subject.circumstances.service.image, subject.candidate.digest
    reasons = (*_unresolved(subject), *_not_allowed(params, image), *absent_platforms(params.platforms, subject))
    sentence = f"the bytes of the manifest in {image} have the digest {digest}"
    return conclude_facts("artifact", subject, sentence, reasons)


def _unresolved(subject: Subject) -> Iterator[Reason]:
    if not subject.circumstances.is_resolved:
        yield Reason(
            code=Code.ARTIFACT_UNRESOLVED,
            sentence=f"the manifest {subject.candidate.digest} was not fetched, so its bytes were not compared with it",
            remedy="Nobody's: it is asked again by itself. Operator: look at the registry if it stays.",
            state=EvidenceState.LOOKUP_FAILED,
        )


def _not_allowed(params: ArtifactParams, image: str) -> Iterator[Reason]:
    allowed = ", ".join(params.repositories)
    if not image:
        yield Reason(
            code=Code.ARTIFACT_REPOSITORY_UNKNOWN,
            sentence=f"it is not known from which repository it comes; accepted here: {allowed}",
            remedy="Operator: judge it anew with the service's file.",
            state=EvidenceState.LOOKUP_FAILED,
        )
    elif not any(matches_repository(pattern, image) for pattern in params.repositories):
        yield Reason(
            code=Code.ARTIFACT_REPOSITORY_NOT_ALLOWED,
            sentence=f"it comes from {image}; accepted here: {allowed}",
            remedy="Service team: release into an accepted repository. Security team: accept this one, if it is right.",
            state=EvidenceState.INVALID,
        )


ARTIFACT: Final = Check("artifact", "resolved, complete, and from an accepted registry", ArtifactParams, _apply)
