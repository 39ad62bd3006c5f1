"""No way back by accident: a candidate is not older than what runs in the environment.

Going back on purpose has a rule of its own: a person asked for it, the ledger holds it, and the finding says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check
from promoter.core.checks.facts import conclude_facts
from promoter.core.checks.subject import Subject
from promoter.core.circumstances import Running
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderParams:
    """Nothing to choose: the order is the service's own."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it


def _apply(params: OrderParams, subject: Subject) -> Finding:  # noqa: ARG001 - one signature for all checks
    running = subject.circumstances.running
    return conclude_facts("order", subject, _passing(subject, running), _against(subject, running))


def _against(subject: Subject, running: Running | None) -> Iterator[Reason]:
    where, release = subject.environment, subject.candidate.release
    if running is None:
        yield _unknown(f"it is not known what runs in {where}, so whether {release} would go back is not known either")
    elif running.is_return_wanted:
        return
    elif running.is_newer is None:
        named = running.release or running.digest
        yield _unknown(f"{named} runs in {where}, and the service's order does not tell whether {release} is newer")
    elif running.is_newer:
        yield Reason(
            code=Code.ORDER_DOWNGRADE,
            sentence=f"{running.release} runs in {where}, which is newer than {release}",
            remedy=f"Nobody's: {release} is not wanted there any more. Release managers: to go back on purpose, ask "
            "for a rollback, which is recorded.",
        )


def _unknown(sentence: str) -> Reason:
    return Reason(
        code=Code.ORDER_UNKNOWN,
        sentence=sentence,
        remedy="Operator: make the manifests of the environment name one release that the service's rule knows.",
        state=EvidenceState.LOOKUP_FAILED,
    )


def _passing(subject: Subject, running: Running | None) -> str:
    release, where = subject.candidate.release, subject.environment
    if running is None or not (running.release or running.digest):
        return f"nothing runs in {where} yet"
    if running.digest == subject.candidate.digest:
        return f"{release} runs in {where} already"
    if running.is_return_wanted:
        return f"{release} goes back from {running.release or running.digest}, as a person asked; the ledger holds it"
    return f"{release} is not older than {running.release}, which runs in {where}"


ORDER: Final = Check("order", "not older than what runs", OrderParams, _apply)
