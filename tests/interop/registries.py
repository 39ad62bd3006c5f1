"""Registries that we did not write, each one process on a free loopback port with nothing in it."""

import contextlib
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.interop.toolbox import environment, path_of

_START = 15.0  # seconds until a registry must answer
_STOP = 5.0  # seconds until a registry that was asked to stop is killed

_DISTRIBUTION = """\
version: 0.1
log: {{level: warn, accesslog: {{disabled: true}}}}
storage: {{inmemory: {{}}, delete: {{enabled: true}}}}
http: {{addr: "{host}"}}
"""


@contextmanager
def olareg(home: Path) -> Iterator[str]:
    """Serve olareg from memory, with the referrers API; gives its host and port."""
    host = _free_host()
    address, _, port = host.partition(":")
    listen = ["--addr", address, "--port", port]
    with _serving("olareg", ["serve", *listen, "--store-type", "mem", "--gc-frequency", "-1s"], host, home):
        yield host


@contextmanager
def distribution(home: Path) -> Iterator[str]:
    """Serve CNCF distribution from memory, which has no referrers API; gives its host and port."""
    host = _free_host()
    configuration = home / "distribution.yaml"
    configuration.write_text(_DISTRIBUTION.format(host=host))
    with _serving("distribution", ["serve", str(configuration)], host, home):
        yield host


def _free_host() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


@contextmanager
def _serving(name: str, arguments: list[str], host: str, home: Path) -> Iterator[None]:
    log = home / f"{name}.log"
    with log.open("wb") as told:
        process = subprocess.Popen(
            [path_of(name), *arguments], stdout=told, stderr=subprocess.STDOUT, cwd=home, env=environment(home)
        )
    try:
        _await_answer(process, host, log)
        yield
    finally:
        _stop(process)


def _await_answer(process: subprocess.Popen[bytes], host: str, log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _START
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), opener.open(f"http://{host}/v2/", timeout=1) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"{log.stem} does not answer on {host}; it said:\n{log.read_text(errors='replace')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
