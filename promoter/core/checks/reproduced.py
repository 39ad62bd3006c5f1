"""Independent builders made the same artifact: provenances of one digest, by different builders and different signers.

Each of them is a whole provenance of the release's own source and commit, judged like any other. Whoever attests for
two builders counts once, and so does a builder for whom two attest: nobody reproduces their own build.
"""

from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.matching import pair_off
from promoter.core.checks.provenance import demand_of, judge_build
from promoter.core.checks.provenance_demands import ProvenanceParams, ProvenanceVersion
from promoter.core.checks.release_source import missing_tag
from promoter.core.checks.selection import Reading, read_accepted, select, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState, SignerKey
from promoter.core.finding import Finding, Reason
from promoter.core.predicates.provenance import Provenance, read_provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """A builder and who attests for it."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signer: str
    """Name of the policy's signer that attests what this builder built."""
    builder: str
    """Exact builder id; may hold the placeholders of signer rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproducedParams:
    """Which builders are independent of each other, and how many of them must have made this digest."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    builds: tuple[Builder, ...]
    """The builders, each with a signer of its own: two or more."""
    build_types: tuple[str, ...]
    """Exact build types that are accepted."""
    at_least: int = 2
    """How many of them must have made the digest, by different signers."""
    parameters: tuple[str, ...] = ()
    """Names of external parameters that a build may have been given; any other one refuses."""
    versions: tuple[ProvenanceVersion, ...] = (ProvenanceVersion.V1,)
    """Versions of SLSA provenance that are accepted."""
    unnamed_ref: bool = False
    """Whether no ref may be named, neither by the provenance nor its certificate, if its commit is the release's."""

    def __post_init__(self) -> None:
        for what in ("signer", "builder"):
            names = [getattr(row, what) for row in self.builds]
            for at, name in enumerate(names):
                if names.index(name) < at:
                    raise ValueError(f"builds[{at}].{what} is that of builds[{names.index(name)}] too: {name!r}")
        if len(self.builds) < 2:
            raise ValueError("builds names fewer than two: name the builders that must agree, each with its signer")
        if not 2 <= self.at_least <= len(self.builds):
            raise ValueError(f"at_least must be 2 to the number of builds, which is {len(self.builds)}")
        self.as_provenance()  # whose rules hold here too

    def as_provenance(self) -> ProvenanceParams:
        """What each of the builds must show by itself."""
        return ProvenanceParams(
            signers=tuple(row.signer for row in self.builds),
            builders=tuple(row.builder for row in self.builds),
            build_types=self.build_types,
            parameters=self.parameters,
            versions=self.versions,
            unnamed_ref=self.unnamed_ref,
        )


_Made = dict[tuple[SignerKey, str], Reading[Provenance]]


def _apply(params: ReproducedParams, subject: Subject) -> Finding:
    each, demand = params.as_provenance(), demand_of(params.versions)
    selection = select(subject, demand, each.signers)
    question = Question("reproduced", subject, demand, selection, newest_decides=False)
    readable, unreadable = read_accepted(selection, read_provenance)
    judged = [(item, judge_build(item, each, subject)) for item in readable]
    made = _made([item for item, one in judged if not one.reasons], params, subject)
    pairs = pair_off(made, params.at_least)
    distinct = tuple(made[signer, builder] for builder, signer in pairs.items())
    lacking = tuple(one for _, one in judged if one.reasons)
    so_far = (_count(distinct, params, subject),) if readable else ()
    return question.conclude((*so_far, *lacking, *question.judge_unreadable(unreadable)), besides=missing_tag(subject))


def _made(good: list[Reading[Provenance]], params: ReproducedParams, subject: Subject) -> _Made:
    """Give the provenances by signer and builder where the policy pairs the two."""
    made: _Made = {}
    for item in good:
        for row in params.builds:
            builder = subject.placeholders.fill(row.builder)
            if builder == item.facts.builder_id and subject.accepts(item.attestation, (row.signer,)):
                made.setdefault((item.attestation.signer.identity, builder), item)
    return made


def _count(distinct: tuple[Reading[Provenance], ...], params: ReproducedParams, subject: Subject) -> Judged:
    who = ", and by ".join(
        f"{item.facts.builder_id}, attested by {signed_by(item.attestation.signer)}" for item in distinct
    )
    blobs = tuple(item.attestation.found.blob for item in distinct)
    sentence = f"{len(distinct)} different builders made this digest from the release's commit: by {who}"
    done = {item.facts.builder_id for item in distinct}
    others = [builder for row in params.builds if (builder := subject.placeholders.fill(row.builder)) not in done]
    enough = len(distinct) >= params.at_least
    return Judged(blobs, sentence, () if enough else (_too_few(len(distinct), who, params, others),))


def _too_few(count: int, who: str, params: ReproducedParams, others: list[str]) -> Reason:
    return Reason(
        code=Code.REPRODUCED_TOO_FEW_BUILDS,
        sentence=f"this digest was built {count} of at least {params.at_least} times by different builders"
        + (f": by {who}" if who else ", as far as good provenance tells"),
        remedy=f"Service team: build the release's commit with {' or '.join(others)} too, and attest its provenance; "
        "if that gives another digest, look at what differs.",
        state=EvidenceState.ABSENT,
    )


REPRODUCED: Final = Check("reproduced", "independent builders made the same artifact", ReproducedParams, _apply)
