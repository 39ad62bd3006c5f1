"""What a transparency log recorded, against what we hold: content, signature, and certificate or key.

A genuine entry about something else proves nothing (CVE-2022-23649, CVE-2022-36056, CVE-2026-22703, CVE-2024-53267).
Every kind of entry is read into one record; whatever it records must be ours, and it must record the signature, or the
envelope that the signature stands in.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from promoter.adapters.signatures_sigstore.piece import Content, Entry
from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.core.codes import Code
from promoter.core.strict_json import read_object

_Hashed = tuple[str, bytes]  # hashlib's name of the algorithm, and the hash
_ALGORITHMS: Final = {
    **{name: name for name in ("sha256", "sha384", "sha512")},
    **{f"SHA2_{bits}": f"sha{bits}" for bits in (256, 384, 512)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one entry says: the hashes that it names, the signature, and certificate or key in DER."""

    verifier: bytes
    signature: bytes | None = None
    covered: _Hashed | None = None
    payload: _Hashed | None = None
    envelope: _Hashed | None = None


def check_recorded(entry: Entry, content: Content, verifier: bytes) -> None:
    """Raise Refusal or Malformed unless the entry is about this content, signature, and certificate or key (DER)."""
    record = _recorded(entry)
    if content.envelope and (entry.kind, entry.version) == ("hashedrekord", "0.0.1"):
        raise Refusal(Code.BUNDLE_LOG_KIND_UNSUPPORTED, "a hashedrekord 0.0.1 is an entry for bytes, not for envelopes")
    for what, is_ours in _comparisons(record, content, verifier).items():
        if not is_ours:
            raise Refusal(Code.BUNDLE_LOG_MISMATCH, f"the log entry is about another {what}")


def _recorded(entry: Entry) -> Record:
    body = read_object(entry.body, code=Code.BUNDLE_LOG_INVALID)
    if set(body) != {"kind", "apiVersion", "spec"}:
        raise Refusal(Code.BUNDLE_LOG_INVALID, "the log entry's body has other members than a log writes")
    if (body["kind"], body["apiVersion"]) != (entry.kind, entry.version):
        raise Refusal(Code.BUNDLE_LOG_INVALID, "the log entry is of another kind than it says")
    read = _READERS.get((entry.kind, entry.version))
    if read is None:
        raise Refusal(
            Code.BUNDLE_LOG_KIND_UNSUPPORTED,
            f"log entries of the kind {ascii(f'{entry.kind} {entry.version}')[:80]} are not verified",
        )
    try:
        return read(body["spec"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise Refusal(Code.BUNDLE_LOG_INVALID, "the log entry's body cannot be read") from error


def _comparisons(record: Record, content: Content, verifier: bytes) -> Mapping[str, bool]:
    """Compare all that the entry names, by what it is called in a refusal."""
    envelope = content.envelope
    if record.signature is None and not (record.envelope and envelope and envelope.raw):
        raise Refusal(
            Code.BUNDLE_LOG_KIND_UNSUPPORTED, "the log entry names no signature, and the envelope it names is not kept"
        )
    found = {"certificate or key": record.verifier == verifier}
    if record.covered:
        found["content"] = content.hashed(record.covered[0]) == record.covered[1]
    if record.payload:
        found["payload"] = bool(envelope) and _is_hash(record.payload, envelope.payload if envelope else b"")
    if record.signature is None and record.envelope:
        found["envelope"] = _is_hash(record.envelope, envelope.raw if envelope else b"")
    elif record.signature is not None:
        found["signature"] = record.signature == content.signature
    return found


def _is_hash(hashed: _Hashed, data: bytes) -> bool:
    return hashlib.new(hashed[0], data).digest() == hashed[1]


# --- the kinds of entries: Rekor v1 (pkg/types), Rekor v2 (rekor-tiles, entry.proto) ----------------------------------


def _hashedrekord_v1(spec: Mapping[str, Any]) -> Record:
    return Record(
        verifier=_of_pem(spec["signature"]["publicKey"]["content"]),
        signature=_bytes(spec["signature"]["content"]),
        covered=_hex_hash(spec["data"]["hash"]),
    )


def _dsse_v1(spec: Mapping[str, Any]) -> Record:
    (signed,) = spec["signatures"]
    return Record(
        verifier=_of_pem(signed["verifier"]),
        signature=_bytes(signed["signature"]),
        payload=_hex_hash(spec["payloadHash"]),
    )


def _intoto_v1(spec: Mapping[str, Any]) -> Record:
    content = spec["content"]
    return Record(
        verifier=_of_pem(spec["publicKey"]),
        payload=_hex_hash(content["payloadHash"]),
        envelope=_hex_hash(content["hash"]),
    )


def _intoto_v2(spec: Mapping[str, Any]) -> Record:
    content = spec["content"]
    (signed,) = content["envelope"]["signatures"]
    return Record(
        verifier=_of_pem(signed["publicKey"]),
        signature=_bytes(_bytes(signed["sig"]).decode("ascii")),  # base64 twice
        payload=_hex_hash(content["payloadHash"]),
    )


def _hashedrekord_v2(spec: Mapping[str, Any]) -> Record:
    record = _alone(spec, "hashedRekordV002")
    return Record(
        verifier=_of_verifier(record["signature"]["verifier"]),
        signature=_bytes(record["signature"]["content"]),
        covered=_base64_hash(record["data"]),
    )


def _dsse_v2(spec: Mapping[str, Any]) -> Record:
    record = _alone(spec, "dsseV002")
    (signed,) = record["signatures"]
    return Record(
        verifier=_of_verifier(signed["verifier"]),
        signature=_bytes(signed["content"]),
        payload=_base64_hash(record["payloadHash"]),
    )


_READERS: Final[Mapping[tuple[str, str], Callable[[Mapping[str, Any]], Record]]] = {
    ("hashedrekord", "0.0.1"): _hashedrekord_v1,
    ("dsse", "0.0.1"): _dsse_v1,
    ("intoto", "0.0.1"): _intoto_v1,
    ("intoto", "0.0.2"): _intoto_v2,
    ("hashedrekord", "0.0.2"): _hashedrekord_v2,
    ("dsse", "0.0.2"): _dsse_v2,
}


def _alone(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give the one record of an entry; raises ValueError where another one stands beside it."""
    ((found, record),) = spec.items()
    if found != name:
        raise ValueError(f"the record is {found}")
    return record  # type: ignore[no-any-return]


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _hex_hash(hashed: Mapping[str, Any]) -> _Hashed:
    return _ALGORITHMS[hashed["algorithm"]], bytes.fromhex(hashed["value"])


def _base64_hash(hashed: Mapping[str, Any]) -> _Hashed:
    return _ALGORITHMS[hashed["algorithm"]], _bytes(hashed["digest"])


def _of_pem(text: str) -> bytes:
    pem = _bytes(text)
    if b"CERTIFICATE" in pem:
        (certificate,) = x509.load_pem_x509_certificates(pem)
        return certificate.public_bytes(Encoding.DER)
    return load_pem_public_key(pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _of_verifier(verifier: Mapping[str, Any]) -> bytes:
    (named,) = (verifier[name] for name in ("x509Certificate", "publicKey") if verifier.get(name))
    return _bytes(named["rawBytes"])
