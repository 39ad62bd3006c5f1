"""What a check sees besides its own parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from promoter.core.candidate import Candidate
from promoter.core.circumstances import UNKNOWN, Circumstances
from promoter.core.evidence import Attestation, Evidence
from promoter.core.finding import Mode
from promoter.core.identity import Placeholders, SignerRule, accepts


class Phase(Enum):
    """When a verdict is computed: before a proposal is opened, and again before it is merged."""

    PROPOSE = "propose"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Subject:
    """One candidate in front of one environment's policy: its evidence and the signers that the policy names."""

    candidate: Candidate
    evidence: Evidence
    signers: Mapping[str, SignerRule]
    placeholders: Placeholders
    mode: Mode  # of the requirement that is being checked
    now: datetime
    environment: str = ""  # the policy's; what is bound to an environment is bound to none other, and never to ""
    circumstances: Circumstances = UNKNOWN

    def accepts(self, attestation: Attestation, allowed: tuple[str, ...]) -> bool:
        """Tell whether it is by one of the named signers and counts under that rule; an empty list accepts nobody."""
        return any(accepts(self.signers[name], attestation, self.placeholders) for name in allowed)
