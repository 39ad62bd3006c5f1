"""Conditions of time and order, not of evidence: each gate that is shut for a candidate, why, and until when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from promoter.core.candidate import Candidate
from promoter.core.codes import Code
from promoter.core.conditions import Conditions
from promoter.core.environment import Environment, ProposeMode
from promoter.core.freezes import Place
from promoter.core.history import History, Spot
from promoter.core.holds import holding
from promoter.core.runtime import Health
from promoter.core.soaking import soak_ends
from promoter.core.standing import OPEN, RUNNING, Standing

_NAMED = 3  # that take a slot; the others are counted


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that is shut: its code, why, until when where that is known, and whose work it is to open it."""

    code: Code
    sentence: str  # foreign text in it is still raw
    until: datetime | None = None
    remedy: str = ""

    def __str__(self) -> str:
        return self.sentence


def shut_gates(
    conditions: Conditions, environment: Environment, candidate: Candidate, history: History
) -> tuple[Gate, ...]:
    """Give every gate that is shut for a candidate in an environment now, all of them.

    What runs there already waits for its upstream alone: the other gates stand before a promotion, and it had its own.
    """
    shut = tuple(_upstream(conditions, environment, candidate, history))
    spot = history.spot(environment.name, candidate)
    if spot and spot.standing in RUNNING:
        return shut
    others = (_frozen, _held, _occupied, _unasked)
    return (*shut, *(gate for gates in others for gate in gates(_Way(conditions, environment, candidate, spot))))


@dataclass(frozen=True, slots=True)
class _Way:
    """A candidate on its way to an environment."""

    conditions: Conditions
    environment: Environment
    candidate: Candidate
    spot: Spot | None


def _frozen(way: _Way) -> Iterator[Gate]:
    """Give one gate for all freezes that hold now: they add up."""
    place, now = Place(way.environment.name, way.candidate.service, way.candidate.release), way.conditions.now
    freezes = way.conditions.freezes
    held, until = freezes.holding(place, now), freezes.end(place, now)
    if held and until:
        told = "; ".join(f"{one.freeze.id} ({one.freeze.reason})" for one in held)
        remedy = "Nobody's: it goes on by itself when the freeze is over"
        remedy += "; in an emergency, Release managers: write an override into freezes.yaml."
        named = f"is under the freeze{'s' if len(held) > 1 else ''} {told} until {_time(until)}"
        yield Gate(Code.GATE_FREEZE, f"{named}, by {freezes.zones}", until, remedy)


def _held(way: _Way) -> Iterator[Gate]:
    """Give a gate for every hold by a person."""
    for hold in holding(way.conditions.estate, way.environment.name, way.candidate, way.conditions.now):
        until = f" until {_time(hold.until)}" if hold.until else ""
        remedy = f"Operator: `promoter unhold {hold.id} --reason ...` when it may go on."
        yield Gate(Code.GATE_HOLD, f"is held by {hold.actor}{until}: {hold.reason} ({hold.id})", hold.until, remedy)


def _occupied(way: _Way) -> Iterator[Gate]:
    """Give a gate where as many other services are on their way as may be at once."""
    limit, taken = way.environment.at_once, way.conditions.occupied.get(way.environment.name, ())
    if limit is None or len(taken) < limit or way.candidate.service in {one.service for one in taken}:
        return
    named = [f"{one.service} {one.release}" for one in taken[:_NAMED]]
    more = f" and {len(taken) - _NAMED} more" if len(taken) > _NAMED else ""
    sentence = f"waits for one of the {limit} slots of {way.environment.name}, taken by {', '.join(named)}{more}"
    remedy = "Release managers: finish or close what takes them; it goes on by itself then."
    yield Gate(Code.GATE_SLOT, sentence, remedy=remedy)


def _unasked(way: _Way) -> Iterator[Gate]:
    """Give a gate where the bot proposes nothing by itself, and nobody has asked for this."""
    is_asked = way.spot is not None and (way.spot.wanted is not None or way.spot.standing in OPEN)
    if way.environment.propose is ProposeMode.MANUAL and not is_asked:
        asked = f"promoter promote {way.candidate.service} {way.candidate.release} --env {way.environment.name}"
        sentence = f"waits until a person asks for it: {way.environment.name} proposes nothing by itself"
        yield Gate(Code.GATE_MANUAL, sentence, remedy=f"Release managers: `{asked} --reason ...` when it is time.")


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%SZ}"


def _upstream(
    conditions: Conditions, environment: Environment, candidate: Candidate, history: History
) -> Iterator[Gate]:
    """Give the upstream environments in which the candidate has not settled; of a group in which one is enough, all."""
    nodes = {node.name: node for node in conditions.graph}
    for group in (*((name,) for name in environment.after), *environment.either):
        shut = [_unsettled(conditions, nodes[name], candidate, history) for name in group]
        if None not in shut:
            yield from (_one_of(gate, group) for gate in shut if gate)


def _one_of(gate: Gate, group: tuple[str, ...]) -> Gate:
    """Say which other environments would do as well."""
    if len(group) == 1:
        return gate
    return replace(gate, sentence=f"{gate.sentence} (one of {', '.join(group)} is enough)")


def _unsettled(conditions: Conditions, upstream: Environment, candidate: Candidate, history: History) -> Gate | None:
    """Give the gate of one upstream environment; None where the candidate has settled there, and is well."""
    spot = history.spot(upstream.name, candidate)
    if spot and spot.standing is Standing.ROLLED_BACK:
        remedy = "Service team: release a new version; this one was taken back."
        return Gate(Code.GATE_ROLLED_BACK, f"was rolled back in {upstream.name}", remedy=remedy)
    if spot and spot.standing in RUNNING and (ill := _unhealthy(conditions, upstream, candidate)):
        return ill
    if spot and spot.standing is Standing.PROMOTED and not spot.settled:
        return _soak(upstream, history, spot, candidate)
    if spot and spot.settled:
        return None
    remedy = f"Release managers: promote it to {upstream.name} first; see `promoter explain` for {upstream.name}."
    return Gate(Code.GATE_UPSTREAM, f"has not settled in {upstream.name}", remedy=remedy)


def _soak(upstream: Environment, history: History, spot: Spot, candidate: Candidate) -> Gate:
    until = soak_ends(upstream, history, spot, candidate.digest)
    remedy = "Nobody's: it goes on by itself when the time has passed."
    ends = f" until {_time(until)}" if until else ""
    return Gate(Code.GATE_SOAK, f"soaks in {upstream.name}{ends}", until, remedy)


def _unhealthy(conditions: Conditions, upstream: Environment, candidate: Candidate) -> Gate | None:
    """Give the gate of an upstream environment in which the candidate runs and is not known to be healthy now."""
    if upstream.health is None or conditions.runtimes is None:
        return None
    runtime, remedy = conditions.runtimes.get(upstream.name), f"Service team: look at it in {upstream.name}."
    if runtime is None or (runtime.health is Health.UNKNOWN and not runtime.identity):
        remedy = "Operator: see `promoter status` for what does not answer."
        return Gate(Code.GATE_HEALTH, f"its health in {upstream.name} is not known now", remedy=remedy)
    if not runtime.runs(candidate.digest):
        seen = ", ".join(digest[:19] for digest in runtime.digests[:3])
        return Gate(Code.GATE_HEALTH, f"{upstream.name} is not seen to run it yet: it runs {seen}", remedy=remedy)
    if runtime.health is Health.HEALTHY:
        return None
    why = f" ({runtime.detail})" if runtime.detail else ""
    return Gate(Code.GATE_HEALTH, f"is {runtime.health.value} in {upstream.name}{why}", remedy=remedy)
