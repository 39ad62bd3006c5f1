"""When nothing is promoted, and who may go on all the same: freezes and their overrides. Pure.

Rule: freezes add up. What holds is all that holds now, and it ends when the last of them does, those included that
begin before the ones before them have ended.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from promoter.core.calendar import When, window_at

LONGEST_OVERRIDE: Final = timedelta(hours=72)
_CHAINED = 100  # windows in a row that are followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A time in which nothing is promoted to some environments and of some services (empty: all of them)."""

    id: str
    reason: str
    environments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    when: When


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A reason for promoting one service to one environment although a freeze holds, for some hours."""

    id: str
    freeze: str
    environment: str
    service: str
    release: str = ""  # empty: any
    reason: str
    requested_by: str  # as the file says: nobody vouches for the name
    not_before: datetime
    expires: datetime

    def holds(self, now: datetime) -> bool:
        """Tell whether it counts now: once it has expired it never does again."""
        return self.not_before <= now < self.expires


@dataclass(frozen=True, slots=True)
class Place:
    """What a freeze may hold for: a release of a service on its way to an environment."""

    environment: str
    service: str
    release: str


@dataclass(frozen=True, slots=True)
class Holding:
    """A freeze that holds, and when it ends by itself."""

    freeze: Freeze
    until: datetime


@dataclass(frozen=True, slots=True)
class Freezes:
    """Every freeze and override that is configured; `zones` names the release of the time-zone data in use."""

    freezes: tuple[Freeze, ...] = ()
    overrides: tuple[Override, ...] = ()
    zones: str = ""

    def holding(self, place: Place, now: datetime) -> tuple[Holding, ...]:
        """Give all freezes that hold for a place now and are not overridden."""
        return tuple(one for one in self._windows(place, now) if not self._override(one.freeze, place, now))

    def lifted(self, place: Place, now: datetime) -> tuple[Override, ...]:
        """Give the overrides without which a freeze would hold for a place now."""
        found = (self._override(one.freeze, place, now) for one in self._windows(place, now))
        return tuple(one for one in found if one)

    def end(self, place: Place, now: datetime) -> datetime | None:
        """Give when nothing will hold for a place any more, as far as is known now; None where nothing holds."""
        until: datetime | None = None
        for _ in range(_CHAINED):
            held = self.holding(place, until or now)
            if not held:
                break
            until = max(one.until for one in held)
        return until

    def _windows(self, place: Place, now: datetime) -> tuple[Holding, ...]:
        mine = (one for one in self.freezes if _is_for(one, place))
        return tuple(Holding(one, found.end) for one in mine if (found := _window_at(one.when, now)))

    def _override(self, freeze: Freeze, place: Place, now: datetime) -> Override | None:
        key = (freeze.id, place.environment, place.service)
        return next(
            (
                one
                for one in self.overrides
                if (one.freeze, one.environment, one.service) == key
                and one.release in {"", place.release}
                and one.holds(now)
            ),
            None,
        )


NONE: Final = Freezes()
"""No freeze at all."""

_window_at = lru_cache(maxsize=4096)(window_at)  # one pass asks for the same moment again and again


def _is_for(freeze: Freeze, place: Place) -> bool:
    is_there = not freeze.environments or place.environment in freeze.environments
    return is_there and (not freeze.services or place.service in freeze.services)
