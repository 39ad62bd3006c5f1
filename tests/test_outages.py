"""What is silent is asked once in a look; the longest pause that anything asked for is remembered until the next."""

import pytest

from promoter.core.codes import Code
from promoter.outages import Outages, worse
from promoter.ports import OutsideError

HERE, THERE = "registry.example/shop/cart", "https://forge.example/shop/cart"


class Counted:
    """A question that is answered with an error of a code, and knows how often it was asked."""

    def __init__(self, code: Code, retry_after: float | None = None) -> None:
        self._error = OutsideError(code, "no", retry_after=retry_after)
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        raise self._error


def ask_twice(outages: Outages, name: str, question: Counted) -> int:
    """Ask the same twice; gives how often it got through."""
    for _ in range(2):
        with pytest.raises(OutsideError):
            outages.ask(name, question)
    return question.asked


@pytest.mark.parametrize("code", [Code.OUTSIDE_TIMEOUT, Code.OUTSIDE_UNREACHABLE, Code.OUTSIDE_RATE_LIMITED])
def test_what_is_silent_is_asked_once_in_a_look_and_again_in_the_next(code: Code) -> None:
    outages, question = Outages(), Counted(code)
    outages.begin(HERE, THERE)
    assert ask_twice(outages, HERE, question) == 1
    assert outages.ask(THERE, lambda: "answered") == "answered"
    outages.begin(HERE)
    assert ask_twice(outages, HERE, question) == 2


@pytest.mark.parametrize("code", [Code.OUTSIDE_NOT_FOUND, Code.OUTSIDE_BAD_ANSWER, Code.OUTSIDE_SERVER_ERROR])
def test_an_answer_that_is_bad_keeps_nothing_else_from_being_asked(code: Code) -> None:
    outages = Outages()
    outages.begin(HERE)
    assert ask_twice(outages, HERE, Counted(code)) == 2


def test_the_longest_pause_is_what_the_look_reports() -> None:
    outages = Outages()
    outages.begin(HERE, THERE)
    ask_twice(outages, HERE, Counted(Code.OUTSIDE_SERVER_ERROR, 30.0))
    ask_twice(outages, HERE, Counted(Code.OUTSIDE_RATE_LIMITED, 600.0))
    ask_twice(outages, THERE, Counted(Code.OUTSIDE_NOT_FOUND, 900.0))
    found = outages.worst(HERE)
    assert found is not None
    assert (found.code, found.retry_after) == (Code.OUTSIDE_RATE_LIMITED, 600.0)
    assert outages.worst(THERE) is None  # waiting does not help
    assert worse(None, found) is worse(found, None) is found


def test_a_look_that_takes_too_long_ends_with_a_reason() -> None:
    outages = Outages(seconds=0.0)
    outages.begin(HERE)
    with pytest.raises(OutsideError) as caught:
        outages.ask(HERE, lambda: "never asked")
    assert str(caught.value) == f"outside.timeout: {HERE}: this look has taken 0 s, the next one goes on"
