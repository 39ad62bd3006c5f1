"""What the gates of one service are computed from, besides its history: time, order, freezes, holds and slots. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from promoter.core.candidate import Candidate
from promoter.core.environment import Environment
from promoter.core.estate import NOTHING, Estate
from promoter.core.freezes import NONE, Freezes
from promoter.core.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything that can shut a gate for a service now."""

    graph: tuple[Environment, ...]
    now: datetime
    estate: Estate = NOTHING
    freezes: Freezes = NONE
    runtimes: Mapping[str, Runtime] | None = None  # what runs, by environment; None: nobody was asked
    occupied: Mapping[str, tuple[Candidate, ...]] = field(default_factory=dict)  # slots, where they are limited
