"""Pairing without using anything twice: who can stand for what, so that as much as possible is stood for.

Maximum bipartite matching by augmenting paths; as deep as there are things to stand for, which a policy lists.
"""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Who = TypeVar("Who", bound=Hashable)
What = TypeVar("What", bound=Hashable)


def pair_off(able: Iterable[tuple[Who, What]], enough: int) -> dict[What, Who]:
    """Give pairs out of `able` in which nobody and nothing stands twice: as many as there can be, at most `enough`.

    Whoever comes first is placed first; an earlier one may be moved to make room, never left out.
    """
    pairing: _Pairing[Who, What] = _Pairing(able)
    for who in pairing.able:
        if len(pairing.pairs) < enough:
            pairing.place(who, set())
    return pairing.pairs


class _Pairing(Generic[Who, What]):
    def __init__(self, able: Iterable[tuple[Who, What]]) -> None:
        self.able: dict[Who, list[What]] = {}
        for who, what in able:
            self.able.setdefault(who, []).append(what)
        self.pairs: dict[What, Who] = {}

    def place(self, who: Who, tried: set[What]) -> bool:
        """Give somebody something to stand for; whoever has it is moved to another one, if there is one."""
        for what in self.able[who]:
            if what not in tried:
                tried.add(what)
                if what not in self.pairs or self.place(self.pairs[what], tried):
                    self.pairs[what] = who
                    return True
        return False
