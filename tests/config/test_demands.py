"""Requirements as docs/configuration.md shows them: each is read, kept with its policy, and read again as it was."""

import re
from pathlib import Path

import pytest

from docs.generate_configuration import PAGE
from promoter.config_policies import read_policy, read_policy_file
from promoter.core.evidence import Layout
from promoter.core.identity import Logging

EXAMPLES = re.findall(r"```yaml\n(  - check: .+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
APPROVED = """  - check: provenance
    signers: [release]
    builders: [https://builds.example]
    build_types: [https://builds.example/v1]
    mismatch_approvals: {signers: [anne, bill]}
"""
AGREED = """  - check: agreement
    signers: [release]
    sbom_signers: [release]
    scan_signers: [anne, bill]
"""
INSPECTED = """  - check: sbom
    signers: [release]
    generators: {syft: ">=1.20|<2", cyclonedx-maven-plugin: "*"}
  - check: licences
    signers: [release]
    allow: [MIT, Apache-2.0, GPL-2.0-only WITH Classpath-exception-2.0, LicenseRef-Acme]
    deny: [AGPL-3.0-only]
    unknown: warn
  - check: components
    signers: [release]
    deny:
    - purl: pkg:maven/org.apache.logging.log4j/log4j-core
      versions: "vers:maven/>=2.0-beta9|<2.17.1"
      because: CVE-2021-44228
    - {purl: "pkg:npm/event-stream", versions: "vers:npm/=3.3.6"}
    ecosystems: [deb, maven, npm]
    sources:
    - {purl: "pkg:npm/@acme/*", places: ["https://npm.acme.example"]}
    unknown_source: fail
    missing_version: fail
    missing_purl: warn
    max_age: 730d
    maintained: true
    facts: {signers: [anne]}
  - check: scan
    signers: [anne]
    scanners: [trivy, grype]
    scanner_versions: {trivy: ">=0.50"}
    end_of_life: fail
    max_age: 7d
  - check: vulnerabilities
    signers: [anne]
    limits: {critical: {fixable: 0}, high: {fixable: 5}}
    grace: {critical: 3d, high: 14d}
    known_exploited: deny
    epss_max: 10
    exposure:
      internet: {critical: {fixable: 0, not_fixable: 0}, high: {fixable: 0}}
"""


NAMES = ("release", "hardened", "rebuilder", "forge-verifier", "anne", "bill")
SIGNERS = "".join(f"  {name}: {{issuer: https://issuer.example, san: {name}@acme.example}}\n" for name in NAMES)


@pytest.mark.parametrize("requirement", [*EXAMPLES, APPROVED, AGREED, INSPECTED], ids=lambda text: text.split()[2])
def test_a_requirement_is_read_and_kept_as_it_is_written(requirement: str, tmp_path: Path) -> None:
    path = tmp_path / "prod.yaml"
    path.write_text(f"signers:\n{SIGNERS}require:\n{requirement}", encoding="utf-8")
    policy = read_policy_file(path, None)

    assert read_policy(policy.body) == policy
    assert [line.check for line in policy.require] == re.findall("- check: (.+)", requirement)


def test_the_policy_with_keys_that_the_page_shows_is_read(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(layouts:.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "prod.yaml"
    path.write_text(example, encoding="utf-8")
    policy = read_policy_file(path, None)

    assert policy.layouts == (Layout.BUNDLE, Layout.COSIGN_TAG)
    assert [rule.log for rule in policy.signers.values()] == [Logging.REQUIRED, Logging.OPTIONAL]


def test_the_page_names_every_layout() -> None:
    assert all(f"\n| `{layout.value}` | " in PAGE.read_text(encoding="utf-8") for layout in Layout)


def test_the_page_shows_what_a_check_without_an_example_policy_looks_like() -> None:
    assert {"provenance", "reproduced", "source-review"} <= {example.split()[2] for example in EXAMPLES}
