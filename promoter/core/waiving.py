"""The one selector of exceptions: which findings are waived, by which, and why the others do not apply. Pure.

Rule 1: only a failed finding is waived, and only where every one of its reasons is covered; it keeps its reasons.
Rule 2: a reason about items is covered when no more of them are left uncovered than are allowed; a reason about the
release as a whole is covered by no exception that names packages or vulnerabilities.
Rule 3: an exception counts from its first to its last moment at `now`, for what it names, up to the severity that it
accepts, with the authority that the policy asks for. Where that is not known, the finding is undecided.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Final

from promoter.core.candidate import Candidate, Digest
from promoter.core.codes import Code
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Aside, Finding, Item, Outcome, Reason
from promoter.core.policy_exception import Granted, Kind, Means, PolicyException, is_release_meant
from promoter.core.signed_exceptions import Statements, apply_revocations
from promoter.core.waivable import IDENTITY_CHECKS, RATED, WAIVABLE

_ASIDES = 20  # exceptions that did not apply, told in one finding
_NO_STATEMENTS = Statements()

NOBODY_ANSWERS: Final = (
    "nobody is known to answer for it, for no forge reviews its file; "
    "keep the rules in git (`rules` in promoter.yaml), or attach it signed to the digest"
)
"""What is said of every exception in a plain directory: there only signed ones count."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What findings are about: the candidate and the environment, and what its policy asks of exceptions."""

    candidate: Candidate
    environment: str
    rules: ExceptionRules


@dataclass(frozen=True, slots=True)
class Waived:
    """The findings after exceptions were applied, and those exceptions that a finding passes by."""

    findings: tuple[Finding, ...]
    used: tuple[Granted, ...] = ()
    considered: tuple[Granted, ...] = ()  # all, the signed ones too, with what took them back


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an exception does not count here and now."""

    code: Code
    sentence: str


def waive(
    findings: tuple[Finding, ...],
    exceptions: tuple[Granted, ...],
    scope: Scope,
    now: datetime,
    statements: Statements = _NO_STATEMENTS,
) -> Waived:
    """Apply exceptions, those of the rules and the signed ones, to findings."""
    known = (
        replace(one, is_unsure=one.is_unsure or statements.is_hiding) for one in (*exceptions, *statements.granted)
    )
    everyone = apply_revocations(tuple(known), statements.revocations)
    if not any(finding.outcome is Outcome.FAIL for finding in findings):
        return Waived(findings, (), everyone)
    objections = tuple((one, objection_to(one, scope, now)) for one in everyone)
    desk = _Desk(
        certain=_in_order(one for one, objection in objections if objection is None),
        possible=_in_order(one for one, objection in objections if objection is None or _is_unsure(one, objection)),
        refused=tuple((one, objection) for one, objection in objections if objection),
        statements=statements,
        scope=scope,
        now=now,
    )
    waived = tuple(desk.decide(finding) for finding in findings)
    names = {name for finding in waived for name in finding.exceptions}
    return Waived(waived, tuple(one for one in desk.certain if one.exception.id in names), everyone)


def objection_to(one: Granted, scope: Scope, now: datetime) -> Objection | None:
    """Say what speaks against an exception, whatever finding it is for; None where it counts."""
    reasons = chain(
        _out_of_scope(one.exception, scope),
        _out_of_time(one.exception, now),
        unfit(one, scope.environment, scope.rules),
    )
    return next(reasons, None)


def time_left(end: datetime, now: datetime) -> str:
    """Say how long something still holds: in days, and in hours below two days."""
    left = max(end - now, timedelta(0))
    if left >= timedelta(days=2):
        return f"{left.days} days left"
    hours = int(left / timedelta(hours=1))
    return f"{hours} hours left" if hours != 1 else "1 hour left"


def _is_unsure(one: Granted, objection: Objection) -> bool:
    return one.is_unsure and objection.code is Code.EXCEPTION_UNKNOWN


def _in_order(granted: Iterator[Granted]) -> tuple[Granted, ...]:
    """Give each exception once, what ends last first: it is the one to name."""
    distinct = {(one.exception.id, one.exception.digest): one for one in granted}
    return tuple(sorted(distinct.values(), key=lambda one: (-one.exception.expires.timestamp(), one.exception.id)))


def _out_of_scope(one: PolicyException, scope: Scope) -> Iterator[Objection]:
    """Compare what an exception names with what is judged."""
    candidate = scope.candidate
    if scope.environment not in one.environments:
        yield _elsewhere(f"for {', '.join(one.environments)}, not for {scope.environment}")
    if one.services and candidate.service not in one.services:
        yield _elsewhere(f"for {', '.join(one.services)}, not for {candidate.service}")
    if one.digests and candidate.digest not in one.digests:
        yield _elsewhere(f"for {', '.join(one.digests[:3])}, not for {candidate.digest}")
    if not is_release_meant(one, candidate.release):
        yield _elsewhere(f"for the releases {one.versions}, not for {candidate.release}")


def _elsewhere(sentence: str) -> Objection:
    return Objection(Code.EXCEPTION_OTHER_SCOPE, f"it is {sentence}")


def _out_of_time(one: PolicyException, now: datetime) -> Iterator[Objection]:
    if one.revoked and one.revoked.at <= now:
        when = f"{one.revoked.at:%Y-%m-%d %H:%M:%SZ}"
        yield Objection(Code.EXCEPTION_REVOKED, f"{one.revoked.by} took it back at {when}: {one.revoked.reason}")
    if one.expires <= now:
        yield Objection(Code.EXCEPTION_EXPIRED, f"it ended at {one.expires:%Y-%m-%d %H:%M:%SZ}")
    if now < one.not_before:
        yield Objection(Code.EXCEPTION_NOT_YET, f"it holds from {one.not_before:%Y-%m-%d %H:%M:%SZ} on")


def unfit(one: Granted, environment: str, rules: ExceptionRules) -> Iterator[Objection]:
    """Say what an environment's policy has against an exception: its length, its breadth, and who answers for it."""
    for _, sentence in rules.refusals(one.exception):
        yield Objection(Code.EXCEPTION_NOT_ALLOWED, sentence)
    if rules.signed and one.means is not Means.SIGNATURES:
        yield Objection(Code.EXCEPTION_NOT_SIGNED, f"{environment} accepts signed exceptions only: attach it, signed")
    elif one.is_unsure:
        yield Objection(Code.EXCEPTION_UNKNOWN, "who answers for it, or whether it was taken back, is not known now")
    elif len(one.counting) < rules.approvals:
        counted = f"{len(one.counting)} of {rules.approvals} people who neither wrote nor requested it approved"
        why = f": {one.doubt}" if one.doubt else ""
        yield Objection(Code.EXCEPTION_NOT_APPROVED, NOBODY_ANSWERS if one.means is Means.NOBODY else counted + why)


# --- findings ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Desk:
    """Everything that findings are decided by: exceptions that count, that may count, and that do not."""

    certain: tuple[Granted, ...]
    possible: tuple[Granted, ...]
    refused: tuple[tuple[Granted, Objection], ...]
    statements: Statements
    scope: Scope
    now: datetime

    def decide(self, finding: Finding) -> Finding:
        """Give a finding as it is with exceptions applied."""
        if finding.outcome is not Outcome.FAIL or finding.check in IDENTITY_CHECKS:
            return finding
        used = _cover(finding, self.certain)
        if used:
            return self._waived(finding, used)
        is_open = self.statements.is_unsure and all(reason.code in WAIVABLE for reason in finding.reasons)
        if is_open or _cover(finding, self.possible):
            return self._undecided(finding)
        asides = tuple(islice(self._asides(finding), _ASIDES))
        return replace(finding, asides=(*finding.asides, *asides)) if asides else finding

    def _waived(self, finding: Finding, used: tuple[Granted, ...]) -> Finding:
        by = ", ".join(_named(one, self.now) for one in used)
        statements = tuple(blob for one in used for blob in one.statements)
        return replace(
            finding,
            outcome=Outcome.WAIVED,
            sentence=f"waived by {by}: {finding.sentence}",
            cites=tuple(dict.fromkeys((*finding.cites, *statements))),
            exceptions=tuple(sorted({one.exception.id for one in used})),
        )

    def _undecided(self, finding: Finding) -> Finding:
        unknown = Reason(
            code=Code.EXCEPTION_UNKNOWN,
            sentence="whether an exception covers this cannot be told now: approvals or revocations are not known",
            remedy="Nobody's: it is asked again by itself.",
        )
        return replace(finding, outcome=Outcome.UNDECIDED, reasons=(unknown, *finding.reasons))

    def _asides(self, finding: Finding) -> Iterator[Aside]:
        """Say of every exception that names a code of this finding why it does not help."""
        codes = {reason.code for reason in finding.reasons}
        for one, objection in self.refused:
            if codes & set(one.exception.codes) and self._is_near(one.exception):
                yield Aside(f"{_called(one)} does not apply: {objection.sentence}", objection.code)
        for one in self.certain:
            shared = [reason for reason in finding.reasons if reason.code in one.exception.codes]
            yield from (_shortfall(one, reason) for reason in shared if _cover_reason(reason, (one,)) is None)
        if codes & WAIVABLE:
            yield from self.statements.strays

    def _is_near(self, one: PolicyException) -> bool:
        """Leave out what is about another service by name: nobody here waits for it."""
        return not one.services or self.scope.candidate.service in one.services


def _called(one: Granted) -> str:
    kind = "break-glass" if one.exception.kind is Kind.BREAK_GLASS else "the exception"
    return f"{kind} {one.exception.id}"


def _named(one: Granted, now: datetime) -> str:
    exception = one.exception
    kind = "break-glass " if exception.kind is Kind.BREAK_GLASS else ""
    return f"{kind}{exception.id} until {exception.expires:%Y-%m-%d %H:%M:%SZ} ({time_left(exception.expires, now)})"


def _shortfall(one: Granted, reason: Reason) -> Aside:
    """Say why an exception that counts does not cover a reason whose code it names."""
    exception = one.exception
    worse = [item for item in reason.items if _is_named(exception, item) and not exception.accepts(item.severity)]
    if worse:
        accepted = exception.max_severity.value if exception.max_severity else ""
        sentence = f"{worse[0].id} is of {worse[0].severity} severity, at most {accepted} was accepted"
        return Aside(f"{_called(one)} does not apply: {sentence}", Code.EXCEPTION_SEVERITY_WORSE)
    left = [item.id for item in reason.items if not _covers(exception, item)]
    named = f"it does not cover {', '.join(left[:5])}"
    others = named if left else "it is for single things, and this is about the release as a whole or too many of them"
    return Aside(f"{_called(one)} does not suffice: {others}", Code.EXCEPTION_OTHER_SCOPE)


# --- what covers what -------------------------------------------------------------------------------------------------


def _cover(finding: Finding, granted: tuple[Granted, ...]) -> tuple[Granted, ...]:
    """Give the exceptions that together cover every reason of a finding; none where one is left."""
    used: dict[Digest, Granted] = {}
    for reason in finding.reasons:
        covering = _cover_reason(reason, granted)
        if covering is None:
            return ()
        used.update((one.exception.digest, one) for one in covering)
    return tuple(used.values())


def _cover_reason(reason: Reason, granted: tuple[Granted, ...]) -> tuple[Granted, ...] | None:
    """Give what covers a reason, each item by the first that does; None where it stays."""
    if reason.code not in WAIVABLE:
        return None
    fitting = tuple(one for one in granted if reason.code in one.exception.codes)
    if not reason.items:
        whole = next((one for one in fitting if _covers_whole(one.exception, reason)), None)
        return (whole,) if whole else None
    found = tuple(next((one for one in fitting if _covers(one.exception, item)), None) for item in reason.items)
    covering = tuple(one for one in found if one)
    return covering if len(found) - len(covering) <= reason.allowed and covering else None


def _covers_whole(one: PolicyException, reason: Reason) -> bool:
    """Tell whether it covers a reason about the release as a whole: what is rated cannot be weighed there."""
    return not one.is_about_items and reason.code not in RATED


def _covers(one: PolicyException, item: Item) -> bool:
    return _is_named(one, item) and one.accepts(item.severity)


def _is_named(one: PolicyException, item: Item) -> bool:
    """Tell whether an item is among those that are named."""
    is_meant = not one.vulnerabilities or _is_known_as(item, one.vulnerabilities)
    return is_meant and (not one.purls or any(scope.holds(item.purl) for scope in one.purls))


def _is_known_as(item: Item, names: tuple[str, ...]) -> bool:
    """Compare names and aliases both ways; an advisory about several CVEs is meant by its own name or by all CVEs."""
    meant, own = {name.upper() for name in names}, {name.upper() for name in (item.id, *item.aliases)}
    cves = {name for name in own if name.startswith("CVE-")}
    return item.id.upper() in meant or (cves <= meant if len(cves) > 1 else not own.isdisjoint(meant))
