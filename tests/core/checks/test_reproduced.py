"""Reproduced builds: different builders and different signers, each with a whole provenance of the release's commit."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from promoter.core.checks import CHECKS
from promoter.core.checks.reproduced import Builder, ReproducedParams
from promoter.core.codes import Code
from promoter.core.evidence import LookupFailure, Signer, SignerClaims, SourceRevision
from promoter.core.finding import Finding, Outcome
from promoter.core.identity import SignerRule
from tests.core.checks.pieces import (
    CLAIMS,
    FORGE_DOWN,
    GITHUB,
    ISSUER,
    PIPELINE,
    PROVENANCE_V1,
    REF,
    REGISTRY_DOWN,
    RULES,
    SOURCE,
    STRANGER,
    Piece,
    blob,
    provenance,
    subject,
    with_source,
)

REBUILDS = "https://rebuilds.example/v1"
AUDIT = "https://audit.example/v1"
REBUILDER, AUDITOR = (Signer(f"{name}@rebuilds.example", ISSUER) for name in ("rebuilder", "auditor"))
SIGNERS = {
    **RULES,
    "rebuilder": SignerRule(issuer=ISSUER, san=REBUILDER.san),
    "auditor": SignerRule(issuer=ISSUER, san=AUDITOR.san),
}
OWN = Builder(signer="pipeline", builder="{source}/.github/workflows/release.yml@refs/tags/{tag}")
REBUILD = Builder(signer="rebuilder", builder=REBUILDS)
PARAMS = ReproducedParams(builds=(OWN, REBUILD), build_types=(GITHUB,))


def built_by(builder: str, **said: str) -> dict[str, Any]:
    predicate = provenance(**said)
    predicate["runDetails"]["builder"]["id"] = builder
    return predicate


def piece(name: str, signer: Signer, predicate: Mapping[str, Any]) -> Piece:
    return Piece(name, PROVENANCE_V1, predicate, signer)


BUILT = piece("built", Signer(PIPELINE, ISSUER, CLAIMS), provenance())
REBUILT = piece("rebuilt", REBUILDER, built_by(REBUILDS))


def judge(*pieces: Piece, params: ReproducedParams = PARAMS, failures: tuple[LookupFailure, ...] = ()) -> Finding:
    return CHECKS["reproduced"].apply(params, replace(subject(*pieces, failures=failures), signers=SIGNERS))


def codes(finding: Finding) -> set[Code]:
    return {reason.code for reason in finding.reasons}


def test_two_builders_with_a_signer_each_reproduced_the_digest() -> None:
    finding = judge(BUILT, REBUILT)

    assert (finding.outcome, finding.reasons) == (Outcome.PASS, ())
    assert finding.sentence.startswith("2 different builders made this digest from the release's commit: by ")
    assert f"{REBUILDS}, attested by {REBUILDER.san} (issuer {ISSUER})" in finding.sentence
    assert set(finding.cites) == {blob("built"), blob("rebuilt")}


def test_one_build_is_too_few_and_another_is_awaited() -> None:
    finding = judge(BUILT)

    assert codes(finding) == {Code.REPRODUCED_TOO_FEW_BUILDS}
    assert finding.is_absence
    assert finding.sentence == (
        "this digest was built 1 of at least 2 times by different builders: "
        f"by {PIPELINE}, attested by {PIPELINE} (issuer {ISSUER})"
    )
    assert f"build the release's commit with {REBUILDS} too" in finding.reasons[0].remedy


def test_the_same_builder_twice_and_one_signer_for_two_builders_count_once() -> None:
    again = piece("again", Signer(PIPELINE, ISSUER, replace(CLAIMS, build_trigger="")), provenance())
    for other in (again, piece("own word", BUILT.signer, built_by(REBUILDS))):
        assert Code.REPRODUCED_TOO_FEW_BUILDS in codes(judge(BUILT, other))


def test_a_signer_speaks_for_his_own_builder_only() -> None:
    crossed = piece("crossed", REBUILDER, built_by(AUDIT))
    params = replace(PARAMS, builds=(OWN, REBUILD, Builder(signer="auditor", builder=AUDIT)))

    assert codes(judge(BUILT, crossed, params=params)) == {Code.REPRODUCED_TOO_FEW_BUILDS}
    good = piece("audited", AUDITOR, built_by(AUDIT))
    assert judge(BUILT, crossed, good, params=params).outcome is Outcome.PASS
    assert judge(BUILT, REBUILT, good, params=replace(params, at_least=3)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"commit": "b" * 40}, Code.PROVENANCE_WRONG_COMMIT),
        ({"repository": "https://forge.example/mallory/cart"}, Code.PROVENANCE_WRONG_REPOSITORY),
        ({"ref": "refs/heads/main"}, Code.PROVENANCE_WRONG_REF),
    ],
)
def test_a_rebuild_of_another_source_does_not_count(said: dict[str, str], code: Code) -> None:
    finding = judge(BUILT, piece("rebuilt", REBUILDER, built_by(REBUILDS, **said)))

    assert finding.outcome is Outcome.FAIL
    assert codes(finding) == {Code.REPRODUCED_TOO_FEW_BUILDS, code}


def test_an_unlisted_builder_and_a_contradicted_certificate_do_not_count() -> None:
    assert Code.PROVENANCE_WRONG_BUILDER in codes(
        judge(BUILT, piece("other", REBUILDER, built_by("https://x.example")))
    )
    lying = replace(REBUILDER, claims=SignerClaims(source_repository_digest="b" * 40))
    finding = judge(BUILT, piece("lying", lying, built_by(REBUILDS)))
    assert codes(finding) == {Code.REPRODUCED_TOO_FEW_BUILDS, Code.PROVENANCE_CLAIM_NOT_CERTIFIED}


def test_a_strangers_rebuild_does_not_count() -> None:
    finding = judge(BUILT, piece("foreign", STRANGER, built_by(REBUILDS)))

    assert codes(finding) == {Code.REPRODUCED_TOO_FEW_BUILDS, Code.PROVENANCE_FOREIGN_SIGNER}


def test_no_provenance_at_all_is_an_absence() -> None:
    assert codes(judge()) == {Code.PROVENANCE_ABSENT}
    assert judge().is_absence


def test_what_could_not_be_asked_leaves_it_undecided_unless_enough_is_there() -> None:
    assert judge(BUILT, failures=(REGISTRY_DOWN,)).outcome is Outcome.UNDECIDED
    assert judge(BUILT, REBUILT, failures=(REGISTRY_DOWN,)).outcome is Outcome.PASS
    about = with_source(subject(BUILT, REBUILT, failures=(FORGE_DOWN,)), None)
    assert CHECKS["reproduced"].apply(PARAMS, replace(about, signers=SIGNERS)).outcome is Outcome.UNDECIDED


def test_without_a_git_tag_there_is_nothing_to_reproduce() -> None:
    about = with_source(subject(BUILT, REBUILT), SourceRevision(SOURCE, REF, ""))
    finding = CHECKS["reproduced"].apply(PARAMS, replace(about, signers=SIGNERS))

    assert (finding.outcome, codes(finding)) == (Outcome.FAIL, {Code.PROVENANCE_NO_SOURCE_TAG})


def test_builders_and_signers_are_named_once_and_two_are_demanded_at_least() -> None:
    with pytest.raises(ValueError, match=r"builds\[1\]\.signer is that of builds\[0\] too"):
        replace(PARAMS, builds=(OWN, replace(REBUILD, signer="pipeline")))
    with pytest.raises(ValueError, match=r"builds\[1\]\.builder is that of builds\[0\] too"):
        replace(PARAMS, builds=(OWN, replace(REBUILD, builder=OWN.builder)))
    with pytest.raises(ValueError, match="builds names fewer than two: name the builders that must agree"):
        replace(PARAMS, builds=(OWN,))
    for wrong in (0, 1, 3):
        with pytest.raises(ValueError, match="at_least must be 2 to the number of builds, which is 2"):
            replace(PARAMS, at_least=wrong)
    with pytest.raises(ValueError, match="build_types names none"):
        replace(PARAMS, build_types=())
