"""Renders values as tables on a terminal and as JSON for machines. Foreign text is made harmless first."""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from promoter.core.canonical import canonical
from promoter.core.escape import one_line
from promoter.core.estate import Estate
from promoter.core.finding import Mode
from promoter.core.holds import describe, is_over
from promoter.core.overview import Place, Row
from promoter.core.policy_exception import Kind
from promoter.core.record import AnyEntry
from promoter.core.verdict import Verdict
from promoter.denials import Listed
from promoter.exception_reports import ExceptionReport
from promoter.explain import Explanation, Told
from promoter.ports import OutsideError
from promoter.trust import RootInUse

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
    """Give the table of every service and environment; 80 columns are enough for it."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("service", no_wrap=True)
    table.add_column("environment", no_wrap=True)
    table.add_column("runs", overflow="fold")
    table.add_column("next, and what is in its way", overflow="fold")
    last = ""
    for row in rows:
        places = row.candidates or (None,)
        for index, place in enumerate(places):
            service = row.service if row.service != last else ""
            last = row.service
            head = (service, row.environment, _running(row)) if index == 0 else ("", "", Text())
            table.add_row(*head, _candidate(place))
    return table


def status_lines(rows: Sequence[Row]) -> Iterator[str]:
    """Give what stands below the table: the last incidents, newest first, and what did not answer."""
    incidents = dict.fromkeys(incident for row in rows for incident in row.incidents)
    newest = sorted(incidents, key=lambda incident: incident.at, reverse=True)
    for index, incident in enumerate(newest[:_INCIDENTS]):
        if index == 0:
            yield f"The last of {len(newest)} incidents" if len(newest) > _INCIDENTS else "Incidents"
        about = " ".join(part for part in (incident.service, incident.release, incident.environment) if part)
        actor = f" by {incident.actor}" if incident.actor else ""
        text = _DIGEST.sub(r"\1", one_line(f"{incident.what}, {about}{actor}: {incident.detail}", 500))
        yield f"  {incident.at:%Y-%m-%d %H:%M:%SZ}  {text}"
    failing = tuple(dict.fromkeys(f"{row.service}: {what}" for row in rows for what in row.failing))
    yield from ("Did not answer, or could not be read" for _ in failing[:1])
    yield from (f"  {one_line(line)}" for line in failing)


def hold_lines(estate: Estate, now: datetime) -> Iterator[str]:
    """Give what people hold, with the id that ends it, and until when."""
    for index, one in enumerate(sorted(estate.holds.values(), key=lambda hold: (hold.at, hold.id))):
        if index == 0:
            yield "Held by people"
        ends = ""
        if one.until:
            ends = f", over since {one.until:{_TIME}}" if is_over(one, now) else f", until {one.until:{_TIME}}"
        yield f"  {one.id}  {one_line(describe(one))}, by {one_line(one.actor)}{ends}: {one_line(one.reason, 500)}"


_TIME = "%Y-%m-%d %H:%M:%SZ"


def trust_lines(root: RootInUse) -> Iterator[str]:
    """Give what is wrong with the trusted root; nothing where it is in order."""
    try:
        sentence = root.standing().sentence
    except OutsideError as error:
        sentence = str(error)
    if sentence:
        yield from ("Trusted root (promoter trust check)", f"  {one_line(sentence, 1000)}")


def _running(row: Row) -> Text:
    if row.running is None:
        return Text(f"{one_line(row.pinned, 60)} (not ours)" if row.pinned else "–", style="dim")
    text = Text(f"{one_line(row.running.release, 60)} ")
    text.append(row.running.standing, style=_COLOURS.get(row.running.standing, ""))
    if row.running.eligibility in {"blocked", "frozen", "revoked"}:
        text.append(f"\nbut {row.running.eligibility}", style="bold red")
    return text


def _candidate(place: Place | None) -> Text:
    if place is None:
        return Text("–", style="dim")
    state = place.standing if place.standing in {"proposed", "approved", "declined"} else place.eligibility
    text = Text(f"{one_line(place.release, 60)} ").append(state, style=_COLOURS.get(state, ""))
    if place.number:
        text.append(f" #{place.number}")
    if place.eligibility not in {state, "eligible"}:
        text.append(f" but {place.eligibility}", style=_COLOURS.get(place.eligibility, ""))
    for reason in place.why:
        text.append("\n  " + _DIGEST.sub(r"\1", one_line(reason)))
    return text


_INCIDENTS = 10  # that are shown below a table
_DIGEST = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")  # a table shows what tells digests apart


_ASIDES = 20  # of a finding, that are shown as text
_MARKS = {"pass": "ok  ", "fail": "FAIL", "undecided": "wait", "waived": "waiv"}


def explanation_lines(told: Explanation) -> Iterator[str]:
    """Give an explanation as lines of text: what a service team needs first comes first."""
    standing = f", {told.standing}" if told.standing != "none" else ""
    yield f"{told.candidate} in {told.environment}: {told.eligibility}{standing}"
    gates = {gate.sentence: gate.code.value for gate in told.gates}
    for reason in dict.fromkeys((*told.why, *gates)):
        code = f" ({gates[reason]})" if reason in gates else ""
        yield f"because: {one_line(reason, 500)}{code}"
    yield f"next: {told.next_step}"
    stopped = [one for one in told.findings if one.outcome not in {"pass", "waived"}]
    yield from _told_lines("In the way", [one for one in stopped if one.mode != "warn"])
    yield from _told_lines("Shown only", [one for one in stopped if one.mode == "warn"])
    yield from _told_lines("Waived", [one for one in told.findings if one.outcome == "waived"])
    yield from _told_lines("In order", [one for one in told.findings if one.outcome == "pass"])
    yield ""
    yield "The path to here"
    for step in told.path:
        yield f"  {step.at:%Y-%m-%d %H:%M:%SZ}  {one_line(step.what)}"
    if told.decision:
        yield ""
        yield f"Compute the decision again, offline: promoter verify --decision {told.decision}"


def denial_lines(rows: Sequence[Listed]) -> Iterator[str]:
    """Give what is denied as lines: what, why, since when and by whom, and what is revoked by it."""
    if not rows:
        yield "Nothing is denied."
    for row in rows:
        one = row.denial
        named = " ".join(part for part in (one.value, one.versions) if part)
        since = f"since {row.at:%Y-%m-%d %H:%M:%SZ}" if row.at else "from the next look on"
        yield f"{one.id}  {one.what.value} {one_line(named, 300)}"
        yield f"    {since}, by {one_line(one.actor) or 'deny.yaml'}: {one_line(one.reason, 500)}"
        yield from (f"    revoked: {one_line(name)}" for name in row.revoked)


def _told_lines(heading: str, findings: Iterable[Told]) -> Iterator[str]:
    for index, finding in enumerate(findings):
        if index == 0:
            yield from ("", heading)
        yield f"  {_MARKS[finding.outcome]}  {finding.check}: {one_line(finding.sentence, 500)}"
        for code, sentence, remedy in finding.reasons:
            yield from _reason_lines(code, "" if sentence == finding.sentence else sentence, remedy)
        yield from _aside_lines(finding.asides)
        for digest in finding.cites:
            yield f"        evidence {digest}"


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """Give a verdict as lines of text: every finding, and every remedy."""
    yield f"{verdict.candidate.service} {verdict.candidate.release} {verdict.candidate.digest}"
    yield f"for {verdict.environment}: {verdict.outcome.value}"
    for finding in verdict.findings:
        note = " (shown only)" if finding.mode is Mode.WARN else ""
        yield f"  {_MARKS[finding.outcome.value]}  {finding.check}{note}: {one_line(finding.sentence, 500)}"
        for reason in finding.reasons:
            sentence = "" if reason.sentence == finding.sentence else reason.sentence
            yield from _reason_lines(reason.code.value, sentence, reason.remedy)
        yield from _aside_lines(tuple((one.code.value if one.code else "", one.sentence) for one in finding.asides))


def _reason_lines(code: str, sentence: str, remedy: str) -> Iterator[str]:
    """Give a reason in two lines; `sentence` is empty where it only repeats the finding's."""
    yield f"        {code}: {one_line(sentence, 500)}" if sentence else f"        {code}"
    yield f"        -> {one_line(remedy, 500)}"


def _aside_lines(asides: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Tell what was left out of account: it decides nothing, and nobody may think that it is not there."""
    for code, sentence in asides[:_ASIDES]:
        yield f"        left out of account: {f'{code}: ' if code else ''}{one_line(sentence, 500)}"
    if len(asides) > _ASIDES:
        yield f"        left out of account: {len(asides) - _ASIDES} more (--json shows all)"


def exception_lines(reports: Sequence[ExceptionReport]) -> Iterator[str]:
    """Give exceptions as lines of text: state and time left first, then use, then what should be looked at."""
    if not reports:
        yield "no exceptions"
    for one in reports:
        kind = f"{one.kind}, " if one.kind != "exception" else ""
        left = f", {one.left}" if one.left else ""
        ends = f"ends {one.expires:%Y-%m-%d %H:%M:%SZ}, owner {one_line(one.owner, 80)}"
        yield f"{one.id}: {kind}{one.state}{left} ({ends})"
        yield f"  accepts {', '.join(one.codes)} in {', '.join(one.environments)}"
        for use in one.used:
            about = one_line(f"{use.service} {use.release}", 120)
            yield f"  used by {about} in {use.environment}: absorbs {use.absorbed}"
        yield from (f"  {note}" for note in one.notes)


def exception_alarms(reports: Sequence[ExceptionReport]) -> Iterator[str]:
    """Give what stands below the table: exceptions that something rests on now, and break-glass without its review."""
    in_use = [one for one in reports if one.is_in_use and one.left]
    yield from ("Exceptions in use" for _ in in_use[:1])
    for one in in_use:
        users = ", ".join(f"{use.service} {use.release} in {use.environment}" for use in one.used if use.absorbed)
        kind = "BREAK-GLASS, " if one.kind == Kind.BREAK_GLASS.value else ""
        yield f"  {one.id}  {kind}{one.state}, {one.left}: {one_line(users, 500)}; owner {one_line(one.owner, 80)}"
    due = [one for one in reports if one.review]
    yield from ("Break-glass that is to be reviewed" for _ in due[:1])
    yield from (f"  {one.id}  {one.review}: promoter exception review {one.id} --reason ..." for one in due)


def entry_line(index: int, entry: AnyEntry) -> str:
    """Give an entry of the ledger as one line."""
    content = json.loads(canonical(entry))
    about = " ".join(str(content.pop(key)) for key in ("service", "release", "environment") if content.get(key))
    hidden = {"at", "kind", "v", "refs", "digest"}
    rest = " ".join(f"{key}={value}" for key, value in sorted(content.items()) if key not in hidden and value)
    return f"{index:6}  {entry.at:%Y-%m-%d %H:%M:%SZ}  {entry.kind:<18} {about}  {one_line(rest, 400)}"
