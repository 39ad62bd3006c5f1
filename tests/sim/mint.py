"""Releases signed once for a whole test session, and put into any number of registries afterwards.

Signing is real: sigstore-python against the local authority, on the real clock, by which identity tokens are checked.
The source commits are the same bytes in every world, so that what was signed about them once is true in each.
"""

import json
import subprocess
from pathlib import Path
from typing import Self

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest
from promoter.local.forge.store import GitStore
from promoter.local.pipeline import Pipeline, Recipe
from promoter.local.registry import LocalRegistry
from promoter.local.world import SourceRelease, World

SERVICE = "cart"
PATH = f"shop/{SERVICE}"
RELEASES = tuple(f"1.{minor}.0" for minor in range(13))


def source_stream() -> bytes:
    """Give the history of the service's source, one tagged commit for each release, for `git fast-import`."""
    lines = []
    for index, release in enumerate(RELEASES):
        person = f"ada <ada@acme.example> {1_780_000_000 + index} +0000"
        text = f"Make {release}\n"
        lines.append(f"commit refs/heads/main\nmark :{index + 1}\ncommitter {person}\ndata {len(text)}\n{text}\n")
        lines.append(f"M 100644 inline CHANGES\ndata {len(text)}\n{text}\n")
        lines.append(f"reset refs/tags/v{release}\nfrom :{index + 1}\n\n")
    return "".join(lines).encode()


def found_source(world: World) -> Path:
    """Make the service's source repository in a world; gives its path."""
    path = world.forge.create_repository("shop", SERVICE)
    subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], input=source_stream(), check=True, timeout=60)
    return path


class Mint:
    """A world of its own in which releases are built and signed; `issue` copies them elsewhere."""

    def __init__(self, directory: Path) -> None:
        environments = directory / "environments"
        (environments / "dev").mkdir(parents=True)
        (environments / "dev" / "README").write_text("nothing\n")
        self._world = World(directory / "world", environments, SystemClock())
        self._made: dict[tuple[str, Recipe], tuple[Digest, ...]] = {}

    def __enter__(self) -> Self:
        self._world.__enter__()
        git = GitStore(found_source(self._world))
        self._commits = {release: git.resolve(f"refs/tags/v{release}") for release in RELEASES}
        self._pipeline = Pipeline(self._world, SERVICE)
        return self

    def __exit__(self, *_: object) -> None:
        self._world.__exit__(None, None, None)

    @property
    def trusted_root(self) -> Path:
        """The file that verifiers read."""
        return self._world.authority.trusted_root

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline that makes the releases, for what a test wants to make by hand."""
        return self._pipeline

    def source(self, release: str) -> SourceRelease:
        """Give a release's source."""
        return SourceRelease(f"v{release}", self._commits[release])

    def make(self, release: str, recipe: Recipe) -> tuple[Digest, ...]:
        """Build, sign and attest a release, once for each recipe: its digest, then those of what refers to it."""
        key = (release, recipe)
        if key not in self._made:
            content = f"{release} {len(self._made)}".encode()
            digest = self._pipeline.team.build(self._pipeline.repository, content, None)
            self._pipeline.attest(release, digest, self.source(release), recipe)
            self._made[key] = (digest, *self.referrers(digest))
        return self._made[key]

    def referrers(self, digest: Digest) -> tuple[Digest, ...]:
        """Name what refers to a digest."""
        return tuple(each["digest"] for each in self._world.registry.store.referrers(PATH, digest))

    def bundle(self, referrer: Digest) -> bytes:
        """Give the bundle that a referrer carries."""
        store = self._world.registry.store
        manifest = store.manifest(PATH, referrer)
        assert manifest is not None
        blob = store.blob(PATH, json.loads(manifest.raw)["layers"][0]["digest"])
        assert blob is not None
        return blob

    def put(self, registry: LocalRegistry, path: str, digests: tuple[Digest, ...]) -> None:
        """Copy manifests with everything that they name into a registry."""
        store = self._world.registry.store
        for digest in digests:
            manifest = store.manifest(PATH, digest)
            assert manifest is not None
            body = json.loads(manifest.raw)
            for part in (body.get("config"), *body.get("layers", ())):
                blob = store.blob(PATH, part["digest"]) if part else None
                if blob is not None:
                    registry.store.put_blob(path, blob)
            self.put(registry, path, tuple(each["digest"] for each in body.get("manifests", ())))
            registry.store.put_manifest(path, manifest.raw, manifest.media_type)
