"""A forge that hangs, drips, lies or sends elsewhere: each call ends in time, with a code, and the clone stays good."""

import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path

import pytest

from promoter.adapters.environments_git import Bot, GitEnvironments, GitLimits
from promoter.core.codes import Code
from promoter.ports import OutsideError, Pushed
from promoter.transport.git import Remote
from promoter.transport.git_names import parse_address
from tests.adapters.environments_contract import (
    BRANCH,
    FILES,
    NOON,
    SHOP,
    Change,
    GitServer,
    edit,
    git_server,
    handler_of,
)

LIMIT = 0.3
SHORT = GitLimits(clone=LIMIT, network=LIMIT, local=5)
LONG = GitLimits(clone=5, network=5, local=5)
GRACE = 0.7  # seconds for starting and ending processes on a busy machine
TOKEN = "ghs_" + "s3cret" * 6
ADVERTISEMENT = "application/x-git-upload-pack-advertisement"

Fault = Callable[[BaseHTTPRequestHandler, "FaultyForge"], None]


@dataclass
class FaultyForge:
    """A forge in front of a good repository that answers with a fault while one is set."""

    server: GitServer
    elsewhere: str = ""
    fault: Fault | None = None
    over: threading.Event = field(default_factory=threading.Event)
    hanging: threading.Event = field(default_factory=threading.Event)
    strayed: list[str] = field(default_factory=list)


def answer(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes = b"") -> None:
    handler.close_connection = True
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def say(status: int, body: bytes = b"", **headers: str) -> Fault:
    whole = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Length": str(len(body))}
    return lambda handler, _: answer(handler, status, whole, body)


def hang(_: BaseHTTPRequestHandler, forge: FaultyForge) -> None:
    forge.hanging.set()
    forge.over.wait(10)


def drip(handler: BaseHTTPRequestHandler, forge: FaultyForge) -> None:
    answer(handler, 200, {"Content-Type": ADVERTISEMENT}, b"001e# service=git-upload-pack\n0000")
    while not forge.over.wait(0.05):
        handler.wfile.write(b"0")
        handler.wfile.flush()


def pour(handler: BaseHTTPRequestHandler, forge: FaultyForge) -> None:
    answer(handler, 200, {"Content-Type": ADVERTISEMENT})
    while not forge.over.is_set():
        handler.wfile.write(b"0" * 1_000_000)


def truncate(handler: BaseHTTPRequestHandler, _: FaultyForge) -> None:
    answer(
        handler, 200, {"Content-Type": ADVERTISEMENT, "Content-Length": "500"}, b"001e# service=git-upload-pack\n0000"
    )


def reset(handler: BaseHTTPRequestHandler, _: FaultyForge) -> None:
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def redirect(status: int) -> Fault:
    return lambda handler, forge: answer(
        handler, status, {"Location": forge.elsewhere + handler.path, "Content-Length": "0"}
    )


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass

    with Quiet(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyForge]:
    with git_server(tmp_path_factory.mktemp("forge")) as server:
        server.commit("main", Change(dict(FILES)))
        server.token = TOKEN
        forge = FaultyForge(server)

        class Faulty(handler_of(server)):  # type: ignore[misc]
            def do_GET(self) -> None:
                if forge.fault is not None:
                    forge.fault(self, forge)
                else:
                    super().do_GET()

        class Elsewhere(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                forge.strayed.append(self.path)
                self.send_error(404)

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None:
                pass

        with serving(Faulty) as front, serving(Elsewhere) as elsewhere:
            server.address = f"http://{front}/acme/environments.git"
            forge.elsewhere = f"http://{elsewhere}"
            yield forge
            forge.over.set()


@pytest.fixture(scope="module")
def clone(forge: FaultyForge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("clones") / "clone"
    connect(forge, directory, GitLimits()).refresh()
    return directory


@pytest.fixture(autouse=True)
def sound(forge: FaultyForge) -> Iterator[None]:
    forge.over.clear()
    yield
    forge.fault = None
    forge.over.set()


def connect(forge: FaultyForge, directory: Path, limits: GitLimits = LONG) -> GitEnvironments:
    remote = Remote(parse_address(forge.server.address), lambda: TOKEN)
    return GitEnvironments(remote, directory, "main", Bot("promoter", "promoter@example.com"), limits)


def refresh(environments: GitEnvironments) -> object:
    return environments.refresh()


def read(environments: GitEnvironments) -> object:
    return environments.read(base_of(environments), SHOP)


def bring(environments: GitEnvironments) -> object:
    environments.bring(base_of(environments), (SHOP,))
    return None


def push(environments: GitEnvironments) -> object:
    return environments.push(BRANCH, base_of(environments), None)


def base_of(environments: GitEnvironments) -> str:
    base = environments.branch("main")
    assert base is not None
    return base


CALLS = (refresh, bring, read, push)
FAULTS = {
    "hang": (hang, Code.OUTSIDE_TIMEOUT),
    "drip": (drip, Code.OUTSIDE_TIMEOUT),
    "reset": (reset, Code.OUTSIDE_UNREACHABLE),
    "truncated": (truncate, Code.OUTSIDE_BAD_ANSWER),
    "moved for good": (redirect(301), Code.OUTSIDE_REDIRECT_REFUSED),
    "found elsewhere": (redirect(302), Code.OUTSIDE_REDIRECT_REFUSED),
    "redirected": (redirect(307), Code.OUTSIDE_REDIRECT_REFUSED),
    "400": (say(400), Code.OUTSIDE_BAD_ANSWER),
    "401": (say(401, WWW_Authenticate='Basic realm="x"'), Code.OUTSIDE_UNAUTHORIZED),
    "403": (say(403), Code.OUTSIDE_FORBIDDEN),
    "404": (say(404), Code.OUTSIDE_NOT_FOUND),
    "429": (say(429, Retry_After="1"), Code.OUTSIDE_RATE_LIMITED),
    "500": (say(500), Code.OUTSIDE_SERVER_ERROR),
    "503": (say(503), Code.OUTSIDE_SERVER_ERROR),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_ends_in_time_with_its_code_and_without_the_token(
    forge: FaultyForge, clone: Path, fault: str, call: Callable[[GitEnvironments], object]
) -> None:
    limits = SHORT if fault in {"hang", "drip"} else LONG
    environments = connect(forge, clone, limits)
    forge.fault, code = FAULTS[fault]
    started = time.monotonic()

    with pytest.raises(OutsideError) as caught:
        call(environments)

    assert time.monotonic() - started < limits.network + GRACE
    assert caught.value.code is code, caught.value
    assert TOKEN not in repr(caught.value)
    assert forge.strayed == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (say(200), Code.OUTSIDE_NOT_FOUND),
        (say(202), Code.OUTSIDE_NOT_FOUND),
        (say(200, b"<html>sign in</html>", Content_Type="text/html"), Code.OUTSIDE_NOT_FOUND),
        (say(200, b"zzzz", Content_Type=ADVERTISEMENT), Code.OUTSIDE_BAD_ANSWER),
    ],
)
def test_a_page_that_is_no_git_removes_no_branch(forge: FaultyForge, clone: Path, fault: Fault, code: Code) -> None:
    environments = connect(forge, clone)
    base = base_of(environments)
    forge.fault = fault
    with pytest.raises(OutsideError) as caught:
        environments.refresh()
    assert caught.value.code is code, caught.value
    assert environments.branch("main") == base


def test_silence_is_given_up_long_before_the_limit(forge: FaultyForge, clone: Path) -> None:
    forge.fault = hang
    started = time.monotonic()
    with pytest.raises(OutsideError) as caught:
        connect(forge, clone, GitLimits(silence=1)).refresh()
    assert time.monotonic() - started < 4
    assert caught.value.code is Code.OUTSIDE_TIMEOUT
    assert "Operation too slow" in caught.value.detail


def test_an_answer_without_end_is_cut_off_at_the_memory_limit(forge: FaultyForge, clone: Path) -> None:
    forge.fault = pour
    with pytest.raises(OutsideError) as caught:
        connect(forge, clone, GitLimits(memory=64 * 1024**2)).refresh()
    assert caught.value.code is Code.OUTSIDE_TOO_LARGE, caught.value


def test_nobody_listening_is_unreachable(forge: FaultyForge, clone: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    remote = Remote(parse_address(f"http://127.0.0.1:{port}/acme/environments.git"), lambda: TOKEN)
    environments = GitEnvironments(remote, clone.parent / "other", "main", Bot("a", "a@example.com"), LONG)
    with pytest.raises(OutsideError) as caught:
        environments.refresh()
    assert caught.value.code is Code.OUTSIDE_UNREACHABLE
    assert "Failed to connect to 127.0.0.1" in caught.value.detail


def test_a_queue_of_calls_on_a_hanging_forge_ends_in_time_too(forge: FaultyForge, clone: Path) -> None:
    environments = connect(forge, clone, SHORT)
    forge.fault = hang
    spent: list[float] = []

    def wait() -> None:
        started = time.monotonic()
        with pytest.raises(OutsideError):
            environments.refresh()
        spent.append(time.monotonic() - started)

    threads = [threading.Thread(target=wait) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(spent) == 5
    assert max(spent) < LIMIT + GRACE


def test_after_every_fault_the_clone_works_on(forge: FaultyForge, clone: Path) -> None:
    environments = connect(forge, clone, GitLimits())
    numbers = count()
    for fault in (hang, truncate, reset):
        forge.fault = fault
        with pytest.raises(OutsideError):
            connect(forge, clone, SHORT if fault is hang else LONG).refresh()
        forge.fault = None
        base = environments.refresh()
        number = next(numbers)
        commit = environments.commit(base, (edit(after=b"%d" % number),), "message", NOON)
        assert environments.push(f"promote/prod/s{number}", commit, None) is Pushed.DONE
    assert environments.read(base, SHOP) == FILES[SHOP]


BOT_PROCESS = """
import sys
from pathlib import Path
from promoter.adapters.environments_git import Bot, GitEnvironments, GitLimits
from promoter.transport.git import Remote
from promoter.transport.git_names import parse_address
remote = Remote(parse_address(sys.argv[1]), lambda: sys.argv[3])
GitEnvironments(remote, Path(sys.argv[2]), "main", Bot("a", "a@example.com"), GitLimits(silence=1)).refresh()
"""


def test_a_bot_that_was_killed_in_a_call_leaves_a_clone_that_works(forge: FaultyForge, clone: Path) -> None:
    forge.fault, forge.hanging = hang, threading.Event()
    arguments = (forge.server.address, str(clone), TOKEN)
    bot = subprocess.Popen([sys.executable, "-c", BOT_PROCESS, *arguments])
    assert forge.hanging.wait(10)
    bot.kill()
    assert bot.wait() == -signal.SIGKILL

    with pytest.raises(OutsideError) as caught:  # its git lives on, and nobody else gets in
        connect(forge, clone, GitLimits(local=0.1)).branch("main")
    assert str(caught.value) == "outside.timeout: another process did not leave the clone"

    forge.fault = None
    environments = connect(forge, clone)
    assert environments.read(environments.refresh(), SHOP) == FILES[SHOP]
