"""The one way to a registry: oras's `Registry` with its transport replaced.

Everything that oras or the adapter asks for goes through `do_request`. Here it gets the registry's own credentials,
redirects that lose them, a bounded back-off, a total deadline and a byte cap; oras's own retries (131 s of blocking
sleeps), its authentication (tokens never renewed and sent to other hosts) and its timeouts (none) are out of the way.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from oras.provider import Registry as OrasRegistry

from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport.bounded import bounded_session, outside_error
from promoter.transport.bounded_connection import allow
from promoter.transport.registry_auth import Authenticator, Endpoint
from promoter.transport.registry_origin import PORTS, refuse_downgrade, same_origin
from promoter.transport.registry_status import TransientError, refusal

_PATH = re.compile(r"/v2/(?P<name>.+)/(?P<kind>tags|manifests|blobs|referrers)/(?P<rest>.+)")
_REDIRECTS = (301, 302, 303, 307, 308)
_REFUSALS = (401, 403, 429)
_REPEATABLE = ("GET", "HEAD")
_PAUSES = (0.2, 0.8)  # seconds before the second and the third try, where the registry names none


class RequestKind(Enum):
    """What a request asks a registry for."""

    TAGS = "tags"
    MANIFEST = "manifest"
    BLOB = "blob"
    REFERRERS = "referrers"
    UPLOAD = "upload"
    TOKEN = "token"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """One request that was on the wire, retries, redirects and token requests included.

    `status` is 0 where no answer came. `path` is without the query, which may hold secrets.
    """

    kind: RequestKind
    method: str
    host: str
    path: str
    status: int
    seconds: float


@dataclass(frozen=True, slots=True)
class WireLimits:
    """Bounds of one call: seconds of a request, seconds of all its requests, of its pauses, and redirects."""

    request_seconds: float = 20.0
    call_seconds: float = 60.0
    patience_seconds: float = 4.0
    answer_bytes: int = 4 * 1024 * 1024
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class _Call:
    """One request as oras or the adapter wants it, and how errors name it."""

    method: str
    url: str
    what: str
    kind: RequestKind
    scope: str
    headers: Mapping[str, str] = field(repr=False)
    body: Any = field(default=None, repr=False)
    json: Any = field(default=None, repr=False)


class RegistryWire(OrasRegistry):  # type: ignore[misc]  # oras is published without types
    """oras's client for one endpoint. Raises OutsideError; answers other than 401, 403, 429 and 5xx are given back.

    Safe to share between threads: nothing of oras's own mutable state (headers, tokens) is used.
    """

    def __init__(
        self, endpoint: Endpoint, limits: WireLimits, on_request: Callable[[RequestSeen], None] | None = None
    ) -> None:
        address = urlsplit(endpoint.url or f"https://{endpoint.host}")
        if address.scheme not in {"http", "https"} or not address.hostname or "@" in address.netloc:
            raise ValueError(f"not an address of a registry, as https://registry.example:5000: {endpoint.url!r}")
        if address.path.strip("/") or address.query or address.fragment:
            raise ValueError(f"the address of a registry has no path: {endpoint.url!r}")
        super().__init__(hostname=address.hostname, insecure=address.scheme == "http")
        self.session = bounded_session(limits.request_seconds, limits.answer_bytes)
        self.endpoint = endpoint
        self.limits = limits
        name = f"[{address.hostname}]" if ":" in address.hostname else address.hostname
        self.address = f"{name}:{address.port or PORTS[address.scheme]}"  # by the port oras sees that it is a host
        self.origin = f"{address.scheme}://{self.address}"
        self._on_request = on_request
        self._auth = Authenticator(endpoint, self.origin, self._ask_token_service)

    def close(self) -> None:
        """Close every connection."""
        self.session.close()

    def do_request(
        self,
        url: str,
        method: str = "GET",
        data: Any = None,
        headers: dict[str, str] | None = None,
        json: Any = None,
        stream: bool = False,  # noqa: ARG002 - answers are read whole, within the caps
    ) -> requests.Response:
        """Send one request of oras or of the adapter, within `call_seconds` whatever it takes."""
        path = urlsplit(url).path
        kind, scope = _classify(method, path)
        call = _Call(method, url, f"{method} {self.endpoint.host}{path}", kind, scope, dict(headers or {}), data, json)
        with allow(self.limits.call_seconds) as allowance:
            return self._send_patiently(call, allowance.ends)

    def _send_patiently(self, call: _Call, ends: float) -> requests.Response:
        """Try again after a pause what may be gone a moment later: at most three tries, and only GET and HEAD."""
        slept = 0.0
        for pause in _PAUSES:
            try:
                return self._send(call)
            except TransientError as error:
                wait = max(pause, error.retry_after or 0.0)
                bearable = slept + wait <= self.limits.patience_seconds and time.monotonic() + wait < ends
                if call.method not in _REPEATABLE or not bearable:
                    raise
            time.sleep(wait)
            slept += wait
        return self._send(call)

    def _send(self, call: _Call) -> requests.Response:
        response = self._send_authorized(call)
        url, at_home = call.url, self._is_home(call.url)
        for _ in range(self.limits.redirects):
            if response.status_code not in _REDIRECTS:
                break
            url = self._target(call, url, response)
            at_home = at_home and self._is_home(url)  # once away, credentials stay away
            authorization = self._auth.header(call.scope) if at_home else None
            response = self._exchange(call, url, authorization)
        if response.status_code in _REDIRECTS:
            raise OutsideError(
                Code.OUTSIDE_REDIRECT_REFUSED, f"{call.what}: more than {self.limits.redirects} redirects"
            )
        if response.status_code in _REFUSALS or response.status_code >= 500:
            raise refusal(response, call.what)
        return response

    def _send_authorized(self, call: _Call) -> requests.Response:
        """Send with the registry's credentials, and once more with new ones if it answers 401."""
        if not self._is_home(call.url):  # an upload that the registry placed elsewhere
            refuse_downgrade(self.origin, call.url, call.what)
            return self._exchange(call, call.url, None)
        authorization = self._auth.header(call.scope)
        response = self._exchange(call, call.url, authorization)
        if response.status_code != 401:
            return response
        challenge = response.headers.get("WWW-Authenticate", "")
        return self._exchange(call, call.url, self._auth.answer(challenge, call.scope, authorization))

    def _is_home(self, url: str) -> bool:
        return same_origin(url, self.origin)

    def _target(self, call: _Call, url: str, response: requests.Response) -> str:
        """Give where a redirect goes; refuses what is not repeatable, leaves https, or is no plain address."""
        try:
            target = urljoin(url, response.headers.get("Location", ""))
            parts = urlsplit(target)
        except ValueError:
            raise OutsideError(
                Code.OUTSIDE_REDIRECT_REFUSED, f"{call.what}: a redirect without a usable address"
            ) from None
        if call.method not in _REPEATABLE:
            raise OutsideError(Code.OUTSIDE_REDIRECT_REFUSED, f"{call.what}: only what is read is redirected")
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            raise OutsideError(Code.OUTSIDE_REDIRECT_REFUSED, f"{call.what}: a redirect without a usable address")
        refuse_downgrade(url, target, call.what)
        return target

    def _exchange(self, call: _Call, url: str, authorization: str | None) -> requests.Response:
        headers = {key: value for key, value in call.headers.items() if key.lower() != "authorization"}
        if authorization is not None:
            headers["Authorization"] = authorization
        request = requests.Request(call.method, url, headers=headers, data=call.body, json=call.json)
        return self._put_on_wire(request, call.kind, call.what)

    def _ask_token_service(self, request: requests.Request, what: str) -> requests.Response:
        return self._put_on_wire(request, RequestKind.TOKEN, what)

    def _put_on_wire(self, request: requests.Request, kind: RequestKind, what: str) -> requests.Response:
        started = time.monotonic()
        status = 0
        try:
            response = self.session.send(self.session.prepare_request(request))
            status = response.status_code
        except (requests.RequestException, OSError, ValueError) as error:
            failure = outside_error(error, what)
            if failure.code is Code.OUTSIDE_UNREACHABLE:
                raise TransientError(failure.code, failure.detail) from error
            raise failure from error
        finally:
            self._tell(request, kind, status, time.monotonic() - started)
        return response

    def _tell(self, request: requests.Request, kind: RequestKind, status: int, seconds: float) -> None:
        if self._on_request is not None:
            parts = urlsplit(request.url)
            self._on_request(RequestSeen(kind, request.method, parts.netloc, parts.path, status, seconds))


def _classify(method: str, path: str) -> tuple[RequestKind, str]:
    """Give what a request asks for, and the scope that a token for it needs."""
    found = _PATH.fullmatch(path)
    if found is None:
        return RequestKind.OTHER, ""
    actions = "pull" if method in _REPEATABLE else "pull,push"
    scope = f"repository:{found['name']}:{actions}"
    match found["kind"]:
        case "tags":
            return RequestKind.TAGS, scope
        case "manifests":
            return RequestKind.MANIFEST, scope
        case "referrers":
            return RequestKind.REFERRERS, scope
        case _:
            return RequestKind.UPLOAD if found["rest"].startswith("uploads") else RequestKind.BLOB, scope
