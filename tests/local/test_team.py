"""A service team against the local registry and authority: what it pushes is what the bot will find and verify."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.registry_oci import OciRegistry
from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.adapters.source_github import GithubSource
from promoter.core.candidate import Digest, Repository, digest_of
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, ContentKind, Found, Layout, Signer, SignerClaims, Unusable
from promoter.local.authority import Authority
from promoter.local.forge import LocalForge
from promoter.local.forge.person import Person
from promoter.local.manifests import INDEX_TYPE, MANIFEST_TYPE
from promoter.local.publisher import BUNDLE_TYPE, COSIGN_SIGN
from promoter.local.registry import LocalRegistry
from promoter.local.team import Identity, Team
from promoter.ports import Material
from promoter.transport.github import AccountToken, GithubClient
from promoter.transport.registry_auth import Endpoint

REPOSITORY = Repository("registry.example", "shop/cart")
BUILDER = Identity(
    "https://github.com/acme/cart/.github/workflows/release.yml@refs/tags/v1.8.3",
    "https://token.actions.githubusercontent.com",
    SignerClaims(source_repository_uri="https://github.com/acme/cart"),
)
PROVENANCE = "https://slsa.dev/provenance/v1"


@pytest.fixture(scope="module")
def registry() -> Iterator[OciRegistry]:
    local = LocalRegistry()
    url = local.start()
    adapter = OciRegistry((Endpoint(REPOSITORY.host, url),))
    yield adapter
    adapter.close()
    local.stop()


@pytest.fixture(scope="module")
def team(registry: OciRegistry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    clock = SystemClock()
    with Authority(clock, tmp_path_factory.mktemp("authority")) as authority:
        yield Team(registry, authority, clock)


def read(team: Team, reference: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(team.registry.manifest(REPOSITORY, reference).raw)
    return document


def test_an_attestation_in_the_forges_store_verifies_and_is_not_in_the_registry(team: Team, tmp_path: Path) -> None:
    digest = team.build(REPOSITORY, b"stored")
    forge = LocalForge(tmp_path, team.clock)
    forge.start()
    try:
        forge.create_repository("shop", "cart")
        store = Person(forge.url, forge.account("ada"), "shop/cart")
        team.store(digest, BUILDER, PROVENANCE, {"builder": "local"}, store=store)
        client = GithubClient(forge.api_url, AccountToken(forge.account("promoter-bot")))
        (bundle,) = GithubSource(client, "forge.example").attestations("https://forge.example/shop/cart", digest)
    finally:
        forge.stop()
    stored = Found(digest_of(bundle), digest_of(bundle), len(bundle), Layout.FORGE_STORE)
    found = SigstoreSignatures.from_file(team.authority.trusted_root).examine(Material(stored, bundle), digest)
    assert isinstance(found, Attestation)
    assert (found.predicate_type, found.predicate, found.signer.san) == (PROVENANCE, {"builder": "local"}, BUILDER.san)
    assert team.registry.referrers(REPOSITORY, digest) == ()


def examined(team: Team, subject: Digest, referrer: Digest) -> Attestation | Unusable:
    layer = read(team, referrer)["layers"][0]
    bundle = team.registry.blob(REPOSITORY, layer["digest"], 1 << 20)
    material = Material(Found(digest_of(bundle), referrer, len(bundle)), bundle)
    return SigstoreSignatures.from_file(team.authority.trusted_root).examine(material, subject)


def test_an_image_has_a_config_and_one_layer_that_holds_the_content(team: Team) -> None:
    digest = team.build(REPOSITORY, b"#!/bin/sh\necho 1.8.3\n", "1.8.3")

    manifest = read(team, "1.8.3")
    config = json.loads(team.registry.blob(REPOSITORY, manifest["config"]["digest"], 1 << 20))
    layer = team.registry.blob(REPOSITORY, manifest["layers"][0]["digest"], 1 << 20)
    assert team.registry.head(REPOSITORY, "1.8.3") == digest
    assert (config["os"], config["architecture"]) == ("linux", "amd64")
    assert config["rootfs"]["diff_ids"] == [digest_of(layer)]
    assert b"echo 1.8.3" in layer


def test_the_same_content_is_the_same_image(team: Team) -> None:
    assert team.build(REPOSITORY, b"same") == team.build(REPOSITORY, b"same")
    assert team.build(REPOSITORY, b"same") != team.build(REPOSITORY, b"other")


def test_an_index_lists_one_image_for_each_platform(team: Team) -> None:
    digest = team.build_index(REPOSITORY, {"linux/amd64": b"amd", "linux/arm64": b"arm"}, "2.0.0")

    index = read(team, digest)
    assert index["mediaType"] == INDEX_TYPE
    assert [each["platform"] for each in index["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux"},
    ]
    assert [each["digest"] for each in index["manifests"]] == [
        team.build(REPOSITORY, b"amd"),
        team.build(REPOSITORY, b"arm", None, "linux/arm64"),
    ]


@pytest.mark.parametrize("rekor", [1, 2])
def test_a_signature_is_a_cosign_statement_in_cosign_s_layout(team: Team, rekor: int) -> None:
    signing = Team(team.registry, team.authority, team.clock, rekor)
    digest = team.build(REPOSITORY, f"signed {rekor}".encode())

    referrer = signing.sign(REPOSITORY, digest, BUILDER)

    manifest = read(team, referrer)
    created = manifest["annotations"].pop("org.opencontainers.image.created")
    assert created.endswith("Z")
    image = team.registry.manifest(REPOSITORY, digest)
    layer = manifest.pop("layers")[0]
    assert layer["mediaType"] == BUNDLE_TYPE
    assert manifest == {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": BUNDLE_TYPE,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest_of(b"{}"), "size": 2},
        "subject": {"mediaType": MANIFEST_TYPE, "digest": digest, "size": len(image.raw)},
        "annotations": {
            "dev.sigstore.bundle.content": "dsse-envelope",
            "dev.sigstore.bundle.predicateType": COSIGN_SIGN,
        },
    }
    assert [each.digest for each in team.registry.referrers(REPOSITORY, digest)] == [referrer]
    verified = examined(team, digest, referrer)
    assert isinstance(verified, Attestation)
    assert (verified.signer, verified.predicate_type, verified.predicate) == (BUILDER, COSIGN_SIGN, {})


def test_a_message_signature_signs_the_manifest_s_digest(team: Team) -> None:
    digest = team.build(REPOSITORY, b"message")

    verified = examined(team, digest, team.sign_message(REPOSITORY, digest, BUILDER))

    assert isinstance(verified, Attestation)
    assert (verified.kind, verified.signer) == (ContentKind.MESSAGE_SIGNATURE, BUILDER)


def test_an_attestation_carries_its_predicate(team: Team) -> None:
    digest = team.build(REPOSITORY, b"attested")
    person = Signer("ops@acme.example", "https://accounts.example")

    verified = examined(team, digest, team.attest(REPOSITORY, digest, person, PROVENANCE, {"buildDefinition": {}}))

    assert isinstance(verified, Attestation)
    assert (verified.signer, verified.predicate_type, verified.predicate) == (
        person,
        PROVENANCE,
        {"buildDefinition": {}},
    )


def test_an_attestation_about_another_digest_does_not_verify_for_this_one(team: Team) -> None:
    digest, other = team.build(REPOSITORY, b"this"), team.build(REPOSITORY, b"that")

    referrer = team.attest(REPOSITORY, digest, BUILDER, PROVENANCE, {}, subject_digest=other)

    refused = examined(team, digest, referrer)
    assert isinstance(refused, Unusable)
    assert (refused.code, refused.claimed_type) == (Code.STATEMENT_WRONG_SUBJECT.value, PROVENANCE)
