"""The proposal as people read it: title, commit message, check, and the body for the release manager. Pure text.

Rule: everything that comes from evidence, a forge or a registry passes through `escape` on its way into a text.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from promoter.core.candidate import Candidate
from promoter.core.clearance import Check
from promoter.core.codes import Code
from promoter.core.delta import ComponentDelta, Delta, VulnerabilityDelta
from promoter.core.dossier import ReleaseRecord
from promoter.core.environment import Environment, MergeMode
from promoter.core.escape import code, link, prose, sentence, trailer_value
from promoter.core.finding import Aside, Finding, Mode, Outcome, Reason
from promoter.core.gates import Gate
from promoter.core.hands import CHECK as HANDS
from promoter.core.history import Known
from promoter.core.predicates.vulnerability import Vulnerability
from promoter.core.proposal_exceptions import break_glass_banner, exceptions_in_use
from promoter.core.record import FreezeEnded, FreezeOverridden, PromotionWanted
from promoter.core.sight import Approver, PinSight
from promoter.core.verdict import Verdict

BODY_LIMIT: Final = 60_000  # characters; GitHub refuses more than 65,536
COMMITS_LISTED: Final = 50  # new commits that are asked for: a list of this length may be cut
_SHOWN = (10, 3)  # items of a list before the rest is counted: the first that keeps the body within its limit
_ROWS = 5  # findings are few: so many times more of them are shown
_NO_DELTA = Delta(None, None)
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A source commit that the release adds."""

    oid: str
    title: str
    author: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that the body of a proposal tells."""

    environment: Environment
    candidate: Candidate
    verdict: Verdict
    check: Check
    running: PinSight  # what the manifest on the base branch pins, that is without this proposal
    source_url: str
    gates: tuple[Gate, ...] = ()
    delta: Delta = _NO_DELTA
    commits: tuple[NewCommit, ...] | None = None  # None: not known, which is not the same as none
    running_commit: str = ""  # source commit of what runs
    known: Known | None = None  # what was said of the release's tag since it was first seen
    merging: tuple[Finding, ...] = ()  # on what the merge phase asks of people besides
    approvers: tuple[Approver, ...] = ()
    refusers: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()  # logins whose approval does not count: the release's authors
    unmapped: tuple[str, ...] = ()  # of "author" and "committer", those who have no account that is known
    overridden: tuple[FreezeOverridden, ...] = ()  # freezes that do not hold this release up
    wanted: PromotionWanted | None = None  # a person asked for this release


def title(candidate: Candidate, environment: str) -> str:
    """Give the title of a proposal and the first line of its commit."""
    return f"promote {candidate.service} {candidate.release} to {environment}"


def commit_message(candidate: Candidate, record: ReleaseRecord, decision: str, checkpoint_trailer: str) -> str:
    """Give the commit's message: the title, and trailers that make every clone a witness."""
    trailers = (
        ("Promoter-Service", candidate.service),
        ("Promoter-Release", candidate.release),
        ("Promoter-Environment", record.environment),
        ("Promoter-Image-Digest", candidate.digest),
        ("Promoter-Source-Commit", record.source_commit),
        ("Promoter-Provenance-Digest", record.provenance_digest),
        ("Promoter-SBOM-Digest", record.sbom_digest),
        ("Promoter-Decision", decision),
    )
    lines = [f"{name}: {trailer_value(value)}" for name, value in trailers if value]
    return "\n".join([title(candidate, record.environment), "", *lines, checkpoint_trailer]) + "\n"


# --- the body ---------------------------------------------------------------------------------------------------------


_ICONS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.UNDECIDED: "⏳", Outcome.WAIVED: "⚠️"}
_CHECK_ICONS = {"success": "✅", "failure": "❌", "pending": "⏳"}
_FIRST = (Outcome.FAIL, Outcome.UNDECIDED, Outcome.WAIVED, Outcome.PASS)


def body(draft: Draft) -> str:
    """Give the body: what changes, what stands in the way, why it is allowed, what is new, who approves, how to undo.

    It is not written again once the pull request has ended, so every word must stay true after a merge. Long lists are
    counted rather than cut: every section is there whatever the evidence holds.
    """
    text = ""
    for shown in _SHOWN:
        text = _body(draft, shown)
        if len(text) <= BODY_LIMIT:
            break
    return text


def _body(draft: Draft, shown: int) -> str:
    people = (_asked(draft), _freezes(draft, shown), _overrides(draft, shown))
    waived = exceptions_in_use(draft.verdict, shown)
    judged = (_problems(draft, shown), *people, waived, _checks(draft, shown), _asides(draft, shown))
    beside = (_news(draft, shown), _approvals(draft, shown))
    texts = (
        "\n".join(section).strip()
        for section in (break_glass_banner(draft.verdict), _change(draft), *judged, *beside, _undo(draft))
    )
    return "\n\n".join(text for text in texts if text) + "\n"


def _listed(items: tuple[_Item, ...], shown: int, line: Callable[[_Item], str], kind: str = "") -> Iterator[str]:
    """Give a line for each of the first items, and the number of the rest."""
    yield from (f"- {line(item)}" for item in items[:shown])
    yield from _rest(len(items) - shown, kind)


def _rest(count: int, kind: str = "") -> Iterator[str]:
    if count > 0:
        yield f"- and {count} more {kind}".rstrip()


def _change(draft: Draft) -> Iterator[str]:
    running, candidate = draft.running, draft.candidate
    yield f"{_CHECK_ICONS[draft.check.state]} **{prose(draft.check.summary)}**"
    yield ""
    yield f"| {prose(candidate.service)} | version | digest |"
    yield "|---|---|---|"
    unpinned = f"not known: {prose(running.trouble)}" if running.trouble else "not pinned"
    yield f"| before this proposal | {code(running.tag)} | {code(running.digest) if running.digest else unpinned} |"
    yield f"| **this proposal** | **{code(candidate.release)}** | {code(candidate.digest)} |"


def _problems(draft: Draft, shown: int) -> Iterator[str]:
    """List every reason with its remedy: what blocks, what is undecided, and what the policy only warns of."""
    enforced, freeze = draft.verdict.enforced, draft.known.freeze if draft.known else None
    failing = _reasons(f for f in enforced if f.outcome is Outcome.FAIL)
    undecided = _reasons(f for f in enforced if f.outcome is Outcome.UNDECIDED)
    warned = _reasons(f for f in draft.verdict.findings if f.mode is Mode.WARN and not f.is_good)
    yield from _remedies("What blocks it", (freeze, *failing) if freeze else failing, shown)
    yield from _remedies("What is undecided", undecided, shown)
    yield from _remedies("What the policy warns of", warned, shown)


def _reasons(findings: Iterable[Finding]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reason for finding in findings for reason in finding.reasons))


def _remedies(heading: str, reasons: tuple[Reason, ...], shown: int) -> Iterator[str]:
    if reasons:
        yield f"### {heading}"
        yield ""
        yield from _listed(
            reasons, shown, lambda one: f"**{one.code.value}**: {sentence(one.sentence)}. {sentence(one.remedy)}"
        )
        yield ""


def _freezes(draft: Draft, shown: int) -> Iterator[str]:
    """Say who ended a freeze of this release: its tag was moved, and a person answers for going on."""
    ended = draft.known.ended if draft.known else ()
    if ended:
        yield "### Freeze ended by a person"
        yield ""
        yield "The tag of this release was moved. The digest above is the first one seen under it."
        yield from _listed(ended[::-1], shown, _freeze_ended)


def _freeze_ended(entry: FreezeEnded) -> str:
    who = f"{code(entry.actor, 120)} ended the freeze at {entry.at:%Y-%m-%d %H:%M:%SZ}"
    return f"moved to {code(entry.accepted)}; {who}: {prose(entry.reason, 500)}"


def _asked(draft: Draft) -> Iterator[str]:
    """Say who asked for this release, above all for going back."""
    if draft.wanted:
        yield "### Going back" if draft.wanted.is_return else "### Asked for"
        yield ""
        who = f"{code(draft.wanted.actor, 120)} asked for it at {draft.wanted.at:%Y-%m-%d %H:%M:%SZ}"
        yield f"{who}: {prose(draft.wanted.reason, 500)}. Who asks does not approve."


def _overrides(draft: Draft, shown: int) -> Iterator[str]:
    """Say which freezes do not hold this release up, why, and until when."""
    if draft.overridden:
        yield "### Freeze overridden"
        yield ""
        yield from _listed(draft.overridden[::-1], shown, _override)


def _override(entry: FreezeOverridden) -> str:
    who = f"asked for by {code(entry.requested_by, 120)}, until {entry.expires:%Y-%m-%d %H:%M:%SZ}"
    return f"{code(entry.freeze)} by {code(entry.id)}, {who}: {prose(entry.reason, 500)}"


def _checks(draft: Draft, shown: int) -> Iterator[str]:
    findings = sorted(draft.verdict.findings, key=lambda finding: _FIRST.index(finding.outcome))
    rows = shown * _ROWS
    yield "### Checks"
    yield ""
    yield "| | check | finding |"
    yield "|---|---|---|"
    yield from (_row(finding) for finding in findings[:rows])
    yield from (_row(finding, waits=True) for finding in draft.merging[:rows])
    yield from (f"| ⏳ | {_kind(gate)} | {prose(gate.sentence)} |" for gate in draft.gates[:rows])
    if (more := max(len(findings) - rows, 0) + max(len(draft.gates) - rows, 0)) > 0:
        yield f"| | | and {more} more |"


_ORDER = frozenset({Code.GATE_UPSTREAM, Code.GATE_SOAK, Code.GATE_ROLLED_BACK})


def _kind(gate: Gate) -> str:
    """Give what kind of gate it is in one word."""
    return "order" if gate.code in _ORDER else gate.code.value.removeprefix("gate.")


def _row(finding: Finding, *, waits: bool = False) -> str:
    """Give the row of a finding; what it asks of people before a merge is waited for, not wrong."""
    is_warning = finding.mode is Mode.WARN
    icon = "⚠️" if is_warning and not finding.is_good else _ICONS[finding.outcome]
    if waits and not is_warning and finding.outcome is Outcome.FAIL and finding.check != HANDS:
        icon = _ICONS[Outcome.UNDECIDED]
    note = " (only warns)" if is_warning else ""
    return f"| {icon} | {prose(finding.check)}{note} | {sentence(finding.sentence)} |"


def _asides(draft: Draft, shown: int) -> Iterator[str]:
    """Tell what was left out of account: it decides nothing, and nobody may think that it is not there."""
    asides = tuple(dict.fromkeys(aside for finding in draft.verdict.findings for aside in finding.asides))
    if asides:
        yield "### Left out of account"
        yield ""
        yield from _listed(asides, shown, _aside)


def _aside(aside: Aside) -> str:
    return (f"**{aside.code.value}**: " if aside.code else "") + sentence(aside.sentence, 400)


# --- what is new ------------------------------------------------------------------------------------------------------


def _news(draft: Draft, shown: int) -> Iterator[str]:
    """Compare with what runs; say what cannot be compared, so that silence never means "nothing"."""
    if not draft.running.tag and not draft.running.digest:
        return
    delta = draft.delta
    parts = (("commits", draft.commits), ("vulnerabilities", delta.vulnerabilities), ("components", delta.components))
    unknown = ", ".join(name for name, part in parts if part is None)
    yield f"### New since {code(draft.running.tag) if draft.running.tag else 'what ran before'}"
    yield ""
    if delta.vulnerabilities is not None:
        yield from _vulnerabilities(delta.vulnerabilities, shown)
    if draft.commits is not None:
        yield from _commits(draft, draft.commits, shown)
    if delta.components is not None:
        yield from _components(delta.components, shown)
    if unknown:
        why = "evidence about both" if draft.running.digest else "a digest of what ran before"
        yield f"**Not compared**, for want of {why}: {unknown}"


def _vulnerabilities(delta: VulnerabilityDelta, shown: int) -> Iterator[str]:
    yield f"**Vulnerabilities**: {len(delta.added)} added, {len(delta.fixed)} fixed, {len(delta.kept)} in both"
    yield from _listed(delta.added, shown, lambda item: f"added {_vulnerability(item)}", "added")
    yield from _listed(delta.fixed, shown, lambda item: f"fixed {_vulnerability(item)}", "fixed")
    yield ""


def _vulnerability(item: Vulnerability) -> str:
    where = f" in {code(f'{item.package} {item.version}', 120)}" if item.package else ""
    fix = f", fixed in {code(item.fixed_version, 60)}" if item.fixed_version else ""
    return f"{code(item.canonical_id, 60)} {item.severity.value}{where}{fix}"


def _commits(draft: Draft, commits: tuple[NewCommit, ...], shown: int) -> Iterator[str]:
    source = draft.source_url.rstrip("/").removesuffix(".git")
    count = f"{len(commits)} or more" if len(commits) >= COMMITS_LISTED else str(len(commits) or "none")
    compared = f"{source}/compare/{draft.running_commit}...{commits[0].oid}" if commits else ""
    yield f"**Commits**: {count}" + (f" ({link('compare', compared)})" if draft.running_commit and commits else "")
    for commit in commits[:shown]:
        oid = link(commit.oid[:12], f"{source}/commit/{commit.oid}")
        yield f"- {oid} {prose(commit.title, 120)} ({prose(commit.author, 60)})"
    yield from _rest(len(commits) - shown)
    yield ""


def _components(delta: ComponentDelta, shown: int) -> Iterator[str]:
    counts = f"{len(delta.added)} added, {len(delta.removed)} removed, {len(delta.changed)} changed"
    yield f"**Components**: {counts}"
    yield from _listed(delta.added, shown, lambda item: f"added {code(f'{item.name} {item.version}', 120)}", "added")
    yield from _listed(
        delta.removed, shown, lambda item: f"removed {code(f'{item.name} {item.version}', 120)}", "removed"
    )
    yield from _listed(
        delta.changed,
        shown,
        lambda item: f"changed {code(item.name, 80)} from {code(item.before, 60)} to {code(item.after, 60)}",
        "changed",
    )
    yield ""


# --- approvals, and the way back --------------------------------------------------------------------------------------


def _approvals(draft: Draft, shown: int) -> Iterator[str]:
    environment = draft.environment
    yield "### Approvals"
    yield ""
    if environment.approvals:
        yield f"{len(draft.approvers)} of {environment.approvals} received for the head commit."
    elif draft.merging:
        yield f"{len(draft.approvers)} received for the head commit."
    else:
        yield "None needed in this environment."
    if environment.approvals or draft.merging:
        yield from _listed(draft.approvers, shown, lambda who: f"approved by {code(who.login)}", "approve")
    needed = tuple(finding for finding in draft.merging if finding.outcome is not Outcome.PASS)
    yield from _listed(needed, shown, _asked_of_people, "checks")
    yield from _listed(draft.refusers, shown, lambda login: f"changes asked for by {code(login)}", "ask for changes")
    if environment.approvals:
        yield from _listed(draft.excluded, shown, lambda login: f"not counted, an author of the release: {code(login)}")
    if environment.approvals and draft.unmapped:
        whom = " and ".join(draft.unmapped)
        yield f"- no approval counts: the forge knows no account of the {whom} of the release's commit, who may not"
        yield "  approve it. Add the commit's e-mail address to that account; it is looked up again by itself."
    if not (draft.known and draft.known.is_frozen):
        yield f"\n{_merging(environment)}"


def _asked_of_people(finding: Finding) -> str:
    """Say what a check of the merge phase still needs, and from whom; what it has stands among the checks."""
    said = f"{prose(finding.check)}: {sentence(finding.sentence)}"
    return ". ".join((said, *dict.fromkeys(sentence(reason.remedy).removesuffix(".") for reason in finding.reasons)))


def _merging(environment: Environment) -> str:
    """Give the environment's rule for merges."""
    merger = "the bot merges by itself" if environment.merge is MergeMode.AUTOMATIC else "a person merges"
    again = "a new check and new approvals" if environment.approvals else "a new check"
    check = f"the check {code(f'promoter/{environment.name}')}"
    return f"In {prose(environment.name)} {merger}, and only while {check} is green; a new commit needs {again}."


def _undo(draft: Draft) -> Iterator[str]:
    """Say what stands in the manifest after a revert, which is what stood there before the merge."""
    running = draft.running
    yield "### How to roll back"
    yield ""
    if running.digest:
        pinned = f"{running.tag}@{running.digest}" if running.tag else running.digest
        yield f"Revert the merge commit: the manifest then pins {code(pinned)} again, as before this proposal."
    elif running.tag:
        named = f"the manifest then names {code(running.tag)} again, without a digest"
        yield f"Revert the merge commit: {named}, as before this proposal."
    else:
        yield "Revert the merge commit: the manifest is then as before this proposal, without a release."
