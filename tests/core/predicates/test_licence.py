"""Licence expressions are read licence by licence, and what is none says nothing."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.predicates.inventory import MAX_LICENCE
from promoter.core.predicates.licence import Expression, Licence, expression_of, licence_of


def named(text: str) -> list[str] | None:
    expression = expression_of(text)
    return None if expression is None else [str(licence) for licence in expression.licences()]


@pytest.mark.parametrize(
    ("text", "licences"),
    [
        ("MIT", ["MIT"]),
        ("mit or gpl-2.0", ["MIT", "GPL-2.0-only"]),
        ("GPL-2.0+", ["GPL-2.0-or-later"]),
        ("Apache-2.0+", ["Apache-2.0+"]),
        ("MIT AND (Apache-2.0 OR AGPL-3.0-only)", ["MIT", "Apache-2.0", "AGPL-3.0-only"]),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ["GPL-2.0-only WITH Classpath-exception-2.0"]),
        ("LicenseRef-MIT-Bootstrap", ["LicenseRef-MIT-Bootstrap"]),
        ("DocumentRef-a:LicenseRef-b", ["DocumentRef-a:LicenseRef-b"]),
        ("Acme Own", ["Acme Own"]),
        ("", None),
        (" ", None),
        ("NOASSERTION", None),
        ("NONE", None),
        ("()", None),
        ("MIT OR", None),
        ("(MIT", None),
        ("MIT WITH", None),
        ("MIT/X11", None),
        ("\ud800", None),
        ("MIT AND " * 70, None),
        ("MIT AND " * 61 + "ISC " * 2, None),
    ],
)
def test_an_expression_names_its_licences(text: str, licences: list[str] | None) -> None:
    assert named(text) == licences


def test_what_may_have_been_cut_says_nothing() -> None:
    whole = "MIT" + " AND MIT" * ((MAX_LICENCE - 3) // 8)

    assert named(whole) is not None
    assert expression_of(whole.ljust(MAX_LICENCE)) is None


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("MIT", Licence("MIT")),
        ("Apache-2.0+", Licence("Apache-2.0+")),
        ("Acme", Licence("Acme", is_listed=False)),
        ("Classpath-exception-2.0", Licence("Classpath-exception-2.0", is_listed=False)),
        ("LicenseRef-MIT-Bootstrap", Licence("LicenseRef-MIT-Bootstrap", is_listed=False, is_reference=True)),
        ("MIT WITH Classpath-exception-2.0", Licence("MIT", "Classpath-exception-2.0")),
        ("MIT WITH Commons-Clause", Licence("MIT", "Commons-Clause", is_listed=False)),
        ("MIT WITH ISC", Licence("MIT", "ISC", is_listed=False)),
        ("MIT OR ISC", None),
        ("", None),
    ],
)
def test_a_licence_is_listed_a_reference_or_nothing_that_is_known(text: str, licence: Licence | None) -> None:
    assert licence_of(text) == licence


@settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(("MIT", "OR", "AND", "WITH", "(", ")", "LicenseRef-a", "+"))).map(" ".join)
)
def test_no_text_is_an_error(text: str) -> None:
    expression = expression_of(text)

    assert expression is None or list(expression.licences())


LICENCES = tuple(Licence(name) for name in "abc")
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    st.sampled_from(LICENCES).map(lambda one: Expression(True, (one,))),
    lambda inner: st.builds(
        lambda needs_all, parts: Expression(needs_all, tuple(parts)),
        st.booleans(),
        st.lists(inner | st.sampled_from(LICENCES), min_size=1, max_size=3),
    ),
    max_leaves=6,
)
ANSWERS = st.fixed_dictionaries({licence: st.sampled_from((True, False, None)) for licence in LICENCES})


@settings(max_examples=150, deadline=None)
@given(expression=EXPRESSIONS, answers=ANSWERS)
def test_an_answer_that_is_missing_never_turns_out_otherwise_than_said(
    expression: Expression, answers: dict[Licence, bool | None]
) -> None:
    """A yes or a no is the same whatever becomes known of the licences without an answer."""
    said = expression.holds(answers.__getitem__)
    open_ones = [licence for licence, answer in answers.items() if answer is None]
    later = {
        expression.holds(({**answers, **dict(zip(open_ones, filled, strict=True))}).__getitem__)
        for filled in product((True, False), repeat=len(open_ones))
    }

    assert said is None or later == {said}
