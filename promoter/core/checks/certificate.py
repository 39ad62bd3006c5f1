"""What a build job could write by itself must equal what its signing certificate says, claim by claim.

The job's token signs any predicate: where both sides make a claim, the certificate's is the one that nobody in the job
could choose. A claim that only one side makes is not compared here.
"""

from dataclasses import fields

from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState, SignerClaims
from promoter.core.finding import Reason
from promoter.core.predicates.provenance import Provenance
from promoter.core.predicates.source import normalise_repository


def against_certificate(facts: Provenance, certified: SignerClaims) -> tuple[Reason, ...]:
    """Compare claim by claim where both sides make it; repositories by their normalised names."""
    reasons = []
    for claim in (item.name for item in fields(SignerClaims)):
        said, known = getattr(facts.claims, claim), getattr(certified, claim)
        comparable = normalise_repository(known) if claim == "source_repository_uri" else known
        if said and known and said != comparable:
            reasons.append(
                Reason(
                    code=Code.PROVENANCE_CLAIM_NOT_CERTIFIED,
                    sentence=f"provenance says {claim.replace('_', ' ')} is {said}, "
                    f"the signing certificate says {known}",
                    remedy="Service team: attest from the build that it describes, with that build's own identity. "
                    "Security team: a provenance that contradicts its certificate may be forged, look at who made it.",
                    state=EvidenceState.INVALID,
                )
            )
    return tuple(reasons)
