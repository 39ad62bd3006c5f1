"""What a digest deserves in an environment now: a table of states and events, and nothing else.

Rule 1: everything that affects eligibility is a row of `TRANSITIONS`; a pair that is no row raises.
Rule 2: eligibility goes down as well as up; only `frozen` and `revoked` are left by a person alone.
Rule 3: state is never stored, it is folded from the ledger.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Eligibility(Enum):
    """Where a digest stands before one environment's policy and gates."""

    DISCOVERED = "discovered"
    PENDING = "pending"
    BLOCKED = "blocked"
    WAITING = "waiting"
    ELIGIBLE = "eligible"
    FROZEN = "frozen"
    REVOKED = "revoked"


class EligibilityEvent(Enum):
    """What can happen to eligibility."""

    RESOLVED = "resolved"
    EVIDENCE_MISSING = "evidence-missing"
    FAILED = "failed"
    GATE_SHUT = "gate-shut"
    CLEARED = "cleared"
    UNDECIDED = "undecided"
    TAG_MOVED = "tag-moved"
    HELD = "held"
    RELEASED = "released"
    DENIED = "denied"
    LIFTED = "lifted"


class IllegalTransition(Exception):  # noqa: N818 - h11's word for our own misuse of order
    """A pair of state and event that is no row of the table: a bug in Promoter, never the world's fault."""


_OPEN = (
    Eligibility.DISCOVERED,
    Eligibility.PENDING,
    Eligibility.BLOCKED,
    Eligibility.WAITING,
    Eligibility.ELIGIBLE,
)
_JUDGED: Mapping[EligibilityEvent, Eligibility] = MappingProxyType(
    {
        EligibilityEvent.EVIDENCE_MISSING: Eligibility.PENDING,
        EligibilityEvent.FAILED: Eligibility.BLOCKED,
        EligibilityEvent.GATE_SHUT: Eligibility.WAITING,
        EligibilityEvent.CLEARED: Eligibility.ELIGIBLE,
    }
)


def _table() -> dict[tuple[Eligibility | None, EligibilityEvent], Eligibility]:
    rows: dict[tuple[Eligibility | None, EligibilityEvent], Eligibility] = {
        (None, EligibilityEvent.RESOLVED): Eligibility.DISCOVERED,
        (Eligibility.FROZEN, EligibilityEvent.RELEASED): Eligibility.DISCOVERED,
        (Eligibility.REVOKED, EligibilityEvent.LIFTED): Eligibility.DISCOVERED,
    }
    for state in _OPEN:
        rows.update({(state, event): to for event, to in _JUDGED.items()})
        rows[state, EligibilityEvent.UNDECIDED] = state
    for state in (*_OPEN, Eligibility.FROZEN):
        rows[state, EligibilityEvent.TAG_MOVED] = Eligibility.FROZEN
        rows[state, EligibilityEvent.HELD] = Eligibility.FROZEN
    for state in Eligibility:
        rows[state, EligibilityEvent.DENIED] = Eligibility.REVOKED
    return rows


TRANSITIONS: Mapping[tuple[Eligibility | None, EligibilityEvent], Eligibility] = MappingProxyType(_table())
"""(state, event) -> state; None is the state before a release is known."""


def advance(state: Eligibility | None, event: EligibilityEvent) -> Eligibility:
    """Give the state after an event; raises IllegalTransition for a pair that is no row."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(f"{event.value} in state {state.value if state else 'unknown'}") from None
