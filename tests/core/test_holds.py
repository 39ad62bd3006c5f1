"""What people hold, for how long, and what a hold on a release name does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.codes import Code
from promoter.core.estate import NOTHING, Estate, settle
from promoter.core.gates import Gate, shut_gates
from promoter.core.history import History
from promoter.core.holds import describe, follow_holds, holding
from promoter.core.passage import follow
from promoter.core.record_estate import Held, HoldEnded
from promoter.core.view import extend
from tests.core.scenes import DEV, FAILS, HOUR, LONG_AGO, NEW, NOW, OLD, going, look, propose, told, verdict

HELD = Held(at=LONG_AGO, service="cart", id="hold-1", environment="dev", reason="INC-812", actor="omar")


def estate(*entries: Held | HoldEnded) -> Estate:
    found = NOTHING
    for entry in entries:
        found = settle(entry, found)
    return found


def shut(*held: Held, history: History | None = None) -> tuple[Gate, ...]:
    return shut_gates(replace(look().conditions, estate=estate(*held)), DEV, NEW, history or going())


def test_a_hold_shuts_the_gate_and_says_who_holds_why_and_until_when() -> None:
    assert shut(HELD, replace(HELD, id="hold-2", at=NOW, until=NOW + HOUR, actor="mia")) == (
        Gate(
            Code.GATE_HOLD,
            "is held by omar: INC-812 (hold-1)",
            None,
            "Operator: `promoter unhold hold-1 --reason ...` when it may go on.",
        ),
        Gate(
            Code.GATE_HOLD,
            "is held by mia until 2026-11-21 13:00:00Z: INC-812 (hold-2)",
            NOW + HOUR,
            "Operator: `promoter unhold hold-2 --reason ...` when it may go on.",
        ),
    )


SCOPES = {
    "this service here": ({}, True),
    "this service everywhere": ({"environment": ""}, True),
    "every service here": ({"service": ""}, True),
    "this service elsewhere": ({"environment": "prod"}, False),
    "another service here": ({"service": "search"}, False),
    "every service elsewhere": ({"service": "", "environment": "prod"}, False),
}


@pytest.mark.parametrize(("scope", "is_shut"), SCOPES.values(), ids=SCOPES)
def test_a_hold_is_on_a_service_an_environment_or_both(scope: dict[str, str], is_shut: bool) -> None:
    assert bool(shut(replace(HELD, **scope))) is is_shut  # type: ignore[arg-type]


def test_what_runs_is_not_held() -> None:
    conditions = replace(look().conditions, estate=estate(HELD))

    assert shut_gates(conditions, DEV, OLD, going()) == ()


def test_a_hold_with_a_time_stops_by_itself_and_that_is_told_once() -> None:
    held = estate(replace(HELD, until=NOW))

    assert holding(held, "dev", NEW, NOW - timedelta(seconds=1)) != ()
    assert holding(held, "dev", NEW, NOW) == ()
    assert follow_holds(held, NOW - timedelta(seconds=1)) == ()
    (ended,) = follow_holds(held, NOW)
    assert ended == HoldEnded(at=NOW, service="cart", id="hold-1", reason="its time is over", actor="promoter")
    assert follow_holds(settle(ended, held), NOW) == ()


@given(st.integers(0, 100), st.integers(0, 100))
def test_time_never_brings_a_hold_back(one: int, more: int) -> None:
    held = estate(replace(HELD, until=NOW + 50 * HOUR))

    if not holding(held, "dev", NEW, NOW + one * HOUR):
        assert holding(held, "dev", NEW, NOW + (one + more) * HOUR) == ()


RELEASE = replace(HELD, environment="", release=NEW.release)


def test_a_release_that_is_held_is_frozen_whatever_its_verdict_and_goes_on_when_it_is_released() -> None:
    history = propose(going(), "dev", NEW)
    view = replace(look(verdicts=(verdict("dev", NEW),)), estate=estate(RELEASE))
    entries = follow(view, history)
    frozen = extend(history, entries)

    assert [line for line in told(entries) if line.startswith("dev")] == [
        "dev 1.1.0 held -> frozen: held by omar: INC-812 (hold-1)"
    ]
    assert follow(view, frozen) == ()
    after = follow(look(verdicts=(verdict("dev", NEW),)), frozen)
    assert [line for line in told(after) if line.startswith("dev")] == [
        "dev 1.1.0 released -> discovered",
        "dev 1.1.0 cleared -> eligible",
    ]


def test_a_held_release_that_is_released_is_judged_by_what_is_known_then() -> None:
    frozen = extend(going(), follow(replace(look(), estate=estate(RELEASE)), going()))
    after = told(follow(look(verdicts=(verdict("dev", NEW, FAILS),)), frozen))

    assert after[:2] == ["dev 1.1.0 released -> discovered", "dev 1.1.0 failed -> blocked: signature.invalid"]


def test_a_hold_says_in_a_few_words_what_it_stops() -> None:
    assert [describe(one) for one in (HELD, replace(HELD, service=""), RELEASE)] == [
        "cart to dev",
        "every service to dev",
        "cart 1.1.0 to all environments",
    ]
