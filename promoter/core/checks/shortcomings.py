"""Why there is no good evidence for a demand, in sentences with remedies: one reason per piece that was found.

Absent, foreign, invalid, unreadable and not asked are different reasons with different owners.
"""

from collections.abc import Iterator
from typing import Final

from promoter.core.checks.objections import objection_reasons
from promoter.core.checks.selection import Demand, Reading, Selection, name_of, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import TRUST_ROOT_LOOKUP, Attestation, EvidenceState, LookupFailure, Unusable
from promoter.core.finding import Reason
from promoter.core.identity import differing_claims, names
from promoter.core.strict_json import Malformed


def shortcomings(subject: Subject, demand: Demand, selection: Selection) -> tuple[Reason, ...]:
    """Say why there is no good evidence, apart from what is wrong with accepted evidence.

    Where something could not be asked, nothing is called absent.
    """
    found = (
        *(reason for item in selection.foreign for reason in _refused(subject, demand, item, selection.signers)),
        *(_unusable(subject, demand, item) for item in selection.unusable),
    )
    if selection.failures:
        return (*found, *lookup_reasons(demand, selection))
    if found or selection.accepted:
        return found
    return (_absent(subject, demand, selection),)


_ASKED_AGAIN: Final = "Nobody, for now: it is asked again by itself. Platform team: look at the registry if it stays."
_GONE: Final = (
    "Platform team: something that is gone is still listed as evidence of the image; push it again, or delete the "
    "entry from the list of referrers."
)


def lookup_reasons(demand: Demand, selection: Selection) -> tuple[Reason, ...]:
    """Say what could not be asked; evidence may be hidden behind it."""
    return tuple(
        _untrusted(failure) if failure.what == TRUST_ROOT_LOOKUP else _unread(failure, demand)
        for failure in selection.failures
    )


def _unread(failure: LookupFailure, demand: Demand) -> Reason:
    return Reason(
        code=Code.LOOKUP_FAILED,
        sentence=f"the {failure.what} could not be read and may hold the {demand.noun} that decides: "
        f"{failure.detail} ({failure.code})",
        remedy=_GONE if failure.code == Code.OUTSIDE_NOT_FOUND.value else _ASKED_AGAIN,
        state=EvidenceState.LOOKUP_FAILED,
    )


def _untrusted(failure: LookupFailure) -> Reason:
    return Reason(
        code=Code.TRUST_ROOT_TOO_OLD,
        sentence=failure.detail,
        remedy="Platform team: `promoter trust check` says what is wrong, `promoter trust update` fetches it now.",
        state=EvidenceState.LOOKUP_FAILED,
    )


def unreadable_reason(subject: Subject, demand: Demand, reading: Reading[Malformed]) -> Reason:
    """Say why an accepted attestation, whose signature is good, cannot be used."""
    return Reason(
        code=demand.unparseable,
        sentence=f"the {demand.noun} {name_of(reading.attestation)} verifies, but its content cannot be read: "
        f"{reading.facts.detail}",
        remedy=f"{demand.maker}: make it in a format that is read: {_command(subject, demand)}",
        state=EvidenceState.UNPARSEABLE,
    )


def _refused(subject: Subject, demand: Demand, item: Attestation, signers: tuple[str, ...]) -> tuple[Reason, ...]:
    """Say what rules that name the signer hold against it, or that none does."""
    return objection_reasons(subject, demand, item, signers) or (_foreign(subject, demand, item, signers),)


def _foreign(subject: Subject, demand: Demand, item: Attestation, signers: tuple[str, ...]) -> Reason:
    accepted = ", ".join(_identity(subject, name) for name in signers)
    claims = "".join(f"; {difference}" for name in signers for difference in _claim_differences(subject, item, name))
    return Reason(
        code=demand.foreign,
        sentence=f"the {demand.noun} {name_of(item)} is signed by {signed_by(item.signer)}; "
        f"accepted for it here: {accepted}{claims}",
        remedy=f"{demand.maker}: make it with an accepted identity ({', '.join(signers)}), or have the security team "
        "accept this signer for this requirement, if it is right.",
        state=EvidenceState.FOREIGN_SIGNER,
    )


def _identity(subject: Subject, name: str) -> str:
    rule, fill = subject.signers[name], subject.placeholders.fill
    if rule.key:
        return f"{name}, which is key {rule.fingerprint}"
    which = f"any of {fill(rule.san_pattern)}" if rule.san_pattern else fill(rule.san)
    return f"{name}, which is {which} (issuer {fill(rule.issuer)})"


def _claim_differences(subject: Subject, item: Attestation, name: str) -> Iterator[str]:
    """Name the claims that differ from a rule's where subject name and issuer do not: the hardest case to see."""
    rule, filled = subject.signers[name], subject.placeholders
    if not names(rule, item.signer, filled):
        return
    for claim in differing_claims(rule, item.signer, filled):
        wanted, made = filled.fill(getattr(rule.claims, claim)), getattr(item.signer.claims, claim)
        yield f"{claim.replace('_', ' ')} is {made or 'not claimed'}, {name} demands {wanted}"


def _unusable(subject: Subject, demand: Demand, item: Unusable) -> Reason:
    if item.state is EvidenceState.ABSENT:
        return _not_counted(subject, demand, item)
    is_invalid = item.state is EvidenceState.INVALID
    return Reason(
        code=demand.invalid if is_invalid else demand.unparseable,
        sentence=f"the {demand.noun} {name_of(item)} {'does not verify' if is_invalid else 'cannot be read'}: "
        f"{item.detail} ({item.code})",
        remedy=f"{demand.maker}: make it anew: {_command(subject, demand)}",
        state=item.state,
    )


def _not_counted(subject: Subject, demand: Demand, item: Unusable) -> Reason:
    """Say what is there in the place of evidence, and why it is none."""
    return Reason(
        code=demand.absent,
        sentence=f"there is no {demand.noun} for {subject.candidate.digest} that counts; what is there is "
        f"{name_of(item)}: {item.detail} ({item.code})",
        remedy=f"{demand.maker}: {_command(subject, demand)}",
        state=EvidenceState.ABSENT,
    )


def _absent(subject: Subject, demand: Demand, selection: Selection) -> Reason:
    there = f"; there is only {', '.join(selection.other_types)}" if selection.other_types else ""
    unnamed = sum(
        not item.claimed_type and item.state is not EvidenceState.ABSENT for item in subject.evidence.unusable
    )
    unread = f"; bundles that do not verify and name no type, it may be among them: {unnamed}" if unnamed else ""
    return Reason(
        code=demand.absent,
        sentence=f"there is no {demand.noun} for {subject.candidate.digest}{there}{unread}",
        remedy=f"{demand.maker}: {_command(subject, demand)}",
        state=EvidenceState.ABSENT,
    )


def _command(subject: Subject, demand: Demand) -> str:
    return demand.command.replace("DIGEST", subject.candidate.digest)
