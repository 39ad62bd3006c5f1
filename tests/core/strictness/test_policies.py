"""Whole policies: where nothing got weaker, nothing passes that did not pass before, whatever was changed together."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.config_policies import seal
from promoter.core.candidate import Candidate
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.subject import Phase
from promoter.core.evidence import Evidence, Layout, SignerClaims
from promoter.core.finding import Outcome
from promoter.core.identity import Logging, Placeholders
from promoter.core.policy import Occasion, Policy, Requirement
from promoter.core.policy_change import is_weaker
from promoter.core.policy_lines import policy_changes
from promoter.core.verdict import judge
from tests.core.checks.pieces import DIGEST, NOW, REVISION, RULES, SOURCE, TAG, TEAM
from tests.core.strictness.draws import lines, neighbours
from tests.core.strictness.test_meaning import PEOPLE, POOLS, SIGNERS

CHECKS = ("provenance", "sbom", "scan", "tests", "scai")
SIGNED = Requirement(check="signature", params=SignatureParams(signers=("pipeline",)))
"""A line that every policy here has, so that none enforces nothing."""

LAYOUTS = ((Layout.BUNDLE,), (Layout.BUNDLE, Layout.COSIGN_TAG))
PIPELINES = (
    RULES["pipeline"],
    replace(RULES["pipeline"], log=Logging.OPTIONAL),
    replace(RULES["pipeline"], san="", san_pattern="{source}/.github/workflows/*@refs/tags/{tag}"),
    replace(RULES["pipeline"], claims=SignerClaims(build_trigger="push")),
    replace(RULES["pipeline"], revoked_at=NOW - timedelta(hours=2)),
    replace(RULES["pipeline"], not_before=NOW - timedelta(days=1)),
)
OCCASION = Occasion(
    Candidate("cart", "1.8.3", DIGEST), Placeholders(source=SOURCE, tag=TAG, release="1.8.3"), Phase.PROPOSE, NOW
)


@st.composite
def policies(draw: st.DrawFn) -> tuple[Policy, Policy]:
    """A policy and what became of it: one of its lines, its signer, its layouts, or several of these."""
    check = draw(st.sampled_from(CHECKS))
    before, after = draw(neighbours(check))
    old = replace(draw(lines(check)), params=before)
    kept = draw(st.booleans())
    new = replace(old, params=after) if kept else replace(draw(lines(check)), params=after)
    rule, layouts = draw(st.sampled_from(PIPELINES)), draw(st.sampled_from(LAYOUTS))
    other, others = (draw(st.sampled_from((rule, *PIPELINES)))), draw(st.sampled_from((layouts, *LAYOUTS)))
    more = draw(st.sampled_from(((), (new,), (old, new), (old,))))
    return (
        seal("prod", {**RULES, **PEOPLE, "eve": RULES["scanners"], "pipeline": rule}, (SIGNED, old), layouts),
        seal("prod", {**RULES, **PEOPLE, "eve": RULES["scanners"], "pipeline": other}, (SIGNED, *more), others),
    )


@st.composite
def evidence(draw: st.DrawFn) -> Evidence:
    """Some evidence of every kind that these policies ask for, by anybody, of any age, in any layout."""
    pool = [piece for check in ("signature", *CHECKS) for piece in POOLS[check]]
    chosen = [POOLS["signature"][0], *draw(st.lists(st.sampled_from(pool), min_size=1, max_size=4))]
    made = (
        replace(
            piece,
            name=f"piece {at}",
            signer=draw(st.sampled_from((TEAM, *SIGNERS))),
            age=draw(st.sampled_from((timedelta(minutes=5), timedelta(hours=3), timedelta(days=3), None))),
        ).made()
        for at, piece in enumerate(chosen)
    )
    found = tuple(replace(one, found=replace(one.found, layout=draw(st.sampled_from(LAYOUTS[1])))) for one in made)
    return Evidence(digest=DIGEST, attestations=found, source=REVISION)


def change(pair: tuple[Policy, Policy], found: Evidence) -> None:
    before, after = pair
    old, new = (judge(policy, found, OCCASION).outcome for policy in pair)

    if not is_weaker(policy_changes(before, after, "")):
        assert not (new is Outcome.PASS and old is not Outcome.PASS)


@settings(max_examples=150, deadline=None)
@given(pair=policies(), found=evidence())
def test_what_got_weaker_in_nothing_passes_nothing_more(pair: tuple[Policy, Policy], found: Evidence) -> None:
    change(pair, found)


@pytest.mark.slow
@settings(max_examples=4000, deadline=None)
@given(pair=policies(), found=evidence())
def test_what_got_weaker_in_nothing_passes_nothing_more_in_many_trials(
    pair: tuple[Policy, Policy], found: Evidence
) -> None:
    change(pair, found)
