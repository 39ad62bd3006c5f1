"""Reads one configuration file strictly: plain YAML, every value with its line, nothing clever.

Refused with file and line: duplicate keys, anchors and aliases, merge keys, tags, several documents, depth over a cap.
Plain scalars are null, true, false, integers, durations (`30s`, `10m`, `2h`, `7d`) or text; `yes`, `1e3` and dates
are text.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d{1,9})([smhd])")

Location = tuple[str | int, ...]


class ConfigError(Exception):
    """The operator's configuration is wrong: exit code 2, before anything runs. Each problem names file and line."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Document:
    """A file's values, and the line on which each of them begins."""

    path: Path
    values: dict[str, Any]
    lines: dict[Location, int] = field(repr=False)

    def at(self, location: Location) -> str:
        """Give `file:line` of the value at a location, or of the nearest one around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return f"{self.path}:{self.lines.get(location, 1)}"


def read_document(path: Path) -> Document:
    """Read a file; raises ConfigError naming file and line."""
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_BYTES:
            raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes; split it")
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    return _Reader(path).read(text)


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Location, int] = {}

    def read(self, text: str) -> Document:
        try:
            self._survey(text)
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigError(f"{self.path}:{line}: not YAML: {error.problem or error}") from None
        except yaml.YAMLError as error:
            raise ConfigError(f"{self.path}:1: not YAML: {error}") from None
        values = {} if node is None else self._value(node, ())
        if not isinstance(values, dict):
            raise ConfigError(f"{self.path}:1: must be a mapping of keys, not a {type(values).__name__}")
        return Document(self.path, values, self.lines)

    def _survey(self, text: str) -> None:
        """Look at the events before anything is composed: a deep document would overflow the C stack."""
        depth = documents = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            if depth > MAX_DEPTH:
                raise ConfigError(f"{self.path}:{line}: nested deeper than {MAX_DEPTH} levels")
            if documents > 1:
                raise ConfigError(f"{self.path}:{line}: more than one document; put it into a file of its own")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise ConfigError(f"{self.path}:{line}: anchors and aliases are not read here; write the value out")
            if tag := getattr(event, "tag", None):
                raise ConfigError(f"{self.path}:{line}: YAML tags are not read here; remove {tag}")

    def _value(self, node: yaml.Node, location: Location) -> Any:
        self.lines[location] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*location, index)) for index, item in enumerate(node.value)]
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                raise ConfigError(f"{self.path}:{line}: keys are plain words here; merge keys are not read")
            if key.value in values:
                raise ConfigError(f"{self.path}:{line}: key {key.value!r} stands here a second time; remove one")
            values[key.value] = self._value(value, (*location, key.value))
            self.lines[*location, key.value] = line
        return values


def _scalar(node: yaml.Node) -> object:
    text: str = node.value
    if getattr(node, "style", None):
        return text
    if text in {"", "null", "~"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if re.fullmatch(r"-?(0|[1-9]\d{0,17})", text):
        return int(text)
    if found := _DURATION.fullmatch(text):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    return text
