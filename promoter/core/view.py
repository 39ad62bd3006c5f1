"""One service in front of the whole graph, and which of its candidates are followed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from promoter.core.candidate import Candidate
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
    """Give the candidates that are followed: the newest few, and every one that is or would be proposed or runs."""
    order = ranking(service, history)
    newest = [name for name in order if name in history.known][:IN_FLIGHT]
    placed = {c.release for (_, c), spot in history.spots.items() if spot.standing in OPEN | RUNNING}
    next_up = (contender(history, name, order) for name in {name for name, _ in history.spots})
    wanted = {*newest, *placed, *(candidate.release for candidate in next_up if candidate)}
    return tuple(known.candidate for name, known in history.known.items() if name in wanted)


def extend(history: History, entries: tuple[AnyEntry, ...]) -> History:
    """Give the history after these entries."""
    return reduce(lambda before, entry: fold(entry, before), entries, history)
