"""Different hands: one identity in two roles of one promotion refuses it, whatever else is true."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.circumstances import Approval, Circumstances, Roles
from promoter.core.codes import Code
from promoter.core.evidence import (
    Attestation,
    ContentKind,
    Evidence,
    Found,
    LogEntry,
    Mechanism,
    Signer,
    SourceRevision,
)
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.hands import is_same_person, look_at_hands
from promoter.core.policy_exception import Granted, Kind
from promoter.core.predicates.types import PROVENANCE_V1
from tests.core.scenes import NEW, NOW
from tests.core.waivers import granted

BLOB = NEW.digest
PASSED = (Finding("provenance", Mode.ENFORCE, Outcome.PASS, "built", cites=(BLOB,)),)


def built(san: str, authors: tuple[str, ...] = ("ada",)) -> Evidence:
    provenance = Attestation(
        found=Found(BLOB, BLOB, 10),
        kind=ContentKind.DSSE,
        mechanism=Mechanism.KEYLESS_BUNDLE,
        signer=Signer(san, "https://issuer.example"),
        signed_at=NOW,
        log=LogEntry("00" * 32, 1, "dsse 0.0.1"),
        predicate_type=next(iter(PROVENANCE_V1)),
    )
    source = SourceRevision("https://forge.example/acme/cart", "refs/tags/v1.1.0", "a" * 40, authors)
    return Evidence(NEW.digest, (provenance,), source=source)


def merging(*approvers: str, merger: str = "", break_glass: tuple[str, ...] = ()) -> Circumstances:
    approvals = tuple(Approval(login=login, user_id=index) for index, login in enumerate(approvers))
    return Circumstances(approvals=approvals, merger=merger, roles=Roles(break_glass=break_glass))


WORKFLOW = "https://forge.example/acme/cart/.github/workflows/release.yml@refs/tags/v1.1.0"


def test_four_people_in_four_roles_pass_and_are_named() -> None:
    found = look_at_hands(PASSED, built(WORKFLOW), merging("mia", "omar", merger="olga", break_glass=("ines",)))
    assert (found.check, found.outcome, found.reasons) == ("hands", Outcome.PASS, ())
    assert found.sentence == f"different hands (developer: ada; builder: {WORKFLOW}; deployer: mia, omar, olga)"


def test_nobody_is_known_and_nothing_is_refused_for_that() -> None:
    found = look_at_hands((), Evidence(NEW.digest), Circumstances(roles=Roles()))
    assert (found.outcome, found.sentence) == (Outcome.PASS, "different hands (nobody is known)")


@pytest.mark.parametrize(
    ("evidence", "circumstances", "sentence"),
    [
        (built(WORKFLOW), merging("mia", "Ada"), "ada is developer and (as Ada) deployer of this promotion"),
        (built(WORKFLOW), merging("mia", merger="ada"), "ada is developer and deployer of this promotion"),
        (
            built("ada@acme.example"),
            merging("mia"),
            "ada is developer and (as ada@acme.example) builder of this promotion",
        ),
        (
            built("mia@acme.example"),
            merging("mia"),
            "mia@acme.example is builder and (as mia) deployer of this promotion",
        ),
        (
            built(WORKFLOW),
            merging("mia", break_glass=("mia", "ines")),
            "mia is deployer and break-glass of this promotion",
        ),
    ],
)
def test_one_person_in_two_roles_is_refused_with_a_code(
    evidence: Evidence, circumstances: Circumstances, sentence: str
) -> None:
    found = look_at_hands(PASSED, evidence, circumstances)
    assert found.outcome is Outcome.FAIL
    assert [(reason.code, reason.sentence) for reason in found.reasons] == [(Code.HANDS_SAME, sentence)]


BREAK_GLASS = granted(
    kind=Kind.BREAK_GLASS, requested_by="rosa", not_before=NOW - timedelta(hours=1), expires=NOW + timedelta(hours=3)
)


@pytest.mark.parametrize(
    ("used", "approver", "sentence"),
    [
        (BREAK_GLASS, "rosa", "rosa is deployer and break-glass of this promotion"),
        (BREAK_GLASS, "Omar", "Omar is deployer and (as omar) break-glass of this promotion"),
        (replace(BREAK_GLASS, authors=("ines",)), "ines", "ines is deployer and break-glass of this promotion"),
        (replace(BREAK_GLASS, authors=("ada",)), "olga", "ada is developer and break-glass of this promotion"),
    ],
)
def test_who_wrote_requested_or_approved_break_glass_that_is_in_use_has_no_other_role(
    used: Granted, approver: str, sentence: str
) -> None:
    found = look_at_hands(PASSED, built(WORKFLOW), merging(approver), (used,))
    assert [(reason.code, reason.sentence) for reason in found.reasons] == [(Code.HANDS_SAME, sentence)]


def test_who_has_to_do_with_break_glass_alone_is_named_and_an_ordinary_exception_makes_nobody_one() -> None:
    found = look_at_hands(PASSED, built(WORKFLOW), merging("olga"), (BREAK_GLASS,))
    assert found.outcome is Outcome.PASS
    assert found.sentence.endswith("deployer: olga; break-glass: rosa, mia, omar)")
    ordinary = look_at_hands(PASSED, built(WORKFLOW), merging("mia"), (granted(requested_by="ada"),))
    assert ordinary == look_at_hands(PASSED, built(WORKFLOW), merging("mia"))


def test_all_conflicts_are_told() -> None:
    found = look_at_hands(PASSED, built("ada@acme.example"), merging("ada", break_glass=("ada",)))
    assert len(found.reasons) == len(list(combinations(range(4), 2)))


def test_a_provenance_that_no_finding_rests_on_makes_nobody_a_builder() -> None:
    assert look_at_hands((), built("mia@acme.example"), merging("mia")).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("one", "other"),
    [("mia", "mia"), ("mia", "MIA"), ("mia@acme.example", "mia"), ("mia", "Mia@acme.example")],
)
def test_a_login_and_an_address_are_one_person(one: str, other: str) -> None:
    assert is_same_person(one, other)
    assert is_same_person(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mia", "mia2"),
        ("mia@acme.example", "mia@other.example"),
        ("https://forge.example/mia", "mia"),
        ("https://forge.example/acme@refs/tags/v1", "https://forge.example/acme"),
        ("@mia", "mia"),
    ],
)
def test_what_only_looks_alike_is_not_one_person(one: str, other: str) -> None:
    assert not is_same_person(one, other)


NAMES = st.sampled_from(["ada", "mia", "omar", "MIA", "mia@acme.example", WORKFLOW])


@given(st.lists(NAMES, max_size=3), NAMES, st.lists(NAMES, max_size=3), NAMES)
def test_one_approval_more_never_takes_a_conflict_away(
    authors: list[str], signer: str, approvers: list[str], another: str
) -> None:
    evidence, before = built(signer, tuple(authors)), merging(*approvers)
    after = merging(*approvers, another)
    if look_at_hands(PASSED, evidence, before).outcome is Outcome.FAIL:
        assert look_at_hands(PASSED, evidence, after).outcome is Outcome.FAIL
        assert look_at_hands(PASSED, evidence, replace(after, merger="olga")).outcome is Outcome.FAIL
