"""Why a release is where it is: the path of events to now, every finding of the last decision, and what to do next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter.config_errors import suggest
from promoter.core.candidate import Candidate
from promoter.core.conditions import Conditions
from promoter.core.eligibility import Eligibility
from promoter.core.environment import Service
from promoter.core.estate import Estate
from promoter.core.gates import Gate, shut_gates
from promoter.core.history import History, Known, Spot
from promoter.core.holds import freezing
from promoter.core.plan import is_return, outranks
from promoter.core.record import (
    AnyEntry,
    Decided,
    EligibilityMoved,
    FreezeEnded,
    FreezeOverridden,
    Incident,
    InEnvironment,
    PromotionWanted,
    StandingMoved,
)
from promoter.core.rollback import prepare
from promoter.core.standing import OPEN, RUNNING, Standing
from promoter.core.view import ranking
from promoter.ports import Blobs
from promoter.strict_yaml import ConfigError
from promoter.wiring import Store


@dataclass(frozen=True, slots=True)
class Step:
    """One event on the way to now."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Told:
    """A finding of the last decision, as it was kept."""

    check: str
    mode: str
    outcome: str
    sentence: str
    reasons: tuple[tuple[str, str, str], ...]  # code, sentence, remedy
    cites: tuple[str, ...]
    asides: tuple[tuple[str, str], ...] = ()  # code, empty where it was taken out on purpose, and sentence
    exceptions: tuple[str, ...] = ()  # ids of those that it is waived by


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that explains one release in one environment."""

    candidate: Candidate
    environment: str
    eligibility: str
    standing: str
    number: int  # of its newest pull request here; 0: none
    why: tuple[str, ...]
    path: tuple[Step, ...]
    findings: tuple[Told, ...]
    decision: str
    next_step: str
    gates: tuple[Gate, ...] = ()  # that are shut now


def explain_release(
    store: Store, service: Service, environment: str, release: str, conditions: Conditions
) -> Explanation:
    """Explain a release (the newest known one unless it is named); raises ConfigError where the ledger knows none.

    Gates are told as they are now, everything else as the bot left it at its last look.
    """
    if environment not in service.targets:
        raise ConfigError(f"{service.name} has no environment {environment!r}{suggest(environment, service.targets)}")
    history = store.journal.history(service.name)
    known = _known(history, service, release)
    running = history.running(environment)
    is_other = running is not None and running.release == known.candidate.release  # be it with another digest
    candidate = running if running and is_other else known.candidate
    spot = history.spot(environment, candidate)
    if spot is None:
        advice = "it is at the next look, unless a newer release has taken its place"
        raise ConfigError(f"{candidate} has not been judged for {environment} yet; {advice}")
    decided, merging = spot.decided.get("propose"), spot.decided.get("merge")
    is_asked = spot.standing in OPEN | RUNNING
    node = next(node for node in conditions.graph if node.name == environment)
    gates = shut_gates(conditions, node, candidate, history)
    frozen = _freeze(history.known_as(candidate), conditions.estate, candidate)
    entries = tuple(entry for _, entry in store.journal.entries() if entry.service == service.name)
    return Explanation(
        candidate=candidate,
        environment=environment,
        eligibility=spot.eligibility.value,
        standing=spot.standing.value,
        number=spot.number,
        why=spot.why,
        gates=gates,
        path=_path(entries, candidate, environment),
        findings=_findings(store.blobs, decided, merging if is_asked else None) if decided else (),
        decision=decided.decision if decided else "",
        next_step=_overtaken(service, history, environment, candidate)
        or _withdrawn(history, environment, candidate)
        or _next_step(frozen, spot, _arrival(entries, candidate, environment), gates),
    )


def _known(history: History, service: Service, release: str) -> Known:
    names = ranking(service, history)
    name = release or next((name for name in names if name in history.known), "")
    if name not in history.known:
        if not history.known:
            raise ConfigError(f"{service.name} has no known release yet; has one been pushed, and does the bot run?")
        raise ConfigError(f"{service.name} has no known release {name!r}{suggest(name, history.known)}")
    return history.known[name]


def _path(entries: tuple[AnyEntry, ...], candidate: Candidate, environment: str) -> tuple[Step, ...]:
    steps = []
    for entry in entries:
        if isinstance(entry, EligibilityMoved | StandingMoved) and _is_about(entry, candidate, environment):
            steps.append(Step(entry.at, _event(entry)))
        elif isinstance(entry, FreezeEnded) and entry.candidate == candidate:
            ended = f"freeze ended by {entry.actor}: {entry.reason} (the tag was moved to {entry.accepted})"
            steps.append(Step(entry.at, ended))
        elif isinstance(entry, PromotionWanted) and _is_about(entry, candidate, environment):
            what = "going back to it" if entry.is_return else "it"
            who = entry.actor if entry.actor == entry.account else f"{entry.actor} (account {entry.account})"
            steps.append(Step(entry.at, f"{who} asked for {what}: {entry.reason}"))
        elif isinstance(entry, FreezeOverridden) and _is_about(entry, candidate, environment):
            who = f"{entry.id}, asked for by {entry.requested_by}, until {entry.expires:%Y-%m-%d %H:%M:%SZ}"
            steps.append(Step(entry.at, f"freeze {entry.freeze} overridden by {who}: {entry.reason}"))
        elif isinstance(entry, Incident) and _concerns(entry, candidate, environment):
            steps.append(Step(entry.at, f"incident, {entry.what}: {entry.detail}"))
    return tuple(steps)


def _arrival(entries: tuple[AnyEntry, ...], candidate: Candidate, environment: str) -> StandingMoved | None:
    """Give the last entry by which the candidate came to run here; None where it never did."""
    moves = (e for e in reversed(entries) if isinstance(e, StandingMoved) and _is_about(e, candidate, environment))
    return next((move for move in moves if move.state is Standing.PROMOTED), None)


def _concerns(entry: Incident, candidate: Candidate, environment: str) -> bool:
    is_candidate = (entry.service, entry.digest) == (candidate.service, candidate.digest)
    return is_candidate and entry.environment in {"", environment}


def _is_about(entry: InEnvironment, candidate: Candidate, environment: str) -> bool:
    return entry.environment == environment and entry.candidate == candidate


def _event(entry: EligibilityMoved | StandingMoved) -> str:
    if isinstance(entry, EligibilityMoved):
        why = f": {', '.join(entry.why)}" if entry.why else ""
        return f"{entry.event.value}, so {entry.state.value}{why}"
    number = f" #{entry.number}" if entry.number else ""
    actor = f" by {entry.actor}" if entry.actor else ""
    detail = f" ({entry.detail})" if entry.detail else ""
    return f"{entry.event.value}{number}{actor}, so {entry.state.value}{detail}"


def _findings(blobs: Blobs, decided: Decided, merging: Decided | None) -> tuple[Told, ...]:
    """Give the findings on a proposal, and after them what its merge asks besides, or asked of what runs."""
    proposed = _kept(blobs, decided)
    asked = {told.check for told in proposed}
    return (*proposed, *(told for told in _kept(blobs, merging) if told.check not in asked)) if merging else proposed


def _kept(blobs: Blobs, decided: Decided) -> tuple[Told, ...]:
    raw = blobs.get(decided.decision)
    if raw is None:
        raise ConfigError(f"the decision {decided.decision} is not among the blobs; run `promoter log verify`")
    return tuple(_told(finding) for finding in json.loads(raw)["findings"])


def _told(finding: Mapping[str, Any]) -> Told:
    return Told(
        check=finding["check"],
        mode=finding["mode"],
        outcome=finding["outcome"],
        sentence=finding["sentence"],
        reasons=tuple((r["code"], r["sentence"], r["remedy"]) for r in finding["reasons"]),
        cites=tuple(finding["cites"]),
        asides=tuple((one["code"] or "", one["sentence"]) for one in finding.get("asides", ())),
        exceptions=tuple(finding.get("exceptions", ())),
    )


def _freeze(known: Known | None, estate: Estate, candidate: Candidate) -> str:
    """Say what ends the freeze of a release; nothing where it is not frozen."""
    if known and known.freeze:
        return known.freeze.remedy
    if held := freezing(estate, candidate):
        command = f"promoter release {candidate.service} {candidate.release} --reason ..."
        return f"Operator: it is held by {held[0].actor}; `{command}` when it may go on, or cut a new release."
    return ""


def _overtaken(service: Service, history: History, environment: str, candidate: Candidate) -> str:
    """Say that a release will not come here because what runs is not older; nothing where it may come."""
    running, spot = history.running(environment), history.spot(environment, candidate)
    is_here = running == candidate or (spot is not None and spot.standing in OPEN)
    if running is None or is_here or is_return(history, environment, candidate):
        return ""
    if outranks(ranking(service, history), candidate.release, running.release):
        return ""
    back = f"promoter promote {service.name} {candidate.release} --env {environment} --back --reason ..."
    return f"Nobody's: {running.release} runs here, which is not older; Release managers go back to it by `{back}`."


def _withdrawn(history: History, environment: str, candidate: Candidate) -> str:
    """Say what to do about a release that was withdrawn, above all where it runs; nothing where it was not."""
    spot = history.spots[environment, candidate]
    if spot.eligibility is not Eligibility.REVOKED:
        return ""
    lift = "Security team: lift the denial if it was wrong (`promoter deny list` names it)."
    if spot.standing not in RUNNING:
        return f"Service team: release a new version without what was denied. {lift}"
    way = prepare(history, environment)
    back = (
        f"go {way}; it is {way.state}." if way else "nothing that ran here before may run now: promote a good release."
    )
    return f"Release managers: it runs here and must not; {back} {lift}"


def _next_step(frozen: str, spot: Spot, arrival: StandingMoved | None, gates: tuple[Gate, ...]) -> str:
    """Say whose turn it is, and to do what; `frozen` is what ends its freeze."""
    if spot.standing in RUNNING:
        return _of_running(frozen, spot, arrival)
    if frozen:
        return frozen
    pull = f"pull request #{spot.number}"
    if gates and spot.eligibility in {Eligibility.WAITING, Eligibility.ELIGIBLE} and not _is_refused(spot):
        return " ".join(dict.fromkeys(gate.remedy for gate in gates))
    if spot.standing is Standing.PROPOSED and spot.eligibility is not Eligibility.BLOCKED:
        return f"Release managers: review {pull}."
    if spot.standing is Standing.APPROVED and spot.eligibility is not Eligibility.BLOCKED:
        return f"Nobody's: {pull} is approved and can be merged as soon as its check is green."
    waiting = _WAITING.get(spot.eligibility, "Nobody's: it is judged at the next look.")
    if spot.standing in OPEN:
        return f"{waiting} {pull.capitalize()} stays open meanwhile, with a red check."
    return _REFUSED[spot.standing] if _is_refused(spot) else waiting


def _is_refused(spot: Spot) -> bool:
    """Tell whether a person said no, and nobody asked for it again."""
    return spot.standing in _REFUSED and spot.wanted is None


def _of_running(frozen: str, spot: Spot, arrival: StandingMoved | None) -> str:
    """Say what to do about a release that runs, above all where it is not eligible any more."""
    if spot.eligibility not in _MENDING:
        return "Nobody's: it runs here."
    merge = "the commit that pinned it"
    if arrival and arrival.number:
        merge = f"the merge commit {arrival.commit[:12]} of pull request #{arrival.number}"
    back = f"roll back by reverting {merge}, or promote a good release."
    if frozen:
        return f"{frozen} Release managers: it runs here meanwhile; if it should not, {back}"
    return f"Release managers: it runs here and should not; {back} {_MENDING[spot.eligibility]}".rstrip()


_MENDING = {
    Eligibility.PENDING: "Service team: or attach the evidence that is missing.",
    Eligibility.BLOCKED: "Service team: or bring what the remedies ask for, where new evidence can help.",
    Eligibility.FROZEN: "",
}
_WAITING = {
    Eligibility.PENDING: "Service team: attach the evidence that is missing; it is looked for until its deadline.",
    Eligibility.BLOCKED: "Service team: do what the remedies say, then attest this release again or cut a new one.",
    Eligibility.WAITING: "Nobody's: it goes on by itself when the gate opens.",
    Eligibility.ELIGIBLE: "Nobody's: the bot opens the pull request, unless a newer release takes its place.",
}
_REFUSED = {
    Standing.DECLINED: (
        "Nobody's: a person closed its pull request; it is not proposed again unless Release managers ask for it by "
        "`promoter promote`, a newer release is."
    ),
    Standing.ROLLED_BACK: (
        "Nobody's: it was rolled back; it is not proposed again unless Release managers ask for it by "
        "`promoter promote`, a newer release is."
    ),
}
