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

from promoter.adapters.signatures_sigstore.authority import Authority, load_authority
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
            return cls(TrustRoot(digest_of(raw), raw), authorities, _inclusive(model))
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

    def whole(self) -> TrustedRoot:
        """Give the root for finding out the time of a signature: timestamp authorities carry their own periods."""
        return TrustedRoot(self._model)

    def narrowed(self, leaf: x509.Certificate, log_id: bytes, times: tuple[datetime, ...]) -> TrustedRoot:
        """Give the root that may verify this certificate and log entry; raises Refusal where there is none."""
        parts = {
            "certificate_authorities": [self._issuer(leaf, times).entry],
            "ctlogs": [_certificate_log(self._model.ctlogs, leaf, times)],
            "tlogs": [_transparency_log(self._model.tlogs, log_id, times)],
        }
        return TrustedRoot(self._model.model_copy(update=parts))

    def issuers(self, leaf: x509.Certificate) -> tuple[Authority, ...]:
        """Give the authorities that issued a certificate, valid or not; raises Refusal where there is none."""
        found = tuple(authority for authority in self.authorities if authority.issued(leaf))
        if not found:
            raise Refusal(
                Code.BUNDLE_CERTIFICATE_UNTRUSTED,
                "the signing certificate was issued by no certificate authority of the trusted root",
            )
        return found

    def _issuer(self, leaf: x509.Certificate, times: tuple[datetime, ...]) -> Authority:
        valid = [authority for authority in self.issuers(leaf) if authority.was_valid(times)]
        if not valid:
            raise Refusal(
                Code.BUNDLE_CERTIFICATE_EXPIRED, "a certificate above the signer's was not valid when it was signed"
            )
        for authority in valid:
            if _covers(authority.entry.valid_for, times):
                return authority
        raise _outside("certificate authority")


def _check_content(model: TrustedRootModel) -> None:
    if not (model.certificate_authorities and model.tlogs and model.ctlogs):
        raise ValueError("it lacks a certificate authority, a transparency log or a certificate transparency log")
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
    if len(scts) != 1:
        raise Refusal(
            Code.BUNDLE_SCT_INVALID, f"the certificate has {len(scts)} signed certificate timestamps, not exactly one"
        )
    known = [log for log in logs if scts[0].log_id in {log.log_id.key_id, _key_hash(log)}]
    if not known:
        raise Refusal(Code.BUNDLE_SCT_INVALID, "the certificate's log is not in the trusted root")
    return _valid_log(known, times, "certificate transparency log")


def _transparency_log(
    logs: list[TransparencyLogInstance], log_id: bytes, times: tuple[datetime, ...]
) -> TransparencyLogInstance:
    known = [log for log in logs if log_id in {each.key_id for each in (log.log_id, log.checkpoint_key_id) if each}]
    if not known:
        raise Refusal(Code.BUNDLE_LOG_INVALID, "the transparency log of the entry is not in the trusted root")
    return _valid_log(known, times, "transparency log")


def _valid_log(
    logs: Iterable[TransparencyLogInstance], times: tuple[datetime, ...], what: str
) -> TransparencyLogInstance:
    for log in logs:
        if _covers(log.public_key.valid_for, times):
            return log
    raise _outside(what)


def _key_hash(log: TransparencyLogInstance) -> bytes:
    hashed = Hash(SHA256())
    hashed.update(log.public_key.raw_bytes or b"")
    return hashed.finalize()


def _covers(period: TimeRange | None, times: tuple[datetime, ...]) -> bool:
    if period is None:
        return True
    return all(period.start <= time and (period.end is None or time <= period.end) for time in times)


def _outside(what: str) -> Refusal:
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
