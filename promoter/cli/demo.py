"""`promoter demo`."""

import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import click

from promoter.cli.session import Session
from promoter.cli.tables import console, status_table
from promoter.core.overview import overview
from promoter.core.record import Incident, StandingMoved
from promoter.core.standing import StandingEvent
from promoter.local.bot import Bot
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
        with Bot(session.directory, world.variables(folder / "state"), folder / "bot.log") as bot:
            problems = tell_all(world, bot, tell)
            rows = [
                row
                for service in bot.configuration.services.values()
                for row in overview(service, bot.configuration.graph, bot.history(service.name))
            ]
            console().print(status_table(rows))
            write_incidents(bot)
            write_pages(world, bot)
            for problem in problems:
                click.echo(f"NOT AS THE STORY SAYS: {problem}", err=True)
            if not problems:
                click.echo(f"Every release ended where the story says, after {time.monotonic() - began:.0f} s.")
            if keep:
                wait_for_interrupt()
    sys.exit(1 if problems else 0)


def write_incidents(bot: Bot) -> None:
    """Write what a person must look at."""
    for _, entry in bot.store.journal.entries():
        if isinstance(entry, Incident):
            place = f" in {entry.environment}" if entry.environment else ""
            click.echo(f"incident  {entry.service} {entry.release}{place}: {entry.what}: {entry.detail}")


def write_pages(world: World, bot: Bot) -> None:
    """Write the address of every pull request's page."""
    click.echo(f"\nPull requests: {world.forge.url}/{ENVIRONMENTS}")
    for _, entry in bot.store.journal.entries():
        if isinstance(entry, StandingMoved) and entry.event is StandingEvent.PR_OPENED:
            about = f"{entry.service} {entry.release} to {entry.environment}"
            click.echo(f"  {about:<28} {world.page(entry.number)}")
    click.echo()


def wait_for_interrupt() -> None:
    """Wait for Ctrl-C."""
    click.echo("Everything stays up until Ctrl-C.")
    stopped = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    stopped.wait()
