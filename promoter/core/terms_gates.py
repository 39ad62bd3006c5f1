"""What the codes of gates mean."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from promoter.core.codes import Code
from promoter.core.term import MANAGERS, TEAM, Term

TERMS: Final[Mapping[Code, Term]] = MappingProxyType(
    {
        Code.GATE_UPSTREAM: Term(
            "The release has not settled in an environment that comes before.",
            "It is not merged there yet, or something blocks it there.",
            f"{MANAGERS}promote it there first; `promoter explain` says what it waits for.",
        ),
        Code.GATE_SOAK: Term(
            "The release has not run long enough in an environment that comes before.",
            "It was promoted there a short time ago.",
            "Nobody's: it goes on by itself when the time has passed.",
        ),
        Code.GATE_HEALTH: Term(
            "The release runs in an environment that comes before, and is not known to be healthy there.",
            "The cluster says that it is degraded or still coming up, runs another image, or cannot be asked.",
            f"{TEAM}look at it there.",
        ),
        Code.GATE_ROLLED_BACK: Term(
            "The release was taken back in an environment that comes before.",
            "It did not work there.",
            f"{TEAM}release a new version.",
        ),
    }
)
"""Every code of a gate with its term."""
