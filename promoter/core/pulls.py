"""What follows from the pull request of a proposal: approved, closed, merged, or merged against the check. Pure."""

from dataclasses import dataclass

from promoter.core.candidate import Candidate
from promoter.core.environment import Environment, branch_name
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.history import History, Spot
from promoter.core.pinning import How, pin_seen, replaced
from promoter.core.record import Announced, AnyEntry, Incident, StandingMoved
from promoter.core.sight import EnvironmentSight, PullSeen, PullSight
from promoter.core.standing import TRANSITIONS as STANDINGS
from promoter.core.standing import Standing, StandingEvent
from promoter.core.standing import advance as advance_standing
from promoter.core.view import View, extend


def follow_proposals(view: View, history: History) -> tuple[AnyEntry, ...]:
    """Give what follows from the pull request of every environment's proposal."""
    entries: list[AnyEntry] = []
    for environment in view.graph:
        found = _of_environment(view, environment, history)
        # what was found open or rewritten may have its approvals already
        entries += [*found, *_of_environment(view, environment, extend(history, found))] if found else ()
    return tuple(entries)


def _of_environment(view: View, environment: Environment, history: History) -> tuple[AnyEntry, ...]:
    seen = view.sight.environments.get(environment.name)
    if not seen or not seen.pull:
        return ()
    candidate = history.open(environment.name)
    if candidate:
        spot = history.spots[environment.name, candidate]
        if spot.number != seen.pull.number:
            return ()  # its own pull request is looked at next
        return _of_pull(_Proposal(view, environment, seen, seen.pull, candidate, spot), history)
    return _found_open(view, environment, seen.pull, history)


def _found_open(view: View, environment: Environment, pull: PullSight, history: History) -> tuple[AnyEntry, ...]:
    """Say that a proposal is open where the ledger knows of none; not one whose end it knows already."""
    announced = history.announced(branch_name(environment.name, view.service.name), pull.head)
    if pull.state is not PullSeen.OPEN or announced is None:
        return ()
    is_possible = is_unfinished(announced, history.spots[environment.name, announced.candidate])
    return _recovered(view, environment, pull, history) if is_possible else ()


def _recovered(view: View, environment: Environment, pull: PullSight, history: History) -> tuple[AnyEntry, ...]:
    """Say that a proposal is open which was announced, and whose opening was not written down before a crash."""
    announced = history.announced(branch_name(environment.name, view.service.name), pull.head)
    if announced is None:
        return ()
    spot = history.spots[environment.name, announced.candidate]
    if (spot.standing, StandingEvent.PR_OPENED) not in STANDINGS:
        return ()
    return (
        StandingMoved(
            at=view.sight.now,
            service=announced.service,
            release=announced.release,
            digest=announced.digest,
            environment=environment.name,
            event=StandingEvent.PR_OPENED,
            state=Standing.PROPOSED,
            number=pull.number,
            head=pull.head,
            detail="found open",
        ),
    )


def is_unfinished(announced: Announced, spot: Spot) -> bool:
    """Tell whether an announced proposal may be open unknown to us.

    Either it never got an outcome, for the bot was stopped in between, or a person may have reopened it.
    """
    return spot.since is None or spot.since < announced.at or spot.standing is Standing.DECLINED


@dataclass(frozen=True, slots=True)
class _Proposal:
    view: View
    environment: Environment
    seen: EnvironmentSight
    pull: PullSight
    candidate: Candidate
    spot: Spot

    def moved(self, event: StandingEvent, *, actor: str = "", detail: str = "", commit: str = "") -> StandingMoved:
        return StandingMoved(
            at=self.view.sight.now,
            service=self.candidate.service,
            release=self.candidate.release,
            digest=self.candidate.digest,
            environment=self.environment.name,
            event=event,
            state=advance_standing(self.spot.standing, event),
            number=self.pull.number,
            head=self.pull.head,
            commit=commit,
            actor=actor,
            detail=detail,
        )


def _of_pull(proposal: _Proposal, history: History) -> tuple[AnyEntry, ...]:
    pull = proposal.pull
    if pull.state is PullSeen.MERGED:
        return _merged(proposal, history) if pull.in_base else ()
    if pull.state is PullSeen.CLOSED:
        is_bot = pull.closed_by == proposal.view.sight.bot
        event = StandingEvent.WITHDRAWN if is_bot else StandingEvent.CLOSED_BY_PERSON
        return (proposal.moved(event, actor=pull.closed_by),)
    if pull.is_ours and pull.head != proposal.spot.head:
        return _pushed(proposal, history)
    if not pull.is_counted:
        return ()
    asked = _asked_of_people(proposal)
    if any(finding.outcome is Outcome.UNDECIDED for finding in asked):
        return ()
    is_approved = is_approved_by(proposal.environment, pull, proposal.spot) and not asked
    if is_approved and proposal.spot.standing is Standing.PROPOSED:
        return (proposal.moved(StandingEvent.APPROVED, actor=name_approvers(pull)),)
    if not is_approved and proposal.spot.standing is Standing.APPROVED:
        return (proposal.moved(StandingEvent.APPROVAL_LOST, detail=_why_lost(proposal)),)
    return ()


def _pushed(proposal: _Proposal, history: History) -> tuple[AnyEntry, ...]:
    """Say whose the head is, where the bot was stopped between pushing a commit and writing that down."""
    branch = branch_name(proposal.environment.name, proposal.candidate.service)
    announced = history.announced(branch, proposal.pull.head)
    if announced is None or announced.candidate == proposal.candidate:
        return (proposal.moved(StandingEvent.REWRITTEN, detail="the rewritten commit had been pushed"),)
    taken_over = _recovered(proposal.view, proposal.environment, proposal.pull, history)
    detail = f"{announced.release} had taken over pull request #{proposal.pull.number}"
    return (proposal.moved(StandingEvent.NEWER_WON, detail=detail), *taken_over) if taken_over else ()


def is_approved_by(environment: Environment, pull: PullSight, spot: Spot) -> bool:
    """Tell whether enough people approve exactly the commit that the bot proposed, and nobody asks for changes."""
    is_same = pull.is_ours and pull.head == spot.head
    return is_same and not pull.refusers and len(pull.approvers) >= environment.approvals


def name_approvers(pull: PullSight) -> str:
    """Name the people whose approval counts, each with the number that the forge never gives to another account."""
    return ", ".join(f"{who.login} ({who.user_id})" for who in pull.approvers) or "no approval needed"


def _why_lost(proposal: _Proposal) -> str:
    if proposal.pull.head != proposal.spot.head:
        return f"the head is {proposal.pull.head[:12]} now, approved was {proposal.spot.head[:12]}"
    if proposal.pull.refusers:
        return f"{', '.join(proposal.pull.refusers)} asked for changes"
    if missing := _people_missing(proposal):
        return missing
    return f"{len(proposal.pull.approvers)} of {proposal.environment.approvals} approvals left"


def _merged(proposal: _Proposal, history: History) -> tuple[AnyEntry, ...]:
    trouble = _out_of_band(proposal)
    event = StandingEvent.PINNED_OUT_OF_BAND if trouble else StandingEvent.MERGED
    pull, candidate, now = proposal.pull, proposal.candidate, proposal.view.sight.now
    entries: list[AnyEntry] = list(
        replaced(proposal.view, proposal.environment.name, (candidate.release, candidate.digest), history)
    )
    entries.append(proposal.moved(event, actor=pull.merged_by, detail=trouble, commit=pull.merge_commit))
    pin = proposal.seen.pin
    if pin.digest == candidate.digest:
        name = proposal.environment.name
        how: How = "out-of-band" if trouble else "promoted"
        entries.append(pin_seen(proposal.view, name, (pin.tag, pin.digest), pull.merge_commit, how))
    if trouble:
        about = {"service": candidate.service, "release": candidate.release, "digest": candidate.digest}
        place = proposal.environment.name
        detail = f"pull request #{pull.number}: {trouble}"
        entries.append(
            Incident(at=now, **about, environment=place, what="out-of-band", detail=detail, actor=pull.merged_by)  # type: ignore[arg-type]
        )
    return tuple(entries)


def _out_of_band(proposal: _Proposal) -> str:
    """Give what was wrong with a merge; empty where the bot's check was green on exactly this head."""
    pull, spot = proposal.pull, proposal.spot
    if not pull.is_ours or pull.head != spot.head:
        return f"merged at {pull.head[:12]}, which is not the commit that was checked ({spot.head[:12]})"
    if spot.merge_announced == pull.head and pull.merged_by == proposal.view.sight.bot:
        return ""
    if spot.checked is None or spot.checked.head != pull.head or spot.checked.state != "success":
        state = spot.checked.summary if spot.checked and spot.checked.head == pull.head else "no check was set"
        return f"merged against the check: {state}"
    if pull.is_counted and not is_approved_by(proposal.environment, pull, spot):
        return f"merged, and {_why_lost(proposal)}"
    missing = _people_missing(proposal)
    return f"merged, and {missing}" if missing else ""


def _people_missing(proposal: _Proposal) -> str:
    """Give what the policy asks of people and is not there; empty where that is not known now."""
    return "; ".join(one.sentence for one in _asked_of_people(proposal) if one.outcome is Outcome.FAIL)


def _asked_of_people(proposal: _Proposal) -> tuple[Finding, ...]:
    """Give the findings on what a merge asks of people, and that count and do not pass."""
    verdict = proposal.view.merge_of(proposal.environment.name, proposal.candidate)
    found = verdict.merging if verdict else ()
    return tuple(one for one in found if one.mode is Mode.ENFORCE and one.outcome not in _MET)


_MET = frozenset({Outcome.PASS, Outcome.WAIVED})
