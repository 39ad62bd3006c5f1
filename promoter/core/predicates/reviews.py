"""Answers of people and machines that no specification has a type for: four predicates of our own, read strictly.

They share their members, which docs/predicates.md describes. Unlike foreign predicates they may hold no member that is
not known: a misspelt `expiresAt` would otherwise be an answer that never ends.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates import types
from promoter.core.predicates.body import Body, body_of

_MAX_FAILED: Final = 1_000
_MAX_REASON: Final = 4_096
_COMMON: Final = frozenset({"result", "decidedAt", "decidedBy", "expiresAt", "environment", "reason", "url"})


class ReviewKind(Enum):
    """Which question was answered."""

    LICENCE_REVIEW = "licence-review"
    MANUAL_APPROVAL = "manual-approval"
    POLICY_RESULT = "policy-result"
    DEPLOYMENT_VERIFICATION = "deployment-verification"


REVIEW_TYPES: Final = {
    ReviewKind.LICENCE_REVIEW: types.LICENCE_REVIEW,
    ReviewKind.MANUAL_APPROVAL: types.MANUAL_APPROVAL,
    ReviewKind.POLICY_RESULT: types.POLICY_RESULT,
    ReviewKind.DEPLOYMENT_VERIFICATION: types.DEPLOYMENT_VERIFICATION,
}
"""The predicate types of each kind."""

_PEOPLE: Final = frozenset({ReviewKind.LICENCE_REVIEW, ReviewKind.MANUAL_APPROVAL})
ENVIRONMENT_BOUND: Final = frozenset({ReviewKind.MANUAL_APPROVAL, ReviewKind.DEPLOYMENT_VERIFICATION})
"""Kinds whose answer is about one environment, which the predicate must name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One answer. `environment` and `policy` are empty where it names none; `expires_at` is None for no end."""

    kind: ReviewKind
    is_positive: bool
    decided_at: datetime
    decided_by: str
    expires_at: datetime | None = None
    environment: str = ""
    policy: str = ""
    failed: tuple[str, ...] = ()
    reason: str = ""
    url: str = ""


def read_review(predicate_type: str, predicate: object) -> Review:
    """Read an answer; raises Malformed with REVIEW_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.REVIEW_UNPARSEABLE)
    kind = next((kind for kind, names in REVIEW_TYPES.items() if predicate_type in names), None)
    if kind is None:
        raise whole.refusal("predicateType", "is no type of a review")
    _refuse_unknown(whole, kind)
    positive, negative = ("APPROVED", "REJECTED") if kind in _PEOPLE else ("PASSED", "FAILED")
    if kind in ENVIRONMENT_BOUND:
        whole.required_text("environment")
    return Review(
        kind=kind,
        is_positive=whole.one_of("result", (positive, negative)) == positive,
        decided_at=whole.required_time("decidedAt"),
        decided_by=whole.required_text("decidedBy"),
        expires_at=whole.time("expiresAt"),
        environment=whole.text("environment"),
        policy=whole.required_body("policy").required_text("uri") if kind is ReviewKind.POLICY_RESULT else "",
        failed=() if kind in _PEOPLE else whole.texts("failed", _MAX_FAILED),
        reason=whole.short_text("reason", _MAX_REASON),
        url=whole.text("url"),
    )


def _refuse_unknown(whole: Body, kind: ReviewKind) -> None:
    own = {"policy"} if kind is ReviewKind.POLICY_RESULT else set()
    known = _COMMON | own | (set() if kind in _PEOPLE else {"failed"})
    unknown = sorted(set(whole.members) - known)
    if unknown:
        raise whole.refusal(ascii(unknown[0][:60]), f"is not known to {kind.value} v1")
