"""Keeps decisions: the bytes of everything that a verdict was computed from, durable before the entry that names it."""

from pydantic import TypeAdapter

from promoter.core.candidate import Digest
from promoter.core.canonical import canonical
from promoter.core.codes import Code
from promoter.core.dossier import Decision, decide, facts_of, key_of, record_of
from promoter.core.evidence import Evidence
from promoter.core.history import History
from promoter.core.record import AnyEntry, Decided
from promoter.core.verdict import Verdict
from promoter.core.view import View
from promoter.ports import Blobs, Signatures
from promoter.recall import KeptBlobs, recall

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)


class Decisions:
    """Decision and record keeping over the blobs."""

    def __init__(self, blobs: Blobs, signatures: Signatures) -> None:
        self._blobs = blobs
        self._signatures = signatures

    def entry(self, view: View, verdict: Verdict, evidence: Evidence, history: History) -> tuple[AnyEntry, ...]:
        """Give the entry of a verdict, or none where the last one for this phase says the same."""
        key = key_of(verdict, evidence)
        spot = history.spot(verdict.environment, verdict.candidate)
        known = spot.decided.get(verdict.phase.value) if spot else None
        if known and known.key == key:
            return ()
        placeholders = view.service.placeholders(verdict.candidate.release)
        decision = self._blobs.put(canonical(decide(verdict, evidence, placeholders)))
        root = self._blobs.put(self._signatures.root().raw)
        policy = self._blobs.put(view.policies[verdict.environment].body)
        blobs = sorted({line.blob for line in facts_of(evidence).evidence})
        return (
            Decided(
                at=verdict.at,
                service=verdict.candidate.service,
                release=verdict.candidate.release,
                digest=verdict.candidate.digest,
                environment=verdict.environment,
                phase=verdict.phase.value,
                outcome=verdict.outcome.value,
                codes=_codes(verdict),
                key=key,
                decision=decision,
                refs=(decision, policy, root, *blobs),
            ),
        )

    def recall(self, decided: Decided) -> tuple[Verdict, Evidence]:
        """Give a kept verdict and the evidence that it was reached on; raises ConfigError where a blob is missing."""
        kept = KeptBlobs(self._blobs)
        decision = _DECISION.validate_json(kept.get(decided.decision, "decision"))
        verdict = Verdict(
            decision.candidate,
            decision.environment,
            decision.phase,
            decision.at,
            decision.policy,
            decision.findings,
            decision.circumstances,
            decision.exceptions,
        )
        return verdict, recall(decision.facts, kept, self._signatures)

    def record(self, verdict: Verdict, evidence: Evidence, approvals: str) -> Digest:
        """Keep the release record of a promoted candidate; gives its digest."""
        return self._blobs.put(canonical(record_of(verdict, evidence, approvals)))


def _codes(verdict: Verdict) -> tuple[str, ...]:
    """Give what stopped it, and whether a denial is among what cannot be told: nobody goes back to that unasked."""
    stopped = [reason.code.value for f in verdict.enforced if not f.is_good for reason in f.reasons]
    unsure = [Code.DENIED_UNKNOWN.value for f in verdict.findings for a in f.asides if a.code is Code.DENIED_UNKNOWN]
    return tuple(dict.fromkeys((*stopped, *unsure)))
