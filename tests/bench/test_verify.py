"""One verification (signature, provenance, SBOM, scan of one image) beside the four cosign commands that do the same.

Both ask the same registry about the same digest with the same trusted root, in turns, on loopback and with 20 ms added
to every answer. Requests, round trips, memory and a floor of the ratio to cosign are asserted; times are printed only.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.cosign import Cosign, make_cosign
from tests.bench.exchanges import EXCHANGES, SCENE, TAKEN, Exchange, Scene, Taken, depth
from tests.bench.partner import Partner
from tests.interop.toolbox import path_of

pytestmark = pytest.mark.bench

AWAY = 0.02  # seconds added to every answer
FAR = 0.2  # so long that round trips can be told from work
REPEATS = 15
REQUESTS = 10  # of the registry: manifest, referrers, and a manifest and a blob for each of four
ROUND_TRIPS = 3
LOOPBACK_RATIO = 4.0  # times faster at least; the aims are 5 and 15, which a machine with other work may miss
AWAY_RATIO = 12.0
MEMORY = 600.0  # MB, at most, for the large image


@dataclass(frozen=True, slots=True)
class Stage:
    """A world with one attested image, and a warm process of the program in front of it."""

    scene: Scene
    world: Partner
    bot: Partner

    def do(self, deed: str) -> Taken:
        """Let the warm process verify once; raises AssertionError where the image does not pass."""
        taken = TAKEN.validate_json(self.bot.ask(deed))
        assert taken.outcome == "pass"
        return taken

    def seen(self, delay: float) -> tuple[Exchange, ...]:
        """Give what the servers were asked since the last time; answers take `delay` seconds longer from now on."""
        return EXCHANGES.validate_json(self.world.ask(str(delay)))

    def command(self) -> float:
        """Run `promoter verify` as a person does; gives the seconds."""
        reference = f"cart:{self.scene.release}@{self.scene.digest}"
        command = [
            sys.executable,
            "-m",
            "promoter",
            "--config",
            self.scene.config,
            "verify",
            reference,
            "--env",
            "prod",
        ]
        began = time.monotonic()
        subprocess.run(command, env=self.scene.variables, capture_output=True, check=True)
        return time.monotonic() - began


@contextmanager
def staged(directory: Path, *options: str) -> Iterator[Stage]:
    """Give a world and a process that has not verified anything yet."""
    with Partner("verify_world", str(directory), *options) as world:
        scene = SCENE.validate_json(world.greeting)
        arguments = (scene.release, scene.digest, scene.config)
        with Partner("verify_bot", *arguments, variables=scene.variables) as bot:
            yield Stage(scene, world, bot)


@dataclass(frozen=True, slots=True)
class Row:
    """What one way of verifying took: seconds of every repeat, and what the servers were asked by one of them."""

    name: str
    seconds: tuple[float, ...]
    asked: tuple[Exchange, ...]

    @property
    def median(self) -> float:
        """Seconds of the repeat in the middle."""
        return statistics.median(self.seconds)

    def requests(self, server: str) -> int:
        """Give the requests that one verification sends to a server."""
        return sum(one.server == server for one in self.asked)


def rows(stage: Stage, cosign: Cosign, delay: float) -> tuple[Row, ...]:
    """Verify in every way in turns, so that whatever else the machine does falls on all of them."""
    ways: dict[str, Callable[[], float]] = {
        "four cosign commands": cosign.verify,
        "image": lambda: stage.do("image").wall,
        "release": lambda: stage.do("release").wall,
        "verify, started already": lambda: stage.do("verify").wall,
        "promoter verify": stage.command,
    }
    asked = {}
    stage.seen(FAR)
    for name, way in ways.items():
        way()
        asked[name] = stage.seen(FAR)
    stage.seen(delay)
    seconds = [tuple(way() for way in ways.values()) for _ in range(REPEATS)]
    return tuple(Row(name, each, asked[name]) for name, each in zip(ways, zip(*seconds, strict=True), strict=True))


def table(title: str, found: tuple[Row, ...]) -> str:
    """Lay rows out: median and fastest in milliseconds, how many times cosign's median is theirs, requests, depth."""
    head = f"{title:<34}{'median ms':>10}{'least ms':>10}{'ratio':>8}{'registry':>10}{'forge':>7}{'deep':>6}"
    return "\n".join(("", head, *(line(row, found[0]) for row in found)))


def line(row: Row, cosign: Row) -> str:
    """Lay one row out."""
    times = f"{1000 * row.median:>10.0f}{1000 * min(row.seconds):>10.0f}{cosign.median / row.median:>8.1f}"
    return f"{row.name:<34}{times}{row.requests('registry'):>10}{row.requests('forge'):>7}{depth(row.asked):>6}"


@pytest.mark.parametrize(
    ("title", "delay", "floor"),
    [("on loopback", 0.0, LOOPBACK_RATIO), ("20 ms added to every answer", AWAY, AWAY_RATIO)],
    ids=["loopback", "away"],
)
def test_a_verification_is_ten_requests_three_deep_and_many_times_faster_than_cosign(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], title: str, delay: float, floor: float
) -> None:
    path_of("cosign")
    with staged(tmp_path / "world") as stage:
        found = rows(stage, make_cosign(tmp_path / "home", stage.scene), delay)
    with capsys.disabled():
        print(table(title, found))  # noqa: T201 - a benchmark's figures
    cosign, image, release, started, command = found
    for row in (image, release):
        assert (row.requests("registry"), row.requests("forge"), depth(row.asked)) == (REQUESTS, 0, ROUND_TRIPS)
    for row in (started, command):
        assert (row.requests("registry"), row.requests("forge"), depth(row.asked)) == (REQUESTS + 1, 3, ROUND_TRIPS)
    assert cosign.median >= floor * image.median


def test_an_sbom_of_20_mb_and_50000_findings_are_verified_in_bounded_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with staged(tmp_path / "world", "--large") as stage:
        rested = float(stage.bot.greeting)
        taken = stage.do("image")
    with capsys.disabled():
        print(  # noqa: T201
            f"\nan SBOM of 20 MB and 50,000 findings: {taken.peak:.0f} MB at most ({rested:.0f} MB before), "
            f"{taken.wall:.1f} s, {taken.cpu:.1f} s of processor time"
        )
    assert taken.peak < MEMORY


def test_what_verifying_one_bundle_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with staged(tmp_path / "world") as stage:
        taken = [stage.do("image") for _ in range(REPEATS)]
    each = [1000 * one.examining / one.bundles for one in taken]
    with capsys.disabled():
        print(  # noqa: T201
            f"\nverifying one bundle, fetched already: {statistics.median(each):.1f} ms of processor time "
            f"(least {min(each):.1f})"
        )
    assert {one.bundles for one in taken} == {4}
