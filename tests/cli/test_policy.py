"""Commands about policies, which ask nobody: they are run on the example configuration alone."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from promoter.cli.main import promoter
from promoter.presets import PRESETS, read_preset
from promoter.strict_yaml import ConfigError
from tests.config.directory import EXAMPLE, Directory


def run(*words: str) -> Result:
    return CliRunner().invoke(promoter, ["--config", str(EXAMPLE), *words], prog_name="promoter")


def test_contract_says_in_words_what_an_environment_demands_of_a_service() -> None:
    ran = run("contract", "cart", "--env", "prod")
    assert ran.exit_code == 0
    assert ran.output.startswith("What prod demands of cart, by the policy sha256:")
    for line in (
        "source\n  - releases are made from https://forge.acme.example/shop/cart, at the git tag v{release}\n",
        "  - the newest scan is at most 7d old\n",
        "  - critical: at most 0 with a fix, at most 0 without a fix\n",
        "  - the release has settled in staging\n",
        "  - 2 approving reviews of exactly the proposed commit, by others than its authors\n",
    ):
        assert line in ran.output


def test_contract_as_json_holds_the_same() -> None:
    found = json.loads(run("contract", "cart", "--env", "dev", "--json").output)
    assert (found["service"], found["environment"], found["classes"]) == ("cart", "dev", [])
    terms = {clause["title"]: clause["terms"] for clause in found["clauses"]}
    assert terms["vulnerabilities: no more vulnerabilities than allowed"][0] == "shown only"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("contract crat --env prod", "no service 'crat'; did you mean cart? (allowed: billing, cart, search)"),
        ("contract cart --env pord", "no environment 'pord'; did you mean prod? (allowed: dev, prod, staging)"),
        (
            "policy preset signin",
            "no preset 'signin'; did you mean signing? (allowed: all, digest, provenance, sbom-and-scan, signing)",
        ),
    ],
)
def test_an_unknown_name_is_answered_with_those_that_exist(words: str, says: str) -> None:
    ran = run(*words.split())
    assert isinstance(ran.exception, ConfigError)
    assert ran.exception.problems == (says,)


def test_presets_are_listed_and_printed_as_they_are() -> None:
    assert [line.split()[0] for line in run("policy", "preset").output.splitlines()] == list(PRESETS)
    assert run("policy", "preset", "signing").output == read_preset("signing")
    found = json.loads(run("policy", "preset", "digest", "--json").output)
    assert found[0]["text"] == read_preset("digest")


def test_policy_test_writes_a_line_for_each_case_and_ends_with_0() -> None:
    ran = run("policy", "test")
    assert ran.exit_code == 0
    assert "ok    prod: a complete release passes in prod\n" in ran.output
    assert "FAIL" not in ran.output
    found = json.loads(run("policy", "test", "--json").output)
    assert [one["case"] for one in found if one["differences"]] == []


def test_policy_test_shows_what_was_wanted_and_got_and_ends_with_1(tmp_path: Path) -> None:
    config = Directory(tmp_path)
    config.replace("policies/prod.yaml", "  - check: sbom\n", "  - check: sbom\n    mode: warn\n")
    ran = CliRunner().invoke(promoter, ["--config", str(config.path), "policy", "test"])
    assert ran.exit_code == 1
    (place,) = re.findall(r"(\S+/cases/releases.yaml:\d+): verdict", ran.output)
    assert (
        f"FAIL  prod: an SBOM must be there in prod\n      {place}: verdict\n      - wanted fail\n      + got    pass\n"
    ) in ran.output
    checked = CliRunner().invoke(promoter, ["--config", str(config.path), "config", "check"])
    assert isinstance(checked.exception, ConfigError)
    assert checked.exception.problems == (
        f"{place}: in prod, an SBOM must be there in prod: verdict: wanted fail, got pass",
    )


def test_an_exception_that_the_policy_does_not_allow_is_a_problem_until_it_ends(tmp_path: Path) -> None:
    config = Directory(tmp_path)
    text = (
        "codes: [sbom.absent]\nenvironments: [prod]\ndigests: [sha256:" + "a" * 64 + "]\n"
        "owner: team-cart\nreason: x\nrequested_by: rosa\n"
        "not_before: {0}-01-01T00:00:00Z\nexpires: {0}-12-31T00:00:00Z\n"
    )
    config.write("exceptions/INC-1.yaml", text.format(2019))
    ended = CliRunner().invoke(promoter, ["--config", str(config.path), "config", "check"])
    assert (ended.exception, ended.exit_code) == (None, 0)

    config.write("exceptions/INC-1.yaml", text.format(2199))
    coming = CliRunner().invoke(promoter, ["--config", str(config.path), "config", "check"])
    assert isinstance(coming.exception, ConfigError)
    place = f"{config.path}/exceptions/INC-1.yaml:8"
    said = "expires: in prod it lasts 364 days, at most 90 are allowed"
    assert coming.exception.problems == (f"{place}: {said}",)


def test_config_check_tells_classes_dates_and_what_was_loosened(tmp_path: Path) -> None:
    config = Directory(tmp_path)
    text = (config.path / "policies" / "prod.yaml").read_text(encoding="utf-8")
    config.write("fragments/baseline.yaml", text)
    line = "  - {check: sbom, effective_on: 2030-01-01, loosens: suppliers need\\ntime}\n"
    config.write("policies/prod.yaml", f"include: [baseline]\nrequire:\n{line}")
    config.write("classes/vendor.yaml", f"description: x\nenvironments: [staging]\n{text.split('  - check: scan')[0]}")
    for path in (config.path / "cases").iterdir():
        path.unlink()
    ran = CliRunner().invoke(promoter, ["--config", str(config.path), "config", "check"])
    assert ran.exit_code == 0, ran.exception
    assert "class vendor in staging: signature, provenance, sbom\n" in ran.output
    assert "sbom (from 2030-01-01 on)" in ran.output
    assert (
        f"{config.path}/policies/prod.yaml:3: prod demands less than {config.path}/fragments/baseline.yaml:25 of sbom: "
        "suppliers need\\ntime\n"
    ) in ran.output
