"""JSON that means one thing only: what two readers could understand differently is refused.

Refused beyond RFC 8259: duplicate keys, NaN and Infinity (also numbers that overflow to it), integers of more than 400
digits, a byte order mark, bytes that are not UTF-8, lone surrogates, and more levels or values than a cap. Both are
counted before anything is parsed, so a hostile text costs time linear in its length, and neither stack nor memory.
"""

import json
import math
import re
from array import array
from collections import Counter
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, NoReturn

from promoter.core.codes import Code

MAX_DEPTH = 128
"""Levels of nesting that evidence may have; SBOM components and scanner reports stay far below."""

MAX_VALUES = 5_000_000
"""Values that evidence may hold; a value of two bytes takes up to a hundred of memory once it is read."""

_MAX_INTEGER_DIGITS = 400
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_STEP = bytes(1 if byte in b"[{" else 255 if byte in b"]}" else 0 for byte in range(256))
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class Malformed(Exception):  # noqa: N818 - says what is true of the bytes
    """Bytes that are not what they should be: refused for good, with a code and one plain sentence."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(f"{code.value}: {detail}")
        self.code = code
        self.detail = detail


def read_object(raw: bytes, max_depth: int = MAX_DEPTH, code: Code = Code.STATEMENT_UNPARSEABLE) -> Mapping[str, Any]:
    """Read one JSON object; raises Malformed with `code` and the reason for everything else.

    Bytes are not capped here: whoever fetched them did that.
    """
    _check_shape(raw, max_depth, code)
    try:
        value = _parse(raw)
    except ValueError as error:
        raise Malformed(code, f"not strict JSON: {_reason(error)}") from error
    if not isinstance(value, dict):
        raise Malformed(code, "the JSON is not an object")
    return value


def _check_shape(raw: bytes, max_depth: int, code: Code) -> None:
    if raw.count(b"[") + raw.count(b"{") <= max_depth and _count_values(raw) <= MAX_VALUES:
        return  # with what its strings hold: it is no deeper and holds no more than that
    structure = _STRING.sub(b"", raw)
    depth, values = _depth(structure), _count_values(structure)
    if depth > max_depth:
        raise Malformed(code, f"the JSON is nested {depth} levels deep, more than {max_depth} are not read")
    if values > MAX_VALUES:
        raise Malformed(code, f"the JSON holds {values} values, more than {MAX_VALUES} are not read")


def _count_values(text: bytes) -> int:
    return sum(text.count(sign) for sign in (b",", b"[", b"{"))


def _depth(structure: bytes) -> int:
    brackets = structure.translate(_STEP, _NOT_BRACKETS)
    return max(accumulate(array("b", brackets)), default=0)


def _parse(raw: bytes) -> object:
    text = raw.decode("utf-8")
    if text.startswith("\ufeff"):
        raise ValueError("it starts with a byte order mark")
    value = json.loads(
        text, object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_bounded
    )
    if _SURROGATE_ESCAPE.search(raw):
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate cannot be encoded
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = Counter(key for key, _ in pairs)
        raise ValueError(f"the key {names.most_common(1)[0][0][:100]!r} stands twice in one object")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _bounded(text: str) -> int:
    if len(text) > _MAX_INTEGER_DIGITS:
        raise ValueError(f"an integer has {len(text)} digits")
    return int(text)


def _reason(error: ValueError) -> str:
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} at line {error.lineno}, column {error.colno}"
        case UnicodeDecodeError():
            return f"byte {error.start} is not UTF-8"
        case UnicodeEncodeError():
            return "a string holds a lone surrogate"
        case _:
            return str(error)
