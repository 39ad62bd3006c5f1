"""What SBOMs and scans say of the build: a contradiction is found, silence and others' runs are none."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from promoter.core.checks import CHECKS
from promoter.core.checks.agreement import AgreementParams
from promoter.core.codes import Code
from promoter.core.evidence import LookupFailure, Mechanism, Signer, SignerClaims
from promoter.core.finding import Finding, Outcome
from promoter.core.identity import SignerRule
from promoter.core.public_key import PublicKey
from tests.core.checks.pieces import (
    CLAIMS,
    COMMIT,
    CYCLONEDX,
    ISSUER,
    PIPELINE,
    PROVENANCE_V1,
    REGISTRY_DOWN,
    RULES,
    SCANNERS,
    SOURCE,
    SPDX,
    STRANGER,
    TEAM,
    VULN,
    VULNS,
    Piece,
    cyclonedx,
    in_cosign,
    provenance,
    spdx,
    subject,
    trivy,
    vulns,
)

RUN = f"{SOURCE}/actions/runs/7"
OTHER = "b" * 40
BOTH = AgreementParams(signers=("pipeline",), sbom_signers=("pipeline",), scan_signers=("pipeline", "scanners"))
SBOMS = AgreementParams(signers=("pipeline",), sbom_signers=("pipeline", "scanners"))
BUILD = Piece("build", PROVENANCE_V1, provenance())


def judge(*pieces: Piece, params: AgreementParams = BOTH, failures: tuple[LookupFailure, ...] = ()) -> Finding:
    return CHECKS["agreement"].apply(params, subject(*pieces, failures=failures))


def codes(finding: Finding) -> set[Code]:
    return {reason.code for reason in finding.reasons}


def sbom(predicate: dict[str, Any] | None = None, signer: Signer = TEAM, name: str = "sbom", **claims: str) -> Piece:
    made_by = replace(signer, claims=replace(signer.claims, **claims))
    return Piece(name, CYCLONEDX, cyclonedx() if predicate is None else predicate, made_by)


def scan(predicate: dict[str, Any] | None = None, signer: Signer = SCANNERS, **claims: str) -> Piece:
    made_by = replace(signer, claims=replace(signer.claims, **claims))
    return Piece("scan", VULN, in_cosign(trivy()) if predicate is None else predicate, made_by)


def labelled(revision: str, source: str = SOURCE, prefix: str = "syft:image:labels:") -> dict[str, Any]:
    document = cyclonedx()
    document["metadata"]["properties"] = [
        {"name": f"{prefix}org.opencontainers.image.source", "value": source},
        {"name": f"{prefix}org.opencontainers.image.revision", "value": revision},
    ]
    return document


def built_in(uid: str, *kinds: str) -> dict[str, Any]:
    return {**cyclonedx(), "formulation": [{"workflows": [{"uid": uid, "taskTypes": list(kinds)}]}]}


def downloaded(location: str) -> dict[str, Any]:
    document = spdx()
    document["packages"][0]["downloadLocation"] = location
    return document


def invoked(uri: str, builder: str) -> dict[str, Any]:
    return {**in_cosign(trivy()), "invocation": {"uri": uri, "event_id": "9", "builder.id": builder}}


def test_documents_of_the_build_agree_and_the_scanners_own_run_is_no_build() -> None:
    finding = judge(
        BUILD, sbom(), scan(run_invocation_uri=f"{SOURCE}/actions/runs/99", runner_environment="self-hosted")
    )

    assert (finding.outcome, finding.reasons) == (Outcome.PASS, ())
    assert finding.sentence == (
        f"SBOM {sbom().made().found.blob[:19]}, scan {scan().made().found.blob[:19]}: nothing contradicts the build "
        f"that provenance {BUILD.made().found.blob[:19]} describes"
    )
    assert finding.cites == tuple(piece.made().found.blob for piece in (BUILD, sbom(), scan()))


@pytest.mark.parametrize(
    ("claim", "value", "said"),
    [
        ("source_repository_digest", OTHER, f"its certified source commit is {OTHER}, the build's is {COMMIT}"),
        ("run_invocation_uri", f"{RUN}1/attempts/1", f"its certified run is {RUN}1, the build's is {RUN}"),
        (
            "runner_environment",
            "self-hosted",
            "its certified runner environment is self-hosted, the build's is github-hosted",
        ),
    ],
)
def test_an_sbom_by_the_builds_workflow_in_another_build_is_refused(claim: str, value: str, said: str) -> None:
    piece = sbom(signer=replace(TEAM, claims=replace(CLAIMS, **{claim: value})))
    finding = judge(BUILD, piece, scan())

    assert (finding.outcome, codes(finding)) == (Outcome.FAIL, {Code.SBOM_OTHER_BUILD})
    assert finding.sentence == (
        f"the SBOM {piece.made().found.blob[:19]} was made outside the build that provenance describes: {said}"
    )


def test_another_attempt_at_the_same_run_is_the_same_run() -> None:
    assert judge(BUILD, sbom(run_invocation_uri=f"{RUN}/attempts/2"), scan()).outcome is Outcome.PASS


def test_a_reusable_workflows_caller_is_the_builds_workflow() -> None:
    caller = Signer(f"{SOURCE}/.github/workflows/sbom.yml@refs/tags/v1", ISSUER, replace(CLAIMS, build_signer_uri=""))
    rules = {**RULES, "caller": SignerRule(issuer=ISSUER, san=caller.san)}
    params = replace(BOTH, sbom_signers=("caller",), scan_signers=())

    def judge_caller(signer: Signer) -> Finding:
        return CHECKS["agreement"].apply(params, replace(subject(BUILD, sbom(signer=signer)), signers=rules))

    elsewhere = replace(caller.claims, run_invocation_uri=f"{SOURCE}/actions/runs/8/attempts/1")
    assert judge_caller(caller).outcome is Outcome.PASS
    assert codes(judge_caller(replace(caller, claims=elsewhere))) == {Code.SBOM_OTHER_BUILD}
    unrelated = replace(elsewhere, build_config_uri=caller.san)
    assert judge_caller(replace(caller, claims=unrelated)).outcome is Outcome.PASS


def test_a_scan_by_the_builds_workflow_may_be_of_a_later_run_and_of_no_other_commit() -> None:
    later = scan(signer=TEAM, run_invocation_uri=f"{RUN}1/attempts/1", runner_environment="self-hosted")
    elsewhere = scan(signer=TEAM, source_repository_digest=OTHER)

    assert judge(BUILD, sbom(), later).outcome is Outcome.PASS
    assert codes(judge(BUILD, sbom(), elsewhere)) == {Code.SCAN_OTHER_BUILD}


def test_an_sbom_by_somebody_else_is_compared_by_what_it_says_alone() -> None:
    silent = sbom(signer=SCANNERS, run_invocation_uri=f"{RUN}1", source_repository_digest=OTHER)

    assert judge(BUILD, silent, params=SBOMS).outcome is Outcome.PASS
    assert codes(judge(BUILD, sbom(labelled(OTHER), SCANNERS), params=SBOMS)) == {Code.SBOM_OTHER_BUILD}


@pytest.mark.parametrize("prefix", ["syft:image:labels:", "aquasecurity:trivy:Labels:"])
def test_an_images_labels_name_its_commit_where_they_name_its_repository(prefix: str) -> None:
    for good in (
        labelled(COMMIT, prefix=prefix),
        labelled(OTHER, "https://forge.example/base/image", prefix),  # inherited from the base image
        labelled("main", prefix=prefix),
    ):
        assert judge(BUILD, sbom(good), params=SBOMS).outcome is Outcome.PASS
    finding = judge(BUILD, sbom(labelled(OTHER, f"{SOURCE}.git", prefix)), params=SBOMS)
    assert finding.sentence.endswith(f"its source commit is {OTHER}, the build's is {COMMIT}")


def test_labels_on_the_root_component_count_too() -> None:
    document = labelled(OTHER)
    document["metadata"]["component"] = {"properties": document["metadata"].pop("properties")}

    assert codes(judge(BUILD, sbom(document), params=SBOMS)) == {Code.SBOM_OTHER_BUILD}


def test_a_build_workflow_in_the_formulation_names_the_run() -> None:
    for good in (built_in(RUN, "build"), built_in(f"{RUN}/attempts/3", "clone", "build"), built_in("8", "test")):
        assert judge(BUILD, sbom(good), params=SBOMS).outcome is Outcome.PASS
    finding = judge(BUILD, sbom(built_in("8", "build")), params=SBOMS)
    assert finding.sentence.endswith(f"its run is 8, the build's is {RUN}")


def test_an_spdx_documents_own_package_names_its_commit() -> None:
    def judge_spdx(location: str) -> Finding:
        return judge(BUILD, replace(sbom(downloaded(location)), predicate_type=SPDX), params=SBOMS)

    for good in (f"git+{SOURCE}@{COMMIT}", f"git+https://forge.example/base/image@{OTHER}", "NOASSERTION", ""):
        assert judge_spdx(good).outcome is Outcome.PASS
    assert codes(judge_spdx(f"git+{SOURCE}.git@{OTHER}")) == {Code.SBOM_OTHER_BUILD}


def test_a_scans_invocation_is_the_builds_where_it_names_the_builds_builder() -> None:
    for good in (invoked(RUN, PIPELINE), invoked("https://scans.example/8", "https://scans.example"), invoked("8", "")):
        assert judge(BUILD, sbom(), scan(good)).outcome is Outcome.PASS
    finding = judge(BUILD, sbom(), scan(invoked(f"{RUN}1", PIPELINE)))
    assert codes(finding) == {Code.SCAN_OTHER_BUILD}
    assert finding.sentence.endswith(f"its run is {RUN}1, the build's is {RUN}")


def test_a_scan_in_a_format_that_says_nothing_of_builds_contradicts_nothing() -> None:
    assert judge(BUILD, sbom(), replace(scan(), predicate_type=VULNS, predicate=vulns())).outcome is Outcome.PASS


def test_only_the_newest_of_each_format_and_signer_is_compared() -> None:
    old = replace(sbom(name="old", source_repository_digest=OTHER), age=timedelta(hours=2))
    assert judge(BUILD, sbom(), old, params=SBOMS).outcome is Outcome.PASS

    other_format = replace(old, predicate_type=SPDX, predicate=spdx())
    assert codes(judge(BUILD, sbom(), other_format, params=SBOMS)) == {Code.SBOM_OTHER_BUILD}
    newer = replace(old, age=timedelta(minutes=5))
    assert codes(judge(BUILD, sbom(), newer, params=SBOMS)) == {Code.SBOM_OTHER_BUILD}
    same_time = replace(old, age=sbom().age)
    assert codes(judge(BUILD, sbom(), same_time, params=SBOMS)) == {Code.SBOM_OTHER_BUILD}


def test_one_provenance_that_everything_agrees_with_is_enough_and_parts_of_two_are_not() -> None:
    claims = replace(CLAIMS, source_repository_digest=OTHER, run_invocation_uri=f"{RUN}1/attempts/1")
    rebuilt = Piece(
        "rebuilt",
        PROVENANCE_V1,
        {
            **provenance(commit=OTHER),
            "runDetails": {"builder": {"id": PIPELINE}, "metadata": {"invocationId": f"{RUN}1/attempts/1"}},
        },
        Signer(PIPELINE, ISSUER, claims),
    )
    of_first, of_second = sbom(), scan(signer=TEAM, source_repository_digest=OTHER)

    assert judge(BUILD, rebuilt, sbom(), params=SBOMS).outcome is Outcome.PASS
    assert codes(judge(BUILD, rebuilt, of_first, of_second)) == {Code.SBOM_OTHER_BUILD, Code.SCAN_OTHER_BUILD}


def test_a_provenance_that_contradicts_its_certificate_is_no_measure() -> None:
    forged = replace(BUILD, signer=replace(TEAM, claims=replace(CLAIMS, source_repository_digest=OTHER)))

    assert Code.PROVENANCE_CLAIM_NOT_CERTIFIED in codes(judge(forged, sbom(source_repository_digest=OTHER), scan()))


def test_what_is_not_there_agrees_with_nothing() -> None:
    assert codes(judge(BUILD, scan())) == {Code.SBOM_ABSENT}
    assert codes(judge(BUILD, sbom())) == {Code.SCAN_ABSENT}
    assert codes(judge(sbom(), scan())) == {Code.PROVENANCE_ABSENT}
    assert judge(BUILD, scan()).is_absence
    assert codes(judge(BUILD, sbom(signer=STRANGER), scan())) == {Code.SBOM_FOREIGN_SIGNER}
    assert codes(judge(BUILD, sbom({"metadata": 7}), scan())) == {Code.SBOM_UNPARSEABLE}


def test_what_could_not_be_asked_may_contradict() -> None:
    assert judge(BUILD, sbom(), scan(), failures=(REGISTRY_DOWN,)).outcome is Outcome.UNDECIDED
    assert judge(BUILD, scan(), failures=(REGISTRY_DOWN,)).outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("odd", [[], {}, 7, True, None, ["x"], {"a": 1}])
def test_odd_members_are_refused_or_say_nothing(odd: object) -> None:
    documents = (
        {**cyclonedx(), "metadata": {"properties": [{"name": odd, "value": odd}], "component": odd}},
        {**cyclonedx(), "formulation": [{"workflows": [{"uid": odd, "taskTypes": ["build", odd]}]}]},
        {**cyclonedx(), "formulation": odd},
    )
    for document in documents:
        assert codes(judge(BUILD, sbom(document), params=SBOMS)) <= {Code.SBOM_UNPARSEABLE}
    relations = [{"relationshipType": odd, "relatedSpdxElement": odd}, {"relationshipType": "DESCRIBES"}]
    odd_spdx = {**spdx(), "relationships": relations, "packages": [{"SPDXID": odd, "downloadLocation": odd}]}
    assert judge(BUILD, replace(sbom(odd_spdx), predicate_type=SPDX), params=SBOMS).outcome is Outcome.PASS
    assert codes(judge(BUILD, sbom(), scan({**in_cosign(trivy()), "invocation": odd}))) <= {Code.SCAN_UNPARSEABLE}


def test_one_way_of_signing_can_be_demanded() -> None:
    keyed = replace(sbom(), mechanism=Mechanism.KEYED_COSIGN)
    demanded = replace(SBOMS, same_mechanism=True)
    finding = judge(BUILD, keyed, params=demanded)

    assert judge(BUILD, keyed, params=SBOMS).outcome is Outcome.PASS
    assert judge(BUILD, sbom(), params=demanded).outcome is Outcome.PASS
    assert codes(finding) == {Code.AGREEMENT_OTHER_MECHANISM}
    assert finding.sentence == (
        f"the SBOM {keyed.made().found.blob[:19]} is signed and kept in another way than provenance: "
        "key, cosign signature, and provenance: keyless, sigstore bundle"
    )


def test_two_keys_are_two_signers_and_no_build() -> None:
    keys = {name: PublicKey(name.encode()) for name in ("own", "other")}
    rules = {**RULES, **{name: SignerRule(key=key.pem) for name, key in keys.items()}}
    own, other = (Signer("", "", key=key.fingerprint) for key in keys.values())
    build = replace(BUILD, signer=own)
    claims = replace(CLAIMS, source_repository_digest=OTHER)
    params = AgreementParams(signers=("own",), sbom_signers=("own", "other"))

    def judge_keys(signer: Signer) -> Finding:
        pieces = (build, sbom(signer=replace(signer, claims=claims)))
        return CHECKS["agreement"].apply(params, replace(subject(*pieces), signers=rules))

    assert codes(judge_keys(own)) == {Code.SBOM_OTHER_BUILD}
    assert judge_keys(other).outcome is Outcome.PASS


def test_there_must_be_something_to_compare() -> None:
    with pytest.raises(ValueError, match="sbom_signers names nobody, and scan_signers neither"):
        AgreementParams(signers=("pipeline",))
    with pytest.raises(ValueError, match="signers names nobody"):
        AgreementParams(signers=(), sbom_signers=("pipeline",))


def test_silence_on_either_side_is_no_contradiction() -> None:
    silent_build = replace(
        BUILD,
        predicate={
            "buildDefinition": {"buildType": "https://builds.example/v1", "externalParameters": {"source": SOURCE}},
            "runDetails": {"builder": {"id": "https://builds.example"}},
        },
        signer=replace(TEAM, claims=SignerClaims()),
    )
    assert judge(silent_build, sbom(), params=SBOMS).outcome is Outcome.PASS
    silent_sbom = sbom(source_repository_digest="", run_invocation_uri="", runner_environment="")
    assert judge(BUILD, silent_sbom, params=SBOMS).outcome is Outcome.PASS
