"""`ports.ConfigSource` in a plain directory: the files as they are now, for which nobody is known to answer."""

import os
from pathlib import Path

from promoter.core.authority import Authority
from promoter.core.codes import Code
from promoter.core.ruleset import (
    FILE_LIMIT,
    Lineage,
    RawFile,
    UnfitRules,
    check_count,
    check_sizes,
    is_rule,
    is_signature,
)
from promoter.ports import OutsideError


class DirectoryRules:
    """The rules below a folder. Methods raise OutsideError for what cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        return str(self._folder)

    def head(self) -> str:
        return ""

    def known_head(self) -> str:
        return ""

    def files(self, commit: str) -> tuple[RawFile, ...]:
        """Read the files; `commit` must be empty."""
        if commit:
            raise OutsideError(
                Code.OUTSIDE_NOT_FOUND, f"{self._folder} is a plain directory and has no commit {commit}"
            )
        paths = sorted(path for path in self._paths() if is_rule(path) or is_signature(path))
        check_count(len(paths))
        files = tuple(RawFile(path, self._read(path)) for path in paths)
        check_sizes((file.path, len(file.raw)) for file in files)
        return files

    def lineage(self, commit: str, other: str) -> Lineage:
        return Lineage.SAME if commit == other == "" else Lineage.APART

    def steps(self, older: str, newer: str, limit: int) -> tuple[str, ...]:  # noqa: ARG002
        """Give none: a directory has no history."""
        return ()

    def authority(self, commit: str) -> Authority | None:  # noqa: ARG002
        """Give nobody: a directory says nothing of who wrote what is in it."""
        return None

    def origin(self, commit: str, path: str) -> str:  # noqa: ARG002
        return ""

    def _paths(self) -> list[str]:
        found = (Path(folder, name) for folder, _, names in os.walk(self._folder) for name in names)
        return [path.relative_to(self._folder).as_posix() for path in found]

    def _read(self, path: str) -> bytes:
        """Read a file, one byte over the limit at most; a link to one is followed, for mounted volumes are links."""
        place = self._folder / path
        if not place.is_file():
            raise UnfitRules(f"{path} is no file")
        try:
            with place.open("rb") as file:
                return file.read(FILE_LIMIT + 1)
        except OSError as error:
            raise OutsideError(Code.OUTSIDE_UNREACHABLE, f"{place} cannot be read: {error.strerror}") from None
