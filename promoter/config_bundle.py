"""Reads the bundle of rules: every YAML file of `config/` but `promoter.yaml`, whose graph alone goes with it."""

from pathlib import Path

from pydantic import TypeAdapter

from promoter.core.bundle import Bundle, BundleFile
from promoter.core.candidate import digest_of
from promoter.core.environment import Environment
from promoter.strict_yaml import ConfigError

_BUNDLE: TypeAdapter[Bundle] = TypeAdapter(Bundle)


def parse_bundle(body: bytes) -> Bundle:
    """Read a bundle from its canonical form, as it is kept; raises ValueError."""
    return _BUNDLE.validate_json(body)


def read_bundle(directory: Path, graph: tuple[Environment, ...]) -> Bundle:
    """Read the bundle of a configuration directory; raises ConfigError for a file that cannot be read.

    Names that begin with a dot are an editor's or a mounted volume's own, and no part of it.
    """
    files = (path.relative_to(directory) for path in directory.glob("**/*.yaml"))
    shown = (path for path in files if not any(part.startswith(".") for part in path.parts))
    rules = sorted(path for path in shown if path.as_posix() != "promoter.yaml")
    return Bundle(tuple(BundleFile(path.as_posix(), digest_of(_read(directory / path))) for path in rules), graph)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
