"""The trusted root of an instance: what its verifiers trust, and when (sigstore protobuf-specs, trustroot.proto)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from promoter.local.authority.bodies import encode

TRUSTED_ROOT_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"


@dataclass(frozen=True, slots=True)
class Period:
    """When something is valid: both bounds belong to it, and without an end it lasts."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log by its key; what its id is follows from the key, unless a root lies."""

    key: bytes
    details: str
    log_id: bytes
    period: Period

    def document(self, url: str) -> dict[str, Any]:
        """Give the TransparencyLogInstance."""
        key = {"rawBytes": encode(self.key), "keyDetails": self.details, "validFor": _document(self.period)}
        return {
            "baseUrl": url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": key,
            "logId": {"keyId": encode(self.log_id)},
        }


@dataclass(frozen=True, slots=True)
class TrustedChain:
    """A certificate or timestamp authority by its certificates, the root last."""

    certificates: tuple[x509.Certificate, ...]
    period: Period

    def document(self, url: str) -> dict[str, Any]:
        """Give the CertificateAuthority."""
        raw = [{"rawBytes": encode(each.public_bytes(Encoding.DER))} for each in self.certificates]
        return {
            "subject": {"organization": "promoter", "commonName": "local"},
            "uri": url,
            "certChain": {"certificates": raw},
            "validFor": _document(self.period),
        }


_T = TypeVar("_T", TrustedLog, TrustedChain)


class Part(Enum):
    """A part of a trusted root, by the name of its list in the JSON document."""

    LOGS = "tlogs"
    AUTHORITIES = "certificateAuthorities"
    CERTIFICATE_LOGS = "ctlogs"
    TIMESTAMP_AUTHORITIES = "timestampAuthorities"


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """What a trusted root lists; every list may hold several, and any may be empty."""

    logs: tuple[TrustedLog, ...] = ()
    authorities: tuple[TrustedChain, ...] = ()
    certificate_logs: tuple[TrustedLog, ...] = ()
    timestamp_authorities: tuple[TrustedChain, ...] = ()

    def lasting(self, part: Part, period: Period) -> "TrustedRoot":
        """Give the root with another period for everything in one part of it."""
        match part:
            case Part.LOGS:
                return replace(self, logs=_during(self.logs, period))
            case Part.AUTHORITIES:
                return replace(self, authorities=_during(self.authorities, period))
            case Part.CERTIFICATE_LOGS:
                return replace(self, certificate_logs=_during(self.certificate_logs, period))
            case Part.TIMESTAMP_AUTHORITIES:
                return replace(self, timestamp_authorities=_during(self.timestamp_authorities, period))

    def joined(self, other: "TrustedRoot") -> "TrustedRoot":
        """Give a root that trusts all that either of the two trusts."""
        return TrustedRoot(
            self.logs + other.logs,
            self.authorities + other.authorities,
            self.certificate_logs + other.certificate_logs,
            self.timestamp_authorities + other.timestamp_authorities,
        )

    def document(self, url: str) -> bytes:
        """Give trusted_root.json; `url` stands for every service."""
        document = {
            "mediaType": TRUSTED_ROOT_TYPE,
            Part.LOGS.value: [log.document(url) for log in self.logs],
            Part.AUTHORITIES.value: [chain.document(url) for chain in self.authorities],
            Part.CERTIFICATE_LOGS.value: [log.document(url) for log in self.certificate_logs],
            Part.TIMESTAMP_AUTHORITIES.value: [chain.document(url) for chain in self.timestamp_authorities],
        }
        return json.dumps(document, indent=2).encode()


def moment(at: datetime) -> str:
    """Give a time as these documents write it, in whole seconds."""
    return at.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _during(listed: tuple[_T, ...], period: Period) -> tuple[_T, ...]:
    return tuple(replace(each, period=period) for each in listed)


def _document(period: Period) -> dict[str, str]:
    start = {"start": moment(period.start)}
    return start if period.end is None else {**start, "end": moment(period.end)}
