"""The denials that count now: those of the ledger, into which those of the file are taken over first.

Rule 1: the ledger says of every denial when it began and ended to count, whichever way it was made.
Rule 2: what a command made is lifted by a command, and what stands in the file by taking it out there.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from promoter.core.denial import Denial
from promoter.core.estate import Estate
from promoter.core.record import AnyEntry
from promoter.core.record_estate import ESTATE, DenialLifted, Denied
from promoter.journal import Journal


def take_over(journal: Journal, filed: tuple[Denial, ...], now: datetime) -> None:
    """Write down which denials of the file began or ended to count. Raises OutsideError."""
    journal.write_estate(follow_file(filed, now))


def follow_file(filed: tuple[Denial, ...], now: datetime) -> Callable[[Estate], tuple[AnyEntry, ...]]:
    """Give what computes the entries by which the ledger's denials without an actor become those of the file."""
    wanted = {one.id: one for one in filed if one.since is None or one.since <= now}

    def entries(estate: Estate) -> tuple[AnyEntry, ...]:
        known = {key: entry.denial for key, entry in estate.denials.items() if not entry.actor}
        gone = [key for key, denial in known.items() if key not in wanted or wanted[key].mark != denial.mark]
        new = [denial for key, denial in wanted.items() if key not in known or key in gone]
        reason = "it does not stand in deny.yaml any more"
        return (
            *(DenialLifted(at=now, service=ESTATE, id=key, reason=reason) for key in sorted(gone)),
            *(denied_now(denial, now) for denial in sorted(new, key=lambda one: one.id)),
        )

    return entries


def denied_now(denial: Denial, now: datetime) -> Denied:
    """Give the entry by which a denial begins to count."""
    return Denied(
        at=now,
        service=ESTATE,
        id=denial.id,
        what=denial.what.value,
        value=denial.value,
        versions=denial.versions,
        reason=denial.reason,
        since=denial.since,
        actor=denial.actor,
    )


def together(standing: Iterable[Denial], filed: Iterable[Denial]) -> tuple[Denial, ...]:
    """Give those that stand in the ledger and those of the file, for a verdict without a bot: each id once."""
    return tuple({one.id: one for one in (*standing, *filed)}.values())
