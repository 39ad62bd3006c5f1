"""What the lookup benchmark's two processes tell the test, as values that travel as lines of JSON."""

from dataclasses import dataclass, field
from enum import Enum

from pydantic import TypeAdapter

from promoter.transport.registry_wire import RequestKind, RequestSeen


class Budget(Enum):
    """What a registry request is for."""

    TAG_LIST = "tag list"  # discovery
    NEW_TAG = "manifest by tag"  # discovery
    WATCH = "HEAD by tag"  # tag watch
    REFERRERS = "referrers"  # evidence re-check
    FALLBACK = "fallback tag"  # evidence re-check where there is no referrers API
    MANIFEST = "manifest by digest"  # evidence, once
    BLOB = "blob"  # evidence, once
    OTHER = "other"


DISCOVERY = (Budget.TAG_LIST, Budget.NEW_TAG)
RECHECK = (Budget.REFERRERS, Budget.FALLBACK)
EVIDENCE = (Budget.MANIFEST, Budget.BLOB)


def budget_of(request: RequestSeen) -> Budget:
    """Tell what a request was for, from its method and path alone."""
    reference = request.path.rpartition("/")[2]
    match request.kind, request.method:
        case RequestKind.TAGS, _:
            return Budget.TAG_LIST
        case RequestKind.MANIFEST, "HEAD":
            return Budget.WATCH
        case RequestKind.MANIFEST, "GET":
            by_tag = Budget.FALLBACK if reference.startswith("sha256-") else Budget.NEW_TAG
            return Budget.MANIFEST if reference.startswith("sha256:") else by_tag
        case RequestKind.REFERRERS, _:
            return Budget.REFERRERS
        case RequestKind.BLOB, _:
            return Budget.BLOB
        case _:
            return Budget.OTHER


@dataclass(frozen=True, slots=True)
class PassFigures:
    """One pass over every service, as the bot's process measured it. Memory in MB, times in seconds."""

    requests: dict[str, int]  # by budget
    discovery_most: int  # of any one service
    watch_most: int  # of any one tag
    recheck_most: int  # of any one digest
    in_flight: int  # digests of all services together
    entries: int  # written to the ledger
    actions: int
    troubles: tuple[str, ...]
    wall: float
    cpu: float  # of the bot's own process
    git_cpu: float  # of the gits that it ran
    memory: float  # resident at the end of the pass
    peak: float  # resident, at most, since the process began

    def count(self, *budgets: Budget) -> int:
        """Give the requests of these budgets together."""
        return sum(self.requests.get(budget.value, 0) for budget in budgets)


@dataclass(frozen=True, slots=True)
class WorldFigures:
    """What the forge has answered since it began: API requests and git requests over HTTP."""

    api: int
    git: int

    def since(self, before: "WorldFigures") -> "WorldFigures":
        """Give what came after an earlier look."""
        return WorldFigures(self.api - before.api, self.git - before.git)


@dataclass(frozen=True, slots=True)
class WorldReady:
    """The world stands: the bot's configuration directory, the variables that fill it in, and how long it took."""

    config: str
    variables: dict[str, str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Start:
    """How a bot came up: seconds for its imports and wiring, resident MB then."""

    seconds: float
    memory: float


@dataclass(frozen=True, slots=True)
class Row:
    """A pass as both sides saw it, under a name."""

    name: str
    services: int
    bot: PassFigures
    world: WorldFigures = field(default_factory=lambda: WorldFigures(0, 0))


PASS: TypeAdapter[PassFigures] = TypeAdapter(PassFigures)
WORLD: TypeAdapter[WorldFigures] = TypeAdapter(WorldFigures)
READY: TypeAdapter[WorldReady] = TypeAdapter(WorldReady)
START: TypeAdapter[Start] = TypeAdapter(Start)
