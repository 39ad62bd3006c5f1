"""In-toto links: one step of a supply chain, with what went into it and what came out.

Only a SHA-256 binds: an artifact without one keeps its name and has no digest here, so that it matches nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates import types
from promoter.core.predicates.body import MAX_TEXT, Body, body_of

_MAX_ARTIFACTS: Final = 10_000


@dataclass(frozen=True, slots=True)
class LinkArtifact:
    """A file or image by name, with its digest as `sha256:...`, empty where none was recorded."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Link:
    """One step. `products` is None where the statement's subjects are the products (link v0.3)."""

    step: str
    materials: tuple[LinkArtifact, ...]
    products: tuple[LinkArtifact, ...] | None


def read_link(predicate_type: str, predicate: object) -> Link:
    """Read a link of either shape; raises Malformed with STEPS_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.STEPS_UNPARSEABLE)
    step = whole.required_text("name")
    if predicate_type in types.LINK_MAPS:
        return Link(step, tuple(_from_map(whole, "materials")), tuple(_from_map(whole, "products")))
    return Link(step, _from_list(whole), None)


def _from_map(whole: Body, name: str) -> Iterator[LinkArtifact]:
    artifacts = whole.body(name)
    if len(artifacts.members) > _MAX_ARTIFACTS:
        raise whole.refusal(name, f"has {len(artifacts.members)} entries, more than {_MAX_ARTIFACTS} are not read")
    for index, (path, digest) in enumerate(artifacts.members.items()):
        if len(path) > MAX_TEXT:
            raise whole.refusal(name, f"has a name of more than {MAX_TEXT} characters")
        entry = Body({"digest": digest}, f"{name}[{index}]", whole.code)  # a path may hold anything: its place is named
        yield LinkArtifact(path, entry.sha256("digest"))


def _from_list(whole: Body) -> tuple[LinkArtifact, ...]:
    """Read named materials; a name that stands there twice would make "the same artifact" ambiguous."""
    listed = whole.bodies("materials", _MAX_ARTIFACTS)
    artifacts = tuple(LinkArtifact(item.required_text("name"), item.sha256("digest")) for item in listed)
    if len({item.name for item in artifacts}) < len(artifacts):
        raise whole.refusal("materials", "names one artifact twice")
    return artifacts
