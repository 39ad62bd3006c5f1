"""Files that are no plain YAML of ours are refused with file and line; plain ones give values and lines."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.strict_yaml import MAX_BYTES, ConfigError, Document, read_document

QUOTES = "indent with spaces only, and put quotes around text that begins with @, ` or %"
COLON = "indent all keys alike, and put quotes around text that holds a colon"


def read(folder: Path, raw: bytes, variables: dict[str, str] | None = None) -> Document:
    path = folder / "file.yaml"
    path.write_bytes(raw)
    return read_document(path, variables)


def problems(folder: Path, raw: bytes, variables: dict[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as told:
        read(folder, raw, variables)
    return tuple(problem.replace(f"{folder}/", "") for problem in told.value.problems)


REFUSED = {
    "an unfinished list": (
        b"a: [1, 2",
        "2: not YAML: did not find expected ',' or ']' while parsing a flow sequence that begins in line 1",
    ),
    "an unfinished quote": (
        b"a: 'x",
        "1: not YAML: found unexpected end of stream",
    ),
    "a NUL": (
        b"a: 1\nb: \x00",
        "2: not YAML: control characters are not allowed; remove the character",
    ),
    "a bell": (b"a: \x07", "1: not YAML: control characters are not allowed; remove the character"),
    "a colon in text": (
        b"a: b: c",
        f"1: not YAML: mapping values are not allowed in this context; {COLON}",
    ),
    "a tab": (b"a:\n\tb: 1", f"2: not YAML: found character that cannot start any token; {QUOTES}"),
    "an at sign": (b"a: @x", f"1: not YAML: found character that cannot start any token; {QUOTES}"),
    "uneven indentation": (
        b"a:\n  b: 1\n c: 2",
        "3: not YAML: did not find expected key while parsing a block mapping that begins in line 1",
    ),
    "an escaped surrogate": (
        b'a: "\\ud800"',
        "1: not YAML: found invalid Unicode character escape code",
    ),
    "UTF-16": ("a: 1".encode("utf-16"), "1: not UTF-8; save the file as UTF-8"),
    "Latin-1 in line 2": (b"a: 1\nb: caf\xe9\n", "2: not UTF-8; save the file as UTF-8"),
    "a tag": (
        b"a: !!python/object:os.system x",
        "1: YAML tags are not read here; remove tag:yaml.org,2002:python/object:os.system",
    ),
    "a local tag": (b"a: !secret x", "1: YAML tags are not read here; remove !secret"),
    "a merge key": (b"a:\n  <<: {b: 1}", "2: merge keys are not read here; write the keys out"),
    "a list as key": (b"? [a]\n: 1", "1: a key must be a plain word, not a list or a mapping"),
    "a second document": (
        b"a: 1\n---\nb: 1",
        "2: more than one document; put it into a file of its own",
    ),
    "an empty second document": (
        b"a: 1\n...\n---\n",
        "3: more than one document; put it into a file of its own",
    ),
    "a list at the top": (b"- a", "1: must hold keys and their values, not a list"),
    "text at the top": (b"a", "1: must hold keys and their values, not a single value"),
    "a key twice": (
        b"a: 1\nb: 2\na: 3",
        "3: key 'a' stands here a second time (first in line 1); remove one",
    ),
    "a key twice, deep": (
        b"a: {b: {c: 1, c: 2}}",
        "1: key 'c' stands here a second time (first in line 1); remove one",
    ),
    "33 levels": (
        b"a: " + b"[" * 33 + b"]" * 33,
        "1: nested deeper than 32 levels; nothing here needs that",
    ),
    "a million levels": (
        b"a: " + b"[" * 1_000_000,
        "1: nested deeper than 32 levels; nothing here needs that",
    ),
    "a variable where none is filled": (
        b"a: x${HOME}",
        "1: variables are filled in promoter.yaml only; write the value out: 'x${HOME}'",
    ),
}


@pytest.mark.parametrize(("raw", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_plain_yaml_is_refused_with_its_line(tmp_path: Path, raw: bytes, says: str) -> None:
    assert problems(tmp_path, raw) == (f"file.yaml:{says}",)


def test_all_anchors_and_aliases_are_named_at_once(tmp_path: Path) -> None:
    sentence = "anchors and aliases are not read here; write the value out"
    assert problems(tmp_path, b"a: &x 1\nb: *x\n") == (f"file.yaml:1: {sentence}", f"file.yaml:2: {sentence}")


def test_a_billion_laughs_are_refused_before_anything_is_expanded(tmp_path: Path) -> None:
    lines = [b"a0: &a0 lol"] + [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 10)]
    assert len(problems(tmp_path, b"\n".join(lines))) == 91


def test_a_file_that_is_not_there_or_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"/none\.yaml: cannot be read: No such file or directory$"):
        read_document(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match=r": cannot be read: Is a directory$"):
        read_document(tmp_path)


def test_a_file_over_the_size_limit_is_refused(tmp_path: Path) -> None:
    assert read(tmp_path, b"a: 1 #".ljust(MAX_BYTES, b"x")).values == {"a": 1}
    assert problems(tmp_path, b"a: 1 #".ljust(MAX_BYTES + 1, b"x")) == (
        "file.yaml: larger than 1048576 bytes; split it",
    )


def test_byte_order_mark_and_crlf_are_read(tmp_path: Path) -> None:
    document = read(tmp_path, b"\xef\xbb\xbfa: 1\r\nb:\r\n  c: caf\xc3\xa9\r\n")
    assert document.values == {"a": 1, "b": {"c": "café"}}
    assert document.at(("b", "c")) == f"{tmp_path}/file.yaml:3"


def test_an_empty_file_has_no_values(tmp_path: Path) -> None:
    assert read(tmp_path, b"# nothing yet\n").values == {}


def test_plain_scalars_have_few_types_and_quoted_ones_are_text(tmp_path: Path) -> None:
    raw = b"""
a: [true, false, null, ~, 12, -3, 0]
b: [30s, 10m, 2h, 7d]
c: [yes, off, 1e3, 0x10, 012, 1.0, 2026-11-21, 1:30, 30S, '12', "7d", 'true', '']
d: |
  12
"""
    assert read(tmp_path, raw).values == {
        "a": [True, False, None, None, 12, -3, 0],
        "b": [timedelta(seconds=30), timedelta(minutes=10), timedelta(hours=2), timedelta(days=7)],
        "c": ["yes", "off", "1e3", "0x10", "012", "1.0", "2026-11-21", "1:30", "30S", "12", "7d", "true", ""],
        "d": "12\n",
    }


def test_numbers_and_durations_beyond_all_use_stay_text_and_raise_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, b"a: 99999999999999999999\nb: 9999999d").values == {
        "a": "99999999999999999999",
        "b": "9999999d",
    }


def test_every_value_knows_its_line_and_what_has_none_the_nearest_around_it(tmp_path: Path) -> None:
    document = read(tmp_path, b"a:\n  - b: 1\n  -\n    c: 2\nd: {}\n")
    lines = {location: document.at(location).rpartition(":")[2] for location in [("a",), ("a", 0), ("a", 0, "b")]}
    assert lines == {("a",): "1", ("a", 0): "2", ("a", 0, "b"): "2"}
    assert document.at(("a", 1, "c")).endswith(":4")
    assert document.at(("d", "missing", "too")).endswith(":5")
    assert document.at(("none",)).endswith(":1")


def test_variables_are_filled_before_a_plain_scalar_is_read(tmp_path: Path) -> None:
    raw = b"""a: ${DIR}/x-${NAME:-nobody}
b: ${POLL:-10s}
c: ${ID}
d: "${ID}"
e: ${EMPTY:-default}
f: $HOME and $$
"""
    assert read(tmp_path, raw, {"DIR": "/srv", "ID": "42", "EMPTY": ""}).values == {
        "a": "/srv/x-nobody",
        "b": timedelta(seconds=10),
        "c": 42,
        "d": "42",
        "e": "default",
        "f": "$HOME and $$",
    }


def test_what_a_variable_holds_is_a_value_and_never_yaml(tmp_path: Path) -> None:
    assert read(tmp_path, b"a: ${X}", {"X": "1\nb: 2 #"}).values == {"a": "1\nb: 2 #"}
    assert read(tmp_path, b"a: ${X}", {"X": "${Y}", "Y": "no"}).values == {"a": "${Y}"}


def test_all_variables_that_are_not_set_are_named_at_once(tmp_path: Path) -> None:
    sentence = "is not set and has no default; set it, or write"
    assert problems(tmp_path, b"a: ${ONE}\nb: ${TWO}\n", {"TWO": ""}) == (
        f"file.yaml:1: environment variable ONE {sentence} ${{ONE:-default}}",
        f"file.yaml:2: environment variable TWO {sentence} ${{TWO:-default}}",
    )


@pytest.mark.parametrize("text", ["${lower}", "${}", "${A", "${A:default}", "${A-b}", "${A:-{b}}"])
def test_what_only_looks_like_a_variable_is_refused(tmp_path: Path, text: str) -> None:
    advice = "write ${NAME} or ${NAME:-default} in upper case"
    assert problems(tmp_path, f"a: '{text}'".encode(), {"A": "x"}) == (f"file.yaml:1: no variable: {text!r}; {advice}",)


@given(raw=st.binary(max_size=200))
def test_no_bytes_make_it_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(raw)
    try:
        assert read_document(path).path == path
    except ConfigError as error:
        assert all(str(path) in problem for problem in error.problems)
