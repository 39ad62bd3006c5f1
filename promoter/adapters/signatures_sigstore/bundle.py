"""A Sigstore bundle read from untrusted bytes: its parts, nothing verified yet (protobuf-specs, sigstore_bundle.proto).

Bundles v0.1 to v0.3 that are signed with a certificate and hold one log entry. Bundles signed with a key are told apart
by `KEY_UNSUPPORTED`; here is where another kind of verification material would be let in.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from pydantic import ValidationError
from sigstore.errors import VerificationError
from sigstore.models import Bundle, InvalidBundle
from sigstore_models.bundle.v1 import Bundle as BundleModel
from sigstore_models.bundle.v1 import VerificationMaterial
from sigstore_models.intoto import Envelope
from sigstore_models.rekor.v1 import TransparencyLogEntry

from promoter.adapters.signatures_sigstore.certificate import check_profile, load_certificate
from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.core.codes import Code
from promoter.core.evidence import ContentKind, LogEntry
from promoter.core.strict_json import Malformed, read_object

MAX_BUNDLE_BYTES = 20 * 1024 * 1024
MAX_WITNESSES = 32
"""Log entries, timestamps, signatures and certificates that a bundle may hold, of each kind."""

_MEDIA_TYPES = frozenset(kind.value for kind in Bundle.BundleType)
_ENTRY_KINDS = frozenset({("hashedrekord", "0.0.1"), ("hashedrekord", "0.0.2"), ("dsse", "0.0.1")})
_COUNTED = (
    (("dsseEnvelope", "signatures"), Code.BUNDLE_SIGNATURE_INVALID),
    (("verificationMaterial", "tlogEntries"), Code.BUNDLE_LOG_INVALID),
    (("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps"), Code.BUNDLE_TIME_INVALID),
    (("verificationMaterial", "x509CertificateChain", "certificates"), Code.BUNDLE_UNPARSEABLE),
)
_PLACES = {"tlogEntries": Code.BUNDLE_LOG_INVALID, "timestampVerificationData": Code.BUNDLE_TIME_INVALID}


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a bundle; `bundle` is the same as sigstore's verifier takes it."""

    bundle: Bundle
    model: BundleModel
    leaf: x509.Certificate
    entry: TransparencyLogEntry

    @property
    def kind(self) -> ContentKind:
        """What the bundle signs."""
        return ContentKind.DSSE if self.model.dsse_envelope else ContentKind.MESSAGE_SIGNATURE

    @property
    def log(self) -> LogEntry:
        """The entry, by the index that a signature covers: the promise's, otherwise the inclusion proof's."""
        entry = self.entry
        index = entry.log_index if entry.inclusion_promise else entry.inclusion_proof.log_index
        return LogEntry(entry.log_id.key_id.hex(), index, f"{entry.kind_version.kind} {entry.kind_version.version}")


def read_bundle(raw: bytes) -> Parts:
    """Read a bundle; raises Refusal or Malformed with the code of the part that cannot be used."""
    if len(raw) > MAX_BUNDLE_BYTES:
        raise Refusal(Code.BUNDLE_TOO_LARGE, f"the bundle has {len(raw)} bytes, at most {MAX_BUNDLE_BYTES} are read")
    document = read_object(raw, code=Code.BUNDLE_UNPARSEABLE)
    _check_counts(document)
    model = _model(document, raw)
    leaf = load_certificate(_leaf(model.verification_material))
    check_profile(leaf)
    entry = _entry(model.verification_material)
    if model.dsse_envelope:
        _check_envelope(model.dsse_envelope)
    return Parts(_bundle(model), model, leaf, entry)


def claimed_type(raw: bytes) -> str:
    """Tell which predicate type an unverified bundle claims, for display; empty where it says nothing readable."""
    try:
        envelope = read_object(raw[:MAX_BUNDLE_BYTES]).get("dsseEnvelope", {})
        claimed = read_object(base64.b64decode(envelope["payload"])).get("predicateType")
    except (Malformed, ValueError, TypeError, KeyError, AttributeError):
        return ""
    return claimed[:200] if isinstance(claimed, str) else ""


def _check_counts(document: Mapping[str, Any]) -> None:
    """Refuse a bundle with more of anything than is looked at, before any of it is decoded."""
    for place, code in _COUNTED:
        value: object = document
        for name in place:
            value = value.get(name) if isinstance(value, Mapping) else None
        if isinstance(value, list) and len(value) > MAX_WITNESSES:
            detail = f"the bundle has {len(value)} {place[-1]}, more than {MAX_WITNESSES} are not looked at"
            raise Refusal(code, detail)


def _model(document: Mapping[str, Any], raw: bytes) -> BundleModel:
    kind = document.get("mediaType")
    if not isinstance(kind, str) or kind not in _MEDIA_TYPES:
        raise Refusal(Code.BUNDLE_UNSUPPORTED, f"bundles of the media type {ascii(kind)[:120]} are not read")
    try:
        return BundleModel.from_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = [str(part) for part in first["loc"]]
        code = next((_PLACES[part] for part in place if part in _PLACES), Code.BUNDLE_UNPARSEABLE)
        raise Refusal(code, f"the bundle's {'.'.join(place) or 'content'}: {first['msg']}"[:300]) from error


def _leaf(material: VerificationMaterial) -> bytes:
    if material.public_key:
        raise Refusal(Code.BUNDLE_KEY_UNSUPPORTED, "the bundle is signed with a key, only certificates are verified")
    if material.certificate:
        return material.certificate.raw_bytes
    chain = material.x509_certificate_chain
    if not chain or not chain.certificates:
        raise Refusal(Code.BUNDLE_UNPARSEABLE, "the bundle has no signing certificate")
    return chain.certificates[0].raw_bytes


def _entry(material: VerificationMaterial) -> TransparencyLogEntry:
    entries = material.tlog_entries
    if len(entries) != 1:
        raise Refusal(Code.BUNDLE_LOG_INVALID, f"the bundle has {len(entries)} log entries, not exactly one")
    entry = entries[0]
    kind = entry.kind_version
    if (kind.kind, kind.version) not in _ENTRY_KINDS:
        raise Refusal(Code.BUNDLE_UNSUPPORTED, f"log entries of the kind {ascii(kind.kind)[:80]} are not verified")
    checkpoint = entry.inclusion_proof.checkpoint
    if not checkpoint:
        raise Refusal(Code.BUNDLE_LOG_INVALID, "the log entry's inclusion proof has no checkpoint")
    if checkpoint.envelope.split("\n")[1:2] != [str(entry.inclusion_proof.tree_size)]:
        raise Refusal(Code.BUNDLE_LOG_INVALID, "the checkpoint is of another tree size than the inclusion proof")
    stamps = material.timestamp_verification_data
    if not entry.inclusion_promise and not (stamps and stamps.rfc3161_timestamps):
        raise Refusal(Code.BUNDLE_TIME_INVALID, "the bundle has neither an inclusion promise nor a timestamp")
    return entry


def _check_envelope(envelope: Envelope) -> None:
    if len(envelope.signatures) != 1 or not envelope.signatures[0].sig:
        raise Refusal(
            Code.BUNDLE_SIGNATURE_INVALID, f"the envelope has {len(envelope.signatures)} signatures, not exactly one"
        )


def _bundle(model: BundleModel) -> Bundle:
    try:
        return Bundle(model)
    except InvalidBundle as error:
        raise Refusal(Code.BUNDLE_UNPARSEABLE, str(error)[:300]) from error
    except VerificationError as error:  # what it does verify while it reads is the form of timestamps
        raise Refusal(Code.BUNDLE_TIME_INVALID, "a timestamp of the bundle cannot be read") from error
