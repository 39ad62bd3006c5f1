"""Test results (in-toto test-result v0.1): which suites ran, how they ended, and how much they covered.

A suite is what `configuration` names. Coverage is no part of the specification: it is read from an extension member,
which docs/predicates.md describes. Where the result and the lists of tests disagree, the worse statement counts.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates.body import Body, body_of

COVERAGE: Final = "https://promoter.dev/attestation/coverage/v1"
"""The extension member with the share of code that the tests ran through, as `{"percent": 87.5}`."""

_MAX_SUITES: Final = 100
_MAX_TESTS: Final = 100_000


class SuiteResult(Enum):
    """How a run ended, worst first."""

    FAILED = "FAILED"
    WARNED = "WARNED"
    PASSED = "PASSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """One run of one or more suites. `coverage` is in percent, None where the run does not say."""

    suites: tuple[str, ...]
    result: SuiteResult
    failed: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()
    passed: int = 0
    coverage: float | None = None
    url: str = ""


def read_suite_run(_predicate_type: str, predicate: object) -> SuiteRun:
    """Read a test result; raises Malformed with TESTS_UNPARSEABLE. A configuration without any name is no suite."""
    whole = body_of(predicate, "", Code.TESTS_UNPARSEABLE)
    failed, warned = whole.texts("failedTests", _MAX_TESTS), whole.texts("warnedTests", _MAX_TESTS)
    stated = SuiteResult(whole.one_of("result", [result.value for result in SuiteResult]))
    return SuiteRun(
        suites=_suites(whole),
        result=_worse(stated, failed=bool(failed), warned=bool(warned)),
        failed=failed,
        warned=warned,
        passed=len(whole.texts("passedTests", _MAX_TESTS)),
        coverage=_coverage(whole),
        url=whole.text("url"),
    )


def _suites(whole: Body) -> tuple[str, ...]:
    described = whole.bodies("configuration", _MAX_SUITES)
    names = (item.text("name") or item.text("uri") or item.text("downloadLocation") for item in described)
    suites = tuple(dict.fromkeys(name for name in names if name))
    if not suites:
        raise whole.refusal("configuration", "names no suite")
    return suites


def _worse(stated: SuiteResult, *, failed: bool, warned: bool) -> SuiteResult:
    if failed or stated is SuiteResult.FAILED:
        return SuiteResult.FAILED
    return SuiteResult.WARNED if warned else stated


def _coverage(whole: Body) -> float | None:
    extension = whole.body(COVERAGE)
    percent = extension.members.get("percent")
    if percent is None:
        return None
    if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0 <= percent <= 100:
        raise extension.refusal("percent", "is no number from 0 to 100")
    return float(percent)
