"""The evidence that a kept decision was reached on, from the blobs alone: nobody is asked."""

from promoter.core.candidate import parse_digest
from promoter.core.dossier import EvidenceLine, Facts
from promoter.core.evidence import Attestation, Evidence, EvidenceState, Found, Layout, Platform, Unusable
from promoter.core.public_key import parse_public_key
from promoter.pieces import Examiner
from promoter.ports import Blobs, Signatures
from promoter.strict_yaml import ConfigError


class KeptBlobs:
    """Blobs of which every missing one is an error with a remedy."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def get(self, digest: str, what: str = "evidence") -> bytes:
        raw = self._blobs.get(parse_digest(digest))
        if raw is None:
            raise ConfigError(f"{what} {digest} is not among the blobs; run `promoter log verify`")
        return raw


def recall(facts: Facts, kept: KeptBlobs, signatures: Signatures) -> Evidence:
    """Give the evidence that a kept decision was reached on: every piece verified again, in the kept order.

    Asks nobody. Raises ConfigError where a blob is missing.
    """
    keys = tuple(parse_public_key(pem) for pem in facts.keys)
    evidence = Evidence(
        facts.digest,
        failures=facts.failures,
        source=facts.source,
        platforms=_platforms(facts),
        trust_root=facts.trust_root,
        parts=tuple(recall(part, kept, signatures) for part in facts.parts),
        keys=keys,
    )
    examiner = Examiner(signatures, keys)
    for line in facts.evidence:
        evidence = evidence.with_item(_examine(line, facts, kept, examiner))
    return evidence


def _examine(line: EvidenceLine, facts: Facts, kept: KeptBlobs, examiner: Examiner) -> Attestation | Unusable:
    """Verify one piece; what was refused for the manifest that carried it has nothing to verify."""
    if line.blob == line.manifest and line.layout is not Layout.FORGE_STORE:
        found = Found(line.blob, line.manifest, len(kept.get(line.blob)), line.layout)
        return Unusable(found, EvidenceState(line.state), line.code, line.detail, line.predicate_type)
    found = Found(line.blob, line.manifest, len(kept.get(line.blob)), line.layout, line.parts)
    return examiner.examine(found, facts.digest, kept.get)


def _platforms(facts: Facts) -> tuple[Platform, ...]:
    lines = (line.rsplit(" ", 1) for line in facts.platforms)
    return tuple(Platform(parse_digest(digest), name) for name, digest in lines)
