"""Snappy's block format, read strictly and within a cap (google/snappy, format_description.txt).

GitHub serves stored attestations in it. The framed format is another one and is refused like everything else that is
not exactly one block.
"""

_LENGTH_BYTES = 5  # of the varint that says the whole length: it stays below 2**32
_INLINE_LENGTHS = 60  # literals up to this length have it in their tag
_LITERAL, _COPY_1, _COPY_2 = 0, 1, 2
_OFFSET_BYTES = {_COPY_2: 2, 3: 4}


class NotSnappyError(ValueError):
    """Bytes that are no block; the text says what is wrong with them."""


class ContentTooLongError(ValueError):
    """A block that announces more content than the caller takes."""


def decompress(block: bytes, limit: int) -> bytes:
    """Give the content of a block, at most `limit` bytes; raises NotSnappyError or ContentTooLongError.

    Nothing is copied before the announced length is held to the limit, and nothing after the content has reached it.
    Takes time linear in the lengths of block and content.
    """
    length, at = _announced(block)
    if length > limit:
        raise ContentTooLongError(f"the content is {length} bytes long, more than {limit} are not read")
    content = bytearray()
    while at < len(block):
        at = _append(content, block, at)
        if len(content) > length:
            raise NotSnappyError(f"the content is longer than the {length} bytes announced")
    if len(content) != length:
        raise NotSnappyError(f"the content ends after {len(content)} of the {length} bytes announced")
    return bytes(content)


def _announced(block: bytes) -> tuple[int, int]:
    """Give the length that the preamble says (a little-endian varint), and where the preamble ends."""
    length = 0
    for index, byte in enumerate(block[:_LENGTH_BYTES]):
        length |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if length >= 1 << 32:
                break
            return length, index + 1
    raise NotSnappyError("there is no length at its beginning")


def _append(content: bytearray, block: bytes, at: int) -> int:
    """Do what the element at an index says, and give the index of the next one."""
    tag = block[at]
    kind = tag & 3
    if kind == _LITERAL:
        return _append_literal(content, block, at)
    if kind == _COPY_1:
        width, length = 1, 4 + (tag >> 2 & 7)
        offset = (tag >> 5) << 8 | _number(block, at + 1, width)
    else:
        width, length = _OFFSET_BYTES[kind], 1 + (tag >> 2)
        offset = _number(block, at + 1, width)
    _append_copy(content, offset, length)
    return at + 1 + width


def _append_literal(content: bytearray, block: bytes, at: int) -> int:
    length, start = (block[at] >> 2) + 1, at + 1
    if length > _INLINE_LENGTHS:
        width = length - _INLINE_LENGTHS
        length, start = _number(block, start, width) + 1, start + width
    if len(block) - start < length:
        raise NotSnappyError("it is cut off in a literal")
    content += block[start : start + length]
    return start + length


def _append_copy(content: bytearray, offset: int, length: int) -> None:
    """Repeat `length` bytes from `offset` bytes ago; where the two overlap, what was just copied is copied again."""
    if not 0 < offset <= len(content):
        raise NotSnappyError("it copies from before its beginning")
    start = len(content) - offset
    piece = content[start : start + length]
    content += (piece * (length // len(piece) + 1))[:length]


def _number(block: bytes, at: int, width: int) -> int:
    if len(block) - at < width:
        raise NotSnappyError("it is cut off in a tag")
    return int.from_bytes(block[at : at + width], "little")
