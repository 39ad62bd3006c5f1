"""docs/predicates.md names the types that are read, and its examples are read."""

import json
import re
from pathlib import Path

from promoter.core.checks import CHECKS
from promoter.core.checks.component_demands import COMPONENT_FACTS
from promoter.core.predicates import types
from promoter.core.predicates.component_facts import read_component_facts
from promoter.core.predicates.reviews import REVIEW_TYPES, ReviewKind, read_review
from promoter.core.predicates.sarif import Level, read_sarif
from promoter.core.predicates.suites import read_suite_run

PAGE = Path(__file__).parents[2] / "docs" / "predicates.md"
TEXT = PAGE.read_text(encoding="utf-8")
TESTED, ANALYSED, *REVIEWED, LOOKED_UP = (
    json.loads(block) for block in re.findall(r"```json\n(.+?)```", TEXT, re.DOTALL)
)


def test_every_check_has_its_row() -> None:
    rows = re.findall(r"^\| (`.+?) \|", TEXT, re.MULTILINE)

    assert {name for row in rows for name in re.findall(r"`([a-z-]+)`", row)} >= set(CHECKS)


def test_every_type_with_one_name_is_named() -> None:
    sets = (
        types.PROVENANCE,
        types.MISMATCH_APPROVAL,
        types.TEST_RESULT,
        types.VERIFICATION_SUMMARY,
        types.LINK,
        types.SCAI,
        *REVIEW_TYPES.values(),
    )

    assert [name for names in sets for name in names if f"`{name}`" not in TEXT] == []


def test_the_example_of_a_test_result_is_read() -> None:
    run = read_suite_run(min(types.TEST_RESULT), TESTED)

    assert (run.suites, run.passed, run.coverage) == (("unit",), 2, 87.5)


def test_the_example_of_an_analysis_is_read() -> None:
    (run,) = read_sarif(min(types.SARIF), ANALYSED)

    assert (run.tool, run.completed, run.count(Level.WARNING)) == ("CodeQL", True, 1)


def test_the_example_of_facts_about_components_is_read() -> None:
    facts = read_component_facts(COMPONENT_FACTS, LOOKED_UP)

    assert [(item.component, item.is_maintained) for item in facts] == [
        ("pkg:npm/left-pad@1.3.0", False),
        ("pkg:pypi/requests@2.32.5", True),
    ]


def test_the_examples_of_reviews_are_read_in_their_order() -> None:
    kinds = [ReviewKind(word) for word in re.findall(r"^### (.+)$", TEXT, re.MULTILINE)]
    read = [read_review(min(REVIEW_TYPES[kind]), body) for kind, body in zip(kinds, REVIEWED, strict=True)]

    assert kinds == list(ReviewKind)
    assert [review.is_positive for review in read] == [True, True, False, True]
