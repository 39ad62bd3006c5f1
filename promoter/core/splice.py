"""Replaces scalars in a file by their characters, and proves that nothing else became different.

Rule: everything outside the spliced ranges is copied, never written anew; what the new file says is compared, event by
event, with what the old one said and the change that was meant. A difference is a refusal.
"""

import re
from dataclasses import dataclass

from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.pins import Gap, Site, Slot
from promoter.core.target import EditRefused
from promoter.core.yaml_marks import compose
from promoter.core.yaml_nodes import Event, Mapping, Scalar, Sequence, Stream
from promoter.core.yaml_places import Place, Step

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_OTHER_THAN_TEXT = re.compile(
    r"""
    [-+]?(?:[0-9]+\.?|\.)[0-9]*(?:e[-+]?[0-9]*)?    # 7, 007, 1.10, 1., 1e3
    | [-+]?0[xob][0-9a-f.p+-]*                      # 0x10, 0o17, 0b1, 0x1p-2
    | [-+]?\.?(?:nan|inf|infinity)
    | [0-9]{1,4}-[0-9]{1,2}-[0-9]{1,2}.*            # dates, with or without a time
    | y | n | yes | no | on | off | true | false | null
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Splice:
    """One replaced range: characters from `start` to `end`, and what becomes of the events.

    `events` take the place of `replaced` events from the position `event` on. `before` and `after` are the values,
    for the reader; `before` is None where a value was inserted.
    """

    start: int
    end: int
    text: str
    event: int
    replaced: int
    events: tuple[Event, ...]
    where: str
    line: int
    before: str | None
    after: str


def site_splices(stream: Stream, site: Site, release: str, digest: Digest) -> tuple[Splice, ...]:
    """Give what must be replaced for one pin; none where it is pinned already."""
    found = [_fill(stream, slot, slot.filled(release, digest)) for slot in site.slots]
    if site.gap is not None:
        found.append(_insert(stream, site.gap, digest))
    return tuple(one for one in found if one is not None)


def splice(stream: Stream, splices: tuple[Splice, ...]) -> Stream:
    """Give the new file. Raises EditRefused where it would say anything else than the splices mean."""
    parts, events, at, event_at = [stream.bom.decode()], [], 0, 0
    for one in sorted(splices, key=lambda one: (one.event, one.start)):
        assert at <= one.start
        parts += [stream.text[at : one.start], one.text]
        events += [*stream.events[event_at : one.event], *one.events]
        at, event_at = one.end, one.event + one.replaced
    raw = "".join([*parts, stream.text[at:]]).encode()
    expected = (*events, *stream.events[event_at:])
    try:
        after = compose(raw, stream.path)
    except EditRefused as refused:
        detail = f"the edited file would be refused: {refused.detail}"
        raise EditRefused(refused.code, refused.path, refused.line, detail, refused.remedy) from refused
    if after.events != expected:
        detail, remedy = "the edit would change more than the pin", "write the pin as plain `key: value` lines"
        raise EditRefused(Code.EDIT_NOT_EXACT, stream.path, splices[0].line, detail, remedy)
    return after


def is_text_when_plain(value: str) -> bool:
    """Tell whether every YAML reader takes this value for text when it stands without quotes.

    The versions 1.1 and 1.2, PyYAML and Go's packages disagree about numbers (`1e3`, `0o7`, `1_000`), words and dates;
    whatever one of them might take for something else is not text here.
    """
    bare = value.replace("_", "")  # readers that know `1_000` drop every underscore, wherever it stands
    return bool(bare) and not any(_OTHER_THAN_TEXT.fullmatch(text) for text in (value, bare))


def _fill(stream: Stream, slot: Slot, value: str) -> Splice | None:
    scalar, flow = slot.scalar, _is_in_flow(slot)
    style = _style(scalar, value, flow=flow)
    if value == scalar.value and style == scalar.style:
        return None
    text = _quoted(value, style)
    if scalar.span.start == scalar.span.end:
        text = _room(stream, slot) + text
    place = slot.place
    event = Event("scalar", value, style)
    span = scalar.span
    return Splice(span.start, span.end, text, span.event, 1, (event,), place.where, place.line, scalar.value, value)


def _style(scalar: Scalar, value: str, *, flow: bool) -> str:
    """Keep the scalar's quotes; give it some where the value would not be taken for text without."""
    if scalar.style:
        return scalar.style
    is_new_colon = flow and ":" in value and ":" not in scalar.value  # older readers refuse a:b inside braces
    return "" if is_text_when_plain(value) and not is_new_colon else '"'


def _quoted(value: str, style: str) -> str:
    return f"{style}{value}{style}"


def _is_in_flow(slot: Slot) -> bool:
    return any(isinstance(step.node, Mapping | Sequence) and step.node.flow for step in slot.place.steps)


def _room(stream: Stream, slot: Slot) -> str:
    """Give the space that an empty value needs before it is filled in."""
    ahead = stream.text[: slot.scalar.span.start]
    if not ahead.rstrip(" \t").endswith(":"):
        raise slot.place.refused(Code.EDIT_NOT_A_PIN, "has no value and no colon", "write the value that runs there")
    return " " if ahead.endswith(":") else ""


def _insert(stream: Stream, gap: Gap, digest: Digest) -> Splice:
    """Put the missing digest beside its tag, spelled as the tag is."""
    mapping, key, tag = gap.mapping.node, gap.key, gap.tag
    assert isinstance(mapping, Mapping)
    flow = mapping.flow
    style = tag.style or ('"' if flow else "")
    key_style = key.style or ("" if is_text_when_plain(gap.name) else '"')
    entry = f"{_quoted(gap.name, key_style)}: {_quoted(digest, style)}"
    events = (Event("scalar", gap.name, key_style), Event("scalar", digest, style))
    lead = _line_lead(stream, key)
    if not flow:
        start, text, event = *_new_line(stream, gap, entry, lead), tag.span.event + 1
    elif lead.strip(" \t") or key.span.line == mapping.span.line:
        start, text, event = tag.span.end, f", {entry}", tag.span.event + 1
    else:
        newline = _newline_ahead(stream, key.span.start)
        start, text, event = key.span.start, f"{entry},{newline}{lead}", key.span.event
    inserted = Place(stream, tag, (*gap.mapping.steps, Step(mapping, gap.name)))
    return Splice(start, start, text, event, 0, events, inserted.where, tag.span.line + 1, None, digest)


def _new_line(stream: Stream, gap: Gap, entry: str, lead: str) -> tuple[int, str]:
    """Give where a new line of a block mapping begins, after the tag's, and its text."""
    if lead.strip(" -\t"):
        raise gap.mapping.refused(
            Code.EDIT_NOT_EXACT, "has its tag under an explicit key (?)", "write the tag as `key: value`"
        )
    line = " " * gap.key.span.column + entry
    found = _BREAK.search(stream.text, gap.tag.span.end)
    if found is None:
        return len(stream.text), _newline_ahead(stream, gap.tag.span.start) + line
    return found.end(), line + found[0]


def _line_lead(stream: Stream, key: Scalar) -> str:
    """Give the text between the beginning of a line and a key on it."""
    return _BREAK.split(stream.text[: key.span.start])[-1]


def _newline_ahead(stream: Stream, position: int) -> str:
    """Give the nearest line break before a position, a line feed where there is none."""
    breaks = _BREAK.findall(stream.text, 0, position)
    return breaks[-1] if breaks else "\n"
