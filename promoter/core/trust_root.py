"""The trusted root as a list of members with their periods, and how long it may be used without being refreshed. Pure.

What stands in a trusted root is verified elsewhere; here it is told, compared with another, and measured in time.
Periods are inclusive at both ends, as Sigstore's client specification has them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

SKEW: Final = timedelta(minutes=5)
"""How far a refresh may lie ahead of our clock: beyond it, its date tells nothing about the root's age."""


class RootAge(Enum):
    """What the age of a trusted root means."""

    YOUNG = "young"
    OLD = "old"  # an alarm, and still used
    TOO_OLD = "too old"  # nothing is verified with it


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """From which age on a root is old, and from which on it is not used any more; None: never."""

    warn_after: timedelta | None = None
    refuse_after: timedelta | None = None

    def judge(self, refreshed: datetime | None, now: datetime) -> RootAge:
        """Give what an age means; one that is not known, or lies ahead of the clock, is the worst that there is."""
        if self.warn_after is None and self.refuse_after is None:
            return RootAge.YOUNG
        if refreshed is None or refreshed - now > SKEW:
            return RootAge.OLD if self.refuse_after is None else RootAge.TOO_OLD
        if self.refuse_after is not None and now - refreshed > self.refuse_after:
            return RootAge.TOO_OLD
        return RootAge.OLD if self.warn_after is not None and now - refreshed > self.warn_after else RootAge.YOUNG


class MemberKind(Enum):
    """What a member of a trusted root does for a signature."""

    AUTHORITY = "certificate authority"
    CERTIFICATE_LOG = "certificate transparency log"
    LOG = "transparency log"
    TIMESTAMP = "timestamp authority"


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of a chain, issuer of signers' certificates first; the subject is foreign text."""

    subject: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """One authority or log: its name (a URL where it has one), its key's sha256 in lower-case hex, and its period.

    `start` and `end` are the root's own; None: the root sets no bound. The certificates of a chain have theirs.
    """

    kind: MemberKind
    name: str
    key: str
    start: datetime | None
    end: datetime | None
    chain: tuple[Link, ...] = ()

    def is_current(self, now: datetime) -> bool:
        """Tell whether what it does now counts: its period and every certificate of its chain cover the time."""
        return self.has_begun(now) and not self.has_ended(now)

    def has_begun(self, now: datetime) -> bool:
        """Tell whether its period and all its certificates have begun."""
        return all(start is None or start <= now for start in (self.start, *(link.start for link in self.chain)))

    def has_ended(self, now: datetime) -> bool:
        """Tell whether its period or one of its certificates has ended."""
        return any(end is not None and end < now for end in (self.end, *(link.end for link in self.chain)))

    @property
    def last_day(self) -> datetime | None:
        """When it ends: the earliest end of its period and its certificates; None where nothing ends."""
        return min((end for end in (self.end, *(link.end for link in self.chain)) if end), default=None)

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name} (key {self.key[:16]})"


_NEEDED: Final = (MemberKind.AUTHORITY, MemberKind.CERTIFICATE_LOG, MemberKind.LOG)


def find_gaps(members: Iterable[Member], now: datetime) -> tuple[MemberKind, ...]:
    """Name the kinds of which no member is current, so that nothing signed now could be verified.

    Timestamp authorities are missed only where the root lists some: not every instance has them.
    """
    listed = tuple(members)
    current = {member.kind for member in listed if member.is_current(now)}
    needed = (*_NEEDED, *({MemberKind.TIMESTAMP} & {member.kind for member in listed}))
    return tuple(kind for kind in needed if kind not in current)


def find_changes(before: Iterable[Member], after: Iterable[Member]) -> tuple[str, ...]:
    """Say in sentences which members came, went, or have another period or chain."""
    old, new = _by_key(before), _by_key(after)
    came = (f"came: {member}, {period(member)}" for key, member in new.items() if key not in old)
    went = (
        f"went: {member}, {period(member)}; nothing by it is trusted any more"
        for key, member in old.items()
        if key not in new
    )
    changed = (_change(old[key], member) for key, member in new.items() if key in old and old[key] != member)
    return (*came, *went, *changed)


def period(member: Member) -> str:
    """Give the period of a member in words."""
    start = f"from {_day(member.start)}" if member.start else "from the beginning"
    return f"{start} until {_day(member.end)}" if member.end else f"{start}, without an end"


def _change(before: Member, after: Member) -> str:
    if before.end is None and after.end is not None:
        return f"ended: {after}, at {_day(after.end)}; what it made before stays good"
    if period(before) != period(after):
        return f"changed: {after}, {period(after)}; before: {period(before)}"
    return f"changed: {after}, its chain of certificates"


def _by_key(members: Iterable[Member]) -> dict[tuple[MemberKind, str, datetime | None, int], Member]:
    """Give members by what they are; equal ones are told apart by their order."""
    found: dict[tuple[MemberKind, str, datetime | None, int], Member] = {}
    for member in members:
        place = 0
        while (key := (member.kind, member.key, member.start, place)) in found:
            place += 1
        found[key] = member
    return found


def duration(time: timedelta) -> str:
    """Give a duration as the configuration writes it: `14d`, `36h`, `90s`."""
    for seconds, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if time.total_seconds() % seconds == 0:
            return f"{time.total_seconds() / seconds:.0f}{unit}"
    return f"{time.total_seconds():.0f}s"


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%SZ}"
