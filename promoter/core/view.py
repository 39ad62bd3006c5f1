"""One service in front of the whole graph, and which of its candidates are followed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce

from promoter.core.candidate import Candidate
from promoter.core.conditions import Conditions
from promoter.core.eligibility import Eligibility
from promoter.core.environment import Environment, Service
from promoter.core.estate import NOTHING, Estate
from promoter.core.freezes import NONE, Freezes
from promoter.core.history import History, Spot, fold
from promoter.core.plan import contender
from promoter.core.policy import Policy
from promoter.core.record import AnyEntry
from promoter.core.releases import select
from promoter.core.rollback import must_go, ran_before
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
    estate: Estate = NOTHING
    freezes: Freezes = NONE
    occupied: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)  # slots, where they are limited
    merges: Mapping[str, Verdict] = field(default_factory=dict)  # on each environment's proposal, of the merge phase

    @property
    def conditions(self) -> Conditions:
        """What the gates are computed from, as it was when the view was made."""
        return Conditions(
            self.graph, self.sight.now, self.estate, self.freezes, runtimes=self.sight.runtimes, occupied=self.occupied
        )

    def merge_of(self, environment: str, candidate: Candidate) -> Verdict | None:
        """Give the verdict on merging a candidate's proposal now; None where it has none."""
        found = self.merges.get(environment)
        return found if found and found.candidate == candidate else None


def ranking(service: Service, history: History) -> tuple[str, ...]:
    """Give the known releases of a service, newest first."""
    names = {*history.known, *(candidate.release for _, candidate in history.spots)}
    return select(service.releases, tuple(names), history.seen)


def in_flight(service: Service, history: History) -> tuple[Candidate, ...]:
    """Give the candidates that are followed: the newest few, and every one that is or would be proposed or runs.

    What runs is followed by its own digest, which may be another one than the first that its release name stood for.
    A release that came after a newer one is followed until it is judged for good, however many are newer. What was
    withdrawn is followed while it might be wanted again; while it runs, so is what ran before it, to go back to.
    """
    order = ranking(service, history)
    newest = [name for name in order if name in history.known][:IN_FLIGHT]
    spots = {key: spot for key, spot in history.spots.items() if key[0] in service.targets}
    placed = {c.release for (_, c), spot in spots.items() if spot.standing in OPEN | RUNNING}
    thawed = {c.release for (_, c), spot in spots.items() if _is_thawed(history, c, spot)}
    next_up = (contender(history, name, order) for name in service.targets)
    asked = (history.wanted(name) for name in service.targets)
    people = {one.release for one in (*next_up, *asked) if one}
    back = {*_revoked(service, history, order), *_ways_back(service, history)}
    wanted = {*newest, *_late(service, history, order), *placed, *thawed, *people, *back}
    followed = (known.candidate for name, known in history.known.items() if name in wanted)
    return (*followed, *_under_another_name(service, history))


def _revoked(service: Service, history: History, order: tuple[str, ...]) -> tuple[str, ...]:
    """Give the newest releases that were withdrawn: when that is lifted, they are judged again."""
    spots = history.spots.items()
    found = {c.release for (name, c), s in spots if name in service.targets and s.eligibility is Eligibility.REVOKED}
    return tuple(release for release in order if release in found)[:IN_FLIGHT]


def _ways_back(service: Service, history: History) -> tuple[str, ...]:
    """Give what ran before a release that was withdrawn while it runs."""
    stopped = (name for name in service.targets if must_go(history, name))
    return tuple(one.release for name in stopped for one in ran_before(history, name))


def _is_thawed(history: History, candidate: Candidate, spot: Spot) -> bool:
    """Tell whether a freeze that stands at a candidate may have ended by a person: it is judged again.

    One by a hold may; whether it did stands in the estate.
    """
    known = history.known_as(candidate)
    return spot.eligibility is Eligibility.FROZEN and known is not None and not known.is_frozen


def _late(service: Service, history: History, order: tuple[str, ...]) -> tuple[str, ...]:
    """Give the newest releases that were resolved after a newer one, and could still be promoted somewhere.

    Those that are blocked may still be mended; they take no place from those about which nothing is decided.
    """
    place = {release: index for index, release in enumerate(order)}
    floors = {name: _place(place, history.running(name)) for name in service.targets}
    late, newest = list[Candidate](), len(order)
    for known in history.known.values():
        here = _place(place, known.candidate)
        if here > newest and any(here < floor for floor in floors.values()):
            late.append(known.candidate)
        newest = min(newest, here)
    late.sort(key=lambda candidate: _place(place, candidate))
    states = {c: _states(history, c, {n for n in floors if _place(place, c) < floors[n]}) for c in late}
    first = [c for c in late if not states[c].isdisjoint(_MOVING)]
    second = [c for c in late if c not in first and Eligibility.BLOCKED in states[c]]
    return tuple(candidate.release for candidate in (*first[:IN_FLIGHT], *second[:IN_FLIGHT]))


def _place(place: Mapping[str, int], candidate: Candidate | None) -> int:
    return place.get(candidate.release, len(place)) if candidate else len(place)


def _states(history: History, candidate: Candidate, environments: set[str]) -> set[Eligibility]:
    spots = (history.spot(name, candidate) for name in environments)
    return {spot.eligibility if spot else Eligibility.DISCOVERED for spot in spots}


def _under_another_name(service: Service, history: History) -> tuple[Candidate, ...]:
    """Give what runs under a known release name with another digest than that name stood for first."""
    running = {one for name in service.targets if (one := history.running(name))}
    return tuple(sorted(c for c in running if c.release in history.known and not history.known_as(c)))


def extend(history: History, entries: tuple[AnyEntry, ...]) -> History:
    """Give the history after these entries."""
    return reduce(lambda before, entry: fold(entry, before), entries, history)
