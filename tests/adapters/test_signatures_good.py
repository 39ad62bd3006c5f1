"""Bundles that verify: every version, both kinds of content, both logs, and the facts that are read from them."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat import asn1

from promoter.core.candidate import digest_of
from promoter.core.evidence import Attestation, ContentKind, Found, LogEntry, Mechanism, Signer
from tests.adapters.bundles import (
    DAY,
    MANIFEST,
    MINUTE,
    NOW,
    OTHER,
    PREDICATE_TYPE,
    SIGNER,
    SUBJECT,
    V1,
    V2,
    V3,
    V3_ALT,
    Document,
    Recipe,
    dsse,
    entry_of,
    examine,
    forge,
    instance,
    leaf,
    statement,
    trusted_root,
)


def good(document: Document, root: bytes | None = None) -> Attestation:
    result = examine(document, root)
    assert isinstance(result, Attestation), result
    return result


@pytest.mark.parametrize(
    ("media_type", "rekor"), [(V1, 1), (V2, 1), (V2, 2), (V3_ALT, 1), (V3_ALT, 2), (V3, 1), (V3, 2)]
)
@pytest.mark.parametrize("payload", [None, statement()], ids=["message-signature", "dsse"])
def test_every_version_of_a_bundle_verifies_with_every_log_that_it_may_have(
    payload: bytes | None, media_type: str, rekor: int
) -> None:
    document = forge(Recipe(payload=payload, media_type=media_type, rekor=rekor, stamped=(NOW,)))

    assert good(document).signer == SIGNER


def test_everything_that_is_known_of_an_attestation_is_read() -> None:
    document = dsse()
    raw = json.dumps(document).encode()

    assert good(document) == Attestation(
        found=Found(digest_of(raw), MANIFEST, len(raw)),
        kind=ContentKind.DSSE,
        mechanism=Mechanism.KEYLESS_BUNDLE,
        signer=SIGNER,
        signed_at=NOW,
        log=LogEntry(
            instance().rekor_v2.log_id.hex(),
            int(entry_of(document)["inclusionProof"]["logIndex"]),
            "hashedrekord 0.0.2",
        ),
        predicate_type=PREDICATE_TYPE,
        predicate={"made": "honestly"},
        subjects=(SUBJECT,),
    )


def test_a_message_signature_is_about_our_digest_and_states_nothing_else() -> None:
    read = good(forge(Recipe(rekor=1)))

    assert (read.kind, read.predicate_type, read.predicate) == (ContentKind.MESSAGE_SIGNATURE, "", {})
    assert read.subjects == (SUBJECT,)
    assert read.log
    assert read.log.kind == "hashedrekord 0.0.1"
    assert read.log.log_id == instance().rekor_v1.log_id.hex()


def test_the_index_of_an_entry_is_the_one_that_a_signature_covers() -> None:
    document = dsse()
    proven = int(entry_of(document)["inclusionProof"]["logIndex"])
    entry_of(document)["logIndex"] = "123456789"

    log = good(document).log

    assert log
    assert log.index == proven


def test_the_earliest_verified_time_is_the_time_of_the_signature() -> None:
    document = dsse(rekor=1, logged=NOW + 3 * MINUTE, stamped=(NOW + 4 * MINUTE, NOW + 2 * MINUTE))

    assert good(document).signed_at == NOW + 2 * MINUTE


def test_a_timestamp_that_does_not_verify_beside_one_that_does_is_passed_over() -> None:
    document, other = dsse(), dsse()
    stamps = document["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]
    stamps += other["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"]

    assert good(document).signed_at == NOW


def test_a_cosign_signature_without_a_subject_name_is_read() -> None:
    payload = statement(
        subject=[{"digest": {"sha256": SUBJECT[7:]}}], predicateType="https://sigstore.dev/cosign/sign/v1", predicate={}
    )

    read = good(forge(Recipe(payload=payload)))

    assert (read.predicate_type, read.predicate) == ("https://sigstore.dev/cosign/sign/v1", {})


def test_a_statement_v0_1_about_several_subjects_is_read_when_ours_is_the_second() -> None:
    subjects = [
        {"name": "source", "digest": {"sha1": "12" * 20, "gitCommit": "12" * 20}},
        {"name": "other", "digest": {"sha256": OTHER[7:]}},
        {"name": "cart", "digest": {"sha256": SUBJECT[7:], "sha512": "ab" * 64}},
    ]
    payload = statement(_type="https://in-toto.io/Statement/v0.1", subject=subjects)

    read = good(forge(Recipe(payload=payload, rekor=1)))
    assert (read.subjects, read.revisions) == ((OTHER, SUBJECT), ("12" * 20,))


@pytest.mark.parametrize(
    ("names", "san"),
    [
        ((x509.RFC822Name("ops@acme.example"),), "ops@acme.example"),
        (
            (x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7"), asn1.encode_der("robot!acme")),),
            "robot!acme",
        ),
    ],
    ids=["an e-mail address", "the name of Fulcio's own kind"],
)
def test_an_identity_may_also_be(names: tuple[x509.GeneralName, ...], san: str) -> None:
    assert good(dsse(leaf=leaf(names=names))).signer.san == san


def test_a_certificate_without_workflow_claims_has_empty_ones() -> None:
    signer = Signer("ops@acme.example", "https://accounts.example")

    assert good(dsse(leaf=leaf(signer=signer))).signer == signer


@pytest.mark.parametrize("part", ["certificateAuthorities", "tlogs", "ctlogs", "timestampAuthorities"])
@pytest.mark.parametrize("bound", ["start", "end"])
def test_the_bounds_of_a_trust_period_are_inside_it(part: str, bound: str) -> None:
    def change(document: Document) -> None:
        for entry in document[part]:
            period = entry["publicKey"]["validFor"] if "publicKey" in entry else entry["validFor"]
            period[bound] = "2025-03-01T12:00:00Z"

    assert good(dsse(), trusted_root(change)).signed_at == NOW


def test_the_bounds_of_a_certificate_are_inside_its_period() -> None:
    lifetime = timedelta(minutes=10)

    assert good(dsse(stamped=(NOW, NOW + lifetime), leaf=leaf(lifetime=lifetime))).signed_at == NOW


def test_an_old_signature_stays_good_after_its_log_was_retired() -> None:
    def change(document: Document) -> None:
        for entry in document["tlogs"]:
            entry["publicKey"]["validFor"]["end"] = (NOW + DAY).isoformat()

    assert good(dsse(), trusted_root(change)).signed_at == NOW


def test_threads_share_one_verifier() -> None:
    documents = [forge(Recipe(payload=statement(predicate={"number": number}))) for number in range(16)]

    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(good, documents))

    assert [each.predicate for each in read] == [{"number": number} for number in range(16)]


def test_claims_that_agree_with_their_deprecated_forms_are_read() -> None:
    claims = replace(SIGNER.claims, source_repository_uri="https://github.example/acme/cart")
    old = ((2, b"push"), (3, b"0f" * 20), (5, b"acme/cart"), (6, b"refs/tags/v1.8.3"))

    read = good(dsse(leaf=leaf(signer=replace(SIGNER, claims=claims), raw_claims=old)))

    assert read.signer.claims == claims
