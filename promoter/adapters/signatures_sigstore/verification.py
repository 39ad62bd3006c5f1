"""The order in which one piece is verified, and the code of each step.

The signature by the certificate's key or a policy's; the times that others vouch for; the certificate, and the trust
material that was valid then; the log entries. sigstore-python's own verifier must agree to what it can read.
"""

import base64
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from sigstore.errors import Error as SigstoreError
from sigstore.hashes import Hashed
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore_models.bundle.v1 import Bundle as BundleModel
from sigstore_models.common.v1 import HashAlgorithm

from promoter.adapters.signatures_sigstore import private
from promoter.adapters.signatures_sigstore.certificate import (
    CertifiedKey,
    check_period,
    check_profile,
    read_signer,
    signing_key,
)
from promoter.adapters.signatures_sigstore.keys import LoadedKey, is_signed_by, load_keys
from promoter.adapters.signatures_sigstore.log import check_entries, promised_times
from promoter.adapters.signatures_sigstore.piece import Content, Piece
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
    key = signing_key(leaf)
    if not is_signed_by(key, piece.content):
        raise Refusal(Code.BUNDLE_SIGNATURE_INVALID, "the signature does not verify")
    issuers = trust.issuers(leaf)  # before the times: a foreign instance's timestamps are as foreign
    times = _verified_times(piece, trust)
    if not times:
        raise Refusal(Code.BUNDLE_TIME_INVALID, "there is neither a timestamp nor a log's promise of the time")
    check_period(leaf, times)
    signer = read_signer(leaf)
    issuer = valid_issuer(issuers, times)
    if not issuer.certifies(leaf, times):
        raise Refusal(Code.BUNDLE_CERTIFICATE_UNTRUSTED, "no path leads from the certificate to the trusted root")
    root = trust.narrowed(issuer, leaf, times)
    if trust.has_certificate_logs and not private.is_logged(leaf, list(issuer.chain), root):
        raise Refusal(Code.BUNDLE_SCT_INVALID, "the signed certificate timestamp does not verify")
    check_entries(piece, leaf.public_bytes(Encoding.DER), times, trust)
    if piece.double and trust.has_certificate_logs and _is_usual(key):
        _check_agreement(piece.double, piece.content, root)
    return Verified(signer, times[0])


def _is_usual(key: CertifiedKey) -> bool:
    """Tell whether sigstore's verifier can verify with the key: it takes every one for ECDSA with SHA-256."""
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


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


def _check_agreement(model: BundleModel, content: Content, root: TrustedRoot) -> None:
    """Have sigstore's verifier do all of it again on the trust material that counts here."""
    try:
        verifier, bundle = Verifier(trusted_root=root), Bundle(model)
        if content.envelope:
            verifier.verify_dsse(bundle, _Anybody())
        else:
            hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=content.digest)
            verifier.verify_artifact(hashed, bundle, _Anybody())
    except (SigstoreError, ValueError) as error:
        raise Refusal(Code.BUNDLE_VERIFIERS_DISAGREE, f"sigstore's own verifier refuses it: {error}"[:300]) from error


class _Anybody:
    """The verification policy: who signed was read before, and whether that counts is asked elsewhere."""

    def verify(self, cert: x509.Certificate) -> None:
        """Accept every certificate."""
