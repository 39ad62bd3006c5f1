"""What a reconcile saw of the world, as values: the input of every decision of one pass."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from promoter.core.candidate import Candidate, Digest
from promoter.core.circumstances import Anchored
from promoter.core.evidence import Evidence
from promoter.core.runtime import Runtime


class PullSeen(Enum):
    """State of the pull request of a proposal."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Approver:
    """A person whose newest review approves the head commit."""

    login: str
    user_id: int
    at: datetime | None = None
    text: str = ""  # of the review: foreign


@dataclass(frozen=True, slots=True)
class PullSight:
    """The pull request of the open proposal in one environment."""

    number: int
    state: PullSeen
    head: str
    url: str
    is_ours: bool  # the head is a commit of the bot's
    is_counted: bool = True  # False: whose approval may not count is not known now, so nothing is concluded
    is_attributed: bool = True  # False: an author of the release has no account that is known
    approvers: tuple[Approver, ...] = ()
    refusers: tuple[str, ...] = ()  # people whose newest review asks for changes
    merged_by: str = ""
    closed_by: str = ""
    merge_commit: str = ""
    in_base: bool = False  # the base branch contains the merge commit


@dataclass(frozen=True, slots=True)
class PinSight:
    """What the targets of a service pin at the base commit; `trouble` says why they cannot be read."""

    tag: str = ""
    digest: str = ""  # empty: tag only, or the targets disagree
    trouble: str = ""
    is_split: bool = False  # the targets pin different things


@dataclass(frozen=True, slots=True)
class EnvironmentSight:
    """One environment's manifests and proposal, for one service."""

    name: str
    base: str  # commit of the base branch
    pin: PinSight
    pull: PullSight | None = None
    is_stale: bool = False  # a target file changed on the base branch since the proposal's commit was made
    branch_head: str = ""
    branch_is_ours: bool = True  # the branch's head is a commit of ours, is in the base already, or does not exist


@dataclass(frozen=True, slots=True)
class Sight:
    """Everything one pass over a service looked at."""

    now: datetime
    bot: str  # the bot's account on the forge
    evidence: Mapping[Candidate, Evidence]
    environments: Mapping[str, EnvironmentSight]
    trust_root: Digest
    moved: Mapping[Candidate, Digest] = field(default_factory=dict)  # tags that name other bytes now
    runtimes: Mapping[str, Runtime] = field(default_factory=dict)  # what runs, by environment that has a source for it
    anchor: Anchored | None = None  # None: not looked for, no policy asks
