"""Puts together what a verdict rests on besides evidence: from configuration, ledger and what was seen. Asks nobody."""

from dataclasses import replace
from datetime import datetime

from promoter.config import Configuration
from promoter.core.candidate import Candidate
from promoter.core.circumstances import Approval, Circumstances
from promoter.core.environment import Service
from promoter.core.history import History
from promoter.core.plan import is_return
from promoter.core.running import running_beside
from promoter.core.sight import PullSight
from promoter.core.view import View
from promoter.grants import Grants


class Assembler:
    """Circumstances of verdicts under one configuration."""

    def __init__(self, configuration: Configuration, grants: Grants) -> None:
        self.configuration = configuration
        self._bundle = configuration.bundle.digest
        self._roles = configuration.promoter.roles.known
        self._grants = grants

    def apart(self, service: Service, now: datetime, *, is_resolved: bool) -> Circumstances:
        """Give those of a verdict on demand: no environment was looked at, and no ledger was read."""
        exceptions = self._grants.concerning(service.name, now)
        return Circumstances(service=service.facts, exceptions=exceptions, is_resolved=is_resolved, bundle=self._bundle)

    def proposing(self, view: View, environment: str, candidate: Candidate, history: History) -> Circumstances:
        """Give those of a candidate that is or would be proposed in an environment."""
        seen, active = view.sight.environments[environment], view.estate.active
        running = running_beside(view.service, history, seen.pin, candidate)
        if running:
            running = replace(running, is_return_wanted=is_return(history, environment, candidate))
        return Circumstances(
            service=view.service.facts,
            running=running,
            is_resolved=history.known_as(candidate) is not None,
            anchor=view.sight.anchor,
            exceptions=self._grants.concerning(candidate.service, view.sight.now),
            bundle=self._bundle,
            active=active.bundle if active else None,
        )

    def merging(
        self, view: View, environment: str, candidate: Candidate, history: History, pull: PullSight
    ) -> Circumstances:
        """Give those of a proposal that is about to be merged, or was: whose hands it goes through is known, too."""
        merger = "" if pull.merged_by == view.sight.bot else pull.merged_by
        proposing = self.proposing(view, environment, candidate, history)
        return replace(proposing, approvals=approvals_of(pull), merger=merger, roles=self._roles)


def approvals_of(pull: PullSight) -> tuple[Approval, ...] | None:
    """Give the approvals of exactly the head commit that count; None where it is not known whose may."""
    if not (pull.is_counted and pull.is_attributed):
        return None
    return tuple(Approval(login=who.login, user_id=who.user_id, at=who.at, text=who.text) for who in pull.approvers)
