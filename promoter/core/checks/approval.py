"""People approve exactly the commit that would be merged: their reviews of the proposal's head.

Whose review counts is found out before: a person's who may write, whose newest review it is, and who is neither the bot
nor an author of the release. Names that stand in files count for nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check
from promoter.core.checks.facts import conclude_facts
from promoter.core.checks.subject import Phase, Subject
from promoter.core.circumstances import Approval
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason

MERGE_ONLY: Final = frozenset({Phase.MERGE})
"""Approvals are there only once something is proposed."""

_MOST: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalParams:
    """How many people must approve, and who they may be."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    min: int
    """How many different people must approve the head commit, 1 to 20."""
    people: tuple[str, ...] = ()
    """Logins on the forge of those whose approval counts here; anybody who may write, if left out."""

    def __post_init__(self) -> None:
        if not 1 <= self.min <= _MOST:
            raise ValueError(f"min must be 1 to {_MOST}")
        if self.people and len({login.lower() for login in self.people}) < self.min:
            raise ValueError(f"people names fewer than the {self.min} who must approve: name more of them")
        if not all(self.people):
            raise ValueError("people holds an empty text: name logins, or leave it out")


def _apply(params: ApprovalParams, subject: Subject) -> Finding:
    approvals = subject.circumstances.approvals
    counted = _counted(params, approvals or ())
    who = ", ".join(f"{one.login} ({one.user_id})" for one in counted)
    reasons = tuple(_against(params, approvals, counted))
    return conclude_facts("approval", subject, f"approved by {who}", reasons)


def _counted(params: ApprovalParams, approvals: tuple[Approval, ...]) -> tuple[Approval, ...]:
    """Give the approvals that count here, one of each person; a forge's logins differ by more than their case."""
    named = {login.lower() for login in params.people}
    counted = (one for one in approvals if not named or one.login.lower() in named)
    return tuple({one.user_id: one for one in counted}.values())


def _against(
    params: ApprovalParams, approvals: tuple[Approval, ...] | None, counted: tuple[Approval, ...]
) -> Iterator[Reason]:
    among = f" by {', '.join(params.people)}" if params.people else ""
    if approvals is None:
        yield Reason(
            code=Code.APPROVAL_UNKNOWN,
            sentence="it is not known whose approval of the head commit counts",
            remedy="Nobody's: it is asked again by itself. Service team: give the commit's address to its account.",
            state=EvidenceState.LOOKUP_FAILED,
        )
    elif len(counted) < params.min:
        yield Reason(
            code=Code.APPROVAL_TOO_FEW,
            sentence=f"{len(counted)} of {params.min} approvals of the head commit{among}",
            remedy="Release managers: look at the proposal and approve it; authors of the release do not count.",
            state=EvidenceState.ABSENT,
        )


APPROVAL: Final = Check("approval", "approved by people", ApprovalParams, _apply, MERGE_ONLY)
