"""`promoter run` and `promoter once`: commands that make the bot act."""

import logging
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cache, partial
from pathlib import Path

import click

from promoter.cli.hints import read_hints
from promoter.cli.session import Session, find_service
from promoter.cli.tables import write_json
from promoter.config import Configuration
from promoter.orphans import find_orphans
from promoter.reconcile import Report
from promoter.scheduler import Chore, Loop, Running
from promoter.selftest import PACE, SelfTest
from promoter.wiring import (
    Store,
    held_state,
    open_clients,
    open_clock,
    open_reconciler,
    open_root_watch,
    refuse_other_ledger,
)

_LOG = logging.getLogger("promoter")


@click.command(
    short_help="Run the bot until SIGTERM.", epilog="\b\nExample:\n  promoter --config /etc/promoter run --workers 8"
)
@click.option("--workers", default=4, show_default=True, type=click.IntRange(1, 64), help="Services looked at at once.")
@click.option("--verbose", is_flag=True, help="Log every action.")
@click.option("--listen", metavar="HOST:PORT", help="Take hints by webhook there; off without it.")
@click.option(
    "--webhook-secret-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the secret that hints are signed with, at least 16 characters.",
)
@click.pass_obj
def run(session: Session, workers: int, verbose: bool, listen: str | None, webhook_secret_file: Path | None) -> None:
    """Run the bot until SIGTERM, which lets the action under way finish.

    SIGHUP or a changed file takes a new configuration over; a bad one is refused in the log, and the last good one
    stays.

    With --listen, a hint brings the next look at the services it concerns forward: GitHub's webhooks at /hooks/github,
    a registry's notifications at /hooks/registry, `promoter wake` at /hooks/wake. Nothing that a hint says is believed.
    """
    hints = read_hints(listen, webhook_secret_file)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("promoter").setLevel(logging.DEBUG if verbose else logging.INFO)
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    configuration = session.configuration()

    @cache  # opened once, when the first configuration has proved good: nothing is made for a bad one
    def store() -> Store:
        opened = session.store(configuration)
        if opened.beginning:
            _LOG.warning("%s", opened.beginning)
        return opened

    def assemble(fresh: Configuration, is_stopping: Callable[[], bool]) -> Running:
        clients = open_clients(fresh, session.directory)
        trust = open_root_watch(fresh.promoter, session.directory, clients.signatures.root().digest)
        reconciler = open_reconciler(fresh, clients, store(), is_stopping)
        canaries = SelfTest(fresh, clients.signatures, store().journal, open_clock())
        chores = (Chore("self-test of rules", PACE, canaries),)
        return Running(fresh, reconciler, trust, partial(assemble, fresh, is_stopping), chores)

    def build(is_stopping: Callable[[], bool]) -> Running:
        fresh = session.configuration()
        refuse_other_ledger(configuration.promoter, fresh.promoter)
        running = assemble(fresh, is_stopping)
        for orphan in find_orphans(store().journal, fresh):
            _LOG.error("%s", orphan)
        return running

    loop = Loop(session.directory, build, open_clock(), workers)
    signal.signal(signal.SIGTERM, lambda *_: loop.stop())
    signal.signal(signal.SIGINT, lambda *_: loop.stop())
    signal.signal(signal.SIGHUP, lambda *_: loop.reload())
    with held_state(configuration.promoter, session.directory), hints(loop) if hints else nullcontext():
        loop.run()
    store().ledger.close()


@click.command(
    short_help="Reconcile services once, or only plan.",
    epilog="\b\nExamples:\n  promoter once --dry-run cart      what would the bot do now?\n  promoter once",
)
@click.argument("services", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Look, judge and plan, and print the plan; nothing is done outside.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def once(session: Session, services: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Reconcile services once (all of them unless some are named); exit code 3 if the world did not answer.

    A dry run keeps what it saw and decided in the ledger too, and begins one where there is none.
    """
    configuration = session.configuration()
    names = [find_service(configuration, name).name for name in services] or sorted(configuration.services)
    clients = open_clients(configuration, session.directory)  # before anything is made
    store = session.store(configuration)
    if store.beginning:
        click.echo(f"promoter: {store.beginning}", err=True)
    reconciler = open_reconciler(configuration, clients, store)
    with nullcontext() if dry_run else held_state(configuration.promoter, session.directory):
        reports = [reconciler.reconcile(name, dry_run=dry_run) for name in names]
    if as_json:
        write_json([_document(report) for report in reports])
    for report in reports:
        if not as_json and (report.actions or not report.trouble):
            click.echo(f"{report.service}: " + ("; ".join(str(action) for action in report.actions) or "at rest"))
        if report.trouble:
            click.echo(f"{report.service}: undecided: {report.trouble}", err=True)
    for orphan in find_orphans(store.journal, configuration):
        click.echo(str(orphan), err=True)
    if any(report.trouble for report in reports):
        sys.exit(3)


def _document(report: Report) -> Mapping[str, object]:
    trouble = str(report.trouble) if report.trouble else None
    return {"service": report.service, "actions": [str(action) for action in report.actions], "trouble": trouble}
