"""Asks the clusters of a service's environments what really runs, once for each look."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from promoter.core.codes import Code
from promoter.core.environment import Environment, Service
from promoter.core.history import History
from promoter.core.runtime import Health, HealthSource, Runtime
from promoter.ports import EnvironmentRepo, Outside, OutsideError, Running
from promoter.troubles import Troubles

_OID = re.compile(r"[0-9a-f]{40}\b")


class Clusters:
    """What runs, by environment; a cluster that does not answer is a trouble, and nothing is known then."""

    def __init__(self, outside: Outside, troubles: Troubles) -> None:
        self._outside = outside
        self._troubles = troubles

    def runtimes(
        self, service: Service, graph: tuple[Environment, ...], history: History, now: datetime
    ) -> Mapping[str, Runtime]:
        """Ask for every environment that has a source of health and runs a release that is known."""
        asked = ((node, history.running(node.name)) for node in graph if node.health)
        found = {}
        for node, running in asked:
            if running:
                about = Running(node.name, service.name, service.image, running.release, running.digest)
                found[node.name] = self._ask(node, about, history, now)
        return found

    def _ask(self, node: Environment, about: Running, history: History, now: datetime) -> Runtime:
        if node.health is HealthSource.REPORTED:
            return reported(history, node.name)
        what = f"health {node.name}"
        try:
            runtime = self._outside.clusters[node.name].runtime(about)
            runtime = _applied(runtime, self._outside.environments, history, node.name)
        except OutsideError as error:
            self._troubles.failed(about.service, what, error, now)
            return Runtime(health=Health.UNKNOWN, source=node.health or HealthSource.REPORTED)
        self._troubles.recovered(about.service, what, now)
        return runtime


def reported(history: History, environment: str) -> Runtime:
    """Give what was reported last; unknown before the first report."""
    seen = history.runtimes.get(environment)
    if seen is None:
        return Runtime(health=Health.UNKNOWN, source=HealthSource.REPORTED)
    return Runtime(
        health=seen.health,
        source=seen.source,
        digests=seen.digests,
        revision=seen.revision,
        identity=seen.identity,
        at=seen.observed,
        detail=seen.detail,
    )


def _applied(runtime: Runtime, environments: EnvironmentRepo, history: History, environment: str) -> Runtime:
    """Take what applied an older commit than the promotion's for still coming: it is healthy with the release before.

    A source that names the images tells more than the commit, and is believed without.
    """
    found, pin = _OID.search(runtime.revision), history.pins.get(environment)
    if runtime.digests or not found or pin is None or runtime.health is not Health.HEALTHY:
        return runtime
    try:
        is_applied = environments.merge_base(found[0], pin.commit) == pin.commit
    except OutsideError as error:
        if error.code is not Code.OUTSIDE_NOT_FOUND:
            raise
        is_applied = False
    if is_applied:
        return runtime
    detail = f"it has applied {found[0][:12]}, which does not hold the promotion's commit {pin.commit[:12]}"
    return replace(runtime, health=Health.PROGRESSING, detail=detail)
