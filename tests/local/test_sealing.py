"""Signatures with their logs and timestamps: what stands in entries, annotations and bundles, judged by others."""

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity
from sigstore_models.trustroot.v1 import TrustedRoot as TrustedRootModel

from promoter.core.candidate import digest_of
from promoter.core.evidence import Signer
from promoter.core.statement import PAYLOAD_TYPE, parse_statement
from promoter.local.authority.bundles import BundleVersion, bundle, bundle_document, bundle_material
from promoter.local.authority.contents import (
    STATEMENT_V0_1,
    STATEMENT_V1,
    Content,
    Envelope,
    Message,
    SimpleSigning,
    statement,
)
from promoter.local.authority.instance import Instance, make_instance
from promoter.local.authority.keys import KeyKind, SigningKey, make_key
from promoter.local.authority.sealing import Credential, LogKind, Sealed, Witnesses, identify, seal
from promoter.local.authority.trusted_root import Part, Period

NOW = datetime.fromisoformat("2026-03-01T12:00:00Z")
DAY = timedelta(days=1)
DIGEST = digest_of(b"the image")
SIGNER = Signer("https://github.com/acme/cart/.github/workflows/release.yml@refs/heads/main", "https://issuer.example")
STATEMENT = Envelope(statement(DIGEST, "https://cyclonedx.org/bom", {"bomFormat": "CycloneDX"}))
MESSAGE = Message(b"the image")
URL = "https://sigstore.example"


@pytest.fixture(scope="module")
def instance() -> Instance:
    return make_instance(NOW)


@pytest.fixture(scope="module")
def key() -> SigningKey:
    return make_key()


def body_of(sealed: Sealed) -> dict[str, Any]:
    (entry,) = sealed.entries
    body: dict[str, Any] = json.loads(entry.body)
    assert rfc8785.dumps(body) == entry.body
    return body


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def logged(instance: Instance, content: Content, key: SigningKey, kind: LogKind) -> Sealed:
    return seal(instance, content, Credential(key), Witnesses(NOW, (kind,)))


def hashed(data: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": sha256(data).hexdigest()}


def test_a_hashedrekord_names_hash_signature_and_key(instance: Instance, key: SigningKey) -> None:
    sealed = logged(instance, MESSAGE, key, LogKind.V1)

    assert body_of(sealed) == {
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": hashed(MESSAGE.data)},
            "signature": {"content": b64(sealed.signatures[0]), "publicKey": {"content": b64(key.public_pem)}},
        },
    }


def test_an_envelope_may_be_logged_by_the_hash_of_its_encoding(instance: Instance, key: SigningKey) -> None:
    sealed = logged(instance, STATEMENT, key, LogKind.HASHEDREKORD)

    assert body_of(sealed)["kind"] == "hashedrekord"
    assert body_of(sealed)["spec"]["data"]["hash"] == hashed(STATEMENT.signed)


def test_a_dsse_entry_names_the_hashes_of_envelope_and_payload(instance: Instance, key: SigningKey) -> None:
    sealed = logged(instance, STATEMENT, key, LogKind.V1)

    assert body_of(sealed) == {
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {
            "envelopeHash": hashed(sealed.envelope),
            "payloadHash": hashed(STATEMENT.payload),
            "signatures": [{"signature": b64(sealed.signatures[0]), "verifier": b64(key.public_pem)}],
        },
    }


def test_an_intoto_entry_of_the_first_version_names_no_signature(instance: Instance, key: SigningKey) -> None:
    sealed = logged(instance, STATEMENT, key, LogKind.INTOTO_1)

    assert body_of(sealed) == {
        "apiVersion": "0.0.1",
        "kind": "intoto",
        "spec": {
            "content": {"hash": hashed(sealed.envelope), "payloadHash": hashed(STATEMENT.payload)},
            "publicKey": b64(key.public_pem),
        },
    }


def test_an_intoto_entry_of_the_second_version_encodes_its_signature_twice(instance: Instance, key: SigningKey) -> None:
    content = replace(STATEMENT, key_id="release")
    sealed = logged(instance, content, key, LogKind.INTOTO_2)

    signature = {
        "keyid": "release",
        "publicKey": b64(key.public_pem),
        "sig": b64(b64(sealed.signatures[0]).encode()),
    }
    assert (sealed.entries[0].kind, sealed.entries[0].version) == ("intoto", "0.0.2")
    assert body_of(sealed) == {
        "apiVersion": "0.0.2",
        "kind": "intoto",
        "spec": {
            "content": {
                "envelope": {"payloadType": PAYLOAD_TYPE, "signatures": [signature]},
                "hash": hashed(sealed.envelope),
                "payloadHash": hashed(content.payload),
            }
        },
    }


def test_rekor_v2_records_a_key_with_its_scheme(instance: Instance) -> None:
    key = make_key(KeyKind.RSA_2048)
    sealed = logged(instance, STATEMENT, key, LogKind.V2)

    record = body_of(sealed)["spec"]["hashedRekordV002"]
    assert record["data"] == {"algorithm": "SHA2_256", "digest": b64(sha256(STATEMENT.signed).digest())}
    assert record["signature"] == {
        "content": b64(sealed.signatures[0]),
        "verifier": {
            "keyDetails": "PKIX_RSA_PKCS1V15_2048_SHA256",
            "publicKey": {"rawBytes": b64(key.known.der)},
        },
    }
    assert (sealed.entries[0].integrated, sealed.entries[0].promise) == (None, None)


@pytest.mark.parametrize(
    ("content", "kind"), [(STATEMENT, LogKind.V2), (STATEMENT, LogKind.HASHEDREKORD), (MESSAGE, LogKind.V1)]
)
def test_no_log_takes_an_ed25519_signature_of_a_hash(instance: Instance, content: Content, kind: LogKind) -> None:
    with pytest.raises(ValueError, match="no log holds an Ed25519 signature as a hashedrekord"):
        logged(instance, content, make_key(KeyKind.ED25519), kind)


def test_the_annotation_of_an_entry_holds_what_its_promise_covers(instance: Instance, key: SigningKey) -> None:
    (entry,) = logged(instance, STATEMENT, key, LogKind.V1).entries

    read = json.loads(entry.annotation)
    payload = read["Payload"]
    log_key = instance.rekor_v1.key.public_key()
    assert isinstance(log_key, ec.EllipticCurvePublicKey)
    signed = base64.b64decode(read["SignedEntryTimestamp"])
    log_key.verify(signed, rfc8785.dumps(payload), ec.ECDSA(hashes.SHA256()))
    assert payload == {
        "body": b64(entry.body),
        "integratedTime": int(NOW.timestamp()),
        "logID": instance.rekor_v1.log_id.hex(),
        "logIndex": entry.inclusion.index,
    }


def test_an_envelope_is_written_as_cosign_writes_it() -> None:
    plain, named = Envelope(b"{}", "text/plain"), Envelope(b"{}", "text/plain", key_id="")

    assert plain.sealed((b"sig",)) == b'{"payload":"e30=","payloadType":"text/plain","signatures":[{"sig":"c2ln"}]}'
    assert named.sealed((b"a", b"b")) == (
        b'{"payload":"e30=","payloadType":"text/plain",'
        b'"signatures":[{"keyid":"","sig":"YQ=="},{"keyid":"","sig":"Yg=="}]}'
    )


def test_a_simple_signing_payload_is_written_as_cosign_writes_it() -> None:
    plain = SimpleSigning("sha256:00", "registry.example/cart")

    assert plain.payload == (
        b'{"critical":{"identity":{"docker-reference":"registry.example/cart"},'
        b'"image":{"docker-manifest-digest":"sha256:00"},"type":"cosign container image signature"},"optional":null}'
    )
    assert replace(plain, signed_annotations=(("stage", "prod"),)).payload.endswith(b'"optional":{"stage":"prod"}}')


@pytest.mark.parametrize("kind", [STATEMENT_V0_1, STATEMENT_V1])
@pytest.mark.parametrize("name", [None, "cart"])
def test_a_statement_of_either_version_names_the_digest(kind: str, name: str | None) -> None:
    written = statement(DIGEST, "https://example.com/type", {"a": 1}, kind=kind, name=name)

    read = parse_statement(written)
    assert (read.subjects, read.predicate_type, read.predicate) == ((DIGEST,), "https://example.com/type", {"a": 1})
    assert (json.loads(written)["_type"], json.loads(written)["subject"][0].get("name")) == (kind, name)


VERSIONS = [(version, LogKind.V1) for version in BundleVersion]
VERSIONS += [(version, LogKind.V2) for version in BundleVersion if version is not BundleVersion.V0_1]


@pytest.mark.parametrize(("version", "logs"), VERSIONS)
@pytest.mark.parametrize("content", [STATEMENT, MESSAGE], ids=["statement", "message"])
def test_sigstore_python_accepts_a_keyless_bundle_of_every_version(
    instance: Instance, version: BundleVersion, logs: LogKind, content: Content
) -> None:
    stamps = (NOW,) if logs is LogKind.V2 else ()
    sealed = seal(instance, content, identify(instance, SIGNER, NOW), Witnesses(NOW, (logs,), stamps))

    read = Bundle.from_json(bundle(sealed, version))

    judge = verifier(instance.trusted_root(URL))
    policy = Identity(identity=SIGNER.san, issuer=SIGNER.issuer)
    if isinstance(content, Envelope):
        assert judge.verify_dsse(read, policy) == (PAYLOAD_TYPE, STATEMENT.payload)
    else:
        judge.verify_artifact(MESSAGE.data, read, policy)


def verifier(root: bytes) -> Verifier:
    return Verifier(trusted_root=TrustedRoot(TrustedRootModel.from_json(root)))


def test_a_bundle_by_a_key_names_it_and_leaves_out_what_it_has_not(instance: Instance, key: SigningKey) -> None:
    sealed = seal(instance, STATEMENT, Credential(key), Witnesses(NOW, ()))

    document = bundle_document(sealed)

    assert document["verificationMaterial"] == {"publicKey": {"hint": key.hint}}
    assert isinstance(key.public, ec.EllipticCurvePublicKey)
    signature = base64.b64decode(document["dsseEnvelope"]["signatures"][0]["sig"])
    key.public.verify(signature, STATEMENT.signed, ec.ECDSA(hashes.SHA256()))


def test_a_bundle_holds_every_entry_and_timestamp(instance: Instance, key: SigningKey) -> None:
    witnesses = Witnesses(NOW, (LogKind.V1, LogKind.V2), (NOW, NOW + DAY, NOW))

    material = bundle_document(seal(instance, STATEMENT, Credential(key), witnesses))["verificationMaterial"]

    assert [entry["kindVersion"]["version"] for entry in material["tlogEntries"]] == ["0.0.1", "0.0.2"]
    assert len(material["timestampVerificationData"]["rfc3161Timestamps"]) == 3


def test_a_private_forges_bundle_has_a_certificate_and_a_timestamp_and_no_log_entry(instance: Instance) -> None:
    credential = identify(instance, SIGNER, NOW)

    sealed = seal(instance, STATEMENT, credential, Witnesses(NOW, (), (NOW,)))

    material = bundle_document(sealed)["verificationMaterial"]
    assert credential.certificate is not None
    assert set(material) == {"certificate", "timestampVerificationData"}
    assert base64.b64decode(material["certificate"]["rawBytes"]) == credential.certificate.public_bytes(Encoding.DER)


def test_a_timestamp_covers_the_signature(instance: Instance) -> None:
    sealed = seal(instance, STATEMENT, Credential(make_key(KeyKind.ED25519)), Witnesses(NOW, (), (NOW,)))

    leaf, root = instance.timestamps.chain
    judge = VerifierBuilder().tsa_certificate(leaf).add_root_certificate(root).build()
    answer = decode_timestamp_response(sealed.stamps[0])
    assert judge.verify_message(answer, sealed.signatures[0])
    assert answer.tst_info.gen_time == NOW


def test_a_timestamp_may_cover_the_envelope_as_older_versions_of_cosign_have_it(instance: Instance) -> None:
    witnesses = Witnesses(NOW, (), (NOW,), stamp_envelope=True)
    sealed = seal(instance, STATEMENT, Credential(make_key()), witnesses)

    leaf, root = instance.timestamps.chain
    judge = VerifierBuilder().tsa_certificate(leaf).add_root_certificate(root).build()
    assert judge.verify_message(decode_timestamp_response(sealed.stamps[0]), sealed.envelope)


def test_a_bundle_comes_to_a_verifier_with_its_digest_and_the_manifest_that_carried_it() -> None:
    material = bundle_material(b"{}", DIGEST)

    assert (material.found.blob, material.found.manifest, material.found.size) == (digest_of(b"{}"), DIGEST, 2)
    assert material.raw == b"{}"


def test_an_envelope_of_a_message_is_an_error_of_the_test_that_asks_for_it(instance: Instance, key: SigningKey) -> None:
    with pytest.raises(ValueError, match="a message stands in no envelope"):
        _ = logged(instance, MESSAGE, key, LogKind.V1).envelope


@pytest.mark.parametrize("part", Part)
def test_a_part_of_a_trusted_root_has_the_period_that_it_is_given(instance: Instance, part: Part) -> None:
    past = Period(NOW - 3 * DAY, NOW - 2 * DAY)

    document = json.loads(instance.trust.lasting(part, past).document(URL))

    untouched = json.loads(instance.trusted_root(URL))
    assert [periods(listed) for listed in document.pop(part.value)] == [
        {"start": "2026-02-26T12:00:00Z", "end": "2026-02-27T12:00:00Z"}
    ] * len(untouched.pop(part.value))
    assert document == untouched


def periods(listed: dict[str, Any]) -> object:
    return listed["publicKey"]["validFor"] if "publicKey" in listed else listed["validFor"]


def test_a_trusted_root_may_trust_several_instances(instance: Instance) -> None:
    other = make_instance(NOW)
    root = instance.trust.joined(other.trust).document(URL)
    policy = Identity(identity=SIGNER.san, issuer=SIGNER.issuer)

    for signing in (instance, other):
        sealed = seal(signing, STATEMENT, identify(signing, SIGNER, NOW), Witnesses(NOW, (LogKind.V1,)))
        assert verifier(root).verify_dsse(Bundle.from_json(bundle(sealed)), policy)[0] == PAYLOAD_TYPE


def test_both_logs_keys_have_the_kinds_that_the_real_ones_have(instance: Instance) -> None:
    assert isinstance(instance.rekor_v1.key, ec.EllipticCurvePrivateKey)
    assert isinstance(instance.rekor_v2.key, ed25519.Ed25519PrivateKey)
