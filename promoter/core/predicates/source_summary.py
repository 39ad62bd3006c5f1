"""A verification summary (VSA) of SLSA's source track: what a verifier found out about one revision of a repository.

slsa.dev/spec/v1.2/verification_summary and source-requirements. The revision is the statement's subject, as
`gitCommit`; `resourceUri` is the repository, and of `verifiedLevels` only those of the source track are read.
"""

import re
from dataclasses import dataclass
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates.body import body_of
from promoter.core.predicates.source import normalise_repository

TWO_PARTY_REVIEW: Final = 4
"""The level of the source track that demands two-party review; it is the highest."""

_MAX_LEVELS: Final = 100
_RESULTS: Final = ("PASSED", "FAILED")
_LEVEL: Final = re.compile(r"SLSA_SOURCE_LEVEL_(?P<level>[0-4])")


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """What the verifier said; `level` is 0 where it names none of the source track."""

    verifier: str
    repository: str  # normalised
    is_passed: bool
    level: int


def read_source_summary(_: str, predicate: object) -> SourceSummary:
    """Read a summary; raises Malformed with SOURCE_REVIEW_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.SOURCE_REVIEW_UNPARSEABLE)
    result = whole.required_text("verificationResult")
    if result not in _RESULTS:
        raise whole.refusal("verificationResult", "is neither PASSED nor FAILED")
    levels = (_LEVEL.fullmatch(level) for level in whole.texts("verifiedLevels", _MAX_LEVELS))
    return SourceSummary(
        verifier=whole.required_body("verifier").required_text("id"),
        repository=normalise_repository(whole.required_text("resourceUri")),
        is_passed=result == "PASSED",
        level=max((int(found["level"]) for found in levels if found), default=0),
    )
