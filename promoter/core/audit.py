"""Whether a ledger still is what it was: `promoter log verify`.

The entries are hashed again, and the tree they make is held against the ledger's own head and against every
checkpoint that was kept elsewhere (anchors: trailers in commits of the environment repository, signed notes). The head
alone proves little: whoever rewrites entries can rewrite it too. Anchors in other people's clones find that out.
Every blob in the store and every blob that an entry names must be there with the bytes of its digest. All problems are
reported, each on one line. What was appended after the newest anchor can be cut off without leaving a trace here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from promoter.core.candidate import Digest, parse_digest
from promoter.core.canonical import load_canonical
from promoter.core.checkpoint import Checkpoint
from promoter.core.merkle import Frontier, leaf_hash

ENTRY_LIMIT = 64 * 1024  # bytes of one entry
REFS = "refs"  # the key under which an entry lists the blobs that it rests on

_RESTORE = (
    "stop the bot and restore the ledger from a copy that passes; nothing after the last agreeing anchor is proven"
)


class BlobState(Enum):
    """What the store has under a digest."""

    INTACT = "intact"
    MISSING = "missing"
    CORRUPT = "corrupt"  # its bytes cannot be read, or are not those of the digest


class ProblemKind(Enum):
    """What is wrong with the ledger or its blobs."""

    GAP = "gap"
    MALFORMED = "malformed"
    HEAD_DISAGREES = "head-disagrees"
    ANCHOR_DISAGREES = "anchor-disagrees"
    ANCHOR_UNREADABLE = "anchor-unreadable"
    TRUNCATED = "truncated"
    BLOB_MISSING = "blob-missing"
    BLOB_CORRUPT = "blob-corrupt"
    STATE_DISAGREES = "state-disagrees"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where (the first entry concerned, if any, and the hash found there), and what to do."""

    kind: ProblemKind
    index: int | None
    digest: str  # sha256 of a blob, or in hex an entry's leaf hash, a tree's root or a commit's id
    sentence: str
    remedy: str

    def __str__(self) -> str:
        where = "no entry" if self.index is None else f"entry {self.index}"
        return f"{self.kind.value}: {where}: {self.digest}: {self.sentence}; {self.remedy}"


class Entry(Protocol):
    """One stored entry: its index and its bytes (`ports.Stored` is one)."""

    @property
    def index(self) -> int: ...
    @property
    def raw(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Anchor:
    """A checkpoint that was kept outside the ledger, and where it was found ("commit 4f2a...")."""

    checkpoint: Checkpoint
    found_in: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was looked at and all that is wrong. No problem and no anchor held is no proof against a rewritten file."""

    problems: tuple[Problem, ...]
    entries: int
    root: str  # of the entries as they stand, lower-case hex
    blobs: int
    anchors: int  # anchors of this log, held against it
    foreign_anchors: int  # anchors of other logs, not looked at


@dataclass(slots=True)
class _Reading:
    """What one pass over the entries has found."""

    tree: Frontier = field(default_factory=Frontier)
    expected: int = 0  # index of the next entry
    roots: dict[int, str] = field(default_factory=dict)  # by size, of the sizes that were asked for
    refs: dict[Digest, int | None] = field(default_factory=dict)  # first entry that names the blob
    problems: list[Problem] = field(default_factory=list)


def entry_refs(raw: bytes) -> tuple[Digest, ...]:
    """Give the digests of the blobs that an entry names.

    Raises ValueError unless the entry is one: canonical JSON of an object, at most 64 KiB, its refs a list of digests.
    """
    if len(raw) > ENTRY_LIMIT:
        raise ValueError(f"an entry of {len(raw)} bytes; at most {ENTRY_LIMIT} are kept: put the rest into a blob")
    body = load_canonical(raw)
    refs = body.get(REFS, []) if isinstance(body, dict) else None
    if not isinstance(refs, list) or not all(isinstance(one, str) for one in refs):
        raise ValueError(f"an entry is a JSON object, and its `{REFS}` a list of digests")
    return tuple(parse_digest(one) for one in refs)


def audit(
    entries: Iterable[Entry],
    head: Callable[[], Checkpoint],
    anchors: tuple[Anchor, ...],
    blobs: Iterable[Digest],
    state: Callable[[Digest], BlobState],
) -> AuditReport:
    """Compare the entries with the ledger's own `head` and the anchors, and ask the `state` of every blob.

    The head is asked before and after the entries are read, so a ledger that grows meanwhile is no problem; the
    anchors were collected before. `blobs` are the digests in the store, named by an entry or not. Anchors of another
    origin than the head's are only counted. What the given iterables and callables raise passes through.
    """
    before = head()
    ours = tuple(anchor for anchor in anchors if anchor.checkpoint.origin == before.origin)
    reading = _read(entries, frozenset({before.size, *map(_size, ours)}))
    after = head()
    for digest in blobs:
        reading.refs.setdefault(digest, None)
    return AuditReport(
        problems=(
            *reading.problems,
            *_held_to_head(reading, before, after),
            *_held_to_anchors(reading, ours),
            *_blob_problems(reading.refs, state),
        ),
        entries=reading.tree.size,
        root=reading.tree.root.hex(),
        blobs=len(reading.refs),
        anchors=len(ours),
        foreign_anchors=len(anchors) - len(ours),
    )


def _read(entries: Iterable[Entry], sizes: frozenset[int]) -> _Reading:
    """Hash every entry, keeping the roots at the sizes that are asked for and the first place of every reference."""
    reading = _Reading()
    for entry in entries:
        _keep_root(reading, sizes)
        _note_gap(reading, entry)
        _note_refs(reading, entry)
        reading.tree = reading.tree.append(leaf_hash(entry.raw))
        reading.expected = entry.index + 1
    _keep_root(reading, sizes)
    return reading


def _keep_root(reading: _Reading, sizes: frozenset[int]) -> None:
    if reading.tree.size in sizes:
        reading.roots[reading.tree.size] = reading.tree.root.hex()


def _note_gap(reading: _Reading, entry: Entry) -> None:
    if entry.index == reading.expected:
        return
    sentence = f"entry {reading.expected} should stand here: entries are missing, doubled or out of order"
    digest = leaf_hash(entry.raw).hex()
    reading.problems.append(Problem(ProblemKind.GAP, entry.index, digest, sentence, _RESTORE))


def _note_refs(reading: _Reading, entry: Entry) -> None:
    try:
        refs = entry_refs(entry.raw)
    except ValueError as error:
        digest = leaf_hash(entry.raw).hex()
        reading.problems.append(Problem(ProblemKind.MALFORMED, entry.index, digest, str(error), _RESTORE))
    else:
        for digest in refs:
            reading.refs.setdefault(digest, entry.index)


def _held_to_head(reading: _Reading, before: Checkpoint, after: Checkpoint) -> tuple[Problem, ...]:
    """Compare what the entries make with what the ledger said of itself before and after they were read."""
    size, root = reading.tree.size, reading.tree.root.hex()
    if not before.size <= size <= after.size:
        said = after.size if size > after.size else before.size
        sentence = f"the ledger's head speaks of {said} entries, and {size} are stored"
        return (Problem(ProblemKind.TRUNCATED, min(size, said), root, sentence, _RESTORE),)
    if reading.roots[before.size] != before.root or (size == after.size and root != after.root):
        sentence = f"the stored entries do not make the root of the ledger's head, {after.root}"
        return (Problem(ProblemKind.HEAD_DISAGREES, None, root, sentence, _RESTORE),)
    return ()


def _held_to_anchors(reading: _Reading, anchors: tuple[Anchor, ...]) -> tuple[Problem, ...]:
    """Compare the tree at every anchored size.

    An anchor that agrees proves every entry before it. So what disagrees with a smaller size was never of this log, and
    of those with a larger size the smallest tells between which entries the log was changed.
    """
    held = sorted((one for one in anchors if one.checkpoint.size <= reading.tree.size), key=_size)
    wrong = tuple(one for one in held if reading.roots[_size(one)] != one.checkpoint.root)
    proven = max((_size(one) for one in held if reading.roots[_size(one)] == one.checkpoint.root), default=0)
    problems = [_forked(reading, one, proven) for one in wrong if _size(one) <= proven]
    if changed := tuple(one for one in wrong if _size(one) > proven):
        problems.append(_changed(reading, changed, proven))
    longest = max(anchors, key=_size, default=None)
    if longest and _size(longest) > reading.tree.size:
        problems.append(_truncated(reading, longest))
    return tuple(problems)


def _size(anchor: Anchor) -> int:
    return anchor.checkpoint.size


def _forked(reading: _Reading, anchor: Anchor, proven: int) -> Problem:
    size = _size(anchor)
    sentence = (
        f"{anchor.found_in} anchors the root {anchor.checkpoint.root} for {size} entries, which this log never had, "
        f"while an anchor of {proven} entries agrees"
    )
    remedy = "find out who wrote it: the anchor is forged, or two ledgers ran under one origin"
    return Problem(ProblemKind.ANCHOR_DISAGREES, None, reading.roots[size], sentence, remedy)


def _changed(reading: _Reading, wrong: tuple[Anchor, ...], proven: int) -> Problem:
    """Report the first anchor that disagrees with nothing that agrees after it."""
    first, size = wrong[0].checkpoint, _size(wrong[0])
    also = f" ({len(wrong) - 1} later anchors disagree too)" if len(wrong) > 1 else ""
    sentence = (
        f"{wrong[0].found_in} anchors the root {first.root} for {size} entries{also}: among the entries "
        f"{proven} to {size - 1} something is changed, missing, added or out of order"
    )
    return Problem(ProblemKind.ANCHOR_DISAGREES, proven, reading.roots[size], sentence, _RESTORE)


def _truncated(reading: _Reading, anchor: Anchor) -> Problem:
    size = reading.tree.size
    sentence = f"{anchor.found_in} anchors {anchor.checkpoint.size} entries, and {size} are stored: the end is cut off"
    return Problem(ProblemKind.TRUNCATED, size, reading.tree.root.hex(), sentence, _RESTORE)


def _blob_problems(refs: dict[Digest, int | None], state: Callable[[Digest], BlobState]) -> Iterator[Problem]:
    """Ask for every blob; the index is that of the first entry that names it."""
    for digest, index in refs.items():
        match state(digest):
            case BlobState.MISSING:
                sentence, remedy = "the blob is not in the store", "restore it from a copy of the store"
                yield Problem(ProblemKind.BLOB_MISSING, index, digest, sentence, remedy)
            case BlobState.CORRUPT:
                sentence = "the blob's bytes are not those of its digest"
                remedy = "restore it from a copy of the store, or fetch the evidence again: putting it heals the blob"
                yield Problem(ProblemKind.BLOB_CORRUPT, index, digest, sentence, remedy)
            case BlobState.INTACT:
                pass
