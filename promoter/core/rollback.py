"""The prepared way back from a release that must not run: to which one, and by what. Pure.

Going back is a decision of people: it is prepared to the last command, and never carried out. Only what ran in this
environment before counts as known to be good there, the last one first. One of which nothing tells whether it rests on
what is denied, too, comes after those of which that is known, and says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from promoter.core.candidate import Candidate
from promoter.core.codes import Code
from promoter.core.eligibility import Eligibility
from promoter.core.history import History, Spot
from promoter.core.standing import Standing

_STOPPED = frozenset({Eligibility.FROZEN, Eligibility.REVOKED})
_GOOD = frozenset({Eligibility.ELIGIBLE, Eligibility.WAITING})
_LOOKED_AT = 3  # of those that ran before, which are judged again while something must not run


@dataclass(frozen=True, slots=True)
class Rollback:
    """What to go back to; `revert` is the commit whose revert pins exactly that, empty where none does."""

    to: Candidate
    eligibility: Eligibility
    why: tuple[str, ...]
    revert: str = ""
    is_unsure: bool = False

    @property
    def state(self) -> str:
        """What it deserves here now."""
        return self.eligibility.value + (f" ({', '.join(self.why)})" if self.why else "")

    def __str__(self) -> str:
        by = f"`git revert -m 1 {self.revert}` in the environment repository, or pin it" if self.revert else "pin it"
        doubt = " (whether it rests on what is denied is not known: look first)" if self.is_unsure else ""
        return f"back to {self.to.release} {self.to.digest}, which ran here before{doubt}: {by}"


def ran_before(history: History, environment: str) -> tuple[Candidate, ...]:
    """Give the releases that were replaced in an environment, the last one first; a few, for each is judged again."""
    found = [
        (spot.since, candidate)
        for (name, candidate), spot in history.spots.items()
        if name == environment and spot.standing is Standing.REPLACED and spot.since and history.known_as(candidate)
    ]
    return tuple(candidate for _, candidate in sorted(found, reverse=True))[:_LOOKED_AT]


def must_go(history: History, environment: str) -> Candidate | None:
    """Give what runs in an environment and was withdrawn; None where nothing there was."""
    running = history.running(environment)
    spot = history.spot(environment, running) if running else None
    return running if spot and spot.eligibility is Eligibility.REVOKED else None


def prepare(history: History, environment: str) -> Rollback | None:
    """Give the way back from what runs: to the last that may run now, or else to the last that nobody stopped."""
    ways = sorted(_ways(history, environment), key=lambda way: way.is_unsure)
    return next((way for way in ways if way.eligibility in _GOOD), ways[0] if ways else None)


def _ways(history: History, environment: str) -> Iterator[Rollback]:
    running = history.running(environment)
    here = history.spot(environment, running) if running else None
    for candidate in ran_before(history, environment):
        spot = history.spots[environment, candidate]
        if spot.eligibility not in _STOPPED:
            is_next = here is not None and here.pinned == spot.since  # it was replaced by exactly what runs
            revert = here.commit if here and is_next else ""
            yield Rollback(candidate, spot.eligibility, spot.why, revert, _is_unsure(spot))


def _is_unsure(spot: Spot) -> bool:
    return any(Code.DENIED_UNKNOWN.value in decided.codes for decided in spot.decided.values())
