"""What transparency logs record of a signature: the canonical entry bodies (RFC 8785) of Rekor v1 and v2."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from promoter.core.statement import pre_authentication
from promoter.local.authority.keys import Hash, PublicKey, check_data, check_hash

Verifier = x509.Certificate | PublicKey
"""What an entry names beside a signature: the certificate of the key, or the key itself."""

_P256 = "PKIX_ECDSA_P256_SHA_256"


@dataclass(frozen=True, slots=True)
class Signed:
    """What an entry is about: the hash of what was signed, the signature, and whose it is.

    `details` is the kind and scheme of the key by its name in sigstore's PublicKeyDetails, which only Rekor v2 records.
    """

    digest: bytes
    signature: bytes
    verifier: Verifier
    hash: Hash = Hash.SHA256
    details: str = _P256

    def check(self) -> None:
        """Raise ValueError unless the signature verifies over the hash."""
        check_hash(key_of(self.verifier), self.signature, self.digest, self.hash)


def key_of(verifier: Verifier) -> PublicKey:
    """Give the key; raises ValueError for one of a kind that no log takes."""
    return _checked(verifier.public_key() if isinstance(verifier, x509.Certificate) else verifier)


def pem_of(verifier: Verifier) -> bytes:
    """Give a certificate or a key in PEM, as Rekor v1 records it."""
    if isinstance(verifier, x509.Certificate):
        return verifier.public_bytes(Encoding.PEM)
    return verifier.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def verifier_of_pem(pem: bytes) -> Verifier:
    """Read a certificate or a public key in PEM; raises ValueError for anything else."""
    if b"BEGIN CERTIFICATE" in pem:
        return x509.load_pem_x509_certificate(pem)
    return _checked(load_pem_public_key(pem))


def verifier_of_v2(verifier: Mapping[str, Any]) -> Verifier:
    """Read the verifier of a request to Rekor v2; raises ValueError or KeyError for anything else."""
    if "x509Certificate" in verifier:
        return x509.load_der_x509_certificate(decode(verifier["x509Certificate"]["rawBytes"]))
    return _checked(load_der_public_key(decode(verifier["publicKey"]["rawBytes"])))


def check_envelope(envelope: str, verifier: Verifier) -> None:
    """Raise ValueError unless the first signature of a DSSE envelope verifies, with SHA-256 where a hash is signed."""
    read: Mapping[str, Any] = json.loads(envelope)
    encoded = pre_authentication(read["payloadType"], decode(read["payload"]))
    check_data(key_of(verifier), decode(read["signatures"][0]["sig"]), encoded, Hash.SHA256)


def hashedrekord_v1(signed: Signed, pem: bytes) -> bytes:
    """Give the canonical body of a hashedrekord 0.0.1."""
    spec: dict[str, Any] = {
        "data": {"hash": {"algorithm": signed.hash.value, "value": signed.digest.hex()}},
        "signature": {"content": encode(signed.signature), "publicKey": {"content": encode(pem)}},
    }
    return _body("hashedrekord", "0.0.1", spec)


def dsse_v1(envelope: str, pem: bytes) -> bytes:
    """Give the canonical body of a dsse 0.0.1."""
    read = json.loads(envelope)
    spec: dict[str, Any] = {
        "envelopeHash": _sha256(envelope.encode()),
        "payloadHash": _sha256(decode(read["payload"])),
        "signatures": [{"signature": sign["sig"], "verifier": encode(pem)} for sign in read["signatures"]],
    }
    return _body("dsse", "0.0.1", spec)


def intoto_v1(envelope: str, pem: bytes) -> bytes:
    """Give the canonical body of an intoto 0.0.1, which names the key and no signature."""
    hashed = {"hash": _sha256(envelope.encode()), "payloadHash": _sha256(decode(json.loads(envelope)["payload"]))}
    return _body("intoto", "0.0.1", {"content": hashed, "publicKey": encode(pem)})


def intoto_v2(envelope: str, pem: bytes) -> bytes:
    """Give the canonical body of an intoto 0.0.2, which encodes the signature in base64 twice."""
    read = json.loads(envelope)
    signatures: list[dict[str, Any]] = [
        {
            **({"keyid": sign["keyid"]} if sign.get("keyid") else {}),
            "publicKey": encode(pem),
            "sig": encode(sign["sig"].encode()),
        }
        for sign in read["signatures"]
    ]
    content: dict[str, Any] = {
        "envelope": {"payloadType": read["payloadType"], "signatures": signatures},
        "hash": _sha256(envelope.encode()),
        "payloadHash": _sha256(decode(read["payload"])),
    }
    return _body("intoto", "0.0.2", {"content": content})


def hashedrekord_v2(signed: Signed) -> bytes:
    """Give the canonical body of a hashedrekord 0.0.2."""
    record: dict[str, Any] = {
        "data": {"algorithm": signed.hash.protobuf_name, "digest": encode(signed.digest)},
        "signature": {"content": encode(signed.signature), "verifier": _v2_verifier(signed)},
    }
    return _body("hashedrekord", "0.0.2", {"hashedRekordV002": record})


def encode(data: bytes) -> str:
    """Give bytes as base64 text."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """Read base64 text; raises ValueError for anything else."""
    return base64.b64decode(text, validate=True)


def _v2_verifier(signed: Signed) -> dict[str, Any]:
    if isinstance(signed.verifier, x509.Certificate):
        raw = encode(signed.verifier.public_bytes(Encoding.DER))
        return {"keyDetails": signed.details, "x509Certificate": {"rawBytes": raw}}
    raw = encode(signed.verifier.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return {"keyDetails": signed.details, "publicKey": {"rawBytes": raw}}


def _checked(key: object) -> PublicKey:
    if not isinstance(key, (ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey, rsa.RSAPublicKey)):
        raise ValueError("only ECDSA, Ed25519 and RSA keys are logged")  # noqa: TRY004 - the proposal's value is wrong
    return key


def _sha256(data: bytes) -> dict[str, Any]:
    return {"algorithm": "sha256", "value": sha256(data).hexdigest()}


def _body(kind: str, version: str, spec: Mapping[str, Any]) -> bytes:
    return rfc8785.dumps({"apiVersion": version, "kind": kind, "spec": dict(spec)})
