"""What other promotion tools do to files, each as a case that must not happen here.

They keep the whole file in their own hand (comments, blank lines and indentation lost), or write at the wrong place in
flow mappings, block scalars, multi-document files, behind non-ASCII text and at anchors.
"""

import pytest
import yaml

from promoter.core.edit import edit
from promoter.core.target import EditRefused, Target, TargetKind, ValuesShape
from tests.core.edit.pinned import IMAGE, KUSTOMIZE, NEW, OLD, TAG, TAG_AND_DIGEST, edited, new, written


def test_the_comment_behind_the_value_stays() -> None:
    marker = '# {"$imagepolicy": "flux-system:app:tag"}'
    assert edited(f"image:\n  tag: v1@OLD {marker}\n", TAG).raw.decode() == written(
        f"image:\n  tag: v2.4.2@NEW {marker}\n"
    )


def test_seventy_updates_add_no_blank_line() -> None:
    raw = written("# c\n\nimages:\n\n- name: registry.example/team/app\n  newTag: v0\n  digest: OLD\n\n\n").encode()
    first = raw
    for n in range(70):
        raw = edit(raw, KUSTOMIZE, IMAGE, new(f"v{n}")).raw
    assert raw.decode() == first.decode().replace("v0", "v69").replace(OLD, NEW)


def test_kustomize_entries_keep_their_order_and_get_no_new_name() -> None:
    text = "images:\n- newTag: {}\n  digest: {}\n  name: registry.example/team/app\n- name: a\n  newTag: '1'\n"
    before = text.format("v1", OLD).encode()
    assert edit(before, KUSTOMIZE, IMAGE, new()).raw.decode() == text.format("v2.4.2", NEW)


def test_tag_and_digest_together_are_not_skipped() -> None:
    text = "images:\n- name: registry.example/team/app\n  newTag: {}\n  digest: {}\n"
    edited = edit(text.format("v1", OLD).encode(), KUSTOMIZE, IMAGE, new())
    assert [change.where for change in edited.changes] == ["images[0].newTag", "images[0].digest"]


def test_the_document_mark_and_the_header_stay() -> None:
    text = "# header\n\n---\n# more\nimage: {{tag: '{}'}}\n"
    assert edit(text.format("v1").encode(), TAG, IMAGE, new()).raw.decode() == text.format(f"v2.4.2@{NEW}")


def test_merge_keys_elsewhere_stay_merge_keys() -> None:
    text = "x: &x {{a: b}}\ny:\n  <<: *x\n  c: d\nimage: {{tag: '{}'}}\n"
    assert edit(text.format("v1").encode(), TAG, IMAGE, new()).raw.decode() == text.format(f"v2.4.2@{NEW}")


def test_block_scalars_elsewhere_are_not_folded_anew() -> None:
    text = "a: >+\n  one\n  two\n\n\nb: |2-\n    three  \n   four\nimage: {{tag: '{}'}}\n"
    assert edit(text.format("v1").encode(), TAG, IMAGE, new()).raw.decode() == text.format(f"v2.4.2@{NEW}")


def test_a_key_after_the_first_document_is_found() -> None:
    text = "a: b\n---\nc: d\n---\nimage:\n  tag: {}\n---\ne: f\n"
    assert edit(text.format("v1").encode(), TAG, IMAGE, new()).raw.decode() == text.format(f"v2.4.2@{NEW}")


def test_a_flow_mapping_stays_readable() -> None:
    raw = edit(b"image: {tag: v1, x: [y]}\n", TAG_AND_DIGEST, IMAGE, new("1e3")).raw
    assert yaml.safe_load(raw) == {"image": {"tag": "1e3", "digest": NEW, "x": ["y"]}}


def test_a_value_behind_text_of_several_bytes_is_met() -> None:
    text = 'a: "\U0001f680\u00e9\u4e16" # \U0001f680\nimage: {{"\u00e9\U0001f680": 1, tag: "{}"}}\n'
    assert edit(text.format("v1").encode(), TAG, IMAGE, new()).raw.decode() == text.format(f"v2.4.2@{NEW}")


def test_windows_line_ends_stay() -> None:
    text = "a: b\r\n\r\nimage:\r\n  tag: {}\r\n"
    assert edit(text.format("v1").encode(), TAG, IMAGE, new()).raw.decode() == text.format(f"v2.4.2@{NEW}")


@pytest.mark.parametrize("tag", ["&a v1", "|-\n    v1", "*b", "!!str v1"])
def test_what_others_turn_into_invalid_yaml_is_refused(tag: str) -> None:
    with pytest.raises(EditRefused):
        edit(f"b: &b v1\nimage:\n  tag: {tag}\n".encode(), TAG, IMAGE, new())


def test_an_edit_without_a_difference_changes_nothing() -> None:
    raw = written("image:\n  tag: v2.4.2@NEW   # c\n").encode()
    assert (edit(raw, TAG, IMAGE, new()).raw, edit(raw, TAG, IMAGE, new()).changes) == (raw, ())


def test_the_value_that_looks_like_another_type_stays_text() -> None:
    target = Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("image",), shape=ValuesShape.TAG_AND_DIGEST)
    raw = edit(b"image:\n  tag: v1\n", target, IMAGE, new("1.10")).raw
    assert yaml.safe_load(raw)["image"]["tag"] == "1.10"
