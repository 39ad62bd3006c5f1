"""What the ledger says of the bot's whole estate: a fold over the entries that are about more than one release.

A cache by nature, like a service's history: rebuilt at every start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Final

from promoter.core.denial import Denial
from promoter.core.entry import Entry
from promoter.core.record_estate import (
    DenialLifted,
    Denied,
    ExceptionMoved,
    Held,
    HoldEnded,
    PolicyActivated,
    PolicyRefused,
    SelfTested,
)


@dataclass(frozen=True, slots=True)
class Estate:
    """Everything that the ledger says of rules, exceptions, denials, holds and self-tests."""

    activated: tuple[PolicyActivated, ...] = ()  # oldest first; the last is in force
    refused: PolicyRefused | None = None  # the last refusal since something was activated
    exceptions: Mapping[str, tuple[ExceptionMoved, ...]] = field(default_factory=dict)  # by id, oldest step first
    denials: Mapping[str, Denied] = field(default_factory=dict)  # by id, those that stand
    holds: Mapping[str, Held] = field(default_factory=dict)  # by id, those that stand
    held: int = 0  # holds that there ever were
    tested: SelfTested | None = None

    @property
    def standing_denials(self) -> tuple[Denial, ...]:
        """The denials that stand, in the order of their ids."""
        return tuple(self.denials[key].denial for key in sorted(self.denials))

    @property
    def active(self) -> PolicyActivated | None:
        """The activation that is in force; None before the first."""
        return self.activated[-1] if self.activated else None


NOTHING: Final = Estate()
"""The estate before the first entry."""


@singledispatch
def settle(entry: Entry, estate: Estate) -> Estate:  # noqa: ARG001 - the rows below use it
    """Give the estate after an entry; those about one release change nothing in it."""
    return estate


@settle.register
def _(entry: PolicyActivated, estate: Estate) -> Estate:
    return replace(estate, activated=(*estate.activated, entry), refused=None)


@settle.register
def _(entry: PolicyRefused, estate: Estate) -> Estate:
    return replace(estate, refused=entry)


@settle.register
def _(entry: ExceptionMoved, estate: Estate) -> Estate:
    steps = (*estate.exceptions.get(entry.id, ()), entry)
    return replace(estate, exceptions={**estate.exceptions, entry.id: steps})


@settle.register
def _(entry: Denied, estate: Estate) -> Estate:
    return replace(estate, denials={**estate.denials, entry.id: entry})


@settle.register
def _(entry: DenialLifted, estate: Estate) -> Estate:
    return replace(estate, denials={key: one for key, one in estate.denials.items() if key != entry.id})


@settle.register
def _(entry: Held, estate: Estate) -> Estate:
    return replace(estate, holds={**estate.holds, entry.id: entry}, held=estate.held + 1)


@settle.register
def _(entry: HoldEnded, estate: Estate) -> Estate:
    return replace(estate, holds={key: one for key, one in estate.holds.items() if key != entry.id})


@settle.register
def _(entry: SelfTested, estate: Estate) -> Estate:
    return replace(estate, tested=entry)
