"""Why there is no good evidence for a demand, in sentences with remedies: one reason per piece that was found.

Absent, foreign, invalid, unreadable and not asked are different reasons with different owners.
"""

from promoter.core.checks.selection import Demand, Reading, Selection, name_of, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, EvidenceState, Unusable
from promoter.core.finding import Reason
from promoter.core.strict_json import Malformed


def shortcomings(subject: Subject, demand: Demand, selection: Selection) -> tuple[Reason, ...]:
    """Say why there is no good evidence, apart from what is wrong with accepted evidence.

    Where something could not be asked, nothing is called absent.
    """
    found = (
        *(_foreign(demand, item, selection.signers) for item in selection.foreign),
        *(_unusable(subject, demand, item) for item in selection.unusable),
    )
    if selection.failures:
        return (*found, *lookup_reasons(demand, selection))
    if found or selection.accepted:
        return found
    return (_absent(subject, demand, selection),)


def lookup_reasons(demand: Demand, selection: Selection) -> tuple[Reason, ...]:
    """Say what could not be asked; evidence may be hidden behind it."""
    return tuple(
        Reason(
            code=Code.LOOKUP_FAILED,
            sentence=f"the {failure.what} could not be read, the {demand.noun} may be there: "
            f"{failure.detail} ({failure.code})",
            remedy="Nobody, for now: it is asked again by itself. Platform team: look at the registry if it stays.",
            state=EvidenceState.LOOKUP_FAILED,
        )
        for failure in selection.failures
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


def _foreign(demand: Demand, item: Attestation, signers: tuple[str, ...]) -> Reason:
    accepted = ", ".join(signers)
    return Reason(
        code=demand.foreign,
        sentence=f"the {demand.noun} {name_of(item)} is signed by {signed_by(item.signer)}; "
        f"accepted for it here: {accepted}",
        remedy=f"{demand.maker}: make it with an accepted identity ({accepted}). "
        "Security team: if this signer is right, let the policy accept it for this requirement.",
        state=EvidenceState.FOREIGN_SIGNER,
    )


def _unusable(subject: Subject, demand: Demand, item: Unusable) -> Reason:
    is_invalid = item.state is EvidenceState.INVALID
    return Reason(
        code=demand.invalid if is_invalid else demand.unparseable,
        sentence=f"the {demand.noun} {name_of(item)} {'does not verify' if is_invalid else 'cannot be read'}: "
        f"{item.detail} ({item.code})",
        remedy=f"{demand.maker}: make it again: {_command(subject, demand)}",
        state=item.state,
    )


def _absent(subject: Subject, demand: Demand, selection: Selection) -> Reason:
    there = f"; there is only {', '.join(selection.other_types)}" if selection.other_types else ""
    unnamed = sum(not item.claimed_type for item in subject.evidence.unusable)
    unread = f"; {unnamed} bundles that do not verify name no type and may be it" if unnamed else ""
    return Reason(
        code=demand.absent,
        sentence=f"there is no {demand.noun} for {subject.candidate.digest}{there}{unread}",
        remedy=f"{demand.maker}: make it: {_command(subject, demand)}",
        state=EvidenceState.ABSENT,
    )


def _command(subject: Subject, demand: Demand) -> str:
    return demand.command.replace("DIGEST", subject.candidate.digest)
