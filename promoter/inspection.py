"""The whole ledger, looked at: every entry and blob rehashed, and compared with the checkpoints that clones hold."""

from pathlib import Path

from promoter.config import Configuration
from promoter.core.audit import Anchor, AuditReport, BlobState, audit
from promoter.core.candidate import Digest
from promoter.core.checkpoint import Checkpoint, parse_trailers
from promoter.ports import Blobs, EnvironmentRepo, OutsideError
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

    return audit(
        store.ledger.read(), head, anchors, store.blobs.digests(), lambda digest: blob_state(store.blobs, digest)
    )


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
