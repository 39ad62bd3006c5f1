"""What PyGithub sends and gets: one bounded session, and only answers that its own habits cannot make worse.

PyGithub waits for ever on a 202, follows a 301, takes a 307 for success, sends its token to any subdomain that a `Link`
header names, reads an object as an empty list, and trips over error bodies that are no objects. None of that gets past
`_Wire.getresponse`, which raises an `OutsideError` instead; nor does an address that a name of `..` would change.
The seam is `Requester.injectConnectionClasses`, which counts for the whole process.
"""

import json
import re
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import requests
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester, RequestsResponse
from requests.structures import CaseInsensitiveDict
from urllib3 import Retry

from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport.bounded import bounded_session, outside_error

_DEADLINE = 30.0
_MAX_BYTES = 16 * 1024 * 1024
_LISTS = re.compile(
    r"/repos/[^/]+/[^/]+/(?:pulls|pulls/\d+/(?:reviews|commits)|commits/\w+/pulls|issues/\d+/(?:comments|events)"
    r"|statuses/\w+)\Z"
)
_LINK = re.compile(r"<([^<>]*+)>")  # no address holds a `<`, and so the search is linear in a hostile header
_KEPT_HEADERS = frozenset({"date", "link", "retry-after"})
_COUNTING_HEADERS = frozenset({"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"})

_session = bounded_session(_DEADLINE, _MAX_BYTES)


class _Answer(RequestsResponse):
    """An answer as PyGithub reads it: a JSON document or nothing, and the headers that mean something."""

    def __init__(self, answer: requests.Response, text: str) -> None:
        super().__init__(answer)
        self.headers = CaseInsensitiveDict(
            (name, value)
            for name, value in answer.headers.items()
            if name.lower() in _KEPT_HEADERS or (name.lower() in _COUNTING_HEADERS and value.isdecimal())
        )
        self._text = text

    def read(self) -> str:
        return self._text


class _Wire(HTTPRequestsConnectionClass):
    """A connection of PyGithub that only remembers a request until the shared session sends it."""

    scheme = "http"
    usual_port = 80

    def __init__(
        self,
        host: str,
        port: int | None = None,
        strict: bool = False,  # noqa: ARG002 - PyGithub's own signature
        timeout: int | None = None,
        retry: int | Retry | None = None,  # noqa: ARG002
        pool_size: int | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> None:
        self.host = host
        self.port = port or self.usual_port
        self.protocol = self.scheme
        self.timeout = timeout
        self.verify = kwargs.get("verify", True)

    def getresponse(self) -> RequestsResponse:
        """Send, and give the answer if PyGithub can be trusted with it; raises OutsideError."""
        what = _printable(f"{self.verb} {self.url.partition('?')[0]}", 160)
        if any(unquote(part) in {".", ".."} for part in self.url.partition("?")[0].split("/")):
            raise OutsideError(Code.OUTSIDE_REFUSED, f"{what}: '.' and '..' would make another address of it")
        host = f"[{self.host}]" if ":" in self.host else self.host
        body = self.input.encode() if isinstance(self.input, str) else None
        try:
            answer = _session.request(
                self.verb,
                f"{self.protocol}://{host}:{self.port}{self.url}",
                headers=self.headers,
                data=body,
                timeout=self.timeout,
                verify=self.verify,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise outside_error(error, what) from error
        _refuse_detour(answer, what)
        return _Answer(answer, _document(answer, what))

    def close(self) -> None:
        """Leave the session open: it is everybody's."""


class _PlainWire(_Wire):
    """Plain HTTP, which the session speaks with loopback only."""


class _TlsWire(_Wire):
    """HTTPS."""

    scheme = "https"
    usual_port = 443


def bind() -> None:
    """Have PyGithub use these wires from now on, in the whole process; doing it again changes nothing."""
    tls = cast("type[HTTPSRequestsConnectionClass]", _TlsWire)  # PyGithub's two classes are alike and unrelated
    Requester.injectConnectionClasses(_PlainWire, tls)


def _refuse_detour(answer: requests.Response, what: str) -> None:
    """Raise OutsideError for an answer that sends the asker somewhere else, or asks to come back."""
    if answer.status_code == 202:
        raise OutsideError(Code.OUTSIDE_SERVER_ERROR, f"{what}: 202, the forge is still preparing the answer")
    if 300 <= answer.status_code < 400:
        raise OutsideError(
            Code.OUTSIDE_REDIRECT_REFUSED,
            f"{what}: {answer.status_code}, the forge points to another address: configure where it is now",
        )
    link = answer.headers.get("Link", "")
    bare = (word for word in _LINK.sub(" ", link).split() if "://" in word)  # PyGithub takes anything for brackets
    for url in (*_LINK.findall(link), *bare):
        if not _is_beside(url, answer.url):
            raise OutsideError(Code.OUTSIDE_REDIRECT_REFUSED, f"{what}: the next page is said to be on another host")


def _is_beside(url: str, known: str) -> bool:
    """Tell whether an address has the scheme, host and port of a known one, written in the same way."""
    try:
        return urlsplit(url)[:2] == urlsplit(known)[:2]
    except ValueError:
        return False


def _document(answer: requests.Response, what: str) -> str:
    """Give the JSON text of an answer; raises OutsideError for a success that is no document of the kind asked for.

    PyGithub reads an object as an empty list. An error keeps its document only where that is an object with a message.
    """
    try:
        text = answer.content.decode("utf-8")
        value = json.loads(text)
    except (ValueError, RecursionError):
        text, value = "", None
    if answer.status_code >= 400:
        return text if isinstance(value, dict) and isinstance(value.get("message"), str) else '{"message": ""}'
    listed = answer.request.method == "GET" and _LISTS.search(answer.url.partition("?")[0]) is not None
    if not isinstance(value, list if listed else dict):
        kind = "list" if listed else "object"
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: the answer is no JSON {kind}")
    return text


def _printable(text: str, limit: int) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text[:limit])
