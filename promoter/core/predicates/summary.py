"""Verification summaries (SLSA VSA v1): what another verifier decided about an artifact, and which levels it saw.

SLSA v1.2, verification_summary. A summary that states two levels of one track contradicts the specification and is
refused; levels that are not SLSA's are names like any other.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates.body import body_of

_MAX_LEVELS: Final = 100
_LEVEL: Final = re.compile(r"SLSA_(?P<track>[A-Z][A-Z0-9_]*)_LEVEL_(?P<number>\d{1,2}|UNEVALUATED)", re.ASCII)

FAILED_LEVEL: Final = "FAILED"
"""The level of an artifact that failed the verifier's policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationSummary:
    """One verifier's decision. `policy_digest` is `sha256:...` or empty; `verified_at` is None where unset."""

    verifier: str
    resource: str
    policy: str
    policy_digest: str
    is_passed: bool
    levels: tuple[str, ...]
    verified_at: datetime | None = None


def read_summary(_predicate_type: str, predicate: object) -> VerificationSummary:
    """Read a verification summary; raises Malformed with VSA_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.VSA_UNPARSEABLE)
    policy = whole.required_body("policy")
    levels = whole.texts("verifiedLevels", _MAX_LEVELS)
    tracks = [found["track"] for found in map(_LEVEL.fullmatch, levels) if found]
    if len(set(tracks)) < len(tracks):
        raise whole.refusal("verifiedLevels", "states two levels of one track")
    return VerificationSummary(
        verifier=whole.required_body("verifier").required_text("id"),
        resource=whole.required_text("resourceUri"),
        policy=policy.required_text("uri"),
        policy_digest=policy.sha256("digest"),
        is_passed=whole.one_of("verificationResult", ("PASSED", "FAILED")) == "PASSED",
        levels=levels,
        verified_at=whole.time("timeVerified"),
    )


def is_level(text: str) -> bool:
    """Tell whether a text can be demanded as a level: one of SLSA's with its number, or a name that is not SLSA's."""
    if text.startswith("SLSA_"):
        found = _LEVEL.fullmatch(text)
        return bool(found) and not text.endswith("UNEVALUATED")
    return bool(text) and text != FAILED_LEVEL


def reaches(levels: Iterable[str], wanted: str) -> bool:
    """Tell whether the levels hold the wanted one, or a higher one of its track; not evaluated is no level."""
    demand = _LEVEL.fullmatch(wanted)
    if not demand:
        return wanted in set(levels)
    return any(
        found["track"] == demand["track"]
        and found["number"].isdigit()
        and int(found["number"]) >= int(demand["number"])
        for found in map(_LEVEL.fullmatch, levels)
        if found
    )
