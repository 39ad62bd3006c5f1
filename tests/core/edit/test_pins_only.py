"""The re-check at merge: a file's bytes differ by this pin alone, or it is said where they do not."""

import pytest

from promoter.core.candidate import Digest
from promoter.core.edit import Conformity, edit, pins_only
from promoter.core.target import Target, TargetKind, ValuesShape
from tests.core.edit.pinned import IMAGE, KUSTOMIZE, NEW, OLD, RELEASE, new, written

BEFORE = written("# c\nimages:\n- name: registry.example/team/app # who\n  newTag: v2.4.1\nother: 1\n").encode()
AFTER = edit(BEFORE, KUSTOMIZE, IMAGE, new()).raw
REMEDY = f"differs from what pinning {RELEASE}@{NEW} writes"


def check(before: bytes, after: bytes) -> Conformity:
    return pins_only(before, after, (KUSTOMIZE,), IMAGE, RELEASE, NEW)


def test_the_edit_itself_holds() -> None:
    assert check(BEFORE, AFTER) == Conformity(True)


def test_a_base_that_is_pinned_already_holds_unchanged() -> None:
    assert check(AFTER, AFTER) == Conformity(True)


@pytest.mark.parametrize(
    ("after", "line"),
    [
        (BEFORE, 4),
        (AFTER.replace(NEW.encode(), OLD.encode()), 5),
        (AFTER.replace(b"v2.4.2", b"v2.4.3"), 4),
        (AFTER.replace(b"# c\n", b""), 1),
        (AFTER.replace(b"# who", b"# me"), 3),
        (AFTER.replace(b"other: 1", b"other: 2"), 6),
        (AFTER + b"more: 1\n", 7),
        (AFTER[:-1], 6),
        (AFTER.replace(b"\n", b"\r\n"), 1),
        (b"\xef\xbb\xbf" + AFTER, 1),
        (b"", 1),
        (b"\xff\0[[[", 1),
    ],
)
def test_any_other_difference_is_told_with_its_line(after: bytes, line: int) -> None:
    assert check(BEFORE, after) == Conformity(False, f"kustomization.yaml:{line}: {REMEDY}")


def test_a_pin_of_another_entry_does_not_hold() -> None:
    text = BEFORE + b"images2:\n- name: registry.example/team/app\n  newTag: v2.4.1\n"
    assert not check(text, text.replace(b"v2.4.1", b"v2.4.2"))


def test_a_base_that_cannot_be_edited_does_not_hold() -> None:
    assert check(b"images: []", AFTER) == Conformity(
        False,
        "the edit would be refused: kustomization.yaml: there is no entry of images for registry.example/team/app; "
        "add it, with its name and newTag",
    )


def test_something_else_than_a_digest_does_not_hold() -> None:
    assert not pins_only(BEFORE, AFTER, (KUSTOMIZE,), IMAGE, RELEASE, Digest("latest"))


def test_no_target_does_not_hold() -> None:
    assert pins_only(BEFORE, BEFORE, (), IMAGE, RELEASE, NEW) == Conformity(False, "no target was named")


def test_all_targets_of_a_file_are_looked_at_together() -> None:
    one, two = (
        Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=(at,), shape=ValuesShape.TAG) for at in ("a", "b")
    )
    before, half, both = (
        written(text).encode()
        for text in (
            "a: {tag: 'v1'}\nb: {tag: 'v1'}\n",
            "a: {tag: 'v2.4.2@NEW'}\nb: {tag: 'v1'}\n",
            "a: {tag: 'v2.4.2@NEW'}\nb: {tag: 'v2.4.2@NEW'}\n",
        )
    )
    assert pins_only(before, both, (one, two), IMAGE, RELEASE, NEW)
    assert not pins_only(before, half, (one, two), IMAGE, RELEASE, NEW)
    assert not pins_only(before, both, (one,), IMAGE, RELEASE, NEW)
