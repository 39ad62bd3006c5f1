"""Writes the pages of this folder that are made from code: `make docs`. A test holds them up to date."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from promoter.core import eligibility, standing
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.plan import PLAN, Deed, Step
from promoter.core.standing import Standing, StandingEvent

STATES_PAGE: Final = Path(__file__).parent / "states.md"
_START = "(unknown)"
_WIDE = 3  # states that leave by the same events are drawn as one from here on

Rows = Mapping[tuple[str, str], str]
"""(state, event) -> state, all by name."""


def states_page() -> str:
    """Write the page of states: two tables with their diagrams, and the plan over all pairs."""
    deserved = _rows(eligibility.TRANSITIONS)
    places = _rows(standing.TRANSITIONS)
    return "\n".join(
        (
            "# States",
            "",
            "Made from the tables in `promoter/core` (`eligibility.py`, `standing.py`, `plan.py`) by `make docs`.",
            "What the words mean is told in [architecture.md](architecture.md#the-state-machine).",
            "A pair of state and event without an entry cannot happen: it raises.",
            "",
            "## Eligibility: what a digest deserves in an environment now",
            "",
            *_diagram(deserved),
            "",
            *_kept(deserved),
            *_table(deserved, [_START, *(state.value for state in Eligibility)], EligibilityEvent),
            "",
            "## Standing: where a digest is in an environment",
            "",
            *_diagram(places),
            "",
            *_table(places, [state.value for state in Standing], StandingEvent),
            "",
            "## Plan: what a pair of states calls for",
            "",
            "An environment has one proposal. It is for the newest release that is proposed, or that this table opens",
            "one for, and that is newer than what runs. A release that people declined or rolled back is not brought",
            "back, and no older one takes its place.",
            "",
            *_plan(),
            "",
        )
    )


def _rows(
    table: Mapping[tuple[Eligibility | None, EligibilityEvent], Eligibility]
    | Mapping[tuple[Standing, StandingEvent], Standing],
) -> Rows:
    return {(state.value if state else _START, event.value): to.value for (state, event), to in table.items()}


# --- diagrams ---------------------------------------------------------------------------------------------------------


def _diagram(rows: Rows) -> list[str]:
    """Draw a table: what happens in every state, what happens alike in many states, and the rest one by one."""
    states = list(dict.fromkeys((*(state for state, _ in rows if state != _START), *rows.values())))
    common = _common(rows, states)
    drawn = {pair: to for pair, to in rows.items() if pair[1] not in common and pair[1] not in _keeping(rows)}
    lines = [f"[*] --> {_name(to)}: {event}" for (state, event), to in drawn.items() if state == _START]
    lines += [f'state "{state}" as {_name(state)}' for state in states if _name(state) != state]
    if common:
        lines.append('state "any state" as any_state')
    for alike in _alike(drawn, states):
        source = _name(alike[0])
        if len(alike) >= _WIDE:
            source = f"any_of_{_name(alike[0])}"
            lines.append(f'state "any of {", ".join(alike)}" as {source}')
        lines += [f"{source} --> {edge}" for edge in _edges(drawn, alike[0])]
    lines += [f"any_state --> {_name(to)}: {event}" for event, to in common.items()]
    return ["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"]


def _common(rows: Rows, states: list[str]) -> dict[str, str]:
    """Give the events that lead from every state to one and the same."""
    targets: dict[str, list[str]] = {}
    for (state, event), to in rows.items():
        if state != _START:
            targets.setdefault(event, []).append(to)
    return {event: to[0] for event, to in targets.items() if len(to) == len(states) and len(set(to)) == 1}


def _keeping(rows: Rows) -> list[str]:
    """Give the events that keep every state in which they happen, where that are several."""
    events = dict.fromkeys(event for _, event in rows)
    kept = {event: [state == to for (state, other), to in rows.items() if other == event] for event in events}
    return [event for event, keeps in kept.items() if all(keeps) and len(keeps) > 1]


def _alike(rows: Rows, states: list[str]) -> list[tuple[str, ...]]:
    """Group the states that are left by the same events to the same states; small groups are taken apart again."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for state in states:
        ways = tuple(sorted((event, to) for (source, event), to in rows.items() if source == state))
        groups.setdefault(ways, []).append(state)
    wide = [tuple(group) for ways, group in groups.items() if ways and len(group) >= _WIDE]
    narrow = [(state,) for ways, group in groups.items() if ways and len(group) < _WIDE for state in group]
    return wide + narrow


def _edges(rows: Rows, state: str) -> list[str]:
    """Write the ways out of a state, one line for each state they lead to."""
    ways: dict[str, list[str]] = {}
    for (source, event), to in rows.items():
        if source == state:
            ways.setdefault(to, []).append(event)
    return [f"{_name(to)}: {', '.join(events)}" for to, events in ways.items()]


def _name(state: str) -> str:
    return state.replace("-", "_")


# --- tables -----------------------------------------------------------------------------------------------------------


def _kept(rows: Rows) -> list[str]:
    return [line for event in _keeping(rows) for line in (f"`{event}` keeps the state and is not drawn.", "")]


def _table(rows: Rows, states: list[str], events: type[EligibilityEvent] | type[StandingEvent]) -> list[str]:
    """Write one line for each event and one column for each state: the state after it."""
    names = [event.value for event in events]
    cells = ([f"`{event}`", *(rows.get((state, event), "") for state in states)] for event in names)
    return _markdown(["event", *states], cells)


def _plan() -> list[str]:
    meanings = [
        "`rest`: nothing is done",
        *(f"`{step.value}`: {_meaning(step)}" for step in Step if step is not Step.REST),
    ]
    cells = ([f"**{e.value}**", *(PLAN[e, s].value for s in Standing)] for e in Eligibility)
    return [*_markdown(["", *(state.value for state in Standing)], cells), "", *(f"- {line}" for line in meanings)]


def _meaning(step: Step) -> str:
    return Deed[step.name].value


def _markdown(head: list[str], rows: Iterable[list[str]]) -> list[str]:
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)]


if __name__ == "__main__":
    STATES_PAGE.write_text(states_page(), encoding="utf-8")
