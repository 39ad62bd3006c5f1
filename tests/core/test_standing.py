"""Every pair of standing and event, against the table of the design; what is no row raises."""

import pytest

from promoter.core.eligibility import IllegalTransition
from promoter.core.standing import OPEN, RUNNING, TRANSITIONS, Standing, StandingEvent, advance

# Rows are states, columns are events, a dot is a pair that must not happen.
OFFERS = """
state       pr-opened rewritten approved approval-lost newer-won  closed-by-person withdrawn
none        proposed  .         .        .             .          .                .
proposed    .         proposed  approved .             superseded declined         none
approved    .         proposed  .        proposed      superseded declined         none
promoted    .         .         .        .             .          .                .
settled     .         .         .        .             .          .                .
superseded  proposed  .         .        .             .          .                .
declined    proposed  .         .        .             .          .                .
replaced    proposed  .         .        .             .          .                .
rolled-back proposed  .         .        .             .          .                .
"""
RUNS = """
state       merged   pinned-out-of-band soaked  newer-merged rolled-back
none        .        promoted           .       .            .
proposed    promoted promoted           .       .            .
approved    promoted promoted           .       .            .
promoted    .        promoted           settled replaced     rolled-back
settled     .        promoted           .       replaced     rolled-back
superseded  .        promoted           .       .            .
declined    .        promoted           .       .            .
replaced    .        promoted           .       .            .
rolled-back .        promoted           .       .            .
"""


def product() -> list[tuple[str, str, str]]:
    """Read both halves of the table: state, event, and the state after it."""
    pairs = []
    for half in (OFFERS, RUNS):
        head, *rows = (line.split() for line in half.strip().splitlines())
        pairs += [(row[0], event, to) for row in rows for event, to in zip(head[1:], row[1:], strict=True)]
    return pairs


def test_the_table_of_this_test_holds_every_pair() -> None:
    written = [(Standing(state), StandingEvent(event)) for state, event, _ in product()]

    assert sorted(map(str, written)) == sorted(str((state, event)) for state in Standing for event in StandingEvent)


@pytest.mark.parametrize(("state", "event", "to"), [row for row in product() if row[2] != "."])
def test_a_row_leads_to_its_state(state: str, event: str, to: str) -> None:
    assert advance(Standing(state), StandingEvent(event)) is Standing(to)


@pytest.mark.parametrize(("state", "event"), [row[:2] for row in product() if row[2] == "."])
def test_a_pair_that_is_no_row_raises_and_names_itself(state: str, event: str) -> None:
    with pytest.raises(IllegalTransition) as caught:
        advance(Standing(state), StandingEvent(event))

    assert str(caught.value) == f"{event} in state {state}"


def test_a_pull_request_is_open_and_a_manifest_pins_in_exactly_these_states() -> None:
    assert {state.value for state in OPEN} == {"proposed", "approved"}
    assert {state.value for state in RUNNING} == {"promoted", "settled"}


def test_the_table_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[Standing.DECLINED, StandingEvent.MERGED] = Standing.PROMOTED  # type: ignore[index]
