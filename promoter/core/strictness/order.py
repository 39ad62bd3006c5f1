"""How two demands stand to each other, and the changes that make it so."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

AtLeast = Callable[[Any, Any], bool]
"""Tells whether what stands after is at least as strict as what stood before; reflexive and transitive."""


class Strictness(Enum):
    """What became of a demand. Incomparable: some evidence passes only after the change, and some only before."""

    EQUAL = "equal"
    STRONGER = "stronger"
    WEAKER = "weaker"
    INCOMPARABLE = "incomparable"

    @property
    def counts_as_weaker(self) -> bool:
        """True where something may pass after the change that did not before."""
        return self in {Strictness.WEAKER, Strictness.INCOMPARABLE}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is otherwise than before. `sentence` says what, in one line; names in it may be foreign text."""

    strictness: Strictness
    place: str
    sentence: str


def relate(is_at_least: AtLeast, before: object, after: object) -> Strictness:
    """Say how two values stand to each other under an order."""
    match is_at_least(before, after), is_at_least(after, before):
        case True, True:
            return Strictness.EQUAL
        case True, False:
            return Strictness.STRONGER
        case False, True:
            return Strictness.WEAKER
        case _:
            return Strictness.INCOMPARABLE


def together(parts: Iterable[Strictness]) -> Strictness:
    """Say what several changes are as a whole: stricter in one and looser in another can not be compared."""
    changed = {part for part in parts if part is not Strictness.EQUAL}
    if len(changed) > 1:
        return Strictness.INCOMPARABLE
    return next(iter(changed), Strictness.EQUAL)
