"""The signing certificate: its profile, and the signer that it names.

Rule 1: one identity and one issuer, both non-empty; the issuer is that of OID .8, whose text is DER-encoded.
Rule 2: where a deprecated claim (.1 to .6) and its successor both stand in a certificate, they must agree, because
other verifiers read the old ones. (.19, the build config's digest, is no successor of .3: they differ where one
workflow starts another.)
"""

from dataclasses import fields
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.core.codes import Code
from promoter.core.evidence import Signer, SignerClaims

CertifiedKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_ARC = "1.3.6.1.4.1.57264.1"
_OTHER_NAME = x509.ObjectIdentifier(f"{_ARC}.7")
_ISSUER = 8
_FIRST_CLAIM = 9
_NUMBERS = {f"{_ARC}.{number}": number for number in range(1, 25)}
_SUCCESSORS = {1: 8, 2: 20, 3: 13, 6: 14}
_OLD_REPOSITORY, _REPOSITORY = 5, 12


def load_certificate(der: bytes) -> x509.Certificate:
    """Read a certificate; raises Refusal for what is none."""
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError as error:
        raise Refusal(Code.BUNDLE_UNPARSEABLE, "the signing certificate cannot be read") from error


def signing_key(leaf: x509.Certificate) -> CertifiedKey:
    """Give the certificate's key; raises Refusal for any but ECDSA on P-256 or P-384, and Ed25519.

    Keyless clients make short-lived keys of these kinds, nearly all of them the first.
    """
    try:
        found = leaf.public_key()
    except UnsupportedAlgorithm as error:
        raise Refusal(Code.BUNDLE_KEY_UNSUPPORTED, "the certificate's key is of a kind that cannot be read") from error
    match found:
        case ec.EllipticCurvePublicKey(curve=ec.SECP256R1() | ec.SECP384R1()) | ed25519.Ed25519PublicKey() as key:
            return key
    raise Refusal(Code.BUNDLE_KEY_UNSUPPORTED, "the certificate's key is neither ECDSA on P-256 or P-384 nor Ed25519")


def check_profile(leaf: x509.Certificate) -> None:
    """Refuse what Fulcio would not issue: a CA, and wrong usages."""
    constraints = _extension(leaf, x509.BasicConstraints)
    usage = _extension(leaf, x509.KeyUsage)
    extended = _extension(leaf, x509.ExtendedKeyUsage)
    if leaf.version is not x509.Version.v3 or (constraints and constraints.ca) or (usage and usage.key_cert_sign):
        raise _unfit("the signing certificate is that of a certificate authority")
    if not usage or not usage.digital_signature:
        raise _unfit("the signing certificate is not for digital signatures")
    if not extended or ExtendedKeyUsageOID.CODE_SIGNING not in extended:
        raise _unfit("the signing certificate is not for code signing")


def check_period(leaf: x509.Certificate, times: tuple[datetime, ...]) -> None:
    """Refuse a certificate that was not valid, bounds included, at every verified time."""
    start, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    for time in times:
        if not start <= time <= end:
            detail = f"signed at {time:%Y-%m-%dT%H:%M:%SZ}, certificate valid from {start:%Y-%m-%dT%H:%M:%SZ} "
            raise Refusal(Code.BUNDLE_CERTIFICATE_EXPIRED, f"{detail}to {end:%Y-%m-%dT%H:%M:%SZ}")


def read_signer(leaf: x509.Certificate) -> Signer:
    """Read who signed; raises Refusal for a certificate that names nobody, several, or contradicts itself."""
    raw = _raw_claims(leaf)
    texts = {number: _decoded(number, raw[number]) for number in raw if number >= _ISSUER}
    issuer = texts.get(_ISSUER, "")
    if not issuer:
        raise Refusal(Code.BUNDLE_NO_IDENTITY, f"the certificate names no issuer (extension {_ARC}.{_ISSUER})")
    _check_agreement(raw, texts)
    named = {claim.name: texts.get(number, "") for number, claim in enumerate(fields(SignerClaims), _FIRST_CLAIM)}
    return Signer(_identity(leaf), issuer, SignerClaims(**named))


def _identity(leaf: x509.Certificate) -> str:
    names = list(_extension(leaf, x509.SubjectAlternativeName) or ())
    if len(names) != 1:
        raise Refusal(Code.BUNDLE_NO_IDENTITY, f"the certificate names {len(names)} identities, not exactly one")
    identity = _text_of(names[0])
    if not identity or not identity.isprintable():
        raise Refusal(Code.BUNDLE_NO_IDENTITY, "the identity in the certificate is empty or holds control characters")
    return identity


def _text_of(name: x509.GeneralName) -> str:
    match name:
        case x509.UniformResourceIdentifier() | x509.RFC822Name():
            return name.value
        case x509.OtherName() if name.type_id == _OTHER_NAME:
            return asn1.decode_der(str, name.value)
    raise Refusal(Code.BUNDLE_NO_IDENTITY, "the identity in the certificate is neither a URI, e-mail nor Fulcio's own")


def _check_agreement(raw: dict[int, bytes], texts: dict[int, str]) -> None:
    for old, new in _SUCCESSORS.items():
        if old in raw and new in texts and raw[old] != texts[new].encode():
            raise _disagreement(old, new)
    repository = texts.get(_REPOSITORY, "")
    if _OLD_REPOSITORY in raw and repository:
        path = repository.partition("://")[2].partition("/")[2]
        if raw[_OLD_REPOSITORY] != path.encode():
            raise _disagreement(_OLD_REPOSITORY, _REPOSITORY)


def _disagreement(old: int, new: int) -> Refusal:
    return Refusal(
        Code.BUNDLE_CLAIMS_DISAGREE, f"the certificate's extensions {_ARC}.{old} and .{new} say different things"
    )


def _raw_claims(leaf: x509.Certificate) -> dict[int, bytes]:
    """Give the values of Fulcio's extensions by their number."""
    return {
        number: extension.value.public_bytes()
        for extension in leaf.extensions
        if (number := _NUMBERS.get(extension.oid.dotted_string))
    }


def _decoded(number: int, value: bytes) -> str:
    try:
        return asn1.decode_der(str, value)
    except ValueError as error:
        raise Refusal(Code.BUNDLE_UNPARSEABLE, f"the certificate's extension {_ARC}.{number} is not text") from error


def _extension(leaf: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return leaf.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _unfit(detail: str) -> Refusal:
    return Refusal(Code.BUNDLE_CERTIFICATE_PROFILE, detail)
