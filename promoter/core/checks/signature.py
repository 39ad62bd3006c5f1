"""The release is signed: a message signature over the manifest, or cosign's statement that says "signed".

An attestation about the artifact is never taken for a signature, whoever signed it: an SBOM says what is inside, not
that the release is meant to run (cosign itself takes any attestation by the identity for a signature).
Several different signers can be demanded; how they are counted stands in `quorum`.
"""

from dataclasses import dataclass
from typing import Final

from promoter.core.canonical import added
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.quorum import Vote, count_votes
from promoter.core.checks.selection import Demand, Selection, select, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, ContentKind, EvidenceState
from promoter.core.finding import Finding, Reason
from promoter.core.predicates import types


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureParams:
    """Who may sign releases, and how many of them must have."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    at_least: int = added(1)
    """How many of these signers must each have signed. A certificate's identity counts once, whatever it meets."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        count = len(set(self.signers))
        if not 1 <= self.at_least <= count:
            raise ValueError(f"at_least must be 1 to {count}, the number of different signers that are named")


def _is_signature(item: Attestation) -> bool:
    if item.kind is ContentKind.MESSAGE_SIGNATURE:
        return True
    return item.predicate_type in types.SIGNATURE


_COMMAND: Final = "sign it with `cosign sign REPOSITORY@DIGEST`"

_DEMAND: Final = Demand(
    noun="signature",
    wants=_is_signature,
    claims=types.SIGNATURE | {""},  # a message signature claims no type
    absent=Code.SIGNATURE_ABSENT,
    foreign=Code.SIGNATURE_FOREIGN_SIGNER,
    invalid=Code.SIGNATURE_INVALID,
    unparseable=Code.SIGNATURE_UNPARSEABLE,
    maker="Service team",
    command=_COMMAND,
)


def _apply(params: SignatureParams, subject: Subject) -> Finding:
    selection = select(subject, _DEMAND, params.signers)
    question = Question("signature", subject, _DEMAND, selection, newest_decides=False)
    votes = count_votes(subject, params.signers, selection.accepted, params.at_least)
    return question.conclude((_judge(params, subject, selection, votes),) if votes else ())


def _judge(params: SignatureParams, subject: Subject, selection: Selection, votes: tuple[Vote, ...]) -> Judged:
    counted = {vote.attestation.found.blob for vote in votes}
    signatures = tuple(item for item in selection.accepted if item.found.blob in counted)
    who = ", and by ".join(signed_by(item.signer) for item in signatures)
    reasons = () if len(votes) >= params.at_least else (_too_few(params, subject, votes, who),)
    return Judged(tuple(item.found.blob for item in signatures), f"signed by {who}", reasons)


def _too_few(params: SignatureParams, subject: Subject, votes: tuple[Vote, ...], who: str) -> Reason:
    met = {vote.rule for vote in votes}
    missing = ", ".join(name for name in dict.fromkeys(params.signers) if name not in met)
    return Reason(
        code=Code.SIGNATURE_TOO_FEW_SIGNERS,
        sentence=f"signed by {len(votes)} of at least {params.at_least} different signers: by {who}; "
        f"nobody else signed as {missing}",
        remedy=f"{_DEMAND.maker}: have {params.at_least - len(votes)} more of them ({missing}) "
        f"{_COMMAND.replace('DIGEST', subject.candidate.digest)}",
        state=EvidenceState.ABSENT,
    )


SIGNATURE: Final = Check("signature", "signed by an accepted identity", SignatureParams, _apply)
