"""`ports.Registry` on oras: every byte is hashed here, every list is complete or an error, every call is bounded.

Follows the OCI distribution specification v1.1. Whether a referrer's `subject` really is the digest that was asked for
is checked by whoever fetches that manifest.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from promoter.core.candidate import Digest, Repository, digest_of
from promoter.core.codes import Code
from promoter.ports import Descriptor, OutsideError, RawManifest
from promoter.transport.bounded_connection import allow
from promoter.transport.registry_auth import Endpoint
from promoter.transport.registry_lists import read_digest, read_subject, read_tags
from promoter.transport.registry_referrers import Referrers
from promoter.transport.registry_repository import ListLimits, RemoteRepository, expect
from promoter.transport.registry_wire import RegistryWire, RequestSeen, WireLimits


@dataclass(frozen=True, slots=True)
class RegistryLimits:
    """Bounds of registry calls: in time and bytes on the wire, and in what is listed."""

    wire: WireLimits = field(default_factory=WireLimits)
    lists: ListLimits = field(default_factory=ListLimits)


class OciRegistry:
    """Registries by canonical host name; a host without an endpoint is read anonymously at `https://<host>`.

    Safe to share between threads. `on_request` sees every request that goes out, in the thread that sent it.
    """

    def __init__(
        self,
        endpoints: tuple[Endpoint, ...],
        limits: RegistryLimits | None = None,
        on_request: Callable[[RequestSeen], None] | None = None,
    ) -> None:
        self._limits = limits or RegistryLimits()
        self._on_request = on_request
        self._referrers = Referrers(self._limits.lists.referrers)
        self._lock = threading.Lock()
        self._wires: dict[str, RegistryWire] = {}
        for endpoint in endpoints:
            self._wires[endpoint.host] = RegistryWire(endpoint, self._limits.wire, on_request)

    def close(self) -> None:
        """Close every connection."""
        for wire in self._wires.values():
            wire.close()

    def tags(self, repository: Repository) -> tuple[str, ...]:
        remote = self._remote(repository)
        found: dict[str, None] = {}
        with self._one_call():
            for page in remote.tag_pages():
                found.update(dict.fromkeys(read_tags(page.content, remote.what("tags"))))
        return tuple(found)

    def head(self, repository: Repository, tag: str) -> Digest | None:
        """Ask for a tag's digest; a registry that does not say it costs a second request, for the manifest."""
        remote = self._remote(repository)
        what = remote.what(f"digest of {tag}")
        with self._one_call():
            response = remote.ask_manifest("HEAD", tag)
            if response.status_code == 404:
                return None
            expect(response, (200,), what)
            named = response.headers.get("Docker-Content-Digest")
            return read_digest(named, what) if named else self.manifest(repository, tag).digest

    def manifest(self, repository: Repository, reference: str) -> RawManifest:
        remote = self._remote(repository)
        with self._one_call():
            manifest = remote.get_manifest(reference)
        if manifest is None:
            raise OutsideError(Code.OUTSIDE_NOT_FOUND, f"{remote.what(f'manifest {reference}')}: HTTP 404")
        return manifest

    def blob(self, repository: Repository, digest: Digest, limit: int) -> bytes:
        with self._one_call():
            return self._remote(repository).get_blob(digest, limit)

    def referrers(
        self, repository: Repository, digest: Digest, tags: frozenset[str] | None = None
    ) -> tuple[Descriptor, ...]:
        with self._one_call():
            return self._referrers.read(self._remote(repository), digest, tags)

    def push_blob(self, repository: Repository, data: bytes) -> Digest:
        with self._one_call():
            return self._remote(repository).put_blob(data)

    def push_manifest(self, repository: Repository, raw: bytes, media_type: str, tag: str | None = None) -> Digest:
        remote = self._remote(repository)
        digest = digest_of(raw)
        subject = read_subject(raw, remote.what(f"manifest {digest}"))
        with self._one_call():
            answer = remote.put_manifest(tag or digest, raw, media_type)
            announced = "OCI-Subject" in answer.headers  # some announce an API that they do not have: look
            if subject is not None and not (announced and self._referrers.has_api(remote, subject)):
                self._referrers.register(remote, subject, raw, media_type)
        return digest

    @contextmanager
    def _one_call(self) -> Iterator[None]:
        """Bound everything inside by the time of one call."""
        try:
            with allow(self._limits.wire.call_seconds):
                yield
        except TimeoutError as error:  # it ended while nothing was on the wire
            raise OutsideError(Code.OUTSIDE_TIMEOUT, f"the registry call did not end in time: {error}") from error

    def _remote(self, repository: Repository) -> RemoteRepository:
        with self._lock:
            wire = self._wires.get(repository.host)
            if wire is None:
                wire = RegistryWire(Endpoint(repository.host), self._limits.wire, self._on_request)
                self._wires[repository.host] = wire
        return RemoteRepository(wire, repository, self._limits.lists)
