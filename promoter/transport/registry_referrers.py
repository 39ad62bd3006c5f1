"""What refers to a digest: the referrers API united with the fallback tag, and the fallback tag kept up.

OCI distribution specification v1.1, §listing referrers, §unavailable referrers API, §pushing manifests with subject.
Both lists are read because clients write either: some registries announce the API on push and do not have it.
"""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from promoter.core.candidate import Digest, Repository, digest_of
from promoter.core.codes import Code
from promoter.ports import Descriptor, OutsideError
from promoter.transport.bounded_connection import hold
from promoter.transport.registry_lists import INDEX_TYPE, read_descriptors, read_entries, read_json
from promoter.transport.registry_repository import RemoteRepository

_NO_API_SECONDS = 600.0  # how long a repository is known to have no referrers API
_SIDE_BY_SIDE = 8  # fallback tags that are asked for while the API is
_TRIES = 4  # rounds of reading and writing a fallback index that others may be writing too


class Referrers:
    """Referrers of any repository; remembers which ones have no referrers API. Safe to share between threads."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._lock = threading.Lock()
        self._lacking: dict[Repository, float] = {}  # until when, in monotonic seconds
        self._pool = ThreadPoolExecutor(_SIDE_BY_SIDE, "referrers")

    def read(self, remote: RemoteRepository, digest: Digest, tags: frozenset[str] | None) -> tuple[Descriptor, ...]:
        """Unite both lists by digest; more than the cap is an OutsideError, for the one that counts may be among them.

        A steady state costs one request: the API alone where `tags` shows no fallback tag, the fallback tag alone where
        there is no API. Where both are asked they are asked side by side.
        """
        lists: tuple[tuple[Descriptor, ...], ...]
        if tags is not None and fallback_tag(digest) not in tags:
            lists = (self._from_api(remote, digest) or (),)
        elif self._lacks_api(remote):
            lists = (_from_fallback(remote, digest),)
        else:
            lists = self._both(remote, digest)
        found: dict[Digest, Descriptor] = {}
        for entry in (entry for entries in lists for entry in entries):
            found.setdefault(entry.digest, entry)
        self._refuse_too_many(remote, digest, len(found))
        return tuple(found.values())

    def _both(self, remote: RemoteRepository, digest: Digest) -> tuple[tuple[Descriptor, ...], ...]:
        """Ask for both lists at once; the other thread stands under what is left of this call's allowance."""
        fallback = self._pool.submit(copy_context().run, _from_fallback, remote, digest)
        listed = self._from_api(remote, digest) or ()
        return listed, fallback.result()

    def register(self, remote: RemoteRepository, subject: Digest, raw: bytes, media_type: str) -> None:
        """Add a pushed manifest to the fallback tag of its subject, where that is all the registry has."""
        entry = _entry(raw, media_type, remote.what("manifest"))
        with hold(self._lock):
            _add_to_fallback(remote, subject, entry)

    def has_api(self, remote: RemoteRepository, digest: Digest) -> bool:
        """Tell whether the registry lists referrers itself, by asking for these."""
        return self._from_api(remote, digest) is not None

    def _from_api(self, remote: RemoteRepository, digest: Digest) -> tuple[Descriptor, ...] | None:
        """Read the API's list; None where there is no API."""
        if self._lacks_api(remote):
            return None
        found: list[Descriptor] = []
        answered = False
        for page in remote.referrer_pages(digest):
            answered = True
            found += read_descriptors(page.content, remote.what(f"referrers of {digest}"))
            self._refuse_too_many(remote, digest, len(found))
        if not answered:
            self._lacking[remote.name] = time.monotonic() + _NO_API_SECONDS
            return None
        return tuple(found)

    def _lacks_api(self, remote: RemoteRepository) -> bool:
        return time.monotonic() < self._lacking.get(remote.name, 0.0)

    def _refuse_too_many(self, remote: RemoteRepository, digest: Digest, count: int) -> None:
        if count > self._cap:
            what = remote.what(f"referrers of {digest}")
            raise OutsideError(Code.OUTSIDE_LIMIT, f"{what}: more than {self._cap}; delete those that nobody needs")


def fallback_tag(digest: Digest) -> str:
    """Give the tag that lists the referrers of a digest (§referrers tag schema)."""
    return digest.replace(":", "-", 1)


def _from_fallback(remote: RemoteRepository, digest: Digest) -> tuple[Descriptor, ...]:
    raw = _fallback_list(remote, digest)
    return () if raw is None else read_descriptors(raw, _what(remote, digest))


def _fallback_list(remote: RemoteRepository, digest: Digest) -> bytes | None:
    """Fetch the list under the fallback tag of a digest; None where there is none.

    The image itself under that tag, where `cosign copy` puts it, is no list: none can name the digest of its own bytes.
    """
    manifest = remote.get_manifest(fallback_tag(digest))
    return None if manifest is None or manifest.digest == digest else manifest.raw


def _what(remote: RemoteRepository, digest: Digest) -> str:
    return remote.what(f"fallback tag {fallback_tag(digest)}")


def _entry(raw: bytes, media_type: str, what: str) -> dict[str, Any]:
    """Make the descriptor of a manifest, with its annotations and artifact type (else its config's media type)."""
    manifest = read_json(raw, what)
    entry: dict[str, Any] = {"mediaType": media_type, "digest": digest_of(raw), "size": len(raw)}
    config = manifest.get("config")
    artifact_type = manifest.get("artifactType") or (config.get("mediaType") if isinstance(config, dict) else None)
    if artifact_type:
        entry["artifactType"] = artifact_type
    if manifest.get("annotations"):
        entry["annotations"] = manifest["annotations"]
    return entry


def _add_to_fallback(remote: RemoteRepository, subject: Digest, entry: dict[str, Any]) -> None:
    """Read, add, write, and read again: the tag knows no locks, so another writer may have undone it meanwhile."""
    for _ in range(_TRIES):
        entries = _entries(remote, subject)
        if any(isinstance(other, dict) and other.get("digest") == entry["digest"] for other in entries):
            return
        index = {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [*entries, entry]}
        remote.put_manifest(fallback_tag(subject), json.dumps(index, separators=(",", ":")).encode(), INDEX_TYPE)
    raise OutsideError(Code.OUTSIDE_CONFLICT, f"{_what(remote, subject)}: others keep overwriting it")


def _entries(remote: RemoteRepository, subject: Digest) -> list[Any]:
    raw = _fallback_list(remote, subject)
    return [] if raw is None else read_entries(raw, _what(remote, subject))
