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
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.core.evidence import Attestation
from promoter.local.authority.contents import Envelope
from promoter.local.authority.sealing import LogKind
from promoter.local.predicates import CYCLONEDX_TYPE, Package, Weakness, cyclonedx, provenance, trivy_report
from promoter.ports import Material
from tests.adapters.bundles import NOW, SIGNER, SUBJECT, statement, trusted_root
from tests.adapters.signed_pieces import certified, in_bundle, sealed
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
WARM = 50  # times that each bundle is verified
SIGNATURE_CHECKS = (
    80  # that verifying one bundle takes the time of, at most; the aim is 2 ms, which depends on the machine
)


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


# --- one bundle, fetched already --------------------------------------------------------------------------------------


def pieces(log: LogKind, stamps: tuple[datetime, ...]) -> tuple[Material, ...]:
    """Give the four bundles of an image: signature, provenance, SBOM of 100 components, scan with 40 findings."""
    packages = tuple(Package(f"library-{n}", f"{n % 9}.{n % 7}.{n}") for n in range(100))
    weaknesses = tuple(Weakness(f"CVE-2026-{n}", "LOW", packages[n]) for n in range(40))
    stated: dict[str, object] = {
        "https://sigstore.dev/cosign/sign/v1": {},
        "https://slsa.dev/provenance/v1": provenance(SIGNER),
        CYCLONEDX_TYPE: cyclonedx("cart", "1.0.0", packages, NOW),
        "https://cosign.sigstore.dev/attestation/vuln/v1": trivy_report(SUBJECT, weaknesses, NOW),
    }
    contents = (Envelope(statement(predicateType=kind, predicate=each)) for kind, each in stated.items())
    return tuple(in_bundle(sealed(content, certified(), log, stamps=stamps)) for content in contents)


def taken_by(deed: Callable[[], object]) -> float:
    """Give the milliseconds of processor time that something takes."""
    began = time.process_time()
    deed()
    return 1000 * (time.process_time() - began)


def signature_check() -> float:
    """Give the milliseconds of one ECDSA verification on P-256, by which a machine's speed is told."""
    private = ec.generate_private_key(ec.SECP256R1())
    signature, public = private.sign(b"x", ec.ECDSA(SHA256())), private.public_key()
    return statistics.median(
        taken_by(lambda: public.verify(signature, b"x", ec.ECDSA(SHA256()))) for _ in range(4 * WARM)
    )


@pytest.mark.parametrize(
    ("name", "log", "stamps"),
    [("Rekor v1", LogKind.V1, ()), ("Rekor v2 and a timestamp", LogKind.V2, (NOW,))],
    ids=["v1", "v2"],
)
def test_what_verifying_one_bundle_costs(
    capsys: pytest.CaptureFixture[str], name: str, log: LogKind, stamps: tuple[datetime, ...]
) -> None:
    materials = pieces(log, stamps)
    signatures = SigstoreSignatures(Trust.from_bytes(trusted_root(), "trusted_root.json"))

    def examine(material: Material) -> None:
        assert isinstance(signatures.examine(material, SUBJECT), Attestation)

    passes = [[taken_by(partial(examine, each)) for each in materials] for _ in range(1 + WARM)]
    cold, warm = statistics.mean(passes[0]), statistics.median(one for each in passes[1:] for one in each)
    check = signature_check()
    with capsys.disabled():
        print(  # noqa: T201
            f"\nverifying one bundle, fetched already, {name}: {warm:.2f} ms of processor time, {cold:.1f} ms the first"
            f" time; as long as {warm / check:.0f} checks of a signature"
        )
    assert warm < SIGNATURE_CHECKS * check
