"""Everything the bot can touch, on one page.

Adapters keep three promises: every outside answer has a timeout and a size cap; whatever goes wrong outside is raised
as an `OutsideError` with a code and never as a library's own exception; no secret stands in an error text.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Protocol

from promoter.core.authority import Authority
from promoter.core.candidate import Digest, Repository
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Found, SourceRevision, Unusable
from promoter.core.public_key import PublicKey
from promoter.core.ruleset import Lineage, RawFile
from promoter.core.runtime import Runtime

DETAIL_LIMIT = 2000  # characters of the text of an OutsideError
TEXT_LIMIT = 4000  # characters of the text of a review


class OutsideError(Exception):
    """The world did not answer as it should: recorded, retried with back-off, never a verdict.

    `retry_after` is in seconds, from the other side's Retry-After where it gave one.
    """

    def __init__(self, code: Code, detail: str, *, retry_after: float | None = None) -> None:
        detail = detail[:DETAIL_LIMIT].encode(errors="backslashreplace").decode()  # what was answered may stand in it
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class Clock(Protocol):
    """Now, aware and in UTC. Asked once per reconcile."""

    def now(self) -> datetime: ...


# --- registry ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RawManifest:
    """A manifest as the bytes that were fetched; `digest` was computed from them here."""

    digest: Digest
    media_type: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A content descriptor from a referrers list; nothing in it is authenticated."""

    digest: Digest
    media_type: str
    size: int
    artifact_type: str = ""


class Registry(Protocol):
    """A release registry that speaks the OCI distribution specification v1.1."""

    def tags(self, repository: Repository) -> tuple[str, ...]:
        """List every tag, in the registry's order, names that are no tags left out; all pages, up to a page cap."""

    def head(self, repository: Repository, tag: str) -> Digest | None:
        """Give the digest that the registry *says* this tag has, in one request: a hint. None: no such tag."""

    def manifest(self, repository: Repository, reference: str) -> RawManifest:
        """Fetch a manifest by tag or digest; fetched by digest, the bytes must hash to it."""

    def blob(self, repository: Repository, digest: Digest, limit: int) -> bytes:
        """Fetch a blob of at most `limit` bytes; the bytes must hash to the digest."""

    def referrers(
        self, repository: Repository, digest: Digest, tags: frozenset[str] | None = None
    ) -> tuple[Descriptor, ...]:
        """List what refers to a digest: the referrers API united with the fallback tag, by digest, at most 100.

        `tags` is a fresh tag list of the repository, where the caller has one: the fallback tag is then only asked for
        when it stands in it.
        """

    def push_blob(self, repository: Repository, data: bytes) -> Digest:
        """Upload a blob unless it is there; gives its digest."""

    def push_manifest(self, repository: Repository, raw: bytes, media_type: str, tag: str | None = None) -> Digest:
        """Upload a manifest (with artifactType and subject where it has them), by tag or by its digest.

        Keeps the fallback tag up to date where the registry has no referrers API.
        """


# --- signatures -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrustRoot:
    """The trusted root that signatures are verified with: its digest and its bytes (trusted_root.json).

    Where `trouble` says why, for example that it is too old, nothing may be verified with it now.
    """

    digest: Digest
    raw: bytes = field(repr=False)
    trouble: OutsideError | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Material:
    """Signed material as it was found, untrusted; `found.blob` is the digest of `raw`, `found.layout` tells what it is.

    In the layouts `bundle` and `forge-store`, `raw` is a Sigstore bundle. In cosign's layouts it is the layer's
    descriptor, in canonical JSON, whose annotations hold signature, certificate, log promise and timestamp; `payload`
    are then the bytes of that layer: cosign's simple signing payload, or a DSSE envelope.
    """

    found: Found
    raw: bytes = field(repr=False)
    payload: bytes = field(default=b"", repr=False)


class Signatures(Protocol):
    """Verifies signed material offline."""

    def root(self) -> TrustRoot:
        """Give the trusted root in use."""

    def examine(self, material: Material, subject: Digest, keys: tuple[PublicKey, ...] = ()) -> Attestation | Unusable:
        """Verify one piece about `subject`; `keys` are those that any policy names, and no other key is tried.

        Says who signed and when; whether that signer counts for anything is a check's business, and so are the periods
        of keys. Never raises for anything in the material: what does not verify is `Unusable` with its code.
        """


@dataclass(frozen=True, slots=True)
class RootRecord:
    """When a root was refreshed last and from where, and how the last attempt ended.

    `digest` is the root's, empty where only the file itself is known; `failure` is empty where the attempt was good.
    """

    digest: str
    source: str
    refreshed: datetime | None
    attempted: datetime | None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class KeptRoot:
    """A trusted root as it is kept, with its record."""

    raw: bytes = field(repr=False)
    record: RootRecord


class RootSource(Protocol):
    """Where trusted roots are published."""

    @property
    def name(self) -> str: ...

    def fetch(self) -> bytes:
        """Fetch the trusted root that is published now, verified as its publisher's newest."""


class RootStore(Protocol):
    """Where the trusted root in use is kept. What cannot be read is raised, what is not there is None."""

    @property
    def source(self) -> str:
        """Where the root comes from: a URL or a path."""

    @property
    def place(self) -> Path: ...

    def load(self) -> KeptRoot | None: ...

    def record(self) -> RootRecord | None:
        """Give the record alone."""

    def in_place(self) -> str:
        """Give the digest of the root that is in place, empty where none can be read. Raises nothing."""


class WritableRootStore(RootStore, Protocol):
    """A store of roots that were fetched."""

    def keep(self, raw: bytes, at: datetime) -> None:
        """Put a root into place that was refreshed now: durable, and whole whatever happens meanwhile."""

    def note(self, record: RootRecord) -> None:
        """Write down how an attempt ended; the root stays."""

    def held(self) -> AbstractContextManager[None]:
        """Keep everybody else from refreshing meanwhile; raises OutsideError where somebody does."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What an expression gave: its truth value, or None and why there is none."""

    value: bool | None
    trouble: str = ""


class Expressions(Protocol):
    """Evaluates the expressions of policies (CEL), apart from the bot: bounded in time and memory, nothing at hand."""

    def fault(self, expression: str) -> str:
        """Say what is wrong with an expression; empty where it can be read and calls only what there is."""

    def evaluate(self, expression: str, facts: bytes) -> Evaluated:
        """Ask an expression about a JSON object, whose members it sees by name. Never raises for anything in either."""


# --- source of a service ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SourceCommit:
    """One commit between two releases, for the reader of a proposal; the title is foreign text."""

    oid: str
    title: str
    author: str


class SourceRepo(Protocol):
    """Commits, tags and attestations of a service's declared source repository (a URL on the configured forge)."""

    def revision(self, repository: str, tag: str) -> SourceRevision:
        """Resolve a git tag, peeled to its commit; the commit is empty where there is no such tag."""

    def contains(self, repository: str, branch: str, commit: str) -> bool:
        """Tell whether a commit is reachable from a branch; raises OutsideError where there is no such branch."""

    def commits(self, repository: str, older: str, newer: str, limit: int) -> tuple[SourceCommit, ...]:
        """List commits reachable from `newer` and not from `older`, newest first, at most `limit`."""

    def attestations(self, repository: str, digest: Digest) -> tuple[bytes, ...]:
        """Give every bundle that the forge stores about a digest, as JSON, in the store's order, at most 100.

        Nothing in them is verified. They can be deleted there at any time, so whoever needs them later keeps them.
        """


# --- environment repository -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FileChange:
    """New bytes for one file that exists in the environment repository."""

    path: str
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BranchCommit:
    """One commit on a branch: oid, first parent, who made it, its message, and the files it changes."""

    oid: str
    parent: str
    author_email: str
    committer_email: str
    message: str
    paths: tuple[str, ...]


class Pushed(Enum):
    """How a push with lease ended."""

    DONE = "done"
    MOVED = "moved"  # somebody else moved the branch: nothing was written


class EnvironmentRepo(Protocol):
    """The git repository of environments, without a work tree. Paths are repository paths, commits are full oids."""

    def refresh(self) -> str:
        """Fetch the base branch and every promotion branch; gives the commit of the base branch."""

    def bring(self, commit: str, paths: tuple[str, ...]) -> None:
        """Bring near what is read next, all at once: these files at a commit. What is no file there is passed over."""

    def read(self, commit: str, path: str) -> bytes | None:
        """Give a file's bytes at a commit; None where there is no such file."""

    def branch(self, name: str) -> str | None:
        """Give the commit of a branch as of the last refresh; None where there is none."""

    def commits(self, base: str, head: str, limit: int) -> tuple[BranchCommit, ...]:
        """List commits reachable from `head` and not from `base` (empty: the whole history), newest first."""

    def merge_base(self, one: str, other: str) -> str | None:
        """Give the best common ancestor of two commits."""

    def commit(self, parent: str, changes: tuple[FileChange, ...], message: str, at: datetime) -> str:
        """Make one commit on `parent` by the bot with exactly these changes; gives its oid. Same inputs, same oid."""

    def push(self, branch: str, commit: str, expected: str | None) -> Pushed:
        """Point a branch at a commit, if it still is at `expected` (None: does not exist yet)."""


# --- forge ------------------------------------------------------------------------------------------------------------


class PullState(Enum):
    """State of a pull request."""

    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as the forge shows it."""

    number: int
    state: PullState
    branch: str
    head: str
    url: str
    title: str
    body: str
    closed_by: str = ""
    merged_by: str = ""
    merge_commit: str = ""
    merged_at: datetime | None = None
    author: str = ""


class ReviewState(Enum):
    """State of one review."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes-requested"
    COMMENTED = "commented"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Review:
    """One review: who (login, numeric id, and whether it is a person's account), what, of which commit, when.

    `may_write` tells whether the account may write to the repository now; it is asked only of people who approved or
    asked for changes, for nobody else's review counts. `text` is foreign, and empty where it is longer than TEXT_LIMIT.
    """

    login: str
    user_id: int
    is_person: bool
    state: ReviewState
    commit: str
    at: datetime
    may_write: bool = False
    text: str = ""


class StatusState(Enum):
    """State of the bot's commit status."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


class Merged(Enum):
    """How a merge pinned to a head commit ended."""

    DONE = "done"
    HEAD_MOVED = "head-moved"
    REFUSED = "refused"  # conflicts or a required check


class Forge(Protocol):
    """Pull requests of the environment repository."""

    def login(self) -> str:
        """Give the bot's own account name."""

    def find(self, branch: str) -> Pull | None:
        """Give the newest pull request from this branch, an open one first; None where there never was one."""

    def pull(self, number: int) -> Pull:
        """Give a pull request by its number."""

    def open(self, branch: str, title: str, body: str) -> Pull:
        """Find the open pull request from this branch or create one."""

    def describe(self, number: int, title: str, body: str) -> None:
        """Set title and body, where they differ."""

    def comment(self, number: int, marker: str, body: str) -> None:
        """Set the bot's comment that holds `marker`, creating it once; unchanged text sends nothing."""

    def status(self, commit: str, context: str, state: StatusState, description: str, url: str) -> None:
        """Set a commit status, where it differs from the newest one."""

    def reviews(self, number: int) -> tuple[Review, ...]:
        """List every review, oldest first."""

    def merge(self, number: int, head: str, title: str, message: str) -> Merged:
        """Merge if the head still is `head`."""

    def close(self, number: int, comment: str) -> None:
        """Close with a comment that says why."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a cluster is asked about: what should run, by every name that its objects might have."""

    environment: str
    service: str
    repository: Repository
    release: str
    digest: Digest


class Cluster(Protocol):
    """Says what really runs: a cluster's controller, or monitoring. Asked for one environment at a time."""

    def runtime(self, about: Running) -> Runtime:
        """Say how a service is doing; raises OutsideError where that cannot be asked now."""


# --- the rules --------------------------------------------------------------------------------------------------------


class ConfigSource(Protocol):
    """Where the rules are kept; a commit is empty where there is no history, and nobody answers for the files then."""

    @property
    def name(self) -> str:
        """Name the place in a sentence."""

    def head(self) -> str:
        """Give the commit that is in force by the source's own word now."""

    def known_head(self) -> str:
        """Give the commit as of the last successful `head`, without asking anybody; empty where there never was one."""

    def files(self, commit: str) -> tuple[RawFile, ...]:
        """Give the rules at a commit, and the signatures over them, in the order of their paths.

        Raises UnfitRules for what cannot be rules: too many or too large files, and what is no plain file.
        """

    def lineage(self, commit: str, other: str) -> Lineage:
        """Tell how a commit stands to another one; one that cannot be found any more stands apart."""

    def steps(self, older: str, newer: str, limit: int) -> tuple[str, ...]:
        """List the commits on the way from `older` (without it) to `newer` that changed the rules, oldest first.

        The way is that of the branch: of a merge only the merge itself. Raises OutsideError for more than `limit`.
        """

    def authority(self, commit: str) -> Authority | None:
        """Tell who answers for what a commit changed; None where there is no history."""

    def origin(self, commit: str, path: str) -> str:
        """Give the commit of the branch that gave a file its bytes as they are at `commit`; empty for no such file."""


@dataclass(frozen=True, slots=True)
class InForce:
    """Rules that are in force, as they are kept on disk.

    `head` is what the source had when a person went back to them: a commit, or a bundle's digest where the source is a
    plain directory. It is empty where nobody did.
    """

    bundle: Digest
    commit: str = ""
    head: str = ""


class RulesStore(Protocol):
    """The rules that were in force, as files: what the bot starts with when their source cannot be used."""

    def drafted(self, files: tuple[RawFile, ...]) -> AbstractContextManager[Path]:
        """Give a folder that holds these files, for as long as they are looked at."""

    def keep(self, files: tuple[RawFile, ...], body: bytes) -> Path:
        """Keep the files of the bundle that has this canonical form, whole whatever happens; gives their folder."""

    def find(self, bundle: Digest) -> tuple[Path, bytes] | None:
        """Give folder and canonical form of a kept bundle; None where it is not kept, or not whole any more."""

    def in_force(self) -> InForce | None:
        """Give what was put in force last; None before the first time."""

    def put_in_force(self, known: InForce) -> None:
        """Say what is in force. The ledger says it too: this is for whoever does not read it."""


# --- ledger and blobs -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """Size and root hash (lower-case hex, RFC 6962) of the ledger."""

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Stored:
    """One entry as it stands in the ledger: its index and its canonical JSON bytes."""

    index: int
    raw: bytes


class Conflict(Exception):  # noqa: N818 - not an error: somebody else appended first, look again
    """The ledger's head is not the one that the appender had seen; nothing was written."""


class Ledger(Protocol):
    """The append-only log. Durable when `append` returns."""

    def head(self) -> Head: ...

    def append(self, entries: tuple[bytes, ...], after: Head) -> Head:
        """Append entries (canonical JSON, at most 64 KiB each) if the head still is `after`; raises Conflict."""

    def read(self, start: int = 0) -> Iterator[Stored]:
        """Give every entry from an index on, in order."""

    def checkpoint(self) -> str:
        """Give a signed checkpoint of the head (C2SP tlog-checkpoint in a signed note)."""


class Blobs(Protocol):
    """Raw evidence by its sha256. Durable when `put` returns."""

    def put(self, data: bytes) -> Digest: ...

    def get(self, digest: Digest) -> bytes | None:
        """Give the bytes, checked against the digest; None where there are none."""

    def digests(self) -> Iterator[Digest]: ...


@dataclass(frozen=True, slots=True)
class Outside:
    """The world, handed to `reconcile` as one value; nothing below the shell gets it."""

    clock: Clock
    registry: Registry
    signatures: Signatures
    sources: SourceRepo
    environments: EnvironmentRepo
    forge: Forge
    ledger: Ledger
    blobs: Blobs
    expressions: Expressions
    clusters: Mapping[str, Cluster] = field(default_factory=dict)  # by environment that has one
