"""The signing authority on loopback: sigstore-python signs with it, our verifier accepts that, and it refuses liars."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from sigstore.dsse import Statement
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.core.candidate import digest_of
from promoter.core.evidence import Attestation, Found, Signer, SignerClaims
from promoter.local.authority import Authority
from promoter.local.authority.keys import KeyKind, SigningKey, make_key
from promoter.local.authority.log import TransparencyLog
from promoter.ports import Material

GITHUB = Signer(
    san="https://github.com/acme/cart/.github/workflows/release.yml@refs/tags/v1.8.3",
    issuer="https://token.actions.githubusercontent.com",
    claims=SignerClaims(
        runner_environment="github-hosted",
        source_repository_uri="https://github.com/acme/cart",
        source_repository_digest="0f" * 20,
        source_repository_ref="refs/tags/v1.8.3",
        build_trigger="push",
        token_subject="repo:acme/cart:ref:refs/tags/v1.8.3",
    ),
)
PERSON = Signer("ops@acme.example", "https://accounts.example")
SUBJECT = digest_of(b"manifest")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with Authority(SystemClock(), tmp_path_factory.mktemp("authority")) as running:
        yield running


def signing(authority: Authority, rekor: int | None) -> SigningContext:
    config = ClientTrustConfig.from_json(authority.client_trust_config())
    config.force_tlog_version = rekor
    return SigningContext.from_trust_config(config)


def examined(authority: Authority, bundle: Bundle) -> Attestation:
    verifier = SigstoreSignatures.from_file(authority.trusted_root)
    raw = bundle.to_json().encode()
    result = verifier.examine(Material(Found(digest_of(raw), digest_of(b"carrier"), len(raw)), raw), SUBJECT)
    assert isinstance(result, Attestation), result
    return result


@pytest.mark.parametrize("signer", [GITHUB, PERSON], ids=["workflow", "person"])
@pytest.mark.parametrize(
    ("rekor", "message", "statement"),
    [
        (1, "hashedrekord 0.0.1", "dsse 0.0.1"),
        (2, "hashedrekord 0.0.2", "hashedrekord 0.0.2"),
        (None, "hashedrekord 0.0.2", "hashedrekord 0.0.2"),
    ],
)
def test_what_sigstore_s_own_signer_signs_here_verifies(
    authority: Authority, rekor: int | None, message: str, statement: str, signer: Signer
) -> None:
    before = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the authority runs on the system's clock
    said = Statement(
        json.dumps(
            {
                "_type": "https://in-toto.io/Statement/v1",
                "subject": [{"name": "cart", "digest": {"sha256": SUBJECT.removeprefix("sha256:")}}],
                "predicateType": "https://x.example/v1",
                "predicate": {"a": 1},
            }
        ).encode()
    )
    with signing(authority, rekor).signer(IdentityToken(authority.token(signer))) as session:
        signature = examined(authority, session.sign_artifact(b"manifest"))
        attestation = examined(authority, session.sign_dsse(said))

    assert signature.log
    assert attestation.log
    assert signature.signed_at
    assert (signature.signer, signature.log.kind) == (signer, message)
    assert (attestation.signer, attestation.log.kind) == (signer, statement)
    assert (attestation.predicate_type, attestation.predicate) == ("https://x.example/v1", {"a": 1})
    assert before <= signature.signed_at <= before + timedelta(minutes=1)


def post(authority: Authority, path: str, body: object, token: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.post(f"{authority.url}{path}", data=json.dumps(body), headers=headers, timeout=10)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def public_key_request(key: ec.EllipticCurvePrivateKey, subject: str) -> dict[str, object]:
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    proof = key.sign(subject.encode(), ec.ECDSA(hashes.SHA256()))
    return {
        "publicKeyRequest": {
            "publicKey": {"algorithm": "ECDSA", "content": pem},
            "proofOfPossession": b64(proof),
        }
    }


@pytest.mark.parametrize(
    ("signer", "subject"), [(GITHUB, "repo:acme/cart:ref:refs/tags/v1.8.3"), (PERSON, "ops@acme.example")]
)
def test_a_public_key_request_proves_possession_by_signing_the_subject(
    authority: Authority, signer: Signer, subject: str
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())

    answer = post(authority, "/api/v2/signingCert", public_key_request(key, subject), authority.token(signer)).json()

    chain = answer["signedCertificateEmbeddedSct"]["chain"]["certificates"]
    leaf, issuer, root = (x509.load_pem_x509_certificate(pem.encode()) for pem in chain)
    assert leaf.public_key() == key.public_key()
    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)


def test_a_certificate_is_refused_without_a_valid_token_or_a_valid_proof(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    honest = public_key_request(key, PERSON.san)
    token = authority.token(PERSON)
    now = datetime.now(UTC)  # noqa: TID251 - the authority runs on the system's clock
    expired = authority.instance.tokens.mint(PERSON, now - timedelta(hours=1))
    head, claims, signature = token.split(".")
    other = authority.token(GITHUB).split(".")[1]
    cases = [
        (honest, "", 401, "an identity token is needed"),
        (honest, expired, 400, "the token is for another audience or not valid now"),
        (honest, f"{head}.{other}.{signature}", 400, "the token is not signed by this authority"),
        (honest, f"{head}.{claims}.", 400, "the token is not signed by this authority"),
        (public_key_request(key, "somebody else"), token, 400, "the proof of possession does not verify"),
        ({}, token, 400, "neither a certificateSigningRequest nor a publicKeyRequest"),
    ]

    answers = [post(authority, "/api/v2/signingCert", body, given) for body, given, _, _ in cases]

    assert [(answer.status_code, answer.json()["message"]) for answer in answers] == [
        (status, message) for _, _, status, message in cases
    ]


def test_an_entry_of_rekor_v1_is_named_by_the_etag(authority: Authority) -> None:
    digest = sha256(b"manifest").digest()
    with signing(authority, 1).signer(IdentityToken(authority.token(PERSON))) as session:
        bundle = json.loads(session.sign_artifact(b"manifest").to_json())
    certificate = x509.load_der_x509_certificate(
        base64.b64decode(bundle["verificationMaterial"]["certificate"]["rawBytes"])
    )
    spec = {
        "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
        "signature": {
            "content": bundle["messageSignature"]["signature"],
            "publicKey": {"content": b64(certificate.public_bytes(Encoding.PEM))},
        },
    }
    proposal = {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": spec}

    answer = post(authority, "/api/v1/log/entries", proposal)
    spec["data"]["hash"]["value"] = "00" * 32
    refused = post(authority, "/api/v1/log/entries", proposal)

    assert answer.status_code == 201
    assert list(answer.json()) == [answer.headers["ETag"]]
    assert (refused.status_code, refused.json()["message"]) == (400, "the signature does not verify")


def logged_v2(key: SigningKey, signature: bytes, details: str) -> dict[str, object]:
    verifier = {"publicKey": {"rawBytes": b64(key.known.der)}, "keyDetails": details}
    digest = b64(key.hash.of(b"data"))
    return {
        "hashedRekordRequestV002": {"digest": digest, "signature": {"content": b64(signature), "verifier": verifier}}
    }


@pytest.mark.parametrize("kind", [KeyKind.P256, KeyKind.RSA_2048])
def test_both_logs_take_the_signatures_of_keys(authority: Authority, kind: KeyKind) -> None:
    key = make_key(kind)
    signature = {"content": b64(key.sign(b"data")), "publicKey": {"content": b64(key.public_pem)}}
    data = {"hash": {"algorithm": "sha256", "value": sha256(b"data").hexdigest()}}
    proposal = {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {"data": data, "signature": signature}}

    first = post(authority, "/api/v1/log/entries", proposal)
    second = post(authority, "/api/v2/log/entries", logged_v2(key, key.sign(b"data"), key.details))

    (entry,) = first.json().values()
    assert json.loads(base64.b64decode(entry["body"])) == proposal
    record = json.loads(base64.b64decode(second.json()["canonicalizedBody"]))["spec"]["hashedRekordV002"]
    assert record["signature"]["verifier"] == {
        "keyDetails": key.details,
        "publicKey": {"rawBytes": b64(key.known.der)},
    }


def test_a_log_refuses_a_signature_by_another_key_and_one_that_it_cannot_check(authority: Authority) -> None:
    key, ed25519 = make_key(), make_key(KeyKind.ED25519)
    cases = [
        (logged_v2(key, make_key().sign(b"data"), key.details), "the signature does not verify"),
        (
            logged_v2(ed25519, ed25519.sign(b"data"), "PKIX_ED25519_PH"),
            "only ECDSA and RSA signatures are logged, not PKIX_ED25519_PH",
        ),
    ]

    answers = [post(authority, "/api/v2/log/entries", body) for body, _ in cases]

    assert [(answer.status_code, answer.json()["message"]) for answer in answers] == [
        (400, message) for _, message in cases
    ]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/api/v1/log/entries", {"kind": "intoto"}, "only hashedrekord and dsse of version 0.0.1 are logged"),
        ("/api/v2/log/entries", {"dsseRequestV002": {}}, "only hashedRekordRequestV002 is logged"),
    ],
)
def test_a_log_refuses_other_kinds_of_entries(authority: Authority, path: str, body: object, message: str) -> None:
    answer = post(authority, path, body)

    assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_what_is_no_service_is_not_found(authority: Authority) -> None:
    assert post(authority, "/api/v3/signingCert", {}).status_code == 404


def test_a_timestamp_answers_the_request_with_its_nonce(authority: Authority) -> None:
    request = (
        TimestampRequestBuilder().hash_algorithm(HashAlgorithm.SHA256).data(b"signature").nonce(nonce=True).build()
    )

    answer = requests.post(f"{authority.url}/api/v1/timestamp", data=request.as_bytes(), timeout=10)

    leaf, root = authority.instance.timestamps.chain
    verifier = VerifierBuilder.from_request(request).tsa_certificate(leaf).add_root_certificate(root).build()
    assert answer.headers["Content-Type"] == "application/timestamp-reply"
    assert verifier.verify_message(decode_timestamp_response(answer.content), b"signature")


def test_a_timestamp_over_another_hash_is_refused(authority: Authority) -> None:
    request = TimestampRequestBuilder().hash_algorithm(HashAlgorithm.SHA512).data(b"signature").build()

    answer = requests.post(f"{authority.url}/api/v1/timestamp", data=request.as_bytes(), timeout=10)

    assert (answer.status_code, answer.json()["message"]) == (400, "only SHA-256 message imprints are stamped")


def test_the_two_files_are_written_when_it_starts_and_the_port_is_free_after_it_stops(tmp_path: Path) -> None:
    authority = Authority(SystemClock(), tmp_path / "new")
    authority.start()
    url = authority.url
    authority.stop()

    assert json.loads(authority.trusted_root.read_bytes())["tlogs"][0]["baseUrl"] == url
    assert json.loads(authority.signing_config.read_bytes())["caUrls"][0]["url"] == url
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{url}/api/v2/log/entries", timeout=5)


def merkle_root(leaves: list[bytes]) -> bytes:
    """Hash a tree by the recursion of RFC 6962 §2.1."""
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + merkle_root(leaves[:split]) + merkle_root(leaves[split:])).digest()


def test_the_roots_of_a_log_are_those_of_rfc_6962() -> None:
    log = TransparencyLog("log.example", ec.generate_private_key(ec.SECP256R1()))
    leaves = [b""]

    for number in range(40):
        leaves.append(f"entry {number}".encode())
        inclusion = log.append(leaves[-1])
        assert (inclusion.index, inclusion.size) == (number + 1, number + 2)
        assert inclusion.root == merkle_root(leaves)
