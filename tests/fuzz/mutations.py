"""Hypothesis strategies for hostile bytes: a good document with a few things wrong in it, and then its bytes.

A value is replaced, removed, doubled, wrapped or changed in kind where it stands; then the text gets what JSON writers
never write: a byte order mark, a key twice, NaN, a lone surrogate, bytes that are no text, an end too early.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.target import Form, FuzzTarget

Draw = Callable[[st.SearchStrategy[Any]], Any]
Way = tuple[str | int, ...]

_NUMBERS = (0, -1, 2**53, 2**64, 10**399, -(10**399), 1e308, 0.1, 10**30)
_TEXTS = (
    "",
    "\0",
    "\ufeff",
    "\u2028",
    "a\nb",
    "x" * 5000,
    "\U0001f4a9",
    "\x7f\x9f",
    "\u202e",
    "../..",
    "1.8.3",
    "@",
    "=",
)
_TIMES = ("9999-12-31T23:59:60Z", "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z", "2026-11-21T12:00:00")

values: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from((None, True, False, [], {}, *_NUMBERS, *_TEXTS, *_TIMES)),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=6,
    ),
)


def hostile(target: FuzzTarget) -> st.SearchStrategy[bytes]:
    """Give bytes that resemble what a target reads."""
    if target.form is Form.JSON:
        return _documents(target)
    return _texts(target) if target.form is Form.TEXT else _binaries(target)


# --- documents --------------------------------------------------------------------------------------------------------


def _documents(target: FuzzTarget) -> st.SearchStrategy[bytes]:
    parsed = [json.loads(seed) for seed in target.seeds]

    @st.composite
    def documents(draw: Draw) -> bytes:
        document = deepcopy(draw(st.sampled_from(parsed)))
        for _ in range(draw(st.integers(0, 3))):
            document = _changed(document, draw)
        text = json.dumps(document, ensure_ascii=draw(st.booleans()), separators=(",", ":"))
        return _spoilt(text.encode("utf-8", "surrogatepass"), draw)

    return documents()


def ways(value: object, way: Way = ()) -> list[Way]:
    """Give the way to every value in a document, its own first."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [way, *(below for key, item in inner for below in ways(item, (*way, key)))]


def _changed(document: Any, draw: Draw) -> Any:
    """Change one value where it stands."""
    way = draw(st.sampled_from(ways(document)))
    if not way:
        return draw(st.sampled_from((document, [document], {"a": document}))) if draw(st.booleans()) else draw(values)
    holder = document
    for key in way[:-1]:
        holder = holder[key]
    key, old = way[-1], holder[way[-1]]
    match draw(st.sampled_from(("replace", "remove", "double", "wrap", "text", "grow", "rename"))):
        case "replace":
            holder[key] = draw(values)
        case "remove":
            del holder[key]
        case "double" if isinstance(holder, list):
            holder.extend([deepcopy(old)] * draw(st.sampled_from((1, 40, 1500))))
        case "wrap":
            holder[key] = draw(st.sampled_from(([old], {"a": old}, [[[old]]])))
        case "text":
            holder[key] = str(old)
        case "grow" if isinstance(old, str):
            holder[key] = old * draw(st.sampled_from((2, 100))) + draw(st.sampled_from(_TEXTS))
        case "rename" if isinstance(holder, dict):
            holder[draw(st.text(max_size=6))] = holder.pop(key)
    return document


def _spoilt(raw: bytes, draw: Draw) -> bytes:
    """Spoil the bytes of a document, or leave them."""
    at = draw(st.integers(0, len(raw)))
    match draw(
        st.sampled_from(("", "", "", "bom", "key", "nan", "surrogate", "raw", "cut", "deep", "utf-16", "noise"))
    ):
        case "bom":
            return b"\xef\xbb\xbf" + raw
        case "key":
            return raw.replace(b'{"', b'{"":1,"":2,"', draw(st.integers(1, 2)))
        case "nan":
            return raw.replace(b'":', b'":NaN,"x":', 1)
        case "surrogate":
            return raw.replace(b'":"', b'":"\\ud800', draw(st.integers(1, 4)))
        case "raw":
            return b"".join((raw[:at], draw(st.binary(max_size=4)), raw[at:]))
        case "cut":
            return raw[:at]
        case "deep":
            depth = draw(st.sampled_from((20, 40, 130, 5000)))
            return raw.replace(b'":', b'":' + b'{"a":[' * depth + b"1" + b"]}" * depth + b',"y":', 1)
        case "utf-16":
            return raw.decode("utf-8", "replace").encode("utf-16")
        case "noise":
            return bytes(draw(st.binary(max_size=40)))
    return raw


# --- texts and binaries -----------------------------------------------------------------------------------------------


def _texts(target: FuzzTarget) -> st.SearchStrategy[bytes]:
    pieces = st.one_of(
        st.sampled_from(target.words),
        st.text(max_size=8).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.sampled_from((b" ", b"\n", b"\t", b"'", b'"', b"-", b":", b",", b"[", b"{", b"}", b"]", b"#", b"%", b"!")),
        st.sampled_from((b"a", b"[", b"- ", b"{a: ", b" ", b"1", b"<", b":", b"@", b'"')).map(lambda one: one * 1500),
    )

    @st.composite
    def texts(draw: Draw) -> bytes:
        raw: bytes = draw(st.sampled_from(target.seeds))
        for _ in range(draw(st.integers(0, 4))):
            start = draw(st.integers(0, len(raw)))
            end = draw(st.integers(start, min(len(raw), start + 12)))
            raw = raw[:start] + draw(pieces) + raw[end:]
        return raw

    return texts() | st.lists(pieces, max_size=6).map(b"".join)


def _binaries(target: FuzzTarget) -> st.SearchStrategy[bytes]:
    @st.composite
    def binaries(draw: Draw) -> bytes:
        raw = bytearray(draw(st.sampled_from(target.seeds)))
        for _ in range(draw(st.integers(1, 4))):
            at = draw(st.integers(0, len(raw) - 1))
            raw[at] = draw(st.integers(0, 255))
        return bytes(raw[: draw(st.integers(0, len(raw)))]) if draw(st.booleans()) else bytes(raw)

    return binaries() | st.binary(max_size=64)
