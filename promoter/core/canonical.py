"""One value, one sequence of bytes: canonical JSON (RFC 8785), so that a digest of a value means something.

Dataclasses become objects by their field names, enums their values, tuples arrays, times UTC text with microseconds,
durations ISO 8601 seconds. A field that was `added` to a type later is left out at its default.
The name of a type is not in the bytes: whoever digests values of several types puts a kind into them.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

import rfc8785

INTEGER_LIMIT = 2**53 - 1  # what every JSON reader holds exactly (RFC 8785 §3.2.2.3, RFC 7493 §2.2)
DEPTH_LIMIT = 64
_PLACE_LIMIT = 200  # characters of a value's place, which stands in errors

_T = TypeVar("_T")
_ADDED = {"added": True}
_Plain = bool | int | str | float | None | list["_Plain"] | dict[str, "_Plain"]


def added(default: _T) -> _T:
    """Declare a field that a dataclass got after values of it were kept.

    At its default it is not in the canonical bytes, so that whatever does not use it keeps its digest.
    """
    return field(default=default, metadata=_ADDED)


def canonical(value: object) -> bytes:
    """Give the canonical JSON of a value.

    Raises ValueError, naming the place, for what JSON does not hold exactly: numbers beyond 53 bits or not finite,
    times without a zone, keys that are no text, text with lone surrogates, nesting deeper than 64, and every type not
    named above (bytes belong into blobs, sets have no order).
    """
    try:
        return rfc8785.dumps(_plain(value, "$", DEPTH_LIMIT))
    except UnicodeEncodeError as error:
        raise ValueError(f"a key holds a lone surrogate, which UTF-8 cannot say: {error.object!r}") from error


def load_canonical(raw: bytes) -> object:
    """Read JSON that must be canonical: exactly the bytes that `canonical` makes of the value.

    So duplicate keys, white space, another order of keys and other spellings of a number are refused, by ValueError.
    """
    try:
        value = json.loads(raw)
        again = canonical(value)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not canonical JSON: {error}") from error
    if again != raw:
        raise ValueError("not canonical JSON: the same value has other canonical bytes")
    return value


def _plain(value: object, where: str, depth: int) -> _Plain:
    """Turn a value into what JSON has; `where` is its path, for the error."""
    if not depth:
        raise ValueError(f"nested deeper than {DEPTH_LIMIT} levels at {where}")
    match value:
        case Enum():
            return _plain(value.value, where, depth)
        case None | bool():
            return value
        case str():
            return str(value)
        case int() | float():
            return _number(value, where)
        case datetime() | timedelta():
            return _instant(value, where)
        case tuple() | list():
            return [_plain(item, _inside(where, f"[{at}]"), depth - 1) for at, item in enumerate(value)]
        case Mapping():
            return {_key(key, where): _plain(item, _inside(where, f".{key}"), depth - 1) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(item, _inside(where, f".{name}"), depth - 1) for name, item in _members(value)}
    raise ValueError(
        f"{type(value).__name__} at {where} has no canonical JSON: use dataclasses, enums, tuples and text"
    )


def _inside(where: str, step: str) -> str:
    """Give the place one step further in, cut: keys may be long, and every value below them has a place."""
    return (where + step)[:_PLACE_LIMIT]


def _members(value: Any) -> Iterator[tuple[str, object]]:
    """Give what a dataclass holds; what was added later and is not used is left out."""
    for one in fields(value):
        item = getattr(value, one.name)
        if not (one.metadata.get("added") and item == one.default):
            yield one.name, item


def _number(value: float, where: str) -> float:
    """Bound fractions like integers: above the limit they are written as integers, which would not be read again."""
    if abs(value) > INTEGER_LIMIT:
        raise ValueError(f"{value} at {where} is beyond 53 bits: write it as text")
    return value


def _instant(value: datetime | timedelta, where: str) -> str:
    if isinstance(value, timedelta):
        return f"PT{value.total_seconds():f}S"
    if value.utcoffset() is None:
        raise ValueError(f"the time {value.isoformat()} at {where} has no zone: all times are aware and UTC")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _key(key: object, where: str) -> str:
    match key:
        case Enum():
            return _key(key.value, where)
        case str():
            return key
    raise ValueError(f"the key {key!r} at {where} is not text")
