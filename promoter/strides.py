"""Where on its way a branch of rules became weaker, and who answers for each of these places."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from promoter.config import Configuration
from promoter.core.activation import Stride
from promoter.core.authority import Authority

Compares = Callable[[Configuration, Configuration], tuple[str, ...]]
"""Says in words what the second configuration's rules are weaker in than the first one's."""


@dataclass(frozen=True, slots=True)
class Way:
    """The commits from what is in force to the head, oldest first, each with its rules; None where it has no good ones.

    `before` is what is in force, None where it cannot be read any more. The last commit's rules can be read.
    """

    before: Configuration | None
    steps: Mapping[str, Configuration | None]


def find_strides(way: Way, compares: Compares, answers: Callable[[str], Authority | None]) -> tuple[Stride, ...]:
    """Find the commits that made the rules weaker than they were before each, and who answers for them.

    What was weakened and put right again on the way is passed over. A commit that cannot be read counts together with
    the next one that can: nobody who approved that one has seen what the other brought.
    """
    here, commits = _last_sound(way, compares)
    strides: list[Stride] = []
    pending: list[str] = []
    for commit in commits:
        pending.append(commit)
        there = way.steps[commit]
        if there is None:
            continue
        weaker = compares(here, there) if here else ("nothing can be compared with it",)
        if weaker:
            known = (answers(one) for one in pending)
            strides.append(Stride(weaker, tuple(one for one in known if one)))
        here, pending = there, []
    return tuple(strides)


def _last_sound(way: Way, compares: Compares) -> tuple[Configuration | None, tuple[str, ...]]:
    """Give the last rules on the way that are nowhere weaker than those in force, and the commits after them."""
    commits = tuple(way.steps)
    for place in range(len(commits) - 2, -1, -1):
        there = way.steps[commits[place]]
        if way.before is not None and there is not None and not compares(way.before, there):
            return there, commits[place + 1 :]
    return way.before, commits
