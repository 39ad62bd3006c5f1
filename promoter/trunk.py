"""The environment repository's base branch as it was fetched last, the same for all services for a moment."""

import logging
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from promoter.core.environment import Service
from promoter.ports import EnvironmentRepo, OutsideError

_LOG = logging.getLogger("promoter")


class Trunk:
    """Fetches the base branch when it is wanted fresh or older than the patience; safe for several threads.

    What the services pin is fetched with a new commit, all files in one request: each would else be one of its own.
    """

    def __init__(self, environments: EnvironmentRepo, services: Iterable[Service], patience: timedelta) -> None:
        self._environments = environments
        self._paths = tuple(sorted({path for service in services for path in _paths(service)}))
        self.patience = patience
        self._lock = threading.Lock()
        self._commit = ""
        self._at: datetime | None = None

    def commit(self, now: datetime, *, fresh: bool) -> str:
        """Give the base branch's commit. Raises OutsideError."""
        with self._lock:
            if fresh or self._at is None or abs(now - self._at) >= self.patience:  # a clock may be set back
                commit = self._environments.refresh()
                if commit != self._commit:
                    self._bring(commit)
                self._commit, self._at = commit, now
            return self._commit

    def _bring(self, commit: str) -> None:
        """Bring the files near; where that fails, each is asked for by the service that pins it, and is its trouble."""
        try:
            self._environments.bring(commit, self._paths)
        except OutsideError as error:
            _LOG.warning("the pinned files at %s could not be fetched together: %s", commit[:12], error)


def _paths(service: Service) -> Iterable[str]:
    return (target.path for targets in service.targets.values() for target in targets)
