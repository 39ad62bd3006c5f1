"""Proposals of ours that are still open and that no service of the configuration stands for any more.

Whoever removes or renames a service, or takes an environment from it, leaves its pull request behind. Nobody looks
any more whether it is still right, so its check is turned to failure: it may have been green.
"""

import logging
import threading
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from promoter.config import Configuration
from promoter.core.candidate import Candidate
from promoter.core.history import History
from promoter.core.overview import Place, Row
from promoter.core.record import AnyEntry, Checked
from promoter.core.standing import OPEN, Standing
from promoter.journal import Journal
from promoter.outages import SILENT
from promoter.ports import Outside, OutsideError, PullState, StatusState

_LOG = logging.getLogger("promoter")

REMEDY = "close it, or configure the service and environment again"
_SUMMARY = f"not watched any more: not configured; {REMEDY}"


@dataclass(frozen=True, slots=True)
class Orphan:
    """An open pull request that nobody watches, by the ledger."""

    environment: str
    candidate: Candidate
    place: Place

    def __str__(self) -> str:
        about = f"{self.candidate.service} {self.candidate.release} for {self.environment}"
        return f"{about}: {self.place.why[0]}"

    @property
    def row(self) -> Row:
        """The row that stands for it in the table of all services."""
        return Row(self.candidate.service, self.environment, None, "", (self.place,))


def find_orphans(journal: Journal, configuration: Configuration) -> tuple[Orphan, ...]:
    """Find them in the ledger, by service; asks nobody outside. Raises OutsideError."""
    return tuple(
        orphan for name in journal.services() for orphan in _orphans(name, journal.history(name), configuration, OPEN)
    )


class Disowner:
    """Turns the checks of such proposals to failure, each once; safe for several threads.

    Those that a person closed are among them, for a person may open them again.
    """

    def __init__(self, outside: Outside, journal: Journal, configuration: Configuration) -> None:
        self._outside = outside
        self._journal = journal
        self._configuration = configuration
        self._lock = threading.Lock()
        self._left: list[Orphan] | None = None

    def disown(self, now: datetime) -> None:
        """Do what is left to do: what is silent is asked the next time, and what refuses stays as it is, in the log.

        Neither may keep a service that is configured from being looked at. Raises OutsideError for the ledger alone.
        """
        with self._lock:
            if self._left is None:
                self._left = self._find()
            self._left = [orphan for orphan in self._left if not self._is_done(orphan, now)]

    def _find(self) -> list[Orphan]:
        """Find what was not turned red before."""
        found = [
            orphan
            for name in self._journal.services()
            for orphan in _orphans(name, self._journal.history(name), self._configuration, OPEN | {Standing.DECLINED})
        ]
        return [orphan for orphan in found if not self._is_red(orphan)]

    def _is_red(self, orphan: Orphan) -> bool:
        spot = self._journal.history(orphan.candidate.service).spots[orphan.environment, orphan.candidate]
        is_said = spot.checked is not None and spot.checked.summary == _SUMMARY
        return is_said and spot.standing is Standing.DECLINED  # the head of an open one may be another now

    def _is_done(self, orphan: Orphan, now: datetime) -> bool:
        try:
            self._turn_red(orphan, now)
        except OutsideError as error:
            _LOG.warning("%s; its check could not be turned to failure: %s", orphan, error)
            return error.code not in SILENT
        return True

    def _turn_red(self, orphan: Orphan, now: datetime) -> None:
        pull = self._outside.forge.pull(orphan.place.number)
        if pull.state is PullState.MERGED:
            return
        candidate, context = orphan.candidate, f"promoter/{orphan.environment}"

        def entries(history: History) -> tuple[AnyEntry, ...]:
            known = history.spots[orphan.environment, candidate].checked
            if known and (known.head, known.summary) == (pull.head, _SUMMARY):
                return ()
            return (
                Checked(
                    at=now,
                    service=candidate.service,
                    release=candidate.release,
                    digest=candidate.digest,
                    environment=orphan.environment,
                    number=pull.number,
                    head=pull.head,
                    state=StatusState.FAILURE.value,
                    summary=_SUMMARY,
                ),
            )

        self._journal.write(candidate.service, entries)
        self._outside.forge.status(pull.head, context, StatusState.FAILURE, _SUMMARY, pull.url)


def _orphans(
    service: str, history: History, configuration: Configuration, standings: AbstractSet[Standing]
) -> Iterator[Orphan]:
    known = configuration.services.get(service)
    for (environment, candidate), spot in history.spots.items():
        if spot.standing not in standings or (known and environment in known.targets):
            continue
        why = f"pull request #{spot.number} is open and not watched any more: not configured; {REMEDY}"
        eligibility, standing = spot.eligibility.value, spot.standing.value
        place = Place(candidate.release, candidate.digest, eligibility, standing, (why,), spot.number, spot.since)
        yield Orphan(environment, candidate, place)
