"""`promoter deny`: what it writes down, what verify says then, and what it refuses."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.company import Company
from tests.cli.test_commands import digest


@pytest.fixture
def state(company: Company, tmp_path: Path) -> str:
    """Give a copy of the bot's state, to be written to."""
    copy = tmp_path / "state"
    shutil.copytree(company.state, copy)
    return str(copy)


def test_a_denied_digest_fails_verify_until_it_is_lifted(company: Company, state: str) -> None:
    good = digest(company, "cart", "1.0.0")
    denied = company.run("deny", "--digest", good, "--reason", "INC-812", "--actor", "mia", PROMOTER_STATE=state)
    ident = denied.out.partition(":")[0]
    assert (denied.code, denied.err) == (0, "")
    assert re.fullmatch(
        r"denial-[0-9a-f]{12}: denied by mia; it takes effect at the next look at every service\n", denied.out
    )
    again = company.run("deny", "--digest", good, "--reason", "another", PROMOTER_STATE=state)
    assert (again.code, again.out) == (0, f"{ident} stands already: INC-812\n")
    told = company.run("verify", "cart:1.0.0", "--env", "prod", "--json", PROMOTER_STATE=state)
    codes = [reason["code"] for one in json.loads(told.out)["findings"] for reason in one["reasons"]]
    assert (told.code, codes) == (1, ["denied.digest"])
    lifted = company.run("deny", "lift", ident, "--reason", "a false alarm", "--actor", "mia", PROMOTER_STATE=state)
    assert lifted.out == f"{ident}: lifted by mia; what it revoked is judged again at the next look\n"
    assert company.run("verify", "cart:1.0.0", "--env", "prod", PROMOTER_STATE=state).code == 0


def test_a_digest_that_the_file_denies_fails_verify_without_any_bot(company: Company, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(company.config.path, config)
    good = digest(company, "cart", "1.0.0")
    (config / "deny.yaml").write_text(f"denials:\n  - {{id: bad, digest: '{good}', reason: INC-812}}\n")
    away = str(tmp_path / "nowhere")
    ran = company.run("verify", "cart:1.0.0", "--env", "dev", config=config, PROMOTER_STATE=away)
    assert ran.code == 1
    assert f"FAIL  denylist: the release's own digest is denied by bad (digest {good}: INC-812)" in ran.out
    assert not Path(away).exists()


def test_the_list_says_what_why_since_when_and_what_is_revoked(company: Company, state: str) -> None:
    assert company.run("deny", "list", PROMOTER_STATE=state).out == "Nothing is denied.\n"
    words = ("--component", "pkg:pypi/requests", "--versions", "<3", "--reason", "CVE-2026-1111", "--actor", "mia")
    assert company.run("deny", *words, PROMOTER_STATE=state).code == 0
    assert company.run("once", "cart", "--dry-run", PROMOTER_STATE=state).code == 0
    shown = re.sub(r"denial-[0-9a-f]{12}", "ID", company.run("deny", "list", PROMOTER_STATE=state).out)
    lines = re.sub(r"since \S+ \S+,", "since TIME,", shown).splitlines()
    assert lines[:2] == ["ID  component pkg:pypi/requests <3", "    since TIME, by mia: CVE-2026-1111"]
    assert "    revoked: cart 1.0.0 in dev" in lines
    (row,) = json.loads(company.run("deny", "list", "--json", PROMOTER_STATE=state).out)
    assert (row["denial"]["value"], row["denial"]["versions"]) == ("pkg:pypi/requests", "<3")
    assert "cart 1.0.0 in prod" in row["revoked"]
    logged = company.run("log", "--json", PROMOTER_STATE=state).out
    assert '"kind":"denied"' in logged.replace(" ", "")


def test_bad_rules_keep_nobody_from_denying_and_lifting(company: Company, state: str, tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(company.config.path, config)
    (config / "policies" / "prod.yaml").write_text("require: []\n")
    good = digest(company, "cart", "1.0.0")
    denied = company.run("deny", "--digest", good, "--reason", "INC-812", config=config, PROMOTER_STATE=state)
    assert (denied.code, denied.err) == (0, "")
    ident = denied.out.partition(":")[0]
    assert company.run("deny", "lift", ident, "--reason", "x", config=config, PROMOTER_STATE=state).code == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("deny",), "name exactly one of --digest, --commit, --signer and --component"),
        (("deny", "--digest", "a", "--commit", "b", "--reason", "x"), "name exactly one of --digest, --commit"),
        (("deny", "--digest", "a"), "Missing option '--reason'"),
        (("deny", "--digest", "a", "--reason", "x"), "--digest: not a sha256 digest: 'a'"),
        (("deny", "--commit", "abc", "--reason", "x"), "--commit: not a whole commit: 'abc'"),
        (("deny", "--component", "pkg:npm/a", "--versions", "<", "--reason", "x"), "--versions: '<' is no version"),
        (("deny", "--signer", "a*", "--reason", "x"), "--signer: a signer is named exactly"),
        (("deny", "--signer", "a", "--reason", "x\ny"), "must be one line of at most 1000 readable characters"),
        (("deny", "--reason", "x", "list"), "list takes its options after its name"),
        (("deny", "lift", "denial-1", "--reason", "x"), "no denial 'denial-1' stands (allowed: none)"),
        (("deny", "lift", "denial-1"), "Missing option '--reason'"),
    ],
)
def test_what_names_nothing_or_too_much_is_refused_with_2(
    company: Company, state: str, words: tuple[str, ...], says: str
) -> None:
    ran = company.run(*words, PROMOTER_STATE=state)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
