"""Choosing the evidence of one requirement: everything of the type is sorted, and what is set aside is kept.

Rule 1: the predicate type is the verified statement's own; annotations and file names choose nothing.
Rule 2: nothing is dropped: evidence by others, evidence that does not verify and failed lookups are kept apart.
Rule 3: newest means signed last, by the verified time of the log or timestamp authority.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Generic, TypeVar

from promoter.core.candidate import Digest
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import SOURCE_TAG_LOOKUP, Attestation, LookupFailure, Signer, Unusable
from promoter.core.strict_json import Malformed

Facts = TypeVar("Facts")

_MAX_TYPES_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one requirement looks for, what its shortcomings are called, and how to provide it.

    `wants` looks at verified evidence; `claims` are the type names under which evidence that does not verify is counted
    as an attempt at it, for the text alone. `maker` is whose work it is, `command` makes it.
    """

    noun: str
    wants: Callable[[Attestation], bool]
    claims: frozenset[str]
    absent: Code
    foreign: Code
    invalid: Code
    unparseable: Code
    maker: str
    command: str  # holds DIGEST where the digest belongs


@dataclass(frozen=True, slots=True)
class Selection:
    """All evidence of one demand by what became of it; attestations newest first."""

    accepted: tuple[Attestation, ...]
    foreign: tuple[Attestation, ...]
    unusable: tuple[Unusable, ...]
    failures: tuple[LookupFailure, ...]
    signers: tuple[str, ...]  # names of the rules that were accepted
    other_types: tuple[str, ...]  # predicate types of the rest, for the text of an absence


@dataclass(frozen=True, slots=True)
class Reading(Generic[Facts]):
    """An attestation and the facts in its predicate."""

    attestation: Attestation
    facts: Facts


def select(subject: Subject, demand: Demand, signers: tuple[str, ...]) -> Selection:
    """Sort the evidence about the subject for one demand; the same bytes found twice count once."""
    distinct = {item.found.blob: item for item in subject.evidence.attestations}.values()
    newest_first = sorted(sorted(distinct, key=lambda item: item.found.blob), key=lambda item: item.rank, reverse=True)
    wanted = tuple(item for item in newest_first if demand.wants(item))
    other = {item.predicate_type or item.kind.value for item in newest_first if not demand.wants(item)}
    return Selection(
        accepted=tuple(item for item in wanted if subject.accepts(item, signers)),
        foreign=tuple(item for item in wanted if not subject.accepts(item, signers)),
        unusable=tuple(item for item in subject.evidence.unusable if item.claimed_type in demand.claims),
        failures=tuple(item for item in subject.evidence.failures if item.what != SOURCE_TAG_LOOKUP),
        signers=signers,
        other_types=tuple(sorted(other))[:_MAX_TYPES_NAMED],
    )


def read_accepted(
    selection: Selection, parse: Callable[[str, object], Facts]
) -> tuple[tuple[Reading[Facts], ...], tuple[Reading[Malformed], ...]]:
    """Read the accepted attestations; those that cannot be read come with the refusal in place of their facts."""
    readable: list[Reading[Facts]] = []
    unreadable: list[Reading[Malformed]] = []
    for item in selection.accepted:
        try:
            readable.append(Reading(item, _facts(_Page(item.predicate_type, item.predicate), parse)))
        except Malformed as malformed:
            unreadable.append(Reading(item, malformed))
    return tuple(readable), tuple(unreadable)


_REMEMBERED: Final = 8
"""Predicates whose facts are remembered: those of the candidate at hand, which several checks and environments read."""


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """A predicate as a key: the very object, for equal ones may be about something else and are slow to compare."""

    predicate_type: str
    predicate: object

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Page):
            return NotImplemented
        return self.predicate is other.predicate and self.predicate_type == other.predicate_type

    def __hash__(self) -> int:
        return hash((self.predicate_type, id(self.predicate)))


@lru_cache(maxsize=_REMEMBERED)
def _facts(page: _Page, parse: Callable[[str, object], Facts]) -> Facts:
    """Read a predicate, which nothing ever changes; what cannot be read is not remembered."""
    return parse(page.predicate_type, page.predicate)


def set_aside(selection: Selection, cited: Iterable[Digest]) -> tuple[Digest, ...]:
    """List the blobs of everything that was looked at and is not cited."""
    everything: tuple[Attestation | Unusable, ...] = (*selection.accepted, *selection.foreign, *selection.unusable)
    return tuple(dict.fromkeys(item.found.blob for item in everything if item.found.blob not in set(cited)))


def name_of(item: Attestation | Unusable) -> str:
    """Name a piece of evidence briefly; the finding cites the whole digest."""
    return item.found.blob[:19]


def signed_by(signer: Signer) -> str:
    """Name a signer in a sentence."""
    return str(signer)
