"""Entries about the bot's whole estate rather than one service: rules in force, exceptions, denials, holds, self-tests.

Their `service` is empty, or names the one service that they are limited to; `core.estate` folds them.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Literal

from promoter.core.candidate import Digest
from promoter.core.denial import Denial, Withdrawn
from promoter.core.entry import Entry

ESTATE = ""
"""The `service` of an entry that concerns all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyActivated(Entry):
    """Another bundle of rules came into force; who answers for it is what the forge or signatures say, never the files.

    `commit` is empty where the rules are files of the bot's own machine: then nobody is known to answer for them.
    """

    kind: Literal["policy-activated"] = "policy-activated"
    bundle: Digest
    commit: str = ""
    author: str = ""
    reviewers: tuple[str, ...] = ()
    signers: tuple[str, ...] = ()
    previous: str = ""  # bundle that was in force before
    weaker: tuple[str, ...] = ()  # what got weaker by it, in words
    is_revert: bool = False  # a person went back to an older bundle on purpose
    actor: str = ""  # who asked for going back
    reason: str = ""
    refs: tuple[Digest, ...] = ()  # the bundle's list of files, and the files
    head: str = ""  # with is_revert: what the source had then, a commit or a bundle; it is not taken over again


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRefused(Entry):
    """A bundle of rules was not taken over; the last good one stays in force."""

    kind: Literal["policy-refused"] = "policy-refused"
    bundle: str = ""  # empty where it could not even be read
    commit: str = ""
    detail: str


class ExceptionStep(Enum):
    """A step in the life of an exception."""

    REQUESTED = "requested"
    APPROVED = "approved"
    ACTIVE = "active"
    USED = "used"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REVIEWED = "reviewed"  # of break-glass: the review that was due


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionMoved(Entry):
    """A step in the life of an exception; of one that is used, with the candidate and environment it is used for."""

    kind: Literal["exception"] = "exception"
    id: str
    step: ExceptionStep
    body: Digest  # of the exception as it was then
    environment: str = ""
    release: str = ""
    digest: str = ""
    actor: str = ""
    detail: str = ""
    refs: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied(Entry):
    """A digest, commit, signer or range of components was withdrawn, by a command or by the file."""

    kind: Literal["denied"] = "denied"
    id: str
    what: Literal["digest", "commit", "signer", "component"]
    value: str
    reason: str
    actor: str = ""  # empty: it stands in the file
    versions: str = ""  # of a component
    since: datetime | None = None

    @property
    def denial(self) -> Denial:
        """The denial that the entry began; one that the file dates counts from then, and from now at the earliest."""
        return Denial(
            id=self.id,
            what=Withdrawn(self.what),
            value=self.value,
            versions=self.versions,
            reason=self.reason,
            since=self.since,
            actor=self.actor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DenialLifted(Entry):
    """A denial ended; what it withdrew is judged again."""

    kind: Literal["denial-lifted"] = "denial-lifted"
    id: str
    reason: str
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Entry):
    """A person stopped promotions: of a service, an environment, both, or of one release name."""

    kind: Literal["held"] = "held"
    id: str
    environment: str = ""  # empty: all
    release: str = ""  # empty: all; a release that is held is frozen until a person releases it
    reason: str
    actor: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEnded(Entry):
    """A person ended a hold."""

    kind: Literal["hold-ended"] = "hold-ended"
    id: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTested(Entry):
    """Known-bad canaries went through the rules in force; one that passes is an alarm."""

    kind: Literal["self-tested"] = "self-tested"
    bundle: Digest
    refused: int
    passed: tuple[str, ...] = ()  # canaries that should have been refused and were not


EstateEntry = PolicyActivated | PolicyRefused | ExceptionMoved | Denied | DenialLifted | Held | HoldEnded | SelfTested
"""Every kind of entry that `core.estate` folds."""
