"""Expressions are asked about exactly the facts that the check looks for, once, and what they say decides."""

from dataclasses import replace

from promoter.core.candidate import Candidate, digest_of
from promoter.core.checks.expression import ExpressionParams
from promoter.core.checks.fact_sheet import Part
from promoter.core.checks.subject import Phase
from promoter.core.circumstances import Circumstances
from promoter.core.evidence import Evidence, SourceRevision
from promoter.core.finding import Finding
from promoter.core.policy import Occasion, Policy, Requirement, examine
from promoter.expressions import Evaluator, find_faults
from promoter.ports import Evaluated
from tests.core.scenes import NOW, SERVICE

IMAGE = digest_of(b"image")
SOURCE = SourceRevision(SERVICE.source, "refs/tags/v1.0.0", "a" * 40)
FOUND = Evidence(IMAGE, source=SOURCE)
TAGGED = ExpressionParams(says="built from a tag", expression="source.ref == 'x'", facts=(Part.SOURCE,))
OURS = ExpressionParams(says="the cart's own", expression="release.service == 'cart'", facts=(Part.SERVICE,))


class Oracle:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self, *answers: Evaluated) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, bytes]] = []

    def fault(self, expression: str) -> str:
        return f"no such thing: {expression}" if "bad" in expression else ""

    def evaluate(self, expression: str, facts: bytes) -> Evaluated:
        self.asked.append((expression, facts))
        return self.answers.pop(0)


def policy(*lines: ExpressionParams) -> Policy:
    require = tuple(Requirement(check="expression", params=line) for line in lines)
    return Policy(environment="prod", signers={}, require=require, digest=IMAGE, body=b"")


def occasion(evaluator: Evaluator | None, wanted: Policy, evidence: Evidence = FOUND) -> Occasion:
    candidate = Candidate("cart", "1.0.0", IMAGE)
    bare = Occasion(candidate, SERVICE.placeholders("1.0.0"), Phase.PROPOSE, NOW)
    answers = evaluator.answers(wanted, evidence, bare) if evaluator else ()
    return replace(bare, circumstances=Circumstances(answers=answers))


def outcomes(found: tuple[Finding, ...]) -> list[str]:
    return [finding.outcome.value for finding in found]


def test_an_answer_decides_the_line_that_it_is_of() -> None:
    evaluator = Evaluator(Oracle(Evaluated(True), Evaluated(False)))
    wanted = policy(TAGGED, OURS)

    assert outcomes(examine(wanted, FOUND, occasion(evaluator, wanted))) == ["pass", "fail"]
    assert outcomes(examine(wanted, FOUND, occasion(None, wanted))) == ["undecided", "undecided"]


def test_the_same_question_is_asked_once_and_other_facts_are_another_question() -> None:
    oracle = Oracle(Evaluated(True), Evaluated(False))
    evaluator, wanted = Evaluator(oracle), policy(TAGGED)
    other = replace(FOUND, source=replace(SOURCE, commit="b" * 40))

    first, again, changed = (occasion(evaluator, wanted, evidence) for evidence in (FOUND, FOUND, other))

    assert first == again
    assert len(oracle.asked) == 2
    assert outcomes(examine(wanted, other, changed)) == ["fail"]
    assert outcomes(examine(wanted, other, first)) == ["undecided"]


def test_what_gave_no_truth_value_is_asked_again() -> None:
    evaluator, wanted = Evaluator(Oracle(Evaluated(None, "ended"), Evaluated(True))), policy(TAGGED)

    assert outcomes(examine(wanted, FOUND, occasion(evaluator, wanted))) == ["undecided"]
    assert outcomes(examine(wanted, FOUND, occasion(evaluator, wanted))) == ["pass"]


def test_a_policy_without_expressions_asks_nobody() -> None:
    assert Evaluator(Oracle()).answers(policy(), FOUND, occasion(None, policy())) == ()


def test_a_fault_in_an_expression_is_told_once_with_its_place() -> None:
    bad = replace(TAGGED, expression="bad")

    assert find_faults((policy(OURS, bad), policy(bad)), Oracle()) == (
        "policy prod, require[1].expression: no such thing: bad",
    )
