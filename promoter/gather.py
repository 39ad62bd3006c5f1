"""Collects the evidence about a digest: lists what refers to it, fetches what is new, keeps the raw bytes, verifies.

Everything fetched is content-addressed, so it is fetched once, and verified once while the bot runs; a re-check of
known evidence costs the one request that lists the referrers. What cannot be asked becomes a `LookupFailure`, never an
absence.
"""

import json
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from promoter.core.candidate import Candidate, Digest, parse_digest
from promoter.core.codes import Code
from promoter.core.environment import Service
from promoter.core.escape import one_line
from promoter.core.evidence import (
    SOURCE_TAG_LOOKUP,
    Attestation,
    Evidence,
    EvidenceState,
    Found,
    LookupFailure,
    Platform,
    SourceRevision,
    Unusable,
)
from promoter.core.strict_json import Malformed, read_object
from promoter.outages import SILENT
from promoter.ports import Blobs, Descriptor, Material, OutsideError, RawManifest, Registry, Signatures, SourceRepo

BUNDLE = "application/vnd.dev.sigstore.bundle"
BUNDLE_CAP = 20 << 20  # bytes of one bundle
_KEPT = 64 << 20  # bytes of verified evidence that stay in memory
_FRAME = 2048  # of these, what one item takes beside its predicate
_DEPTH = 32
_NAME = 40  # characters of a part of a platform's name that are kept: it stands in the ledger
_PLATFORMS = 100  # platforms of an index that are listed; the manifest itself is kept whole
_Key = tuple[Digest, Digest, Digest]  # a referrer, its subject, and the trusted root


@dataclass(frozen=True, slots=True)
class Listed:
    """A referrer's manifest as far as it matters: what it refers to, and its first layer."""

    subject: str
    layer_type: str
    layer: Digest | None
    layer_size: int


def read_listed(raw: bytes) -> Listed:
    """Read a referrer's manifest; raises Malformed."""
    manifest = read_object(raw, _DEPTH)
    subject, layers = manifest.get("subject"), manifest.get("layers")
    first = layers[0] if isinstance(layers, list) and layers and isinstance(layers[0], dict) else {}
    size = first.get("size")
    return Listed(
        subject=str(subject.get("digest", "")) if isinstance(subject, dict) else "",
        layer_type=str(first.get("mediaType", "")),
        layer=_digest(first.get("digest")),
        layer_size=size if isinstance(size, int) and not isinstance(size, bool) else 0,
    )


def _digest(value: object) -> Digest | None:
    try:
        return parse_digest(value) if isinstance(value, str) else None
    except ValueError:
        return None


def read_platforms(manifest: RawManifest) -> tuple[Platform, ...]:
    """List the platform manifests of an image index; empty for a single image and for what is no index.

    Attestation manifests that BuildKit puts into an index (platform unknown/unknown) are no platforms.
    """
    try:
        entries = read_object(manifest.raw, _DEPTH).get("manifests")
    except Malformed:
        return ()
    platforms = []
    for entry in entries if isinstance(entries, list) else ():
        platform = entry.get("platform") if isinstance(entry, dict) else None
        digest = _digest(entry.get("digest")) if isinstance(entry, dict) else None
        if digest and isinstance(platform, dict) and platform.get("os") != "unknown":
            parts = (platform.get("os"), platform.get("architecture"), platform.get("variant"))
            platforms.append(Platform(digest, "/".join(one_line(str(part), _NAME) for part in parts if part)))
    return tuple(platforms[:_PLATFORMS])


@dataclass(frozen=True, slots=True)
class Packed:
    """Verified evidence as it is kept between looks: a predicate as objects takes ten times the memory of its JSON."""

    item: Attestation | Unusable  # an attestation without its predicate
    predicate: bytes

    @property
    def size(self) -> int:
        """Bytes that it takes, roughly."""
        return _FRAME + len(self.predicate)

    def unpack(self) -> Attestation | Unusable:
        """Give the evidence as it was."""
        if isinstance(self.item, Unusable):
            return self.item
        return replace(self.item, predicate=json.loads(zlib.decompress(self.predicate)))


def pack(item: Attestation | Unusable) -> Packed:
    """Make evidence small; strict JSON was its source, so that JSON gives back exactly the same."""
    if isinstance(item, Unusable):
        return Packed(item, b"")
    return Packed(replace(item, predicate={}), zlib.compress(json.dumps(item.predicate).encode(), 1))


class Gatherer:
    """Evidence of digests, with what was verified before kept in memory; safe for several threads."""

    def __init__(self, registry: Registry, signatures: Signatures, sources: SourceRepo, blobs: Blobs) -> None:
        self._registry = registry
        self._signatures = signatures
        self._sources = sources
        self._blobs = blobs
        self._lock = threading.Lock()
        self._examined: OrderedDict[_Key, Packed] = OrderedDict()
        self._kept = 0
        self._revisions: dict[tuple[str, str], SourceRevision] = {}
        self._asked: dict[tuple[str, str], datetime] = {}

    def evidence(
        self, service: Service, candidate: Candidate, platforms: tuple[Platform, ...], tags: frozenset[str] | None
    ) -> Evidence:
        """Give everything found about a candidate now; `tags` is a fresh tag list of its repository, or None."""
        root = self._signatures.root().digest
        evidence = Evidence(candidate.digest, platforms=platforms, trust_root=root)
        evidence = self._with_source(evidence, service, candidate)
        try:
            listed = self._registry.referrers(service.image, candidate.digest, tags)
        except OutsideError as error:
            return _failed(evidence, "referrers", error)
        is_silent = False
        for descriptor in listed:
            key = (descriptor.digest, candidate.digest, root)
            if is_silent and key not in self._examined:
                continue  # one failed look-up stands for all that were not asked for any more
            try:
                item = self._examine_referrer(key, service, descriptor)
            except OutsideError as error:
                is_silent = is_silent or error.code in SILENT
                evidence = _failed(evidence, f"evidence {descriptor.digest}", error)
            else:
                evidence = evidence.with_item(item)
        return evidence

    def source(self, service: Service, release: str) -> SourceRevision | None:
        """Give what is known of a release's source revision, without asking anybody."""
        return self._revisions.get((service.source, service.placeholders(release).tag))

    def renew_source(self, service: Service, release: str, now: datetime, age: timedelta) -> None:
        """Ask the source repository again at this look where what is known of a release's git tag is of that age."""
        key = (service.source, service.placeholders(release).tag)
        with self._lock:
            if now - self._asked.get(key, datetime.min.replace(tzinfo=UTC)) >= age:
                self._revisions.pop(key, None)
            if key not in self._revisions:
                self._asked[key] = now

    def has_source(self, service: Service, release: str) -> bool:
        """Tell whether a release's git tag is known to name a commit."""
        source = self.source(service, release)
        return bool(source and source.commit)

    def forget_source(self, service: Service, release: str) -> None:
        """Ask the source repository again at the next look: done before a merge, for a git tag may move too."""
        with self._lock:
            self._revisions.pop((service.source, service.placeholders(release).tag), None)

    def _with_source(self, evidence: Evidence, service: Service, candidate: Candidate) -> Evidence:
        key = (service.source, service.placeholders(candidate.release).tag)
        known = self._revisions.get(key)
        if known:
            return replace(evidence, source=known)
        try:
            revision = self._sources.revision(*key)
        except OutsideError as error:
            return _failed(evidence, SOURCE_TAG_LOOKUP, error)
        with self._lock:
            self._revisions[key] = revision
        return replace(evidence, source=revision)

    def _examine_referrer(self, key: _Key, service: Service, descriptor: Descriptor) -> Attestation | Unusable:
        with self._lock:
            known = self._examined.get(key)
        if known:
            return known.unpack()
        item = self._fetch(service, key[1], descriptor)
        self._keep(key, pack(item))
        return item

    def _fetch(self, service: Service, subject: Digest, descriptor: Descriptor) -> Attestation | Unusable:
        """Fetch and verify one referrer."""
        registry, manifest = self._registry, descriptor.digest
        raw = self._durable(manifest, lambda: registry.manifest(service.image, manifest).raw)
        found = Found(manifest, manifest, len(raw))
        try:
            listed = read_listed(raw)
        except Malformed as error:
            return Unusable(found, EvidenceState.UNPARSEABLE, Code.BUNDLE_UNPARSEABLE.value, error.detail)
        if trouble := _trouble(listed, subject, descriptor):
            return Unusable(found, EvidenceState.INVALID, trouble[0].value, trouble[1], descriptor.artifact_type[:200])
        layer = listed.layer
        assert layer is not None
        bundle = self._durable(layer, lambda: registry.blob(service.image, layer, BUNDLE_CAP))
        return self._signatures.examine(Material(Found(layer, manifest, len(bundle)), bundle), subject)

    def _durable(self, digest: Digest, fetch: Callable[[], bytes]) -> bytes:
        """Give bytes by their digest, fetched where they are not kept yet: durable before anything is said of them."""
        try:
            raw = self._blobs.get(digest)
        except OutsideError:
            raw = None  # damaged: what is fetched again heals it
        if raw is None:
            raw = fetch()
            self._blobs.put(raw)
        return raw

    def _keep(self, key: _Key, packed: Packed) -> None:
        with self._lock:
            replaced = self._examined.pop(key, None)  # two threads may have examined it
            self._examined[key] = packed
            self._kept += packed.size - (replaced.size if replaced else 0)
            while self._kept > _KEPT and len(self._examined) > 1:
                _, oldest = self._examined.popitem(last=False)
                self._kept -= oldest.size


def _trouble(listed: Listed, subject: Digest, descriptor: Descriptor) -> tuple[Code, str] | None:
    if listed.subject != subject:
        detail = f"the manifest {descriptor.digest} refers to {listed.subject[:80] or 'nothing'}, not to {subject}"
        return Code.BUNDLE_WRONG_SUBJECT_MANIFEST, detail
    if listed.layer is None or not listed.layer_type.startswith(BUNDLE):
        return Code.BUNDLE_UNSUPPORTED, f"its content is {listed.layer_type[:80] or 'nothing'}, which nobody signed"
    if listed.layer_size > BUNDLE_CAP:
        return Code.BUNDLE_TOO_LARGE, f"the bundle has {listed.layer_size} bytes; at most {BUNDLE_CAP} are read"
    return None


def _failed(evidence: Evidence, what: str, error: OutsideError) -> Evidence:
    failure = LookupFailure(what, error.code.value, error.detail)
    return replace(evidence, failures=(*evidence.failures, failure))
