"""What other policies would have decided, on the evidence, circumstances and times of decisions that are kept.

Rule 1: only kept bytes are read; nobody is asked and nothing is written. Expressions are evaluated on kept facts.
Rule 2: what was not looked for at the time is not absent: a policy that asks for more then is undecided, never failed.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from promoter.config import Configuration
from promoter.config_policies import read_policy
from promoter.core.candidate import Candidate
from promoter.core.dossier import Decision, Facts
from promoter.core.environment import Service
from promoter.core.evidence import Evidence
from promoter.core.finding import Outcome
from promoter.core.policy import Occasion, Policy
from promoter.core.record import Decided
from promoter.core.verdict import Verdict, judge
from promoter.expressions import Evaluator
from promoter.journal import Journal
from promoter.ports import Blobs, Signatures
from promoter.recall import KeptBlobs, recall
from promoter.strict_yaml import ConfigError
from promoter.verification import MakesSignatures, read_decision

_KEPT: Final = 16  # sets of evidence that stay in memory: decisions about one release stand close together


@dataclass(frozen=True, slots=True)
class Replayed:
    """One kept decision and what the other policy would have said. `after` is None where that cannot be told.

    `codes` are why, in the other policy's enforced findings; `note` says what could not be told, and why.
    """

    decision: str
    candidate: Candidate
    environment: str
    phase: str
    at: datetime
    before: Outcome
    after: Outcome | None
    codes: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_changed(self) -> bool:
        """True where the other policy would have decided otherwise."""
        return self.after is not None and self.after is not self.before


def last_decisions(journal: Journal, count: int) -> tuple[Decided, ...]:
    """Give the newest entries of decisions, oldest first."""
    return tuple(deque((entry for _, entry in journal.entries() if isinstance(entry, Decided)), maxlen=count))


class Shadow:
    """Replays decisions under the policies of a configuration that is not in force."""

    def __init__(
        self, configuration: Configuration, blobs: Blobs, signatures: MakesSignatures, evaluator: Evaluator
    ) -> None:
        self._configuration = configuration
        self._evaluator = evaluator
        self._kept = KeptBlobs(blobs)
        self._make = signatures
        self._verifiers: dict[str, Signatures] = {}
        self._policies: dict[str, Policy] = {}
        self._evidence: dict[Facts, Evidence] = {}

    def replay(self, decisions: tuple[Decided, ...]) -> Iterator[Replayed]:
        """Judge each decision again; one whose bytes are missing or damaged is told and stops no other."""
        for entry in decisions:
            try:
                yield self._replay(entry)
            except (ConfigError, ValueError, KeyError, TypeError) as error:
                yield _told(entry, None, note=f"its bytes are not what they should be: {error}")

    def _replay(self, entry: Decided) -> Replayed:
        service = self._configuration.services.get(entry.service)
        policy = self._demanded(service, entry.environment)
        if policy is None:
            return _told(entry, None, note=f"{entry.service} is not promoted to {entry.environment} there")
        decision = read_decision(self._kept.get(entry.decision, "decision"), entry.decision)
        if policy.digest == decision.policy:
            return _told(entry, Outcome(entry.outcome))
        if decision.placeholders is None:
            return _told(entry, None, note="it was kept without its source and git tag, by an earlier Promoter")
        evidence = self._recall(decision.facts)
        occasion = Occasion(
            decision.candidate, decision.placeholders, decision.phase, decision.at, decision.circumstances
        )
        unasked = _unasked(policy, self._policy(decision), decision)
        return _weigh(entry, judge(policy, evidence, self._answered(policy, evidence, occasion)), unasked)

    def _answered(self, policy: Policy, evidence: Evidence, occasion: Occasion) -> Occasion:
        """Add what this policy's own expressions say of the facts: their answers need nothing but these."""
        answers = (*occasion.circumstances.answers, *self._evaluator.answers(policy, evidence, occasion))
        return replace(occasion, circumstances=replace(occasion.circumstances, answers=tuple(dict.fromkeys(answers))))

    def _demanded(self, service: Service | None, environment: str) -> Policy | None:
        return self._configuration.demands(service).get(environment) if service else None

    def _policy(self, decision: Decision) -> Policy:
        if decision.policy not in self._policies:
            self._policies[decision.policy] = read_policy(self._kept.get(decision.policy, "policy"))
        return self._policies[decision.policy]

    def _recall(self, facts: Facts) -> Evidence:
        if facts not in self._evidence:
            while len(self._evidence) >= _KEPT:
                del self._evidence[next(iter(self._evidence))]
            self._evidence[facts] = recall(facts, self._kept, self._verifier(str(facts.trust_root)))
        return self._evidence[facts]

    def _verifier(self, root: str) -> Signatures:
        """Give what verifies with a decision's own trusted root."""
        if root not in self._verifiers:
            self._verifiers[root] = self._make(self._kept.get(root, "trust root"), root)
        return self._verifiers[root]


def _weigh(entry: Decided, verdict: Verdict, unasked: tuple[str, ...]) -> Replayed:
    codes = (reason.code.value for one in verdict.enforced if one.outcome is not Outcome.PASS for reason in one.reasons)
    note = f"not looked for at the time: {', '.join(unasked)}" if unasked else ""
    outcome = Outcome.UNDECIDED if unasked and verdict.outcome is Outcome.FAIL else verdict.outcome
    return _told(entry, outcome, tuple(dict.fromkeys(codes)), note)


def _unasked(policy: Policy, then: Policy, decision: Decision) -> tuple[str, ...]:
    """Name what this policy counts and nobody looked for at the time, as far as the decision tells."""
    facts = decision.facts
    parts = {str(part.digest) for part in facts.parts}
    platforms = (line.rsplit(" ", 1) for line in facts.platforms)
    missing = {name for name, digest in platforms if digest not in parts}
    wanted = {name for name in missing for one in policy.platforms if name == one or name.startswith(f"{one}/")}
    tried = set(facts.keys)
    return (
        *(f"platform {name}" for name in sorted(wanted)),
        *(f"key {key.fingerprint}" for key in policy.keys if key.pem not in tried),
        *(f"layout {layout.value}" for layout in policy.layouts if layout not in then.layouts),
    )


def _told(entry: Decided, after: Outcome | None, codes: tuple[str, ...] = (), note: str = "") -> Replayed:
    return Replayed(
        decision=entry.decision,
        candidate=entry.candidate,
        environment=entry.environment,
        phase=entry.phase,
        at=entry.at,
        before=Outcome(entry.outcome),
        after=after,
        codes=codes,
        note=note,
    )
