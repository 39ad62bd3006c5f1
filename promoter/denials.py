"""The denials that count now: those of the ledger, into which those of the file are taken over first.

Rule 1: the ledger says of every denial when it began and ended to count, whichever way it was made.
Rule 2: what a command made is lifted by a command, and what stands in the file by taking it out there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promoter.config_errors import suggest
from promoter.core.candidate import digest_of
from promoter.core.canonical import canonical
from promoter.core.denial import COMMAND_PREFIX, Denial, Withdrawn
from promoter.core.estate import Estate
from promoter.core.record import AnyEntry
from promoter.core.record_estate import ESTATE, DenialLifted, Denied
from promoter.core.withdrawal import check_value
from promoter.journal import Journal
from promoter.strict_yaml import ConfigError

_ID_DIGITS: Final = 12


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
    """Give those that stand in the ledger and those of the file, for a verdict without a bot: each once."""
    return tuple({one.mark: one for one in (*standing, *filed)}.values())


# --- by command -------------------------------------------------------------------------------------------------------


def withdraw(journal: Journal, named: tuple[str, str, str], reason: str, actor: str, now: datetime) -> str:
    """Deny what is named (kind, value, versions); gives one line about it. Raises ConfigError for what names nothing.

    The same thing has the same id: denying it a second time changes nothing, and keeps the first reason.
    """
    what, value, versions = named
    ident = COMMAND_PREFIX + digest_of(canonical(named)).removeprefix("sha256:")[:_ID_DIGITS]
    try:
        check_value(Withdrawn(what), value, versions)
    except ValueError as error:
        raise ConfigError(f"--{'versions' if versions else what}: {error}") from None
    denial = Denial(id=ident, what=Withdrawn(what), value=value, versions=versions, reason=reason, actor=actor)
    written = journal.write_estate(lambda known: () if ident in known.denials else (denied_now(denial, now),))
    if not written:
        return f"{ident} stands already: {journal.estate().denials[ident].reason}"
    return f"{ident}: denied by {actor}; it takes effect at the next look at every service"


def lift_denial(journal: Journal, ident: str, reason: str, actor: str, now: datetime) -> str:
    """End a denial that a command made; gives one line about it. Raises ConfigError for any other."""

    def entries(known: Estate) -> tuple[AnyEntry, ...]:
        entry = known.denials.get(ident)
        if entry is None:
            raise ConfigError(f"no denial {ident!r} stands{suggest(ident, known.denials)}")
        if not entry.actor:
            raise ConfigError(f"{ident} stands in deny.yaml; take it out there, and it is lifted at the next look")
        return (DenialLifted(at=now, service=ESTATE, id=ident, reason=reason, actor=actor),)

    journal.write_estate(entries)
    return f"{ident}: lifted by {actor}; what it revoked is judged again at the next look"


@dataclass(frozen=True, slots=True)
class Listed:
    """A denial as it is listed: since when it counts, who made it, and the releases that are revoked by it."""

    denial: Denial
    at: datetime | None  # None: it stands in the file, and no look has taken it over yet
    revoked: tuple[str, ...]  # "cart 1.0.0 in prod"


def list_denials(journal: Journal, filed: Iterable[Denial]) -> tuple[Listed, ...]:
    """Give everything that is denied by ledger or file, by id."""
    estate = journal.estate()
    revoked: dict[str, list[str]] = {}
    for service in journal.services():
        for (environment, candidate), spot in journal.history(service).spots.items():
            for mark in spot.denials:
                revoked.setdefault(mark, []).append(f"{service} {candidate.release} in {environment}")
    return tuple(
        Listed(one, estate.denials[one.id].at if one.id in estate.denials else None, tuple(revoked.get(one.mark, ())))
        for one in sorted(together(estate.standing_denials, filed), key=lambda one: one.id)
    )
