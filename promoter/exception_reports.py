"""What is to be said of every exception: its state, what it is used for, and whether it is unused or too broad."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from promoter.config import Configuration
from promoter.core.candidate import Candidate, parse_digest
from promoter.core.estate import Estate
from promoter.core.exception_life import review_overdue, state_of, steps_of
from promoter.core.policy_exception import Granted, PolicyException
from promoter.core.record_estate import ExceptionMoved, ExceptionStep
from promoter.core.waiving import time_left, unfit
from promoter.grants import Grants
from promoter.lives import read_body
from promoter.wiring import Store

_NO_FILE = "in no file: counts only while a signed statement about the digest says it"

BROAD_SERVICES = 3
"""An exception that is used for more services than this is reported as broad."""

BROAD_FINDINGS = 20
"""So is one that absorbs more reasons or items than this."""


@dataclass(frozen=True, slots=True)
class UsedFor:
    """What an exception is used for, and how many reasons and items of the last decision it absorbs there."""

    service: str
    release: str
    environment: str
    absorbed: int


@dataclass(frozen=True, slots=True)
class ExceptionReport:
    """One exception as people look at it."""

    id: str
    kind: str
    state: str
    digest: str
    codes: tuple[str, ...]
    environments: tuple[str, ...]
    owner: str
    expires: datetime
    left: str
    used: tuple[UsedFor, ...]
    review: str  # of break-glass that was used: until when its review is due, or since when it is overdue
    notes: tuple[str, ...]  # why it does not count, unused, too broad, the review

    @property
    def is_in_use(self) -> bool:
        """True where the last decision about some candidate rests on it."""
        return any(use.absorbed for use in self.used)


def report_exceptions(
    configuration: Configuration, store: Store | None, grants: Grants, now: datetime
) -> tuple[ExceptionReport, ...]:
    """Report every exception in the files, and those that the ledger alone knows; what ends first comes first."""
    estate = store.journal.estate() if store else Estate()
    rules = {name: policy.exceptions for name, policy in configuration.policies.items()}
    reports = []
    written = grants.all(now)
    for one in (*written, *_signed(configuration, store, estate)):
        steps = steps_of(one.exception, estate)
        state = _known_state(one.exception, steps, now) if steps else state_of(one, rules, now)
        used = tuple(_used(store, steps)) if store else ()
        report = _report(one.exception, state, steps, used, now)
        against = objections(configuration, one, now) if one in written else (_NO_FILE,)
        reports.append(replace(report, notes=(*against, *report.notes)))
    return tuple(sorted(reports, key=lambda report: (report.expires, report.id)))


def objections(configuration: Configuration, one: Granted, now: datetime) -> tuple[str, ...]:
    """Say in which environments an exception does not count, and why; one that has ended is left alone."""
    if one.exception.ends <= now:
        return ()
    policies = {name: configuration.policies[name] for name in one.exception.environments}
    found = ((name, next(unfit(one, name, policy.exceptions), None)) for name, policy in policies.items())
    return tuple(f"in {name}: {objection.sentence}" for name, objection in found if objection)


def _signed(configuration: Configuration, store: Store | None, estate: Estate) -> Iterable[Granted]:
    """Give the exceptions that stand in no file: they were found as signed statements."""
    written = {one.exception.id for one in configuration.exceptions}
    for steps in (found for name, found in estate.exceptions.items() if name not in written):
        for body in dict.fromkeys(step.body for step in steps):
            raw = store.blobs.get(body) if store else None
            if raw is not None:
                yield Granted(exception=read_body(raw))


def _known_state(one: PolicyException, steps: tuple[ExceptionMoved, ...], now: datetime) -> ExceptionStep:
    """Give the state by what the bot saw last, and by the time that has passed since."""
    done = {step.step for step in steps}
    if ExceptionStep.REVOKED in done or (one.revoked and one.revoked.at <= now):
        return ExceptionStep.REVOKED
    if one.expires <= now:
        return ExceptionStep.EXPIRED
    if ExceptionStep.ACTIVE in done:
        return ExceptionStep.EXPIRING if one.warns_from <= now else ExceptionStep.ACTIVE
    return ExceptionStep.APPROVED if ExceptionStep.APPROVED in done else ExceptionStep.REQUESTED


def _used(store: Store, steps: tuple[ExceptionMoved, ...]) -> Iterable[UsedFor]:
    for step in steps:
        if step.step is ExceptionStep.USED:
            absorbed = _absorbed(store, step)
            yield UsedFor(step.service, step.release, step.environment, absorbed)


def _absorbed(store: Store, step: ExceptionMoved) -> int:
    """Count what the exception absorbs by the last decision about a candidate; nothing where it is used no more."""
    candidate = Candidate(step.service, step.release, parse_digest(step.digest))
    spot = store.journal.history(step.service).spot(step.environment, candidate)
    decided = spot.decided.get("propose") if spot else None
    raw = store.blobs.get(decided.decision) if decided else None
    findings = json.loads(raw)["findings"] if raw else []
    waived = (finding for finding in findings if step.id in finding.get("exceptions", ()))
    return sum(max(len(reason.get("items", ())), 1) for finding in waived for reason in finding["reasons"])


def _report(
    one: PolicyException,
    state: ExceptionStep,
    steps: tuple[ExceptionMoved, ...],
    used: tuple[UsedFor, ...],
    now: datetime,
) -> ExceptionReport:
    return ExceptionReport(
        id=one.id,
        kind=one.kind.value,
        state=state.value,
        digest=one.digest,
        codes=tuple(code.value for code in one.codes),
        environments=one.environments,
        owner=one.owner,
        expires=one.expires,
        left=time_left(one.ends, now) if state not in {ExceptionStep.EXPIRED, ExceptionStep.REVOKED} else "",
        used=used,
        review=_review(one, steps, now),
        notes=tuple(_notes(one, state, steps, used, now)),
    )


def _notes(
    one: PolicyException,
    state: ExceptionStep,
    steps: tuple[ExceptionMoved, ...],
    used: tuple[UsedFor, ...],
    now: datetime,
) -> Iterable[str]:
    services, absorbed = {use.service for use in used}, sum(use.absorbed for use in used)
    if state in {ExceptionStep.ACTIVE, ExceptionStep.EXPIRING} and not used:
        yield "unused: nothing is waived by it; revoke it, if nothing will be"
    if len(services) > BROAD_SERVICES:
        yield f"broad: it is used for {len(services)} services"
    if absorbed > BROAD_FINDINGS:
        yield f"broad: it absorbs {absorbed} findings"
    if review := _review(one, steps, now):
        yield review


def _review(one: PolicyException, steps: tuple[ExceptionMoved, ...], now: datetime) -> str:
    """Say that break-glass which was used is still to be reviewed; empty where it is not."""
    done = {step.step for step in steps}
    if one.review_due is None or ExceptionStep.USED not in done or ExceptionStep.REVIEWED in done:
        return ""
    word = "overdue since" if review_overdue(one, steps, now) else "due until"
    return f"review {word} {one.review_due:%Y-%m-%d %H:%M:%SZ}"
