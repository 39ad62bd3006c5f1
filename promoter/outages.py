"""What does not answer during one look at a service: asked once, then left alone until the next look.

A registry that hangs would else hold a worker for a time-out with each of up to a hundred referrers, and one that asks
for a pause with Retry-After would be asked again at every poll. What was fetched before is kept, so that the next look
goes on where this one stopped. Releases are only read through here: pushing is passed on as it is.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from promoter.core.candidate import Digest, Repository
from promoter.core.codes import Code
from promoter.core.evidence import SourceRevision
from promoter.ports import Descriptor, Outside, OutsideError, RawManifest, Registry, SourceCommit, SourceRepo

LOOK: Final = 300.0
"""Seconds that one look may ask one registry, or one source repository."""

SILENT: Final = frozenset({Code.OUTSIDE_TIMEOUT, Code.OUTSIDE_UNREACHABLE, Code.OUTSIDE_RATE_LIMITED})
"""What makes asking again within the same look pointless, or unwelcome."""

_PASSING: Final = SILENT | {Code.OUTSIDE_SERVER_ERROR}  # worth a pause before the next look
_Answer = TypeVar("_Answer")


@dataclass(slots=True)
class _Look:
    """One look at one repository: when it has to end, and what went wrong in it."""

    ends: float  # by time.monotonic
    silent: OutsideError | None = None
    worst: OutsideError | None = None


def worse(one: OutsideError | None, other: OutsideError | None) -> OutsideError | None:
    """Give the error that asks for the longer pause; the first where neither asks for one."""
    if one is None or other is None:
        return one or other
    return other if (other.retry_after or 0) > (one.retry_after or 0) else one


class Outages:
    """What is silent in the look under way, by repository; safe for several threads."""

    def __init__(self, seconds: float = LOOK) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._looks: dict[str, _Look] = {}

    def begin(self, *names: str) -> None:
        """Begin a look: these repositories are asked again."""
        with self._lock:
            self._looks.update({name: self._new() for name in names})

    def worst(self, name: str) -> OutsideError | None:
        """Give what went wrong in the last look and passes by waiting, the longest pause first."""
        with self._lock:
            look = self._looks.get(name)
        return look.worst if look else None

    def ask(self, name: str, call: Callable[[], _Answer]) -> _Answer:
        """Ask, unless this look had no answer from there already or took too long; raises OutsideError."""
        with self._lock:
            look = self._looks.setdefault(name, self._new())
        if look.silent:
            raise look.silent
        if time.monotonic() >= look.ends:
            detail = f"{name}: this look has taken {self._seconds:.0f} s, the next one goes on"
            look.silent = look.worst = OutsideError(Code.OUTSIDE_TIMEOUT, detail)
            raise look.silent
        try:
            return call()
        except OutsideError as error:
            if error.code in _PASSING:
                look.worst = worse(look.worst, error)
            if error.code in SILENT:
                look.silent = error
            raise

    def _new(self) -> _Look:
        return _Look(time.monotonic() + self._seconds)


class PatientRegistry:
    """`ports.Registry` that stops asking a repository which is silent."""

    def __init__(self, registry: Registry, outages: Outages) -> None:
        self._registry = registry
        self._outages = outages

    def tags(self, repository: Repository) -> tuple[str, ...]:
        return self._outages.ask(str(repository), lambda: self._registry.tags(repository))

    def head(self, repository: Repository, tag: str) -> Digest | None:
        return self._outages.ask(str(repository), lambda: self._registry.head(repository, tag))

    def manifest(self, repository: Repository, reference: str) -> RawManifest:
        return self._outages.ask(str(repository), lambda: self._registry.manifest(repository, reference))

    def blob(self, repository: Repository, digest: Digest, limit: int) -> bytes:
        return self._outages.ask(str(repository), lambda: self._registry.blob(repository, digest, limit))

    def referrers(
        self, repository: Repository, digest: Digest, tags: frozenset[str] | None = None
    ) -> tuple[Descriptor, ...]:
        return self._outages.ask(str(repository), lambda: self._registry.referrers(repository, digest, tags))

    def push_blob(self, repository: Repository, data: bytes) -> Digest:
        return self._registry.push_blob(repository, data)

    def push_manifest(self, repository: Repository, raw: bytes, media_type: str, tag: str | None = None) -> Digest:
        return self._registry.push_manifest(repository, raw, media_type, tag)


class PatientSources:
    """`ports.SourceRepo` that stops asking a repository which is silent."""

    def __init__(self, sources: SourceRepo, outages: Outages) -> None:
        self._sources = sources
        self._outages = outages

    def revision(self, repository: str, tag: str) -> SourceRevision:
        return self._outages.ask(repository, lambda: self._sources.revision(repository, tag))

    def contains(self, repository: str, branch: str, commit: str) -> bool:
        return self._outages.ask(repository, lambda: self._sources.contains(repository, branch, commit))

    def commits(self, repository: str, older: str, newer: str, limit: int) -> tuple[SourceCommit, ...]:
        return self._outages.ask(repository, lambda: self._sources.commits(repository, older, newer, limit))

    def attestations(self, repository: str, digest: Digest) -> tuple[bytes, ...]:
        return self._outages.ask(repository, lambda: self._sources.attestations(repository, digest))


def patient(outside: Outside, outages: Outages) -> Outside:
    """Give the same world, of which what is silent is left alone until the next look."""
    registry, sources = PatientRegistry(outside.registry, outages), PatientSources(outside.sources, outages)
    return replace(outside, registry=registry, sources=sources)
