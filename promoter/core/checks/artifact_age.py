"""How old the artifact is, by the time at which somebody vouches that its build was attested.

Only the signed time of accepted provenance counts, the earliest if there are several: attesting an old build again
makes it no younger. What an image says of its own making (`created`) is nobody's word and is never looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from promoter.core.checks.age import require_positive, said
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.facts import conclude_facts
from promoter.core.checks.provenance import demand_of
from promoter.core.checks.provenance_demands import ProvenanceVersion
from promoter.core.checks.selection import Selection, select
from promoter.core.checks.shortcomings import lookup_reasons
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason


class Rollback(Enum):
    """Whether an artifact that is too old may be gone back to."""

    ALLOW = "allow"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactAgeParams:
    """How old an artifact may be, and whose word about its build counts."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers whose provenance counts; at least one."""
    max_age: timedelta
    """Greatest age, from the signed time of the provenance."""
    rollback: Rollback = Rollback.REFUSE
    """`allow`: an older artifact passes where a person asked for going back to it; the finding says so."""
    versions: tuple[ProvenanceVersion, ...] = (ProvenanceVersion.V1,)
    """Versions of SLSA provenance that are accepted."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        require_positive("max_age", self.max_age)
        if not self.versions:
            raise ValueError("versions names none: name the versions of provenance that are accepted")


def _apply(params: ArtifactAgeParams, subject: Subject) -> Finding:
    demand = demand_of(params.versions)
    selection = select(subject, demand, params.signers)
    first = min((item for item in selection.accepted if item.signed_at), key=lambda item: item.rank, default=None)
    built = first.signed_at if first else None
    too_old = tuple(_too_old(params, subject, built)) if built else ()
    hidden = () if too_old else lookup_reasons(demand, selection)
    unknown = () if built or hidden else (_unknown(params, selection),)
    return conclude_facts(
        "age",
        subject,
        _passing(params, subject, built),
        (*too_old, *hidden, *unknown),
        (first.found.blob,) if first else (),
    )


def _too_old(params: ArtifactAgeParams, subject: Subject, built: datetime) -> Iterator[Reason]:
    age, running = subject.now - built, subject.circumstances.running
    is_return = params.rollback is Rollback.ALLOW and running is not None and running.is_return_wanted
    if age > params.max_age and not is_return:
        yield Reason(
            code=Code.AGE_TOO_OLD,
            sentence=f"it was built {said(age)} ago (signed {built.isoformat()}): "
            f"at most {said(params.max_age)} are accepted",
            remedy="Service team: build and release it anew.",
            state=EvidenceState.STALE,
        )


def _unknown(params: ArtifactAgeParams, selection: Selection) -> Reason:
    found = "its provenance has no signed time" if selection.accepted else "no provenance by an accepted signer"
    return Reason(
        code=Code.AGE_UNKNOWN,
        sentence=f"nobody vouches for when it was built: {found} ({', '.join(params.signers)})",
        remedy="Service team: let the build attest its provenance, with a transparency log or a timestamp authority.",
        state=EvidenceState.ABSENT,
    )


def _passing(params: ArtifactAgeParams, subject: Subject, built: datetime | None) -> str:
    if built is None:
        return ""
    sentence = f"built {said(subject.now - built)} ago (signed {built.isoformat()})"
    if subject.now - built > params.max_age:
        return f"{sentence}: older than {said(params.max_age)}, and gone back to as a person asked; the ledger holds it"
    return sentence


AGE: Final = Check("age", "not older than the policy allows", ArtifactAgeParams, _apply)
