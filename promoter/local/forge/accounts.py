"""Accounts of the local forge and what proves them: tokens, and a GitHub App's signed JWT and installation tokens."""

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from promoter.local.forge.refusal import RefusedError, not_found
from promoter.ports import Clock

_INSTALLATION_TOKEN_LIFE = timedelta(hours=1)
_FIRST_ID = 1001


class Kind(Enum):
    """What an account is, in GitHub's words."""

    USER = "User"
    BOT = "Bot"


class Role(Enum):
    """What an account may do in every repository of this forge; an admin also passes required checks by."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Account:
    """One account; commits made with its e-mail address are shown as its own."""

    login: str
    id: int
    kind: Kind
    role: Role
    email: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AppKey:
    """What the operator of a GitHub App holds."""

    app_id: int
    installation_id: int
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class App:
    """A GitHub App with its one installation; it acts as the account `<slug>[bot]`."""

    slug: str
    id: int
    installation_id: int
    bot: Account
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Grant:
    """An installation token and when it ends."""

    token: str = field(repr=False)
    ends: datetime


class Accounts:
    """Every account, app and token of one forge. The caller holds the forge's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(_FIRST_ID)
        self._accounts: dict[str, Account] = {}
        self._tokens: dict[str, str] = {}
        self._apps: dict[int, App] = {}
        self._grants: dict[str, tuple[App, datetime]] = {}

    def add(self, login: str, kind: Kind = Kind.USER, role: Role = Role.WRITE, email: str = "") -> Account:
        """Make an account; raises ValueError when the login is taken."""
        if login in self._accounts:
            raise ValueError(f"there already is an account {login!r}")
        number = next(self._ids)
        address = email or f"{number}+{login}@users.noreply.forge.localhost"
        account = Account(login, number, kind, role, address, self._clock.now())
        self._accounts[login] = account
        return account

    def token(self, account: Account) -> str:
        """Give a new token of an account that does not end."""
        token = f"ghp_{secrets.token_hex(18)}"
        self._tokens[token] = account.login
        return token

    def add_app(self, slug: str) -> AppKey:
        """Register a GitHub App with a new key, installed once."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        app = App(slug, next(self._ids), next(self._ids), self.add(f"{slug}[bot]", Kind.BOT), public)
        self._apps[app.id] = app
        return AppKey(app.id, app.installation_id, private.decode("ascii"))

    def grant(self, app: App, installation_id: int) -> Grant:
        """Give an installation token, good for an hour."""
        if installation_id != app.installation_id:
            raise not_found()
        grant = Grant(f"ghs_{secrets.token_hex(18)}", self._clock.now() + _INSTALLATION_TOKEN_LIFE)
        self._grants[grant.token] = (app, grant.ends)
        return grant

    def holder(self, token: str) -> Account:
        """Give the account a token acts for; raises RefusedError (401) for no token of ours, or one that ended."""
        login = self._tokens.get(token)
        if login is not None:
            return self._accounts[login]
        app, ends = self._grants.get(token, (None, None))
        if app is None or ends is None or ends <= self._clock.now():
            raise RefusedError(401, "Bad credentials")
        return app.bot

    def is_installation(self, token: str) -> bool:
        """Tell whether a token belongs to an installation, which has no user of its own."""
        return token in self._grants

    def app(self, assertion: str) -> App:
        """Give the app that signed a JWT (RS256, `iss` its id, at most ten minutes); raises RefusedError (401)."""
        try:
            issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss", "")
            app = self._apps[int(issuer)]
            jwt.decode(assertion, app.public_key, algorithms=["RS256"], options={"require": ["exp", "iat", "iss"]})
        except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
            raise RefusedError(401, "A JSON web token could not be decoded") from error
        return app

    def named(self, login: str) -> Account:
        """Give the account of this login; an owner that nobody logs in as becomes one."""
        return self._accounts[login] if login in self._accounts else self.add(login)

    def find(self, login: str) -> Account | None:
        """Give the account of this login."""
        return self._accounts.get(login)

    def by_email(self, email: str) -> Account | None:
        """Give the account that commits with this address."""
        return next((account for account in self._accounts.values() if account.email == email), None)
