"""Which signer a policy accepts, and whether a certificate's signer is that one.

Rules are exact after their placeholders are filled in, but for a subject alternative name that is given as a pattern;
what such a pattern can match is bounded in `identity_pattern`.
"""

import re
from dataclasses import dataclass, field, fields

from promoter.core.canonical import added
from promoter.core.evidence import Signer, SignerClaims
from promoter.core.identity_pattern import check_pattern, matches_pattern

_PLACEHOLDER = re.compile(r"\{(?:source|tag|release)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerRule:
    """An identity that a policy names: issuer and subject alternative name, and workflow claims that must be equal.

    The name is either `san`, exact, or `san_pattern`; a rule with neither matches nobody. All may hold the placeholders
    `{source}` (the service's source repository URL), `{tag}` (the release's git tag) and `{release}`.
    Raises ValueError for both at once and for a pattern that is none or would match strangers.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads it

    issuer: str
    san: str = ""
    san_pattern: str = added("")
    claims: SignerClaims = field(default_factory=SignerClaims)

    def __post_init__(self) -> None:
        if self.san and self.san_pattern:
            raise ValueError("san and san_pattern exclude each other")
        if self.san_pattern:
            check_pattern(self.san_pattern)


@dataclass(frozen=True, slots=True)
class Placeholders:
    """What the placeholders of a rule stand for, for one service and release."""

    source: str
    tag: str
    release: str

    def fill(self, text: str) -> str:
        """Fill in the placeholders, once: a value that holds a placeholder's text is not filled again."""
        values = {"{source}": self.source, "{tag}": self.tag, "{release}": self.release}
        return _PLACEHOLDER.sub(lambda found: values[found[0]], text)


def matches(rule: SignerRule, signer: Signer, filled: Placeholders) -> bool:
    """Tell whether the certificate's signer is one that the rule names; empty demands match nobody."""
    return names(rule, signer, filled) and not differing_claims(rule, signer, filled)


def names(rule: SignerRule, signer: Signer, filled: Placeholders) -> bool:
    """Tell whether issuer and subject alternative name are the rule's, whatever the claims say."""
    issuer = filled.fill(rule.issuer)
    if not issuer or signer.issuer != issuer:
        return False
    if rule.san_pattern:
        return matches_pattern(rule.san_pattern, signer.san, filled.fill)
    san = filled.fill(rule.san)
    return bool(san) and signer.san == san


def differing_claims(rule: SignerRule, signer: Signer, filled: Placeholders) -> tuple[str, ...]:
    """Give the names of the claims that the rule demands and the certificate makes otherwise or not at all."""
    wanted = ((name, filled.fill(getattr(rule.claims, name))) for name in (f.name for f in fields(SignerClaims)))
    return tuple(name for name, value in wanted if value and getattr(signer.claims, name) != value)
