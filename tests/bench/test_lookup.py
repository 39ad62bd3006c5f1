"""What it costs to look at many services: registry requests by three budgets, forge and git requests, memory.

Discovery: the tag list, and the manifest of a tag that is new. Tag watch: one HEAD for each tag in flight. Evidence
re-check: one list of referrers for each digest in flight. Counts and memory are asserted; times are printed only.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.figures import (
    DISCOVERY,
    EVIDENCE,
    PASS,
    READY,
    RECHECK,
    START,
    WORLD,
    Budget,
    Row,
    WorldFigures,
    WorldReady,
)
from tests.bench.partner import Partner

MEMORY = 150.0  # MB, at most, at 200 services
GROWTH = 2.0  # MB, at most, over 50 idle passes
FETCH = 2  # git's requests over HTTP when a fetch brings nothing new
EVIDENCE_ITEMS = 4  # signature, provenance, SBOM, scan: each is a manifest and a blob


@dataclass(frozen=True, slots=True)
class Stage:
    """A world and a bot in front of it."""

    services: int
    world: Partner
    bot: Partner

    def run(self, name: str) -> Row:
        """Let the bot look at every service once."""
        before = self.tell("count")
        figures = PASS.validate_json(self.bot.ask("pass"))
        return Row(name, self.services, figures, self.tell("count").since(before))

    def tell(self, deed: str) -> WorldFigures:
        """Let the world do something: `release` two unsigned releases of every service, `move` the base branch."""
        return WORLD.validate_json(self.world.ask(deed))


@contextmanager
def staged(directory: Path, services: int, *options: str) -> Iterator[tuple[Stage, WorldReady]]:
    """Give a world at rest and a bot that has not looked yet."""
    with Partner("lookup_world", str(directory), str(services), *options) as world:
        ready = READY.validate_json(world.greeting)
        with Partner("lookup_bot", ready.config, variables=ready.variables) as bot:
            yield Stage(services, world, bot), ready


HEADINGS = (
    ("pass", 28),
    ("wall s", 7),
    ("cpu ms", 7),
    ("git ms", 7),
    ("discovery", 10),
    ("watch", 6),
    ("re-check", 9),
    ("evidence", 9),
    ("forge", 6),
    ("git", 6),
    ("entries", 8),
    ("MB", 6),
    ("peak MB", 8),
)


def table(title: str, rows: tuple[Row, ...]) -> str:
    """Lay the rows out; processor time and requests are for each service, git's requests and entries for the pass."""
    lines = [title, "".join(f"{text:<{width}}" if text == "pass" else f"{text:>{width}}" for text, width in HEADINGS)]
    return "\n".join(("", *lines, *(line(row) for row in rows)))


def line(row: Row) -> str:
    """Lay one row out."""
    bot, each = row.bot, row.services
    cells = (
        f"{bot.wall:.1f}",
        f"{1000 * bot.cpu / each:.1f}",
        f"{1000 * bot.git_cpu / each:.1f}",
        f"{bot.count(*DISCOVERY) / each:g}",
        f"{bot.count(Budget.WATCH) / each:g}",
        f"{bot.count(*RECHECK) / each:g}",
        f"{bot.count(*EVIDENCE) / each:g}",
        f"{row.world.api / each:.3g}",
        f"{row.world.git}",
        f"{bot.entries}",
        f"{bot.memory:.0f}",
        f"{bot.peak:.0f}",
    )
    first, widths = f"{row.name:<{HEADINGS[0][1]}}", (width for _, width in HEADINGS[1:])
    return first + "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def assert_cold(row: Row) -> None:
    """The first look: two requests find a release, and its evidence is fetched once."""
    bot, services = row.bot, row.services
    assert bot.troubles == ()
    assert bot.actions == 0
    assert bot.discovery_most <= 2
    assert bot.count(*DISCOVERY) == 2 * services
    assert_watched(row)
    assert bot.count(*EVIDENCE) == 2 * EVIDENCE_ITEMS * services
    assert bot.count(Budget.OTHER) == 0


def assert_idle(row: Row) -> None:
    """A later look at a world that did not change: the three budgets and nothing else, and no word in the ledger."""
    bot = row.bot
    assert bot.troubles == ()
    assert (bot.actions, bot.entries) == (0, 0)
    assert bot.discovery_most == 1
    assert bot.count(Budget.NEW_TAG, Budget.OTHER, *EVIDENCE) == 0
    assert_watched(row)
    assert row.world.api == 0
    assert row.world.git <= FETCH


def assert_watched(row: Row) -> None:
    """Every digest in flight costs one HEAD for its tag and one list of referrers."""
    bot = row.bot
    assert bot.in_flight >= row.services
    assert (bot.watch_most, bot.recheck_most) == (1, 1)
    assert bot.count(Budget.WATCH) == bot.in_flight
    assert bot.count(*RECHECK) == bot.in_flight


@pytest.mark.bench
def test_200_services_cost_their_budgets_in_under_150_mb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with staged(tmp_path, 200) as (stage, ready):
        cold = stage.run("cold")
        idle = [stage.run(f"idle {n + 1}") for n in range(50)]
        with Partner("lookup_bot", ready.config, variables=ready.variables) as second:
            start = START.validate_json(second.greeting)
            again = Stage(200, stage.world, second).run("started again")
        stage.tell("release")
        further = stage.run("two unsigned releases more")
        settled = stage.run("their deadline passed")
        wider = stage.run("idle, three in flight")
        stage.tell("move")
        moved = stage.run("the base branch moved")
    rows = (cold, idle[0], idle[4], idle[-1], again, further, settled, wider, moved)
    with capsys.disabled():
        print(table(f"200 services of 30 tags; a bot that has not looked yet: {start.memory:.0f} MB", rows))  # noqa: T201
    assert_cold(cold)
    for row in (*idle, wider):
        assert_idle(row)
    assert again.bot.count(Budget.NEW_TAG, *EVIDENCE) == 0  # everything that was fetched is kept
    assert again.bot.entries == 0
    assert further.bot.discovery_most == 3  # the list, and two manifests by tag
    assert further.bot.count(*EVIDENCE) == 0
    assert wider.bot.in_flight == 3 * 200
    assert (moved.bot.entries, moved.world.api) == (0, 0)
    assert wider.bot.peak < MEMORY
    assert idle[-1].bot.memory - idle[4].bot.memory < GROWTH


@pytest.mark.bench
def test_1000_services_cost_each_what_one_of_200_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with staged(tmp_path, 1000) as (stage, _):
        rows = tuple(stage.run(name) for name in ("cold", "idle 1", "idle 2", "idle 3"))
    with capsys.disabled():
        print(table("1,000 services of 30 tags", rows))  # noqa: T201
    assert_cold(rows[0])
    for row in rows[1:]:
        assert_idle(row)


@pytest.mark.bench
def test_a_registry_without_the_referrers_api_costs_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with staged(tmp_path, 40, "--fallback") as (stage, _):
        rows = tuple(stage.run(name) for name in ("cold", "idle 1", "idle 2"))
    with capsys.disabled():
        print(table("40 services of 30 tags on a registry without the referrers API", rows))  # noqa: T201
    assert rows[0].bot.count(Budget.REFERRERS) == 40  # asked once, to find out
    for row in rows[1:]:
        assert_idle(row)
        assert row.bot.count(Budget.REFERRERS) == 0
