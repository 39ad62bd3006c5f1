"""One API request and its answer as values, and the reading of a JSON body's fields."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar
from urllib.parse import urlencode

from promoter.local.forge.accounts import Account, App, Role
from promoter.local.forge.documents import Document
from promoter.local.forge.refusal import RefusedError, invalid

_MAX_PER_PAGE = 100
_PER_PAGE = 30

Choice = TypeVar("Choice", bound=Enum)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One API request and its answer as they went over the wire, for tests and counts; no header is kept."""

    method: str
    path: str
    query: Mapping[str, str]
    sent: Any
    status: int
    answer: Any


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """An authenticated request; `app` is set instead of `account` for a GitHub App's own signed assertion."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    account: Account | None = None
    app: App | None = None
    by_installation: bool = False

    def actor(self) -> Account:
        """Give the account that asks; raises RefusedError (401)."""
        if self.account is None:
            raise RefusedError(401, "Requires authentication")
        return self.account

    def writer(self) -> Account:
        """Give the account that asks, which must be allowed to write; raises RefusedError (401, 403)."""
        account = self.actor()
        if account.role is Role.READ:
            raise RefusedError(403, "Resource not accessible by personal access token")
        return account

    def text(self, key: str, default: str | None = None) -> str:
        """Give a text of the body; raises RefusedError (422) when it is missing or no text."""
        value = self.optional_text(key)
        if value is None and default is None:
            raise invalid(f"{key} is missing")
        return value if value is not None else default or ""

    def optional_text(self, key: str) -> str | None:
        """Give a text of the body; None where it is absent or null."""
        if not isinstance(self.body, dict):
            raise RefusedError(400, "Problems parsing JSON")
        value = self.body.get(key)
        if value is not None and not isinstance(value, str):
            raise invalid(f"{key} is not a string")
        return value

    def choice(self, key: str, kind: type[Choice], default: Choice | None = None) -> Choice:
        """Give a member of a closed set; raises RefusedError (422) for anything else."""
        text = self.optional_text(key)
        if text is None and default is not None:
            return default
        try:
            return kind(text)
        except ValueError:
            raise invalid(f"{key} is not one of {', '.join(str(member.value) for member in kind)}") from None


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What goes back: a status, a JSON value, and the Link header of a paged list."""

    document: Document | list[Document]
    status: int = 200
    link: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is asked for, by `page` and `per_page`."""

    number: int = 1
    size: int = _PER_PAGE
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def window(self) -> slice:
        """The part of the list."""
        return slice((self.number - 1) * self.size, self.number * self.size)

    def link(self, url: str, total: int) -> str:
        """Write the Link header (RFC 8288) with `next` and `last`; empty on the last page."""
        last = max(1, -(-total // self.size))
        if self.number >= last:
            return ""

        def address(number: int) -> str:
            return f"<{url}?{urlencode({**self.query, 'per_page': self.size, 'page': number})}>"

        return f'{address(self.number + 1)}; rel="next", {address(last)}; rel="last"'


def page_of(query: Mapping[str, str], largest: int = _MAX_PER_PAGE) -> Page:
    """Read the paging of a query; what is no number counts as absent, as with GitHub."""
    number, size = query.get("page", ""), query.get("per_page", "")
    return Page(
        max(1, int(number)) if number.isdecimal() else 1,
        min(max(1, int(size)), largest) if size.isdecimal() else _PER_PAGE,
        query,
    )


def parse_body(raw: bytes) -> Any:
    """Read a JSON body; an empty one is an empty object. Raises RefusedError (400)."""
    try:
        return json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        raise RefusedError(400, "Problems parsing JSON") from None
