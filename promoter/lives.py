"""Writes the lives of exceptions into the ledger: every step once, its body durable before."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import TypeAdapter

from promoter.config import Configuration
from promoter.core.estate import Estate
from promoter.core.exception_life import body_of, steps_due, steps_of, uses_of
from promoter.core.policy_exception import Granted, PolicyException
from promoter.core.record import AnyEntry, Incident
from promoter.core.record_estate import ExceptionMoved, ExceptionStep
from promoter.core.verdict import Verdict
from promoter.grants import Grants
from promoter.journal import Journal
from promoter.ports import Blobs

_BODY: TypeAdapter[dict[str, PolicyException]] = TypeAdapter(dict[str, PolicyException])
_ENDED = {ExceptionStep.EXPIRED, ExceptionStep.REVOKED}


class Lives:
    """Follows exceptions under one configuration."""

    def __init__(self, configuration: Configuration, grants: Grants, journal: Journal, blobs: Blobs) -> None:
        self._rules = {name: policy.exceptions for name, policy in configuration.policies.items()}
        self._grants = grants
        self._journal = journal
        self._blobs = blobs

    def follow(self, verdicts: Iterable[Verdict], now: datetime) -> None:
        """Write down every step that happened since the last time; a second call writes nothing."""
        verdicts = tuple(verdicts)
        seen = {one.exception.digest: one for one in self._grants.all(now)}
        seen |= {one.exception.digest: one for verdict in verdicts for one in verdict.considered}
        uses = uses_of(verdicts)

        def entries(estate: Estate) -> tuple[AnyEntry, ...]:
            unseen = (one for one in self._unseen(estate) if one.exception.digest not in seen)
            due = steps_due((*seen.values(), *unseen), uses, self._rules, estate, now)
            return tuple(one for one in due if not (isinstance(one, Incident) and self._is_told(one)))

        estate = self._journal.estate()
        for one in seen.values():
            if not steps_of(one.exception, estate):
                self._blobs.put(body_of(one.exception))
        if seen or estate.exceptions:
            self._journal.write_estate(entries)

    def _unseen(self, estate: Estate) -> Iterable[Granted]:
        """Give exceptions that the ledger knows, that have not ended, and that are not before us now."""
        for steps in estate.exceptions.values():
            open_ = {step.body for step in steps} - {step.body for step in steps if _is_over(step, steps)}
            for body in sorted(open_):
                raw = self._blobs.get(body)
                if raw is not None:
                    yield Granted(exception=read_body(raw))

    def _is_told(self, incident: Incident) -> bool:
        if incident.what == "break-glass":
            return False  # it comes with its step, which is written once
        return any(
            (one.what, one.detail) == (incident.what, incident.detail)
            for one in self._journal.history(incident.service).incidents
        )


def read_body(raw: bytes) -> PolicyException:
    """Read an exception as it is kept; raises ValueError."""
    return _BODY.validate_json(raw)["exception"]


def _is_over(step: ExceptionMoved, steps: Iterable[ExceptionMoved]) -> bool:
    """Tell whether a step ends its body's life; used break-glass lives on until it is reviewed."""
    if step.step is ExceptionStep.REVIEWED:
        return True
    used = any(one.body == step.body and one.step is ExceptionStep.USED for one in steps)
    return step.step in _ENDED and not used
