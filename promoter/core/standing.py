"""Where a digest is in an environment: proposed, running, replaced. A table of states and events, and nothing else.

Losing eligibility never erases standing: a promoted digest that turns bad stays promoted, and raises an alarm.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from promoter.core.eligibility import IllegalTransition


class Standing(Enum):
    """Where a digest is in one environment."""

    NONE = "none"
    PROPOSED = "proposed"
    APPROVED = "approved"
    PROMOTED = "promoted"
    SETTLED = "settled"
    SUPERSEDED = "superseded"
    DECLINED = "declined"
    REPLACED = "replaced"
    ROLLED_BACK = "rolled-back"


class StandingEvent(Enum):
    """What can happen to standing."""

    PR_OPENED = "pr-opened"
    REWRITTEN = "rewritten"
    APPROVED = "approved"
    APPROVAL_LOST = "approval-lost"
    NEWER_WON = "newer-won"
    CLOSED_BY_PERSON = "closed-by-person"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    PINNED_OUT_OF_BAND = "pinned-out-of-band"
    SOAKED = "soaked"
    NEWER_MERGED = "newer-merged"
    ROLLED_BACK = "rolled-back"


def _table() -> dict[tuple[Standing, StandingEvent], Standing]:
    rows: dict[tuple[Standing, StandingEvent], Standing] = {
        (Standing.PROPOSED, StandingEvent.APPROVED): Standing.APPROVED,
        (Standing.APPROVED, StandingEvent.APPROVAL_LOST): Standing.PROPOSED,
        (Standing.PROMOTED, StandingEvent.SOAKED): Standing.SETTLED,
    }
    outside = (Standing.NONE, Standing.SUPERSEDED, Standing.DECLINED, Standing.REPLACED, Standing.ROLLED_BACK)
    for state in outside:
        rows[state, StandingEvent.PR_OPENED] = Standing.PROPOSED
    for state in (Standing.PROPOSED, Standing.APPROVED):
        rows[state, StandingEvent.REWRITTEN] = Standing.PROPOSED
        rows[state, StandingEvent.NEWER_WON] = Standing.SUPERSEDED
        rows[state, StandingEvent.CLOSED_BY_PERSON] = Standing.DECLINED
        rows[state, StandingEvent.WITHDRAWN] = Standing.NONE
        rows[state, StandingEvent.MERGED] = Standing.PROMOTED
    for state in Standing:
        rows[state, StandingEvent.PINNED_OUT_OF_BAND] = Standing.PROMOTED
    for state in (Standing.PROMOTED, Standing.SETTLED):
        rows[state, StandingEvent.NEWER_MERGED] = Standing.REPLACED
        rows[state, StandingEvent.ROLLED_BACK] = Standing.ROLLED_BACK
    return rows


TRANSITIONS: Mapping[tuple[Standing, StandingEvent], Standing] = MappingProxyType(_table())
"""(state, event) -> state."""


def advance(state: Standing, event: StandingEvent) -> Standing:
    """Give the state after an event; raises IllegalTransition for a pair that is no row."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(f"{event.value} in state {state.value}") from None


OPEN = frozenset({Standing.PROPOSED, Standing.APPROVED})
"""A pull request is open."""

RUNNING = frozenset({Standing.PROMOTED, Standing.SETTLED})
"""The environment's manifest pins it."""
