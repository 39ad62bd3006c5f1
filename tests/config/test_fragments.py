"""Fragments: signers and lines that policies share, merged by check and name, and only ever tightened in silence."""

from datetime import timedelta

import pytest

from promoter.core.evidence import Layout
from promoter.core.finding import Mode
from tests.config.directory import Directory

BASELINE = """signers:
  release:
    issuer: https://token.forge.acme.example
    san: "{source}/.github/workflows/release.yml@refs/tags/{tag}"
  scanning:
    issuer: https://token.forge.acme.example
    san: https://forge.acme.example/security/scanning/.github/workflows/scan.yml@refs/heads/main
require:
  - check: signature
    signers: [release]
    deadline: 1h
  - check: scan
    mode: warn
    signers: [scanning]
    scanners: [trivy]
    max_age: 7d
"""
SHORT = "include: [baseline]\n"


def with_baseline(config: Directory, prod: str = SHORT, baseline: str = BASELINE) -> Directory:
    config.write("fragments/baseline.yaml", baseline)
    config.write("policies/prod.yaml", prod)
    return config


def test_a_policy_has_what_it_includes(config: Directory) -> None:
    policy = with_baseline(config).load().policies["prod"]
    assert [(line.check, line.mode, line.deadline) for line in policy.require] == [
        ("signature", Mode.ENFORCE, timedelta(hours=1)),
        ("scan", Mode.WARN, timedelta(0)),
    ]
    assert sorted(policy.signers) == ["release", "scanning"]


def test_a_policy_is_the_same_whether_its_lines_are_its_own_or_included(config: Directory) -> None:
    included = with_baseline(config).load().policies["prod"]
    config.write("policies/prod.yaml", BASELINE)
    (config.path / "fragments" / "baseline.yaml").unlink()
    assert config.load().policies["prod"] == included


def test_a_line_gives_only_the_keys_that_differ(config: Directory) -> None:
    prod = f"{SHORT}require:\n  - check: scan\n    mode: enforce\n  - check: sbom\n    signers: [release]\n"
    require = with_baseline(config, prod).load().policies["prod"].require
    assert [(line.check, line.mode) for line in require] == [
        ("signature", Mode.ENFORCE), ("scan", Mode.ENFORCE), ("sbom", Mode.ENFORCE),
    ]  # fmt: skip
    assert require[1].params.max_age == timedelta(days=7)


@pytest.mark.parametrize(
    "line",
    [
        "check: signature\n    mode: warn",
        "check: signature\n    mode: off",
        "check: signature\n    deadline: 2h",
        "check: signature\n    effective_on: 2027-01-01",
    ],
)
def test_a_line_that_is_not_known_to_be_stricter_is_refused_and_told_what_to_do(config: Directory, line: str) -> None:
    prod = f"{SHORT}require:\n  - {line}\n"
    assert with_baseline(config, prod).problems() == (
        (
            "policies/prod.yaml:3: require[0]: signature is not known to be at least as strict as what is inherited "
            f"({config.path}/fragments/baseline.yaml:9); tighten it, give it a name of its own so that both count, or "
            'say why in a policy: loosens: "..."'
        ).replace(f"{config.path}/", ""),
    )


def test_an_environment_says_why_it_demands_less(config: Directory) -> None:
    loosened = "  - check: signature\n    mode: warn\n    loosens: dev has no signing service\n"
    prod = f"{SHORT}require:\n{loosened}  - check: scan\n    mode: enforce\n"
    found = with_baseline(config, prod).load()
    assert [line.mode for line in found.policies["prod"].require] == [Mode.WARN, Mode.ENFORCE]
    (told,) = found.demanded.loosened
    assert (told.environment, told.line, told.reason) == ("prod", "signature", "dev has no signing service")
    assert told.place == f"{config.path}/policies/prod.yaml:3"
    assert told.inherited == f"{config.path}/fragments/baseline.yaml:9"


def test_a_line_of_another_name_counts_beside_the_inherited_one(config: Directory) -> None:
    extra = "  - check: scan\n    name: daily\n    signers: [scanning]\n    scanners: [grype]\n    max_age: 1d\n"
    require = with_baseline(config, f"{SHORT}require:\n{extra}").load().policies["prod"].require
    assert [line.title for line in require] == ["signature", "scan", "scan (daily)"]


def test_a_future_line_of_a_fragment_can_be_had_at_its_date_or_earlier(config: Directory) -> None:
    baseline = BASELINE.replace("mode: warn", "effective_on: 2027-06-01")
    prod = f"{SHORT}require:\n  - check: scan\n    effective_on: 2027-01-01\n"
    (_, scan) = with_baseline(config, prod, baseline).load().policies["prod"].require
    assert scan.effective_on is not None
    assert scan.effective_on.isoformat() == "2027-01-01T00:00:00+00:00"
    config.replace("policies/prod.yaml", "2027-01-01", "2027-06-02")
    assert "not known to be at least as strict" in config.problems()[0]
    config.replace("policies/prod.yaml", "effective_on: 2027-06-02", "mode: off\n    loosens: none yet")
    assert config.load().policies["prod"].require[1].effective_on is None


def test_fragments_include_fragments(config: Directory) -> None:
    signers, require = BASELINE.split("require:\n")
    config.write("fragments/signers.yaml", f"{signers}layouts: [bundle, cosign-tag]\n")
    with_baseline(config, baseline=f"include: [signers]\nrequire:\n{require}")
    policy = config.load().policies["prod"]
    assert policy.layouts == (Layout.BUNDLE, Layout.COSIGN_TAG)
    assert sorted(policy.signers) == ["release", "scanning"]


@pytest.mark.parametrize("include", ["[baseline, strict]", "[strict, baseline]"])
def test_of_a_line_that_two_fragments_have_the_stricter_one_counts(config: Directory, include: str) -> None:
    config.write("fragments/strict.yaml", BASELINE.replace("mode: warn", "mode: enforce"))
    require = with_baseline(config, f"include: {include}\n").load().policies["prod"].require
    assert [(line.check, line.mode) for line in require] == [("signature", Mode.ENFORCE), ("scan", Mode.ENFORCE)]


REQUIRE = "require:\n  - {check: sbom, signers: [release]}\n"
MISTAKES = {
    "unknown": (
        {"policies/prod.yaml": "include: [baselin]\n", "policies/dev.yaml": SHORT},
        "policies/prod.yaml:1: include[0]: no fragment 'baselin'; did you mean baseline? (allowed: baseline)",
    ),
    "twice": (
        {"policies/prod.yaml": "include: [baseline, baseline]\n"},
        "policies/prod.yaml:1: include[1]: baseline is included already; remove one",
    ),
    "unused": (
        {"fragments/more.yaml": BASELINE},
        "fragments/more.yaml:1: nothing includes this fragment; include it in a policy or class, or remove the file",
    ),
    "itself": (
        {"fragments/more.yaml": "# x\ninclude: [more]\n"},
        "fragments/more.yaml:2: include: goes round in a circle: more includes more; take one of them out",
    ),
    "circle": (
        {"fragments/a.yaml": "include: [b]\n", "fragments/b.yaml": "include: [a]\n"},
        "fragments/a.yaml:1: include: goes round in a circle: a includes b includes a; take one of them out",
    ),
    "empty": (
        {"fragments/more.yaml": "# soon\n"},
        "fragments/more.yaml:1: holds nothing; write signers, layouts or require, or remove the file",
    ),
    "loosening nothing": (
        {"policies/prod.yaml": f"{SHORT}{REQUIRE.replace('}', ', loosens: x}')}"},
        ("policies/prod.yaml:3: require[0].loosens: no included fragment has a line sbom: there is nothing to loosen; "
        "remove it"),
    ),
    "loosening by tightening": (
        {"policies/prod.yaml": f"{SHORT}require:\n  - {{check: scan, mode: enforce, loosens: x}}\n"},
        ("policies/prod.yaml:3: require[0].loosens: scan is at least as strict as what is inherited "
        "(fragments/baseline.yaml:12); remove it"),
    ),
    "loosening in a fragment": (
        {"fragments/baseline.yaml": BASELINE.replace("    mode: warn", "    loosens: x")},
        ("fragments/baseline.yaml:13: unknown key require[1].loosens (allowed: check, deadline, effective_on, "
        "end_of_life, max_age, max_database_age, mode, "
        "name, platforms, require_all, scanner_versions, scanners, signers)"),
    ),
    "a signer of another meaning": (
        {"policies/prod.yaml": f"{SHORT}signers:\n  release: {{issuer: https://x.example, san: me@x.example}}\n"},
        "policies/prod.yaml:3: signers.release: an included fragment defines it otherwise; give this one another name",
    ),
    "other layouts": (
        {
            "policies/prod.yaml": f"{SHORT}layouts: [bundle]\n",
            "fragments/baseline.yaml": f"layouts: [cosign-tag]\n{BASELINE}",
        },
        "policies/prod.yaml:2: layouts: an included fragment accepts others; leave them to the fragment",
    ),
    "two that clash": (
        {
            "policies/prod.yaml": "include: [baseline, more]\n",
            "fragments/more.yaml": BASELINE.replace("[trivy]", "[grype]"),
        },
        ("policies/prod.yaml:1: include[1]: scan stands in fragments/more.yaml:12 and in fragments/baseline.yaml:12, "
            "and neither is known to be at least as strict as the other; give one a name of its own, and both count"),
    ),
    "a fragment that warns": (
        {"fragments/baseline.yaml": BASELINE.replace("signers: [release]", "mode: warn\n    signers: [release]")},
        "policies/prod.yaml:1: require: enforces nothing; give at least one check of evidence the mode enforce",
    ),
    "a signer that the policy alone has": (
        {"fragments/baseline.yaml": BASELINE.replace("[scanning]", "[scanner]")},
        ("fragments/baseline.yaml:14: require[1].signers[0]: no signer 'scanner'; did you mean scanning? "
        "(allowed: release, scanning)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_once_with_file_and_line(config: Directory, name: str) -> None:
    files, problem = MISTAKES[name]
    with_baseline(config)
    for file, content in files.items():
        config.write(file, content)
    assert config.problems() == (problem,)
