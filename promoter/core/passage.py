"""What follows from what was seen: the entries that one pass over a service adds to the ledger. Pure.

The order is fixed: freezes, proposals, pins, soaks, eligibility. Each part sees what the parts before it found out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from promoter.core.candidate import Candidate, parse_digest
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.eligibility import advance as advance_eligibility
from promoter.core.environment import Environment, Service, branch_name
from promoter.core.finding import Outcome
from promoter.core.history import History, Spot, fold
from promoter.core.plan import contender, outranks
from promoter.core.policy import Policy
from promoter.core.record import AnyEntry, EligibilityMoved, Incident, PinSeen, StandingMoved, TagMoved
from promoter.core.releases import select
from promoter.core.sight import EnvironmentSight, PullSeen, PullSight, Sight
from promoter.core.standing import OPEN, RUNNING, Standing, StandingEvent
from promoter.core.standing import TRANSITIONS as STANDINGS
from promoter.core.standing import advance as advance_standing
from promoter.core.verdict import Verdict

IN_FLIGHT = 3
"""How many of the newest releases are followed, besides those that are proposed or running somewhere."""


@dataclass(frozen=True, slots=True)
class View:
    """One service in front of the whole graph: configuration, what was seen, and the verdicts on it."""

    service: Service
    graph: tuple[Environment, ...]  # upstream first
    policies: Mapping[str, Policy]
    sight: Sight
    verdicts: Mapping[tuple[str, Candidate], Verdict]


def ranking(service: Service, history: History) -> tuple[str, ...]:
    """Give the known releases of a service, newest first."""
    names = {*history.known, *(candidate.release for _, candidate in history.spots)}
    return select(service.releases, tuple(names), history.seen)


def in_flight(service: Service, history: History) -> tuple[Candidate, ...]:
    """Give the candidates that are followed: the newest few, and every one that is or would be proposed or runs."""
    order = ranking(service, history)
    newest = [name for name in order if name in history.known][:IN_FLIGHT]
    placed = {c.release for (_, c), spot in history.spots.items() if spot.standing in OPEN | RUNNING}
    next_up = (contender(history, name, order) for name in {name for name, _ in history.spots})
    wanted = {*newest, *placed, *(candidate.release for candidate in next_up if candidate)}
    return tuple(known.candidate for name, known in history.known.items() if name in wanted)


def extend(history: History, entries: tuple[AnyEntry, ...]) -> History:
    """Give the history after these entries."""
    return reduce(lambda before, entry: fold(entry, before), entries, history)


def follow(view: View, history: History) -> tuple[AnyEntry, ...]:
    """Give every entry that follows from this view of the world, in order."""
    parts: tuple[Callable[[View, History], tuple[AnyEntry, ...]], ...] = (
        _freezes,
        _proposals,
        _pins,
        _soaks,
        _eligibility,
    )
    entries: tuple[AnyEntry, ...] = ()
    for part in parts:
        added = part(view, history)
        history = extend(history, added)
        entries += added
    return entries


# --- freezes ----------------------------------------------------------------------------------------------------------


def _freezes(view: View, history: History) -> tuple[AnyEntry, ...]:
    entries: list[AnyEntry] = []
    for candidate, moved_to in view.sight.moved.items():
        known = history.known[candidate.release]
        if moved_to in {known.moved_to, *known.accepted}:
            continue
        about = {"at": view.sight.now, "service": view.service.name, "release": candidate.release}
        detail = f"tag {candidate.release} named {candidate.digest} when it was first seen and names {moved_to} now"
        entries += [
            TagMoved(**about, digest=candidate.digest, moved_to=moved_to),  # type: ignore[arg-type]
            Incident(**about, what="tag-moved", digest=candidate.digest, detail=detail),  # type: ignore[arg-type]
        ]
    return tuple(entries)


# --- proposals --------------------------------------------------------------------------------------------------------


def _proposals(view: View, history: History) -> tuple[AnyEntry, ...]:
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
    return _recovered(view, environment, seen.pull, history) if seen.pull.state is PullSeen.OPEN else ()


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
    is_approved = is_approved_by(proposal.environment, pull, proposal.spot)
    if is_approved and proposal.spot.standing is Standing.PROPOSED:
        actors = ", ".join(f"{who.login} ({who.user_id})" for who in pull.approvers) or "no approval needed"
        return (proposal.moved(StandingEvent.APPROVED, actor=actors),)
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


def _why_lost(proposal: _Proposal) -> str:
    if proposal.pull.head != proposal.spot.head:
        return f"the head is {proposal.pull.head[:12]} now, approved was {proposal.spot.head[:12]}"
    if proposal.pull.refusers:
        return f"{', '.join(proposal.pull.refusers)} asked for changes"
    return f"{len(proposal.pull.approvers)} of {proposal.environment.approvals} approvals left"


def _merged(proposal: _Proposal, history: History) -> tuple[AnyEntry, ...]:
    trouble = _out_of_band(proposal)
    event = StandingEvent.PINNED_OUT_OF_BAND if trouble else StandingEvent.MERGED
    pull, candidate, now = proposal.pull, proposal.candidate, proposal.view.sight.now
    entries: list[AnyEntry] = list(
        _replaced(proposal.view, proposal.environment.name, (candidate.release, candidate.digest), history)
    )
    entries.append(proposal.moved(event, actor=pull.merged_by, detail=trouble, commit=pull.merge_commit))
    pin = proposal.seen.pin
    if pin.digest == candidate.digest:
        name = proposal.environment.name
        how: _How = "out-of-band" if trouble else "promoted"
        entries.append(_pin_seen(proposal.view, name, (pin.tag, pin.digest), pull.merge_commit, how))
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
    return ""


# --- pins -------------------------------------------------------------------------------------------------------------


_How = Literal["baseline", "promoted", "out-of-band"]


def _pin_seen(view: View, environment: str, pin: tuple[str, str], commit: str, how: _How) -> PinSeen:
    return PinSeen(
        at=view.sight.now,
        service=view.service.name,
        environment=environment,
        tag=pin[0],
        digest=pin[1],
        commit=commit,
        how=how,
    )


def _pins(view: View, history: History) -> tuple[AnyEntry, ...]:
    entries: list[AnyEntry] = []
    for environment in view.graph:
        seen = view.sight.environments.get(environment.name)
        if seen and not seen.pin.trouble:
            entries += _of_pin(view, seen, history)
    return tuple(entries)


def _of_pin(view: View, seen: EnvironmentSight, history: History) -> tuple[AnyEntry, ...]:
    before = history.pins.get(seen.name)
    if before and (before.tag, before.digest) == (seen.pin.tag, seen.pin.digest):
        return ()
    if seen.pull and seen.pull.state is PullSeen.MERGED and not seen.pull.in_base:
        return ()
    running = history.running(seen.name)
    if running and seen.pin.digest == running.digest:
        return (_pin_seen(view, seen.name, (seen.pin.tag, seen.pin.digest), seen.base, "promoted"),)
    how: _How = "out-of-band" if before else "baseline"
    entries: list[AnyEntry] = [_pin_seen(view, seen.name, (seen.pin.tag, seen.pin.digest), seen.base, how)]
    entries += _replaced(view, seen.name, (seen.pin.tag, seen.pin.digest), history)
    candidate = _pinned(view.service.name, seen)
    if candidate:
        entries.append(_adopted(view, seen, candidate, history))
    if before:
        detail = f"{before.tag} {before.digest} became {seen.pin.tag} {seen.pin.digest} without a proposal of ours"
        where = {"service": view.service.name, "environment": seen.name, "release": seen.pin.tag}
        entries.append(
            Incident(at=view.sight.now, **where, digest=seen.pin.digest, what="out-of-band", detail=detail)  # type: ignore[arg-type]
        )
    return tuple(entries)


def _pinned(service: str, seen: EnvironmentSight) -> Candidate | None:
    try:
        return Candidate(service, seen.pin.tag, parse_digest(seen.pin.digest))
    except ValueError:
        return None


def _adopted(view: View, seen: EnvironmentSight, candidate: Candidate, history: History) -> StandingMoved:
    spot = history.spot(seen.name, candidate)
    return StandingMoved(
        at=view.sight.now,
        service=candidate.service,
        release=candidate.release,
        digest=candidate.digest,
        environment=seen.name,
        event=StandingEvent.PINNED_OUT_OF_BAND,
        state=advance_standing(spot.standing if spot else Standing.NONE, StandingEvent.PINNED_OUT_OF_BAND),
        commit=seen.base,
        detail="pinned by somebody else" if seen.name in history.pins else "ran here before Promoter first looked",
    )


def _replaced(view: View, environment: str, pin: tuple[str, str], history: History) -> tuple[StandingMoved, ...]:
    """Say what becomes of the candidate that ran until now: replaced by a newer release, or else rolled back."""
    running = history.running(environment)
    if running is None or running.digest == pin[1]:
        return ()
    order = select(view.service.releases, (running.release, pin[0]), history.seen)
    is_newer = outranks(order, pin[0], running.release)
    event = StandingEvent.NEWER_MERGED if is_newer else StandingEvent.ROLLED_BACK
    return (
        StandingMoved(
            at=view.sight.now,
            service=running.service,
            release=running.release,
            digest=running.digest,
            environment=environment,
            event=event,
            state=advance_standing(history.spots[environment, running].standing, event),
            detail=f"{pin[0]} runs now" + ("" if pin[1] else ", not pinned to a digest"),
        ),
    )


# --- soaks ------------------------------------------------------------------------------------------------------------


def _soaks(view: View, history: History) -> tuple[AnyEntry, ...]:
    entries: list[AnyEntry] = []
    for environment in view.graph:
        candidate = history.running(environment.name)
        spot = history.spot(environment.name, candidate) if candidate else None
        if not candidate or not spot or spot.standing is not Standing.PROMOTED or spot.since is None:
            continue
        if view.sight.now >= spot.since + environment.soak:
            entries.append(
                StandingMoved(
                    at=view.sight.now,
                    service=candidate.service,
                    release=candidate.release,
                    digest=candidate.digest,
                    environment=environment.name,
                    event=StandingEvent.SOAKED,
                    state=Standing.SETTLED,
                )
            )
    return tuple(entries)


# --- eligibility ------------------------------------------------------------------------------------------------------


def _eligibility(view: View, history: History) -> tuple[AnyEntry, ...]:
    """Judge what is in flight, and what comes into flight by that: an older release is next when a newer one fails."""
    entries: tuple[AnyEntry, ...] = ()
    judged_already: set[Candidate] = set()
    while coming := [one for one in in_flight(view.service, history) if one not in judged_already]:
        added = [
            entry
            for environment in view.graph
            for candidate in coming
            for entry in _of_candidate(view, environment, candidate, history)
        ]
        judged_already.update(coming)
        history = extend(history, tuple(added))
        entries = (*entries, *added)
    return entries


def _of_candidate(view: View, environment: Environment, candidate: Candidate, history: History) -> list[AnyEntry]:
    spot = history.spot(environment.name, candidate)
    state = spot.eligibility if spot else None
    why = spot.why if spot else ()
    entries: list[AnyEntry] = []
    for event, reasons in _happenings(view, environment, candidate, history):
        after = advance_eligibility(state, event)
        if after is state and (event is EligibilityEvent.UNDECIDED or reasons == why):
            continue
        state, why = after, reasons
        entries.append(
            EligibilityMoved(
                at=view.sight.now,
                service=candidate.service,
                release=candidate.release,
                digest=candidate.digest,
                environment=environment.name,
                event=event,
                state=after,
                why=reasons,
            )
        )
    return entries


_Happening = tuple[EligibilityEvent, tuple[str, ...]]


def _happenings(view: View, environment: Environment, candidate: Candidate, history: History) -> tuple[_Happening, ...]:
    spot, known = history.spot(environment.name, candidate), history.known[candidate.release]
    events: list[_Happening] = [] if spot else [(EligibilityEvent.RESOLVED, ())]
    if known.is_frozen:
        return (*events, (EligibilityEvent.TAG_MOVED, (f"tag moved to {known.moved_to}",)))
    if spot and spot.eligibility is Eligibility.FROZEN:
        events.append((EligibilityEvent.RELEASED, ()))
    verdict = view.verdicts.get((environment.name, candidate))
    if verdict:
        events.append(judged(view, environment, verdict, history))
    return tuple(events)


def judged(view: View, environment: Environment, verdict: Verdict, history: History) -> _Happening:
    """Give the event that a verdict and the gates amount to, and why."""
    reasons = tuple(
        dict.fromkeys(r.code.value for f in verdict.enforced if f.outcome is not Outcome.PASS for r in f.reasons)
    )
    if is_undecided(view, verdict):
        return EligibilityEvent.UNDECIDED, reasons
    if verdict.outcome is Outcome.FAIL:
        is_early = is_waiting_for_evidence(view, environment, verdict, history)
        return (EligibilityEvent.EVIDENCE_MISSING if is_early else EligibilityEvent.FAILED), reasons
    shut = gates(view, environment, verdict.candidate, history)
    return (EligibilityEvent.GATE_SHUT, shut) if shut else (EligibilityEvent.CLEARED, ())


def is_undecided(view: View, verdict: Verdict) -> bool:
    """Tell whether nothing may follow from a verdict now, be it only because the tag may have moved unseen."""
    evidence = view.sight.evidence.get(verdict.candidate)
    is_unsure = evidence is not None and evidence.is_tag_unknown
    return verdict.outcome is Outcome.UNDECIDED or (is_unsure and verdict.outcome is Outcome.PASS)


def is_waiting_for_evidence(view: View, environment: Environment, verdict: Verdict, history: History) -> bool:
    """Tell whether all that fails is evidence that is absent and not yet overdue (counted from discovery)."""
    failing = [finding for finding in verdict.enforced if finding.outcome is Outcome.FAIL]
    policy = view.policies[environment.name]
    discovered = history.known[verdict.candidate.release].resolved.at
    return bool(failing) and all(
        finding.is_absence and view.sight.now < discovered + policy.deadline(finding.check) for finding in failing
    )


def gates(view: View, environment: Environment, candidate: Candidate, history: History) -> tuple[str, ...]:
    """Give the gates that are shut: every upstream environment in which the candidate has not settled."""
    shut: list[str] = []
    soaks = {node.name: node.soak for node in view.graph}
    for upstream in environment.after:
        spot = history.spot(upstream, candidate)
        if spot and spot.standing is Standing.ROLLED_BACK:
            shut.append(f"was rolled back in {upstream}")
        elif spot and spot.standing is Standing.PROMOTED and spot.since and not spot.settled:
            until = spot.since + soaks[upstream]
            shut.append(f"soaks in {upstream} until {until:%Y-%m-%d %H:%M:%SZ}")
        elif not (spot and spot.settled):
            shut.append(f"has not settled in {upstream}")
    return tuple(shut)
