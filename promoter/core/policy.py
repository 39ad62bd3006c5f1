"""What one environment demands, and the function that asks it of a candidate.

Rule 1: a policy that enforces nothing is refused when it is read, and would fail here.
Rule 2: all findings, not the first: a blocked team sees everything that is wrong, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from promoter.core.candidate import Candidate, Digest
from promoter.core.canonical import added
from promoter.core.checks import CHECKS
from promoter.core.checks.denylist import DENYLIST, DenylistParams
from promoter.core.checks.subject import Phase, Subject
from promoter.core.circumstances import UNKNOWN, Circumstances
from promoter.core.codes import Code
from promoter.core.denial import Denial
from promoter.core.evidence import Evidence, EvidenceState, Found, Layout, Unusable
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.identity import Placeholders, SignerRule
from promoter.core.public_key import PublicKey, parse_public_key
from promoter.core.withdrawal import Accused, denied

LAYOUTS: Final = (Layout.BUNDLE,)
"""The layouts of evidence that a policy accepts if it names none."""

EXCEPTION_RULES: Final = ExceptionRules()
"""What a policy asks of exceptions if it says nothing of them."""


_ABOUT_OTHERS: Final = frozenset({"denylist", "log", "order", "rules"})
"""Checks of deny list, ledger, what runs, and rules: a release of which nothing is known passes all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One line of a policy: a check, its parameters, whether it counts, and how long its evidence may still be missing.

    `deadline` is counted from the discovery of the candidate; until then absent evidence is waited for.
    `effective_on` is when an enforced line begins to count; None: it counts at once.
    `name` tells two lines of one check apart; a check's only line needs none.
    """

    check: str
    params: Any  # an instance of CHECKS[check].params: the type differs by check
    mode: Mode = Mode.ENFORCE
    deadline: timedelta = timedelta(0)
    effective_on: datetime | None = added(None)  # noqa: RUF009 - `added` gives a field
    name: str = added("")

    @property
    def key(self) -> tuple[str, str]:
        """What a policy has one line of."""
        return self.check, self.name

    @property
    def title(self) -> str:
        """The check, and the line's own name where it has one."""
        return f"{self.check} ({self.name})" if self.name else self.check

    @property
    def enforces_at_once(self) -> bool:
        """True where it counts whatever the time, and before a proposal is opened, and looks at the release itself.

        A policy needs one of these: else it would let everything pass.
        """
        is_early = Phase.PROPOSE in CHECKS[self.check].phases and self.check not in _ABOUT_OTHERS
        return self.mode is Mode.ENFORCE and self.effective_on is None and is_early

    def mode_at(self, now: datetime) -> Mode:
        """Give the mode that counts: what is enforced from a later time on only warns until then."""
        is_early = self.effective_on is not None and now < self.effective_on
        return Mode.WARN if is_early and self.mode is Mode.ENFORCE else self.mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one environment demands. `digest` stands for the whole of it, signers included."""

    environment: str
    signers: Mapping[str, SignerRule]
    require: tuple[Requirement, ...]
    layouts: tuple[Layout, ...] = LAYOUTS
    exceptions: ExceptionRules = EXCEPTION_RULES
    digest: Digest  # of `body`
    body: bytes = field(repr=False, compare=False)  # the policy in canonical form, as it is kept with decisions

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms of an image index that any of its checks names."""
        return tuple(dict.fromkeys(name for line in self.require for name in getattr(line.params, "platforms", ())))

    @property
    def branches(self) -> tuple[str, ...]:
        """The branches of the source repository that any of its checks names."""
        return tuple(dict.fromkeys(name for line in self.require for name in getattr(line.params, "branches", ())))

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """The keys that its signers name, each once."""
        named = (parse_public_key(rule.key) for rule in self.signers.values() if rule.key)
        return tuple({key.fingerprint: key for key in named}.values())

    def deadline(self, finding: Finding) -> timedelta:
        """Give how long the evidence may be missing of the line that a finding answers."""
        asked = (line.deadline for line in self.require if line.key == (finding.check, finding.line))
        return max(asked, default=timedelta(0))


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a verdict is about, apart from the evidence: whose release, phase, time and circumstances."""

    candidate: Candidate
    placeholders: Placeholders
    phase: Phase
    now: datetime
    circumstances: Circumstances = UNKNOWN


def examine(policy: Policy, evidence: Evidence, occasion: Occasion) -> tuple[Finding, ...]:
    """Ask every requirement of the policy that the phase has, in its order; none is left out because another failed."""
    subject = subject_of(policy, evidence, occasion)
    findings = tuple(
        _answer(line, replace(subject, mode=line.mode_at(occasion.now)))
        for line in policy.require
        if line.mode is not Mode.OFF and occasion.phase in CHECKS[line.check].phases
    )
    return (*findings, *_unasked(subject, findings))


def subject_of(policy: Policy, evidence: Evidence, occasion: Occasion) -> Subject:
    """Give what the policy's checks look at: the evidence that it accepts, and its signers."""
    return Subject(
        candidate=occasion.candidate,
        evidence=accepted(evidence, policy.layouts),
        signers=policy.signers,
        placeholders=occasion.placeholders,
        mode=Mode.ENFORCE,
        now=occasion.now,
        environment=policy.environment,
        circumstances=occasion.circumstances,
    )


def _unasked(subject: Subject, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Give what the deny list says where the policy does not enforce it: what is denied counts all the same.

    What passes is only shown, where there is something to show: it is nothing that the policy enforces.
    """
    is_asked = any(one.check == DENYLIST.id and one.mode is Mode.ENFORCE for one in findings)
    if is_asked or not subject.circumstances.denials:
        return ()
    found = DENYLIST.apply(DenylistParams(must_be_known=False), subject)
    return (replace(found, mode=Mode.WARN) if found.outcome is Outcome.PASS else found,)


def with_denials(policy: Policy, evidence: Evidence, occasion: Occasion, denials: Iterable[Denial]) -> Occasion:
    """Give the occasion with those denials that the candidate rests on under this policy, and those not known."""
    sboms = (line.params.signers for line in policy.require if line.check == "sbom")
    accused = Accused(
        candidate=occasion.candidate,
        evidence=accepted(evidence, policy.layouts),
        signers=policy.signers,
        placeholders=occasion.placeholders,
        sbom_signers=tuple(dict.fromkeys(name for names in sboms for name in names)) or tuple(policy.signers),
    )
    matches = denied(accused, (one for one in denials if one.since is None or one.since <= occasion.now))
    return replace(occasion, circumstances=replace(occasion.circumstances, denials=matches))


def _answer(line: Requirement, subject: Subject) -> Finding:
    """Ask one line; where it is enforced only later, the sentence says from when on."""
    found = CHECKS[line.check].apply(line.params, subject)
    is_early = subject.mode is not line.mode
    return replace(found, sentence=found.sentence + (_from_when(line) if is_early else ""), line=line.name)


def _from_when(line: Requirement) -> str:
    return f" (enforced from {line.effective_on.astimezone(UTC):%Y-%m-%d %H:%M:%SZ} on)" if line.effective_on else ""


def accepted(evidence: Evidence, layouts: tuple[Layout, ...]) -> Evidence:
    """Give the evidence in the layouts that a policy accepts; the rest is told, and counts for nothing.

    In the one order, for a decision that is computed again is to say the same, byte for byte.
    """
    sorted_out = replace(
        evidence,
        attestations=tuple(item for item in evidence.attestations if _strange_layout(item.found, layouts) is None),
        unusable=(
            *(_strange(item, layouts) for item in evidence.unusable),
            *(
                _not_accepted(item.found, item.predicate_type, layouts)
                for item in evidence.attestations
                if _strange_layout(item.found, layouts)
            ),
        ),
        parts=tuple(accepted(part, layouts) for part in evidence.parts),
    )
    return sorted_out.settled()


def _strange(item: Unusable, layouts: tuple[Layout, ...]) -> Unusable:
    """Tell of evidence that does not verify only its layout, where that alone keeps it from counting."""
    return (
        item
        if item.state is EvidenceState.ABSENT or _strange_layout(item.found, layouts) is None
        else _not_accepted(item.found, item.claimed_type, layouts)
    )


def _strange_layout(found: Found, layouts: tuple[Layout, ...]) -> Layout | None:
    """Give a layout that is not accepted; an attached document's signature must stand in an accepted one too."""
    return next((layout for layout in found.layouts if layout not in layouts), None)


def _not_accepted(found: Found, claimed_type: str, layouts: tuple[Layout, ...]) -> Unusable:
    strange = _strange_layout(found, layouts)
    what = "it" if strange is found.layout else "the signature over it"
    accepted_ones = ", ".join(layout.value for layout in layouts)
    detail = f"{what} is kept in the layout {strange.value if strange else ''}; accepted here: {accepted_ones}"
    return Unusable(found, EvidenceState.ABSENT, Code.LAYOUT_NOT_ACCEPTED.value, detail, claimed_type)
