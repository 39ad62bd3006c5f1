"""The order in which one piece is verified, and the code of each step.

The signature by the certificate's key or a policy's; the times that others vouch for; the certificate, and the trust
material that was valid then; the log entries. What is accepted here sigstore-python's own verifier accepts too, as far
as it can read it: the tests compare them (docs/decisions/0006).
"""

import base64
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from promoter.adapters.signatures_sigstore import private
from promoter.adapters.signatures_sigstore.authority import Authority
from promoter.adapters.signatures_sigstore.certificate import check_period, check_profile, read_signer, signing_key
from promoter.adapters.signatures_sigstore.keys import LoadedKey, is_signed_by, load_keys
from promoter.adapters.signatures_sigstore.log import check_entries, promised_times
from promoter.adapters.signatures_sigstore.piece import Piece
from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.adapters.signatures_sigstore.stamps import stamped_times
from promoter.adapters.signatures_sigstore.trust import Trust, valid_issuer
from promoter.core.codes import Code
from promoter.core.evidence import Signer
from promoter.core.public_key import PublicKey


@dataclass(frozen=True, slots=True)
class Verified:
    """Who made the signature, and the earliest time that somebody else vouches for, where there is one."""

    signer: Signer
    signed_at: datetime | None


def verify(piece: Piece, keys: tuple[PublicKey, ...], trust: Trust) -> Verified:
    """Verify everything but what the content says; raises Refusal or Malformed with the code of the step."""
    if piece.certificate is None:
        return _by_key(piece, keys, trust)
    return _by_certificate(piece, piece.certificate, trust)


def _by_certificate(piece: Piece, leaf: x509.Certificate, trust: Trust) -> Verified:
    check_profile(leaf)
    if not is_signed_by(signing_key(leaf), piece.content):
        raise Refusal(Code.BUNDLE_SIGNATURE_INVALID, "the signature does not verify")
    issuers = trust.issuers(leaf)  # before the times: a foreign instance's timestamps are as foreign
    times = _verified_times(piece, trust)
    if not times:
        raise Refusal(Code.BUNDLE_TIME_INVALID, "there is neither a timestamp nor a log's promise of the time")
    check_period(leaf, times)
    signer = read_signer(leaf)
    issuer = valid_issuer(issuers, times)
    if not issuer.is_certified(times):
        raise Refusal(Code.BUNDLE_CERTIFICATE_UNTRUSTED, "no path leads from the certificate to the trusted root")
    _check_logged(leaf, issuer.by, times, trust)
    check_entries(piece, leaf.public_bytes(Encoding.DER), times, trust)
    return Verified(signer, times[0])


def _check_logged(leaf: x509.Certificate, issuer: Authority, times: tuple[datetime, ...], trust: Trust) -> None:
    """Raise Refusal unless the certificate was logged, where the root names logs of certificates."""
    if not trust.certificate_logs:
        return
    if not private.is_logged(leaf, list(issuer.chain), trust.key_of_certificate_log(leaf, times)):
        raise Refusal(Code.BUNDLE_SCT_INVALID, "the signed certificate timestamp does not verify")


def _by_key(piece: Piece, keys: tuple[PublicKey, ...], trust: Trust) -> Verified:
    key = _signing_key(piece, tuple(load_keys(keys)))
    times = _verified_times(piece, trust)
    check_entries(piece, key.der, times, trust)
    return Verified(Signer(san="", issuer="", key=key.fingerprint), times[0] if times else None)


def _signing_key(piece: Piece, keys: tuple[LoadedKey, ...]) -> LoadedKey:
    """Find the key that signed; the hint is unauthenticated, so it only says which one is tried first."""
    hinted = [key for key in keys if piece.hint in _hints(key)]
    for key in (*hinted, *keys):
        if is_signed_by(key.key, piece.content):
            return key
    if hinted:
        raise Refusal(
            Code.BUNDLE_SIGNATURE_INVALID, f"the signature does not verify with the key that it names, {_named(hinted)}"
        )
    raise Refusal(Code.BUNDLE_KEY_UNKNOWN, "it is signed with a key, and with none that a policy names")


def _hints(key: LoadedKey) -> tuple[str, str]:
    """Give what signers name a key by: cosign the base64 of its fingerprint, others the hex."""
    bare = key.fingerprint.removeprefix("sha256:")
    return base64.b64encode(bytes.fromhex(bare)).decode(), bare


def _named(keys: list[LoadedKey]) -> str:
    return ", ".join(key.fingerprint for key in keys)


def _verified_times(piece: Piece, trust: Trust) -> tuple[datetime, ...]:
    """Give every time that a timestamp authority or a log vouches for, earliest first.

    Timestamps of which none is good are a lie about the time, unless a log vouches for it.
    """
    stamped, refusals = stamped_times(piece, trust)
    times = (*stamped, *promised_times(piece, trust))
    if refusals and not times:
        raise refusals[0]
    return tuple(sorted(times))
