"""PyGithub clients for the adapters, and the one mapping of everything that goes wrong with them.

Rule 1: the client is eager, because a lazy one "finds" what does not exist; it retries nothing and never sleeps.
Rule 2: whatever goes wrong leaves `GithubClient.asking` as an `OutsideError`; tokens and keys stand in no text.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github import Auth, Github, GithubIntegration
from github.GithubException import BadAttributeException, GithubException, RateLimitExceededException
from github.GithubObject import GithubObject
from github.PaginatedList import PaginatedList
from github.Repository import Repository

from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport import github_wire
from promoter.transport.bounded import is_loopback, outside_error
from promoter.transport.bounded_connection import allow

API_VERSION = "2026-03-10"
Item = TypeVar("Item", bound=GithubObject)

_SECONDS = 60.0
_REQUEST_SECONDS = 20
_PER_PAGE = 100
_MAX_ITEMS = 1_000
_MESSAGE_LIMIT = 300
_FAILURES = (
    GithubException,
    BadAttributeException,
    requests.RequestException,
    OSError,
    # what PyGithub raises on a document that is not the shape it expects
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
_BY_STATUS = {
    401: Code.OUTSIDE_UNAUTHORIZED,
    403: Code.OUTSIDE_FORBIDDEN,
    404: Code.OUTSIDE_NOT_FOUND,
    409: Code.OUTSIDE_CONFLICT,
    410: Code.OUTSIDE_NOT_FOUND,
    429: Code.OUTSIDE_RATE_LIMITED,
    451: Code.OUTSIDE_NOT_FOUND,
}


@dataclass(frozen=True, slots=True)
class AccountToken:
    """A personal access token."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AppInstallation:
    """A GitHub App's installation: its numbers and the App's private key (PEM)."""

    app_id: int
    installation_id: int
    private_key: str = field(repr=False)


class _InstallationAuth(Auth.AppInstallationAuth):
    """Installation tokens, fetched by one thread at a time: eight threads would else fetch eight."""

    def __init__(self, app: Auth.AppAuth, installation_id: int) -> None:
        self._refreshing = threading.RLock()
        super().__init__(app, installation_id)

    @property
    def token(self) -> str:
        """The token, a new one shortly before the old one ends."""
        with self._refreshing:
            return super().token


class GithubClient:
    """One credential at one GitHub (github.com, or an Enterprise Server by its API address).

    `seconds` is the time for one operation, all its requests together; a single request gets 20 at most. `ca_bundle`
    is a file of certificate authorities, where the system's are not the right ones. An Enterprise Server may know
    older API versions only. Safe to use from any thread. Raises ValueError for an address or key that cannot be used.
    """

    def __init__(
        self,
        api_url: str,
        credential: AccountToken | AppInstallation,
        *,
        ca_bundle: str = "",
        api_version: str | None = API_VERSION,
        seconds: float = _SECONDS,
    ) -> None:
        _refuse_address(api_url)
        github_wire.bind()
        self.authorities: bool | str = ca_bundle or True  # as `verify` of `requests` takes them
        self._app = None if isinstance(credential, AccountToken) else _app_auth(credential)
        auth: Auth.Auth
        if isinstance(credential, AccountToken):
            auth = Auth.Token(credential.value)
        else:
            assert self._app is not None
            auth = _InstallationAuth(self._app, credential.installation_id)
        self._github = Github(
            base_url=api_url.rstrip("/"),
            auth=auth,
            timeout=max(1, int(min(seconds, _REQUEST_SECONDS))),
            verify=self.authorities,
            retry=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            per_page=_PER_PAGE,
            api_version=api_version,
        )
        self._auth = auth
        self._seconds = seconds
        self._repositories: dict[str, Repository] = {}
        self._login = ""

    def login(self) -> str:
        """Give the account that the credential acts as: a user, or `<app>[bot]`. Asked once."""
        if not self._login:
            with self.asking("the bot's account"):
                self._login = self._github.get_user().login if self._app is None else f"{self._slug()}[bot]"
        return self._login

    def token(self) -> str:
        """Give a token that is good now, for git over HTTPS (user name `x-access-token`)."""
        with self.asking("a token"):
            return self._auth.token

    def repository(self, full_name: str) -> Repository:
        """Give a repository that exists, by `owner/name`; looked up once. For use inside `asking`."""
        if full_name not in self._repositories:
            self._repositories[full_name] = self._github.get_repo(full_name)
        return self._repositories[full_name]

    @contextmanager
    def asking(self, what: str) -> Iterator[None]:
        """Bound everything asked inside by one total time, and turn whatever goes wrong into an OutsideError."""
        try:
            with allow(self._seconds):
                yield
        except _FAILURES as error:
            raise outside(error, what) from error

    def _slug(self) -> str:
        assert self._app is not None
        settings = self._github.requester.kwargs | {"auth": self._app}
        return GithubIntegration(**settings).get_app().slug


def items(pages: PaginatedList[Item], what: str) -> tuple[Item, ...]:
    """Read every page of a list; raises OutsideError over 1,000 items. For use inside `asking`."""
    found: list[Item] = []
    for item in pages:
        if len(found) == _MAX_ITEMS:
            raise OutsideError(Code.OUTSIDE_LIMIT, f"{what}: more than {_MAX_ITEMS}")
        found.append(item)
    return tuple(found)


def outside(error: Exception, what: str) -> OutsideError:
    """Map an exception of PyGithub, or one from underneath it, to an OutsideError about `what` was asked for."""
    if isinstance(error, GithubException):
        return _refused(error, what)
    if isinstance(error, requests.RequestException | OSError):
        return outside_error(error, what)
    return OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: the forge's answer is not what GitHub's API gives")


def _refused(error: GithubException, what: str) -> OutsideError:
    headers = error.headers or {}
    said = error.data.get("message") if isinstance(error.data, dict) else None
    message = "".join(letter for letter in str(said or "") if letter.isprintable())[:_MESSAGE_LIMIT]
    detail = f"{what}: {error.status}" + (f", {message}" if message else "")
    return OutsideError(_code(error), detail, retry_after=_retry_after(headers))


def _code(error: GithubException) -> Code:
    headers = error.headers or {}
    spent = headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers
    if isinstance(error, RateLimitExceededException) or (error.status == 403 and spent):
        return Code.OUTSIDE_RATE_LIMITED
    return code_of(error.status)


def code_of(status: int) -> Code:
    """Give the reason that an HTTP status of 400 or more stands for, where no header says another."""
    return Code.OUTSIDE_SERVER_ERROR if status >= 500 else _BY_STATUS.get(status, Code.OUTSIDE_REFUSED)


def _retry_after(headers: Mapping[str, str | int]) -> float | None:
    """Give the seconds to wait: `Retry-After`, or until the rate limit is reset, by the server's own clock."""
    wait = str(headers.get("retry-after", ""))
    if wait.isdecimal():
        return float(wait[:6])
    reset, date = str(headers.get("x-ratelimit-reset", "")), str(headers.get("date", ""))
    if headers.get("x-ratelimit-remaining") != "0" or not reset.isdecimal():
        return None
    try:
        return max(0.0, float(reset[:12]) - parsedate_to_datetime(date).timestamp())
    except ValueError:
        return None


def _refuse_address(api_url: str) -> None:
    parts = urlsplit(api_url)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or plain) or "@" in parts.netloc or parts.query:
        raise ValueError("not the address of a GitHub API, as https://api.github.com or https://ghes.example/api/v3")


def _app_auth(app: AppInstallation) -> Auth.AppAuth:
    """Make a GitHub App's credential, after a look at its key: PyGithub would find out at the first request."""
    try:
        key = load_pem_private_key(app.private_key.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the GitHub App's private key is not an unencrypted RSA key in PEM")  # noqa: TRY004
    return Auth.AppAuth(app.app_id, app.private_key)
