"""Every pair of state and event, against the table of the design; what is no row raises."""

import pytest

from promoter.core.eligibility import TRANSITIONS, Eligibility, EligibilityEvent, IllegalTransition, advance

# Rows are states (`unknown`: before the release is known), columns are events, a dot is a pair that must not happen.
JUDGED = """
state      evidence-missing failed  gate-shut cleared  undecided
unknown    .                .       .         .        .
discovered pending          blocked waiting   eligible discovered
pending    pending          blocked waiting   eligible pending
blocked    pending          blocked waiting   eligible blocked
waiting    pending          blocked waiting   eligible waiting
eligible   pending          blocked waiting   eligible eligible
frozen     .                .       .         .        .
revoked    .                .       .         .        .
"""
DECREED = """
state      resolved   tag-moved held   released   denied  lifted
unknown    discovered .         .      .          .       .
discovered .          frozen    frozen .          revoked .
pending    .          frozen    frozen .          revoked .
blocked    .          frozen    frozen .          revoked .
waiting    .          frozen    frozen .          revoked .
eligible   .          frozen    frozen .          revoked .
frozen     .          frozen    frozen discovered revoked .
revoked    .          .         .      .          revoked discovered
"""


def product() -> list[tuple[str, str, str]]:
    """Read both halves of the table: state, event, and the state after it."""
    pairs = []
    for half in (JUDGED, DECREED):
        head, *rows = (line.split() for line in half.strip().splitlines())
        pairs += [(row[0], event, to) for row in rows for event, to in zip(head[1:], row[1:], strict=True)]
    return pairs


def state_of(name: str) -> Eligibility | None:
    return None if name == "unknown" else Eligibility(name)


def test_the_table_of_this_test_holds_every_pair() -> None:
    states = {None, *Eligibility}

    written = [(state_of(state), EligibilityEvent(event)) for state, event, _ in product()]

    assert sorted(map(str, written)) == sorted(str((state, event)) for state in states for event in EligibilityEvent)


@pytest.mark.parametrize(("state", "event", "to"), [row for row in product() if row[2] != "."])
def test_a_row_leads_to_its_state(state: str, event: str, to: str) -> None:
    assert advance(state_of(state), EligibilityEvent(event)) is Eligibility(to)


@pytest.mark.parametrize(("state", "event"), [row[:2] for row in product() if row[2] == "."])
def test_a_pair_that_is_no_row_raises_and_names_itself(state: str, event: str) -> None:
    with pytest.raises(IllegalTransition) as caught:
        advance(state_of(state), EligibilityEvent(event))

    assert str(caught.value) == f"{event} in state {state}"


def test_the_table_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[Eligibility.REVOKED, EligibilityEvent.CLEARED] = Eligibility.ELIGIBLE  # type: ignore[index]
