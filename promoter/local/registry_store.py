"""What the local registry holds: manifests, tags and blobs by repository, in memory or also in a directory."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promoter.core.candidate import Digest, digest_of, parse_digest

_INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class StoredManifest:
    """A manifest as it was pushed."""

    digest: Digest
    media_type: str
    raw: bytes = field(repr=False)


@dataclass(slots=True)
class _Repository:
    """One repository; changed only under the store's lock."""

    tags: dict[str, Digest] = field(default_factory=dict)
    manifests: dict[Digest, StoredManifest] = field(default_factory=dict)
    blobs: dict[Digest, bytes] = field(default_factory=dict)


class RegistryStore:
    """Repositories by path. Everything is held in memory; with a directory it is also written there and read at start.

    Names and digests are checked by whoever calls. Safe to share between threads.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._lock = threading.RLock()
        self._repositories: dict[str, _Repository] = {}
        if directory is not None and directory.exists():
            for index in sorted(directory.rglob(_INDEX)):
                self._repositories[index.parent.relative_to(directory).as_posix()] = self._load(index)

    def tags(self, path: str) -> tuple[str, ...] | None:
        """List the tags in lexical order; None where there is no such repository."""
        with self._lock:
            repository = self._repositories.get(path)
            return None if repository is None else tuple(sorted(repository.tags))

    def manifest(self, path: str, reference: str) -> StoredManifest | None:
        """Give a manifest by tag or digest."""
        with self._lock:
            repository = self._repositories.get(path, _Repository())
            digest = repository.tags.get(reference, Digest(reference))
            return repository.manifests.get(digest)

    def blob(self, path: str, digest: str) -> bytes | None:
        """Give a blob of a repository."""
        with self._lock:
            return self._repositories.get(path, _Repository()).blobs.get(Digest(digest))

    def put_manifest(self, path: str, raw: bytes, media_type: str, tag: str | None = None) -> Digest:
        """Keep a manifest, and point a tag at it."""
        digest = digest_of(raw)
        with self._changing(path) as repository:
            repository.manifests[digest] = StoredManifest(digest, media_type, raw)
            if tag is not None:
                repository.tags[tag] = digest
        return digest

    def put_blob(self, path: str, data: bytes) -> Digest:
        """Keep a blob."""
        digest = digest_of(data)
        with self._changing(path) as repository:
            repository.blobs[digest] = data
        return digest

    def remove(self, path: str, reference: str) -> bool:
        """Remove a tag, or a manifest or blob by its digest with the tags that name it; tells whether it was there."""
        with self._changing(path) as repository:
            if reference in repository.tags:
                del repository.tags[reference]
                return True
            digest = Digest(reference)
            repository.tags = {tag: named for tag, named in repository.tags.items() if named != digest}
            manifest, blob = repository.manifests.pop(digest, None), repository.blobs.pop(digest, None)
            return manifest is not None or blob is not None

    def referrers(self, path: str, digest: str) -> tuple[Mapping[str, Any], ...]:
        """Give the descriptors of the manifests whose subject is this digest (distribution-spec §listing referrers)."""
        with self._lock:
            manifests = tuple(self._repositories.get(path, _Repository()).manifests.values())
        found = []
        for manifest in manifests:
            body = json.loads(manifest.raw)
            if isinstance(body.get("subject"), dict) and body["subject"].get("digest") == digest:
                found.append(_descriptor(manifest, body))
        return tuple(found)

    @contextmanager
    def _changing(self, path: str) -> Iterator[_Repository]:
        with self._lock:
            repository = self._repositories.setdefault(path, _Repository())
            yield repository
            if self._directory is not None:
                _save(self._directory / path, repository)

    @staticmethod
    def _load(index: Path) -> _Repository:
        held = json.loads(index.read_text())
        repository = _Repository(tags={tag: parse_digest(digest) for tag, digest in held["tags"].items()})
        for digest, media_type in held["manifests"].items():
            raw = (index.parent / _file_name(digest)).read_bytes()
            repository.manifests[Digest(digest)] = StoredManifest(Digest(digest), media_type, raw)
        for digest in held["blobs"]:
            repository.blobs[Digest(digest)] = (index.parent / _file_name(digest)).read_bytes()
        return repository


def _file_name(digest: str) -> str:
    return digest.replace(":", "-")


def _save(home: Path, repository: _Repository) -> None:
    """Write what is new, then the index, so that an index never names what is not there."""
    home.mkdir(parents=True, exist_ok=True)
    contents = {digest: manifest.raw for digest, manifest in repository.manifests.items()} | repository.blobs
    for digest, raw in contents.items():
        file = home / _file_name(digest)
        if not file.exists():
            file.write_bytes(raw)
    manifests = {digest: manifest.media_type for digest, manifest in repository.manifests.items()}
    held = {"tags": repository.tags, "manifests": manifests, "blobs": list(repository.blobs)}
    fresh = home / f"{_INDEX}.new"
    fresh.write_text(json.dumps(held, indent=1))
    fresh.replace(home / _INDEX)


def _descriptor(manifest: StoredManifest, body: Mapping[str, Any]) -> Mapping[str, Any]:
    config = body.get("config")
    artifact_type = body.get("artifactType") or (config.get("mediaType") if isinstance(config, dict) else None)
    descriptor = {"mediaType": manifest.media_type, "digest": manifest.digest, "size": len(manifest.raw)}
    return (
        descriptor
        | ({"artifactType": artifact_type} if artifact_type else {})
        | ({"annotations": body["annotations"]} if body.get("annotations") else {})
    )
