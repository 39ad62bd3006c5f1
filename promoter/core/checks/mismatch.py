"""A build of another commit than the release's git tag names: it passes only where several people wrote that it may.

Each approval is an attestation about the digest that names both commits, by one of the signers whom the policy lists;
as many different signers as it demands must have approved, and nobody who attests provenance is one of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.checks.provenance_demands import MismatchApprovals, ProvenanceParams
from promoter.core.checks.quorum import Vote, count_votes
from promoter.core.checks.release_source import release_commit, release_ref, release_repository
from promoter.core.checks.selection import Demand, Reading, Selection, name_of, read_accepted, select, signed_by
from promoter.core.checks.shortcomings import shortcomings, unreadable_reason
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Reason
from promoter.core.predicates import types
from promoter.core.predicates.mismatch_approval import MismatchApproval, read_mismatch_approval
from promoter.core.predicates.provenance import Provenance

_DEMAND: Final = Demand(
    noun="approval of the commit mismatch",
    wants=lambda item: item.predicate_type in types.MISMATCH_APPROVAL,
    claims=types.MISMATCH_APPROVAL,
    absent=Code.MISMATCH_APPROVAL_ABSENT,
    foreign=Code.MISMATCH_APPROVAL_FOREIGN_SIGNER,
    invalid=Code.MISMATCH_APPROVAL_INVALID,
    unparseable=Code.MISMATCH_APPROVAL_UNPARSEABLE,
    maker="Security team",
    command=f"attest it with `cosign attest --type {min(types.MISMATCH_APPROVAL)} --predicate approval.json "
    "REPOSITORY@DIGEST`",
)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What was found about a build's commit: the approvals that it rests on, what they say, and what is against it."""

    blobs: tuple[Digest, ...] = ()
    sentence: str = ""
    reasons: tuple[Reason, ...] = ()


def rule_on_commit(item: Reading[Provenance], params: ProvenanceParams, subject: Subject) -> Ruling:
    """Compare the commit that was built with the release's; a difference is looked up among the approvals."""
    wanted, built = release_commit(subject), item.facts.source_commit
    if not wanted or built == wanted:
        return Ruling()
    mismatch = _mismatch(item.facts, subject)
    if params.mismatch_approvals is None or not built:
        return Ruling(reasons=(mismatch,))
    return _rule_on_approvals(item, params, subject, mismatch)


def _mismatch(facts: Provenance, subject: Subject) -> Reason:
    ref = release_ref(subject)
    named = f"commit {facts.source_commit}" if facts.source_commit else "no commit"
    return Reason(
        code=Code.PROVENANCE_WRONG_COMMIT,
        sentence=f"provenance names {named}, {ref} is commit {release_commit(subject)}",
        remedy=f"Service team: build and attest the release from {release_repository(subject)} at {ref}.",
        state=EvidenceState.INVALID,
    )


def _rule_on_approvals(
    item: Reading[Provenance], params: ProvenanceParams, subject: Subject, mismatch: Reason
) -> Ruling:
    approvals = params.mismatch_approvals
    assert approvals is not None
    selection = select(subject, _DEMAND, approvals.signers)
    readable, unreadable = read_accepted(selection, read_mismatch_approval)
    faults = {one.attestation.found.blob: tuple(_faults(one, item, params, subject)) for one in readable}
    good = tuple(one for one in readable if not faults[one.attestation.found.blob])
    votes = count_votes(subject, approvals.signers, tuple(one.attestation for one in good), approvals.at_least)
    if len(votes) >= approvals.at_least:
        return _approved(votes, good, mismatch)
    reasons = (
        mismatch,
        *(reason for found in faults.values() for reason in found),
        *(unreadable_reason(subject, _DEMAND, one) for one in unreadable),
        *shortcomings(subject, _DEMAND, selection),
        *(_too_few(votes, approvals) if votes else ()),
    )
    return Ruling(_looked_at(selection), "", reasons)


def _looked_at(selection: Selection) -> tuple[Digest, ...]:
    return tuple(one.found.blob for one in selection.accepted)


def _approved(votes: tuple[Vote, ...], good: tuple[Reading[MismatchApproval], ...], mismatch: Reason) -> Ruling:
    blobs = tuple(vote.attestation.found.blob for vote in votes)
    said = {one.attestation.found.blob: one.facts for one in good}
    who = ", and by ".join(
        f"{signed_by(vote.attestation.signer)} until {said[blob].expires:%Y-%m-%d %H:%M:%SZ} ({said[blob].reason})"
        for vote, blob in zip(votes, blobs, strict=True)
    )
    return Ruling(blobs, f"; {mismatch.sentence}, which is approved by {who}")


def _faults(
    one: Reading[MismatchApproval], item: Reading[Provenance], params: ProvenanceParams, subject: Subject
) -> Iterator[Reason]:
    """Say what is wrong with an approval by a signer who may approve."""
    name, facts, signer = f"the {_DEMAND.noun} {name_of(one.attestation)}", one.facts, one.attestation.signer
    if signer.identity == item.attestation.signer.identity or subject.accepts(one.attestation, params.signers):
        sentence = f"{name} is by {signed_by(signer)}, who attests the provenance: nobody approves their own"
        yield _wrong(Code.MISMATCH_APPROVAL_FOREIGN_SIGNER, sentence, "Security team: have somebody else approve.")
    approved = (facts.repository, facts.release_commit, facts.built_commit)
    if approved != (release_repository(subject), release_commit(subject), item.facts.source_commit):
        sentence = (
            f"{name} is about commit {facts.built_commit} in place of {facts.release_commit} in {facts.repository}; "
            f"this is commit {item.facts.source_commit} in place of {release_commit(subject)} "
            f"in {release_repository(subject)}"
        )
        remedy = "Security team: approve these two commits, if it is right to release this build."
        yield _wrong(Code.MISMATCH_APPROVAL_WRONG, sentence, remedy)
    if facts.expires <= subject.now:
        yield Reason(
            code=Code.MISMATCH_APPROVAL_EXPIRED,
            sentence=f"{name} ended at {facts.expires:%Y-%m-%d %H:%M:%SZ}",
            remedy="Security team: approve it again, if it is still right. Service team: better build the release.",
            state=EvidenceState.STALE,
        )


def _too_few(votes: tuple[Vote, ...], approvals: MismatchApprovals) -> Iterator[Reason]:
    who = ", and by ".join(signed_by(vote.attestation.signer) for vote in votes)
    met = {vote.rule for vote in votes}
    others = ", ".join(name for name in dict.fromkeys(approvals.signers) if name not in met)
    yield Reason(
        code=Code.MISMATCH_APPROVAL_TOO_FEW,
        sentence=f"the commit mismatch is approved by {len(votes)} of at least {approvals.at_least} different signers: "
        f"by {who}",
        remedy=f"Security team: have {approvals.at_least - len(votes)} more of them ({others}) approve it.",
        state=EvidenceState.ABSENT,
    )


def _wrong(code: Code, sentence: str, remedy: str) -> Reason:
    return Reason(code=code, sentence=sentence, remedy=remedy, state=EvidenceState.INVALID)
