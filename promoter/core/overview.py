"""How far every release has come, as rows for a table: one per service and environment. Pure, from the ledger alone."""

from dataclasses import dataclass
from datetime import datetime

from promoter.core.candidate import Candidate
from promoter.core.environment import Environment, Service
from promoter.core.history import History, Spot
from promoter.core.plan import outranks
from promoter.core.record import Incident
from promoter.core.standing import OPEN
from promoter.core.view import in_flight, ranking

_INCIDENTS = 5  # that a row shows; the ledger has all of them


@dataclass(frozen=True, slots=True)
class Place:
    """One candidate in one environment."""

    release: str
    digest: str
    eligibility: str
    standing: str
    why: tuple[str, ...]
    number: int  # of the pull request, 0 without one
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One service in one environment: what runs, and every newer candidate in flight, newest first.

    An older one is among them where a person asked for going back to it.
    """

    service: str
    environment: str
    running: Place | None
    pinned: str  # what the manifest pins, where the ledger knows no candidate for it
    candidates: tuple[Place, ...]
    failing: tuple[str, ...] = ()  # what did not answer for this service at the last look, with its code
    incidents: tuple[Incident, ...] = ()  # of this environment or of none, newest first, the last few


def overview(service: Service, graph: tuple[Environment, ...], history: History) -> tuple[Row, ...]:
    """Give a service's rows in the graph's order."""
    return tuple(_row(service, node.name, history) for node in graph if node.name in service.targets)


def _row(service: Service, environment: str, history: History) -> Row:
    running, pin = history.running(environment), history.pins.get(environment)
    order = ranking(service, history)
    position = {release: index for index, release in enumerate(order)}
    flying = sorted(in_flight(service, history), key=lambda c: position.get(c.release, len(order)))
    asked = history.wanted(environment)
    newer = [c for c in flying if running is None or c == asked or outranks(order, c.release, running.release)]
    others = [c for c in newer if c != running and history.known_as(c) and history.spot(environment, c)]
    return Row(
        service=service.name,
        environment=environment,
        running=_place(running, history.spots[environment, running]) if running else None,
        pinned="" if running or pin is None else pin.tag,
        candidates=tuple(_place(c, history.spots[environment, c]) for c in others),
        failing=tuple(f"{what}: {code}" for what, code in history.failing.items()),
        incidents=tuple(one for one in reversed(history.incidents) if one.environment in {"", environment})[
            :_INCIDENTS
        ],
    )


def _place(candidate: Candidate, spot: Spot) -> Place:
    number = spot.number if spot.standing in OPEN else 0
    standing, eligibility = spot.standing.value, spot.eligibility.value
    return Place(candidate.release, candidate.digest, eligibility, standing, spot.why, number, spot.since)
