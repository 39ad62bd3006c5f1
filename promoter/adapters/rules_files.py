"""`ports.RulesStore` in the bot's state: one folder for each bundle, named by its digest, and which one is in force.

A folder is written beside its place, synced and renamed: it is there whole or not at all. What somebody changed in one
afterwards is found out when it is read, and the folder counts as none.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from promoter.core.candidate import Digest, digest_of, parse_digest
from promoter.core.canonical import canonical
from promoter.core.codes import Code
from promoter.core.ruleset import BYTES_LIMIT, RawFile, is_rule
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import InForce, OutsideError
from promoter.transport.git_names import parse_path

_BODY = ".bundle.json"  # hidden: no file of the rules itself
_POINTER = "in-force.json"
_DRAFT = ".draft-"


class KeptRules:
    """The rules that were in force, below one folder. Methods raise OutsideError for what cannot be read or written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def drafted(self, files: tuple[RawFile, ...]) -> Iterator[Path]:
        with _reported(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self._folder))
        try:
            with _reported(draft):
                _write(draft, files)
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def keep(self, files: tuple[RawFile, ...], body: bytes) -> Path:
        digest = digest_of(body)
        place = self._place(digest)
        if self.find(digest) is not None:
            return place
        with self.drafted((*files, RawFile(_BODY, body))) as draft, _reported(place):
            if place.exists():
                shutil.rmtree(place)  # not whole any more
            draft.rename(place)
            _sync(self._folder)
        return place

    def find(self, bundle: Digest) -> tuple[Path, bytes] | None:
        place = self._place(bundle)
        body = _read(place / _BODY)
        if body is None or digest_of(body) != bundle:
            return None
        listed = {one["path"]: one["digest"] for one in json.loads(body)["files"]}
        raws = {path: _read(place / path) for path in listed}
        is_whole = all(raw is not None and digest_of(raw) == listed[path] for path, raw in raws.items())
        return (place, body) if is_whole and _rules_in(place) == set(listed) else None

    def in_force(self) -> InForce | None:
        raw = _read(self._folder / _POINTER)
        try:
            found = read_object(raw) if raw is not None else None
            texts = {key: str(found.get(key, "")) for key in ("bundle", "commit", "head")} if found else None
            return InForce(parse_digest(texts["bundle"]), texts["commit"], texts["head"]) if texts else None
        except (Malformed, ValueError) as error:
            detail = f"{self._folder / _POINTER} cannot be read; remove it, and start the bot: {error}"
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, detail) from error

    def put_in_force(self, known: InForce) -> None:
        with _reported(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            place = self._folder / _POINTER
            draft = place.with_suffix(".new")
            _write_file(
                draft, canonical({"v": 1, **{key: getattr(known, key) for key in ("bundle", "commit", "head")}})
            )
            draft.replace(place)
            _sync(self._folder)

    def _place(self, bundle: Digest) -> Path:
        return self._folder / bundle.removeprefix("sha256:")


def _rules_in(place: Path) -> set[str]:
    paths = (Path(folder, name) for folder, _, names in os.walk(place) for name in names)
    return {path for path in (one.relative_to(place).as_posix() for one in paths) if is_rule(path)}


def _write(folder: Path, files: tuple[RawFile, ...]) -> None:
    """Write files whose paths stay inside the folder; raises RefusedName for others."""
    for file in files:
        place = folder / parse_path(file.path)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_file(place, file.raw)


def _write_file(place: Path, raw: bytes) -> None:
    with place.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes | None:
    """Give a file's bytes; None where there is no file. Raises OutsideError."""
    with suppress(FileNotFoundError, NotADirectoryError), _reported(path), path.open("rb") as file:
        return file.read(BYTES_LIMIT)
    return None


@contextmanager
def _reported(place: Path) -> Iterator[None]:
    """Turn what the system refuses into an OutsideError; that something is not there is the caller's to judge."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise OutsideError(Code.OUTSIDE_UNREACHABLE, f"{place} cannot be used: {error.strerror}") from error
