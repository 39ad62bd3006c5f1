"""When a window of the calendar holds: rules, zones, and the days on which clocks are changed."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import tzdata
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.calendar import Once, Recurring, Window, window_at


def zone(name: str) -> ZoneInfo:
    with (Path(tzdata.__file__).parent / "zoneinfo" / name).open("rb") as raw:
        return ZoneInfo.from_file(raw, key=name)


BERLIN, NEW_YORK, APIA, GREENWICH = map(zone, ("Europe/Berlin", "America/New_York", "Pacific/Apia", "Etc/UTC"))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def told(window: Window | None) -> str:
    return f"{window.start:%m-%d %H:%M} to {window.end:%m-%d %H:%M}" if window else ""


WEEKEND = Recurring(BERLIN, "FREQ=WEEKLY;BYDAY=FR", local("2026-01-02T18:00"), 62 * HOUR)
NIGHT = Recurring(BERLIN, "FREQ=DAILY", local("2020-01-01T02:30"), HOUR)

MOMENTS = {
    "before a weekend": (WEEKEND, "2026-11-20T16:59:59", ""),
    "as it begins": (WEEKEND, "2026-11-20T17:00", "11-20 17:00 to 11-23 07:00"),
    "shortly before it ends": (WEEKEND, "2026-11-23T06:59:59", "11-20 17:00 to 11-23 07:00"),
    "as it ends": (WEEKEND, "2026-11-23T07:00", ""),
    "in summer it is earlier": (WEEKEND, "2026-07-03T16:00", "07-03 16:00 to 07-06 06:00"),
    "clocks go back within": (WEEKEND, "2026-10-24T12:00", "10-23 16:00 to 10-26 07:00"),
    "clocks go forward within": (WEEKEND, "2026-03-28T12:00", "03-27 17:00 to 03-30 06:00"),
    "the hour that comes twice, both times": (NIGHT, "2026-10-25T01:45", "10-25 00:30 to 10-25 02:30"),
    "the hour that never comes": (NIGHT, "2026-03-29T01:15", "03-29 00:30 to 03-29 01:30"),
    "the night after": (NIGHT, "2026-03-30T00:45", "03-30 00:30 to 03-30 01:30"),
    "long before the first": (WEEKEND, "2001-11-20T17:00", ""),
    "the first": (WEEKEND, "2026-01-03T00:00", "01-02 17:00 to 01-05 07:00"),
}


@pytest.mark.parametrize(("when", "now", "expected"), MOMENTS.values(), ids=MOMENTS)
def test_a_window_holds_by_the_clock_on_the_wall(when: Recurring, now: str, expected: str) -> None:
    assert told(window_at(when, utc(now))) == expected


def test_a_span_that_begins_in_a_gap_and_ends_in_an_hour_that_comes_twice_is_read_as_the_longer_one() -> None:
    when = Once(NEW_YORK, local("2026-03-08T02:30"), local("2026-11-01T01:30"))

    assert told(window_at(when, utc("2026-06-01T00:00"))) == "03-08 06:30 to 11-01 06:30"
    assert window_at(when, utc("2026-11-01T06:29:59")) is not None
    assert window_at(when, utc("2026-11-01T06:30")) is None


def test_a_day_that_a_country_left_out_belongs_to_no_other_day() -> None:
    when = Once(APIA, local("2011-12-29T00:00"), local("2011-12-31T00:00"))

    assert told(window_at(when, utc("2011-12-30T09:00"))) == "12-29 10:00 to 12-30 10:00"


RULES = {
    "the last friday of a month": ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30T18:00", "2026-11-27T18:30", True),
    "another friday": ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-30T18:00", "2026-11-20T18:30", False),
    "every other week": ("FREQ=WEEKLY;INTERVAL=2", "2026-01-02T18:00", "2026-11-20T18:30", True),
    "not the week between": ("FREQ=WEEKLY;INTERVAL=2", "2026-01-02T18:00", "2026-11-13T18:30", False),
    "every third day of six years": ("FREQ=DAILY;INTERVAL=3", "2020-11-20T18:00", "2026-11-19T18:30", True),
    "the end of a year": ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", "2020-12-24T00:00", "2026-12-24T00:30", True),
    "the leap day": ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2024-02-29T00:00", "2028-02-29T00:30", True),
    "the last of a count": ("FREQ=WEEKLY;COUNT=3", "2026-01-02T18:00", "2026-01-16T18:30", True),
    "after a count": ("FREQ=WEEKLY;COUNT=3", "2026-01-02T18:00", "2026-01-23T18:30", False),
    "on the last day of all": ("FREQ=WEEKLY;UNTIL=20260116", "2026-01-02T18:00", "2026-01-16T18:30", True),
    "the end in UTC is inclusive": ("FREQ=WEEKLY;UNTIL=20260116T180000Z", "2026-01-02T18:00", "2026-01-16T18:30", True),
    "after the end in UTC": ("FREQ=WEEKLY;UNTIL=20260116T175959Z", "2026-01-02T18:00", "2026-01-16T18:30", False),
    "the end in local time": ("FREQ=WEEKLY;UNTIL=20260116T180000", "2026-01-02T18:00", "2026-01-16T18:30", True),
}


@pytest.mark.parametrize(("rule", "start", "now", "holds"), RULES.values(), ids=RULES)
def test_rules_of_rfc_5545_say_when_a_window_begins(rule: str, start: str, now: str, holds: bool) -> None:
    when = Recurring(GREENWICH, rule, local(start), HOUR)

    assert (window_at(when, utc(now)) is not None) is holds


REFUSED = {
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30": "rrule never holds: it has no occurrence in the twelve years from start on",
    "FREQ=DAILY;UNTIL=20251231": "rrule never holds: it has no occurrence in the twelve years from start on",
    "FREQ=WEEKLY;BYDAY=SA": "start must be an occurrence of the rule, whose next one is 2026-01-03T18:00",
    "FREQ=HOURLY": "rrule needs FREQ, as one of DAILY, WEEKLY, MONTHLY, YEARLY",
    "BYDAY=FR": "rrule needs FREQ, as one of DAILY, WEEKLY, MONTHLY, YEARLY",
    "FREQ=DAILY;INTERVAL=0": "rrule takes INTERVAL from 1 to 100 ('0')",
    "FREQ=DAILY;COUNT=0": "rrule takes COUNT from 1 to 500 ('0')",
    "FREQ=DAILY;COUNT=501": "rrule takes COUNT from 1 to 500 ('501')",
    "FREQ=DAILY;UNTIL=soon": "rrule takes FREQ, INTERVAL, COUNT,",
    "FREQ=DAILY;UNTIL=SOON": "rrule takes UNTIL like 20261231 or 20261231T230000Z ('SOON')",
    "FREQ=DAILY;UNTIL=20261332": "rrule takes UNTIL like 20261231 or 20261231T230000Z ('20261332')",
    "FREQ=DAILY;FREQ=WEEKLY": "rrule takes FREQ, INTERVAL, COUNT,",
    "FREQ=DAILY;BYHOUR=9": "rrule takes FREQ, INTERVAL, COUNT,",
    "FREQ=WEEKLY;BYDAY=1FR": "rrule takes numbers in BYDAY, as in 1MO, with FREQ=MONTHLY and FREQ=YEARLY only",
    "FREQ=WEEKLY;BYDAY=XX": "rrule cannot be read: invalid 'BYDAY': XX",
    "FREQ=WEEKLY\nRRULE:FREQ=DAILY": "rrule takes FREQ, INTERVAL, COUNT,",
    "": "rrule takes FREQ, INTERVAL, COUNT,",
}


@pytest.mark.parametrize(("rule", "says"), REFUSED.items(), ids=map(repr, REFUSED))
def test_a_rule_that_says_nothing_is_refused(rule: str, says: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(says)):
        Recurring(BERLIN, rule, local("2026-01-02T18:00"), HOUR)


DURATIONS = {
    0 * HOUR: "duration must be above zero and at most 366d",
    367 * DAY: "duration must be above zero and at most 366d",
    1 * DAY: "duration is the whole time between two occurrences: the freeze would always hold",
    25 * HOUR: "duration is longer than the time between two occurrences, which is 1 day, 0:00:00",
}


@pytest.mark.parametrize(("duration", "says"), DURATIONS.items(), ids=map(str, DURATIONS))
def test_a_window_without_a_pause_before_the_next_is_refused(duration: timedelta, says: str) -> None:
    with pytest.raises(ValueError, match="duration") as caught:
        Recurring(BERLIN, "FREQ=DAILY", local("2026-01-02T18:00"), duration)
    assert str(caught.value) == says


def test_a_rule_that_ends_may_fill_the_time_until_then() -> None:
    when = Recurring(BERLIN, "FREQ=DAILY;COUNT=3", local("2026-01-02T18:00"), DAY)

    assert window_at(when, utc("2026-01-05T16:59")) is not None
    assert window_at(when, utc("2026-01-05T17:00")) is None


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="until must be later than from, which is 2026-01-02T18:00"):
        Once(BERLIN, local("2026-01-02T18:00"), local("2026-01-02T18:00"))


MINUTES = st.integers(0, 60 * 24 * 365 * 3).map(lambda count: utc("2026-01-02T00:00") + timedelta(minutes=count))


@given(MINUTES, st.sampled_from([WEEKEND, NIGHT, Recurring(NEW_YORK, "FREQ=MONTHLY", local("2026-01-31T00:00"), DAY)]))
def test_a_window_holds_where_the_clock_on_the_wall_says_so(now: datetime, when: Recurring) -> None:
    """The clock on the wall, read naively, is inside a window: then it holds, whatever was done to the clock."""
    wall = now.astimezone(when.zone).replace(tzinfo=None)
    first = (wall - when.start).days - 4
    days = (when.start + timedelta(days=index) for index in range(first, first + 6))
    chosen = (day for day in days if when.start <= day <= wall < day + when.duration)
    if any(when is NIGHT or (day.weekday() == 4 if when is WEEKEND else day.day == 31) for day in chosen):
        assert window_at(when, now) is not None
