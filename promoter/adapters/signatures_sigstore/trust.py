"""The trusted root, read once; for one signature it gives what was valid when that was made.

sigstore-python compares only a timestamp authority's validity period with anything, and takes every certificate of the
root for an anchor. So its steps are never given the whole root: they get the one certificate chain, the one certificate
log and the one transparency log that the signature names, and only if each of them was valid at every verified time,
bounds included (Sigstore client specification §4 and §6).
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pydantic import ValidationError
from sigstore.errors import Error as SigstoreError
from sigstore.models import TrustedRoot
from sigstore_models.trustroot.v1 import TrustedRoot as TrustedRootModel

from promoter.adapters.signatures_sigstore.authority import Authority, Issued, Timestamper, covers, load_authority
from promoter.adapters.signatures_sigstore.private import Keyring
from promoter.adapters.signatures_sigstore.refusal import Refusal, outside_period
from promoter.adapters.signatures_sigstore.trusted_logs import TrustedLogs
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import TrustRoot

MAX_ROOT_BYTES = 4 * 1024 * 1024
_UNREADABLE = (  # certificates that cryptography refuses by no ValueError
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


class UnusableTrustRoot(ValueError):  # noqa: N818 - says what is true of the file
    """The configured trusted root cannot be used: the operator's to fix, before anything runs."""


@dataclass(frozen=True, slots=True)
class Trust:
    """A trusted root that was checked when it was loaded: every chain is linked and ends in a self-signed root.

    Where it names logs of certificates, every certificate must have been logged in one.
    """

    root: TrustRoot
    authorities: tuple[Authority, ...] = field(repr=False)
    timestampers: tuple[Timestamper, ...] = field(repr=False)
    logs: TrustedLogs = field(repr=False)
    certificate_logs: TrustedLogs = field(repr=False)

    @classmethod
    def from_bytes(cls, raw: bytes, origin: str) -> Self:
        """Read a trusted_root.json; raises UnusableTrustRoot that names `origin` and what is wrong."""
        if len(raw) > MAX_ROOT_BYTES:
            raise UnusableTrustRoot(f"{origin}: the trusted root is larger than {MAX_ROOT_BYTES} bytes")
        try:
            read_object(raw)
            model = TrustedRootModel.from_json(raw)
            TrustedRoot(model)
            _check_content(model)
            _check_certificates(model)
            authorities = tuple(load_authority(entry) for entry in model.certificate_authorities)
            timestampers = tuple(Timestamper.load(entry) for entry in model.timestamp_authorities)
            logs, certificate_logs = TrustedLogs.of_entries(model.tlogs), TrustedLogs.of_certificates(model.ctlogs)
            return cls(TrustRoot(digest_of(raw), raw), authorities, timestampers, logs, certificate_logs)
        except (Malformed, SigstoreError, ValueError, OverflowError, *_UNREADABLE) as error:
            raise UnusableTrustRoot(f"{origin}: not a usable trusted root: {_reason(error)[:500]}") from error

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a trusted_root.json from a file; raises UnusableTrustRoot."""
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise UnusableTrustRoot(f"{path}: the trusted root cannot be read: {error.strerror}") from error
        return cls.from_bytes(raw, str(path))

    def keys_of_log(self, log_id: bytes) -> Keyring:
        """Give the keys of a transparency log, valid or not; raises Refusal where it is unknown."""
        keys = self.logs.known(log_id)
        if keys is None:
            raise Refusal(Code.BUNDLE_LOG_UNKNOWN, "the transparency log of the entry is not in the trusted root")
        return keys

    def key_of_log_at(self, log_id: bytes, times: tuple[datetime, ...]) -> Keyring:
        """Give the key of a transparency log that was valid at every time; raises Refusal."""
        self.keys_of_log(log_id)
        return self.logs.valid(log_id, times)

    def key_of_certificate_log(self, leaf: x509.Certificate, times: tuple[datetime, ...]) -> Keyring:
        """Give the key of the log that the leaf's one timestamp names, valid at every time; raises Refusal."""
        log_id = _certificate_log(leaf)
        if self.certificate_logs.known(log_id) is None:
            raise Refusal(Code.BUNDLE_SCT_LOG_UNKNOWN, "the certificate's log is not in the trusted root")
        return self.certificate_logs.valid(log_id, times)

    def issuers(self, leaf: x509.Certificate) -> tuple[Issued, ...]:
        """Give the authorities that issued a certificate, valid or not; raises Refusal where there is none."""
        found = tuple(issued for authority in self.authorities if (issued := authority.issued(leaf)))
        if not found:
            raise Refusal(
                Code.BUNDLE_CERTIFICATE_UNTRUSTED,
                "the signing certificate was issued by no certificate authority of the trusted root",
            )
        return found


def valid_issuer(issuers: tuple[Issued, ...], times: tuple[datetime, ...]) -> Issued:
    """Give the authority among those that issued a certificate that was valid at every time; raises Refusal."""
    valid = [issued for issued in issuers if issued.by.was_valid(times)]
    if not valid:
        raise Refusal(
            Code.BUNDLE_AUTHORITY_EXPIRED, "a certificate above the signer's was not valid when it was signed"
        )
    for issued in valid:
        if covers(issued.by.period, times):
            return issued
    raise outside_period("certificate authority")


def _check_content(model: TrustedRootModel) -> None:
    if not (model.tlogs or model.timestamp_authorities):
        raise ValueError("it has neither a transparency log nor a timestamp authority: nobody would vouch for a time")
    authorities = [entry.valid_for for entry in (*model.certificate_authorities, *model.timestamp_authorities)]
    logs = [log.public_key.valid_for for log in (*model.tlogs, *model.ctlogs)]
    bounds = [bound for period in (*authorities, *logs) if period for bound in (period.start, period.end)]
    if any(bound is not None and bound.tzinfo is None for bound in bounds):
        raise ValueError("a validity period has no time zone")


def _check_certificates(model: TrustedRootModel) -> None:
    """Read every certificate with its key and name now: else only the signature that needs it would find out."""
    for entry in (*model.certificate_authorities, *model.timestamp_authorities):
        for each in entry.cert_chain.certificates:
            certificate = x509.load_der_x509_certificate(each.raw_bytes)
            certificate.public_key()
            certificate.subject.rfc4514_string()


def _certificate_log(leaf: x509.Certificate) -> bytes:
    """Give the id of the log that the certificate was logged in; raises Refusal unless there is exactly one."""
    try:
        scts = leaf.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps).value
    except x509.ExtensionNotFound:
        scts = x509.PrecertificateSignedCertificateTimestamps([])
    if not len(scts):
        raise Refusal(Code.BUNDLE_SCT_MISSING, "the certificate has no signed certificate timestamp")
    if len(scts) != 1:
        raise Refusal(
            Code.BUNDLE_SCT_INVALID, f"the certificate has {len(scts)} signed certificate timestamps, not exactly one"
        )
    log_id: bytes = scts[0].log_id
    return log_id


def _reason(error: BaseException) -> str:
    """Say on one line what is wrong; of a wrong shape, every place with what is wrong there."""
    if isinstance(error, Malformed):
        return error.detail
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}" for fault in faults)
    return " ".join(str(error).split())
