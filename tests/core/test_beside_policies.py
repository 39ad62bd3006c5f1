"""What stands beside policies is compared, too: what is denied, and what may go on under a freeze."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from promoter.core.beside_policies import denial_changes, override_changes
from promoter.core.denial import Denial, Withdrawn
from promoter.core.freezes import Override
from promoter.core.strictness.order import Change

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

SOME = Denial(id="d1", what=Withdrawn.COMPONENT, value="pkg:npm/event-stream", versions="vers:npm/=3.3.6", reason="bad")
ALL = Denial(id="d2", what=Withdrawn.COMPONENT, value="pkg:npm/event-stream", reason="bad")


def test_a_denial_that_is_gone_or_narrower_is_weaker_whatever_it_is_called() -> None:
    assert [(one.strictness.value, one.place, one.sentence) for one in denial_changes((ALL,), (SOME,))] == [
        ("weaker", "denial d2", "no longer denies the component pkg:npm/event-stream")
    ]
    assert [one.strictness.value for one in denial_changes((SOME,), (ALL,))] == ["stronger"]
    assert list(denial_changes((ALL,), (replace(ALL, id="d3", reason="worse"),))) == []


def told(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(one.strictness.value, one.place, one.sentence) for one in changes]


def test_a_denial_that_begins_later_is_weaker_and_one_that_begins_sooner_is_stronger() -> None:
    never = replace(ALL, since=datetime(2099, 1, 1, tzinfo=UTC))
    assert told(list(denial_changes((ALL,), (never,)))) == [
        ("weaker", "denial d2", "no longer denies the component pkg:npm/event-stream")
    ]
    assert [one.strictness.value for one in denial_changes((never,), (ALL,))] == ["stronger"]
    assert list(denial_changes((never,), (never,))) == []


URGENT = Override(
    id="OV-1",
    freeze="holidays",
    environment="prod",
    service="cart",
    release="1.8.4",
    reason="INC-812",
    requested_by="ada",
    not_before=NOON,
    expires=NOON + timedelta(hours=24),
)


def test_a_new_override_of_a_freeze_is_weaker_and_a_changed_one_cannot_be_compared() -> None:
    opened = "cart 1.8.4 may go to prod under holidays until 2026-11-22 12:00:00Z"
    assert told(list(override_changes((), (URGENT,)))) == [("weaker", "override OV-1", f"is new: {opened}")]
    wider = replace(URGENT, release="")
    assert told(list(override_changes((URGENT,), (wider,)))) == [
        (
            "incomparable",
            "override OV-1",
            f"is another one now (nothing says which of the two is stricter): {opened.replace('cart 1.8.4', 'cart')}",
        )
    ]
    assert told(list(override_changes((URGENT,), ()))) == [("stronger", "override OV-1", "is gone")]
    assert list(override_changes((URGENT,), (URGENT,))) == []
