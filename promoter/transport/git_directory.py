"""A bare, blobless partial clone in a directory of its own, held by one call at a time across threads and processes.

Git inherits the lock's file, so that nobody else gets in while a git that outlived its bot still runs. Whoever holds
the lock may therefore clear away what a killed git has left: that is the whole recovery.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport.git import Answer, Call, GitCommand, GitKilledError, Remote

_CONFIG = """\
[core]
	repositoryformatversion = 1
	bare = true
[extensions]
	partialClone = origin
[remote "origin"]
	url = {address}
	promisor = true
	partialCloneFilter = blob:none
	fetch = +refs/heads/*:refs/remotes/origin/*
"""
_LEFTOVERS = ("*.lock", "refs/**/*.lock", "objects/**/tmp_*", "objects/pack/*.keep", "gc.pid", "*.new")
_LOCK = "held"
_POLL = 0.02  # seconds between two tries for the lock of another process


class GitDirectory:
    """The clone and the git that works on it. Nothing is made before the first call; nothing else may write there."""

    def __init__(self, command: GitCommand, remote: Remote) -> None:
        self._path = command.repository
        self._remote = remote
        self._command = command
        self._turn = threading.Lock()
        self._deadline = 0.0
        self._lock_file = -1
        self._is_sound = False

    @contextmanager
    def held(self, seconds: float) -> Iterator[None]:
        """Take the repository for one call that ends within `seconds`, waiting for its turn included.

        Makes or repairs it where needed. Raises OutsideError when the turn does not come in time.
        """
        deadline = time.monotonic() + seconds
        if not self._turn.acquire(timeout=seconds):
            raise OutsideError(Code.OUTSIDE_TIMEOUT, f"the clone was in use for longer than {seconds:g} s")
        try:
            self._deadline = deadline
            with self._locked():
                if not self._is_sound:
                    self._repair()
                yield
        finally:
            self._turn.release()

    def run_local(self, call: Call) -> Answer:
        """Run git without the network, inside `held`. Raises OutsideError."""
        try:
            return self._command.run(call, self._deadline - time.monotonic(), self._lock_file)
        except GitKilledError:
            self._is_sound = False
            raise

    def run_remote(self, call: Call) -> Answer:
        """Run git with the network open to the one remote, inside `held`. Raises OutsideError."""
        return self.run_local(replace(call, remote=self._remote))

    def count_packs(self) -> int:
        """Count the packs: each fetch makes one."""
        return sum(1 for _ in (self._path / "objects" / "pack").glob("*.pack"))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            self._lock_file = os.open(self._path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _unusable(error) from None
        try:
            self._wait_for_lock()
            yield
        finally:
            os.close(self._lock_file)  # never unlocked: a git that still runs keeps it

    def _wait_for_lock(self) -> None:
        while True:
            try:
                return fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > self._deadline:
                    raise OutsideError(Code.OUTSIDE_TIMEOUT, "another process did not leave the clone") from None
            time.sleep(_POLL)

    def _repair(self) -> None:
        """Clear away what a killed git left, and make what is not there: also the way a first clone begins."""
        try:
            for pattern in _LEFTOVERS:
                for path in self._path.glob(pattern):
                    path.unlink(missing_ok=True)
            self._make()
        except OSError as error:
            raise _unusable(error) from None
        self._is_sound = True

    def _make(self) -> None:
        config, wanted = self._path / "config", _CONFIG.format(address=self._remote.address)
        is_made = config.exists() and (self._path / "HEAD").exists() and (self._path / "objects").is_dir()
        if is_made and config.read_text(errors="replace") == wanted:
            return
        config.unlink(missing_ok=True)
        self.run_local(Call(("init", "--quiet", "--bare", "--template=")))
        new = config.with_suffix(".new")
        new.write_text(wanted)
        new.replace(config)


def _unusable(error: OSError) -> OutsideError:
    return OutsideError(Code.OUTSIDE_UNREACHABLE, f"the clone's directory cannot be used: {error.strerror}")
