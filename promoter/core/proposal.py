"""The proposal as people read it: title, commit message, check, and the body for the release manager. Pure text.

Rule: everything that comes from evidence, a forge or a registry passes through `escape` on its way into a text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from promoter.core.candidate import Candidate
from promoter.core.delta import Change, Delta
from promoter.core.dossier import ReleaseRecord
from promoter.core.environment import Environment, MergeMode
from promoter.core.escape import code, prose, trailer_value
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.predicates.sbom import Component
from promoter.core.predicates.vulnerability import Vulnerability
from promoter.core.sight import Approver, PinSight
from promoter.core.verdict import Verdict

BODY_LIMIT = 60_000  # characters; GitHub refuses more than 65,536
_NO_DELTA = Delta(None, None)
_SHOWN = 10  # items of a list before the rest is counted


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A source commit that the release adds."""

    oid: str
    title: str
    author: str


@dataclass(frozen=True, slots=True)
class Check:
    """The bot's status on the head: `state` is success, failure or pending; the summary fits into 140 characters."""

    state: str
    summary: str


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that the body of a proposal tells."""

    environment: Environment
    candidate: Candidate
    verdict: Verdict
    check: Check
    running: PinSight
    source_url: str
    gates: tuple[str, ...] = ()
    delta: Delta = _NO_DELTA
    commits: tuple[NewCommit, ...] | None = None
    approvers: tuple[Approver, ...] = ()
    refusers: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()  # logins whose approval does not count: the release's authors


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


def check_of(draft_verdict: Verdict, environment: Environment, shut: tuple[str, ...], approvals: int) -> Check:
    """Give the status for a verdict: red what fails, pending what is undecided, shut or unapproved, else green."""
    failing = [f for f in draft_verdict.enforced if f.outcome is Outcome.FAIL]
    undecided = [f for f in draft_verdict.enforced if f.outcome is Outcome.UNDECIDED]
    if draft_verdict.outcome is Outcome.FAIL:
        return Check("failure", _cut(f"{_count(failing)}: {', '.join(f.check for f in failing)}"))
    if undecided:
        return Check("pending", _cut(f"undecided, retrying: {', '.join(f.check for f in undecided)}"))
    if shut:
        return Check("pending", _cut("; ".join(shut)))
    if approvals < environment.approvals:
        return Check("pending", f"verified; approvals: {approvals} of {environment.approvals}")
    return Check("success", f"verified: all {len(draft_verdict.enforced)} enforced checks pass")


def _count(findings: list[Finding]) -> str:
    return f"{len(findings)} enforced check fails" if len(findings) == 1 else f"{len(findings)} enforced checks fail"


def _cut(text: str) -> str:
    return text if len(text) <= 140 else text[:139] + "…"


_ICONS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.UNDECIDED: "⏳", Outcome.WAIVED: "⚠️"}
_CHECK_ICONS = {"success": "✅", "failure": "❌", "pending": "⏳"}


def body(draft: Draft) -> str:
    """Give the body: what changes, why it is allowed, what is new and risky, who must approve, how to undo it."""
    sections = (_change(draft), _checks(draft), _problems(draft), _news(draft), _approvals(draft), _undo(draft))
    text = "\n\n".join("\n".join(lines) for section in sections if (lines := tuple(section)))
    if len(text) > BODY_LIMIT:
        text = text[:BODY_LIMIT] + "\n\n… cut here; `promoter explain` prints the rest."
    return text + "\n"


def _change(draft: Draft) -> Iterator[str]:
    running, candidate = draft.running, draft.candidate
    old = code(running.tag) if running.tag else "nothing"
    yield f"{_CHECK_ICONS[draft.check.state]} **{prose(draft.check.summary)}**"
    yield ""
    yield f"| {prose(candidate.service)} | version | digest |"
    yield "|---|---|---|"
    yield f"| runs now | {old} | {code(running.digest) if running.digest else 'not pinned'} |"
    yield f"| **this proposal** | **{code(candidate.release)}** | {code(candidate.digest)} |"


def _checks(draft: Draft) -> Iterator[str]:
    yield "### Checks"
    yield ""
    yield "| | check | finding |"
    yield "|---|---|---|"
    for finding in draft.verdict.findings:
        note = " *(shown only: the policy warns)*" if finding.mode is Mode.WARN else ""
        yield f"| {_ICONS[finding.outcome]} | {prose(finding.check)}{note} | {prose(finding.sentence, 500)} |"
    for gate in draft.gates:
        yield f"| ⏳ | order | {prose(gate)} |"


def _problems(draft: Draft) -> Iterator[str]:
    findings = [f for f in draft.verdict.findings if f.outcome in {Outcome.FAIL, Outcome.UNDECIDED}]
    if not findings:
        return
    yield "### What to do"
    yield ""
    for finding in findings:
        for reason in finding.reasons[:_SHOWN]:
            yield f"- **{reason.code.value}**: {prose(reason.sentence, 500)}. {prose(reason.remedy, 500)}"
        yield from _rest(len(finding.reasons))


def _rest(count: int) -> Iterator[str]:
    if count > _SHOWN:
        yield f"- and {count - _SHOWN} more"


def _news(draft: Draft) -> Iterator[str]:
    lines = (*_commits(draft), *_vulnerabilities(draft.delta), *_components(draft.delta))
    if lines:
        yield f"### New since {code(draft.running.tag) if draft.running.tag else 'what runs now'}"
        yield ""
        yield from lines


def _commits(draft: Draft) -> Iterator[str]:
    if draft.commits is None:
        return
    yield f"**Commits**: {len(draft.commits) or 'none'}"
    for commit in draft.commits[:_SHOWN]:
        link = f"[`{commit.oid[:12]}`]({draft.source_url}/commit/{commit.oid})"
        yield f"- {link} {prose(commit.title, 120)} ({prose(commit.author, 60)})"
    yield from _rest(len(draft.commits))
    yield ""


def _vulnerabilities(delta: Delta) -> Iterator[str]:
    if delta.vulnerabilities is None:
        return
    added, fixed = delta.vulnerabilities
    yield f"**Vulnerabilities**: {len(added)} added, {len(fixed)} fixed"
    yield from (f"- added {_vulnerability(item)}" for item in added[:_SHOWN])
    yield from _rest(len(added))
    yield from (f"- fixed {_vulnerability(item)}" for item in fixed[:_SHOWN])
    yield from _rest(len(fixed))
    yield ""


def _vulnerability(item: Vulnerability) -> str:
    fix = f", fixed in {code(item.fixed_version, 60)}" if item.fixed_version else ""
    return f"{code(item.id, 60)} {item.severity.value.lower()} in {code(f'{item.package} {item.version}', 120)}{fix}"


def _components(delta: Delta) -> Iterator[str]:
    if delta.components is None:
        return
    added, removed, changed = delta.components
    yield f"**Components**: {len(added)} added, {len(removed)} removed, {len(changed)} changed"
    yield from (f"- added {_component(item)}" for item in added[:_SHOWN])
    yield from _rest(len(added))
    yield from (f"- removed {_component(item)}" for item in removed[:_SHOWN])
    yield from _rest(len(removed))
    yield from (f"- changed {_changed(item)}" for item in changed[:_SHOWN])
    yield from _rest(len(changed))
    yield ""


def _component(item: Component) -> str:
    return code(f"{item.name} {item.version}", 120)


def _changed(item: Change) -> str:
    return f"{code(item.name, 80)} from {code(item.before, 60)} to {code(item.after, 60)}"


def _approvals(draft: Draft) -> Iterator[str]:
    environment = draft.environment
    yield "### Approvals"
    yield ""
    if not environment.approvals:
        yield "None needed in this environment."
    else:
        yield f"{len(draft.approvers)} of {environment.approvals} received for the head commit."
        yield from (f"- approved by {code(who.login)}" for who in draft.approvers)
        yield from (f"- changes asked for by {code(login)}" for login in draft.refusers)
        if draft.excluded:
            names = ", ".join(code(login) for login in draft.excluded)
            yield f"- the release's authors do not count: {names}"
    merger = "The bot merges" if environment.merge is MergeMode.AUTOMATIC else "A person merges"
    yield f"\n{merger} once the check `promoter/{environment.name}` is green; it is pinned to the head commit."


def _undo(draft: Draft) -> Iterator[str]:
    yield "### How to roll back"
    yield ""
    running = draft.running
    if running.digest:
        yield (
            f"Revert the merge commit: the manifest then pins {code(f'{running.tag}@{running.digest}')} again, "
            "which is what runs now."
        )
    else:
        tag = code(running.tag or "nothing")
        yield f"Revert the merge commit: the manifest then names {tag} again, without a digest."


def stamp(at: datetime) -> str:
    """Give a time as people read it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
