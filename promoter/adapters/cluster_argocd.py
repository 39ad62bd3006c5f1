"""`ports.Cluster` over the Kubernetes API: the status of an Argo CD Application (argoproj.io/v1alpha1)."""

from typing import Final
from urllib.parse import quote

from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.image_reference import is_named, parse_image
from promoter.core.predicates.body import Body
from promoter.core.runtime import Health, HealthSource, Runtime
from promoter.core.strict_json import Malformed
from promoter.ports import OutsideError, Running
from promoter.transport.json_get import JsonClient
from promoter.transport.placeholders import fill

_IMAGES: Final = 1_000
_DETAIL: Final = 300
_HEALTH: Final = {
    "Healthy": Health.HEALTHY,
    "Progressing": Health.PROGRESSING,
    "Suspended": Health.PROGRESSING,
    "Degraded": Health.DEGRADED,
    "Missing": Health.DEGRADED,
}


class ArgoCluster:
    """Reads one Application for each service; its name and namespace may hold {service} and {environment}."""

    def __init__(self, client: JsonClient, namespace: str, name: str) -> None:
        self._client = client
        self._namespace = namespace
        self._name = name

    def runtime(self, about: Running) -> Runtime:
        namespace, name = fill(self._namespace, about), fill(self._name, about)
        path = f"/apis/argoproj.io/v1alpha1/namespaces/{quote(namespace, '')}/applications/{quote(name, '')}"
        what = f"Argo CD application {namespace}/{name}"
        document = self._client.get(path, what)
        try:
            return _read(document, about, f"Application {namespace}/{name}")
        except Malformed as malformed:
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: {malformed.detail}") from None


def _read(document: Body, about: Running, name: str) -> Runtime:
    """Take what was synchronised and is healthy for healthy; what is out of sync is still coming."""
    status, metadata = document.body("status"), document.body("metadata")
    health, sync = status.body("health"), status.body("sync")
    state = _HEALTH.get(health.text("status"), Health.UNKNOWN)
    is_synced = sync.text("status") == "Synced"
    detail = health.short_text("message", _DETAIL)
    if state is Health.HEALTHY and not is_synced:
        state, detail = Health.PROGRESSING, f"sync status {sync.short_text('status', 40) or 'unknown'}"
    return Runtime(
        health=state,
        source=HealthSource.ARGOCD,
        digests=_digests(status.body("summary"), about),
        revision=sync.short_text("revision", 100),
        identity=f"{name} (uid {metadata.short_text('uid', 60) or 'unknown'})",
        at=status.body("operationState").time("finishedAt") or status.time("reconciledAt"),
        detail=detail,
    )


def _digests(summary: Body, about: Running) -> tuple[Digest, ...]:
    """Give the digests of the service's own image that the application runs; images by tag alone name none."""
    images = (parse_image(text) for text in summary.texts("images", _IMAGES))
    named = {image.digest for image in images if image and image.digest and is_named(image.name, about.repository)}
    return tuple(sorted(named))
