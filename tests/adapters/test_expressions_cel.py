"""Expressions in a process of their own: the contract, its bounds, and the same answers as a second CEL gives."""

import json
import time

import celpy
import pytest
from celpy.adapter import json_to_cel
from celpy.celparser import CELParseError
from celpy.evaluation import CELEvalError

from promoter.adapters.expressions_cel import CelExpressions
from promoter.ports import Evaluated, Expressions
from tests.adapters.expressions_contract import FACTS, TRUE, WITHOUT_ANSWER, ExpressionsContract


class TestCelExpressions(ExpressionsContract):
    """The real one."""

    @pytest.fixture
    def expressions(self) -> Expressions:
        return CelExpressions(20)


class SecondCel:
    """A second implementation, in pure Python and by other people; it stands in the tests only."""

    def evaluate(self, expression: str, facts: bytes) -> Evaluated:
        try:
            environment = celpy.Environment()
            program = environment.program(environment.compile(expression))
            value = program.evaluate({name: json_to_cel(item) for name, item in json.loads(facts).items()})
        except (CELParseError, CELEvalError) as error:
            return Evaluated(None, str(error) or "no answer")
        return (
            Evaluated(bool(value)) if isinstance(value, celpy.celtypes.BoolType) else Evaluated(None, "no truth value")
        )


@pytest.mark.parametrize("expression", TRUE)
def test_a_second_cel_gives_the_same_answers(expression: str) -> None:
    facts = json.dumps(FACTS).encode()

    assert SecondCel().evaluate(expression, facts) == Evaluated(True)
    assert SecondCel().evaluate(f"!({expression})", facts) == Evaluated(False)


@pytest.mark.parametrize("expression", WITHOUT_ANSWER)
def test_a_second_cel_gives_none_where_the_first_gives_none(expression: str) -> None:
    assert SecondCel().evaluate(expression, json.dumps(FACTS).encode()).value is None


def test_one_that_does_not_end_is_ended_by_the_clock() -> None:
    loops = "l.all(a, l.all(b, l.all(c, l.all(d, a + b + c + d > 0 || true))))"
    began = time.monotonic()

    evaluated = CelExpressions(1).evaluate(loops, json.dumps({"l": list(range(1000))}).encode())

    assert evaluated == Evaluated(None, "it was ended after 1 s without an answer")
    assert time.monotonic() - began < 15


def test_one_that_takes_all_memory_breaks_off_alone() -> None:
    doubling = "l.map(a, l.map(b, s + s + s + s)).size() > 0"

    evaluated = CelExpressions(20).evaluate(
        doubling, json.dumps({"s": "x" * 1_000_000, "l": list(range(100))}).encode()
    )

    assert evaluated.value is None
    assert "broke off" in evaluated.trouble


def test_it_calls_nothing_but_operators_and_functions_of_its_arguments() -> None:
    assert CelExpressions(20).fault("random() > 0.5") == "it calls random, which there is not"


def test_what_it_says_of_an_error_is_one_line_and_short() -> None:
    evaluated = CelExpressions(20).evaluate("release.name == '" + "x" * 1900, b"{}")

    assert evaluated.value is None
    assert "\n" not in evaluated.trouble
    assert len(evaluated.trouble) <= 500
