"""`ports.Signatures`: verifies signed material in every layout, offline, against one trusted root."""

from pathlib import Path
from typing import Self

from promoter.adapters.signatures_sigstore.reading import claimed_type, read_piece, read_stated
from promoter.adapters.signatures_sigstore.refusal import Refusal, state_of
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.adapters.signatures_sigstore.verification import verify
from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Unusable
from promoter.core.public_key import PublicKey
from promoter.core.strict_json import Malformed
from promoter.ports import Material, TrustRoot


class SigstoreSignatures:
    """Verifies bundles and cosign's layers; keeps no state between pieces, so threads may share it."""

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
        try:
            return self._verified(material, subject, keys)
        except (Refusal, Malformed) as refused:
            return _unusable(material, refused.code, refused.detail)
        except Exception as error:  # noqa: BLE001 - the material is hostile, and the libraries leak errors of any class
            return _unusable(material, Code.BUNDLE_UNPARSEABLE, f"{type(error).__name__}: {error}")

    def _verified(self, material: Material, subject: Digest, keys: tuple[PublicKey, ...]) -> Attestation:
        piece = read_piece(material, subject)
        verified = verify(piece, keys, self._trust)
        stated = read_stated(piece.content, subject)
        return Attestation(
            found=material.found,
            kind=piece.content.kind,
            mechanism=piece.mechanism,
            signer=verified.signer,
            signed_at=verified.signed_at,
            log=piece.entries[0].fact if piece.entries else None,
            predicate_type=stated.predicate_type,
            predicate=stated.predicate,
            subjects=stated.subjects,
            revisions=stated.revisions,
        )


def _unusable(material: Material, code: Code, detail: str) -> Unusable:
    return Unusable(material.found, state_of(code), code.value, detail[:300], claimed_type(material))
