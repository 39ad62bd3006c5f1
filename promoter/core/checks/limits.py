"""How many vulnerabilities are allowed, by severity and by whether there is a fix.

Rule: a worse severity and the fixable bucket may never be limited more loosely than the milder severity and the other
buckets. It catches the policy that limits `high` and forgets `critical`, and makes "the worse statement counts" safe.
"""

from dataclasses import dataclass, field, fields
from itertools import pairwise
from typing import Final

from promoter.core.predicates.vulnerability import Fix, Severity

_BUCKETS: Final = {Fix.FIXABLE: "fixable", Fix.NOT_FIXABLE: "not_fixable", Fix.UNKNOWN: "unknown"}
_WORST_FIRST: Final = ("critical", "high", "medium", "low", "negligible", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one severity; None is no limit.

    Without a limit of its own, `unknown` (no word about a fix) is measured against the other two: where it could break
    them the answer is undecided.
    """

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    fixable: int | None = None
    """How many that a newer version of the package fixes."""
    not_fixable: int | None = None
    """How many for which there is no fix."""
    unknown: int | None = None
    """How many of which the report does not say whether there is a fix."""

    def __post_init__(self) -> None:
        if any(getattr(self, name) is not None and getattr(self, name) < 0 for name in _BUCKETS.values()):
            raise ValueError("a limit is below zero")
        for name in ("not_fixable", "unknown"):
            if _is_looser(self.fixable, getattr(self, name)):
                raise ValueError(
                    f"fixable is limited more loosely than {name}: an update that exists is the first to do"
                )

    def of(self, fix: Fix) -> int | None:
        """Give the limit of one bucket."""
        limit: int | None = getattr(self, _BUCKETS[fix])
        return limit

    @property
    def is_empty(self) -> bool:
        """True where nothing is limited."""
        return self.fixable is None and self.not_fixable is None and self.unknown is None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityLimits:
    """The limits of every severity; `unknown` is for what nobody rated, and as `high` where it is unset."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    critical: Limits = field(default_factory=Limits)
    """Limits for critical severity."""
    high: Limits = field(default_factory=Limits)
    """Limits for high severity."""
    medium: Limits = field(default_factory=Limits)
    """Limits for medium severity."""
    low: Limits = field(default_factory=Limits)
    """Limits for low severity."""
    negligible: Limits = field(default_factory=Limits)
    """Limits for negligible severity."""
    none: Limits = field(default_factory=Limits)
    """Limits for what was rated as no risk."""
    unknown: Limits | None = None
    """Limits for what nobody rated; as `high` if left out."""

    def __post_init__(self) -> None:
        if all(self.of(severity).is_empty for severity in Severity):
            raise ValueError("limits names no limit: such a requirement would accept every vulnerability")
        for worse, milder in pairwise(_WORST_FIRST):
            for bucket in (item.name for item in fields(Limits)):
                if _is_looser(getattr(getattr(self, worse), bucket), getattr(getattr(self, milder), bucket)):
                    raise ValueError(f"{worse}.{bucket} is limited more loosely than {milder}.{bucket}")

    def of(self, severity: Severity) -> Limits:
        """Give the limits of one severity."""
        if severity is Severity.UNKNOWN:
            return self.high if self.unknown is None else self.unknown
        limits: Limits = getattr(self, severity.value)
        return limits


def _is_looser(limit: int | None, than: int | None) -> bool:
    return than is not None and (limit is None or limit > than)
