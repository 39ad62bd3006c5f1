"""The HTTP side of the forge: REST under `/api/v3` (and at the root), git, and the pages.

Rule 1: the API always needs a token; git needs one to push, and to read what is private. Pages are for the person at
this machine and need none.
Rule 2: the bundle of a stored attestation is served to whoever knows its address, and to nobody who shows a token: on
GitHub it is on another host, which a token must not reach.
Rule 3: every request body has a cap, and what is wrong with a request is answered in GitHub's error document.
"""

import base64
import binascii
import json
import re
import socket
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from promoter.local.forge.accounts import Account, Role
from promoter.local.forge.documents import STORED_BUNDLES
from promoter.local.forge.exchange import ApiAnswer
from promoter.local.forge.refusal import RefusedError, not_found
from promoter.local.forge.repository import HostedRepository
from promoter.local.git_http import GitRequest, parse_git_request, serve_git

_MAX_BODY = 4 * 1024 * 1024
_API = "/api/v3"
_DOCUMENTATION = "https://docs.github.com/rest"
_ROOT_WORDS = frozenset({"repos", "user", "app"})
_STORED_BUNDLE = re.compile(rf"{STORED_BUNDLES}([^/]+/[^/]+)/([0-9]+)\.json\.sn\?sig=([\w-]+)")
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


class Hosting(Protocol):
    """What the server asks of the forge."""

    def call(self, method: str, target: str, authorization: str, body: bytes) -> ApiAnswer:
        """Answer an API request; raises RefusedError."""

    def holder(self, token: str) -> Account:
        """Give the account of a token; raises RefusedError (401)."""

    def hosted(self, full_name: str) -> HostedRepository:
        """Give a repository; raises RefusedError (404)."""

    def pushed(self, full_name: str, actor: Account) -> None:
        """Take notice of a push that ended."""

    def stored_bundle(self, full_name: str, number: int, secret: str) -> bytes:
        """Give a stored attestation's bundle; raises RefusedError (404)."""

    def page(self, path: str) -> str:
        """Render a page; raises RefusedError (404)."""


class ForgeServer(ThreadingHTTPServer):
    """The listening socket on a loopback port of the system's choice."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, hosting: Hosting, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.hosting = hosting
        self._connections: set[Any] = set()

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection, and remember it (a hook of socketserver)."""
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and forget it (a hook of socketserver)."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        """Stop listening and hang up on everybody: a connection that is kept alive would outlive the forge."""
        self.shutdown()
        self.server_close()
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "local-forge"
    sys_version = ""
    timeout = 60
    disable_nagle_algorithm = True
    wbufsize = -1
    server: ForgeServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server gives it
        """Say nothing: what was asked is kept as exchanges."""

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def _serve(self) -> None:
        try:
            git = parse_git_request(self.path)
            if git is not None:
                self._serve_git(git)
            elif self._api_target():
                self._serve_api(self._api_target())
            elif self.path.startswith(STORED_BUNDLES):
                self._serve_bundle()
            else:
                self._serve_page()
        except RefusedError as refusal:
            self._refuse(refusal)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _api_target(self) -> str:
        """Give what is asked of the API, without its prefix; empty when something else is asked."""
        if self.path.startswith(f"{_API}/"):
            return self.path.removeprefix(_API)
        first = urlsplit(self.path).path.split("/")[1:2]
        return self.path if first and first[0] in _ROOT_WORDS else ""

    def _serve_api(self, target: str) -> None:
        body = self._body()
        authorization = self.headers.get("Authorization", "")
        answer = self.server.hosting.call(self.command, target, authorization, body)
        raw = json.dumps(answer.document).encode()
        headers = {"Link": answer.link} if answer.link else {}
        self._send(answer.status, "application/json; charset=utf-8", raw, headers)

    def _serve_bundle(self) -> None:
        found = _STORED_BUNDLE.fullmatch(self.path)
        if found is None or self.command != "GET":
            raise not_found()
        if "Authorization" in self.headers:
            raise RefusedError(400, "A token was sent to a host that it does not belong to")
        raw = self.server.hosting.stored_bundle(found[1], int(found[2]), found[3])
        self._send(200, "application/x-snappy", raw, {})

    def _serve_page(self) -> None:
        if self.command not in {"GET", "HEAD"}:
            raise not_found()
        text = self.server.hosting.page(unquote(urlsplit(self.path).path))
        self._send(200, "text/html; charset=utf-8", text.encode(), {"Content-Security-Policy": _PAGE_POLICY})

    def _serve_git(self, git: GitRequest) -> None:
        repository = self.server.hosting.hosted(git.repository)
        actor = self._git_actor()
        if actor is None and (git.writes or repository.private):
            raise RefusedError(401, "Requires authentication")
        if git.writes and actor is not None and actor.role is Role.READ:
            raise RefusedError(403, "Write access to repository not granted.")
        serve_git(self, git, repository.git.path, actor.login if actor else "")
        if git.writes and actor is not None and self.command == "POST":
            self.server.hosting.pushed(git.repository, actor)

    def _git_actor(self) -> Account | None:
        """Read the account from Basic (any user name, the token as password) or Bearer credentials."""
        scheme, _, value = self.headers.get("Authorization", "").partition(" ")
        if not value:
            return None
        if scheme.lower() == "basic":
            try:
                value = base64.b64decode(value, validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                raise RefusedError(401, "Bad credentials") from None
        return self.server.hosting.holder(value)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > _MAX_BODY:
            self.close_connection = True
            raise RefusedError(413, "Request body is too large or of unknown length")
        return self.rfile.read(int(length))

    def _refuse(self, refusal: RefusedError) -> None:
        document: dict[str, object] = {"message": refusal.message, "documentation_url": _DOCUMENTATION}
        if refusal.reasons:
            document["errors"] = [
                {"resource": "PullRequest", "code": "custom", "message": reason} for reason in refusal.reasons
            ]
        else:
            document["status"] = str(refusal.status)
        headers = {"WWW-Authenticate": 'Basic realm="local forge"'} if refusal.status == 401 else {}
        if self.command == "POST" and parse_git_request(self.path):
            self.close_connection = True  # the pack that was sent stays unread
        self._send(refusal.status, "application/json; charset=utf-8", json.dumps(document).encode(), headers)

    def _send(self, status: int, kind: str, raw: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **headers}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """Split a request target into its decoded path, without a slash at the end, and its query."""
    parts = urlsplit(target)
    return unquote(parts.path).rstrip("/"), dict(parse_qsl(parts.query, keep_blank_values=True))
