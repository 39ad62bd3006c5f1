"""Accepted people or machines answered a question about the release, and the answer is positive.

Of each signer the newest answer counts, and only for its own environment and policy. A negative one stands until its
signer gives another, however many others are positive; one that ended or is too old is no answer.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from promoter.core.checks.age import AgeRule, against_age, require_positive
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.listing import listed
from promoter.core.checks.newest import in_the_way, newest_of, tie
from promoter.core.checks.quorum import Vote, count_votes
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState, SignerKey
from promoter.core.finding import Finding, Reason
from promoter.core.predicates.reviews import ENVIRONMENT_BOUND, REVIEW_TYPES, Review, ReviewKind, read_review

_Answers = tuple[Reading[Review], ...]
_MAKERS: Final = {
    ReviewKind.LICENCE_REVIEW: "Security team",
    ReviewKind.MANUAL_APPROVAL: "Release manager",
    ReviewKind.POLICY_RESULT: "Platform team",
    ReviewKind.DEPLOYMENT_VERIFICATION: "Platform team",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewParams:
    """Which answer is demanded, whose, how many of them, and how old it may be."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    kind: ReviewKind
    """Which question must have been answered; docs/predicates.md describes the predicates."""
    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    at_least: int = 1
    """How many of these signers must each have answered. A certificate's identity counts once, whatever it meets."""
    max_age: timedelta | None = None
    """How old an answer may be, by its own time and its signed time; any age if left out."""
    environment: str = ""
    """Environment that it must be about. If left out: the policy's, where the answer names one or its kind must."""
    policy: str = ""
    """URI of the policy whose result counts; demanded for `policy-result`, and only there."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        count = len(set(self.signers))
        if not 1 <= self.at_least <= count:
            raise ValueError(f"at_least must be 1 to {count}, the number of different signers that are named")
        if bool(self.policy) != (self.kind is ReviewKind.POLICY_RESULT):
            raise ValueError("policy names the policy of a policy-result: give it there, and nowhere else")
        require_positive("max_age", self.max_age)


def _demand(kind: ReviewKind) -> Demand:
    accepted = REVIEW_TYPES[kind]
    return Demand(
        noun=f"{kind.value} attestation",
        wants=lambda item: item.predicate_type in accepted,
        claims=accepted,
        absent=Code.REVIEW_ABSENT,
        foreign=Code.REVIEW_FOREIGN_SIGNER,
        invalid=Code.REVIEW_INVALID,
        unparseable=Code.REVIEW_UNPARSEABLE,
        maker=_MAKERS[kind],
        command=f"answer, and attest the answer with `cosign attest --type {min(accepted)} --predicate answer.json "
        "REPOSITORY@DIGEST`",
    )


def _apply(params: ReviewParams, subject: Subject) -> Finding:
    demand = _demand(params.kind)
    selection = select(subject, demand, params.signers)
    question = Question("review", subject, demand, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_review)
    asked = tuple(item for item in readable if _is_asked(item, params, subject))
    in_way = in_the_way(unreadable, asked)
    beside = (item for item in readable if not _is_asked(item, params, subject))
    if not asked:
        elsewhere = (_judge_beside(item, params, subject, demand) for item in beside)
        return question.conclude((*elsewhere, *question.judge_unreadable(in_way)))
    judged = _judge(params, subject, demand, asked)
    return question.conclude((_hindered(judged, question.judge_unreadable(in_way)),))


def _hindered(judged: Judged, in_way: tuple[Judged, ...]) -> Judged:
    """Put what cannot be read, and may be a no, beside the answers."""
    return Judged(
        (*judged.blobs, *(blob for item in in_way for blob in item.blobs)),
        judged.sentence,
        (*judged.reasons, *(reason for item in in_way for reason in item.reasons)),
    )


def _is_asked(item: Reading[Review], params: ReviewParams, subject: Subject) -> bool:
    """Tell whether an answer is about the environment and policy that are asked about."""
    wanted = params.environment or subject.environment
    is_open = not params.environment and params.kind not in ENVIRONMENT_BOUND
    named = item.facts.environment
    return item.facts.policy == params.policy and (named == wanted or (is_open and not named))


def _judge_beside(item: Reading[Review], params: ReviewParams, subject: Subject, demand: Demand) -> Judged:
    wanted = params.environment or subject.environment
    is_policy = item.facts.policy != params.policy
    named = listed((item.facts.policy if is_policy else item.facts.environment,))
    said = f"the {'policy' if is_policy else 'environment'} {named or '(none)'}"
    asked = f"the policy {params.policy}" if is_policy else f"the environment {wanted or '(none)'}"
    reason = Reason(
        code=Code.REVIEW_WRONG_POLICY if is_policy else Code.REVIEW_WRONG_ENVIRONMENT,
        sentence=f"the {demand.noun} {name_of(item.attestation)} is about {said}; asked is {asked}",
        remedy=f"{demand.maker}: answer for {asked}, and attest the answer.",
        state=EvidenceState.ABSENT,
    )
    return Judged((item.attestation.found.blob,), "", (reason,))


def _judge(params: ReviewParams, subject: Subject, demand: Demand, answers: _Answers) -> Judged:
    newest = _newest_by_signer(answers)
    against = {item.attestation.found.blob: tuple(_against(item, params, subject, demand)) for item in newest}
    good = tuple(item for item in newest if item.facts.is_positive and not against[item.attestation.found.blob])
    votes = count_votes(subject, params.signers, tuple(item.attestation for item in good), params.at_least)
    standing = tuple(_standing(newest, demand))
    enough = len(votes) >= params.at_least
    counted = {vote.attestation.found.blob for vote in votes}
    shown = tuple(item for item in good if item.attestation.found.blob in counted)
    if enough and not standing:
        return Judged(tuple(item.attestation.found.blob for item in shown), _describe(params.kind, shown))
    reasons = (
        *standing,
        *(reason for item in newest for reason in against[item.attestation.found.blob] if not enough),
        *(() if enough else _too_few(params, demand, votes)),
    )
    return Judged(tuple(item.attestation.found.blob for item in newest), "", reasons)


def _newest_by_signer(answers: _Answers) -> _Answers:
    by_signer: dict[SignerKey, list[Reading[Review]]] = {}
    for item in answers:
        by_signer.setdefault(item.attestation.signer.identity, []).append(item)
    return tuple(item for own in by_signer.values() for item in newest_of(own, lambda facts: facts.decided_at))


def _standing(newest: _Answers, demand: Demand) -> Iterator[Reason]:
    """Find what stands in the way however many others are positive: a negative answer, and two in one breath."""
    for key in dict.fromkeys(item.attestation.signer.identity for item in newest):
        own = tuple(item for item in newest if item.attestation.signer.identity == key)
        what = f"a {demand.noun.removesuffix(' attestation')} by {signed_by(own[0].attestation.signer)}"
        yield from tie(Code.REVIEW_TIE, what, own, demand.maker)
        yield from (_negative(item, demand) for item in own if not item.facts.is_positive)


def _negative(item: Reading[Review], demand: Demand) -> Reason:
    facts = item.facts
    failed = f" (failed: {listed(facts.failed)})" if facts.failed else ""
    return Reason(
        code=Code.REVIEW_NEGATIVE,
        sentence=f"{listed((facts.decided_by,))} answered no in the {demand.noun} {name_of(item.attestation)}, "
        f"signed by {signed_by(item.attestation.signer)}{failed}"
        f"{': ' + listed((facts.reason,)) if facts.reason else ''}",
        remedy=f"Service team: remove the cause and release again. {demand.maker}: or answer anew, the newest counts.",
        state=EvidenceState.INVALID,
    )


def _against(item: Reading[Review], params: ReviewParams, subject: Subject, demand: Demand) -> Iterator[Reason]:
    """Say why an answer is not counted, positive or not."""
    name = f"the {demand.noun} {name_of(item.attestation)}"
    again = f"{demand.maker}: answer again, and attest the answer."
    rule = AgeRule(max_age=params.max_age, stale=Code.REVIEW_STALE, future=Code.REVIEW_FROM_THE_FUTURE, remedy=again)
    facts, signed_at = item.facts, item.attestation.signed_at
    yield from against_age(name, rule, stated_at=facts.decided_at, signed_at=signed_at, now=subject.now)
    if facts.expires_at is not None and facts.expires_at <= subject.now:
        yield Reason(
            code=Code.REVIEW_EXPIRED,
            sentence=f"{name} ended at {facts.expires_at.isoformat()}, as it says itself",
            remedy=again,
            state=EvidenceState.STALE,
        )


def _too_few(params: ReviewParams, demand: Demand, votes: tuple[Vote, ...]) -> Iterator[Reason]:
    if params.at_least == 1:
        return  # the answer that is not counted has its own reason
    met = {vote.rule for vote in votes}
    missing = ", ".join(name for name in dict.fromkeys(params.signers) if name not in met)
    yield Reason(
        code=Code.REVIEW_TOO_FEW_SIGNERS,
        sentence=f"{len(votes)} of at least {params.at_least} different signers gave a {demand.noun} that counts; "
        f"nobody else did as {missing}",
        remedy=f"{demand.maker}: have {params.at_least - len(votes)} more of them ({missing}) answer and attest it.",
        state=EvidenceState.ABSENT,
    )


def _describe(kind: ReviewKind, shown: Iterable[Reading[Review]]) -> str:
    who = ", and by ".join(
        f"{listed((item.facts.decided_by,))} at {item.facts.decided_at:%Y-%m-%d %H:%M:%SZ}"
        + (f" for {item.facts.environment}" if item.facts.environment else "")
        + f", signed by {signed_by(item.attestation.signer)}"
        for item in shown
    )
    return f"{kind.value} is positive: by {who}"


REVIEW: Final = Check("review", "reviewed, approved or verified by accepted signers", ReviewParams, _apply)
