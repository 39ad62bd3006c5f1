"""Pieces of evidence from their bytes, whatever the layout: the same when they are gathered and when they are recalled.

A piece that is no bundle has a record, kept as a blob of its own, that names its parts by digest: for cosign's layouts
the layer's descriptor, for a signed document its manifest and the signature over that.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from promoter.core.candidate import Digest, parse_digest
from promoter.core.canonical import canonical
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, ContentKind, EvidenceState, Found, Layout, Unusable
from promoter.core.manifest import Carrier, read_carrier
from promoter.core.predicates.types import SIGNATURE
from promoter.core.public_key import PublicKey
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import Material, Signatures

EVIDENCE_CAP: Final = 64 << 20
"""Bytes of one piece of evidence with everything in it."""

Get = Callable[[Digest], bytes]
"""Gives bytes by their digest; what it raises goes through."""

_BUNDLES = frozenset({Layout.BUNDLE, Layout.FORGE_STORE})


@dataclass(frozen=True, slots=True)
class Attached:
    """The record of a signed document: its manifest, and the signature over that manifest."""

    manifest: Digest
    cover: Digest
    cover_manifest: Digest
    cover_layout: Layout


class Examiner:
    """Verifies pieces of evidence with one trusted root and the keys that policies name."""

    def __init__(self, signatures: Signatures, keys: tuple[PublicKey, ...]) -> None:
        self._signatures = signatures
        self.keys = keys

    def examine(self, found: Found, subject: Digest, get: Get) -> Attestation | Unusable:
        """Verify one piece about a digest; never raises for anything in it."""
        if found.layout is Layout.ATTACHMENT:
            return self._attached(found, subject, get)
        raw = get(found.blob)
        payload = b"" if found.layout in _BUNDLES else get(_payload(raw))
        return self._signatures.examine(Material(found, raw, payload), subject, self.keys)

    def _attached(self, found: Found, subject: Digest, get: Get) -> Attestation | Unusable:
        """Verify the signature over the document's manifest, which must refer to the image or describe it."""
        record = _read_record(get(found.blob))
        found = replace(found, cover=record.cover_layout)
        cover = self.examine(_cover_of(record, found), record.manifest, get)
        carrier = read_carrier(get(record.manifest))
        layer = carrier.layers[0]
        if isinstance(cover, Unusable):
            return replace(cover, found=found, claimed_type=layer.claimed_type)
        return join(found, subject, carrier, get(layer.digest), cover)


def join(
    found: Found, subject: Digest, carrier: Carrier, document: bytes, cover: Attestation
) -> Attestation | Unusable:
    """Give a document as evidence by whoever signed its manifest; refused unless the document is about the image."""
    claimed = carrier.layers[0].claimed_type
    try:
        body = read_object(document, code=Code.LAYOUT_ATTACHMENT_UNPARSEABLE)
    except Malformed as malformed:
        return Unusable(found, EvidenceState.UNPARSEABLE, malformed.code.value, malformed.detail, claimed)
    if carrier.subject != subject and (carrier.subject or not _describes(body, subject)):
        detail = (
            f"its manifest refers to {carrier.subject[:80]}, not to {subject}"
            if carrier.subject
            else f"neither its manifest nor its own account of what it describes names {subject}"
        )
        return Unusable(found, EvidenceState.INVALID, Code.LAYOUT_ATTACHMENT_UNBOUND.value, detail, claimed)
    return replace(
        cover,
        found=found,
        kind=ContentKind.DOCUMENT,
        predicate_type=claimed,
        predicate=body,
        subjects=(subject,),
    )


def is_cover(item: Attestation) -> bool:
    """Tell whether an attestation is a signature over what it is about, and states nothing else."""
    return item.kind is ContentKind.MESSAGE_SIGNATURE or item.predicate_type in SIGNATURE


def attachment_record(manifest: Digest, cover: Attestation) -> bytes:
    """Give the record of a document by its manifest and the signature over it."""
    signature = cover.found
    return canonical(Attached(manifest, signature.blob, signature.manifest, signature.layout))


def attachment_parts(manifest: Digest, document: Digest, cover: Attestation) -> tuple[Digest, ...]:
    """List the bytes that a signed document consists of beside its record."""
    return (manifest, document, cover.found.blob, *cover.found.parts)


def _cover_of(record: Attached, found: Found) -> Found:
    """Give where the signature was found; its own parts follow the three that `attachment_parts` puts first."""
    return Found(record.cover, record.cover_manifest, 0, record.cover_layout, found.parts[3:])


def _payload(record: bytes) -> Digest:
    return parse_digest(json.loads(record)["digest"])


def _read_record(raw: bytes) -> Attached:
    values: dict[str, Any] = json.loads(raw)
    return Attached(
        parse_digest(values["manifest"]),
        parse_digest(values["cover"]),
        parse_digest(values["cover_manifest"]),
        Layout(values["cover_layout"]),
    )


def _describes(document: Mapping[str, Any], subject: Digest) -> bool:
    """Tell whether an SBOM's account of what it describes holds the digest.

    In CycloneDX that is `metadata.component`, in SPDX 2 the packages that the document describes. What stands inside
    them is of other things: what an image was made from (`pedigree`), what it holds (`components`).
    """
    metadata = document.get("metadata")
    described = [metadata.get("component")] if isinstance(metadata, dict) else []
    names = {*_texts(document.get("documentDescribes")), *_described_by_relation(document.get("relationships"))}
    packages = _objects(document.get("packages"))
    described += [one for one in packages if isinstance(name := one.get("SPDXID"), str) and name in names]
    figures = subject.removeprefix("sha256:")
    return any(figures in text for part in _objects(described) for text in _own_texts(part))


def _own_texts(part: Mapping[str, Any]) -> Iterator[str]:
    """Give what a component or package says of itself: name, version, references and hashes."""
    yield from _texts([part.get(name) for name in ("name", "version", "versionInfo", "purl", "bom-ref", "SPDXID")])
    yield from _texts([one.get("content") for one in _objects(part.get("hashes"))])
    yield from _texts([one.get("checksumValue") for one in _objects(part.get("checksums"))])
    yield from _texts([one.get("referenceLocator") for one in _objects(part.get("externalRefs"))])


def _described_by_relation(relations: object) -> tuple[str, ...]:
    related = (
        one.get("relatedSpdxElement") for one in _objects(relations) if one.get("relationshipType") == "DESCRIBES"
    )
    return tuple(name for name in related if isinstance(name, str))


def _objects(values: object) -> tuple[Mapping[str, Any], ...]:
    return tuple(value for value in values if isinstance(value, dict)) if isinstance(values, list) else ()


def _texts(values: object) -> tuple[str, ...]:
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()
