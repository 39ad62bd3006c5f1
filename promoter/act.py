"""Does what the plan says, one outside action at a time.

Rule 1: the entry that announces an action is durable before it; how it ended is an entry of its own.
Rule 2: every action is find-or-create or guarded by what was seen (lease, head commit), so that doing it twice, or
dying in the middle and starting again, does nothing the second time.
Rule 3: only a `VerifiedDigest` is written into a manifest, and nothing is merged without a re-check on fresh evidence.
"""

from collections.abc import Callable
from dataclasses import replace

from promoter.circumstances import Assembler
from promoter.claims import Claims
from promoter.core.checkpoint import Checkpoint, build_trailer
from promoter.core.checks.subject import Phase
from promoter.core.codes import Code
from promoter.core.dossier import record_of
from promoter.core.edit import edit_all, pins_only
from promoter.core.eligibility import Eligibility
from promoter.core.environment import MergeMode
from promoter.core.finding import Outcome
from promoter.core.gates import shut_gates
from promoter.core.history import History
from promoter.core.plan import PLAN, Action, Deed, Step
from promoter.core.policy import Occasion, with_denials
from promoter.core.proposal import commit_message, title
from promoter.core.pulls import is_approved_by
from promoter.core.record import AnyEntry, Incident
from promoter.core.rollback import prepare, ran_before
from promoter.core.sight import PullSeen, PullSight
from promoter.core.standing import StandingEvent
from promoter.core.target import EditRefused
from promoter.core.verdict import verified
from promoter.core.view import View
from promoter.decisions import Decisions
from promoter.expressions import Evaluator
from promoter.gather import Gatherer
from promoter.journal import Journal
from promoter.look import Observer
from promoter.ports import FileChange, Merged, Outside, OutsideError, Pull, Pushed
from promoter.show import Presenter
from promoter.stage import Stage


class Actor:
    """Does actions outside and writes down how they ended."""

    def __init__(
        self,
        outside: Outside,
        journal: Journal,
        gatherer: Gatherer,
        observer: Observer,
        evaluator: Evaluator,
        assembler: Assembler,
    ) -> None:
        self._outside = outside
        self._journal = journal
        self._gatherer = gatherer
        self._observer = observer
        self._evaluator = evaluator
        self._origin = assembler.configuration.promoter.origin
        self._assembler = assembler
        self._claims = Claims(journal, assembler.configuration)
        self._presenter = Presenter(outside, journal)
        self._decisions = Decisions(outside.blobs, outside.signatures)

    def act(self, view: View, action: Action) -> bool:
        """Do one action; tells whether it changed so much that it is worth looking again at once."""
        if action.deed is Deed.ALARM:
            return self._alarm(view, action)
        verdict = view.verdicts.get((action.environment, action.candidate))
        if verdict is None:
            return True  # it came into flight by this very look: the next one brings its evidence
        node = next(node for node in view.graph if node.name == action.environment)
        stage = Stage(view, action, node, view.sight.environments[action.environment], verdict)
        deeds: dict[Deed, Callable[[Stage], bool]] = {
            Deed.OPEN: self._propose,
            Deed.REWRITE: self._propose,
            Deed.SHOW: self._show,
            Deed.MERGE: self._merge,
            Deed.WITHDRAW: self._withdraw,
            Deed.HANDS_OFF: self._hands_off,
        }
        return deeds[action.deed](stage)

    # --- propose ------------------------------------------------------------------------------------------------------

    def _propose(self, stage: Stage) -> bool:
        """Write the pins on a commit of its own, push it, and open the proposal or take over the open one."""
        what, now = f"edit {stage.node.name}", stage.view.sight.now
        try:
            commit = self._commit(stage)
        except EditRefused as refused:
            self._observer.troubles.failed(stage.service.name, what, OutsideError(refused.code, str(refused)), now)
            return False
        self._observer.troubles.recovered(stage.service.name, what, now)
        if commit is None:
            return False
        if self._observer.moved(stage.service, stage.candidate, self._journal.history(stage.service.name)):
            return True  # frozen by the next look
        announced = stage.announced("propose", parent=stage.seen.base, head=commit)
        if not self._claims.announce(stage.view.conditions, stage.node, announced):
            return True  # a gate was shut meanwhile: the next look says which
        pushed = self._outside.environments.push(stage.branch, commit, stage.seen.branch_head or None)
        if pushed is Pushed.DONE:
            text = self._presenter.body(stage, None)
            pull = self._outside.forge.open(stage.branch, title(stage.candidate, stage.node.name), text)
            self._journal.write(stage.service.name, lambda history: _opened(stage, history, pull, commit))
        self._observer.trunk.commit(now, fresh=True)
        return pushed is Pushed.DONE

    def _commit(self, stage: Stage) -> str | None:
        """Make the commit; None where every target pins the digest already."""
        base, digest, changes = stage.seen.base, verified(stage.verdict), []
        for path, targets in stage.targets().items():
            before = self._outside.environments.read(base, path)
            if before is None:
                detail, remedy = (
                    "no such file in the environment repository",
                    "add it, or correct the service's targets",
                )
                raise EditRefused(Code.OUTSIDE_NOT_FOUND, path, 0, detail, remedy)
            edited = edit_all(before, targets, stage.service.image, digest)
            if edited.changes:
                changes.append(FileChange(path, before, edited.raw))
        if not changes:
            return None
        record = record_of(stage.verdict, stage.view.sight.evidence[stage.candidate], "")
        history = self._journal.history(stage.service.name)
        decided = history.spots[stage.node.name, stage.candidate].decided[Phase.PROPOSE.value]
        head = self._outside.ledger.head()
        trailer = build_trailer(Checkpoint(self._origin, head.size, head.root))
        message = commit_message(stage.candidate, record, decided.decision, trailer)
        return self._outside.environments.commit(base, tuple(changes), message, stage.view.sight.now)

    # --- show ---------------------------------------------------------------------------------------------------------

    def _show(self, stage: Stage) -> bool:
        if stage.seen.pull:
            self._presenter.show(stage, stage.seen.pull)
        return False

    def _hands_off(self, stage: Stage) -> bool:
        """Leave a branch that a person changed alone: say so once, and let nothing unverified look green."""
        head = stage.seen.pull.head if stage.seen.pull else stage.seen.branch_head
        detail = (
            f"{stage.branch} is at {head[:12]}, which is not a commit of the bot: it is left alone until the branch"
        )
        detail += " is deleted or its pull request is closed"
        if stage.seen.pull:
            self._presenter.set_check(stage, stage.seen.pull, self._presenter.check(stage, stage.seen.pull))
        incident = Incident(
            at=stage.view.sight.now,
            service=stage.service.name,
            what="branch-taken",
            environment=stage.node.name,
            release=stage.candidate.release,
            digest=stage.candidate.digest,
            detail=detail,
        )
        self._report(stage.service.name, incident)
        return False

    # --- merge --------------------------------------------------------------------------------------------------------

    def _merge(self, stage: Stage) -> bool:
        """Merge where the environment merges by itself: everything is asked again first (rule 7)."""
        pull, now = stage.seen.pull, self._outside.clock.now()
        if stage.node.merge is not MergeMode.AUTOMATIC or pull is None:
            return False
        merge = stage.view.merge_of(stage.node.name, stage.candidate)
        if merge is None or merge.outcome is not Outcome.PASS:
            return False  # it waits for people, as its check says
        if trouble := self._objection(stage, pull):
            self._observer.troubles.failed(stage.service.name, f"merge {stage.node.name}", trouble, now)
            return False
        number, announced = pull.number, stage.announced("merge", head=pull.head, number=pull.number)
        self._journal.write(stage.service.name, lambda known: () if _is_announced(stage, known, pull) else (announced,))
        heading = f"{title(stage.candidate, stage.node.name)} (#{number})"
        merged = self._outside.forge.merge(number, pull.head, heading, f"Digest: {stage.candidate.digest}")
        if merged is Merged.DONE:
            self._observer.troubles.recovered(stage.service.name, f"merge {stage.node.name}", now)
            return True
        detail = f"the forge did not merge #{number}: {merged.value}"
        self._observer.troubles.failed(
            stage.service.name, f"merge {stage.node.name}", OutsideError(Code.OUTSIDE_CONFLICT, detail), now
        )
        return False

    def _objection(self, stage: Stage, pull: PullSight) -> OutsideError | None:
        """Give what speaks against merging this head now; None after a re-check that found nothing.

        People are asked last, for they are what changes most.
        """
        objection = self._objection_of_evidence(stage, pull)
        if objection is None and (difference := self._difference(stage, pull.head)):
            objection = _conflict(f"the head does not pin exactly this digest: {difference}")
        return objection or self._objection_of_people(stage, pull)

    def _objection_of_evidence(self, stage: Stage, pull: PullSight) -> OutsideError | None:
        """Ask registry and source again, judge what they say now, and write the verdict down."""
        now, candidate, service = self._outside.clock.now(), stage.candidate, stage.service
        self._gatherer.forget_source(service, candidate.release)
        history = self._journal.history(service.name)
        if moved := self._observer.moved(service, candidate, history):
            return _conflict(f"the tag {candidate.release} names {moved} now")
        evidence = self._observer.discovery.evidence(service, candidate, history, None)
        circumstances = self._assembler.merging(stage.view, stage.node.name, candidate, history, pull)
        occasion = Occasion(candidate, service.placeholders(candidate.release), Phase.MERGE, now, circumstances)
        policy = stage.view.policies[stage.node.name]
        accused = with_denials(policy, evidence, occasion, self._journal.estate().standing_denials)
        verdict = self._evaluator.judge(policy, evidence, accused)
        self._journal.write(service.name, lambda known: self._decisions.entry(stage.view, verdict, evidence, known))
        if verdict.outcome is not Outcome.PASS:
            failing = ", ".join(f.check for f in verdict.enforced if not f.is_good)
            return _conflict(f"the re-check before the merge does not pass: {failing}")
        return None

    def _objection_of_people(self, stage: Stage, pull: PullSight) -> OutsideError | None:
        """Look again at what people decide: the pull request, its reviews, and what runs here and upstream."""
        now, history = self._outside.clock.now(), self._journal.history(stage.service.name)
        self._observer.trunk.commit(now, fresh=True)
        for name in (stage.node.name, *stage.node.upstream):
            seen = stage.view.sight.environments.get(name)
            if seen and self._observer.pin_now(stage.service, name, now) != seen.pin:
                return _conflict(f"what {name} pins was changed since the plan was made")
        conditions = replace(self._claims.conditions(stage.service, now), runtimes=stage.view.sight.runtimes)
        if shut := shut_gates(conditions, stage.node, stage.candidate, history):
            return _conflict(f"a gate shut since the plan was made: {'; '.join(map(str, shut))}")
        latest = self._observer.pull_now(stage.node, stage.service, pull.number, history)
        if latest.state is not PullSeen.OPEN or latest.head != pull.head:
            return _conflict(f"the pull request is {latest.state.value} at {latest.head[:12]} now")
        spot = history.spots[stage.node.name, stage.candidate]
        if stage.merging and set(pull.approvers) - set(latest.approvers):
            return _conflict("an approval that the policy asks for was lost or changed since the plan was made")
        if not latest.is_counted or not is_approved_by(stage.node, latest, spot):
            return _conflict("an approval was lost since the plan was made")
        return None

    def _difference(self, stage: Stage, head: str) -> str:
        """Say how the head differs from one commit of ours that pins exactly this digest in exactly the targets."""
        announced = self._journal.history(stage.service.name).announced(stage.branch, head)
        commits = self._outside.environments.commits(announced.parent, head, 2) if announced else ()
        if not announced or [commit.oid for commit in commits] != [head]:
            return f"{head[:12]} is not one commit of the bot"
        targets = stage.targets()
        if strange := sorted(set(commits[0].paths) - set(targets)):
            return f"{strange[0]} is no target of the service"
        read = self._outside.environments.read
        for path in targets:  # all of them: a target that the commit leaves out is a difference too
            before, after = read(announced.parent, path) or b"", read(head, path) or b""
            release, digest = stage.candidate.release, stage.candidate.digest
            conformity = pins_only(before, after, targets[path], stage.service.image, release, digest)
            if not conformity.holds:
                return conformity.why
        return ""

    # --- withdraw and alarm -------------------------------------------------------------------------------------------

    def _withdraw(self, stage: Stage) -> bool:
        """Close a proposal that must not stay open, and say why."""
        pull = stage.seen.pull
        if pull is None:
            return False
        history = self._journal.history(stage.service.name)
        self._presenter.show(stage, pull)
        self._journal.write(stage.service.name, lambda _: (stage.announced("withdraw", number=pull.number),))
        why = _why_withdrawn(history, stage)
        self._outside.forge.close(pull.number, f"Closed by the bot. {stage.candidate.release} is {why}.")
        self._journal.write(
            stage.service.name,
            lambda history: (stage.moved(history, stage.candidate, StandingEvent.WITHDRAWN, detail=why),),
        )
        return True

    def _alarm(self, view: View, action: Action) -> bool:
        """Tell, once for each reason, that something runs which is not eligible any more."""
        history = self._journal.history(view.service.name)
        spot = history.spots[action.environment, action.candidate]
        state = spot.eligibility.value
        if spot.eligibility is Eligibility.REVOKED:
            if any((action.environment, one) not in view.verdicts for one in ran_before(history, action.environment)):
                return True  # what ran before comes into flight by this: the next look tells what to go back to
            way = prepare(history, action.environment)
            state += f" ({f'prepared: {way}' if way else 'nothing that ran here before may run now'})"
        detail = f"runs in {action.environment} and is {state}: {', '.join(spot.why)}"
        incident = Incident(
            at=view.sight.now,
            service=view.service.name,
            what="running-not-eligible",
            environment=action.environment,
            release=action.candidate.release,
            digest=action.candidate.digest,
            detail=detail,
        )
        self._report(view.service.name, incident, spot.alarmed)
        return False

    def _report(self, service: str, incident: Incident, before: int = 0) -> None:
        """Write an incident down unless the last one of its kind there, after so many others, says the same."""

        def entries(history: History) -> tuple[AnyEntry, ...]:
            place = (incident.what, incident.environment)
            alike = [one for one in history.incidents[before:] if (one.what, one.environment) == place]
            is_known = bool(alike) and (alike[-1].digest, alike[-1].detail) == (incident.digest, incident.detail)
            return () if is_known else (incident,)

        self._journal.write(service, entries)


def _conflict(detail: str) -> OutsideError:
    return OutsideError(Code.OUTSIDE_CONFLICT, detail)


def _why_withdrawn(history: History, stage: Stage) -> str:
    spot, running = history.spots[stage.node.name, stage.candidate], history.running(stage.node.name)
    if running and PLAN[spot.eligibility, spot.standing] is not Step.WITHDRAW:
        return f"not newer than {running.release}, which runs in {stage.node.name} now"
    return f"{spot.eligibility.value}: {'; '.join(spot.why)}"


def _is_announced(stage: Stage, history: History, pull: PullSight) -> bool:
    return history.spots[stage.node.name, stage.candidate].merge_announced == pull.head


def _opened(stage: Stage, history: History, pull: Pull, commit: str) -> tuple[AnyEntry, ...]:
    """Give the entries of a proposal that is open now: the older candidate's end first, where it took one over."""
    opened = history.open(stage.node.name)
    if opened == stage.candidate:
        return (stage.moved(history, opened, StandingEvent.REWRITTEN, number=pull.number, head=commit),)
    entries: tuple[AnyEntry, ...] = ()
    if (
        opened and history.spots[stage.node.name, opened].number == pull.number
    ):  # or else it ended, and how is seen next
        detail = f"{stage.candidate.release} takes over pull request #{pull.number}"
        entries = (stage.moved(history, opened, StandingEvent.NEWER_WON, detail=detail),)
    event, details = StandingEvent.PR_OPENED, {"number": pull.number, "head": commit, "detail": pull.url}
    return (*entries, stage.moved(history, stage.candidate, event, **details))
