"""The promotion graph and the services that travel through it, as configured."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum

from promoter.core.candidate import Repository
from promoter.core.circumstances import ServiceFacts
from promoter.core.identity import Placeholders
from promoter.core.releases import ReleaseRule
from promoter.core.runtime import HealthSource
from promoter.core.target import Target


class MergeMode(Enum):
    """Who merges a proposal whose check is green: the bot, or people through the forge."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A node of the promotion graph. `soak` is how long a release runs here before it counts as settled."""

    name: str
    after: tuple[str, ...] = ()
    soak: timedelta = timedelta(0)
    approvals: int = 0
    merge: MergeMode = MergeMode.MANUAL
    health: HealthSource | None = None  # what must say that a release is healthy before it settles here; None: nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One deployable thing: where its releases, its source and its pins stand."""

    name: str
    image: Repository
    source: str  # URL of the source repository
    tag: str  # pattern of the git tag: "v{release}"
    releases: ReleaseRule
    targets: Mapping[str, tuple[Target, ...]]  # by environment
    facts: ServiceFacts = field(default_factory=ServiceFacts)

    def placeholders(self, release: str) -> Placeholders:
        """Give what the placeholders of a policy stand for, for one release of this service."""
        return Placeholders(self.source, self.tag.replace("{release}", release), release)


def subgraph(graph: tuple[Environment, ...], names: Collection[str]) -> tuple[Environment, ...]:
    """Give the part of the graph that a service has; what stood after a left-out environment stands after its own."""
    nodes = {node.name: node for node in graph}

    def upstream(name: str) -> tuple[str, ...]:
        return (name,) if name in names else tuple(u for before in nodes[name].after for u in upstream(before))

    return tuple(
        replace(node, after=tuple(dict.fromkeys(u for before in node.after for u in upstream(before))))
        for node in graph
        if node.name in names
    )


def branch_name(environment: str, service: str) -> str:
    """Give the one branch that proposals of a service for an environment stand on."""
    return f"promote/{environment}/{service}"
