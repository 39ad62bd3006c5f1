"""The local forge as one value: start it, make repositories and accounts, protect branches, see what was asked."""

import threading
from collections import deque
from pathlib import Path
from typing import Any

from promoter.local.forge.accounts import Account, Accounts, AppKey, Kind, Role
from promoter.local.forge.api import Api
from promoter.local.forge.documents import Addresses
from promoter.local.forge.exchange import ApiAnswer, ApiRequest, Exchange, parse_body
from promoter.local.forge.pages import Pages
from promoter.local.forge.refusal import RefusedError, not_found
from promoter.local.forge.repository import HostedRepository
from promoter.local.forge.server import ForgeServer, split_target
from promoter.local.forge.store import GitStore
from promoter.ports import Clock

_KEPT_EXCHANGES = 5_000


class LocalForge:
    """A forge in one directory; `start` and `stop` bound its life, and its records end with it.

    Safe to use from any thread: one lock stands around the records, none around git's own traffic.
    """

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._lock = threading.RLock()
        self._accounts = Accounts(clock)
        self._repositories: dict[str, HostedRepository] = {}
        self.inline_attestations = False
        """Whether lists of attestations hold the bundles, as before REST version 2026-03-10."""
        self._exchanges: deque[Exchange] = deque(maxlen=_KEPT_EXCHANGES)
        self._server: ForgeServer | None = None
        self._thread: threading.Thread | None = None

    def start(self, port: int = 0) -> None:
        """Listen on loopback, on a free port unless one is given."""
        self._server = ForgeServer(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="forge", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and hang up; records stay, so that it can start again. Does nothing when it is not started."""
        if self._server is None or self._thread is None:
            return
        self._server.end()
        self._thread.join()
        self._server = self._thread = None

    @property
    def url(self) -> str:
        """Where the pages and git are, as `http://127.0.0.1:40123`."""
        assert self._server is not None, "the forge is not started"
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def api_url(self) -> str:
        """Where the REST API is."""
        return f"{self.url}/api/v3"

    def git_url(self, full_name: str) -> str:
        """Give the address to clone a repository from; it holds no credential."""
        return f"{self.url}/{full_name}.git"

    def create_repository(self, owner: str, name: str, *, branch: str = "main", private: bool = True) -> Path:
        """Make an empty repository and give the path of its bare git repository."""
        with self._lock:
            self._accounts.named(owner)
            full_name = f"{owner}/{name}"
            if full_name in self._repositories:
                raise ValueError(f"there already is a repository {full_name}")
            git = GitStore(self._directory / owner / f"{name}.git")
            git.path.parent.mkdir(parents=True, exist_ok=True)
            git.initialise(branch)
            number = len(self._repositories) + 1
            hosted = HostedRepository(number, full_name, git, self._clock, branch=branch, private=private)
            self._repositories[full_name] = hosted
            return git.path

    def account(self, login: str, *, kind: Kind = Kind.USER, role: Role = Role.WRITE, email: str = "") -> str:
        """Make an account and give its token; its commits are those with its e-mail address."""
        with self._lock:
            return self._accounts.token(self._accounts.add(login, kind, role, email))

    def app(self, slug: str) -> AppKey:
        """Register a GitHub App, installed once on everything here."""
        with self._lock:
            return self._accounts.add_app(slug)

    def protect(self, repository: str, branch: str, required_contexts: tuple[str, ...]) -> None:
        """Require these status checks on a branch of `owner/name`; admins pass them by."""
        with self._lock:
            self.hosted(repository).required[branch] = required_contexts

    def delete_attestations(self, repository: str, digest: str) -> None:
        """Delete what `owner/name` stores about a digest, as its owner may at any time."""
        with self._lock:
            self.hosted(repository).attestations.delete(digest)

    def exchanges(self) -> tuple[Exchange, ...]:
        """List the API requests so far with their answers, oldest first, at most the last 5,000."""
        with self._lock:
            return tuple(self._exchanges)

    # --- what the server asks -----------------------------------------------------------------------------------------

    def call(self, method: str, target: str, authorization: str, body: bytes) -> ApiAnswer:
        """Answer an API request; raises RefusedError."""
        path, query = split_target(target)
        with self._lock:
            sent = None
            try:
                sent = parse_body(body)
                answer = self._api().answer(self._request(method, path, query, sent, authorization))
            except RefusedError as refusal:
                refused = {"message": refusal.message}
                self._exchanges.append(Exchange(method, path, query, sent, refusal.status, refused))
                raise
            self._exchanges.append(Exchange(method, path, query, sent, answer.status, answer.document))
            return answer

    def holder(self, token: str) -> Account:
        """Give the account of a token; raises RefusedError (401)."""
        with self._lock:
            return self._accounts.holder(token)

    def hosted(self, full_name: str) -> HostedRepository:
        """Give a repository by `owner/name`; raises RefusedError (404)."""
        with self._lock:
            if full_name not in self._repositories:
                raise not_found()
            return self._repositories[full_name]

    def pushed(self, full_name: str, actor: Account) -> None:
        """Take notice of a push that ended: pull requests follow it."""
        with self._lock:
            self.hosted(full_name).follow(actor)

    def stored_bundle(self, full_name: str, number: int, secret: str) -> bytes:
        """Give a stored attestation's bundle; raises RefusedError (404)."""
        with self._lock:
            return self.hosted(full_name).attestations.content(number, secret)

    def page(self, path: str) -> str:
        """Render a page; raises RefusedError (404)."""
        with self._lock:
            return Pages(self._repositories, self._accounts.by_email).render(path)

    def _api(self) -> Api:
        return Api(self._accounts, self._repositories, Addresses(self.url, self.api_url), self.inline_attestations)

    def _request(self, method: str, path: str, query: dict[str, str], sent: Any, authorization: str) -> ApiRequest:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() not in {"token", "bearer"} or not token:
            raise RefusedError(401, "Requires authentication")
        if path == "/app" or path.startswith("/app/"):
            return ApiRequest(method, path, query, sent, app=self._accounts.app(token))
        account = self._accounts.holder(token)
        return ApiRequest(method, path, query, sent, account, None, self._accounts.is_installation(token))
