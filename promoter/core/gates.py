"""Conditions of time and order, not of evidence: each gate that is shut for a candidate, why, and until when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from promoter.core.candidate import Candidate
from promoter.core.codes import Code
from promoter.core.environment import Environment
from promoter.core.history import History
from promoter.core.standing import Standing
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
    soaks = {node.name: node.soak for node in view.graph}
    for upstream in environment.after:
        spot = history.spot(upstream, candidate)
        if spot and spot.standing is Standing.ROLLED_BACK:
            remedy = "Service team: release a new version; this one was taken back."
            yield Gate(Code.GATE_ROLLED_BACK, f"was rolled back in {upstream}", remedy=remedy)
        elif spot and spot.standing is Standing.PROMOTED and spot.since and not spot.settled:
            until = spot.since + soaks[upstream]
            remedy = "Nobody's: it goes on by itself when the time has passed."
            yield Gate(Code.GATE_SOAK, f"soaks in {upstream} until {until:%Y-%m-%d %H:%M:%SZ}", until, remedy)
        elif not (spot and spot.settled):
            remedy = f"Release managers: promote it to {upstream} first; see `promoter explain` for {upstream}."
            yield Gate(Code.GATE_UPSTREAM, f"has not settled in {upstream}", remedy=remedy)
