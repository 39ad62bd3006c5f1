"""Universal: what is not from an accepted signer never helps, whatever it says and wherever it stands."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.checks import CHECKS
from promoter.core.evidence import EvidenceState, LookupFailure, Signer, SignerClaims, Unusable
from promoter.core.finding import Outcome
from tests.core.checks.pieces import (
    CLAIMS,
    COMMIT,
    COSIGN_SIGN,
    CYCLONEDX,
    ISSUER,
    PIPELINE,
    PROVENANCE_V1,
    REGISTRY_DOWN,
    SCANNERS,
    SPDX,
    STRANGER,
    TEAM,
    VSA,
    VULN,
    VULNS,
    Piece,
    broken,
    cyclonedx,
    grype,
    grype_match,
    in_cosign,
    provenance,
    source_summary,
    spdx,
    subject,
    trivy,
    trivy_finding,
    vulns,
)
from tests.core.checks.test_selection import PARAMS

CONTENTS: tuple[tuple[str, Any], ...] = (
    ("", {}),
    (COSIGN_SIGN, {}),
    (PROVENANCE_V1, provenance()),
    (PROVENANCE_V1, provenance(repository="https://forge.example/mallory/cart")),
    (PROVENANCE_V1, provenance(commit="b" * 40)),
    (PROVENANCE_V1, {}),
    (CYCLONEDX, cyclonedx()),
    (CYCLONEDX, cyclonedx(0)),
    (SPDX, spdx()),
    (SPDX, "SPDXVersion: SPDX-2.3"),
    (VULN, in_cosign(trivy())),
    (VULN, in_cosign(trivy(trivy_finding("CVE-2026-0001", FixedVersion="1")))),
    (VULN, in_cosign(grype(grype_match("CVE-2026-0001")))),
    (VULN, in_cosign({"runs": []})),
    (VSA, source_summary()),
    (VSA, source_summary(result="FAILED")),
    (VULNS, vulns()),
    (VULNS, vulns({"id": "CVE-2026-0001", "severity": [{"method": "nvd", "score": "critical"}]})),
)

STRANGERS = (
    STRANGER,
    Signer(PIPELINE, "https://other-issuer.example", CLAIMS),
    Signer(PIPELINE + "x", ISSUER, CLAIMS),
    Signer(PIPELINE.replace("/cart", "/cart2"), ISSUER, CLAIMS),
    Signer(PIPELINE.upper(), ISSUER, CLAIMS),
    Signer("", "", SignerClaims()),
)


def pieces(prefix: str, signers: tuple[Signer, ...]) -> st.SearchStrategy[tuple[Piece, ...]]:
    one = st.tuples(st.sampled_from(CONTENTS), st.sampled_from(signers), st.integers(0, 200))
    return st.lists(one, max_size=5).map(
        lambda drawn: tuple(
            Piece(f"{prefix} {n}", kind, body, signer, timedelta(minutes=minutes), (COMMIT,))
            for n, ((kind, body), signer, minutes) in enumerate(drawn)
        )
    )


def unusables() -> st.SearchStrategy[tuple[Unusable, ...]]:
    states = st.sampled_from((EvidenceState.INVALID, EvidenceState.UNPARSEABLE))
    one = st.tuples(st.sampled_from(CONTENTS), states)
    return st.lists(one, max_size=3).map(
        lambda drawn: tuple(broken(f"broken {n}", kind, state) for n, ((kind, _), state) in enumerate(drawn))
    )


FAILURES: st.SearchStrategy[tuple[LookupFailure, ...]] = st.sampled_from(((), (REGISTRY_DOWN,)))


@pytest.mark.parametrize("check", sorted(CHECKS))
@settings(max_examples=150, deadline=None)
@given(own=pieces("own", (TEAM, SCANNERS)), foreign=pieces("foreign", STRANGERS), bad=unusables(), failures=FAILURES)
def test_adding_evidence_of_strangers_never_turns_a_finding_into_a_pass(
    check: str,
    own: tuple[Piece, ...],
    foreign: tuple[Piece, ...],
    bad: tuple[Unusable, ...],
    failures: tuple[LookupFailure, ...],
) -> None:
    apply = CHECKS[check].apply
    before = apply(PARAMS[check], subject(*own, failures=failures))
    after = apply(PARAMS[check], subject(*foreign, *own, unusable=bad, failures=failures))

    assert (after.outcome is Outcome.PASS) == (before.outcome is Outcome.PASS)
    assert after.cites == before.cites


@pytest.mark.parametrize("check", sorted(CHECKS))
@settings(max_examples=100, deadline=None)
@given(own=pieces("own", (TEAM, SCANNERS, STRANGER)), bad=unusables(), failures=FAILURES, data=st.data())
def test_a_finding_does_not_depend_on_the_order_of_the_evidence(
    check: str,
    own: tuple[Piece, ...],
    bad: tuple[Unusable, ...],
    failures: tuple[LookupFailure, ...],
    data: st.DataObject,
) -> None:
    shuffled = tuple(data.draw(st.permutations(own)))
    apply = CHECKS[check].apply

    assert apply(PARAMS[check], subject(*shuffled, unusable=bad, failures=failures)) == apply(
        PARAMS[check], subject(*own, unusable=bad, failures=failures)
    )


@pytest.mark.parametrize("check", sorted(CHECKS))
@settings(max_examples=100, deadline=None)
@given(own=pieces("own", (TEAM, SCANNERS, STRANGER)), bad=unusables(), failures=FAILURES)
def test_reasons_stand_exactly_where_a_finding_does_not_pass(
    check: str, own: tuple[Piece, ...], bad: tuple[Unusable, ...], failures: tuple[LookupFailure, ...]
) -> None:
    finding = CHECKS[check].apply(PARAMS[check], subject(*own, unusable=bad, failures=failures))

    assert bool(finding.reasons) == (finding.outcome is not Outcome.PASS)
    assert all(reason.sentence and reason.remedy for reason in finding.reasons)
    assert finding.sentence
    assert not set(finding.cites) & set(finding.noted)
