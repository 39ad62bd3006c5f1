"""The trusted root in files: put into place whole, with a record that says which root it is about."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promoter.adapters.trust_files import KeptRootStore, OwnRootFile
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.ports import KeptRoot, OutsideError, RootRecord

URL = "https://tuf.acme.example"
THEN = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
ONE, TWO = b'{"one": 1}', b'{"two": 2}'


@pytest.fixture
def store(tmp_path: Path) -> KeptRootStore:
    """A store that keeps ONE."""
    store = KeptRootStore(tmp_path / "trust", URL)
    with store.held():
        store.keep(ONE, THEN)
    return store


def test_a_root_is_kept_with_when_and_from_where_it_came(store: KeptRootStore) -> None:
    record = RootRecord(digest_of(ONE), URL, THEN, THEN)
    assert store.load() == KeptRoot(ONE, record)
    assert store.place.read_bytes() == ONE
    assert store.place.name == "trusted_root.json"
    assert sorted(path.name for path in store.place.parent.iterdir()) == [
        "refresh.json",
        "refresh.lock",
        "trusted_root.json",
    ]


def test_nothing_is_kept_at_first(tmp_path: Path) -> None:
    store = KeptRootStore(tmp_path / "trust", URL)
    assert (store.load(), store.record(), store.in_place()) == (None, None, "")
    assert list(tmp_path.iterdir()) == []


def test_what_another_source_published_counts_as_none(store: KeptRootStore) -> None:
    other = KeptRootStore(store.place.parent, "https://other.example")
    assert (other.load(), other.record()) == (None, None)


def test_a_failed_attempt_leaves_the_root_and_its_date(store: KeptRootStore) -> None:
    later = THEN + timedelta(hours=1)
    store.note(RootRecord(digest_of(ONE), URL, THEN, later, "it did not answer"))
    assert store.load() == KeptRoot(ONE, RootRecord(digest_of(ONE), URL, THEN, later, "it did not answer"))


def test_what_is_in_place_is_told_by_its_digest(store: KeptRootStore) -> None:
    assert store.in_place() == digest_of(ONE)
    store.keep(TWO, THEN + timedelta(days=2))
    assert store.in_place() == digest_of(TWO)
    (store.place.parent / "refresh.json").unlink()
    assert store.in_place() == ""


@pytest.mark.parametrize("raw", [TWO, b"", ONE + b"\n", b" " * (4 * 1024 * 1024 + 1)])
def test_a_root_that_its_record_is_not_about_counts_as_none(store: KeptRootStore, raw: bytes) -> None:
    store.place.write_bytes(raw)
    assert store.load() is None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"v": 1, "digest": 1, "source": "s", "failure": "", "refreshed": "", "attempted": ""}',
        b'{"v": 1, "digest": "d", "source": "s", "failure": "", "refreshed": 1, "attempted": ""}',
        b'{"v": 1, "digest": "d", "source": "s", "failure": "", "refreshed": "2026-11-01", "attempted": ""}',
        b'{"v": 2, "digest": "d", "source": "s", "failure": "", "refreshed": "", "attempted": ""}',
        b'{"v": 1, "v": 1}',
        b" " * 20_000,
    ],
)
def test_a_record_that_is_none_counts_as_none(store: KeptRootStore, raw: bytes) -> None:
    (store.place.parent / "refresh.json").write_bytes(raw)
    assert (store.load(), store.record()) == (None, None)


def test_only_one_refreshes_at_a_time(store: KeptRootStore) -> None:
    with store.held(), pytest.raises(OutsideError) as caught, KeptRootStore(store.place.parent, URL).held():
        pass
    assert caught.value.code is Code.OUTSIDE_CONFLICT
    assert caught.value.detail == f"{store.place.parent}: another process refreshes the trusted root now"
    with store.held():
        pass


KILLED = """
import os, signal, sys
from pathlib import Path
from datetime import datetime, UTC
from promoter.adapters.trust_files import KeptRootStore

def die(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

store = KeptRootStore(Path(sys.argv[1]), "https://tuf.acme.example")
with store.held():
    sys.addaudithook(die)
    store.keep(b'{"two": 2}', datetime(2026, 11, 2, tzinfo=UTC))
"""


@pytest.mark.parametrize(("at", "left"), [("trusted_root.json", ONE), ("refresh.json", None)])
def test_a_process_that_is_killed_before_a_rename_leaves_no_half_root(
    store: KeptRootStore, at: str, left: bytes | None
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(store.place.parent), at], check=False, env={**os.environ})
    assert done.returncode == -signal.SIGKILL
    kept = store.load()
    assert (kept.raw if kept else None) == left  # a new root without its record is fetched again
    with store.held():  # the lock went with the process, and its draft is written over
        store.keep(TWO, THEN)
    assert store.load() == KeptRoot(TWO, RootRecord(digest_of(TWO), URL, THEN, THEN))
    assert not list(store.place.parent.glob("*.new"))


def test_a_folder_that_cannot_be_read_is_an_error_and_not_an_absence(tmp_path: Path) -> None:
    (tmp_path / "trust" / "refresh.json").mkdir(parents=True)
    with pytest.raises(OutsideError, match="cannot be read: Is a directory"):
        KeptRootStore(tmp_path / "trust", URL).load()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "trust").write_text("a file")
    with pytest.raises(OutsideError, match="cannot be written: "), KeptRootStore(tmp_path / "trust", URL).held():
        pass


def test_a_file_of_the_operators_counts_from_when_it_was_written(tmp_path: Path) -> None:
    place = tmp_path / "root.json"
    store = OwnRootFile(place)
    assert (store.load(), store.record(), store.in_place()) == (None, None, "")
    place.write_bytes(ONE)
    os.utime(place, (THEN.timestamp(), THEN.timestamp()))
    assert store.load() == KeptRoot(ONE, RootRecord("", str(place), THEN, THEN))
    assert store.in_place() == digest_of(ONE)
    place.unlink()
    place.mkdir()
    assert store.in_place() == ""
    with pytest.raises(OutsideError, match="cannot be read: Is a directory"):
        store.load()
