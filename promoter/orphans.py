"""Proposals of ours that are still open and that no service of the configuration stands for any more.

Whoever removes or renames a service, or takes an environment from it, leaves its pull request behind: its check stays
as it last was, green perhaps, and people can merge it, while nobody looks whether it is still right.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from promoter.config import Configuration
from promoter.core.candidate import Candidate
from promoter.core.history import History
from promoter.core.overview import Place, Row
from promoter.core.standing import OPEN
from promoter.journal import Journal

REMEDY = "close it, or configure the service and environment again"


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
        orphan for name in journal.services() for orphan in _orphans(name, journal.history(name), configuration)
    )


def _orphans(service: str, history: History, configuration: Configuration) -> Iterator[Orphan]:
    known = configuration.services.get(service)
    for (environment, candidate), spot in history.spots.items():
        if spot.standing not in OPEN or (known and environment in known.targets):
            continue
        why = f"pull request #{spot.number} is open and not watched any more: not configured; {REMEDY}"
        eligibility, standing = spot.eligibility.value, spot.standing.value
        place = Place(candidate.release, candidate.digest, eligibility, standing, (why,), spot.number, spot.since)
        yield Orphan(environment, candidate, place)
