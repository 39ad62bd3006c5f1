"""Renders values as tables on a terminal and as JSON for machines. Foreign text is made harmless first."""

import json
import sys
from collections.abc import Iterable, Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from promoter.core.canonical import canonical
from promoter.core.escape import one_line
from promoter.core.finding import Mode
from promoter.core.overview import Place, Row
from promoter.core.record import AnyEntry
from promoter.core.verdict import Verdict
from promoter.explain import Explanation

_COLOURS = {
    "eligible": "green",
    "settled": "green",
    "promoted": "green",
    "blocked": "red",
    "frozen": "red",
    "revoked": "red",
    "pending": "yellow",
    "waiting": "yellow",
    "proposed": "cyan",
    "approved": "cyan",
}


def console() -> Console:
    """Give the terminal to write to; without one, plain text of a fixed width that does not cut words."""
    return Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 160)


def write_json(value: object) -> None:
    """Write a value as JSON, one document with sorted keys."""
    console().print_json(json.dumps(json.loads(canonical(value)), sort_keys=True))


def status_table(rows: Iterable[Row]) -> Table:
    """Give the table of every service and environment."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for heading in ("service", "environment", "runs", "next", "state", "why"):
        table.add_column(heading, overflow="fold", no_wrap=heading in {"service", "environment"})
    last = ""
    for row in rows:
        places = row.candidates or (None,)
        for index, place in enumerate(places):
            service = row.service if row.service != last else ""
            last = row.service
            head = (service, row.environment, _running(row)) if index == 0 else ("", "", Text())
            table.add_row(*head, *_candidate(place))
    return table


def _running(row: Row) -> Text:
    if row.running is None:
        return Text(f"{one_line(row.pinned, 60)} (not ours)" if row.pinned else "–", style="dim")
    text = Text(f"{one_line(row.running.release, 60)} ")
    text.append(row.running.standing, style=_COLOURS.get(row.running.standing, ""))
    if row.running.eligibility in {"blocked", "frozen", "revoked"}:
        text.append(f" but {row.running.eligibility}", style="bold red")
    return text


def _candidate(place: Place | None) -> tuple[Text, Text, Text]:
    if place is None:
        return Text("–", style="dim"), Text(), Text()
    state = place.standing if place.standing in {"proposed", "approved", "declined"} else place.eligibility
    text = Text(state, style=_COLOURS.get(state, ""))
    if place.eligibility not in {state, "eligible"}:
        text.append(f" but {place.eligibility}", style=_COLOURS.get(place.eligibility, ""))
    if place.number:
        text.append(f" #{place.number}")
    return Text(one_line(place.release, 60)), text, Text(one_line("; ".join(place.why), 400))


_MARKS = {"pass": "ok  ", "fail": "FAIL", "undecided": "wait", "waived": "waiv"}


def explanation_lines(told: Explanation) -> Iterator[str]:
    """Give an explanation as lines of text."""
    yield f"{told.candidate} in {told.environment}: {told.eligibility}, {told.standing}"
    for reason in told.why:
        yield f"  because: {one_line(reason)}"
    yield ""
    yield "The path to here"
    for step in told.path:
        yield f"  {step.at:%Y-%m-%d %H:%M:%SZ}  {one_line(step.what)}"
    yield ""
    yield "Findings of the last decision"
    for finding in told.findings:
        note = " (shown only)" if finding.mode == "warn" else ""
        yield f"  {_MARKS[finding.outcome]}  {finding.check}{note}: {one_line(finding.sentence, 500)}"
        for code, sentence, remedy in finding.reasons:
            yield f"        {code}: {one_line(sentence, 500)}"
            yield f"        -> {one_line(remedy, 500)}"
        for digest in finding.cites:
            yield f"        evidence {digest}"
    yield ""
    yield f"Next: {told.next_step}"
    yield f"Decision: {told.decision}"


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Give a verdict as lines of text: every finding, and every remedy."""
    yield f"{verdict.candidate.service} {verdict.candidate.release} {verdict.candidate.digest}"
    yield f"for {verdict.environment}: {verdict.outcome.value}"
    for finding in verdict.findings:
        note = " (shown only)" if finding.mode is Mode.WARN else ""
        yield f"  {_MARKS[finding.outcome.value]}  {finding.check}{note}: {one_line(finding.sentence, 500)}"
        for reason in finding.reasons:
            yield f"        {reason.code.value}: {one_line(reason.sentence, 500)}"
            yield f"        -> {one_line(reason.remedy, 500)}"


def entry_line(index: int, entry: AnyEntry) -> str:
    """Give an entry of the ledger as one line."""
    content = json.loads(canonical(entry))
    about = " ".join(str(content.pop(key)) for key in ("service", "release", "environment") if content.get(key))
    hidden = {"at", "kind", "v", "refs", "digest"}
    rest = " ".join(f"{key}={value}" for key, value in sorted(content.items()) if key not in hidden and value)
    return f"{index:6}  {entry.at:%Y-%m-%d %H:%M:%SZ}  {entry.kind:<18} {about}  {one_line(rest, 400)}"
