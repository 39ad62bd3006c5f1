"""The whole ledger, looked at: every entry and blob rehashed, states folded again, checkpoints in clones compared."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from promoter.config import Configuration
from promoter.core.audit import Anchor, AuditReport, BlobState, Problem, ProblemKind, audit
from promoter.core.candidate import Digest
from promoter.core.checkpoint import Checkpoint, parse_trailers
from promoter.core.eligibility import IllegalTransition
from promoter.core.history import History, fold
from promoter.core.merkle import leaf_hash
from promoter.core.record import EligibilityMoved, StandingMoved
from promoter.journal import read_entry
from promoter.ports import Blobs, EnvironmentRepo, Ledger, OutsideError, Stored
from promoter.wiring import Store, open_outside

_COMMITS = 100_000  # commits of the environment repository that are read for checkpoints


def inspect_log(configuration: Configuration, directory: Path, store: Store, *, offline: bool) -> AuditReport:
    """Audit ledger and blobs; `offline` does without the environment repository. Raises OutsideError."""
    anchors: tuple[Anchor, ...] = ()
    if not offline:
        outside = open_outside(configuration, directory, store)
        anchors = find_anchors(outside.environments)
    origin = configuration.promoter.origin

    def head() -> Checkpoint:
        now = store.ledger.head()
        return Checkpoint(origin, now.size, now.root)

    report = audit(
        store.ledger.read(), head, anchors, store.blobs.digests(), lambda digest: blob_state(store.blobs, digest)
    )
    return replace(report, problems=(*report.problems, *find_misfolded(store.ledger)))


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


def find_anchors(environments: EnvironmentRepo) -> tuple[Anchor, ...]:
    """Collect the checkpoints in the trailers of every commit on the base branch."""
    base = environments.refresh()
    anchors = []
    for commit in environments.commits("", base, _COMMITS):
        try:
            found = parse_trailers(commit.message)
        except ValueError:
            continue  # a person's commit that only looks like a trailer anchors nothing
        anchors += [Anchor(checkpoint, f"commit {commit.oid}") for checkpoint in found]
    return tuple(anchors)


def blob_state(blobs: Blobs, digest: Digest) -> BlobState:
    """Tell whether a blob is there and hashes to its name."""
    try:
        return BlobState.INTACT if blobs.get(digest) is not None else BlobState.MISSING
    except OutsideError:
        return BlobState.CORRUPT
