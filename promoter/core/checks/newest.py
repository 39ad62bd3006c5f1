"""Which of several attestations count where the newest decides: those that were signed last, if they agree.

What has no signed time takes the place of nothing that has one. What cannot be read stands in the way unless its signer
made something readable later: it may say the opposite.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TypeVar

from promoter.core.checks.selection import Reading, name_of
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Reason
from promoter.core.strict_json import Malformed

Facts = TypeVar("Facts")


def newest_of(
    readings: Iterable[Reading[Facts]], said_at: Callable[[Facts], datetime | None] = lambda _: None
) -> tuple[Reading[Facts], ...]:
    """Keep what was signed last, and beside it what says that it is of a later time (`said_at`).

    Several are kept of the same signed time. A key's signature can be logged or stamped again by anybody who has it:
    what was said earlier takes the place of nothing that was said later.
    """
    listed = tuple(readings)
    return tuple(
        item
        for item in listed
        if not any(
            other.attestation.rank > item.attestation.rank and _is_no_earlier(said_at(other.facts), said_at(item.facts))
            for other in listed
        )
    )


def _is_no_earlier(one: datetime | None, other: datetime | None) -> bool:
    return one is other if one is None or other is None else one >= other


def tie(code: Code, what: str, newest: tuple[Reading[Facts], ...], maker: str) -> tuple[Reason, ...]:
    """Say so where attestations of the same signed time differ: nothing tells which one counts."""
    last = max((item.attestation.rank for item in newest), default=None)
    equal = tuple(item for item in newest if item.attestation.rank == last)
    if all(item.facts == equal[0].facts for item in equal):
        return ()
    names = ", ".join(name_of(item.attestation) for item in equal)
    signed_at = equal[0].attestation.signed_at
    when = f"were signed at the same time ({signed_at.isoformat()})" if signed_at else "have no signed time"
    reason = Reason(
        code=code,
        sentence=f"{len(equal)} different attestations of {what} {when}: {names}; nothing says which one counts",
        remedy=f"{maker}: attest the right one again, the newest counts.",
        state=EvidenceState.INVALID,
    )
    return (reason,)


def in_the_way(
    unreadable: Iterable[Reading[Malformed]], readable: tuple[Reading[Facts], ...]
) -> tuple[Reading[Malformed], ...]:
    """Keep the unreadable attestations whose signer made no readable one later."""
    is_timed = any(item.attestation.signed_at for item in readable)
    return tuple(
        item
        for item in unreadable
        if (item.attestation.signed_at or not is_timed)
        and not any(
            other.attestation.signer.identity == item.attestation.signer.identity
            and other.attestation.rank > item.attestation.rank
            for other in readable
        )
    )
