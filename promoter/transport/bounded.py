"""HTTP with a total deadline and a byte cap per call; every adapter that speaks HTTP mounts this.

A call is one request and its answer: connecting, headers and body end within the deadline however slowly the other
side drips, and at most `max_bytes` bytes of decoded body are ever held. Redirects are never followed here, proxies and
the environment are ignored, cookies are not kept. Plain HTTP is spoken with loopback addresses only.
"""

import http.client
import ipaddress
import ssl
from collections.abc import Iterator, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    NameResolutionError,
    ReadTimeoutError,
)

from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport.bounded_connection import (
    POOLS,
    Allowance,
    StaleConnectionError,
    TooManyBytesError,
    allow,
    byte_cap,
)

_PIECE = 64 * 1024
_POOL_SIZE = 16
_SAFE = ("GET", "HEAD")
_LATE = (TimeoutError, ReadTimeoutError)
_GARBLED = (requests.exceptions.ChunkedEncodingError, DecodeError, http.client.HTTPException)


class DeadlineExceeded(requests.exceptions.Timeout):
    """The call did not end within its total deadline."""


class AnswerTooLarge(requests.exceptions.RequestException):
    """The answer is longer than the byte cap: as announced, on the wire or decoded."""


class PlainHttpRefused(requests.exceptions.InvalidURL):
    """A URL asks for plain HTTP with a host that is not loopback."""


def is_loopback(host: str) -> bool:
    """Tell whether the host of a URL is this machine: `localhost` or a loopback address, written out."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class BoundedAdapter(HTTPAdapter):
    """A `requests` transport whose answers are already read, within `deadline` seconds and `max_bytes` bytes.

    `timeout` of a request, given as one number, shortens the deadline and never lengthens it. `allow` around a call
    does the same and may set another byte cap. Raises exceptions of `requests` only; `outside_error` maps them.
    """

    def __init__(self, deadline: float, max_bytes: int, pool_size: int = _POOL_SIZE) -> None:
        self.deadline = deadline
        self.max_bytes = max_bytes
        super().__init__(pool_connections=pool_size, pool_maxsize=pool_size)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any) -> None:
        """Make the pools open connections of the bounded kind (a hook of requests)."""
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - an answer is always read here, or its caps would not hold
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send, and read the whole answer."""
        _refuse_plain_http(request.url or "")
        if proxies:
            raise requests.exceptions.ProxyError("proxies are not supported here: unset them, or set trust_env=False")
        request.headers["Accept-Encoding"] = "identity"
        seconds = min(self.deadline, timeout) if isinstance(timeout, int | float) else self.deadline
        cap = byte_cap()
        with allow(seconds, self.max_bytes if cap is None else cap) as allowance:
            try:
                return self._exchange(request, allowance, verify, cert)
            except requests.ConnectionError as error:
                if request.method not in _SAFE or not _is_stale(error):
                    raise
            return self._exchange(request, allowance, verify, cert)  # outside of `except`: its failure is another one

    def _exchange(
        self, request: requests.PreparedRequest, allowance: Allowance, verify: Any, cert: Any
    ) -> requests.Response:
        response = None
        whole = False
        try:
            response = super().send(request, stream=True, timeout=allowance.left(), verify=verify, cert=cert)
            response._content = _read_whole(
                response, allowance.max_bytes or 0
            )  # what requests itself sets once it has read
            whole = True
        except (requests.RequestException, HTTPError, OSError, http.client.HTTPException) as error:
            if (named := _named(error, request)) is error:
                raise
            raise named from error
        finally:
            if response is not None and not whole:
                response.raw.close()  # half an answer is on the wire: this connection serves nobody else
        response.raw.release_conn()
        return response


def bounded_session(deadline: float, max_bytes: int) -> requests.Session:
    """Give a session whose every call is bounded, and that knows no redirects, environment, proxies or cookies."""
    session = _PlainSession()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = BoundedAdapter(deadline, max_bytes)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _PlainSession(requests.Session):
    """A session to which a redirect is an answer like any other."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - a hook of requests
        """Say that there is nothing to follow."""
        return None


def _refuse_plain_http(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme.lower() == "http" and not is_loopback(parts.hostname or ""):
        raise PlainHttpRefused(
            f"plain HTTP is spoken with loopback addresses only, not with {parts.hostname}: use https"
        )


def _read_whole(response: requests.Response, cap: int) -> bytes:
    """Read and decode the body in pieces; raises TooManyBytesError as soon as it is over the cap."""
    announced = response.headers.get("Content-Length", "")
    if response.request.method != "HEAD" and announced.isdecimal() and int(announced[:20]) > cap:
        raise TooManyBytesError(f"{announced[:20]} bytes announced")
    pieces = []
    size = 0
    for piece in response.iter_content(_PIECE):
        size += len(piece)
        if size > cap:
            raise TooManyBytesError(f"more than {cap} bytes")
        pieces.append(piece)
    return b"".join(pieces)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Give an error and everything it stems from: libraries wrap what happened several layers deep."""
    seen: set[int] = set()  # `raise e from e` makes a circle
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _is_stale(error: Exception) -> bool:
    return any(isinstance(link, StaleConnectionError) for link in _chain(error))


def _named(error: Exception, request: requests.PreparedRequest) -> requests.RequestException:
    """Give the `requests` exception that says what happened; the text holds nothing of the URL."""
    if any(isinstance(link, TooManyBytesError) for link in _chain(error)):
        return AnswerTooLarge("the answer is over the byte cap", request=request)
    if any(isinstance(link, _LATE) for link in _chain(error)):
        return DeadlineExceeded("the answer did not end within the deadline", request=request)
    if isinstance(error, requests.RequestException):
        return error
    return requests.exceptions.ConnectionError(type(error).__name__, request=request)


def outside_error(error: Exception, what: str) -> OutsideError:
    """Turn what went wrong on the wire into an `OutsideError` about `what` was asked for.

    Takes exceptions of requests, urllib3, ssl, http.client and the socket layer, and the ones of this module. The
    detail is made of `what` and words of this function: never of a URL or header, which may hold secrets.
    """
    if isinstance(error, PlainHttpRefused):
        return OutsideError(Code.OUTSIDE_REDIRECT_REFUSED, f"{what}: {error}")
    if isinstance(error, AnswerTooLarge):
        return OutsideError(Code.OUTSIDE_TOO_LARGE, f"{what}: the answer is over the byte cap")
    if isinstance(error, requests.Timeout) or any(isinstance(link, _LATE) for link in _chain(error)):
        return OutsideError(Code.OUTSIDE_TIMEOUT, f"{what}: the answer did not end within the deadline")
    return _connection_error(error, what)


def _connection_error(error: Exception, what: str) -> OutsideError:
    links = tuple(_chain(error))
    refused = next((link for link in links if isinstance(link, ssl.SSLError)), None)
    if refused is not None:
        reason = getattr(refused, "verify_message", "") or refused.reason or "the handshake failed"
        return OutsideError(Code.OUTSIDE_UNREACHABLE, f"{what}: TLS: {reason}")
    if any(isinstance(link, NameResolutionError) for link in links):
        return OutsideError(Code.OUTSIDE_UNREACHABLE, f"{what}: the host name has no address")
    broken = next((link for link in links if isinstance(link, ConnectionError)), None)
    if broken is not None:
        return OutsideError(Code.OUTSIDE_UNREACHABLE, f"{what}: {broken.strerror or 'the connection was closed'}")
    if any(isinstance(link, _GARBLED) for link in links):
        return OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: the answer is truncated or not HTTP")
    if isinstance(error, ValueError):
        return OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: the other side named a malformed address or header")
    return OutsideError(Code.OUTSIDE_UNREACHABLE, f"{what}: no connection")
