"""`ports.Signatures` on sigstore-python: verifies bundles offline against one trusted root."""

from pathlib import Path
from typing import Self

from promoter.adapters.signatures_sigstore.bundle import Parts, claimed_type, read_bundle
from promoter.adapters.signatures_sigstore.refusal import Refusal, state_of
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.adapters.signatures_sigstore.verification import check_signature, verified_signer, verified_times
from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Found, Layout, Mechanism, Unusable
from promoter.core.public_key import PublicKey
from promoter.core.statement import PAYLOAD_TYPE, Statement, parse_statement
from promoter.core.strict_json import Malformed
from promoter.ports import Material, TrustRoot


class SigstoreSignatures:
    """Verifies Sigstore bundles v0.1 to v0.3; keeps no state between bundles, so threads may share it."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Use a trusted_root.json; raises UnusableTrustRoot that names the file and what is wrong with it."""
        return cls(Trust.from_file(path))

    def root(self) -> TrustRoot:
        """Give the trusted root in use."""
        return self._trust.root

    def examine(self, material: Material, subject: Digest, keys: tuple[PublicKey, ...] = ()) -> Attestation | Unusable:
        """Verify one piece about `subject`; whatever is wrong with it comes back as `Unusable`."""
        found, bundle = material.found, material.raw
        if keys or found.layout not in {Layout.BUNDLE, Layout.FORGE_STORE}:
            detail = f"evidence in the layout {found.layout.value} is not verified"
            return _unusable(found, bundle, Code.BUNDLE_UNSUPPORTED, detail)
        try:
            return self._verified(bundle, subject, found)
        except (Refusal, Malformed) as refused:
            return _unusable(found, bundle, refused.code, refused.detail)
        except Exception as error:  # noqa: BLE001 - the bundle is hostile, and the libraries leak errors of any class
            return _unusable(found, bundle, Code.BUNDLE_UNPARSEABLE, f"{type(error).__name__}: {error}")

    def _verified(self, bundle: bytes, subject: Digest, found: Found) -> Attestation:
        parts = read_bundle(bundle)
        check_signature(parts, subject)
        self._trust.issuers(parts.leaf)  # before the times: a foreign instance's timestamps are as foreign
        times = verified_times(parts, self._trust)
        signer = verified_signer(parts, subject, times, self._trust)
        statement = _statement(parts, subject)
        return Attestation(
            found=found,
            kind=parts.kind,
            mechanism=Mechanism.KEYLESS_BUNDLE,
            signer=signer,
            signed_at=times[0],
            log=parts.log,
            predicate_type=statement.predicate_type,
            predicate=statement.predicate,
            subjects=statement.subjects,
            revisions=statement.revisions,
        )


def _statement(parts: Parts, subject: Digest) -> Statement:
    """Read the verified statement, which must name our digest; a message signature states nothing but the digest."""
    envelope = parts.model.dsse_envelope
    if not envelope:
        return Statement((subject,), "", {})
    if envelope.payload_type != PAYLOAD_TYPE:
        raise Refusal(Code.BUNDLE_PAYLOAD_TYPE, f"the envelope's payload type is {ascii(envelope.payload_type)[:120]}")
    statement = parse_statement(envelope.payload)
    if subject not in statement.subjects:
        raise Refusal(Code.STATEMENT_WRONG_SUBJECT, f"the statement is not about {subject}")
    return statement


def _unusable(found: Found, bundle: bytes, code: Code, detail: str) -> Unusable:
    return Unusable(found, state_of(code), code.value, detail[:300], claimed_type(bundle))
