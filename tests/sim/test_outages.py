"""Something outside is silent: nothing is proposed or merged meanwhile, nothing is forgotten, and it is said once."""

import json
from collections import Counter
from collections.abc import Callable

import pytest

from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.eligibility import Eligibility
from promoter.core.record import OutsideFailed, OutsideRecovered, StandingMoved
from promoter.core.standing import Standing, StandingEvent
from promoter.local.forge.records import CheckState
from promoter.local.world import ADMIN, MANAGERS
from promoter.ports import Outside, PullState
from tests.sim.fuse import silence
from tests.sim.layout import APPROVED_DEV, DESK, DEV, SIGNED, SIGNED_ONLY, Plan
from tests.sim.town import Town

SILENCES: dict[str, Callable[[Outside], Outside]] = {
    "registry": silence("registry"),
    "referrers": silence("registry", "referrers", code=Code.OUTSIDE_TIMEOUT),
    "tag": silence("registry", "head"),
    "forge": silence("forge"),
    "git": silence("environments"),
    "source": silence("sources"),
}
EACH = [pytest.param(name, marks=() if name in {"registry", "forge"} else pytest.mark.slow) for name in SILENCES]
DECIDED_WITHOUT = ("forge", "git")
"""Silences that end a pass before anything is judged: what stands at the forge is left as it is."""


@pytest.fixture
def town(founded: Callable[[Plan], Town]) -> Town:
    """A town with one environment of each kind, in which 1.0.0 runs in dev and is approved at the desk."""
    town = founded(Plan((DEV, DESK), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run(3)
    town.approve("desk", MANAGERS[0])
    town.run()
    assert town.light("desk", town.pull("desk").head) is CheckState.SUCCESS
    return town


def flood(town: Town) -> Counter[str]:
    """Count the entries by kind."""
    return Counter(entry.kind for entry in town.entries())


@pytest.mark.parametrize("name", EACH)
def test_nothing_is_done_while_something_is_silent_and_all_is_as_before_when_it_answers_again(
    town: Town, name: str
) -> None:
    pull = town.pull("desk")
    before = (town.state("desk", "1.0.0"), town.state("dev", "1.0.0"), len(town.pulls()), town.pins("dev"))
    town.start(SILENCES[name])  # a new process: what the old one remembered does not help
    town.run()
    first = flood(town)
    town.run(8)
    assert flood(town) == first
    assert first["outside-failed"] <= 1
    assert (town.state("desk", "1.0.0"), town.state("dev", "1.0.0"), len(town.pulls()), town.pins("dev")) == before
    assert town.light("desk", pull.head) is (CheckState.SUCCESS if name in DECIDED_WITHOUT else CheckState.PENDING)
    town.rewire(lambda outside: outside)
    town.run(2)
    assert town.light("desk", pull.head) is CheckState.SUCCESS
    assert town.pull("desk").head == pull.head
    failed = [e for e in town.entries() if isinstance(e, OutsideFailed)]
    recovered = [e for e in town.entries() if isinstance(e, OutsideRecovered)]
    assert [e.what for e in failed] == [e.what for e in recovered]
    assert town.history().failing == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH)
def test_a_new_release_is_not_proposed_while_something_is_silent(founded: Callable[[Plan], Town], name: str) -> None:
    town = founded(Plan((DEV,)))
    town.start(SILENCES[name])
    town.release("1.0.0")
    town.run(3)
    assert town.pulls() == ()
    assert [branch for branch, _ in town.git.branches()] == ["main"]
    town.rewire(lambda outside: outside)
    town.run()
    assert town.spot("dev", "1.0.0").standing is Standing.PROMOTED
    assert town.pull("dev").state is PullState.MERGED


@pytest.mark.slow
def test_nothing_is_rewritten_or_superseded_on_a_verdict_that_could_not_be_reached(town: Town) -> None:
    old = town.pull("desk").head
    town.rewire(silence("registry", "head"))
    town.commit("main", "desk", "# Moved.\n" + town.pins("desk"))
    town.release("1.1.0", SIGNED)
    town.run(3)
    assert town.pull("desk").head == old
    assert town.light("desk", old) is CheckState.PENDING
    town.rewire(lambda outside: outside)
    town.run()
    assert town.pull("desk").title == "promote cart 1.1.0 to desk"


def test_a_release_that_was_eligible_is_not_proposed_on_a_verdict_that_could_not_be_reached(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((DESK,), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.rewire(silence("environments", "push"))
    town.run()
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.NONE)
    town.rewire(silence("registry"))
    report = town.run(2)
    assert (report.actions, town.pulls()) == ((), ())
    town.rewire(lambda outside: outside)
    town.run()
    assert town.pull("desk").state is PullState.OPEN


def test_a_merge_is_put_off_when_the_source_does_not_answer_at_the_last_moment(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((APPROVED_DEV,), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run()
    town.approve("dev", MANAGERS[0])
    town.rewire(silence("registry", "referrers"))
    town.run(3)
    assert town.pull("dev").state is PullState.OPEN
    town.rewire(lambda outside: outside)
    town.run()
    assert town.pull("dev").state is PullState.MERGED


@pytest.mark.slow
@pytest.mark.parametrize(
    ("passes", "event", "incidents"),
    [(0, StandingEvent.MERGED, ()), (1, StandingEvent.PINNED_OUT_OF_BAND, ("out-of-band",))],
    ids=["merged before the silence", "merged against the pending check"],
)
def test_a_promotion_that_is_seen_while_the_registry_is_silent_has_its_whole_record(
    town: Town, passes: int, event: StandingEvent, incidents: tuple[str, ...]
) -> None:
    pull = town.pull("desk")
    town.start(silence("registry"))
    town.run(passes)
    town.person(ADMIN).merge(pull.number, pull.head)
    town.run(2)
    moves = [e for e in town.entries() if isinstance(e, StandingMoved) and e.environment == "desk"]
    (record,) = [e.refs[0] for e in moves if e.state is Standing.PROMOTED]
    raw = town.store.blobs.get(record)
    assert raw is not None
    document = json.loads(raw)
    assert document["signer"].startswith("https://forge.acme.example/shop/cart/.github/workflows/release.yml@")
    assert (document["policy_decision"], document["source_commit"]) == ("pass", town.mint.source("1.0.0").commit)
    assert [e.event for e in moves if e.state is Standing.PROMOTED] == [event]
    assert tuple(incident.what for incident in town.incidents()) == incidents


@pytest.mark.slow
def test_a_check_that_the_forge_did_not_take_is_sent_again(town: Town) -> None:
    head = town.pull("desk").head
    digest = town.history().known["1.0.0"].candidate.digest
    town.rewire(silence("forge", "status"))
    town.run()
    move(town, digest)
    town.run()
    assert town.light("desk", head) is CheckState.SUCCESS
    town.rewire(lambda outside: outside)
    town.run()
    assert town.light("desk", head) is CheckState.FAILURE


def move(town: Town, digest: Digest) -> None:
    """Let the tag move away from a digest."""
    assert town.move_tag("1.0.0") != digest


@pytest.mark.slow
def test_a_forge_that_is_really_gone_is_reported_and_found_again(town: Town) -> None:
    port = int(town.world.forge.url.rpartition(":")[2])
    town.world.forge.stop()
    report = town.run(2)
    assert report.trouble is not None
    assert report.trouble.code is Code.OUTSIDE_UNREACHABLE
    assert town.history().failing == {"world": "outside.unreachable"}
    town.world.forge.start(port)
    assert town.run().trouble is None
    assert town.history().failing == {}


@pytest.mark.parametrize(
    ("port", "method"),
    [
        ("registry", "tags"),
        pytest.param("registry", "referrers", marks=pytest.mark.slow),
        pytest.param("registry", "head", marks=pytest.mark.slow),
        pytest.param("sources", "revision", marks=pytest.mark.slow),
    ],
)
def test_a_pause_that_is_asked_for_reaches_the_report(town: Town, port: str, method: str) -> None:
    town.start(silence(port, method, code=Code.OUTSIDE_RATE_LIMITED, retry_after=600.0))
    trouble = town.run().trouble
    assert trouble is not None
    assert (trouble.code, trouble.retry_after) == (Code.OUTSIDE_RATE_LIMITED, 600.0)
    town.rewire(lambda outside: outside)
    assert town.run().trouble is None
