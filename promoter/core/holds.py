"""Holds by people: what they stop, and when they stop by themselves. Pure.

A hold on a service, an environment or both shuts a gate; one on a release name freezes it, until a person releases it.
"""

from datetime import datetime
from typing import Final

from promoter.core.candidate import Candidate
from promoter.core.estate import Estate
from promoter.core.record_estate import ESTATE, Held, HoldEnded

BOT: Final = "promoter"
"""The actor of a hold's end that came by itself."""


def holding(estate: Estate, environment: str, candidate: Candidate, now: datetime) -> tuple[Held, ...]:
    """Give the holds that stop a candidate on its way to an environment, oldest first."""
    mine = (one for one in estate.holds.values() if _is_for(one, environment, candidate) and not is_over(one, now))
    return tuple(sorted(mine, key=lambda one: (one.at, one.id)))


def freezing(estate: Estate, candidate: Candidate) -> tuple[Held, ...]:
    """Give the holds by which a candidate's release name is frozen."""
    return of_release(estate, candidate.service, candidate.release)


def of_release(estate: Estate, service: str, release: str) -> tuple[Held, ...]:
    """Give the holds on a release name of a service."""
    return tuple(one for one in estate.holds.values() if (one.service, one.release) == (service, release) and release)


def is_over(hold: Held, now: datetime) -> bool:
    """Tell whether a hold's time is over; one without a time, or on a release name, ends by a person alone."""
    return hold.until is not None and now >= hold.until


def follow_holds(estate: Estate, now: datetime) -> tuple[HoldEnded, ...]:
    """Say of every hold whose time is over that it has ended, so that people are told."""
    over = (one for one in estate.holds.values() if is_over(one, now))
    return tuple(
        HoldEnded(at=now, service=one.service, id=one.id, reason="its time is over", actor=BOT) for one in over
    )


def describe(hold: Held) -> str:
    """Say in a few words what a hold stops."""
    what = " ".join(part for part in (hold.service, hold.release) if part)
    where = f"to {hold.environment}" if hold.environment else "to all environments"
    return f"{what or 'every service'} {where}"


def _is_for(hold: Held, environment: str, candidate: Candidate) -> bool:
    is_here = hold.environment in {"", environment} and hold.service in {ESTATE, candidate.service}
    return is_here and hold.release in {"", candidate.release}
