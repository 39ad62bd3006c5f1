"""A certificate transparency log: signed certificate timestamps over precertificates (RFC 6962 §3)."""

import struct
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_ECDSA_SHA256 = b"\x04\x03"


@dataclass(frozen=True, slots=True)
class CertificateLog:
    """A certificate transparency log; only its signature matters here, nothing is published."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def log_id(self) -> bytes:
        """SHA-256 of the log's public key (RFC 6962 §3.2)."""
        return sha256(public_der(self.key.public_key())).digest()

    def sct(self, precertificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bytes:
        """Sign a precertificate entry; gives the SCT in its TLS form."""
        tbs = precertificate.tbs_certificate_bytes
        milliseconds = int(at.timestamp() * 1000)
        issuer_hash = sha256(public_der(issuer.public_key())).digest()
        entry = struct.pack(">H", 1) + issuer_hash + len(tbs).to_bytes(3, "big") + tbs + b"\0\0"
        signature = self.key.sign(struct.pack(">BBQ", 0, 0, milliseconds) + entry, ec.ECDSA(hashes.SHA256()))
        head = struct.pack(">B32sQH", 0, self.log_id, milliseconds, 0)
        return head + _ECDSA_SHA256 + struct.pack(">H", len(signature)) + signature


def public_der(key: CertificatePublicKeyTypes) -> bytes:
    """Give a public key as a DER SubjectPublicKeyInfo."""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
