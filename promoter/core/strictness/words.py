"""What is otherwise in two values, in words: lists by what was added and dropped, the rest by what it was and is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from promoter.core.checks.age import said

_NAMED = 10  # members of a list that are told


def differences(name: str, before: Any, after: Any) -> Iterator[str]:
    """Say in which parts two values differ, each part with its way from `name` on."""
    if before == after:
        return
    if isinstance(before, tuple) and isinstance(after, tuple):
        yield f"{name} {_list_difference(before, after)}"
    elif is_dataclass(before) and type(before) is type(after):
        for one in fields(before):
            yield from differences(f"{name}.{one.name}", getattr(before, one.name), getattr(after, one.name))
    else:
        yield f"{name} was {word(before)}, is {word(after)}"


def _list_difference(before: tuple[object, ...], after: tuple[object, ...]) -> str:
    added = [item for item in after if item not in before]
    dropped = [item for item in before if item not in after]
    parts = (("adds", added), ("drops", dropped))
    told = " and ".join(f"{verb} {listed(map(word, items))}" for verb, items in parts if items)
    emptied = "" if after else ", and is empty now"
    return (told or "has another order") + emptied


def listed(words: Iterable[str]) -> str:
    """Join words, and count those that are too many to be told."""
    known = list(words)
    more = f" and {len(known) - _NAMED} more" if len(known) > _NAMED else ""
    return ", ".join(known[:_NAMED]) + more


def word(value: object) -> str:
    """Say a value as a policy's author would."""
    match value:
        case None | "" | ():
            return "left out"
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case timedelta():
            return said(value)
        case datetime():
            return value.isoformat()
        case tuple():
            return f"[{listed(map(word, value))}]"
    pairs = _pairs(value)
    return str(value) if pairs is None else "{" + listed(f"{name}: {word(item)}" for name, item in pairs) + "}"


def _pairs(value: object) -> tuple[tuple[str, object], ...] | None:
    """Give what a mapping or a dataclass holds, without what is left out; None for everything else."""
    if isinstance(value, Mapping):
        return tuple((str(name), item) for name, item in value.items())
    if is_dataclass(value):
        found = ((one.name, getattr(value, one.name)) for one in fields(value))
        return tuple((name, item) for name, item in found if item not in (None, "", ()))
    return None
