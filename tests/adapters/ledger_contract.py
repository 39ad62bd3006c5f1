"""What every `ports.Ledger` does. A suite derives from `LedgerContract` and gives the fixture `ledger`, empty."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from promoter.adapters.notes_ed25519 import Ed25519Verifier
from promoter.core.audit import ENTRY_LIMIT
from promoter.core.canonical import canonical
from promoter.core.checkpoint import Checkpoint, open_note, parse_body
from promoter.core.merkle import Frontier, frontier_of, leaf_hash
from promoter.ports import Conflict, Head, Ledger, Stored
from tests.fakes.ledger import ORIGIN, SIGNER

EMPTY = Head(0, Frontier().root.hex())


def entry(number: int) -> bytes:
    return canonical({"kind": "test", "number": number})


def head_of(entries: tuple[bytes, ...]) -> Head:
    tree = frontier_of(leaf_hash(raw) for raw in entries)
    return Head(tree.size, tree.root.hex())


def append_until_it_wins(ledger: Ledger, raw: bytes) -> None:
    while True:
        try:
            ledger.append((raw,), ledger.head())
        except Conflict:
            continue
        return


class LedgerContract:
    """The suite."""

    @pytest.fixture
    def ledger(self) -> Iterator[Ledger]:
        raise NotImplementedError("a suite gives its ledger")

    def test_a_new_ledger_is_empty(self, ledger: Ledger) -> None:
        assert ledger.head() == EMPTY
        assert list(ledger.read()) == []

    def test_entries_come_back_in_order_with_their_indexes(self, ledger: Ledger) -> None:
        entries = tuple(entry(number) for number in range(7))

        middle = ledger.append(entries[:3], EMPTY)
        head = ledger.append(entries[3:], middle)

        assert (middle, head) == (head_of(entries[:3]), head_of(entries))
        assert ledger.head() == head
        assert list(ledger.read()) == [Stored(index, raw) for index, raw in enumerate(entries)]
        assert list(ledger.read(5)) == [Stored(5, entries[5]), Stored(6, entries[6])]
        assert list(ledger.read(7)) == []

    def test_more_entries_than_a_page_are_all_read(self, ledger: Ledger) -> None:
        entries = tuple(entry(number) for number in range(1203))
        ledger.append(entries, EMPTY)

        assert [stored.raw for stored in ledger.read()] == list(entries)

    def test_an_appender_with_an_old_head_writes_nothing(self, ledger: Ledger) -> None:
        head = ledger.append((entry(1),), EMPTY)

        with pytest.raises(Conflict):
            ledger.append((entry(2), entry(3)), EMPTY)

        assert ledger.head() == head
        assert [stored.raw for stored in ledger.read()] == [entry(1)]

    def test_an_appender_with_another_root_at_the_same_size_writes_nothing(self, ledger: Ledger) -> None:
        head = ledger.append((entry(1),), EMPTY)

        with pytest.raises(Conflict):
            ledger.append((entry(2),), head_of((entry(9),)))

        assert ledger.head() == head

    def test_an_entry_of_64_kib_is_kept_and_a_larger_one_is_refused_whole(self, ledger: Ledger) -> None:
        room = ENTRY_LIMIT - len(canonical({"text": ""}))
        head = ledger.append((canonical({"text": "a" * room}),), EMPTY)

        with pytest.raises(
            ValueError, match="an entry of 65537 bytes; at most 65536 are kept: put the rest into a blob"
        ):
            ledger.append((entry(1), canonical({"text": "a" * (room + 1)})), head)

        assert ledger.head() == head

    @pytest.mark.parametrize("raw", [b"", b"{", b'{"a": 1}', b'{"a":1,"a":1}', b"[]", b'{"refs":["sha256:00"]}'])
    def test_what_is_no_entry_is_refused(self, ledger: Ledger, raw: bytes) -> None:
        with pytest.raises(ValueError):
            ledger.append((raw,), EMPTY)

        assert ledger.head() == EMPTY

    def test_appending_nothing_is_refused(self, ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="nothing to append"):
            ledger.append((), EMPTY)

    def test_four_threads_append_without_a_fork_or_a_loss(self, ledger: Ledger) -> None:
        numbers = range(200)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda number: append_until_it_wins(ledger, entry(number)), numbers))

        stored = tuple(ledger.read())
        assert [one.index for one in stored] == list(numbers)
        assert {one.raw for one in stored} == {entry(number) for number in numbers}
        assert ledger.head() == head_of(tuple(one.raw for one in stored))

    def test_the_checkpoint_is_the_head_signed_by_the_ledgers_key(self, ledger: Ledger) -> None:
        head = ledger.append((entry(1), entry(2)), EMPTY)

        text = open_note(ledger.checkpoint(), Ed25519Verifier(str(SIGNER.verifier_key)))

        assert parse_body(text) == Checkpoint(ORIGIN, head.size, head.root)
