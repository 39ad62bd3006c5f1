"""Git repositories over HTTP: requests are handed to git's own server, `git http-backend`, as CGI.

Nothing of git's protocol is spoken here; who may read or write is for the caller to decide before it calls `serve_git`.
Only the smart protocol is served (git's http-protocol.txt): no file of a repository can be asked for by its name.
"""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from io import BufferedIOBase
from pathlib import Path
from typing import IO
from urllib.parse import unquote

MAX_BODY = 256 * 1024 * 1024
"""Bytes of one request's body, as sent; a longer one ends the connection."""

_PIECE = 64 * 1024
_REQUEST = re.compile(
    r"/(?P<repository>[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*)"
    r"/(?P<endpoint>info/refs|git-upload-pack|git-receive-pack)"
)
_SERVICE_QUERY = re.compile(r"service=(git-upload-pack|git-receive-pack)")
_PROTOCOL = re.compile(r"version=[0-9](?::[a-z0-9-]+(?:=[a-z0-9-]*)?)*")
_SETTINGS = (
    ("uploadpack.allowFilter", "true"),
    ("uploadpack.allowAnySHA1InWant", "true"),
    ("http.receivepack", "true"),
    ("receive.denyNonFastForwards", "false"),
    ("receive.denyDeletes", "false"),
    ("core.hooksPath", os.devnull),
    ("gc.auto", "0"),
)


@dataclass(frozen=True, slots=True)
class GitRequest:
    """One request of the smart protocol: the repository's name without `.git`, and what is asked of it."""

    repository: str
    endpoint: str
    service: str

    @property
    def writes(self) -> bool:
        """Tell whether this is part of a push, its first listing of refs included."""
        return self.service == "git-receive-pack"


class _BadBodyError(Exception):
    """The request's body breaks HTTP's framing or the cap."""


def parse_git_request(target: str) -> GitRequest | None:
    """Read an HTTP request target; None where it asks for nothing that git's smart protocol knows."""
    path, _, query = target.partition("?")
    found = _REQUEST.fullmatch(unquote(path))
    if not found:
        return None
    endpoint = found["endpoint"]
    if endpoint == "info/refs":
        asked = _SERVICE_QUERY.fullmatch(query)
        return GitRequest(found["repository"].removesuffix(".git"), endpoint, asked[1]) if asked else None
    return GitRequest(found["repository"].removesuffix(".git"), endpoint, endpoint)


def make_bare(path: Path) -> None:
    """Create an empty bare repository (branch `main`) that serves partial clones and takes pushes; it runs no hooks."""
    _run_git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", "--", str(path))
    for key, value in _SETTINGS:
        _run_git("--git-dir", str(path), "config", key, value)


def serve_git(handler: BaseHTTPRequestHandler, request: GitRequest, repository: Path, user: str = "") -> int:
    """Answer one request from the bare repository at `repository`; gives the HTTP status that was sent.

    Bodies are streamed both ways and the connection is closed afterwards. `user` is told to git as REMOTE_USER.
    A body that breaks HTTP's framing, or is over MAX_BODY, ends git and the connection: the answer has no content, and
    no status line either (400 is given back) where git had not begun to answer. 499: the client hung up.
    """
    handler.close_connection = True
    backend = subprocess.Popen(
        ["git", "http-backend"],
        env=_cgi_environment(handler, request, repository, user),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert backend.stdin is not None
    assert backend.stdout is not None
    feeder = threading.Thread(target=_feed, args=(handler, backend.stdin, backend), daemon=True)
    feeder.start()
    try:
        return _relay(handler, backend.stdout)
    except (BrokenPipeError, ConnectionResetError):
        return 499
    finally:
        _end(backend)
        backend.wait()
        backend.stdout.close()
        feeder.join(timeout=2)


def _run_git(*arguments: str) -> None:
    subprocess.run(
        ["git", *arguments], check=True, env=_bare_environment(), capture_output=True, start_new_session=True
    )


def _bare_environment() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


def _cgi_environment(
    handler: BaseHTTPRequestHandler, request: GitRequest, repository: Path, user: str
) -> dict[str, str]:
    headers = handler.headers
    environment = _bare_environment() | {
        "GIT_PROJECT_ROOT": str(repository.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{repository.name}/{request.endpoint}",
        "QUERY_STRING": f"service={request.service}" if request.endpoint == "info/refs" else "",
        "REQUEST_METHOD": handler.command,
        "CONTENT_TYPE": headers.get("Content-Type", ""),
        "REMOTE_ADDR": str(handler.client_address[0]),
    }
    if headers.get("Content-Encoding") in {"gzip", "x-gzip"}:
        environment["HTTP_CONTENT_ENCODING"] = "gzip"
    if not _is_chunked(handler) and headers.get("Content-Length", "").isdecimal():
        environment["CONTENT_LENGTH"] = headers["Content-Length"]
    if _PROTOCOL.fullmatch(headers.get("Git-Protocol", "")):
        environment["GIT_PROTOCOL"] = headers["Git-Protocol"]
    if user:
        environment["REMOTE_USER"] = user
    return environment


def _is_chunked(handler: BaseHTTPRequestHandler) -> bool:
    return "chunked" in handler.headers.get("Transfer-Encoding", "").lower()


def _feed(handler: BaseHTTPRequestHandler, sink: IO[bytes], backend: subprocess.Popen[bytes]) -> None:
    """Pass the request's body on; a bad one kills the backend, so that git never takes half a body for a whole one.

    What the backend does not want is read all the same: closing on an unread body would reset the connection before
    the client has read its answer.
    """
    try:
        for piece in _chunked_body(handler.rfile) if _is_chunked(handler) else _plain_body(handler):
            with suppress(BrokenPipeError):
                sink.write(piece)
    except (_BadBodyError, OSError, ValueError):
        _end(backend)
    finally:
        with suppress(BrokenPipeError):
            sink.close()


def _end(backend: subprocess.Popen[bytes]) -> None:
    """Kill the backend with all that it has started: they hold its pipes."""
    if backend.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(backend.pid, signal.SIGKILL)


def _plain_body(handler: BaseHTTPRequestHandler) -> Iterator[bytes]:
    length = handler.headers.get("Content-Length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY:
        raise _BadBodyError
    yield from _exactly(handler.rfile, int(length))


def _chunked_body(source: BufferedIOBase) -> Iterator[bytes]:
    """Give the content of a chunked body (RFC 9112 §7.1); extensions and trailers are dropped."""
    total = 0
    while size := _chunk_size(source.readline(1024)):
        total += size
        if total > MAX_BODY:
            raise _BadBodyError
        yield from _exactly(source, size)
        if source.readline(3) not in {b"\r\n", b"\n"}:
            raise _BadBodyError
    while source.readline(_PIECE).strip():
        continue


def _chunk_size(line: bytes) -> int:
    digits = line.partition(b";")[0].strip()
    if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", digits):
        raise _BadBodyError
    return int(digits, 16)


def _exactly(source: BufferedIOBase, length: int) -> Iterator[bytes]:
    while length:
        piece = source.read(min(length, _PIECE))
        if not piece:
            raise _BadBodyError
        length -= len(piece)
        yield piece


def _relay(handler: BaseHTTPRequestHandler, answer: IO[bytes]) -> int:
    """Send on what the backend says (RFC 3875 §6): its `Status` becomes the status line, the rest goes as it is."""
    status, headers = 200, []
    while line := answer.readline(8192).strip():
        name, _, value = line.decode("latin-1").partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value.strip()))
    if not headers and status == 200:
        return 400  # the backend was killed before it said anything
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while piece := answer.read(_PIECE):
        handler.wfile.write(piece)
    return status
