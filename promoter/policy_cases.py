"""Tries policies on their own cases: what they must find of which facts, and what they find."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from promoter.config_cases import Case, Expected, line_key
from promoter.core.evidence import Evidence
from promoter.core.finding import Finding, Outcome
from promoter.core.policy import Occasion, Policy
from promoter.core.verdict import Verdict, judge

Judge = Callable[[Policy, Evidence, Occasion], Verdict]

_PASSES = Expected(Outcome.PASS)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a policy finds otherwise than its case says; `sentence` is what it finds, in words."""

    what: str  # the line, or "verdict"
    wanted: str
    got: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """A case and its differences; without any, it holds."""

    case: str
    place: str  # file:line
    environment: str
    differences: tuple[Difference, ...]


def try_case(case: Case, judge: Judge = judge) -> Tried:
    """Judge the facts of a case and compare what is found, line by line.

    `judge` is another function where expressions are to be asked, which is not done here.
    """
    verdict = judge(case.policy, case.evidence, case.occasion)
    found = {_key(finding): finding for finding in verdict.findings}
    differences = [*_against_lines(case, found)]
    if verdict.outcome is not case.outcome:
        differences.insert(0, Difference("verdict", case.outcome.value, verdict.outcome.value))
    return Tried(case.title, case.place, case.policy.environment, tuple(differences))


def untested(policy: Policy, cases: tuple[Case, ...]) -> tuple[str, ...]:
    """Give the lines of a policy that no case of its environment expects anything but a pass of."""
    told = {key for case in cases if case.policy.environment == policy.environment for key in case.findings}
    return tuple(key for key in map(line_key, policy.require) if key not in told)


def _against_lines(case: Case, found: dict[str, Finding]) -> Iterator[Difference]:
    for key in dict.fromkeys((*found, *case.findings)):
        wanted = case.findings.get(key, _PASSES)
        finding = found.get(key)
        if finding is None:
            yield Difference(key, str(wanted), "not asked")
        elif (got := _of(finding)) != wanted:
            yield Difference(key, str(wanted), str(got), finding.sentence)


def _key(finding: Finding) -> str:
    return f"{finding.check}/{finding.line}" if finding.line else finding.check


def _of(finding: Finding) -> Expected:
    return Expected(finding.outcome, tuple(sorted({reason.code.value for reason in finding.reasons})))
