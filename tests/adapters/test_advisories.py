"""The mistakes that other verifiers made, by the CVE number under which they were published: none is made here.

Advisories about the use of a verifier (which digest is deployed, how a network answer is taken) have their tests beside
the adapters that they concern; a test that is named after each of them stands here where a verdict or the adapter of
signatures could have made the same mistake.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from promoter.core.candidate import Candidate
from promoter.core.checks import CHECKS
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Evidence, Signer, Unusable
from promoter.core.finding import Mode, Outcome
from promoter.core.identity import Placeholders, SignerRule, matches
from promoter.local.authority.certificates import CertificateAuthority, make_authority
from promoter.local.authority.contents import Envelope, Message, SimpleSigning
from promoter.local.authority.log import TransparencyLog
from promoter.local.authority.sealing import LogKind
from promoter.local.authority.timestamps import TimestampAuthority
from promoter.local.lies import flip_signature, repeat_entries, staple, withhold_entries
from tests.adapters.bundle_changes import drop, flip, set_in
from tests.adapters.bundles import (
    DAY,
    GITHUB,
    NOW,
    OTHER,
    PREDICATE_TYPE,
    SIGNER,
    SUBJECT,
    Document,
    Recipe,
    b64,
    dsse,
    entry_of,
    foreign,
    forge,
    instance,
    material,
    statement,
    trusted_root,
)
from tests.adapters.bundles import code_of as code_of_bundle
from tests.adapters.bundles import examine as examine_bundle
from tests.adapters.signed_pieces import (
    REPOSITORY,
    SIMPLE,
    STATED,
    certified,
    code_of,
    examine,
    in_bundle,
    in_layer,
    key_of,
    sealed,
)

KEY = key_of()
ENTRY = ("verificationMaterial", "tlogEntries", 0)
PROOF = (*ENTRY, "inclusionProof")
PLACES = Placeholders("https://github.com/acme/cart", "v1.8.3", "1.8.3")


def verdict(
    check: str, item: Attestation | Unusable | None, signers: dict[str, SignerRule]
) -> tuple[Outcome, set[Code]]:
    """Ask a check about what was found; every signer is accepted."""
    params = CHECKS[check].params(signers=tuple(signers))
    evidence = Evidence(SUBJECT) if item is None else Evidence(SUBJECT).with_item(item)
    subject = Subject(Candidate("cart", "1.8.3", SUBJECT), evidence, signers, PLACES, Mode.ENFORCE, NOW + DAY)
    finding = CHECKS[check].apply(params, subject)
    return finding.outcome, {reason.code for reason in finding.reasons}


PIPELINE = {"pipeline": SignerRule(issuer=GITHUB, san=SIGNER.san)}


# --- cosign -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [LogKind.V1, LogKind.INTOTO_1, LogKind.INTOTO_2], ids=lambda kind: kind.value)
def test_cve_2022_23649_the_signature_in_the_log_entry_is_the_signature_that_was_verified(kind: LogKind) -> None:
    made, again = sealed(STATED, KEY, kind), sealed(STATED, KEY, kind)

    assert code_of(in_layer(staple(again)(made)), KEY) == Code.BUNDLE_LOG_MISMATCH.value


def test_cve_2022_36056_a_log_entry_of_another_blob_is_refused() -> None:
    other = sealed(Message(SimpleSigning(OTHER, REPOSITORY).payload), certified(), LogKind.V1)

    assert code_of(in_layer(staple(other)(sealed(SIMPLE, certified(), LogKind.V1)))) == Code.BUNDLE_LOG_MISMATCH.value


def test_cve_2022_36056_an_identity_is_asked_for_in_every_layout() -> None:
    stranger = {"stranger": SignerRule(issuer=GITHUB, san=f"{SIGNER.san}2")}

    for found in (
        in_bundle(sealed(STATED, certified(), LogKind.V1)),
        in_layer(sealed(SIMPLE, certified(), LogKind.V1)),
    ):
        outcome, _ = verdict("signature", examine(found), stranger)
        assert outcome is Outcome.FAIL


def test_cve_2022_36056_an_unreadable_bundle_is_not_passed_over_for_a_success_elsewhere() -> None:
    for raw in (b"", b"{}", b"null"):
        assert isinstance(examine_bundle(raw), Unusable)


def test_cve_2022_36056_an_invalid_log_entry_is_no_success() -> None:
    made = sealed(SIMPLE, KEY, LogKind.V1)
    lied = replace(made, entries=tuple(replace(entry, promise=b"?" * 70) for entry in made.entries))

    assert code_of(in_layer(lied), KEY) == Code.BUNDLE_PROMISE_INVALID.value


def test_cve_2022_35929_another_valid_attestation_does_not_stand_for_the_wanted_type() -> None:
    found = examine(in_bundle(sealed(STATED, certified(), LogKind.V1)))

    assert isinstance(found, Attestation)
    assert found.predicate_type == PREDICATE_TYPE
    outcome, codes = verdict("sbom", found, PIPELINE)
    assert (outcome, codes) == (Outcome.FAIL, {Code.SBOM_ABSENT})


def test_cve_2022_35930_an_attestation_is_not_taken_for_a_signature() -> None:
    outcome, codes = verdict("signature", examine(in_bundle(sealed(STATED, certified(), LogKind.V1))), PIPELINE)

    assert (outcome, codes) == (Outcome.FAIL, {Code.SIGNATURE_ABSENT})


def test_cve_2023_46737_entries_and_timestamps_have_an_end() -> None:
    made = repeat_entries(33)(sealed(STATED, KEY, LogKind.V1))

    assert code_of(in_bundle(made), KEY) == Code.BUNDLE_TOO_MANY_LOG_ENTRIES.value
    assert code_of_bundle(dsse(stamped=(NOW,) * 33)) == Code.BUNDLE_TOO_MANY_TIMESTAMPS.value


def test_cve_2024_29902_a_huge_attachment_is_refused_before_it_is_read() -> None:
    found = in_layer(sealed(SIMPLE, KEY))

    assert code_of(replace(found, payload=b"[" * (64 * 1024 * 1024)), KEY) == Code.BUNDLE_TOO_LARGE.value


def test_cve_2024_29903_a_stated_size_is_never_believed() -> None:
    """A proof of a tree of 2^63 entries is refused by arithmetic, and nothing is allocated for it."""
    document = dsse()
    set_in(*PROOF, "treeSize", to=str(2**63))(document)

    assert code_of_bundle(document) == Code.BUNDLE_CHECKPOINT_INVALID.value


def test_cve_2024_45395_subjects_have_an_end() -> None:
    subjects = [{"digest": {"sha256": OTHER.removeprefix("sha256:")}}] * 1025

    result = examine(in_layer(sealed(Envelope(statement(subject=subjects)), KEY)), KEY)

    assert isinstance(result, Unusable)
    assert result.code == Code.STATEMENT_TOO_MANY_SUBJECTS.value


@pytest.mark.parametrize("kind", [LogKind.V1, LogKind.V2, LogKind.INTOTO_2], ids=lambda kind: kind.value)
def test_cve_2026_22703_an_entry_is_bound_to_digest_signature_and_key(kind: LogKind) -> None:
    other = sealed(Envelope(statement(OTHER)), key_of(number=1), kind)

    assert code_of(in_bundle(staple(other)(sealed(STATED, KEY, kind))), KEY) == Code.BUNDLE_LOG_MISMATCH.value


def test_cve_2026_24122_an_authority_that_had_ended_when_the_signature_was_made_is_refused() -> None:
    """The whole chain is looked at when the signature was made, not when the certificate began."""
    ended = make_authority("ended", NOW - DAY, timedelta(days=1, minutes=2))

    def trusting(document: Document) -> None:
        document["certificateAuthorities"][0]["certChain"] = chain_of(ended)

    document = forge(
        Recipe(payload=statement(), stamped=(NOW + timedelta(minutes=5),)), replace(instance(), authority=ended)
    )

    assert code_of_bundle(document, trusted_root(trusting)) == Code.BUNDLE_AUTHORITY_EXPIRED.value


def chain_of(authority: CertificateAuthority) -> Document:
    return {"certificates": [{"rawBytes": b64(each.public_bytes(Encoding.DER))} for each in authority.chain]}


def test_cve_2026_39395_a_malformed_statement_and_another_predicate_type_are_no_success() -> None:
    assert code_of(in_bundle(sealed(Envelope(b"[]"), KEY)), KEY) == Code.STATEMENT_UNPARSEABLE.value
    found = examine(in_bundle(sealed(Envelope(statement(predicateType="https://x.example")), certified(), LogKind.V1)))

    outcome, codes = verdict("sbom", found, PIPELINE)
    assert (outcome, codes) == (Outcome.FAIL, {Code.SBOM_ABSENT})


# --- admission controllers and clients --------------------------------------------------------------------------------


def test_cve_2022_47633_what_is_verified_is_about_the_digest_that_was_asked_for() -> None:
    for found in (in_bundle(sealed(STATED, KEY)), in_layer(sealed(SIMPLE, KEY)), in_layer(sealed(STATED, KEY))):
        result = examine(found, KEY, subject=OTHER)
        assert isinstance(result, Unusable)
        assert result.code in {Code.STATEMENT_WRONG_SUBJECT.value, Code.COSIGN_WRONG_DIGEST.value}


def test_cve_2023_47630_the_digest_of_a_layer_is_computed_and_not_taken_from_its_descriptor() -> None:
    found = in_layer(sealed(SIMPLE, KEY))
    other = Message(SimpleSigning(OTHER, REPOSITORY).payload)

    assert code_of(replace(found, payload=other.data), KEY) == Code.COSIGN_LAYER_DAMAGED.value


def test_cve_2025_29778_a_pattern_that_is_written_is_used() -> None:
    pattern = SignerRule(
        issuer=GITHUB, san_pattern="https://github.com/acme/*/.github/workflows/release.yml@refs/tags/*"
    )

    assert matches(pattern, SIGNER, PLACES)
    assert not matches(pattern, replace(SIGNER, san=SIGNER.san.replace("acme", "evil")), PLACES)
    assert not matches(pattern, replace(SIGNER, issuer="https://issuer.evil.example"), PLACES)


def test_cve_2023_33959_a_registry_cannot_put_another_signature_under_an_artifact() -> None:
    found = in_layer(sealed(Message(SimpleSigning(OTHER, REPOSITORY).payload), certified(), LogKind.V1))

    assert code_of(found) == Code.COSIGN_WRONG_DIGEST.value


def test_ghsa_r2xv_vpr2_42m9_every_signature_that_is_used_was_verified() -> None:
    for made in (sealed(STATED, KEY, LogKind.V1), sealed(SIMPLE, KEY, LogKind.V1)):
        result = examine(in_layer(flip_signature(made)), KEY)
        assert isinstance(result, Unusable)


# --- clients of sigstore ----------------------------------------------------------------------------------------------


def test_cve_2024_55655_a_time_without_a_promise_of_the_log_is_no_time() -> None:
    document = dsse(rekor=1)
    drop(*ENTRY, "inclusionPromise")(document)

    assert code_of_bundle(document) == Code.BUNDLE_TIME_INVALID.value


def test_cve_2024_53267_a_valid_entry_of_another_signature_is_refused() -> None:
    document, other = dsse(), dsse()
    material(document)["tlogEntries"] = material(other)["tlogEntries"]

    assert code_of_bundle(document) == Code.BUNDLE_LOG_MISMATCH.value


def test_cve_2024_54140_a_tree_of_the_attacker_s_own_is_refused() -> None:
    own = TransparencyLog(instance().rekor_v2.origin, foreign().rekor_v2.key)
    made = forge(Recipe(payload=statement()), replace(instance(), rekor_v2=own))
    entry_of(made)["logId"] = entry_of(dsse())["logId"]

    assert code_of_bundle(made) == Code.BUNDLE_CHECKPOINT_INVALID.value


def test_cve_2025_25204_no_attestation_of_the_type_is_a_failure() -> None:
    for check, code in (("sbom", Code.SBOM_ABSENT), ("signature", Code.SIGNATURE_ABSENT)):
        assert verdict(check, None, PIPELINE) == (Outcome.FAIL, {code})


@pytest.mark.parametrize("san", ["acme.cart", "acme-cart"])
def test_cve_2026_64655_a_dot_in_an_identity_stands_for_a_dot(san: str) -> None:
    rule = SignerRule(issuer=GITHUB, san_pattern="https://github.com/acme.cart/*/release.yml@refs/tags/v1")
    signer = Signer(f"https://github.com/{san}/app/release.yml@refs/tags/v1", GITHUB)

    assert matches(rule, signer, PLACES) == (san == "acme.cart")


def test_cve_2025_52556_the_signature_of_a_timestamp_is_verified() -> None:
    document = dsse()
    flip("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps", 0, "signedTimestamp")(document)

    assert code_of_bundle(document) == Code.BUNDLE_TIMESTAMP_UNTRUSTED.value


def test_cve_2026_33753_a_timestamp_by_somebody_else_who_brings_our_authority_s_certificate_is_refused() -> None:
    impostor = TimestampAuthority(instance().timestamps.chain, foreign().timestamps.key)
    document = forge(Recipe(payload=statement()), replace(instance(), timestamps=impostor))

    assert code_of_bundle(document) == Code.BUNDLE_TIMESTAMP_UNTRUSTED.value


def test_cve_2026_39984_a_stranger_s_timestamp_with_his_own_certificate_is_refused() -> None:
    document = forge(Recipe(payload=statement()), replace(instance(), timestamps=foreign().timestamps))

    assert code_of_bundle(document) == Code.BUNDLE_TIMESTAMP_UNTRUSTED.value


@pytest.mark.parametrize(
    "pattern",
    ["https://github.com/*", "https://*.evil.example/acme/app@refs/tags/v1", "https://.*/acme/app@refs/tags/v1"],
)
def test_cve_2026_22772_a_pattern_is_anchored_and_fixes_its_host(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"matches|must begin|may hold"):
        SignerRule(issuer=GITHUB, san_pattern=pattern)


def test_without_its_log_entry_evidence_does_not_pass_under_a_rule_that_demands_one() -> None:
    made = withhold_entries(sealed(SIMPLE, certified(), LogKind.V1, stamps=(NOW,)))

    outcome, codes = verdict("signature", examine(in_layer(made)), PIPELINE)

    assert (outcome, codes) == (Outcome.FAIL, {Code.SIGNER_NOT_LOGGED})
