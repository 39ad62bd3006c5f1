"""Reviewed sources: a summary of the source track about this repository and this commit, by an accepted verifier."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from promoter.core.checks import CHECKS
from promoter.core.checks.source_review import SourceReviewParams, Verifier
from promoter.core.codes import Code
from promoter.core.evidence import SourceRevision
from promoter.core.finding import Finding, Outcome
from tests.core.checks.pieces import (
    COMMIT,
    FORGE_DOWN,
    REF,
    SCANNERS,
    SOURCE,
    VERIFIER,
    VSA,
    Piece,
    blob,
    source_summary,
    subject,
    with_source,
)

PARAMS = SourceReviewParams(verifiers=(Verifier(signer="pipeline", id=VERIFIER),))
GOOD = Piece("good", VSA, source_summary(), revisions=(COMMIT,))


def judge(*pieces: Piece, params: SourceReviewParams = PARAMS) -> Finding:
    return CHECKS["source-review"].apply(params, subject(*pieces))


def codes(finding: Finding) -> set[Code]:
    return {reason.code for reason in finding.reasons}


def said(**members: Any) -> Piece:
    return replace(GOOD, predicate={**source_summary(), **members})


def test_a_reviewed_commit_passes_and_the_finding_says_who_says_so() -> None:
    finding = judge(GOOD)

    assert (finding.outcome, finding.cites) == (Outcome.PASS, (blob("good"),))
    assert finding.sentence == f"{VERIFIER} says that commit {COMMIT} of {SOURCE} has SLSA source level 4"


@pytest.mark.parametrize(
    ("levels", "given"),
    [
        (("SLSA_SOURCE_LEVEL_3",), "3"),
        (("SLSA_BUILD_LEVEL_3", "SLSA_SOURCE_LEVEL_2"), "2"),
        (("SLSA_BUILD_LEVEL_4",), "(none)"),
        (("SLSA_SOURCE_LEVEL_40", "XSLSA_SOURCE_LEVEL_4", "slsa_source_level_4"), "(none)"),
        (("SLSA_SOURCE_LEVEL_UNEVALUATED", "FAILED"), "(none)"),
    ],
)
def test_a_lower_level_or_another_track_is_too_low(levels: tuple[str, ...], given: str) -> None:
    finding = judge(replace(GOOD, predicate=source_summary(*levels)))

    assert codes(finding) == {Code.SOURCE_REVIEW_LEVEL_TOO_LOW}
    assert finding.sentence.endswith(f"gives the source SLSA source level {given}; demanded: 4")


def test_a_higher_level_implies_the_lower_ones() -> None:
    assert judge(GOOD, params=replace(PARAMS, min_level=2)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("piece", "code"),
    [
        (said(verificationResult="FAILED"), Code.SOURCE_REVIEW_FAILED),
        (said(resourceUri="git+https://forge.example/mallory/cart"), Code.SOURCE_REVIEW_WRONG_REPOSITORY),
        (said(resourceUri=f"{SOURCE}2"), Code.SOURCE_REVIEW_WRONG_REPOSITORY),
        (said(verifier={"id": f"{VERIFIER}2"}), Code.SOURCE_REVIEW_WRONG_VERIFIER),
        (replace(GOOD, revisions=("b" * 40,)), Code.SOURCE_REVIEW_WRONG_COMMIT),
        (replace(GOOD, revisions=()), Code.SOURCE_REVIEW_ABSENT),
        (replace(GOOD, signer=SCANNERS), Code.SOURCE_REVIEW_FOREIGN_SIGNER),
        (said(verifier=None), Code.SOURCE_REVIEW_UNPARSEABLE),
        (said(resourceUri=""), Code.SOURCE_REVIEW_UNPARSEABLE),
        (said(verificationResult="passed"), Code.SOURCE_REVIEW_UNPARSEABLE),
        (said(verifiedLevels="SLSA_SOURCE_LEVEL_4"), Code.SOURCE_REVIEW_UNPARSEABLE),
        (said(verifiedLevels=[4]), Code.SOURCE_REVIEW_UNPARSEABLE),
        (said(verifiedLevels=["x"] * 101), Code.SOURCE_REVIEW_UNPARSEABLE),
    ],
)
def test_each_lie_has_its_own_code(piece: Piece, code: Code) -> None:
    finding = judge(piece)

    assert (finding.outcome, codes(finding)) == (Outcome.FAIL, {code})


def test_a_newer_failed_summary_beats_an_older_passed_one_and_the_other_way_round() -> None:
    newer = replace(said(verificationResult="FAILED"), name="newer", age=timedelta(minutes=5))
    older = replace(newer, name="older", age=timedelta(hours=5))

    assert codes(judge(GOOD, newer)) == {Code.SOURCE_REVIEW_FAILED}
    assert judge(GOOD, older).outcome is Outcome.PASS
    assert codes(judge(GOOD, replace(newer, age=GOOD.age))) == {Code.SOURCE_REVIEW_FAILED}


def test_a_summary_of_another_commit_takes_no_place() -> None:
    other = replace(GOOD, name="other", revisions=("b" * 40,), age=timedelta(minutes=5))

    assert judge(GOOD, other).outcome is Outcome.PASS


def test_the_commit_must_be_known() -> None:
    unknown = CHECKS["source-review"].apply(PARAMS, with_source(subject(GOOD, failures=(FORGE_DOWN,)), None))
    untagged = CHECKS["source-review"].apply(PARAMS, with_source(subject(GOOD), SourceRevision(SOURCE, REF, "")))

    assert (unknown.outcome, codes(unknown)) == (Outcome.UNDECIDED, {Code.PROVENANCE_SOURCE_UNKNOWN})
    assert (untagged.outcome, codes(untagged)) == (Outcome.FAIL, {Code.PROVENANCE_NO_SOURCE_TAG})


def test_a_signer_speaks_for_its_own_verifier_only() -> None:
    other = Verifier(signer="scanners", id="https://scans.example/source")
    both = replace(PARAMS, verifiers=(*PARAMS.verifiers, other))
    finding = judge(replace(GOOD, signer=SCANNERS), params=both)

    assert codes(finding) == {Code.SOURCE_REVIEW_WRONG_VERIFIER}
    assert finding.sentence.endswith(f"is the word of {VERIFIER}; its signer speaks for {other.id}")
    assert judge(replace(said(verifier={"id": other.id}), signer=SCANNERS), params=both).outcome is Outcome.PASS


def test_parameters_that_would_accept_nobody_or_anything_are_refused() -> None:
    with pytest.raises(ValueError, match="verifiers names nobody"):
        replace(PARAMS, verifiers=())
    with pytest.raises(ValueError, match="id is empty"):
        Verifier(signer="pipeline", id="")
    for level in (0, 5):
        with pytest.raises(ValueError, match="min_level must be 1 to 4"):
            replace(PARAMS, min_level=level)
