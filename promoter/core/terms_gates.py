"""What the codes of gates mean."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from promoter.core.codes import Code
from promoter.core.term import MANAGERS, OPERATOR, TEAM, Term

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
        Code.GATE_FREEZE: Term(
            "A freeze of `freezes.yaml` holds for the environment and service, and no override counts now.",
            "A time in which nothing is promoted, planned beforehand; several may overlap, and add up.",
            "Nobody's: it goes on by itself when the last freeze is over. Release managers may write an override.",
        ),
        Code.GATE_HOLD: Term(
            "A person stopped promotions of the service, or to the environment.",
            "`promoter hold`, for the reason that is told.",
            f"{OPERATOR}`promoter unhold` when it may go on; a hold with a time ends by itself.",
        ),
        Code.GATE_SLOT: Term(
            "As many services are being promoted to the environment as are allowed at once (`at_once`).",
            "Their pull requests are open, or they have not run there for its soak yet.",
            f"{MANAGERS}finish or close the promotions that are told; it goes on by itself then.",
        ),
        Code.GATE_MANUAL: Term(
            "The environment proposes nothing by itself (`propose: manual`), and nobody has asked for this release.",
            "The release is ready and waits for a person.",
            f"{MANAGERS}`promoter promote` it when it is time.",
        ),
    }
)
"""Every code of a gate with its term."""
