"""`ports.Cluster` over the Kubernetes API: the status of a Flux Kustomization or HelmRelease.

Flux says which git revision it applied and not which images run, so the revision tells whether it is about a promotion.
"""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from promoter.core.codes import Code
from promoter.core.predicates.body import Body
from promoter.core.runtime import FluxKind, Health, HealthSource, Runtime
from promoter.core.strict_json import Malformed
from promoter.ports import OutsideError, Running
from promoter.transport.json_get import JsonClient
from promoter.transport.placeholders import fill

_CONDITIONS: Final = 100
_DETAIL: Final = 300
_COMING: Final = frozenset({"Progressing", "ProgressingWithRetry", "DependencyNotReady"})


_PLACES: Final = {
    FluxKind.KUSTOMIZATION: ("kustomize.toolkit.fluxcd.io/v1", "kustomizations"),
    FluxKind.HELM_RELEASE: ("helm.toolkit.fluxcd.io/v2", "helmreleases"),
}


@dataclass(frozen=True, slots=True)
class FluxObject:
    """The object that reconciles a service; namespace and name may hold {service} and {environment}."""

    kind: FluxKind
    namespace: str
    name: str


class FluxCluster:
    """Reads one Kustomization or HelmRelease for each service."""

    def __init__(self, client: JsonClient, place: FluxObject) -> None:
        self._client = client
        self._place = place

    def runtime(self, about: Running) -> Runtime:
        api, plural = _PLACES[self._place.kind]
        namespace, name = fill(self._place.namespace, about), fill(self._place.name, about)
        what = f"Flux {self._place.kind.value} {namespace}/{name}"
        document = self._client.get(f"/apis/{api}/namespaces/{quote(namespace, '')}/{plural}/{quote(name, '')}", what)
        try:
            return _read(document, f"{self._place.kind.value} {namespace}/{name}")
        except Malformed as malformed:
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: {malformed.detail}") from None


def _read(document: Body, name: str) -> Runtime:
    """Take the condition Ready for what it says, if it is about the newest generation of the object."""
    status, metadata = document.body("status"), document.body("metadata")
    ready = next((one for one in status.bodies("conditions", _CONDITIONS) if one.text("type") == "Ready"), None)
    is_current = metadata.number("generation") == status.number("observedGeneration")
    state, detail = _health(ready)
    if state is Health.HEALTHY and not is_current:
        state, detail = Health.PROGRESSING, "its newest generation is not reconciled yet"
    return Runtime(
        health=state,
        source=HealthSource.FLUX,
        revision=status.short_text("lastAppliedRevision", 200),
        identity=f"{name} (uid {metadata.short_text('uid', 60) or 'unknown'})",
        at=ready.time("lastTransitionTime") if ready else None,
        detail=detail,
    )


def _health(ready: Body | None) -> tuple[Health, str]:
    if ready is None:
        return Health.UNKNOWN, "it has no condition Ready"
    word, reason = ready.text("status"), ready.short_text("reason", 100)
    if word == "True":
        return Health.HEALTHY, ""
    state = Health.PROGRESSING if word == "Unknown" or reason in _COMING else Health.DEGRADED
    return state, ready.short_text("message", _DETAIL) or reason
