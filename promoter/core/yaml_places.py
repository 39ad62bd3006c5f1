"""A node of a YAML file together with the way to it, and whether every reader agrees that this is the way.

Rule: looking is lenient, pinning is strict. One may look through aliases, merge keys and duplicate keys to learn what a
file says; a place that is to be rewritten must be reached without them, because its bytes would mean something in
another place too, or nothing at all.
"""

from collections import deque
from dataclasses import dataclass

from promoter.core.codes import Code
from promoter.core.target import EditRefused
from promoter.core.yaml_nodes import Alias, Mapping, Node, Scalar, Sequence, Stream, key_text

MERGE = "<<"
_SHOWN = 200  # characters of a key in the way to a place: every pin below it has one
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step on the way to a node: from a collection by a key or position, or through an alias (empty key)."""

    node: Node
    key: str | int


@dataclass(frozen=True, slots=True)
class Place:
    """A node in a file and the steps that lead to it from the root of its document."""

    stream: Stream
    node: Node
    steps: tuple[Step, ...] = ()

    @property
    def line(self) -> int:
        """The line that the node begins on, from 1."""
        return self.node.span.line + 1

    @property
    def where(self) -> str:
        """The way as people write it: `images[0].newTag`."""
        way = ""
        for step in self.steps:
            if isinstance(step.key, int):
                way += f"[{step.key}]"
            elif step.key:
                way += f".{step.key[:_SHOWN]}" if way else step.key[:_SHOWN]
        return way or "the document"

    def refused(self, code: Code, detail: str, remedy: str, line: int = 0) -> EditRefused:
        """Make the refusal that blames this place, or another line of its file."""
        return EditRefused(code, self.stream.path, line or self.line, f"{self.where[:200]} {detail}", remedy)


def entered(place: Place) -> Place:
    """Give the place that an alias stands for; any other place as it is."""
    node = place.node
    return Place(place.stream, node.target, (*place.steps, Step(node, ""))) if isinstance(node, Alias) else place


def child(place: Place, key: str | int) -> Place | None:
    """Give the value under a key or position, the first of several; None where there is none, merged ones included."""
    place = entered(place)
    node, steps = place.node, place.steps
    if isinstance(node, Sequence) and isinstance(key, int) and key < len(node.items):
        return Place(place.stream, node.items[key], (*steps, Step(node, key)))
    if isinstance(node, Mapping) and (found := node.positions(str(key))):
        return Place(place.stream, node.entries[found[0]].value, (*steps, Step(node, str(key))))
    return None


def children(place: Place) -> tuple[Place, ...]:
    """Give every value in a collection, in order; of a scalar none."""
    place = entered(place)
    node = place.node
    if isinstance(node, Sequence):
        return tuple(
            Place(place.stream, item, (*place.steps, Step(node, index))) for index, item in enumerate(node.items)
        )
    if isinstance(node, Mapping):
        return tuple(
            Place(place.stream, entry.value, (*place.steps, Step(node, key_text(entry.key) or "?")))
            for entry in node.entries
        )
    return ()


def merges(place: Place) -> tuple[Place, ...]:
    """Give every mapping that this one merges into itself by `<<`, without what those merge in turn."""
    place = entered(place)
    node = place.node
    if not isinstance(node, Mapping):
        return ()
    sources: list[Place] = []
    for position in node.positions(MERGE):
        source = entered(Place(place.stream, node.entries[position].value, (*place.steps, Step(node, MERGE))))
        sources += children(source) if isinstance(source.node, Sequence) else (source,)
    return tuple(sources)


def inherited(place: Place, key: str) -> tuple[Place, ...]:
    """Give the values under a key: a mapping's own, else all that it might get by merge keys, nearest first."""
    own = child(place, key)
    if own is not None:
        return (own,)
    found: list[Place] = []
    waiting, seen = deque(merges(place)), {entered(place).node.span.event}
    while waiting:
        source = waiting.popleft()
        event = entered(source).node.span.event
        if event not in seen:
            seen.add(event)
            value = child(source, key)
            found += [value] if value is not None else []
            waiting += merges(source) if value is None else ()
    return tuple(found)


def text(place: Place, key: str) -> str | None:
    """Give the text under a key, None where there is none or it is null. Raises EditRefused where readers disagree."""
    _check_key(entered(place), entered(place).node, key)
    found = inherited(place, key)
    if not found:
        return None
    node = entered(found[0]).node
    if not isinstance(node, Scalar):
        raise found[0].refused(Code.EDIT_NOT_A_SCALAR, "is no text", "write a single value there")
    return None if is_null(node) else node.value


def is_null(node: Scalar) -> bool:
    """Tell whether a scalar is YAML's null: plain, and empty or one of its words."""
    return not node.style and node.value in _NULLS


def refuse_merged(place: Place, key: str) -> None:
    """Refuse a key that a mapping does not hold itself but gets by `<<`."""
    for found in inherited(place, key):
        raise place.refused(
            Code.EDIT_MERGE_KEY,
            f"gets its {key!r} by a merge key (<<) from line {found.line}",
            f"write {key!r} out in the mapping itself",
        )


def check_way(place: Place) -> None:
    """Refuse a place that is not reached in exactly one way, by every reader. Raises EditRefused with the reason."""
    for step in place.steps:
        node = step.node
        if isinstance(node, Alias):
            raise place.refused(
                Code.EDIT_ALIAS, "is reached through an alias", "write the value itself there", node.span.line + 1
            )
        _check_collection(place, node)
        if isinstance(step.key, str):
            _check_key(place, node, step.key)


def _check_collection(place: Place, node: Node) -> None:
    assert not isinstance(node, Alias)
    if node.tag:
        raise place.refused(
            Code.EDIT_TAGGED, f"is inside a node tagged {node.tag[:100]}", "remove the tag", node.span.line + 1
        )
    if node.anchor and node.span.event in place.stream.repeated:
        shared = [alias for alias in place.stream.aliases if alias.target is node]
        raise place.refused(
            Code.EDIT_SHARED,
            f"is inside the anchor &{node.anchor[:100]}, which line {shared[0].span.line + 1} repeats by an alias",
            "write the values out in both places, or keep the pin out of the anchor",
        )


def _check_key(place: Place, node: Node, key: str) -> None:
    if not isinstance(node, Mapping):
        return
    found, merges = node.positions(key), node.positions(MERGE)
    keys = [node.entries[index].key for index in found]
    if key == MERGE:
        raise place.refused(Code.EDIT_MERGE_KEY, "comes from a merge key (<<)", "write it out in the mapping itself")
    if len(found) > 1:
        lines = ", ".join(str(one.span.line + 1) for one in keys[:10])
        raise place.refused(Code.EDIT_DUPLICATE_KEY, f"stands under the key {key!r} of lines {lines}", "keep one")
    if any(isinstance(one, Alias) for one in keys):
        raise place.refused(Code.EDIT_ALIAS, f"stands under an alias for the key {key!r}", "write the key itself")
    if found and merges and merges[-1] > found[0]:
        raise place.refused(
            Code.EDIT_MERGE_KEY,
            f"stands under {key!r}, which a merge key (<<) follows: YAML readers disagree about which one counts",
            "write the merge key first",
        )
