"""Snappy blocks: what other encoders write is read exactly, and everything else is refused within the cap."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.local.forge.attestations import snappy_block
from promoter.transport.snappy import ContentTooLongError, NotSnappyError, decompress

CAP = 1 << 20
BUNDLE = (
    b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{"payloadType":'
    b'"application/vnd.in-toto+json","signatures":[{"sig":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}]}}'
)
BLOCK_OF_RUST_SNAPPY = bytes.fromhex(  # made by the `snap` crate; its copies are of both short kinds, one overlaps
    "b501f0557b226d6564696154797065223a226170706c69636174696f6e2f766e642e6465762e73696773746f72652e62756e646c652e76302e"
    "332b6a736f6e222c2264737365456e76656c6f7065223a7b227061796c6f616454564e001c696e2d746f746f2b0d3d347369676e6174757265"
    "73223a5b7b010f0c223a22417a010010227d5d7d7d"
)


@dataclass(frozen=True, slots=True)
class Literal:
    """Bytes as they are; `width` bytes say their number, or the tag itself where it is 0."""

    data: bytes
    width: int

    def encode(self) -> bytes:
        if self.width == 0:
            return bytes([(len(self.data) - 1) << 2]) + self.data
        return bytes([(59 + self.width) << 2]) + (len(self.data) - 1).to_bytes(self.width, "little") + self.data


@dataclass(frozen=True, slots=True)
class Copy:
    """Bytes that were there before; `width` bytes (1, 2 or 4) say how long ago."""

    offset: int
    length: int
    width: int

    def encode(self) -> bytes:
        if self.width == 1:
            return bytes([(self.offset >> 8) << 5 | (self.length - 4) << 2 | 1, self.offset & 0xFF])
        kind = 2 if self.width == 2 else 3
        return bytes([(self.length - 1) << 2 | kind]) + self.offset.to_bytes(self.width, "little")


Element = Literal | Copy


def preamble(length: int) -> bytes:
    written = bytearray()
    while length > 0x7F:
        written.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*written, length])


def content_of(elements: tuple[Element, ...]) -> bytes:
    """Give what elements mean, one byte after the other, as the format's description says it."""
    content = bytearray()
    for element in elements:
        if isinstance(element, Literal):
            content += element.data
        else:
            for _ in range(element.length):
                content.append(content[-element.offset])
    return bytes(content)


def block_of(elements: tuple[Element, ...]) -> bytes:
    return preamble(len(content_of(elements))) + b"".join(element.encode() for element in elements)


@st.composite
def literals(draw: st.DrawFn) -> Literal:
    data = draw(st.binary(min_size=1, max_size=100))
    return Literal(data, draw(st.integers(0 if len(data) <= 60 else 1, 4)))


@st.composite
def blocks(draw: st.DrawFn) -> tuple[Element, ...]:
    elements: list[Element] = [draw(literals())]
    length = len(content_of(tuple(elements)))
    for _ in range(draw(st.integers(0, 8))):
        element: Element = draw(literals())
        if draw(st.booleans()):
            width = draw(st.sampled_from((1, 2, 4)))
            span = st.integers(4, 11) if width == 1 else st.integers(1, 64)
            element = Copy(draw(st.integers(1, min(length, 2047))), draw(span), width)
        length += len(element.data) if isinstance(element, Literal) else element.length
        elements.append(element)
    return tuple(elements)


def test_a_block_of_another_implementation_is_read() -> None:
    assert decompress(BLOCK_OF_RUST_SNAPPY, CAP) == BUNDLE


@given(blocks())
def test_every_element_means_what_the_description_says(elements: tuple[Element, ...]) -> None:
    assert decompress(block_of(elements), CAP) == content_of(elements)


@pytest.mark.parametrize("length", [0, 1, 60, 61, 127, 128, 65_535, 65_536, 65_537, 200_000])
def test_what_the_local_forge_writes_is_read(length: int) -> None:
    content = bytes(index % 251 for index in range(length))
    assert decompress(snappy_block(content), CAP) == content


@pytest.mark.parametrize("width", [2, 4])
def test_a_copy_from_far_back_is_read(width: int) -> None:
    far = bytes(index % 251 for index in range(60_000))
    assert decompress(block_of((Literal(far, 2), Copy(60_000, 64, width))), CAP) == far + far[:64]


@given(st.binary(max_size=200))
def test_any_bytes_at_all_give_content_within_the_cap_or_are_refused(block: bytes) -> None:
    try:
        content = decompress(block, 100)
    except (NotSnappyError, ContentTooLongError):
        return
    assert len(content) <= 100


@given(blocks(), st.data())
def test_a_block_that_is_cut_off_anywhere_is_refused(elements: tuple[Element, ...], data: st.DataObject) -> None:
    block = block_of(elements)
    with pytest.raises(NotSnappyError):
        decompress(block[: data.draw(st.integers(0, len(block) - 1))], CAP)


@given(blocks())
def test_one_byte_over_the_cap_is_refused_and_at_the_cap_is_read(elements: tuple[Element, ...]) -> None:
    length = len(content_of(elements))
    assert len(decompress(block_of(elements), length)) == length
    with pytest.raises(ContentTooLongError) as caught:
        decompress(block_of(elements), length - 1)
    assert str(caught.value) == f"the content is {length} bytes long, more than {length - 1} are not read"


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b"", "there is no length at its beginning"),
        (b"\x80", "there is no length at its beginning"),
        (b"\xff\xff\xff\xff\x10", "there is no length at its beginning"),
        (b"\x80\x80\x80\x80\x80\x01", "there is no length at its beginning"),
        (b"\x03", "the content ends after 0 of the 3 bytes announced"),
        (b"\x03\x04ab", "the content ends after 2 of the 3 bytes announced"),
        (b"\x01\x04ab", "the content is longer than the 1 bytes announced"),
        (b"\x00\x00a", "the content is longer than the 0 bytes announced"),
        (b"\x03\x08ab", "it is cut off in a literal"),
        (b"\x03\xf4\x02", "it is cut off in a tag"),
        (b"\x03\x08abc\x0a\x01", "it is cut off in a tag"),
        (b"\x07\x08abc\x01\x00", "it copies from before its beginning"),
        (b"\x07\x08abc\x01\x04", "it copies from before its beginning"),
        (b"\x04\x01\x01", "it copies from before its beginning"),
        (b"\xff\x06\x00\x00sNaPpY", "it copies from before its beginning"),
        (b'{"mediaType": "application/json"}', "it copies from before its beginning"),
        (b"<html><body>Sign in</body></html>", "it is cut off in a literal"),
    ],
)
def test_what_is_no_block_is_refused_with_the_reason(block: bytes, reason: str) -> None:
    with pytest.raises(NotSnappyError) as caught:
        decompress(block, CAP)
    assert str(caught.value) == reason


def test_a_block_that_announces_gigabytes_is_refused_before_anything_is_copied() -> None:
    with pytest.raises(ContentTooLongError):
        decompress(preamble((1 << 32) - 1) + b"\x00a" + b"\xfe\x01\x00" * 1000, CAP)


def test_a_run_that_was_not_announced_ends_at_once() -> None:
    block = preamble(10) + b"\x00a" + b"\xfe\x01\x00" * 1_000_000
    with pytest.raises(NotSnappyError, match="longer than the 10 bytes announced"):
        decompress(block, CAP)
