"""A cluster and its monitoring on loopback: Argo CD and Flux objects in the Kubernetes API, and Prometheus queries."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(slots=True)
class ClusterState:
    """What the cluster answers: objects by their path, and query results by the query's text."""

    objects: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    results: dict[str, list[float]] = field(default_factory=dict)
    token: str = "cluster-token"
    asked: list[str] = field(default_factory=list)


def argo_path(namespace: str, name: str) -> str:
    """Give the path of an Argo CD Application."""
    return f"/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications/{name}"


def flux_path(namespace: str, name: str) -> str:
    """Give the path of a Flux Kustomization."""
    return f"/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/{namespace}/kustomizations/{name}"


def argo_application(health: str, *images: str, revision: str = "", sync: str = "Synced") -> dict[str, Any]:
    """Give an Application as Argo CD keeps it."""
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"uid": "3f1a"},
        "status": {
            "health": {"status": health, "message": "" if health == "Healthy" else "2 of 3 pods are ready"},
            "sync": {"status": sync, "revision": revision},
            "summary": {"images": list(images)},
            "operationState": {"finishedAt": "2026-11-21T11:00:00Z"},
        },
    }


def flux_kustomization(ready: str, revision: str, reason: str = "ReconciliationSucceeded") -> dict[str, Any]:
    """Give a Kustomization as Flux keeps it."""
    condition = {
        "type": "Ready",
        "status": ready,
        "reason": reason,
        "message": "" if ready == "True" else "health check failed",
        "lastTransitionTime": "2026-11-21T11:00:00Z",
    }
    return {
        "metadata": {"uid": "9c2b", "generation": 4},
        "status": {"observedGeneration": 4, "lastAppliedRevision": revision, "conditions": [condition]},
    }


class LocalCluster:
    """The server; use it as a context manager."""

    def __init__(self) -> None:
        self.state = ClusterState()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.state = self.state
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The server's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    state: ClusterState


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Answer one request as the real ones do."""
        state, parts = self.server.state, urlsplit(self.path)
        state.asked.append(unquote(self.path))
        if self.headers.get("Authorization") != f"Bearer {state.token}":
            self._answer(401, {"kind": "Status", "message": "Unauthorized"})
        elif parts.path == "/api/v1/query":
            query = parse_qs(parts.query).get("query", [""])[0]
            result = [{"metric": {}, "value": [1763722800.0, f"{value:g}"]} for value in state.results.get(query, [])]
            self._answer(200, {"status": "success", "data": {"resultType": "vector", "result": result}})
        elif parts.path in state.objects:
            self._answer(200, state.objects[parts.path])
        else:
            self._answer(404, {"kind": "Status", "reason": "NotFound"})

    def _answer(self, status: int, document: Mapping[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - http.server's own name
        """Say nothing."""
