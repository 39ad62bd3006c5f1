"""The process dies between any two outside changes and starts again: the same end, with nothing lost or done twice.

Every kill has a service of its own in one town, so that each begins from the same state without founding a world anew.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import pytest

from promoter.core.eligibility import Eligibility
from promoter.core.record import StandingMoved
from promoter.core.standing import Standing, StandingEvent
from promoter.local.forge.records import CheckState
from promoter.local.world import MANAGERS
from promoter.ports import PullState
from tests.sim.fuse import CHANGES, Fuse, Killed
from tests.sim.layout import APPROVED_DEV, DESK, SIGNED, SIGNED_ONLY, Plan
from tests.sim.town import Town

pytestmark = pytest.mark.slow

_MOST = 60
_SERVICES = {f"s{number:02}": f"shop/s{number:02}" for number in range(_MOST)}
_PROMISED = {StandingEvent.PR_OPENED, StandingEvent.NEWER_WON, StandingEvent.MERGED, StandingEvent.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Story:
    """What happens before the kill, what the bot dies of, and where it must end."""

    environment: str
    before: Callable[[Town, str], None]
    happens: Callable[[Town, str], None]
    ends: Callable[[Town, str], None]
    moves: tuple[tuple[str, StandingEvent], ...]
    ports: frozenset[str] = frozenset(CHANGES) - {"blobs"}  # content-addressed: the first story is enough for them


def nothing(town: Town, service: str) -> None:
    """The service is new."""


def release(name: str) -> Callable[[Town, str], None]:
    """Release something."""

    def happen(town: Town, service: str) -> None:
        town.release(name, SIGNED, _SERVICES[service])

    return happen


def approved(town: Town, service: str) -> None:
    """The proposal of 1.0.0 is approved."""
    pull = town.pull("dev", service)
    town.person(MANAGERS[0]).approve(pull.number, pull.head)


def moved(town: Town, service: str) -> None:
    """The tag of 1.0.0 moves."""
    town.move_tag("1.0.0", _SERVICES[service])


def rebased(town: Town, service: str) -> None:
    """The manifest on the base branch changes, so that the proposal is made again."""
    town.commit("main", "desk", "# Moved.\n" + town.pins("desk", service), service=service)


def proposed(town: Town, service: str) -> None:
    """1.0.0 is proposed."""
    town.release("1.0.0", SIGNED, _SERVICES[service])
    town.run(1, service)


def ends_open(town: Town, service: str) -> None:
    digest = town.history(service).known["1.0.0"].candidate.digest
    pull = town.pull("desk", service)
    assert town.state("desk", "1.0.0", service) == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert pull.state is PullState.OPEN
    assert digest in town.pins("desk", service, pull.head)
    assert town.light("desk", pull.head) is CheckState.PENDING


def ends_rewritten(town: Town, service: str) -> None:
    ends_open(town, service)
    assert town.pins("desk", service, town.pull("desk", service).head).startswith("# Moved.\n")
    assert town.commit_facts(town.pull("desk", service).head).parents == (town.git.ref("refs/heads/main"),)


def ends_superseded(town: Town, service: str) -> None:
    digest = town.history(service).known["1.1.0"].candidate.digest
    pull = town.pull("desk", service)
    assert town.state("desk", "1.0.0", service) == (Eligibility.ELIGIBLE, Standing.SUPERSEDED)
    assert town.state("desk", "1.1.0", service) == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert (pull.state, pull.title) == (PullState.OPEN, f"promote {service} 1.1.0 to desk")
    assert digest in town.pins("desk", service, pull.head)
    assert town.light("desk", pull.head) is CheckState.PENDING


def ends_merged(town: Town, service: str) -> None:
    digest = town.history(service).known["1.0.0"].candidate.digest
    pull = town.pull("dev", service)
    assert town.state("dev", "1.0.0", service)[1] in {Standing.PROMOTED, Standing.SETTLED}
    assert pull.state is PullState.MERGED
    assert digest in town.pins("dev", service)
    assert town.incidents(service) == ()
    promotions = [e for e in town.entries(service) if isinstance(e, StandingMoved) and e.event is StandingEvent.MERGED]
    assert [len(entry.refs) for entry in promotions] == [1]


def ends_withdrawn(town: Town, service: str) -> None:
    pull = town.pull("desk", service)
    assert town.state("desk", "1.0.0", service) == (Eligibility.FROZEN, Standing.NONE)
    assert pull.state is PullState.CLOSED
    assert pull.closed_by is not None
    assert pull.closed_by.login == "promoter-bot"
    assert [incident.what for incident in town.incidents(service)] == ["tag-moved"]
    said = [comment.body for comment in town.hosted.comments if comment.pull == pull.number]
    assert sum(body.startswith("Closed by the bot") for body in said) == 1
    assert town.light("desk", pull.head) is CheckState.FAILURE


_OPENED = ("1.0.0", StandingEvent.PR_OPENED)
STORIES = {
    "open": Story("desk", nothing, release("1.0.0"), ends_open, (_OPENED,), frozenset(CHANGES)),
    "supersede": Story(
        "desk",
        proposed,
        release("1.1.0"),
        ends_superseded,
        (_OPENED, ("1.0.0", StandingEvent.NEWER_WON), ("1.1.0", StandingEvent.PR_OPENED)),
    ),
    "rewrite": Story("desk", proposed, rebased, ends_rewritten, (_OPENED,)),
    "merge": Story("dev", proposed, approved, ends_merged, (_OPENED, ("1.0.0", StandingEvent.MERGED))),
    "withdraw": Story(
        "desk",
        proposed,
        moved,
        ends_withdrawn,
        (_OPENED, ("1.0.0", StandingEvent.WITHDRAWN)),
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_bot_killed_after_any_change_ends_where_it_would_have_ended(
    founded: Callable[[Plan], Town], name: str
) -> None:
    story = STORIES[name]
    town = founded(Plan((APPROVED_DEV if story.environment == "dev" else DESK,), _SERVICES, SIGNED_ONLY))
    for changes, service in zip(count(), _SERVICES, strict=False):
        fuse = Fuse(changes, story.ports)
        story.before(town, service)
        story.happens(town, service)
        town.rewire(fuse.wrap)
        with suppress(Killed):
            town.run(1, service)
        town.start()
        town.run(1, service)
        story.ends(town, service)
        moves = [(e.release, e.event) for e in town.entries(service) if isinstance(e, StandingMoved)]
        assert Counter(move for move in moves if move[1] in _PROMISED) == Counter(story.moves)
        if not fuse.is_burnt:
            break
    assert not fuse.is_burnt, f"{name} makes more than {_MOST} changes"
    assert changes >= 5
    assert town.audit() == ()
