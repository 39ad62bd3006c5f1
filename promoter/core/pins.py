"""What a pin is once it is found: the values that it holds and the scalars that may be rewritten.

Rule: a scalar is a slot only if its bytes are its value, alone: no alias, anchor or tag, not a block, on one line, and
reached in exactly one way. What a person wrote there must be a tag, a digest or nothing; a template is no pin.
"""

from dataclasses import dataclass
from enum import Enum

from promoter.core.candidate import Digest, is_tag, parse_digest
from promoter.core.codes import Code
from promoter.core.image_reference import ImageReference
from promoter.core.yaml_nodes import Alias, Mapping, Scalar
from promoter.core.yaml_places import Place, check_way, child, entered, is_null, refuse_merged


@dataclass(frozen=True, slots=True)
class Pin:
    """What is pinned at one place: the tag is empty and the digest None where the file has none.

    `where` is the way to it, as `images[0].newTag`; `line` counts from 1.
    """

    tag: str
    digest: Digest | None
    where: str
    line: int


class Part(Enum):
    """What of a pin a scalar holds."""

    TAG = "tag"
    DIGEST = "digest"
    BOTH = "tag and digest"


@dataclass(frozen=True, slots=True)
class Slot:
    """A scalar that holds a pin or a part of it, behind a text that stays (`registry.example/app:`)."""

    place: Place
    scalar: Scalar
    part: Part
    before: str = ""

    def filled(self, release: str, digest: Digest) -> str:
        """Give the value that pins a release."""
        pinned = {Part.TAG: release, Part.DIGEST: digest, Part.BOTH: f"{release}@{digest}"}
        return self.before + pinned[self.part]


@dataclass(frozen=True, slots=True)
class Gap:
    """Where a digest is missing: a mapping that has a tag under `key` and nothing under `name`."""

    mapping: Place
    tag: Scalar
    key: Scalar
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """One pin with all that is rewritten for it."""

    pin: Pin
    slots: tuple[Slot, ...]
    gap: Gap | None = None


def pair_site(mapping: Place, tag_key: str, digest_key: str) -> Site:
    """Read a tag and a digest that stand beside each other; one of them may be missing."""
    tag, digest = _slot(mapping, tag_key, Part.TAG), _slot(mapping, digest_key, Part.DIGEST)
    if tag is None:
        if digest is None:
            detail = f"has neither {tag_key!r} nor {digest_key!r}"
            raise mapping.refused(Code.EDIT_NOT_FOUND, detail, f"write {tag_key!r} with the tag that runs")
        return Site(Pin("", _digest(digest), digest.place.where, digest.place.line), (digest,))
    if digest is None:
        pin = Pin(_tag(tag), None, tag.place.where, tag.place.line)
        return Site(pin, (tag,), _gap(mapping, tag, tag_key, digest_key))
    return Site(Pin(_tag(tag), _digest(digest), tag.place.where, tag.place.line), (tag, digest))


def tag_site(mapping: Place, key: str) -> Site:
    """Read one scalar that is `tag` or `tag@digest`."""
    slot = _slot(mapping, key, Part.BOTH)
    assert slot is not None  # a mapping without the key, or with a merged one, has been refused
    tag, at, digest = _value(slot).partition("@")
    return Site(
        Pin(_as_tag(slot, tag), _as_digest(slot, digest) if at else None, slot.place.where, slot.place.line), (slot,)
    )


def image_site(place: Place, image: ImageReference) -> Site:
    """Read one scalar that is `name`, `name:tag`, `name:tag@digest` or `name@digest`, which keeps its form."""
    only_digest = image.digest is not None and not image.tag
    part, mark = (Part.DIGEST, "@") if only_digest else (Part.BOTH, ":")
    slot = Slot(place, rewritable(place), part, image.name + mark)
    return Site(Pin(image.tag, image.digest, place.where, place.line), (slot,))


def rewritable(place: Place) -> Scalar:
    """Give the scalar at a place whose bytes may be replaced. Raises EditRefused with the reason where they may not."""
    check_way(place)
    node = place.node
    if isinstance(node, Alias):
        raise place.refused(Code.EDIT_ALIAS, "is an alias", "write the value itself there")
    if not isinstance(node, Scalar):
        raise place.refused(Code.EDIT_NOT_A_SCALAR, "is a collection", "name the key that holds the single value")
    if node.anchor:
        raise place.refused(
            Code.EDIT_ANCHOR, f"carries the anchor &{node.anchor[:100]}", "write the value without an anchor"
        )
    if node.tag:
        raise place.refused(Code.EDIT_TAGGED, f"carries the tag {node.tag[:100]}", "write the value in quotes instead")
    if node.style in {"|", ">"}:
        raise place.refused(Code.EDIT_BLOCK_SCALAR, "is a block scalar", "write the value on the line of its key")
    if node.span.line != node.span.last_line:
        raise place.refused(Code.EDIT_MULTI_LINE, "goes over several lines", "write the value on one line")
    return node


def _slot(mapping: Place, key: str, part: Part) -> Slot | None:
    found = child(mapping, key)
    if found is None:
        refuse_merged(mapping, key)
        return None
    return Slot(found, rewritable(found), part)


def _gap(mapping: Place, tag: Slot, tag_key: str, digest_key: str) -> Gap:
    inside = entered(mapping)
    assert isinstance(inside.node, Mapping)
    key = inside.node.entries[inside.node.positions(tag_key)[0]].key
    assert isinstance(key, Scalar)  # an alias for a key was refused with the tag
    return Gap(inside, tag.scalar, key, digest_key)


def _value(slot: Slot) -> str:
    return "" if is_null(slot.scalar) else slot.scalar.value


def _tag(slot: Slot) -> str:
    return _as_tag(slot, _value(slot))


def _digest(slot: Slot) -> Digest | None:
    return _as_digest(slot, _value(slot))


def _as_tag(slot: Slot, text: str) -> str:
    if text and not is_tag(text):
        remedy = "write the tag that runs; a tag with a digest behind @ is a shape of its own"
        raise slot.place.refused(Code.EDIT_NOT_A_PIN, f"is no tag: {text[:100]!r}", remedy)
    return text


def _as_digest(slot: Slot, text: str) -> Digest | None:
    try:
        return parse_digest(text) if text else None
    except ValueError as error:
        remedy = "write sha256: and 64 lower-case hexadecimal digits, or leave it empty"
        raise slot.place.refused(Code.EDIT_NOT_A_PIN, f"is {error}", remedy) from error
