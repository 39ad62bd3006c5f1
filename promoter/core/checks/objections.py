"""What a policy's rule holds against a signature by the very signer that it names, in sentences with remedies.

Such a signer is not foreign: it is not in a log, or signed when it could not, or nobody can say when.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from promoter.core.checks.selection import Demand, name_of, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, EvidenceState
from promoter.core.finding import Reason
from promoter.core.identity import Objection, SignerRule, matches, objections

_CODES: Final = {
    Objection.NOT_LOGGED: Code.SIGNER_NOT_LOGGED,
    Objection.TIME_UNKNOWN: Code.SIGNER_TIME_UNKNOWN,
    Objection.OUTSIDE_PERIOD: Code.SIGNER_OUTSIDE_PERIOD,
    Objection.REVOKED: Code.SIGNER_REVOKED,
}
_STATES: Final = {
    Objection.NOT_LOGGED: EvidenceState.INVALID,
    Objection.TIME_UNKNOWN: EvidenceState.INVALID,
    Objection.OUTSIDE_PERIOD: EvidenceState.STALE,
    Objection.REVOKED: EvidenceState.FOREIGN_SIGNER,
}


def objection_reasons(
    subject: Subject, demand: Demand, item: Attestation, signers: tuple[str, ...]
) -> tuple[Reason, ...]:
    """Give a reason for each objection of each rule that names the signer; empty where none does."""
    return tuple(_reasons(subject, demand, item, signers))


def _reasons(subject: Subject, demand: Demand, item: Attestation, signers: tuple[str, ...]) -> Iterator[Reason]:
    for name in signers:
        rule = subject.signers[name]
        if not matches(rule, item.signer, subject.placeholders):
            continue
        for objection in objections(rule, item):
            yield Reason(
                code=_CODES[objection],
                sentence=f"the {demand.noun} {name_of(item)} is signed by {name}, {signed_by(item.signer)}, "
                + _why(objection, rule, item.signed_at),
                remedy=_remedy(objection, demand, name),
                state=_STATES[objection],
            )


def _why(objection: Objection, rule: SignerRule, at: datetime | None) -> str:
    match objection:
        case Objection.NOT_LOGGED:
            return "and is in no transparency log, which the rule demands"
        case Objection.TIME_UNKNOWN:
            return f"at a time that nobody vouches for, and the rule counts by time: {_period(rule)}"
        case Objection.OUTSIDE_PERIOD:
            return f"at {_stamp(at)}; the rule holds {_period(rule)}"
        case Objection.REVOKED:
            return f"at {_stamp(at)}; the signer is withdrawn from {_stamp(rule.revoked_at)} on"


def _period(rule: SignerRule) -> str:
    parts = (
        (rule.not_before, f"from {_stamp(rule.not_before)}"),
        (rule.not_after, f"until {_stamp(rule.not_after)}"),
        (rule.revoked_at, f"withdrawn from {_stamp(rule.revoked_at)} on"),
    )
    return ", ".join(text for bound, text in parts if bound)


def _remedy(objection: Objection, demand: Demand, name: str) -> str:
    match objection:
        case Objection.NOT_LOGGED:
            return (
                f"{demand.maker}: sign it with a transparency log, or have the security team accept {name} without one."
            )
        case Objection.TIME_UNKNOWN:
            return f"{demand.maker}: sign it again with a transparency log or a timestamp authority."
        case Objection.OUTSIDE_PERIOD:
            return (
                f"{demand.maker}: sign it with what is accepted now, or have the security team correct {name}'s period."
            )
        case Objection.REVOKED:
            return f"{demand.maker}: have another signer sign it. Security team: ask who used {name} after that time."


def _stamp(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}" if at else ""
