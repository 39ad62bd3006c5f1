"""Looks at the world for one service and says what it saw, as values. Decides nothing.

What cannot be asked is part of what was seen (a `LookupFailure`), except the environment repository and the forge:
without them nothing can be done, so their `OutsideError` ends the pass and the scheduler comes back later.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from promoter.clusters import Clusters
from promoter.core.candidate import Candidate, Digest
from promoter.core.codes import Code
from promoter.core.edit import read_pins
from promoter.core.environment import Environment, Service, branch_name
from promoter.core.evidence import Evidence
from promoter.core.history import History
from promoter.core.pins import Pin
from promoter.core.pulls import is_unfinished
from promoter.core.sight import Approver, EnvironmentSight, PinSight, PullSeen, PullSight, Sight
from promoter.core.standing import OPEN, Standing
from promoter.core.target import EditRefused
from promoter.core.view import in_flight
from promoter.discovery import Discovery
from promoter.gather import Gatherer
from promoter.journal import Journal
from promoter.outages import Outages, worse
from promoter.ports import Outside, OutsideError, Pull, PullState, Review, ReviewState
from promoter.troubles import Troubles
from promoter.trunk import Trunk

_STATES = {PullState.OPEN: PullSeen.OPEN, PullState.MERGED: PullSeen.MERGED, PullState.CLOSED: PullSeen.CLOSED}
_MISSING = timedelta(minutes=1)  # between two questions for a git tag that was not there
_ELSEWHERE = timedelta(minutes=10)  # between two questions whether a commit has come to a branch where it was not


class Observer:
    """Looks at services; keeps what is the same for all of them."""

    def __init__(self, outside: Outside, journal: Journal, gatherer: Gatherer, outages: Outages, trunk: Trunk) -> None:
        self._outside = outside
        self._journal = journal
        self._gatherer = gatherer
        self._outages = outages
        self.trunk = trunk
        self._login = ""
        self._pins: dict[tuple[str, str], tuple[str, PinSight]] = {}
        self.troubles = Troubles(journal)
        self.discovery = Discovery(outside, journal, gatherer, self.troubles)
        self._clusters = Clusters(outside, self.troubles)
        self.moves: dict[Candidate, Digest] = {}  # tags found moved by their bytes since the last look

    def look(self, service: Service, graph: tuple[Environment, ...], now: datetime) -> Sight:
        """Look at everything that concerns a service; new releases are in the ledger before they are looked at."""
        self._outages.begin(*_asked(service))
        tags = self.discovery.discover(service, now)
        history = self._journal.history(service.name)
        candidates = in_flight(service, history)
        self._renew_sources(service, candidates, history, now)
        moved: dict[Candidate, Digest] = {one: self.moves.pop(one) for one in candidates if one in self.moves}
        evidence: dict[Candidate, Evidence] = {}
        for candidate in candidates:
            found = self.discovery.evidence_now(service, candidate, history, tags)
            evidence[candidate] = self.discovery.watch(service, candidate, history, found, moved)
        environments = self._environments(service, graph, history, now)
        root = self._outside.signatures.root().digest
        runtimes = self._clusters.runtimes(service, graph, history, now)
        return Sight(now, self.login(), evidence, environments, root, moved, runtimes)

    def trouble(self, service: Service) -> OutsideError | None:
        """Give what to wait for after the last look at a service: of several, what asks for the longest pause."""
        found = self.discovery.silence(service)
        for name in _asked(service):
            found = worse(found, self._outages.worst(name))
        return found

    def moved(self, service: Service, candidate: Candidate, history: History) -> Digest | None:
        """Give what a release's tag names now by the bytes themselves, where it moved: a header may say anything.

        A tag that is gone names nothing else; what it named must still be there, or OutsideError says that it is not.
        What was found is in the next look.
        """
        try:
            digest = self._outside.registry.manifest(service.image, candidate.release).digest
        except OutsideError as error:
            if error.code is not Code.OUTSIDE_NOT_FOUND:
                raise
            digest = self._outside.registry.manifest(service.image, candidate.digest).digest
        if digest in {candidate.digest, *history.known[candidate.release].accepted}:
            return None
        self.moves[candidate] = digest
        return digest

    def _renew_sources(
        self, service: Service, candidates: tuple[Candidate, ...], history: History, now: datetime
    ) -> None:
        """Let the git tags of open proposals be asked again, for people merge by the check; and the missing ones."""
        proposed = {c for (_, c), spot in history.spots.items() if spot.standing in OPEN}
        for candidate in candidates:
            if candidate in proposed:
                self._gatherer.renew_source(service, candidate.release, now, self.trunk.patience)
            elif not self._gatherer.has_source(service, candidate.release):
                self._gatherer.renew_source(service, candidate.release, now, _MISSING)
            elif not self._gatherer.is_everywhere(service, candidate.release):
                self._gatherer.renew_source(service, candidate.release, now, _ELSEWHERE)

    def login(self) -> str:
        """Give the bot's account on the forge, asked once."""
        if not self._login:
            self._login = self._outside.forge.login()
        return self._login

    # --- the forge ----------------------------------------------------------------------------------------------------

    def _pull(self, node: Environment, service: Service, history: History) -> PullSight | None:
        branch = branch_name(node.name, service.name)
        opened = history.open(node.name)
        if opened:
            pull = self._outside.forge.pull(history.spots[node.name, opened].number)
        elif history.heads.get(branch) and self._is_unfinished(node, branch, history):
            found = self._outside.forge.find(branch)
            if found is None or found.state is not PullState.OPEN:
                return None
            pull = found
        else:
            return None
        return self._sight(node, service, pull, history)

    def pull_now(self, node: Environment, service: Service, number: int, history: History) -> PullSight:
        """Look at a pull request and its reviews again."""
        return self._sight(node, service, self._outside.forge.pull(number), history)

    def _sight(self, node: Environment, service: Service, pull: Pull, history: History) -> PullSight:
        is_asked = pull.state is not PullState.CLOSED  # of a merged one too: an approval may have been lost before
        reviews = self._outside.forge.reviews(pull.number) if is_asked else ()
        announced = history.announced(branch_name(node.name, service.name), pull.head)
        candidate = announced.candidate if announced else history.open(node.name)
        if pull.state is PullState.MERGED:
            spot = history.spot(node.name, candidate) if candidate else None
            reviews = _as_of_merge(pull, reviews, was_approved=spot is not None and spot.standing is Standing.APPROVED)
        sight = _pull_sight(pull, announced is not None, reviews, self._excluded(node, service, candidate, history))
        source = self._gatherer.source(service, candidate.release) if candidate else None
        return replace(sight, is_attributed=source is not None and not source.unmapped)

    def _is_unfinished(self, node: Environment, branch: str, history: History) -> bool:
        announced = history.heads[branch][-1]
        return is_unfinished(announced, history.spots[node.name, announced.candidate])

    def _excluded(
        self, node: Environment, service: Service, candidate: Candidate | None, history: History
    ) -> tuple[str, ...] | None:
        """Give the logins whose approval does not count: the bot's, the release's authors', and of who asked for it.

        None where they are not known: any approval could be an author's, who has no account by the commit's address.
        """
        source = self._gatherer.source(service, candidate.release) if candidate else None
        if source is None or (source.unmapped and node.approvals):
            return None
        spot = history.spot(node.name, candidate) if candidate else None
        return (self.login(), *source.authors, *sorted(spot.askers if spot else ()))

    # --- the environment repository -----------------------------------------------------------------------------------

    def _environments(
        self, service: Service, graph: tuple[Environment, ...], history: History, now: datetime
    ) -> dict[str, EnvironmentSight]:
        """Look at the base before the pull requests, and again only for those that are merged.

        A pull request that is seen open was then not merged in the base it is compared with.
        """
        before = self.trunk.commit(now, fresh=False)
        pulls = {node.name: self._pull(node, service, history) for node in graph}
        merged = {name for name, pull in pulls.items() if pull and pull.state is PullSeen.MERGED}
        after = self.trunk.commit(now, fresh=True) if merged else before
        return {
            node.name: self._environment(
                service, node, pulls[node.name], after if node.name in merged else before, history
            )
            for node in graph
        }

    def _environment(
        self, service: Service, node: Environment, pull: PullSight | None, base: str, history: History
    ) -> EnvironmentSight:
        branch = branch_name(node.name, service.name)
        head = self._outside.environments.branch(branch)
        if pull and pull.state is PullSeen.MERGED:
            pull = replace(pull, in_base=self._is_in_base(base, pull.merge_commit))
        announced = history.announced(branch, head) if head else None
        is_ours = head is None or announced is not None or self._is_merged(base, head)
        return EnvironmentSight(
            name=node.name,
            base=base,
            pin=self._pin(service, node.name, base),
            pull=pull,
            is_stale=bool(announced and self._is_stale(service, node.name, base, announced.parent)),
            branch_head=head or "",
            branch_is_ours=is_ours,
        )

    def pin_now(self, service: Service, environment: str, now: datetime) -> PinSight:
        """Look at what an environment pins in the base branch as it was fetched last."""
        return self._pin(service, environment, self.trunk.commit(now, fresh=False))

    def _is_in_base(self, base: str, commit: str) -> bool:
        """Tell whether the fetched base contains a commit; one that the clone has not seen yet is not in it yet."""
        try:
            return self._outside.environments.merge_base(base, commit) == commit
        except OutsideError as error:
            if error.code is Code.OUTSIDE_NOT_FOUND:
                return False
            raise

    def _is_merged(self, base: str, head: str) -> bool:
        return self._outside.environments.merge_base(base, head) == head

    def _is_stale(self, service: Service, environment: str, base: str, parent: str) -> bool:
        read, paths = self._outside.environments.read, {target.path for target in service.targets[environment]}
        return base != parent and any(read(base, path) != read(parent, path) for path in paths)

    def _pin(self, service: Service, environment: str, base: str) -> PinSight:
        key = (service.name, environment)
        known = self._pins.get(key)
        if known and known[0] == base:
            return known[1]
        sight = self._read_pin(service, environment, base)
        self._pins[key] = (base, sight)
        return sight

    def _read_pin(self, service: Service, environment: str, base: str) -> PinSight:
        pins: list[Pin] = []
        for target in service.targets[environment]:
            raw = self._outside.environments.read(base, target.path)
            if raw is None:
                return PinSight(trouble=f"{target.path}: no such file in the environment repository at {base[:12]}")
            try:
                pins += read_pins(raw, target, service.image)
            except EditRefused as refused:
                return PinSight(trouble=str(refused))
        tags, digests = {pin.tag for pin in pins if pin.tag}, {pin.digest or "" for pin in pins}
        tag, is_one = ", ".join(sorted(tags)), len(tags) < 2 and len(digests) == 1
        return PinSight(tag, digests.pop() if is_one else "", is_split=not is_one)


def _asked(service: Service) -> tuple[str, str]:
    return str(service.image), service.source


def _as_of_merge(pull: Pull, reviews: tuple[Review, ...], *, was_approved: bool) -> tuple[Review, ...]:
    """Give the reviews of a merged pull request as they were when it was merged.

    What was written later says nothing about the merge. Whether a reviewer may write is known as of now only; it is
    left aside where enough approvals of people who might were seen before.
    """
    before = (one for one in reviews if pull.merged_at is None or one.at <= pull.merged_at)
    return tuple(replace(one, may_write=one.may_write or was_approved) for one in before)


def _pull_sight(pull: Pull, is_ours: bool, reviews: tuple[Review, ...], excluded: tuple[str, ...] | None) -> PullSight:
    newest: dict[str, Review] = {}
    for review in reviews:
        if review.state is not ReviewState.COMMENTED:
            newest[review.login] = review
    people = (review for review in newest.values() if review.is_person and review.may_write)
    counted = [review for review in people if review.login not in (excluded or ())]
    return PullSight(
        number=pull.number,
        state=_STATES[pull.state],
        head=pull.head,
        url=pull.url,
        is_ours=is_ours,
        is_counted=excluded is not None,
        approvers=tuple(
            Approver(r.login, r.user_id, r.at, r.text)
            for r in counted
            if r.state is ReviewState.APPROVED and r.commit == pull.head
        ),
        refusers=tuple(r.login for r in counted if r.state is ReviewState.CHANGES_REQUESTED),
        merged_by=pull.merged_by,
        closed_by=pull.closed_by,
        merge_commit=pull.merge_commit,
    )
