"""Conditions of time and order, not of evidence: each gate that is shut for a candidate, why, and until when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from promoter.core.candidate import Candidate
from promoter.core.codes import Code
from promoter.core.environment import Environment
from promoter.core.history import History, Spot
from promoter.core.runtime import Health
from promoter.core.soaking import soak_ends
from promoter.core.standing import RUNNING, Standing
from promoter.core.view import View


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate that is shut: its code, why, until when where that is known, and whose work it is to open it."""

    code: Code
    sentence: str  # foreign text in it is still raw
    until: datetime | None = None
    remedy: str = ""

    def __str__(self) -> str:
        return self.sentence


def shut_gates(view: View, environment: Environment, candidate: Candidate, history: History) -> tuple[Gate, ...]:
    """Give every gate that is shut for a candidate in an environment now, all of them."""
    return tuple(_upstream(view, environment, candidate, history))


def _upstream(view: View, environment: Environment, candidate: Candidate, history: History) -> Iterator[Gate]:
    """Give the upstream environments in which the candidate has not settled."""
    nodes = {node.name: node for node in view.graph}
    for upstream in environment.after:
        spot = history.spot(upstream, candidate)
        if spot and spot.standing is Standing.ROLLED_BACK:
            remedy = "Service team: release a new version; this one was taken back."
            yield Gate(Code.GATE_ROLLED_BACK, f"was rolled back in {upstream}", remedy=remedy)
        elif spot and spot.standing in RUNNING and (ill := _unhealthy(view, nodes[upstream], candidate)):
            yield ill
        elif spot and spot.standing is Standing.PROMOTED and not spot.settled:
            yield _soak(nodes[upstream], history, spot, candidate)
        elif not (spot and spot.settled):
            remedy = f"Release managers: promote it to {upstream} first; see `promoter explain` for {upstream}."
            yield Gate(Code.GATE_UPSTREAM, f"has not settled in {upstream}", remedy=remedy)


def _soak(upstream: Environment, history: History, spot: Spot, candidate: Candidate) -> Gate:
    until = soak_ends(upstream, history, spot, candidate.digest)
    remedy = "Nobody's: it goes on by itself when the time has passed."
    ends = f" until {until:%Y-%m-%d %H:%M:%SZ}" if until else ""
    return Gate(Code.GATE_SOAK, f"soaks in {upstream.name}{ends}", until, remedy)


def _unhealthy(view: View, upstream: Environment, candidate: Candidate) -> Gate | None:
    """Give the gate of an upstream environment in which the candidate runs and is not known to be healthy now."""
    if upstream.health is None:
        return None
    runtime, remedy = view.sight.runtimes.get(upstream.name), f"Service team: look at it in {upstream.name}."
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
