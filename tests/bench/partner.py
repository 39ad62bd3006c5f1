"""Another process of the benchmark, asked by one line and answering by one line."""

import os
import subprocess
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Self


class Partner:
    """A module of this package running in a process of its own; use it as a context manager."""

    def __init__(self, module: str, *arguments: str, variables: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.{module}", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **(variables or {})},
        )
        self.greeting = ""

    def __enter__(self) -> Self:
        self.greeting = self._line()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let it end: it does when nobody asks any more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(60)
        self._process.stdout.close()

    def ask(self, question: str) -> str:
        """Give the answer to a question; raises EOFError when the process has died."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise EOFError("the benchmark's other process ended; its traceback is above")
        return line
