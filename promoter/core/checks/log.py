"""The ledger is the one that was anchored: it extends the newest checkpoint that stands outside of it.

Approvals, holds and what was seen first all stand in the ledger; one that was rewritten could say anything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check
from promoter.core.checks.facts import conclude_facts
from promoter.core.checks.subject import Subject
from promoter.core.circumstances import Anchored
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LogParams:
    """Nothing to choose."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it


def _apply(params: LogParams, subject: Subject) -> Finding:  # noqa: ARG001 - one signature for all checks
    anchor = subject.circumstances.anchor
    return conclude_facts("log", subject, _passing(anchor), _against(anchor))


def _passing(anchor: Anchored | None) -> str:
    """Say what was compared; before the first proposal is merged, nothing of the ledger stands anywhere else."""
    if anchor is None or not anchor.found_in:
        return "no checkpoint of the ledger stands outside of it yet"
    return f"the ledger extends the checkpoint of {anchor.size} entries in {anchor.found_in}"


def _against(anchor: Anchored | None) -> Iterator[Reason]:
    if anchor is None:
        yield Reason(
            code=Code.LOG_UNKNOWN,
            sentence="it is not known whether the ledger extends what was anchored: no checkpoint was looked for",
            remedy="Operator: ask the running bot, which reads the environment repository.",
            state=EvidenceState.LOOKUP_FAILED,
        )
    elif not anchor.is_extended:
        yield Reason(
            code=Code.LOG_INCONSISTENT,
            sentence=f"the ledger does not extend the checkpoint of {anchor.size} entries in {anchor.found_in}: "
            f"its root is not {anchor.root}",
            remedy="Operator: stop the bot, run `promoter log verify`, and restore a ledger that passes.",
            state=EvidenceState.INVALID,
        )


LOG: Final = Check("log", "the ledger extends what was anchored", LogParams, _apply)
