"""The named test suites ran on the artifact and passed; what other suites say changes nothing.

The newest result of each suite decides, whoever of the accepted signers made it: a newer failing one beats an older
clean one, and different ones of the same time are refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from promoter.core.checks.age import SignedAgeRule, against_signed_age, require_positive
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.listing import listed
from promoter.core.checks.newest import in_the_way, newest_of, tie
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select
from promoter.core.checks.shortcomings import unreadable_reason
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Item, Reason
from promoter.core.predicates import types
from promoter.core.predicates.suites import SuiteResult, SuiteRun, read_suite_run
from promoter.core.strict_json import Malformed

_Runs = tuple[Reading[SuiteRun], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitesParams:
    """Who may attest test results, which suites must have passed, and how much they must cover."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    suites: tuple[str, ...]
    """Suites that must have passed, by the names in the result's `configuration`; at least one."""
    allow_warned: bool = False
    """Whether a suite may have passed with warnings."""
    min_coverage: int | None = None
    """Percent of the code that every named suite must cover which says how much it does; one must say it."""
    max_age: timedelta | None = None
    """How old a suite's newest result may be, by its signed time; any age if left out."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.suites or not all(self.suites) or len(set(self.suites)) < len(self.suites):
            raise ValueError("suites names none, or one twice: name the suites that must have passed")
        if self.min_coverage is not None and not 1 <= self.min_coverage <= 100:
            raise ValueError("min_coverage must be 1 to 100 percent, or left out")
        require_positive("max_age", self.max_age)


_DEMAND: Final = Demand(
    noun="test result attestation",
    wants=lambda item: item.predicate_type in types.TEST_RESULT,
    claims=types.TEST_RESULT,
    absent=Code.TESTS_ABSENT,
    foreign=Code.TESTS_FOREIGN_SIGNER,
    invalid=Code.TESTS_INVALID,
    unparseable=Code.TESTS_UNPARSEABLE,
    maker="Service team",
    command="test the image and attest the result with `cosign attest --type "
    "https://in-toto.io/attestation/test-result/v0.1 --predicate result.json REPOSITORY@DIGEST`",
)


def _apply(params: SuitesParams, subject: Subject) -> Finding:
    selection = select(subject, _DEMAND, params.signers)
    question = Question("tests", subject, _DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_suite_run)
    if not readable:
        return question.conclude(question.judge_unreadable(unreadable))
    return question.conclude((_judge(params, subject, readable, in_the_way(unreadable, readable)),))


def _judge(params: SuitesParams, subject: Subject, readable: _Runs, in_way: tuple[Reading[Malformed], ...]) -> Judged:
    newest = {suite: newest_of(run for run in readable if suite in run.facts.suites) for suite in params.suites}
    counted = {run.attestation.found.blob: run for runs in newest.values() for run in runs}
    covered = [run.facts.coverage for run in counted.values() if run.facts.coverage is not None]
    how_much = f", {min(covered):g} % covered" if covered else ""
    return Judged(
        blobs=(*counted, *(item.attestation.found.blob for item in in_way)),
        sentence=f"passed: {', '.join(_passed(suite, runs) for suite, runs in newest.items())}{how_much}",
        reasons=(
            *(reason for suite in params.suites for reason in _against_suite(suite, newest[suite], params, subject)),
            *_against_coverage(tuple(counted.values()), params),
            *(unreadable_reason(subject, _DEMAND, item) for item in in_way),
        ),
    )


def _passed(suite: str, newest: _Runs) -> str:
    return f"{suite} (with warnings)" if any(run.facts.result is SuiteResult.WARNED for run in newest) else suite


def _against_suite(suite: str, newest: _Runs, params: SuitesParams, subject: Subject) -> Iterator[Reason]:
    if not newest:
        yield Reason(
            code=Code.TESTS_SUITE_ABSENT,
            sentence=f"there is no result of the suite {suite}",
            remedy=f"Service team: run {suite} on the image and attest its result, with {suite} in `configuration`.",
            state=EvidenceState.ABSENT,
            items=(Item(suite),),
        )
        return
    yield from tie(Code.TESTS_TIE, f"the suite {suite}", newest, "Service team")
    for run in newest:
        yield from _against_result(suite, run, params)
        yield from _against_age(suite, run, params, subject)


def _against_result(suite: str, run: Reading[SuiteRun], params: SuitesParams) -> Iterator[Reason]:
    result = run.facts.result
    if result is SuiteResult.PASSED or (result is SuiteResult.WARNED and params.allow_warned):
        return
    has_failed = result is SuiteResult.FAILED
    tests = run.facts.failed if has_failed else run.facts.warned
    yield Reason(
        code=Code.TESTS_FAILED if has_failed else Code.TESTS_WARNED,
        sentence=f"the suite {suite} {'failed' if has_failed else 'passed with warnings'} "
        f"({name_of(run.attestation)}){': ' + listed(tests) if tests else ''}",
        remedy=f"Service team: correct what fails, release again and run {suite}; "
        "or run it again on this image, if the run itself was broken: the newest result counts.",
        state=EvidenceState.INVALID,
        items=(Item(suite),),
    )


def _against_age(suite: str, run: Reading[SuiteRun], params: SuitesParams, subject: Subject) -> Iterator[Reason]:
    rule = SignedAgeRule(
        max_age=params.max_age,
        stale=Code.TESTS_STALE,
        unknown=Code.TESTS_TIME_UNKNOWN,
        remedy=f"Service team: run {suite} on the image again and attest its result.",
    )
    name = f"the newest result of the suite {suite} ({name_of(run.attestation)})"
    yield from against_signed_age(name, rule, run.attestation.signed_at, subject.now)


def _against_coverage(counted: _Runs, params: SuitesParams) -> Iterator[Reason]:
    least = params.min_coverage
    if least is None or not counted:
        return
    stated = tuple(run for run in counted if run.facts.coverage is not None)
    if not stated:
        yield Reason(
            code=Code.TESTS_COVERAGE_UNKNOWN,
            sentence=f"no result says how much of the code the tests cover, {least} % are demanded",
            remedy="Service team: put the coverage into the result, as docs/predicates.md describes, and attest again.",
            state=EvidenceState.INVALID,
        )
    for run in stated:
        if run.facts.coverage is not None and run.facts.coverage < least:
            yield Reason(
                code=Code.TESTS_COVERAGE_TOO_LOW,
                sentence=f"the tests of {listed(run.facts.suites)} cover {run.facts.coverage:g} % of the code "
                f"({name_of(run.attestation)}), {least} % are demanded",
                remedy="Service team: test what is not covered, and release again.",
                state=EvidenceState.INVALID,
            )


TESTS: Final = Check("tests", "the named test suites passed", SuitesParams, _apply)
