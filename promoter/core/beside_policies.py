"""What became stricter or looser beside policies: denials, freezes, overrides. Exceptions: `exception_changes`."""

from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Final

from promoter.core.denial import Denial
from promoter.core.freezes import Freeze, Override
from promoter.core.strictness.comparison import Comparison, changes_of, exact, part
from promoter.core.strictness.lattice import elsewhere
from promoter.core.strictness.order import Change, Strictness


def denial_changes(before: Iterable[Denial], after: Iterable[Denial]) -> Iterator[Change]:
    """Compare what is denied, whatever the denials are called; all versions are more than some, sooner is more."""
    olds, news = tuple(before), tuple(after)
    for one in olds:
        if not any(_denies(other, one) for other in news):
            yield Change(Strictness.WEAKER, f"denial {one.id}", f"no longer denies {_withdrawn(one)}")
    for one in news:
        if not any(_denies(other, one) for other in olds):
            yield Change(Strictness.STRONGER, f"denial {one.id}", f"denies {_withdrawn(one)}")


def _denies(one: Denial, other: Denial) -> bool:
    """Tell whether a denial withdraws all that another one does, no later than that."""
    is_alike = (one.what, one.value) == (other.what, other.value) and one.versions in ("", other.versions)
    return is_alike and (one.since is None or (other.since is not None and one.since <= other.since))


def _withdrawn(one: Denial) -> str:
    since = f"from {one.since.astimezone(UTC):%Y-%m-%d %H:%M:%SZ} on" if one.since else ""
    return " ".join(text for text in (f"the {one.what.value}", one.value, one.versions, since) if text)


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


def override_changes(before: Iterable[Override], after: Iterable[Override]) -> Iterator[Change]:
    """Compare overrides of freezes by their names: a new one opens a gate, and so may one that says something else."""
    olds, news = ({one.id: one for one in some} for some in (before, after))
    for name, one in news.items():
        if name not in olds:
            yield Change(Strictness.WEAKER, f"override {name}", f"is new: {_opened(one)}")
        elif one != olds[name]:
            sentence = f"is another one now (nothing says which of the two is stricter): {_opened(one)}"
            yield Change(Strictness.INCOMPARABLE, f"override {name}", sentence)
    for name in olds.keys() - news.keys():
        yield Change(Strictness.STRONGER, f"override {name}", "is gone")


def _opened(one: Override) -> str:
    what = f"{one.service} {one.release}".rstrip()
    return (
        f"{what} may go to {one.environment} under {one.freeze} until {one.expires.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
    )
