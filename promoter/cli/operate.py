"""`promoter run` and `promoter once`: commands that make the bot act."""

import logging
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

import click

from promoter.cli.hints import read_hints
from promoter.cli.session import Session, find_service
from promoter.cli.tables import write_json
from promoter.comparison import tell_weaker
from promoter.config import Configuration, PromoterFile
from promoter.orphans import find_orphans
from promoter.reconcile import Reconciler, Report
from promoter.rulebook import Rulebook
from promoter.scheduler import Chore, Loop, Running
from promoter.selftest import PACE, SelfTest
from promoter.wiring import (
    Clients,
    Store,
    held_state,
    open_clients,
    open_clock,
    open_reconciler,
    open_root_watch,
    open_rulebook,
    refuse_other_ledger,
)

_LOG = logging.getLogger("promoter")
_REVERT_SEEN = timedelta(seconds=5)  # within which a running bot takes over rules that a person went back to


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
    machine = session.machine()
    if machine.main.rules is None:
        machine.load()  # rules beside promoter.yaml must be good before anything is made

    @cache  # opened once, when the first configuration has proved good: nothing is made for a bad one
    def store() -> Store:
        opened = session.store_of(machine.main)
        if opened.beginning:
            _LOG.warning("%s", opened.beginning)
        return opened

    def assemble(fresh: Configuration, clients: Clients, rules: Rulebook, is_stopping: Callable[[], bool]) -> Running:
        trust = open_root_watch(fresh.promoter, session.directory, clients.signatures.root().digest)
        reconciler = open_reconciler(fresh, clients, store(), is_stopping, rules.answers())
        canaries = SelfTest(fresh, clients.signatures, store().journal, open_clock())
        chores = (Chore("self-test of rules", PACE, canaries), *_follow(fresh.promoter, rules, wakes))

        def again() -> Running:
            return assemble(fresh, open_clients(fresh.promoter, session.directory), rules, is_stopping)

        return Running(fresh, reconciler, trust, again, chores)

    def build(is_stopping: Callable[[], bool]) -> Running:
        now = session.machine()
        refuse_other_ledger(machine.main, now.main)
        clients = open_clients(now.main, session.directory)  # before anything is made
        rules = open_rulebook(now, store(), tell_weaker)
        fresh = rules.take()
        running = assemble(fresh, clients, rules, is_stopping)
        for orphan in find_orphans(store().journal, fresh):
            _LOG.error("%s", orphan)
        return running

    wakes: list[Callable[[], None]] = []  # the loop is made with what builds it
    loop = Loop(session.directory, build, open_clock(), workers)
    wakes.append(loop.reload)
    signal.signal(signal.SIGTERM, lambda *_: loop.stop())
    signal.signal(signal.SIGINT, lambda *_: loop.stop())
    signal.signal(signal.SIGHUP, lambda *_: loop.reload())
    with held_state(machine.main, session.directory), hints(loop) if hints else nullcontext():
        loop.run()
    store().ledger.close()


def _follow(main: PromoterFile, rules: Rulebook, wakes: list[Callable[[], None]]) -> Iterator[Chore]:
    """Give the chores of following the rules: a person's word in the ledger, and the branch in git."""

    def wake_if(is_asked: Callable[[], bool]) -> None:
        for wake in wakes if is_asked() else ():
            wake()

    yield Chore("rules in force", _REVERT_SEEN, partial(wake_if, rules.is_overruled))
    if main.rules:
        yield Chore("rules from git", main.rules.refresh, partial(wake_if, rules.is_due))


def _taken(session: Session) -> tuple[Configuration, Reconciler, Store]:
    """Give the configuration with the rules that are in force after a look at them, and what acts on it, as in `run`.

    The credentials are read, and rules beside promoter.yaml, before anything is made.
    """
    machine = session.machine()
    if machine.main.rules is None:
        machine.load()
    clients = open_clients(machine.main, session.directory)
    store = session.store_of(machine.main)
    if store.beginning:
        click.echo(f"promoter: {store.beginning}", err=True)
    rules = open_rulebook(machine, store, tell_weaker)
    configuration = rules.take()
    return configuration, open_reconciler(configuration, clients, store, answers=rules.answers()), store


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
    if session.machine().main.rules is None:
        _chosen(session.configuration(), services)  # an unknown name makes nothing
    configuration, reconciler, store = _taken(session)
    names = _chosen(configuration, services)
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


def _chosen(configuration: Configuration, services: tuple[str, ...]) -> list[str]:
    """Give the services that are named, all of them if none is; raises ConfigError for a name that nobody has."""
    return [find_service(configuration, name).name for name in services] or sorted(configuration.services)


def _document(report: Report) -> Mapping[str, object]:
    trouble = str(report.trouble) if report.trouble else None
    return {"service": report.service, "actions": [str(action) for action in report.actions], "trouble": trouble}
