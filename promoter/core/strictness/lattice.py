"""The small orders that all others are made of; each tells whether `after` is at least as strict as `before`."""

from collections.abc import Hashable, Iterable
from typing import Any

from promoter.core.strictness.order import AtLeast


def same(before: object, after: object) -> bool:
    """Nothing but the same value is comparable."""
    return before == after


def elsewhere(_before: object, _after: object) -> bool:
    """What is compared in another place, or is there for people to read, is no change here."""
    return True


def smaller(before: Any, after: Any) -> bool:
    """Less is stricter: an age, a limit, what is allowed (False) before what is (True)."""
    return bool(after <= before)


def larger(before: Any, after: Any) -> bool:
    """More is stricter: a number of signers, a level, what is demanded (True) before what is not (False)."""
    return bool(after >= before)


def fewer(before: Iterable[Hashable], after: Iterable[Hashable]) -> bool:
    """A part of what was accepted is stricter; the order in a list says nothing."""
    return set(after) <= set(before)


def more(before: Iterable[Hashable], after: Iterable[Hashable]) -> bool:
    """Everything that was demanded, and more, is stricter."""
    return set(after) >= set(before)


def same_members(before: Iterable[Hashable], after: Iterable[Hashable]) -> bool:
    """Only the same members are comparable; their order says nothing."""
    return set(after) == set(before)


def demanded(order: AtLeast) -> AtLeast:
    """Let None or nothing stand for no demand at all: the loosest."""
    return lambda before, after: _is_left_out(before) or (not _is_left_out(after) and order(before, after))


def permitted(order: AtLeast) -> AtLeast:
    """Let None or nothing stand for no permission at all: the strictest."""
    return lambda before, after: _is_left_out(after) or (not _is_left_out(before) and order(before, after))


def _is_left_out(value: object) -> bool:
    return value is None or value in ("", ())


def fields_of(**orders: AtLeast) -> AtLeast:
    """Compare a value field by field: it is stricter where no field is looser."""
    return lambda before, after: all(
        order(getattr(before, name), getattr(after, name)) for name, order in orders.items()
    )
