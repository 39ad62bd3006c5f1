"""What a town is made of: its configuration and manifests as YAML, its services and environments, and its clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from promoter.adapters.clock_system import SystemClock
from promoter.local.pipeline import Recipe
from tests.sim.mint import PATH, SERVICE

POLL = timedelta(seconds=30)
DEADLINE = timedelta(minutes=10)
GOOD = Recipe()
BARE = Recipe(without=frozenset({"signature", "provenance", "sbom", "scan"}))
ONLY_SBOM = Recipe(without=frozenset({"signature", "provenance", "scan"}))
SIGNED = Recipe(without=frozenset({"provenance", "sbom", "scan"}))

PROMOTER = """
state: {state}
origin: promoter.test/ledger
poll: {poll:.0f}s
bot: {{name: promoter, email: promoter-bot@acme.example}}
registries: {{registry.acme.example: {{endpoint: "{registry}"}}}}
forge:
  host: https://forge.acme.example
  api: {api}
  git: {git}
  repository: platform/environments
  token_file: {token_file}
trust: {{root: {root}}}
environments:
"""
SERVICE_FILE = """
image: registry.acme.example/{image}
source: {{repository: https://forge.acme.example/shop/cart}}
releases: {{semver: ">=1.0.0"}}
targets:
  - {{path: "environments/{{environment}}/{service}/kustomization.yaml", kind: kustomize}}
"""
SIGNED_ONLY = """
signers:
  release:
    issuer: https://token.forge.acme.example
    san: "{source}/.github/workflows/release.yml@refs/tags/{tag}"
    claims: {source_repository_uri: "{source}", runner_environment: forge-hosted}
  scanning:
    issuer: https://token.forge.acme.example
    san: https://forge.acme.example/security/scanning/.github/workflows/scan.yml@refs/heads/main
require:
  - {check: signature, signers: [release], deadline: 10m}
"""
"""A policy for stories in which evidence plays no part."""

FULL = f"""{SIGNED_ONLY}
  - check: provenance
    signers: [release]
    builders: ["{{source}}/.github/workflows/release.yml@refs/tags/{{tag}}"]
    build_types: [https://actions.github.io/buildtypes/workflow/v1]
    workflow: .github/workflows/release.yml
    deadline: 10m
  - {{check: sbom, signers: [release], formats: [cyclonedx], deadline: 10m}}
  - {{check: scan, signers: [scanning], scanners: [trivy], max_age: 30d, deadline: 10m}}
  - {{check: vulnerabilities, signers: [scanning], deadline: 10m, limits: {{critical: {{fixable: 0}}}}}}
"""
PINS = """# Pins of {service} in {environment}, written by Promoter.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
images:
  - name: registry.acme.example/{image}   # the release repository
    newTag: "0.9.0"
"""

DEV = "dev: {soak: 1m, merge: automatic}"
STAGING = "staging: {after: [dev], soak: 2m, approvals: 1}"
PROD = "prod: {after: [staging], approvals: 2}"
APPROVED_DEV = "dev: {approvals: 1, merge: automatic}"
"""An environment that the bot merges by itself once a proposal is approved."""

DESK = "desk: {approvals: 1}"
"""An environment that comes after nothing and is merged by people."""


class Hands:
    """A clock that stands until the test moves it."""

    def __init__(self) -> None:
        self._now = SystemClock().now().replace(microsecond=0) + timedelta(minutes=1)

    def now(self) -> datetime:
        return self._now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by


@dataclass(frozen=True, slots=True)
class Plan:
    """What a town is made of: its environments as lines of YAML, its services, its policy and its roles."""

    environments: tuple[str, ...] = (DEV, STAGING, PROD)
    services: Mapping[str, str] = field(default_factory=lambda: {SERVICE: PATH})
    policy: str = FULL
    roles: str = "{}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the environments."""
        return tuple(line.partition(":")[0] for line in self.environments)
