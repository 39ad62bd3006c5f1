"""A YAML file as a tree of nodes that know the characters they were read from.

Built from libyaml's events in one pass without recursion: on deep nesting PyYAML's own composer is a segmentation
fault, and it hides aliases behind the nodes they stand for. Every bound is counted while reading. This is YAML 1.1 as
libyaml reads it, which Go's YAML packages were ported from.
"""

from collections.abc import Sequence as Items

import yaml

from promoter.core.codes import Code
from promoter.core.target import EditRefused
from promoter.core.yaml_nodes import Alias, Entry, Event, Mapping, Node, Scalar, Sequence, Span, Stream, index_of

MAX_BYTES = 1 << 20
MAX_EVENTS = 200_000
MAX_DEPTH = 64
MAX_ALIASES = 256
MAX_DIRECTIVES = 100  # libyaml compares each %TAG with all before it

_BREAKS = "\n\r\x85\u2028\u2029"

_BOM = b"\xef\xbb\xbf"


def compose(raw: bytes, path: str) -> Stream:
    """Read a file's bytes; `path` is for error texts. Raises EditRefused where a bound is passed or it is no YAML."""
    bom, text = _decode(raw, path)
    _check_directives(text, path)
    builder = _Builder(path)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "no reason given"
        raise EditRefused(
            Code.EDIT_UNPARSEABLE, path, line, f"this is not YAML: {problem}", "correct the file"
        ) from error
    repeated = frozenset(alias.target.span.event for alias in builder.aliases)
    return Stream(path, bom, text, tuple(builder.documents), tuple(builder.events), tuple(builder.aliases), repeated)


def _decode(raw: bytes, path: str) -> tuple[bytes, str]:
    """Split the byte order mark off, which libyaml counts wrongly, and decode the rest."""
    if len(raw) > MAX_BYTES:
        raise EditRefused(
            Code.EDIT_TOO_LARGE, path, 0, f"the file has {len(raw)} bytes, more than {MAX_BYTES}", "split it"
        )
    bom = _BOM if raw.startswith(_BOM) else b""
    try:
        text = raw[len(bom) :].decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, len(bom) + error.start) + 1
        raise EditRefused(Code.EDIT_UNPARSEABLE, path, line, "the file is not UTF-8", "store it as UTF-8") from error
    if "\0" in text or text.startswith("\ufeff"):
        line = text.count("\n", 0, max(text.find("\0"), 0)) + 1
        raise EditRefused(Code.EDIT_UNPARSEABLE, path, line, "a NUL or a second byte order mark", "remove it")
    return bom, text


def _check_directives(text: str, path: str) -> None:
    """Refuse too many lines that begin like a directive, before libyaml reads them."""
    count = text.startswith("%") + sum(text.count(f"{newline}%") for newline in _BREAKS)
    if count > MAX_DIRECTIVES:
        detail = f"the file has {count} lines that begin with %, more than {MAX_DIRECTIVES}"
        raise EditRefused(Code.EDIT_TOO_LARGE, path, 0, detail, "remove the directives")


class _Builder:
    """Puts nodes together from events; its lists are what has been read so far."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.documents: list[Node] = []
        self.events: list[Event] = []
        self.aliases: list[Alias] = []
        self._anchors: dict[str, tuple[Node, int] | None] = {}  # each node with the number of its events
        self._repeated = 0
        self._open: list[tuple[yaml.CollectionStartEvent, int, list[Node]]] = []

    def take(self, event: yaml.Event) -> None:
        """Read one event; raises EditRefused where a bound is passed."""
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.CollectionStartEvent():
                self._begin(event)
            case yaml.CollectionEndEvent():
                self._end(event)
            case yaml.DocumentStartEvent():
                self._anchors = {}
                self._note(event, Event("document", f"{event.explicit} {event.version} {event.tags}"))
            case yaml.DocumentEndEvent():
                self._note(event, Event("end of document", str(event.explicit)))

    def _note(self, event: yaml.Event, outline: Event) -> int:
        if len(self.events) >= MAX_EVENTS:
            raise self._refused(Code.EDIT_TOO_LARGE, event, f"the file has more than {MAX_EVENTS} nodes", "split it")
        self.events.append(outline)
        return len(self.events) - 1

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        style, anchor, tag = event.style or "", event.anchor or "", event.tag or ""
        index = self._note(event, Event("scalar", event.value, style, anchor, tag))
        self._add(Scalar(_span(event, event, index), event.value, style, anchor, tag))

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        if len(self.aliases) >= MAX_ALIASES:
            raise self._refused(Code.EDIT_TOO_LARGE, event, f"more than {MAX_ALIASES} aliases", "write the values out")
        known = self._anchors.get(name)
        if known is None:
            detail = f"the alias *{name[:100]} stands for nothing that is complete before it"
            raise self._refused(Code.EDIT_UNPARSEABLE, event, detail, "name an earlier anchor")
        target, size = known
        self._repeated += size
        if self._repeated > MAX_EVENTS:
            detail = f"the aliases of the file repeat more than {MAX_EVENTS} nodes"
            raise self._refused(Code.EDIT_TOO_LARGE, event, detail, "split it")
        alias = Alias(_span(event, event, self._note(event, Event("alias", anchor=name))), target)
        self.aliases.append(alias)
        self._add(alias)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise self._refused(Code.EDIT_TOO_DEEP, event, f"nested deeper than {MAX_DEPTH}", "flatten the document")
        kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
        style = "flow" if event.flow_style else "block"
        index = self._note(event, Event(kind, style=style, anchor=event.anchor or "", tag=event.tag or ""))
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append((event, index, []))

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        self._note(event, Event("end of collection"))
        start, index, children = self._open.pop()
        span, flow = _span(start, event, index), bool(start.flow_style)
        anchor, tag = start.anchor or "", start.tag or ""
        if isinstance(start, yaml.MappingStartEvent):
            entries = _entries(children)
            self._add(Mapping(span, entries, flow, anchor, tag, index_of(entries)))
        else:
            self._add(Sequence(span, tuple(children), flow, anchor, tag))

    def _add(self, node: Node) -> None:
        if not isinstance(node, Alias) and node.anchor:
            self._anchors[node.anchor] = (node, len(self.events) - node.span.event)
        if self._open:
            self._open[-1][2].append(node)
        else:
            self.documents.append(node)

    def _refused(self, code: Code, event: yaml.Event, detail: str, remedy: str) -> EditRefused:
        assert event.start_mark is not None
        return EditRefused(code, self.path, event.start_mark.line + 1, detail, remedy)


def _entries(children: Items[Node]) -> tuple[Entry, ...]:
    return tuple(Entry(key, value) for key, value in zip(children[::2], children[1::2], strict=True))


def _span(first: yaml.Event, last: yaml.Event, index: int) -> Span:
    start, end = first.start_mark, last.end_mark
    assert start is not None
    assert end is not None
    return Span(start.index, end.index, start.line, end.line, start.column, index)
