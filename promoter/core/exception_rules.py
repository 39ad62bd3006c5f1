"""What an environment's policy asks of exceptions: how long they last, how narrow they are, who answers for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from promoter.core.policy_exception import BREAK_GLASS_LIMIT, Kind, PolicyException
from promoter.core.predicates.vulnerability import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxDays:
    """How many days an exception may last, by the worst severity that it accepts."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    critical: int = 7
    """Of one that accepts critical findings."""
    high: int = 30
    """Of one that accepts findings of high severity at most."""
    medium: int = 90
    """Of one that accepts findings of medium severity at most."""
    low: int = 180
    """Of one that accepts findings of low or negligible severity at most."""
    other: int = 90
    """Of one from findings that have no severity."""

    def __post_init__(self) -> None:
        if not all(0 < days <= 366 for days in (self.critical, self.high, self.medium, self.low, self.other)):
            raise ValueError("max_days must be 1 to 366: an exception always ends")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRules:
    """What an environment's policy asks of exceptions from it."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    max_days: MaxDays = MaxDays()
    """The longest life of an exception, in days."""
    approvals: int = 2
    """How many people must have approved it: other ones than who wrote and who requested it."""
    protected: bool = True
    """Whether at least two approvals are needed, and every exception must name digests, packages or vulnerabilities."""
    signed: bool = False
    """Whether only signed statements that are attached to the digest count, and no reviews of a file."""
    signers: tuple[str, ...] = ()
    """Names of the policy's signers whose signed exceptions and revocations count."""

    def __post_init__(self) -> None:
        if self.approvals < 1 or (self.protected and self.approvals < 2):
            raise ValueError("approvals must be at least 2 where the environment is protected, and else at least 1")
        if self.signed and len(set(self.signers)) < self.approvals:
            raise ValueError("signed needs as many signers as approvals: no exception could ever count")

    def longest(self, one: PolicyException) -> timedelta:
        """Give how long this exception may last here."""
        if one.kind is Kind.BREAK_GLASS:
            return BREAK_GLASS_LIMIT
        if one.max_severity is None:
            return timedelta(days=self.max_days.other)
        by_severity = {
            Severity.CRITICAL: self.max_days.critical,
            Severity.HIGH: self.max_days.high,
            Severity.MEDIUM: self.max_days.medium,
        }
        return timedelta(days=by_severity.get(one.max_severity, self.max_days.low))

    def refusals(self, one: PolicyException) -> Iterator[tuple[str, str]]:
        """Say what this policy has against an exception as it is written: the key at fault, and a sentence."""
        longest, life = self.longest(one), one.expires - one.not_before
        if life > longest:
            asked, days = life / timedelta(days=1), longest / timedelta(days=1)
            yield "expires", f"it lasts {asked:.4g} days, at most {days:.4g} are allowed"
        if self.protected and not one.is_narrow:
            yield "environments", "the environment is protected: name digests, packages or vulnerabilities"
