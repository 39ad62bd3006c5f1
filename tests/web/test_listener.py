"""The listener under attack: every part of a request is bounded, and what is wrong is answered with no more."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from promoter.config import Configuration
from promoter.strict_yaml import ConfigError
from promoter.web.hooks import BODY_LIMIT, WAKE_PATH, Hooks
from promoter.web.listener import Address, Bounds, listening, parse_address
from tests.web.conftest import SECRET

GOOD = {"Authorization": f"Bearer {SECRET.decode()}", "Content-Type": "application/json"}
HEAD = b"POST /hooks/wake HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
HERE = Address("127.0.0.1", 0)


class Rig:
    """A listener on a free port, and what was woken by it."""

    def __init__(self, at: Address, woken: list[frozenset[str]]) -> None:
        self.at = at
        self.woken = woken

    def ask(self, method: str = "POST", path: str = WAKE_PATH, body: bytes = b"{}", **headers: str) -> tuple[int, str]:
        """Ask once; a header is given with `_` for `-`, and an empty one is left out."""
        connection = http.client.HTTPConnection(self.at.host, self.at.port, timeout=10)
        given = {**GOOD, **{name.replace("_", "-"): value for name, value in headers.items()}}
        connection.request(method, path, body, {name: value for name, value in given.items() if value})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def connect(self) -> socket.socket:
        """Open a connection, to be closed by the caller."""
        return socket.create_connection((self.at.host, self.at.port), timeout=10)

    def say(self, raw: bytes) -> bytes:
        """Send bytes as they are; gives all that comes back."""
        with self.connect() as connection:
            connection.sendall(raw)
            return received(connection)


def received(connection: socket.socket) -> bytes:
    """Give what comes until the other side ends it, however it does."""
    got = b""
    try:
        while piece := connection.recv(65536):
            got += piece
    except ConnectionResetError:
        return got
    return got


def status_of(raw: bytes) -> bytes:
    return raw.split(b" ")[1] if raw else b""


@pytest.fixture
def rig(example: Configuration) -> Iterator[Rig]:
    """Give a listener that lets a request last half a second, and four of them at once."""
    woken: list[frozenset[str]] = []
    hooks = Hooks(SECRET, lambda: example, woken.append)
    with listening(hooks, HERE, Bounds(seconds=0.5, connections=4)) as at:
        yield Rig(at, woken)


def test_a_hint_is_taken_and_answered_with_nothing_but_that(rig: Rig) -> None:
    assert rig.ask(body=json.dumps({"services": ["cart"]}).encode()) == (202, "accepted\n")
    assert rig.ask(body=json.dumps({"services": ["nobody"]}).encode()) == (202, "accepted\n")
    assert rig.woken == [frozenset({"cart"})]


def test_a_wrong_secret_is_refused(rig: Rig) -> None:
    assert rig.ask(Authorization="Bearer wrong") == (401, "unauthorized\n")
    assert rig.ask(Authorization="") == (401, "unauthorized\n")
    assert rig.woken == []


def test_only_the_very_paths_are_there_and_only_for_post(rig: Rig) -> None:
    for path in ("/", "/hooks", "/hooks/", "/hooks/wake/", "/hooks/wake?x=1", "/hooks/x/../wake", "/metrics"):
        assert rig.ask(path=path) == (404, "not found\n")
        assert rig.ask("GET", path) == (404, "not found\n")
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
        assert rig.ask(method) == (405, "only POST\n")
    assert rig.woken == []


def test_a_body_that_is_too_long_is_refused_by_its_length_alone(rig: Rig) -> None:
    assert rig.ask(body=b"", Content_Length=str(BODY_LIMIT + 1)) == (413, "too large\n")
    assert rig.ask(body=b"", Content_Length="9" * 5000) == (413, "too large\n")
    assert rig.ask(body=b'{"a":"' + b"x" * (BODY_LIMIT - 8) + b'"}') == (202, "accepted\n")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Transfer-Encoding: chunked\r\n", b"411"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n", b"411"),
        (b"", b"411"),
        (b"Content-Length: -1\r\n", b"411"),
        (b"Content-Length: +2\r\n", b"411"),
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", b"400"),
        (b"Content-Length: 2\r\nAuthorization: Bearer other\r\n", b"400"),
        (b"Content-Length: 2\r\nContent-Type: text/plain\r\n", b"400"),
    ],
)
def test_how_long_a_body_is_and_who_sends_it_is_said_once_and_plainly(rig: Rig, head: bytes, status: bytes) -> None:
    raw = b"POST /hooks/wake HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
    got = rig.say(raw + SECRET + b"\r\n" + head + b"\r\n{}")
    assert status_of(got) == status
    assert got.count(b"HTTP/1.") == 1  # what follows the request is no second one
    assert rig.woken == []


def test_another_type_of_content_is_refused(rig: Rig) -> None:
    assert rig.ask(Content_Type="application/x-www-form-urlencoded") == (415, "not JSON\n")
    assert rig.ask(Content_Type="application/vnd.docker.distribution.events.v1+json; charset=utf-8")[0] == 202


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"POST\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"BREW /hooks/wake HTTP/1.1\r\n\r\n",
        b"POST /hooks/wake HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"POST /" + b"a" * 70_000,
        b"<script>alert(1)</script> / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_answered_without_repeating_it(rig: Rig, raw: bytes) -> None:
    got = rig.say(raw)
    assert got == b"" or (got.startswith(b"HTTP/1.0 ") and status_of(got)[:1] in {b"4", b"5"})
    assert (b"script" in got, b"Python" in got) == (False, False)


def test_a_caller_that_drips_is_cut_off_in_time(rig: Rig) -> None:
    begun, cut = time.monotonic(), False
    with rig.connect() as connection:
        connection.sendall(HEAD)
        while not cut and time.monotonic() < begun + 5:
            time.sleep(0.05)
            try:
                connection.sendall(b"X")
            except OSError:
                cut = True
    assert (cut, rig.woken) == (True, [])
    assert time.monotonic() - begun < 3


def test_a_body_that_never_comes_is_not_waited_for(rig: Rig) -> None:
    begun = time.monotonic()
    assert rig.say(HEAD + b"\r\n{") == b""
    assert time.monotonic() - begun < 3
    assert rig.woken == []


def test_a_body_that_ends_early_wakes_nobody(rig: Rig) -> None:
    with rig.connect() as connection:
        connection.sendall(HEAD + b"\r\n{")
        connection.shutdown(socket.SHUT_WR)
        assert status_of(received(connection)) == b"400"
    assert rig.woken == []


def test_callers_that_hold_every_place_are_cut_off_and_the_next_is_answered(rig: Rig) -> None:
    idle = [rig.connect() for _ in range(12)]
    ends, status = time.monotonic() + 10, 0
    while status != 202 and time.monotonic() < ends:
        try:
            status, _ = rig.ask()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
    for connection in idle:
        connection.close()
    assert status == 202


def test_the_end_waits_for_no_caller(example: Configuration) -> None:
    hooks = Hooks(SECRET, lambda: example, lambda _: None)
    with listening(hooks, HERE, Bounds(seconds=30)) as at:
        held = socket.create_connection((at.host, at.port), timeout=10)
        held.sendall(b"POST ")
        begun = time.monotonic()
    held.close()
    assert time.monotonic() - begun < 5
    assert not any(thread.name == "hooks" for thread in threading.enumerate())


def test_addresses_are_read_strictly() -> None:
    assert parse_address("127.0.0.1:8080") == Address("127.0.0.1", 8080)
    assert parse_address("[::1]:0") == Address("::1", 0)
    assert str(parse_address("[::1]:80")) == "[::1]:80"
    assert (parse_address("localhost:1").is_loopback, parse_address("0.0.0.0:1").is_loopback) == (True, False)
    bad = ("", "8080", ":8080", "::1:8080", "host:", "host:65536", "host:-1", "http://host:80", "host:9999999", "[]:1")
    for text in bad:
        with pytest.raises(ConfigError) as refused:
            parse_address(text)
        assert str(refused.value) == f"{text!r} is no address; write it like 127.0.0.1:8080 or [::1]:8080"


def test_an_address_that_is_taken_is_the_operators_to_change(rig: Rig, example: Configuration) -> None:
    hooks = Hooks(SECRET, lambda: example, lambda _: None)
    with pytest.raises(ConfigError, match="cannot be taken"), listening(hooks, rig.at):
        raise AssertionError("it was taken twice")
