"""The trusted root, narrowed for one signature to what was valid when it was made.

sigstore-python compares only a timestamp authority's validity period with anything, and takes every certificate of the
root for an anchor. So its verifier is never given the whole root: it gets the one certificate chain, the one
certificate log and the one transparency log that the signature names, and only if each of them was valid at every
verified time, bounds included (Sigstore client specification §4 and §6).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from sigstore.errors import Error as SigstoreError
from sigstore.models import TrustedRoot
from sigstore_models.common.v1 import TimeRange
from sigstore_models.trustroot.v1 import TransparencyLogInstance
from sigstore_models.trustroot.v1 import TrustedRoot as TrustedRootModel

from promoter.adapters.signatures_sigstore.authority import Authority, Timestamper, covers, load_authority
from promoter.adapters.signatures_sigstore.refusal import Refusal
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
    """A trusted root that was checked when it was loaded: every chain is linked and ends in a self-signed root."""

    root: TrustRoot
    authorities: tuple[Authority, ...] = field(repr=False)
    timestampers: tuple[Timestamper, ...] = field(repr=False)
    _model: TrustedRootModel = field(repr=False)

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
            return cls(TrustRoot(digest_of(raw), raw), authorities, timestampers, _inclusive(model))
        except (Malformed, SigstoreError, ValueError, OverflowError, *_UNREADABLE) as error:
            reason = error.detail if isinstance(error, Malformed) else str(error)
            raise UnusableTrustRoot(f"{origin}: not a usable trusted root: {reason[:500]}") from error

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a trusted_root.json from a file; raises UnusableTrustRoot."""
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise UnusableTrustRoot(f"{path}: the trusted root cannot be read: {error.strerror}") from error
        return cls.from_bytes(raw, str(path))

    @property
    def has_certificate_logs(self) -> bool:
        """True where the root names logs of certificates: then every certificate must have been logged in one."""
        return bool(self._model.ctlogs)

    def narrowed(self, issuer: Authority, leaf: x509.Certificate, times: tuple[datetime, ...]) -> TrustedRoot:
        """Give the root with nothing in it for certificates but this issuer, and the log that the leaf names."""
        parts: dict[str, object] = {"certificate_authorities": [issuer.entry]}
        if self.has_certificate_logs:
            parts["ctlogs"] = [_certificate_log(self._model.ctlogs, leaf, times)]
        return TrustedRoot(self._model.model_copy(update=parts))

    def with_log(self, log_id: bytes) -> TrustedRoot:
        """Give the root with nothing in it but a transparency log, valid or not; raises Refusal where it is unknown."""
        return TrustedRoot(self._model.model_copy(update={"tlogs": self._logs(log_id)}))

    def with_log_at(self, log_id: bytes, times: tuple[datetime, ...]) -> TrustedRoot:
        """Give the same for a log that must have been valid at every time."""
        log = _valid_log(self._logs(log_id), times, "transparency log")
        return TrustedRoot(self._model.model_copy(update={"tlogs": [log]}))

    def _logs(self, log_id: bytes) -> list[TransparencyLogInstance]:
        known = [log for log in self._model.tlogs if log_id in _ids(log)]
        if not known:
            raise Refusal(Code.BUNDLE_LOG_UNKNOWN, "the transparency log of the entry is not in the trusted root")
        return known

    def issuers(self, leaf: x509.Certificate) -> tuple[Authority, ...]:
        """Give the authorities that issued a certificate, valid or not; raises Refusal where there is none."""
        found = tuple(authority for authority in self.authorities if authority.issued(leaf))
        if not found:
            raise Refusal(
                Code.BUNDLE_CERTIFICATE_UNTRUSTED,
                "the signing certificate was issued by no certificate authority of the trusted root",
            )
        return found


def valid_issuer(issuers: tuple[Authority, ...], times: tuple[datetime, ...]) -> Authority:
    """Give the authority among those that issued a certificate that was valid at every time; raises Refusal."""
    valid = [authority for authority in issuers if authority.was_valid(times)]
    if not valid:
        raise Refusal(
            Code.BUNDLE_AUTHORITY_EXPIRED, "a certificate above the signer's was not valid when it was signed"
        )
    for authority in valid:
        if covers(authority.entry.valid_for, times):
            return authority
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


def _certificate_log(
    logs: list[TransparencyLogInstance], leaf: x509.Certificate, times: tuple[datetime, ...]
) -> TransparencyLogInstance:
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
    known = [log for log in logs if scts[0].log_id in {log.log_id.key_id, _key_hash(log)}]
    if not known:
        raise Refusal(Code.BUNDLE_SCT_LOG_UNKNOWN, "the certificate's log is not in the trusted root")
    return _valid_log(known, times, "certificate transparency log")


def _ids(log: TransparencyLogInstance) -> set[bytes]:
    return {each.key_id for each in (log.log_id, log.checkpoint_key_id) if each}


def _valid_log(
    logs: Iterable[TransparencyLogInstance], times: tuple[datetime, ...], what: str
) -> TransparencyLogInstance:
    for log in logs:
        if covers(log.public_key.valid_for, times):
            return log
    raise outside_period(what)


def _key_hash(log: TransparencyLogInstance) -> bytes:
    hashed = Hash(SHA256())
    hashed.update(log.public_key.raw_bytes or b"")
    return hashed.finalize()


def outside_period(what: str) -> Refusal:
    """Give the refusal of a signature that a part of the root does not cover."""
    return Refusal(
        Code.BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD,
        f"the trusted root's period for the {what} does not cover the time of the signature",
    )


def _inclusive(model: TrustedRootModel) -> TrustedRootModel:
    """Move the ends of timestamp authorities' periods by the smallest step: the verifier takes them for exclusive."""
    authorities = [
        entry.model_copy(update={"valid_for": TimeRange(start=period.start, end=period.end + timedelta.resolution)})
        if (period := entry.valid_for).end
        else entry
        for entry in model.timestamp_authorities
    ]
    return model.model_copy(update={"timestamp_authorities": authorities})
