"""A verdict passes only when every enforced finding passes and there is one; only then is there a verified digest."""

from dataclasses import dataclass
from itertools import product

import pytest

from promoter.core.candidate import digest_of
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.subject import Phase
from promoter.core.evidence import Evidence
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.policy import Occasion, Policy, Requirement
from promoter.core.verdict import NotVerified, VerifiedDigest, judge, verified
from tests.core.scenes import NEW, NOW, SERVICE, finding, verdict

PASS, FAIL, UNDECIDED = Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED


def of(*outcomes: Outcome) -> tuple[Finding, ...]:
    return tuple(finding(outcome) for outcome in outcomes)


def warned(*outcomes: Outcome) -> tuple[Finding, ...]:
    return tuple(finding(outcome, mode=Mode.WARN) for outcome in outcomes)


@dataclass(frozen=True, slots=True)
class Case:
    """Findings and what they amount to."""

    findings: tuple[Finding, ...]
    outcome: Outcome


CASES = {
    "one that passes": Case(of(PASS), PASS),
    "all pass": Case(of(PASS, PASS, PASS), PASS),
    "one fails": Case(of(PASS, FAIL, PASS), FAIL),
    "one is undecided": Case(of(PASS, UNDECIDED), UNDECIDED),
    "a failure outweighs what is undecided": Case(of(UNDECIDED, FAIL, UNDECIDED), FAIL),
    "a waived one lets it pass": Case(of(PASS, Outcome.WAIVED), PASS),
    "a waived one beside a failure": Case(of(Outcome.WAIVED, FAIL), FAIL),
    "a warning does not count": Case((*of(PASS), *warned(FAIL, UNDECIDED)), PASS),
    "a warning that passes does not help": Case((*of(FAIL), *warned(PASS)), FAIL),
    "warnings alone": Case(warned(PASS, PASS), FAIL),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_enforced_findings_decide(case: Case) -> None:
    made = verdict("dev", NEW)

    assert type(made)(NEW, "dev", Phase.PROPOSE, NOW, made.policy, case.findings).outcome is case.outcome


def test_a_verdict_without_findings_fails() -> None:
    made = verdict("dev", NEW)

    assert type(made)(NEW, "dev", Phase.PROPOSE, NOW, made.policy, ()).outcome is FAIL


@pytest.mark.parametrize("outcomes", list(product(Outcome, repeat=3)))
def test_only_passing_and_waived_findings_let_a_verdict_pass(outcomes: tuple[Outcome, ...]) -> None:
    passes = set(outcomes) <= {PASS, Outcome.WAIVED}

    assert (verdict("dev", NEW, *of(*outcomes)).outcome is PASS) is passes


def test_a_passing_verdict_gives_exactly_its_digest_and_release() -> None:
    assert verified(verdict("dev", NEW, *of(PASS))) == VerifiedDigest(NEW.digest, "1.1.0")


@pytest.mark.parametrize("findings", [of(FAIL), of(UNDECIDED), of(PASS, UNDECIDED), warned(PASS)])
def test_no_other_verdict_gives_a_digest(findings: tuple[Finding, ...]) -> None:
    with pytest.raises(NotVerified) as caught:
        verified(verdict("staging", NEW, *findings))

    assert str(caught.value) == f"{NEW} does not pass for staging"


def occasion(phase: Phase = Phase.PROPOSE) -> Occasion:
    return Occasion(NEW, SERVICE.placeholders("1.1.0"), phase, NOW)


def policy(*lines: Requirement) -> Policy:
    return Policy(environment="dev", signers={}, require=lines, digest=digest_of(b"policy"), body=b"policy")


def test_a_policy_that_demands_nothing_passes_nobody() -> None:
    judged = judge(policy(), Evidence(NEW.digest), occasion())

    assert (judged.findings, judged.outcome) == ((), FAIL)


def test_every_requirement_is_asked_in_its_order_and_answers_in_its_own_mode() -> None:
    signers = SignatureParams(signers=("release",))
    lines = tuple(Requirement(check="signature", params=signers, mode=mode) for mode in (Mode.WARN, Mode.ENFORCE))

    judged = judge(policy(*lines), Evidence(NEW.digest), occasion(Phase.MERGE))

    assert [(f.check, f.mode, f.outcome) for f in judged.findings] == [
        ("signature", Mode.WARN, FAIL),
        ("signature", Mode.ENFORCE, FAIL),
    ]
    assert judged.enforced == judged.findings[1:]
    assert (judged.candidate, judged.environment, judged.phase, judged.at) == (NEW, "dev", Phase.MERGE, NOW)
    assert judged.policy == digest_of(b"policy")
