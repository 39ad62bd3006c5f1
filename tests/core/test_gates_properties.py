"""What no freeze, hold, slot or wish may bring about, whatever they are."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from promoter.core.candidate import Candidate, digest_of
from promoter.core.conditions import Conditions
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.environment import ProposeMode
from promoter.core.estate import Estate
from promoter.core.freezes import Freezes
from promoter.core.gates import shut_gates
from promoter.core.history import History
from promoter.core.passage import follow
from promoter.core.record_estate import Held
from promoter.core.view import View, extend
from tests.core.scenes import DEV, FAILS, HOUR, LONG_AGO, NEW, NO_SBOM, NOW, UNDECIDED, deserve, going, look, verdict
from tests.core.test_freezes import freeze, override
from tests.core.test_wanted import ask

HOURS = st.integers(-5, 5)
FREEZES = st.builds(
    lambda spans, lifted: Freezes(
        tuple(freeze(f"f{index}", begin, begin + 4) for index, begin in enumerate(spans)),
        tuple(override(f"f{index}", begin, begin + 2) for index, begin in enumerate(lifted)),
        "tzdata",
    ),
    st.lists(HOURS, max_size=2),
    st.lists(HOURS, max_size=2),
)
HOLDS = st.lists(st.one_of(st.none(), HOURS), max_size=2).map(
    lambda ends: {
        f"hold-{index}": Held(
            at=LONG_AGO,
            service="cart",
            id=f"hold-{index}",
            reason="x",
            actor="mia",
            until=None if end is None else NOW + end * HOUR,
        )
        for index, end in enumerate(ends)
    }
)
OTHER = Candidate("search", "2.0.0", digest_of(b"x"))
TAKEN = st.sampled_from([(), (OTHER,), (NEW,)])
NODES = st.builds(
    lambda limit, mode: replace(DEV, at_once=limit, propose=mode),
    st.sampled_from([None, 1]),
    st.sampled_from(ProposeMode),
)
HISTORIES = st.sampled_from([going(), ask(going(), NEW), deserve(going(), "dev", NEW, EligibilityEvent.CLEARED)])
VIEWS = st.builds(
    lambda node, freezes, holds, taken: replace(
        look(graph=(node,), freezes=freezes), estate=Estate(holds=holds), occupied={"dev": taken}
    ),
    NODES,
    FREEZES,
    HOLDS,
    TAKEN,
)
WORSE = st.sampled_from([FAILS, NO_SBOM, UNDECIDED])


@given(VIEWS, HISTORIES, WORSE)
def test_evidence_that_got_worse_opens_no_gate_and_no_gate_makes_it_eligible(
    view: View, history: History, worse: object
) -> None:
    failing = replace(view, verdicts={("dev", NEW): verdict("dev", NEW, worse)})  # type: ignore[arg-type]
    before = shut_gates(view.conditions, view.graph[0], NEW, history)
    after = extend(history, follow(failing, history))

    assert shut_gates(view.conditions, view.graph[0], NEW, after) == before
    assert after.spots["dev", NEW].eligibility is not Eligibility.ELIGIBLE or worse is UNDECIDED


@given(VIEWS, HISTORIES)
def test_what_passes_is_eligible_exactly_while_every_gate_is_open(view: View, history: History) -> None:
    passing = replace(view, verdicts={("dev", NEW): verdict("dev", NEW)})
    is_open = not shut_gates(view.conditions, view.graph[0], NEW, history)
    after = extend(history, follow(passing, history))

    assert (after.spots["dev", NEW].eligibility is Eligibility.ELIGIBLE) is is_open


@given(VIEWS, HISTORIES)
def test_one_more_hold_or_slot_taken_opens_no_gate(view: View, history: History) -> None:
    held = Held(at=NOW, service="", id="more", environment="dev", reason="x", actor="mia")
    more: Conditions = replace(
        view.conditions,
        estate=Estate(holds={**view.estate.holds, "more": held}),
        occupied={"dev": (*view.occupied["dev"], OTHER)},
    )
    before = {gate.code for gate in shut_gates(view.conditions, view.graph[0], NEW, history)}

    assert before <= {gate.code for gate in shut_gates(more, view.graph[0], NEW, history)}
