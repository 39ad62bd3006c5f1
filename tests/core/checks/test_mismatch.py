"""A build of another commit than the tag's: only several people's written word about these two commits lets it pass."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from promoter.core.checks import CHECKS
from promoter.core.checks.provenance_demands import MismatchApprovals, ProvenanceParams
from promoter.core.codes import Code
from promoter.core.evidence import LookupFailure, Signer, SignerClaims, Unusable
from promoter.core.finding import Finding, Outcome
from promoter.core.identity import SignerRule
from tests.core.checks.builds import GITHUB_ATTEST
from tests.core.checks.pieces import (
    CLAIMS,
    COMMIT,
    ISSUER,
    NOW,
    PIPELINE,
    REF,
    REGISTRY_DOWN,
    RULES,
    SOURCE,
    TEAM,
    Piece,
    blob,
    broken,
    provenance,
    subject,
)

TYPE = "https://promoter.dev/attestation/commit-mismatch-approval/v1"
BUILT = "b" * 40
ANNE, BILL, CARL = (Signer(f"{name}@acme.example", ISSUER) for name in ("anne", "bill", "carl"))
PEOPLE = {name: SignerRule(issuer=ISSUER, san=f"{name}@acme.example") for name in ("anne", "bill", "carl")}
TWO = MismatchApprovals(signers=("anne", "bill", "carl"))
PARAMS = replace(GITHUB_ATTEST.params, mismatch_approvals=TWO)
BUILD = Piece(
    "build",
    GITHUB_ATTEST.predicate_type,
    provenance(commit=BUILT),
    Signer(PIPELINE, ISSUER, replace(CLAIMS, source_repository_digest=BUILT)),
)
MISMATCH = f"provenance names commit {BUILT}, {REF} is commit {COMMIT}"


def approval(**members: Any) -> dict[str, Any]:
    return {
        "repository": SOURCE,
        "releaseCommit": COMMIT,
        "builtCommit": BUILT,
        "reason": "the tag was moved to the changelog's commit",
        "expires": "2026-12-01T00:00:00Z",
        **members,
    }


def by(signer: Signer, predicate: Mapping[str, Any] | None = None, name: str = "") -> Piece:
    return Piece(name or signer.san, TYPE, approval() if predicate is None else predicate, signer)


def judge(
    *pieces: Piece,
    params: ProvenanceParams = PARAMS,
    unusable: tuple[Unusable, ...] = (),
    failures: tuple[LookupFailure, ...] = (),
) -> Finding:
    about = subject(BUILD, *pieces, unusable=unusable, failures=failures)
    return CHECKS["provenance"].apply(params, replace(about, signers={**RULES, **PEOPLE}))


def codes(finding: Finding) -> set[Code]:
    return {reason.code for reason in finding.reasons}


def test_two_written_approvals_let_it_pass_and_the_finding_says_whose_and_of_what() -> None:
    finding = judge(by(ANNE), by(BILL))

    assert (finding.outcome, finding.reasons) == (Outcome.PASS, ())
    assert finding.sentence == (
        f"built by {PIPELINE} from {SOURCE} {REF} at {BUILT}; {MISMATCH}, which is approved by "
        f"anne@acme.example (issuer {ISSUER}) until 2026-12-01 00:00:00Z "
        "(the tag was moved to the changelog's commit), "
        f"and by bill@acme.example (issuer {ISSUER}) until 2026-12-01 00:00:00Z "
        "(the tag was moved to the changelog's commit)"
    )
    assert finding.cites == (blob("build"), blob("anne@acme.example"), blob("bill@acme.example"))


def test_without_approvers_in_the_policy_it_never_passes() -> None:
    finding = judge(by(ANNE), by(BILL), params=GITHUB_ATTEST.params)

    assert (finding.outcome, codes(finding)) == (Outcome.FAIL, {Code.PROVENANCE_WRONG_COMMIT})
    assert finding.sentence == MISMATCH


def test_without_an_approval_both_what_is_wrong_and_what_is_missing_are_said() -> None:
    finding = judge()

    assert codes(finding) == {Code.PROVENANCE_WRONG_COMMIT, Code.MISMATCH_APPROVAL_ABSENT}
    assert not finding.is_absence
    assert TYPE in finding.reasons[1].remedy


def test_one_approval_is_too_few_and_so_is_one_person_twice() -> None:
    again = by(replace(ANNE, claims=SignerClaims(build_trigger="push")), approval(reason="again"), "again")
    for pieces in ((by(ANNE),), (by(ANNE), again)):
        finding = judge(*pieces)
        assert codes(finding) == {Code.PROVENANCE_WRONG_COMMIT, Code.MISMATCH_APPROVAL_TOO_FEW}
        assert finding.reasons[-1].sentence == (
            "the commit mismatch is approved by 1 of at least 2 different signers: "
            f"by anne@acme.example (issuer {ISSUER})"
        )
        assert "have 1 more of them (bill, carl) approve it" in finding.reasons[-1].remedy


def test_more_than_two_can_be_demanded() -> None:
    three = replace(PARAMS, mismatch_approvals=replace(TWO, at_least=3))

    assert codes(judge(by(ANNE), by(BILL), params=three)) >= {Code.MISMATCH_APPROVAL_TOO_FEW}
    assert judge(by(ANNE), by(BILL), by(CARL), params=three).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "members",
    [
        {"builtCommit": "c" * 40},
        {"releaseCommit": "c" * 40},
        {"releaseCommit": BUILT, "builtCommit": COMMIT},
        {"repository": "https://forge.example/mallory/cart"},
        {"repository": f"{SOURCE}2"},
    ],
)
def test_an_approval_of_something_else_does_not_count(members: Mapping[str, str]) -> None:
    finding = judge(by(ANNE, approval(**members)), by(BILL))

    assert finding.outcome is Outcome.FAIL
    assert codes(finding) == {
        Code.PROVENANCE_WRONG_COMMIT,
        Code.MISMATCH_APPROVAL_WRONG,
        Code.MISMATCH_APPROVAL_TOO_FEW,
    }
    assert f"this is commit {BUILT} in place of {COMMIT} in {SOURCE}" in finding.reasons[1].sentence


def test_an_approval_ends_at_its_time_to_the_second() -> None:
    def until(when: timedelta) -> Finding:
        return judge(by(ANNE, approval(expires=(NOW + when).isoformat())), by(BILL))

    assert until(timedelta(seconds=1)).outcome is Outcome.PASS
    assert codes(until(timedelta(0))) >= {Code.MISMATCH_APPROVAL_EXPIRED, Code.MISMATCH_APPROVAL_TOO_FEW}


@pytest.mark.parametrize(
    "members",
    [
        {"repository": None},
        {"releaseCommit": None},
        {"builtCommit": None},
        {"reason": None},
        {"reason": "  "},
        {"reason": ["why"]},
        {"expires": None},
        {"expires": "2026-12-01"},
        {"expires": "2026-12-01T00:00:00"},
        {"builtCommit": BUILT[:7]},
        {"builtCommit": BUILT.upper()},
        {"releaseCommit": 7},
    ],
)
def test_an_approval_that_leaves_something_open_is_unreadable(members: Mapping[str, object]) -> None:
    finding = judge(by(ANNE, approval(**members)), by(BILL))

    assert finding.outcome is Outcome.FAIL
    assert codes(finding) >= {Code.MISMATCH_APPROVAL_UNPARSEABLE, Code.MISMATCH_APPROVAL_TOO_FEW}


def test_whoever_attests_the_provenance_does_not_approve_it() -> None:
    broad = SignerRule(issuer=ISSUER, san=TEAM.san)
    params = replace(PARAMS, mismatch_approvals=MismatchApprovals(signers=("anne", "broad")))
    about = subject(BUILD, by(ANNE), by(TEAM))
    finding = CHECKS["provenance"].apply(params, replace(about, signers={**RULES, **PEOPLE, "broad": broad}))

    assert finding.outcome is Outcome.FAIL
    assert codes(finding) >= {Code.MISMATCH_APPROVAL_FOREIGN_SIGNER, Code.MISMATCH_APPROVAL_TOO_FEW}
    assert any("who attests the provenance: nobody approves their own" in r.sentence for r in finding.reasons)


def test_an_approval_by_somebody_else_or_one_that_does_not_verify_is_named() -> None:
    stranger = by(Signer("mallory@acme.example", ISSUER))
    finding = judge(by(ANNE), stranger, unusable=(broken("forged", TYPE),))

    assert codes(finding) == {
        Code.PROVENANCE_WRONG_COMMIT,
        Code.MISMATCH_APPROVAL_FOREIGN_SIGNER,
        Code.MISMATCH_APPROVAL_INVALID,
        Code.MISMATCH_APPROVAL_TOO_FEW,
    }
    assert judge(by(ANNE), by(BILL), stranger).outcome is Outcome.PASS


def test_it_is_undecided_while_an_approval_may_be_hidden() -> None:
    assert judge(by(ANNE), failures=(REGISTRY_DOWN,)).outcome is Outcome.UNDECIDED
    assert judge(by(ANNE), by(BILL), failures=(REGISTRY_DOWN,)).outcome is Outcome.PASS


def test_an_approval_excuses_the_commit_and_nothing_else() -> None:
    finding = judge(by(ANNE), by(BILL), params=replace(PARAMS, builders=("https://builds.example",)))

    assert codes(finding) == {Code.PROVENANCE_WRONG_BUILDER}


def test_a_provenance_without_a_commit_is_past_approving() -> None:
    silent = replace(BUILD, predicate=provenance(commit=""), signer=replace(BUILD.signer, claims=SignerClaims()))
    about = replace(subject(silent, by(ANNE), by(BILL)), signers={**RULES, **PEOPLE})

    assert codes(CHECKS["provenance"].apply(PARAMS, about)) == {Code.PROVENANCE_WRONG_COMMIT}


def test_an_approval_of_one_is_none() -> None:
    with pytest.raises(ValueError, match="at_least must be 2 or more: an approval of one is none"):
        MismatchApprovals(signers=("anne", "bill"), at_least=1)
    with pytest.raises(ValueError, match="signers names fewer than the 2 who must approve: name more of them"):
        MismatchApprovals(signers=("anne", "anne"))
    with pytest.raises(ValueError, match="nobody approves their own"):
        replace(PARAMS, mismatch_approvals=MismatchApprovals(signers=("anne", "pipeline")))
