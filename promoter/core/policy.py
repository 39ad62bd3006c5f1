"""What one environment demands, and the function that asks it of a candidate.

Rule 1: a policy that enforces nothing is refused when it is read, and would fail here.
Rule 2: all findings, not the first: a blocked team sees everything that is wrong, once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from promoter.core.candidate import Candidate, Digest
from promoter.core.checks import CHECKS
from promoter.core.checks.subject import Subject
from promoter.core.evidence import Evidence
from promoter.core.finding import Finding, Mode
from promoter.core.identity import Placeholders, SignerRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One line of a policy: a check, its parameters, whether it counts, and how long its evidence may still be missing.

    `deadline` is counted from the discovery of the candidate; until then absent evidence is waited for.
    """

    check: str
    params: Any  # an instance of CHECKS[check].params: the type differs by check
    mode: Mode = Mode.ENFORCE
    deadline: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one environment demands. `digest` stands for the whole of it, signers included."""

    environment: str
    signers: Mapping[str, SignerRule]
    require: tuple[Requirement, ...]
    digest: Digest  # of `body`
    body: bytes = field(repr=False, compare=False)  # the policy in canonical form, as it is kept with decisions

    def deadline(self, check: str) -> timedelta:
        """Give how long the evidence of a check may be missing."""
        return max((line.deadline for line in self.require if line.check == check), default=timedelta(0))


def examine(
    policy: Policy, candidate: Candidate, evidence: Evidence, placeholders: Placeholders, now: datetime
) -> tuple[Finding, ...]:
    """Ask every requirement of the policy, in its order; nothing is left out because another one failed."""
    subject = Subject(candidate, evidence, policy.signers, placeholders, Mode.ENFORCE, now)
    return tuple(CHECKS[line.check].apply(line.params, replace(subject, mode=line.mode)) for line in policy.require)
