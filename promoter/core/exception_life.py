"""The life of an exception, step by step, and what is due now that the ledger does not have yet. Pure, idempotent.

Every step is written once for each body of an exception; what is used, once for each candidate and environment. A step
says what was seen; what an exception does now is computed anew by every verdict, so that no step has to undo anything.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from promoter.core.candidate import Candidate
from promoter.core.canonical import canonical
from promoter.core.estate import Estate
from promoter.core.exception_rules import ExceptionRules
from promoter.core.policy_exception import Granted, Kind, PolicyException
from promoter.core.record import Incident
from promoter.core.record_estate import ESTATE, ExceptionMoved, ExceptionStep
from promoter.core.verdict import Verdict
from promoter.core.waiving import time_left, unfit


@dataclass(frozen=True, slots=True)
class Use:
    """That a finding about a candidate is waived by an exception in an environment."""

    granted: Granted
    environment: str
    candidate: Candidate


def uses_of(verdicts: Iterable[Verdict]) -> tuple[Use, ...]:
    """Give what exceptions are used for, by the verdicts of now."""
    return tuple(Use(one, verdict.environment, verdict.candidate) for verdict in verdicts for one in verdict.exceptions)


def body_of(one: PolicyException) -> bytes:
    """Give what is kept of an exception as it was approved: its digest is the exception's."""
    return canonical({"exception": one.unrevoked})


def steps_due(
    granted: Iterable[Granted],
    uses: tuple[Use, ...],
    rules: Mapping[str, ExceptionRules],
    estate: Estate,
    now: datetime,
) -> tuple[ExceptionMoved | Incident, ...]:
    """Give every step that happened and does not stand in the ledger, and the incidents that go with break-glass."""
    entries: list[ExceptionMoved | Incident] = []
    for one in {one.exception.digest: one for one in granted}.values():
        known = steps_of(one.exception, estate)
        mine = tuple(use for use in uses if use.granted.exception.digest == one.exception.digest)
        entries += _steps(one, known, rules, now)
        entries += _used(one, mine, known, now)
        if overdue := _overdue(one.exception, known, now):
            entries.append(overdue)
    return tuple(entries)


def steps_of(one: PolicyException, estate: Estate) -> tuple[ExceptionMoved, ...]:
    """Give the steps of an exception's present body that the ledger has, oldest first."""
    return tuple(step for step in estate.exceptions.get(one.id, ()) if step.body == one.digest)


def state_of(one: Granted, rules: Mapping[str, ExceptionRules], now: datetime) -> ExceptionStep:
    """Say how far an exception has come."""
    exception = one.exception
    if exception.revoked and exception.revoked.at <= now:
        return ExceptionStep.REVOKED
    if exception.expires <= now:
        return ExceptionStep.EXPIRED
    if not is_approved(one, rules):
        return ExceptionStep.REQUESTED
    if now < exception.not_before:
        return ExceptionStep.APPROVED
    return ExceptionStep.EXPIRING if exception.warns_from <= now else ExceptionStep.ACTIVE


def is_approved(one: Granted, rules: Mapping[str, ExceptionRules]) -> bool:
    """Tell whether enough people answer for it in at least one of its environments."""
    named = (name for name in one.exception.environments if name in rules)
    return any(next(unfit(one, name, rules[name]), None) is None for name in named)


def review_overdue(one: PolicyException, steps: Iterable[ExceptionMoved], now: datetime) -> bool:
    """Tell whether break-glass was used and its review is missing for too long."""
    done = {step.step for step in steps}
    is_due = one.review_due is not None and one.review_due <= now
    return is_due and ExceptionStep.USED in done and ExceptionStep.REVIEWED not in done


# --- single steps -----------------------------------------------------------------------------------------------------


def _steps(
    one: Granted, known: tuple[ExceptionMoved, ...], rules: Mapping[str, ExceptionRules], now: datetime
) -> Iterator[ExceptionMoved]:
    exception, state = one.exception, state_of(one, rules, now)
    for step, actor, detail in _reached(one, state, now):
        if step not in {entry.step for entry in known}:
            yield ExceptionMoved(
                at=now,
                service=ESTATE,
                id=exception.id,
                step=step,
                body=exception.digest,
                actor=actor,
                detail=detail,
                refs=(exception.digest, *one.statements),
            )


def _reached(one: Granted, state: ExceptionStep, now: datetime) -> Iterator[tuple[ExceptionStep, str, str]]:
    """Give the steps up to a state, with who did it and what there is to say."""
    exception = one.exception
    yield ExceptionStep.REQUESTED, exception.requested_by, exception.reason
    active = {ExceptionStep.ACTIVE, ExceptionStep.EXPIRING}
    if state in active | {ExceptionStep.APPROVED}:
        yield ExceptionStep.APPROVED, ", ".join(one.counting), f"by {one.means.value} {one.reference}".rstrip()
    if state in active:
        yield ExceptionStep.ACTIVE, "", f"until {exception.expires:%Y-%m-%d %H:%M:%SZ}"
    if state is ExceptionStep.EXPIRING:
        yield state, "", f"{time_left(exception.expires, now)}; owner {exception.owner}"
    if state is ExceptionStep.EXPIRED:
        yield state, "", f"owner {exception.owner}"
    if state is ExceptionStep.REVOKED and exception.revoked:
        yield state, exception.revoked.by, exception.revoked.reason


def _used(
    one: Granted, uses: tuple[Use, ...], known: tuple[ExceptionMoved, ...], now: datetime
) -> Iterator[ExceptionMoved | Incident]:
    exception = one.exception
    written = {(step.environment, step.service, step.release, step.digest) for step in known}
    for use in uses:
        candidate = use.candidate
        if (use.environment, candidate.service, candidate.release, candidate.digest) in written:
            continue
        yield ExceptionMoved(
            at=now,
            id=exception.id,
            step=ExceptionStep.USED,
            body=exception.digest,
            environment=use.environment,
            service=candidate.service,
            release=candidate.release,
            digest=candidate.digest,
            refs=(exception.digest, *one.statements),
        )
        if exception.kind is Kind.BREAK_GLASS:
            until = f"until {exception.expires:%Y-%m-%d %H:%M:%SZ}"
            detail = f"{exception.id} lets it pass {until}: {exception.reason}; owner {exception.owner}"
            yield Incident(
                at=now,
                service=candidate.service,
                what="break-glass",
                environment=use.environment,
                release=candidate.release,
                digest=candidate.digest,
                detail=detail,
            )


def _overdue(one: PolicyException, known: tuple[ExceptionMoved, ...], now: datetime) -> Incident | None:
    """Give the alarm about a review that is missing, at the release that break-glass was used for last."""
    if not review_overdue(one, known, now):
        return None
    last = [step for step in known if step.step is ExceptionStep.USED][-1]
    return Incident(
        at=now,
        service=last.service,
        what="review-overdue",
        environment=last.environment,
        release=last.release,
        digest=last.digest,
        detail=f"break-glass {one.id} had its review due at {one.review_due:%Y-%m-%d %H:%M:%SZ}: write it down with "
        f"`promoter exception review {one.id} --reason ...`",
    )
