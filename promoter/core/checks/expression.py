"""A condition that only this policy knows, as a CEL expression over facts of accepted evidence.

The expression is not evaluated here: its answer is a fact that the shell asked for beforehand and that is kept with the
decision. Only a truth value counts; an error, a time-out or any other value leaves the requirement undecided.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import Digest, digest_of
from promoter.core.checks.check import Check
from promoter.core.checks.conclusion import UNDECIDED_CODES
from promoter.core.checks.fact_sheet import NoSheet, Part, Sheet, make_sheet
from promoter.core.checks.subject import Subject
from promoter.core.circumstances import Answer
from promoter.core.codes import Code
from promoter.core.finding import Finding, Outcome, Reason

EXPRESSION_CAP: Final = 2_000
"""Characters of an expression."""

_NESTING_CAP: Final = 30
_OF_EVIDENCE: Final = {Part.PROVENANCE, Part.SBOM, Part.SCAN}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionParams:
    """The expression, the facts that it is asked about, and what it means to people."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    says: str
    """What it demands, as one plain sentence: it is shown wherever the expression does not hold."""
    expression: str
    """The CEL expression, whose value is true where the demand is met. It sees `release`, `environment` and `facts`."""
    facts: tuple[Part, ...]
    """Parts of the facts that it sees: `service`, `source`, `provenance` (as the list `provenances`), `sbom` (as
    `sboms`), `scan` (as `scans` and `vulnerabilities`). Lists are newest first. Evidence that is named must be
    there."""
    signers: tuple[str, ...] = ()
    """Names of the policy's signers whose evidence it sees; at least one where `facts` names evidence."""
    remedy: str = ""
    """What to do where it does not hold, and whose work that is."""

    def __post_init__(self) -> None:
        for name in ("says", "expression"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name} is empty")
        if len(self.expression) > EXPRESSION_CAP:
            raise ValueError(f"expression has {len(self.expression)} characters; at most {EXPRESSION_CAP} are taken")
        if _depth(self.expression) > _NESTING_CAP:
            raise ValueError(f"expression is nested deeper than {_NESTING_CAP} brackets")
        if not self.facts:
            raise ValueError("facts names no part: name what the expression is asked about")
        if not _OF_EVIDENCE.isdisjoint(self.facts) and not self.signers:
            raise ValueError("signers names nobody: name at least one signer of the policy, whose evidence it sees")


def _depth(text: str) -> int:
    depth = deepest = 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        deepest = max(deepest, depth)
    return deepest


def name_expression(params: ExpressionParams) -> Digest:
    """Give what stands for an expression in answers."""
    return digest_of(params.expression.encode())


def _apply(params: ExpressionParams, subject: Subject) -> Finding:
    sheet = make_sheet(subject, params.signers, params.facts)
    if isinstance(sheet, NoSheet):
        return _finding(subject, sheet.reasons, sheet.cites)
    answer = _answer(params, sheet, subject)
    if answer and answer.value:
        return Finding(
            check="expression",
            mode=subject.mode,
            outcome=Outcome.PASS,
            sentence=f"{params.says} (the expression holds for the facts {sheet.digest[:19]})",
            cites=sheet.cites,
        )
    return _finding(subject, tuple(_against(params, answer)), sheet.cites)


def _answer(params: ExpressionParams, sheet: Sheet, subject: Subject) -> Answer | None:
    wanted = (name_expression(params), sheet.digest)
    answers = (one for one in subject.circumstances.answers if (one.expression, one.facts) == wanted)
    return next(answers, None)


def _against(params: ExpressionParams, answer: Answer | None) -> Iterator[Reason]:
    remedy = params.remedy or "Service team: meet it and release again. Security team: or correct the expression."
    if answer is None:
        yield Reason(
            code=Code.EXPRESSION_NOT_EVALUATED,
            sentence=f"{params.says}: its expression was not evaluated for these facts",
            remedy="Nobody, for now: it is evaluated at the next look.",
        )
    elif answer.value is None:
        yield Reason(
            code=Code.EXPRESSION_WITHOUT_ANSWER,
            sentence=f"{params.says}: its expression gave no truth value: {answer.trouble}",
            remedy="Security team: correct the expression; `promoter policy test` tries it.",
        )
    else:
        yield Reason(Code.EXPRESSION_FALSE, f"{params.says}: the expression does not hold", remedy)


def _finding(subject: Subject, reasons: tuple[Reason, ...], cites: tuple[Digest, ...]) -> Finding:
    """Give the finding: undecided only where nothing definite speaks against it."""
    is_undecided = all(reason.code in UNDECIDED_CODES for reason in reasons)
    count = len(reasons) - 1
    more = f" (and {count} more reason{'s' if count > 1 else ''})" if count else ""
    return Finding(
        check="expression",
        mode=subject.mode,
        outcome=Outcome.UNDECIDED if is_undecided else Outcome.FAIL,
        sentence=reasons[0].sentence + more,
        reasons=reasons,
        cites=cites,
    )


EXPRESSION: Final = Check("expression", "a condition of this policy's own holds", ExpressionParams, _apply)
