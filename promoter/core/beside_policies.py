"""What became stricter or looser beside policies: freezes and denials. Exceptions stand in `exception_changes`."""

from collections.abc import Iterable, Iterator
from typing import Final

from promoter.core.denial import Denial
from promoter.core.freezes import Freeze
from promoter.core.strictness.comparison import Comparison, changes_of, exact, part
from promoter.core.strictness.lattice import elsewhere
from promoter.core.strictness.order import Change, Strictness


def denial_changes(before: Iterable[Denial], after: Iterable[Denial]) -> Iterator[Change]:
    """Compare what is denied, whatever the denials are called; a component in all versions is more than in some."""
    olds, news = tuple(before), tuple(after)
    for one in olds:
        if not any(_denies(other, one) for other in news):
            yield Change(Strictness.WEAKER, f"denial {one.id}", f"no longer denies {_withdrawn(one)}")
    for one in news:
        if not any(_denies(other, one) for other in olds):
            yield Change(Strictness.STRONGER, f"denial {one.id}", f"denies {_withdrawn(one)}")


def _denies(one: Denial, other: Denial) -> bool:
    return (one.what, one.value) == (other.what, other.value) and one.versions in ("", other.versions)


def _withdrawn(one: Denial) -> str:
    return " ".join(text for text in (f"the {one.what.value}", one.value, one.versions) if text)


def _everybody_or_more(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Compare for whom something holds; nobody named is everybody."""
    return not after or (bool(before) and set(after) >= set(before))


FREEZE: Final = Comparison(
    (
        *exact("id"),
        part("environments", _everybody_or_more),
        part("services", _everybody_or_more),
        *exact("when", why="it is at other times"),
        part("reason", elsewhere),
    )
)
"""How freezes of one name are compared."""


def freeze_changes(before: Iterable[Freeze], after: Iterable[Freeze]) -> Iterator[Change]:
    """Compare freezes by their names."""
    olds, news = ({one.id: one for one in some} for some in (before, after))
    for name, one in olds.items():
        if name in news:
            yield from changes_of(FREEZE, one, news[name], f"freeze {name}")
        else:
            yield Change(Strictness.WEAKER, f"freeze {name}", f"is gone: {one.reason}")
    for name, one in news.items():
        if name not in olds:
            yield Change(Strictness.STRONGER, f"freeze {name}", f"is new: {one.reason}")
