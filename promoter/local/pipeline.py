"""A company's release pipeline: builds an image, signs and attests it as the forge's workflow, scans it as security.

Every way in which a release can be wrong is a field of `Recipe`; a recipe without any makes a good release.
"""

from dataclasses import dataclass

from promoter.core.candidate import Digest, Repository, digest_of
from promoter.core.evidence import Signer, SignerClaims
from promoter.local.predicates import (
    CYCLONEDX_TYPE,
    EXCEPTION_TYPE,
    PROVENANCE_TYPE,
    VULN_TYPE,
    WORKFLOW,
    Package,
    Weakness,
    accepted_vulnerability,
    cyclonedx,
    provenance,
    trivy_report,
)
from promoter.local.team import Team
from promoter.local.world import FORGE_HOST, REGISTRY_HOST, SourceRelease, World

ISSUER = "https://token.forge.acme.example"
SCANNER = Signer(
    f"{FORGE_HOST}/security/scanning/.github/workflows/scan.yml@refs/heads/main",
    ISSUER,
    SignerClaims(source_repository_uri=f"{FORGE_HOST}/security/scanning", runner_environment="forge-hosted"),
)
SIGNING_DESK = Signer(
    f"{FORGE_HOST}/platform/signing/.github/workflows/sign.yml@refs/heads/main",
    ISSUER,
    SignerClaims(source_repository_uri=f"{FORGE_HOST}/platform/signing", runner_environment="forge-hosted"),
)
STRANGER = Signer(
    "https://forge.acme.example/mallory/cart/.github/workflows/release.yml@refs/heads/main",
    ISSUER,
    SignerClaims(source_repository_uri="https://forge.acme.example/mallory/cart", runner_environment="forge-hosted"),
)
OFFICERS = tuple(
    Signer(f"{FORGE_HOST}/{desk}/exceptions/.github/workflows/sign.yml@refs/heads/main", ISSUER)
    for desk in ("security", "risk")
)
"""Who sign exceptions, each with an identity that signs nothing else."""

PACKAGES = (Package("flask", "3.2.0"), Package("requests", "2.34.2"), Package("jinja2", "3.1.6"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a release is made of."""

    change: str = "Improve things"
    packages: tuple[Package, ...] = PACKAGES
    weaknesses: tuple[Weakness, ...] = ()
    signed_by: Signer | None = None  # instead of the release workflow
    sbom_by: Signer | None = None  # instead of the release workflow
    without: frozenset[str] = frozenset()  # of "signature", "provenance", "sbom", "scan"
    provenance_repository: str = ""
    provenance_commit: str = ""
    provenance_of: Digest | None = None  # another subject


class Pipeline:
    """Makes releases of one service in a world."""

    def __init__(self, world: World, service: str) -> None:
        self.world = world
        self.service = service
        self.repository = Repository(REGISTRY_HOST, f"shop/{service}")
        self.team: Team = world.team()

    def push(self, release: str, recipe: Recipe) -> tuple[Digest, SourceRelease]:
        """Tag the source, build the image and push it under the release's tag; nothing is signed yet."""
        source = self.world.release_source(self.service, release, recipe.change)
        return self.team.build(self.repository, f"{self.service} {release}\n".encode(), release), source

    def move_tag(self, release: str) -> Digest:
        """Push other content under a release's tag."""
        return self.team.build(self.repository, f"{self.service} {release}, again\n".encode(), release)

    def attest(self, release: str, digest: Digest, source: SourceRelease, recipe: Recipe) -> None:
        """Sign and attest as the recipe says; the scan last, as its report takes longest."""
        workflow = self.signer(source)
        if "signature" not in recipe.without:
            self.team.sign(self.repository, digest, recipe.signed_by or workflow)
        if "provenance" not in recipe.without:
            self._attest_provenance(digest, workflow, recipe)
        if "sbom" not in recipe.without:
            document = cyclonedx(self.service, release, recipe.packages, self.world.clock.now())
            self.team.attest(self.repository, digest, recipe.sbom_by or workflow, CYCLONEDX_TYPE, document)
        if "scan" not in recipe.without:
            self.scan(digest, recipe.weaknesses)

    def release(self, release: str, recipe: Recipe) -> Digest:
        """Push, sign and attest a release; gives its digest."""
        digest, source = self.push(release, recipe)
        self.attest(release, digest, source, recipe)
        return digest

    def scan(self, digest: Digest, weaknesses: tuple[Weakness, ...]) -> None:
        """Attest a scan's report as the security team does."""
        report = trivy_report(digest, weaknesses, self.world.clock.now())
        self.team.attest(self.repository, digest, SCANNER, VULN_TYPE, report)

    def except_from(self, digest: Digest, ident: str, vulnerability: str) -> None:
        """Have both officers sign that one critical vulnerability of one digest is accepted in prod, for a week."""
        now = self.world.clock.now()
        body = accepted_vulnerability(ident, self.service, vulnerability, now)
        for officer in OFFICERS:
            self.team.attest(self.repository, digest, officer, EXCEPTION_TYPE, body)

    def signer(self, source: SourceRelease) -> Signer:
        """Give the identity of the service's release workflow at a git tag."""
        repository = f"{FORGE_HOST}/shop/{self.service}"
        ref = f"refs/tags/{source.tag}"
        workflow = f"{repository}/{WORKFLOW}@{ref}"
        run = int(digest_of(source.commit.encode()).removeprefix("sha256:")[:6], 16)
        claims = SignerClaims(
            build_signer_uri=workflow,
            runner_environment="forge-hosted",
            source_repository_uri=repository,
            source_repository_digest=source.commit,
            source_repository_ref=ref,
            build_config_uri=workflow,
            build_config_digest=source.commit,
            build_trigger="push",
            run_invocation_uri=f"{repository}/actions/runs/{run}/attempts/1",
        )
        return Signer(workflow, ISSUER, claims)

    def _attest_provenance(self, digest: Digest, workflow: Signer, recipe: Recipe) -> None:
        predicate = provenance(workflow, repository=recipe.provenance_repository, commit=recipe.provenance_commit)
        self.team.attest(
            self.repository, digest, workflow, PROVENANCE_TYPE, predicate, subject_digest=recipe.provenance_of
        )
