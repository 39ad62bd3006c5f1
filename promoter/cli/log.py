"""`promoter log`."""

import sys
from collections import deque

import click

from promoter.cli.session import Session
from promoter.cli.tables import console, entry_line, write_json
from promoter.inspection import inspect_log


@click.group(invoke_without_command=True, epilog="Examples: promoter log -n 50; promoter log --service cart --json")
@click.option("-n", "--lines", default=20, show_default=True, type=click.IntRange(1), help="How many entries to show.")
@click.option("--service", help="Only entries about this service.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_context
def log(context: click.Context, lines: int, service: str | None, as_json: bool) -> None:
    """Show the newest entries of the ledger, or verify it."""
    if context.invoked_subcommand:
        return
    session: Session = context.obj
    journal = session.store(session.configuration()).journal
    chosen = ((index, entry) for index, entry in journal.entries() if service in {None, entry.service})
    shown = deque(chosen, maxlen=lines)
    if as_json:
        write_json([{"index": index, "entry": entry} for index, entry in shown])
    else:
        console().print("\n".join(entry_line(index, entry) for index, entry in shown), markup=False, soft_wrap=True)


@log.command(epilog="Example: promoter log verify")
@click.option("--offline", is_flag=True, help="Compare with no checkpoints from the environment repository.")
@click.pass_obj
def verify(session: Session, offline: bool) -> None:
    """Rehash every entry and blob, fold the states again, and compare with the checkpoints in commit trailers."""
    configuration = session.configuration()
    store = session.store(configuration)
    report = inspect_log(configuration, session.directory, store, offline=offline)
    for problem in report.problems:
        click.echo(str(problem), err=True)
    click.echo(
        f"{report.entries} entries, {report.blobs} blobs, {report.anchors} checkpoints compared: "
        + ("no problem found" if not report.problems else f"{len(report.problems)} problems")
    )
    if not report.anchors:
        click.echo("nothing anchors this ledger: a rewritten file could not be told from this one", err=True)
    sys.exit(1 if report.problems else 0)
