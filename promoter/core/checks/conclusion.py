"""From judged evidence to the one finding of a requirement.

Rule 1: one piece of evidence without a reason against it passes the requirement; which pieces are judged at all (any,
or only the newest) is the check's choice.
Rule 2: a finding that does not pass names every reason, those of foreign and unusable evidence included.
Rule 3: undecided outweighs failed where a lookup failed or where one piece of evidence has nothing definite against it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.checks.selection import Demand, Reading, Selection, set_aside
from promoter.core.checks.shortcomings import lookup_reasons, shortcomings, unreadable_reason
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.finding import Finding, Outcome, Reason
from promoter.core.strict_json import Malformed

UNDECIDED_CODES: Final = frozenset(
    {
        Code.LOOKUP_FAILED,
        Code.TRUST_ROOT_TOO_OLD,
        Code.PROVENANCE_SOURCE_UNKNOWN,
        Code.SCAN_NOTHING_ANALYSED,
        Code.SCAN_DATABASE_AGE_UNKNOWN,
        Code.VULNERABILITIES_FIXABILITY_UNKNOWN,
        Code.VULNERABILITIES_EXPLOITATION_UNKNOWN,
        Code.VULNERABILITIES_EPSS_UNKNOWN,
        Code.VULNERABILITIES_EXPOSURE_UNKNOWN,
        Code.COMPONENTS_VERSION_UNREADABLE,
        Code.COMPONENTS_SOURCE_UNKNOWN,
        Code.COMPONENTS_FACTS_ABSENT,
        Code.COMPONENTS_FACTS_UNPARSEABLE,
        Code.COMPONENTS_AGE_UNKNOWN,
        Code.COMPONENTS_MAINTENANCE_UNKNOWN,
        Code.SAST_SOURCE_UNKNOWN,
        Code.SAST_NOTHING_ANALYSED,
        Code.SAST_RUN_FAILED,
        Code.EXPRESSION_WITHOUT_ANSWER,
        Code.EXPRESSION_NOT_EVALUATED,
        Code.EXPRESSION_FACTS_TOO_LARGE,
        Code.EXPRESSION_SOURCE_UNKNOWN,
        Code.DENIED_UNKNOWN,
        Code.ARTIFACT_UNRESOLVED,
        Code.ARTIFACT_REPOSITORY_UNKNOWN,
        Code.ORDER_UNKNOWN,
        Code.AGE_UNKNOWN,
        Code.SOURCE_BRANCH_UNKNOWN,
        Code.APPROVAL_UNKNOWN,
        Code.TICKET_UNKNOWN,
        Code.RULES_UNKNOWN,
        Code.LOG_UNKNOWN,
        Code.EXCEPTION_UNKNOWN,
    }
)
"""Reasons that more knowledge could take away; every other one is definite."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Evidence by accepted signers, what it says in one sentence, and what speaks against it."""

    blobs: tuple[Digest, ...]
    sentence: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One requirement under way: the check, its subject and demand, and the evidence that was selected.

    `newest_decides` says that evidence which could not be fetched might overrule what is there.
    """

    check: str
    subject: Subject
    demand: Demand
    selection: Selection
    newest_decides: bool

    def judge_unreadable(self, readings: Iterable[Reading[Malformed]]) -> tuple[Judged, ...]:
        """Judge attestations by accepted signers whose content cannot be read."""
        return tuple(
            Judged((item.attestation.found.blob,), "", (unreadable_reason(self.subject, self.demand, item),))
            for item in readings
        )

    def conclude(self, judged: Iterable[Judged], besides: tuple[Reason, ...] = ()) -> Finding:
        """Give the finding; `besides` are reasons that no evidence could take away."""
        ordered = tuple(judged)
        passing = next((item for item in ordered if not item.reasons), None)
        if passing is None or besides:
            return self._refuse(ordered, besides)
        if self.newest_decides and self.selection.failures:
            hidden = lookup_reasons(self.demand, self.selection)
            return self._finding(Outcome.UNDECIDED, hidden, passing.blobs)
        return Finding(
            check=self.check,
            mode=self.subject.mode,
            outcome=Outcome.PASS,
            sentence=passing.sentence,
            cites=passing.blobs,
            noted=set_aside(self.selection, passing.blobs),
        )

    def _refuse(self, judged: tuple[Judged, ...], besides: tuple[Reason, ...]) -> Finding:
        own = tuple(reason for item in judged for reason in item.reasons)
        reasons = (*besides, *own, *shortcomings(self.subject, self.demand, self.selection))
        undecided = bool(self.selection.failures) or any(
            all(reason.code in UNDECIDED_CODES for reason in item.reasons) for item in judged
        )
        outcome = Outcome.UNDECIDED if undecided and not besides else Outcome.FAIL
        return self._finding(outcome, reasons, tuple(blob for item in judged for blob in item.blobs))

    def _finding(self, outcome: Outcome, reasons: tuple[Reason, ...], cites: tuple[Digest, ...]) -> Finding:
        is_undecided = outcome is Outcome.UNDECIDED
        by_weight = sorted(dict.fromkeys(reasons), key=lambda reason: (reason.code in UNDECIDED_CODES) != is_undecided)
        distinct = tuple(by_weight)  # what made the outcome stands first
        count = len(distinct) - 1
        more = f" (and {count} more reason{'s' if count > 1 else ''})" if count else ""
        return Finding(
            check=self.check,
            mode=self.subject.mode,
            outcome=outcome,
            sentence=distinct[0].sentence + more,
            reasons=distinct,
            cites=tuple(dict.fromkeys(cites)),
            noted=set_aside(self.selection, cites),
        )
