"""cosign and the program accept each other's signatures, on one signing authority and on real registries."""

import base64
import json
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.signatures_sigstore.signatures import SigstoreSignatures
from promoter.core.candidate import Repository
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, ContentKind, EvidenceState, Signer, Unusable
from promoter.core.manifest import read_carrier
from promoter.core.predicates import types
from promoter.local.authority import Authority
from promoter.local.team import Team
from promoter.pieces import EVIDENCE_CAP
from promoter.ports import Registry
from tests.interop.releases import RELEASER, Pipeline, examine_all, make_authority, push_image
from tests.interop.toolbox import Toolbox, ToolError

pytestmark = pytest.mark.interop

BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}
PROVENANCE = {
    "buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {},
        "internalParameters": {},
        "resolvedDependencies": [],
    },
    "runDetails": {"builder": {"id": "https://github.com/actions/runner"}, "metadata": {}},
}


@pytest.fixture
def pipeline(toolbox: Toolbox, authority: Authority) -> Pipeline:
    return Pipeline(toolbox, authority)


@pytest.fixture(scope="module")
def signatures(authority: Authority) -> SigstoreSignatures:
    return SigstoreSignatures.from_file(authority.trusted_root)


def test_what_cosign_signs_we_verify(
    registry: Registry, repository: Repository, pipeline: Pipeline, signatures: SigstoreSignatures
) -> None:
    digest = push_image(pipeline.toolbox, repository, "1.8.3", b"signed")
    pipeline.sign(f"{repository}@{digest}")
    (signed,) = examine_all(registry, signatures, repository, digest)
    assert isinstance(signed, Attestation), signed
    assert signed.kind is ContentKind.DSSE
    assert signed.predicate_type in types.SIGNATURE
    assert signed.signer == RELEASER
    assert signed.subjects == (digest,)


@pytest.mark.parametrize(
    ("kind", "predicate", "types_of_it"),
    [("cyclonedx", BOM, types.SBOM), ("slsaprovenance1", PROVENANCE, types.PROVENANCE)],
    ids=["sbom", "provenance"],
)
def test_what_cosign_attests_we_verify_with_its_predicate(
    registry: Registry,
    repository: Repository,
    pipeline: Pipeline,
    signatures: SigstoreSignatures,
    home: Path,
    kind: str,
    predicate: dict[str, object],
    types_of_it: frozenset[str],
) -> None:
    digest = push_image(pipeline.toolbox, repository, "1.8.3", b"attested")
    (home / "predicate.json").write_text(json.dumps(predicate))
    pipeline.attest(f"{repository}@{digest}", kind, home / "predicate.json")
    (attested,) = examine_all(registry, signatures, repository, digest)
    assert isinstance(attested, Attestation), attested
    assert attested.predicate_type in types_of_it
    assert attested.signer == RELEASER


def test_what_cosign_signed_with_another_authority_we_refuse(
    registry: Registry, repository: Repository, pipeline: Pipeline, signatures: SigstoreSignatures, home: Path
) -> None:
    digest = push_image(pipeline.toolbox, repository, "1.8.3", b"foreign")
    with make_authority(home / "other") as other:
        Pipeline(pipeline.toolbox, other).sign(f"{repository}@{digest}")
    (refused,) = examine_all(registry, signatures, repository, digest)
    assert isinstance(refused, Unusable), refused
    assert (refused.state, refused.code) == (EvidenceState.INVALID, Code.BUNDLE_CERTIFICATE_UNTRUSTED.value)


@pytest.fixture(params=[1, 2], ids=["rekor-v1", "rekor-v2"])
def team(request: pytest.FixtureRequest, registry: Registry, authority: Authority) -> Team:
    return Team(registry, authority, SystemClock(), rekor=request.param)


def test_what_a_team_signs_cosign_accepts(team: Team, repository: Repository, pipeline: Pipeline) -> None:
    digest = team.build(repository, b"signed by a team", "1.8.3")
    team.sign(repository, digest, RELEASER)
    (verified,) = json.loads(pipeline.verify("verify", f"{repository}@{digest}"))
    assert verified["critical"]["image"]["docker-manifest-digest"] == digest
    assert verified["critical"]["type"] in types.SIGNATURE


def test_what_a_team_attests_cosign_accepts(team: Team, repository: Repository, pipeline: Pipeline) -> None:
    digest = team.build(repository, b"attested by a team", "1.8.3")
    team.attest(repository, digest, RELEASER, "https://slsa.dev/provenance/v1", PROVENANCE)
    verified = pipeline.verify("verify-attestation", f"{repository}@{digest}", "--type", "slsaprovenance1")
    statement = json.loads(base64.b64decode(json.loads(verified)["payload"]))
    assert statement["subject"] == [{"digest": {"sha256": digest.removeprefix("sha256:")}}]
    assert statement["predicate"] == PROVENANCE


def test_a_strangers_signature_is_refused_by_cosign_and_told_apart_by_us(
    registry: Registry, repository: Repository, pipeline: Pipeline, team: Team, signatures: SigstoreSignatures
) -> None:
    stranger = Signer("https://github.com/evil/shop/.github/workflows/release.yaml@refs/heads/main", RELEASER.issuer)
    digest = team.build(repository, b"signed by a stranger", "1.8.3")
    team.sign(repository, digest, stranger)
    with pytest.raises(ToolError, match="no matching CertificateIdentity found"):
        pipeline.verify("verify", f"{repository}@{digest}")
    (signed,) = examine_all(registry, signatures, repository, digest)
    assert isinstance(signed, Attestation), signed
    assert (signed.signer.san, signed.signer.issuer) == (stranger.san, stranger.issuer)


def test_a_team_and_cosign_sign_beside_each_other(
    registry: Registry, repository: Repository, pipeline: Pipeline, team: Team, signatures: SigstoreSignatures
) -> None:
    digest = team.build(repository, b"signed twice", "1.8.3")
    team.sign(repository, digest, RELEASER)
    pipeline.sign(f"{repository}@{digest}")
    found = examine_all(registry, signatures, repository, digest)
    assert [type(one) for one in found] == [Attestation, Attestation]
    assert len(json.loads(pipeline.verify("verify", f"{repository}@{digest}"))) == 2


def test_a_message_signature_is_good_for_both_where_cosign_is_given_the_manifest(
    registry: Registry,
    repository: Repository,
    pipeline: Pipeline,
    team: Team,
    signatures: SigstoreSignatures,
    home: Path,
) -> None:
    digest = team.build(repository, b"signed as a message", "1.8.3")
    referrer = registry.manifest(repository, team.sign_message(repository, digest, RELEASER))
    (signed,) = examine_all(registry, signatures, repository, digest)
    assert isinstance(signed, Attestation), signed
    assert signed.kind is ContentKind.MESSAGE_SIGNATURE
    (layer,) = read_carrier(referrer.raw).layers
    (home / "bundle.json").write_bytes(registry.blob(repository, layer.digest, EVIDENCE_CAP))
    (home / "manifest.json").write_bytes(registry.manifest(repository, digest).raw)
    pipeline.verify_blob(home / "bundle.json", home / "manifest.json")
