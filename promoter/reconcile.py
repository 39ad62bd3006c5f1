"""One pass over a service: look at the world, judge it, plan, act. The page to read first.

    look   -> Sight     what the registry, the forge and the environment repository show now
    judge  -> Verdict   what every environment's policy says of every candidate in flight (pure)
    follow -> entries   what follows for eligibility and standing, written to the ledger (pure, then durable)
    plan   -> Action    what to do, as data (pure); `--dry-run` stops here
    act                 announced, done, and its outcome written down

It is level-triggered and idempotent: a second pass does nothing, and one that died anywhere is finished by the next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from promoter.act import Actor
from promoter.anchoring import Witness
from promoter.circumstances import Assembler
from promoter.claims import Claims
from promoter.config import Configuration
from promoter.core.candidate import Candidate
from promoter.core.checks.log import LOG
from promoter.core.checks.subject import Phase
from promoter.core.clearance import is_undecided
from promoter.core.environment import Service, subgraph
from promoter.core.finding import Outcome
from promoter.core.history import History, Spot
from promoter.core.holds import follow_holds
from promoter.core.passage import follow
from promoter.core.plan import Action, Deed, plan
from promoter.core.policy import Occasion, Policy, with_denials
from promoter.core.pulls import name_approvers
from promoter.core.record import AnyEntry, StandingMoved
from promoter.core.scope import scope_of
from promoter.core.sight import PullSeen, Sight
from promoter.core.standing import Standing, StandingEvent
from promoter.core.verdict import Verdict
from promoter.core.view import View, extend, ranking
from promoter.decisions import Decisions
from promoter.denials import take_over
from promoter.expressions import Evaluator
from promoter.gather import Gatherer
from promoter.grants import Answers, Grants, nobody
from promoter.journal import Journal
from promoter.lives import Lives
from promoter.look import Observer
from promoter.orphans import Disowner
from promoter.outages import Outages, patient
from promoter.ports import Outside, OutsideError
from promoter.trunk import Trunk

_ROUNDS = 6  # passes in a row while each one changed something


@dataclass(frozen=True, slots=True)
class Report:
    """What a reconcile did, or would do."""

    service: str
    actions: tuple[Action, ...]
    trouble: OutsideError | None = None


class Reconciler:
    """Reconciles one service at a time; safe to call for different services from several threads."""

    def __init__(
        self,
        outside: Outside,
        configuration: Configuration,
        journal: Journal,
        is_stopping: Callable[[], bool] = lambda: False,
        answers: Answers = nobody,
    ) -> None:
        outages = Outages()
        outside = patient(outside, outages)
        scope = scope_of(configuration.every_policy)
        gatherer = Gatherer(outside.registry, outside.signatures, outside.sources, outside.blobs, scope)
        patience = configuration.promoter.poll / 2
        self._outside = outside
        self._configuration = configuration
        self._journal = journal
        self._is_stopping = is_stopping  # asked between actions: the one under way is always finished
        trunk = Trunk(outside.environments, configuration.services.values(), patience)
        self._observer = Observer(outside, journal, gatherer, outages, trunk)
        self._decisions = Decisions(outside.blobs, outside.signatures)
        self._disowner = Disowner(outside, journal, configuration)
        rules = configuration.promoter.rules
        grants = Grants(configuration.exceptions, answers, max(patience, rules.refresh) if rules else patience)
        self._assembler = Assembler(configuration, grants)
        self._lives = Lives(configuration, grants, journal, outside.blobs)
        self._claims = Claims(journal, configuration)
        self._witness = Witness(outside.environments, outside.ledger, configuration.promoter.origin)
        self._evaluator = Evaluator(outside.expressions)
        self._actor = Actor(outside, journal, gatherer, self._observer, self._evaluator, self._assembler)

    def reconcile(self, name: str, *, dry_run: bool = False) -> Report:
        """Bring a service to rest; what the world did not answer is reported, never raised.

        It is written down too, unless it is the ledger that does not answer.
        """
        service = self._configuration.services[name]
        done: tuple[Action, ...] = ()
        try:
            if not dry_run:
                self._disowner.disown(self._outside.clock.now())
            for _ in range(_ROUNDS):
                view, actions = self._consider(service)
                if dry_run:
                    return Report(name, actions, self._trouble(service))
                acted = self._act(view, actions)
                done = (*done, *actions)
                if not acted or self._is_stopping():
                    break
            self._observer.troubles.recovered(service.name, "world", self._outside.clock.now())
        except OutsideError as error:
            self._observer.troubles.unwritten(name)  # the same outage, told by this error
            self._observer.troubles.failed(service.name, "world", error, self._outside.clock.now())
            return Report(name, done, error)
        return Report(name, done, self._trouble(service))

    def _trouble(self, service: Service) -> OutsideError | None:
        """Give what to wait for after a pass that came to its end: our own ledger first, then the world."""
        return self._observer.troubles.unwritten(service.name) or self._observer.trouble(service)

    def _act(self, view: View, actions: tuple[Action, ...]) -> bool:
        """Do the actions one by one; tells whether one of them makes another look worth while."""
        changed = False
        for action in actions:
            if self._is_stopping():
                return changed
            changed = self._actor.act(view, action) or changed
        return changed

    def _consider(self, service: Service) -> tuple[View, tuple[Action, ...]]:
        """Look, judge, write down what follows, and plan."""
        graph = subgraph(self._configuration.graph, service.targets)
        now = self._outside.clock.now()
        take_over(self._journal, self._configuration.denials, now)
        sight = self._observer.look(service, graph, now)
        policies = self._configuration.demands(service)
        sight = self._witnessed(sight, policies)
        self._journal.write_estate(lambda estate: follow_holds(estate, sight.now))
        given = self._claims.conditions(service, sight.now)
        view = View(service, graph, policies, sight, {}, given.estate, given.freezes, given.occupied)
        history = self._journal.history(service.name)
        view = replace(view, verdicts=self._verdicts(view, history), merges=self._merges(view, history))
        self._journal.write(service.name, lambda history: self._entries(view, history))
        self._lives.follow(view.verdicts.values(), sight.now)
        history = self._journal.history(service.name)
        order = ranking(service, history)
        actions: list[Action] = []
        for node in graph:
            actions += plan(history, sight.environments[node.name], order, _undecided(view, node.name))
        self._observer.troubles.settle(service.name, partial(_is_over, tuple(actions)), sight.now)
        return view, tuple(actions)

    def _witnessed(self, sight: Sight, policies: Mapping[str, Policy]) -> Sight:
        """Hold the ledger to what is anchored of it, where a policy asks for that."""
        asks = any(line.check == LOG.id for policy in policies.values() for line in policy.require)
        bases = [seen.base for seen in sight.environments.values()]
        return replace(sight, anchor=self._witness.anchor(bases[0])) if asks and bases else sight

    def _verdicts(self, view: View, history: History) -> dict[tuple[str, Candidate], Verdict]:
        verdicts, denials = {}, view.estate.standing_denials
        for candidate, evidence in view.sight.evidence.items():
            placeholders = view.service.placeholders(candidate.release)
            for environment, policy in view.policies.items():
                circumstances = self._assembler.proposing(view, environment, candidate, history)
                occasion = Occasion(candidate, placeholders, Phase.PROPOSE, view.sight.now, circumstances)
                accused = with_denials(policy, evidence, occasion, denials)
                verdicts[environment, candidate] = self._evaluator.judge(policy, evidence, accused)
        return verdicts

    def _merges(self, view: View, history: History) -> dict[str, Verdict]:
        """Judge the merge of every proposal that is open, or was merged since, by what is seen now anyway."""
        verdicts = {}
        for environment, policy in view.policies.items():
            candidate, pull = history.open(environment), view.sight.environments[environment].pull
            evidence = view.sight.evidence.get(candidate) if candidate else None
            if candidate and pull and evidence and pull.state is not PullSeen.CLOSED:
                circumstances = self._assembler.merging(view, environment, candidate, history, pull)
                placeholders = view.service.placeholders(candidate.release)
                occasion = Occasion(candidate, placeholders, Phase.MERGE, view.sight.now, circumstances)
                accused = with_denials(policy, evidence, occasion, view.estate.standing_denials)
                verdicts[environment] = self._evaluator.judge(policy, evidence, accused)
        return verdicts

    def _entries(self, view: View, history: History) -> tuple[AnyEntry, ...]:
        """Give what follows from the view, promotions with their release record, then decisions that are new."""
        entries = tuple(self._recorded(view, entry, history) for entry in follow(view, history))
        after = extend(history, entries)
        decided = (
            entry
            for verdict in (*view.verdicts.values(), *(one for one in view.merges.values() if one.merging))
            for entry in self._decisions.entry(view, verdict, view.sight.evidence[verdict.candidate], after)
        )
        return (*entries, *decided)

    def _recorded(self, view: View, entry: AnyEntry, history: History) -> AnyEntry:
        """Give a promotion its release record, by the last firm decision where nothing could be decided now.

        Its bytes are durable before the entry.
        """
        if not isinstance(entry, StandingMoved) or entry.state is not Standing.PROMOTED:
            return entry
        verdict = view.verdicts.get((entry.environment, entry.candidate))
        if verdict is None:
            return entry
        spot = history.spot(entry.environment, entry.candidate)
        approvals = _approvals(view, entry, spot)
        evidence = view.sight.evidence[entry.candidate]
        if verdict.outcome is Outcome.UNDECIDED and spot and spot.firm:
            verdict, evidence = self._decisions.recall(spot.firm)
        record = self._decisions.record(verdict, evidence, approvals)
        return replace(entry, refs=(record,))


_TROUBLESOME = {"merge": {Deed.MERGE}, "edit": {Deed.OPEN, Deed.REWRITE}}


def _is_over(actions: tuple[Action, ...], what: str) -> bool:
    """Tell whether a trouble is about a merge or edit that nothing calls for any more."""
    kind, _, environment = what.partition(" ")
    deeds = _TROUBLESOME.get(kind, set())
    return bool(deeds) and not any(one.environment == environment and one.deed in deeds for one in actions)


def _approvals(view: View, entry: StandingMoved, spot: Spot | None) -> str:
    """Give who had approved what was merged, as the forge says it after the merge, or else as it was seen before."""
    if entry.event is not StandingEvent.MERGED:
        return ""
    pull = view.sight.environments[entry.environment].pull
    if pull and pull.state is PullSeen.MERGED and pull.is_counted and pull.approvers:
        return name_approvers(pull)
    return spot.actor if spot else ""


def _undecided(view: View, environment: str) -> frozenset[Candidate]:
    """Give the candidates whose verdict could not be reached now: whatever they were before, nothing is done on it."""
    return frozenset(
        candidate
        for (name, candidate), verdict in view.verdicts.items()
        if name == environment and is_undecided(view, verdict)
    )
