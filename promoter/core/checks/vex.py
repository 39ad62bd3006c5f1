"""What the VEX authors that a policy names say of the vulnerabilities that were found: what it takes out of account.

Rule 1: only verified documents of the named authors count; everything else is noted with its code and changes nothing.
Rule 2: of all statements about one vulnerability of one component the latest counts; two of the same time that differ
take nothing away. A later `affected` so takes back an earlier `not_affected`.
Rule 3: an author whose newest document cannot be read may have taken something back in it: none of theirs counts.
Rule 4: what is taken out stays visible, with who says so and why.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from promoter.core.candidate import Digest
from promoter.core.checks.age import CLOCK_SKEW
from promoter.core.checks.check import require_signers
from promoter.core.checks.selection import name_of, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, SignerKey
from promoter.core.finding import Aside
from promoter.core.predicates import types
from promoter.core.predicates.aliases import Aliases
from promoter.core.predicates.cyclonedx_findings import lists_analyses
from promoter.core.predicates.purl import read_purl
from promoter.core.predicates.vex import VexDocument, VexStatement, VexStatus
from promoter.core.predicates.vex_documents import read_vex
from promoter.core.predicates.vulnerability import Vulnerability
from promoter.core.strict_json import Malformed


class Answer(Enum):
    """The statements that take a vulnerability out of account; no other one says that there is no risk."""

    NOT_AFFECTED = VexStatus.NOT_AFFECTED.value
    FIXED = VexStatus.FIXED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class VexParams:
    """Whose VEX documents take vulnerabilities out of account, and with which statements."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers who are believed as VEX authors; at least one."""
    statuses: tuple[Answer, ...] = (Answer.NOT_AFFECTED, Answer.FIXED)
    """Statements that take a vulnerability out of account."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.statuses:
            raise ValueError("statuses names none: name not_affected, fixed or both")

    def takes(self, status: VexStatus) -> bool:
        """Tell whether a statement of this status takes a vulnerability out of account."""
        return status.value in {answer.value for answer in self.statuses}


@dataclass(frozen=True, slots=True)
class Removal:
    """A vulnerability that does not count, and the statement that says why."""

    vulnerability: Vulnerability
    statement: VexStatement
    attestation: Attestation


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was found, sorted by what VEX authors say; `noted` are the documents that took nothing away."""

    counted: tuple[Vulnerability, ...]
    removed: tuple[Removal, ...] = ()
    asides: tuple[Aside, ...] = ()
    noted: tuple[Digest, ...] = ()


def is_vex(item: Attestation) -> bool:
    """Tell whether an attestation holds VEX: by its type, or a CycloneDX document with analyses."""
    return item.predicate_type in types.OPENVEX or (
        item.predicate_type in types.CYCLONEDX and lists_analyses(item.predicate)
    )


def assess(params: VexParams | None, subject: Subject, found: tuple[Vulnerability, ...]) -> Assessment:
    """Take out of account what named authors answer for; without any, everything counts."""
    distinct = {item.found.blob: item for item in subject.evidence.attestations if is_vex(item)}.values()
    documents = tuple(sorted(distinct, key=lambda item: (item.rank, item.found.blob), reverse=True))
    believed = tuple(item for item in documents if params and subject.accepts(item, params.signers))
    read, refused = _read_all(subject, believed)
    statements = _Statements.of(subject, _not_overtaken(read, refused), found)
    removed, counted, ties = list[Removal](), list[Vulnerability](), list[Aside]()
    for item in found:
        latest = statements.latest(item)
        if len(latest) > 1:
            ties.append(_tie(item, latest))
        if params and len(latest) == 1 and params.takes(latest[0].statement.status):
            removed.append(Removal(item, latest[0].statement, latest[0].attestation))
        else:
            counted.append(item)
    used = {removal.attestation.found.blob for removal in removed}
    return Assessment(
        tuple(counted),
        tuple(removed),
        (*(_foreign(item) for item in documents if item not in believed), *_invalid(subject), *_told(refused), *ties),
        tuple(item.found.blob for item in documents if item.found.blob not in used),
    )


# --- documents --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Read:
    attestation: Attestation
    document: VexDocument


@dataclass(frozen=True, slots=True)
class _Refused:
    attestation: Attestation
    reason: Malformed


def _read_all(subject: Subject, believed: Iterable[Attestation]) -> tuple[tuple[_Read, ...], tuple[_Refused, ...]]:
    read, refused = list[_Read](), list[_Refused]()
    for item in believed:
        try:
            read.append(_Read(item, _read(subject, item)))
        except Malformed as malformed:
            refused.append(_Refused(item, malformed))
    return tuple(read), tuple(refused)


def _read(subject: Subject, item: Attestation) -> VexDocument:
    """Read a document of either format; raises Malformed, also for a statement of a time that is still to come."""
    document = read_vex(item.predicate_type, item.predicate)
    latest = min(item.signed_at or subject.now, subject.now) + CLOCK_SKEW
    for statement in document.statements:
        if statement.at > latest:
            detail = (
                f"the statement about {statement.vulnerability} is of {statement.at.isoformat()}, after its signature"
            )
            raise Malformed(Code.VEX_FROM_THE_FUTURE, detail)
    return document


def _not_overtaken(read: tuple[_Read, ...], refused: tuple[_Refused, ...]) -> Iterator[_Read]:
    """Leave out the documents of authors whose newest cannot be read; one without a date might be the newest."""
    newest = dict[SignerKey, _Read]()
    for item in sorted(read, key=lambda one: one.attestation.rank):
        newest[item.attestation.signer.identity] = item
    overtaken = {
        one.attestation.signer.identity
        for one in refused
        if (known := newest.get(one.attestation.signer.identity))
        and (one.attestation.signed_at is None or one.attestation.rank >= known.attestation.rank)
    }
    yield from (item for item in read if item.attestation.signer.identity not in overtaken)


# --- statements -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Said:
    statement: VexStatement
    attestation: Attestation


@dataclass(frozen=True, slots=True)
class _Statements:
    """The latest statements by vulnerability and component; the empty component stands for the whole product."""

    names: Aliases
    latest_by: dict[tuple[str, str], dict[tuple[tuple[str, str], ...], tuple[_Said, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, subject: Subject, documents: Iterable[_Read], found: tuple[Vulnerability, ...]) -> "_Statements":
        artifacts = frozenset((subject.candidate.digest, subject.evidence.digest))
        statements = cls(Aliases.of(item.names for item in found))
        for item in documents:
            for statement in item.document.statements:
                statements._add(_Said(statement, item.attestation), artifacts)
        return statements

    def _add(self, said: _Said, artifacts: frozenset[Digest]) -> None:
        name = self.names.canonical(said.statement.names)
        for product in said.statement.products:
            if not product.is_about(artifacts):
                continue
            if product.is_whole:
                self._put((name, ""), (), said)
            for component in product.components:
                self._put((name, component.identity), component.qualifiers, said)

    def _put(self, key: tuple[str, str], qualifiers: tuple[tuple[str, str], ...], said: _Said) -> None:
        """Keep the latest; those of the same time once for each status."""
        kept = self.latest_by.setdefault(key, {})
        before = kept.get(qualifiers, ())
        if not before or said.statement.at > before[0].statement.at:
            kept[qualifiers] = (said,)
        elif said.statement.at == before[0].statement.at and said.statement.status not in _statuses(before):
            kept[qualifiers] = (*before, said)

    def latest(self, item: Vulnerability) -> tuple[_Said, ...]:
        """Give the latest statements about a finding: one, none, or several that contradict each other."""
        name, purl = self.names.canonical(item.names), read_purl(item.purl)
        found = list(self.latest_by.get((name, ""), {}).get((), ()))
        if purl:
            for qualifiers, said in self.latest_by.get((name, purl.identity), {}).items():
                found += said if set(qualifiers) <= set(purl.qualifiers) else ()
        newest = max((said.statement.at for said in found), default=None)
        return tuple({said.statement.status: said for said in found if said.statement.at == newest}.values())


def _statuses(said: tuple[_Said, ...]) -> set[VexStatus]:
    return {one.statement.status for one in said}


# --- what is told -----------------------------------------------------------------------------------------------------


def _foreign(item: Attestation) -> Aside:
    return Aside(
        f"the VEX document {name_of(item)} is signed by {signed_by(item.signer)}, whom the policy does not name as an "
        "author of VEX: it takes no vulnerability away",
        Code.VEX_FOREIGN_SIGNER,
    )


def _invalid(subject: Subject) -> Iterator[Aside]:
    for item in sorted(subject.evidence.unusable, key=lambda one: one.found.blob):
        if item.claimed_type in types.OPENVEX:
            yield Aside(
                f"the VEX document {name_of(item)} counts for nothing: {item.detail} ({item.code})", Code.VEX_INVALID
            )


def _told(refused: Iterable[_Refused]) -> Iterator[Aside]:
    for item in refused:
        yield Aside(
            f"the VEX document {name_of(item.attestation)} by {signed_by(item.attestation.signer)} takes no "
            f"vulnerability away: {item.reason.detail}",
            item.reason.code,
        )


def _tie(item: Vulnerability, latest: tuple[_Said, ...]) -> Aside:
    said = ", ".join(f"{one.statement.status.value} ({name_of(one.attestation)})" for one in latest)
    when = f"{latest[0].statement.at:%Y-%m-%d %H:%M:%SZ}"
    return Aside(
        f"VEX statements of {when} contradict each other about {item.canonical_id}: {said}; it counts",
        Code.VEX_TIE,
    )
