"""What a verdict rests on besides evidence: what runs, who approved, what the service is, and the rules.

Rule 1: everything here is a value that is kept with the decision, so that it can be computed again without a clock.
Rule 2: None and empty text mean "not known", never "none": a check that needs the fact is then undecided.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.canonical import added
from promoter.core.denial import Match
from promoter.core.policy_exception import Granted
from promoter.core.service_facts import Exposure, ServiceFacts

__all__ = ["UNKNOWN", "Answer", "Approval", "Circumstances", "Exposure", "Running", "ServiceFacts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What the environment runs now, and how the candidate stands to it."""

    release: str  # empty: the environment names no release yet
    digest: Digest | None  # None: pinned by its tag alone
    is_newer: bool | None  # it outranks the candidate: promoting that would go back; None: the two cannot be compared
    is_return_wanted: bool = False  # a person asked for going back to the candidate, and the ledger holds it


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A review that approves exactly the head commit, by a person who may write; `text` is foreign."""

    login: str
    user_id: int
    at: datetime | None = None
    text: str = added("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an expression of the policy gave for these facts; `value` is None where it gave no truth value."""

    expression: Digest  # of the expression's text
    facts: Digest  # of the document that it was asked about
    value: bool | None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Whom the configuration lists for a role, by their logins on the forge."""

    deployers: tuple[str, ...] = ()
    break_glass: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """The newest checkpoint of the ledger that stands outside of it, and whether the ledger extends it."""

    size: int  # entries
    root: str  # lower-case hex
    found_in: str  # "commit 4f2a..."; empty where none stands anywhere yet
    is_extended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """The facts beside the evidence, as far as they are known."""

    service: ServiceFacts = added(ServiceFacts())  # noqa: RUF009 - `added` gives a field
    running: Running | None = added(None)  # noqa: RUF009 - `added` gives a field
    approvals: tuple[Approval, ...] | None = added(None)
    answers: tuple[Answer, ...] = added(())
    bundle: Digest | None = added(None)  # noqa: RUF009 - the whole of the rules that judge, not this policy alone
    is_resolved: bool = added(False)  # the manifest was fetched, and its bytes have the digest
    merger: str = added("")  # login of the person who merged it, once somebody has
    roles: Roles | None = added(None)  # noqa: RUF009 - `added` gives a field
    anchor: Anchored | None = added(None)  # noqa: RUF009 - `added` gives a field
    active: Digest | None = added(None)  # noqa: RUF009 - the rules that were activated last, by the ledger
    denials: tuple[Match, ...] | None = added(None)  # those that it rests on, and those of which that is not known
    exceptions: tuple[Granted, ...] = added(())  # those that could concern the candidate, whether or not they count


UNKNOWN: Final = Circumstances()
"""Circumstances of which nothing is known."""
