"""Signed approvals of a bundle of rules: Sigstore bundles beside the rules that say whose hands they went through."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import Digest, digest_of
from promoter.core.evidence import Attestation, ContentKind, Found, Signer
from promoter.core.identity import Placeholders, SignerRule, accepts
from promoter.core.predicates.types import RULES_APPROVAL
from promoter.core.public_key import parse_public_key
from promoter.core.ruleset import SIGNATURES, RawFile, is_signature
from promoter.ports import Material, Signatures
from promoter.strict_yaml import ConfigError

SIGNATURES_LIMIT: Final = 20
"""How many signatures over one bundle there may be."""

_NO_RELEASE = Placeholders("", "", "")


@dataclass(frozen=True, slots=True)
class SignedApprovals:
    """Who may approve by signature, and what verifies that; the verifier is opened only where there is a signature."""

    signers: Mapping[str, SignerRule]
    open_signatures: Callable[[], Signatures]

    def of(self, files: tuple[RawFile, ...], bundle: Digest) -> tuple[Signer, ...]:
        """Give every accepted signer of a bundle once; what does not verify counts for nothing.

        Raises OutsideError where nothing can be verified now, ConfigError for too many signatures.
        """
        pieces = [file for file in files if is_signature(file.path)]
        if len(pieces) > SIGNATURES_LIMIT:
            detail = f"holds {len(pieces)} files; at most {SIGNATURES_LIMIT} are read, remove those over older rules"
            raise ConfigError(f"{SIGNATURES}: {detail}")
        if not pieces or not self.signers:
            return ()
        signatures = self.open_signatures()
        if trouble := signatures.root().trouble:
            raise trouble
        keys = tuple(parse_public_key(rule.key) for rule in self.signers.values() if rule.key)
        found = (signatures.examine(_material(piece), bundle, keys) for piece in pieces)
        accepted = [item.signer for item in found if isinstance(item, Attestation) and self._counts(item)]
        return tuple({signer.identity: signer for signer in accepted}.values())

    def _counts(self, item: Attestation) -> bool:
        is_approval = item.kind is ContentKind.DSSE and item.predicate_type in RULES_APPROVAL
        return is_approval and any(accepts(rule, item, _NO_RELEASE) for rule in self.signers.values())


def _material(piece: RawFile) -> Material:
    digest = digest_of(piece.raw)
    return Material(Found(digest, digest, len(piece.raw)), piece.raw)
