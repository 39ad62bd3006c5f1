"""How the parameters of one type are compared: part by part, each with its order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from promoter.core.strictness.lattice import same
from promoter.core.strictness.order import AtLeast, Change, Strictness, relate
from promoter.core.strictness.words import differences


@dataclass(frozen=True, slots=True)
class Part:
    """One field, or several that only make sense together, and their order.

    The order of one field is asked about its values; that of several about the whole. `why` is told where the two
    values cannot be compared.
    """

    names: tuple[str, ...]
    is_at_least: AtLeast
    why: str = ""

    def relate(self, before: object, after: object) -> Strictness:
        """Say how this part of two values stands to each other."""
        if len(self.names) > 1:
            return relate(self.is_at_least, before, after)
        (name,) = self.names
        return relate(self.is_at_least, getattr(before, name), getattr(after, name))


@dataclass(frozen=True, slots=True)
class Comparison:
    """The parts of a type. A field of which none speaks is comparable only where it stays as it is.

    `only_adds_up` tells whether evidence that counts no more can only make the check stricter. Where the newest
    evidence decides it cannot: a bad scan that is looked at no more lets an older good one pass.
    """

    parts: tuple[Part, ...]
    only_adds_up: Callable[[Any], bool] = lambda _: False

    def all_parts(self, kind: type) -> Iterator[Part]:
        """Give the parts, and one for each field of the type that has none."""
        known = {name for part in self.parts for name in part.names}
        yield from self.parts
        yield from (Part((one.name,), same, UNORDERED) for one in fields(kind) if one.name not in known)


UNORDERED = "nothing says which of the two is stricter"


def part(name: str, is_at_least: AtLeast, why: str = "") -> Part:
    """Give the part of one field."""
    return Part((name,), is_at_least, why)


def exact(*names: str, why: str = "it is about something else now") -> tuple[Part, ...]:
    """Give parts of fields whose values name something: another value is another demand."""
    return tuple(Part((name,), same, why) for name in names)


def changes_of(comparison: Comparison, before: Any, after: Any, place: str) -> Iterator[Change]:
    """Say what is otherwise in two values of one type."""
    for one in comparison.all_parts(type(before)):
        strictness = one.relate(before, after)
        if strictness is Strictness.EQUAL:
            continue
        told = (text for name in one.names for text in differences(name, getattr(before, name), getattr(after, name)))
        why = f" ({one.why})" if one.why and strictness is Strictness.INCOMPARABLE else ""
        yield Change(strictness, place, f"{'; '.join(told)}{why}")
