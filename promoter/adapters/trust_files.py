"""`ports.RootStore` in files: the fetched root in the bot's state, or the one file that the operator put somewhere.

A kept root is written beside its place, synced and renamed, and the record of the refresh after it: a process that is
killed leaves the old root or the new one, whole. A root whose record is about another one is not used: it is fetched
again.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import KeptRoot, OutsideError, RootRecord

ROOT, RECORD = "trusted_root.json", "refresh.json"
_LARGEST = 4 * 1024 * 1024  # bytes of a root
_RECORD_LIMIT = 16 * 1024


class KeptRootStore:
    """The root that was fetched from `source` last, in a folder of the bot's state; another source's counts as none."""

    def __init__(self, folder: Path, source: str) -> None:
        self.source = source
        self.place = folder / ROOT
        self._folder = folder

    def load(self) -> KeptRoot | None:
        """Give the root as the port says; one whose record is about another root counts as none."""
        record = self.record()
        raw = _read(self.place, _LARGEST) if record else None
        return KeptRoot(raw, record) if raw is not None and record and record.digest == digest_of(raw) else None

    def record(self) -> RootRecord | None:
        raw = _read(self._folder / RECORD, _RECORD_LIMIT)
        record = _parse(raw) if raw is not None else None
        return record if record and record.source == self.source else None

    def in_place(self) -> str:
        """Give the digest in the record, which is written last: what it names is in place."""
        with suppress(OutsideError):
            record = self.record()
            return record.digest if record else ""
        return ""

    def keep(self, raw: bytes, at: datetime) -> None:
        with _reported(self._folder):
            if _read(self.place, _LARGEST) != raw:  # else nobody has to look at it again
                _write(self.place, raw)
        self.note(RootRecord(digest_of(raw), self.source, at, at))

    def note(self, record: RootRecord) -> None:
        times = {"refreshed": _text(record.refreshed), "attempted": _text(record.attempted)}
        document = {"v": 1, "digest": record.digest, "source": record.source, "failure": record.failure, **times}
        with _reported(self._folder):
            _write(self._folder / RECORD, json.dumps(document, indent=1).encode())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other process and thread from refreshing meanwhile; raises OutsideError where one does."""
        with _reported(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self._folder / "refresh.lock").open("a")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                detail = f"{self._folder}: another process refreshes the trusted root now"
                raise OutsideError(Code.OUTSIDE_CONFLICT, detail) from None
            yield


class OwnRootFile:
    """A trusted_root.json that whoever runs the bot keeps up to date; it counts as refreshed when it was written."""

    def __init__(self, place: Path) -> None:
        self.source = str(place)
        self.place = place

    def load(self) -> KeptRoot | None:
        record, raw = self.record(), _read(self.place, _LARGEST)
        return KeptRoot(raw, record) if raw is not None and record is not None else None

    def record(self) -> RootRecord | None:
        try:
            written = datetime.fromtimestamp(self.place.stat().st_mtime, UTC)
        except OSError:
            return None
        return RootRecord("", self.source, written, written)

    def in_place(self) -> str:
        """Give the digest of what the file holds."""
        with suppress(OutsideError):
            raw = _read(self.place, _LARGEST)
            return digest_of(raw) if raw is not None else ""
        return ""


def _read(path: Path, limit: int) -> bytes | None:
    """Give a file's bytes, one more than the limit at most; None where there is no file. Raises OutsideError."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise OutsideError(Code.OUTSIDE_UNREACHABLE, f"{path} cannot be read: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    """Put a file into place, whole and durable; the draft of a process that was killed is written over."""
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parse(raw: bytes) -> RootRecord | None:
    """Read a record; None for what is none, as a root without a record counts as not kept."""
    try:
        document = read_object(raw[:_RECORD_LIMIT])
        texts = [document[key] for key in ("digest", "source", "failure")]
        times = [_time(document[key]) for key in ("refreshed", "attempted")]
    except (Malformed, KeyError, ValueError):
        return None
    if document.get("v") != 1 or not all(isinstance(text, str) for text in texts):
        return None
    return RootRecord(texts[0], texts[1], times[0], times[1], texts[2])


def _text(time: datetime | None) -> str:
    return time.isoformat() if time else ""


def _time(text: object) -> datetime | None:
    if not isinstance(text, str):
        raise ValueError("a time is no text")  # noqa: TRY004 - a malformed document, not a mistake of types
    time = datetime.fromisoformat(text) if text else None
    if time and time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time


@contextmanager
def _reported(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutsideError(Code.OUTSIDE_UNREACHABLE, f"{folder} cannot be written: {error.strerror}") from error
