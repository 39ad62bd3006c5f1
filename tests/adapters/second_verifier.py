"""A second opinion on what is accepted: sigstore-python's own verifier, by its public interface, on the whole root.

It orders the steps by itself, reads times, certificates and log entries by itself, and compares what the log recorded
with a body that it builds anew. It reads fewer forms than we do; of those it must accept whatever we accept.
"""

from dataclasses import fields
from enum import Enum
from functools import cache

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import Certificate
from sigstore.errors import Error as SigstoreError
from sigstore.hashes import Hashed
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier, policy
from sigstore_models.common.v1 import HashAlgorithm
from sigstore_models.trustroot.v1 import TrustedRoot as TrustedRootModel

from promoter.adapters.signatures_sigstore.bundle_model import LooseEntry, read_model
from promoter.core.evidence import Attestation, ContentKind, Mechanism, Signer
from promoter.core.statement import PAYLOAD_TYPE, Statement, parse_statement
from promoter.ports import Material
from tests.adapters.bundles import SUBJECT, verifier
from tests.adapters.bundles import trusted_root as usual_root

_READ = frozenset({("hashedrekord", "0.0.1"), ("hashedrekord", "0.0.2"), ("dsse", "0.0.1")})
_CLAIMS = (  # in the order of SignerClaims, .9 to .22
    policy.OIDCBuildSignerURI,
    policy.OIDCBuildSignerDigest,
    policy.OIDCRunnerEnvironment,
    policy.OIDCSourceRepositoryURI,
    policy.OIDCSourceRepositoryDigest,
    policy.OIDCSourceRepositoryRef,
    policy.OIDCSourceRepositoryIdentifier,
    policy.OIDCSourceRepositoryOwnerURI,
    policy.OIDCSourceRepositoryOwnerIdentifier,
    policy.OIDCBuildConfigURI,
    policy.OIDCBuildConfigDigest,
    policy.OIDCBuildTrigger,
    policy.OIDCRunInvocationURI,
    policy.OIDCSourceRepositoryVisibility,
)


class Opinions(Enum):
    """What the two say of one piece; that we accept what the other can read and refuses is an error instead."""

    REFUSED = "we refuse it"
    AGREED = "both accept it, and say the same"
    ALONE = "we accept it, and sigstore's verifier does not read its form"


def compare(material: Material, root: bytes | None = None) -> Opinions:
    """Have both verify a piece; raises AssertionError where we accept what sigstore's verifier can read and refuses."""
    trusted = root or usual_root()
    read = verifier(trusted).examine(material, SUBJECT)
    if not isinstance(read, Attestation):
        return Opinions.REFUSED
    objections = [objection(bundle, read, trusted) for bundle in readable(material, read)]
    assert not any(objections), objections
    return Opinions.AGREED if objections else Opinions.ALONE


def readable(material: Material, read: Attestation) -> tuple[Bundle, ...]:
    """Give the piece once for each of its log entries that sigstore's verifier reads: it takes one at a time.

    Of keys it can use one kind, whatever the certificate says: every signature is ECDSA with SHA-256 to it.
    """
    if read.mechanism is not Mechanism.KEYLESS_BUNDLE:
        return ()
    model = read_model(material.raw)
    found = model.verification_material
    alone = (found.model_copy(update={"tlog_entries": [entry]}) for entry in found.tlog_entries if _is_read(entry))
    bundles = (Bundle(model.model_copy(update={"verification_material": each})) for each in alone)
    return tuple(bundle for bundle in bundles if _is_usual(bundle.signing_certificate))


def _is_read(entry: LooseEntry) -> bool:
    return bool(entry.inclusion_proof) and (entry.kind_version.kind, entry.kind_version.version) in _READ


def _is_usual(leaf: Certificate) -> bool:
    key = leaf.public_key()
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def objection(bundle: Bundle, read: Attestation, root: bytes) -> str:
    """Tell why sigstore's verifier does not say of a bundle what we read in it; empty where it does."""
    try:
        if read.kind is ContentKind.MESSAGE_SIGNATURE:
            hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(SUBJECT.removeprefix("sha256:")))
            _second(root).verify_artifact(hashed, bundle, _signed_by(read.signer))
            return "" if read.subjects == (SUBJECT,) else f"we read it to be about {read.subjects}"
        kind, payload = _second(root).verify_dsse(bundle, _signed_by(read.signer))
    except (SigstoreError, ValueError) as error:
        return str(error)
    stated = Statement(read.subjects, read.predicate_type, read.predicate, read.revisions)
    return "" if kind == PAYLOAD_TYPE and stated == parse_statement(payload) else "we read another statement"


@cache
def _second(root: bytes) -> Verifier:
    return Verifier(trusted_root=TrustedRoot(TrustedRootModel.from_json(root)))


def _signed_by(signer: Signer) -> policy.VerificationPolicy:
    """Demand the signer that we read, claim by claim."""
    named = (getattr(signer.claims, field.name) for field in fields(signer.claims))
    claims = [claim(value) for claim, value in zip(_CLAIMS, named, strict=False) if value]
    return policy.AllOf([policy.Identity(identity=signer.san), policy.OIDCIssuerV2(signer.issuer), *claims])
