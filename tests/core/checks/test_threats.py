"""Grace, attacks, exposure and the tools that looked: what is never forgiven silently, and what exceptions may name."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from promoter.core.checks import CHECKS
from promoter.core.checks.grace import GracePeriods
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.vulnerabilities import ExposureLimits, VulnerabilitiesParams
from promoter.core.checks.vulnerability_limits import against_limits
from promoter.core.circumstances import Circumstances, Exposure, ServiceFacts
from promoter.core.finding import ITEM_LIMIT, Item, Outcome
from promoter.core.predicates.vulnerability import Fix, Severity, Vulnerability
from tests.core.checks.pieces import NOW, SCANNERS, VULN, Piece, in_cosign, subject, trivy, trivy_finding

ZERO = SeverityLimits(critical=Limits(fixable=0, not_fixable=0, unknown=0))
SCANNED = {"signers": ["scanners"], "limits": {"critical": {"fixable": 0}}}


def outcome(found: tuple[dict[str, Any], ...], **params: Any) -> Outcome:
    given = VulnerabilitiesParams(signers=("scanners",), limits=ZERO, **params)
    scan = Piece("scan", VULN, in_cosign(trivy(*found)), SCANNERS)
    return CHECKS["vulnerabilities"].apply(given, subject(scan)).outcome


# --- grace ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), Outcome.PASS),
        (timedelta(days=7) - timedelta(seconds=1), Outcome.PASS),
        (timedelta(days=7), Outcome.FAIL),
        (timedelta(days=70), Outcome.FAIL),
        (timedelta(seconds=-1), Outcome.FAIL),
        (None, Outcome.FAIL),
    ],
)
def test_the_time_of_grace_runs_from_the_publication(age: timedelta | None, expected: Outcome) -> None:
    dated = {} if age is None else {"PublishedDate": (NOW - age).isoformat()}
    found = trivy_finding("CVE-2026-0001", FixedVersion="3.0.2", **dated)

    assert outcome((found,), grace=GracePeriods(critical=timedelta(days=7))) is expected
    assert outcome((found,), grace=GracePeriods(high=timedelta(days=7))) is Outcome.FAIL


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"grace": {}}, "grace names no time"),
        ({"grace": {"high": "PT0S"}}, "grace.high is not above zero"),
        ({"grace": {"critical": "P9D", "high": "P7D"}}, "grace.critical is longer than grace.high"),
        ({"grace": {"critical": "P9D", "low": "P7D"}}, "grace.critical is longer than grace.low"),
        ({"epss_max": 0}, "epss_max must be 1 to 99 percent"),
        ({"epss_max": 100}, "epss_max must be 1 to 99 percent"),
        ({"known_exploited": "ignore"}, "deny"),
        ({"exposure": {}}, "internet"),
        ({"exposure": {"internet": {}}}, "limits names no limit"),
    ],
)
def test_demands_on_vulnerabilities_that_mean_nothing_are_refused(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(VulnerabilitiesParams).validate_python({**SCANNED, **given})


# --- limits -----------------------------------------------------------------------------------------------------------

LIMIT = st.none() | st.integers(0, 3)
STATUS = {Fix.FIXABLE: "fixed", Fix.NOT_FIXABLE: "affected", Fix.UNKNOWN: "unknown"}


def _is_allowed(critical: Limits, high: Limits) -> bool:
    try:
        SeverityLimits(critical=critical, high=high)
    except ValueError:
        return False
    return True


BUCKETS = st.builds(
    lambda drawn: Limits(fixable=drawn[0], not_fixable=drawn[1], unknown=drawn[2]),
    st.tuples(LIMIT, LIMIT, LIMIT).map(lambda three: sorted(three, key=lambda one: (one is None, one))),
)
LIMITS = (
    st.tuples(BUCKETS, BUCKETS)
    .filter(lambda two: _is_allowed(*two))
    .map(lambda two: SeverityLimits(critical=two[0], high=two[1]))
)
FOUND = st.lists(
    st.tuples(st.sampled_from((Severity.CRITICAL, Severity.HIGH, Severity.UNKNOWN)), st.sampled_from(Fix)), max_size=6
).map(
    lambda drawn: tuple(
        Vulnerability(id=f"CVE-2026-{n:04}", severity=severity, fix=fix) for n, (severity, fix) in enumerate(drawn)
    )
)


def passes(limits: SeverityLimits, found: tuple[Vulnerability, ...]) -> bool:
    return not list(against_limits(limits, found))


@settings(max_examples=50, deadline=None)
@given(usual=LIMITS, exposed=LIMITS, found=FOUND)
def test_what_the_internet_reaches_keeps_both_limits(
    usual: SeverityLimits, exposed: SeverityLimits, found: tuple[Vulnerability, ...]
) -> None:
    findings = (
        trivy_finding(item.id, item.severity.value.upper(), Status=STATUS[item.fix], PkgName=item.id) for item in found
    )
    scan = Piece("scan", VULN, in_cosign(trivy(*findings)), SCANNERS)
    params = VulnerabilitiesParams(signers=("scanners",), limits=usual, exposure=ExposureLimits(internet=exposed))
    about = replace(subject(scan), circumstances=Circumstances(service=ServiceFacts(exposure=Exposure.INTERNET)))
    is_passing = CHECKS["vulnerabilities"].apply(params, about).outcome is Outcome.PASS

    assert is_passing == (passes(usual, found) and passes(exposed, found))


@settings(max_examples=150, deadline=None)
@given(limits=LIMITS, found=FOUND, data=st.data())
def test_what_exceptions_leave_within_the_allowed_number_keeps_the_limits(
    limits: SeverityLimits, found: tuple[Vulnerability, ...], data: st.DataObject
) -> None:
    """Take so many items of every reason away that only the allowed number is left: then nothing stands against it."""
    covered = {
        item.id
        for reason in against_limits(limits, found)
        for item in data.draw(st.permutations(reason.items))[reason.allowed :]
    }

    assert passes(limits, tuple(item for item in found if item.id not in covered))


def test_an_item_names_the_vulnerability_and_its_package() -> None:
    found = Vulnerability(
        id="GHSA-a", aliases=("CVE-2026-0001", "DSA-1"), severity=Severity.CRITICAL, fix=Fix.FIXABLE, purl="pkg:deb/a@1"
    )
    (reason,) = against_limits(ZERO, (found,))

    assert (reason.items, reason.allowed) == (
        (Item("CVE-2026-0001", ("GHSA-a", "DSA-1"), "pkg:deb/a@1", "critical"),),
        0,
    )


def test_more_vulnerabilities_than_a_reason_names_are_no_items() -> None:
    found = tuple(
        Vulnerability(id=f"CVE-2026-{n:04}", severity=Severity.CRITICAL, fix=Fix.FIXABLE) for n in range(ITEM_LIMIT + 1)
    )

    assert [len(reason.items) for these in (found[1:], found) for reason in against_limits(ZERO, these)] == [
        ITEM_LIMIT,
        0,
    ]


# --- tools ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"scanners": ["trivvy"]}, "scanners has 'trivvy', which no report that is read names; did you mean 'trivy'?"),
        ({"scanners": ["Grype"]}, "did you mean 'grype'?"),
        ({"scanners": ["trivy+syft"]}, r"did you mean 'syft\+trivy'?"),
        ({"scanners": [""]}, "which no report that is read names"),
        ({"platforms": ["linux/x86_64"]}, "platforms has 'linux/x86_64', which image indexes call linux/amd64"),
        ({"platforms": ["linux/aarch64"]}, "which image indexes call linux/arm64"),
        ({"platforms": ["linux/armv7l"]}, "which image indexes call linux/arm/v7"),
        ({"platforms": ["macos/arm64"]}, "which image indexes call darwin/arm64"),
        ({"scanner_versions": {}}, "scanner_versions names none"),
        ({"scanner_versions": {"trivy": "0.50 or so"}}, "scanner_versions.trivy: '0.50 or so' is no range of versions"),
        ({"scanner_versions": {"grype": "*"}}, "scanner_versions has 'grype', which scanners does not name"),
        ({"end_of_life": "deny"}, "fail"),
    ],
)
def test_names_of_tools_and_platforms_that_could_never_be_met_are_refused(given: dict[str, Any], problem: str) -> None:
    whole = {"signers": ["scanners"], "scanners": ["trivy"], "max_age": "P1D", **given}

    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(ScanParams).validate_python(whole)


@pytest.mark.parametrize(
    "name",
    ["trivy", "grype", "https://scanner.example/v1", "pkg:github/acme/scan", "snyk", "osv-scanner", "syft+trivy"],
)
def test_a_name_that_a_report_may_have_is_accepted(name: str) -> None:
    assert ScanParams(signers=("scanners",), scanners=(name,), max_age=timedelta(days=1)).scanners == (name,)


@pytest.mark.parametrize(
    ("generators", "problem"), [({}, "generators names none"), ({"syft": "new"}, "generators.syft: 'new' is no range")]
)
def test_generators_that_no_tool_could_be_are_refused(generators: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        SbomParams(signers=("pipeline",), generators=generators)
