"""Parameters of every check as hypothesis draws them: few values in each place, so that many pairs can be compared."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import strategies as st

from promoter.core.checks.agreement import AgreementParams
from promoter.core.checks.approval import ApprovalParams
from promoter.core.checks.artifact import ArtifactParams
from promoter.core.checks.artifact_age import ArtifactAgeParams, Rollback
from promoter.core.checks.attestation import AttestationParams, Expectation
from promoter.core.checks.component_demands import ComponentsParams, DeniedComponent, FactSource, SourceRule, Untold
from promoter.core.checks.denylist import DenylistParams
from promoter.core.checks.grace import GracePeriods
from promoter.core.checks.lacking import Lacking
from promoter.core.checks.level_limits import LevelLimits
from promoter.core.checks.licences import LicencesParams
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.provenance_demands import (
    BuilderLevel,
    MismatchApprovals,
    ProvenanceParams,
    ProvenanceVersion,
)
from promoter.core.checks.release import ReleaseParams
from promoter.core.checks.reproduced import Builder, ReproducedParams
from promoter.core.checks.review import ReviewParams
from promoter.core.checks.sast import SastParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scai import Attribute, ScaiParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.source_branch import SourceBranchParams
from promoter.core.checks.source_review import SourceReviewParams, Verifier
from promoter.core.checks.steps import Step, StepsParams
from promoter.core.checks.tests import SuitesParams
from promoter.core.checks.ticket import TicketParams
from promoter.core.checks.vex import Answer, VexParams
from promoter.core.checks.vsa import VsaParams, VsaVerifier
from promoter.core.checks.vulnerabilities import ExposureLimits, VulnerabilitiesParams
from promoter.core.checks.vulnerability_threats import Exploited
from promoter.core.evidence import SignerClaims
from promoter.core.finding import Mode
from promoter.core.identity import Logging, SignerRule
from promoter.core.policy import Requirement
from promoter.core.predicates.reviews import ReviewKind
from promoter.core.predicates.sbom import SbomFormat
from tests.core.checks.pieces import (
    GITHUB,
    IMAGE_VERIFIER,
    ISSUER,
    NOW,
    PIPELINE,
    RESOURCE,
    SCANNERS,
    SOURCE,
    VERIFIER,
)

Values = Mapping[str, st.SearchStrategy[Any]]


def some(*values: object, least: int = 0) -> st.SearchStrategy[tuple[Any, ...]]:
    """A tuple of some of the values."""
    return st.lists(st.sampled_from(values), unique=True, min_size=least, max_size=len(values)).map(tuple)


def made(kind: type, /, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of a type, without those that it refuses."""

    def attempt(chosen: Mapping[str, Any]) -> Any:
        try:
            return kind(**chosen)
        except ValueError:
            return None

    return st.fixed_dictionaries(values).map(attempt).filter(lambda value: value is not None)


SIGNERS = some("pipeline", "scanners", least=1)
AGES = st.sampled_from((None, timedelta(hours=2), timedelta(days=2)))
COUNTS = st.integers(1, 2)
PLATFORMS = some("linux/amd64", "linux/arm64")


def _accepted(make: Callable[..., Any], *choices: Iterable[Any]) -> tuple[Any, ...]:
    """Everything that can be made of the choices and is not refused."""
    found = []
    for chosen in product(*choices):
        with suppress(ValueError):
            found.append(make(*chosen))
    return tuple(found)


BUCKETS: tuple[Limits, ...] = _accepted(
    lambda fixable, not_fixable, unknown: Limits(fixable=fixable, not_fixable=not_fixable, unknown=unknown),
    *((None, 0, 1),) * 3,
)
SEVERITY_LIMITS: tuple[SeverityLimits, ...] = _accepted(
    lambda critical, high, unknown: SeverityLimits(critical=critical, high=high, unknown=unknown),
    BUCKETS,
    BUCKETS,
    (None, Limits(), Limits(fixable=1), Limits(fixable=0, unknown=0)),
)
LEVEL_LIMITS: tuple[LevelLimits, ...] = _accepted(
    lambda error, warning, note: LevelLimits(error=error, warning=warning, note=note), *((None, 0, 1),) * 3
)

TOOLS = st.sampled_from((None, {"syft": "*"}, {"syft": ">=1.20"}, {"syft": "*", "trivy": "*"}, {"trivy": "*"}))
DAY = timedelta(days=1)
GRACES = (None, GracePeriods(high=DAY), GracePeriods(high=2 * DAY), GracePeriods(critical=DAY, high=2 * DAY))

PARAMS: Mapping[str, tuple[type, Values]] = {
    "signature": (SignatureParams, {"signers": SIGNERS, "at_least": COUNTS}),
    "provenance": (
        ProvenanceParams,
        {
            "signers": SIGNERS,
            "builders": some(PIPELINE, "https://builder.example/b", least=1),
            "build_types": some(GITHUB, "https://builder.example/type", least=1),
            "workflow": st.sampled_from((None, ".github/workflows/release.yml", "other.yml")),
            "parameters": some("debug", "target"),
            "versions": some(*ProvenanceVersion, least=1),
            "pinned_materials": st.booleans(),
            "levels": some(
                BuilderLevel(signer="pipeline", builder=PIPELINE, level=2),
                BuilderLevel(signer="scanners", builder=PIPELINE, level=3),
            ),
            "min_level": st.integers(1, 3),
            "triggers": some("push", "release"),
            "unnamed_ref": st.booleans(),
            "material_sources": some("git+https://forge.example", f"git+{SOURCE}", "oci://registry.example"),
            "base_images": some("oci://registry.example/base", "oci://elsewhere.example/base"),
            "mismatch_approvals": st.sampled_from(
                (None, MismatchApprovals(signers=("ann", "ben")), MismatchApprovals(signers=("ann", "ben", "eve")))
            ),
        },
    ),
    "sbom": (
        SbomParams,
        {
            "signers": SIGNERS,
            "formats": some(*SbomFormat, least=1),
            "min_components": st.integers(1, 3),
            "generators": TOOLS,
            "platforms": PLATFORMS,
        },
    ),
    "scan": (
        ScanParams,
        {
            "signers": SIGNERS,
            "scanners": some("trivy", "grype", least=1),
            "max_age": st.sampled_from((timedelta(hours=2), timedelta(days=2))),
            "max_database_age": AGES,
            "require_all": st.booleans(),
            "scanner_versions": st.sampled_from((None, {"trivy": ">=0.60"}, {"trivy": "*"}, {"trivy": ">=0.99"})),
            "end_of_life": st.sampled_from((None, *Lacking)),
            "platforms": PLATFORMS,
        },
    ),
    "vulnerabilities": (
        VulnerabilitiesParams,
        {
            "signers": SIGNERS,
            "limits": st.sampled_from(SEVERITY_LIMITS),
            "platforms": PLATFORMS,
            "grace": st.sampled_from(GRACES),
            "known_exploited": st.sampled_from(tuple(Exploited)),
            "epss_max": st.sampled_from((None, 0.1, 0.5)),
            "exposure": st.none()
            | st.sampled_from(SEVERITY_LIMITS).map(lambda limits: ExposureLimits(internet=limits)),
            "vex": st.none() | made(VexParams, signers=SIGNERS, statuses=some(*Answer, least=1)),
        },
    ),
    "agreement": (
        AgreementParams,
        {
            "signers": SIGNERS,
            "sbom_signers": some("pipeline", "scanners"),
            "scan_signers": some("pipeline", "scanners"),
            "same_mechanism": st.booleans(),
        },
    ),
    "reproduced": (
        ReproducedParams,
        {
            "builds": some(
                Builder(signer="pipeline", builder=PIPELINE),
                Builder(signer="scanners", builder="https://builder.example/b"),
                Builder(signer="ann", builder="https://builder.example/c"),
                least=2,
            ),
            "build_types": some(GITHUB, "https://builder.example/type", least=1),
            "at_least": st.integers(2, 3),
            "parameters": some("debug", "target"),
            "versions": some(*ProvenanceVersion, least=1),
            "unnamed_ref": st.booleans(),
        },
    ),
    "source-review": (
        SourceReviewParams,
        {
            "verifiers": some(
                Verifier(signer="pipeline", id=VERIFIER), Verifier(signer="scanners", id=VERIFIER), least=1
            ),
            "min_level": st.integers(1, 4),
        },
    ),
    "tests": (
        SuitesParams,
        {
            "signers": SIGNERS,
            "suites": some("unit", "smoke", least=1),
            "allow_warned": st.booleans(),
            "min_coverage": st.sampled_from((None, 50, 80)),
            "max_age": AGES,
        },
    ),
    "sast": (
        SastParams,
        {
            "signers": SIGNERS,
            "tools": some("CodeQL", "Semgrep", least=1),
            "limits": st.sampled_from(LEVEL_LIMITS),
        },
    ),
    "review": (
        ReviewParams,
        {
            "kind": st.sampled_from((ReviewKind.MANUAL_APPROVAL, ReviewKind.LICENCE_REVIEW)),
            "signers": SIGNERS,
            "at_least": COUNTS,
            "max_age": AGES,
            "environment": st.sampled_from(("", "prod", "staging")),
        },
    ),
    "vsa": (
        VsaParams,
        {
            "verifiers": some(
                VsaVerifier(id=IMAGE_VERIFIER, signers=("pipeline",)),
                VsaVerifier(id=VERIFIER, signers=("pipeline", "scanners")),
                least=1,
            ),
            "resource": st.just(RESOURCE),
            "levels": some("SLSA_BUILD_LEVEL_2", "SLSA_BUILD_LEVEL_3", "HARDENED", least=1),
            "max_age": AGES,
            "policy": st.sampled_from(("", "https://verify.example/policies/prod")),
        },
    ),
    "steps": (
        StepsParams,
        {
            "steps": some(
                Step(name="fetch", signers=("pipeline",)),
                Step(name="build", signers=("pipeline", "scanners")),
                Step(name="push", signers=("pipeline",)),
                least=1,
            )
        },
    ),
    "release": (
        ReleaseParams,
        {"signers": SIGNERS, "package": st.sampled_from(("pkg:oci/cart", "pkg:oci/other"))},
    ),
    "scai": (
        ScaiParams,
        {
            "signers": SIGNERS,
            "attributes": some(
                Attribute(name="HARDENED"),
                Attribute(name="HARDENED", evidence="sha256:" + "a" * 64),
                Attribute(name="SIGNED_OFF"),
                least=1,
            ),
            "allow_conditions": st.booleans(),
        },
    ),
    "attestation": (
        AttestationParams,
        {
            "predicate_type": st.just("https://acme.example/x"),
            "signers": SIGNERS,
            "equals": some(
                Expectation(at="/ok", value=True), Expectation(at="/ok", value=1), Expectation(at="/by", value="ann")
            ),
            "max_age": AGES,
        },
    ),
    "licences": (
        LicencesParams,
        {
            "signers": SIGNERS,
            "allow": some("MIT", "Apache-2.0", "LicenseRef-acme", "GPL-2.0-only WITH Classpath-exception-2.0"),
            "deny": some("GPL-2.0-only", "AGPL-3.0-only"),
            "unknown": st.sampled_from(tuple(Lacking)),
            "formats": some(SbomFormat.CYCLONEDX, SbomFormat.SPDX, least=1),
            "platforms": PLATFORMS,
        },
    ),
    "components": (
        ComponentsParams,
        {
            "signers": SIGNERS,
            "deny": some(
                DeniedComponent(purl="pkg:deb/debian/lib1"),
                DeniedComponent(purl="pkg:deb/debian/lib1", versions="vers:deb/=1.0"),
                DeniedComponent(purl="pkg:deb/debian/lib2"),
            ),
            "ecosystems": some("deb", "pypi"),
            "sources": some(
                SourceRule(purl="pkg:deb/*", places=("https://deb.example",)),
                SourceRule(purl="pkg:deb/*", places=("https://deb.example/main",)),
            ),
            "unknown_source": st.sampled_from(tuple(Untold)),
            "missing_version": st.sampled_from((None, *Lacking)),
            "missing_purl": st.sampled_from(tuple(Lacking)),
            "max_age": AGES,
            "maintained": st.booleans(),
            "facts": st.sampled_from((None, FactSource(signers=("pipeline",)), FactSource(signers=("scanners",)))),
            "formats": some(SbomFormat.CYCLONEDX, SbomFormat.SPDX, least=1),
            "platforms": PLATFORMS,
        },
    ),
    "denylist": (DenylistParams, {"must_be_known": st.booleans()}),
    "artifact": (
        ArtifactParams,
        {
            "repositories": some(
                "registry.example/acme/cart", "registry.example/acme/*", "registry.example/acme/c*", least=1
            ),
            "platforms": PLATFORMS,
        },
    ),
    "source-branch": (SourceBranchParams, {"branches": some("main", "release", least=1)}),
    "age": (
        ArtifactAgeParams,
        {
            "signers": SIGNERS,
            "max_age": st.sampled_from((timedelta(hours=2), timedelta(days=2))),
            "rollback": st.sampled_from(tuple(Rollback)),
            "versions": some(*ProvenanceVersion, least=1),
        },
    ),
    "approval": (ApprovalParams, {"min": COUNTS, "people": some("ann", "ben", "eve")}),
    "ticket": (
        TicketParams,
        {"pattern": st.sampled_from(("CHG[0-9]{7}", "CHG[0-9]{4}")), "name": st.sampled_from(("Change", "Ticket"))},
    ),
}
"""For each check the type of its parameters and what its fields may be."""


def params_of(check: str) -> st.SearchStrategy[Any]:
    """Any parameters of a check."""
    kind, values = PARAMS[check]
    return made(kind, **values)


@st.composite
def neighbours(draw: st.DrawFn, check: str) -> tuple[Any, Any]:
    """Two parameters that differ in one or two fields: such pairs can often be compared."""
    _, values = PARAMS[check]
    one = draw(params_of(check))
    names = draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=2, unique=True))
    changed = {name: draw(values[name]) for name in names}
    try:
        other = replace(one, **changed)
    except ValueError:
        other = one
    return one, other


TIMES = st.sampled_from((None, NOW - timedelta(days=9), NOW))
MODES = st.sampled_from(tuple(Mode))


@st.composite
def lines(draw: st.DrawFn, check: str) -> Requirement:
    """Any line of a policy with one check."""
    return Requirement(
        check=check,
        params=draw(params_of(check)),
        mode=draw(MODES),
        deadline=draw(st.sampled_from((timedelta(0), timedelta(hours=1)))),
        effective_on=draw(TIMES),
    )


@st.composite
def chains(draw: st.DrawFn, check: str) -> tuple[Requirement, Requirement, Requirement]:
    """Three lines, each a neighbour of the one before."""
    first, values = draw(lines(check)), PARAMS[check][1]
    found = [first]
    for _ in range(2):
        name = draw(st.sampled_from(sorted(values)))
        try:
            params = replace(found[-1].params, **{name: draw(values[name])})
        except ValueError:
            params = found[-1].params
        found.append(
            replace(found[-1], params=params, mode=draw(MODES), effective_on=draw(TIMES))
            if draw(st.booleans())
            else replace(found[-1], params=params)
        )
    one, two, three = found
    return one, two, three


RULES = made(
    SignerRule,
    issuer=st.just(ISSUER),
    san=st.sampled_from(("", SCANNERS.san)),
    san_pattern=st.sampled_from(
        (
            "",
            "https://forge.example/security/*/.github/workflows/*@refs/heads/main",
            "https://forge.example/security/scans/.github/workflows/*.yml@refs/heads/*",
            "https://forge.example/security/scans/.github/workflows/scan.yml@refs/heads/*",
        )
    ),
    claims=st.sampled_from((SignerClaims(), SignerClaims(build_trigger="push"), SignerClaims(build_trigger="release"))),
    log=st.sampled_from(tuple(Logging)),
    not_before=st.sampled_from((None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))),
    not_after=st.sampled_from((None, datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))),
    revoked_at=st.sampled_from((None, datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC))),
)
"""Rules of one signer, which name it or a pattern that it fits."""


def undrawn(check: str) -> set[str]:
    """The fields of a check's parameters that these strategies leave alone."""
    kind, values = PARAMS[check]
    return {one.name for one in fields(kind)} - set(values)
