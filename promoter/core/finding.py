"""What a check says: one finding per requirement, with its reason, its remedy and the evidence it used."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.canonical import added
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState

ITEM_LIMIT: Final = 500
"""Items of one reason. One about more names none of them, and no exception that names items covers it."""


class Outcome(Enum):
    """How a finding ended. Only `PASS` (and an approved `WAIVED`) lets a verdict pass."""

    PASS = "pass"
    FAIL = "fail"
    UNDECIDED = "undecided"
    WAIVED = "waived"


class Mode(Enum):
    """Whether a finding counts for the verdict, is only shown, or is not even asked for."""

    ENFORCE = "enforce"
    WARN = "warn"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a reason is about, as an exception may name it: a vulnerability, a component, a licence.

    `id` is its canonical name; `aliases` are its other names. What does not apply is empty.
    """

    id: str
    aliases: tuple[str, ...] = ()
    purl: str = ""
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason inside a finding; a finding that fails for three reasons says all three."""

    code: Code
    sentence: str  # plain, one line; foreign text in it is still raw: whoever renders it escapes it
    remedy: str  # what to do, and whose it is
    state: EvidenceState | None = None
    items: tuple[Item, ...] = added(())  # what it is about, at most ITEM_LIMIT; empty: the release as a whole
    allowed: int = added(0)  # so many of the items would be no reason


@dataclass(frozen=True, slots=True)
class Aside:
    """Something that was left out of account and stays visible: what and why, in one plain line.

    It decides nothing and is no reason. `code` is set where it was refused rather than taken out on purpose.
    """

    sentence: str  # foreign text in it is still raw
    code: Code | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of one check. `sentence` sums it up; `reasons` is empty exactly when it passes.

    `cites` are the blob digests of the evidence that the answer rests on; `noted` are those looked at and set aside.
    `asides` tell what was taken out of account: vulnerabilities that a scanner suppressed or a VEX author answered for.
    """

    check: str
    mode: Mode
    outcome: Outcome
    sentence: str
    reasons: tuple[Reason, ...] = ()
    cites: tuple[Digest, ...] = ()
    noted: tuple[Digest, ...] = ()
    asides: tuple[Aside, ...] = added(())
    line: str = added("")  # the name of the policy's line, where the policy has several of one check
    exceptions: tuple[str, ...] = added(())  # ids of those that it is waived by; it passes only thanks to them

    @property
    def is_good(self) -> bool:
        """True where it stands in nobody's way: it passes, or is waived."""
        return self.outcome in {Outcome.PASS, Outcome.WAIVED}

    @property
    def is_absence(self) -> bool:
        """True where it fails only because evidence is not there (yet): waiting may help."""
        return self.outcome is Outcome.FAIL and all(reason.state is EvidenceState.ABSENT for reason in self.reasons)
