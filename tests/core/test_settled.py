"""A decision says the same whatever order its evidence was found in: computed again, it is the same bytes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.config_policies import seal
from promoter.core.candidate import Candidate
from promoter.core.canonical import canonical
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.subject import Phase
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.dossier import decide, facts_of, key_of
from promoter.core.evidence import MAX_DETAIL, Evidence, EvidenceState, Layout, Unusable
from promoter.core.identity import Placeholders
from promoter.core.policy import Occasion, Policy, Requirement
from promoter.core.verdict import judge
from tests.core.checks.pieces import (
    CYCLONEDX,
    DIGEST,
    NOW,
    RULES,
    SOURCE,
    STRANGER,
    TAG,
    VULN,
    Piece,
    broken,
    cyclonedx,
    in_cosign,
    trivy,
)

PLACEHOLDERS = Placeholders(SOURCE, TAG, "1.8.3")
OCCASION = Occasion(Candidate("cart", "1.8.3", DIGEST), PLACEHOLDERS, Phase.PROPOSE, NOW)
BAD = tuple(
    replace(broken(f"broken {number}", kind, state), code=code)
    for number in range(3)
    for kind in (CYCLONEDX, VULN, "")
    for state, code in ((EvidenceState.INVALID, "bundle.proof-invalid"), (EvidenceState.ABSENT, "layout.unsigned"))
)
FOREIGN = tuple(Piece(f"foreign {number}", CYCLONEDX, cyclonedx(number), STRANGER).made() for number in range(1, 4))
OWN = tuple(Piece(f"own {number}", VULN, in_cosign(trivy())).made() for number in range(1, 4))
MIXED = Evidence(DIGEST, attestations=(*FOREIGN, *OWN), unusable=BAD)


def policy(*layouts: Layout) -> Policy:
    names = tuple(RULES)
    limits = SeverityLimits(critical=Limits(fixable=0))
    require = (
        Requirement(check="signature", params=SignatureParams(signers=names)),
        Requirement(check="sbom", params=SbomParams(signers=names)),
        Requirement(check="vulnerabilities", params=VulnerabilitiesParams(signers=names, limits=limits)),
    )
    return seal("prod", RULES, require, layouts)


def decision(evidence: Evidence, rules: Policy) -> bytes:
    return canonical(decide(judge(rules, evidence, OCCASION), evidence, PLACEHOLDERS))


@given(st.permutations(MIXED.attestations), st.permutations(MIXED.unusable))
def test_a_decision_is_the_same_bytes_whatever_order_its_evidence_was_found_in(
    good: list[object], bad: list[object]
) -> None:
    shuffled = replace(MIXED, attestations=tuple(good), unusable=tuple(bad))  # type: ignore[arg-type]
    for rules in (policy(Layout.BUNDLE), policy(Layout.COSIGN_TAG)):
        assert decision(shuffled, rules) == decision(MIXED, rules)
        verdict, usual = judge(rules, shuffled, OCCASION), judge(rules, MIXED, OCCASION)
        assert key_of(verdict, shuffled) == key_of(usual, MIXED)


@pytest.mark.parametrize("size", [MAX_DETAIL, MAX_DETAIL + 1])
def test_a_finding_tells_no_more_of_what_is_wrong_than_the_decision_keeps(size: int) -> None:
    long = replace(broken("long", CYCLONEDX), detail="x" * size)
    (line,) = facts_of(Evidence(DIGEST, unusable=(long,))).evidence
    kept = Unusable(long.found, EvidenceState(line.state), line.code, line.detail, line.predicate_type)

    found, recalled = Evidence(DIGEST, unusable=(long,)), Evidence(DIGEST, unusable=(kept,))

    assert decision(found, policy(Layout.BUNDLE)) == decision(recalled, policy(Layout.BUNDLE))
