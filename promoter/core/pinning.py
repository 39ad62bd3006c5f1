"""What follows from what an environment's manifests pin: promoted, replaced, rolled back, out of band. Pure."""

from typing import Literal

from promoter.core.candidate import Candidate, parse_digest
from promoter.core.history import History
from promoter.core.plan import outranks
from promoter.core.record import AnyEntry, Incident, PinSeen, StandingMoved
from promoter.core.releases import select
from promoter.core.sight import EnvironmentSight, PullSeen
from promoter.core.standing import Standing, StandingEvent
from promoter.core.standing import advance as advance_standing
from promoter.core.view import View

How = Literal["baseline", "promoted", "out-of-band"]


def pin_seen(view: View, environment: str, pin: tuple[str, str], commit: str, how: How) -> PinSeen:
    """Give the entry of a pin (tag and digest) as it stands at a commit."""
    return PinSeen(
        at=view.sight.now,
        service=view.service.name,
        environment=environment,
        tag=pin[0],
        digest=pin[1],
        commit=commit,
        how=how,
    )


def follow_pins(view: View, history: History) -> tuple[AnyEntry, ...]:
    """Give what follows from the pins of every environment, where they can be read."""
    entries: list[AnyEntry] = []
    for environment in view.graph:
        seen = view.sight.environments.get(environment.name)
        if seen and not seen.pin.trouble:
            entries += _of_pin(view, seen, history)
    return tuple(entries)


def _of_pin(view: View, seen: EnvironmentSight, history: History) -> tuple[AnyEntry, ...]:
    before = history.pins.get(seen.name)
    if before and (before.tag, before.digest) == (seen.pin.tag, seen.pin.digest):
        return ()
    if seen.pull and seen.pull.state is PullSeen.MERGED and not seen.pull.in_base:
        return ()
    running = history.running(seen.name)
    if running and is_pinned(running, (seen.pin.tag, seen.pin.digest), history):
        return _renamed(view, seen, before, running)
    how: How = "out-of-band" if before else "baseline"
    entries: list[AnyEntry] = [pin_seen(view, seen.name, (seen.pin.tag, seen.pin.digest), seen.base, how)]
    entries += replaced(view, seen.name, (seen.pin.tag, seen.pin.digest), history)
    candidate = _pinned(view.service.name, seen)
    if candidate:
        entries.append(_adopted(view, seen, candidate, history))
    if before:
        entries.append(_out_of_band(view, seen, before))
    return tuple(entries)


def _renamed(view: View, seen: EnvironmentSight, before: PinSeen | None, running: Candidate) -> tuple[AnyEntry, ...]:
    """Give what follows where the digest that runs is pinned; a tag that somebody changed beside it is an incident."""
    pin = (seen.pin.tag, seen.pin.digest)
    if before is None or seen.pin.tag in {"", running.release}:
        return (pin_seen(view, seen.name, pin, seen.base, "promoted"),)
    return (pin_seen(view, seen.name, pin, seen.base, "out-of-band"), _out_of_band(view, seen, before))


def _out_of_band(view: View, seen: EnvironmentSight, before: PinSeen) -> Incident:
    return Incident(
        at=view.sight.now,
        service=view.service.name,
        environment=seen.name,
        release=seen.pin.tag,
        digest=seen.pin.digest,
        what="out-of-band",
        detail=f"{before.tag} {before.digest} became {seen.pin.tag} {seen.pin.digest} without a proposal of ours",
    )


def _pinned(service: str, seen: EnvironmentSight) -> Candidate | None:
    try:
        return Candidate(service, seen.pin.tag, parse_digest(seen.pin.digest))
    except ValueError:
        return None


def _adopted(view: View, seen: EnvironmentSight, candidate: Candidate, history: History) -> StandingMoved:
    spot = history.spot(seen.name, candidate)
    return StandingMoved(
        at=view.sight.now,
        service=candidate.service,
        release=candidate.release,
        digest=candidate.digest,
        environment=seen.name,
        event=StandingEvent.PINNED_OUT_OF_BAND,
        state=advance_standing(spot.standing if spot else Standing.NONE, StandingEvent.PINNED_OUT_OF_BAND),
        commit=seen.base,
        detail="pinned by somebody else" if seen.name in history.pins else "ran here before Promoter first looked",
    )


def is_pinned(candidate: Candidate, pin: tuple[str, str], history: History) -> bool:
    """Tell whether a pin (tag and digest) is this candidate, and not another release that shares its digest."""
    other = history.known.get(pin[0]) if pin[0] != candidate.release else None
    return candidate.digest == pin[1] and not (other and other.candidate.digest == pin[1])


def replaced(view: View, environment: str, pin: tuple[str, str], history: History) -> tuple[StandingMoved, ...]:
    """Say what becomes of the candidate that ran until now: replaced by a newer release, or else rolled back."""
    running = history.running(environment)
    if running is None or is_pinned(running, pin, history):
        return ()
    order = select(view.service.releases, (running.release, pin[0]), history.seen)
    is_newer = outranks(order, pin[0], running.release)
    event = StandingEvent.NEWER_MERGED if is_newer else StandingEvent.ROLLED_BACK
    return (
        StandingMoved(
            at=view.sight.now,
            service=running.service,
            release=running.release,
            digest=running.digest,
            environment=environment,
            event=event,
            state=advance_standing(history.spots[environment, running].standing, event),
            detail=f"{pin[0]} runs now" + ("" if pin[1] else ", not pinned to a digest"),
        ),
    )
