"""Reads one configuration file strictly: plain YAML, every value with its line, nothing clever.

Refused with file and line: duplicate keys, anchors and aliases, merge keys, tags, several documents, depth over a cap.
Plain scalars are null, true, false, integers, durations (`30s`, `10m`, `2h`, `7d`) or text; `yes`, `1e3` and dates
are text. What stands in quotes is text. All problems of a file are reported at once, those of its syntax apart.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SHOWN = 200  # characters of a value in an error
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_DURATION = re.compile(r"([0-9]{1,6})([smhd])")  # a million days are enough, and what a timedelta holds
_VARIABLE = re.compile(r"\$\{(?:([A-Z][A-Z0-9_]*)(?::-([^{}]*))?\})?")

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


def read_document(path: Path, variables: Mapping[str, str] | None = None) -> Document:
    """Read a file; `variables` fill its `${NAME}` and `${NAME:-default}`, which are refused where it is None.

    Raises ConfigError naming file and line.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
        text = raw.decode("utf-8-sig") if len(raw) <= MAX_BYTES else None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}:{line}: not UTF-8; save the file as UTF-8") from None
    if text is None:
        raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes; split it")
    return _Reader(path, variables).read(text)


class _Reader:
    def __init__(self, path: Path, variables: Mapping[str, str] | None) -> None:
        self.path = path
        self.variables = variables
        self.lines: dict[Location, int] = {}
        self.problems: list[str] = []

    def read(self, text: str) -> Document:
        try:
            self._survey(text)
            node = yaml.compose(text, Loader=yaml.CSafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            where = f"{self.path}:{mark.line + 1 if mark else 1}"
            raise ConfigError(f"{where}: not YAML: {_syntax(error)}") from None
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise ConfigError(f"{self.path}:{line}: not YAML: {error.reason}; remove the character") from None
        values = {} if node is None else self._value(node, ())
        if not isinstance(values, dict):
            kind = "a list" if isinstance(values, list) else "a single value"
            self._refuse(1, f"must hold keys and their values, not {kind}")
        if self.problems:
            raise ConfigError(*self.problems)
        return Document(self.path, values, self.lines)

    def _refuse(self, line: int, sentence: str) -> None:
        self.problems.append(f"{self.path}:{line}: {sentence}")

    def _survey(self, text: str) -> None:
        """Look at the events before anything is composed: a deep document would overflow the C stack."""
        depth = documents = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            documents += isinstance(event, yaml.DocumentStartEvent)
            if depth > MAX_DEPTH:
                raise ConfigError(f"{self.path}:{line}: nested deeper than {MAX_DEPTH} levels; nothing here needs that")
            if documents > 1:
                raise ConfigError(f"{self.path}:{line}: more than one document; put it into a file of its own")
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                self._refuse(line, "anchors and aliases are not read here; write the value out")
            if tag := getattr(event, "tag", None):
                self._refuse(line, f"YAML tags are not read here; remove {tag}")
        if self.problems:
            raise ConfigError(*self.problems)

    def _value(self, node: yaml.Node, location: Location) -> Any:
        self.lines[location] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, location)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*location, index)) for index, item in enumerate(node.value)]
        text = self._filled(node)
        return text if getattr(node, "style", None) else _plain(text)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(line, "a key must be a plain word, not a list or a mapping")
            elif key.value == "<<":
                self._refuse(line, "merge keys are not read here; write the keys out")
            elif key.value in values:
                first = self.lines[*location, key.value]
                self._refuse(line, f"key {key.value!r} stands here a second time (first in line {first}); remove one")
            else:
                values[key.value] = self._value(value, (*location, key.value))
                self.lines[*location, key.value] = line
        return values

    def _filled(self, node: yaml.Node) -> str:
        """Fill in the variables of a scalar; one that is set to nothing counts as not set, as in a shell."""
        line, shown = node.start_mark.line + 1, node.value[:_SHOWN]

        def fill(found: re.Match[str]) -> str:
            if self.variables is None:
                self._refuse(line, f"variables are filled in promoter.yaml only; write the value out: {shown!r}")
            elif found[1] is None:
                self._refuse(line, f"no variable: {shown!r}; write ${{NAME}} or ${{NAME:-default}} in upper case")
            elif not (text := self.variables.get(found[1]) or found[2]):
                advice = f"set it, or write ${{{found[1]}:-default}}"
                self._refuse(line, f"environment variable {found[1]} is not set and has no default; {advice}")
            else:
                return text
            return ""

        return _VARIABLE.sub(fill, node.value)


def _syntax(error: yaml.MarkedYAMLError) -> str:
    """Say what the parser stumbled over, and what it was reading."""
    problem = error.problem or "cannot be read"
    mark, ended = error.context_mark, error.problem_mark
    began = mark.line + 1 if mark and (ended is None or mark.line < ended.line) else 0
    advice = next((text for words, text in _ADVICE if words in problem), "")
    return problem + (f" {error.context} that begins in line {began}" if began and not advice else "") + advice


_ADVICE = (
    ("cannot start any token", "; indent with spaces only, and put quotes around text that begins with @, ` or %"),
    ("mapping values are not allowed", "; indent all keys alike, and put quotes around text that holds a colon"),
)


def _plain(text: str) -> object:
    if text in {"", "null", "~"}:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if found := _DURATION.fullmatch(text):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    return text
