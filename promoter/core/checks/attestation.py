"""An attestation of a type that only the policy knows says what the policy expects at the places that it names.

The newest by the accepted signers counts. What stands in it besides is not looked at: the policy's author decides what
a type means.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from promoter.core.checks.age import SignedAgeRule, against_signed_age, require_positive
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.newest import newest_of, tie
from promoter.core.checks.selection import Demand, Reading, name_of, select, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason
from promoter.core.predicates.pointer import Nowhere, is_pointer, resolve

Scalar = bool | int | str
_SHOWN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One place in the predicate and what must stand there."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    at: str
    """The place, as a JSON pointer (RFC 6901) into the predicate, like `/review/result`."""
    value: Scalar
    """What must stand there: text, which may hold placeholders, a whole number, true or false."""

    def __post_init__(self) -> None:
        if not self.at or not is_pointer(self.at):
            raise ValueError("at is no JSON pointer to a member: write it like /review/result")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationParams:
    """Which type of attestation is demanded, by whom, and what it must say."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    predicate_type: str
    """The predicate type, exactly."""
    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    equals: tuple[Expectation, ...] = ()
    """What must stand at which places; if left out, that it is there is enough."""
    max_age: timedelta | None = None
    """How old the newest one may be, by its signed time; any age if left out."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.predicate_type:
            raise ValueError("predicate_type is empty: name the type of attestation that is demanded")
        require_positive("max_age", self.max_age)


def _demand(predicate_type: str) -> Demand:
    return Demand(
        noun=f"attestation of type {predicate_type}",
        wants=lambda item: item.predicate_type == predicate_type,
        claims=frozenset({predicate_type}),
        absent=Code.ATTESTATION_ABSENT,
        foreign=Code.ATTESTATION_FOREIGN_SIGNER,
        invalid=Code.ATTESTATION_INVALID,
        unparseable=Code.ATTESTATION_UNPARSEABLE,
        maker="Service team",
        command=f"attest it with `cosign attest --type {predicate_type} --predicate predicate.json REPOSITORY@DIGEST`",
    )


def _apply(params: AttestationParams, subject: Subject) -> Finding:
    selection = select(subject, _demand(params.predicate_type), params.signers)
    question = Question("attestation", subject, _demand(params.predicate_type), selection, newest_decides=True)
    newest = newest_of(Reading(item, item.predicate) for item in selection.accepted)
    return question.conclude((_judge(params, subject, newest),) if newest else ())


def _judge(params: AttestationParams, subject: Subject, newest: tuple[Reading[Mapping[str, Any]], ...]) -> Judged:
    reasons = (
        *tie(Code.ATTESTATION_TIE, params.predicate_type, newest, "Service team"),
        *(reason for item in newest for reason in _against_content(item, params, subject)),
        *(reason for item in newest for reason in _against_age(item, params, subject)),
    )
    sentence = f"attested as {params.predicate_type} by {signed_by(newest[0].attestation.signer)}"
    return Judged(tuple(item.attestation.found.blob for item in newest), sentence, reasons)


def _against_content(item: Reading[Mapping[str, Any]], params: AttestationParams, subject: Subject) -> Iterator[Reason]:
    for wanted in params.equals:
        value = subject.placeholders.fill(wanted.value) if isinstance(wanted.value, str) else wanted.value
        try:
            found = resolve(wanted.at, item.facts)
        except Nowhere:
            shown = "nothing"
        else:
            if _is_equal(found, value):
                continue
            shown = _shown(found)
        yield Reason(
            code=Code.ATTESTATION_UNEQUAL,
            sentence=f"at {wanted.at} of {name_of(item.attestation)} stands {shown}; demanded is {_shown(value)}",
            remedy="Service team: do what the attestation is about until it says so, and attest again.",
            state=EvidenceState.INVALID,
        )


def _is_equal(found: object, value: Scalar) -> bool:
    """Compare as JSON does: true is no number, 1 and 1.0 are one number."""
    if isinstance(found, bool) or isinstance(value, bool):
        return found is value
    return isinstance(found, int | float | str) and found == value


def _shown(value: object) -> str:
    match value:
        case str():
            return f'"{value[:_SHOWN]}"'
        case bool():
            return str(value).lower()
        case None:
            return "null"
        case int() | float():
            return str(value)[:_SHOWN]
        case _:
            return "a list" if isinstance(value, list | tuple) else "an object"


def _against_age(item: Reading[Mapping[str, Any]], params: AttestationParams, subject: Subject) -> Iterator[Reason]:
    rule = SignedAgeRule(
        max_age=params.max_age,
        stale=Code.ATTESTATION_STALE,
        unknown=Code.ATTESTATION_TIME_UNKNOWN,
        remedy="Service team: attest it again.",
    )
    name = f"the newest attestation of type {params.predicate_type} ({name_of(item.attestation)})"
    yield from against_signed_age(name, rule, item.attestation.signed_at, subject.now)


ATTESTATION: Final = Check("attestation", "attested as the policy describes", AttestationParams, _apply)
