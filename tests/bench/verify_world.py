"""The world of the verification benchmark, in a process of its own: one image, signed and attested as real ones are.

Registry and forge note every exchange and can wait before each answer, as if they were far away. "Large" is an SBOM of
20 MB and a report of 50,000 findings.

    python -m tests.bench.verify_world DIRECTORY [--large]
"""

import sys
import threading
import time
from pathlib import Path
from typing import ClassVar

from promoter.adapters.clock_system import SystemClock
from promoter.core.evidence import Signer
from promoter.local.forge.exchange import ApiAnswer
from promoter.local.forge.forge import LocalForge
from promoter.local.pipeline import SCANNER, Pipeline, Recipe
from promoter.local.predicates import CYCLONEDX_TYPE, Package, Weakness, cyclonedx
from promoter.local.registry import LocalRegistry
from promoter.local.registry_handler import RegistryHandler
from promoter.local.world import World
from tests.bench.exchanges import EXCHANGES, SCENE, Exchange, Scene

SERVICE = "cart"
RELEASE = "1.0.0"
CONFIG = Path("config")
ENVIRONMENTS = Path("environments")
LARGE_SBOM = 20_000_000  # bytes
LARGE_REPORT = 50_000  # findings

_PACKAGES = tuple(Package(f"library-{n}", f"{n % 9}.{n % 7}.{n}") for n in range(100))


class Meter:
    """Notes exchanges, and holds every answer back as long as it is told; safe for several threads."""

    def __init__(self) -> None:
        self.delay = 0.0  # seconds
        self._lock = threading.Lock()
        self._noted: list[Exchange] = []

    def wait(self) -> float:
        """Hold an answer back; gives the time when its request came."""
        began = time.monotonic()
        if self.delay:
            time.sleep(self.delay)
        return began

    def note(self, server: str, asked: str, began: float) -> None:
        """Note an exchange whose answer is about to go out."""
        with self._lock:
            self._noted.append(Exchange(server, asked, began, time.monotonic()))

    def take(self) -> tuple[Exchange, ...]:
        """Give what was noted since the last time."""
        with self._lock:
            taken, self._noted = self._noted, []
            return tuple(taken)


METER = Meter()


class MeteredHandler(RegistryHandler):
    """A registry's connection that notes its exchanges."""

    meter: ClassVar[Meter] = METER

    def do_GET(self) -> None:
        """Serve any method, after the delay."""
        began = self.meter.wait()
        super().do_GET()
        self.meter.note("registry", f"{self.command} {self.path}", began)

    do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names of http.server


class MeteredForge(LocalForge):
    """A forge that notes what its API is asked."""

    def call(self, method: str, target: str, authorization: str, body: bytes) -> ApiAnswer:
        """Answer, after the delay."""
        began = METER.wait()
        try:
            return super().call(method, target, authorization, body)
        finally:
            METER.note("forge", f"{method} {target}", began)


def release(world: World, *, is_large: bool) -> Scene:
    """Push the image with its evidence; gives where everything is."""
    world.create_source(SERVICE)
    pipeline = Pipeline(world, SERVICE)
    digest, source = pipeline.push(RELEASE, Recipe())
    signer = pipeline.signer(source)
    if is_large:
        pipeline.attest(
            RELEASE, digest, source, Recipe(weaknesses=_weaknesses(LARGE_REPORT), without=frozenset({"sbom"}))
        )
        document = cyclonedx(SERVICE, RELEASE, _PACKAGES, world.clock.now())
        document["components"] = [_syft_component(n) for n in range(LARGE_SBOM // 1000)]
        pipeline.team.attest(pipeline.repository, digest, signer, CYCLONEDX_TYPE, document)
    else:
        pipeline.attest(RELEASE, digest, source, Recipe(packages=_PACKAGES, weaknesses=_weaknesses(40)))
    return Scene(
        image=f"{world.registry.host}/{pipeline.repository.path}@{digest}",
        digest=digest,
        release=RELEASE,
        releaser=_named(signer),
        scanner=_named(SCANNER),
        trusted_root=str(world.authority.trusted_root),
        config=str(CONFIG.resolve()),
        variables=dict(world.variables(world.directory / "state")),
    )


def _named(signer: Signer) -> tuple[str, str]:
    return signer.san, signer.issuer


def _weaknesses(count: int) -> tuple[Weakness, ...]:
    return tuple(Weakness(f"CVE-2026-{n}", "LOW", _PACKAGES[n % len(_PACKAGES)]) for n in range(count))


def _syft_component(number: int) -> dict[str, object]:
    """Give a component of 1,000 bytes or a little more, most of them properties, as Syft writes them."""
    places = [{"name": f"syft:location:{n}:path", "value": f"/usr/lib/node_modules/{number}/{n}"} for n in range(10)]
    return {
        "type": "library",
        "bom-ref": f"pkg:npm/library-{number}@1.0.{number}?package-id={number:016x}",
        "name": f"library-{number}",
        "version": f"1.0.{number}",
        "purl": f"pkg:npm/library-{number}@1.0.{number}",
        "licenses": [{"license": {"id": "MIT"}}],
        "properties": places,
        "hashes": [{"alg": "SHA-256", "content": f"{number:064x}"}],
    }


def main(directory: Path, *, is_large: bool) -> None:
    """Make the world, say where it is, and answer each line until nobody asks: a number sets the delay of answers."""
    world = World(directory, ENVIRONMENTS, SystemClock())
    world.registry = LocalRegistry(handler=MeteredHandler)
    world.forge = MeteredForge(directory / "forge", world.clock)
    with world:
        say(SCENE.dump_json(release(world, is_large=is_large)))
        for line in sys.stdin:
            METER.delay = float(line)
            say(EXCHANGES.dump_json(METER.take()))


def say(line: bytes) -> None:
    """Answer by one line."""
    sys.stdout.write(f"{line.decode()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), is_large="--large" in sys.argv)
