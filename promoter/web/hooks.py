"""Hints by webhook: that it is time to look at some services. Nothing that a hint says is believed.

Rule 1: nothing is read of a hint before its sender has proved to know the secret, compared in constant time.
Rule 2: a hint chooses which services are looked at, and never what is seen: reconcile asks the world itself.
Rule 3: every answer to a good sender is the same, whatever was woken; a hint that came before wakes nothing.
"""

import hashlib
import hmac
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from promoter.config import Configuration
from promoter.core.environment import branch_name
from promoter.core.strict_json import Malformed, read_object

BODY_LIMIT: Final = 1 << 20
"""Bytes of a hint. GitHub sends up to 25 MB; what is longer is refused, and polling finds out all the same."""

_REMEMBERED = 1024  # hints by whose digest a replay is known
_DEPTH = 32
_PULLS = frozenset({"pull_request", "pull_request_review"})
_CHANGES = frozenset({"push", "delete", "mount"})  # of a registry; the bot's own pulls are told of too

Headers = Mapping[str, str]
"""Header fields by their names in lower case; one that stands there twice is refused before."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender is told; it says nothing about what the bot knows or does."""

    status: int
    text: str


ACCEPTED: Final = Answer(202, "accepted")
REFUSED: Final = Answer(401, "unauthorized")
_STRANGE: Final = Answer(400, "not a hint")


class Hooks:
    """Answers hints, and wakes the services that they may be about; safe for several threads.

    `configuration` gives what is in use now; `wake` is called with the names of the services.
    """

    def __init__(
        self, secret: bytes, configuration: Callable[[], Configuration], wake: Callable[[frozenset[str]], None]
    ) -> None:
        self._secret = secret
        self._configuration = configuration
        self._wake = wake
        self._lock = threading.Lock()
        self._order: deque[bytes] = deque()
        self._seen: set[bytes] = set()

    @property
    def paths(self) -> frozenset[str]:
        """Where hints are taken."""
        return frozenset(_HOOKS)

    def answer(self, path: str, headers: Headers, body: bytes) -> Answer:
        """Take a hint at one of the paths."""
        is_proved, concerned = _HOOKS[path]
        if not is_proved(self._secret, headers, body):
            return REFUSED
        try:
            document = read_object(body, _DEPTH)
        except Malformed:
            return _STRANGE
        if self._is_new(path, body) and (names := frozenset(concerned(headers, document, self._configuration()))):
            self._wake(names)
        return ACCEPTED

    def _is_new(self, path: str, body: bytes) -> bool:
        """Tell whether exactly this was not said lately: by its bytes, for a delivery's number is not signed."""
        digest = hashlib.sha256(path.encode() + b"\0" + body).digest()
        with self._lock:
            if digest in self._seen:
                return False
            self._seen.add(digest)
            self._order.append(digest)
            if len(self._order) > _REMEMBERED:
                self._seen.discard(self._order.popleft())
        return True


# --- who sent it ------------------------------------------------------------------------------------------------------


def _is_signed(secret: bytes, headers: Headers, body: bytes) -> bool:
    """Tell whether the body carries GitHub's HMAC (docs: validating webhook deliveries)."""
    expected = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(headers.get("x-hub-signature-256", "").encode(), expected.encode())


def _bears_secret(secret: bytes, headers: Headers, body: bytes) -> bool:  # noqa: ARG001 - one shape for all hooks
    """Tell whether the secret itself stands in the header, as registries send it (RFC 6750 section 2.1)."""
    return hmac.compare_digest(headers.get("authorization", "").encode(), b"Bearer " + secret)


# --- which services ---------------------------------------------------------------------------------------------------


def _by_github(headers: Headers, document: Mapping[str, Any], configuration: Configuration) -> Iterator[str]:
    """Name the services of a repository, or, in the environment repository, of the proposal that it is about."""
    event, named = headers.get("x-github-event", ""), _text(document, "repository", "full_name").lower()
    main = configuration.promoter.forge
    if event == "push":
        source = f"{main.host}/{named}".lower()
        yield from (name for name, one in configuration.services.items() if one.source.lower() == source)
    if named != main.repository.lower():
        return
    if event == "status":
        if not _text(document, "context").startswith("promoter/"):  # the bot's own
            for branch in _list(document, "branches"):
                yield from _of_branch(_text(branch, "name"), configuration)
        return
    if event not in _PULLS | {"push"}:
        return
    ref = _text(document, "pull_request", "head", "ref") or _text(document, "ref").removeprefix("refs/heads/")
    yield from tuple(_of_branch(ref, configuration)) or configuration.services


def _of_branch(branch: str, configuration: Configuration) -> Iterator[str]:
    """Name the service whose proposals stand on a branch."""
    for name, service in configuration.services.items():
        if any(branch == branch_name(environment, name) for environment in service.targets):
            yield name


def _by_registry(_: Headers, document: Mapping[str, Any], configuration: Configuration) -> Iterator[str]:
    """Name the services whose releases stand in a repository that changed (CNCF distribution, notifications).

    The host is not compared: a registry names itself as it likes.
    """
    changed = {
        _text(event, "target", "repository")
        for event in _list(document, "events")
        if _text(event, "action") in _CHANGES
    }
    return (name for name, service in configuration.services.items() if service.image.path in changed)


def _by_command(_: Headers, document: Mapping[str, Any], configuration: Configuration) -> Iterator[str]:
    """Name the services that a person asks for; all of them where none is named."""
    asked = {name for name in _list(document, "services") if isinstance(name, str)}
    return (name for name in configuration.services if not asked or name in asked)


_Proof = Callable[[bytes, Headers, bytes], bool]
_Choice = Callable[[Headers, Mapping[str, Any], Configuration], Iterator[str]]

WAKE_PATH: Final = "/hooks/wake"
"""Where `promoter wake` asks."""

_HOOKS: Final[Mapping[str, tuple[_Proof, _Choice]]] = {
    "/hooks/github": (_is_signed, _by_github),
    "/hooks/registry": (_bears_secret, _by_registry),
    WAKE_PATH: (_bears_secret, _by_command),
}


def _text(value: object, *keys: str) -> str:
    """Give the text at a path of keys; empty where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    found = document.get(key)
    return found if isinstance(found, list) else []
