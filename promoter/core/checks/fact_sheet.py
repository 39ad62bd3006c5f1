"""What an expression of a policy is asked about: the facts of accepted evidence, normalised, capped, and as one value.

Rule 1: only evidence by the signers that the line names is in it; nobody else can make an expression true.
Rule 2: nothing is cut: a list that is longer than its cap makes the sheet unusable, for an expression over a part of it
would say nothing.
Rule 3: no time of ours is in it, so the same evidence gives the same sheet, and its digest names it for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final, TypeVar

from promoter.core.candidate import Digest, digest_of
from promoter.core.canonical import canonical
from promoter.core.checks.newest_sbom import SBOM_DEMAND
from promoter.core.checks.newest_scans import SCAN_DEMAND, newest_scans, select_scans
from promoter.core.checks.provenance import demand_of
from promoter.core.checks.provenance_demands import ProvenanceVersion
from promoter.core.checks.selection import Demand, Reading, Selection, read_accepted, select
from promoter.core.checks.shortcomings import lookup_reasons, shortcomings, unreadable_reason
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.finding import Reason
from promoter.core.predicates.provenance import Provenance, read_provenance
from promoter.core.predicates.sbom import Sbom, read_sbom
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.vulnerability import Scan, distinct

COMPONENT_CAP: Final = 5_000
"""Components of all SBOMs in one sheet."""

VULNERABILITY_CAP: Final = 2_000
"""Vulnerabilities in one sheet."""

PIECE_CAP: Final = 20
"""Provenance statements, SBOMs and scans in one sheet, each."""

_SHEET_CAP: Final = 8 * 1024 * 1024
_Facts = TypeVar("_Facts")


class Part(Enum):
    """A part of the sheet that an expression may ask for."""

    SERVICE = "service"
    SOURCE = "source"
    PROVENANCE = "provenance"
    SBOM = "sbom"
    SCAN = "scan"


@dataclass(frozen=True, slots=True)
class _Built:
    builder: str
    build_type: str
    repository: str
    ref: str
    commit: str
    workflow: str
    parameters: tuple[tuple[str, str], ...]
    signer: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    version: str
    purl: str
    licences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Inventory:
    format: str
    generators: tuple[str, ...]
    components: tuple[_Part, ...]
    signer: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Scanned:
    scanner: str
    version: str
    finished_at: datetime
    end_of_life: bool
    signer: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Weakness:
    id: str
    aliases: tuple[str, ...]
    severity: str
    fix: str
    package: str
    version: str
    purl: str
    known_exploited: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """The document of one question, as canonical JSON, and the evidence that it was made from."""

    raw: bytes
    cites: tuple[Digest, ...]

    @property
    def digest(self) -> Digest:
        """What stands for it in answers."""
        return digest_of(self.raw)


@dataclass(frozen=True, slots=True)
class NoSheet:
    """Why there is no document to ask about, in reasons."""

    reasons: tuple[Reason, ...]
    cites: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """What one part adds to the document, the evidence behind it, and what stands in its way."""

    members: tuple[tuple[str, object], ...]
    cites: tuple[Digest, ...] = ()
    reasons: tuple[Reason, ...] = ()


def make_sheet(subject: Subject, signers: tuple[str, ...], parts: tuple[Part, ...]) -> Sheet | NoSheet:
    """Give the document of the named parts, or every reason why there is none."""
    pieces = tuple(_READERS[part](subject, signers) for part in Part if part in parts)
    cites = tuple(dict.fromkeys(blob for piece in pieces for blob in piece.cites))
    if reasons := tuple(dict.fromkeys(reason for piece in pieces for reason in piece.reasons)):
        return NoSheet(reasons, cites)
    candidate = subject.candidate
    release = {"service": candidate.service, "name": candidate.release, "digest": candidate.digest}
    members = dict(member for piece in pieces for member in piece.members)
    raw = canonical({"release": release, "environment": subject.environment, **members})
    return Sheet(raw, cites) if len(raw) <= _SHEET_CAP else NoSheet((_too_large("bytes", len(raw), _SHEET_CAP),), cites)


def _service(subject: Subject, signers: tuple[str, ...]) -> _Piece:  # noqa: ARG001 - one shape for all readers
    facts = subject.circumstances.service
    exposure = facts.exposure.value if facts.exposure else ""
    return _Piece((("service", {"classes": facts.classes, "exposure": exposure}),))


def _source(subject: Subject, signers: tuple[str, ...]) -> _Piece:  # noqa: ARG001 - one shape for all readers
    source = subject.evidence.source
    if source is None:
        reason = Reason(
            code=Code.EXPRESSION_SOURCE_UNKNOWN,
            sentence="the source repository could not be asked for the commit of the release's git tag",
            remedy="Nobody, for now: it is asked again by itself.",
        )
        return _Piece((), reasons=(reason,))
    return _Piece((("source", {"repository": source.repository, "ref": source.ref, "commit": source.commit}),))


def _provenance(subject: Subject, signers: tuple[str, ...]) -> _Piece:
    demand = demand_of(tuple(ProvenanceVersion))
    readings, piece = _read(subject, demand, select(subject, demand, signers), read_provenance)
    return piece or _Piece((("provenances", tuple(map(_built, readings))),), _blobs(readings))


def _built(item: Reading[Provenance]) -> _Built:
    facts = item.facts
    return _Built(
        builder=facts.builder_id,
        build_type=facts.build_type,
        repository=facts.source_repository,
        ref=facts.source_ref,
        commit=facts.source_commit,
        workflow=facts.workflow_path,
        parameters=facts.parameters,
        signer=str(item.attestation.signer),
        signed_at=item.attestation.signed_at,
    )


def _sbom(subject: Subject, signers: tuple[str, ...]) -> _Piece:
    selection = select(subject, SBOM_DEMAND, signers)
    readings, piece = _read(subject, SBOM_DEMAND, selection, read_sbom)
    if piece:
        return piece
    count = sum(len(item.facts.components) for item in readings)
    reasons = (_too_large("components", count, COMPONENT_CAP),) if count > COMPONENT_CAP else ()
    return _Piece((("sboms", () if reasons else tuple(map(_inventory, readings))),), _blobs(readings), reasons)


def _inventory(item: Reading[Sbom]) -> _Inventory:
    facts = item.facts
    return _Inventory(
        format=facts.format.value,
        generators=tuple(map(str, facts.origin.tools)),
        components=tuple(_Part(one.name, one.version, one.purl, one.licences) for one in facts.components),
        signer=str(item.attestation.signer),
        signed_at=item.attestation.signed_at,
    )


def _scan(subject: Subject, signers: tuple[str, ...]) -> _Piece:
    selection = select_scans(subject, signers)
    readings, piece = _read(subject, SCAN_DEMAND, selection, read_scan)
    if piece:
        return piece
    counting = newest_scans(item for item in readings if not item.facts.display_only)
    found = distinct(item for scan in counting for item in scan.facts.vulnerabilities)
    if len(found) > VULNERABILITY_CAP:
        return _Piece((), _blobs(counting), (_too_large("vulnerabilities", len(found), VULNERABILITY_CAP),))
    weaknesses = tuple(
        _Weakness(
            id=one.canonical_id,
            aliases=one.aliases,
            severity=one.severity.value,
            fix=one.fix.value,
            package=one.package,
            version=one.version,
            purl=one.purl,
            known_exploited=one.is_known_exploited,
        )
        for one in found
    )
    return _Piece((("scans", tuple(map(_scanned, counting))), ("vulnerabilities", weaknesses)), _blobs(counting))


def _scanned(item: Reading[Scan]) -> _Scanned:
    facts, signer = item.facts, str(item.attestation.signer)
    return _Scanned(
        facts.scanner,
        facts.scanner_version,
        facts.finished_at,
        facts.is_end_of_life,
        signer,
        item.attestation.signed_at,
    )


def _read(
    subject: Subject, demand: Demand, selection: Selection, parse: Callable[[str, object], _Facts]
) -> tuple[tuple[Reading[_Facts], ...], _Piece | None]:
    """Read what a demand selects; where anything stands in the way, give a piece that says what."""
    readings, unreadable = read_accepted(selection, parse)
    reasons = tuple(unreadable_reason(subject, demand, item) for item in unreadable)
    if selection.failures:
        reasons = (*reasons, *lookup_reasons(demand, selection))
    elif not readings:
        reasons = (*reasons, *shortcomings(subject, demand, selection))
    if len(readings) > PIECE_CAP:
        reasons = (*reasons, _too_large(f"pieces of {demand.noun}", len(readings), PIECE_CAP))
    seen = tuple(item.found.blob for item in selection.accepted)
    return readings, _Piece((), seen, reasons) if reasons else None


def _blobs(readings: tuple[Reading[_Facts], ...]) -> tuple[Digest, ...]:
    return tuple(item.attestation.found.blob for item in readings)


def _too_large(what: str, count: int, cap: int) -> Reason:
    return Reason(
        code=Code.EXPRESSION_FACTS_TOO_LARGE,
        sentence=f"an expression would be asked about {count} {what}; at most {cap} are taken",
        remedy="Security team: ask about another part, or use a check of the catalogue, which has no such cap.",
    )


_READERS: Final[dict[Part, Callable[[Subject, tuple[str, ...]], _Piece]]] = {
    Part.SERVICE: _service,
    Part.SOURCE: _source,
    Part.PROVENANCE: _provenance,
    Part.SBOM: _sbom,
    Part.SCAN: _scan,
}
