"""Another verifier says that the release passed its policy and which SLSA levels it reached (SLSA v1.2, VSA).

The consumer's steps of the specification: signature and subject (before any check), predicate type, the verifier that
belongs to the signer, the resource, the result, the levels; and here its age and policy where they are demanded.
Of each verifier the newest summary counts; one that failed refuses, whatever other verifiers say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from promoter.core.candidate import parse_digest
from promoter.core.checks.age import AgeRule, against_age, require_positive, said
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.listing import listed
from promoter.core.checks.newest import in_the_way, newest_of, tie
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason
from promoter.core.predicates import types
from promoter.core.predicates.summary import FAILED_LEVEL, VerificationSummary, is_level, reaches, read_summary

_Summaries = tuple[Reading[VerificationSummary], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VsaVerifier:
    """A verifier and those who sign for it: nobody signs for another verifier than their own."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    id: str
    """The verifier's URI, exactly as its summaries name it."""
    signers: tuple[str, ...]
    """Names of the policy's signers that sign for this verifier; at least one."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.id:
            raise ValueError("id is empty: name the verifier's URI")


@dataclass(frozen=True, slots=True, kw_only=True)
class VsaParams:
    """Whose verification summaries count, about which resource, and which levels they must state."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    verifiers: tuple[VsaVerifier, ...]
    """Verifiers that are accepted, with their signers; one whose summary passes whole is enough."""
    resource: str
    """The `resourceUri` that a summary must name, exactly; may hold the placeholders of signer rules."""
    levels: tuple[str, ...]
    """Levels that must be reached, like `SLSA_BUILD_LEVEL_3`, which a higher one of the track reaches too."""
    max_age: timedelta | None = None
    """How old the verification may be, by `timeVerified`; any age if left out."""
    policy: str = ""
    """URI of the policy that must have been verified against; any if left out."""
    policy_digest: str = ""
    """Digest of that policy, as `sha256:` and hexadecimal digits; any if left out."""

    def __post_init__(self) -> None:
        if not self.verifiers or len({verifier.id for verifier in self.verifiers}) < len(self.verifiers):
            raise ValueError("verifiers names none, or one twice: name the verifiers that are accepted")
        if not self.resource:
            raise ValueError("resource is empty: name the resourceUri that a summary must be about")
        if not self.levels or not all(is_level(level) for level in self.levels):
            raise ValueError("levels names none, or what is no level: name levels like SLSA_BUILD_LEVEL_2")
        if self.policy_digest:
            parse_digest(self.policy_digest)
        require_positive("max_age", self.max_age)

    @property
    def signers(self) -> tuple[str, ...]:
        """The signers of all verifiers."""
        return tuple(dict.fromkeys(name for verifier in self.verifiers for name in verifier.signers))


_DEMAND: Final = Demand(
    noun="verification summary",
    wants=lambda item: item.predicate_type in types.VERIFICATION_SUMMARY,
    claims=types.VERIFICATION_SUMMARY,
    absent=Code.VSA_ABSENT,
    foreign=Code.VSA_FOREIGN_SIGNER,
    invalid=Code.VSA_INVALID,
    unparseable=Code.VSA_UNPARSEABLE,
    maker="Platform team",
    command="let an accepted verifier verify the image and attest it with `cosign attest --type "
    "https://slsa.dev/verification_summary/v1 --predicate vsa.json REPOSITORY@DIGEST`",
)


def _apply(params: VsaParams, subject: Subject) -> Finding:
    selection = select(subject, _DEMAND, params.signers)
    question = Question("vsa", subject, _DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_summary)
    against = {item.attestation.found.blob: tuple(_against_scope(item, params, subject)) for item in readable}
    in_scope = tuple(item for item in readable if not against[item.attestation.found.blob])
    newest = tuple(
        found
        for verifier in params.verifiers
        if (
            found := newest_of(
                (item for item in in_scope if item.facts.verifier == verifier.id), lambda facts: facts.verified_at
            )
        )
    )
    in_way = in_the_way(unreadable, in_scope)
    is_refused = bool(in_way) or any(not item.facts.is_passed for found in newest for item in found)
    judged = tuple(_judge(found, params, subject) for found in newest)
    aside = (Judged((blob,), "", reasons) for blob, reasons in against.items() if reasons)
    kept = (item for item in judged if item.reasons or not is_refused)
    return question.conclude((*kept, *aside, *question.judge_unreadable(in_way)))


# --- which summaries are about this release at all --------------------------------------------------------------------


def _against_scope(item: Reading[VerificationSummary], params: VsaParams, subject: Subject) -> Iterator[Reason]:
    facts, name = item.facts, f"the verification summary {name_of(item.attestation)}"
    own = tuple(one.id for one in params.verifiers if subject.accepts(item.attestation, one.signers))
    if facts.verifier not in own:
        yield _wrong(
            Code.VSA_WRONG_VERIFIER,
            f"{name} names the verifier {facts.verifier}; its signer signs for {', '.join(own)}",
            "Platform team: let each verifier sign with its own identity. Security team: one verifier that speaks for "
            "another may be forged, look at who signed.",
        )
    resource = subject.placeholders.fill(params.resource)
    if facts.resource != resource:
        yield _wrong(
            Code.VSA_WRONG_RESOURCE,
            f"{name} is about {facts.resource}; the release is {resource}",
            f"Platform team: verify the image as {resource} and attest that.",
        )
    if (params.policy and facts.policy != params.policy) or (
        params.policy_digest and facts.policy_digest != params.policy_digest
    ):
        wanted = " ".join(text for text in (params.policy, params.policy_digest) if text)
        yield _wrong(
            Code.VSA_WRONG_POLICY,
            f"{name} verified against {facts.policy} {facts.policy_digest or '(no digest)'}; demanded is {wanted}",
            f"Platform team: verify against {wanted} and attest that.",
        )


# --- what the newest of one verifier says -----------------------------------------------------------------------------


def _judge(newest: _Summaries, params: VsaParams, subject: Subject) -> Judged:
    facts = newest[0].facts
    reasons = (
        *tie(Code.VSA_TIE, f"a verification by {facts.verifier}", newest, "Platform team"),
        *(reason for item in newest for reason in _against_result(item, params)),
        *(reason for item in newest for reason in _against_time(item, params, subject)),
    )
    sentence = f"{facts.verifier} verified {facts.resource}: {listed(facts.levels)}"
    return Judged(tuple(item.attestation.found.blob for item in newest), sentence, reasons)


def _against_result(item: Reading[VerificationSummary], params: VsaParams) -> Iterator[Reason]:
    facts, name = item.facts, f"the verification summary {name_of(item.attestation)}"
    if not facts.is_passed or FAILED_LEVEL in facts.levels:
        yield _wrong(
            Code.VSA_FAILED,
            f"{name} says that {facts.verifier} verified the image against {facts.policy} and it failed",
            "Service team: see with the verifier what failed, and release again.",
        )
        return
    for level in params.levels:
        if not reaches(facts.levels, level):
            yield _wrong(
                Code.VSA_LEVEL_TOO_LOW,
                f"{name} states {listed(facts.levels) or 'no level'}; {level} is demanded",
                f"Service team: build and keep the source so that {level} is reached, and release again.",
            )


def _against_time(item: Reading[VerificationSummary], params: VsaParams, subject: Subject) -> Iterator[Reason]:
    name, again = f"the verification summary {name_of(item.attestation)}", "Platform team: verify the image again."
    if item.facts.verified_at is not None:
        rule = AgeRule(max_age=params.max_age, stale=Code.VSA_STALE, future=Code.VSA_FROM_THE_FUTURE, remedy=again)
        signed_at, stated_at = item.attestation.signed_at, item.facts.verified_at
        yield from against_age(name, rule, stated_at=stated_at, signed_at=signed_at, now=subject.now)
    elif params.max_age is not None:
        yield _wrong(
            Code.VSA_TIME_UNKNOWN,
            f"{name} does not say when it was verified, at most {said(params.max_age)} are accepted",
            "Platform team: let the verifier write `timeVerified`, and verify again.",
        )


def _wrong(code: Code, sentence: str, remedy: str) -> Reason:
    return Reason(code=code, sentence=sentence, remedy=remedy, state=EvidenceState.INVALID)


VSA: Final = Check("vsa", "verified by an accepted verifier", VsaParams, _apply)
