"""The bot as people run it: `promoter run` in a process of its own, watched through its ledger alone."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from promoter.config import Configuration, load
from promoter.core.candidate import Candidate
from promoter.core.history import History, Spot
from promoter.wiring import Store, open_store

_LOOK = 0.15  # seconds between looks at the ledger


def write_variables(path: Path, variables: Mapping[str, str]) -> None:
    """Write a file that a shell can source, so that other commands find the world that the bot runs in.

    For its owner alone, though it holds no secret: the token is named by its file.
    """
    path.touch(mode=0o600)
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    path.write_text("".join(lines), encoding="utf-8")


class StoryFailed(Exception):  # noqa: N818 - the world did not go as the story says
    """Something that should have happened did not, within its time."""


class Bot:
    """A running bot over a configuration directory; use it as a context manager."""

    def __init__(self, config: Path, variables: Mapping[str, str], log: Path) -> None:
        self.configuration: Configuration = load(config, variables)
        self.store: Store = open_store(self.configuration.promoter, config)
        self._log = log
        self._command = [sys.executable, "-m", "promoter", "--config", str(config), "run"]
        self._environment = {**os.environ, **variables}
        self._process: subprocess.Popen[bytes] | None = None
        self._is_left = threading.Event()

    def __enter__(self) -> Self:
        """Start the bot."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env=self._environment)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it as an operator would, and wait until it has finished what it was doing."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.store.ledger.close()

    def history(self, service: str) -> History:
        """Give what the ledger says of a service now."""
        return self.store.journal.history(service)

    def spot(self, service: str, environment: str, release: str) -> Spot | None:
        """Give a release's place in an environment."""
        history = self.history(service)
        known = history.known.get(release)
        return history.spot(environment, known.candidate) if known else None

    def candidate(self, service: str, release: str) -> Candidate:
        """Give the candidate that the bot knows for a release."""
        return self.history(service).known[release].candidate

    def leave(self) -> None:
        """End every wait, in whichever thread: the story is not told to its end."""
        self._is_left.set()

    def wait(self, what: str, holds: Callable[[], bool], seconds: float = 45.0) -> None:
        """Wait until the ledger says so; raises StoryFailed when it does not, when the bot has died or was left."""
        ends = time.monotonic() + seconds
        while not holds():
            if self._is_left.is_set():
                raise StoryFailed(f"left while waiting until {what}")
            if self._process is None or self._process.poll() is not None:
                raise StoryFailed(f"the bot ended while waiting until {what}; its log is {self._log}")
            if time.monotonic() > ends:
                raise StoryFailed(f"not within {seconds:.0f} s: {what}; the bot's log is {self._log}")
            time.sleep(_LOOK)
