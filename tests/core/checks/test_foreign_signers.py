"""Who only looks like an accepted signer is foreign: for a signature, for provenance, with the same code each time.

Everything that differs is one letter, one claim or one extension of an otherwise good certificate.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.core.checks import CHECKS
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.evidence import Signer, SignerClaims
from promoter.core.identity import SignerRule
from tests.core.checks.pieces import (
    CLAIMS,
    COSIGN_SIGN,
    GITHUB,
    ISSUER,
    PIPELINE,
    PROVENANCE_V1,
    REF,
    SOURCE,
    Piece,
    provenance,
    subject,
)

CERTIFIED = replace(
    CLAIMS,
    source_repository_identifier="1001",
    source_repository_owner_identifier="77",
    deployment_environment="release",
)
GOOD = Signer(PIPELINE, ISSUER, CERTIFIED)
RULE = SignerRule(
    issuer=ISSUER,
    san="{source}/.github/workflows/release.yml@refs/tags/{tag}",
    claims=SignerClaims(
        source_repository_uri="{source}",
        source_repository_ref="refs/tags/{tag}",
        build_config_uri="{source}/.github/workflows/release.yml@refs/tags/{tag}",
        source_repository_identifier="1001",
        source_repository_owner_identifier="77",
        build_trigger="push",
        runner_environment="github-hosted",
        deployment_environment="release",
    ),
)
SANS = {
    "another repository of the owner": PIPELINE.replace("acme/cart", "acme/desk"),
    "a fork": PIPELINE.replace("acme/cart", "mallory/cart"),
    "an owner that begins alike": PIPELINE.replace("acme/cart", "acme-evil/cart"),
    "an owner that ends alike": PIPELINE.replace("acme/cart", "evil-acme/cart"),
    "a repository that begins alike": PIPELINE.replace("acme/cart", "acme/cart2"),
    "a repository that ends alike": PIPELINE.replace("acme/cart", "acme/my-cart"),
    "a ref that begins alike": f"{PIPELINE}2",
    "a branch called as the tag": PIPELINE.replace("refs/tags", "refs/heads"),
    "the merge of a pull request": PIPELINE.replace(REF, "refs/pull/1/merge"),
    "another case": PIPELINE.replace("acme", "Acme"),
    "a slash at the end": f"{PIPELINE}/",
    ".git": PIPELINE.replace("acme/cart", "acme/cart.git"),
    "percent-encoding": PIPELINE.replace("/cart", "%2Fcart"),
    "a NUL at the end": f"{PIPELINE}\0",
    "a newline at the end": f"{PIPELINE}\n",
    "an e-mail address": "release@acme.example",
}
CLAIMED = {
    "a foreign caller of the workflow": {"source_repository_uri": "https://forge.example/mallory/cart"},
    "another calling workflow": {"build_config_uri": PIPELINE.replace("release.yml", "pr.yml")},
    "a run of a pull request": {"build_trigger": "pull_request"},
    "a run started by another workflow": {"build_trigger": "workflow_run"},
    "a runner of somebody's own": {"runner_environment": "self-hosted"},
    "a repository registered again": {"source_repository_identifier": "1002"},
    "an owner registered again": {"source_repository_owner_identifier": "78"},
    "no deployment environment": {"deployment_environment": ""},
}
STRANGERS = {
    **{name: replace(GOOD, san=san) for name, san in SANS.items()},
    **{name: replace(GOOD, claims=replace(CERTIFIED, **claims)) for name, claims in CLAIMED.items()},
    "another issuer": replace(GOOD, issuer="https://issuer.example.evil.example"),
    "an issuer that ends in a slash": replace(GOOD, issuer=f"{ISSUER}/"),
    "no claims at all": replace(GOOD, claims=SignerClaims()),
}
SIGNED = SignatureParams(signers=("pipeline",))
BUILT = ProvenanceParams(signers=("pipeline",), builders=(PIPELINE,), build_types=(GITHUB,))


def codes(check: str, params: object, signer: Signer, rule: SignerRule = RULE) -> tuple[str, ...]:
    """Give how a check ended whose evidence is good but for its signer."""
    pieces = {
        "signature": Piece("signed", COSIGN_SIGN, {}, signer),
        "provenance": Piece("built", PROVENANCE_V1, provenance(), signer),
    }
    found = replace(subject(pieces[check]), signers={"pipeline": rule})
    finding = CHECKS[check].apply(params, found)
    return finding.outcome.value, *(reason.code.value for reason in finding.reasons)


@pytest.mark.parametrize("name", STRANGERS)
def test_who_only_looks_like_the_signer_is_foreign(name: str) -> None:
    assert codes("signature", SIGNED, STRANGERS[name]) == ("fail", "signature.foreign-signer")
    assert codes("provenance", BUILT, STRANGERS[name]) == ("fail", "provenance.foreign-signer")


PATTERN = SignerRule(
    issuer=ISSUER, san_pattern="https://forge.example/acme/*/.github/workflows/release.yml@refs/tags/v*"
)
BESIDE_THE_PATTERN = {
    "a dot that stands for another character": PIPELINE.replace("forge.example", "forge-example"),
    "a longer host": PIPELINE.replace("forge.example", "forge.example.evil.example"),
    "another owner": PIPELINE.replace("acme", "mallory"),
    "a segment more": PIPELINE.replace("acme/cart", "acme/cart/fork"),
    "a branch": PIPELINE.replace("refs/tags", "refs/heads"),
    "more behind it": f"{PIPELINE}@refs/tags/v1",
    "more before it": f"https://evil.example/{PIPELINE}",
}
OTHER_ISSUERS = ("https://issuer.example.evil.example", "https://issuer-example", f"x{ISSUER}", f"{ISSUER}/", "")


@pytest.mark.parametrize("name", BESIDE_THE_PATTERN)
def test_who_is_beside_a_pattern_is_foreign(name: str) -> None:
    stranger = replace(GOOD, san=BESIDE_THE_PATTERN[name])

    assert codes("signature", SIGNED, GOOD, PATTERN) == ("pass",)
    assert codes("signature", SIGNED, stranger, PATTERN) == ("fail", "signature.foreign-signer")


@pytest.mark.parametrize("issuer", OTHER_ISSUERS)
def test_whose_issuer_only_looks_like_the_rules_is_foreign(issuer: str) -> None:
    for rule in (RULE, PATTERN):
        found = codes("signature", SIGNED, replace(GOOD, issuer=issuer), rule)
        assert found == ("fail", "signature.foreign-signer")


def test_the_signer_itself_is_not() -> None:
    assert codes("signature", SIGNED, GOOD) == ("pass",)
    assert codes("provenance", BUILT, GOOD) == ("pass",)


def test_a_claim_that_differs_is_named_with_both_values() -> None:
    found = subject(Piece("signed", COSIGN_SIGN, {}, STRANGERS["another calling workflow"]))
    finding = CHECKS["signature"].apply(SIGNED, replace(found, signers={"pipeline": RULE}))

    assert finding.reasons[0].sentence.endswith(
        f"build config uri is {SOURCE}/.github/workflows/pr.yml@{REF}, pipeline demands {PIPELINE}"
    )


EMPTY: dict[str, Callable[[], object]] = {
    "signature": lambda: SignatureParams(signers=()),
    "provenance": lambda: ProvenanceParams(signers=(), builders=(PIPELINE,), build_types=(GITHUB,)),
    "sbom": lambda: SbomParams(signers=()),
    "scan": lambda: ScanParams(signers=(), scanners=("trivy",), max_age=timedelta(days=1)),
    "vulnerabilities": lambda: VulnerabilitiesParams(
        signers=(), limits=SeverityLimits(critical=Limits(fixable=0, not_fixable=0, unknown=0))
    ),
}


@pytest.mark.parametrize("check", EMPTY)
def test_a_requirement_that_names_no_signer_is_refused_when_it_is_made(check: str) -> None:
    with pytest.raises(ValueError, match="signers names nobody"):
        EMPTY[check]()


def test_a_signer_without_a_name_is_nobody() -> None:
    found = subject(Piece("signed", COSIGN_SIGN, {}, Signer("", ISSUER)))
    finding = CHECKS["signature"].apply(SIGNED, replace(found, signers={"pipeline": SignerRule(issuer=ISSUER)}))

    assert [reason.code.value for reason in finding.reasons] == ["signature.foreign-signer"]
