"""From what a list named to pieces of evidence: manifests fetched and read, pieces fetched, kept and verified.

A manifest is read by what its layers are. Content that nobody signed comes back as `Unusable` in the state ABSENT, so
that whoever waits for evidence learns that something is there and why it does not count.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import Digest, Repository
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, EvidenceState, Found, Layout, Unusable
from promoter.core.manifest import Carrier, Holding, Layer, read_carrier
from promoter.core.public_key import PublicKey
from promoter.core.strict_json import Malformed
from promoter.listing import Listed, Origin
from promoter.pieces import EVIDENCE_CAP, Examiner, attachment_parts, attachment_record, is_cover
from promoter.ports import Blobs, OutsideError, Registry, Signatures

_LARGE: Final = 4 << 20  # bytes from which on pieces are read one at a time
_LAYOUTS: Final = {
    Origin.SIGNATURE_TAG: Layout.COSIGN_TAG,
    Origin.ATTESTATION_TAG: Layout.COSIGN_TAG,
    Origin.SBOM_TAG: Layout.ATTACHMENT,
}


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is attached to an image: evidence only with a signature over its own manifest."""

    manifest: Digest
    layer: Layer

    @property
    def found(self) -> Found:
        """Where it stands, for whatever is wrong with it before a signature is looked at."""
        return Found(self.manifest, self.manifest, self.layer.size)


Item = Attestation | Unusable
Content = Item | Document
"""What a manifest turns out to hold."""


class Unpacker:
    """Unpacks what lists name, for any repository; safe for several threads."""

    def __init__(self, registry: Registry, signatures: Signatures, blobs: Blobs, keys: tuple[PublicKey, ...]) -> None:
        self._registry = registry
        self._blobs = blobs
        self._examiner = Examiner(signatures, keys)
        self._one_large = threading.Lock()

    def unpack(
        self, image: Repository, listed: Listed, subject: Digest, spend: Callable[[int], None]
    ) -> tuple[Content, ...]:
        """Fetch and verify what a list named; raises OutsideError where it cannot be fetched.

        `spend` is told the size of each piece before it is fetched, and raises where that is too much.
        """
        if listed.origin is Origin.STORE:
            raw = self._blobs.get(listed.digest) or b""
            spend(len(raw))
            return (self._examine(image, Found(listed.digest, listed.digest, len(raw), Layout.FORGE_STORE), subject),)
        raw = self._durable(listed.digest, lambda: self._registry.manifest(image, listed.digest).raw)
        own = Found(listed.digest, listed.digest, len(raw), _LAYOUTS.get(listed.origin, Layout.BUNDLE))
        try:
            carrier = read_carrier(raw)
        except Malformed as malformed:
            return (Unusable(own, EvidenceState.UNPARSEABLE, malformed.code.value, malformed.detail),)
        if trouble := _trouble(carrier, listed, subject, own):
            return (trouble,)
        spend(sum(layer.size for layer in carrier.layers if layer.size <= EVIDENCE_CAP))
        return tuple(self._layers(image, carrier, listed, subject, own))

    def join(self, image: Repository, document: Document, subject: Digest, cover: Attestation) -> Item:
        """Give an attached document as evidence by whoever signed its manifest."""
        whole = document.layer.size + cover.found.size
        if whole > EVIDENCE_CAP:
            detail = f"with its signature it has {whole} bytes; at most {EVIDENCE_CAP} are read"
            return Unusable(document.found, EvidenceState.UNPARSEABLE, Code.LAYOUT_TOO_LARGE.value, detail)
        record = self._blobs.put(attachment_record(document.manifest, cover))
        parts = attachment_parts(document.manifest, document.layer.digest, cover)
        found = Found(record, document.manifest, document.layer.size, Layout.ATTACHMENT, parts)
        return self._examine(image, found, subject)

    def _layers(
        self, image: Repository, carrier: Carrier, listed: Listed, subject: Digest, own: Found
    ) -> Iterator[Content]:
        for layer in carrier.layers:
            match layer.holding:
                case Holding.BUNDLE if listed.origin is Origin.REFERRER:
                    yield self._examine(image, Found(layer.digest, own.manifest, layer.size), subject)
                case Holding.COSIGN if listed.origin is not Origin.INNER:
                    yield self._examine(image, self._cosign(layer, listed, own), subject)
                case Holding.DOCUMENT if listed.origin in {Origin.REFERRER, Origin.SBOM_TAG}:
                    yield Document(own.manifest, layer)
                case _:
                    yield _unsigned(own, layer, carrier)
        if not carrier.layers:
            detail = "it has no layers, so there is nothing that anybody signed"
            yield Unusable(own, EvidenceState.ABSENT, Code.LAYOUT_UNSIGNED.value, detail, carrier.artifact_type)

    def _cosign(self, layer: Layer, listed: Listed, own: Found) -> Found:
        layout = Layout.COSIGN_TAG if listed.origin in _LAYOUTS else Layout.COSIGN_REFERRER
        return Found(self._blobs.put(layer.record), own.manifest, layer.size, layout, (layer.digest,))

    def _examine(self, image: Repository, found: Found, subject: Digest) -> Item:
        """Verify one piece; what it consists of and is not kept yet is fetched, within the size that was declared."""
        size = found.size
        if size > EVIDENCE_CAP:
            detail = f"it has {size} bytes; at most {EVIDENCE_CAP} are read"
            own = Found(found.manifest, found.manifest, size)
            return Unusable(own, EvidenceState.UNPARSEABLE, Code.LAYOUT_TOO_LARGE.value, detail)

        def get(digest: Digest) -> bytes:
            return self._durable(digest, lambda: self._registry.blob(image, digest, size))

        with self._one_large if size > _LARGE else nullcontext():
            return self._examiner.examine(found, subject, get)

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


def covers(items: tuple[Item, ...]) -> tuple[Attestation, ...]:
    """Give the signatures among what was found about an attachment's manifest."""
    return tuple(item for item in items if isinstance(item, Attestation) and is_cover(item))


def uncovered(document: Document, detail: str) -> Unusable:
    """Give an attached document that nobody signed."""
    code = Code.LAYOUT_ATTACHMENT_UNSIGNED.value
    return Unusable(document.found, EvidenceState.ABSENT, code, detail, document.layer.claimed_type)


def _trouble(carrier: Carrier, listed: Listed, subject: Digest, own: Found) -> Unusable | None:
    """Say what is wrong with a manifest as a whole."""
    if listed.origin is Origin.REFERRER and carrier.subject != subject:
        detail = f"the manifest {listed.digest} refers to {carrier.subject[:80] or 'nothing'}, not to {subject}"
        code = Code.LAYOUT_WRONG_SUBJECT
        return Unusable(own, EvidenceState.INVALID, code.value, detail, carrier.artifact_type)
    whole = {Holding.BUNDLE, Holding.DOCUMENT} & {layer.holding for layer in carrier.layers}
    if whole and len(carrier.layers) != 1:
        detail = f"its manifest has {len(carrier.layers)} layers where exactly one may be; which one counts is not said"
        code = Code.LAYOUT_SEVERAL_LAYERS
        return Unusable(own, EvidenceState.INVALID, code.value, detail, carrier.layers[0].claimed_type)
    return None


def _unsigned(own: Found, layer: Layer, carrier: Carrier) -> Unusable:
    where = " in the image index" if layer.holding is Holding.STATEMENT and not carrier.subject else ""
    detail = f"its content is {layer.media_type[:80] or 'of no type'}{where}, which nobody signed"
    claimed = layer.claimed_type or carrier.artifact_type
    return Unusable(own, EvidenceState.ABSENT, Code.LAYOUT_UNSIGNED.value, detail, claimed)
