"""How long after its publication a vulnerability does not count: time in which a team can update.

Rule 1: the time runs from the publication that a report states, the earliest where several do; never from a scan,
because a new scan would then begin it anew. What no report dates, or dates later than now, counts at once.
Rule 2: what is known to be exploited counts at once. The time is for the limits alone, not for what else is demanded.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import combinations

from promoter.core.checks.vulnerability_limits import name_vulnerability
from promoter.core.finding import Aside
from promoter.core.predicates.vulnerability import Severity, Vulnerability


@dataclass(frozen=True, slots=True, kw_only=True)
class GracePeriods:
    """The time for each severity; None is none, so that it counts at once."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    critical: timedelta | None = None
    """Time for critical severity."""
    high: timedelta | None = None
    """Time for high severity."""
    medium: timedelta | None = None
    """Time for medium severity."""
    low: timedelta | None = None
    """Time for low severity."""
    negligible: timedelta | None = None
    """Time for negligible severity."""
    none: timedelta | None = None
    """Time for what was rated as no risk."""
    unknown: timedelta | None = None
    """Time for what nobody rated."""

    def __post_init__(self) -> None:
        given = [(item.name, getattr(self, item.name)) for item in fields(self) if getattr(self, item.name) is not None]
        if not given:
            raise ValueError("grace names no time: leave it out")
        for name, period in given:
            if period <= timedelta(0):
                raise ValueError(f"grace.{name} is not above zero: leave it out or give a duration")
        for (worse, longer), (milder, shorter) in combinations([each for each in given if each[0] != "unknown"], 2):
            if longer > shorter:
                raise ValueError(f"grace.{worse} is longer than grace.{milder}")

    def of(self, severity: Severity) -> timedelta | None:
        """Give the time of one severity."""
        period: timedelta | None = getattr(self, severity.value)
        return period


def split_by_grace(
    periods: GracePeriods | None, found: tuple[Vulnerability, ...], now: datetime
) -> tuple[tuple[Vulnerability, ...], tuple[Vulnerability, ...]]:
    """Give those that count now, and those that do not count yet."""
    if periods is None:
        return found, ()
    waits = [_is_graced(periods, item, now) for item in found]
    return (
        tuple(item for item, is_graced in zip(found, waits, strict=True) if not is_graced),
        tuple(item for item, is_graced in zip(found, waits, strict=True) if is_graced),
    )


def told_grace(item: Vulnerability) -> Aside:
    """Say which vulnerability does not count yet, and since when it is known."""
    since = f"published {item.published_at:%Y-%m-%d %H:%M:%SZ}" if item.published_at else "published lately"
    return Aside(f"{item.severity.value} {name_vulnerability(item)} does not count yet: {since}")


def _is_graced(periods: GracePeriods, item: Vulnerability, now: datetime) -> bool:
    period, at = periods.of(item.severity), item.published_at
    if period is None or at is None or at > now or item.is_known_exploited:
        return False
    return now - at < period
