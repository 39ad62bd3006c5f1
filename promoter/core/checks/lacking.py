"""What a policy makes of a fact that evidence does not give, or that it only wants to be told."""

from enum import Enum


class Lacking(Enum):
    """Whether it stands in the way, or is told beside the rest and decides nothing."""

    FAIL = "fail"
    WARN = "warn"
