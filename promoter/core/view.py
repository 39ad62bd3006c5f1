"""One service in front of the whole graph, and which of its candidates are followed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from promoter.core.candidate import Candidate
from promoter.core.eligibility import Eligibility
from promoter.core.environment import Environment, Service
from promoter.core.history import History, fold
from promoter.core.plan import contender
from promoter.core.policy import Policy
from promoter.core.record import AnyEntry
from promoter.core.releases import select
from promoter.core.sight import Sight
from promoter.core.standing import OPEN, RUNNING
from promoter.core.verdict import Verdict

IN_FLIGHT = 3
"""How many of the newest releases are followed, besides those that are proposed or running somewhere."""

_MOVING = {Eligibility.DISCOVERED, Eligibility.PENDING, Eligibility.WAITING}


@dataclass(frozen=True, slots=True)
class View:
    """One service in front of the whole graph: configuration, what was seen, and the verdicts on it."""

    service: Service
    graph: tuple[Environment, ...]  # upstream first
    policies: Mapping[str, Policy]
    sight: Sight
    verdicts: Mapping[tuple[str, Candidate], Verdict]


def ranking(service: Service, history: History) -> tuple[str, ...]:
    """Give the known releases of a service, newest first."""
    names = {*history.known, *(candidate.release for _, candidate in history.spots)}
    return select(service.releases, tuple(names), history.seen)


def in_flight(service: Service, history: History) -> tuple[Candidate, ...]:
    """Give the candidates that are followed: the newest few, and every one that is or would be proposed or runs.

    What runs is followed by its own digest, which may be another one than the first that its release name stood for.
    A release that came after a newer one is followed until it is judged for good, however many are newer.
    """
    order = ranking(service, history)
    newest = [name for name in order if name in history.known][:IN_FLIGHT]
    late = [name for name in order if name in _late(history, order)][:IN_FLIGHT]
    placed = {c.release for (_, c), spot in history.spots.items() if spot.standing in OPEN | RUNNING}
    next_up = (contender(history, name, order) for name in {name for name, _ in history.spots})
    wanted = {*newest, *late, *placed, *(candidate.release for candidate in next_up if candidate)}
    followed = (known.candidate for name, known in history.known.items() if name in wanted)
    return (*followed, *_under_another_name(history))


def _late(history: History, order: tuple[str, ...]) -> frozenset[str]:
    """Give the releases that were resolved after a newer one, and could still be promoted somewhere."""
    place = {release: index for index, release in enumerate(order)}
    floors = {name: _place(place, history.running(name)) for name in {name for name, _ in history.spots}}
    late, newest = set[str](), len(order)
    for release, known in history.known.items():
        here = _place(place, known.candidate)
        if here > newest and _may_come(history, known.candidate, {n for n, floor in floors.items() if here < floor}):
            late.add(release)
        newest = min(newest, here)
    return frozenset(late)


def _place(place: Mapping[str, int], candidate: Candidate | None) -> int:
    return place.get(candidate.release, len(place)) if candidate else len(place)


def _may_come(history: History, candidate: Candidate, environments: set[str]) -> bool:
    """Tell whether the last word about a candidate is not said in one of these environments."""
    spots = (history.spot(name, candidate) for name in environments)
    return any(spot is None or spot.eligibility in _MOVING for spot in spots)


def _under_another_name(history: History) -> tuple[Candidate, ...]:
    """Give what runs under a known release name with another digest than that name stood for first."""
    running = {candidate for (_, candidate), spot in history.spots.items() if spot.standing in RUNNING}
    return tuple(sorted(c for c in running if c.release in history.known and not history.known_as(c)))


def extend(history: History, entries: tuple[AnyEntry, ...]) -> History:
    """Give the history after these entries."""
    return reduce(lambda before, entry: fold(entry, before), entries, history)
