"""A layer in one of cosign's own layouts, read into the one form: its descriptor's annotations and its bytes.

The annotations are those of cosign's SIGNATURE_SPEC.md, in the spelling of its code. The chain annotation is not read:
certificates that come with a signature vouch for nothing, the trusted root has whole chains.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography import x509

from promoter.adapters.signatures_sigstore.piece import Content, Entry, Envelope, Piece, enveloped
from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.core.evidence import ContentKind, Mechanism
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import Material

SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json"
ATTESTATION = "application/vnd.dsse.envelope.v1+json"
_SIGNATURE = "dev.cosignproject.cosign/signature"
_CERTIFICATE = "dev.sigstore.cosign/certificate"
_LOGGED = "dev.sigstore.cosign/bundle"
_STAMP = "dev.sigstore.cosign/rfc3161timestamp"


def read_layer(material: Material) -> Piece:
    """Read a layer; raises Refusal or Malformed with the code of the part that cannot be used."""
    descriptor = read_object(material.raw, code=Code.COSIGN_LAYER_UNSUPPORTED)
    if descriptor.get("digest") != digest_of(material.payload):
        raise Refusal(Code.COSIGN_LAYER_DAMAGED, "the layer's bytes do not have the digest of its descriptor")
    annotations = _annotations(descriptor)
    certificate = _certificate(annotations.get(_CERTIFICATE, ""))
    return Piece(
        content=_content(descriptor.get("mediaType"), annotations, material.payload),
        mechanism=Mechanism.KEYLESS_COSIGN if certificate else Mechanism.KEYED_COSIGN,
        certificate=certificate,
        entries=(_entry(annotations[_LOGGED]),) if annotations.get(_LOGGED) else (),
        stamps=(_stamp(annotations[_STAMP]),) if annotations.get(_STAMP) else (),
    )


def _annotations(descriptor: Mapping[str, Any]) -> Mapping[str, str]:
    annotations = descriptor.get("annotations") or {}
    if not isinstance(annotations, dict) or not all(isinstance(text, str) for text in annotations.values()):
        raise _unreadable("annotations", "they are not texts")
    return annotations


def _content(kind: object, annotations: Mapping[str, str], payload: bytes) -> Content:
    if kind == SIMPLE_SIGNING:
        signature = _decoded(_SIGNATURE, annotations.get(_SIGNATURE, ""))
        return Content(ContentKind.MESSAGE_SIGNATURE, signature, hashlib.sha256(payload).digest(), payload)
    if kind == ATTESTATION:
        return _attested(payload)
    raise Refusal(Code.COSIGN_LAYER_UNSUPPORTED, f"layers of the media type {ascii(kind)[:120]} are not read")


def _attested(raw: bytes) -> Content:
    """Read a DSSE envelope (DSSE v1.0.0, envelope.md); unknown members are ignored, as it demands."""
    document = read_object(raw, code=Code.COSIGN_ENVELOPE_UNPARSEABLE)
    payload_type, signatures = document.get("payloadType"), document.get("signatures")
    if not isinstance(payload_type, str) or not isinstance(signatures, list):
        raise Refusal(Code.COSIGN_ENVELOPE_UNPARSEABLE, "the layer is no DSSE envelope")
    if len(signatures) != 1:
        detail = f"the envelope has {len(signatures)} signatures, not exactly one"
        raise Refusal(Code.BUNDLE_SIGNATURE_COUNT, detail)
    try:
        payload = base64.b64decode(document["payload"], validate=True)
        signature = base64.b64decode(signatures[0]["sig"], validate=True)
    except (KeyError, TypeError, ValueError) as error:
        raise Refusal(Code.COSIGN_ENVELOPE_UNPARSEABLE, "payload or signature of the envelope is not base64") from error
    return enveloped(Envelope(payload_type, payload, raw), signature)


def _certificate(pem: str) -> x509.Certificate | None:
    if not pem:
        return None
    try:
        found = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise _unreadable(_CERTIFICATE, "it holds no certificate") from error
    if len(found) != 1:
        raise _unreadable(_CERTIFICATE, f"it holds {len(found)} certificates, not exactly one")
    return found[0]


def _entry(text: str) -> Entry:
    try:
        logged = read_object(text.encode(), code=Code.COSIGN_ANNOTATION_INVALID)
        payload, promise = logged["Payload"], _decoded(_LOGGED, logged["SignedEntryTimestamp"])
        body = _decoded(_LOGGED, payload["body"])
        index, integrated, log_id = payload["logIndex"], payload["integratedTime"], bytes.fromhex(payload["logID"])
        record = read_object(body, code=Code.BUNDLE_LOG_INVALID)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(_LOGGED, "it is not what cosign writes") from error
    if not promise or type(index) is not int or type(integrated) is not int:
        raise _unreadable(_LOGGED, "it is not what cosign writes")
    kind, version = record.get("kind"), record.get("apiVersion")
    return Entry(log_id, index, str(kind), str(version), body, promise, integrated)


def _stamp(text: str) -> bytes:
    try:
        stamp = read_object(text.encode(), code=Code.COSIGN_ANNOTATION_INVALID)["SignedRFC3161Timestamp"]
    except KeyError as error:
        raise _unreadable(_STAMP, "it is not what cosign writes") from error
    return _decoded(_STAMP, stamp)


def _decoded(name: str, text: object) -> bytes:
    try:
        return base64.b64decode(text if isinstance(text, str) else "?", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unreadable(name, "it is not base64") from error


def _unreadable(name: str, why: str) -> Refusal:
    return Refusal(Code.COSIGN_ANNOTATION_INVALID, f"the annotation {name} cannot be read: {why}")


def claimed_payload(material: Material) -> bytes:
    """Give what an unverified layer carries in its envelope; empty for a signature's layer, raises nothing."""
    try:
        return base64.b64decode(read_object(material.payload).get("payload", ""))
    except (Malformed, ValueError, TypeError):
        return b""
