"""Foreign names in a sentence: a few of them, each cut to a length that people read."""

from collections.abc import Sequence
from typing import Final

NAMED: Final = 5
"""How many names a sentence has; the rest is counted."""

_SHOWN: Final = 200


def listed(names: Sequence[str]) -> str:
    """Name the first few, and say how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(name[:_SHOWN] for name in names[:NAMED]) + more
