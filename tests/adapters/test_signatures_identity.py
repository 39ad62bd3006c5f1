"""Who signed, as certificates say it: nobody, several, contradictions and unreadable claims are refused."""

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat import asn1

from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState, Signer, Unusable
from tests.adapters.bundles import GITHUB, SIGNER, WORKFLOW, Document, code_of, dsse, examine, leaf

URI = x509.UniformResourceIdentifier


def refused(document: Document) -> tuple[str, str]:
    result = examine(document)
    assert isinstance(result, Unusable), result
    assert result.state is EvidenceState.INVALID
    return result.code, result.detail


def test_a_certificate_that_names_nobody_is_refused() -> None:
    assert refused(dsse(leaf=leaf(names=()))) == (
        Code.BUNDLE_NO_IDENTITY.value,
        "the certificate names 0 identities, not exactly one",
    )


def test_a_certificate_that_names_two_identities_is_refused_even_if_one_of_them_is_allowed() -> None:
    names = (URI(WORKFLOW), URI("https://github.com/evil/fork/.github/workflows/release.yml@refs/heads/main"))

    assert refused(dsse(leaf=leaf(names=names))) == (
        Code.BUNDLE_NO_IDENTITY.value,
        "the certificate names 2 identities, not exactly one",
    )


@pytest.mark.parametrize("name", ["", f"{WORKFLOW}\n", f"{WORKFLOW}\0.evil.example"])
def test_an_empty_identity_or_one_with_control_characters_is_refused(name: str) -> None:
    assert refused(dsse(leaf=leaf(names=(URI(name),)))) == (
        Code.BUNDLE_NO_IDENTITY.value,
        "the identity in the certificate is empty or holds control characters",
    )


@pytest.mark.parametrize(
    "name",
    [
        x509.DNSName("acme.example"),
        x509.OtherName(x509.ObjectIdentifier("1.2.3.4"), asn1.encode_der("robot")),
    ],
)
def test_an_identity_of_another_kind_is_refused(name: x509.GeneralName) -> None:
    assert code_of(dsse(leaf=leaf(names=(name,)))) == Code.BUNDLE_NO_IDENTITY.value


def test_the_issuer_is_read_from_its_new_extension_only() -> None:
    without = leaf(signer=Signer(WORKFLOW, ""), raw_claims=((1, GITHUB.encode()),))

    assert refused(dsse(leaf=without)) == (
        Code.BUNDLE_NO_IDENTITY.value,
        "the certificate names no issuer (extension 1.3.6.1.4.1.57264.1.8)",
    )


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        (1, "https://issuer.evil.example", 8),
        (2, "workflow_dispatch", 20),
        (3, "ee" * 20, 13),
        (5, "acme/cart-evil", 12),
        (5, "github.com/acme/cart", 12),
        (6, "refs/heads/main", 14),
    ],
)
def test_a_certificate_whose_old_and_new_claims_disagree_is_refused(old: int, value: str, new: int) -> None:
    assert refused(dsse(leaf=leaf(raw_claims=((old, value.encode()),)))) == (
        Code.BUNDLE_CLAIMS_DISAGREE.value,
        f"the certificate's extensions 1.3.6.1.4.1.57264.1.{old} and .{new} say different things",
    )


def test_a_claim_that_is_not_der_text_is_refused() -> None:
    result = examine(dsse(leaf=leaf(raw_claims=((12, b"https://github.com/acme/cart"),))))

    assert isinstance(result, Unusable)
    assert (result.code, result.state, result.detail) == (
        Code.BUNDLE_UNPARSEABLE.value,
        EvidenceState.UNPARSEABLE,
        "the certificate's extension 1.3.6.1.4.1.57264.1.12 is not text",
    )


@pytest.mark.parametrize(
    "san",
    [
        WORKFLOW + "/",
        WORKFLOW.replace("acme", "acme-evil"),
        WORKFLOW.replace("cart", "cart2"),
        WORKFLOW.replace("refs/tags", "refs/heads"),
        WORKFLOW.replace("acme", "ACME"),
        WORKFLOW.replace("/acme", "%2Facme"),
        WORKFLOW.replace(".yml", ".yaml"),
    ],
)
def test_an_identity_is_given_letter_by_letter(san: str) -> None:
    result = examine(dsse(leaf=leaf(signer=replace(SIGNER, san=san))))

    assert not isinstance(result, Unusable)
    assert result.signer == replace(SIGNER, san=san)


def test_what_an_unverified_statement_claims_to_be_is_shown() -> None:
    result = examine(dsse(leaf=leaf(names=())))

    assert isinstance(result, Unusable)
    assert result.claimed_type == "https://slsa.dev/provenance/v1"
