"""What a service's own file says of it, apart from where it stands."""

from dataclasses import dataclass
from enum import Enum


class Exposure(Enum):
    """From where a service can be reached, as its file says."""

    INTERNET = "internet"
    INTERNAL = "internal"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """What the service's own file says of it."""

    classes: tuple[str, ...] = ()
    exposure: Exposure | None = None
    image: str = ""  # the release repository, with its registry
