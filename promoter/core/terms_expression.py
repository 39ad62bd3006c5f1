"""What the codes of a policy's own expressions mean."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from promoter.core.codes import Code
from promoter.core.term import SECURITY, TEAM, Term

TERMS: Final[Mapping[Code, Term]] = MappingProxyType(
    {
        Code.EXPRESSION_FALSE: Term(
            "A condition of the policy's own does not hold for the release.",
            "What the line's `says` demands is not met.",
            f"{TEAM}meet it and release again.",
        ),
        Code.EXPRESSION_WITHOUT_ANSWER: Term(
            "An expression gave an error, ran out of time or memory, or gave something else than true or false.",
            "It names a member that these facts do not have, or compares what cannot be compared.",
            f"{SECURITY}correct the expression; `promoter policy test` tries it on facts of yours.",
        ),
        Code.EXPRESSION_NOT_EVALUATED: Term(
            "An expression was not asked about these facts.",
            "Evidence changed between asking and judging, or the verdict was computed where nothing is evaluated.",
            "Nobody's: it is asked at the next look.",
        ),
        Code.EXPRESSION_FACTS_TOO_LARGE: Term(
            "There are more facts than an expression is asked about.",
            "A very large SBOM or scan.",
            f"{SECURITY}use a check of the catalogue, or ask about another part.",
        ),
        Code.EXPRESSION_SOURCE_UNKNOWN: Term(
            "The commit of the release's git tag is not known now.",
            "The source repository did not answer.",
            "Nobody's: it is asked again, with back-off.",
        ),
    }
)
"""Every code of an expression with its term."""
