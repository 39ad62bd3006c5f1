"""Authorization of one registry host: its challenge answered, its tokens kept while they last.

Basic (RFC 7617) and the token flow (distribution, "Token Authentication Specification" and "OAuth2 Token
Authentication"). Rule: a login is shown to the registry's own origin, and to a token service elsewhere only if the
endpoint names that host, on https (or on loopback, by a registry on loopback); a token is shown to the registry's
origin alone. A challenge counts only when it comes from the registry itself, never from where it redirected to.
"""

import base64
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

import requests

from promoter.core.codes import Code
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import OutsideError
from promoter.transport.bounded_connection import hold
from promoter.transport.registry_credentials import Anonymous, Credentials, Login, login_for
from promoter.transport.registry_origin import same_origin
from promoter.transport.registry_status import refusal

_PARAMETER = re.compile(  # possessive, and never from the middle of a word: linear in a hostile header
    r'(?<![A-Za-z0-9_-])([A-Za-z][A-Za-z0-9_-]*+)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s",]++))'
)
_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_LIFETIME = 60.0  # seconds, where the token service names none (Token Authentication Specification)
_LONGEST = 3600.0
_USED = 0.9  # of its lifetime a token is used, then a new one is fetched
_LOGIN_KEPT = 300.0  # seconds between two questions to a credential helper
_KNOWN_TOKEN_HOSTS = {"docker.io": "auth.docker.io", "registry.gitlab.com": "gitlab.com"}


class Scheme(Enum):
    """Kind of challenge."""

    BASIC = "basic"
    BEARER = "bearer"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A registry: its canonical host name, where it answers, and with which credentials.

    `url` is scheme, host and port alone; empty stands for `https://<host>`. `token_hosts` are further hosts (with port
    where it is not 443) that may be shown the credentials when the registry names them as its token service.
    """

    host: str
    url: str = ""
    credentials: Credentials = field(default_factory=Anonymous)
    token_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a WWW-Authenticate header asks for (RFC 9110 §11.6.1)."""

    scheme: Scheme
    realm: str = ""
    service: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    value: str = field(repr=False)
    ends: float  # monotonic seconds


def parse_challenge(header: str) -> Challenge | None:
    """Read a WWW-Authenticate header; Bearer is preferred to Basic, None where it offers neither."""
    for scheme in (Scheme.BEARER, Scheme.BASIC):
        found = re.search(rf"(?:^|,)\s*{scheme.value}(?:\s+|$)", header, re.IGNORECASE)
        if found:
            pairs = _PARAMETER.finditer(header, found.end())
            given = {pair[1].lower(): pair[2] if pair[2] is not None else pair[3] for pair in pairs}
            return Challenge(scheme, given.get("realm", ""), given.get("service", ""), given.get("scope", ""))
    return None


class Authenticator:
    """The Authorization header for one registry, by scope; safe to share between threads.

    `ask` sends a request to a token service, bounded and counted like every other. All methods raise OutsideError.
    """

    def __init__(self, endpoint: Endpoint, origin: str, ask: Callable[[requests.Request, str], requests.Response]):
        self._endpoint = endpoint
        self._origin = origin
        self._ask = ask
        self._lock = threading.Lock()
        self._challenge: Challenge | None = None
        self._tokens: dict[str, _Token] = {}
        self._login: Login | None = None
        self._login_ends = 0.0

    def header(self, scope: str) -> str | None:
        """Give what the last challenge asked for, before the registry has to ask again; None: nothing was asked yet."""
        with hold(self._lock):
            if self._challenge is None:
                return None
            return self._current(scope) or self._obtain(scope, scope)

    def answer(self, header: str, scope: str, refused: str | None) -> str:
        """Answer a 401: gives a header that differs from the refused one.

        Raises OutsideError (unauthorized) where there is none: no login, or the login itself was refused.
        """
        challenge = parse_challenge(header)
        if challenge is None:
            raise self._unauthorized("its 401 names neither Basic nor Bearer")
        with hold(self._lock):
            known = self._current(scope)
            if known is not None and known != refused:
                return known  # another thread was here first
            self._challenge = challenge
            self._tokens.pop(scope, None)
            self._login_ends = 0.0
            given = self._obtain(scope, challenge.scope or scope)
        if given is None or given == refused:
            raise self._unauthorized("it refuses this login" if given else "it wants a login and none is configured")
        return given

    def _unauthorized(self, why: str) -> OutsideError:
        return OutsideError(Code.OUTSIDE_UNAUTHORIZED, f"{self._endpoint.host}: {why}")

    def _current(self, scope: str) -> str | None:
        token = self._tokens.get(scope)
        return f"Bearer {token.value}" if token is not None and time.monotonic() < token.ends else None

    def _obtain(self, scope: str, wanted: str) -> str | None:
        assert self._challenge is not None
        login = self._known_login()
        if self._challenge.scheme is Scheme.BASIC:
            return _basic(login) if login is not None and not login.identity_token else None
        self._tokens[scope] = token = self._fetch(self._challenge, wanted, login)
        return f"Bearer {token.value}"

    def _known_login(self) -> Login | None:
        if time.monotonic() >= self._login_ends:
            self._login = login_for(self._endpoint.host, self._endpoint.credentials)
            self._login_ends = time.monotonic() + _LOGIN_KEPT
        return self._login

    def _fetch(self, challenge: Challenge, scope: str, login: Login | None) -> _Token:
        self._check_realm(challenge.realm, login)
        what = f"a token for {self._endpoint.host} from {urlsplit(challenge.realm).netloc}"
        asked = time.monotonic()
        response = self._ask(_token_request(challenge, scope, login), what)
        if response.status_code in {400, 401, 403}:
            raise self._unauthorized(f"its token service refuses this login (HTTP {response.status_code})")
        if response.status_code != 200:
            raise refusal(response, what)
        return _read_token(response.content, asked, what)

    def _check_realm(self, realm: str, login: Login | None) -> None:
        """Refuse a token service that may not be asked, and one that may not be shown the login."""
        if same_origin(realm, self._origin):
            return
        try:
            parts = urlsplit(realm)
        except ValueError:
            raise self._unauthorized("it names no usable token service") from None
        if parts.scheme != "https" and not self._origin.startswith("http://"):  # http is loopback, for itself only
            raise self._unauthorized("its token service does not answer on https")
        if parts.scheme not in {"http", "https"} or not parts.netloc or "@" in parts.netloc:
            raise self._unauthorized("it names no usable token service")
        trusted = (*self._endpoint.token_hosts, _KNOWN_TOKEN_HOSTS.get(self._endpoint.host, ""))
        if login is not None and parts.netloc not in trusted:
            raise self._unauthorized(
                f"it wants its login shown to {parts.netloc}; if that is right, list it as a token host of the registry"
            )


def _basic(login: Login) -> str:
    return "Basic " + base64.b64encode(f"{login.username}:{login.secret}".encode()).decode()


def _token_request(challenge: Challenge, scope: str, login: Login | None) -> requests.Request:
    if login is not None and login.identity_token:
        form = {
            "grant_type": "refresh_token",
            "service": challenge.service,
            "scope": scope,
            "client_id": "promoter",
            "refresh_token": login.identity_token,
        }
        return requests.Request("POST", challenge.realm, data=form)
    query = {"service": challenge.service, "scope": scope}
    headers = {"Authorization": _basic(login)} if login is not None else {}
    return requests.Request("GET", challenge.realm, params=query, headers=headers)


def _read_token(raw: bytes, asked: float, what: str) -> _Token:
    try:
        answer = read_object(raw)
    except Malformed as error:
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: the answer is not JSON") from error
    value = answer.get("token") or answer.get("access_token")
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: the answer holds no token")
    lifetime = answer.get("expires_in", _LIFETIME)
    if not isinstance(lifetime, int | float) or lifetime <= 0:
        lifetime = _LIFETIME
    return _Token(value, asked + min(lifetime, _LONGEST) * _USED)
