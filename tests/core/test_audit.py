"""Nothing that is done to a stored entry or blob goes unseen."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.audit import Anchor, AuditReport, BlobState, ProblemKind, audit, entry_refs
from promoter.core.candidate import Digest, digest_of
from promoter.core.canonical import canonical
from promoter.core.checkpoint import Checkpoint
from promoter.core.merkle import frontier_of, leaf_hash
from promoter.ports import Stored
from tests.fakes.ledger import MemoryLedger

ORIGIN = "ledger.example/promoter"
BLOBS = tuple(f"evidence {number}".encode() for number in range(4))
ENTRIES = tuple(
    canonical({"kind": "test", "number": number, "refs": [digest_of(BLOBS[number % 4])]}) for number in range(9)
)
STORE = {digest_of(data): data for data in BLOBS}
REMEDY = "stop the bot and restore the ledger from a copy that passes; nothing after the last agreeing anchor is proven"

entries_at = st.integers(0, len(ENTRIES) - 1)


def root_of(entries: tuple[bytes, ...]) -> str:
    return frontier_of(map(leaf_hash, entries)).root.hex()


def point(entries: tuple[bytes, ...], origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, len(entries), root_of(entries))


def anchored(*sizes: int) -> tuple[Anchor, ...]:
    return tuple(Anchor(point(ENTRIES[:size]), f"commit {size}") for size in sizes)


def audited(
    entries: tuple[bytes, ...],
    anchors: tuple[Anchor, ...] = (),
    store: dict[Digest, bytes] = STORE,
    head: Checkpoint | None = None,
) -> AuditReport:
    """Audit entries whose head agrees with them, as if it had been rewritten too, unless another head is given."""

    def state(digest: Digest) -> BlobState:
        if digest not in store:
            return BlobState.MISSING
        return BlobState.INTACT if digest_of(store[digest]) == digest else BlobState.CORRUPT

    stored = tuple(Stored(index, raw) for index, raw in enumerate(entries))
    return audit(stored, lambda: head or point(entries), anchors, store, state)


def test_an_untouched_ledger_has_no_problem_and_says_what_was_looked_at() -> None:
    foreign = Anchor(point(ENTRIES[:1], "other.example/log"), "commit x")

    report = audited(ENTRIES, (*anchored(0, 3, 9), foreign))

    assert report == AuditReport((), 9, root_of(ENTRIES), 4, anchors=3, foreign_anchors=1)


def test_an_empty_ledger_has_no_problem() -> None:
    assert audited((), anchored(0), {}).problems == ()


@given(entries_at, st.data())
def test_any_changed_byte_of_an_entry_is_found_by_the_head_and_by_an_anchor(index: int, data: st.DataObject) -> None:
    raw = bytearray(ENTRIES[index])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    changed = (*ENTRIES[:index], bytes(raw), *ENTRIES[index + 1 :])

    assert audited(changed, head=point(ENTRIES)).problems
    assert audited(changed, anchored(9)).problems


@given(entries_at)
def test_any_removed_entry_is_found_by_the_head_and_by_an_anchor(index: int) -> None:
    left = ENTRIES[:index] + ENTRIES[index + 1 :]

    assert audited(left, head=point(ENTRIES)).problems
    assert audited(left, anchored(9)).problems


@given(entries_at, st.sampled_from((b"{}", ENTRIES[-1][:-2], b"")))
def test_any_entry_put_in_between_is_found_by_the_head_and_by_an_anchor(index: int, raw: bytes) -> None:
    more = (*ENTRIES[:index], raw, *ENTRIES[index:])

    assert audited(more, head=point(ENTRIES)).problems
    assert audited(more, anchored(9)).problems


@given(entries_at, entries_at)
def test_any_two_swapped_entries_are_found_by_the_head_and_by_an_anchor(one: int, other: int) -> None:
    swapped = list(ENTRIES)
    swapped[one], swapped[other] = swapped[other], swapped[one]

    for report in (audited(tuple(swapped), head=point(ENTRIES)), audited(tuple(swapped), anchored(9))):
        assert bool(report.problems) == (one != other)


@given(st.integers(0, len(ENTRIES) - 1))
def test_any_truncation_is_found_by_the_head_and_by_an_anchor(size: int) -> None:
    for report in (audited(ENTRIES[:size], head=point(ENTRIES)), audited(ENTRIES[:size], anchored(9))):
        assert ProblemKind.TRUNCATED in {problem.kind for problem in report.problems}


@given(st.sampled_from(BLOBS), st.data())
def test_any_changed_byte_of_a_blob_is_found(blob: bytes, data: st.DataObject) -> None:
    raw = bytearray(blob)
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))

    (problem,) = audited(ENTRIES, store=STORE | {digest_of(blob): bytes(raw)}).problems

    assert (problem.kind, problem.index, problem.digest) == (
        ProblemKind.BLOB_CORRUPT,
        BLOBS.index(blob),
        digest_of(blob),
    )


@given(st.sampled_from(BLOBS), st.integers(0, 9))
def test_any_truncated_or_removed_blob_is_found(blob: bytes, size: int) -> None:
    digest = digest_of(blob)
    without = {key: data for key, data in STORE.items() if key != digest}

    (cut,) = audited(ENTRIES, store=without | {digest: blob[:size]}).problems
    (gone,) = audited(ENTRIES, store=without).problems

    assert (cut.kind, cut.digest) == (ProblemKind.BLOB_CORRUPT, digest)
    assert (gone.kind, gone.digest) == (ProblemKind.BLOB_MISSING, digest)


def test_a_blob_that_no_entry_names_is_looked_at_too() -> None:
    stray = digest_of(b"put before a crash")

    assert audited(ENTRIES, store=STORE | {stray: b"put before a crash"}).problems == ()
    (problem,) = audited(ENTRIES, store=STORE | {stray: b"damaged"}).problems
    assert str(problem) == (
        f"blob-corrupt: no entry: {stray}: the blob's bytes are not those of its digest; "
        "restore it from a copy of the store, or fetch the evidence again: putting it heals the blob"
    )


def test_a_rewritten_entry_is_bracketed_by_the_anchors_around_it() -> None:
    changed = (*ENTRIES[:5], ENTRIES[0], *ENTRIES[6:])

    (problem,) = audited(changed, anchored(2, 4, 7, 8, 9)).problems

    assert (problem.kind, problem.index, problem.digest) == (ProblemKind.ANCHOR_DISAGREES, 4, root_of(changed[:7]))
    assert str(problem) == (
        f"anchor-disagrees: entry 4: {root_of(changed[:7])}: commit 7 anchors the root {root_of(ENTRIES[:7])} "
        "for 7 entries (2 later anchors disagree too): among the entries 4 to 6 something is changed, missing, added "
        f"or out of order; {REMEDY}"
    )


def test_an_anchor_that_this_log_never_had_is_told_from_a_changed_log() -> None:
    forged = Anchor(Checkpoint(ORIGIN, 4, "ab" * 32), "commit f")

    (problem,) = audited(ENTRIES, (*anchored(4, 7), forged)).problems

    assert str(problem) == (
        f"anchor-disagrees: no entry: {root_of(ENTRIES[:4])}: commit f anchors the root {'ab' * 32} for 4 entries, "
        "which this log never had, while an anchor of 7 entries agrees; "
        "find out who wrote it: the anchor is forged, or two ledgers ran under one origin"
    )


def test_a_log_shorter_than_an_anchor_is_cut_off() -> None:
    (problem,) = audited(ENTRIES[:6], anchored(4, 8, 7)).problems

    assert str(problem) == (
        f"truncated: entry 6: {root_of(ENTRIES[:6])}: commit 8 anchors 8 entries, and 6 are stored: "
        f"the end is cut off; {REMEDY}"
    )


def test_a_log_both_changed_and_cut_off_is_reported_as_both() -> None:
    changed = (*ENTRIES[:2], ENTRIES[8], *ENTRIES[3:6])

    kinds = [problem.kind for problem in audited(changed, anchored(1, 5, 9)).problems]

    assert kinds == [ProblemKind.ANCHOR_DISAGREES, ProblemKind.TRUNCATED]


def test_indexes_that_do_not_follow_each_other_are_gaps_reported_once_each() -> None:
    stored = tuple(Stored(index, ENTRIES[index]) for index in (0, 1, 3, 4, 4, 6))

    problems = audit(stored, lambda: point(ENTRIES), (), (), lambda _: BlobState.INTACT).problems

    assert [(problem.kind, problem.index, problem.sentence.split(":")[0]) for problem in problems] == [
        (ProblemKind.GAP, 3, "entry 2 should stand here"),
        (ProblemKind.GAP, 4, "entry 5 should stand here"),
        (ProblemKind.GAP, 6, "entry 5 should stand here"),
        (ProblemKind.TRUNCATED, 6, "the ledger's head speaks of 9 entries, and 6 are stored"),
    ]


def test_a_ledger_that_grows_while_it_is_read_is_no_problem() -> None:
    ledger = MemoryLedger()
    start = ledger.append(ENTRIES[:4], ledger.head())

    def head() -> Checkpoint:
        return Checkpoint(ORIGIN, ledger.head().size, ledger.head().root)

    def growing() -> Iterator[Stored]:
        reading = ledger.read()
        yield next(reading)
        grown = ledger.append(ENTRIES[4:6], start)
        yield from reading
        ledger.append(ENTRIES[6:], grown)

    report = audit(growing(), head, anchored(4), (), lambda _: BlobState.INTACT)

    assert (report.entries, report.problems) == (6, ())


def test_entries_behind_the_head_are_found() -> None:
    (problem,) = audited(ENTRIES, head=point(ENTRIES[:7])).problems

    assert str(problem) == (
        f"truncated: entry 7: {root_of(ENTRIES)}: the ledger's head speaks of 7 entries, and 9 are stored; {REMEDY}"
    )


def test_an_entry_that_is_none_is_reported_with_its_index() -> None:
    broken = (*ENTRIES[:2], b"{}{")

    (problem,) = audited(broken).problems

    assert (problem.kind, problem.index, problem.digest) == (ProblemKind.MALFORMED, 2, leaf_hash(b"{}{").hex())


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"a": 1}', "not canonical JSON"),
        (b"[]", "an entry is a JSON object, and its `refs` a list of digests"),
        (b'{"refs":"sha256"}', "an entry is a JSON object, and its `refs` a list of digests"),
        (b'{"refs":[1]}', "an entry is a JSON object, and its `refs` a list of digests"),
        (b'{"refs":["sha256:AB"]}', "not a sha256 digest"),
    ],
)
def test_what_is_no_entry_names_no_blobs(raw: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        entry_refs(raw)


def test_an_entry_names_its_blobs_in_its_own_order() -> None:
    refs = (digest_of(b"2"), digest_of(b"1"))

    assert entry_refs(canonical({"refs": refs})) == refs
    assert entry_refs(b"{}") == ()
