"""A certificate authority that issues short-lived signing certificates as Fulcio does.

The shape is that of Fulcio's certificate specification: empty subject, one critical SAN, claims as extensions of the
arc 1.3.6.1.4.1.57264.1, and one embedded SCT (RFC 6962 §3.3) over the certificate without it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from promoter.core.evidence import Signer, SignerClaims
from promoter.local.authority.certificate_log import CertificateLog

FULCIO_ARC = "1.3.6.1.4.1.57264.1"
LIFETIME = timedelta(minutes=10)
_YEARS = timedelta(days=3650)
_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_GITHUB = "https://github.com/"
_P256 = ec.SECP256R1()


@dataclass(frozen=True, slots=True)
class Leaf:
    """What a signing certificate says; everything but the first four is as Fulcio would do it."""

    key: CertificatePublicKeyTypes
    signer: Signer
    at: datetime
    logs: tuple[CertificateLog, ...]
    lifetime: timedelta = LIFETIME
    names: tuple[x509.GeneralName, ...] | None = None  # instead of the signer's SAN
    raw_claims: tuple[tuple[int, bytes], ...] = ()  # extensions instead of those that the signer's claims give
    without_claims: frozenset[int] = frozenset()  # extensions that are left out
    usages: frozenset[str] = frozenset({"digital-signature", "code-signing"})
    is_ca: bool = False


@dataclass(frozen=True, slots=True)
class CertificateAuthority:
    """An issuing certificate under a root; `chain` is the issuer first, the root last."""

    chain: tuple[x509.Certificate, ...]
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    def issue(self, leaf: Leaf) -> x509.Certificate:
        """Issue a certificate with one embedded SCT for each of the leaf's logs."""
        builder = self._builder(leaf)
        precertificate = builder.sign(self.key, _hash_for(self.key))
        scts = [log.sct(precertificate, self.chain[0], leaf.at) for log in leaf.logs]
        if scts:
            listed = b"".join(struct.pack(">H", len(sct)) + sct for sct in scts)
            value = asn1.encode_der(struct.pack(">H", len(listed)) + listed)
            builder = builder.add_extension(x509.UnrecognizedExtension(_SCT_LIST, value), critical=False)
        return builder.sign(self.key, _hash_for(self.key))

    def _builder(self, leaf: Leaf) -> x509.CertificateBuilder:
        start = leaf.at.replace(microsecond=0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.chain[0].subject)
            .public_key(leaf.key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + leaf.lifetime)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(leaf.key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        for extension, critical in _profile(leaf):
            builder = builder.add_extension(extension, critical)
        return builder


def make_authority(
    name: str,
    since: datetime,
    lifetime: timedelta = _YEARS,
    root_lifetime: timedelta | None = None,
    curve: ec.EllipticCurve = _P256,
) -> CertificateAuthority:
    """Make a root and an issuing certificate under it that may sign code-signing certificates.

    The public-good authority has P-384 keys, with SHA-384.
    """
    root_key, key = (ec.generate_private_key(curve) for _ in range(2))
    of_root = (since, root_lifetime or lifetime)
    root = _ca_certificate(f"{name} root", f"{name} root", (root_key, root_key), of_root)
    issuer = _ca_certificate(f"{name} intermediate", f"{name} root", (key, root_key), (since, lifetime))
    return CertificateAuthority((issuer, root), key)


def make_timestamp_chain(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    since: datetime,
    lifetime: timedelta = _YEARS,
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.TIME_STAMPING,
) -> tuple[x509.Certificate, x509.Certificate]:
    """Make a time-stamping certificate for `key` and the root above it; gives them in this order."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _ca_certificate(f"{name} root", f"{name} root", (root_key, root_key), (since, _YEARS))
    leaf = (
        _dated(f"{name} signer", f"{name} root", (since, lifetime))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital-signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
    )
    return leaf.sign(root_key, hashes.SHA256()), root


def _ca_certificate(
    subject: str,
    issuer: str,
    keys: tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePrivateKey],
    period: tuple[datetime, timedelta],
) -> x509.Certificate:
    key, issuer_key = keys
    builder = (
        _dated(subject, issuer, period)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_key_usage("certificate-signing"), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if subject != issuer:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
    return builder.sign(issuer_key, _hash_for(issuer_key))


def _hash_for(key: ec.EllipticCurvePrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """Give the hash that goes with a curve."""
    return hashes.SHA384() if key.curve.key_size > 256 else hashes.SHA256()


def _dated(subject: str, issuer: str, period: tuple[datetime, timedelta]) -> x509.CertificateBuilder:
    since, lifetime = period
    start = since.replace(microsecond=0)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + lifetime)
    )


def _name(text: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "promoter"), x509.NameAttribute(NameOID.COMMON_NAME, text)]
    )


def _profile(leaf: Leaf) -> Iterator[tuple[x509.ExtensionType, bool]]:
    if leaf.is_ca:
        yield x509.BasicConstraints(ca=True, path_length=None), True
    if usages := leaf.usages & {"digital-signature", "certificate-signing"}:
        yield _key_usage(*usages), True
    if "code-signing" in leaf.usages:
        yield x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False
    names = (general_name(leaf.signer.san),) if leaf.names is None else leaf.names
    if names:
        yield x509.SubjectAlternativeName(names), True
    for number, value in sorted({**dict(_claims(leaf.signer)), **dict(leaf.raw_claims)}.items()):
        if number in leaf.without_claims:
            continue
        yield x509.UnrecognizedExtension(x509.ObjectIdentifier(f"{FULCIO_ARC}.{number}"), value), False


def _key_usage(*usages: str) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature="digital-signature" in usages,
        key_cert_sign="certificate-signing" in usages,
        crl_sign="certificate-signing" in usages,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def general_name(san: str) -> x509.GeneralName:
    """Give an identity the form that Fulcio gives it: a URI where it is one, otherwise an e-mail address."""
    return x509.UniformResourceIdentifier(san) if "://" in san else x509.RFC822Name(san)


def _claims(signer: Signer) -> Iterator[tuple[int, bytes]]:
    """Give every claim's extension; the deprecated ones (.1 to .6) are raw text, the newer ones DER (oid-info.md)."""
    claims = signer.claims
    yield 1, signer.issuer.encode()
    if claims.source_repository_uri.startswith(_GITHUB):
        yield 2, claims.build_trigger.encode()
        yield 3, claims.source_repository_digest.encode()
        yield 5, claims.source_repository_uri.removeprefix(_GITHUB).encode()
        yield 6, claims.source_repository_ref.encode()
    yield 8, asn1.encode_der(signer.issuer)
    for number, claim in enumerate(fields(SignerClaims), start=9):
        if value := getattr(claims, claim.name):
            yield number, asn1.encode_der(value)
