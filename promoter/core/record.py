"""The entries of the ledger: everything that was seen, decided, announced and done, one frozen value each.

Rule 1: an entry names raw evidence by digest (`refs`), it does not hold it; the bytes are durable first.
Rule 2: what the bot is about to do outside is announced by an entry; how it ended is an entry of its own.
Rule 3: entries are never changed. A new fact is a new entry; a new field has a default.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from promoter.core.candidate import Candidate, Digest, parse_digest
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.entry import Entry
from promoter.core.record_estate import EstateEntry
from promoter.core.runtime import Health, HealthSource
from promoter.core.standing import Standing, StandingEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutRelease(Entry):
    """An entry about one candidate; the digest is the first one that we saw under the release's tag."""

    release: str
    digest: str

    @property
    def candidate(self) -> Candidate:
        """The candidate that the entry is about."""
        return Candidate(self.service, self.release, parse_digest(self.digest))


@dataclass(frozen=True, slots=True, kw_only=True)
class InEnvironment(AboutRelease):
    """An entry about one candidate in one environment."""

    environment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TagsSeen(Entry):
    """Tag names that matched the selection for the first time, in the order of sight.

    What is seen at the first look with a rule was there before, for all that we know; the rest came later.
    """

    kind: Literal["tags-seen"] = "tags-seen"
    tags: tuple[str, ...]
    rule: str = ""  # the selection in canonical form
    is_first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseResolved(AboutRelease):
    """A release became known: its tag was resolved, once, from bytes that we hashed."""

    kind: Literal["release-resolved"] = "release-resolved"
    media_type: str
    platforms: tuple[str, ...] = ()  # "linux/amd64 sha256:..."
    refs: tuple[Digest, ...] = ()  # the manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class TagMoved(AboutRelease):
    """The tag of a known release names other bytes now: an incident; the release is frozen."""

    kind: Literal["tag-moved"] = "tag-moved"
    moved_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeEnded(AboutRelease):
    """A person ended the freeze of a release name; the first digest stays its digest."""

    kind: Literal["freeze-ended"] = "freeze-ended"
    actor: str
    reason: str
    accepted: str  # the moved-to digest that this person has seen; another move freezes again


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(InEnvironment):
    """A verdict that differs from the last one for this candidate, environment and phase."""

    kind: Literal["decided"] = "decided"
    phase: str
    outcome: str
    codes: tuple[str, ...]
    key: str  # digest of what the verdict says, without its time
    decision: Digest  # blob: the decision with all its inputs by digest
    refs: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibilityMoved(InEnvironment):
    """An event of the eligibility table happened; `state` is what the table gives, kept for readers."""

    kind: Literal["eligibility"] = "eligibility"
    event: EligibilityEvent
    state: Eligibility
    why: tuple[str, ...] = ()
    denials: tuple[str, ...] = ()  # marks of those that revoked it


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingMoved(InEnvironment):
    """An event of the standing table happened; `state` is what the table gives, kept for readers."""

    kind: Literal["standing"] = "standing"
    event: StandingEvent
    state: Standing
    number: int = 0
    head: str = ""
    commit: str = ""
    actor: str = ""
    detail: str = ""
    refs: tuple[Digest, ...] = ()  # the release record, when it was promoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced(InEnvironment):
    """What the bot is about to do outside; durable before it is done."""

    kind: Literal["announced"] = "announced"
    act: Literal["propose", "merge", "withdraw"]
    branch: str = ""
    parent: str = ""
    head: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(InEnvironment):
    """The bot's commit status on a head, as it is about to be set."""

    kind: Literal["checked"] = "checked"
    number: int
    head: str
    state: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionWanted(InEnvironment):
    """A person asked for a release: it may be proposed where the bot proposes nothing by itself, and once more.

    It replaces what was asked for before, in the same environment.
    """

    kind: Literal["promotion-wanted"] = "promotion-wanted"
    actor: str  # as that person says; `account` is what the machine says
    account: str
    reason: str
    is_return: bool = False  # to an older release than what runs


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeOverridden(InEnvironment):
    """An override of a freeze let a candidate go on; written once for each of both, with what the override said."""

    kind: Literal["freeze-overridden"] = "freeze-overridden"
    id: str  # of the override
    freeze: str
    reason: str
    requested_by: str
    expires: datetime
    zones: str  # the time-zone data by which the freeze held


@dataclass(frozen=True, slots=True, kw_only=True)
class PinSeen(Entry):
    """What an environment's manifest pins, when it differs from what the ledger knew."""

    kind: Literal["pin-seen"] = "pin-seen"
    environment: str
    tag: str
    digest: str  # empty where the manifest pins no digest
    commit: str
    how: Literal["baseline", "promoted", "out-of-band"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeSeen(Entry):
    """What really runs in an environment said something new: another digest, state or object, or an admission.

    `at` is when the bot wrote it, `observed` the source's own time. An admission that was denied ran nothing.
    """

    kind: Literal["runtime-seen"] = "runtime-seen"
    environment: str
    what: Literal["deployment", "admitted", "denied"] = "deployment"
    health: Health
    source: HealthSource
    digests: tuple[Digest, ...] = ()
    revision: str = ""
    identity: str = ""
    observed: datetime | None = None
    detail: str = ""
    actor: str = ""  # who reported it, where a person or pipeline did


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(Entry):
    """Something that a person must look at."""

    kind: Literal["incident"] = "incident"
    what: Literal["tag-moved", "out-of-band", "running-not-eligible", "branch-taken", "break-glass", "review-overdue"]
    environment: str = ""
    release: str = ""
    digest: str = ""
    detail: str
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideFailed(Entry):
    """Something outside did not answer as it should; written when it begins and when its code changes."""

    kind: Literal["outside-failed"] = "outside-failed"
    what: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideRecovered(Entry):
    """It answers again."""

    kind: Literal["outside-recovered"] = "outside-recovered"
    what: str


AnyEntry = (
    TagsSeen
    | ReleaseResolved
    | TagMoved
    | FreezeEnded
    | Decided
    | EligibilityMoved
    | StandingMoved
    | Announced
    | Checked
    | PromotionWanted
    | FreezeOverridden
    | PinSeen
    | RuntimeSeen
    | Incident
    | OutsideFailed
    | OutsideRecovered
    | EstateEntry
)
"""Every kind of entry; `kind` tells which."""
