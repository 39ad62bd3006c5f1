"""GitHub's attestation store: every bundle that a repository holds about one digest.

Since REST version 2026-03-10 the list only says where each bundle is: on another host, at an address that is signed
for a short time, compressed as a Snappy block. Older versions, as Enterprise Servers have them, list the bundles
themselves (https://docs.github.com/en/rest/repos/attestations#list-attestations).

Rule 1: the token goes to the API alone. What is elsewhere is asked for without it, and no text holds an address, for
whoever has one may read what is there.
Rule 2: of the next page's address only the query is used, so that the token asks for nothing but this list.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from github.GithubException import GithubException
from github.Requester import Requester
from requests.utils import parse_header_links

from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport.bounded import bounded_session, outside_error
from promoter.transport.github import GithubClient, code_of
from promoter.transport.snappy import ContentTooLongError, NotSnappyError, decompress

MAX_BUNDLES = 100
MAX_BUNDLE_BYTES = 64 << 20
MAX_BYTES = 64 << 20  # of all bundles together
_PER_PAGE = 20  # where bundles stand in the list, a page of them must be no longer than an answer may be
_MAX_PAGES = 10
_SECONDS = 20.0  # for one bundle; the client's time for the whole operation goes on beside it

_session = bounded_session(_SECONDS, MAX_BUNDLE_BYTES)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the list: the bundle itself, or else where it is."""

    bundle: bytes = field(default=b"", repr=False)
    url: str = field(default="", repr=False)


def stored_bundles(client: GithubClient, full_name: str, digest: Digest) -> tuple[bytes, ...]:
    """Give every bundle that `owner/name` holds about a digest, in the store's order, as JSON. For use inside `asking`.

    Raises OutsideError where not every one can be had. A bundle from the list is written again with sorted keys, which
    changes no signed byte (they are base64 inside); one from elsewhere stays as its bytes are. Whether these bytes are
    a bundle is for whoever verifies them to say.
    """
    what = f"the attestations of {digest} in {full_name}"
    requester = client.repository(full_name).requester  # fails for a repository that is not there
    entries = _entries(requester, f"/repos/{full_name}/attestations/{digest}", what)
    if not all(may_hold_bundles(entry.url, requester.scheme) for entry in entries if entry.url):
        said = "a bundle is said to be at an address that is not https://host/..."
        raise OutsideError(Code.OUTSIDE_REDIRECT_REFUSED, f"{what}: {said}")
    bundles, room = [], MAX_BYTES
    for entry in entries:
        limit = min(room, MAX_BUNDLE_BYTES)
        bundle = entry.bundle or _content(_answer(entry.url, client.authorities, what), limit, what)
        room -= len(bundle)
        if room < 0:
            raise _too_large(what)
        bundles.append(bundle)
    return tuple(bundles)


# --- the list ---------------------------------------------------------------------------------------------------------


def _entries(requester: Requester, path: str, what: str) -> tuple[_Entry, ...]:
    """Read every page of the list within the caps."""
    entries: list[_Entry] = []
    for page in _pages(requester, path, what):
        entries.extend(_entry(one, what) for one in page)
        if len(entries) > MAX_BUNDLES:
            raise OutsideError(Code.OUTSIDE_LIMIT, f"{what}: more than {MAX_BUNDLES}")
        if sum(len(entry.bundle) for entry in entries) > MAX_BYTES:
            raise _too_large(what)
    return tuple(entries)


def _pages(requester: Requester, path: str, what: str) -> Iterator[list[Any]]:
    """Ask for one page after the other; none for a digest of which GitHub says 404: it has no attestations."""
    query: Mapping[str, str] = {"per_page": str(_PER_PAGE)}
    for number in range(_MAX_PAGES):
        try:
            headers, document = requester.requestJsonAndCheck("GET", path, dict(query))
        except GithubException as error:
            if error.status == 404 and number == 0:
                return
            raise
        page = document.get("attestations")
        if not isinstance(page, list):
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: the answer holds no list of attestations")
        yield page
        query = _next_query(headers)
        if not query:
            return
    raise OutsideError(Code.OUTSIDE_LIMIT, f"{what}: more than {_MAX_PAGES} pages")


def _next_query(headers: Mapping[str, Any]) -> Mapping[str, str]:
    """Give the query of the next page (a cursor in `after`); empty after the last one."""
    for link in parse_header_links(str(headers.get("link", ""))):
        if link.get("rel") == "next":
            return dict(parse_qsl(urlsplit(link["url"]).query))
    return {}


def _entry(listed: Any, what: str) -> _Entry:
    if not isinstance(listed, dict):
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: an entry of the list is no object")
    bundle, url = listed.get("bundle"), listed.get("bundle_url")
    if isinstance(bundle, dict):
        text = json.dumps(bundle, separators=(",", ":"), sort_keys=True, allow_nan=False)
        if len(text) > MAX_BUNDLE_BYTES:
            raise _too_large(what)
        return _Entry(bundle=text.encode("ascii"))
    if bundle is None and isinstance(url, str) and url:
        return _Entry(url=url)
    raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: an entry has neither a bundle nor the address of one")


# --- bundles that are elsewhere ---------------------------------------------------------------------------------------


def may_hold_bundles(url: str, api_scheme: str) -> bool:
    """Tell whether a forge has a reason to name this address: HTTPS and no credential in it.

    Plain HTTP only where the API itself speaks it: both are on this machine then, and else nothing here is asked.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"https", api_scheme} and bool(parts.hostname) and "@" not in parts.netloc


def _answer(url: str, authorities: bool | str, what: str) -> requests.Response:
    """Fetch what is at an address, without any credential."""
    try:
        answer = _session.get(url, verify=authorities, allow_redirects=False)
    except (requests.RequestException, ValueError) as error:
        raise outside_error(error, f"{what}: a bundle") from error
    if answer.status_code == 200:
        return answer
    if 300 <= answer.status_code < 400:
        raise OutsideError(Code.OUTSIDE_REDIRECT_REFUSED, f"{what}: a bundle is said to be somewhere else again")
    code = code_of(answer.status_code) if answer.status_code >= 400 else Code.OUTSIDE_BAD_ANSWER
    raise OutsideError(code, f"{what}: {answer.status_code} instead of a bundle")


def _content(answer: requests.Response, limit: int, what: str) -> bytes:
    """Give the bundle that an answer holds: as it is where it says that it is JSON, else out of a Snappy block."""
    if answer.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/json":
        if len(answer.content) > limit:
            raise _too_large(what)
        return answer.content
    try:
        return decompress(answer.content, limit)
    except ContentTooLongError as error:
        raise _too_large(what) from error
    except NotSnappyError as error:
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: a bundle is no Snappy block: {error}") from error


def _too_large(what: str) -> OutsideError:
    caps = f"more than {MAX_BUNDLE_BYTES >> 20} MiB in one bundle, or {MAX_BYTES >> 20} MiB in all"
    return OutsideError(Code.OUTSIDE_TOO_LARGE, f"{what}: {caps}")
