"""The listener for hints: one small HTTP server, every part of it bounded.

Off unless it is asked for, and made for loopback or for behind a proxy that speaks TLS. A connection is one request and
has a few seconds in all (dripping wins nothing), and few are open at once: what comes beyond that is closed unanswered.
"""

import io
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from promoter.strict_yaml import ConfigError
from promoter.web.hooks import BODY_LIMIT, Answer, Hooks

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LOG = logging.getLogger("promoter")
_HEAD_LIMIT = 64 * 1024
_TICK = 0.1  # seconds after which it sees that it is to end
_TYPES = ("application/json", "application/vnd.docker.distribution.events.v1+json",
          "application/vnd.docker.distribution.events.v2+json")  # fmt: skip
_SINGLE = ("content-length", "content-type", "authorization", "x-hub-signature-256", "x-github-event")
_ADDRESS = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<host>[A-Za-z0-9.-]+)):(?P<port>[0-9]{1,5})")
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one caller, and all of them together, may use."""

    seconds: float = 10.0  # for a whole request
    connections: int = 32


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """True where nobody else's machine can call."""
        return self.host in LOOPBACK

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read `host:port` or `[v6]:port`; raises ConfigError for anything else. Port 0 takes a free one."""
    found = _ADDRESS.fullmatch(text)
    if not found or int(found["port"]) >= 1 << 16:
        raise ConfigError(f"{text[:100]!r} is no address; write it like 127.0.0.1:8080 or [::1]:8080")
    return Address(found["v6"] or found["host"], int(found["port"]))


@contextmanager
def listening(hooks: Hooks, address: Address, bounds: Bounds = Bounds()) -> Iterator[Address]:
    """Listen in threads of its own meanwhile; gives the address. Raises ConfigError where that cannot be taken."""
    try:
        server = _Server(hooks, address, bounds)
    except OSError as error:
        raise ConfigError(f"--listen: {address} cannot be taken: {error.strerror}") from None
    taken = Address(address.host, server.server_address[1])
    _LOG.info("hints are taken at %s", taken)
    if not taken.is_loopback:
        _LOG.warning("hints are taken at %s, which is no loopback: let a proxy in front of it speak TLS", taken)
    thread = threading.Thread(target=server.serve_forever, args=(_TICK,), name="hooks", daemon=True)
    thread.start()
    try:
        yield taken
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    """Answers a bounded number of connections at once, each in a thread."""

    daemon_threads = True
    block_on_close = False  # a caller that drips does not hold the end of the bot

    def __init__(self, hooks: Hooks, address: Address, bounds: Bounds) -> None:
        self.hooks = hooks
        self.bounds = bounds
        self._places = threading.BoundedSemaphore(bounds.connections)
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        super().__init__((address.host, address.port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take a connection where a place is free; close it at once where none is (a hook of socketserver)."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer a connection, and give its place back (a hook of socketserver)."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - names of socketserver
        """Log that a connection broke; callers come and go (a hook of socketserver)."""
        _LOG.debug("a hint was broken off")


class _Bounded(io.RawIOBase):
    """Reads a socket until a time and a number of bytes are used up; then it has ended."""

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self._connection = connection
        self._ends = time.monotonic() + seconds
        self._left = _HEAD_LIMIT + BODY_LIMIT

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read what has come, within what is left; raises TimeoutError when the time is over."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this request is over")
        self._connection.settimeout(left)
        view = memoryview(buffer).cast("B")[: max(self._left, 0)]
        count = self._connection.recv_into(view) if len(view) else 0
        self._left -= count
        return count


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: _Server

    def setup(self) -> None:
        """Bound what is read and written (a hook of socketserver)."""
        super().setup()
        self.rfile = io.BufferedReader(_Bounded(self.connection, self.server.bounds.seconds))

    def do_POST(self) -> None:
        """Take a hint."""
        self._send(self._answer())

    def _answer(self) -> Answer:
        if self.path not in self.server.hooks.paths:
            return Answer(404, "not found")
        if refusal := self._refusal():
            return refusal
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) != length:
            return Answer(400, "the body ended early")
        return self.server.hooks.answer(self.path, {k.lower(): v for k, v in self.headers.items()}, body)

    def _refusal(self) -> Answer | None:
        """Give what is wrong with the head of a request; every part of it that is used stands there once."""
        if any(len(self.headers.get_all(name, [])) > 1 for name in _SINGLE):
            return Answer(400, "a header stands there twice")
        length = self.headers.get("Content-Length", "")
        if "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdigit()):
            return Answer(411, "length required")
        if len(length) > len(str(BODY_LIMIT)) or int(length) > BODY_LIMIT:
            return Answer(413, "too large")
        if self.headers.get("Content-Type", "").partition(";")[0].strip().lower() not in _TYPES:
            return Answer(415, "not JSON")
        return None

    def _elsewise(self) -> None:
        """Refuse another method."""
        is_known = self.path in self.server.hooks.paths
        self._send(Answer(405, "only POST") if is_known else Answer(404, "not found"))

    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _elsewise  # noqa: N815 - names of http.server

    def _send(self, answer: Answer) -> None:
        raw = f"{answer.text}\n".encode()
        self.close_connection = True
        self.connection.settimeout(self.server.bounds.seconds)
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(raw)))
        if answer.status == 405:
            self.send_header("Allow", "POST")
        self.end_headers()
        self.wfile.write(raw)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what is no request that can be read, without repeating any of it."""
        self.request_version = "HTTP/1.0"  # of the answer: what is taken for HTTP/0.9 would get no status
        self._send(Answer(code, "bad request"))

    def version_string(self) -> str:
        """Name the server, and no version."""
        return "promoter"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing for each request: who may call could fill the log."""
