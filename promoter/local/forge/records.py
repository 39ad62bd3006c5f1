"""What the forge remembers beside git: pull requests, reviews, comments, statuses and events, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from promoter.local.forge.accounts import Account
from promoter.ports import PullState


class ReviewVerdict(Enum):
    """What a review says, in the words of GitHub's answers."""

    APPROVED = "APPROVED"
    CHANGES_REQUESTED = "CHANGES_REQUESTED"
    COMMENTED = "COMMENTED"
    DISMISSED = "DISMISSED"


class CheckState(Enum):
    """State of a commit status, in the words of GitHub's requests."""

    ERROR = "error"
    FAILURE = "failure"
    PENDING = "pending"
    SUCCESS = "success"


class Happening(Enum):
    """Events of a pull request that the forge records."""

    CLOSED = "closed"
    MERGED = "merged"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class PullRecord:
    """One pull request; `head` and `base_commit` follow git while it is open and stay as they were after that."""

    id: int
    number: int
    author: Account
    branch: str
    base: str
    title: str
    body: str
    head: str
    base_commit: str
    opened_at: datetime
    updated_at: datetime
    state: PullState = PullState.OPEN
    closed_by: Account | None = None
    closed_at: datetime | None = None
    merge_commit: str = ""

    @property
    def merged_by(self) -> Account | None:
        """Who merged it; None while it is not merged."""
        return self.closed_by if self.state is PullState.MERGED else None

    @property
    def merged_at(self) -> datetime | None:
        """When it was merged; None while it is not merged."""
        return self.closed_at if self.state is PullState.MERGED else None


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """One review of one commit."""

    id: int
    pull: int
    author: Account
    verdict: ReviewVerdict
    body: str
    commit: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentRecord:
    """One comment."""

    id: int
    pull: int
    author: Account
    body: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """One commit status; the newest of a context counts."""

    id: int
    commit: str
    context: str
    state: CheckState
    description: str
    target_url: str
    author: Account
    at: datetime


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something that happened to a pull request; `actor` is unknown where git alone shows it."""

    id: int
    pull: int
    actor: Account | None
    event: Happening
    commit: str
    at: datetime
