"""Which scans count: of each scanner and signer the newest by signed time; several of the same time all count.

So a newer failing scan always takes the place of an older clean one, and one scanner never hides another's findings.
One that was signed later and ended earlier takes the place of none: an old signature can be logged anew.
A scan that nobody dates is older than every dated one by its maker; where all are undated they all count.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from promoter.core.checks.selection import Demand, Reading, Selection, select
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, SignerKey
from promoter.core.predicates import types
from promoter.core.predicates.cyclonedx_findings import lists_vulnerabilities
from promoter.core.predicates.vulnerability import Scan


def is_scan(item: Attestation) -> bool:
    """Tell whether an attestation holds a scan: by its type, or a CycloneDX document that lists vulnerabilities."""
    return item.predicate_type in types.SCAN or (
        item.predicate_type in types.CYCLONEDX and lists_vulnerabilities(item.predicate)
    )


SCAN_DEMAND: Final = Demand(
    noun="vulnerability scan attestation",
    wants=lambda item: item.predicate_type in types.SCAN,
    claims=types.SCAN,
    absent=Code.SCAN_ABSENT,
    foreign=Code.SCAN_FOREIGN_SIGNER,
    invalid=Code.SCAN_INVALID,
    unparseable=Code.SCAN_UNPARSEABLE,
    maker="Security team",
    command="scan REPOSITORY@DIGEST with Trivy (`--format cosign-vuln`) or Grype (`-o json`, put into cosign's vuln "
    "predicate) and attest it with `cosign attest --type vuln --predicate scan.json REPOSITORY@DIGEST`",
)
"""What the checks on scans look for; each has its own list of signers."""


def select_scans(subject: Subject, signers: tuple[str, ...]) -> Selection:
    """Sort the evidence for scans, CycloneDX documents with vulnerabilities among them.

    Such a document by another signer is no attempt at a scan, but an SBOM.
    """
    selection = select(subject, replace(SCAN_DEMAND, wants=is_scan), signers)
    sboms = {item.predicate_type for item in selection.foreign if item.predicate_type in types.CYCLONEDX}
    others = tuple(sorted({*selection.other_types, *sboms}))
    foreign = tuple(item for item in selection.foreign if item.predicate_type not in types.CYCLONEDX)
    return replace(selection, foreign=foreign, other_types=others)


def newest_scans(readings: Iterable[Reading[Scan]]) -> tuple[Reading[Scan], ...]:
    """Keep what counts, newest first. A signer is told apart by name and issuer or by its key, not by its claims.

    A scan takes the place of another one of its maker if it was signed later and did not end before it. A key's
    signature proves no more than that it was there by some time: whoever finds an old scan can have that signature
    logged or stamped again, and it stays the older scan.
    """
    ordered = sorted(readings, key=lambda item: item.attestation.rank, reverse=True)
    return tuple(item for item in ordered if not any(_replaces(other, item) for other in ordered))


def _replaces(newer: Reading[Scan], older: Reading[Scan]) -> bool:
    return (
        newer.attestation.rank > older.attestation.rank
        and newer.facts.finished_at >= older.facts.finished_at
        and _maker(newer) == _maker(older)
    )


def _maker(item: Reading[Scan]) -> tuple[str, SignerKey, bool]:
    """Name who made it; what is for display alone takes the place of no other."""
    return item.facts.scanner, item.attestation.signer.identity, item.facts.display_only
