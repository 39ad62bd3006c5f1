"""Which signer a policy accepts, and whether a signature is by that one and was made when that one could make it.

Rules are exact after their placeholders are filled in, but for a subject alternative name that is given as a pattern;
what such a pattern can match is bounded in `identity_pattern`. A rule may end, and a signer may be withdrawn: both are
about the proven time of a signature, never about now, so that what was good stays good (key rotation).
"""

import re
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import Enum

from promoter.core.canonical import added
from promoter.core.evidence import Attestation, Signer, SignerClaims
from promoter.core.identity_pattern import check_pattern, matches_pattern
from promoter.core.public_key import parse_public_key


class Logging(Enum):
    """Whether a signature must be in a transparency log."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class Objection(Enum):
    """Why a signature by a signer that a rule names does not count under that rule."""

    NOT_LOGGED = "not-logged"
    TIME_UNKNOWN = "time-unknown"
    OUTSIDE_PERIOD = "outside-period"
    REVOKED = "revoked"


_PLACEHOLDER = re.compile(r"\{(?:source|tag|release)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerRule:
    """A signer that a policy names: an identity with the claims that must be equal, or a key; and when it may sign.

    An identity is an issuer and `san`, exact, or `san_pattern`; a rule with neither matches nobody. Texts may hold the
    placeholders `{source}` (the service's source repository URL), `{tag}` (the release's git tag) and `{release}`.
    `not_before` and `not_after` are inclusive; from `revoked_at` on, nothing counts any more.
    Raises ValueError for more than one of the three, for a pattern that would match strangers, for what is no key, for
    a period that is empty and for a time without a zone.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads it

    issuer: str = ""
    san: str = ""
    san_pattern: str = added("")
    claims: SignerClaims = field(default_factory=SignerClaims)
    key: str = added("")
    log: Logging = added(Logging.REQUIRED)  # noqa: RUF009 - `added` gives a field
    not_before: datetime | None = added(None)  # noqa: RUF009
    not_after: datetime | None = added(None)  # noqa: RUF009
    revoked_at: datetime | None = added(None)  # noqa: RUF009

    def __post_init__(self) -> None:
        if self.san and self.san_pattern:
            raise ValueError("san and san_pattern exclude each other")
        if self.san_pattern:
            check_pattern(self.san_pattern)
        if self.key:
            parse_public_key(self.key)
            if self.san or self.san_pattern or self.issuer or self.claims != SignerClaims():
                raise ValueError("a key names the signer: it has no issuer, san, san_pattern or claims")
        self._check_times()

    def _check_times(self) -> None:
        start, end, revoked = self.not_before, self.not_after, self.revoked_at
        if any(time is not None and time.utcoffset() is None for time in (start, end, revoked)):
            raise ValueError("a time has no zone; write it like 2026-01-31T12:00:00Z")
        if start and end and end < start:
            raise ValueError("not_after is before not_before: no signature would ever count")
        if start and revoked and revoked <= start:
            raise ValueError("revoked_at is not after not_before: no signature would ever count")

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the rule's key; empty for an identity."""
        return parse_public_key(self.key).fingerprint if self.key else ""

    @property
    def depends_on_time(self) -> bool:
        """True where a signature without a proven time cannot count."""
        return bool(self.not_before or self.not_after or self.revoked_at)


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


def accepts(rule: SignerRule, item: Attestation, filled: Placeholders) -> bool:
    """Tell whether a signature is by the rule's signer and counts under the rule."""
    return matches(rule, item.signer, filled) and not objections(rule, item)


def objections(rule: SignerRule, item: Attestation) -> tuple[Objection, ...]:
    """Say all that a rule holds against a signature, whoever made it.

    Without a proven time it could have been made at any: that is held against it wherever the time matters.
    """
    found = []
    if rule.log is Logging.REQUIRED and item.log is None:
        found.append(Objection.NOT_LOGGED)
    time = item.signed_at
    if time is None:
        return (*found, Objection.TIME_UNKNOWN) if rule.depends_on_time else tuple(found)
    if (rule.not_before and time < rule.not_before) or (rule.not_after and rule.not_after < time):
        found.append(Objection.OUTSIDE_PERIOD)
    if rule.revoked_at and rule.revoked_at <= time:
        found.append(Objection.REVOKED)
    return tuple(found)


def matches(rule: SignerRule, signer: Signer, filled: Placeholders) -> bool:
    """Tell whether the signer is the one that the rule names; empty demands match nobody."""
    return names(rule, signer, filled) and not differing_claims(rule, signer, filled)


def names(rule: SignerRule, signer: Signer, filled: Placeholders) -> bool:
    """Tell whether the key, or issuer and subject alternative name, are the rule's, whatever the claims say."""
    if rule.key or signer.key:
        return bool(rule.key) and rule.fingerprint == signer.key
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
