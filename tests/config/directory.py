"""A configuration directory of a test's own: an example that the tests know by its lines, with a mistake in it."""

import shutil
from pathlib import Path

import pytest

from promoter.config import Configuration, load
from promoter.strict_yaml import ConfigError

EXAMPLE = Path(__file__).with_name("example")


class Directory:
    """A copy of the example configuration, to be changed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "config"
        shutil.copytree(EXAMPLE, self.path)

    def replace(self, file: str, old: str, new: str) -> None:
        """Change the first place of a text in a file; the text must be there."""
        path = self.path / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} holds no {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def write(self, file: str, content: str | bytes) -> None:
        """Write a whole file."""
        path = self.path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def load(self, **variables: str) -> Configuration:
        """Read it."""
        return load(self.path, variables)

    def problems(self, **variables: str) -> tuple[str, ...]:
        """Give what is wrong with it, with file names from the configuration directory on."""
        with pytest.raises(ConfigError) as told:
            self.load(**variables)
        return tuple(problem.replace(f"{self.path}/", "") for problem in told.value.problems)
