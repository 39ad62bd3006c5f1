"""What transparency logs record of a signature: the canonical entry bodies (RFC 8785) of Rekor v1 and v2."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from promoter.core.statement import pre_authentication


@dataclass(frozen=True, slots=True)
class Signed:
    """What an entry is about: the SHA-256 of what was signed, the signature, and the certificate of the key."""

    digest: bytes
    signature: bytes
    certificate: x509.Certificate

    def check(self) -> None:
        """Raise ValueError unless the signature verifies."""
        key = self.certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise ValueError("only ECDSA keys are logged")  # noqa: TRY004 - the proposal's value is wrong
        try:
            key.verify(self.signature, self.digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        except InvalidSignature:
            raise ValueError("the signature does not verify") from None


def enveloped(envelope: str, certificate: x509.Certificate) -> Signed:
    """Tell what was signed in a DSSE envelope: its pre-authentication encoding."""
    read: Mapping[str, Any] = json.loads(envelope)
    encoded = pre_authentication(read["payloadType"], decode(read["payload"]))
    return Signed(sha256(encoded).digest(), decode(read["signatures"][0]["sig"]), certificate)


def hashedrekord_v1(signed: Signed, pem: bytes) -> bytes:
    """Give the canonical body of a hashedrekord 0.0.1."""
    spec: dict[str, Any] = {
        "data": {"hash": {"algorithm": "sha256", "value": signed.digest.hex()}},
        "signature": {"content": encode(signed.signature), "publicKey": {"content": encode(pem)}},
    }
    return rfc8785.dumps({"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec})


def dsse_v1(envelope: str, pem: bytes) -> bytes:
    """Give the canonical body of a dsse 0.0.1."""
    read = json.loads(envelope)
    spec: dict[str, Any] = {
        "envelopeHash": {"algorithm": "sha256", "value": sha256(envelope.encode()).hexdigest()},
        "payloadHash": {"algorithm": "sha256", "value": sha256(decode(read["payload"])).hexdigest()},
        "signatures": [{"signature": sign["sig"], "verifier": encode(pem)} for sign in read["signatures"]],
    }
    return rfc8785.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})


def hashedrekord_v2(signed: Signed) -> bytes:
    """Give the canonical body of a hashedrekord 0.0.2."""
    verifier = {
        "keyDetails": "PKIX_ECDSA_P256_SHA_256",
        "x509Certificate": {"rawBytes": encode(signed.certificate.public_bytes(Encoding.DER))},
    }
    record: dict[str, Any] = {
        "data": {"algorithm": "SHA2_256", "digest": encode(signed.digest)},
        "signature": {"content": encode(signed.signature), "verifier": verifier},
    }
    return rfc8785.dumps({"apiVersion": "0.0.2", "kind": "hashedrekord", "spec": {"hashedRekordV002": record}})


def encode(data: bytes) -> str:
    """Give bytes as base64 text."""
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """Read base64 text; raises ValueError for anything else."""
    return base64.b64decode(text, validate=True)
