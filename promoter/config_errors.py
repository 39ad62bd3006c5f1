"""Reads a document's values as a type, and says of everything that is wrong where it stands and what is allowed there.

Stricter than pydantic by itself: `"2"` is no number, `30` no duration and `true` no 1. The shape (keys, types, allowed
words) is held against the type's JSON schema first; what pydantic then still refuses are rules about values.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from promoter.config_shapes import NAME, NAME_DEMAND
from promoter.strict_yaml import ConfigError, Document, Location

_T = TypeVar("_T")
_Schema = Mapping[str, Any]
_Fault = tuple[Location, str]  # where, and the sentence; `{key}` in it stands for the key's full name
_ARMOUR = "-----BEGIN "  # of a PEM block, which is never repeated: it may be a secret in the wrong place


def parse(document: Document, kind: type[_T], prefix: str = "", also: tuple[str, ...] = ()) -> _T:
    """Read a document's values as `kind`; raises ConfigError with file, line, key and the allowed values.

    `prefix` stands before every key in a message; `also` are keys allowed at the top that were read elsewhere.
    """
    adapter, shape = _adapter(kind)  # type: ignore[arg-type]  # mypy does not see that classes are hashable
    schema = {**shape, "properties": {**{key: {} for key in also}, **shape["properties"]}}
    faults = list(_misshapen(document.values, (), schema, schema))
    value: _T | None = None
    try:
        value = adapter.validate_python(document.values)
    except ValidationError as error:
        told = {location for location, _ in faults}
        details = error.errors()
        for detail in details:
            detail["loc"] = _written(detail["loc"], document.values)
        faults += [
            _broken_rule(detail, schema)
            for detail in details
            if not any(detail["loc"][: len(known)] == known for known in told) and not _is_echo(detail)
        ]
    if faults:
        raise ConfigError(*(_problem(document, prefix, fault) for fault in faults))
    assert value is not None
    return value


@cache
def _adapter(kind: type[Any]) -> tuple[TypeAdapter[Any], _Schema]:
    """Give what reads a type, and its JSON schema; both are made once, for that takes longer than reading a file."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return adapter, adapter.json_schema()


def attempt(problems: list[str], read: Callable[[], _T]) -> _T | None:
    """Give what is read; where that fails, add its problems to those found so far."""
    try:
        return read()
    except ConfigError as error:
        problems += error.problems
        return None


def file_name(path: Path) -> str:
    """Give the name that a file of a service or environment has without its suffix; raises ConfigError."""
    if not NAME.fullmatch(path.stem):
        raise ConfigError(f"{path}: the file's name {NAME_DEMAND}; rename it")
    return path.stem


def suggest(word: str, allowed: Iterable[str]) -> str:
    """Give the end of a sentence about a word that is not allowed: the nearest one, and all that are."""
    names = sorted(allowed)
    near = difflib.get_close_matches(word, names, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{hint} (allowed: {', '.join(names) or 'none'})"


def _problem(document: Document, prefix: str, fault: _Fault) -> str:
    location, sentence = fault
    return f"{document.at(location)}: " + sentence.replace("{key}", (prefix + name_key(location)).rstrip("."), 1)


def _written(location: Location, value: object) -> Location:
    """Give a location as the file has it: a list that stands for the mapping it is short for has no keys."""
    parts = list[str | int]()
    for part in location:
        if isinstance(value, list) and isinstance(part, str):
            continue
        parts.append(part)
        is_there = isinstance(part, int) if isinstance(value, list) else isinstance(value, dict) and part in value
        value = value[part] if is_there else None  # type: ignore[index]
    return tuple(parts)


def name_key(location: Location) -> str:
    """Give a key's full name: `environments.staging.after[0]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


# --- the shape: keys, types, allowed words ----------------------------------------------------------------------------


def _misshapen(value: object, at: Location, node: _Schema, schema: _Schema) -> Iterator[_Fault]:
    choices = [_resolve(choice, schema) for choice in _choices(node, schema)]
    fitting = next((choice for choice in choices if _fits(value, choice)), None)
    if fitting is None:
        words = " or ".join(dict.fromkeys(_kind(choice) for choice in choices if choice.get("type") != "null"))
        is_text = isinstance(value, str) and _ARMOUR not in value
        advice = f"; write [{str(value)[:80]}]" if words.startswith(_WORDS["array"]) and is_text else ""
        yield at, f"{{key}}: must be {words} ({_shown(value)}){advice}"
    elif isinstance(value, dict):
        yield from _misshapen_keys(value, at, fitting, schema)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _misshapen(item, (*at, index), fitting.get("items", {}), schema)
    elif isinstance(value, str) and value not in fitting.get("enum", [value]):
        shown = "a PEM block" if _ARMOUR in value else repr(value[:80])
        yield at, f"{{key}}: not {shown}{suggest(value, fitting['enum'])}"


def _misshapen_keys(value: Mapping[str, object], at: Location, node: _Schema, schema: _Schema) -> Iterator[_Fault]:
    known, others = node.get("properties", {}), node.get("additionalProperties", False)
    for key, item in value.items():
        if key in known:
            yield from _misshapen(item, (*at, key), known[key], schema)
        elif isinstance(others, dict):
            yield from _misshapen(item, (*at, key), others, schema)
        elif not others:
            yield (*at, key), f"unknown key {{key}}{suggest(key, known)}"
    for key in node.get("required", ()):
        if key not in value:
            yield (*at, key), "{key} is missing" + _meaning(known[key], schema)


def _choices(node: _Schema, schema: _Schema) -> tuple[_Schema, ...]:
    return tuple(_resolve(node, schema).get("anyOf", (node,)))


def _resolve(node: _Schema, schema: _Schema) -> _Schema:
    reference: str = node.get("$ref", "")
    return {**schema["$defs"][reference.rsplit("/", 1)[-1]], **node} if reference else node


_KINDS: Mapping[str, type] = {"object": dict, "array": list, "boolean": bool, "integer": int, "string": str}
_WORDS: Mapping[str, str] = {
    "object": "keys and their values",
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "string": "text",
    "duration": "a duration such as 30s, 10m, 2h or 7d",
}


def _fits(value: object, node: _Schema) -> bool:
    if node.get("type") == "null":
        return False  # an empty value is a forgotten one: who wants the default leaves the key out
    if node.get("format") == "duration":
        return isinstance(value, timedelta)
    kind = _KINDS.get(node.get("type", ""))
    return kind is None or (isinstance(value, kind) and isinstance(value, bool) == (kind is bool))


def _kind(node: _Schema) -> str:
    if "enum" in node:
        return "one of " + ", ".join(node["enum"])
    return _WORDS["duration" if node.get("format") == "duration" else node["type"]]


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing stands there"
        case dict():
            return "keys stand there"
        case list():
            return "a list stands there"
        case timedelta():
            return "a duration stands there"
        case str():
            return "a PEM block stands there" if _ARMOUR in value else f"it is the text {value[:80]!r}"
        case _:
            return f"it is {str(value).lower()}"


def _meaning(node: _Schema, schema: _Schema) -> str:
    """Give the first sentence of what a key means, and the words that are allowed for it."""
    resolved = _resolve(node, schema)
    text = str(resolved.get("description", "")).split("\n")[0].split(". ")[0].rstrip(".")
    words = f" (allowed: {', '.join(sorted(resolved['enum']))})" if "enum" in resolved else ""
    return (f": {text[0].lower()}{text[1:]}" if text else "") + words


# --- rules about values -----------------------------------------------------------------------------------------------


def _broken_rule(detail: ErrorDetails, schema: _Schema) -> _Fault:
    location: Location = tuple(part for part in detail["loc"] if part != "[key]")
    message = detail["msg"].removeprefix("Value error, ")
    context = detail.get("ctx", {})
    match detail["type"]:
        case "greater_than_equal" | "less_than_equal":
            message = f"must be {'at least' if 'ge' in context else 'at most'} {context.get('ge', context.get('le'))}"
        case "greater_than":
            message = "must be above zero"
        case "too_short":
            message = "must not be empty"
        case "timezone_aware":
            message = "has no time zone; write it like 2026-01-31T12:00:00Z"
        case kind if kind.startswith("datetime_"):
            message = "is no time; write it like 2026-01-31T12:00:00Z"
    first = message.split(" ", 1)[0]
    below = _location_of(first)
    if isinstance(detail["input"], dict) and below[:1] and below[0] in _keys_at(location, schema):
        location, message = (*location, *below), message.removeprefix(first).strip()
    elif location and first == location[-1]:
        message = message.removeprefix(first).strip()
    is_shown = isinstance(detail["input"], str | int) and repr(detail["input"]) not in message
    is_shown = is_shown and _ARMOUR not in str(detail["input"])
    return location, f"{{key}}: {message}" + (f" (it is {repr(detail['input'])[:80]})" if is_shown else "")


def _location_of(key: str) -> Location:
    """Read a key's name as `name_key` writes it: the place that a rule between several keys complains of."""
    return tuple(int(index) if index else name for index, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", key))


def _is_echo(detail: ErrorDetails) -> bool:
    """Tell whether a list is called too short only because its items were refused, which is reported already."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _keys_at(location: Location, schema: _Schema) -> tuple[str, ...]:
    node = _resolve(schema, schema)
    for part in location:
        others = node.get("additionalProperties", {})
        step = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, others)
        node = next((_resolve(choice, schema) for choice in _choices(step, schema)), {})
    return tuple(node.get("properties", {}))
