"""Exceptions and what policies ask of them are compared like everything else that decides."""

from dataclasses import replace

import pytest

from promoter.core.exception_changes import exception_changes
from promoter.core.exception_rules import ExceptionRules, MaxDays
from promoter.core.policy_exception import PolicyException, Revoked
from promoter.core.policy_lines import policy_changes
from promoter.core.strictness.order import Strictness
from tests.core.test_policy_change import SIGNED, policy
from tests.core.waivers import EXCEPTION, NOW

W, S, I = Strictness.WEAKER, Strictness.STRONGER, Strictness.INCOMPARABLE  # noqa: E741 - of the table below
REVOKED = replace(EXCEPTION, revoked=Revoked(at=NOW, by="ines", reason="mended"))
SAYS = "exception, accepts vulnerabilities.over-limit in prod until 2026-11-25 12:00:00Z"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((), (EXCEPTION,), [(W, f"is new: {SAYS}")]),
        ((EXCEPTION,), (), [(S, "is gone")]),
        ((EXCEPTION,), (EXCEPTION,), []),
        ((EXCEPTION,), (REVOKED,), [(S, "is revoked from 2026-11-21 12:00:00Z on")]),
        ((REVOKED,), (EXCEPTION,), [(W, "is revoked no more")]),
        (
            (EXCEPTION,),
            (replace(EXCEPTION, reason="another"),),
            [(I, f"is another one now (nothing says which of the two is stricter): {SAYS}")],
        ),
    ],
)
def test_a_new_exception_is_weaker_and_a_changed_one_counts_as_weaker(
    before: tuple[PolicyException, ...], after: tuple[PolicyException, ...], expected: list[tuple[Strictness, str]]
) -> None:
    found = list(exception_changes(before, after))

    assert [(change.strictness, change.sentence) for change in found] == expected
    assert {change.place for change in found} <= {"exception EX-1"}


@pytest.mark.parametrize(
    ("rules", "strictness"),
    [
        (ExceptionRules(approvals=3), S),
        (ExceptionRules(protected=False), W),
        (ExceptionRules(protected=False, approvals=1), W),
        (ExceptionRules(max_days=MaxDays(critical=30)), W),
        (ExceptionRules(max_days=MaxDays(critical=2)), S),
        (ExceptionRules(max_days=MaxDays(critical=2, low=300)), I),
        (ExceptionRules(signers=("pipeline",)), I),
    ],
)
def test_what_a_policy_asks_of_exceptions_is_compared(rules: ExceptionRules, strictness: Strictness) -> None:
    before = policy(SIGNED)

    found = list(policy_changes(before, replace(before, exceptions=rules), "prod"))

    assert {change.strictness for change in found} == {strictness}
    assert {change.place for change in found} == {"prod: exceptions"}
