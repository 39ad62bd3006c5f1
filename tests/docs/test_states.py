"""The page of states says what the tables in core say, and is the one that is committed."""

import re

from docs.generate import STATES_PAGE, states_page
from promoter.core import eligibility, standing
from promoter.core.plan import PLAN

LINE = re.compile(r'    (state "[a-z ,-]+" as [a-z_]+|(\[\*\]|[a-z_]+) --> [a-z_]+: [a-z, -]+)')


def diagrams() -> list[list[str]]:
    """Read the lines of both diagrams."""
    return [block.splitlines()[1:] for block in re.findall(r"```mermaid\n(.+?)```", states_page(), re.DOTALL)]


def drawn(lines: list[str], states: set[str]) -> set[tuple[str, str, str]]:
    """Read a diagram back: every way from a state by an event to a state, pseudo-states written out."""
    names = {name.replace("-", "_"): {name} for name in states} | {"any_state": states, "[*]": {""}}
    for text, name in re.findall(r'state "any of (.+)" as (\w+)', "\n".join(lines)):
        names[name] = set(text.split(", "))
    ways = re.findall(r"^    (\S+) --> (\S+): (.+)$", "\n".join(lines), re.MULTILINE)
    return {(state, e, *names[to]) for source, to, text in ways for e in text.split(", ") for state in names[source]}


def test_the_committed_page_is_up_to_date() -> None:
    assert STATES_PAGE.read_text(encoding="utf-8") == states_page(), "run `make docs`"


def test_a_diagram_holds_nothing_but_states_and_ways_between_them() -> None:
    strange = [line for lines in diagrams() for line in lines if not LINE.fullmatch(line)]

    assert strange == []
    assert [block.splitlines()[0] for block in re.findall(r"```mermaid\n(.+?)```", states_page(), re.DOTALL)] == [
        "stateDiagram-v2",
        "stateDiagram-v2",
    ]


def test_the_first_diagram_draws_every_row_of_eligibility_but_those_that_keep_the_state() -> None:
    rows = {
        (state.value if state else "", event.value, to.value)
        for (state, event), to in eligibility.TRANSITIONS.items()
        if event is not eligibility.EligibilityEvent.UNDECIDED
    }

    assert drawn(diagrams()[0], {state.value for state in eligibility.Eligibility}) == rows
    assert "`undecided` keeps the state and is not drawn." in states_page()


def test_the_second_diagram_draws_every_row_of_standing() -> None:
    rows = {(state.value, event.value, to.value) for (state, event), to in standing.TRANSITIONS.items()}

    assert drawn(diagrams()[1], {state.value for state in standing.Standing}) == rows


def test_the_tables_hold_every_row_and_every_pair() -> None:
    cells = [cell for line in states_page().splitlines() for cell in line.strip("| ").split(" | ")]
    filled = [cell for cell in cells if re.fullmatch(r"[a-z-]+", cell) and cell != "event"]
    heads = 2 * len(standing.Standing) + len(eligibility.Eligibility)
    rules = [cell for cell in filled if cell == "---"]

    rows = len(eligibility.TRANSITIONS) + len(standing.TRANSITIONS) + len(PLAN)
    assert len(filled) - len(rules) == heads + rows
