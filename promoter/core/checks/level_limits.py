"""How many results of static analysis are allowed, by level; a worse level is never limited more loosely."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from promoter.core.predicates.sarif import Level

LIMITED: Final = (Level.ERROR, Level.WARNING, Level.NOTE)
"""The levels that can be limited, worst first; what has the level `none` is no failure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelLimits:
    """How many results of a level are allowed; None is no limit."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    error: int | None = None
    """How many errors are allowed."""
    warning: int | None = None
    """How many warnings are allowed."""
    note: int | None = None
    """How many notes are allowed."""

    def __post_init__(self) -> None:
        limits = [self.of(level) for level in LIMITED]
        if all(limit is None for limit in limits):
            raise ValueError("limits names no limit: such a requirement would accept every result")
        if any(limit is not None and limit < 0 for limit in limits):
            raise ValueError("a limit is below zero")
        for worse, milder in pairwise(LIMITED):
            limit, other = self.of(worse), self.of(milder)
            if other is not None and (limit is None or limit > other):
                raise ValueError(f"{worse.value} is limited more loosely than {milder.value}")

    def of(self, level: Level) -> int | None:
        """Give the limit of one level; what is no failure has none."""
        return (
            None
            if level is Level.NONE
            else {"error": self.error, "warning": self.warning, "note": self.note}[level.value]
        )
