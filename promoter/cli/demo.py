"""`promoter demo`."""

import shlex
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from promoter.cli.session import Session
from promoter.cli.tables import console, status_table
from promoter.core.overview import overview
from promoter.core.record import AnyEntry, Incident, StandingMoved
from promoter.core.standing import StandingEvent
from promoter.local.bot import Bot, write_variables
from promoter.local.story import TELLERS, tell_all
from promoter.local.world import ENVIRONMENTS, World
from promoter.wiring import open_clock


@click.command(
    short_help="Tell the whole story on this machine.",
    epilog="\b\nExamples:\n  promoter demo\n  promoter demo --keep      look at the pull requests in a browser",
)
@click.option("--keep", is_flag=True, help="Keep everything up for a browser until Ctrl-C.")
@click.option(
    "--environments",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default="environments",
    show_default=True,
    help="What the environment repository begins with.",
)
@click.pass_obj
def demo(session: Session, keep: bool, environments: Path) -> None:
    """Tell the whole story on this machine: registry, forge, signing authority and the bot, on loopback."""
    began = time.monotonic()

    def tell(who: str, sentence: str) -> None:
        click.echo(f"{time.monotonic() - began:6.1f}s  {who:<8} {sentence}")

    folder = Path(tempfile.mkdtemp(prefix="promoter-demo-"))
    with World(folder, environments, open_clock()) as world:
        tell("world", f"registry, forge and signing authority run; everything is kept in {folder}")
        for service in TELLERS:
            world.create_source(service)
        variables = world.variables(folder / "state")
        write_variables(folder / "env.sh", variables)
        with Bot(session.directory, variables, folder / "bot.log") as bot:
            problems = tell_all(world, bot, tell)
            rows = [
                row
                for service in bot.configuration.services.values()
                for row in overview(service, bot.configuration.graph, bot.history(service.name))
            ]
            console().print(status_table(rows))
            entries = [entry for _, entry in bot.store.journal.entries()]
            for line in (*incident_lines(entries), "", *page_lines(entries, world, is_kept=keep), ""):
                click.echo(line)
            for problem in problems:
                click.echo(f"NOT AS THE STORY SAYS: {problem}", err=True)
            if not problems:
                click.echo(f"Every release ended where the story says, after {time.monotonic() - began:.0f} s.")
            for line in folder_lines(folder, session.directory, is_kept=keep):
                click.echo(line)
            if keep:
                wait_for_interrupt()
    sys.exit(1 if problems else 0)


def incident_lines(entries: Iterable[AnyEntry]) -> Iterator[str]:
    """Give what a person must look at, with the person who did it where there is one."""
    for entry in entries:
        if isinstance(entry, Incident):
            place = f" in {entry.environment}" if entry.environment else ""
            person = f" (by {entry.actor})" if entry.actor else ""
            yield f"incident  {entry.service} {entry.release}{place}: {entry.what}: {entry.detail}{person}"


def page_lines(entries: Iterable[AnyEntry], world: World, *, is_kept: bool) -> Iterator[str]:
    """Give the address of every pull request's page once, with the releases that it carried one after the other."""
    ended = "" if is_kept else "; they ended with the demo (`make demo KEEP=1` or `promoter demo --keep` keeps them up)"
    yield f"Pull requests: {world.forge.url}/{ENVIRONMENTS}{ended}"
    carried: dict[int, list[StandingMoved]] = {}
    for entry in entries:
        if isinstance(entry, StandingMoved) and entry.event is StandingEvent.PR_OPENED:
            carried.setdefault(entry.number, []).append(entry)
    for number, opened in carried.items():
        releases = ", then ".join(dict.fromkeys(entry.release for entry in opened))
        about = f"{opened[0].service} {releases} to {opened[0].environment}"
        yield f"  {about:<36} {world.page(number)}"


def folder_lines(folder: Path, config: Path, *, is_kept: bool) -> Iterator[str]:
    """Give where everything is, and how other commands are run on it; the ledger is read without the world too."""
    own = Path(sys.argv[0])
    program = f"{sys.executable} -m promoter" if own.name == "__main__.py" else shlex.quote(str(own))
    option = "" if config == Path("config") else f" --config {shlex.quote(str(config))}"
    deletion = "may be deleted afterwards" if is_kept else "may be deleted"
    yield f"Ledger, evidence and the bot's log are in {folder}, which {deletion}. To look at them:"
    yield f"  . {shlex.quote(str(folder / 'env.sh'))} && {program}{option} status"


def wait_for_interrupt() -> None:
    """Wait for Ctrl-C."""
    click.echo("Everything stays up until Ctrl-C.")
    stopped = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    stopped.wait()
