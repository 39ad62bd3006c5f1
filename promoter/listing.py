"""Where evidence about a digest is kept: every list that there is, united; what each one holds is not looked at yet.

The referrers API with its fallback tag, cosign's tags, the statements that BuildKit puts into an image index, and the
attestation store of the forge. A list that cannot be read is a failure, and the others count nevertheless.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.environment import Service
from promoter.core.evidence import MANIFEST_LOOKUP, Layout, LookupFailure
from promoter.core.manifest import read_inner_attestations
from promoter.core.scope import Scope
from promoter.ports import Blobs, OutsideError, Registry, SourceRepo


class Origin(Enum):
    """Which list named a manifest; it tells how the manifest is bound to the image."""

    REFERRER = "referrer"
    SIGNATURE_TAG = ".sig"
    ATTESTATION_TAG = ".att"
    SBOM_TAG = ".sbom"
    INNER = "attestation in the index"
    STORE = "attestation store"
    ATTACHED = "attached document"


@dataclass(frozen=True, slots=True)
class Listed:
    """A manifest that may carry evidence, or a bundle of the forge's store, by the list that named it."""

    origin: Origin
    digest: Digest


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: everything about one digest of a service; `tags` is a fresh tag list, where there is one.

    `is_unseen` says that the manifest itself may not be kept yet: it is then fetched beside the lists.
    """

    service: Service
    digest: Digest
    tags: frozenset[str] | None
    is_unseen: bool = False


@dataclass(frozen=True, slots=True)
class Store:
    """What a forge's store was seen to hold about a digest; times are monotonic seconds."""

    first: float
    last: float
    listed: tuple[Listed, ...]


_STORE_SECONDS = 45.0  # between two questions to a forge's store about one digest
_STORE_FRESH_SECONDS = 900.0  # since the first of them, while a pipeline may still be attesting
_STORE_LATER_SECONDS = 600.0
_NEVER = 1e9
_REMEMBERED = 10_000  # digests and tags
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

_TAGS = {
    Origin.SIGNATURE_TAG: Layout.COSIGN_TAG,
    Origin.ATTESTATION_TAG: Layout.COSIGN_TAG,
    Origin.SBOM_TAG: Layout.ATTACHMENT,
}


class Lister:
    """Lists evidence; remembers what cosign's tags named, for they are asked for again and again."""

    def __init__(self, registry: Registry, sources: SourceRepo, blobs: Blobs, scope: Scope) -> None:
        self._registry = registry
        self._sources = sources
        self._blobs = blobs
        self._scope = scope
        self._tagged: dict[tuple[str, str], Digest] = {}
        self._stores: dict[tuple[str, Digest], Store] = {}
        self._inner: dict[Digest, tuple[Listed, ...]] = {}

    def lists(self, asked: Asked) -> tuple[tuple[str, Callable[[], tuple[Listed, ...]]], ...]:
        """Give every list by its name, to be read in any order or side by side; reading one raises OutsideError."""
        found: list[tuple[str, Callable[[], tuple[Listed, ...]]]] = [("referrers", lambda: self._referrers(asked))]
        if asked.is_unseen and not self.manifest(asked.digest):
            found.append((MANIFEST_LOOKUP, lambda: self._fetched(asked)))
        found += [(f"tag {tag}", self._reader(asked, origin, tag)) for origin, tag in self._tag_names(asked)]
        if Layout.FORGE_STORE in self._scope.layouts:
            found.append(("attestation store", lambda: self._stored(asked)))
        return tuple(found)

    def recall_store(self, source: str, digest: Digest, stored: Callable[[], tuple[Digest, ...]]) -> None:
        """Take up what a forge's store is known to have held from before this process began; asked once a digest."""
        if Layout.FORGE_STORE in self._scope.layouts and (source, digest) not in self._stores:
            listed = tuple(Listed(Origin.STORE, bundle) for bundle in stored())
            _remember(self._stores, (source, digest), Store(time.monotonic(), -_NEVER, listed))

    def inner(self, digest: Digest) -> tuple[Listed, ...]:
        """List the attestation manifests inside an image index that is kept; nobody is asked, and it is read once."""
        known = self._inner.get(digest)
        if known is None:
            raw = self.manifest(digest)
            if raw is None:
                return ()
            known = tuple(Listed(Origin.INNER, manifest) for manifest in read_inner_attestations(raw))
            _remember(self._inner, digest, known)
        return known

    def manifest(self, digest: Digest) -> bytes | None:
        """Give a manifest that is kept; None where it is not, or is damaged: whoever needs its bytes says so."""
        try:
            return self._blobs.get(digest)
        except OutsideError:
            return None

    def _fetched(self, asked: Asked) -> tuple[Listed, ...]:
        """Fetch and keep the image's own manifest; what it lists is listed by `inner`."""
        self._blobs.put(self._registry.manifest(asked.service.image, asked.digest).raw)
        return ()

    def _referrers(self, asked: Asked) -> tuple[Listed, ...]:
        found = self._registry.referrers(asked.service.image, asked.digest, asked.tags)
        return tuple(Listed(Origin.REFERRER, descriptor.digest) for descriptor in found)

    def _tag_names(self, asked: Asked) -> Iterator[tuple[Origin, str]]:
        """Give cosign's tags: those that are there, or without a tag list those whose layout a policy accepts."""
        stem = asked.digest.replace(":", "-", 1)
        for origin, layout in _TAGS.items():
            tag = stem + origin.value
            if layout in self._scope.layouts if asked.tags is None else tag in asked.tags:
                yield origin, tag

    def _reader(self, asked: Asked, origin: Origin, tag: str) -> Callable[[], tuple[Listed, ...]]:
        return lambda: self._by_tag(asked, origin, tag)

    def _by_tag(self, asked: Asked, origin: Origin, tag: str) -> tuple[Listed, ...]:
        """Resolve a tag of cosign's, which is written anew with every signature; a known digest costs one request."""
        key = (str(asked.service.image), tag)
        if key in self._tagged and self._registry.head(asked.service.image, tag) == self._tagged[key]:
            return (Listed(origin, self._tagged[key]),)
        try:
            manifest = self._registry.manifest(asked.service.image, tag)
        except OutsideError as error:
            if error.code is not Code.OUTSIDE_NOT_FOUND:
                raise
            self._tagged.pop(key, None)
            return ()
        _remember(self._tagged, key, self._blobs.put(manifest.raw))
        return (Listed(origin, manifest.digest),)

    def _stored(self, asked: Asked) -> tuple[Listed, ...]:
        """Copy what the forge keeps into the blobs: what was seen once counts even when it is deleted over there.

        The forge counts requests by the hour, so it is asked less often than the registry.
        """
        key = (asked.service.source, asked.digest)
        now = time.monotonic()
        known = self._stores.get(key) or Store(now, -_NEVER, ())
        pause = _STORE_SECONDS if now - known.first < _STORE_FRESH_SECONDS else _STORE_LATER_SECONDS
        if now - known.last >= pause:
            bundles = self._sources.attestations(asked.service.source, asked.digest)
            found = (Listed(Origin.STORE, self._blobs.put(bundle)) for bundle in bundles)
            known = Store(known.first, now, tuple(dict.fromkeys((*known.listed, *found))))
            _remember(self._stores, key, known)
        return known.listed


def _remember(known: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Put a value in; of too many the oldest goes."""
    known[key] = value
    while len(known) > _REMEMBERED:
        known.pop(next(iter(known)), None)


def failure(what: str, error: OutsideError) -> LookupFailure:
    """Give the record of something that could not be asked or answered."""
    return LookupFailure(what, error.code.value, error.detail)
