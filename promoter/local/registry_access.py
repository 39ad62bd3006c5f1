"""Who may use the local registry: anybody, an account by Basic, or an account by short-lived tokens.

Token Authentication Specification of the distribution project; its token service answers on the registry itself.
"""

import base64
import binascii
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Access(Enum):
    """How the registry asks its clients who they are."""

    OPEN = "open"
    BASIC = "basic"
    TOKEN = "token"


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The kind of access, the one account, and how many seconds a token lasts.

    `public` lets anybody have a token that reads. The account's secret is its identity token (refresh token) too.
    """

    access: Access = Access.OPEN
    username: str = "bot"
    secret: str = field(default="local-secret", repr=False)
    token_seconds: int = 300  # clients in Go read whole seconds only
    public: bool = False


@dataclass(frozen=True, slots=True)
class _Grant:
    ends: float  # monotonic seconds
    may_write: bool


class Gate:
    """Grants tokens and checks Authorization headers. Safe to share between threads."""

    def __init__(self, policy: AccessPolicy) -> None:
        self.policy = policy
        self._lock = threading.Lock()
        self._grants: dict[str, _Grant] = {}

    def allows(self, authorization: str, *, writing: bool) -> bool:
        """Tell whether a request with this Authorization header may go on."""
        match self.policy.access:
            case Access.OPEN:
                return True
            case Access.BASIC:
                return self._is_account(authorization)
            case Access.TOKEN:
                return self._is_granted(authorization.removeprefix("Bearer "), writing=writing)

    def challenge(self, url: str, scope: str) -> str:
        """Give the WWW-Authenticate header for a refused request."""
        if self.policy.access is Access.BASIC:
            return 'Basic realm="local registry"'
        wanted = f',scope="{scope}"' if scope else ""
        return f'Bearer realm="{url}/token",service="local-registry"{wanted}'

    def grant(self, authorization: str) -> str | None:
        """Give a token for a GET with the account as Basic, or with nothing where the registry is public."""
        if authorization:
            return self._issue(may_write=True) if self._is_account(authorization) else None
        return self._issue(may_write=False) if self.policy.public else None

    def grant_for_form(self, form: Mapping[str, str]) -> str | None:
        """Give a token for a POST with a refresh token or a password (OAuth 2.0 grants)."""
        known = form.get("refresh_token") == self.policy.secret or (
            form.get("username") == self.policy.username and form.get("password") == self.policy.secret
        )
        return self._issue(may_write=True) if known else None

    def revoke_all(self) -> None:
        """End every token now."""
        with self._lock:
            self._grants.clear()

    def _issue(self, *, may_write: bool) -> str:
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._grants[token] = _Grant(time.monotonic() + self.policy.token_seconds, may_write)
        return token

    def _is_granted(self, token: str, *, writing: bool) -> bool:
        with self._lock:
            grant = self._grants.get(token)
        return grant is not None and time.monotonic() < grant.ends and (grant.may_write or not writing)

    def _is_account(self, authorization: str) -> bool:
        kind, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        wanted = f"{self.policy.username}:{self.policy.secret}"
        return kind.lower() == "basic" and secrets.compare_digest(given.encode(), wanted.encode())
