"""The rules that judge are those in force: the bundle that the bot has read is the one that was activated last.

A configuration that somebody changed on the bot's machine, past the way on which rules come into force, judges nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.checks.check import Check
from promoter.core.checks.facts import conclude_facts
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesParams:
    """Nothing to choose."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it


def _apply(params: RulesParams, subject: Subject) -> Finding:  # noqa: ARG001 - one signature for all checks
    bundle, active = subject.circumstances.bundle, subject.circumstances.active
    return conclude_facts("rules", subject, f"judged by the rules in force, {bundle}", _against(bundle, active))


def _against(bundle: Digest | None, active: Digest | None) -> Iterator[Reason]:
    if bundle is None or active is None:
        sentence = "no bundle of rules was read" if bundle is None else "no rules were ever activated"
        yield Reason(
            code=Code.RULES_UNKNOWN,
            sentence=f"it is not known whether the rules in force judge: {sentence}",
            remedy="Operator: start the bot with these rules, which activates them, and ask it.",
            state=EvidenceState.LOOKUP_FAILED,
        )
    elif bundle != active:
        yield Reason(
            code=Code.RULES_NOT_ACTIVE,
            sentence=f"the rules that judge are {bundle}, and those in force are {active}",
            remedy="Operator: bring the rules into force as they must be, or restore those that are.",
            state=EvidenceState.INVALID,
        )


RULES: Final = Check("rules", "judged by the rules in force", RulesParams, _apply)
