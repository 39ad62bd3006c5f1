"""The page of codes names every code once, and is the one that is committed."""

import re

from docs.generate_findings import FINDINGS_PAGE, findings_page
from promoter.core.codes import Code
from promoter.core.vocabulary import VOCABULARY, is_passing


def test_the_page_is_the_one_that_the_vocabulary_makes() -> None:
    assert FINDINGS_PAGE.read_text(encoding="utf-8") == findings_page(), "run `make docs`"


def test_every_code_has_its_own_row() -> None:
    assert re.findall(r"^\| `([a-z.-]+)` \|", findings_page(), re.MULTILINE) == [code.value for code in Code]
    assert set(VOCABULARY) == set(Code)


def test_every_term_is_made_of_sentences_that_end_and_break_no_table() -> None:
    for term in VOCABULARY.values():
        for text in (term.meaning, term.cause, term.remedy):
            assert text.endswith(".")
            assert "|" not in text
            assert "\n" not in text


def test_a_remedy_says_whose_turn_it_is() -> None:
    turns = ("Operator: ", "Service team: ", "Security team: ", "Release managers: ", "Nobody's: ")
    assert [code.value for code, term in VOCABULARY.items() if not term.remedy.startswith(turns)] == []


def test_what_may_pass_is_what_the_world_did_not_answer() -> None:
    passing = {code for code in Code if is_passing(code)}
    assert passing == {code for code in Code if code.name.startswith(("OUTSIDE_", "LOOKUP_", "TRUST_"))} | {
        Code.PROVENANCE_SOURCE_UNKNOWN,
        Code.SAST_SOURCE_UNKNOWN,
        Code.EXCEPTION_UNKNOWN,
    }
