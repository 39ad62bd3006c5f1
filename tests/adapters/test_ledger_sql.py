"""The ledger on SQLite: the contract, durability, guards, and what a tampered file looks like."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from promoter.adapters.ledger_sql import SqlLedger
from promoter.core.audit import Anchor, AuditReport, BlobState, ProblemKind, audit
from promoter.core.checkpoint import Checkpoint
from promoter.core.codes import Code
from promoter.ports import Head, Ledger, OutsideError
from tests.adapters.ledger_contract import EMPTY, LedgerContract, append_until_it_wins, entry, head_of
from tests.fakes.ledger import ORIGIN, SIGNER

ENTRIES = tuple(entry(number) for number in range(8))
SWAP = """
UPDATE ledger_entry SET n = CASE n WHEN 3 THEN -4 ELSE -3 END WHERE n IN (3, 4);
UPDATE ledger_entry SET n = -n WHERE n < 0
"""
APPENDER = """
import sys
from promoter.adapters.ledger_sql import SqlLedger
from tests.adapters.ledger_contract import entry
from tests.fakes.ledger import ORIGIN, SIGNER
ledger = SqlLedger(sys.argv[1], ORIGIN, SIGNER)
head = ledger.head()
while True:
    head = ledger.append((entry(head.size), entry(head.size + 1)), head)
    print(head.size, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def filled(path: Path) -> Path:
    """A closed ledger of eight entries."""
    with closing(SqlLedger(path, ORIGIN, SIGNER)) as ledger:
        ledger.append(ENTRIES, EMPTY)
    return path


def run_sql(path: Path, statement: str, *, guarded: bool = True) -> None:
    """Write into the file as its owner could, with or without the guards."""
    with closing(sqlite3.connect(path)) as connection, connection:
        if not guarded:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
        connection.executescript(statement)


def audited(path: Path, *anchored: tuple[bytes, ...]) -> AuditReport:
    anchors = tuple(Anchor(checkpoint_of(head_of(entries)), "commit 1") for entries in anchored)
    with closing(SqlLedger(path, ORIGIN, SIGNER)) as ledger:
        return audit(ledger.read(), lambda: checkpoint_of(ledger.head()), anchors, (), lambda _: BlobState.INTACT)


def checkpoint_of(head: Head) -> Checkpoint:
    return Checkpoint(ORIGIN, head.size, head.root)


class TestSqlLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, path: Path) -> Iterator[Ledger]:
        with closing(SqlLedger(path, ORIGIN, SIGNER)) as ledger:
            yield ledger


def test_a_ledger_is_the_same_after_it_was_opened_again_by_path_or_url(filled: Path) -> None:
    for place in (str(filled), f"sqlite:///{filled}"):
        with closing(SqlLedger(place, ORIGIN, SIGNER)) as ledger:
            assert ledger.head() == head_of(ENTRIES)
            assert tuple(stored.raw for stored in ledger.read()) == ENTRIES


def test_those_who_make_the_same_ledger_at_once_all_append_to_one(path: Path) -> None:
    def open_and_append(number: int) -> None:
        with closing(SqlLedger(path, ORIGIN, SIGNER)) as ledger:
            append_until_it_wins(ledger, entry(number))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(open_and_append, range(8)))

    report = audited(path)
    assert (report.entries, report.problems) == (8, ())


def test_no_acknowledged_entry_is_lost_when_the_process_is_killed(path: Path) -> None:
    acknowledged = 0
    for appends in (1, 20, 7):
        command = [sys.executable, "-c", APPENDER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for _ in range(appends):
                process.stdout.readline()
            process.send_signal(signal.SIGKILL)
            acknowledged = max([acknowledged, *map(int, process.stdout.read().split())])

        report = audited(path)
        assert report.entries >= max(acknowledged, 2 * appends)
        assert report.entries % 2 == 0  # entries appended together are there together
        assert report.problems == ()


def test_a_commit_waits_for_the_disk(path: Path) -> None:
    with closing(SqlLedger(path, ORIGIN, SIGNER)) as ledger, ledger._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entry SET raw = x'7b7d' WHERE n = 3",
        "DELETE FROM ledger_entry WHERE n = 7",
        "DELETE FROM ledger_entry",
        "INSERT OR REPLACE INTO ledger_entry VALUES (3, x'7b7d')",
        "REPLACE INTO ledger_entry VALUES (7, x'7b7d')",
        "INSERT INTO ledger_entry VALUES (9, x'7b7d')",
        "INSERT INTO ledger_entry VALUES (-1, x'7b7d')",
        "INSERT INTO ledger_entry VALUES (3, x'7b7d') ON CONFLICT DO UPDATE SET raw = x'7b7d'",
        "UPDATE ledger_head SET size = 7",
        "UPDATE ledger_head SET root = 'x'",
        "UPDATE ledger_head SET size = 9, origin = 'x'",
        "DELETE FROM ledger_head",
        "REPLACE INTO ledger_head SELECT * FROM ledger_head",
    ],
)
def test_an_accident_with_sql_is_stopped_by_the_guards(filled: Path, statement: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="the ledger only grows"):
        run_sql(filled, statement)

    report = audited(filled, ENTRIES)
    assert (report.entries, report.problems) == (8, ())


@pytest.mark.parametrize(
    ("statement", "kinds"),
    [
        (
            "UPDATE ledger_entry SET raw = CAST(replace(raw, '3', '4') AS BLOB) WHERE n = 3",
            {"head-disagrees", "anchor-disagrees"},
        ),
        ("UPDATE ledger_entry SET raw = x'00' WHERE n = 3", {"malformed", "head-disagrees", "anchor-disagrees"}),
        ("UPDATE ledger_entry SET raw = replace(raw, '3', '4') WHERE n = 3", {"head-disagrees", "anchor-disagrees"}),
        ("UPDATE ledger_entry SET raw = 3 WHERE n = 3", {"malformed", "head-disagrees", "anchor-disagrees"}),
        ("DELETE FROM ledger_entry WHERE n = 7", {"truncated"}),
        ("DELETE FROM ledger_entry WHERE n = 3", {"gap", "truncated"}),
        (
            SWAP,
            {"head-disagrees", "anchor-disagrees"},
        ),
        ("UPDATE ledger_head SET size = 7", {"truncated"}),
        ("INSERT INTO ledger_entry VALUES (8, x'7b7d')", {"truncated"}),
    ],
)
def test_what_the_owner_of_the_file_did_is_found(filled: Path, statement: str, kinds: set[str]) -> None:
    run_sql(filled, statement, guarded=False)

    assert {problem.kind.value for problem in audited(filled, ENTRIES).problems} == kinds


def test_a_ledger_written_anew_is_found_by_an_anchor_outside_only(filled: Path) -> None:
    filled.unlink()
    with closing(SqlLedger(filled, ORIGIN, SIGNER)) as ledger:
        ledger.append((*ENTRIES[:3], entry(99), *ENTRIES[4:]), EMPTY)

    assert audited(filled).problems == ()
    (problem,) = audited(filled, ENTRIES[:2], ENTRIES[:6], ENTRIES).problems
    assert (problem.kind, problem.index) == (ProblemKind.ANCHOR_DISAGREES, 2)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DELETE FROM ledger_entry WHERE n = 7", "its entries do not end where its head says (the ledger only grows)"),
        (
            "INSERT INTO ledger_entry VALUES (8, x'7b7d')",
            "its entries do not end where its head says (the ledger only grows)",
        ),
        ("UPDATE ledger_head SET edge = x'00'", "a hash on the right edge is not 32 bytes long"),
        ("UPDATE ledger_head SET edge = x''", "a tree of 8 entries does not have 0 subtrees on its right edge"),
        ("UPDATE ledger_head SET edge = zeroblob(32)", "its right edge does not make its root"),
    ],
)
def test_nothing_is_appended_to_a_damaged_ledger(filled: Path, statement: str, what: str) -> None:
    run_sql(filled, statement, guarded=False)

    with closing(SqlLedger(filled, ORIGIN, SIGNER)) as ledger:
        before = ledger.head()
        with pytest.raises(OutsideError) as raised:
            ledger.append((entry(8),), before)

        assert raised.value.code is Code.OUTSIDE_BAD_ANSWER
        assert raised.value.detail == f"ledger {filled} is damaged: {what}: run `promoter log verify`"
        assert ledger.head() == before


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE ledger_head SET size = 'many'", "it has no head, or one that is not as it was written"),
    ],
)
def test_columns_of_another_type_are_damage_and_no_crash(filled: Path, statement: str, what: str) -> None:
    run_sql(filled, statement, guarded=False)

    with pytest.raises(OutsideError) as raised:
        audited(filled)

    assert raised.value.detail == f"ledger {filled} is damaged: {what}: run `promoter log verify`"


def test_a_ledger_of_another_origin_is_not_taken_over(filled: Path) -> None:
    with pytest.raises(OutsideError) as raised:
        SqlLedger(filled, "other.example/ledger", SIGNER)

    assert raised.value.code is Code.OUTSIDE_CONFLICT
    assert raised.value.detail == (
        f"ledger {filled} belongs to '{ORIGIN}', not to 'other.example/ledger': configure its origin or another place"
    )


def test_a_head_row_that_was_removed_is_not_made_again_over_entries(filled: Path) -> None:
    run_sql(filled, "DELETE FROM ledger_head", guarded=False)

    with closing(SqlLedger(filled, ORIGIN, SIGNER)) as ledger:
        assert ledger.head() == EMPTY
        with pytest.raises(OutsideError, match="its entries do not end where its head says"):
            ledger.append((entry(0),), EMPTY)
    assert {problem.kind for problem in audited(filled).problems} == {ProblemKind.TRUNCATED}


def test_a_file_that_is_no_database_is_an_outside_error(path: Path) -> None:
    path.write_bytes(b"not a database, and long enough to be looked at" * 100)

    with pytest.raises(OutsideError) as raised:
        SqlLedger(path, ORIGIN, SIGNER)

    assert raised.value.code is Code.OUTSIDE_BAD_ANSWER
    assert raised.value.detail == f"ledger {path} is damaged: file is not a database: run `promoter log verify`"


def test_a_folder_that_is_not_there_is_an_outside_error(tmp_path: Path) -> None:
    path = tmp_path / "no" / "ledger.db"

    with pytest.raises(OutsideError) as raised:
        SqlLedger(path, ORIGIN, SIGNER)

    assert raised.value.code is Code.OUTSIDE_UNREACHABLE
    assert raised.value.detail == f"ledger {path}: unable to open database file"


def test_a_writer_waits_for_another_one_only_so_long(filled: Path) -> None:
    with (
        closing(SqlLedger(f"sqlite:///{filled}?timeout=0.1", ORIGIN, SIGNER)) as ledger,
        closing(sqlite3.connect(filled)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutsideError) as raised:
            ledger.append((entry(8),), ledger.head())

        assert raised.value.code is Code.OUTSIDE_TIMEOUT
        assert raised.value.detail.endswith("database is locked")
        other.rollback()
        assert ledger.append((entry(8),), ledger.head()) == head_of((*ENTRIES, entry(8)))


def test_an_unknown_database_url_is_refused_without_its_password() -> None:
    with pytest.raises(OutsideError) as raised:
        SqlLedger("nosuch://promoter:hunter2@db.example/ledger", ORIGIN, SIGNER)

    assert "hunter2" not in str(raised.value)


def test_an_origin_that_no_note_can_carry_is_refused(path: Path) -> None:
    with pytest.raises(ValueError, match="not the name of a log"):
        SqlLedger(path, "two words", SIGNER)
    assert not path.exists()


def test_reading_goes_on_while_another_appends(path: Path) -> None:
    with closing(SqlLedger(path, ORIGIN, SIGNER)) as ledger:
        head: Head = ledger.append(ENTRIES[:4], EMPTY)
        reading = ledger.read()
        first = next(reading)
        ledger.append(ENTRIES[4:], head)

        assert (first.raw, *(stored.raw for stored in reading)) == ENTRIES
