"""How checks are compared that look at something else than evidence: people, the artifact's place, what runs."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from promoter.core.checks.artifact import matches_repository
from promoter.core.checks.artifact_age import Rollback
from promoter.core.strictness.comparison import Comparison, exact, part
from promoter.core.strictness.lattice import demanded, fewer, larger, more, same_members, smaller

_TRIED: Final = ("x", "q7")
"""What `*` of a pattern is tried with: two texts without a common beginning or end, so that only a `*` fits both."""
_EARLIEST: Final = "the earliest time counts, so that leaving some evidence out may make the artifact younger"


def _always(_: object) -> bool:
    return True


def _repositories(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Tell whether every pattern lies in one that was accepted before."""
    return all(any(_is_inside(pattern, known) for known in before) for pattern in after)


def _is_inside(pattern: str, known: str) -> bool:
    return all(matches_repository(known, pattern.replace("*", text)) for text in _TRIED)


def _rollback(before: Rollback, after: Rollback) -> bool:
    return after is Rollback.REFUSE or before is Rollback.ALLOW


OF_CIRCUMSTANCES: Final[Mapping[str, Comparison]] = MappingProxyType(
    {
        "artifact": Comparison((part("repositories", _repositories), part("platforms", more)), _always),
        "source-branch": Comparison((part("branches", fewer),), _always),
        "age": Comparison(
            (
                part("signers", same_members, _EARLIEST),
                part("versions", same_members, _EARLIEST),
                part("max_age", smaller),
                part("rollback", _rollback),
            )
        ),
        "order": Comparison((), _always),
        "approval": Comparison((part("min", larger), part("people", demanded(fewer))), _always),
        "ticket": Comparison(exact("pattern", "name", why="nothing says which tickets both take"), _always),
        "rules": Comparison((), _always),
        "log": Comparison((), _always),
    }
)
"""How the parameters of each of these checks are compared, by the check's name."""
