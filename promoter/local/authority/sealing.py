"""Signatures with everything that proves whose they are and when they were made.

The values are frozen and hold no cross-checks: a test replaces one of them (another entry, no timestamp, a flipped
signature) and writes the rest as an honest signer would.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from promoter.core.evidence import Signer
from promoter.local.authority.bodies import (
    Signed,
    Verifier,
    dsse_v1,
    hashedrekord_v1,
    intoto_v1,
    intoto_v2,
    key_of,
    pem_of,
)
from promoter.local.authority.certificates import Leaf
from promoter.local.authority.contents import Content, Envelope
from promoter.local.authority.instance import Instance
from promoter.local.authority.keys import SigningKey, make_key
from promoter.local.authority.rekor import Entry, log_v1, log_v2


@dataclass(frozen=True, slots=True)
class Credential:
    """Who signs: a key, its certificate where an authority certified it, and the certificates above that."""

    key: SigningKey
    certificate: x509.Certificate | None = None
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def verifier(self) -> Verifier:
        """What log entries name: the certificate, or the key where there is none."""
        return self.certificate or self.key.public


class LogKind(Enum):
    """Which log, and which kind of entry in it."""

    V1 = "dsse 0.0.1 or hashedrekord 0.0.1, as the content asks for"
    V2 = "hashedrekord 0.0.2"
    HASHEDREKORD = "hashedrekord 0.0.1, of an envelope's pre-authentication encoding too"
    INTOTO_1 = "intoto 0.0.1"
    INTOTO_2 = "intoto 0.0.2"


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who confirms a signature: logs with the time of their entries, and timestamps at their times, one for each.

    A timestamp covers the signature; with `stamp_envelope` it covers the whole envelope, as in the attestations of
    cosign 1 and 2. (cosign 3.1.3 writes the former and accepts, beside an image's tag, the latter alone.)
    """

    at: datetime
    logs: tuple[LogKind, ...] = (LogKind.V2,)
    stamps: tuple[datetime, ...] = ()
    stamp_envelope: bool = False


@dataclass(frozen=True, slots=True)
class Sealed:
    """Content with its signature, the credential it was made with, log entries, and DER TimeStampResps."""

    content: Content
    signatures: tuple[bytes, ...]
    credential: Credential
    entries: tuple[Entry, ...] = ()
    stamps: tuple[bytes, ...] = ()

    @property
    def envelope(self) -> bytes:
        """The DSSE envelope as JSON; raises ValueError for a message."""
        if not isinstance(self.content, Envelope):
            raise ValueError("a message stands in no envelope")  # noqa: TRY004 - the value's content is wrong
        return self.content.sealed(self.signatures)


def certify(instance: Instance, leaf: Leaf, key: SigningKey) -> Credential:
    """Have a certificate issued, whatever it says; the key signs, whether or not it is the certificate's."""
    return Credential(key, instance.authority.issue(leaf), instance.authority.chain)


def identify(instance: Instance, signer: Signer, at: datetime) -> Credential:
    """Certify a fresh key for an identity, as a keyless signer has it done."""
    key = make_key()
    return certify(instance, Leaf(key.public, signer, at, (instance.certificate_log,)), key)


def seal(instance: Instance, content: Content, credential: Credential, witnesses: Witnesses) -> Sealed:
    """Sign content, log it and stamp it; raises ValueError for an Ed25519 signature in a hashedrekord.

    No log takes one: they check a signature of a hash, which needs Ed25519ph.
    """
    key = credential.key
    signature = key.sign(content.signed)
    signed = Signed(key.hash.of(content.signed), signature, credential.verifier, key.hash, key.details)
    entries = tuple(_logged(instance, content, signed, kind, witnesses.at) for kind in witnesses.logs)
    sealed = Sealed(content, (signature,), credential, entries)
    stamped = sealed.envelope if witnesses.stamp_envelope else signature
    return replace(sealed, stamps=tuple(instance.timestamps.stamp(stamped, at) for at in witnesses.stamps))


def _logged(instance: Instance, content: Content, signed: Signed, kind: LogKind, at: datetime) -> Entry:
    log, pem = instance.rekor_v1, pem_of(signed.verifier)
    if kind in {LogKind.V2, LogKind.HASHEDREKORD} or not isinstance(content, Envelope):
        if isinstance(key_of(signed.verifier), ed25519.Ed25519PublicKey):
            raise ValueError("no log holds an Ed25519 signature as a hashedrekord")
        if kind is LogKind.V2:
            return log_v2(instance.rekor_v2, signed)
        return log_v1(log, "hashedrekord", hashedrekord_v1(signed, pem), at)
    envelope = content.sealed((signed.signature,)).decode()
    match kind:
        case LogKind.INTOTO_1:
            return log_v1(log, "intoto", intoto_v1(envelope, pem), at)
        case LogKind.INTOTO_2:
            return log_v1(log, "intoto", intoto_v2(envelope, pem), at, "0.0.2")
        case _:
            return log_v1(log, "dsse", dsse_v1(envelope, pem), at)
