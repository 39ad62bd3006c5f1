"""The whole ledger, looked at: every entry and blob rehashed, states folded again, checkpoints in clones compared."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from promoter.config import Configuration
from promoter.core.audit import Anchor, AuditReport, BlobState, Problem, ProblemKind, audit
from promoter.core.candidate import Digest
from promoter.core.checkpoint import (
    NOTE_LIMIT,
    Checkpoint,
    NoteVerifier,
    open_note,
    parse_body,
    parse_trailers,
)
from promoter.core.eligibility import IllegalTransition
from promoter.core.history import History, fold
from promoter.core.merkle import leaf_hash
from promoter.core.record import EligibilityMoved, StandingMoved
from promoter.journal import read_entry
from promoter.ports import Blobs, EnvironmentRepo, Ledger, OutsideError, Stored
from promoter.strict_yaml import ConfigError
from promoter.wiring import Store, open_outside

_COMMITS = 100_000  # commits of the environment repository that are read for checkpoints


def inspect_log(
    configuration: Configuration, directory: Path, store: Store, *, offline: bool, notes: tuple[Anchor, ...] = ()
) -> AuditReport:
    """Audit ledger and blobs, also against the `notes` that were kept elsewhere.

    `offline` does without the environment repository. Raises OutsideError.
    """
    found = Anchors((), ())
    if not offline:
        outside = open_outside(configuration, directory, store)
        found = find_anchors(outside.environments, configuration.promoter.bot.email)
    anchors = (*notes, *found.anchors)
    origin = configuration.promoter.origin

    def head() -> Checkpoint:
        now = store.ledger.head()
        return Checkpoint(origin, now.size, now.root)

    report = audit(
        store.ledger.read(), head, anchors, store.blobs.digests(), lambda digest: blob_state(store.blobs, digest)
    )
    return replace(report, problems=(*report.problems, *found.problems, *find_misfolded(store.ledger)))


def find_misfolded(ledger: Ledger) -> Iterator[Problem]:
    """Fold every history anew and compare: an entry's `state` must be what its event leads to, and it must be a row."""
    histories: dict[str, History] = {}
    for stored in ledger.read():
        try:
            entry = read_entry(stored.raw)
            history = fold(entry, histories.get(entry.service, History()))
        except (ValueError, KeyError, IllegalTransition) as error:
            yield _misfolded(stored, f"cannot be folded: {error}")
            continue
        histories[entry.service] = history
        if isinstance(entry, EligibilityMoved | StandingMoved):
            spot = history.spots[entry.environment, entry.candidate]
            state = spot.eligibility if isinstance(entry, EligibilityMoved) else spot.standing
            if state is not entry.state:
                yield _misfolded(stored, f"says {entry.state.value}, its event leads to {state.value}")


def _misfolded(stored: Stored, sentence: str) -> Problem:
    remedy = "restore the ledger from a backup that verifies, or upgrade if a newer Promoter wrote it"
    return Problem(ProblemKind.STATE_DISAGREES, stored.index, leaf_hash(stored.raw).hex(), sentence, remedy)


@dataclass(frozen=True, slots=True)
class Anchors:
    """The checkpoints in the environment repository, and those of the bot's own that cannot be read."""

    anchors: tuple[Anchor, ...]
    problems: tuple[Problem, ...]


def find_anchors(environments: EnvironmentRepo, bot: str) -> Anchors:
    """Collect the checkpoints in the trailers of every commit on the base branch; `bot` is the bot's e-mail address.

    What only looks like a trailer in a person's commit anchors nothing. The bot writes none that it cannot read.
    """
    base = environments.refresh()
    anchors: list[Anchor] = []
    problems: list[Problem] = []
    for commit in environments.commits("", base, _COMMITS):
        try:
            found = parse_trailers(commit.message)
        except ValueError as error:
            if commit.committer_email == bot:
                problems.append(_unreadable(commit.oid, error))
            continue
        anchors += [Anchor(checkpoint, f"commit {commit.oid}") for checkpoint in found]
    return Anchors(tuple(anchors), tuple(problems))


def _unreadable(oid: str, error: ValueError) -> Problem:
    sentence = f"a commit in the bot's name has a checkpoint that cannot be read: {error}"
    remedy = "find out who made it: the bot writes no such line, and what it anchored is not compared"
    return Problem(ProblemKind.ANCHOR_UNREADABLE, None, oid, sentence, remedy)


def open_anchor(path: Path, origin: str, verifier: NoteVerifier) -> Anchor:
    """Read a signed note that `promoter log checkpoint` wrote, and that was kept elsewhere.

    Raises ConfigError for one that this ledger's key did not sign, or that is about another log.
    """
    try:
        with path.open("rb") as file:
            note = file.read(4 * NOTE_LIMIT).decode()
        checkpoint = parse_body(open_note(note, verifier))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path}: {error}; give what `promoter log checkpoint` wrote for this ledger") from None
    if checkpoint.origin != origin:
        raise ConfigError(f"{path}: is about the log {checkpoint.origin!r}, not about {origin!r}")
    return Anchor(checkpoint, f"the note {path}")


def blob_state(blobs: Blobs, digest: Digest) -> BlobState:
    """Tell whether a blob is there and hashes to its name."""
    try:
        return BlobState.INTACT if blobs.get(digest) is not None else BlobState.MISSING
    except OutsideError:
        return BlobState.CORRUPT
