"""What every entry of the ledger says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every entry says: when the bot wrote it (its own clock, UTC), and about which service."""

    at: datetime
    service: str
    v: Literal[1] = 1
