"""Lines of a policy: their modes and dates, and the names that tell two lines of one check apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from promoter.config_policies import read_policy, seal
from promoter.core.candidate import Candidate
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.subject import Phase
from promoter.core.evidence import Evidence
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.identity import Placeholders
from promoter.core.policy import Occasion, Policy, Requirement
from promoter.core.verdict import judge
from tests.core.checks.pieces import DIGEST, NOW, RULES, SOURCE, TAG, Piece

START = datetime(2026, 12, 1, tzinfo=UTC)
SIGNED = Requirement(check="signature", params=SignatureParams(signers=tuple(RULES)))
LISTED = Requirement(check="sbom", params=SbomParams(signers=tuple(RULES)), effective_on=START)
EVIDENCE = Evidence(DIGEST, attestations=(Piece("signed", "", {}).made(),))


def policy(*require: Requirement) -> Policy:
    return seal("prod", RULES, require)


def ask(rules: Policy, now: datetime = NOW) -> tuple[Outcome, tuple[Finding, ...]]:
    occasion = Occasion(Candidate("cart", "1.8.3", DIGEST), Placeholders(SOURCE, TAG, "1.8.3"), Phase.PROPOSE, now)
    verdict = judge(rules, EVIDENCE, occasion)
    return verdict.outcome, verdict.findings


@pytest.mark.parametrize(
    ("now", "outcome", "mode"),
    [
        (START - timedelta(microseconds=1), Outcome.PASS, Mode.WARN),
        (START, Outcome.FAIL, Mode.ENFORCE),
        (START + timedelta(days=1), Outcome.FAIL, Mode.ENFORCE),
    ],
)
def test_a_line_of_a_later_date_warns_until_then(now: datetime, outcome: Outcome, mode: Mode) -> None:
    found, (_, listed) = ask(policy(SIGNED, LISTED), now)
    assert (found, listed.mode, listed.outcome) == (outcome, mode, Outcome.FAIL)
    told = " (enforced from 2026-12-01 00:00:00Z on)"
    assert listed.sentence.endswith(told) == (mode is Mode.WARN)


def test_the_sentence_tells_the_date_in_utc_whatever_zone_it_was_written_in() -> None:
    there = START.astimezone(timezone(timedelta(hours=9)))
    _, (_, listed) = ask(policy(SIGNED, replace(LISTED, effective_on=there)))
    assert listed.sentence.endswith(" (enforced from 2026-12-01 00:00:00Z on)")


def test_a_line_that_is_off_is_not_asked_and_stays_in_the_policy() -> None:
    rules = policy(SIGNED, replace(LISTED, mode=Mode.OFF, effective_on=None))
    found, findings = ask(rules)
    assert (found, [finding.check for finding in findings]) == (Outcome.PASS, ["signature"])
    assert read_policy(rules.body) == rules
    assert rules.digest != policy(SIGNED).digest


def test_two_lines_of_one_check_are_told_apart_by_their_names() -> None:
    strict = replace(LISTED, name="strict", effective_on=None, deadline=timedelta(hours=1))
    rules = policy(SIGNED, replace(LISTED, mode=Mode.WARN, effective_on=None), strict)
    _, findings = ask(rules)
    assert [(finding.check, finding.line) for finding in findings] == [
        ("signature", ""),
        ("sbom", ""),
        ("sbom", "strict"),
    ]
    assert [rules.deadline(finding) for finding in findings] == [timedelta(0), timedelta(0), timedelta(hours=1)]
    assert strict.title == "sbom (strict)"


def test_names_and_dates_are_kept_with_the_policy_and_change_its_digest() -> None:
    lines = (SIGNED, replace(LISTED, name="strict"), replace(LISTED, effective_on=START + timedelta(days=1)))
    rules = policy(*lines)
    assert read_policy(rules.body) == rules
    digests = {policy(SIGNED, one).digest for one in (*lines[1:], replace(LISTED, effective_on=None))}
    assert len(digests) == 3


def test_only_what_is_enforced_from_the_beginning_counts_for_a_policy_that_must_enforce_something() -> None:
    assert SIGNED.enforces_at_once
    assert not LISTED.enforces_at_once
    assert not replace(SIGNED, mode=Mode.WARN).enforces_at_once
