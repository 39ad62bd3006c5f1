"""What stands in a trusted_root.json, as values for people: every authority and log with its key and period."""

import hashlib
from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore_models.common.v1 import TimeRange
from sigstore_models.trustroot.v1 import CertificateAuthority, TransparencyLogInstance, TrustedRoot

from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.core.trust_root import Link, Member, MemberKind


def read_members(raw: bytes, origin: str) -> tuple[Member, ...]:
    """List the members of a root, in its order by kind; raises UnusableTrustRoot for one that cannot be used."""
    Trust.from_bytes(raw, origin)
    model = TrustedRoot.from_json(raw)
    return (
        *(_authority(MemberKind.AUTHORITY, entry) for entry in model.certificate_authorities),
        *(_log(MemberKind.CERTIFICATE_LOG, entry) for entry in model.ctlogs),
        *(_log(MemberKind.LOG, entry) for entry in model.tlogs),
        *(_authority(MemberKind.TIMESTAMP, entry) for entry in model.timestamp_authorities),
    )


def _authority(kind: MemberKind, entry: CertificateAuthority) -> Member:
    chain = [x509.load_der_x509_certificate(each.raw_bytes) for each in entry.cert_chain.certificates]
    public = (each.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) for each in chain[:1])
    name = entry.uri or ", ".join(part for part in (entry.subject.common_name, entry.subject.organization) if part)
    return _member(kind, name, next(public, b""), entry.valid_for, tuple(_links(chain)))


def _log(kind: MemberKind, entry: TransparencyLogInstance) -> Member:
    return _member(kind, entry.base_url, entry.public_key.raw_bytes or b"", entry.public_key.valid_for)


def _member(kind: MemberKind, name: str, key: bytes, period: TimeRange | None, chain: tuple[Link, ...] = ()) -> Member:
    start, end = (period.start, period.end) if period else (None, None)
    return Member(kind, name, hashlib.sha256(key).hexdigest(), start, end, chain)


def _links(chain: list[x509.Certificate]) -> Iterator[Link]:
    for each in chain:
        yield Link(each.subject.rfc4514_string(), each.not_valid_before_utc, each.not_valid_after_utc)
