"""What follows from what was seen: for every sight of a pull request, a pin, a tag and a verdict, the exact entries."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from promoter.core.candidate import Candidate, digest_of
from promoter.core.codes import Code
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.environment import Environment, subgraph
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.gates import shut_gates
from promoter.core.history import History
from promoter.core.passage import follow
from promoter.core.record import FreezeEnded, Incident, StandingMoved, TagsSeen
from promoter.core.releases import Order, ReleaseRule
from promoter.core.sight import Approver, PinSight, PullSeen, PullSight
from promoter.core.standing import Standing, StandingEvent
from promoter.core.view import IN_FLIGHT, View, extend, in_flight, ranking
from tests.core.scenes import (
    BOT,
    DEV,
    FAILS,
    GRAPH,
    HEAD,
    HOUR,
    LONG_AGO,
    NEW,
    NEWER,
    NO_SBOM,
    NO_SIGNATURE,
    NOW,
    OLD,
    PASSES,
    SERVICE,
    STAGING,
    STRANGE,
    UNDECIDED,
    announce,
    candidate,
    check,
    deserve,
    finding,
    going,
    know,
    look,
    merged,
    pinned,
    propose,
    pull,
    run,
    sight,
    stand,
    told,
    verdict,
)

ANN, BEN, CAY = Approver("ann", 1), Approver("ben", 2), Approver("cay", 3)
NEXT = "f" * 40  # the bot's next commit on the branch


def proposed(environment: str = "staging", what: Candidate = NEW) -> History:
    return propose(going(), environment, what)


def approved(environment: str = "staging") -> History:
    return stand(proposed(environment), environment, NEW, StandingEvent.APPROVED)


def after(history: History, seen: PullSight, environment: str = "staging", pin: PinSight | None = None) -> list[str]:
    """Tell what follows when the environment's pull request looks like this."""
    return told(follow(look(sight(environment, seen, pin)), history))


# --- merges -----------------------------------------------------------------------------------------------------------

PROMOTED = [
    "staging 1.0.0 newer-merged -> replaced: 1.1.0 runs now",
    "staging 1.1.0 merged -> promoted",
    "staging pins 1.1.0: promoted",
]


def against(trouble: str) -> list[str]:
    return [
        "staging 1.0.0 newer-merged -> replaced: 1.1.0 runs now",
        f"staging 1.1.0 pinned-out-of-band -> promoted: {trouble}",
        "staging pins 1.1.0: out-of-band",
        "incident staging 1.1.0 out-of-band",
    ]


@pytest.mark.parametrize(
    ("history", "seen", "expected"),
    [
        pytest.param(approved(), merged("ann"), PROMOTED, id="by a person, with a green check"),
        pytest.param(proposed(), merged("ann"), PROMOTED, id="by a person, before the approval was seen"),
        pytest.param(
            check(announce(approved(), "staging", NEW, act="merge"), "staging", NEW, "pending"),
            merged(BOT),
            PROMOTED,
            id="by the bot, which announced exactly this head",
        ),
        pytest.param(
            check(approved(), "staging", NEW, "failure"),
            merged("ann"),
            against("merged against the check: the check is failure"),
            id="against a red check",
        ),
        pytest.param(
            check(approved(), "staging", NEW, "pending"),
            merged("ann"),
            against("merged against the check: the check is pending"),
            id="against a check that was undecided",
        ),
        pytest.param(
            check(announce(approved(), "staging", NEW, act="merge"), "staging", NEW, "failure"),
            merged("ann"),
            against("merged against the check: the check is failure"),
            id="by a person, although the bot had announced a merge",
        ),
        pytest.param(
            stand(announce(going(), "staging", NEW), "staging", NEW, StandingEvent.PR_OPENED, head=HEAD),
            merged("ann"),
            against("merged against the check: no check was set"),
            id="before any check was set",
        ),
        pytest.param(
            check(approved(), "staging", NEW, "success", NEXT),
            merged("ann"),
            against("merged against the check: no check was set"),
            id="with a green check on another commit",
        ),
        pytest.param(
            approved(),
            merged("ann", STRANGE, is_ours=False),
            against("merged at dddddddddddd, which is not the commit that was checked (cccccccccccc)"),
            id="at a commit that a person pushed",
        ),
        pytest.param(
            approved(),
            replace(merged("ann"), approvers=()),
            against("merged, and 0 of 1 approvals left"),
            id="after its approval was dismissed, which no look had seen",
        ),
        pytest.param(
            approved(),
            replace(merged("ann"), approvers=(), is_counted=False),
            PROMOTED,
            id="by a person, while nobody knows whose approval counts",
        ),
        pytest.param(
            approved(),
            replace(merged("ann"), in_base=False),
            [],
            id="but the base branch that was read does not show it yet",
        ),
    ],
)
def test_a_merge_is_a_promotion_or_an_incident(history: History, seen: PullSight, expected: list[str]) -> None:
    assert after(history, seen, pin=pinned(NEW)) == expected


def test_a_release_that_was_rolled_back_is_not_found_open_by_its_old_pull_request() -> None:
    history = stand(proposed(), "staging", OLD, StandingEvent.NEWER_MERGED)
    history = stand(history, "staging", NEW, StandingEvent.PINNED_OUT_OF_BAND)
    history = stand(history, "staging", NEW, StandingEvent.ROLLED_BACK)
    history = stand(history, "staging", OLD, StandingEvent.PINNED_OUT_OF_BAND)

    entries = follow(look(sight("staging", pull(PullSeen.OPEN), pinned(OLD))), history)

    assert [e.event for e in entries if isinstance(e, StandingMoved)] == [StandingEvent.SOAKED]  # of what runs


def test_a_merge_says_who_merged_and_as_which_commit() -> None:
    entries = follow(look(sight("staging", merged("ann"), pinned(NEW))), approved())

    merge = next(e for e in entries if isinstance(e, StandingMoved) and e.event is StandingEvent.MERGED)
    assert (merge.actor, merge.commit, merge.head, merge.number, merge.at) == ("ann", "e" * 40, HEAD, 7, NOW)


def test_an_incident_at_a_merge_names_the_pull_request_the_person_and_the_reason() -> None:
    history = check(approved(), "staging", NEW, "failure")

    entries = follow(look(sight("staging", merged("mallory"), pinned(NEW))), history)

    incident = next(e for e in entries if isinstance(e, Incident))
    assert (incident.actor, incident.digest) == ("mallory", NEW.digest)
    assert incident.detail == "pull request #7: merged against the check: the check is failure"


def test_a_merge_whose_pin_was_changed_again_since_is_followed_by_what_runs_now() -> None:
    history = know(approved(), NEWER)

    assert after(history, merged("ann"), pin=pinned(NEWER)) == [
        "staging 1.0.0 newer-merged -> replaced: 1.1.0 runs now",
        "staging 1.1.0 merged -> promoted",
        "staging pins 1.2.0: out-of-band",
        "staging 1.1.0 newer-merged -> replaced: 1.2.0 runs now",
        "staging 1.2.0 pinned-out-of-band -> promoted: pinned by somebody else",
        "incident staging 1.2.0 out-of-band",
    ]


# --- closed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("history", [proposed(), approved()], ids=["proposed", "approved"])
@pytest.mark.parametrize(
    ("who", "expected"),
    [("ann", "staging 1.1.0 closed-by-person -> declined"), (BOT, "staging 1.1.0 withdrawn -> none")],
)
def test_a_closed_proposal_is_declined_by_a_person_or_withdrawn_by_the_bot(
    history: History, who: str, expected: str
) -> None:
    assert after(history, replace(pull(PullSeen.CLOSED), closed_by=who)) == [expected]


# --- approvals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "seen", "expected"),
    [
        ("dev", pull(), ["dev 1.1.0 approved -> approved"]),  # dev asks for none
        ("staging", pull(), []),
        ("staging", replace(pull(), approvers=(ANN,)), ["staging 1.1.0 approved -> approved"]),
        ("staging", replace(pull(), approvers=(ANN,), refusers=("ben",)), []),
        ("staging", replace(pull(), approvers=(ANN,), is_counted=False), []),
        ("staging", replace(pull(head=STRANGE, is_ours=False), approvers=(ANN,)), []),
        ("prod", replace(pull(), approvers=(ANN,)), []),
        ("prod", replace(pull(), approvers=(ANN, BEN)), ["prod 1.1.0 approved -> approved"]),
        ("prod", replace(pull(), approvers=(ANN, BEN, CAY)), ["prod 1.1.0 approved -> approved"]),
    ],
)
def test_a_proposal_is_approved_when_enough_people_approve_the_bots_commit(
    environment: str, seen: PullSight, expected: list[str]
) -> None:
    assert after(proposed(environment), seen, environment) == expected


@pytest.mark.parametrize(
    ("environment", "actor"),
    [("dev", "no approval needed"), ("staging", "ann (1)"), ("prod", "ann (1), ben (2)")],
)
def test_an_approval_names_the_approvers_with_their_ids(environment: str, actor: str) -> None:
    approvers = (ANN, BEN)[: {"dev": 0, "staging": 1, "prod": 2}[environment]]

    entries = follow(look(sight(environment, replace(pull(), approvers=approvers))), proposed(environment))

    assert [e.actor for e in entries if isinstance(e, StandingMoved)] == [actor]


@pytest.mark.parametrize(
    ("seen", "detail"),
    [
        (pull(), "0 of 1 approvals left"),
        (replace(pull(), approvers=(ANN,), refusers=("ben", "cay")), "ben, cay asked for changes"),
        (
            replace(pull(head=STRANGE, is_ours=False), approvers=(ANN,)),
            "the head is dddddddddddd now, approved was cccccccccccc",
        ),
    ],
)
def test_an_approval_is_lost_with_its_reason(seen: PullSight, detail: str) -> None:
    assert after(approved(), seen) == [f"staging 1.1.0 approval-lost -> proposed: {detail}"]


def test_an_approval_that_cannot_be_counted_now_is_neither_given_nor_taken() -> None:
    assert after(approved(), replace(pull(), is_counted=False)) == []


def test_an_approved_proposal_that_stays_approved_adds_nothing() -> None:
    assert after(approved(), replace(pull(), approvers=(BEN,))) == []


# --- stopped in between -----------------------------------------------------------------------------------------------


def test_a_proposal_that_was_announced_and_never_written_down_is_found_open() -> None:
    history = announce(going(), "staging", NEW)

    assert after(history, pull()) == ["staging 1.1.0 pr-opened -> proposed: found open"]


def test_a_proposal_found_open_may_be_approved_already() -> None:
    history = announce(going(), "staging", NEW)

    assert after(history, replace(pull(), approvers=(ANN,))) == [
        "staging 1.1.0 pr-opened -> proposed: found open",
        "staging 1.1.0 approved -> approved",
    ]


def test_an_open_pull_request_at_a_commit_that_nobody_announced_is_no_proposal() -> None:
    assert after(announce(going(), "staging", NEW), pull(head=STRANGE, is_ours=False)) == []


def test_a_candidate_that_runs_already_is_not_found_open() -> None:
    history = run(announce(going(), "staging", NEW), "staging", NEW)

    assert after(history, pull(), pin=pinned(NEW)) == []


def test_a_commit_that_was_pushed_and_never_written_down_is_a_rewritten_proposal() -> None:
    history = announce(approved(), "staging", NEW, NEXT)

    assert after(history, pull(head=NEXT)) == [
        "staging 1.1.0 rewritten -> proposed: the rewritten commit had been pushed"
    ]


def test_a_rewritten_proposal_forgets_the_check_of_the_old_commit() -> None:
    history = announce(approved(), "staging", NEW, NEXT)

    history = extend(history, follow(look(sight("staging", pull(head=NEXT))), history))

    spot = history.spots["staging", NEW]
    assert (spot.head, spot.checked, spot.merge_announced) == (NEXT, None, "")


def test_a_take_over_that_was_pushed_and_never_written_down_belongs_to_the_newer_release() -> None:
    history = announce(know(proposed(), NEWER), "staging", NEWER, NEXT)

    assert after(history, pull(head=NEXT)) == [
        "staging 1.1.0 newer-won -> superseded: 1.2.0 had taken over pull request #7",
        "staging 1.2.0 pr-opened -> proposed: found open",
    ]


def test_a_branch_set_back_to_the_commit_of_another_release_is_not_taken_for_the_open_one() -> None:
    history = stand(know(proposed(), NEWER), "staging", NEW, StandingEvent.NEWER_WON)
    history = propose(history, "staging", NEWER, NEXT)

    assert after(history, pull(head=HEAD)) == [
        "staging 1.2.0 newer-won -> superseded: 1.1.0 had taken over pull request #7",
        "staging 1.1.0 pr-opened -> proposed: found open",
    ]


def test_a_commit_of_a_release_that_runs_by_now_takes_nothing_over() -> None:
    history = run(announce(know(proposed(), NEWER), "staging", NEWER, NEXT), "staging", NEWER)

    assert after(history, pull(head=NEXT), pin=pinned(NEWER)) == []


# --- pins -------------------------------------------------------------------------------------------------------------


def test_what_runs_before_the_first_look_is_the_baseline_and_no_incident() -> None:
    entries = follow(look(sight("dev")), know(History(), OLD))

    assert told(entries) == [
        "dev pins 1.0.0: baseline",
        "dev 1.0.0 pinned-out-of-band -> promoted: ran here before Promoter first looked",
    ]


def test_a_baseline_without_a_digest_is_remembered_and_adopts_nothing() -> None:
    assert told(follow(look(sight("dev", pin=PinSight("1.0.0"))), know(History(), OLD))) == ["dev pins 1.0.0: baseline"]


def test_a_newer_release_that_a_person_pinned_is_promoted_and_an_incident() -> None:
    entries = follow(look(sight("dev", pin=pinned(NEW))), going())

    assert told(entries) == [
        "dev pins 1.1.0: out-of-band",
        "dev 1.0.0 newer-merged -> replaced: 1.1.0 runs now",
        "dev 1.1.0 pinned-out-of-band -> promoted: pinned by somebody else",
        "incident dev 1.1.0 out-of-band",
    ]
    incident = next(e for e in entries if isinstance(e, Incident))
    expected = f"1.0.0 {OLD.digest} became 1.1.0 {NEW.digest} without a proposal of ours"
    assert incident.detail == expected


def test_an_older_release_that_a_person_pinned_rolls_back_what_ran() -> None:
    history = run(stand(going(), "dev", OLD, StandingEvent.NEWER_MERGED), "dev", NEW)

    assert told(follow(look(sight("dev")), history)) == [
        "dev pins 1.0.0: out-of-band",
        "dev 1.1.0 rolled-back -> rolled-back: 1.0.0 runs now",
        "dev 1.0.0 pinned-out-of-band -> promoted: pinned by somebody else",
        "incident dev 1.0.0 out-of-band",
    ]


def test_a_digest_that_is_no_known_release_rolls_back_what_ran() -> None:
    stranger = PinSight("hotfix", digest_of(b"hotfix"))

    assert told(follow(look(sight("dev", pin=stranger)), going())) == [
        "dev pins hotfix: out-of-band",
        "dev 1.0.0 rolled-back -> rolled-back: hotfix runs now",
        "dev hotfix pinned-out-of-band -> promoted: pinned by somebody else",
        "incident dev hotfix out-of-band",
    ]


def test_a_pin_that_lost_its_digest_is_an_incident_ends_what_ran_and_promotes_nothing() -> None:
    assert told(follow(look(sight("dev", pin=PinSight("1.1.0"))), going())) == [
        "dev pins 1.1.0: out-of-band",
        "dev 1.0.0 newer-merged -> replaced: 1.1.0 runs now, not pinned to a digest",
        "incident dev 1.1.0 out-of-band",
    ]


def test_another_tag_beside_the_running_digest_is_an_incident_and_the_same_release_runs_on() -> None:
    entries = follow(look(sight("dev", pin=PinSight("9.9.9", OLD.digest))), going())

    assert told(entries) == ["dev pins 9.9.9: out-of-band", "incident dev 9.9.9 out-of-band"]
    assert extend(going(), entries).running("dev") == OLD


def test_a_release_that_shares_its_digest_with_what_runs_replaces_it() -> None:
    again = Candidate("cart", "1.2.0", OLD.digest)
    history = propose(know(going(), again), "dev", again)

    entries = follow(look(sight("dev", merged("ann"), pinned(again))), history)

    assert told(entries) == [
        "dev 1.0.0 newer-merged -> replaced: 1.2.0 runs now",
        "dev 1.2.0 merged -> promoted",
        "dev pins 1.2.0: promoted",
    ]
    after_all = extend(history, entries)
    assert after_all.running("dev") == again
    assert follow(look(sight("dev", merged("ann"), pinned(again))), after_all) == ()


def test_pins_that_cannot_be_read_say_nothing() -> None:
    assert follow(look(sight("dev", pin=PinSight(trouble="deployment.yaml: no such file"))), going()) == ()


def test_what_was_merged_while_the_pins_could_not_be_read_is_not_taken_for_a_stranger_later() -> None:
    merging = sight("dev", merged("ann"), PinSight(trouble="deployment.yaml: no such file"))
    history = propose(know(History(), NEW), "dev", NEW)
    history = extend(history, follow(look(merging), history))

    entries = follow(look(sight("dev", pin=PinSight("another-tag", NEW.digest))), history)

    assert told(entries)[0] == "dev pins another-tag: promoted"
    assert history.running("dev") == extend(history, entries).running("dev") == NEW


def test_a_pin_is_not_judged_while_the_merge_that_may_explain_it_is_not_in_the_base_that_was_read() -> None:
    assert after(approved(), replace(merged("ann"), in_base=False), pin=pinned(NEWER)) == []


# --- soaks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (NOW - HOUR + timedelta(seconds=1), []),
        (NOW - HOUR, ["dev 1.1.0 soaked -> settled"]),
        (NOW - 2 * HOUR, ["dev 1.1.0 soaked -> settled"]),
    ],
)
def test_a_promoted_release_settles_when_its_soak_is_over(since: datetime, expected: list[str]) -> None:
    history = stand(going(), "dev", OLD, StandingEvent.NEWER_MERGED)
    history = stand(history, "dev", NEW, StandingEvent.PINNED_OUT_OF_BAND, at=since)

    assert told(follow(look(), history)) == expected


def test_a_release_settles_at_once_where_nothing_soaks() -> None:
    history = propose(going(), "prod", NEW)

    assert after(history, merged("ann"), "prod", pinned(NEW))[-1] == "prod 1.1.0 soaked -> settled"


# --- freezes ----------------------------------------------------------------------------------------------------------


def test_a_moved_tag_freezes_the_release_everywhere_and_is_an_incident() -> None:
    entries = follow(look(moved={NEW: "other bytes"}), going())

    why = f"tag moved to {digest_of(b'other bytes')}"
    assert told(entries) == [
        f"1.1.0 moved to {digest_of(b'other bytes')[:14]}",
        "incident 1.1.0 tag-moved",
        f"dev 1.1.0 tag-moved -> frozen: {why}",
        f"staging 1.1.0 tag-moved -> frozen: {why}",
        f"prod 1.1.0 tag-moved -> frozen: {why}",
    ]
    incident = next(e for e in entries if isinstance(e, Incident))
    expected = f"tag 1.1.0 named {NEW.digest} when it was first seen and names {digest_of(b'other bytes')} now"
    assert incident.detail == expected


def frozen() -> History:
    history = deserve(going(), "dev", NEW, EligibilityEvent.CLEARED)
    return extend(history, follow(look(moved={NEW: "other bytes"}), history))


def released(history: History | None = None, accepted: str = "other bytes") -> History:
    return extend(
        frozen() if history is None else history,
        (
            FreezeEnded(
                at=NOW,
                service="cart",
                release="1.1.0",
                digest=NEW.digest,
                actor="ops",
                reason="rebuilt by mistake",
                accepted=digest_of(accepted.encode()),
            ),
        ),
    )


def test_a_frozen_release_stays_frozen_whatever_its_verdict_and_its_tag_say() -> None:
    moved_back = look(verdicts=(verdict("dev", NEW), verdict("staging", NEW, FAILS)))

    assert follow(moved_back, frozen()) == ()


def test_a_tag_that_moves_once_more_is_another_incident() -> None:
    lines = told(follow(look(moved={NEW: "yet other bytes"}), frozen()))

    assert lines[:2] == [f"1.1.0 moved to {digest_of(b'yet other bytes')[:14]}", "incident 1.1.0 tag-moved"]


def test_a_released_release_is_judged_again_from_the_start() -> None:
    entries = follow(look(verdicts=(verdict("dev", NEW), verdict("prod", NEW, FAILS))), released())

    assert told(entries) == [
        "dev 1.1.0 released -> discovered",
        "dev 1.1.0 cleared -> eligible",
        "staging 1.1.0 released -> discovered",
        "prod 1.1.0 released -> discovered",
        "prod 1.1.0 failed -> blocked: signature.invalid",
    ]


def test_a_person_released_these_bytes_only_and_others_freeze_again() -> None:
    assert follow(look(moved={NEW: "other bytes"}, verdicts=()), released())[0].kind == "eligibility"
    assert follow(look(moved={NEW: "yet other bytes"}), released())[0].kind == "tag-moved"


def test_a_tag_that_moves_between_bytes_that_people_have_accepted_is_left_in_peace() -> None:
    history = released()
    history = extend(history, follow(look(moved={NEW: "yet other bytes"}), history))
    history = released(history, "yet other bytes")

    assert "1.1.0 moved to" not in "".join(told(follow(look(moved={NEW: "other bytes"}), history)))


# --- eligibility ------------------------------------------------------------------------------------------------------


def judged(*findings: Finding, environment: str = "dev", history: History | None = None) -> list[str]:
    """Tell what follows from these findings about 1.1.0."""
    start = going() if history is None else history
    return told(follow(look(verdicts=(verdict(environment, NEW, *findings),)), start))


def test_a_release_is_discovered_and_judged_in_one_pass() -> None:
    history = going()
    history = replace(history, spots={place: spot for place, spot in history.spots.items() if place[1] == OLD})

    assert judged(PASSES, history=history) == [
        "dev 1.1.0 resolved -> discovered",
        "dev 1.1.0 cleared -> eligible",
        "staging 1.1.0 resolved -> discovered",
        "prod 1.1.0 resolved -> discovered",
    ]


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ((PASSES,), "cleared -> eligible"),
        ((FAILS,), "failed -> blocked: signature.invalid"),
        ((FAILS, UNDECIDED), "failed -> blocked: signature.invalid, lookup.failed"),
        ((FAILS, FAILS, NO_SBOM), "failed -> blocked: signature.invalid, sbom.absent"),
        ((PASSES, finding(Outcome.FAIL, mode=Mode.WARN)), "cleared -> eligible"),
        ((finding(Outcome.FAIL, mode=Mode.WARN),), "failed -> blocked"),  # nothing is enforced: never a pass
        ((NO_SBOM,), "failed -> blocked: sbom.absent"),  # a month after discovery
    ],
)
def test_findings_decide_and_every_reason_is_told(findings: tuple[Finding, ...], expected: str) -> None:
    assert judged(*findings) == [f"dev 1.1.0 {expected}"]


STATES = {
    EligibilityEvent.EVIDENCE_MISSING: Eligibility.PENDING,
    EligibilityEvent.FAILED: Eligibility.BLOCKED,
    EligibilityEvent.GATE_SHUT: Eligibility.WAITING,
    EligibilityEvent.CLEARED: Eligibility.ELIGIBLE,
}


@pytest.mark.parametrize("event", STATES)
def test_what_cannot_be_decided_keeps_the_state(event: EligibilityEvent) -> None:
    history = deserve(going(), "dev", NEW, event, why=("a reason",))

    assert judged(UNDECIDED, history=history) == []
    assert history.spots["dev", NEW].eligibility is STATES[event]


def test_a_reason_that_changed_is_told_although_the_state_stays() -> None:
    history = deserve(going(), "dev", NEW, EligibilityEvent.FAILED, why=("scan.stale",))

    assert judged(FAILS, history=history) == ["dev 1.1.0 failed -> blocked: signature.invalid"]


@pytest.mark.parametrize("standing", [(StandingEvent.PINNED_OUT_OF_BAND,), (StandingEvent.PR_OPENED,)])
def test_eligibility_is_lost_where_the_digest_runs_or_is_proposed_and_its_standing_stays(
    standing: tuple[StandingEvent, ...],
) -> None:
    history = deserve(stand(know(History(), NEW), "prod", NEW, *standing), "prod", NEW, EligibilityEvent.CLEARED)
    before = history.spots["prod", NEW].standing

    entries = follow(
        look(verdicts=(verdict("prod", NEW, FAILS),), graph=(Environment(name="prod", soak=HOUR),)), history
    )

    after_it = extend(history, entries).spots["prod", NEW]
    assert after_it.eligibility is Eligibility.BLOCKED
    assert after_it.standing in {before, Standing.SETTLED}


@pytest.mark.parametrize(
    ("age", "findings", "expected"),
    [
        (timedelta(0), (NO_SBOM,), "evidence-missing -> pending: sbom.absent"),
        (HOUR - timedelta(seconds=1), (NO_SBOM,), "evidence-missing -> pending: sbom.absent"),
        (HOUR, (NO_SBOM,), "failed -> blocked: sbom.absent"),
        (timedelta(0), (NO_SIGNATURE,), "failed -> blocked: signature.absent"),  # nobody waits for a signature
        (timedelta(0), (NO_SBOM, NO_SIGNATURE), "failed -> blocked: sbom.absent, signature.absent"),
        (timedelta(0), (NO_SBOM, FAILS), "failed -> blocked: sbom.absent, signature.invalid"),
    ],
)
def test_absent_evidence_is_waited_for_until_its_own_deadline(
    age: timedelta, findings: tuple[Finding, ...], expected: str
) -> None:
    history = know(History(), NEW, at=NOW - age)

    assert judged(*findings, history=history) == [f"dev 1.1.0 {expected}"]


# --- gates ------------------------------------------------------------------------------------------------------------


def settled(history: History, environment: str, since: datetime = LONG_AGO) -> History:
    return stand(history, environment, NEW, StandingEvent.PINNED_OUT_OF_BAND, StandingEvent.SOAKED, at=since)


def said(view: View, environment: Environment, candidate: Candidate, history: History) -> tuple[str, ...]:
    return tuple(map(str, shut_gates(view.conditions, environment, candidate, history)))


def soaking(environment: str) -> History:
    return stand(going(), environment, NEW, StandingEvent.PINNED_OUT_OF_BAND, at=NOW)


def test_each_gate_has_a_code_and_says_until_when_where_that_is_known() -> None:
    shut = [
        *shut_gates(look().conditions, STAGING, NEW, going()),
        *shut_gates(look().conditions, STAGING, NEW, soaking("dev")),
        *shut_gates(
            look().conditions, STAGING, NEW, stand(settled(going(), "dev"), "dev", NEW, StandingEvent.ROLLED_BACK)
        ),
    ]

    assert [(gate.code, gate.until) for gate in shut] == [
        (Code.GATE_UPSTREAM, None),
        (Code.GATE_SOAK, NOW + HOUR),
        (Code.GATE_ROLLED_BACK, None),
    ]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        pytest.param(going(), ("has not settled in dev",), id="never there"),
        pytest.param(proposed("dev"), ("has not settled in dev",), id="proposed there"),
        pytest.param(soaking("dev"), ("soaks in dev until 2026-11-21 13:00:00Z",), id="soaking there"),
        pytest.param(settled(going(), "dev"), (), id="settled there"),
        pytest.param(
            stand(settled(going(), "dev"), "dev", NEW, StandingEvent.NEWER_MERGED), (), id="settled, then replaced"
        ),
        pytest.param(
            stand(soaking("dev"), "dev", NEW, StandingEvent.NEWER_MERGED),
            ("has not settled in dev",),
            id="replaced before it settled",
        ),
        pytest.param(
            stand(settled(going(), "dev"), "dev", NEW, StandingEvent.ROLLED_BACK),
            ("was rolled back in dev",),
            id="settled, then rolled back",
        ),
        pytest.param(
            stand(settled(going(), "dev"), "dev", NEW, StandingEvent.PINNED_OUT_OF_BAND, at=NOW), (), id="soaks again"
        ),
    ],
)
def test_a_gate_is_open_only_after_the_release_settled_upstream(history: History, expected: tuple[str, ...]) -> None:
    assert said(look(), STAGING, NEW, history) == expected


def test_a_shut_gate_makes_a_passing_release_wait_and_says_why() -> None:
    history = going()

    assert judged(PASSES, environment="staging", history=history) == [
        "staging 1.1.0 gate-shut -> waiting: has not settled in dev"
    ]
    assert judged(PASSES, environment="staging", history=settled(history, "dev")) == [
        "staging 1.1.0 cleared -> eligible"
    ]


def test_a_failing_verdict_is_told_before_any_gate() -> None:
    assert judged(FAILS, environment="prod") == ["prod 1.1.0 failed -> blocked: signature.invalid"]


def test_every_upstream_environment_of_a_fan_in_is_a_gate() -> None:
    east, west = Environment(name="east", after=("dev",)), Environment(name="west", after=("dev",), soak=HOUR)
    prod = Environment(name="prod", after=("east", "west"))
    view = look(graph=(DEV, east, west, prod))

    assert said(view, prod, NEW, going()) == ("has not settled in east", "has not settled in west")
    assert said(view, prod, NEW, soaking("west")) == (
        "has not settled in east",
        "soaks in west until 2026-11-21 13:00:00Z",
    )
    assert said(view, prod, NEW, settled(settled(going(), "east"), "west")) == ()


# --- a service that leaves environments out ---------------------------------------------------------------------------


def test_what_stood_after_a_left_out_environment_stands_after_its_upstream() -> None:
    assert [(node.name, node.after) for node in subgraph(GRAPH, {"dev", "prod"})] == [("dev", ()), ("prod", ("dev",))]
    assert [(node.name, node.after) for node in subgraph(GRAPH, {"prod"})] == [("prod", ())]
    assert subgraph(GRAPH, {"dev", "staging", "prod"}) == GRAPH


def test_two_ways_round_a_left_out_environment_are_one_gate() -> None:
    east, west = Environment(name="east", after=("dev",)), Environment(name="west", after=("dev",))
    prod = Environment(name="prod", after=("east", "west"))
    graph = (DEV, east, west, prod)

    assert subgraph(graph, {"dev", "prod"})[-1].after == ("dev",)
    assert subgraph(graph, {"dev", "west", "prod"})[-1].after == ("dev", "west")


def test_a_service_without_staging_goes_from_dev_to_prod() -> None:
    graph = subgraph(GRAPH, {"dev", "prod"})
    view = look(verdicts=(verdict("prod", NEW),), graph=graph)

    assert told(follow(view, going())) == ["prod 1.1.0 gate-shut -> waiting: has not settled in dev"]
    assert told(follow(view, settled(going(), "dev"))) == ["prod 1.1.0 cleared -> eligible"]


# --- which releases are followed --------------------------------------------------------------------------------------


def test_the_newest_few_are_followed_and_every_one_that_is_proposed_or_runs() -> None:
    later = tuple(candidate(f"2.{minor}.0") for minor in range(IN_FLIGHT))
    history = know(going(), NEWER, *later)

    assert in_flight(SERVICE, history) == (OLD, *later)
    assert in_flight(SERVICE, propose(history, "prod", NEW)) == (OLD, NEW, *later)


def test_releases_rank_by_the_services_rule_and_a_pin_that_is_no_release_ranks_nowhere() -> None:
    history = run(know(going(), NEWER), "dev", Candidate("cart", "hotfix", digest_of(b"hotfix")))

    assert ranking(SERVICE, history) == ("1.2.0", "1.1.0", "1.0.0")


def test_releases_that_rank_by_sight_rank_by_the_ledger() -> None:
    service = replace(SERVICE, releases=ReleaseRule(tags=r"build-.*", order=Order.SEEN))
    names = ("build-b", "build-c", "build-a")
    history = know(extend(History(), (TagsSeen(at=NOW, service="cart", tags=names),)), *map(candidate, sorted(names)))

    assert ranking(service, history) == ("build-a", "build-c", "build-b")


def test_a_digest_that_never_was_a_release_is_not_followed() -> None:
    history = run(know(History(), NEW), "dev", Candidate("cart", "hotfix", digest_of(b"hotfix")))

    assert in_flight(SERVICE, history) == (NEW,)
