"""Strictness is a partial order over every check's parameters, and every parameter has its place in it."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.checks import CHECKS
from promoter.core.identity import SignerRule
from promoter.core.policy import Requirement
from promoter.core.strictness.catalogue import COMPARISONS
from promoter.core.strictness.comparison import Comparison, changes_of
from promoter.core.strictness.lines import compare_lines
from promoter.core.strictness.order import Strictness, together
from promoter.core.strictness.signers import SIGNER_RULE
from tests.core.strictness.draws import PARAMS, RULES, chains, lines, undrawn

MIRRORED = {
    Strictness.EQUAL: Strictness.EQUAL,
    Strictness.STRONGER: Strictness.WEAKER,
    Strictness.WEAKER: Strictness.STRONGER,
    Strictness.INCOMPARABLE: Strictness.INCOMPARABLE,
}
AT_LEAST = {Strictness.EQUAL, Strictness.STRONGER}
DRAWN = sorted(set(PARAMS) & set(CHECKS))


def declared(comparison: Comparison) -> list[str]:
    return [name for part in comparison.parts for name in part.names]


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_every_parameter_of_every_check_has_an_order_of_its_own(check: str) -> None:
    names = declared(COMPARISONS[check]) if check in COMPARISONS else []

    assert sorted(names) == sorted(one.name for one in fields(CHECKS[check].params)), (
        f"promoter/core/strictness/catalogue.py: give each parameter of {check} an order, once"
    )


def test_every_field_of_a_signers_rule_has_an_order_of_its_own() -> None:
    assert sorted(declared(SIGNER_RULE)) == sorted(one.name for one in fields(SignerRule))


def test_no_order_is_declared_for_a_check_that_there_is_not() -> None:
    assert set(COMPARISONS) <= set(CHECKS)


@pytest.mark.parametrize("check", DRAWN)
def test_these_tests_draw_every_parameter_that_has_more_than_one_order(check: str) -> None:
    assert undrawn(check) <= {"resource", "version", "policy", "policy_digest"}


@pytest.mark.parametrize("check", DRAWN)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_line_is_as_strict_as_itself_and_the_way_back_is_the_mirror_image(check: str, data: st.DataObject) -> None:
    one, other, _ = data.draw(chains(check))

    assert compare_lines(one, one) is Strictness.EQUAL
    assert compare_lines(other, one) is MIRRORED[compare_lines(one, other)]


@pytest.mark.parametrize("check", DRAWN)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_what_is_stricter_than_the_stricter_is_stricter(check: str, data: st.DataObject) -> None:
    one, two, three = data.draw(chains(check))
    first, second, whole = compare_lines(one, two), compare_lines(two, three), compare_lines(one, three)

    if {first, second} <= AT_LEAST:
        assert whole is together((first, second)), (first, second)


@settings(max_examples=80, deadline=None)
@given(st.lists(RULES, min_size=3, max_size=3))
def test_rules_of_signers_are_in_a_partial_order(rules: list[SignerRule]) -> None:
    def compare(before: Any, after: Any) -> Strictness:
        return together(change.strictness for change in changes_of(SIGNER_RULE, before, after, ""))

    one, two, three = rules

    assert compare(one, one) is Strictness.EQUAL
    assert compare(two, one) is MIRRORED[compare(one, two)]
    if {compare(one, two), compare(two, three)} <= AT_LEAST:
        assert compare(one, three) is together((compare(one, two), compare(two, three)))


@settings(max_examples=20, deadline=None)
@given(one=lines("signature"), other=lines("sbom"))
def test_two_different_checks_cannot_be_compared(one: Requirement, other: Requirement) -> None:
    assert compare_lines(one, other) is Strictness.INCOMPARABLE
