"""Which of two rules about one signer is stricter: the same identity or a part of it, more claims, less time.

Claims and placeholders are compared as they are written: what they stand for differs by release.
"""

from typing import Final

from promoter.core.evidence import SignerClaims
from promoter.core.identity import Logging, SignerRule
from promoter.core.identity_pattern import matches_pattern
from promoter.core.strictness.comparison import Comparison, Part, exact, part
from promoter.core.strictness.lattice import demanded, fields_of, larger, same, smaller

_TRIED: Final = ("x", "q7")
"""What `*` of a pattern is tried with: two texts without a common beginning or end, so that only a `*` fits both."""


def _is_same_or_part(before: SignerRule, after: SignerRule) -> bool:
    """Compare whom the rules name: a name that a pattern matches is narrower, and so is a narrower pattern."""
    if not before.san_pattern:
        return (before.san, before.san_pattern) == (after.san, after.san_pattern)
    if before.san_pattern == after.san_pattern:
        return True
    named = after.san or after.san_pattern
    tried = (named.replace("*", text) for text in _TRIED)
    return bool(named) and all(matches_pattern(before.san_pattern, one, lambda text: text) for one in tried)


def _is_logged(before: Logging, after: Logging) -> bool:
    return after is Logging.REQUIRED or before is Logging.OPTIONAL


_SOMEBODY_ELSE: Final = "it is somebody else"
_claims = fields_of(**dict.fromkeys(SignerClaims.__dataclass_fields__, demanded(same)))

SIGNER_RULE: Final = Comparison(
    (
        *exact("issuer", "key", why=_SOMEBODY_ELSE),
        Part(("san", "san_pattern"), _is_same_or_part, "neither holds the other"),
        part("claims", _claims),
        part("log", _is_logged),
        part("not_before", demanded(larger)),
        part("not_after", demanded(smaller)),
        part("revoked_at", demanded(smaller)),
    )
)
"""How the rules of a signer are compared."""
