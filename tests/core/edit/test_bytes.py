"""Everything around a pin survives byte for byte, and a missing digest is inserted in the file's own hand."""

import pytest

from promoter.core.edit import edit
from promoter.core.target import Target, TargetKind, ValuesShape
from tests.core.edit.pinned import IMAGE, KUSTOMIZE, NEW, OLD, TAG, TAG_AND_DIGEST, new, written

BREAKS = {"LF": "\n", "CRLF": "\r\n", "lone CR": "\r", "NEL": "\x85", "line separator": "\u2028", "paragraph": "\u2029"}

AROUND = """\
# \u00e9\u00e8 \U0001f680 header: [unclosed, {braces
%YAML 1.1
---

resources:   [ ../base , "caf\u00e9 \\u00e9 \\x41 \U0001f680" ,	'it''s' ]
labels: &labels {team: "caf\u00e9",	tier: ! web , '\U0001f680': null , }
again: *labels
binary: !!binary "aGVsbG8="
? [explicit, key]
: value
block: |+2
    tag: v2.4.1 # not a comment

folded: >-
  digest: nothing
  \U0001f680

images:
# one
-   {{first}}
    # between \u00e9

    {{second}}
...
# after the end
---
images: \U0001f680
--- # the last one
- ~

"""


def around(first: str, second: str, newline: str) -> bytes:
    text = AROUND.replace("{{first}}", first).replace("{{second}}", second)
    return written(text).replace("\n", newline).encode()


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("newline", BREAKS)
def test_a_file_with_everything_in_it_keeps_its_other_bytes(newline: str, bom: bytes) -> None:
    first = "name: registry.example/team/app   # \u00e9 \U0001f680"
    second = "newTag: {}  # \U0001f680\n    digest:   {}\t# \u00e9"
    before = bom + around(first, second.format("'v2.4.1'", '"OLD"'), BREAKS[newline])
    after = bom + around(first, second.format("'v2.4.2'", '"NEW"'), BREAKS[newline])
    assert edit(before, KUSTOMIZE, IMAGE, new()).raw == after


@pytest.mark.parametrize("newline", BREAKS)
def test_a_missing_digest_is_inserted_with_the_line_break_of_its_tag(newline: str) -> None:
    tag, name = "newTag: {}  # \U0001f680", "name: registry.example/team/app   # \u00e9"
    before = around(tag.format("v2.4.1"), name, BREAKS[newline])
    after = around(tag.format("v2.4.2") + "\n    digest: NEW", name, BREAKS[newline])
    assert edit(before, KUSTOMIZE, IMAGE, new()).raw == after


@pytest.mark.parametrize("newline", BREAKS)
def test_a_missing_digest_at_the_end_of_a_file_takes_the_break_ahead_of_it(newline: str) -> None:
    before = "image:\n  tag: v2.4.1".replace("\n", BREAKS[newline])
    after = written("image:\n  tag: v2.4.2\n  digest: NEW").replace("\n", BREAKS[newline])
    assert edit(before.encode(), TAG_AND_DIGEST, IMAGE, new()).raw.decode() == after


def test_a_file_of_one_line_gets_a_line_feed() -> None:
    assert edit(b"- tag: v1", _root_item(), IMAGE, new()).raw.decode() == written("- tag: v2.4.2\n  digest: NEW")


def test_mixed_line_breaks_stay_mixed() -> None:
    before, after = (f"a: b\r\nimage:\n  tag: {tag}\r{digest}c: d\n\r\n" for tag, digest in _insertion("\r"))
    assert edit(before.encode(), TAG_AND_DIGEST, IMAGE, new()).raw.decode() == after


def test_values_behind_characters_of_several_bytes_are_met_exactly() -> None:
    before, after = (
        written(
            f'"\u00e9\U0001f680": {{"\U0001f680": ["\u4e16"]}}\nimage: {{"\U0001f680": "\U0001f680", tag: {tag}}}\n'
        )
        for tag in ("v1@OLD", "v2.4.2@NEW")
    )
    assert edit(before.encode(), TAG, IMAGE, new()).raw.decode() == after


def test_a_comment_that_looks_like_the_pin_is_left_alone() -> None:
    before, after = (
        written(f"# image: {{tag: v1@OLD}}\nimage:\n  # tag: v1@OLD\n  tag: {tag} # tag: v1@OLD\n  #tag: v1\n")
        for tag in ("v1@OLD", "v2.4.2@NEW")
    )
    assert edit(before.encode(), TAG, IMAGE, new()).raw.decode() == after


def test_the_same_digest_elsewhere_in_the_file_is_left_alone() -> None:
    text = f"other: '{OLD}'\nimage:\n  tag: %s\n  digest: '%s'\nlast: {OLD}\n"
    after = edit((text % ("v1", OLD)).encode(), TAG_AND_DIGEST, IMAGE, new()).raw.decode()
    assert after == text % ("v2.4.2", NEW)


def test_an_anchor_that_nothing_repeats_may_hold_the_pin() -> None:
    before, after = (written(f"image: &image\n  tag: {tag}\nother: &x y\nlast: *x\n") for tag in ("v1", "v2.4.2@NEW"))
    assert edit(before.encode(), TAG, IMAGE, new()).raw.decode() == after


def test_a_tab_between_key_and_value_stays() -> None:
    assert edit(b"image:\n  tag:\t'v1'\t# c\n", TAG, IMAGE, new()).raw.decode() == written(
        "image:\n  tag:\t'v2.4.2@NEW'\t# c\n"
    )


def _insertion(newline: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("v1", ""), ("v2.4.2", f"  digest: {NEW}{newline}")


def _root_item() -> Target:
    return Target(path="x", kind=TargetKind.HELM_VALUES, at=(0,), shape=ValuesShape.TAG_AND_DIGEST)
