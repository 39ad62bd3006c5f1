"""`promoter verify` judges what real cosign signed with a company's keys, under a policy that is written as a file.

The team signs in cosign's own layout, with a log; the scanner in bundles, without one.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest, Repository
from promoter.core.evidence import Layout
from promoter.local.authority.keys import KeyKind
from promoter.local.authority.sealing import LogKind
from promoter.local.pipeline import Pipeline
from promoter.local.predicates import Package, Weakness, cyclonedx, provenance, trivy_report
from tests.cli.company import Company, Ran
from tests.interop.cosign_signer import Cosign, Identity, Way
from tests.interop.releases import push_image
from tests.interop.toolbox import Toolbox

pytestmark = pytest.mark.interop

TEAM = Way(Layout.COSIGN_TAG, KeyKind.P256, LogKind.V1)
SCANNER = Way(Layout.BUNDLE, KeyKind.RSA_2048, None)
FLASK = Package("flask", "3.2.0")
UNSCANNED = {"scan": ["scan.absent"], "vulnerabilities": ["scan.absent"]}
UNLOGGED = Way(Layout.COSIGN_TAG, KeyKind.P256, None)

POLICY = """\
signers:
  team:
    key: |
{team}
  scanner:
    key: |
{scanner}
    log: optional
layouts: [{layouts}]
require:
  - check: signature
    signers: [team]
  - check: provenance
    signers: [team]
    builders: ["{{source}}/.github/workflows/release.yml@refs/tags/{{tag}}"]
    build_types: [https://actions.github.io/buildtypes/workflow/v1]
  - check: sbom
    signers: [team]
  - check: scan
    signers: [scanner]
    scanners: [trivy]
    max_age: 1h
  - check: vulnerabilities
    signers: [scanner]
    limits: {{critical: {{fixable: 0}}}}
"""


@dataclass(frozen=True, slots=True)
class Shop:
    """A company whose releases stand in a real registry, signed by real cosign with its own keys."""

    company: Company
    cosign: Cosign
    host: str

    @property
    def team(self) -> Identity:
        return self.cosign.identity(TEAM)

    @property
    def scanner(self) -> Identity:
        return self.cosign.identity(SCANNER)

    def release(self, release: str, way: Way = TEAM, *, by: Identity | None = None) -> Digest:
        """Push, sign and attest a release in this way, by the team or somebody else; nobody scans it yet."""
        repository = Repository(self.host, "shop/cart")
        digest = push_image(self.cosign.toolbox, repository, release, release.encode())
        source = self.company.world.release_source("cart", release, f"Make {release}")
        workflow = Pipeline(self.company.world, "cart").signer(source)
        bill = cyclonedx("cart", release, (FLASK, Package("jinja2", "3.1.6")), SystemClock().now())
        self.cosign.sign(way, f"{repository}@{digest}", by)
        self.cosign.attest(way, f"{repository}@{digest}", "slsaprovenance1", provenance(workflow), by)
        self.cosign.attest(way, f"{repository}@{digest}", "cyclonedx", bill, by)
        return digest

    def scan(self, digest: Digest, *weaknesses: Weakness) -> None:
        """Attest a scan as the scanner."""
        report = trivy_report(digest, weaknesses, SystemClock().now())
        self.cosign.attest(SCANNER, f"{self.host}/shop/cart@{digest}", "vuln", report)

    def demand(self, *layouts: Layout) -> None:
        """Write the policy of prod, which accepts these layouts."""
        keys = {"team": _indented(self.team), "scanner": _indented(self.scanner)}
        names = ", ".join(layout.value for layout in layouts)
        self.company.config.write("policies/prod.yaml", POLICY.format(**keys, layouts=names))

    def verify(self, release: str, *more: str) -> Ran:
        """Run the command against the real registry."""
        registry = f"http://{self.host}"
        return self.company.run("verify", f"cart:{release}", "--env", "prod", *more, PROMOTER_REGISTRY=registry)

    def codes(self, release: str) -> dict[str, list[str]]:
        """Run the command for a release that fails, and give the codes of each finding that does."""
        ran = self.verify(release, "--json")
        assert ran.code == 1, ran.err
        found: list[dict[str, Any]] = json.loads(ran.out)["findings"]
        return {one["check"]: [reason["code"] for reason in one["reasons"]] for one in found if one["reasons"]}


def _indented(identity: Identity) -> str:
    assert identity.key
    return "".join(f"      {line}\n" for line in identity.key.known.pem.splitlines()).rstrip()


@pytest.fixture(scope="module")
def shop(toolbox: Toolbox, olareg: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Company(tmp_path_factory.mktemp("company")) as company:
        cosign = Cosign(toolbox, company.world.authority, tmp_path_factory.mktemp("keys"))
        yield Shop(company, cosign, olareg)


def test_a_release_in_two_layouts_by_two_keys_passes_with_every_finding(shop: Shop) -> None:
    shop.demand(Layout.COSIGN_TAG, Layout.BUNDLE)
    digest = shop.release("1.0.0")
    shop.scan(digest)

    ran = shop.verify("1.0.0")

    assert (ran.code, ran.err) == (0, "")
    told = re.sub(r"at ([0-9a-f]{40}|[0-9-]{10} [0-9:]{8}Z)", "at ...", ran.out)
    workflow = "https://forge.acme.example/shop/cart/.github/workflows/release.yml@refs/tags/v1.0.0"
    assert told == (
        f"""cart 1.0.0 {digest}
for prod: pass
  ok    signature: signed by key {shop.team.signer.key}
  ok    provenance: built by {workflow} from https://forge.acme.example/shop/cart refs/tags/v1.0.0 at ...
  ok    sbom: cyclonedx 1.6 by syft 1.30.0 lists 2 components
  ok    scan: scanned by trivy 0.70.0 at ..., as its signer alone says
  ok    vulnerabilities: trivy found no vulnerabilities, within the limits
"""
    )


def test_what_is_signed_by_the_wrong_key_or_without_a_log_fails_with_its_codes(shop: Shop) -> None:
    shop.demand(Layout.COSIGN_TAG, Layout.BUNDLE)
    shop.release("1.1.0", by=shop.scanner)
    shop.release("1.2.0", UNLOGGED)
    shop.release("1.3.0", by=shop.cosign.key(KeyKind.P256, "stranger"))

    signed = ("signature", "provenance", "sbom")
    assert shop.codes("1.1.0") == {check: [f"{check}.foreign-signer"] for check in signed} | UNSCANNED
    assert shop.codes("1.2.0") == {check: ["signer.not-logged"] for check in signed} | UNSCANNED
    assert shop.codes("1.3.0") == {check: [f"{check}.invalid"] for check in signed} | UNSCANNED


def test_a_vulnerability_that_cosign_attested_fails_the_release(shop: Shop) -> None:
    shop.demand(Layout.COSIGN_TAG, Layout.BUNDLE)
    shop.scan(shop.release("1.4.0"), Weakness("CVE-2026-1111", "CRITICAL", FLASK, "3.2.1"))

    assert shop.codes("1.4.0") == {"vulnerabilities": ["vulnerabilities.over-limit"]}


def test_a_layout_that_the_policy_does_not_name_counts_for_nothing(shop: Shop) -> None:
    shop.scan(shop.release("1.5.0"))

    shop.demand(Layout.COSIGN_TAG)
    assert shop.codes("1.5.0") == UNSCANNED
    told = shop.verify("1.5.0").out
    assert "it is kept in the layout bundle; accepted here: cosign-tag (layout.not-accepted)" in told

    shop.demand(Layout.BUNDLE)
    assert shop.codes("1.5.0") == {check: [f"{check}.absent"] for check in ("signature", "provenance", "sbom")}
