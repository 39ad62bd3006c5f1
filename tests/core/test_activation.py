"""Whether other rules come into force: each rule of `core.activation` by the entry that follows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.activation import Proposal, Return, Stride, consider, revert
from promoter.core.authority import Authority, Reviewer
from promoter.core.candidate import Digest, digest_of
from promoter.core.entry import Entry
from promoter.core.estate import NOTHING, Estate, settle
from promoter.core.evidence import Signer
from promoter.core.record_estate import PolicyActivated, PolicyRefused
from promoter.core.ruleset import Lineage

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OLD, NEW, THIRD = (digest_of(name.encode()) for name in ("old", "new", "third"))
ONE, TWO = "1" * 40, "2" * 40
MIA, OMAR = Reviewer("mia", 1), Reviewer("omar", 2)
BY_ADA = Authority(commit=TWO, number=7, author="ada", people=("ada",), addresses=("ada@acme.example",))
NIL, LAX = Signer("nil@acme.example", "https://issuer"), Signer("lax@acme.example", "https://issuer")
WEAKER = ("prod: sbom is shown only", "prod: review is gone")


def after(*entries: Entry) -> Estate:
    estate = NOTHING
    for entry in entries:
        estate = settle(entry, estate)
    return estate


def activated(bundle: Digest = OLD, commit: str = ONE) -> PolicyActivated:
    return PolicyActivated(at=NOON - timedelta(hours=1), service="", bundle=bundle, commit=commit)


def weakening(*reviewers: Reviewer, signers: tuple[Signer, ...] = ()) -> Proposal:
    authority = replace(BY_ADA, reviewers=reviewers)
    return Proposal(
        bundle=NEW,
        commit=TWO,
        lineage=Lineage.AHEAD,
        weaker=WEAKER,
        strides=(Stride(WEAKER, (authority,)),),
        authority=authority,
        signers=signers,
    )


def decided(estate: Estate, proposal: Proposal) -> PolicyActivated | PolicyRefused | None:
    return consider(estate, proposal, 2, NOON)


def refusal(estate: Estate, proposal: Proposal) -> str:
    entry = decided(estate, proposal)
    assert isinstance(entry, PolicyRefused)
    assert (entry.at, entry.bundle, entry.commit) == (NOON, proposal.bundle, proposal.commit)
    return entry.detail


def test_the_first_rules_come_into_force() -> None:
    entry = decided(NOTHING, replace(weakening(MIA), weaker=(), strides=(), refs=(NEW, OLD)))
    assert entry == PolicyActivated(
        at=NOON, service="", bundle=NEW, commit=TWO, author="ada", reviewers=("mia (1)",), refs=(NEW, OLD)
    )


def test_what_is_nowhere_weaker_comes_into_force_without_any_approval() -> None:
    entry = decided(after(activated()), Proposal(bundle=NEW, commit=TWO, lineage=Lineage.AHEAD, authority=BY_ADA))
    assert entry == PolicyActivated(at=NOON, service="", bundle=NEW, commit=TWO, author="ada", previous=OLD)


def test_what_is_weaker_comes_into_force_with_enough_approvals_and_says_what_is_weaker() -> None:
    entry = decided(after(activated()), weakening(MIA, OMAR))
    assert entry == PolicyActivated(
        at=NOON,
        service="",
        bundle=NEW,
        commit=TWO,
        author="ada",
        reviewers=("mia (1)", "omar (2)"),
        previous=OLD,
        weaker=WEAKER,
    )


def test_what_is_weaker_and_lacks_an_approval_is_refused_with_what_is_missing() -> None:
    assert refusal(after(activated()), weakening(MIA)) == (
        f"commit {TWO[:12]} (#7) makes the rules weaker (prod: sbom is shown only; prod: review is gone) and 1 of 2 "
        "approvals count: mia (1); Security team: have it approved by 2 people, or sign it as `promoter policy digest` "
        "says"
    )


def test_every_commit_that_made_it_weaker_needs_its_approvals() -> None:
    pushed = Authority(commit=ONE, doubt="no pull request brought it: nobody has reviewed it")
    approved = weakening(MIA, OMAR)
    both = replace(approved, strides=(Stride(WEAKER[:1], (pushed,)), *approved.strides))
    told = f"commit {ONE[:12]} makes the rules weaker (prod: sbom is shown only) and 0 of 2 approvals count: no pull"
    assert refusal(after(activated()), both).startswith(told)


def test_what_became_weaker_nobody_can_tell_where_is_refused() -> None:
    lost = replace(weakening(MIA, OMAR), strides=())
    assert "which commit made it so cannot be told" in refusal(after(activated()), lost)


@pytest.mark.parametrize(
    ("reviewers", "signers", "is_enough"),
    [
        ((), (NIL, LAX), True),
        ((), (NIL, NIL), False),
        ((), (replace(NIL, san="Ada@acme.example"), LAX), False),
        ((MIA,), (NIL,), False),
    ],
    ids=["two signers", "one signer twice", "the author's own signature", "one of each, who may be one person"],
)
def test_signatures_approve_as_reviews_do(
    reviewers: tuple[Reviewer, ...], signers: tuple[Signer, ...], is_enough: bool
) -> None:
    entry = decided(after(activated()), weakening(*reviewers, signers=signers))
    assert isinstance(entry, PolicyActivated) is is_enough


def test_signatures_bring_rules_into_force_once_and_reviews_whenever_they_are_given() -> None:
    again = after(activated(NEW, "3" * 40), activated(OLD, ONE))
    assert refusal(again, weakening(signers=(NIL, LAX))).endswith(
        "it was in force before, and signatures of that time count once; going back is for people to say: promoter "
        f"policy revert {NEW} --reason ..."
    )
    assert isinstance(decided(again, weakening(MIA, OMAR)), PolicyActivated)


def test_the_branch_never_goes_back_by_itself_however_often_it_is_approved() -> None:
    estate = after(activated(NEW, TWO), activated(OLD, ONE))
    behind = replace(weakening(MIA, OMAR), lineage=Lineage.BEHIND)
    say = f"going back is for people to say: promoter policy revert {NEW} --reason ..."
    assert refusal(estate, behind) == f"the branch went back behind the commit in force; {say}"
    apart = replace(weakening(MIA, OMAR), lineage=Lineage.APART)
    rewritten = f"the branch was rewritten: this commit does not follow on the one in force; {say}"
    assert refusal(estate, apart) == rewritten
    assert refusal(estate, replace(apart, weaker=(), strides=())) == rewritten, "it was in force before"
    fresh = decided(after(activated()), replace(apart, weaker=(), strides=()))
    assert isinstance(fresh, PolicyActivated)


def test_a_refusal_is_said_once_and_is_over_when_the_source_has_what_is_in_force() -> None:
    estate = after(activated())
    first = decided(estate, weakening(MIA))
    assert first is not None
    estate = settle(first, estate)
    assert decided(estate, weakening(MIA)) is None
    assert decided(estate, weakening(OMAR)) is not None
    again = decided(estate, Proposal(bundle=OLD, commit=TWO, lineage=Lineage.AHEAD))
    assert again == replace(activated(), at=NOON, commit=TWO, previous=OLD)
    assert again is not None
    assert decided(settle(again, estate), Proposal(bundle=OLD, commit=TWO)) is None


def test_a_revert_keeps_who_approved_then_and_names_who_says_so_now() -> None:
    wanted = replace(activated(), author="ada", reviewers=("mia (1)",), refs=(OLD,))
    estate = after(wanted, activated(NEW, TWO))
    assert revert(estate, Return(wanted, TWO, "omar", "INC-931"), NOON) == PolicyActivated(
        at=NOON,
        service="",
        bundle=OLD,
        commit=ONE,
        author="ada",
        reviewers=("mia (1)",),
        previous=NEW,
        is_revert=True,
        head=TWO,
        actor="omar",
        reason="INC-931",
        refs=(OLD,),
    )


@pytest.mark.parametrize("lineage", [Lineage.SAME, Lineage.BEHIND, Lineage.APART])
def test_after_a_revert_only_a_commit_that_follows_on_the_head_of_then_is_considered(lineage: Lineage) -> None:
    wanted = activated()
    estate = after(wanted, activated(NEW, TWO))
    estate = settle(revert(estate, Return(wanted, TWO, "omar", "INC-931"), NOON), estate)
    assert decided(estate, replace(weakening(MIA, OMAR), lineage=lineage)) is None
    assert isinstance(decided(estate, weakening(MIA, OMAR)), PolicyActivated)
    over = decided(estate, Proposal(bundle=OLD, commit="3" * 40, lineage=Lineage.AHEAD))
    assert isinstance(over, PolicyActivated)
    assert (over.is_revert, over.commit, over.previous) == (False, "3" * 40, OLD)


def test_a_directory_is_taken_over_whatever_it_holds_and_told_of() -> None:
    estate = after(activated(OLD, ""), activated(NEW, ""))
    entry = decided(estate, Proposal(bundle=THIRD, weaker=WEAKER))
    assert isinstance(entry, PolicyActivated)
    assert (entry.commit, entry.author, entry.reviewers, entry.weaker) == ("", "", (), WEAKER)
    back = decided(estate, Proposal(bundle=OLD))
    assert isinstance(back, PolicyActivated)
    assert back.weaker == ("these rules were in force before, from 2026-11-21 11:00:00Z on",)


def test_a_directory_that_somebody_went_back_from_is_not_taken_over_again_until_it_is_another() -> None:
    wanted = activated(OLD, "")
    estate = after(wanted, activated(NEW, ""))
    estate = settle(revert(estate, Return(wanted, NEW, "omar", "INC-931"), NOON), estate)
    assert decided(estate, Proposal(bundle=NEW, weaker=WEAKER)) is None
    assert isinstance(decided(estate, Proposal(bundle=THIRD)), PolicyActivated)


def test_what_got_weaker_is_cut_before_an_entry_overflows() -> None:
    many = tuple(f"line {number} {'x' * 1000}" for number in range(500))
    entry = decided(after(activated(OLD, "")), Proposal(bundle=NEW, weaker=many))
    assert isinstance(entry, PolicyActivated)
    assert (len(entry.weaker), entry.weaker[-1], max(map(len, entry.weaker))) == (41, "and 460 more", 300)


PEOPLE = st.lists(st.sampled_from([Reviewer(name, number) for number, name in enumerate("abcd")]), unique=True)


@given(strides=st.lists(PEOPLE, min_size=1, max_size=4), approvals=st.integers(1, 4))
def test_nothing_weaker_is_ever_taken_over_unless_each_of_its_commits_has_its_approvals(
    strides: list[list[Reviewer]], approvals: int
) -> None:
    made = tuple(Stride(WEAKER, (replace(BY_ADA, reviewers=tuple(people)),)) for people in strides)
    proposal = Proposal(bundle=NEW, commit=TWO, lineage=Lineage.AHEAD, weaker=WEAKER, strides=made, authority=BY_ADA)
    is_approved = all(len(people) >= approvals for people in strides)
    assert isinstance(consider(after(activated()), proposal, approvals, NOON), PolicyActivated) is is_approved
