"""Builds what says what really runs in each environment, from the configuration. A part of `wiring`."""

from collections.abc import Mapping
from pathlib import Path

from promoter.adapters.cluster_argocd import ArgoCluster
from promoter.adapters.cluster_flux import FluxCluster, FluxObject
from promoter.adapters.cluster_prometheus import PrometheusCluster
from promoter.config import PromoterFile
from promoter.config_files import HealthFile
from promoter.core.runtime import HealthSource
from promoter.ports import Cluster
from promoter.strict_yaml import ConfigError
from promoter.transport.json_get import JsonClient


def open_clusters(main: PromoterFile, directory: Path) -> Mapping[str, Cluster]:
    """Build one for every environment that asks one; raises ConfigError for a file that is not there."""
    place = "health.{}" if main.health else "environments.{}.health"
    return {
        name: _open(file, directory, place.format(name))
        for name, file in main.health_files.items()
        if file.source is not HealthSource.REPORTED
    }


def _open(file: HealthFile, directory: Path, key: str) -> Cluster:
    token = _present(directory, file.token_file, f"{key}.token_file")
    client = JsonClient(file.url or "", token, _present(directory, file.ca_file, f"{key}.ca_file"))
    if file.source is HealthSource.ARGOCD:
        return ArgoCluster(client, file.namespace, file.name)
    if file.source is HealthSource.FLUX:
        return FluxCluster(client, FluxObject(file.kind, file.namespace, file.name))
    return PrometheusCluster(client, file.query)


def _present(directory: Path, path: Path | None, key: str) -> Path | None:
    if path is None:
        return None
    found = directory / path
    if not found.is_file():
        raise ConfigError(f"{key}: {found} is no file that can be read")
    return found
