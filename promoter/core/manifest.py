"""What manifests carry: the platforms of an image index, and evidence in the layers of what refers to an image.

OCI image specification v1.1 (manifest, image index); cosign's specs/SIGNATURE_SPEC.md and BUNDLE_SPEC.md; BuildKit's
docs/attestations/attestation-storage.md. Media types and annotations are unsigned: they tell which way to read the
bytes and decide nothing. A manifest is read by its layers, never by the artifact type that it or a list claims.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from promoter.core.candidate import Digest, parse_digest
from promoter.core.canonical import canonical
from promoter.core.codes import Code
from promoter.core.escape import one_line
from promoter.core.evidence import Platform
from promoter.core.strict_json import Malformed, read_object

MAX_LAYERS: Final = 100
"""Layers of one manifest that are looked at; a manifest with more is refused."""

MAX_PLATFORMS: Final = 100
"""Platforms of an index; one with more is no release, for a denied one could hide beyond them."""

_DEPTH = 32
_NAME = 40  # characters of a part of a platform's name that are kept: it stands in the ledger
_UNNAMED = "unnamed"
_TYPE = 200  # characters of a media type that are kept

_BUNDLE: Final = "application/vnd.dev.sigstore.bundle"
_COSIGN: Final = frozenset(
    {"application/vnd.dev.cosign.simplesigning.v1+json", "application/vnd.dsse.envelope.v1+json"}
)
_CYCLONEDX: Final = "https://cyclonedx.org/bom"
_SPDX: Final = "https://spdx.dev/Document"
_DOCUMENTS: Final[Mapping[str, str]] = {
    "application/vnd.cyclonedx+json": _CYCLONEDX,
    "application/vnd.cyclonedx": _CYCLONEDX,
    "application/spdx+json": _SPDX,
    "text/spdx+json": _SPDX,
}
_STATEMENT: Final = "application/vnd.in-toto+json"
_INDEXES: Final = frozenset(
    {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}
)
_REFERENCE_TYPE: Final = "vnd.docker.reference.type"


class Holding(Enum):
    """What a layer holds, as its media type says."""

    BUNDLE = "bundle"
    COSIGN = "cosign"  # a signed payload or envelope; the signature stands in the layer's annotations
    DOCUMENT = "document"  # an SBOM, which only a signature over its manifest makes evidence
    STATEMENT = "statement"  # in-toto, unsigned
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's descriptor. `record` is the descriptor in canonical JSON: what a piece in cosign's layouts is."""

    holding: Holding
    media_type: str
    digest: Digest
    size: int
    record: bytes
    claimed_type: str = ""
    """The predicate type that it claims to hold, unsigned; for a document the type that such documents have."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A manifest that may carry evidence: what it refers to (empty: nothing) and its layers."""

    subject: str
    artifact_type: str
    layers: tuple[Layer, ...]


def read_carrier(raw: bytes) -> Carrier:
    """Read a manifest that refers to an image, or that one of cosign's tags names; raises Malformed."""
    manifest = read_object(raw, _DEPTH, Code.LAYOUT_UNPARSEABLE)
    subject, layers = manifest.get("subject"), manifest.get("layers") or []
    if not isinstance(layers, list):
        raise Malformed(Code.LAYOUT_UNPARSEABLE, "the manifest's layers are not a list")
    if len(layers) > MAX_LAYERS:
        detail = f"the manifest has {len(layers)} layers, more than {MAX_LAYERS} are not looked at"
        raise Malformed(Code.LAYOUT_TOO_MANY_LAYERS, detail)
    return Carrier(
        subject=_text(subject.get("digest")) if isinstance(subject, dict) else "",
        artifact_type=_text(manifest.get("artifactType"))[:_TYPE],
        layers=tuple(_layer(number, layer) for number, layer in enumerate(layers, start=1)),
    )


def _layer(number: int, entry: object) -> Layer:
    digest = _digest(entry.get("digest")) if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or digest is None:
        raise Malformed(Code.LAYOUT_UNPARSEABLE, f"layer {number} of the manifest has no SHA-256 digest")
    size, media_type = entry.get("size"), _text(entry.get("mediaType"))
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise Malformed(Code.LAYOUT_UNPARSEABLE, f"the size of layer {number} of the manifest is no count of bytes")
    annotations = entry.get("annotations") or {}
    if not isinstance(annotations, dict) or not all(isinstance(value, str) for value in annotations.values()):
        raise Malformed(Code.LAYOUT_UNPARSEABLE, f"the annotations of layer {number} of the manifest are not text")
    holding = _holding(media_type)
    return Layer(
        holding=holding,
        media_type=media_type[:_TYPE],
        digest=digest,
        size=size,
        record=descriptor_record(media_type, digest, size, annotations) if holding is Holding.COSIGN else b"",
        claimed_type=_DOCUMENTS.get(media_type) or _text(annotations.get("in-toto.io/predicate-type"))[:_TYPE],
    )


def descriptor_record(media_type: str, digest: Digest, size: int, annotations: Mapping[str, str]) -> bytes:
    """Give the record of a layer in cosign's layouts: what its descriptor says, in canonical JSON."""
    try:
        return canonical({"mediaType": media_type, "digest": digest, "size": size, "annotations": annotations})
    except ValueError as error:
        raise Malformed(Code.LAYOUT_UNPARSEABLE, f"the descriptor of {digest} cannot be kept: {error}") from error


def _holding(media_type: str) -> Holding:
    if media_type.startswith(_BUNDLE):
        return Holding.BUNDLE
    if media_type in _COSIGN:
        return Holding.COSIGN
    if media_type in _DOCUMENTS:
        return Holding.DOCUMENT
    return Holding.STATEMENT if media_type == _STATEMENT else Holding.OTHER


# --- images and image indexes -----------------------------------------------------------------------------------------


def require_image(raw: bytes) -> None:
    """Refuse what no release can be, by its own code; raises Malformed.

    An index inside an index would hide which platforms there are, and an index without images has nothing to run.
    """
    manifest = read_object(raw, _DEPTH, Code.IMAGE_UNPARSEABLE)
    version, entries = manifest.get("schemaVersion"), manifest.get("manifests")
    if version != 2:
        detail = f"it is of manifest schema {1 if version == 1 else 'unknown'}; only schema 2 is read"
        raise Malformed(Code.IMAGE_UNSUPPORTED, detail)
    if entries is None:
        return
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Malformed(Code.IMAGE_UNPARSEABLE, "the manifests of the image index are not a list of descriptors")
    if nested := next((entry for entry in entries if _text(entry.get("mediaType")) in _INDEXES), None):
        detail = f"the image index lists another index, {_text(nested.get('digest'))[:80] or 'without a digest'}"
        raise Malformed(Code.IMAGE_NESTED_INDEX, detail)
    platforms = _platforms(raw)
    if len(platforms) > MAX_PLATFORMS:
        detail = f"the image index lists {len(platforms)} platforms, at most {MAX_PLATFORMS} are read"
        raise Malformed(Code.IMAGE_UNSUPPORTED, detail)
    if not platforms:
        raise Malformed(Code.IMAGE_EMPTY_INDEX, "the image index lists no image")


def read_platforms(raw: bytes) -> tuple[Platform, ...]:
    """List the platform manifests of an image index; empty for a single image and for what is no index.

    Attestation manifests that BuildKit puts into an index (platform unknown/unknown) are no platforms. An image for
    which the index names no platform is listed under a name that no policy can mean.
    """
    return _platforms(raw)[:MAX_PLATFORMS]


def _platforms(raw: bytes) -> tuple[Platform, ...]:
    platforms = []
    for entry in _entries(raw):
        platform, digest = entry.get("platform") or {}, _digest(entry.get("digest"))
        if digest and isinstance(platform, dict) and platform.get("os") != "unknown":
            parts = (platform.get("os"), platform.get("architecture"), platform.get("variant"))
            name = "/".join(one_line(str(part), _NAME) for part in parts if part)
            platforms.append(Platform(digest, name or _UNNAMED))
    return tuple(platforms)


def read_inner_attestations(raw: bytes) -> tuple[Digest, ...]:
    """List the attestation manifests that BuildKit puts into an image index: statements that nobody signed."""
    found = (
        _digest(entry.get("digest"))
        for entry in _entries(raw)
        if isinstance(entry.get("annotations"), dict)
        and entry["annotations"].get(_REFERENCE_TYPE) == "attestation-manifest"
    )
    return tuple(digest for digest in found if digest)[:MAX_PLATFORMS]


def _entries(raw: bytes) -> tuple[Mapping[str, Any], ...]:
    try:
        entries = read_object(raw, _DEPTH).get("manifests")
    except Malformed:
        return ()
    return tuple(entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else ()


def _digest(value: object) -> Digest | None:
    try:
        return parse_digest(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
