"""A certificate authority of the trusted root, whole: every certificate of its chain counts, the root's dates too."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from sigstore_models.trustroot.v1 import CertificateAuthority


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority of the root: its chain, issuer first, and its validity period."""

    entry: CertificateAuthority
    chain: tuple[x509.Certificate, ...]

    def issued(self, leaf: x509.Certificate) -> bool:
        """Tell whether the first certificate of the chain signed this one."""
        return _is_issued_by(leaf, self.chain[0])

    def was_valid(self, times: tuple[datetime, ...]) -> bool:
        """Tell whether every certificate of the chain was valid at every time, bounds included."""
        return all(
            each.not_valid_before_utc <= time <= each.not_valid_after_utc for each in self.chain for time in times
        )


def load_authority(entry: CertificateAuthority) -> Authority:
    """Read a chain; raises ValueError unless each certificate is an authority's that the next one issued."""
    chain = tuple(x509.load_der_x509_certificate(each.raw_bytes) for each in entry.cert_chain.certificates)
    if not chain:
        raise ValueError("a certificate authority has no certificates")
    for certificate, issuer in zip(chain, (*chain[1:], chain[-1]), strict=True):
        name = certificate.subject.rfc4514_string()
        if not _is_issued_by(certificate, issuer):
            raise ValueError(f"the certificate {name!r} is not issued by the one after it, or the last is no root")
        if not _is_authority(certificate):
            raise ValueError(f"the certificate {name!r} is not that of a certificate authority")
    return Authority(entry, chain)


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
