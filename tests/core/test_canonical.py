"""Canonical JSON: one value, one sequence of bytes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.candidate import Candidate, digest_of
from promoter.core.canonical import added, canonical, load_canonical


class Colour(Enum):
    RED = "red"


class Fruit(str, Enum):  # noqa: UP042 - a str that is an enum, too
    PEAR = "pear"


@dataclass(frozen=True, slots=True)
class Basket:
    weight: float
    colour: Colour
    at: datetime
    inside: tuple[Candidate, ...] = ()
    note: str | None = None


texts = st.text(st.characters(exclude_categories=["Cs"]))
LIMIT = 2**53 - 1
numbers = st.integers(-LIMIT, LIMIT) | st.floats(-LIMIT, LIMIT)
values = st.recursive(
    st.none() | st.booleans() | texts | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def test_a_value_becomes_its_fields_in_the_order_of_their_names() -> None:
    digest = digest_of(b"")
    at = datetime(2026, 11, 21, 12, 0, 0, 5, tzinfo=UTC)
    basket = Basket(1.50, Colour.RED, at, (Candidate("shop", "1.8.3", digest),))

    assert canonical(basket).decode() == (
        '{"at":"2026-11-21T12:00:00.000005Z","colour":"red",'
        f'"inside":[{{"digest":"{digest}","release":"1.8.3","service":"shop"}}],"note":null,"weight":1.5}}'
    )


@dataclass(frozen=True, slots=True)
class Labelled:
    name: str = ""
    label: str = added("")


def test_a_field_that_was_added_later_is_left_out_where_it_is_not_used() -> None:
    assert canonical(Labelled()) == canonical(Labelled(label="")) == b'{"name":""}'
    assert canonical(Labelled(label="new")) == b'{"label":"new","name":""}'


def test_a_time_is_one_text_whatever_its_zone() -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)

    assert canonical(at) == b'"2026-11-21T00:00:00.000000Z"'
    assert canonical(at.astimezone(timezone(timedelta(hours=5, minutes=30)))) == canonical(at)


def test_an_enum_is_its_value_even_where_it_is_a_text() -> None:
    assert canonical([Fruit.PEAR, Colour.RED, {Fruit.PEAR: 1}]) == b'["pear","red",{"pear":1}]'


def test_keys_are_ordered_by_utf_16_as_the_specification_says() -> None:
    keys = ("\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6")  # RFC 8785 §3.2.3

    ordered = list(json.loads(canonical(dict.fromkeys(keys))))
    assert ordered == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (2**53, r"9007199254740992 at \$ is beyond 53 bits: write it as text"),
        ({"a": [1, -(2**53)]}, r"-9007199254740992 at \$\.a\[1\] is beyond 53 bits"),
        (2.0**53, r"9007199254740992\.0 at \$ is beyond 53 bits"),
        (float("nan"), "nan is not representable"),
        (float("-inf"), r"-inf at \$ is beyond 53 bits"),
        ({"at": datetime(2026, 1, 1)}, r"the time 2026-01-01T00:00:00 at \$\.at has no zone"),  # noqa: DTZ001
        ({1: 2}, r"the key 1 at \$ is not text"),
        ("\ud800", "non-UTF-8"),
        ({"\ud800": 1}, "lone surrogate"),
        ([b"raw"], r"bytes at \$\[0\] has no canonical JSON"),
        ({"a"}, r"set at \$ has no canonical JSON"),
        (Basket, r"type at \$ has no canonical JSON"),
    ],
)
def test_what_json_does_not_hold_exactly_is_refused_by_its_place(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        canonical(value)


def test_nesting_is_bounded() -> None:
    value: object = 1
    for _ in range(63):
        value = [value]

    assert canonical(value) == b"[" * 63 + b"1" + b"]" * 63
    with pytest.raises(ValueError, match="nested deeper than 64 levels"):
        canonical([value])


@given(values)
def test_the_bytes_are_json_of_the_value_and_load_again(value: object) -> None:
    raw = canonical(value)

    assert json.loads(raw) == value
    assert load_canonical(raw) == value
    assert canonical(load_canonical(raw)) == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[1, 2]",
        b"[1]\n",
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b"[1.0]",
        b"[1e0]",
        b"[-0]",
        b"[9007199254740992]",
        b"[NaN]",
        b"[1e999]",
        b'["\\u0041"]',
        b'["\\ud800"]',
        b'["\xff"]',
        b"\xef\xbb\xbf[]",
        b'"a"'.decode().encode("utf-16"),
        b"[" * 30_000 + b"]" * 30_000,
    ],
)
def test_every_other_spelling_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match="not canonical JSON: "):
        load_canonical(raw)
