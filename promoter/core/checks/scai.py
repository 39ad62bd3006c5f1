"""Accepted producers assert every attribute that the policy demands of the artifact (in-toto SCAI).

Attributes only add up: each may come from another report. An attribute of something else than this artifact is none,
and one that holds under conditions counts only where the policy takes conditions, which nothing here understands.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import parse_digest
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.listing import NAMED
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason
from promoter.core.predicates import types
from promoter.core.predicates.scai import AttributeAssertion, read_attributes

_Reports = tuple[Reading[tuple[AttributeAssertion, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """An attribute that is demanded."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    name: str
    """The attribute, exactly as reports state it."""
    evidence: str = ""
    """Digest of the evidence that must stand behind it, as `sha256:` and hexadecimal digits; any if left out."""

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("name is empty: name the attribute as reports state it")
        if self.evidence:
            parse_digest(self.evidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaiParams:
    """Who may assert attributes, and which ones are demanded."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    attributes: tuple[Attribute, ...]
    """Attributes that must all be asserted; at least one."""
    allow_conditions: bool = False
    """Whether an attribute counts that is asserted under conditions."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.attributes:
            raise ValueError("attributes names none: name the attributes that must be asserted")


_DEMAND: Final = Demand(
    noun="attribute report",
    wants=lambda item: item.predicate_type in types.SCAI,
    claims=types.SCAI,
    absent=Code.SCAI_ABSENT,
    foreign=Code.SCAI_FOREIGN_SIGNER,
    invalid=Code.SCAI_INVALID,
    unparseable=Code.SCAI_UNPARSEABLE,
    maker="Service team",
    command="attest the attributes with `cosign attest --type https://in-toto.io/attestation/scai/v0.3 "
    "--predicate attributes.json REPOSITORY@DIGEST`",
)


def _apply(params: ScaiParams, subject: Subject) -> Finding:
    selection = select(subject, _DEMAND, params.signers)
    question = Question("scai", subject, _DEMAND, selection, newest_decides=False)
    readable, unreadable = read_accepted(selection, read_attributes)
    judged = (_judge(params, subject, readable),) if readable else ()
    return question.conclude((*judged, *question.judge_unreadable(unreadable)))


def _judge(params: ScaiParams, subject: Subject, readable: _Reports) -> Judged:
    holders = {}
    reasons = list[Reason]()
    for wanted in params.attributes:
        blob = next((item.attestation.found.blob for item in readable if _holds(wanted, item, params, subject)), None)
        if blob is None:
            reasons += _against(wanted, params, subject, readable)
        else:
            holders[wanted.name] = blob
    cited = (item.attestation.found.blob for item in readable) if reasons else holders.values()
    return Judged(tuple(dict.fromkeys(cited)), f"asserted: {', '.join(holders)}", tuple(reasons))


def _holds(
    wanted: Attribute, item: Reading[tuple[AttributeAssertion, ...]], params: ScaiParams, subject: Subject
) -> bool:
    return any(
        wanted.evidence in ("", said.evidence) and (params.allow_conditions or not said.is_conditional)
        for said in _asserted(wanted, item, subject)
    )


def _asserted(
    wanted: Attribute, item: Reading[tuple[AttributeAssertion, ...]], subject: Subject
) -> Iterator[AttributeAssertion]:
    """Give what the report asserts under this name of this artifact itself."""
    for said in item.facts:
        if said.attribute == wanted.name and (not said.has_target or said.target == subject.candidate.digest):
            yield said


def _against(wanted: Attribute, params: ScaiParams, subject: Subject, readable: _Reports) -> Iterator[Reason]:
    found = [(item, said) for item in readable for said in _asserted(wanted, item, subject)]
    for item, said in found[:NAMED]:
        if wanted.evidence not in ("", said.evidence):
            yield Reason(
                code=Code.SCAI_WRONG_EVIDENCE,
                sentence=f"{wanted.name} in {name_of(item.attestation)} rests on the evidence "
                f"{said.evidence or '(none)'}; demanded is {wanted.evidence}",
                remedy=f"Service team: assert {wanted.name} with the demanded evidence.",
                state=EvidenceState.INVALID,
            )
        if said.is_conditional and not params.allow_conditions:
            yield Reason(
                code=Code.SCAI_CONDITIONAL,
                sentence=f"{wanted.name} in {name_of(item.attestation)} holds under conditions only",
                remedy=f"Service team: assert {wanted.name} without conditions. "
                "Security team: or allow conditions, if every one of them is right.",
                state=EvidenceState.INVALID,
            )
    if not found:
        yield Reason(
            code=Code.SCAI_ATTRIBUTE_ABSENT,
            sentence=f"no report asserts {wanted.name} of the image",
            remedy=f"Service team: have {wanted.name} asserted by an accepted producer.",
            state=EvidenceState.ABSENT,
        )


SCAI: Final = Check("scai", "the demanded attributes are asserted", ScaiParams, _apply)
