"""What is true of every file: only the pin differs, twice is once, and back is back."""

from collections import Counter

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.candidate import Digest
from promoter.core.edit import edit, pins_only, read_pins
from promoter.core.target import EditRefused
from tests.core.edit.documents import Template, digests, releases, templates
from tests.core.edit.pinned import IMAGE, NEW, new, written
from tests.core.edit.test_shapes import SHAPES


@settings(max_examples=100)
@given(templates(), releases, releases, digests, digests)
def test_only_the_pin_differs(template: Template, old: str, release: str, before: Digest, digest: Digest) -> None:
    pinned = template.pinned(old, before)
    after = edit(pinned, template.target, IMAGE, new(release, digest)).raw
    assert after == template.pinned(release, digest)
    assert edit(after, template.target, IMAGE, new(release, digest)).raw == after
    assert edit(after, template.target, IMAGE, new(old, before)).raw == pinned


@settings(max_examples=80)
@given(templates(), releases, releases, digests)
def test_a_missing_digest_is_inserted_and_nothing_else(
    template: Template, old: str, release: str, digest: Digest
) -> None:
    tagged = template.tagged(old)
    after = edit(tagged, template.target, IMAGE, new(release, digest)).raw
    if template.lacks_digest:
        assert after == template.pinned(release, digest)
    assert {pin.digest for pin in read_pins(after, template.target, IMAGE)} == {digest}
    assert edit(after, template.target, IMAGE, new(release, digest)).raw == after


@given(templates(), releases, digests)
def test_what_is_pinned_is_read(template: Template, release: str, digest: Digest) -> None:
    pins = read_pins(template.pinned(release, digest), template.target, IMAGE)
    assert {(pin.tag, pin.digest) for pin in pins} == {(release, digest)}


@given(templates(), releases, releases, digests, st.data())
def test_one_byte_more_than_the_pin_does_not_conform(
    template: Template, old: str, release: str, digest: Digest, data: st.DataObject
) -> None:
    before = template.tagged(old)
    after = edit(before, template.target, IMAGE, new(release, digest)).raw
    assert pins_only(before, after, (template.target,), IMAGE, release, digest)
    at = data.draw(st.integers(0, len(after)))
    changed = after[:at] + data.draw(st.sampled_from([b" ", b"#", b"\n", b"x"])) + after[at:]
    assert not pins_only(before, changed, (template.target,), IMAGE, release, digest)


@settings(max_examples=200)
@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_a_damaged_file_is_refused_or_edited_exactly(shape: str, data: st.DataObject) -> None:
    target, text, _ = SHAPES[shape]
    text = written(text)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(start + 4, len(text))))
        text = (
            text[:start] + data.draw(st.text("&*!|>'\"%@`{}[],:?-# \t\n\r<~x\u00e9\U0001f680", max_size=4)) + text[end:]
        )
    try:
        edited = edit(text.encode(), target, IMAGE, new())
    except EditRefused:
        return
    assert {pin.digest for pin in read_pins(edited.raw, target, IMAGE)} == {NEW}
    assert edit(edited.raw, target, IMAGE, new()).changes == ()
    gone, come = scalars(text) - scalars(edited.raw.decode()), scalars(edited.raw.decode()) - scalars(text)
    inserted = [change.where.rpartition(".")[2] for change in edited.changes if change.before is None]
    written_anew = [change.after for change in edited.changes if change.after != change.before]
    assert come == Counter(written_anew + inserted)
    assert sum(gone.values()) == len(written_anew) - len(inserted)


def scalars(text: str) -> Counter[str]:
    """Count the texts that a file holds, keys included."""
    events = yaml.parse(text.removeprefix("\ufeff"), Loader=yaml.CSafeLoader)
    return Counter(event.value for event in events if isinstance(event, yaml.ScalarEvent))


@given(st.binary(max_size=200), st.sampled_from(sorted(SHAPES)))
def test_any_bytes_are_refused_and_never_a_crash(raw: bytes, shape: str) -> None:
    target = SHAPES[shape][0]
    try:
        read_pins(raw, target, IMAGE)
    except EditRefused as refused:
        assert str(refused).startswith(target.path)
