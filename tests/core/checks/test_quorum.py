"""Several signers: every one of them is another one, and one that signs often or meets several rules counts once."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.checks.quorum import count_votes
from promoter.core.checks.signature import SIGNATURE, SignatureParams
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState, Signer, SignerClaims
from promoter.core.finding import Finding, Outcome
from promoter.core.identity import SignerRule
from tests.core.checks.pieces import (
    COSIGN_SIGN,
    CYCLONEDX,
    ISSUER,
    REGISTRY_DOWN,
    SCANNERS,
    STRANGER,
    TEAM,
    Piece,
    blob,
    cyclonedx,
    subject,
)

BASE = "https://forge.example/acme"
RULES = {
    "any": SignerRule(issuer=ISSUER, san_pattern=f"{BASE}/*/sign@refs/tags/v1"),
    "a": SignerRule(issuer=ISSUER, san=f"{BASE}/a/sign@refs/tags/v1"),
    "b": SignerRule(issuer=ISSUER, san=f"{BASE}/b/sign@refs/tags/v1"),
    "b by hand": SignerRule(
        issuer=ISSUER, san=f"{BASE}/b/sign@refs/tags/v1", claims=SignerClaims(build_trigger="workflow_dispatch")
    ),
}


def signer(name: str, trigger: str = "push") -> Signer:
    return Signer(f"{BASE}/{name}/sign@refs/tags/v1", ISSUER, SignerClaims(build_trigger=trigger))


def votes(rules: tuple[str, ...], *signers: Signer, enough: int = 9) -> dict[str, str]:
    about = replace(subject(), signers=RULES)
    items = tuple(Piece(f"{at}", COSIGN_SIGN, {}, one).made() for at, one in enumerate(signers))
    return {vote.rule: vote.attestation.signer.san.split("/")[4] for vote in count_votes(about, rules, items, enough)}


def find(at_least: int, *pieces: Piece) -> Finding:
    return SIGNATURE.apply(SignatureParams(signers=("pipeline", "scanners"), at_least=at_least), subject(*pieces))


def test_a_signer_that_meets_two_rules_counts_once() -> None:
    assert votes(("any", "a"), signer("a")) == {"any": "a"}


def test_a_signer_that_signs_twice_counts_once() -> None:
    assert votes(("any", "a"), signer("a"), signer("a")) == {"any": "a"}


def test_one_workflow_with_other_claims_is_the_same_signer() -> None:
    assert votes(("b", "b by hand"), signer("b"), signer("b", "workflow_dispatch")) == {"b": "b"}


def test_two_signers_that_meet_the_same_rule_count_once() -> None:
    assert votes(("a",), signer("a"), signer("c")) == {"a": "a"}
    assert votes(("any",), signer("a"), signer("c")) == {"any": "a"}


@pytest.mark.parametrize("order", tuple(permutations(("any", "a", "b"))))
@pytest.mark.parametrize("signed", tuple(permutations("abc")))
def test_signers_are_given_to_rules_so_that_most_are_met(order: tuple[str, ...], signed: tuple[str, ...]) -> None:
    assert votes(order, *(signer(name) for name in signed)) == {"any": "c", "a": "a", "b": "b"}
    assert len(votes(order, *(signer(name) for name in signed if name != "c"))) == 2


def test_an_older_signature_of_a_signer_counts_where_the_newest_meets_no_rule_that_is_left() -> None:
    signed = (signer("b"), signer("a"), signer("b", "workflow_dispatch"))
    assert votes(("any", "b by hand"), *signed) == {"any": "a", "b by hand": "b"}


@given(st.lists(st.sampled_from("abcd")), st.lists(st.sampled_from(sorted(RULES)), unique=True), st.integers(1, 4))
def test_there_are_never_more_votes_than_signers_rules_or_what_is_enough(
    signed: list[str], rules: list[str], enough: int
) -> None:
    found = votes(tuple(rules), *(signer(name) for name in signed), enough=enough)

    assert len(set(found.values())) == len(found) <= min(len(set(signed)), len(rules), enough)


def test_two_different_signers_pass_where_two_are_demanded() -> None:
    finding = find(2, Piece("team", COSIGN_SIGN), Piece("security", "", {}, SCANNERS))

    assert (finding.outcome, set(finding.cites)) == (Outcome.PASS, {blob("team"), blob("security")})
    assert TEAM.san in finding.sentence
    assert SCANNERS.san in finding.sentence


def test_the_same_signer_twice_is_too_few_and_waited_for() -> None:
    finding = find(2, Piece("one", COSIGN_SIGN), Piece("two", ""))

    assert (finding.outcome, [reason.code for reason in finding.reasons]) == (
        Outcome.FAIL, [Code.SIGNATURE_TOO_FEW_SIGNERS],
    )  # fmt: skip
    assert finding.reasons[0].state is EvidenceState.ABSENT


def test_an_attestation_is_nobodys_signature() -> None:
    finding = find(2, Piece("team", COSIGN_SIGN), Piece("sbom", CYCLONEDX, cyclonedx(), SCANNERS))

    assert [reason.code for reason in finding.reasons] == [Code.SIGNATURE_TOO_FEW_SIGNERS]


def test_a_stranger_does_not_count_and_is_named_beside_what_is_missing() -> None:
    finding = find(2, Piece("team", COSIGN_SIGN), Piece("stranger", COSIGN_SIGN, {}, STRANGER))

    assert [reason.code for reason in finding.reasons] == [
        Code.SIGNATURE_TOO_FEW_SIGNERS, Code.SIGNATURE_FOREIGN_SIGNER,
    ]  # fmt: skip


def test_too_few_signers_beside_a_failed_lookup_are_undecided() -> None:
    about = subject(Piece("team", COSIGN_SIGN), failures=(REGISTRY_DOWN,))
    finding = SIGNATURE.apply(SignatureParams(signers=("pipeline", "scanners"), at_least=2), about)

    assert finding.outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("at_least", [-1, 0, 3])
def test_a_number_of_signers_that_cannot_be_met_or_demands_nobody_is_refused(at_least: int) -> None:
    with pytest.raises(ValueError, match="at_least must be 1 to 2, the number of different signers that are named"):
        SignatureParams(signers=("pipeline", "scanners", "pipeline"), at_least=at_least)
