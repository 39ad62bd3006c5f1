"""Keeps an open proposal true: title, body, evidence comment and check. What is unchanged is not sent."""

from dataclasses import replace

from promoter.core.candidate import Candidate, Digest, digest_of
from promoter.core.canonical import canonical
from promoter.core.checkpoint import parse_trailers
from promoter.core.checks.subject import Phase
from promoter.core.clearance import Check, check_of, is_undecided
from promoter.core.delta import Delta, compare
from promoter.core.dossier import choose, decide
from promoter.core.eligibility import Eligibility
from promoter.core.exhibit import MARKER, Exhibit, comment
from promoter.core.finding import Outcome
from promoter.core.gates import shut_gates
from promoter.core.history import History
from promoter.core.proposal import COMMITS_LISTED, Draft, NewCommit, body, title
from promoter.core.record import AnyEntry, Checked
from promoter.core.sight import PullSight
from promoter.journal import Journal
from promoter.ports import Outside, OutsideError, StatusState
from promoter.stage import Stage

_STATUS = {"success": StatusState.SUCCESS, "failure": StatusState.FAILURE, "pending": StatusState.PENDING}


class Presenter:
    """Writes what people see of a proposal."""

    def __init__(self, outside: Outside, journal: Journal) -> None:
        self._outside = outside
        self._journal = journal
        self._shown: dict[tuple[str, str], Digest] = {}  # what the forge was told and has taken, like the next one
        self._said: dict[tuple[str, str], tuple[str, Check]] = {}
        self._commits: dict[tuple[str, str], tuple[NewCommit, ...]] = {}

    def show(self, stage: Stage, pull: PullSight) -> None:
        """Bring check, title, body and evidence comment up to date."""
        check = self.check(stage, pull)
        self.set_check(stage, pull, check)
        heading, text, exhibit = (
            title(stage.candidate, stage.node.name),
            self.body(stage, pull),
            self._exhibit(stage, pull),
        )
        key, shown = (stage.service.name, stage.node.name), digest_of(canonical((heading, text, exhibit, pull.number)))
        if self._shown.get(key) == shown:
            return
        self._outside.forge.describe(pull.number, heading, text)
        self._outside.forge.comment(pull.number, MARKER, exhibit)
        self._shown[key] = shown

    def check(self, stage: Stage, pull: PullSight | None) -> Check:
        """Give the check that the proposal deserves now."""
        if pull and not pull.is_ours:
            return Check("failure", f"a person changed this branch: {pull.head[:12]} is not what was verified")
        history = self._journal.history(stage.service.name)
        spot = history.spots[stage.node.name, stage.candidate]
        if spot.eligibility in {Eligibility.FROZEN, Eligibility.REVOKED}:
            return Check("failure", f"{spot.eligibility.value}: {'; '.join(spot.why)}"[:140])
        if stage.verdict.outcome is Outcome.PASS and is_undecided(stage.view, stage.verdict):
            return Check("pending", "undecided, retrying: whether the tag moved is not known now")
        shut = shut_gates(stage.view.conditions, stage.node, stage.candidate, history)
        check = check_of(stage.verdict, stage.node, shut, len(pull.approvers) if pull else 0, stage.merging)
        if pull and not pull.is_counted and check.state != "failure":
            return Check("pending", _uncounted(stage))
        if pull and pull.refusers and check.state == "success":
            return Check("failure", f"changes asked for by {', '.join(pull.refusers)}"[:140])
        return check

    def set_check(self, stage: Stage, pull: PullSight, check: Check) -> None:
        """Write the check down, then set it: a merge against it is judged by what stands in the ledger."""

        def entries(history: History) -> tuple[AnyEntry, ...]:
            known = history.spots[stage.node.name, stage.candidate].checked
            if known and (known.head, known.state, known.summary) == (pull.head, check.state, check.summary):
                return ()
            return (_checked(stage, pull, check),)

        self._journal.write(stage.service.name, entries)
        key, said = (stage.service.name, stage.node.name), (pull.head, check)
        if self._said.get(key) != said:
            self._status(stage.node.name, pull, _STATUS[check.state], check.summary)
            self._clear_others(stage, pull)
            self._said[key] = said

    def _status(self, environment: str, pull: PullSight, state: StatusState, summary: str) -> None:
        self._outside.forge.status(pull.head, f"promoter/{environment}", state, summary, pull.url)

    def _clear_others(self, stage: Stage, pull: PullSight) -> None:
        """Answer for the other environments on a commit of ours, so that all of them can be required checks."""
        others = [node.name for node in stage.view.graph if node != stage.node and pull.is_ours]
        for name in others:
            self._status(name, pull, StatusState.SUCCESS, f"not concerned: this commit changes {stage.node.name} only")

    def body(self, stage: Stage, pull: PullSight | None) -> str:
        """Give the body of the proposal as it is true now."""
        history = self._journal.history(stage.service.name)
        running = history.running(stage.node.name)
        evidence = stage.view.sight.evidence
        source, before = evidence[stage.candidate].source, evidence.get(running) if running else None
        return body(
            Draft(
                environment=stage.node,
                candidate=stage.candidate,
                verdict=stage.verdict,
                check=self.check(stage, pull),
                running=stage.seen.pin,
                source_url=stage.service.source,
                gates=shut_gates(stage.view.conditions, stage.node, stage.candidate, history),
                delta=_delta(stage, running),
                commits=self._new_commits(stage, running),
                running_commit=before.source.commit if before and before.source else "",
                merging=stage.merging,
                approvers=pull.approvers if pull else (),
                refusers=pull.refusers if pull else (),
                excluded=source.authors if source else (),
                unmapped=source.unmapped if source else (),
                known=history.known_as(stage.candidate),
                overridden=history.spots[stage.node.name, stage.candidate].overridden,
                wanted=history.spots[stage.node.name, stage.candidate].wanted,
            )
        )

    def _new_commits(self, stage: Stage, running: Candidate | None) -> tuple[NewCommit, ...] | None:
        """List the source commits since the running release; None where they cannot be told (it is display only)."""
        evidence = stage.view.sight.evidence
        old = evidence[running].source if running and running in evidence else None
        new = evidence[stage.candidate].source
        if not (old and new and old.commit and new.commit):
            return None
        key = (old.commit, new.commit)
        if key not in self._commits:
            try:
                found = self._outside.sources.commits(stage.service.source, *key, COMMITS_LISTED)
            except OutsideError:
                return None
            self._commits[key] = tuple(NewCommit(commit.oid, commit.title, commit.author) for commit in found)
        return self._commits[key]

    def _exhibit(self, stage: Stage, pull: PullSight) -> str:
        history = self._journal.history(stage.service.name)
        decided = history.spots[stage.node.name, stage.candidate].decided[Phase.PROPOSE.value]
        announced = history.announced(stage.branch, pull.head)
        decision = decide(stage.verdict, stage.view.sight.evidence[stage.candidate])
        return comment(
            Exhibit(
                reference=f"{stage.service.image}@{stage.candidate.digest}",
                environment=stage.node.name,
                head=pull.head,
                decision=replace(decision, at=decided.at),
                decision_digest=decided.decision,
                checkpoint=self._anchored(announced.parent, pull.head) if announced else "",
                known=history.known_as(stage.candidate),
            )
        )

    def _anchored(self, parent: str, head: str) -> str:
        """Give the ledger checkpoint that stands in the proposal's commit."""
        for commit in self._outside.environments.commits(parent, head, 1):
            for checkpoint in parse_trailers(commit.message):
                return f"{checkpoint.origin} {checkpoint.size} {checkpoint.root}"
        return ""


def _uncounted(stage: Stage) -> str:
    """Say why no approval counts now."""
    source = stage.view.sight.evidence[stage.candidate].source
    if source and source.unmapped:
        return (
            f"verified; no approval counts: the forge knows no account of the commit's {' and '.join(source.unmapped)}"
        )
    return "undecided, retrying: whose approval counts is not known now"


def _delta(stage: Stage, running: Candidate | None) -> Delta:
    evidence = stage.view.sight.evidence
    old = stage.view.verdicts.get((stage.node.name, running)) if running else None
    before = choose(old, evidence[running]) if old and running else None
    return compare(before, choose(stage.verdict, evidence[stage.candidate]))


def _checked(stage: Stage, pull: PullSight, check: Check) -> Checked:
    return Checked(
        at=stage.view.sight.now,
        service=stage.service.name,
        release=stage.candidate.release,
        digest=stage.candidate.digest,
        environment=stage.node.name,
        number=pull.number,
        head=pull.head,
        state=check.state,
        summary=check.summary,
    )
