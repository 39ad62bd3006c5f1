"""A timestamp authority: RFC 3161 answers as CMS signed data (RFC 5652) with an ESSCertIDv2 (RFC 5816).

Times are whole seconds. A request for a hash other than SHA-256 is refused with ValueError.
"""

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ObjectIdentifier

_SHA256 = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_ECDSA_SHA256 = ObjectIdentifier("1.2.840.10045.4.3.2")
_SIGNED_DATA = ObjectIdentifier("1.2.840.113549.1.7.2")
_TST_INFO = ObjectIdentifier("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE = ObjectIdentifier("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = ObjectIdentifier("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = ObjectIdentifier("1.2.840.113549.1.9.16.2.47")
_POLICY = ObjectIdentifier("1.3.6.1.4.1.57264.2")


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _Imprint:
    hash_algorithm: _Algorithm
    hashed_message: bytes


@asn1.sequence
class _Request:
    version: int
    imprint: _Imprint
    policy: ObjectIdentifier | None
    nonce: int | None
    certificate_wanted: Annotated[bool, asn1.Default(value=False)]


@asn1.sequence
class _TstInfo:
    version: int
    policy: ObjectIdentifier
    imprint: _Imprint
    serial_number: int
    generated: asn1.GeneralizedTime
    nonce: int | None


@asn1.sequence
class _EssCertId:
    certificate_hash: bytes


@asn1.sequence
class _SigningCertificate:
    certificates: list[_EssCertId]


@asn1.sequence
class _Attribute:
    kind: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class _Content:
    kind: ObjectIdentifier
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class _IssuerAndSerial:
    issuer: asn1.TLV
    serial_number: int


@asn1.sequence
class _SignerInfo:
    version: int
    signer: _IssuerAndSerial
    digest_algorithm: _Algorithm
    attributes: Annotated[asn1.SetOf[_Attribute], asn1.Implicit(0)]
    signature_algorithm: _Algorithm
    signature: bytes


@asn1.sequence
class _SignedData:
    version: int
    digest_algorithms: asn1.SetOf[_Algorithm]
    content: _Content
    certificates: Annotated[asn1.SetOf[x509.Certificate], asn1.Implicit(0)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _ContentInfo:
    kind: ObjectIdentifier
    content: Annotated[_SignedData, asn1.Explicit(0)]


@asn1.sequence
class _Status:
    status: int


@asn1.sequence
class _Response:
    status: _Status
    token: _ContentInfo


@dataclass(frozen=True, slots=True)
class TimestampAuthority:
    """Signs that something existed at a time; `chain` is leaf first, root last.

    An answer holds the leaf, or `embedded` instead: whose the signature is follows from the signed attributes, and a
    verifier must not take it from the certificates beside it (CVE-2026-33753).
    """

    chain: tuple[x509.Certificate, ...]
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    embedded: tuple[x509.Certificate, ...] | None = None
    _serials: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1), repr=False)

    def answer(self, request: bytes, at: datetime) -> bytes:
        """Answer a DER TimeStampReq with a granted TimeStampResp; raises ValueError for what is no request."""
        asked = asn1.decode_der(_Request, request)
        if asked.imprint.hash_algorithm.algorithm != _SHA256:
            raise ValueError("only SHA-256 message imprints are stamped")
        return self._respond(asked.imprint, asked.nonce, at)

    def stamp(self, message: bytes, at: datetime) -> bytes:
        """Give a TimeStampResp over a message, as `answer` does for a request without a nonce."""
        imprint = _Imprint(hash_algorithm=_algorithm(_SHA256), hashed_message=hashlib.sha256(message).digest())
        return self._respond(imprint, None, at)

    def _respond(self, imprint: _Imprint, nonce: int | None, at: datetime) -> bytes:
        info = _TstInfo(
            version=1,
            policy=_POLICY,
            imprint=imprint,
            serial_number=next(self._serials),
            generated=asn1.GeneralizedTime(at.replace(microsecond=0)),
            nonce=nonce,
        )
        data = self._signed(asn1.encode_der(info))
        return asn1.encode_der(_Response(status=_Status(status=0), token=_ContentInfo(kind=_SIGNED_DATA, content=data)))

    def _signed(self, content: bytes) -> _SignedData:
        return _SignedData(
            version=3,
            digest_algorithms=asn1.SetOf([_algorithm(_SHA256)]),
            content=_Content(kind=_TST_INFO, content=content),
            certificates=asn1.SetOf(list(self.chain[:1] if self.embedded is None else self.embedded)),
            signers=asn1.SetOf([self._signer(content)]),
        )

    def _signer(self, content: bytes) -> _SignerInfo:
        leaf = self.chain[0]
        attributes = asn1.SetOf(
            [
                _attribute(_CONTENT_TYPE, asn1.encode_der(_TST_INFO)),
                _attribute(_MESSAGE_DIGEST, asn1.encode_der(hashlib.sha256(content).digest())),
                _attribute(_SIGNING_CERTIFICATE_V2, asn1.encode_der(_signing_certificate(leaf))),
            ]
        )
        return _SignerInfo(
            version=1,
            signer=_IssuerAndSerial(
                issuer=asn1.decode_der(asn1.TLV, leaf.issuer.public_bytes()), serial_number=leaf.serial_number
            ),
            digest_algorithm=_algorithm(_SHA256),
            attributes=attributes,
            signature_algorithm=_algorithm(_ECDSA_SHA256),
            signature=self.key.sign(asn1.encode_der(attributes), ec.ECDSA(hashes.SHA256())),
        )


def _algorithm(name: ObjectIdentifier) -> _Algorithm:
    return _Algorithm(algorithm=name, parameters=None)


def _attribute(kind: ObjectIdentifier, value: bytes) -> _Attribute:
    return _Attribute(kind=kind, values=asn1.SetOf([asn1.decode_der(asn1.TLV, value)]))


def _signing_certificate(leaf: x509.Certificate) -> _SigningCertificate:
    return _SigningCertificate(certificates=[_EssCertId(certificate_hash=leaf.fingerprint(hashes.SHA256()))])
