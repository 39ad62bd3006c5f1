"""Layers in which cosign keeps signatures and attestations: the content, and what proves it in annotations.

The form is that of cosign 3.1.3 with `--new-bundle-format=false`, which is that of cosign 1 and 2 but for the
certificate chain (theirs holds the intermediate and the root, its is empty).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from cryptography.hazmat.primitives.serialization import Encoding

from promoter.core.candidate import Digest, digest_of
from promoter.core.canonical import canonical
from promoter.core.evidence import Found, Layout
from promoter.local.authority.bodies import encode
from promoter.local.authority.contents import Message
from promoter.local.authority.sealing import Sealed
from promoter.ports import Material

SIMPLE_SIGNING_TYPE = "application/vnd.dev.cosign.simplesigning.v1+json"
ENVELOPE_TYPE = "application/vnd.dsse.envelope.v1+json"
SIGNATURE = "dev.cosignproject.cosign/signature"
CERTIFICATE = "dev.sigstore.cosign/certificate"
CHAIN = "dev.sigstore.cosign/chain"
BUNDLE = "dev.sigstore.cosign/bundle"
TIMESTAMP = "dev.sigstore.cosign/rfc3161timestamp"
PREDICATE_TYPE = "predicateType"


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a manifest: its media type, its bytes, and its annotations."""

    media_type: str
    data: bytes
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def descriptor(self) -> dict[str, Any]:
        """What a manifest says of the layer."""
        found = {"mediaType": self.media_type, "digest": digest_of(self.data), "size": len(self.data)}
        return {**found, "annotations": dict(self.annotations)} if self.annotations else found

    def material(self, manifest: Digest, layout: Layout = Layout.COSIGN_TAG) -> Material:
        """Give the layer as it comes to whoever verifies it, from a manifest in one of cosign's two layouts."""
        raw = canonical(self.descriptor)
        return Material(Found(digest_of(raw), manifest, len(raw), layout), raw, self.data)

    def annotated(self, name: str, value: str) -> Self:
        """Give the layer with one annotation more, or with another value of it."""
        return replace(self, annotations={**self.annotations, name: value})

    def without(self, name: str) -> Self:
        """Give the layer without an annotation."""
        return replace(self, annotations={key: text for key, text in self.annotations.items() if key != name})


def signature_layer(sealed: Sealed) -> Layer:
    """Give the layer of a signed simple signing payload; raises ValueError for an envelope."""
    if not isinstance(sealed.content, Message):
        raise ValueError("a statement is no simple signing payload")  # noqa: TRY004 - the value's content is wrong
    signature = encode(sealed.signatures[0])
    return Layer(SIMPLE_SIGNING_TYPE, sealed.content.data, {SIGNATURE: signature, **_proofs(sealed)})


def attestation_layer(sealed: Sealed, predicate_type: str) -> Layer:
    """Give the layer of a signed statement; its signature stands in the envelope, and nowhere else."""
    annotations = {SIGNATURE: "", **_proofs(sealed), PREDICATE_TYPE: predicate_type}
    return Layer(ENVELOPE_TYPE, sealed.envelope, annotations)


def _proofs(sealed: Sealed) -> dict[str, str]:
    """Give certificate, log entry and timestamp; of several entries or timestamps there is room for the first."""
    found = {}
    if sealed.entries:
        found[BUNDLE] = sealed.entries[0].annotation
    if sealed.credential.certificate is not None:
        found[CERTIFICATE] = sealed.credential.certificate.public_bytes(Encoding.PEM).decode()
        found[CHAIN] = ""
    if sealed.stamps:
        stamp = {"SignedRFC3161Timestamp": encode(sealed.stamps[0])}
        found[TIMESTAMP] = json.dumps(stamp, separators=(",", ":"))
    return found


def chain_pem(sealed: Sealed) -> str:
    """Give what cosign 1 and 2 write into the chain annotation: the certificates above the signer's."""
    return "".join(each.public_bytes(Encoding.PEM).decode() for each in sealed.credential.chain)
