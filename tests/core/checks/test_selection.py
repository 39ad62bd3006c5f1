"""Which evidence counts: any one, the newest, and what failed lookups and bad neighbours do to it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from promoter.core.checks import CHECKS
from promoter.core.checks.agreement import AgreementParams
from promoter.core.checks.approval import ApprovalParams
from promoter.core.checks.artifact import ArtifactParams
from promoter.core.checks.artifact_age import ArtifactAgeParams
from promoter.core.checks.attestation import AttestationParams, Expectation
from promoter.core.checks.component_demands import ComponentsParams, DeniedComponent
from promoter.core.checks.denylist import DenylistParams
from promoter.core.checks.expression import ExpressionParams
from promoter.core.checks.fact_sheet import Part
from promoter.core.checks.level_limits import LevelLimits
from promoter.core.checks.licences import LicencesParams
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.log import LogParams
from promoter.core.checks.newest_scans import newest_scans
from promoter.core.checks.order import OrderParams
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.release import ReleaseParams
from promoter.core.checks.reproduced import Builder, ReproducedParams
from promoter.core.checks.review import ReviewParams
from promoter.core.checks.rules import RulesParams
from promoter.core.checks.sast import SastParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scai import Attribute, ScaiParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.selection import Reading
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.source_branch import SourceBranchParams
from promoter.core.checks.source_review import SourceReviewParams, Verifier
from promoter.core.checks.steps import Step, StepsParams
from promoter.core.checks.subject import Subject
from promoter.core.checks.tests import SuitesParams
from promoter.core.checks.ticket import TicketParams
from promoter.core.checks.vex import VexParams
from promoter.core.checks.vsa import VsaParams, VsaVerifier
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, ContentKind, Evidence, EvidenceState, Layout
from promoter.core.finding import Finding, Outcome
from promoter.core.predicates.reviews import ReviewKind
from promoter.core.predicates.sbom import SbomFormat
from promoter.core.predicates.scan import read_scan
from tests.core.checks.documents import openvex, statement
from tests.core.checks.pieces import (
    APPROVAL,
    COMMIT,
    COSIGN_SIGN,
    CUSTOM,
    CYCLONEDX,
    DIGEST,
    FORGE_DOWN,
    GITHUB,
    IMAGE_VERIFIER,
    LINK,
    NOW,
    PIPELINE,
    PROVENANCE_V1,
    REGISTRY_DOWN,
    RELEASE,
    SARIF,
    SCAI,
    SCANNERS,
    SPDX,
    STRANGER,
    TEST_RESULT,
    VERIFIER,
    VSA,
    VULN,
    Piece,
    approval,
    attributes,
    blob,
    broken,
    cyclonedx,
    grype,
    grype_match,
    in_cosign,
    link,
    provenance,
    released,
    sarif,
    source_summary,
    spdx,
    subject,
    subject_of,
    suite,
    summary,
    trivy,
    trivy_finding,
    with_source,
)

PARAMS: dict[str, Any] = {
    "signature": SignatureParams(signers=("pipeline",)),
    "provenance": ProvenanceParams(
        signers=("pipeline",),
        builders=("{source}/.github/workflows/release.yml@refs/tags/{tag}",),
        build_types=(GITHUB,),
        workflow=".github/workflows/release.yml",
    ),
    "sbom": SbomParams(signers=("pipeline",)),
    "licences": LicencesParams(signers=("pipeline",), allow=("MIT",)),
    "components": ComponentsParams(signers=("pipeline",), deny=(DeniedComponent(purl="pkg:deb/debian/xz"),)),
    "scan": ScanParams(signers=("scanners",), scanners=("trivy", "grype"), max_age=timedelta(days=1)),
    "vulnerabilities": VulnerabilitiesParams(
        signers=("scanners",),
        limits=SeverityLimits(critical=Limits(fixable=0), high=Limits(fixable=0)),
        vex=VexParams(signers=("scanners",)),
    ),
    "agreement": AgreementParams(signers=("pipeline",), sbom_signers=("pipeline",), scan_signers=("scanners",)),
    "reproduced": ReproducedParams(
        builds=(
            Builder(signer="pipeline", builder="{source}/.github/workflows/release.yml@refs/tags/{tag}"),
            Builder(signer="scanners", builder="https://rebuilds.example"),
        ),
        build_types=(GITHUB,),
    ),
    "source-review": SourceReviewParams(verifiers=(Verifier(signer="pipeline", id=VERIFIER),)),
    "tests": SuitesParams(signers=("pipeline",), suites=("unit",)),
    "sast": SastParams(signers=("scanners",), tools=("CodeQL",), limits=LevelLimits(error=0)),
    "review": ReviewParams(kind=ReviewKind.MANUAL_APPROVAL, signers=("scanners",)),
    "vsa": VsaParams(
        verifiers=(VsaVerifier(id=IMAGE_VERIFIER, signers=("scanners",)),),
        resource="registry.example/acme/cart:{release}",
        levels=("SLSA_BUILD_LEVEL_2",),
    ),
    "steps": StepsParams(steps=(Step(name="package", signers=("pipeline",)),)),
    "release": ReleaseParams(signers=("pipeline",), package="pkg:oci/cart"),
    "scai": ScaiParams(signers=("pipeline",), attributes=(Attribute(name="REPRODUCIBLE"),)),
    "attestation": AttestationParams(
        predicate_type=CUSTOM, signers=("pipeline",), equals=(Expectation(at="/Data", value="fine"),)
    ),
    "expression": ExpressionParams(
        says="there are libraries", expression="size(sboms) > 0", facts=(Part.SBOM,), signers=("pipeline",)
    ),
    "denylist": DenylistParams(),
    "artifact": ArtifactParams(repositories=("registry.example/acme/*",)),
    "source-branch": SourceBranchParams(branches=("main",)),
    "age": ArtifactAgeParams(signers=("pipeline",), max_age=timedelta(days=90)),
    "order": OrderParams(),
    "approval": ApprovalParams(min=1),
    "ticket": TicketParams(pattern="CHG[0-9]{7}"),
    "rules": RulesParams(),
    "log": LogParams(),
}

CLEAN = in_cosign(trivy())
BAD = in_cosign(trivy(trivy_finding("CVE-2026-0001", FixedVersion="3.0.2")))

GOOD: dict[str, Piece] = {
    "signature": Piece("good", COSIGN_SIGN),
    "provenance": Piece("good", PROVENANCE_V1, provenance()),
    "sbom": Piece("good", CYCLONEDX, cyclonedx()),
    "licences": Piece("good", CYCLONEDX, cyclonedx()),
    "components": Piece("good", CYCLONEDX, cyclonedx()),
    "scan": Piece("good", VULN, CLEAN, SCANNERS),
    "vulnerabilities": Piece("good", VULN, CLEAN, SCANNERS),
    "source-review": Piece("good", VSA, source_summary(), revisions=(COMMIT,)),
    "tests": Piece("good", TEST_RESULT, suite("unit")),
    "sast": Piece("good", SARIF, sarif(), SCANNERS),
    "review": Piece("good", APPROVAL, approval(), SCANNERS),
    "vsa": Piece("good", VSA, summary(), SCANNERS),
    "steps": Piece("good", LINK, link("package", {}, {"image": DIGEST})),
    "release": Piece("good", RELEASE, released()),
    "scai": Piece("good", SCAI, attributes("REPRODUCIBLE")),
    "attestation": Piece("good", CUSTOM, {"Data": "fine"}),
}
"""The checks that one good piece of evidence satisfies."""


def find(check: str, about: Subject, params: Any = None) -> Finding:
    return CHECKS[check].apply(params or PARAMS[check], about)


def codes(finding: Finding) -> list[Code]:
    return [reason.code for reason in finding.reasons]


def aged(check: str, name: str, hours: float) -> Piece:
    return replace(GOOD[check], name=name, age=timedelta(hours=hours))


def by_stranger(check: str, name: str = "foreign") -> Piece:
    return replace(GOOD[check], name=name, signer=STRANGER, age=timedelta(minutes=5))


each_check = pytest.mark.parametrize("check", sorted(GOOD))


def test_the_table_names_every_check_as_it_names_itself() -> None:
    assert {name: check.id for name, check in CHECKS.items()} == {name: name for name in PARAMS}
    with pytest.raises(TypeError):
        CHECKS["another"] = CHECKS["sbom"]  # type: ignore[index]


@each_check
def test_good_evidence_passes_and_is_cited(check: str) -> None:
    finding = find(check, subject(GOOD[check]))

    assert (finding.check, finding.outcome, finding.reasons) == (check, Outcome.PASS, ())
    assert (finding.cites, finding.noted) == ((blob("good"),), ())


@each_check
def test_no_evidence_at_all_is_an_absence(check: str) -> None:
    finding = find(check, subject())

    assert (finding.outcome, [reason.state for reason in finding.reasons]) == (Outcome.FAIL, [EvidenceState.ABSENT])
    assert finding.is_absence


@each_check
def test_a_failed_lookup_is_never_an_absence(check: str) -> None:
    finding = find(check, subject(failures=(REGISTRY_DOWN,)))

    assert (finding.outcome, codes(finding)) == (Outcome.UNDECIDED, [Code.LOOKUP_FAILED])
    assert "no answer in 10 s (outside.timeout)" in finding.sentence


@each_check
def test_bad_neighbours_of_good_evidence_are_noted_and_change_nothing(check: str) -> None:
    bad = broken("bad", GOOD[check].predicate_type)
    finding = find(check, subject(by_stranger(check), GOOD[check], unusable=(bad,)))

    assert finding.outcome is Outcome.PASS
    assert (finding.cites, finding.noted) == ((blob("good"),), (blob("foreign"), blob("bad")))


@each_check
def test_foreign_invalid_and_unreadable_evidence_are_all_named(check: str) -> None:
    kind = GOOD[check].predicate_type
    unusable = (broken("bad", kind), broken("worse", kind, EvidenceState.UNPARSEABLE))
    finding = find(check, subject(by_stranger(check), unusable=unusable))

    assert finding.outcome is Outcome.FAIL
    assert [reason.state for reason in finding.reasons] == [
        EvidenceState.FOREIGN_SIGNER,
        EvidenceState.INVALID,
        EvidenceState.UNPARSEABLE,
    ]
    assert not finding.is_absence
    assert finding.sentence.endswith(" (and 2 more reasons)")


@each_check
def test_foreign_evidence_beside_a_failed_lookup_is_undecided_and_named(check: str) -> None:
    finding = find(check, subject(by_stranger(check), failures=(REGISTRY_DOWN,)))

    assert finding.outcome is Outcome.UNDECIDED
    assert [reason.state for reason in finding.reasons] == [EvidenceState.LOOKUP_FAILED, EvidenceState.FOREIGN_SIGNER]


@each_check
def test_where_the_newest_decides_a_failed_lookup_leaves_good_evidence_undecided(check: str) -> None:
    finding = find(check, subject(GOOD[check], failures=(REGISTRY_DOWN,)))
    any_one_is_enough = check in ("signature", "provenance", "steps", "release", "scai")

    assert finding.outcome is (Outcome.PASS if any_one_is_enough else Outcome.UNDECIDED)
    assert finding.cites == (blob("good"),)


@each_check
def test_a_failed_lookup_of_the_source_tag_concerns_what_is_compared_with_its_commit(check: str) -> None:
    about = with_source(subject(GOOD[check], failures=(FORGE_DOWN,)), None)
    finding = find(check, about)

    assert finding.outcome is (Outcome.UNDECIDED if check in ("provenance", "source-review", "sast") else Outcome.PASS)


@each_check
def test_evidence_for_another_requirement_does_not_count(check: str) -> None:
    others = [piece for name, piece in GOOD.items() if piece.predicate_type != GOOD[check].predicate_type]
    pieces = (Piece(f"other {n}", piece.predicate_type, piece.predicate) for n, piece in enumerate(others))
    finding = find(check, subject(*pieces))

    assert finding.is_absence
    assert "; there is only https://" in finding.sentence


@each_check
def test_a_signer_of_one_evidence_type_is_foreign_for_another(check: str) -> None:
    good = GOOD[check]
    other = GOOD["signature"].signer if good.signer == SCANNERS else SCANNERS
    finding = find(check, subject(replace(good, name="crossed", signer=other)))

    assert [reason.state for reason in finding.reasons] == [EvidenceState.FOREIGN_SIGNER]


def test_an_attestation_is_no_signature_and_a_message_signature_is_one() -> None:
    attestations = (GOOD["provenance"], Piece("sbom", CYCLONEDX, cyclonedx()))

    assert codes(find("signature", subject(*attestations))) == [Code.SIGNATURE_ABSENT]
    assert find("signature", subject(Piece("message"))).outcome is Outcome.PASS


def test_a_bundle_that_names_no_type_is_an_attempt_at_a_signature_and_mentioned_elsewhere() -> None:
    about = subject(unusable=(broken("what", ""),))

    assert codes(find("signature", about)) == [Code.SIGNATURE_INVALID]
    sbom = find("sbom", about)
    assert sbom.is_absence
    assert "; bundles that do not verify and name no type, it may be among them: 1" in sbom.sentence


# --- any one that passes whole ----------------------------------------------------------------------------------------


def test_one_whole_provenance_is_enough_and_halves_are_never_added_up() -> None:
    wrong_ref = Piece("ref", PROVENANCE_V1, provenance(ref="refs/heads/main"))
    wrong_commit = Piece("commit", PROVENANCE_V1, provenance(commit="b" * 40))

    assert find("provenance", subject(wrong_ref, wrong_commit)).outcome is Outcome.FAIL
    assert find("provenance", subject(wrong_ref, wrong_commit, GOOD["provenance"])).cites == (blob("good"),)


# --- the newest decides -----------------------------------------------------------------------------------------------


def test_a_newer_failing_scan_beats_an_older_clean_one_and_the_reverse() -> None:
    older, newer = timedelta(hours=9), timedelta(hours=2)
    failing_last = subject(Piece("a", VULN, CLEAN, SCANNERS, older), Piece("b", VULN, BAD, SCANNERS, newer))
    clean_last = subject(Piece("a", VULN, BAD, SCANNERS, older), Piece("b", VULN, CLEAN, SCANNERS, newer))

    assert codes(find("vulnerabilities", failing_last)) == [Code.VULNERABILITIES_OVER_LIMIT]
    finding = find("vulnerabilities", clean_last)
    assert (finding.outcome, finding.cites, finding.noted) == (Outcome.PASS, (blob("b"),), (blob("a"),))


def test_an_old_clean_scan_that_was_logged_again_hides_no_newer_failing_one() -> None:
    failing = in_cosign(trivy(trivy_finding("CVE-2026-0001", FixedVersion="2.0")), NOW - timedelta(hours=10))
    clean = in_cosign(trivy(), NOW - timedelta(hours=40))
    about = subject(
        Piece("failing", VULN, failing, SCANNERS, timedelta(hours=9)),
        Piece("clean", VULN, clean, SCANNERS, timedelta(hours=1)),  # its first signature was of 40 hours ago
    )

    finding = find("vulnerabilities", about)

    assert codes(finding) == [Code.VULNERABILITIES_OVER_LIMIT]
    assert set(finding.cites) == {blob("failing"), blob("clean")}


AT_NINE, AT_TEN = "2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z"


@pytest.mark.parametrize(
    ("check", "good", "bad", "code"),
    [
        (
            "review",
            Piece("good", APPROVAL, approval(decidedAt=AT_NINE), SCANNERS),
            Piece("bad", APPROVAL, approval("REJECTED", decidedAt=AT_TEN), SCANNERS),
            Code.REVIEW_NEGATIVE,
        ),
        (
            "vsa",
            Piece("good", VSA, summary(timeVerified=AT_NINE), SCANNERS),
            Piece("bad", VSA, summary(result="FAILED", timeVerified=AT_TEN), SCANNERS),
            Code.VSA_FAILED,
        ),
    ],
)
def test_an_earlier_yes_that_was_logged_again_hides_no_later_no(
    check: str, good: Piece, bad: Piece, code: Code
) -> None:
    logged_again = subject(replace(bad, age=timedelta(minutes=90)), replace(good, age=timedelta(minutes=5)))
    answered_anew = subject(replace(bad, age=timedelta(minutes=90)), replace(GOOD[check], age=timedelta(minutes=5)))

    assert codes(find(check, logged_again)) == [code]
    assert find(check, answered_anew).outcome is Outcome.PASS


def test_one_scanner_does_not_hide_what_another_found() -> None:
    found = in_cosign(grype(grype_match("CVE-2026-0001")))
    about = subject(
        Piece("grype", VULN, found, SCANNERS, timedelta(hours=9)),
        Piece("trivy", VULN, CLEAN, SCANNERS, timedelta(hours=1)),
    )
    finding = find("vulnerabilities", about)

    assert codes(finding) == [Code.VULNERABILITIES_OVER_LIMIT]
    assert finding.cites == (blob("trivy"), blob("grype"))


def test_scans_of_the_same_time_all_count() -> None:
    about = subject(Piece("a", VULN, CLEAN, SCANNERS), Piece("b", VULN, BAD, SCANNERS))

    assert find("vulnerabilities", about).outcome is Outcome.FAIL


def test_the_same_vulnerability_from_two_scanners_counts_once_at_its_worse() -> None:
    about = subject(
        Piece("grype", VULN, in_cosign(grype(grype_match("GHSA-x", "High", "fixed", "CVE-2026-0001"))), SCANNERS),
        Piece("trivy", VULN, in_cosign(trivy(trivy_finding("CVE-2026-0001", "LOW"))), SCANNERS),
    )
    finding = find("vulnerabilities", about)

    assert [reason.sentence for reason in finding.reasons] == [
        "1 vulnerability of high severity, fixable, 0 allowed: CVE-2026-0001 in openssl 3.0.1 (fixed in 3.0.2)"
    ]


@pytest.mark.parametrize(("hours", "outcome"), [(0.5, Outcome.FAIL), (1, Outcome.FAIL), (2, Outcome.PASS)])
def test_an_unreadable_scan_stands_in_the_way_unless_the_same_signer_made_a_readable_one_later(
    hours: float, outcome: Outcome
) -> None:
    sarif = Piece("sarif", VULN, in_cosign({"runs": []}), SCANNERS, timedelta(hours=hours))

    assert find("vulnerabilities", subject(sarif, GOOD["scan"])).outcome is outcome
    assert find("scan", subject(sarif, GOOD["scan"])).outcome is Outcome.PASS


def test_a_scan_that_analysed_nothing_decides_nothing() -> None:
    silent = Piece("silent", VULN, in_cosign({"SchemaVersion": 2, "ArtifactName": "cart"}), SCANNERS)
    for check in ("scan", "vulnerabilities"):
        finding = find(check, subject(silent))
        assert (finding.outcome, codes(finding)) == (Outcome.UNDECIDED, [Code.SCAN_NOTHING_ANALYSED])


def test_the_newest_sbom_counts_and_different_ones_of_one_time_are_refused() -> None:
    newest = find("sbom", subject(aged("sbom", "old", 5), Piece("new", SPDX, spdx(3))))
    tie = find("sbom", subject(GOOD["sbom"], Piece("other", CYCLONEDX, cyclonedx(3))))

    assert (newest.cites, newest.sentence) == ((blob("new"),), "spdx 2.3 by syft 1.30.0 lists 3 components")
    assert codes(tie) == [Code.SBOM_TIE]
    assert find("sbom", subject(GOOD["sbom"], aged("sbom", "again", 1))).outcome is Outcome.PASS


def test_a_signed_document_that_refers_to_the_image_is_an_sbom_like_an_attested_one() -> None:
    made = GOOD["sbom"].made()
    document = replace(made, kind=ContentKind.DOCUMENT, found=replace(made.found, layout=Layout.ATTACHMENT))
    finding = find("sbom", subject_of(Evidence(DIGEST, attestations=(document,))))

    assert (finding.outcome, finding.cites) == (Outcome.PASS, (blob("good"),))


def test_an_sbom_that_nobody_dates_is_older_than_one_with_a_time_and_two_of_them_are_a_tie_unless_they_agree() -> None:
    undated, other = (
        replace(Piece(name, CYCLONEDX, cyclonedx(count)).made(), signed_at=None)
        for name, count in (("undated", 3), ("other", 4))
    )
    same = replace(undated, found=replace(undated.found, blob=blob("same")))

    def judged(*items: Attestation) -> Finding:
        return find("sbom", subject_of(Evidence(DIGEST, attestations=items)))

    assert judged(undated, GOOD["sbom"].made()).cites == (blob("good"),)
    assert judged(undated, same).outcome is Outcome.PASS
    assert codes(judged(undated, other)) == [Code.SBOM_TIE]
    assert "signed at no time that anybody vouches for" in judged(undated, other).sentence


def test_an_sbom_in_another_format_is_set_aside_beside_one_that_is_accepted() -> None:
    params = SbomParams(signers=("pipeline",), formats=(SbomFormat.CYCLONEDX,))
    newer = Piece("spdx", SPDX, spdx(), age=timedelta(minutes=1))

    assert find("sbom", subject(GOOD["sbom"], newer), params).noted == (blob("spdx"),)
    assert codes(find("sbom", subject(newer), params)) == [Code.SBOM_FORMAT_NOT_ALLOWED]


def test_a_scanner_that_is_demanded_and_made_nothing_yet_is_awaited() -> None:
    every = ScanParams(signers=("scanners",), scanners=("trivy", "grype"), max_age=timedelta(days=1), require_all=True)
    grypes = Piece("grype", VULN, in_cosign(grype()), SCANNERS)
    too_old = replace(grypes, predicate=in_cosign(grype(built="2026-11-18T00:00:00Z"), NOW - timedelta(days=2)))
    one, both, old = (
        find("scan", subject(*pieces), every)
        for pieces in ((GOOD["scan"],), (GOOD["scan"], grypes), (GOOD["scan"], too_old))
    )

    assert (codes(one), one.is_absence, one.cites) == ([Code.SCAN_SCANNER_MISSING], True, ())
    assert (both.outcome, set(both.cites)) == (Outcome.PASS, {blob("good"), blob("grype")})
    assert (codes(old), old.is_absence) == ([Code.SCAN_STALE], False)


def test_a_key_is_a_scanner_of_its_own_and_its_newer_scan_hides_no_other_keys() -> None:
    keys = [replace(SCANNERS, key=name) for name in ("one", "other")]
    readings = tuple(
        Reading(Piece(signer.key, VULN, CLEAN, signer, timedelta(hours=hours)).made(), read_scan(VULN, CLEAN))
        for hours, signer in enumerate((*keys, keys[0]), start=1)
    )

    assert [item.attestation.signer.key for item in newest_scans(readings)] == ["one", "other"]


def test_of_a_dated_scan_and_an_undated_one_that_ended_later_both_count() -> None:
    later, earlier = in_cosign(trivy(), NOW - timedelta(hours=10)), in_cosign(trivy(), NOW - timedelta(hours=40))
    readings = (
        Reading(Piece("undated", VULN, later, SCANNERS, None).made(), read_scan(VULN, later)),
        Reading(Piece("dated", VULN, earlier, SCANNERS).made(), read_scan(VULN, earlier)),
    )

    assert len(newest_scans(readings)) == 2


def test_a_newer_sarif_report_is_shown_and_hides_nothing() -> None:
    report = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Trivy"}}, "results": []}]}
    newer = Piece("sarif", VULN, in_cosign(report), SCANNERS, timedelta(minutes=5))
    finding = find("vulnerabilities", subject(Piece("bad", VULN, BAD, SCANNERS), newer))

    assert (codes(finding), finding.cites) == ([Code.VULNERABILITIES_OVER_LIMIT], (blob("bad"),))
    assert [aside.sentence.partition(" is ")[2] for aside in finding.asides] == [
        "a SARIF report with 0 results, which is shown and cannot decide"
    ]


@pytest.mark.slow
def test_fifty_thousand_findings_and_as_many_answers_are_judged_and_so_are_as_many_about_one_thing() -> None:
    def answer(number: int) -> dict[str, Any]:
        component = {"@id": f"pkg:npm/lib{number}@1.0"}
        return statement(f"CVE-2026-{number % 9000 + 1000}", products=[{"@id": DIGEST, "subcomponents": [component]}])

    def weakness(number: int) -> dict[str, Any]:
        purl: dict[str, Any] = {
            "PkgIdentifier": {"PURL": f"pkg:npm/lib{number}@1.0"},
            "VendorIDs": [f"G-{number % 9000}"],
        }
        return trivy_finding(f"CVE-2026-{number % 9000 + 1000}", FixedVersion="2", **purl)

    count = 50_000
    about_one = [trivy_finding("CVE-2026-0001", FixedVersion="2") for _ in range(count)]
    pieces = (
        Piece("trivy", VULN, in_cosign(trivy(*(weakness(n) for n in range(count)))), SCANNERS),
        Piece("same", VULN, in_cosign(trivy(*about_one)), SCANNERS),
        Piece("vex", "https://openvex.dev/ns", openvex(*(answer(n) for n in range(count))), SCANNERS),
        Piece("same vex", "https://openvex.dev/ns", openvex(*(statement() for _ in range(count))), SCANNERS),
    )
    finding = find("vulnerabilities", subject(*pieces))

    assert finding.outcome is Outcome.PASS
    assert "50001 removed by VEX of " in finding.sentence


# --- freshness --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ended", "signed", "expected"),
    [
        (24, 24, []),
        (24.01, 24.01, [Code.SCAN_STALE]),
        (30, 1, [Code.SCAN_STALE]),  # an old report signed again
        (1 - 1 / 120, 1, []),  # within the clock's skew
        (0.9, 1, [Code.SCAN_FROM_THE_FUTURE]),
        (-1, -1, [Code.SCAN_FROM_THE_FUTURE]),
    ],
)
def test_freshness_is_counted_from_signed_time_and_the_scans_own_end(
    ended: float, signed: float, expected: list[Code]
) -> None:
    report = in_cosign(trivy(), NOW - timedelta(hours=ended))
    finding = find("scan", subject(Piece("scan", VULN, report, SCANNERS, timedelta(hours=signed))))

    assert codes(finding) == expected


@pytest.mark.parametrize(
    ("report", "outcome", "expected"),
    [
        (trivy(), Outcome.UNDECIDED, [Code.SCAN_DATABASE_AGE_UNKNOWN]),
        (grype(), Outcome.PASS, []),
        (grype(built="2026-11-18T00:00:00Z"), Outcome.FAIL, [Code.SCAN_DATABASE_STALE]),
        (grype(built="2026-11-21T11:30:00Z"), Outcome.FAIL, [Code.SCAN_FROM_THE_FUTURE]),
    ],
)
def test_the_age_of_the_scanners_data_is_asked_for_only_where_the_policy_asks(
    report: dict[str, Any], outcome: Outcome, expected: list[Code]
) -> None:
    params = ScanParams(
        signers=("scanners",),
        scanners=("trivy", "grype"),
        max_age=timedelta(days=1),
        max_database_age=timedelta(days=2),
    )
    finding = find("scan", subject(Piece("scan", VULN, in_cosign(report), SCANNERS)), params)

    assert (finding.outcome, codes(finding)) == (outcome, expected)


def test_provenance_by_a_template_names_the_builder_of_this_release() -> None:
    finding = find("provenance", subject(GOOD["provenance"]))

    assert finding.sentence == (
        f"built by {PIPELINE} from https://forge.example/acme/cart refs/tags/v1.8.3 at {'a' * 40}"
    )
