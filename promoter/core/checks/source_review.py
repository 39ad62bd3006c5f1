"""The release's commit was reviewed: a verifier of the source track says so in a summary that names this very commit.

The summary is attached to the artifact: its statement names our digest and, beside it, the commit. A newer summary of
the same verifier, signer and commit takes the place of an older one: a failed one is not hidden behind a passed one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.release_source import missing_tag, release_commit, release_repository, unknown_commit
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState, SignerKey
from promoter.core.finding import Finding, Reason
from promoter.core.predicates import types
from promoter.core.predicates.source_summary import TWO_PARTY_REVIEW, SourceSummary, read_source_summary

_DEMAND: Final = Demand(
    noun="source verification summary",
    wants=lambda item: item.predicate_type in types.VERIFICATION_SUMMARY and bool(item.revisions),
    claims=types.VERIFICATION_SUMMARY,
    absent=Code.SOURCE_REVIEW_ABSENT,
    foreign=Code.SOURCE_REVIEW_FOREIGN_SIGNER,
    invalid=Code.SOURCE_REVIEW_INVALID,
    unparseable=Code.SOURCE_REVIEW_UNPARSEABLE,
    maker="Service team",
    command="have the source's verifier attest a summary of the source track about the commit (subject gitCommit) "
    "and DIGEST (subject sha256), and attach it to the artifact",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A verifier of sources and who signs its word: a summary names the one and is signed by the other."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signer: str
    """Name of the policy's signer that signs what this verifier says."""
    id: str
    """Exact id of the verifier, as its summaries name it."""

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("id is empty: name the exact id of the verifier")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReviewParams:
    """Whose word about the source counts, and which level of SLSA's source track it must give the commit."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    verifiers: tuple[Verifier, ...]
    """Verifiers that are accepted, each with its signer; at least one."""
    min_level: int = TWO_PARTY_REVIEW
    """Level of SLSA's source track that is demanded, 1 to 4; the fourth is review by two parties."""

    def __post_init__(self) -> None:
        if not self.verifiers:
            raise ValueError("verifiers names nobody: name at least one verifier with its signer")
        if not 1 <= self.min_level <= TWO_PARTY_REVIEW:
            raise ValueError(f"min_level must be 1 to {TWO_PARTY_REVIEW}")


def _apply(params: SourceReviewParams, subject: Subject) -> Finding:
    selection = select(subject, _DEMAND, tuple(dict.fromkeys(row.signer for row in params.verifiers)))
    question = Question("source-review", subject, _DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_source_summary)
    judged = (_judge(group, params, subject) for group in _newest(readable, subject))
    return question.conclude((*judged, *question.judge_unreadable(unreadable)), besides=missing_tag(subject))


_Group = list[Reading[SourceSummary]]
_GroupKey = tuple[SignerKey, str, str, bool]


def _newest(readings: tuple[Reading[SourceSummary], ...], subject: Subject) -> Iterator[_Group]:
    """Give the newest of each verifier, signer, repository and commit; those of the same time go together."""
    groups: dict[_GroupKey, _Group] = {}
    for item in readings:
        is_ours = release_commit(subject) in item.attestation.revisions
        key = (item.attestation.signer.identity, item.facts.verifier, item.facts.repository, is_ours)
        group = groups.setdefault(key, [item])
        if group[0] is not item and group[0].attestation.rank == item.attestation.rank:
            group.append(item)
    yield from groups.values()


def _judge(group: _Group, params: SourceReviewParams, subject: Subject) -> Judged:
    first = group[0].facts
    sentence = (
        f"{first.verifier} says that commit {release_commit(subject)} of {first.repository} has SLSA source level "
        f"{min(item.facts.level for item in group)}"
    )
    reasons = tuple(reason for item in group for reason in _against(item, params, subject))
    return Judged(tuple(item.attestation.found.blob for item in group), sentence, reasons)


def _against(item: Reading[SourceSummary], params: SourceReviewParams, subject: Subject) -> Iterator[Reason]:
    facts, name, repository = item.facts, f"the {_DEMAND.noun} {name_of(item.attestation)}", release_repository(subject)
    commit, revisions = release_commit(subject), item.attestation.revisions
    yield from unknown_commit(subject)
    if not repository or facts.repository != repository:
        sentence = f"{name} is about {facts.repository}, the service's source is {repository}"
        yield _wrong(
            Code.SOURCE_REVIEW_WRONG_REPOSITORY, sentence, "Service team: attach that of the release's source."
        )
    if commit and commit not in revisions:
        sentence = f"{name} is about commit {', '.join(revisions[:3])}, the release is commit {commit}"
        yield _wrong(Code.SOURCE_REVIEW_WRONG_COMMIT, sentence, "Service team: attach that of the release's commit.")
    allowed = [row.id for row in params.verifiers if subject.accepts(item.attestation, (row.signer,))]
    if facts.verifier not in allowed:
        sentence = f"{name} is the word of {facts.verifier}; its signer speaks for {', '.join(allowed)}"
        remedy = "Service team: have an accepted verifier say it. Security team: accept this one, if it is right."
        yield _wrong(Code.SOURCE_REVIEW_WRONG_VERIFIER, sentence, remedy)
    if not facts.is_passed:
        sentence = f"{name} says that the source failed its verifier's policy"
        yield _wrong(Code.SOURCE_REVIEW_FAILED, sentence, "Service team: do what the verifier asks, and release anew.")
    elif facts.level < params.min_level:
        sentence = f"{name} gives the source SLSA source level {facts.level or '(none)'}; demanded: {params.min_level}"
        yield _wrong(Code.SOURCE_REVIEW_LEVEL_TOO_LOW, sentence, "Service team: have the change reviewed as demanded.")


def _wrong(code: Code, sentence: str, remedy: str) -> Reason:
    return Reason(code=code, sentence=sentence, remedy=remedy, state=EvidenceState.INVALID)


SOURCE_REVIEW: Final = Check(
    "source-review", "the release's commit was reviewed, as its source's verifier says", SourceReviewParams, _apply
)
