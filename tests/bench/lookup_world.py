"""The world of the lookup benchmark, in a process of its own: N services of 30 tags, at rest.

Every environment pins the newest release, which is signed and attested as real ones are (a signature, provenance, an
SBOM of 100 components, a scan with 40 findings). So the bot, once it has looked, has nothing to do.

    python -m tests.bench.lookup_world DIRECTORY SERVICES [--fallback]
"""

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest, Repository
from promoter.local.forge.exchange import ApiAnswer
from promoter.local.forge.forge import LocalForge
from promoter.local.forge.repository import HostedRepository
from promoter.local.pipeline import Pipeline, Recipe
from promoter.local.predicates import Package, Weakness
from promoter.local.registry import LocalRegistry
from promoter.local.team import Team
from promoter.local.world import ENVIRONMENTS as REPOSITORY
from promoter.local.world import REGISTRY_HOST, World, commit_file
from promoter.ports import Descriptor, RawManifest
from tests.bench.figures import READY, WORLD, WorldFigures, WorldReady

TAGS = 30
NEWEST = f"1.0.{TAGS - 1}"
FURTHER = ("1.1.0", "1.1.1")
ENVIRONMENTS = ("dev", "staging", "prod")

_PACKAGES = tuple(Package(f"library-{n}", f"{n % 9}.{n % 7}.{n}") for n in range(100))
_RECIPE = Recipe(
    packages=_PACKAGES, weaknesses=tuple(Weakness(f"CVE-2026-{n}", "LOW", _PACKAGES[n]) for n in range(40))
)

_PROMOTER = """\
state: ${PROMOTER_STATE}
origin: promoter.acme.example/ledger
poll: 1m
bot: {name: promoter, email: promoter-bot@acme.example}
registries:
  registry.acme.example: {endpoint: "${PROMOTER_REGISTRY}"}
forge:
  host: https://forge.acme.example
  api: ${PROMOTER_FORGE_API}
  git: ${PROMOTER_FORGE_GIT}
  repository: platform/environments
  token_file: ${PROMOTER_TOKEN_FILE}
trust: {root: "${PROMOTER_TRUSTED_ROOT}"}
environments:
  dev: {merge: automatic}
  staging: {after: [dev], approvals: 1}
  prod: {after: [staging], approvals: 2}
"""
_SERVICE = """\
image: registry.acme.example/shop/{name}
source: {{repository: "https://forge.acme.example/shop/{name}", tag: "v{{release}}"}}
releases: {{semver: ">=1.0.0"}}
targets:
  - {{path: "environments/{{environment}}/{name}/kustomization.yaml", kind: kustomize}}
"""
_KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {environment}
images:
  - name: registry.acme.example/shop/{name}
    newTag: {tag}
    digest: {digest}
"""


class CountingForge(LocalForge):
    """A forge that counts what it is asked: API requests, and git's requests (each asks for its repository first)."""

    api = 0
    git = 0

    def call(self, method: str, target: str, authorization: str, body: bytes) -> ApiAnswer:
        """Answer an API request."""
        self.api += 1
        return super().call(method, target, authorization, body)

    def hosted(self, full_name: str) -> HostedRepository:
        """Give a repository to git's server."""
        self.git += 1
        return super().hosted(full_name)


@dataclass(frozen=True, slots=True)
class StoreRegistry:
    """What a team needs of `ports.Registry`, straight into the local registry's store: seeding is not measured."""

    registry: LocalRegistry

    def tags(self, repository: Repository) -> tuple[str, ...]:
        return self.registry.tags(repository.path)

    def head(self, repository: Repository, tag: str) -> Digest | None:
        found = self.registry.pull(repository.path, tag)
        return found.digest if found else None

    def manifest(self, repository: Repository, reference: str) -> RawManifest:
        found = self.registry.pull(repository.path, reference)
        assert found is not None
        return RawManifest(found.digest, found.media_type, found.raw)

    def blob(self, repository: Repository, digest: Digest, limit: int) -> bytes:
        return self.registry.store.blob(repository.path, digest) or b""

    def referrers(
        self,
        repository: Repository,
        digest: Digest,
        tags: frozenset[str] | None = None,
    ) -> tuple[Descriptor, ...]:
        return ()

    def push_blob(self, repository: Repository, data: bytes) -> Digest:
        return self.registry.push_blob(repository.path, data)

    def push_manifest(self, repository: Repository, raw: bytes, media_type: str, tag: str | None = None) -> Digest:
        return self.registry.push_manifest(repository.path, raw, tag, media_type)


class Company:
    """N services in a world."""

    def __init__(self, directory: Path, services: int, *, has_referrers_api: bool) -> None:
        self._directory = directory
        self._names = tuple(f"app-{n}" for n in range(services))
        self.world = World(directory, directory / "environments", SystemClock())
        self.world.registry = LocalRegistry(has_referrers_api=has_referrers_api)
        self.forge = self.world.forge = CountingForge(directory / "forge", self.world.clock)
        self._has_api = has_referrers_api
        self._team = Team(StoreRegistry(self.world.registry), self.world.authority, self.world.clock)

    def prepare(self) -> None:
        """Push every tag, and write the environments that pin the newest and the configuration."""
        (self._directory / "config" / "services").mkdir(parents=True)
        shutil.copytree("tests/config/example/policies", self._directory / "config" / "policies")
        (self._directory / "config" / "promoter.yaml").write_text(_PROMOTER)
        for name in self._names:
            digests = [self._build(name, f"1.0.{n}") for n in range(TAGS)]
            (self._directory / "config" / "services" / f"{name}.yaml").write_text(_SERVICE.format(name=name))
            for environment in ENVIRONMENTS:
                folder = self._directory / "environments" / environment / name
                folder.mkdir(parents=True)
                text = _KUSTOMIZATION.format(name=name, environment=environment, tag=NEWEST, digest=digests[-1])
                (folder / "kustomization.yaml").write_text(text)

    def release(self) -> None:
        """Sign and attest the newest release of every service; the world runs."""
        for name in self._names:
            self.world.create_source(name)
            pipeline = Pipeline(self.world, name)
            if self._has_api:
                pipeline.team = self._team
            source = self.world.release_source(name, NEWEST, "Improve things")
            digest = self._team.registry.manifest(pipeline.repository, NEWEST).digest
            pipeline.attest(NEWEST, digest, source, _RECIPE)

    def push_further(self) -> None:
        """Push two newer releases of every service that nobody has signed."""
        for name in self._names:
            for release in FURTHER:
                self.world.release_source(name, release, "Improve more")
                self._build(name, release)

    def move_base(self) -> None:
        """Commit something to the environment repository that concerns no service."""
        path = self._directory / "forge" / f"{REPOSITORY}.git"
        commit_file(path, "README.md", "Environments\n", "Say what this is", self.world.clock)

    def counts(self) -> WorldFigures:
        """Give what the forge was asked so far."""
        return WorldFigures(self.forge.api, self.forge.git)

    def _build(self, name: str, release: str) -> Digest:
        return self._team.build(Repository(REGISTRY_HOST, f"shop/{name}"), f"{name} {release}\n".encode(), release)


def main(directory: Path, services: int, *, has_referrers_api: bool) -> None:
    """Found the company, say so, and do what each line says and count, until nobody asks any more."""
    began = time.monotonic()
    company = Company(directory, services, has_referrers_api=has_referrers_api)
    company.prepare()
    with company.world as world:
        company.release()
        variables = dict(world.variables(directory / "state"))
        say(READY.dump_json(WorldReady(str(directory / "config"), variables, time.monotonic() - began)))
        for line in sys.stdin:
            match line.strip():
                case "release":
                    company.push_further()
                case "move":
                    company.move_base()
            say(WORLD.dump_json(company.counts()))


def say(line: bytes) -> None:
    """Answer by one line."""
    sys.stdout.write(f"{line.decode()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), has_referrers_api="--fallback" not in sys.argv)
