"""How old evidence is, counted from what it says of itself and from its signed time, whichever is earlier.

Signing an old statement again makes it no younger, and a statement from the future is none. Where nobody vouches for a
signed time, what the statement says of itself is all that there is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Reason

CLOCK_SKEW: Final = timedelta(seconds=60)
"""How far the clock of whoever made a statement may be ahead of the log's, which counts whole seconds only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeRule:
    """How old a statement may be (None: any age), and what it is called where it is too old or from the future."""

    max_age: timedelta | None
    stale: Code
    future: Code
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAgeRule:
    """How old a signature may be (None: any age), and what it is called where it is too old or has no time."""

    max_age: timedelta | None
    stale: Code
    unknown: Code
    remedy: str


def against_age(
    name: str, rule: AgeRule, *, stated_at: datetime, signed_at: datetime | None, now: datetime
) -> Iterator[Reason]:
    """Say what is wrong with the age of the evidence that `name` names, which says that it was made at `stated_at`."""
    signed = signed_at.isoformat() if signed_at else "at no known time"
    if stated_at > min(signed_at or now, now) + CLOCK_SKEW:
        yield Reason(
            code=rule.future,
            sentence=f"{name} says it was made at {stated_at.isoformat()}, which is after it was signed "
            f"({signed}) or still to come",
            remedy=f"{rule.remedy} Set the clock of its maker first.",
            state=EvidenceState.INVALID,
        )
    if rule.max_age is not None and now - min(stated_at, signed_at or stated_at) > rule.max_age:
        yield Reason(
            code=rule.stale,
            sentence=f"{name} is too old (made {stated_at.isoformat()}, signed {signed}): "
            f"at most {said(rule.max_age)} are accepted",
            remedy=rule.remedy,
            state=EvidenceState.STALE,
        )


def against_signed_age(name: str, rule: SignedAgeRule, signed_at: datetime | None, now: datetime) -> Iterator[Reason]:
    """Say what is wrong with the age of evidence that has no time of its own: its signed time is all that counts."""
    if rule.max_age is None:
        return
    if signed_at is None:
        yield Reason(
            code=rule.unknown,
            sentence=f"nobody vouches for when {name} was signed: at most {said(rule.max_age)} are accepted",
            remedy=f"{rule.remedy} Sign with a transparency log or a timestamp authority.",
            state=EvidenceState.INVALID,
        )
    elif now - signed_at > rule.max_age:
        yield Reason(
            code=rule.stale,
            sentence=f"{name} was signed {signed_at.isoformat()}: at most {said(rule.max_age)} are accepted",
            remedy=rule.remedy,
            state=EvidenceState.STALE,
        )


def require_positive(name: str, duration: timedelta | None) -> None:
    """Refuse a duration that nothing could ever keep; raises ValueError."""
    if duration is not None and duration <= timedelta(0):
        raise ValueError(f"{name} is not above zero: leave it out or give a duration")


def said(duration: timedelta) -> str:
    """Say a duration in words: days and hours, or hours and minutes, or seconds below a minute."""
    seconds = max(int(duration.total_seconds()), 0)
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    if days:
        return f"{days} d {hours} h"
    if hours or minutes:
        return f"{hours} h {minutes} min"
    return f"{seconds} s"
