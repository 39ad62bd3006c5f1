"""Connections of urllib3 that end on time: every wait of a call counts against one allowance.

A socket's own timeout starts again at each read, so that a server which drips holds a call for ever. Here resolving,
connecting, the TLS handshake, sending, headers and body all take their timeout from what is left of the allowance.
urllib3 has no way to hand a total deadline down to the socket, so the allowance travels in a context variable.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from urllib3.response import HTTPResponse

_SEND_PIECE = 16 * 1024  # one TLS record, so that a single send waits at most for what is left
_READ_PIECE = 64 * 1024
_FRAMING = 1024 * 1024  # bytes on the wire beyond the cap of the body: status line, headers, chunk sizes, trailers


class TooManyBytesError(OSError):
    """An answer is longer than the allowance; the rest of it stays unread."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the calls of a context may still use: until when (monotonic seconds) and how many bytes of one body.

    No byte cap leaves it to the adapter's own.
    """

    ends: float
    max_bytes: int | None = None

    def left(self) -> float:
        """Give the seconds left, more than 0; raises TimeoutError when there are none."""
        seconds = self.ends - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("the time for this call is over")
        return seconds


_allowance: ContextVar[Allowance | None] = ContextVar("allowance", default=None)


@contextmanager
def allow(seconds: float, max_bytes: int | None = None) -> Iterator[Allowance]:
    """Bound everything that is asked inside, in this thread, by one total time and one cap per body.

    Inside another `allow` the time only gets shorter; the byte cap is the innermost one that was given.
    """
    ends = time.monotonic() + seconds
    outer = _allowance.get()
    if outer is not None:
        ends = min(ends, outer.ends)
        max_bytes = outer.max_bytes if max_bytes is None else max_bytes
    inner = Allowance(ends, max_bytes)
    token = _allowance.set(inner)
    try:
        yield inner
    finally:
        _allowance.reset(token)


def byte_cap() -> int | None:
    """Give the byte cap of the innermost `allow` that gave one."""
    allowance = _allowance.get()
    return None if allowance is None else allowance.max_bytes


@contextmanager
def hold(lock: threading.Lock) -> Iterator[None]:
    """Hold a lock under which others may be asking the world; raises TimeoutError when the allowance ends first."""
    allowance = _allowance.get()
    if not lock.acquire(timeout=-1 if allowance is None else allowance.left()):
        raise TimeoutError("others were asking for too long")
    try:
        yield
    finally:
        lock.release()


def _granted() -> Allowance:
    allowance = _allowance.get()
    assert allowance is not None, "a bounded connection is used through BoundedAdapter only"
    return allowance


class StaleConnectionError(ConnectionResetError):
    """A connection that was kept after an answer was closed by the other side as the next request went out.

    Every server closes idle connections sometimes; RFC 9110 §9.2.2 lets a safe request be sent again then.
    """


class _TimedReader(io.RawIOBase):
    """The reading half of a socket, each read with the time that is left, all reads together under the byte cap."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._allowance = _granted()
        self._room = (self._allowance.max_bytes or 0) + _FRAMING

    def readable(self) -> bool:
        """Say that this is the reading half."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read once; raises TimeoutError or TooManyBytesError."""
        if self._room < 0:
            raise TooManyBytesError("the answer does not end")
        self._sock.settimeout(self._allowance.left())
        count: int | None = self._raw.readinto(buffer)
        self._room -= count or 0
        return count

    def close(self) -> None:
        """Let the socket go."""
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose status line, headers and body are read within the allowance."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_TimedReader(sock, raw), _READ_PIECE)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return True


def _resolve(host: str, port: int, seconds: float) -> list[str]:
    """Give a host's addresses; the system's resolver knows no time limit, so it is asked in a thread of its own."""
    if _is_literal(host):
        return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    answers: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put([str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, UnicodeError) as error:
            answers.put(error if isinstance(error, OSError) else socket.gaierror(str(error)))

    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError("the resolver did not answer in time") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _connect(host: str, port: int) -> socket.socket:
    """Connect to the first address that answers, all of them together within the time that is left."""
    allowance = _granted()
    failure: OSError = socket.gaierror(f"{host} has no address")
    for address in _resolve(host, port, allowance.left()):
        try:
            sock = socket.create_connection((address, port), allowance.left())
        except OSError as error:
            failure = error
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise failure


class _Timed(HTTPConnection):
    """What both kinds of connection share: opening, sending and reading within the allowance."""

    response_class = _TimedResponse
    _has_answered = False

    def _new_conn(self) -> socket.socket:
        self._has_answered = False
        try:
            sock = _connect(self.host, self.port)
            sock.settimeout(_granted().left())  # for the TLS handshake
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"connecting to {self.host} took too long") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection to {self.host}: {error.strerror}") from error
        return sock

    def send(self, data: Any) -> None:
        if self.sock is None or not isinstance(data, bytes):
            super().send(data)  # connects first, or a body that is no bytes (nobody here sends one)
            return
        with self._stale_when_closed():
            for start in range(0, len(data), _SEND_PIECE):
                self.sock.settimeout(_granted().left())
                super().send(data[start : start + _SEND_PIECE])

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 has it, unlike http.client
        with self._stale_when_closed():
            answer = super().getresponse()
        self._has_answered = True
        return answer

    @contextmanager
    def _stale_when_closed(self) -> Iterator[None]:
        try:
            yield
        except ConnectionError as error:
            if self._has_answered:
                raise StaleConnectionError("the connection was closed between two requests") from error
            raise


class _TimedTls(_Timed, HTTPSConnection):
    """A TLS connection within the allowance."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Timed


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TimedTls


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _TlsPool}
"""For `PoolManager.pool_classes_by_scheme`."""
