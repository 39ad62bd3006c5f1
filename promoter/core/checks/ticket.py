"""A change ticket: a line like `Change: CHG0012345` in an approving review of exactly the head commit.

Who may approve may name it. The line is foreign text: it is compared with the policy's pattern and nothing else; that
the ticket exists and is open is not asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.checks.approval import MERGE_ONLY
from promoter.core.checks.check import Check
from promoter.core.checks.facts import conclude_facts
from promoter.core.checks.subject import Subject
from promoter.core.circumstances import Approval
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason

MAX_TICKET: Final = 64  # characters
MAX_LINES: Final = 10  # that name a ticket, of one review
_PATTERN_LIMIT: Final = 100
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,31}", re.ASCII)
_PIECE: Final = re.compile(r"(?:[A-Za-z0-9_/-]|\[[A-Za-z0-9_-]+\])(\+|\{[0-9]{1,2}(?:,[0-9]{1,2})?\})?", re.ASCII)
_CANARIES: Final = ("", "x", "0", "none", "None", "NONE", "na", "todo", "TODO", "tbd", "TBD", "later", "urgent")


def check_ticket_pattern(pattern: str) -> None:
    """Raise ValueError for what is no pattern of tickets, may take long, or would accept what is no ticket."""
    pieces = _pieces(pattern) if len(pattern) <= _PATTERN_LIMIT else None
    if not pieces:
        raise ValueError(
            f"is no pattern of tickets: write letters, digits, _/- and [..] with + or {{n}}, at most {_PATTERN_LIMIT} "
            "characters, like CHG[0-9]{7}"
        )
    if sum(piece.endswith("+") or "," in piece for piece in pieces) > 2:
        raise ValueError("has more than two parts of any length: say how long they are, like [0-9]{7}")
    try:
        compiled = re.compile(pattern, re.ASCII)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if found := next((word for word in _CANARIES if compiled.fullmatch(word)), None):
        raise ValueError(f"accepts {found!r}, which is no ticket: write what all tickets begin with")


def _pieces(pattern: str) -> list[str]:
    """Split a pattern into its pieces; empty where it is made of anything else."""
    found = [piece[0] for piece in _PIECE.finditer(pattern)]
    return found if "".join(found) == pattern else []


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketParams:
    """How a ticket is written."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    pattern: str
    """What the whole ticket must look like: a simple regular expression without groups, like `CHG[0-9]{7}`."""
    name: str = "Change"
    """What stands before it on its line: `Change: CHG0012345`."""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("name must be letters, digits and hyphens, at most 32")
        try:
            check_ticket_pattern(self.pattern)
        except ValueError as error:
            raise ValueError(f"pattern {error}") from None


def _apply(params: TicketParams, subject: Subject) -> Finding:
    approvals = subject.circumstances.approvals
    named = tuple((one, value) for one in approvals or () for value in _named(params, one.text))
    matching = [(one, value) for one, value in named if _is_ticket(params.pattern, value)]
    sentence = "; ".join(f"{value}, named by {one.login} ({one.user_id})" for one, value in matching)
    reasons = () if matching else tuple(_against(params, approvals, named))
    return conclude_facts("ticket", subject, sentence, reasons)


def _is_ticket(pattern: str, value: str) -> bool:
    return len(value) <= MAX_TICKET and re.fullmatch(pattern, value, re.ASCII) is not None


def _named(params: TicketParams, text: str) -> list[str]:
    """Give what stands behind the name on lines of its own."""
    lines = (line.strip() for line in text.splitlines())
    values = [line[len(params.name) + 1 :].strip() for line in lines if line.startswith(f"{params.name}:")]
    return [value[: MAX_TICKET + 1] for value in values[:MAX_LINES]]


def _against(
    params: TicketParams, approvals: tuple[Approval, ...] | None, named: tuple[tuple[Approval, str], ...]
) -> Iterator[Reason]:
    if approvals is None:
        yield Reason(
            code=Code.TICKET_UNKNOWN,
            sentence="it is not known whose review of the head commit counts",
            remedy="Nobody's: it is asked again by itself. Service team: give the commit's address to its account.",
            state=EvidenceState.LOOKUP_FAILED,
        )
        return
    remedy = f"Release managers: approve with a line `{params.name}: ...` that names the ticket ({params.pattern})."
    if not named:
        sentence = f"no approval of the head commit has a line `{params.name}: ...`"
        yield Reason(Code.TICKET_ABSENT, sentence, remedy, EvidenceState.ABSENT)
    for one, value in named:
        sentence = f"{one.login} names {value[:MAX_TICKET]}, which is no ticket: they look like {params.pattern}"
        yield Reason(Code.TICKET_WRONG, sentence, remedy, EvidenceState.INVALID)


TICKET: Final = Check("ticket", "a change ticket is named", TicketParams, _apply, MERGE_ONLY)
