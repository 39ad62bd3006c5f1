"""Why a release is where it is: the path of events to now, every finding of the last decision, and what to do next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter.config_errors import suggest
from promoter.core.candidate import Candidate
from promoter.core.environment import Service
from promoter.core.history import History, Known
from promoter.core.record import Decided, EligibilityMoved, Incident, StandingMoved
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


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that explains one release in one environment."""

    candidate: Candidate
    environment: str
    eligibility: str
    standing: str
    why: tuple[str, ...]
    path: tuple[Step, ...]
    findings: tuple[Told, ...]
    decision: str
    next_step: str


def explain_release(store: Store, service: Service, environment: str, release: str) -> Explanation:
    """Explain a release (the newest known one unless it is named); raises ConfigError where the ledger knows none."""
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
    decided = spot.decided.get("propose")
    return Explanation(
        candidate=candidate,
        environment=environment,
        eligibility=spot.eligibility.value,
        standing=spot.standing.value,
        why=spot.why,
        path=_path(store, candidate, environment),
        findings=_findings(store.blobs, decided) if decided else (),
        decision=decided.decision if decided else "",
        next_step=_next_step(known, spot.eligibility.value, spot.standing.value, spot.number),
    )


def _known(history: History, service: Service, release: str) -> Known:
    names = ranking(service, history)
    name = release or next((name for name in names if name in history.known), "")
    if name not in history.known:
        if not history.known:
            raise ConfigError(f"{service.name} has no known release yet; has one been pushed, and does the bot run?")
        raise ConfigError(f"{service.name} has no known release {name!r}{suggest(name, history.known)}")
    return history.known[name]


def _path(store: Store, candidate: Candidate, environment: str) -> tuple[Step, ...]:
    steps = []
    for _, entry in store.journal.entries():
        if isinstance(entry, EligibilityMoved | StandingMoved) and _is_about(entry, candidate, environment):
            steps.append(Step(entry.at, _event(entry)))
        elif isinstance(entry, Incident) and _concerns(entry, candidate, environment):
            steps.append(Step(entry.at, f"incident, {entry.what}: {entry.detail}"))
    return tuple(steps)


def _concerns(entry: Incident, candidate: Candidate, environment: str) -> bool:
    is_candidate = (entry.service, entry.digest) == (candidate.service, candidate.digest)
    return is_candidate and entry.environment in {"", environment}


def _is_about(entry: EligibilityMoved | StandingMoved, candidate: Candidate, environment: str) -> bool:
    return entry.environment == environment and entry.candidate == candidate


def _event(entry: EligibilityMoved | StandingMoved) -> str:
    if isinstance(entry, EligibilityMoved):
        why = f": {', '.join(entry.why)}" if entry.why else ""
        return f"{entry.event.value}, so {entry.state.value}{why}"
    actor = f" by {entry.actor}" if entry.actor else ""
    detail = f" ({entry.detail})" if entry.detail else ""
    return f"{entry.event.value}{actor}, so {entry.state.value}{detail}"


def _findings(blobs: Blobs, decided: Decided) -> tuple[Told, ...]:
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
    )


def _next_step(known: Known, eligibility: str, standing: str, number: int) -> str:
    """Say whose turn it is, and to do what."""
    if known.is_frozen:
        name = f"{known.candidate.service} {known.candidate.release}"
        return (
            f"Operator: find out who moved the tag, then `promoter release {name} --reason ...`; or cut a new release."
        )
    if standing == "proposed":
        return f"Release managers: review pull request #{number}."
    if standing == "approved":
        return f"Nobody's: pull request #{number} is approved and can be merged as soon as its check is green."
    if standing in {"promoted", "settled"}:
        return _RUNNING.get(eligibility, "Nobody's: it runs here.")
    return _WAITING.get(eligibility, "Nobody's: it is judged at the next look.")


_RUNNING = dict.fromkeys(("blocked", "pending", "frozen", "revoked"), "Release managers: it runs here and should not.")
_WAITING = {
    "pending": "Service team: attach the evidence that is missing; it is looked for until its deadline.",
    "blocked": "Service team: do what the remedies say, then attest this release again or cut a new one.",
    "waiting": "Nobody's: it goes on by itself when the gate opens.",
    "eligible": "Nobody's: the bot opens the pull request, unless a newer release takes its place.",
}
