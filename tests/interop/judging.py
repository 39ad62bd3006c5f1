"""The program's own way from a registry to a verdict: evidence gathered as the bot gathers it, judged by a policy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from promoter.adapters.blobs_files import FileBlobs
from promoter.adapters.clock_system import SystemClock
from promoter.config_policies import seal
from promoter.core.candidate import Candidate, Digest, Repository
from promoter.core.checks.check import Check
from promoter.core.checks.provenance import PROVENANCE
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.sbom import SBOM, SbomParams
from promoter.core.checks.scan import SCAN, ScanParams
from promoter.core.checks.signature import SIGNATURE, SignatureParams
from promoter.core.checks.subject import Phase
from promoter.core.codes import Code
from promoter.core.dossier import facts_of
from promoter.core.environment import Service
from promoter.core.evidence import Evidence, Layout, SourceRevision
from promoter.core.identity import Placeholders, SignerRule
from promoter.core.manifest import read_platforms
from promoter.core.policy import Occasion, Policy, Requirement
from promoter.core.releases import ReleaseRule
from promoter.core.scope import scope_of
from promoter.core.verdict import Verdict, judge
from promoter.gather import Gatherer
from promoter.ports import Registry, Signatures, SourceCommit
from promoter.recall import KeptBlobs, recall
from tests.interop.releases import RELEASER, SOURCE

RELEASE = "1.8.3"
BUILD_TYPE = "https://actions.github.io/buildtypes/workflow/v1"
_SIGNED = Requirement(check=SIGNATURE.id, params=SignatureParams(signers=("release",)))
_PROVEN = Requirement(
    check=PROVENANCE.id,
    params=ProvenanceParams(signers=("release",), builders=(RELEASER.san,), build_types=(BUILD_TYPE,)),
)
_LISTED = Requirement(check=SBOM.id, params=SbomParams(signers=("release",)))
_SCANNED = Requirement(
    check=SCAN.id,
    params=ScanParams(signers=("release",), scanners=("trivy",), max_age=timedelta(hours=1)),
)
DEMANDS = (_SIGNED, _PROVEN, _LISTED, _SCANNED)
"""A signature, provenance, an SBOM and a scan, all by the signer that a policy calls `release`."""


class Sources:
    """`ports.SourceRepo` of the one repository that is released, whose tag names the commit that was built."""

    def revision(self, repository: str, tag: str) -> SourceRevision:
        return SourceRevision(repository, f"refs/tags/{tag}", RELEASER.claims.source_repository_digest)

    def contains(self, repository: str, branch: str, commit: str) -> bool:
        return False

    def commits(self, repository: str, older: str, newer: str, limit: int) -> tuple[SourceCommit, ...]:
        return ()

    def attestations(self, repository: str, digest: Digest) -> tuple[bytes, ...]:
        return ()


def demand(check: Check[Any], params: object) -> Requirement:
    """Give one line of a policy."""
    return Requirement(check=check.id, params=params)


def policy_of(
    signers: Mapping[str, SignerRule], *layouts: Layout, require: tuple[Requirement, ...] = DEMANDS
) -> Policy:
    """Give a policy that names these signers and accepts these layouts."""
    return seal("prod", signers, require, layouts)


@dataclass(frozen=True, slots=True)
class Bot:
    """Looks at what stands in a registry and judges it."""

    registry: Registry
    signatures: Signatures
    blobs: FileBlobs

    def look(self, policy: Policy, repository: Repository, digest: Digest) -> Evidence:
        """Gather all evidence that a policy could want, and see what else there is."""
        gatherer = Gatherer(self.registry, self.signatures, Sources(), self.blobs, scope_of((policy,)))
        raw, tags = self.registry.manifest(repository, digest).raw, frozenset(self.registry.tags(repository))
        self.blobs.put(raw)
        candidate = Candidate("shop", RELEASE, digest)
        evidence = gatherer.evidence(_service(repository), candidate, read_platforms(raw), tags)
        assert evidence.failures == ()
        return evidence

    def recall(self, evidence: Evidence) -> Evidence:
        """Give the same evidence again from the kept bytes alone, as a replayed decision has it."""
        return recall(facts_of(evidence), KeptBlobs(self.blobs), self.signatures)

    def judge(self, policy: Policy, repository: Repository, digest: Digest) -> Verdict:
        """Judge a release now."""
        return verdict_on(policy, self.look(policy, repository, digest))

    def codes(self, policy: Policy, repository: Repository, digest: Digest) -> tuple[frozenset[Code], ...]:
        """Judge a release now and give the codes of each finding, in the policy's order; a passing one has none."""
        findings = self.judge(policy, repository, digest).findings
        return tuple(frozenset(reason.code for reason in finding.reasons) for finding in findings)


def verdict_on(policy: Policy, evidence: Evidence) -> Verdict:
    """Judge evidence now, whichever repository it is from."""
    placeholders = Placeholders(SOURCE, f"v{RELEASE}", RELEASE)
    candidate = Candidate("shop", RELEASE, evidence.digest)
    return judge(policy, evidence, Occasion(candidate, placeholders, Phase.PROPOSE, SystemClock().now()))


def _service(repository: Repository) -> Service:
    return Service(
        name="shop",
        image=repository,
        source=SOURCE,
        tag="v{release}",
        releases=ReleaseRule(semver=">=1.0.0"),
        targets={},
    )
