"""The trusted root's age and members: alarms, gaps and changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.trust_root import (
    AgeLimits,
    Link,
    Member,
    MemberKind,
    RootAge,
    duration,
    find_changes,
    find_gaps,
    period,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
LIMITS = AgeLimits(3 * DAY, 14 * DAY)
STEP = timedelta.resolution


@pytest.mark.parametrize(
    ("limits", "age", "means"),
    [
        (LIMITS, timedelta(0), RootAge.YOUNG),
        (LIMITS, 3 * DAY, RootAge.YOUNG),
        (LIMITS, 3 * DAY + STEP, RootAge.OLD),
        (LIMITS, 14 * DAY, RootAge.OLD),
        (LIMITS, 14 * DAY + STEP, RootAge.TOO_OLD),
        (LIMITS, timedelta(minutes=-5), RootAge.YOUNG),
        (LIMITS, timedelta(minutes=-5) - STEP, RootAge.TOO_OLD),  # a date ahead of the clock tells nothing
        (LIMITS, None, RootAge.TOO_OLD),
        (AgeLimits(3 * DAY, None), 400 * DAY, RootAge.OLD),
        (AgeLimits(3 * DAY, None), None, RootAge.OLD),
        (AgeLimits(None, 14 * DAY), 14 * DAY, RootAge.YOUNG),
        (AgeLimits(None, 14 * DAY), 15 * DAY, RootAge.TOO_OLD),
        (AgeLimits(), 4000 * DAY, RootAge.YOUNG),
        (AgeLimits(), None, RootAge.YOUNG),
    ],
)
def test_an_age_means_what_the_limits_say(limits: AgeLimits, age: timedelta | None, means: RootAge) -> None:
    assert limits.judge(None if age is None else NOW - age, NOW) is means


@given(st.timedeltas(timedelta(0), 1000 * DAY), st.timedeltas(timedelta(0), 1000 * DAY))
def test_a_root_never_gets_better_by_getting_older(age: timedelta, more: timedelta) -> None:
    order = list(RootAge)
    sooner, later = LIMITS.judge(NOW - age, NOW), LIMITS.judge(NOW - age - more, NOW)
    assert order.index(sooner) <= order.index(later)


def chain(end: datetime) -> tuple[Link, ...]:
    return (
        Link("CN=issuer", NOW - 100 * DAY, NOW + 900 * DAY),
        Link("CN=root", NOW - 100 * DAY, end),
    )


CA = Member(
    MemberKind.AUTHORITY, "https://ca.example", "a" * 64, NOW - 100 * DAY, None, chain(NOW + 900 * DAY)
)  # fmt: skip
CT = Member(MemberKind.CERTIFICATE_LOG, "https://ct.example", "b" * 64, NOW - 100 * DAY, None)
LOG = Member(MemberKind.LOG, "https://rekor.example", "c" * 64, NOW - 100 * DAY, NOW + 10 * DAY)
TSA = replace(CA, kind=MemberKind.TIMESTAMP, name="https://tsa.example", key="d" * 64)
WHOLE = (CA, CT, LOG, TSA)


@pytest.mark.parametrize(
    ("member", "is_current"),
    [
        (LOG, True),
        (replace(LOG, start=NOW, end=NOW), True),  # bounds are inclusive
        (replace(LOG, start=NOW + STEP), False),
        (replace(LOG, end=NOW - STEP), False),
        (replace(LOG, start=None, end=None), True),
        (replace(CA, chain=chain(NOW)), True),
        (replace(CA, chain=chain(NOW - STEP)), False),  # the root's own dates count
    ],
)
def test_a_member_is_current_while_its_period_and_its_whole_chain_last(member: Member, is_current: bool) -> None:
    assert member.is_current(NOW) is is_current


def test_a_root_in_order_has_no_gap() -> None:
    assert find_gaps(WHOLE, NOW) == ()


def test_what_is_missing_or_ended_without_a_successor_is_a_gap() -> None:
    ended = replace(LOG, end=NOW - DAY)
    assert find_gaps((CA, CT, ended, TSA), NOW) == (MemberKind.LOG,)
    assert find_gaps((CA, CT, ended, LOG, TSA), NOW) == ()
    assert find_gaps((), NOW) == (MemberKind.AUTHORITY, MemberKind.CERTIFICATE_LOG, MemberKind.LOG)


def test_a_timestamp_authority_is_missed_only_where_there_was_one() -> None:
    assert find_gaps((CA, CT, LOG), NOW) == ()
    assert find_gaps((CA, CT, LOG, replace(TSA, end=NOW - DAY)), NOW) == (MemberKind.TIMESTAMP,)


def test_nothing_has_changed_where_nothing_has() -> None:
    assert find_changes(WHOLE, WHOLE) == ()
    assert find_changes((CA, CA), (CA, CA)) == ()


def test_what_came_went_and_ended_is_told_in_words() -> None:
    successor = replace(LOG, name="https://log2027.example", key="e" * 64, start=NOW, end=None)
    after = (
        replace(CA, end=NOW - DAY),
        replace(LOG, end=NOW + 20 * DAY),
        successor,
        replace(TSA, chain=TSA.chain[:1]),
    )
    start = "from 2026-08-13 12:00:00Z"
    log = "transparency log https://rekor.example (key cccccccccccccccc)"
    gone = "certificate transparency log https://ct.example (key bbbbbbbbbbbbbbbb)"
    ended = "certificate authority https://ca.example (key aaaaaaaaaaaaaaaa)"
    new = "transparency log https://log2027.example (key eeeeeeeeeeeeeeee)"
    stamps = "timestamp authority https://tsa.example (key dddddddddddddddd)"
    assert find_changes(WHOLE, after) == (
        f"came: {new}, from 2026-11-21 12:00:00Z, without an end",
        f"went: {gone}, {start}, without an end; nothing by it is trusted any more",
        f"ended: {ended}, at 2026-11-20 12:00:00Z; what it made before stays good",
        f"changed: {log}, {start} until 2026-12-11 12:00:00Z; before: {start} until 2026-12-01 12:00:00Z",
        f"changed: {stamps}, its chain of certificates",
    )


def test_one_of_two_equal_members_that_goes_is_told() -> None:
    assert len(find_changes((CA, CA), (CA,))) == 1


def test_a_period_without_bounds_is_told_as_such() -> None:
    assert period(replace(LOG, start=None, end=None)) == "from the beginning, without an end"


def test_a_duration_is_told_as_the_configuration_writes_it() -> None:
    assert [duration(timedelta(seconds=each)) for each in (86400 * 14, 36 * 3600, 90 * 60, 90, 0)] == [
        "14d",
        "36h",
        "90m",
        "90s",
        "0d",
    ]
