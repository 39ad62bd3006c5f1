"""All findings for one candidate in one environment, and the only maker of a `VerifiedDigest`.

Rule 1: a verdict passes only if every enforced finding passes or is waived, and there is at least one (absence never
passes).
Rule 2: only a passing verdict makes a `VerifiedDigest`, and only that type can be written into a manifest
(a test reads every module and finds no other maker).
"""

from dataclasses import dataclass
from datetime import datetime

from promoter.core.candidate import Candidate, Digest
from promoter.core.checks import CHECKS
from promoter.core.checks.subject import Phase
from promoter.core.circumstances import UNKNOWN, Circumstances
from promoter.core.evidence import Evidence
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.hands import CHECK as HANDS
from promoter.core.hands import look_at_hands
from promoter.core.policy import Occasion, Policy, examine, subject_of
from promoter.core.policy_exception import Granted
from promoter.core.signed_exceptions import Statements, read_statements
from promoter.core.waiving import Scope, waive


@dataclass(frozen=True, slots=True)
class VerifiedDigest:
    """A digest that a passing verdict stands for. Made by `verified` alone."""

    digest: Digest
    release: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every finding for (candidate, environment, policy, phase, time), passing ones included."""

    candidate: Candidate
    environment: str
    phase: Phase
    at: datetime
    policy: Digest
    findings: tuple[Finding, ...]
    circumstances: Circumstances = UNKNOWN
    exceptions: tuple[Granted, ...] = ()  # those that a finding is waived by
    considered: tuple[Granted, ...] = ()  # all that there were, whether or not they count

    @property
    def enforced(self) -> tuple[Finding, ...]:
        """The findings that count."""
        return tuple(finding for finding in self.findings if finding.mode is Mode.ENFORCE)

    @property
    def merging(self) -> tuple[Finding, ...]:
        """What a merge asks of people besides: the findings of the merge phase only, and hands that are the same."""
        only = {check for check, row in CHECKS.items() if Phase.PROPOSE not in row.phases}
        return tuple(
            finding
            for finding in self.findings
            if finding.check in only or (finding.check == HANDS and finding.outcome is not Outcome.PASS)
        )

    @property
    def outcome(self) -> Outcome:
        """PASS, FAIL or UNDECIDED over the enforced findings; one failure outweighs what is undecided."""
        outcomes = {finding.outcome for finding in self.enforced}
        if not outcomes or Outcome.FAIL in outcomes:
            return Outcome.FAIL
        return Outcome.UNDECIDED if Outcome.UNDECIDED in outcomes else Outcome.PASS


def judge(policy: Policy, evidence: Evidence, occasion: Occasion) -> Verdict:
    """Compute the verdict: a pure function of policy, evidence, circumstances, phase and time."""
    findings, rules = examine(policy, evidence, occasion), policy.exceptions
    statements = read_statements(subject_of(policy, evidence, occasion), rules) if rules.signers else Statements()
    scope = Scope(occasion.candidate, policy.environment, rules)
    waived = waive(findings, occasion.circumstances.exceptions, scope, occasion.now, statements)
    findings = waived.findings
    if occasion.phase is Phase.MERGE and occasion.circumstances.roles is not None:
        findings = (*findings, look_at_hands(findings, evidence, occasion.circumstances, waived.used))
    return Verdict(
        occasion.candidate,
        policy.environment,
        occasion.phase,
        occasion.now,
        policy.digest,
        findings,
        occasion.circumstances,
        waived.used,
        waived.considered,
    )


class NotVerified(Exception):  # noqa: N818 - says what is true of the candidate
    """A digest was wanted of a verdict that does not pass: our bug, the plan never asks for it."""


def verified(verdict: Verdict) -> VerifiedDigest:
    """Give the digest that this verdict verified; raises NotVerified unless it passes."""
    if verdict.outcome is not Outcome.PASS:
        raise NotVerified(f"{verdict.candidate} does not pass for {verdict.environment}")
    return VerifiedDigest(verdict.candidate.digest, verdict.candidate.release)
