"""cosign and the program accept each other's signatures, on one signing authority and on real registries."""

import base64
import json
from pathlib import Path

import pytest

from promoter.adapters.signatures_sigstore.signatures import SigstoreSignatures
from promoter.core.candidate import Repository
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, ContentKind, Unusable
from promoter.core.predicates import types
from promoter.local.authority import Authority
from promoter.ports import Registry
from tests.interop.releases import RELEASER, Pipeline, examine_all, make_authority, push_image
from tests.interop.toolbox import Toolbox

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
