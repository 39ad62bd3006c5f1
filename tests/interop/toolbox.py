"""The real tools of `make interop`: where they stand, and what they answer.

A tool that is missing, or built from other pins than those in the tree, raises `MissingToolError` and so fails the test
that needs it, by name and with the remedy: nothing here is ever skipped.
"""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "tests" / "interop" / "tools"
BIN = ROOT / ".tools" / "bin"
NAMES = ("olareg", "crane", "oras", "kustomize", "helm", "distribution", "cosign", "slsa-verifier")

_PATIENCE = 60.0  # seconds for one command: all of them talk to loopback only


class MissingToolError(Exception):
    """A tool is not there, or not at its pinned version."""


class ToolError(Exception):
    """A tool ended with an error; the message holds its whole output."""


def _pins(name: str) -> str:
    module = MODULES / name
    return hashlib.sha256((module / "go.mod").read_bytes() + (module / "go.sum").read_bytes()).hexdigest()


def path_of(name: str) -> Path:
    """Give the path of a tool that was built from the pins in the tree; raises MissingToolError with the remedy."""
    found, stamp = BIN / name, BIN / f".{name}.pins"
    if not found.is_file() or not stamp.is_file():
        raise MissingToolError(f"{name} is not built; run: tests/interop/tools/build {name}")
    if stamp.read_text().strip() != _pins(name):
        raise MissingToolError(f"{name} was built from other pins than go.mod's; run: tests/interop/tools/build {name}")
    return found


def environment(home: Path) -> dict[str, str]:
    """Give the variables that a tool runs with: a home of its own, no credentials and no settings of the caller."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "DOCKER_CONFIG": str(home), "OTEL_TRACES_EXPORTER": "none"}


@dataclass(frozen=True, slots=True)
class Toolbox:
    """Runs tools with one home directory, which is thrown away with the test session; `variables` are theirs alone."""

    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def run(self, name: str, *arguments: str, fed: bytes = b"", cwd: Path | None = None) -> str:
        """Run a tool to its end and give its standard output; raises ToolError with all output if it fails."""
        done = self.attempt(name, *arguments, fed=fed, cwd=cwd)
        if done.returncode != 0:
            told = (done.stdout + done.stderr).decode(errors="replace")
            raise ToolError(f"{name} {' '.join(arguments)} ended with {done.returncode}:\n{told}")
        return done.stdout.decode()

    def attempt(
        self, name: str, *arguments: str, fed: bytes = b"", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a tool to its end, whatever it says; `fed` is its standard input."""
        return subprocess.run(
            [path_of(name), *arguments],
            input=fed,
            capture_output=True,
            cwd=cwd or self.home,
            env={**environment(self.home), **self.variables},
            timeout=_PATIENCE,
            check=False,
        )
