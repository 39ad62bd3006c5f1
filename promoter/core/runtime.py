"""What really runs in an environment, as its cluster or monitoring says it, and whether it is healthy."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from promoter.core.candidate import Digest


class Health(Enum):
    """How what runs is doing, in one word for every source. Only `HEALTHY` lets a soak begin or a gate open."""

    HEALTHY = "healthy"
    PROGRESSING = "progressing"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


class HealthSource(Enum):
    """Where the health of what runs is asked for."""

    ARGOCD = "argocd"
    FLUX = "flux"
    PROMETHEUS = "prometheus"
    REPORTED = "reported"
    """From what `promoter observe` wrote down: a pipeline or admission controller tells the bot itself."""


class FluxKind(Enum):
    """The kinds of objects that Flux reconciles."""

    KUSTOMIZATION = "kustomization"
    HELM_RELEASE = "helmrelease"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What a source says of one service in one environment; what it does not say is empty.

    `digests` are the images that it sees running, `revision` is the git commit that it applied, `identity` names the
    object that said so (kind, namespace, name and its uid), `at` is the source's own time, `detail` its own words.
    """

    health: Health
    source: HealthSource
    digests: tuple[Digest, ...] = ()
    revision: str = ""
    identity: str = ""
    at: datetime | None = None
    detail: str = ""  # foreign text

    def runs(self, digest: str) -> bool:
        """Tell whether it may be about a digest: a source that names images must name it."""
        return not self.digests or digest in self.digests
