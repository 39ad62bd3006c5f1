"""Exceptions that are signed and attached to a digest: our own predicate types, read and counted.

The predicate is the exception itself; as many different signers as the policy asks for must have signed the same one,
and who requested it is none of them. A second statement takes it back, by any one of these signers.
Rule 1: a statement holds for the digest that it is attached to, whatever else it names.
Rule 2: where a statement of theirs cannot be read or looked up, it might be the one that takes an exception back:
no exception then counts for sure, for it may be taken back whichever way it was granted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from promoter.core.candidate import Digest, parse_digest
from promoter.core.checks.quorum import count_votes
from promoter.core.checks.selection import name_of
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import SOURCE_TAG_LOOKUP, Attestation
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Aside
from promoter.core.package_scope import PackageScope
from promoter.core.policy_exception import Granted, Kind, Means, PolicyException, Revoked
from promoter.core.predicates import types
from promoter.core.predicates.body import Body, body_of
from promoter.core.predicates.vulnerability import Severity
from promoter.core.strict_json import Malformed

_TYPES: Final = types.POLICY_EXCEPTION | types.EXCEPTION_REVOCATION
_MAX_LIST: Final = 100
_MAX_REASON: Final = 2000


@dataclass(frozen=True, slots=True)
class Statements:
    """What signed statements say of exceptions.

    `is_unsure` tells that there may be statements which are not known now, `is_hiding` that one of those might take an
    exception back, be it only because it cannot be read.
    """

    granted: tuple[Granted, ...] = ()
    revocations: tuple["Revocation", ...] = ()
    strays: tuple[Aside, ...] = ()  # statements that count for nothing, and why
    is_unsure: bool = False
    is_hiding: bool = False


@dataclass(frozen=True, slots=True)
class Revocation:
    """A signed statement that takes an exception back: by its id, or by the digest of its body."""

    id: str
    exception: str
    revoked: Revoked | None  # None: nobody vouches for the time, so that it holds from the beginning
    by: str = ""
    reason: str = ""


def read_statements(subject: Subject, rules: ExceptionRules) -> Statements:
    """Read every signed exception and revocation about a candidate, by the signers whom the policy names."""
    if not rules.signers:
        return Statements()
    about = {one.found.blob: one for one in subject.evidence.attestations if one.predicate_type in _TYPES}
    items = tuple(about[blob] for blob in sorted(about))
    accepted = tuple(one for one in items if subject.accepts(one, rules.signers))
    bodies: dict[Digest, list[tuple[Attestation, PolicyException]]] = {}
    revocations: list[Revocation] = []
    strays = [*_foreign(item for item in items if item not in accepted), *_unusable(subject)]
    unreadable = False
    for item in accepted:
        try:
            if item.predicate_type in types.EXCEPTION_REVOCATION:
                revocations.append(_read_revocation(item))
            else:
                read = read_exception(item.predicate, subject.candidate.digest)
                bodies.setdefault(read.digest, []).append((item, read))
        except Malformed as malformed:
            unreadable = True
            sentence = f"the signed statement {name_of(item)} about an exception cannot be read: {malformed.detail}"
            strays.append(Aside(sentence, Code.EXCEPTION_UNPARSEABLE))
    failed = any(failure.what != SOURCE_TAG_LOOKUP for failure in subject.evidence.failures)
    granted = tuple(_granted(subject, rules, tuple(found)) for found in bodies.values())
    return Statements(
        granted=granted,
        revocations=tuple(revocations),
        strays=tuple(strays),
        is_unsure=failed,
        is_hiding=failed or unreadable,
    )


def _granted(
    subject: Subject, rules: ExceptionRules, found: tuple[tuple[Attestation, PolicyException], ...]
) -> Granted:
    """Count the signers of one exception; who requested it is not counted."""
    exception = found[0][1]
    requester = exception.requested_by.casefold()
    items = tuple(item for item, _ in found if _name(item).casefold() != requester)
    votes = count_votes(subject, rules.signers, items, rules.approvals)
    return Granted(
        exception=exception,
        means=Means.SIGNATURES,
        approvers=tuple(_name(vote.attestation) for vote in votes),
        statements=tuple(vote.attestation.found.blob for vote in votes),
    )


def _name(item: Attestation) -> str:
    return item.signer.san or f"key {item.signer.key}"


def _foreign(items: Iterator[Attestation]) -> Iterator[Aside]:
    for item in items:
        sentence = f"the statement {name_of(item)} about an exception is signed by {item.signer}, who grants none here"
        yield Aside(sentence, Code.EXCEPTION_FOREIGN_SIGNER)


def _unusable(subject: Subject) -> Iterator[Aside]:
    for item in subject.evidence.unusable:
        if item.claimed_type in _TYPES:
            sentence = f"the statement {name_of(item)} about an exception does not verify: {item.detail} ({item.code})"
            yield Aside(sentence, Code.EXCEPTION_INVALID)


def apply_revocations(granted: tuple[Granted, ...], revocations: tuple[Revocation, ...]) -> tuple[Granted, ...]:
    """Give the exceptions with what takes them back; the earliest revocation counts."""
    return tuple(_taken_back(one, revocations) for one in granted)


def _taken_back(one: Granted, revocations: tuple[Revocation, ...]) -> Granted:
    exception = one.exception
    fitting = [each for each in revocations if each.id == exception.id or each.exception == exception.digest]
    told = [each.revoked or Revoked(at=exception.not_before, by=each.by, reason=each.reason) for each in fitting]
    if exception.revoked:
        told.append(exception.revoked)
    if not told:
        return one
    return replace(one, exception=replace(exception, revoked=min(told, key=lambda each: (each.at, each.by))))


# --- the predicates ---------------------------------------------------------------------------------------------------


def _read_revocation(item: Attestation) -> Revocation:
    whole = body_of(item.predicate, "", Code.EXCEPTION_UNPARSEABLE)
    by, reason = _name(item), whole.short_text("reason", _MAX_REASON)
    revoked = Revoked(at=item.signed_at, by=by, reason=reason) if item.signed_at else None
    return Revocation(whole.required_text("id"), whole.text("exception"), revoked, by, reason)


def read_exception(predicate: object, about: Digest) -> PolicyException:
    """Read a signed exception, which is for the digest that it is attached to; raises Malformed."""
    whole = body_of(predicate, "", Code.EXCEPTION_UNPARSEABLE)
    severity = whole.text("maxSeverity")
    try:
        return PolicyException(
            id=whole.required_text("id"),
            kind=Kind(whole.text("kind") or Kind.EXCEPTION.value),
            codes=tuple(Code(code) for code in whole.texts("codes", _MAX_LIST)),
            environments=whole.texts("environments", _MAX_LIST),
            services=whole.texts("services", _MAX_LIST),
            digests=tuple(map(parse_digest, whole.texts("digests", _MAX_LIST))) or (about,),
            versions=whole.text("versions"),
            purls=tuple(map(_package, whole.bodies("purls", _MAX_LIST))),
            vulnerabilities=whole.texts("vulnerabilities", _MAX_LIST),
            max_severity=Severity(severity) if severity else None,
            owner=whole.required_text("owner"),
            reason=whole.required_text("reason"),
            controls=whole.texts("compensatingControls", _MAX_LIST),
            evidence=whole.texts("evidence", _MAX_LIST),
            requested_by=whole.required_text("requestedBy"),
            not_before=whole.required_time("notBefore"),
            expires=whole.required_time("expires"),
        )
    except ValueError as error:
        raise Malformed(Code.EXCEPTION_UNPARSEABLE, str(error)) from None


def _package(body: Body) -> PackageScope:
    return PackageScope(body.required_text("purl"), body.text("versions"))
