"""A company for the command line: a world, a configuration that finds it, and releases good and bad."""

import io
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from promoter.adapters.clock_system import SystemClock
from promoter.cli.main import main
from promoter.local.pipeline import Pipeline, Recipe
from promoter.local.world import World
from promoter.wiring import Store, open_store
from tests.config.directory import Directory

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / "environments"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


class Company:
    """A running world and the command line on it; use it as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = Directory(folder)
        self.state = folder / "state"
        self.world = World(folder / "world", ENVIRONMENTS, SystemClock())
        for name in ("dev", "staging", "prod"):
            path = self.config.path / "policies" / f"{name}.yaml"
            path.write_text(path.read_text(encoding="utf-8").replace("deadline: 8s", "deadline: 0s"), encoding="utf-8")

    def __enter__(self) -> Self:
        (self.folder / "world").mkdir()
        self.world.__enter__()
        for service in ("billing", "cart", "search"):
            self.world.create_source(service)
        return self

    def __exit__(self, *_: object) -> None:
        self.world.__exit__(None, None, None)

    @property
    def variables(self) -> Mapping[str, str]:
        """What the configuration is filled in with."""
        return self.world.variables(self.state)

    def release(self, service: str, release: str, recipe: Recipe) -> str:
        """Build, sign, attest and push a release; gives its digest."""
        return Pipeline(self.world, service).release(release, recipe)

    def store(self) -> Store:
        """Open the ledger and blobs; the caller closes the ledger."""
        return open_store(self.config.load(**self.variables).promoter, self.config.path)

    def run(self, *arguments: str, config: Path | None = None, **variables: str) -> Ran:
        """Run a command in this process, as `python -m promoter` does."""
        out, err, code, before = io.StringIO(), io.StringIO(), 0, dict(os.environ)
        os.environ.update({**self.variables, **variables})
        try:
            with redirect_stdout(out), redirect_stderr(err):
                main(["--config", str(config or self.config.path), *arguments])
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 0
        finally:
            os.environ.clear()
            os.environ.update(before)
        return Ran(code, out.getvalue(), err.getvalue())

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command as a process of its own."""
        command = [sys.executable, "-m", "promoter", "--config", str(self.config.path), *arguments]
        environment = {**os.environ, **self.variables}
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT
        )
