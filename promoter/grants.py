"""Who answers for the exceptions that stand in files: what a forge says of the change that brought each one.

Names in the files count for nothing. Without a forge (rules in a plain directory) nobody is known to answer for them.
The last answer stays while the forge is silent; an exception about which it never answered is not known to count.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from promoter.config_exceptions import WrittenException
from promoter.core.policy_exception import Granted, Means
from promoter.ports import OutsideError


@dataclass(frozen=True, slots=True)
class Brought:
    """Who made the change that gave a file its present bytes, who approved it, and where that can be seen."""

    authors: tuple[str, ...]
    approvers: tuple[str, ...]
    reference: str


Answers = Callable[[str], Brought | None]
"""Asks who answers for a file of the rules, by its path; None where there is no history. May raise OutsideError."""


def nobody(_: str) -> Brought | None:
    """Answer for rules in a plain directory."""
    return None


class _Account(Protocol):
    @property
    def login(self) -> str: ...


class _Authority(Protocol):
    """What is asked of `core.authority.Authority`."""

    @property
    def commit(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def people(self) -> tuple[str, ...]: ...
    @property
    def reviewers(self) -> tuple[_Account, ...]: ...


class _History(Protocol):
    """What is asked of `ports.ConfigSource`."""

    def origin(self, commit: str, path: str) -> str: ...
    def authority(self, commit: str) -> _Authority | None: ...


def answers_of(source: _History, commit: str) -> Answers:
    """Give what asks a source of rules about its files at a commit."""

    def ask(path: str) -> Brought | None:
        origin = source.origin(commit, path)
        found = source.authority(origin) if origin else None
        if found is None:
            return None
        reference = f"#{found.number} ({found.commit[:12]})" if found.number else found.commit[:12]
        return Brought(found.people, tuple(one.login for one in found.reviewers), reference)

    return ask


class Grants:
    """The exceptions of one configuration with who answers for them; safe for several threads."""

    def __init__(
        self,
        written: tuple[WrittenException, ...],
        answers: Answers = nobody,
        patience: timedelta = timedelta(minutes=1),
    ) -> None:
        self._written = written
        self._answers = answers
        self._patience = patience
        self._lock = threading.Lock()
        self._asked: datetime | None = None
        self._granted: dict[str, Granted] = {}

    def all(self, now: datetime) -> tuple[Granted, ...]:
        """Give every exception; the forge is asked again when its answers are older than the patience."""
        with self._lock:
            if self._asked is None or now >= self._asked + self._patience:
                self._granted = {one.path: self._grant(one) for one in self._written}
                self._asked = now
            return tuple(self._granted.values())

    def concerning(self, service: str, now: datetime) -> tuple[Granted, ...]:
        """Give those that could be about a service."""
        return tuple(one for one in self.all(now) if service in (one.exception.services or (service,)))

    def _grant(self, one: WrittenException) -> Granted:
        try:
            brought = self._answers(one.path)
        except OutsideError:  # said by whoever follows the rules; here the last answer stays
            known = self._granted.get(one.path)
            return known or Granted(exception=one.exception, is_unsure=True)
        if brought is None:
            return Granted(exception=one.exception)
        return Granted(
            exception=one.exception,
            means=Means.REVIEWS,
            authors=brought.authors,
            approvers=brought.approvers,
            reference=brought.reference,
        )
