"""The program's side of the verification benchmark, in a process of its own that is warm, as a running bot is.

Every verification begins with nothing fetched: other connections, other blobs, an empty memory. Only the imports, the
configuration and the trusted root are there already.

    python -m tests.bench.verify_bot RELEASE DIGEST CONFIG       (the variables of the configuration in the environment)
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from promoter.adapters.blobs_files import FileBlobs
from promoter.adapters.clock_system import SystemClock
from promoter.adapters.expressions_cel import CelExpressions
from promoter.adapters.source_github import GithubSource
from promoter.config import load
from promoter.core.candidate import Candidate, Digest, parse_digest
from promoter.core.checks.subject import Phase
from promoter.core.evidence import SourceRevision
from promoter.core.finding import Outcome
from promoter.core.policy import Occasion
from promoter.core.scope import scope_of
from promoter.core.verdict import judge
from promoter.gather import Gatherer
from promoter.ports import SourceCommit
from promoter.verification import Asked, verify_reference
from promoter.verification import World as Parts
from promoter.wiring import open_client, open_registry, open_signatures
from tests.bench.exchanges import TAKEN, Taken
from tests.bench.lookup_bot import memory

SERVICE = "cart"
ENVIRONMENT = "prod"


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A source repository whose answer is known already: cosign asks none, so what is compared with it asks none."""

    known: SourceRevision

    def revision(self, repository: str, tag: str) -> SourceRevision:
        return self.known

    def contains(self, repository: str, branch: str, commit: str) -> bool:
        return False

    def commits(self, repository: str, older: str, newer: str, limit: int) -> tuple[SourceCommit, ...]:
        return ()

    def attestations(self, repository: str, digest: Digest) -> tuple[bytes, ...]:
        return ()


class Bench:
    """One image and the configuration that judges it."""

    def __init__(self, release: str, digest: Digest, config: Path) -> None:
        self._config = config
        self._configuration = load(config, os.environ)
        self._main = self._configuration.promoter
        self._service = self._configuration.services[SERVICE]
        self._policy = self._configuration.policies[ENVIRONMENT]
        self._signatures = open_signatures(self._main, config)
        self._candidate = Candidate(SERVICE, release, digest)
        self._placeholders = self._service.placeholders(release)
        self._known = KnownSource(self._source().revision(self._service.source, self._placeholders.tag))

    def image(self) -> Taken:
        """Verify as cosign does: manifest, evidence, verdict, with the commit known and nothing made durable."""
        return self._timed(lambda folder: self._release(FileBlobs(folder, durable=False)))

    def release(self) -> Taken:
        """Do what a bot does for a new release whose commit it knows: the same, with all evidence durable."""
        return self._timed(lambda folder: self._release(FileBlobs(folder)))

    def verify(self) -> Taken:
        """Do what `promoter verify` does once it has started: tag list unknown, the commit asked at the forge."""
        return self._timed(self._verify)

    def _release(self, blobs: FileBlobs) -> Outcome:
        with closing(open_registry(self._main, self._config)) as registry:
            gatherer = Gatherer(registry, self._signatures, self._known, blobs, scope_of((self._policy,)))
            tags = frozenset({self._candidate.release})
            evidence = gatherer.evidence(self._service, self._candidate, None, tags)
            occasion = Occasion(self._candidate, self._placeholders, Phase.PROPOSE, SystemClock().now())
            return judge(self._policy, evidence, occasion).outcome

    def _verify(self, folder: Path) -> Outcome:
        asked = Asked(self._service, self._candidate.release, self._candidate.digest)
        with closing(open_registry(self._main, self._config)) as registry:
            kept, source = FileBlobs(folder, durable=False), self._source()
            world = Parts(registry, self._signatures, source, kept, CelExpressions())
            return verify_reference(asked, ENVIRONMENT, self._configuration, world, SystemClock().now()).outcome

    def _timed(self, verification: Callable[[Path], Outcome]) -> Taken:
        with tempfile.TemporaryDirectory() as folder:
            for number in range(256):  # a store that has been in use has these folders
                (Path(folder) / "sha256" / f"{number:02x}").mkdir(parents=True)
            wall, cpu = time.monotonic(), time.process_time()
            outcome = verification(Path(folder))
            wall, cpu = time.monotonic() - wall, time.process_time() - cpu
            return Taken(wall, cpu, outcome.value, memory("VmHWM"))

    def _source(self) -> GithubSource:
        return GithubSource(open_client(self._main, self._config), urlsplit(self._main.forge.host).netloc)


def main(release: str, digest: Digest, config: Path) -> None:
    """Start, say how much memory that took, and do what each line names until nobody asks any more."""
    bench = Bench(release, digest, config)
    deeds = {"image": bench.image, "release": bench.release, "verify": bench.verify}
    say(str(memory("VmHWM")).encode())
    for line in sys.stdin:
        say(TAKEN.dump_json(deeds[line.strip()]()))


def say(line: bytes) -> None:
    """Answer by one line."""
    sys.stdout.write(f"{line.decode()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], parse_digest(sys.argv[2]), Path(sys.argv[3]))
