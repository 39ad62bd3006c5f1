"""The evidence that a kept decision was reached on, from the blobs alone: nobody is asked."""

from promoter.core.candidate import parse_digest
from promoter.core.dossier import EvidenceLine, Facts
from promoter.core.evidence import Attestation, Evidence, EvidenceState, Found, Platform, Unusable
from promoter.ports import Blobs, Material, Signatures
from promoter.strict_yaml import ConfigError


class KeptBlobs:
    """Blobs of which every missing one is an error with a remedy."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def get(self, digest: str, what: str) -> bytes:
        raw = self._blobs.get(parse_digest(digest))
        if raw is None:
            raise ConfigError(f"{what} {digest} is not among the blobs; run `promoter log verify`")
        return raw


def recall(facts: Facts, kept: KeptBlobs, signatures: Signatures) -> Evidence:
    """Give the evidence that a kept decision was reached on: its bundles verified again, in the kept order.

    Asks nobody. Raises ConfigError where a blob is missing.
    """
    evidence = Evidence(
        facts.digest,
        failures=facts.failures,
        source=facts.source,
        platforms=_platforms(facts),
        trust_root=facts.trust_root,
    )
    for line in facts.evidence:
        item = _examine(line, facts, kept, signatures)
        evidence = evidence.with_item(item)
    return evidence


def _examine(line: EvidenceLine, facts: Facts, kept: KeptBlobs, signatures: Signatures) -> Attestation | Unusable:
    """Verify one bundle; what was refused for the manifest that carried it has no bundle to verify."""
    raw = kept.get(line.blob, "evidence")
    if line.blob == line.manifest:
        found = Found(line.blob, line.manifest, len(raw))
        return Unusable(found, EvidenceState(line.state), line.code, line.detail, line.predicate_type)
    return signatures.examine(Material(Found(line.blob, line.manifest, len(raw)), raw), facts.digest)


def _platforms(facts: Facts) -> tuple[Platform, ...]:
    lines = (line.rsplit(" ", 1) for line in facts.platforms)
    return tuple(Platform(parse_digest(digest), name) for name, digest in lines)
