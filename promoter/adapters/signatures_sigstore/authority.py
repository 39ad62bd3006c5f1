"""Certificate chains of the trusted root, whole: every certificate of a chain counts, the root's dates too.

Issuers of signing certificates, and timestamp authorities, whose chain begins with the certificate that signs.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError
from rfc3161_client import Verifier, VerifierBuilder
from sigstore_models.common.v1 import TimeRange
from sigstore_models.trustroot.v1 import CertificateAuthority


@dataclass(frozen=True, slots=True)
class Validity:
    """When all certificates of a chain are valid: from the latest start to the earliest end, bounds included."""

    start: datetime
    end: datetime

    def covers(self, times: tuple[datetime, ...]) -> bool:
        """Tell whether every time is inside."""
        return all(self.start <= time <= self.end for time in times)


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of the root: its chain, issuer first, its validity period, and how paths to it are built.

    Read when the root is loaded; nothing of it changes afterwards, threads share it.
    """

    period: TimeRange | None
    chain: tuple[x509.Certificate, ...]
    validity: Validity
    paths: PolicyBuilder

    def issued(self, leaf: x509.Certificate) -> "Issued | None":
        """Tell how the first certificate of the chain issued this one; None where it did not.

        The path is built at a time at which all of it was valid. Where there is none, or no path, the signature alone
        tells a certificate that may not be used from one that is foreign.
        """
        validity = _validity((leaf, *self.chain))
        has_path = validity.start <= validity.end and _has_path(leaf, self.paths.time(validity.start))
        return Issued(self, validity, has_path) if has_path or _is_issued_by(leaf, self.chain[0]) else None

    def was_valid(self, times: tuple[datetime, ...]) -> bool:
        """Tell whether every certificate of the chain was valid at every time, bounds included."""
        return self.validity.covers(times)


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate's authority, when all from the one to the other was valid, and whether a path leads there.

    The time decides nothing about a path (RFC 5280 section 6) but whether every certificate is inside its period. So
    the path is built once, and the periods are compared with every time.
    """

    by: Authority
    validity: Validity
    has_path: bool

    def is_certified(self, times: tuple[datetime, ...]) -> bool:
        """Tell whether the path leads from the certificate to the root at every time."""
        return self.has_path and self.validity.covers(times)


@dataclass(frozen=True, slots=True)
class Timestamper:
    """A timestamp authority of the root: who verifies what it signed, and when it counts."""

    period: TimeRange | None
    validity: Validity
    verifier: Verifier

    @classmethod
    def load(cls, entry: CertificateAuthority) -> Self:
        """Read a chain, signer first; raises ValueError for one without a root."""
        chain = _certificates(entry)
        if len(chain) < 2:
            raise ValueError("the chain of a timestamp authority lacks its root")
        builder = VerifierBuilder(tsa_certificate=chain[0], intermediates=list(chain[1:-1]), roots=[chain[-1]])
        return cls(entry.valid_for, _validity(chain), builder.build())

    def was_valid(self, time: datetime) -> bool:
        """Tell whether the authority's period and every certificate's cover the time, bounds included."""
        return covers(self.period, (time,)) and self.validity.covers((time,))


def covers(period: TimeRange | None, times: tuple[datetime, ...]) -> bool:
    """Tell whether a period of the trusted root covers every time, bounds included.

    What has no proven time may be of any time: only a period without an end covers it.
    """
    if period is None:
        return True
    if not times:
        return period.end is None
    return all(period.start <= time and (period.end is None or time <= period.end) for time in times)


def load_authority(entry: CertificateAuthority) -> Authority:
    """Read a chain; raises ValueError unless each certificate is an authority's that the next one issued."""
    chain = _certificates(entry)
    if not chain:
        raise ValueError("a certificate authority has no certificates")
    for certificate, issuer in zip(chain, (*chain[1:], chain[-1]), strict=True):
        name = certificate.subject.rfc4514_string()
        if not _is_issued_by(certificate, issuer):
            raise ValueError(f"the certificate {name!r} is not issued by the one after it, or the last is no root")
        if not _is_authority(certificate):
            raise ValueError(f"the certificate {name!r} is not that of a certificate authority")
    return Authority(entry.valid_for, chain, _validity(chain), _paths(chain))


def _certificates(entry: CertificateAuthority) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_der_x509_certificate(each.raw_bytes) for each in entry.cert_chain.certificates)


def _validity(chain: tuple[x509.Certificate, ...]) -> Validity:
    return Validity(max(each.not_valid_before_utc for each in chain), min(each.not_valid_after_utc for each in chain))


def _paths(chain: tuple[x509.Certificate, ...]) -> PolicyBuilder:
    """Prepare the X.509 library; its profile for web clients holds but for their key usage, code signing is ours."""
    authorities = ExtensionPolicy.webpki_defaults_ca()
    leaves = ExtensionPolicy.webpki_defaults_ee()
    return (
        PolicyBuilder()
        .store(Store(list(chain)))
        .extension_policies(
            ca_policy=authorities.may_be_present(x509.ExtendedKeyUsage, Criticality.NON_CRITICAL, None),
            ee_policy=leaves.may_be_present(x509.ExtendedKeyUsage, Criticality.NON_CRITICAL, None),
        )
    )


def _has_path(leaf: x509.Certificate, policy: PolicyBuilder) -> bool:
    try:
        policy.build_client_verifier().verify(leaf, [])
    except (VerificationError, x509.UnsupportedGeneralNameType):
        return False
    return True


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
