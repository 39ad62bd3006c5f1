"""What a requirement may not demand is refused when the policy is read, and chains of steps hold or do not."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.candidate import digest_of
from promoter.core.checks.attestation import AttestationParams, Expectation
from promoter.core.checks.level_limits import LevelLimits
from promoter.core.checks.listing import listed
from promoter.core.checks.release import ReleaseParams
from promoter.core.checks.review import ReviewParams
from promoter.core.checks.sast import SastParams
from promoter.core.checks.scai import Attribute, ScaiParams
from promoter.core.checks.steps import STEPS, Step, StepsParams
from promoter.core.checks.subject import Phase
from promoter.core.checks.tests import SuitesParams
from promoter.core.checks.vsa import VsaParams, VsaVerifier
from promoter.core.finding import Outcome
from promoter.core.policy import Occasion, Policy, Requirement, examine
from promoter.core.predicates.reviews import ReviewKind
from tests.core.checks.pieces import APPROVAL as MANUAL_APPROVAL
from tests.core.checks.pieces import (
    DIGEST,
    IMAGE_VERIFIER,
    LINK,
    NOW,
    RULES,
    SCANNERS,
    TEAM,
    Piece,
    approval,
    link,
    subject,
)

US = ("pipeline",)
NO_TIME = timedelta(0)
APPROVAL, POLICY = ReviewKind.MANUAL_APPROVAL, ReviewKind.POLICY_RESULT
ONE = VsaVerifier(id=IMAGE_VERIFIER, signers=US)
NO_SIGNER = "signers names nobody: name at least one signer of the policy"
NO_AGE = "max_age is not above zero: leave it out or give a duration"
NO_SUITES = "suites names none, or one twice: name the suites that must have passed"
NO_TOOLS = "tools names none, or one twice: name the tools that must have analysed the commit"
NO_LEVELS = "levels names none, or what is no level: name levels like SLSA_BUILD_LEVEL_2"
NO_STEPS = "steps names none, or one twice: name the steps in their order"
NO_PACKAGE = "package is no package URL without version: write it like pkg:oci/cart"
NO_VERSION = "version is empty: leave it out or name it"
NO_ATTRIBUTES = "attributes names none: name the attributes that must be asserted"
NO_POINTER = "at is no JSON pointer to a member: write it like /review/result"
NO_POLICY = "policy names the policy of a policy-result: give it there, and nowhere else"
NO_VERIFIERS = "verifiers names none, or one twice: name the verifiers that are accepted"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: SuitesParams(signers=(), suites=("a",)), NO_SIGNER),
        (lambda: SuitesParams(signers=US, suites=()), NO_SUITES),
        (lambda: SuitesParams(signers=US, suites=("a", "a")), NO_SUITES),
        (lambda: SuitesParams(signers=US, suites=("",)), NO_SUITES),
        (
            lambda: SuitesParams(signers=US, suites=("a",), min_coverage=101),
            "min_coverage must be 1 to 100 percent, or left out",
        ),
        (lambda: SuitesParams(signers=US, suites=("a",), max_age=NO_TIME), NO_AGE),
        (lambda: SastParams(signers=(), tools=("a",), limits=LevelLimits(error=0)), NO_SIGNER),
        (lambda: SastParams(signers=US, tools=(), limits=LevelLimits(error=0)), NO_TOOLS),
        (LevelLimits, "limits names no limit: such a requirement would accept every result"),
        (lambda: LevelLimits(error=-1), "a limit is below zero"),
        (lambda: LevelLimits(warning=3), "error is limited more loosely than warning"),
        (lambda: LevelLimits(error=2, warning=2, note=1), "warning is limited more loosely than note"),
        (lambda: ReviewParams(kind=APPROVAL, signers=()), NO_SIGNER),
        (
            lambda: ReviewParams(kind=APPROVAL, signers=US, at_least=2),
            "at_least must be 1 to 1, the number of different signers that are named",
        ),
        (lambda: ReviewParams(kind=APPROVAL, signers=US, policy="x"), NO_POLICY),
        (lambda: ReviewParams(kind=POLICY, signers=US), NO_POLICY),
        (lambda: ReviewParams(kind=APPROVAL, signers=US, max_age=NO_TIME), NO_AGE),
        (lambda: VsaVerifier(id=IMAGE_VERIFIER, signers=()), NO_SIGNER),
        (lambda: VsaVerifier(id="", signers=US), "id is empty: name the verifier's URI"),
        (lambda: VsaParams(verifiers=(), resource="x", levels=("A",)), NO_VERIFIERS),
        (lambda: VsaParams(verifiers=(ONE, ONE), resource="x", levels=("A",)), NO_VERIFIERS),
        (
            lambda: VsaParams(verifiers=(ONE,), resource="", levels=("A",)),
            "resource is empty: name the resourceUri that a summary must be about",
        ),
        (lambda: VsaParams(verifiers=(ONE,), resource="x", levels=()), NO_LEVELS),
        (lambda: VsaParams(verifiers=(ONE,), resource="x", levels=("FAILED",)), NO_LEVELS),
        (lambda: VsaParams(verifiers=(ONE,), resource="x", levels=("A",), max_age=NO_TIME), NO_AGE),
        (lambda: Step(name="", signers=US), "name is empty: name the step as its links do"),
        (lambda: Step(name="a", signers=()), NO_SIGNER),
        (lambda: StepsParams(steps=()), NO_STEPS),
        (lambda: StepsParams(steps=(Step(name="a", signers=US),) * 2), NO_STEPS),
        (lambda: ReleaseParams(signers=US, package="oci/cart"), NO_PACKAGE),
        (lambda: ReleaseParams(signers=US, package="pkg:oci/cart@1"), NO_PACKAGE),
        (
            lambda: ReleaseParams(signers=US, package="pkg:oci/cart", version=""),
            "version is empty: leave it out or name it",
        ),
        (lambda: Attribute(name=""), "name is empty: name the attribute as reports state it"),
        (
            lambda: ScaiParams(signers=US, attributes=()),
            "attributes names none: name the attributes that must be asserted",
        ),
        (
            lambda: AttestationParams(predicate_type="", signers=US),
            "predicate_type is empty: name the type of attestation that is demanded",
        ),
        (lambda: Expectation(at="", value=1), NO_POINTER),
        (lambda: Expectation(at="a/b", value=1), NO_POINTER),
    ],
)
def test_a_demand_that_is_none_is_refused(make: Callable[[], Any], problem: str) -> None:
    with pytest.raises(ValueError) as refusal:
        make()
    assert str(refusal.value) == problem


def test_a_digest_that_is_none_cannot_be_demanded() -> None:
    for make in (
        lambda: Attribute(name="A", evidence="sha256:xyz"),
        lambda: VsaParams(verifiers=(ONE,), resource="x", levels=("A",), policy_digest="md5:1"),
    ):
        with pytest.raises(ValueError):
            make()


def test_a_sentence_names_a_few_and_cuts_long_names() -> None:
    assert listed(()) == ""
    assert listed(("a", "b" * 1000)) == f"a, {'b' * 200}"
    assert listed(tuple("abcdefgh")) == "a, b, c, d, e and 3 more"


def test_an_approval_counts_for_the_environment_of_the_policy_that_asks_and_for_none_without_a_name() -> None:
    params = ReviewParams(kind=APPROVAL, signers=US)
    about = subject(Piece("approval", MANUAL_APPROVAL, approval(environment="prod")))
    line = Requirement(check="review", params=params)
    outcomes = {}
    for name in ("prod", "staging", ""):
        policy = Policy(environment=name, signers=RULES, require=(line,), digest=DIGEST, body=b"")
        (finding,) = examine(policy, about.evidence, Occasion(about.candidate, about.placeholders, Phase.PROPOSE, NOW))
        outcomes[name] = finding.outcome

    assert outcomes == {"prod": Outcome.PASS, "staging": Outcome.FAIL, "": Outcome.FAIL}


# --- chains of steps --------------------------------------------------------------------------------------------------

NAMES = ("fetch", "build", "package")
WORKERS = dict(zip(NAMES, (SCANNERS, TEAM, SCANNERS), strict=True))
PARAMS = StepsParams(
    steps=(
        Step(name="fetch", signers=("scanners",)),
        Step(name="build", signers=("pipeline",)),
        Step(name="package", signers=("scanners",)),
    )
)
Made = tuple[str, dict[str, str], dict[str, str]]
_FILES = st.dictionaries(st.sampled_from("abc"), st.sampled_from([DIGEST, digest_of(b"other")]), min_size=1)
LINKS: st.SearchStrategy[list[Made]] = st.tuples(
    *(st.lists(st.tuples(st.just(name), _FILES, _FILES), max_size=3) for name in NAMES)
).map(lambda by_step: [made for links in by_step for made in links])


def chains(links: list[Made]) -> bool:
    """Try every choice of one link for each step: the definition, without any cleverness."""
    by_step = ([made for made in links if made[0] == name] for name in NAMES)
    return any(
        DIGEST in choice[-1][2].values()
        and all(
            set(after[1].values()) & set(before[2].values())
            and all(before[2].get(name, digest) == digest for name, digest in after[1].items())
            for before, after in pairwise(choice)
        )
        for choice in product(*by_step)
    )


@settings(max_examples=120, deadline=None)
@given(links=LINKS)
def test_steps_pass_exactly_where_one_link_for_each_step_chain_to_the_image(links: list[Made]) -> None:
    pieces = (Piece(f"{n}", LINK, link(*made), WORKERS[made[0]]) for n, made in enumerate(links))
    finding = STEPS.apply(PARAMS, subject(*pieces))

    assert (finding.outcome is Outcome.PASS) is chains(links)
    assert bool(finding.reasons) is not chains(links)
    if chains(links):
        assert len(finding.cites) == len(NAMES)
