"""The strict in-toto parser: what it reads, and that nothing but `Malformed` ever comes out of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.codes import Code
from promoter.core.statement import MAX_DIGESTS, MAX_SUBJECTS, parse_statement
from promoter.core.strict_json import MAX_DEPTH, MAX_VALUES, Malformed, read_object

HEX = "ab" * 32
OTHER = "cd" * 32
SUBJECT: dict[str, Any] = {"name": "registry.example/shop/cart", "digest": {"sha256": HEX}}


def statement(**changes: Any) -> bytes:
    body: dict[str, Any] = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [SUBJECT],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"a": 1},
    }
    body.update(changes)
    return json.dumps({key: value for key, value in body.items() if value is not ...}).encode()


def refusal(payload: bytes) -> tuple[Code, str]:
    with pytest.raises(Malformed) as caught:
        parse_statement(payload)
    return caught.value.code, caught.value.detail


@pytest.mark.parametrize("version", ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"])
def test_both_versions_of_the_statement_are_read(version: str) -> None:
    read = parse_statement(statement(_type=version))

    assert read.subjects == (f"sha256:{HEX}",)
    assert read.predicate_type == "https://slsa.dev/provenance/v1"
    assert read.predicate == {"a": 1}


def test_a_cosign_signature_has_no_subject_name_and_an_empty_predicate() -> None:
    read = parse_statement(
        statement(
            subject=[{"digest": {"sha256": HEX}, "annotations": {"team": "shop"}}],
            predicateType="https://sigstore.dev/cosign/sign/v1",
            predicate={},
        )
    )

    assert read.subjects == (f"sha256:{HEX}",)
    assert read.predicate == {}


@pytest.mark.parametrize("absent", [..., None])
def test_a_statement_without_a_predicate_has_the_empty_one(absent: object) -> None:
    assert parse_statement(statement(predicate=absent)).predicate == {}


def test_the_second_subject_binds_as_well_as_the_first() -> None:
    both = [{"digest": {"sha256": OTHER}}, SUBJECT]

    assert parse_statement(statement(subject=both)).subjects == (f"sha256:{OTHER}", f"sha256:{HEX}")


def test_other_digest_algorithms_are_tolerated_and_bind_nothing() -> None:
    git = {"name": "source", "digest": {"gitCommit": "12" * 20, "sha1": "34" * 20, "sha512": HEX * 2}}

    assert parse_statement(statement(subject=[git])).subjects == ()
    assert parse_statement(statement(subject=[git, SUBJECT])).subjects == (f"sha256:{HEX}",)


def test_git_commits_among_the_subjects_are_kept_apart_and_stand_for_no_digest() -> None:
    commit, long = "a" * 40, "b" * 64
    listed = [
        {"digest": {"gitCommit": commit}},
        {**SUBJECT, "digest": {"sha256": HEX, "gitCommit": long}},
        {"digest": {"gitCommit": commit}},
        *({"digest": {"gitCommit": odd}} for odd in ("a" * 39, "A" * 40, f"{commit}\n", "main")),
        {"digest": {"sha1": "c" * 40}},
    ]
    read = parse_statement(statement(subject=listed))

    assert (read.subjects, read.revisions) == ((f"sha256:{HEX}",), (commit, long))
    assert parse_statement(statement()).revisions == ()


def test_unknown_members_are_ignored() -> None:
    assert parse_statement(statement(extension={"x": 1})).subjects == (f"sha256:{HEX}",)


def test_exactly_as_many_subjects_and_digests_as_allowed_are_read() -> None:
    digests = {f"alg{number}": "aa" for number in range(MAX_DIGESTS - 1)} | {"sha256": HEX}

    assert len(parse_statement(statement(subject=[{"digest": digests}] * MAX_SUBJECTS)).subjects) == MAX_SUBJECTS


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"_type": ...}, "the statement's _type is absent, only Statement v0.1 and v1 are read"),
        (
            {"_type": "https://in-toto.io/Statement/v2"},
            "the statement's _type is 'https://in-toto.io/Statement/v2', only Statement v0.1 and v1 are read",
        ),
        ({"_type": []}, "the statement's _type is not text, only Statement v0.1 and v1 are read"),
        ({"subject": ...}, "the statement has no list of subjects"),
        ({"subject": None}, "the statement has no list of subjects"),
        ({"subject": []}, "the statement has no list of subjects"),
        ({"subject": SUBJECT}, "the statement has no list of subjects"),
        ({"subject": [SUBJECT, None]}, "subject 2 has no digest"),
        ({"subject": [{"name": "cart"}]}, "subject 1 has no digest"),
        ({"subject": [{"digest": {}}]}, "subject 1 has no digest"),
        ({"subject": [{"digest": [HEX]}]}, "subject 1 has no digest"),
        ({"subject": [{"digest": {"sha256": 7}}]}, "subject 1 has a digest that is not text"),
        ({"subject": [{"digest": {"sha1": ""}}]}, "subject 1 has a digest that is not text"),
        (
            {"subject": [{"digest": {"sha256": HEX.upper()}}]},
            "the sha256 of subject 1 is not 64 lower-case hexadecimal digits",
        ),
        (
            {"subject": [{"digest": {"sha256": HEX[:62]}}]},
            "the sha256 of subject 1 is not 64 lower-case hexadecimal digits",
        ),
        (
            {"subject": [{"digest": {"sha256": f"sha256:{HEX}"}}]},
            "the sha256 of subject 1 is not 64 lower-case hexadecimal digits",
        ),
        ({"predicateType": ...}, "the statement's predicateType is absent, not the name of a type"),
        ({"predicateType": ""}, "the statement's predicateType is '', not the name of a type"),
        ({"predicateType": "a\nb"}, "the statement's predicateType is 'a\\nb', not the name of a type"),
        ({"predicateType": 1}, "the statement's predicateType is not text, not the name of a type"),
        ({"predicate": "SPDXVersion: SPDX-2.3"}, "the statement's predicate is not an object"),
        ({"predicate": []}, "the statement's predicate is not an object"),
    ],
)
def test_a_statement_that_is_not_well_formed_is_refused(changes: dict[str, Any], detail: str) -> None:
    assert refusal(statement(**changes)) == (Code.STATEMENT_UNPARSEABLE, detail)


def test_too_many_subjects_or_digests_are_refused_by_their_own_code() -> None:
    digests = {f"alg{number}": "aa" for number in range(MAX_DIGESTS + 1)}

    assert refusal(statement(subject=[SUBJECT] * 1025)) == (
        Code.STATEMENT_TOO_MANY_SUBJECTS,
        "the statement has 1025 subjects, at most 1024",
    )
    assert refusal(statement(subject=[{"digest": digests}])) == (
        Code.STATEMENT_TOO_MANY_SUBJECTS,
        "subject 1 has 33 digests, at most 32",
    )


@pytest.mark.parametrize(
    ("raw", "detail"),
    [
        (b"", "not strict JSON: Expecting value at line 1, column 1"),
        (b'{"a": 1} {"a": 2}', "not strict JSON: Extra data at line 1, column 10"),
        (b'{"a": 1,}', "not strict JSON: Expecting property name enclosed in double quotes at line 1, column 9"),
        (b'["a"]', "the JSON is not an object"),
        (b'{"a": 1, "\\u0061": 2}', "not strict JSON: the key 'a' stands twice in one object"),
        (b'{"o": [{"x": 1, "b": 2, "x": 3}]}', "not strict JSON: the key 'x' stands twice in one object"),
        (b'{"a": NaN}', "not strict JSON: NaN is not a JSON number"),
        (b'{"a": -Infinity}', "not strict JSON: -Infinity is not a JSON number"),
        (b'{"a": 1e999}', "not strict JSON: the number 1e999 is too large"),
        (b'{"a": ' + b"9" * 401 + b"}", "not strict JSON: an integer has 401 digits"),
        (b'\xef\xbb\xbf{"a": 1}', "not strict JSON: it starts with a byte order mark"),
        ('{"a": 1}'.encode("utf-16"), "not strict JSON: byte 0 is not UTF-8"),
        (b'{"a": "\xff"}', "not strict JSON: byte 7 is not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not strict JSON: byte 7 is not UTF-8"),
        (b'{"a": ["\\ud800"]}', "not strict JSON: a string holds a lone surrogate"),
        (b'{"\\uDFFF": 1}', "not strict JSON: a string holds a lone surrogate"),
        (b'{"a": "\n"}', "not strict JSON: Invalid control character at at line 1, column 8"),
    ],
)
def test_json_that_two_readers_could_understand_differently_is_refused(raw: bytes, detail: str) -> None:
    with pytest.raises(Malformed) as caught:
        read_object(raw, code=Code.SBOM_UNPARSEABLE)

    assert (caught.value.code, caught.value.detail) == (Code.SBOM_UNPARSEABLE, detail)


def test_brackets_and_escapes_inside_strings_do_not_count_as_nesting() -> None:
    text = '\\"[{' * 500

    assert read_object(json.dumps({"a": text, "\U0001f600": "\\ud800"}).encode()) == {
        "a": text,
        "\U0001f600": "\\ud800",
    }


def nested(depth: int) -> bytes:
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_nesting_is_read_up_to_the_cap_and_refused_beyond_it() -> None:
    assert list(read_object(nested(MAX_DEPTH))) == ["a"]

    for depth in (MAX_DEPTH + 1, 1_000_000):
        with pytest.raises(Malformed, match=f"nested {depth} levels deep, more than 128 are not read"):
            read_object(nested(depth))


def test_unbalanced_nesting_is_refused_without_touching_the_stack() -> None:
    with pytest.raises(Malformed, match="nested 2000000 levels deep"):
        read_object(b"[" * 2_000_000)


def test_the_cap_on_values_is_kept_before_anything_is_parsed_and_commas_in_text_are_none() -> None:
    def holding(values: int) -> bytes:
        return b'{"a":["' + b"," * values + b'"' + b",1" * (values - 2) + b"]}"

    assert list(read_object(holding(1000))) == ["a"]
    with pytest.raises(Malformed, match=f"holds {MAX_VALUES + 1} values, more than {MAX_VALUES} are not read"):
        read_object(holding(MAX_VALUES + 1))
    with pytest.raises(Malformed, match="not strict JSON"):
        read_object(holding(MAX_VALUES) + b"]")  # as many as may be are parsed, up to the bracket that is too much


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.binary() | st.text().map(str.encode) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_get_anything_but_malformed_out_of_the_parser(payload: bytes) -> None:
    with pytest.raises(Malformed):
        parse_statement(payload)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "_type": st.just("https://in-toto.io/Statement/v1") | json_values,
            "subject": st.lists(
                st.fixed_dictionaries({}, optional={"digest": st.dictionaries(st.text(), st.text()) | json_values})
                | json_values,
                max_size=3,
            ),
            "predicateType": json_values,
            "predicate": json_values,
        },
    )
)
def test_no_shape_of_statement_gets_anything_but_malformed_out_of_the_parser(body: dict[str, Any]) -> None:
    payload = json.dumps(body).encode()
    try:
        read = parse_statement(payload)
    except Malformed:
        return
    assert read.predicate_type


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**63), 2**63)))
def test_strict_json_reads_what_json_reads(value: dict[str, int]) -> None:
    assert read_object(json.dumps(value).encode()) == value
    assert read_object(json.dumps(value, ensure_ascii=False).encode()) == value
