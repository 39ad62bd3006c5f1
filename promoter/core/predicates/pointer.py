"""JSON pointers (RFC 6901) into a predicate, for policies that name what they want to see there."""

import re
from collections.abc import Mapping
from typing import Any, Final

_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01])*)*", re.DOTALL)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


class Nowhere(Exception):  # noqa: N818 - says what is true of the pointer
    """The pointer leads to nothing in this document."""


def is_pointer(text: str) -> bool:
    """Tell whether a text is a pointer; the empty one is the whole document."""
    return bool(_POINTER.fullmatch(text))


def resolve(pointer: str, document: object) -> Any:
    """Give what the pointer leads to; raises Nowhere."""
    value: Any = document
    for token in pointer.split("/")[1:]:
        value = _step(value, token.replace("~1", "/").replace("~0", "~"))
    return value


def _step(value: Any, token: str) -> Any:
    if isinstance(value, Mapping) and token in value:
        return value[token]
    if isinstance(value, list | tuple) and _INDEX.fullmatch(token) and int(token) < len(value):
        return value[int(token)]
    raise Nowhere(token)
