"""An index is as good as the worst of the platforms that a policy names, and what covers one covers no other."""

from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.core.candidate import Digest, digest_of
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.platforms import require_platform_names
from promoter.core.checks.sbom import SBOM, SbomParams
from promoter.core.checks.scan import SCAN, ScanParams
from promoter.core.checks.subject import Subject
from promoter.core.checks.vulnerabilities import VULNERABILITIES, VulnerabilitiesParams
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Evidence, Platform
from promoter.core.finding import Finding, Outcome
from tests.core.checks.pieces import (
    CYCLONEDX,
    DIGEST,
    REGISTRY_DOWN,
    SCANNERS,
    VULN,
    Piece,
    blob,
    broken,
    cyclonedx,
    in_cosign,
    subject_of,
    trivy,
    trivy_finding,
)

AMD, ARM, ARM_7 = (
    Platform(digest_of(name.encode()), name) for name in ("linux/amd64", "linux/arm64/v8", "linux/arm64/v7")
)
NAMED = ("linux/amd64", "linux/arm64")
SBOMS = SbomParams(signers=("pipeline",), platforms=NAMED)
SCANS = ScanParams(signers=("scanners",), scanners=("trivy",), max_age=timedelta(days=1), platforms=NAMED)
FINDINGS = VulnerabilitiesParams(
    signers=("scanners",), limits=SeverityLimits(critical=Limits(fixable=0)), platforms=NAMED
)


def about(piece: Piece, *subjects: Digest) -> Attestation:
    return replace(piece.made(), subjects=subjects)


def sbom(name: str, *subjects: Digest) -> Attestation:
    return about(Piece(name, CYCLONEDX, cyclonedx()), *subjects)


def scan(name: str, *subjects: Digest, is_clean: bool = True) -> Attestation:
    report = trivy() if is_clean else trivy(trivy_finding("CVE-2026-0001", FixedVersion="2"))
    return about(Piece(name, VULN, in_cosign(report), SCANNERS), *subjects)


def index(*own: Attestation, platforms: tuple[Platform, ...] = (AMD, ARM), **parts: tuple[Attestation, ...]) -> Subject:
    found = {AMD.digest: parts.get("amd", ()), ARM.digest: parts.get("arm", ())}
    kept = tuple(Evidence(digest, attestations) for digest, attestations in found.items())
    return subject_of(Evidence(DIGEST, attestations=own, platforms=platforms, parts=kept))


def codes(finding: Finding) -> list[Code]:
    return [reason.code for reason in finding.reasons]


@pytest.mark.parametrize("name", ["amd64", "linux/", "linux/amd64/", "Linux/amd64", "linux amd64", ""])
def test_a_name_that_no_platform_can_have_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="write os/architecture or os/architecture/variant"):
        require_platform_names((name,))
    require_platform_names(("linux/amd64", "linux/arm/v7", "windows/amd64"))


def test_every_platform_may_have_its_own_or_be_listed_by_one_about_the_index() -> None:
    own = SBOM.apply(SBOMS, index(amd=(sbom("amd", AMD.digest),), arm=(sbom("arm", ARM.digest),)))
    listed = SBOM.apply(SBOMS, index(sbom("all", DIGEST, AMD.digest, ARM.digest)))
    mixed = SBOM.apply(SBOMS, index(sbom("index", DIGEST, ARM.digest), amd=(sbom("amd", AMD.digest),)))

    assert [finding.outcome for finding in (own, listed, mixed)] == [Outcome.PASS] * 3
    assert (own.cites, listed.cites) == ((blob("amd"), blob("arm")), (blob("all"),))


def test_evidence_about_the_index_alone_or_about_another_platform_covers_none() -> None:
    of_the_index = index(sbom("index", DIGEST), amd=(sbom("amd", AMD.digest),))
    finding = SBOM.apply(SBOMS, of_the_index)

    assert (finding.outcome, codes(finding)) == (Outcome.FAIL, [Code.SBOM_PLATFORM_MISSING])
    assert f"for the platform linux/arm64/v8 ({ARM.digest})" in finding.sentence


@pytest.mark.parametrize(
    ("finding", "code"),
    [
        (SBOM.apply(SBOMS, index()), Code.SBOM_PLATFORM_MISSING),
        (SCAN.apply(SCANS, index()), Code.SCAN_PLATFORM_MISSING),
        (VULNERABILITIES.apply(FINDINGS, index()), Code.SCAN_PLATFORM_MISSING),
    ],
)
def test_what_a_platform_lacks_is_awaited_like_any_other_evidence(finding: Finding, code: Code) -> None:
    assert finding.is_absence
    assert codes(finding) == [code, code]


def test_a_platform_whose_evidence_could_not_be_asked_for_is_undecided_and_never_missing() -> None:
    whole = index(amd=(sbom("amd", AMD.digest),))
    unknown = replace(whole.evidence.parts[1], failures=(REGISTRY_DOWN,))
    evidence = replace(whole.evidence, parts=(whole.evidence.parts[0], unknown))
    finding = SBOM.apply(SBOMS, replace(whole, evidence=evidence))

    assert (finding.outcome, codes(finding)) == (Outcome.UNDECIDED, [Code.LOOKUP_FAILED])
    assert finding.sentence.startswith("linux/arm64/v8: the referrers could not be read")


def test_the_worst_platform_counts_whatever_the_others_say() -> None:
    clean, bad = scan("amd", AMD.digest), scan("arm", ARM.digest, is_clean=False)
    finding = VULNERABILITIES.apply(FINDINGS, index(scan("index", DIGEST), amd=(clean,), arm=(bad,)))

    assert (finding.outcome, codes(finding)) == (Outcome.FAIL, [Code.VULNERABILITIES_OVER_LIMIT])
    assert finding.sentence.startswith("linux/arm64/v8: 1 vulnerability of critical severity")


def test_a_definite_failure_stands_before_what_is_undecided() -> None:
    silent = about(Piece("amd", VULN, in_cosign({"SchemaVersion": 2, "ArtifactName": "x"}), SCANNERS), AMD.digest)
    finding = VULNERABILITIES.apply(FINDINGS, index(amd=(silent,), arm=(scan("arm", ARM.digest, is_clean=False),)))

    assert finding.outcome is Outcome.FAIL
    assert codes(finding) == [Code.VULNERABILITIES_OVER_LIMIT, Code.SCAN_NOTHING_ANALYSED]
    assert finding.sentence.endswith(" (and 1 more reason)")


def test_a_name_without_a_variant_means_every_variant_and_one_with_it_only_that() -> None:
    platforms = (AMD, ARM, ARM_7)
    own = {"amd": (sbom("amd", AMD.digest),), "arm": (sbom("arm", ARM.digest),)}
    every = SBOM.apply(SBOMS, index(platforms=platforms, **own))
    only = SBOM.apply(replace(SBOMS, platforms=("linux/arm64/v8",)), index(platforms=platforms, **own))

    assert (codes(every), only.outcome) == ([Code.SBOM_PLATFORM_MISSING], Outcome.PASS)
    assert "linux/arm64/v7" in every.sentence


def test_a_platform_that_the_index_lacks_is_said_beside_the_rest() -> None:
    params = replace(SBOMS, platforms=("linux/s390x", "linux/arm64"))
    finding = SBOM.apply(params, index())

    assert (finding.outcome, codes(finding)) == (Outcome.FAIL, [Code.PLATFORM_ABSENT, Code.SBOM_PLATFORM_MISSING])
    assert not finding.is_absence
    assert finding.check == "sbom"
    alone = SBOM.apply(replace(SBOMS, platforms=("linux/s390x",)), index())
    assert (alone.check, codes(alone)) == ("sbom", [Code.PLATFORM_ABSENT])


def test_a_forged_piece_of_one_platform_is_told_for_that_platform() -> None:
    whole = index(amd=(sbom("amd", AMD.digest),))
    forged = replace(whole.evidence.parts[1], unusable=(broken("forged", CYCLONEDX),))
    finding = SBOM.apply(
        SBOMS, replace(whole, evidence=replace(whole.evidence, parts=(whole.evidence.parts[0], forged)))
    )

    assert (codes(finding), finding.noted) == ([Code.SBOM_INVALID], (blob("forged"),))


def test_a_single_image_is_whatever_platform_it_is_for() -> None:
    assert SBOM.apply(SBOMS, subject_of(Evidence(DIGEST, attestations=(sbom("one", DIGEST),)))).outcome is Outcome.PASS


def test_without_names_the_index_is_judged_as_it_stands() -> None:
    params = replace(SBOMS, platforms=())

    assert SBOM.apply(params, index(sbom("index", DIGEST))).outcome is Outcome.PASS
    assert codes(SBOM.apply(params, index(amd=(sbom("amd", AMD.digest),)))) == [Code.SBOM_ABSENT]


def test_an_image_that_stands_beside_another_for_the_same_platform_needs_its_own() -> None:
    second = Platform(digest_of(b"second"), AMD.name)
    finding = SBOM.apply(
        SBOMS, index(platforms=(AMD, second, ARM), amd=(sbom("amd", AMD.digest),), arm=(sbom("arm", ARM.digest),))
    )

    assert (finding.outcome, codes(finding)) == (Outcome.FAIL, [Code.SBOM_PLATFORM_MISSING])
    assert f"for the platform linux/amd64 ({second.digest})" in finding.sentence


def test_an_index_that_hides_for_which_platform_an_image_is_has_not_the_platform() -> None:
    unnamed = Platform(digest_of(b"unnamed"), "unnamed")
    finding = SBOM.apply(SBOMS, index(sbom("all", DIGEST), platforms=(unnamed,)))

    assert (finding.outcome, codes(finding)) == (Outcome.FAIL, [Code.PLATFORM_ABSENT, Code.PLATFORM_ABSENT])
