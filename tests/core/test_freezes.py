"""Freezes add up, overrides lift one of them for a service and some hours, and each use is written down."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from promoter.core.calendar import Once, Recurring
from promoter.core.codes import Code
from promoter.core.eligibility import EligibilityEvent
from promoter.core.freezes import Freeze, Freezes, Override, Place
from promoter.core.gates import Gate, shut_gates
from promoter.core.history import History
from promoter.core.passage import follow
from promoter.core.view import extend
from tests.core.scenes import DEV, HOUR, NEW, NEWER, NOW, OLD, deserve, going, look, propose, told, verdict
from tests.core.test_calendar import GREENWICH

LOCAL = NOW.replace(tzinfo=None)
PLACE = Place("dev", "cart", "1.1.0")


def freeze(name: str, begin: int, end: int, **scope: tuple[str, ...]) -> Freeze:
    """Give a freeze between two hours from now."""
    when = Once(GREENWICH, LOCAL + begin * HOUR, LOCAL + end * HOUR)
    return Freeze(id=name, reason="books are closed", when=when, **scope)


def override(of: str, begin: int, end: int, release: str = "") -> Override:
    return Override(
        id=f"{of}-override",
        freeze=of,
        environment="dev",
        service="cart",
        release=release,
        reason="INC-812",
        requested_by="omar",
        not_before=NOW + begin * HOUR,
        expires=NOW + end * HOUR,
    )


def frozen(*freezes: Freeze, overrides: tuple[Override, ...] = ()) -> Freezes:
    return Freezes(freezes, overrides, "tzdata 2026f")


def shut(freezes: Freezes, history: History | None = None, now: datetime = NOW) -> tuple[Gate, ...]:
    return shut_gates(look(freezes=freezes, now=now).conditions, DEV, NEW, history or going())


def test_a_freeze_shuts_the_gate_and_says_until_when_and_by_which_zones() -> None:
    (gate,) = shut(frozen(freeze("year-end", -1, 2)))

    assert gate == Gate(
        Code.GATE_FREEZE,
        "is under the freeze year-end (books are closed) until 2026-11-21 14:00:00Z, by tzdata 2026f",
        NOW + 2 * HOUR,
        "Nobody's: it goes on by itself when the freeze is over; in an emergency, Release managers: write an override "
        "into freezes.yaml.",
    )


def test_a_freeze_holds_for_its_environments_and_services_only() -> None:
    here, there = {"environments": ("dev",)}, {"environments": ("prod",)}

    assert len(shut(frozen(freeze("a", -1, 2, **here, services=("cart",))))) == 1
    assert shut(frozen(freeze("a", -1, 2, **there))) == ()
    assert shut(frozen(freeze("a", -1, 2, services=("search",)))) == ()
    assert shut(frozen(freeze("a", 1, 2))) == ()


def test_freezes_that_overlap_or_follow_each_other_add_up() -> None:
    (gate,) = shut(
        frozen(freeze("a", -1, 2), freeze("b", -2, 1), freeze("c", 2, 5), freeze("d", 4, 6), freeze("e", 7, 8))
    )

    assert gate.until == NOW + 6 * HOUR
    assert gate.sentence.startswith("is under the freezes a (books are closed); b (books are closed) until ")


def test_freezes_without_a_pause_are_followed_as_far_as_a_limit() -> None:
    days = [
        Freeze(
            id=name,
            reason="x",
            when=Recurring(GREENWICH, "FREQ=DAILY", LOCAL.replace(hour=hour, minute=0), 12 * HOUR),
        )
        for name, hour in (("day", 6), ("night", 18))
    ]
    days = [replace(one, when=replace(one.when, start=one.when.start - timedelta(days=9))) for one in days]
    until = frozen(*days).end(PLACE, NOW)

    assert until is not None
    assert NOW + timedelta(days=49) < until < NOW + timedelta(days=51)


def test_what_runs_is_not_held_up_by_a_freeze() -> None:
    view = look(freezes=frozen(freeze("a", -1, 2)))

    assert shut_gates(view.conditions, DEV, OLD, going()) == ()


def test_an_override_lifts_its_freeze_for_its_hours_and_no_other() -> None:
    one, two = freeze("a", -9, 9), freeze("b", -9, 9)

    assert shut(frozen(one, overrides=(override("a", -1, 1),))) == ()
    assert len(shut(frozen(one, overrides=(override("a", 1, 2),)))) == 1
    assert len(shut(frozen(one, overrides=(override("a", -2, 0),)))) == 1
    (gate,) = shut(frozen(one, two, overrides=(override("a", -1, 1),)))
    assert gate.sentence.startswith("is under the freeze b (books are closed)")


def test_an_override_of_a_release_is_for_that_release_only() -> None:
    held = freeze("a", -9, 9)

    assert shut(frozen(held, overrides=(override("a", -1, 1, release="1.1.0"),))) == ()
    assert len(shut(frozen(held, overrides=(override("a", -1, 1, release="1.2.0"),)))) == 1


def test_an_override_that_ends_within_the_freeze_lets_the_gate_shut_again() -> None:
    freezes = frozen(freeze("a", -9, 9), freeze("b", 0, 1), overrides=(override("a", -1, 1),))

    assert freezes.end(PLACE, NOW) == NOW + 9 * HOUR


def test_the_use_of_an_override_is_written_down_once_for_each_release() -> None:
    freezes = frozen(freeze("a", -9, 9), overrides=(override("a", -1, 1),))
    view = look(verdicts=(verdict("dev", NEW),), freezes=freezes)
    entries = follow(view, going())

    assert told(entries) == ["dev 1.1.0 cleared -> eligible", "dev 1.1.0 goes on under a by a-override: INC-812"]
    after = extend(going(), entries)
    assert follow(view, after) == ()
    assert [one.id for one in after.spots["dev", NEW].overridden] == ["a-override"]


def test_an_override_that_nothing_needs_is_not_used() -> None:
    view = look(verdicts=(verdict("dev", NEW),), freezes=frozen(freeze("a", 2, 3), overrides=(override("a", -1, 9),)))

    assert told(follow(view, going())) == ["dev 1.1.0 cleared -> eligible"]


def test_a_proposal_is_kept_open_while_a_freeze_holds_and_waits() -> None:
    history = propose(deserve(going(), "dev", NEW, EligibilityEvent.CLEARED), "dev", NEW)
    view = look(verdicts=(verdict("dev", NEW),), freezes=frozen(freeze("a", -1, 2)))

    assert told(follow(view, history)) == [
        (
            "dev 1.1.0 gate-shut -> waiting: is under the freeze a (books are closed) until 2026-11-21 14:00:00Z, "
            "by tzdata 2026f"
        )
    ]


HOURS = st.integers(-60, 60)


@given(HOURS, HOURS, st.integers(1, 60), st.integers(0, 60))
def test_time_never_makes_an_expired_override_count_again(begin: int, now: int, length: int, later: int) -> None:
    one = override("a", begin, begin + length)

    if NOW + now * HOUR >= one.expires:
        assert not one.holds(NOW + (now + later) * HOUR)


@given(st.lists(st.tuples(HOURS, st.integers(1, 30)), max_size=5), st.tuples(HOURS, st.integers(1, 30)))
def test_another_freeze_opens_no_gate_and_another_release_changes_none(
    spans: list[tuple[int, int]], another: tuple[int, int]
) -> None:
    some = [freeze(f"f{index}", begin, begin + length) for index, (begin, length) in enumerate(spans)]
    more = [*some, freeze("more", another[0], another[0] + another[1])]
    before, after = frozen(*some).end(PLACE, NOW), frozen(*more).end(PLACE, NOW)

    assert before is None or (after is not None and after >= before)
    assert frozen(*some).end(replace(PLACE, release=NEWER.release), NOW) == before
