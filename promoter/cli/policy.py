"""`promoter policy`: what a change of the rules makes of them, before it is in force."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from promoter.cli.cases import cases
from promoter.cli.policy_in_force import digest, history, revert, show
from promoter.cli.preset import preset
from promoter.cli.session import Session
from promoter.cli.tables import write_json
from promoter.comparison import compare_configurations
from promoter.config import load
from promoter.core.escape import one_line
from promoter.core.finding import Outcome
from promoter.core.policy_change import is_weaker
from promoter.core.strictness.order import Change, Strictness
from promoter.expressions import Evaluator
from promoter.shadow import Replayed, Shadow, last_decisions
from promoter.wiring import make_signatures, open_expressions

_LABELS = {
    Strictness.WEAKER: "weaker",
    Strictness.INCOMPARABLE: "not comparable, counts as weaker",
    Strictness.STRONGER: "stronger",
}
_APPROVAL = (
    "Whoever may weaken the rules says so where the bot can check it: by approving reviews of the commit that brings "
    "them, or by signing their bundle. Nothing that is said here approves anything."
)
PACE = 50
"""Decisions between two lines of progress."""


@click.group(
    short_help="Begin with, test, compare, show and go back to rules.",
    epilog="""\b
Examples:
  promoter policy show
  promoter policy diff config/ proposed/
  promoter policy shadow proposed/ --last 1000
  promoter policy preset signing > config/policies/staging.yaml
  promoter policy test""",
)
def policy() -> None:
    """Begin with rules and test them, compare and try out others before they are in force, show and go back."""


for command in (preset, cases, show, history, digest, revert):
    policy.add_command(command)


@policy.command(
    short_help="Say what is stricter or looser in other rules.",
    epilog="""\b
Examples:
  promoter policy diff /etc/promoter proposed/
  promoter policy diff config/ proposed/ --json

\b
With --json: {"v": 1, "weaker": true | false, "changes": [{"strictness": "weaker" | "incomparable" | "stronger",
"place", "sentence"}]}, weaker ones first.""",
)
@click.argument("before", type=click.Path(path_type=Path, file_okay=False))
@click.argument("after", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def diff(before: Path, after: Path, as_json: bool) -> None:
    """Say in words what the configuration directory AFTER makes stricter or looser than BEFORE, weaker ones first.

    Exit code 0 if nothing got weaker, 1 if something did, 2 if one of the two is no configuration. What cannot be
    compared counts as weaker: some release passes only after the change.
    """
    changes = compare_configurations(load(before, os.environ), load(after, os.environ))
    if as_json:
        write_json({"v": 1, "weaker": is_weaker(changes), "changes": changes})
    else:
        for line in _change_lines(changes):
            click.echo(line)
    sys.exit(1 if is_weaker(changes) else 0)


def _change_lines(changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        yield "the rules are as strict as before"
    for change in changes:
        yield f"{_LABELS[change.strictness]}: {one_line(change.place)}: {one_line(change.sentence, 2000)}"
    if is_weaker(changes):
        yield _APPROVAL


_WORDS = {
    Outcome.PASS: "would have been let through",
    Outcome.FAIL: "would have been blocked",
    Outcome.UNDECIDED: "would have been undecided",
}
_WAS = {Outcome.PASS: "passed", Outcome.FAIL: "was blocked", Outcome.UNDECIDED: "was undecided"}


@policy.command(
    short_help="Replay kept decisions under other rules.",
    epilog="""\b
Examples:
  promoter policy shadow proposed/
  promoter policy shadow proposed/ --last 1000 --json

\b
With --json: {"v": 1, "replayed": N, "changed": [...], "untold": [...]}, each {"decision", "candidate", "environment",
"phase", "at", "before", "after", "codes", "note"}.""",
)
@click.argument("new", type=click.Path(path_type=Path, file_okay=False))
@click.option("--last", default=200, show_default=True, type=click.IntRange(1), help="How many decisions to replay.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def shadow(session: Session, new: Path, last: int, as_json: bool) -> None:
    """Judge the newest kept decisions again, by the policies of the configuration directory NEW, and say what differs.

    Each on its own evidence, trusted root, circumstances and time, from kept bytes alone: asks nobody and writes
    nothing. Exit code 0 if nothing would be otherwise, 1 if something would, 3 if of some it cannot be told.
    """
    other, store = load(new, os.environ), session.kept_store(session.configuration())
    decisions = last_decisions(store.journal, last)
    shadowed = Shadow(other, store.blobs, make_signatures, Evaluator(open_expressions()))
    replayed = tuple(watch(shadowed.replay(decisions), len(decisions)))
    changed = tuple(one for one in replayed if one.is_changed)
    untold = tuple(one for one in replayed if one.after is None)
    if as_json:
        write_json({"v": 1, "replayed": len(replayed), "changed": changed, "untold": untold})
    else:
        for line in _shadow_lines(replayed, changed, untold):
            click.echo(line)
    sys.exit(1 if changed else 3 if untold else 0)


def watch(found: Iterator[Replayed], total: int) -> Iterator[Replayed]:
    """Tell how far it has come: every decision has its signatures verified again."""
    for index, one in enumerate(found, start=1):
        if index % PACE == 0:
            click.echo(f"{index} of {total} decisions", err=True)
        yield one


def _shadow_lines(
    replayed: Sequence[Replayed], changed: Sequence[Replayed], untold: Sequence[Replayed]
) -> Iterator[str]:
    for one in (*changed, *untold):
        said = f"{_WAS[one.before]}, {_WORDS[one.after] if one.after else 'cannot be told'}"
        why = "; ".join(part for part in (", ".join(one.codes), one_line(one.note, 500)) if part)
        name = one_line(f"{one.candidate.service} {one.candidate.release} for {one.environment}")
        yield f"{name} ({one.phase}, {one.at:%Y-%m-%d %H:%M:%SZ}): {said}{f': {why}' if why else ''}"
        yield f"  decision {one.decision}"
    counts = ", ".join(f"{sum(one.after is outcome for one in changed)} {words}" for outcome, words in _WORDS.items())
    yield f"{len(replayed)} decisions replayed, {len(changed)} would be otherwise: {counts}"
    if untold:
        yield f"of {len(untold)} it cannot be told"
