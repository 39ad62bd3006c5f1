"""The promotion graph and the services that travel through it, as configured."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum
from itertools import chain, product

from promoter.core.candidate import Repository
from promoter.core.canonical import added
from promoter.core.identity import Placeholders
from promoter.core.releases import ReleaseRule
from promoter.core.runtime import HealthSource
from promoter.core.service_facts import ServiceFacts
from promoter.core.target import Target


class MergeMode(Enum):
    """Who merges a proposal whose check is green: the bot, or people through the forge."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


class ProposeMode(Enum):
    """Who says that a release is proposed: the bot as soon as it is eligible, or people by name."""

    AUTOMATIC = "automatic"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A node of the promotion graph. `soak` is how long a release runs here before it counts as settled."""

    name: str
    after: tuple[str, ...] = ()  # a release must have settled in each of them
    either: tuple[tuple[str, ...], ...] = added(())  # and in one of each of these groups
    soak: timedelta = timedelta(0)
    approvals: int = 0
    merge: MergeMode = MergeMode.MANUAL
    health: HealthSource | None = None  # what must say that a release is healthy before it settles here; None: nobody
    propose: ProposeMode = added(ProposeMode.AUTOMATIC)  # noqa: RUF009 - `added` gives a field
    at_once: int | None = added(None)  # services that may be on their way here at the same time

    @property
    def upstream(self) -> tuple[str, ...]:
        """Every environment that this one comes after, once."""
        return tuple(dict.fromkeys((*self.after, *chain.from_iterable(self.either))))


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


_Clauses = tuple[tuple[str, ...], ...]
"""Groups of environments, one of each of which is demanded: a group of one is that environment itself."""


def subgraph(graph: tuple[Environment, ...], names: Collection[str]) -> tuple[Environment, ...]:
    """Give the part of the graph that a service has; what stood after a left-out environment stands after its own.

    A left-out environment that comes after nothing demands nothing, and stands for nobody: where one of several is
    enough, one of the others still is demanded. Demands that follow from others are left away.
    """
    nodes = {node.name: node for node in graph}

    def demands(name: str) -> _Clauses:
        return ((name,),) if name in names else upstream(nodes[name])

    def upstream(node: Environment) -> _Clauses:
        groups = (*((name,) for name in node.after), *node.either)
        return _least(tuple(clause for group in groups for clause in _any_of(tuple(map(demands, group)))))

    return tuple(_after(node, upstream(node)) for node in graph if node.name in names)


def _any_of(members: tuple[_Clauses, ...]) -> _Clauses:
    """Give what is demanded where one of several demands is enough; one that demands nothing is none of them."""
    ways = product(*(one for one in members if one))
    return tuple(tuple(dict.fromkeys(chain.from_iterable(way))) for way in ways if way)


def _least(clauses: _Clauses) -> _Clauses:
    """Leave away every group that contains another one: who meets the smaller meets it too."""
    distinct = {frozenset(clause): clause for clause in reversed(clauses)}
    kept = (clause for clause in clauses if distinct[frozenset(clause)] is clause)
    return tuple(one for one in kept if not any(other < set(one) for other in distinct))


def _after(node: Environment, clauses: _Clauses) -> Environment:
    after = tuple(clause[0] for clause in clauses if len(clause) == 1)
    return replace(node, after=after, either=tuple(clause for clause in clauses if len(clause) > 1))


def branch_name(environment: str, service: str) -> str:
    """Give the one branch that proposals of a service for an environment stand on."""
    return f"promote/{environment}/{service}"
