"""A value is quoted where some YAML reader would not take it for text, and keeps its quotes otherwise."""

import json
import re

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from promoter.core.edit import edit
from promoter.core.splice import is_text_when_plain
from tests.core.edit.pinned import IMAGE, NEW, TAG, TAG_AND_DIGEST, WHOLE, new, written

NO_TEXT = [
    "0",
    "7",
    "42",
    "007",
    "0777",
    "0o17",
    "0O17",
    "0x10",
    "0XfF",
    "0b101",
    "0B1",
    "1_000",
    "0x_1",
    "1_",
    "_",
    "1.",
    "1.10",
    "1.0",
    "01.10",
    "1e3",
    "1E3",
    "12e345",
    "1e-3",
    "1.5e3",
    "1.e3",
    "0x1p-2",
    "0x1.8p3",
    "y",
    "Y",
    "n",
    "N",
    "yes",
    "Yes",
    "NO",
    "on",
    "ON",
    "Off",
    "true",
    "True",
    "FALSE",
    "null",
    "Null",
    "NULL",
    "nan",
    "NaN",
    "inf",
    "Inf",
    "infinity",
    "2026-11-21",
    "2026-1-2",
    "2026-11-21-rc1",
    "2001-12-14t21",
]

TEXT = [
    "1.8.3",
    "v1.10",
    "v1",
    "1.8.3-rc.1",
    "1.10-alpine",
    "latest",
    "main",
    "sha-1234567",
    "1234567-dirty",
    "20261121-abc",
    "1.2.3_4",
    "a",
    "3fa85f64",
    "9f86d08",
    "e3",
    "1e3f4",
    "x10",
    "nope",
    "truely",
    "nullable",
    "information",
    "yes-man",
    "2026.11.21",
    "26w47",
    "0xyz",
    "r0",
    "stable_2",
    "Release-1.2",
]


@pytest.mark.parametrize("release", NO_TEXT)
def test_what_might_be_something_else_than_text_gets_quotes(release: str) -> None:
    after = edit(b"image:\n  tag: v1 # c\n  digest: ''\n", TAG_AND_DIGEST, IMAGE, new(release)).raw.decode()
    assert after == f"image:\n  tag: \"{release}\" # c\n  digest: '{NEW}'\n"


@pytest.mark.parametrize("release", TEXT)
def test_what_is_text_for_everybody_stays_plain(release: str) -> None:
    after = edit(b"image:\n  tag: v1 # c\n  digest: ''\n", TAG_AND_DIGEST, IMAGE, new(release)).raw.decode()
    assert after == f"image:\n  tag: {release} # c\n  digest: '{NEW}'\n"


@pytest.mark.parametrize("style", ["'", '"'])
@pytest.mark.parametrize("release", ["1.10", "v2", "null"])
def test_quotes_stay_as_they_are(style: str, release: str) -> None:
    before = f"image:\n  tag: {style}v1{style}\n  digest: {style}{style}\n"
    after = edit(before.encode(), TAG_AND_DIGEST, IMAGE, new(release)).raw.decode()
    assert after == f"image:\n  tag: {style}{release}{style}\n  digest: {style}{NEW}{style}\n"


def test_a_number_like_tag_that_stands_plain_is_quoted_even_where_it_stays_the_same() -> None:
    before = written("image:\n  tag: 1.10\n  digest: NEW\n")
    edited = edit(before.encode(), TAG_AND_DIGEST, IMAGE, new("1.10"))
    assert edited.raw.decode() == before.replace("1.10", '"1.10"')
    assert edit(edited.raw, TAG_AND_DIGEST, IMAGE, new("1.10")).changes == ()


def test_a_colon_that_comes_into_a_flow_mapping_is_quoted() -> None:
    assert edit(b"image: {tag: v1}", TAG, IMAGE, new()).raw.decode() == written('image: {tag: "v2.4.2@NEW"}')
    assert edit(b"{image: registry.example/team/app}", WHOLE, IMAGE, new()).raw.decode() == written(
        '{image: "registry.example/team/app:v2.4.2@NEW"}'
    )


def test_a_colon_that_stood_plain_in_a_flow_mapping_stays_plain() -> None:
    before, after = (written(f"image: {{tag: {tag}}}") for tag in ("v1@OLD", "v2.4.2@NEW"))
    assert edit(before.encode(), TAG, IMAGE, new()).raw.decode() == after


# What YAML 1.2's core schema and Go's yaml.v2 and yaml.v3 resolve to something else than text, written down anew here.
CORE = re.compile(
    r"null|Null|NULL|~|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)
GO_INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[0-9]+)")
GO_FLOAT = re.compile(
    r"[-+]?([0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?|0[xX][0-9a-fA-F]+\.?[0-9a-fA-F]*[pP][-+]?[0-9]+|inf|infinity|nan)",
    re.IGNORECASE,
)
GO_WORDS = {"y", "yes", "on", "true", "n", "no", "off", "false", "null", "~"}
GO_TIME = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt].*)?")

tags = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,12}\Z") | st.from_regex(
    r"\A[0-9_][0-9_]{0,3}[.exobpEXOBP_-]?[0-9a-fA-F_]{0,4}[.eEpP_-]{0,2}[0-9_]{0,3}\Z"
)


@given(tags)
@example("0E_-0")
def test_what_stays_plain_is_text_for_every_reader(value: str) -> None:
    if not is_text_when_plain(value):
        return
    bare = value.replace("_", "")
    assert yaml.safe_load(value) == value
    assert not CORE.fullmatch(value)
    assert not GO_INTEGER.fullmatch(bare)
    assert not GO_FLOAT.fullmatch(bare)
    assert value.lower() not in GO_WORDS
    assert not GO_TIME.fullmatch(value)


@given(tags)
def test_a_written_tag_is_read_back_as_the_same_text(value: str) -> None:
    after = edit(b"image:\n  tag: v1\n", TAG_AND_DIGEST, IMAGE, new(value)).raw
    assert yaml.safe_load(after) == {"image": {"tag": value, "digest": NEW}}


@given(tags)
def test_a_json_file_stays_json(value: str) -> None:
    after = edit(b'{"image": {"tag": "v1"}}', TAG_AND_DIGEST, IMAGE, new(value)).raw
    assert json.loads(after) == {"image": {"tag": value, "digest": NEW}}
