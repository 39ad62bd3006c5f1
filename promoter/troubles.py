"""What outside did not answer as it should, written down once for as long as it lasts."""

import logging
from collections.abc import Callable
from datetime import datetime

from promoter.core.history import History
from promoter.core.record import AnyEntry, OutsideFailed, OutsideRecovered
from promoter.journal import Journal
from promoter.ports import OutsideError

_LOG = logging.getLogger("promoter")


class Troubles:
    """Writes down that something fails, and that it answers again."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._unwritten: dict[str, OutsideError] = {}

    def failed(self, service: str, what: str, error: OutsideError, now: datetime) -> None:
        """Write down that something does not answer, once per code.

        Raises nothing where the ledger itself does not answer: `unwritten` gives that.
        """

        def entries(history: History) -> tuple[AnyEntry, ...]:
            if history.failing.get(what) == error.code.value:
                return ()
            detail = error.detail[:1000]
            return (OutsideFailed(at=now, service=service, what=what, code=error.code.value, detail=detail),)

        try:
            self._journal.write(service, entries)
        except OutsideError as unwritten:
            self._unwritten[service] = unwritten
            _LOG.warning("%s: %s: %s; not written down: %s", service, what, error, unwritten)

    def unwritten(self, service: str) -> OutsideError | None:
        """Give why something could not be written down since this was asked last; None where all of it was."""
        return self._unwritten.pop(service, None)

    def settle(self, service: str, is_over: Callable[[str], bool], now: datetime) -> None:
        """Write down that what is over does not fail any more, for nobody asks it again."""
        for what in self._journal.history(service).failing:
            if is_over(what):
                self.recovered(service, what, now)

    def recovered(self, service: str, what: str, now: datetime) -> None:
        """Write down that it answers again."""

        def entries(history: History) -> tuple[AnyEntry, ...]:
            return (OutsideRecovered(at=now, service=service, what=what),) if what in history.failing else ()

        self._journal.write(service, entries)
