"""A server on loopback that misbehaves on the wire, for the tests of everything that speaks HTTP.

An answer is a function that gets the connection and the request and writes whatever bytes it likes. What was asked is
kept, headers included: tests assert on it that no credential came here.
"""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_BOMB = gzip.compress(gzip.compress(bytes(64 * 1024 * 1024), 9), 9)  # 64 MiB of zeros in some hundred bytes
_HEAD_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """One request as it came: method, target as it stands in the request line, headers in lower case, body."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        """Give the target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Wire:
    """The connection of one request."""

    connection: socket.socket
    ended: threading.Event  # set when the server stops

    def send(self, data: bytes) -> None:
        """Write bytes."""
        self.connection.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Wait, at most until the server stops; tells whether it goes on."""
        return not self.ended.wait(seconds)

    def close(self) -> None:
        """End the connection."""
        self.connection.shutdown(socket.SHUT_RDWR)


Answer = Callable[[Wire, Heard], None]


# --- answers ----------------------------------------------------------------------------------------------------------


def hang(wire: Wire, heard: Heard) -> None:
    """Say nothing, and keep the connection."""
    wire.wait(60)


def drip_headers(wire: Wire, heard: Heard) -> None:
    """Send a header that never ends, one byte at a time."""
    wire.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while wire.wait(0.05):
        wire.send(b"x")


def drip_body(wire: Wire, heard: Heard) -> None:
    """Send a body that was announced, one byte at a time."""
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n")
    while wire.wait(0.05):
        wire.send(b" ")


def truncate(wire: Wire, heard: Heard) -> None:
    """Announce a hundred bytes, send two, and close."""
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n")
    if heard.method != "HEAD":
        wire.send(b"{}")
    wire.close()


def close(wire: Wire, heard: Heard) -> None:
    """Close without an answer."""
    wire.close()


def babble(wire: Wire, heard: Heard) -> None:
    """Speak another protocol."""
    wire.send(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
    wire.close()


def flood(wire: Wire, heard: Heard) -> None:
    """Send a body without end, of a length that is not announced."""
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    while heard.method != "HEAD" and not wire.ended.is_set():
        wire.send(b" " * 65536)
    wire.close()


def flood_headers(wire: Wire, heard: Heard) -> None:
    """Send large interim answers without end."""
    interim = b"HTTP/1.1 100 Continue\r\n" + b"X-Padding: %b\r\n" % (b"x" * 8192) * 90 + b"\r\n"
    while not wire.ended.is_set():
        wire.send(interim)


def announce_terabyte(wire: Wire, heard: Heard) -> None:
    """Announce a body of a terabyte."""
    wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1099511627776\r\n\r\n")


def send_gzip_bomb(wire: Wire, heard: Heard) -> None:
    """Send a small body that decodes to a large one, though the client asked for none that is encoded."""
    _respond(wire, heard, HTTPStatus.OK, _BOMB, {"Content-Encoding": "gzip, gzip"})


def page_in_a_circle(wire: Wire, heard: Heard) -> None:
    """Send a page that is followed by the same one, with the entries of any list."""
    link = {"Link": f'<{heard.target}>; rel="next"'}
    _respond(wire, heard, HTTPStatus.OK, b'{"tags":["1.0.0"],"manifests":[]}', link)


def respond(status: int, body: bytes = b"{}", headers: Mapping[str, str] = NO_HEADERS) -> Answer:
    """Make an answer with this status, body and headers."""
    return lambda wire, heard: _respond(wire, heard, HTTPStatus(status), body, headers)


def respond_json(value: object, headers: Mapping[str, str] = NO_HEADERS) -> Answer:
    """Make a good answer with a JSON body."""
    return respond(200, json.dumps(value).encode(), headers)


def redirect(target: str, status: int = 307) -> Answer:
    """Make a redirect to an address, or with `{path}` in it to the same path elsewhere."""
    return lambda wire, heard: _respond(
        wire, heard, HTTPStatus(status), b"", {"Location": target.replace("{path}", heard.path)}
    )


def page_elsewhere(url: str) -> Answer:
    """Make a page that is followed by one on another host."""
    return respond(200, b'{"tags":["1.0.0"],"manifests":[]}', {"Link": f'<{url}/next>; rel="next"'})


def in_turn(*answers: Answer) -> Answer:
    """Make an answer that is another one for each request, the last one for all that follow."""
    rest = iter(answers)
    lock = threading.Lock()
    last = [answers[-1]]

    def answer(wire: Wire, heard: Heard) -> None:
        with lock:
            chosen = next(rest, last[0])
        chosen(wire, heard)

    return answer


def _respond(wire: Wire, heard: Heard, status: HTTPStatus, body: bytes, headers: Mapping[str, str]) -> None:
    given = {"Content-Type": "application/json", "Content-Length": str(len(body))} | dict(headers)
    head = "".join(f"{key}: {value}\r\n" for key, value in given.items())
    wire.send(
        f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode() + (b"" if heard.method == "HEAD" else body)
    )


# --- the server -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class FaultServer:
    """A server on 127.0.0.1 that gives one answer to everything; `answer` may be changed while it runs."""

    answer: Answer
    heard: list[Heard] = field(default_factory=list)
    _listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=128))
    _ended: threading.Event = field(default_factory=threading.Event)
    _connections: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def url(self) -> str:
        """Address, without a path."""
        return f"http://{self.host}"

    def start(self) -> None:
        """Begin to accept connections."""
        self._begin(self._accept)

    def stop(self) -> None:
        """End everything, whatever answer is under way."""
        self._ended.set()
        for connection in (self._listener, *self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for connection in (self._listener, *self._connections):
            connection.close()

    def _begin(self, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._begin(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection.makefile("rb") as stream:
            while not self._ended.is_set():
                request = _read_request(stream.readline, stream.read)
                if request is None:
                    return
                self.heard.append(request)
                self.answer(Wire(connection, self._ended), request)


def _read_request(readline: Callable[[int], bytes], read: Callable[[int], bytes]) -> Heard | None:
    method, _, rest = readline(_HEAD_LIMIT).decode("latin-1").partition(" ")
    if not rest:
        return None
    headers = {}
    while (line := readline(_HEAD_LIMIT).decode("latin-1").strip()) != "":
        key, _, value = line.partition(":")
        headers[key.lower()] = value.strip()
    body = read(int(headers.get("content-length", "0")))
    return Heard(method, rest.rpartition(" ")[0], headers, body)


@contextmanager
def serving(answer: Answer) -> Iterator[FaultServer]:
    """Run a server with this answer."""
    server = FaultServer(answer)
    server.start()
    try:
        yield server
    finally:
        server.stop()
