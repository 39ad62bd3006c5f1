"""What a digest deserves now: the event that a verdict, its deadlines and the gates amount to, and the check. Pure."""

from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import Candidate
from promoter.core.denial import Match
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.eligibility import advance as advance_eligibility
from promoter.core.environment import Environment
from promoter.core.escape import one_line
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.gates import Gate, shut_gates
from promoter.core.hands import CHECK as HANDS
from promoter.core.history import History, Known, Spot
from promoter.core.holds import freezing
from promoter.core.record import AnyEntry, EligibilityMoved
from promoter.core.verdict import Verdict
from promoter.core.view import View, extend, in_flight

SUMMARY_LIMIT: Final = 140  # characters of a status description, as GitHub has it


@dataclass(frozen=True, slots=True)
class Check:
    """The bot's status on the head: `state` is success, failure or pending; the summary fits into 140 characters."""

    state: str
    summary: str


def follow_eligibility(view: View, history: History) -> tuple[AnyEntry, ...]:
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
    denials = _denials(view, environment, candidate)
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
                denials=tuple(match.denial.mark for match in denials) if after is Eligibility.REVOKED else (),
            )
        )
    return entries


def _denials(view: View, environment: Environment, candidate: Candidate) -> tuple[Match, ...]:
    """Give what was withdrawn of all that the candidate rests on here, as far as that is certain."""
    verdict = view.verdicts.get((environment.name, candidate))
    found = verdict.circumstances.denials if verdict else None
    return tuple(match for match in found or () if match.is_certain)


def _is_lifted(view: View, spot: Spot) -> bool:
    """Tell whether nothing that revoked a candidate stands any more: only that ends it, not evidence that is gone."""
    standing = {denial.mark for denial in view.estate.standing_denials}
    return spot.eligibility is Eligibility.REVOKED and standing.isdisjoint(spot.denials)


_Happening = tuple[EligibilityEvent, tuple[str, ...]]


def _happenings(view: View, environment: Environment, candidate: Candidate, history: History) -> tuple[_Happening, ...]:
    spot, known = history.spot(environment.name, candidate), history.known.get(candidate.release)
    events: list[_Happening] = [] if spot else [(EligibilityEvent.RESOLVED, ())]
    if matches := _denials(view, environment, candidate):
        return (*events, (EligibilityEvent.DENIED, tuple(f"denied by {match.denial}" for match in matches)))
    if spot and spot.eligibility is Eligibility.REVOKED:
        if not _is_lifted(view, spot):
            return ()
        events.append((EligibilityEvent.LIFTED, ()))
    if stop := _stop(view, candidate, known):
        return (*events, stop)
    if spot and spot.eligibility is Eligibility.FROZEN:
        events.append((EligibilityEvent.RELEASED, ()))
    verdict = view.verdicts.get((environment.name, candidate))
    if verdict:
        events.append(judged(view, environment, verdict, history))
    return tuple(events)


def _stop(view: View, candidate: Candidate, known: Known | None) -> _Happening | None:
    """Give what stops a release whatever its verdict says: its tag was moved, or a person holds it."""
    if known and known.is_frozen:
        return EligibilityEvent.TAG_MOVED, (f"tag moved to {known.moved_to}",)
    if held := freezing(view.estate, candidate):
        return EligibilityEvent.HELD, tuple(f"held by {one.actor}: {one.reason} ({one.id})" for one in held)
    return None


def judged(view: View, environment: Environment, verdict: Verdict, history: History) -> _Happening:
    """Give the event that a verdict and the gates amount to, and why."""
    reasons = tuple(dict.fromkeys(r.code.value for f in verdict.enforced if not f.is_good for r in f.reasons))
    if is_undecided(view, verdict):
        return EligibilityEvent.UNDECIDED, reasons
    if verdict.outcome is Outcome.FAIL:
        is_early = is_waiting_for_evidence(view, environment, verdict, history)
        return (EligibilityEvent.EVIDENCE_MISSING if is_early else EligibilityEvent.FAILED), reasons
    shut = shut_gates(view.conditions, environment, verdict.candidate, history)
    return (EligibilityEvent.GATE_SHUT, tuple(map(str, shut))) if shut else (EligibilityEvent.CLEARED, ())


def is_undecided(view: View, verdict: Verdict) -> bool:
    """Tell whether nothing may follow from a verdict now, be it only because the tag may have moved unseen."""
    evidence = view.sight.evidence.get(verdict.candidate)
    is_unsure = evidence is not None and evidence.is_tag_unknown
    return verdict.outcome is Outcome.UNDECIDED or (is_unsure and verdict.outcome is Outcome.PASS)


def is_waiting_for_evidence(view: View, environment: Environment, verdict: Verdict, history: History) -> bool:
    """Tell whether all that fails is evidence that is absent and not yet overdue (counted from discovery).

    Nothing is awaited for a digest that somebody pinned under the name of another: it runs already.
    """
    failing = [finding for finding in verdict.enforced if finding.outcome is Outcome.FAIL]
    policy = view.policies[environment.name]
    known = history.known_as(verdict.candidate)
    if known is None or not failing:
        return False
    discovered = known.resolved.at
    return all(finding.is_absence and view.sight.now < discovered + policy.deadline(finding) for finding in failing)


# --- the check --------------------------------------------------------------------------------------------------------


def check_of(
    verdict: Verdict,
    environment: Environment,
    shut: tuple[Gate, ...],
    approvals: int,
    merging: tuple[Finding, ...] = (),
) -> Check:
    """Give the status for a verdict: red what fails, pending what is undecided, shut or unapproved, else green.

    `merging` are the findings that there are in the merge phase only. What they still ask of people is pending; one
    person in two roles is no matter of waiting.
    """
    if verdict.outcome is Outcome.FAIL:
        return Check("failure", one_line(_blocked(verdict), SUMMARY_LIMIT))
    if verdict.outcome is Outcome.UNDECIDED:
        names = _names(verdict, Outcome.UNDECIDED)
        return Check("pending", one_line(f"undecided, retrying: {names}", SUMMARY_LIMIT))
    missing = tuple(one for one in merging if one.mode is Mode.ENFORCE and one.outcome not in _MET)
    if hands := next((one for one in missing if one.check == HANDS), None):
        return Check("failure", one_line(hands.sentence, SUMMARY_LIMIT))
    if shut:
        return _waiting(verdict, "; ".join(map(str, shut)))
    if missing:
        return _waiting(verdict, ", ".join(one.check for one in missing))
    counted = f"approvals: {approvals} of {environment.approvals}"
    if approvals < environment.approvals:
        return Check("pending", f"verified{_waived(verdict)}; {counted}")
    approved = f"; {counted}" if environment.approvals else ""
    return Check("success", f"verified{_passing(verdict)}{approved}")


def _waiting(verdict: Verdict, why: str) -> Check:
    return Check("pending", one_line(f"verified{_waived(verdict)}, waiting: {why}", SUMMARY_LIMIT))


def _passing(verdict: Verdict) -> str:
    """Say what passes; what is waived is counted apart and never passed over."""
    count, waived = len(verdict.enforced), _waived(verdict)
    passing = "the one enforced check passes" if count == 1 else f"all {count} enforced checks pass"
    others = f"; {count - waived_count(verdict)} pass" if waived_count(verdict) < count else ""
    return f"{waived}{others}" if waived else f": {passing}"


def waived_count(verdict: Verdict) -> int:
    """Count the enforced findings that are waived."""
    return sum(finding.outcome is Outcome.WAIVED for finding in verdict.enforced)


def _waived(verdict: Verdict) -> str:
    count, is_emergency = waived_count(verdict), any(one.is_break_glass for one in verdict.exceptions)
    return f", {count} waived{' by BREAK-GLASS' if is_emergency else ''}" if count else ""


_MET = frozenset({Outcome.PASS, Outcome.WAIVED})


def _blocked(verdict: Verdict) -> str:
    failing = sum(finding.outcome is Outcome.FAIL for finding in verdict.enforced)
    if not failing:
        return "blocked: the policy enforces nothing"
    return f"blocked by {failing} of {len(verdict.enforced)} enforced checks: {_names(verdict, Outcome.FAIL)}"


def _names(verdict: Verdict, outcome: Outcome) -> str:
    return ", ".join(finding.check for finding in verdict.enforced if finding.outcome is outcome)
