"""Writes the page of codes from the vocabulary in core: `make docs`. A test holds it up to date."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from promoter.core.codes import Code
from promoter.core.vocabulary import VOCABULARY, is_passing
from promoter.core.waivable import WAIVABLE

_HEAD: Final = "| code | means | typical cause | remedy | passes | waivable |"
FINDINGS_PAGE: Final = Path(__file__).parent / "findings.md"


def findings_page() -> str:
    """Write the page: a table for each subject, in the order of the codes."""
    return "\n".join(
        (
            "# Findings",
            "",
            "Every finding that does not pass, every refused edit and every look-up that failed carries one of these",
            "codes. Machines read the code; the sentence and remedy beside it are about the case at hand and say more",
            "than this page, which is made from `promoter/core/vocabulary.py` by `make docs`.",
            "",
            "*Passes* tells whether it may go away without anybody's doing: such a finding is `undecided`, never a",
            "failure, and what it is about is asked again with back-off. Everything else stays until somebody acts.",
            "",
            "*Waivable* tells whether an approved exception may cover it. Nothing that says who made something, or",
            "that bytes are what they claim to be, can ever be waived, and nothing that is undecided.",
            *(line for subject, codes in groupby(Code, _subject) for line in _section(subject, tuple(codes))),
            "",
        )
    )


def _subject(code: Code) -> str:
    return code.value.partition(".")[0]


def _section(subject: str, codes: tuple[Code, ...]) -> Iterator[str]:
    yield from ("", f"## {subject}", "", _HEAD, "|---|---|---|---|---|---|")
    for code in codes:
        term = VOCABULARY[code]
        passes = "may" if is_passing(code) else "no"
        waivable = "yes" if code in WAIVABLE else "never"
        yield f"| `{code.value}` | {term.meaning} | {term.cause} | {term.remedy} | {passes} | {waivable} |"


if __name__ == "__main__":
    FINDINGS_PAGE.write_text(findings_page(), encoding="utf-8")
