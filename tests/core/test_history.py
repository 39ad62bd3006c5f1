"""What the ledger's entries amount to: each kind of entry, the order they may come in, and nothing forgotten."""

from dataclasses import replace

import pytest

from promoter.core.candidate import digest_of
from promoter.core.eligibility import Eligibility, EligibilityEvent, IllegalTransition
from promoter.core.entry import Entry
from promoter.core.history import History, Spot, fold
from promoter.core.record import (
    Announced,
    AnyEntry,
    Decided,
    FreezeEnded,
    Incident,
    OutsideFailed,
    OutsideRecovered,
    StandingMoved,
    TagMoved,
    TagsSeen,
)
from promoter.core.standing import Standing, StandingEvent
from promoter.core.view import extend
from tests.core.scenes import (
    HEAD,
    LONG_AGO,
    NEW,
    NOW,
    OLD,
    announce,
    candidate,
    check,
    deserve,
    going,
    know,
    propose,
    run,
    stand,
)

ELSEWHERE = digest_of(b"other bytes")


def tags(*names: str) -> TagsSeen:
    return TagsSeen(at=NOW, service="cart", tags=names)


def tag_moved(to: str) -> TagMoved:
    return TagMoved(at=NOW, service="cart", release="1.1.0", digest=NEW.digest, moved_to=to)


def freeze_ended(accepted: str) -> FreezeEnded:
    about = {"at": NOW, "service": "cart", "release": "1.1.0", "digest": NEW.digest}
    return FreezeEnded(**about, actor="ops", reason="seen", accepted=accepted)  # type: ignore[arg-type]


def decided(phase: str, key: str) -> Decided:
    return Decided(
        at=NOW,
        service="cart",
        release="1.1.0",
        digest=NEW.digest,
        environment="dev",
        phase=phase,
        outcome="pass",
        codes=(),
        key=key,
        decision=digest_of(key.encode()),
    )


def incident(detail: str) -> Incident:
    return Incident(at=NOW, service="cart", what="out-of-band", detail=detail)


def test_tags_are_kept_in_the_order_of_their_first_sight() -> None:
    seen = extend(History(), (tags("b", "a"), replace(tags("a", "c", "b"), is_first=False))).seen

    assert list(seen.items()) == [("b", False), ("a", False), ("c", True)]


def test_a_release_is_known_by_its_first_digest() -> None:
    known = know(History(), NEW).known["1.1.0"]

    assert (known.candidate, known.resolved.at, known.is_frozen) == (NEW, LONG_AGO, False)


@pytest.mark.parametrize(
    ("entries", "is_frozen"),
    [
        ((), False),
        ((tag_moved(ELSEWHERE),), True),
        ((tag_moved(ELSEWHERE), freeze_ended(ELSEWHERE)), False),
        ((tag_moved(ELSEWHERE), freeze_ended(digest_of(b"third"))), True),
        ((tag_moved(ELSEWHERE), freeze_ended(ELSEWHERE), tag_moved(digest_of(b"third"))), True),
        ((tag_moved(ELSEWHERE), freeze_ended(ELSEWHERE), tag_moved(ELSEWHERE)), False),
    ],
)
def test_a_release_is_frozen_until_a_person_accepts_exactly_these_bytes(
    entries: tuple[AnyEntry, ...], is_frozen: bool
) -> None:
    known = extend(know(History(), NEW), entries).known["1.1.0"]

    assert known.is_frozen is (known.freeze is not None) is is_frozen
    assert known.candidate == NEW


def test_who_ended_each_freeze_is_kept_and_what_they_accepted() -> None:
    third = digest_of(b"third")
    first, second = freeze_ended(ELSEWHERE), replace(freeze_ended(third), actor="ines", reason="rebuilt by mistake")
    known = extend(know(History(), NEW), (tag_moved(ELSEWHERE), first, tag_moved(third), second)).known["1.1.0"]

    assert known.ended == (first, second)
    assert known.accepted == (ELSEWHERE, third)


def test_a_frozen_release_says_why_and_how_a_person_ends_that() -> None:
    freeze = extend(know(History(), NEW), (tag_moved(ELSEWHERE),)).known["1.1.0"].freeze

    assert freeze
    assert freeze.sentence == f"the tag 1.1.0 was moved to {ELSEWHERE}"
    assert freeze.remedy == (
        "Operator: find out who moved the tag, then `promoter release cart 1.1.0 --reason ...`; or cut a new release."
    )


def test_a_move_of_the_tag_of_an_unknown_release_is_a_bug() -> None:
    with pytest.raises(KeyError, match=r"1\.1\.0"):
        fold(tag_moved(ELSEWHERE), History())


def test_only_the_first_digest_of_a_release_is_known_under_its_name() -> None:
    history = know(History(), NEW)

    assert history.known_as(NEW) == history.known["1.1.0"]
    assert history.known_as(replace(NEW, digest=ELSEWHERE)) is None
    assert history.known_as(replace(NEW, release="9.9.9")) is None


def test_the_last_decision_of_each_phase_is_kept() -> None:
    history = extend(know(History(), NEW), (decided("propose", "a"), decided("merge", "b"), decided("propose", "c")))

    kept = history.spots["dev", NEW].decided
    assert {phase: entry.key for phase, entry in kept.items()} == {"propose": "c", "merge": "b"}


def test_a_candidate_without_a_place_is_discovered_where_the_first_entry_puts_it() -> None:
    history = extend(History(), (decided("propose", "a"),))

    assert history.spot("dev", NEW) == Spot(
        Eligibility.DISCOVERED, decided={"propose": decided("propose", "a")}, firm=decided("propose", "a")
    )
    assert history.spot("prod", NEW) is None


def test_eligibility_and_standing_move_without_touching_each_other() -> None:
    history = deserve(run(know(History(), NEW), "prod", NEW), "prod", NEW, EligibilityEvent.CLEARED)

    history = deserve(history, "prod", NEW, EligibilityEvent.DENIED, why=("digest denied",))

    spot = history.spots["prod", NEW]
    assert (spot.eligibility, spot.why, spot.standing) == (Eligibility.REVOKED, ("digest denied",), Standing.SETTLED)


def test_an_entry_whose_event_is_no_row_of_its_table_raises() -> None:
    history = know(History(), NEW)

    with pytest.raises(IllegalTransition, match="merged in state none"):
        stand(history, "dev", NEW, StandingEvent.MERGED)
    with pytest.raises(IllegalTransition, match="lifted in state discovered"):
        deserve(history, "dev", NEW, EligibilityEvent.LIFTED)


def test_the_state_that_an_entry_carries_for_readers_decides_nothing() -> None:
    entry = StandingMoved(
        at=NOW,
        service="cart",
        release="1.1.0",
        digest=NEW.digest,
        environment="dev",
        event=StandingEvent.PR_OPENED,
        state=Standing.SETTLED,
    )

    assert fold(entry, know(History(), NEW)).spots["dev", NEW].standing is Standing.PROPOSED


def test_a_place_remembers_number_head_actor_and_since_when() -> None:
    history = propose(know(History(), NEW), "dev", NEW)
    moved = StandingMoved(
        at=NOW,
        service="cart",
        release="1.1.0",
        digest=NEW.digest,
        environment="dev",
        event=StandingEvent.APPROVED,
        state=Standing.APPROVED,
        actor="ann (1)",
    )

    spot = fold(moved, history).spots["dev", NEW]

    assert (spot.number, spot.head, spot.actor, spot.since) == (7, HEAD, "ann (1)", NOW)


def test_a_new_commit_forgets_the_check_and_the_announced_merge_of_the_old_one() -> None:
    history = announce(propose(know(History(), NEW), "dev", NEW), "dev", NEW, act="merge")
    before = history.spots["dev", NEW]
    assert before.checked is not None
    assert (before.checked.state, before.merge_announced) == ("success", HEAD)

    after = stand(history, "dev", NEW, StandingEvent.REWRITTEN, head="f" * 40).spots["dev", NEW]

    assert (after.checked, after.merge_announced, after.head) == (None, "", "f" * 40)


def test_having_settled_once_is_never_forgotten() -> None:
    history = stand(run(know(History(), NEW), "dev", NEW), "dev", NEW, StandingEvent.NEWER_MERGED)

    assert history.spots["dev", NEW].settled
    assert stand(history, "dev", NEW, StandingEvent.PR_OPENED).spots["dev", NEW].settled


def test_commits_of_ours_are_known_by_branch_and_head() -> None:
    history = announce(know(History(), NEW), "dev", NEW)
    history = announce(history, "dev", NEW, "f" * 40, act="withdraw")

    found = history.announced("promote/dev/cart", HEAD)
    assert found is not None
    assert found.candidate == NEW
    assert history.announced("promote/prod/cart", HEAD) is None
    assert history.announced("promote/dev/cart", "f" * 40) is None


def test_only_the_newest_commits_of_a_branch_are_kept() -> None:
    history = know(History(), NEW)
    for number in range(60):
        history = announce(history, "dev", NEW, f"{number:040x}")

    kept: tuple[Announced, ...] = history.heads["promote/dev/cart"]
    assert [entry.head for entry in kept] == [f"{number:040x}" for number in range(9, 60)]


def test_what_runs_and_what_is_open_is_told_for_each_environment() -> None:
    history = propose(going(), "staging", NEW)

    assert [history.running(name) for name in ("dev", "staging", "prod", "elsewhere")] == [OLD, OLD, OLD, None]
    assert [history.open(name) for name in ("dev", "staging", "prod")] == [None, NEW, None]


def test_a_check_is_known_with_its_head() -> None:
    history = check(propose(know(History(), NEW), "dev", NEW), "dev", NEW, "failure", "f" * 40)

    checked = history.spots["dev", NEW].checked
    assert checked is not None
    assert (checked.head, checked.state, checked.summary) == ("f" * 40, "failure", "the check is failure")


def test_what_fails_outside_is_known_until_it_recovers() -> None:
    failed = OutsideFailed(at=NOW, service="cart", what="registry", code="outside.timeout", detail="10 s")
    worse = replace(failed, code="outside.forbidden")
    recovered = OutsideRecovered(at=NOW, service="cart", what="registry")

    assert extend(History(), (failed, worse)).failing == {"registry": "outside.forbidden"}
    assert extend(History(), (failed, replace(failed, what="world"), recovered)).failing == {"world": "outside.timeout"}
    assert extend(History(), (recovered,)).failing == {}


def test_every_incident_is_kept_in_order() -> None:
    assert extend(History(), (incident("one"), incident("two"))).incidents == (incident("one"), incident("two"))


def test_folding_changes_no_earlier_history() -> None:
    before = going()
    spots, known = dict(before.spots), dict(before.known)

    extend(before, (tag_moved(ELSEWHERE), decided("propose", "a")))

    assert (dict(before.spots), dict(before.known)) == (spots, known)


def test_a_value_that_is_no_entry_is_a_bug() -> None:
    with pytest.raises(TypeError, match="no entry of the ledger: Entry"):
        fold(Entry(at=NOW, service="cart"), History())  # type: ignore[arg-type]


def test_releases_are_known_in_the_order_in_which_they_were_resolved() -> None:
    other = candidate("1.2.0")

    history = know(know(History(), NEW), other)

    assert [known.candidate for known in history.known.values()] == [NEW, other]
