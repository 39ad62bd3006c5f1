"""When something holds by the calendar of a place: once, or again and again by a rule of RFC 5545 (§3.3.10). Pure.

Rule 1: times are wall-clock times of a zone, the length of a window too: Friday 18:00 and 62 hours end on Monday 08:00,
whatever the clocks do in between.
Rule 2: a wall-clock time that comes twice, or never, when clocks are changed is read so that the window is longer.
Rule 3: the work is bounded: only what may hold around the time that is asked for is computed. Times that a rule begins
at are of the years 2000 to 2199.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr

COUNT_LIMIT: Final = 500
INTERVAL_LIMIT: Final = 100
LONGEST: Final = timedelta(days=366)
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_BY_DATE = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS")
_ALLOWED = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", *_BY_DATE)
_PART = re.compile(r"([A-Z]+)=([A-Z0-9,+-]{1,200})")
_UNTIL = re.compile(r"(?:20|21)\d{6}(?:T\d{6}Z?)?")
_SEARCH = timedelta(days=366 * 12)  # in which a rule must hold for the first time: 29 February may be eight years away
_REPEATED = 19 * 400  # years after which the calendar is the same, so many that few are left until 9999
_SLACK = timedelta(days=2)  # more than any zone, and any change of clocks, moves a time by
_PERIODS = {"DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time, in UTC; its end does not belong to it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Once:
    """One span of local time."""

    zone: ZoneInfo
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError(f"until must be later than from, which is {self.start:%Y-%m-%dT%H:%M}")

    def near(self, now: datetime) -> Iterator[Window]:  # noqa: ARG002 - there is only one
        """Give the windows that may hold at a time."""
        yield Window(_earliest(self.start, self.zone), _latest(self.end, self.zone))


@dataclass(frozen=True, slots=True)
class Recurring:
    """Spans of local time that begin when a rule says so, for the first time at `start`."""

    zone: ZoneInfo
    rule: str
    start: datetime
    duration: timedelta

    def __post_init__(self) -> None:
        if not 2000 <= self.start.year < 2200:
            raise ValueError("start must be a time of the years 2000 to 2199")
        if not timedelta(0) < self.duration <= LONGEST:
            raise ValueError(f"duration must be above zero and at most {LONGEST.days}d")
        rule = _read_rule(self.rule, self.start, self.zone)
        found = list(islice(rule.before(self.start + _SEARCH), COUNT_LIMIT)) if rule.holds_ever() else []
        if not found:
            raise ValueError("rrule never holds: it has no occurrence in the twelve years from start on")
        if found[0] != self.start:
            raise ValueError(f"start must be an occurrence of the rule, whose next one is {found[0]:%Y-%m-%dT%H:%M}")
        gaps = {later - earlier for earlier, later in pairwise(found)}
        if gaps == {self.duration} and rule.is_endless:
            raise ValueError("duration is the whole time between two occurrences: the freeze would always hold")
        if gaps and min(gaps) < self.duration:
            raise ValueError(f"duration is longer than the time between two occurrences, which is {min(gaps)}")

    def near(self, now: datetime) -> Iterator[Window]:
        """Give the windows that may hold at a time."""
        local = now.astimezone(self.zone).replace(tzinfo=None)
        first, last = local - self.duration - _SLACK, local + _SLACK
        for begin in _starts(self, first.toordinal(), last.toordinal()):
            yield Window(_earliest(begin, self.zone), _latest(begin + self.duration, self.zone))


When = Once | Recurring


def window_at(when: When, now: datetime) -> Window | None:
    """Give the window that holds now (an aware time); None where none does.

    A change of clocks can make two of them hold at once: then it is the one that ends last.
    """
    holding = (one for one in when.near(now) if one.start <= now < one.end)
    return max(holding, key=lambda one: one.end, default=None)


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule without its limits, and these: `period` is what it may be advanced by without another result."""

    endless: rrule
    start: datetime
    count: int  # 0: none
    until: datetime | None
    period: timedelta | None

    @property
    def is_endless(self) -> bool:
        return not self.count and self.until is None

    def holds_ever(self) -> bool:
        """Tell whether there is any occurrence at all: dateutil searches until year 9999.

        The calendar repeats itself every 400 years, so that the search can begin shortly before that.
        """
        late = self.start.replace(year=self.start.year + _REPEATED)
        return next(iter(self.endless.replace(dtstart=late)), None) is not None

    def before(self, end: datetime, start: datetime | None = None) -> Iterator[datetime]:
        """Give the occurrences up to a local time, all or from shortly before another one on."""
        limit = min(end, self.until) if self.until else end
        if start and start > self.start and self.period and not self.count:
            near = self.start + (start - self.start) // self.period * self.period
            return iter(self.endless.replace(dtstart=near, until=limit))
        found = iter(self.endless.replace(until=limit))
        return islice(found, self.count) if self.count else found


@lru_cache(maxsize=512)
def _starts(when: Recurring, first: int, last: int) -> tuple[datetime, ...]:
    """Give the local times at which windows begin between two days, given by their ordinals."""
    low, high = datetime.fromordinal(first), datetime.fromordinal(last + 1)
    found = _read_rule(when.rule, when.start, when.zone).before(high, low)
    return tuple(one for one in found if one >= low)


def _read_rule(text: str, start: datetime, zone: ZoneInfo) -> _Rule:
    """Read a rule; raises ValueError for parts that are unknown, or that no freeze needs."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        found = _PART.fullmatch(part)
        if not found or found[1] not in _ALLOWED or found[1] in parts:
            raise ValueError(
                f"rrule takes {', '.join(_ALLOWED)}, each once, as in FREQ=WEEKLY;BYDAY=FR ({part[:80]!r})"
            )
        parts[found[1]] = found[2]
    frequency = parts.get("FREQ", "")
    if frequency not in _FREQUENCIES:
        raise ValueError(f"rrule needs FREQ, as one of {', '.join(_FREQUENCIES)}")
    if frequency in _PERIODS and re.search("[0-9]", parts.get("BYDAY", "")):
        raise ValueError("rrule takes numbers in BYDAY, as in 1MO, with FREQ=MONTHLY and FREQ=YEARLY only")
    interval, count = _number(parts, "INTERVAL", INTERVAL_LIMIT), _number(parts, "COUNT", COUNT_LIMIT)
    until = _local_until(parts.pop("UNTIL"), zone) if "UNTIL" in parts else None
    if interval:
        parts["INTERVAL"] = str(interval)
    try:
        rule = rrulestr(";".join(f"{key}={value}" for key, value in parts.items()), dtstart=start)
    except ValueError as error:
        raise ValueError(f"rrule cannot be read: {error}") from None
    assert isinstance(rule, rrule)
    period = _PERIODS.get(frequency)
    return _Rule(rule, start, count, until, period * max(interval, 1) if period else None)


def _number(parts: dict[str, str], name: str, limit: int) -> int:
    """Take a number out of a rule's parts; 0 where it is not there."""
    text = parts.pop(name, None)
    if text is None:
        return 0
    if not (re.fullmatch("[0-9]{1,3}", text) and 0 < int(text) <= limit):
        raise ValueError(f"rrule takes {name} from 1 to {limit} ({text!r})")
    return int(text)


def _local_until(text: str, zone: ZoneInfo) -> datetime:
    """Give the end of a rule as local time: RFC 5545 writes it in UTC; a day alone means the whole of that day."""
    whole = text if "T" in text else f"{text}T235959"
    try:
        local = datetime.strptime(whole.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a local time, or UTC
    except ValueError:
        local = None
    if local is None or not _UNTIL.fullmatch(text):
        raise ValueError(f"rrule takes UNTIL like 20261231 or 20261231T230000Z ({text!r})")
    return local.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if text.endswith("Z") else local


def _earliest(local: datetime, zone: ZoneInfo) -> datetime:
    return min(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def _latest(local: datetime, zone: ZoneInfo) -> datetime:
    return max(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
