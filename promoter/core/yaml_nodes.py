"""A YAML file in memory: nodes that know the characters they were read from, and the file's events.

Nothing is resolved here: a scalar is its text, an alias is not the node that it stands for, duplicate and merge keys
stay as they are. Whoever reads a value decides what these mean.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """What one parser event says apart from its place: two files with equal events hold equal documents."""

    kind: str
    value: str = ""
    style: str = ""
    anchor: str = ""
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a node stands: characters from `start` to `end`, lines and columns from 0, `event` its place in the events.

    The marks of an anchored or tagged node begin at its anchor or tag.
    """

    start: int
    end: int
    line: int
    last_line: int
    column: int
    event: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text. `style` is empty for a plain one, otherwise one of the four indicators that YAML has."""

    span: Span
    value: str
    style: str
    anchor: str
    tag: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes; `flow` tells `[]` from indentation."""

    span: Span
    items: tuple["Node", ...]
    flow: bool
    anchor: str
    tag: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping and its value."""

    key: "Node"
    value: "Node"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Entries in the file's order, duplicate and merge keys as they stand; `flow` tells `{}` from indentation."""

    span: Span
    entries: tuple[Entry, ...]
    flow: bool
    anchor: str
    tag: str
    index: dict[str, list[int]] = field(repr=False, compare=False)

    def positions(self, key: str) -> tuple[int, ...]:
        """Give where in the entries a key stands, without looking at the others: files may have very many."""
        return tuple(self.index.get(key, ()))


@dataclass(frozen=True, slots=True)
class Alias:
    """`*name`, with the node that it stands for."""

    span: Span
    target: "Node"


Node = Scalar | Sequence | Mapping | Alias


def key_text(key: Node) -> str | None:
    """Give the text of a key, through an alias; None where the key is a collection."""
    key = key.target if isinstance(key, Alias) else key
    return key.value if isinstance(key, Scalar) else None


def index_of(entries: tuple[Entry, ...]) -> dict[str, list[int]]:
    """Give the positions of every key that is a text."""
    index: dict[str, list[int]] = {}
    for position, entry in enumerate(entries):
        key = key_text(entry.key)
        if key is not None:
            index.setdefault(key, []).append(position)
    return index


@dataclass(frozen=True, slots=True)
class Stream:
    """A whole file: its text without the byte order mark, the root of every document, and its events."""

    path: str
    bom: bytes
    text: str = field(repr=False)
    documents: tuple[Node, ...] = field(repr=False)
    events: tuple[Event, ...] = field(repr=False)
    aliases: tuple[Alias, ...] = field(repr=False)
    repeated: frozenset[int] = field(repr=False)  # where in the events the nodes stand that aliases repeat

    def raw(self) -> bytes:
        """Give the bytes of the file, as they were read."""
        return self.bom + self.text.encode()
