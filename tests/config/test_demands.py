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


NAMES = ("release", "hardened", "rebuilder", "forge-verifier", "anne", "bill")
SIGNERS = "".join(f"  {name}: {{issuer: https://issuer.example, san: {name}@acme.example}}\n" for name in NAMES)


@pytest.mark.parametrize("requirement", [*EXAMPLES, APPROVED, AGREED], ids=lambda text: text.split()[2])
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
