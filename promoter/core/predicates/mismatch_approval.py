"""A written approval that a release may be built from another commit than its git tag names: our own predicate type.

`releaseCommit` is what the tag names, `builtCommit` what was built; both are whole, so that an approval of one mismatch
is none of another. It is about one digest, the statement's subject, and ends at `expires`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates.body import Body, body_of
from promoter.core.predicates.source import normalise_repository

_MAX_REASON: Final = 500  # characters that are kept for display
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class MismatchApproval:
    """What one party approved."""

    release_commit: str
    built_commit: str
    repository: str  # normalised
    reason: str
    expires: datetime


def read_mismatch_approval(_: str, predicate: object) -> MismatchApproval:
    """Read an approval; every member must be there. Raises Malformed."""
    whole = body_of(predicate, "", Code.MISMATCH_APPROVAL_UNPARSEABLE)
    reason = whole.short_text("reason", _MAX_REASON)
    if not reason.strip():
        raise whole.refusal("reason", "is missing: an approval says why")
    return MismatchApproval(
        release_commit=_commit(whole, "releaseCommit"),
        built_commit=_commit(whole, "builtCommit"),
        repository=normalise_repository(whole.required_text("repository")),
        reason=reason,
        expires=whole.required_time("expires"),
    )


def _commit(whole: Body, name: str) -> str:
    value = whole.required_text(name)
    if not _COMMIT.fullmatch(value):
        raise whole.refusal(name, "is no whole git commit")
    return value
