"""An exception: the approved, scoped, expiring permission for named findings to be no obstacle; and who answers for it.

Rule 1: it names codes out of a closed set, environments, an owner, a reason and an end; without one of them it is none.
Rule 2: what it is narrowed to (services, digests, versions, packages, vulnerabilities) must all hold at once.
Rule 3: names in it are no authority. That is kept beside it, and comes from a forge's reviews or from signatures.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import chain
from typing import Final

from promoter.core.candidate import Digest, digest_of, parse_digest
from promoter.core.canonical import added, canonical
from promoter.core.codes import Code
from promoter.core.package_scope import PackageScope
from promoter.core.predicates.vulnerability import Severity
from promoter.core.releases import in_range, parse_range
from promoter.core.waivable import EMERGENCY, RATED, WAIVABLE

BREAK_GLASS_LIMIT: Final = timedelta(hours=24)
"""The longest life of break-glass."""

REVIEW_WITHIN: Final = timedelta(days=3)
"""After break-glass ended, so long may its review take before it is overdue."""

ACCEPTABLE: Final = (Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.NEGLIGIBLE)
"""Severities up to which an exception may hold, worst first. What nobody rated is as bad as the worst."""

_YEARS: Final = range(2000, 2200)
"""Years of its times: what comes before or after them by some days can still be told."""

_MAX_ITEMS = 100
_MAX_TEXT = 2000  # characters of an owner, a reason, a control or a link
ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
ID_DEMAND: Final = (
    "must be letters, digits, dots, hyphens and underscores, at most 63, and begin with a letter or digit"
)


class Kind(Enum):
    """Whether an exception is an ordinary one or for an emergency."""

    EXCEPTION = "exception"
    BREAK_GLASS = "break-glass"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """That an exception was taken back. It needs nobody's approval: taking back is always safe."""

    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyException:
    """One exception as it is written.

    Raises ValueError for one that can never be: a code that is not waivable, nothing named, an end before the begin.
    """

    id: str
    kind: Kind = Kind.EXCEPTION
    codes: tuple[Code, ...]
    environments: tuple[str, ...]
    services: tuple[str, ...] = ()
    digests: tuple[Digest, ...] = ()
    versions: str = ""  # a semver range of release names
    purls: tuple[PackageScope, ...] = ()
    vulnerabilities: tuple[str, ...] = ()
    max_severity: Severity | None = None  # the worst that is accepted, of what has a severity
    owner: str
    reason: str
    controls: tuple[str, ...] = ()  # what compensates for it
    evidence: tuple[str, ...] = ()  # links
    requested_by: str
    not_before: datetime
    expires: datetime
    revoked: Revoked | None = None

    def __post_init__(self) -> None:
        if problem := next(_malformations(self), ""):
            raise ValueError(problem)

    @property
    def digest(self) -> Digest:
        """Digest of its canonical body, without its revocation: what was approved stays the same when it is revoked."""
        return digest_of(canonical({"exception": self.unrevoked}))

    @property
    def unrevoked(self) -> "PolicyException":
        """The exception as it was approved."""
        return replace(self, revoked=None)

    @property
    def is_narrow(self) -> bool:
        """True where it names single artifacts, packages or vulnerabilities."""
        return bool(self.digests or self.purls or self.vulnerabilities)

    @property
    def is_about_items(self) -> bool:
        """True where it covers single packages or vulnerabilities, and never a release as a whole."""
        return bool(self.purls or self.vulnerabilities)

    @property
    def review_due(self) -> datetime | None:
        """When the review of break-glass is due; None for an ordinary exception."""
        return self.ends + REVIEW_WITHIN if self.kind is Kind.BREAK_GLASS else None

    @property
    def ends(self) -> datetime:
        """When it stops counting: its expiry, or its revocation if that is earlier."""
        return min(self.expires, self.revoked.at) if self.revoked else self.expires

    @property
    def warns_from(self) -> datetime:
        """When its end is near: a fifth of its life before it, at most seven days."""
        return self.expires - min((self.expires - self.not_before) / 5, timedelta(days=7))

    def accepts(self, severity: str) -> bool:
        """Tell whether a severity is no worse than what was accepted; what has none is not judged by it."""
        if self.max_severity is None or not severity:
            return True
        rated = next((one for one in ACCEPTABLE if one.value == severity), None)
        if rated is None:
            return severity == Severity.NONE.value or self.max_severity is Severity.CRITICAL
        return ACCEPTABLE.index(rated) >= ACCEPTABLE.index(self.max_severity)


def _malformations(one: PolicyException) -> Iterator[str]:
    """Say everything that is wrong with an exception in itself."""
    return chain(_wrong_codes(one), _wrong_texts(one), _wrong_scope(one), _wrong_times(one))


def _wrong_codes(one: PolicyException) -> Iterator[str]:
    if forbidden := [code.value for code in one.codes if code not in WAIVABLE]:
        yield f"{forbidden[0]} can never be waived"
    if one.kind is not Kind.BREAK_GLASS and (urgent := [code.value for code in one.codes if code in EMERGENCY]):
        yield f"{urgent[0]} is waived by break-glass alone"
    if one.max_severity is not None and one.max_severity not in ACCEPTABLE:
        yield f"max_severity must be one of {', '.join(item.value for item in ACCEPTABLE)}"
    if one.max_severity is None and (rated := [code.value for code in one.codes if code in RATED]):
        yield f"max_severity is missing: {rated[0]} is about things that have a severity"


def _wrong_texts(one: PolicyException) -> Iterator[str]:
    for name in ("codes", "environments", "owner", "reason", "requested_by"):
        if not getattr(one, name):
            yield f"{name} must not be empty"
    if not ID.fullmatch(one.id):
        yield f"id {ID_DEMAND}"
    texts = (one.owner, one.reason, one.requested_by, *one.controls, *one.evidence, *one.vulnerabilities)
    if any(len(text) > _MAX_TEXT for text in texts):
        yield f"holds a text of more than {_MAX_TEXT} characters"


def _wrong_scope(one: PolicyException) -> Iterator[str]:
    if not (one.services or one.is_narrow):
        yield "services is empty, and so are digests, purls and vulnerabilities: it would hold for everything"
    if any(len(part) > _MAX_ITEMS for part in (one.codes, one.services, one.digests, one.purls, one.vulnerabilities)):
        yield f"names more than {_MAX_ITEMS} things of one kind; write several exceptions"
    for digest in one.digests:
        parse_digest(digest)
    if one.versions:
        try:
            parse_range(one.versions)
        except ValueError as error:
            yield f"versions is no range: {error}"


def _wrong_times(one: PolicyException) -> Iterator[str]:
    times = (one.not_before, one.expires, *((one.revoked.at,) if one.revoked else ()))
    if any(time.utcoffset() is None for time in times):
        yield "a time has no zone; write it like 2026-01-31T12:00:00Z"
    elif not all(time.year in _YEARS for time in times):
        yield f"a time is of no year from {_YEARS.start} to {_YEARS.stop - 1}"
    elif one.expires <= one.not_before:
        yield "expires is not after not_before: it would never hold"
    elif one.kind is Kind.BREAK_GLASS and one.expires - one.not_before > BREAK_GLASS_LIMIT:
        yield "expires is too late: break-glass lasts at most 24 hours; write an ordinary exception for longer"


def is_release_meant(one: PolicyException, release: str) -> bool:
    """Tell whether a release name is in the exception's range; one that is no version is in none."""
    return not one.versions or in_range(one.versions, release)


# --- who answers for it -----------------------------------------------------------------------------------------------


class Means(Enum):
    """By what an exception has its authority."""

    NOBODY = "nobody"
    REVIEWS = "reviews"
    SIGNATURES = "signatures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """An exception and who answers for it, as a forge's reviews or signatures say: the names in its file do not count.

    `approvers` are accounts whose review counts, or signers; `doubt` says why nobody's does. `is_unsure` says that who
    answers for it, or whether it was revoked, cannot be told now: nothing follows from it either way.
    """

    exception: PolicyException
    means: Means = Means.NOBODY
    authors: tuple[str, ...] = ()
    approvers: tuple[str, ...] = ()
    reference: str = ""  # the commit and pull request whose reviews these are
    statements: tuple[Digest, ...] = ()  # the signed ones, as evidence
    is_unsure: bool = False
    doubt: str = added("")

    @property
    def is_break_glass(self) -> bool:
        """True where it is for an emergency, and is told loudly."""
        return self.exception.kind is Kind.BREAK_GLASS

    @property
    def counting(self) -> tuple[str, ...]:
        """Those whose approval counts: nobody approves what they wrote or asked for."""
        own = {name.casefold() for name in (*self.authors, self.exception.requested_by)}
        return tuple(name for name in dict.fromkeys(self.approvers) if name.casefold() not in own)
