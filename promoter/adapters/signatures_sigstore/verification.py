"""The order in which a bundle is verified, and the code of each step; sigstore-python does the cryptography.

The signature by the certificate's key; the times that others vouch for; the certificate, and the trust material that
was valid then; and at last all of it again in sigstore's own verifier on the narrowed root, which must agree.
"""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from sigstore.errors import CertValidationError, VerificationError
from sigstore.hashes import Hashed
from sigstore.models import TrustedRoot
from sigstore.verify import Verifier
from sigstore_models.common.v1 import HashAlgorithm

from promoter.adapters.signatures_sigstore.bundle import Parts
from promoter.adapters.signatures_sigstore.certificate import check_period, read_signer
from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.evidence import Signer
from promoter.core.statement import pre_authentication


class _NamedSigner:
    """The verification policy: the certificate must name one signer. Keeps the signer that it read.

    That sigstore's verifier asked it also tells how far the verifier had come.
    """

    def __init__(self) -> None:
        self.signer: Signer | None = None

    def verify(self, cert: x509.Certificate) -> None:
        """Read the signer; raises Refusal."""
        self.signer = read_signer(cert)


def check_signature(parts: Parts, subject: Digest) -> None:
    """Check the signature with the certificate's key: over the envelope, or over our digest itself."""
    key = parts.leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)  # the certificate's profile was checked
    envelope, message = parts.model.dsse_envelope, parts.model.message_signature
    try:
        if envelope:
            signed = pre_authentication(envelope.payload_type, envelope.payload)
            key.verify(envelope.signatures[0].sig, signed, ec.ECDSA(SHA256()))
        elif message:
            digest = _bytes_of(subject)
            if message.message_digest and message.message_digest.digest != digest:
                raise Refusal(Code.BUNDLE_WRONG_DIGEST, "the bundle signs another digest")
            key.verify(message.signature, digest, ec.ECDSA(Prehashed(SHA256())))
    except InvalidSignature as error:
        raise Refusal(Code.BUNDLE_SIGNATURE_INVALID, "the signature does not verify") from error


def verified_times(parts: Parts, trust: Trust) -> tuple[datetime, ...]:
    """Give every time that a timestamp authority or the log vouches for, earliest first; raises Refusal for none.

    They come from the verifier itself, so that it and we mean the same times. The log's time counts on condition: its
    promise is verified in the last step.
    """
    try:
        results = Verifier(trusted_root=trust.whole())._establish_time(parts.bundle)
    except VerificationError as error:
        raise Refusal(Code.BUNDLE_TIME_INVALID, str(error)[:300]) from error
    if not results:
        raise Refusal(Code.BUNDLE_TIME_INVALID, "no timestamp of the bundle verifies with the trusted root")
    return tuple(sorted(result.time for result in results))


def verified_signer(parts: Parts, subject: Digest, times: tuple[datetime, ...], trust: Trust) -> Signer:
    """Verify everything but the statement's content; raises Refusal with the code of the step that failed."""
    check_period(parts.leaf, times)
    read_signer(parts.leaf)  # before the verifier asks its policy, which cannot name the reason for what comes earlier
    root = trust.narrowed(parts.leaf, parts.entry.log_id.key_id, times)
    return _agreed(parts, subject, root)


def _agreed(parts: Parts, subject: Digest, root: TrustedRoot) -> Signer:
    policy = _NamedSigner()
    try:
        verifier = Verifier(trusted_root=root)
        if parts.model.dsse_envelope:
            verifier.verify_dsse(parts.bundle, policy)
        else:
            hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=_bytes_of(subject))
            verifier.verify_artifact(hashed, parts.bundle, policy)
    except Refusal:
        raise
    except CertValidationError as error:
        raise Refusal(Code.BUNDLE_CERTIFICATE_UNTRUSTED, str(error)[:300]) from error
    except (VerificationError, ValueError) as error:
        raise _rejected(policy, error) from error
    assert policy.signer  # the verifier asks its policy or fails
    return policy.signer


def _rejected(policy: _NamedSigner, error: VerificationError | ValueError) -> Refusal:
    """Name the step that failed: all that precedes the SCT was checked before, and the log comes after the policy."""
    if policy.signer:
        reason = str(error) if isinstance(error, VerificationError) else "its body cannot be read"
        return Refusal(Code.BUNDLE_LOG_INVALID, f"the log entry does not verify: {reason}"[:200])
    if isinstance(error, VerificationError):
        return Refusal(Code.BUNDLE_SCT_INVALID, str(error)[:200])
    return Refusal(Code.BUNDLE_UNPARSEABLE, "the signing certificate cannot be read")


def _bytes_of(digest: Digest) -> bytes:
    return bytes.fromhex(digest.removeprefix("sha256:"))
