"""One action of a plan with everything it concerns, and the entries that tell of it."""

from dataclasses import dataclass

from promoter.core.candidate import Candidate
from promoter.core.environment import Environment, Service, branch_name
from promoter.core.finding import Finding
from promoter.core.history import History
from promoter.core.plan import Action
from promoter.core.record import Announced, StandingMoved
from promoter.core.sight import EnvironmentSight
from promoter.core.standing import StandingEvent, advance
from promoter.core.target import Target
from promoter.core.verdict import Verdict
from promoter.core.view import View


@dataclass(frozen=True, slots=True)
class Stage:
    """One action: the view it was planned on, its environment, what was seen there, and the verdict."""

    view: View
    action: Action
    node: Environment
    seen: EnvironmentSight
    verdict: Verdict

    @property
    def candidate(self) -> Candidate:
        """The candidate that the action is for."""
        return self.action.candidate

    @property
    def service(self) -> Service:
        """The service that the action is for."""
        return self.view.service

    @property
    def branch(self) -> str:
        """The branch of the environment's proposal."""
        return branch_name(self.node.name, self.service.name)

    @property
    def merging(self) -> tuple[Finding, ...]:
        """The findings on merging the proposal; none where it is not open yet."""
        verdict = self.view.merge_of(self.node.name, self.candidate)
        return verdict.merging if verdict else ()

    def targets(self) -> dict[str, tuple[Target, ...]]:
        """Give the targets by file."""
        mine = self.service.targets[self.node.name]
        return {target.path: tuple(other for other in mine if other.path == target.path) for target in mine}

    def announced(self, act: str, *, parent: str = "", head: str = "", number: int = 0) -> Announced:
        """Give the entry that announces an action on this candidate."""
        return Announced(
            at=self.view.sight.now,
            service=self.service.name,
            release=self.candidate.release,
            digest=self.candidate.digest,
            environment=self.node.name,
            act=act,  # type: ignore[arg-type]
            branch=self.branch,
            parent=parent,
            head=head,
            number=number,
        )

    def moved(self, history: History, candidate: Candidate, event: StandingEvent, **details: object) -> StandingMoved:
        """Give the entry of a standing event; `details` are fields of the entry."""
        return StandingMoved(
            at=self.view.sight.now,
            service=candidate.service,
            release=candidate.release,
            digest=candidate.digest,
            environment=self.node.name,
            event=event,
            state=advance(history.spots[self.node.name, candidate].standing, event),
            **details,  # type: ignore[arg-type]
        )
