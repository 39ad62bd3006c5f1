"""Which scans count: of each scanner and signer the newest by signed time; several of the same time all count.

So a newer failing scan always takes the place of an older clean one, and one scanner never hides another's findings.
"""

from collections.abc import Iterable
from typing import Final

from promoter.core.checks.selection import Demand, Reading
from promoter.core.codes import Code
from promoter.core.predicates import types
from promoter.core.predicates.vulnerability import Scan

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
"""What the two checks on scans look for; each has its own list of signers."""


def newest_scans(readings: Iterable[Reading[Scan]]) -> tuple[Reading[Scan], ...]:
    """Keep what counts, newest first. A signer is subject name and issuer: its claims differ from run to run."""
    ordered = sorted(readings, key=lambda item: item.attestation.rank, reverse=True)
    newest: dict[tuple[str, str, str], Reading[Scan]] = {}
    for item in ordered:
        newest.setdefault(_maker(item), item)
    return tuple(item for item in ordered if item.attestation.rank == newest[_maker(item)].attestation.rank)


def _maker(item: Reading[Scan]) -> tuple[str, str, str]:
    signer = item.attestation.signer
    return item.facts.scanner, signer.san, signer.issuer
