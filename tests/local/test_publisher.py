"""What a publisher pushes stands in the registry as cosign, oras and buildx would have put it there."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity
from sigstore_models.trustroot.v1 import TrustedRoot as TrustedRootModel

from promoter.adapters.registry_oci import OciRegistry
from promoter.core.candidate import Digest, Repository, digest_of
from promoter.core.evidence import Layout, Signer
from promoter.local import lies
from promoter.local.authority.contents import Content, Envelope, Message, SimpleSigning
from promoter.local.authority.instance import make_instance
from promoter.local.authority.keys import SigningKey, make_key
from promoter.local.authority.sealing import LogKind, Sealed
from promoter.local.buildx import Unsigned, attest_in_index
from promoter.local.layers import (
    BUNDLE,
    CERTIFICATE,
    CHAIN,
    SIGNATURE,
    TIMESTAMP,
    Layer,
    attestation_layer,
    chain_pem,
    signature_layer,
)
from promoter.local.manifests import CONFIG_TYPE, INDEX_TYPE, MANIFEST_TYPE, Shelf, tag_of
from promoter.local.publisher import COSIGN_SIGN, Changes, Means, Publisher
from promoter.local.registry import LocalRegistry
from promoter.transport.registry_auth import Endpoint

REPOSITORY = Repository("registry.example", "shop/cart")
NOW = datetime.fromisoformat("2026-03-01T12:00:00Z")
SIGNER = Signer("https://github.com/acme/cart/.github/workflows/release.yml@refs/heads/main", "https://issuer.example")
BOM = "https://cyclonedx.org/bom"
BOM_FILE = "application/vnd.cyclonedx+json"
ENVELOPED: Content = Envelope(b'{"a":{"b":1},"c":2}')


@dataclass(frozen=True, slots=True)
class Stopped:
    """A clock that stands still."""

    at: datetime

    def now(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def registry() -> Iterator[OciRegistry]:
    local = LocalRegistry()
    adapter = OciRegistry((Endpoint(REPOSITORY.host, local.start()),))
    yield adapter
    adapter.close()
    local.stop()


@pytest.fixture(scope="module")
def publisher(registry: OciRegistry) -> Publisher:
    return Publisher(registry, make_instance(NOW), Stopped(NOW))


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return make_key()


@pytest.fixture
def shelf(registry: OciRegistry) -> Shelf:
    return Shelf(registry, REPOSITORY)


@pytest.fixture
def image(shelf: Shelf, request: pytest.FixtureRequest) -> Digest:
    """An image that no other test signs."""
    config = shelf.described(Layer(CONFIG_TYPE, json.dumps({"of": request.node.name}).encode()))
    return shelf.push({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": []})


def read(publisher: Publisher, reference: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(publisher.registry.manifest(REPOSITORY, reference).raw)
    return found


def blob(publisher: Publisher, descriptor: dict[str, Any]) -> bytes:
    return publisher.registry.blob(REPOSITORY, descriptor["digest"], 1 << 20)


def verifies(key: SigningKey, signature: str, data: bytes) -> bool:
    public = key.public
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(base64.b64decode(signature), data, ec.ECDSA(hashes.SHA256()))
    return True


def test_signatures_gather_under_the_images_tag(publisher: Publisher, key: SigningKey, image: Digest) -> None:
    other = make_key()

    publisher.sign(REPOSITORY, image, Means(key))
    second = publisher.sign(REPOSITORY, image, Means(other))

    manifest = read(publisher, f"{image.replace(':', '-')}.sig")
    payload = SimpleSigning(image, "registry.example/shop/cart").payload
    assert digest_of(publisher.registry.manifest(REPOSITORY, tag_of(image, "sig")).raw) == second
    assert [layer["mediaType"] for layer in manifest["layers"]] == [
        "application/vnd.dev.cosign.simplesigning.v1+json"
    ] * 2
    assert [blob(publisher, layer) for layer in manifest["layers"]] == [payload, payload]
    for signer, layer in zip((key, other), manifest["layers"], strict=True):
        assert list(layer["annotations"]) == ["dev.cosignproject.cosign/signature"]
        assert verifies(signer, layer["annotations"]["dev.cosignproject.cosign/signature"], payload)
    config = json.loads(blob(publisher, manifest["config"]))
    assert manifest["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]
    assert len(config["history"]) == 2


def test_what_proves_a_signature_stands_in_its_layers_annotations(publisher: Publisher, image: Digest) -> None:
    publisher.sign(REPOSITORY, image, Means(SIGNER, (LogKind.V1,), timestamps=1))

    (layer,) = read(publisher, tag_of(image, "sig"))["layers"]
    annotations = layer["annotations"]
    assert set(annotations) == {SIGNATURE, BUNDLE, CERTIFICATE, CHAIN, TIMESTAMP}
    assert annotations["dev.sigstore.cosign/chain"] == ""
    assert set(json.loads(annotations["dev.sigstore.cosign/bundle"])) == {"SignedEntryTimestamp", "Payload"}
    assert set(json.loads(annotations["dev.sigstore.cosign/rfc3161timestamp"])) == {"SignedRFC3161Timestamp"}
    certificate = x509.load_pem_x509_certificate(annotations["dev.sigstore.cosign/certificate"].encode())
    (name,) = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert name.value == SIGNER.san


def test_attestations_gather_under_a_tag_of_their_own(publisher: Publisher, key: SigningKey, image: Digest) -> None:
    publisher.attest(REPOSITORY, image, BOM, {"bomFormat": "CycloneDX"}, Means(key, (LogKind.V1,)))
    publisher.attest(REPOSITORY, image, "https://example.com/other", {}, Means(key))

    bom, other = read(publisher, tag_of(image, "att"))["layers"]
    envelope = json.loads(blob(publisher, bom))
    statement = json.loads(base64.b64decode(envelope["payload"]))
    assert bom["mediaType"] == "application/vnd.dsse.envelope.v1+json"
    assert set(bom["annotations"]) == {SIGNATURE, BUNDLE, "predicateType"}
    assert (bom["annotations"][SIGNATURE], bom["annotations"]["predicateType"]) == ("", BOM)
    assert other["annotations"] == {SIGNATURE: "", "predicateType": "https://example.com/other"}
    assert statement == {
        "_type": "https://in-toto.io/Statement/v0.1",
        "subject": [{"name": "registry.example/shop/cart", "digest": {"sha256": image.removeprefix("sha256:")}}],
        "predicateType": BOM,
        "predicate": {"bomFormat": "CycloneDX"},
    }


def test_the_experimental_mode_refers_to_the_image_with_the_same_layer(
    publisher: Publisher, key: SigningKey, image: Digest
) -> None:
    referrer = publisher.sign(REPOSITORY, image, Means(key, layout=Layout.COSIGN_REFERRER))

    manifest = read(publisher, referrer)
    (listed,) = publisher.registry.referrers(REPOSITORY, image)
    assert (listed.digest, listed.artifact_type) == (referrer, "application/vnd.dev.cosign.artifact.sig.v1+json")
    assert manifest["artifactType"] == manifest["config"]["mediaType"] == listed.artifact_type
    assert manifest["subject"]["digest"] == image
    (layer,) = manifest["layers"]
    assert blob(publisher, layer) == SimpleSigning(image, str(REPOSITORY)).payload


def test_a_key_signs_a_bundle_that_refers_to_the_image(publisher: Publisher, key: SigningKey, image: Digest) -> None:
    referrer = publisher.sign(REPOSITORY, image, Means(key, (LogKind.V2,), 1, Layout.BUNDLE))

    manifest = read(publisher, referrer)
    (layer,) = manifest["layers"]
    document = json.loads(blob(publisher, layer))
    assert manifest["artifactType"] == layer["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    assert manifest["annotations"] == {
        "dev.sigstore.bundle.content": "dsse-envelope",
        "dev.sigstore.bundle.predicateType": COSIGN_SIGN,
        "org.opencontainers.image.created": "2026-03-01T12:00:00Z",
    }
    assert document["verificationMaterial"]["publicKey"] == {"hint": key.hint}
    assert set(document["verificationMaterial"]) == {"publicKey", "tlogEntries", "timestampVerificationData"}


def test_sigstore_python_accepts_a_message_signature_over_the_manifest(publisher: Publisher, image: Digest) -> None:
    means = Means(SIGNER, (LogKind.V1,), layout=Layout.BUNDLE)

    manifest = read(publisher, publisher.sign_message(REPOSITORY, image, means))

    root = TrustedRoot(TrustedRootModel.from_json(publisher.instance.trusted_root("https://sigstore.example")))
    bundle = Bundle.from_json(blob(publisher, manifest["layers"][0]))
    signed = publisher.registry.manifest(REPOSITORY, image).raw
    Verifier(trusted_root=root).verify_artifact(signed, bundle, Identity(identity=SIGNER.san, issuer=SIGNER.issuer))
    assert manifest["annotations"]["dev.sigstore.bundle.content"] == "message-signature"
    assert "dev.sigstore.bundle.predicateType" not in manifest["annotations"]


@pytest.mark.parametrize("layout", [Layout.ATTACHMENT, Layout.FORGE_STORE])
def test_no_signature_is_written_where_none_are_kept(
    publisher: Publisher, key: SigningKey, image: Digest, layout: Layout
) -> None:
    with pytest.raises(ValueError, match=f"no signature is written in the layout {layout.value}"):
        publisher.sign(REPOSITORY, image, Means(key, layout=layout))


def test_the_experimental_mode_knows_no_attestations(publisher: Publisher, key: SigningKey, image: Digest) -> None:
    with pytest.raises(ValueError, match="no attestation is written in the layout cosign-referrer"):
        publisher.attest(REPOSITORY, image, BOM, {}, Means(key, layout=Layout.COSIGN_REFERRER))


def test_an_attached_document_is_signed_by_the_digest_of_its_own_manifest(
    publisher: Publisher, shelf: Shelf, key: SigningKey, image: Digest
) -> None:
    attached = shelf.attach(image, BOM_FILE, b'{"bomFormat":"CycloneDX"}', "sbom.json", NOW)
    publisher.sign(REPOSITORY, attached, Means(key, layout=Layout.BUNDLE))

    manifest = read(publisher, attached)
    (listed,) = publisher.registry.referrers(REPOSITORY, image)
    assert (listed.digest, listed.artifact_type) == (attached, BOM_FILE)
    assert manifest["subject"]["digest"] == image
    assert manifest["config"]["data"] == "e30="
    assert manifest["layers"] == [
        {
            "mediaType": BOM_FILE,
            "digest": digest_of(b'{"bomFormat":"CycloneDX"}'),
            "size": 25,
            "annotations": {"org.opencontainers.image.title": "sbom.json"},
        }
    ]
    (signature,) = publisher.registry.referrers(REPOSITORY, attached)
    assert read(publisher, signature.digest)["subject"]["digest"] == attached


def test_an_sbom_stands_under_the_images_tag_and_its_signature_under_its_own(
    publisher: Publisher, shelf: Shelf, key: SigningKey, image: Digest
) -> None:
    shelf.replace(tag_of(image, "sbom"), Layer(BOM_FILE, b"{}"))
    attached = shelf.replace(tag_of(image, "sbom"), Layer(BOM_FILE, b'{"bomFormat":"CycloneDX"}'))
    publisher.sign(REPOSITORY, attached, Means(key))

    (layer,) = read(publisher, tag_of(image, "sbom"))["layers"]
    assert layer == {"mediaType": BOM_FILE, "digest": digest_of(b'{"bomFormat":"CycloneDX"}'), "size": 25}
    (signature,) = read(publisher, tag_of(attached, "sig"))["layers"]
    assert json.loads(blob(publisher, signature))["critical"]["image"]["docker-manifest-digest"] == attached


def test_cosign_s_own_attachment_tells_its_type_by_its_config_alone(
    publisher: Publisher, shelf: Shelf, image: Digest
) -> None:
    referrer = shelf.refer_attached_sbom(image, Layer(BOM_FILE, b"{}"))

    manifest = read(publisher, referrer)
    assert "artifactType" not in manifest
    assert manifest["config"]["mediaType"] == "application/vnd.dev.cosign.artifact.sbom.v1+json"
    assert manifest["subject"]["digest"] == image


def test_buildx_lists_unsigned_statements_beside_the_images(publisher: Publisher, shelf: Shelf, image: Digest) -> None:
    platform = {"architecture": "amd64", "os": "linux"}
    listed = {**shelf.subject(image), "platform": platform}
    plain = shelf.push({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": [listed]})

    index = attest_in_index(shelf, plain, (Unsigned(BOM, {"a": 1}), Unsigned("https://example.com/b", {})), "3.0.0")

    images, attested = read(publisher, "3.0.0")["manifests"]
    assert digest_of(publisher.registry.manifest(REPOSITORY, "3.0.0").raw) == index
    assert images == listed
    assert attested["platform"] == {"architecture": "unknown", "os": "unknown"}
    assert attested["annotations"] == {
        "vnd.docker.reference.digest": image,
        "vnd.docker.reference.type": "attestation-manifest",
    }
    manifest = read(publisher, attested["digest"])
    assert manifest["artifactType"] == "application/vnd.docker.attestation.manifest.v1+json"
    assert manifest["subject"]["digest"] == image
    assert [layer["annotations"] for layer in manifest["layers"]] == [
        {"in-toto.io/predicate-type": BOM},
        {"in-toto.io/predicate-type": "https://example.com/b"},
    ]
    statement = json.loads(blob(publisher, manifest["layers"][0]))
    assert (statement["predicateType"], statement["predicate"]) == (BOM, {"a": 1})
    assert statement["subject"][0]["digest"] == {"sha256": image.removeprefix("sha256:")}


def test_a_publisher_changes_content_signature_or_layer_and_nothing_else(
    publisher: Publisher, key: SigningKey, image: Digest
) -> None:
    of_content = publisher.changing(Changes(content=lies.in_repository("registry.example/shop/other")))
    of_signature = publisher.changing(Changes(sealed=lies.flip_signature))
    of_layer = publisher.changing(Changes(layer=lambda layer: layer.without(SIGNATURE).annotated("x", "y")))

    for each in (of_content, of_signature, of_layer):
        each.sign(REPOSITORY, image, Means(key))

    first, second, third = read(publisher, tag_of(image, "sig"))["layers"]
    lied = SimpleSigning(image, "registry.example/shop/other").payload
    honest = SimpleSigning(image, str(REPOSITORY)).payload
    assert blob(publisher, first) == lied
    assert verifies(key, first["annotations"][SIGNATURE], lied)
    flipped_back = lies.flipped(base64.b64decode(second["annotations"][SIGNATURE]))
    assert verifies(key, base64.b64encode(flipped_back).decode(), honest)
    assert third["annotations"] == {"x": "y"}


def test_a_layer_comes_to_a_verifier_as_its_descriptor_and_its_bytes(
    publisher: Publisher, key: SigningKey, image: Digest
) -> None:
    layer = signature_layer(publisher.seal(Message(b"{}"), Means(key)))

    material = layer.material(image, Layout.COSIGN_REFERRER)

    assert json.loads(material.raw) == layer.descriptor
    assert material.payload == b"{}"
    assert (material.found.blob, material.found.manifest) == (digest_of(material.raw), image)
    assert material.found.layout is Layout.COSIGN_REFERRER


def test_the_chain_that_older_versions_of_cosign_write_is_there_to_be_added(publisher: Publisher) -> None:
    sealed = publisher.seal(Message(b"{}"), Means(SIGNER))

    chain = x509.load_pem_x509_certificates(chain_pem(sealed).encode())

    assert tuple(chain) == publisher.instance.authority.chain


def test_a_statement_makes_no_signature_layer_and_a_message_no_attestation(
    publisher: Publisher, key: SigningKey
) -> None:
    sealed = publisher.seal(Message(b"{}"), Means(key))

    with pytest.raises(ValueError, match="a message stands in no envelope"):
        attestation_layer(sealed, BOM)
    with pytest.raises(ValueError, match="a statement is no simple signing payload"):
        signature_layer(replace(sealed, content=lies.with_payload(ENVELOPED, b"{}")))


def test_a_lie_before_signing_changes_the_one_value_that_it_names() -> None:
    message = Message(SimpleSigning("sha256:00", "registry.example/cart").payload)
    honest = json.loads(message.data)

    def told(lie: lies.ContentChange, content: Content = message) -> Any:
        return json.loads(lies.payload_of(lie(content)))

    image, identity = honest["critical"]["image"], honest["critical"]["identity"]
    critical = honest["critical"]
    assert told(lies.about("sha256:01")) == {
        **honest,
        "critical": {**critical, "image": {"docker-manifest-digest": "sha256:01"}},
    }
    assert told(lies.about_both("sha256:01")) == {
        **honest,
        "critical": {**critical, "image": {**image, "Docker-manifest-digest": "sha256:01"}},
    }
    assert told(lies.in_repository("evil.example/cart")) == {
        **honest,
        "critical": {**critical, "identity": {**identity, "docker-reference": "evil.example/cart"}},
    }
    assert told(lies.in_payload("critical", "type", to="atomic")) == {
        **honest,
        "critical": {**critical, "type": "atomic"},
    }
    assert told(lies.not_in_payload("critical", "image")) == {
        "critical": {"identity": identity, "type": critical["type"]},
        "optional": None,
    }
    assert told(lies.in_payload("a", "b", to=3), ENVELOPED) == {"a": {"b": 3}, "c": 2}
    assert lies.payload_of(lies.repeated("c", "4")(ENVELOPED)) == b'{"c":4,"a":{"b":1},"c":2}'
    assert lies.payload_type("text/plain")(ENVELOPED) == Envelope(b'{"a":{"b":1},"c":2}', "text/plain")
    assert lies.payload_type("text/plain")(message) == message


def test_a_lie_after_signing_changes_the_one_value_that_it_names(publisher: Publisher) -> None:
    sealed = publisher.seal(ENVELOPED, Means(SIGNER, (LogKind.V1,), timestamps=1))
    other = publisher.seal(ENVELOPED, Means(SIGNER, (LogKind.V1,), timestamps=1))
    (entry,), (stamp,) = sealed.entries, sealed.stamps

    def entries(lie: lies.SealedChange) -> Sealed:
        told = lie(sealed)
        assert replace(told, entries=sealed.entries) == sealed
        return told

    assert lies.flip_signature(lies.flip_signature(sealed)) == sealed != lies.flip_signature(sealed)
    assert lies.sign_twice(sealed) == replace(sealed, signatures=sealed.signatures * 2)
    assert lies.unsign(sealed) == replace(sealed, signatures=())
    assert lies.withhold_certificate(sealed).credential.certificate is None
    assert lies.withhold_stamps(sealed) == replace(sealed, stamps=())
    assert lies.stamp_often(33)(sealed).stamps == (stamp,) * 33
    assert lies.stamp_as(other)(sealed) == replace(sealed, stamps=other.stamps)
    assert lies.claim(Message(b""))(sealed) == replace(sealed, content=Message(b""))
    assert entries(lies.withhold_entries).entries == ()
    assert entries(lies.repeat_entries(33)).entries == (entry,) * 33
    assert entries(lies.staple(other)).entries == other.entries
    assert entries(lies.in_entries(log_id=b"?" * 32)).entries == (replace(entry, log_id=b"?" * 32),)
    assert entries(lies.postpone(60)).entries == (replace(entry, integrated=int(NOW.timestamp()) + 60),)
    assert entries(lies.edit_body(b"dsse", b"esse")).entries == (
        replace(entry, body=entry.body.replace(b"dsse", b"esse")),
    )
    assert entries(lies.flip_promise).entries == (replace(entry, promise=lies.flipped(entry.promise or b"")),)
