"""From facts that are no evidence to the one finding of a requirement.

Rule: a definite reason fails; where every reason is one that more knowledge could take away, nothing is decided.
"""

from collections.abc import Iterable

from promoter.core.candidate import Digest
from promoter.core.checks.conclusion import UNDECIDED_CODES
from promoter.core.checks.subject import Subject
from promoter.core.finding import Finding, Outcome, Reason


def conclude_facts(
    check: str, subject: Subject, sentence: str, reasons: Iterable[Reason], cites: tuple[Digest, ...] = ()
) -> Finding:
    """Give the finding: `sentence` is what is said where no reason speaks against it."""
    by_weight = sorted(dict.fromkeys(reasons), key=lambda reason: reason.code in UNDECIDED_CODES)
    count = len(by_weight) - 1
    more = f" (and {count} more reason{'s' if count > 1 else ''})" if count > 0 else ""
    return Finding(
        check=check,
        mode=subject.mode,
        outcome=_outcome(by_weight),
        sentence=by_weight[0].sentence + more if by_weight else sentence,
        reasons=tuple(by_weight),
        cites=cites,
    )


def _outcome(definite_first: list[Reason]) -> Outcome:
    if not definite_first:
        return Outcome.PASS
    return Outcome.UNDECIDED if definite_first[0].code in UNDECIDED_CODES else Outcome.FAIL
