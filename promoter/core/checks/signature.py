"""The release is signed: a message signature over the manifest, or cosign's statement that says "signed".

An attestation about the artifact is never taken for a signature, whoever signed it: an SBOM says what is inside, not
that the release is meant to run (cosign itself takes any attestation by the identity for a signature).
"""

from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.selection import Demand, select, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, ContentKind
from promoter.core.finding import Finding
from promoter.core.predicates import types


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureParams:
    """Who may sign releases; one valid signature by one of them is enough."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""

    def __post_init__(self) -> None:
        require_signers(self.signers)


def _is_signature(item: Attestation) -> bool:
    if item.kind is ContentKind.MESSAGE_SIGNATURE:
        return True
    return item.predicate_type in types.SIGNATURE


_DEMAND: Final = Demand(
    noun="signature",
    wants=_is_signature,
    claims=types.SIGNATURE | {""},  # a message signature claims no type
    absent=Code.SIGNATURE_ABSENT,
    foreign=Code.SIGNATURE_FOREIGN_SIGNER,
    invalid=Code.SIGNATURE_INVALID,
    unparseable=Code.SIGNATURE_UNPARSEABLE,
    maker="Service team",
    command="sign it with `cosign sign REPOSITORY@DIGEST`",
)


def _apply(params: SignatureParams, subject: Subject) -> Finding:
    selection = select(subject, _DEMAND, params.signers)
    question = Question("signature", subject, _DEMAND, selection, newest_decides=False)
    return question.conclude(
        Judged((item.found.blob,), f"signed by {signed_by(item.signer)}") for item in selection.accepted
    )


SIGNATURE: Final = Check("signature", "signed by an accepted identity", SignatureParams, _apply)
