"""What a term of the vocabulary says of a code, and whose work its remedy is."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Term:
    """What a code means, its typical cause, and the remedy."""

    meaning: str
    cause: str
    remedy: str


OPERATOR: Final = "Operator: "
TEAM: Final = "Service team: "
SECURITY: Final = "Security team: "
MANAGERS: Final = "Release managers: "
