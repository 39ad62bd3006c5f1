"""Asks the expressions of a policy about the facts of a candidate, so that judging needs no evaluator and no clock."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from threading import Lock

from promoter.core.candidate import Digest
from promoter.core.checks.expression import ExpressionParams, name_expression
from promoter.core.checks.fact_sheet import Sheet, make_sheet
from promoter.core.circumstances import Answer
from promoter.core.evidence import Evidence
from promoter.core.policy import Occasion, Policy, subject_of
from promoter.core.verdict import Verdict, judge
from promoter.ports import Expressions

_KEPT = 1000  # answers; the same question is asked once


def find_faults(policies: Iterable[Policy], expressions: Expressions) -> tuple[str, ...]:
    """Say, with environment and line, what is wrong with the expressions of policies, each told once."""
    found = dict[str, str]()
    for policy in policies:
        for index, line in enumerate(policy.require):
            if isinstance(line.params, ExpressionParams) and line.params.expression not in found:
                fault = expressions.fault(line.params.expression)
                where = f"policy {policy.environment}, require[{index}].expression"
                found[line.params.expression] = f"{where}: {fault}" if fault else ""
    return tuple(text for text in found.values() if text)


class Evaluator:
    """Answers of expressions; safe for several threads. What gave no truth value is asked again at the next look."""

    def __init__(self, expressions: Expressions) -> None:
        self._expressions = expressions
        self._lock = Lock()
        self._known: OrderedDict[tuple[Digest, Digest], Answer] = OrderedDict()

    def answers(self, policy: Policy, evidence: Evidence, occasion: Occasion) -> tuple[Answer, ...]:
        """Give the answer of every expression of a policy for which there are facts to ask about."""
        lines = [line.params for line in policy.require if isinstance(line.params, ExpressionParams)]
        if not lines:
            return ()
        subject = subject_of(policy, evidence, occasion)
        sheets = ((params, make_sheet(subject, params.signers, params.facts)) for params in lines)
        found = (self._answer(params, sheet) for params, sheet in sheets if isinstance(sheet, Sheet))
        return tuple(dict.fromkeys(found))

    def judge(self, policy: Policy, evidence: Evidence, occasion: Occasion) -> Verdict:
        """Compute the verdict, with the answers that the policy's expressions need among its circumstances."""
        answers = self.answers(policy, evidence, occasion)
        known = replace(occasion.circumstances, answers=answers) if answers else occasion.circumstances
        return judge(policy, evidence, replace(occasion, circumstances=known))

    def _answer(self, params: ExpressionParams, sheet: Sheet) -> Answer:
        key = (name_expression(params), sheet.digest)
        with self._lock:
            known = self._known.get(key)
        if known:
            return known
        evaluated = self._expressions.evaluate(params.expression, sheet.raw)
        answer = Answer(expression=key[0], facts=key[1], value=evaluated.value, trouble=evaluated.trouble)
        if answer.value is not None:
            self._keep(key, answer)
        return answer

    def _keep(self, key: tuple[Digest, Digest], answer: Answer) -> None:
        with self._lock:
            self._known[key] = answer
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
