"""What the tests of proposals are put together from: one release on its way to staging, and what may be said of it."""

from dataclasses import replace
from datetime import UTC, datetime

from promoter.core.candidate import Candidate, Digest
from promoter.core.checks.subject import Phase
from promoter.core.clearance import check_of
from promoter.core.codes import Code
from promoter.core.delta import Change, ComponentDelta, Delta, VulnerabilityDelta
from promoter.core.environment import Environment, MergeMode
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Mode, Outcome, Reason
from promoter.core.gates import Gate
from promoter.core.history import Known
from promoter.core.predicates.sbom import Component
from promoter.core.predicates.vulnerability import Fix, Severity, Vulnerability
from promoter.core.proposal import Draft, NewCommit
from promoter.core.record import FreezeEnded, ReleaseResolved
from promoter.core.sight import Approver, PinSight
from promoter.core.verdict import Verdict

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SOURCE = "https://forge.example/acme/cart"
PIPELINE = f"{SOURCE}/.github/workflows/release.yml@refs/tags/v1.8.3"
ISSUER = "https://token.forge.example"
STAGING = Environment(name="staging", after=("dev",), approvals=1)
PROD = Environment(name="prod", after=("staging",), approvals=2)
DEV = Environment(name="dev", merge=MergeMode.AUTOMATIC)


def digest(byte: str) -> Digest:
    return Digest("sha256:" + byte * 32)


def commit(byte: str) -> str:
    return byte * 20


CANDIDATE = Candidate("cart", "1.8.3", digest("83"))
POLICY = digest("90")
RUNNING = PinSight("1.8.2", digest("82"))
MIA, OMAR = Approver("mia", 11), Approver("omar", 12)

RESOLVED = ReleaseResolved(
    at=NOW,
    service="cart",
    release="1.8.3",
    digest=CANDIDATE.digest,
    media_type="application/vnd.oci.image.index.v1+json",
)
FROZEN = Known(CANDIDATE, RESOLVED, moved_to=digest("84"))
FREEZE_ENDED = FreezeEnded(
    at=NOW,
    service="cart",
    release="1.8.3",
    digest=CANDIDATE.digest,
    actor="ines",
    reason="rebuilt by mistake",
    accepted=digest("84"),
)
RELEASED = replace(FROZEN, ended=(FREEZE_ENDED,))

SIGNATURE = Finding(
    "signature", Mode.ENFORCE, Outcome.PASS, f"signed by {PIPELINE} (issuer {ISSUER})", cites=(digest("51"),)
)
PROVENANCE = Finding(
    "provenance",
    Mode.ENFORCE,
    Outcome.PASS,
    f"built by {PIPELINE} from {SOURCE} refs/tags/v1.8.3 at {commit('c3')}",
    cites=(digest("52"),),
)
SBOM = Finding("sbom", Mode.ENFORCE, Outcome.PASS, "cyclonedx 1.6 by syft 1.30.0 lists 214 components")
SCAN = Finding("scan", Mode.ENFORCE, Outcome.PASS, "scanned by trivy 0.70.0 at 2026-11-21 09:14:02Z")
VULNERABILITIES = Finding(
    "vulnerabilities", Mode.ENFORCE, Outcome.PASS, "trivy found 3 of medium severity, within the limits"
)
GOOD = (SIGNATURE, PROVENANCE, SBOM, SCAN, VULNERABILITIES)

UNSIGNED = Reason(
    Code.SIGNATURE_ABSENT,
    f"there is no signature for {CANDIDATE.digest}; there is only https://slsa.dev/provenance/v1",
    f"Service team: sign it with `cosign sign REPOSITORY@{CANDIDATE.digest}`",
    EvidenceState.ABSENT,
)
OVER_LIMIT = Reason(
    Code.VULNERABILITIES_OVER_LIMIT,
    "1 vulnerability of critical severity, fixable, 0 allowed: CVE-2026-31337 in flask 3.2.0 (fixed in 3.2.1)",
    "Service team: update what is named, build and release again.",
)
NOT_FIXABLE = Reason(
    Code.VULNERABILITIES_OVER_LIMIT,
    "1 vulnerability of high severity, not fixable, 0 allowed: CVE-2026-40000 in zlib 1.3",
    "Service team: there is no fixed version; replace or remove what is named, build and release again.",
)
UNREACHABLE = Reason(
    Code.LOOKUP_FAILED,
    "the referrers could not be read and may hold the scan that decides: no answer in 10 s (outside.timeout)",
    "Nobody, for now: it is asked again by itself. Platform team: look at the registry if it stays.",
    EvidenceState.LOOKUP_FAILED,
)


def finding(check: str, outcome: Outcome, *reasons: Reason, mode: Mode = Mode.ENFORCE) -> Finding:
    more = " (and 1 more reason)" if len(reasons) > 1 else ""
    return Finding(check, mode, outcome, reasons[0].sentence + more, reasons)


UNSIGNED_FINDING = finding("signature", Outcome.FAIL, UNSIGNED)
OVER_LIMIT_FINDING = finding("vulnerabilities", Outcome.FAIL, OVER_LIMIT, NOT_FIXABLE)
UNDECIDED_FINDING = finding("scan", Outcome.UNDECIDED, UNREACHABLE)
WARNING = replace(OVER_LIMIT_FINDING, mode=Mode.WARN)


def verdict(*findings: Finding, environment: Environment = STAGING) -> Verdict:
    return Verdict(CANDIDATE, environment.name, Phase.PROPOSE, NOW, POLICY, findings)


def weakness(name: str, severity: Severity, package: str, version: str, fixed: str = "") -> Vulnerability:
    return Vulnerability(
        id=name,
        severity=severity,
        fix=Fix.FIXABLE if fixed else Fix.NOT_FIXABLE,
        fixed_version=fixed,
        package=package,
        version=version,
    )


def component(name: str, version: str) -> Component:
    return Component(name, version, f"pkg:pypi/{name}@{version}", ())


NEWS = Delta(
    VulnerabilityDelta(
        added=(weakness("CVE-2026-1100", Severity.MEDIUM, "babel", "2.18.0"),),
        fixed=(
            weakness("CVE-2026-0007", Severity.HIGH, "flask", "3.1.0", "3.2.0"),
            weakness("GHSA-aaaa-bbbb-cccc", Severity.LOW, "requests", "2.34.1", "2.34.2"),
        ),
        kept=(weakness("CVE-2025-9999", Severity.MEDIUM, "zlib", "1.3"),) * 2,
    ),
    ComponentDelta(
        added=(component("babel", "2.18.0"),),
        removed=(component("pytz", "2025.2"),),
        changed=(Change("flask", "3.1.0", "3.2.0"), Change("requests", "2.34.1", "2.34.2")),
    ),
)
COMMITS = (
    NewCommit(commit("c3"), "Speak French (fixes #12), thanks @ada", "ada"),
    NewCommit(commit("c2"), "Show the total before tax", "grace"),
)


def draft(
    *findings: Finding,
    environment: Environment = STAGING,
    gates: tuple[Gate, ...] = (),
    approvers: tuple[Approver, ...] = (),
) -> Draft:
    """Give a draft with news since the release that runs."""
    judged = verdict(*findings, environment=environment)
    return Draft(
        environment=environment,
        candidate=CANDIDATE,
        verdict=judged,
        check=check_of(judged, environment, gates, len(approvers)),
        running=RUNNING,
        source_url=SOURCE,
        gates=gates,
        delta=NEWS,
        commits=COMMITS,
        running_commit=commit("c1"),
        approvers=approvers,
        excluded=("ada",),
    )
