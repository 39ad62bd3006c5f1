"""A Sigstore bundle v0.1 to v0.3 read from untrusted bytes into the one form; nothing verified yet.

With a certificate or with a key's hint; with no log entry, one or several; with inclusion proofs, promises and
timestamps as its version allows.
"""

from collections.abc import Mapping
from typing import Any

from cryptography import x509
from sigstore.models import Bundle
from sigstore_models.common.v1 import HashAlgorithm, MessageSignature
from sigstore_models.intoto import Envelope as EnvelopeModel

from promoter.adapters.signatures_sigstore.bundle_model import LooseBundle, LooseEntry, LooseMaterial, read_model
from promoter.adapters.signatures_sigstore.certificate import load_certificate
from promoter.adapters.signatures_sigstore.piece import (
    MAX_WITNESSES,
    Content,
    Entry,
    Envelope,
    Piece,
    enveloped,
)
from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.evidence import ContentKind, Mechanism
from promoter.core.strict_json import read_object

_MEDIA_TYPES = frozenset(kind.value for kind in Bundle.BundleType)
_PROMISED = Bundle.BundleType.BUNDLE_0_1.value
_IN_CHAINS = frozenset({_PROMISED, Bundle.BundleType.BUNDLE_0_2.value})
_COUNTED = (
    (("dsseEnvelope", "signatures"), Code.BUNDLE_SIGNATURE_COUNT),
    (("verificationMaterial", "tlogEntries"), Code.BUNDLE_TOO_MANY_LOG_ENTRIES),
    (("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps"), Code.BUNDLE_TOO_MANY_TIMESTAMPS),
    (("verificationMaterial", "x509CertificateChain", "certificates"), Code.BUNDLE_UNPARSEABLE),
)


def read_bundle(raw: bytes, subject: Digest) -> Piece:
    """Read a bundle about a digest; raises Refusal or Malformed with the code of the part that cannot be used."""
    document = read_object(raw, code=Code.BUNDLE_UNPARSEABLE)
    _check_counts(document)
    kind = document.get("mediaType")
    if not isinstance(kind, str) or kind not in _MEDIA_TYPES:
        raise Refusal(Code.BUNDLE_UNSUPPORTED, f"bundles of the media type {ascii(kind)[:120]} are not read")
    model = read_model(raw)
    material = model.verification_material
    stamps = material.timestamp_verification_data
    hint = material.public_key.hint if material.public_key else ""
    return Piece(
        content=_content(model, subject),
        mechanism=Mechanism.KEYED_BUNDLE if material.public_key else Mechanism.KEYLESS_BUNDLE,
        certificate=None if material.public_key else _leaf(material, kind),
        hint=hint or "",
        entries=tuple(_entry(entry, kind) for entry in material.tlog_entries),
        stamps=tuple(each.signed_timestamp for each in stamps.rfc3161_timestamps or ()) if stamps else (),
    )


def _check_counts(document: Mapping[str, Any]) -> None:
    """Refuse a bundle with more of anything than is looked at, before any of it is decoded."""
    for place, code in _COUNTED:
        value: object = document
        for name in place:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, list) and len(value) > MAX_WITNESSES:
            detail = f"the bundle has {len(value)} {place[-1]}, more than {MAX_WITNESSES} are not looked at"
            raise Refusal(code, detail)


def _content(model: LooseBundle, subject: Digest) -> Content:
    if model.dsse_envelope:
        return enveloped(
            Envelope(model.dsse_envelope.payload_type, model.dsse_envelope.payload), _signature(model.dsse_envelope)
        )
    assert model.message_signature  # the model has exactly one of the two
    return _message(model.message_signature, subject)


def _signature(envelope: EnvelopeModel) -> bytes:
    if len(envelope.signatures) != 1:
        raise Refusal(
            Code.BUNDLE_SIGNATURE_COUNT, f"the envelope has {len(envelope.signatures)} signatures, not exactly one"
        )
    return envelope.signatures[0].sig


def _message(message: MessageSignature, subject: Digest) -> Content:
    digest, stated = bytes.fromhex(subject.removeprefix("sha256:")), message.message_digest
    if stated and stated.algorithm is not HashAlgorithm.SHA2_256:
        raise Refusal(Code.BUNDLE_UNSUPPORTED, "the bundle signs another digest than a SHA-256, which names images")
    if stated and stated.digest != digest:
        raise Refusal(Code.BUNDLE_WRONG_DIGEST, "the bundle signs another digest")
    return Content(ContentKind.MESSAGE_SIGNATURE, message.signature, digest)


def _leaf(material: LooseMaterial, kind: str) -> x509.Certificate:
    """Give the signer's certificate from the place that the version has for it.

    Those above it must be certificates, and nothing that they say counts.
    """
    chain = material.x509_certificate_chain
    if kind in _IN_CHAINS and chain and chain.certificates:
        leaf, *_ = (load_certificate(each.raw_bytes) for each in chain.certificates)
        return leaf
    if kind not in _IN_CHAINS and material.certificate:
        return load_certificate(material.certificate.raw_bytes)
    raise Refusal(Code.BUNDLE_UNPARSEABLE, "the bundle has no signing certificate where its version has it")


def _entry(entry: LooseEntry, kind: str) -> Entry:
    promise = entry.inclusion_promise.signed_entry_timestamp if entry.inclusion_promise else b""
    if entry.inclusion_promise and entry.integrated_time and not promise:
        raise Refusal(Code.BUNDLE_PROMISE_INVALID, "the log's promise is empty")
    if kind == _PROMISED and not promise:
        raise Refusal(Code.BUNDLE_PROMISE_INVALID, "the log entry has no promise, which bundles v0.1 must have")
    if kind != _PROMISED and entry.inclusion_proof is None:
        raise Refusal(Code.BUNDLE_PROOF_MISSING, "the log entry has no inclusion proof")
    return Entry(
        log_id=entry.log_id.key_id,
        index=entry.log_index,
        kind=entry.kind_version.kind,
        version=entry.kind_version.version,
        body=entry.canonicalized_body,
        promise=promise,
        integrated=entry.integrated_time or 0,
        proven=entry if entry.inclusion_proof else None,
    )
