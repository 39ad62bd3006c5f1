"""Who takes the slots of an environment that admits only so many services at once."""

from dataclasses import replace

import pytest

from promoter.core.candidate import Candidate, digest_of
from promoter.core.codes import Code
from promoter.core.eligibility import EligibilityEvent
from promoter.core.gates import Gate, shut_gates
from promoter.core.history import History
from promoter.core.slots import holders
from promoter.core.standing import StandingEvent
from tests.core.scenes import DEV, NEW, NOW, OLD, announce, deserve, going, look, propose, stand

NARROW = replace(DEV, at_once=1)
OPENED = propose(deserve(going(), "dev", NEW, EligibilityEvent.CLEARED), "dev", NEW)
MERGED = stand(stand(OPENED, "dev", OLD, StandingEvent.NEWER_MERGED), "dev", NEW, StandingEvent.MERGED)
CLAIMED = announce(deserve(going(), "dev", NEW, EligibilityEvent.CLEARED), "dev", NEW)

STORIES: dict[str, tuple[History, tuple[Candidate, ...]]] = {
    "what ran before Promoter takes no slot": (going(), ()),
    "nor while it soaks": (stand(going(), "dev", NEW, StandingEvent.PINNED_OUT_OF_BAND, at=NOW), ()),
    "what is about to be proposed": (CLAIMED, (NEW,)),
    "a claim of what is not eligible any more lapses": (deserve(CLAIMED, "dev", NEW, EligibilityEvent.FAILED), ()),
    "what is proposed": (OPENED, (NEW,)),
    "what is approved": (stand(OPENED, "dev", NEW, StandingEvent.APPROVED), (NEW,)),
    "what is proposed and fails": (deserve(OPENED, "dev", NEW, EligibilityEvent.FAILED), (NEW,)),
    "what was withdrawn": (stand(OPENED, "dev", NEW, StandingEvent.WITHDRAWN, at=NOW), ()),
    "what a person closed": (stand(OPENED, "dev", NEW, StandingEvent.CLOSED_BY_PERSON, at=NOW), ()),
    "what was merged and soaks": (MERGED, (NEW,)),
    "what has settled": (stand(MERGED, "dev", NEW, StandingEvent.SOAKED), ()),
}


@pytest.mark.parametrize(("history", "expected"), STORIES.values(), ids=STORIES)
def test_a_slot_is_taken_from_the_announcement_until_the_end_of_the_soak(
    history: History, expected: tuple[Candidate, ...]
) -> None:
    assert holders("dev", {"cart": history}) == expected
    assert holders("prod", {"cart": history}) == ()


def others(count: int) -> tuple[Candidate, ...]:
    return tuple(Candidate(f"s{index}", "2.0.0", digest_of(b"x")) for index in range(count))


def shut(limit: int, *taken: Candidate) -> tuple[Gate, ...]:
    conditions = replace(look().conditions, occupied={"dev": taken})
    return shut_gates(conditions, replace(DEV, at_once=limit), NEW, going())


def test_the_gate_says_who_takes_the_slots() -> None:
    assert shut(1, *others(1)) == (
        Gate(
            Code.GATE_SLOT,
            "waits for one of the 1 slots of dev, taken by s0 2.0.0",
            None,
            "Release managers: finish or close what takes them; it goes on by itself then.",
        ),
    )
    (gate,) = shut(2, *others(5))
    assert gate.sentence == "waits for one of the 2 slots of dev, taken by s0 2.0.0, s1 2.0.0, s2 2.0.0 and 2 more"


def test_the_gate_is_open_while_a_slot_is_free_and_for_who_has_one() -> None:
    assert shut(2, *others(1)) == ()
    assert shut(1, NEW) == ()
    assert shut(1, replace(NEW, release="0.9.0"), *others(3)) == ()
