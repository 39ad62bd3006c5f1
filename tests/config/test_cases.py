"""The policies' own tests: which facts there are, what must be found of them, and what is said where it is not."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from promoter.core.evidence import EvidenceState
from promoter.core.finding import Outcome
from promoter.expressions import Evaluator
from promoter.policy_cases import Difference, try_case, untested
from promoter.strict_yaml import ConfigError
from promoter.wiring import open_expressions
from tests.config.directory import Directory

HEAD = """service: cart
release: 1.4.0
now: 2026-11-21T12:00:00Z
evidence:
  signature: {signed_by: release}
"""
ABSENT = "{codes: [provenance.absent]}"
CASE = """cases:
  - case: signed and nothing else
    environment: prod
    found: [signature]
    outcome: fail
    findings:
      provenance: {codes: [provenance.absent]}
      sbom: {codes: [sbom.absent]}
      scan: {codes: [scan.absent]}
      vulnerabilities: {codes: [scan.absent]}
"""


def with_cases(config: Directory, content: str = HEAD + CASE) -> Directory:
    config.write("cases/releases.yaml", content)
    return config


def problems(config: Directory) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as told:
        config.load().cases()
    return tuple(problem.replace(f"{config.path}/", "") for problem in told.value.problems)


def test_the_example_policies_find_what_their_cases_say_and_every_line_is_made_to_fail(config: Directory) -> None:
    found = config.load()
    cases = found.cases()
    assert [tried for tried in map(try_case, cases) if tried.differences] == []
    assert {case.outcome for case in cases} == {Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED}
    assert {name: untested(policy, cases) for name, policy in found.policies.items()} == dict.fromkeys(
        found.policies, ()
    )


def test_a_case_that_holds_has_no_difference(config: Directory) -> None:
    (case,) = with_cases(config).load().cases()
    tried = try_case(case)
    assert (tried.differences, tried.environment) == ((), "prod")
    assert tried.place == f"{config.path}/cases/releases.yaml:7"


def test_what_a_policy_finds_otherwise_is_told_with_what_was_wanted(config: Directory) -> None:
    config.replace("policies/prod.yaml", "  - check: sbom", "  - check: sbom\n    mode: off")
    wrong = CASE.replace("outcome: fail", "outcome: pass").replace("      scan: {codes: [scan.absent]}\n", "")
    (case,) = with_cases(config, HEAD + wrong).load().cases()
    assert [(one.what, one.wanted, one.got) for one in try_case(case).differences] == [
        ("verdict", "pass", "fail"),
        ("scan", "pass", "fail: scan.absent"),
        ("sbom", "fail: sbom.absent", "not asked"),
    ]
    assert try_case(case).differences[1].sentence.startswith("there is no vulnerability scan attestation for sha256:")


def test_a_weaker_policy_is_caught_by_its_cases(config: Directory) -> None:
    config.replace(
        "policies/prod.yaml", "critical: {fixable: 0, not_fixable: 0}", "critical: {fixable: 1, not_fixable: 1}"
    )
    config.replace("policies/prod.yaml", "high: {fixable: 0}", "high: {fixable: 1}")
    tried = [one for one in map(try_case, config.load().cases()) if one.differences]
    assert [one.case for one in tried] == ["a critical vulnerability without a fix is not let into prod"]
    assert tried[0].differences[0] == Difference("verdict", "fail", "pass")


def test_a_case_is_asked_at_its_own_time_of_its_own_service_and_about_its_own_commit(config: Directory) -> None:
    own = "    now: 2026-12-01T00:00:00Z\n    service: search\n    commit: ''\n    phase: merge\n"
    content = HEAD + CASE.replace("    outcome: fail\n", f"    outcome: fail\n{own}")
    (case,) = with_cases(config, content).load().cases()
    assert case.occasion.now == datetime.fromisoformat("2026-12-01T00:00:00Z")
    assert case.occasion.candidate.service == "search"
    assert case.evidence.source is not None
    assert (case.evidence.source.repository, case.evidence.source.commit) == (
        "https://forge.acme.example/shop/search",
        "",
    )


def test_classes_of_the_service_count(config: Directory) -> None:
    config.write(
        "classes/tested.yaml",
        "description: Ours.\nsigners:\n  testing: {issuer: https://x.example, san: t@x.example}\n"
        "require:\n  - {check: tests, signers: [testing], suites: [unit]}\n",
    )
    config.replace("services/cart.yaml", "targets:", "classes: [tested]\ntargets:")
    (case,) = with_cases(config).load().cases()
    assert [one.what for one in try_case(case).differences] == ["tests"]


def test_predicates_are_filled_in_and_may_stand_in_a_file(config: Directory) -> None:
    config.write("cases/report.json", json.dumps({"of": ["{digest}", "{commit}"], "from": {"at": "{tag}"}}))
    pieces = """  inline:
    signed_by: scanning
    type: https://example/x/v1
    predicate: {of: ["{source}", 7, null]}
  filed: {signed_by: scanning, type: https://example/x/v1, file: report.json, logged: false}
  broken: {state: invalid, code: bundle.proof-invalid, type: https://example/x/v1}
"""
    found = CASE.replace("[signature]", "[signature, inline, filed, broken]")
    (case,) = with_cases(config, HEAD + pieces + found).load().cases()
    _, inline, filed = case.evidence.attestations
    assert inline.predicate == {"of": ["https://forge.acme.example/shop/cart", 7, None]}
    assert filed.predicate == {"of": [case.evidence.digest, "a" * 40], "from": {"at": "v1.4.0"}}
    assert (filed.log, filed.signed_at, inline.signed_at) == (None, None, case.occasion.now)
    assert [(one.state, one.code) for one in case.evidence.unusable] == [
        (EvidenceState.INVALID, "bundle.proof-invalid")
    ]


def test_a_case_may_take_the_service_to_be_of_other_classes(config: Directory) -> None:
    config.write(
        "classes/tested.yaml",
        "description: Ours.\nsigners:\n  testing: {issuer: https://x.example, san: t@x.example}\n"
        "require:\n  - {check: tests, signers: [testing], suites: [unit]}\n",
    )
    content = HEAD + CASE.replace("    outcome:", "    classes: [tested]\n    outcome:")
    (case,) = with_cases(config, content).load().cases()
    assert case.occasion.circumstances.service.classes == ("tested",)
    assert [one.what for one in try_case(case).differences] == ["tests"]
    config.replace("cases/releases.yaml", "[tested]", "[teste]")
    assert problems(config)[0].endswith("classes[0]: no class 'teste'; did you mean tested? (allowed: tested)")


def test_expressions_are_asked_by_whoever_tries_the_case(config: Directory) -> None:
    line = (
        "  - check: expression\n    says: the service has a name\n    expression: release != ''\n    facts: [service]\n"
    )
    config.write("policies/prod.yaml", (config.path / "policies" / "prod.yaml").read_text(encoding="utf-8") + line)
    (case,) = with_cases(config).load().cases()
    assert [one.what for one in try_case(case).differences] == ["expression"]
    assert try_case(case, Evaluator(open_expressions()).judge).differences == ()


MISTAKES = {
    "service": (
        ("service: cart", "service: crat"),
        "cases[0].service: no service 'crat'; did you mean cart? (allowed: billing, cart, search)",
    ),
    "environment": (
        ("environment: prod", "environment: pord"),
        "cases[0].environment: no environment 'pord' of cart; did you mean prod? (allowed: dev, prod, staging)",
    ),
    "no environment": (
        ("    environment: prod\n", ""),
        "cases[0]: names no environment, and neither does the file; write environment",
    ),
    "evidence": (
        ("found: [signature]", "found: [signature, sbom]"),
        "cases[0].found[1]: no evidence 'sbom' (allowed: signature)",
    ),
    "unused": (("found: [signature]", "found: []"), "evidence.signature: no case has found it; remove it"),
    "line": (
        ("      sbom:", "      sbon:"),
        (
            "cases[0].findings.sbon: no line 'sbon' in this policy; did you mean sbom? "
            "(allowed: provenance, sbom, scan, signature, vulnerabilities)"
        ),
    ),
    "code": (
        ("[sbom.absent]", "[sbom.absnt]"),
        "cases[0].findings.sbom.codes: no code 'sbom.absnt'; did you mean sbom.absent?",
    ),
    "signer": (
        ("signed_by: release", "signed_by: releaser"),
        "cases[0]: evidence.signature: the policy has no signer 'releaser' (it has: release, scanning)",
    ),
    "nobody": (
        ("signed_by: release", "logged: true"),
        "cases[0]: evidence.signature: give exactly one of signed_by and stranger",
    ),
    "state": (
        ("signed_by: release", "state: invalid"),
        "cases[0]: evidence.signature: gives a state without the code of what is wrong",
    ),
    "strange state": (
        ("signed_by: release", "state: stale, code: x"),
        "cases[0]: evidence.signature: no piece is stale by itself; write one of absent, invalid, unparseable",
    ),
    "file": (
        ("signed_by: release", "signed_by: release, file: none.json"),
        "cases[0]: evidence.signature: none.json cannot be read: No such file or directory",
    ),
    "duration": (
        ("signed_by: release", "signed_by: release, predicate: {age: 7d}"),
        "cases[0]: evidence.signature: a predicate holds no timedelta; put quotes around what is text",
    ),
    "key": (("    found:", "    finds:"), "unknown key cases[0].finds; did you mean findings? (allowed: case, "),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_with_file_line_and_key(config: Directory, name: str) -> None:
    (old, new), says = MISTAKES[name]
    content = HEAD + CASE
    assert old in content
    told = problems(with_cases(config, content.replace(old, new, 1)))
    assert told[0].startswith("cases/releases.yaml:")
    assert says in told[0]


def test_a_pattern_needs_somebody_who_matches_it(config: Directory) -> None:
    config.replace(
        "policies/prod.yaml",
        "san: https://forge.acme.example/security/scanning/",
        "san_pattern: https://forge.acme.example/security/*/",
    )
    content = (HEAD + CASE).replace("signed_by: release", "signed_by: scanning")
    assert problems(with_cases(config, content)) == (
        "cases/releases.yaml:7: cases[0]: evidence.signature: scanning is a pattern: give a stranger that it matches",
    )


def test_only_cases_and_their_json_stand_in_the_folder(config: Directory) -> None:
    config.write("cases/notes.txt", "x")
    assert problems(config) == ("cases/notes.txt: is not read; only *.yaml files belong here",)


def test_a_configuration_without_cases_is_fine(config: Directory) -> None:
    for path in (config.path / "cases").iterdir():
        path.unlink()
    assert config.load().cases() == ()
    assert not Path(config.path / "cases" / "releases.yaml").exists()
