"""`promoter log`."""

import sys
from collections import deque
from pathlib import Path

import click

from promoter.cli.session import Session
from promoter.cli.tables import entry_line, write_json
from promoter.config_errors import suggest
from promoter.inspection import inspect_log, open_anchor
from promoter.strict_yaml import ConfigError
from promoter.wiring import open_verifier


@click.group(
    invoke_without_command=True,
    short_help="Show the ledger, or verify it.",
    epilog="\b\nExamples:\n  promoter log -n 50\n  promoter log --service cart --json\n  promoter log verify",
)
@click.option("-n", "--lines", default=20, show_default=True, type=click.IntRange(1), help="How many entries to show.")
@click.option("--service", help="Only entries about this service.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_context
def log(context: click.Context, lines: int, service: str | None, as_json: bool) -> None:
    """Show the newest entries of the ledger, or verify it."""
    if context.invoked_subcommand:
        return
    session: Session = context.obj
    journal = session.kept_store_of(session.machine().main).journal
    if service and service not in journal.services():
        raise ConfigError(f"the ledger knows no service {service!r}{suggest(service, journal.services())}")
    chosen = ((index, entry) for index, entry in journal.entries() if service in {None, entry.service})
    shown = deque(chosen, maxlen=lines)
    if as_json:
        write_json([{"index": index, "entry": entry} for index, entry in shown])
        return
    for index, entry in shown:
        click.echo(entry_line(index, entry))


@log.command(
    epilog="\b\nExamples:\n  promoter log verify\n  promoter log verify --checkpoint kept/checkpoint.txt\n"
    "  promoter log verify --offline    without the environment repository"
)
@click.option("--offline", is_flag=True, help="Compare with no checkpoints from the environment repository.")
@click.option(
    "--checkpoint",
    "notes",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="A note that `promoter log checkpoint` wrote, to be compared too; may be given several times.",
)
@click.pass_obj
def verify(session: Session, offline: bool, notes: tuple[Path, ...]) -> None:
    """Rehash every entry and blob, and compare with the checkpoints in the environment repository's commits.

    Exit code 1 if anything was changed, is missing, out of order or cut off. What was appended after the newest
    checkpoint is not covered by it.
    """
    configuration = session.configuration()
    store = session.kept_store(configuration)
    kept = tuple(open_anchor(path, configuration.promoter.origin, open_verifier(store)) for path in notes)
    report = inspect_log(configuration, session.directory, store, offline=offline, notes=kept)
    for problem in report.problems:
        click.echo(str(problem), err=True)
    count = len(report.problems)
    found = f"{count} problem{'s' if count > 1 else ''}" if count else "no problem found"
    click.echo(f"{report.entries} entries, {report.blobs} blobs, {report.anchors} checkpoints compared: {found}")
    if not report.anchors:
        why = _OFFLINE if offline else "nothing anchors this ledger"
        click.echo(f"{why}: a rewritten file could not be told from this one", err=True)
    sys.exit(1 if report.problems else 0)


_OFFLINE = "because of --offline, the checkpoints in the environment repository were not compared"


@log.command(epilog="\b\nExample:\n  promoter log checkpoint > checkpoint.txt")
@click.pass_obj
def checkpoint(session: Session) -> None:
    """Write a signed checkpoint of the ledger (C2SP signed note), and the key that verifies it.

    Keep it somewhere else: `promoter log verify --checkpoint` holds the ledger to it.
    """
    store = session.kept_store_of(session.machine().main)
    click.echo(store.journal.checkpoint(), nl=False)
    click.echo(f"verifier key: {store.signer.verifier_key}", err=True)
