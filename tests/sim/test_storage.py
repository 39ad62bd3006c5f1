"""The bot's own ledger or blobs do not answer for a pass: that is an outage like every other, and it is waited out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from promoter.core.codes import Code
from promoter.core.record import TagsSeen
from promoter.ports import Outside, OutsideError
from tests.sim.fuse import silence
from tests.sim.layout import DESK, DEV, SIGNED, SIGNED_ONLY, Plan
from tests.sim.town import Town

SILENCES: dict[str, Callable[[Outside], Outside]] = {
    "a ledger that is away": silence("ledger"),
    "a ledger that is locked": silence("ledger", "append", code=Code.OUTSIDE_TIMEOUT),
    "blobs that are away": silence("blobs"),
}


@pytest.fixture
def town(founded: Callable[[Plan], Town]) -> Town:
    """A town in which 1.0.0 runs in dev and waits for approval at the desk, and 1.1.0 is new."""
    town = founded(Plan((DEV, DESK), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run(3)
    town.release("1.1.0", SIGNED)
    return town


@pytest.mark.parametrize(
    "name",
    ["a ledger that is away", *(pytest.param(name, marks=pytest.mark.slow) for name in tuple(SILENCES)[1:])],
)
def test_storage_that_does_not_answer_is_reported_and_ends_nothing(town: Town, name: str) -> None:
    before = (town.entries(), town.pulls(), town.pins("dev"))
    town.rewire(SILENCES[name])
    reports = [town.run() for _ in range(3)]
    assert [type(report.trouble) for report in reports] == [OutsideError] * 3
    assert (town.pulls(), town.pins("dev")) == before[1:]
    town.rewire(lambda outside: outside)
    town.run(3)
    assert town.run().trouble is None
    assert "1.1.0" in town.pins("dev")
    assert town.history().failing == {}


def test_a_release_whose_manifest_cannot_be_kept_is_not_known_and_this_is_written_down(town: Town) -> None:
    town.rewire(silence("blobs", "put"))
    town.run(2)
    assert town.history().failing == {"release 1.1.0": "outside.unreachable"}
    assert "1.1.0" not in town.history().known


@pytest.mark.slow
def test_a_registry_and_a_ledger_that_are_both_away_are_no_bug(town: Town) -> None:
    town.rewire(lambda outside: silence("ledger", "append")(silence("registry")(outside)))
    assert isinstance(town.run().trouble, OutsideError)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tag", "code"), [("9" * 70_000, Code.OUTSIDE_TOO_LARGE), ("1.0.0\udcff", Code.OUTSIDE_BAD_ANSWER)]
)
def test_an_entry_that_the_ledger_cannot_hold_is_refused_with_a_code(town: Town, tag: str, code: Code) -> None:
    entry = TagsSeen(at=town.clock.now(), service="cart", tags=(tag,))
    before = town.entries()
    with pytest.raises(OutsideError) as told:
        town.store.journal.write("cart", lambda _: (entry,))
    assert told.value.code is code
    assert told.value.detail.startswith("an entry `tags-seen` about cart ")
    assert town.entries() == before


@pytest.mark.slow
def test_an_outage_whose_text_no_ledger_can_hold_is_written_down_with_another_text(town: Town) -> None:
    def refuse(*_: object, **__: object) -> Any:
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, "a name \udcff" + "x" * 100_000)

    class Odd:
        """A registry whose failures name what it sent."""

        tags = head = manifest = blob = referrers = staticmethod(refuse)

    odd: Any = Odd()
    town.rewire(lambda outside: replace(outside, registry=odd))
    assert isinstance(town.run().trouble, OutsideError)
    assert town.history().failing["registry"] == "outside.bad-answer"
