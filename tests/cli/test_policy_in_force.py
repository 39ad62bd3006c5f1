"""Rules from git through the command line, over the wire: what is taken over, what is refused, and the way back."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest
from promoter.core.public_key import parse_public_key
from promoter.local.authority.bundles import bundle
from promoter.local.authority.contents import Envelope, statement
from promoter.local.authority.instance import make_instance
from promoter.local.authority.keys import make_key
from promoter.local.authority.sealing import Credential, Witnesses, seal
from promoter.local.pipeline import PACKAGES, Recipe
from promoter.local.predicates import Weakness
from tests.cli.company import ROOT, Company, Ran
from tests.config.directory import EXAMPLE, Directory
from tests.core.scenes import NOW
from tests.rules_repository import RulesRepository

PROD, STAGING = "policies/prod.yaml", "policies/staging.yaml"
_numbers = count(1)


class Plain:
    """A configuration directory and a state of its own in the company that all tests share."""

    def __init__(self, company: Company, folder: Path) -> None:
        self.company = company
        self.config = Directory(folder)
        self.state = folder / "state"

    def run(self, *arguments: str, **variables: str) -> Ran:
        """Run a command on this configuration."""
        return self.company.run(*arguments, config=self.config.path, **{"PROMOTER_STATE": str(self.state), **variables})

    def once(self, **variables: str) -> Ran:
        """Let the bot look at its rules, and at a service without releases."""
        return self.run("once", "--dry-run", "billing", **variables)

    def shown(self) -> dict[str, Any]:
        """Give what `policy show --json` says."""
        told: dict[str, Any] = json.loads(self.run("policy", "show", "--json").out)
        return told


class Office(Plain):
    """One whose rules stand in a repository at the forge."""

    def __init__(self, company: Company, folder: Path, demands: str = "") -> None:
        """Move the rules from the configuration directory to the forge; `demands` are further keys of `rules`."""
        super().__init__(company, folder)
        self.rules = RulesRepository(company.world, f"platform/rules-{next(_numbers)}")
        self.first = self.rules.move_from(self.config.path, demands)

    def reset(self, commit: str) -> None:
        """Rewrite the branch, as somebody with the power to force a push can."""
        self.rules.git("update-ref", "refs/heads/main", commit)

    def weaken(self, file: str = PROD) -> dict[str, str]:
        """Give a policy that enforces one check less."""
        text = self.rules.git("show", f"refs/heads/main:rules/{file}")
        assert "  - check: sbom\n" in text
        return {file: text.replace("  - check: sbom\n", "  - check: sbom\n    mode: warn\n", 1) + "\n"}

    def checkout(self) -> Path:
        """Give the rules of the branch as files, as a person has them."""
        place = self.state.parent / "checkout"
        place.mkdir(exist_ok=True)
        self.rules.git(f"--work-tree={place}", "checkout", "--force", "main", "--", "rules")
        return place / "rules"

    @property
    def commit_in_force(self) -> str:
        return str(self.shown()["active"]["commit"])


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    with Company(tmp_path_factory.mktemp("company")) as company:
        yield company


@pytest.fixture
def office(company: Company, tmp_path: Path) -> Office:
    office = Office(company, tmp_path)
    assert office.once().code == 0
    return office


def test_the_first_rules_are_taken_over_with_whoever_answers_for_them(office: Office) -> None:
    active = office.shown()["active"]
    assert (active["commit"], active["author"], active["reviewers"], active["weaker"]) == (office.first, "", [], [])
    assert active["bundle"] in office.run("policy", "show").out
    check = office.run("config", "check")
    assert (check.code, check.err) == (0, "")
    assert "environment prod after staging: " in check.out


def test_what_weakens_the_rules_needs_two_approvals_of_just_that_commit(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    number = office.rules.propose(office.weaken(), "mia")
    commit = office.rules.person("ines").merge(number)
    ran = office.once()
    assert ran.code == 0
    assert office.commit_in_force == office.first
    refused = office.shown()["refused"]
    assert refused["commit"] == commit
    assert refused["detail"].startswith(f"commit {commit[:12]} (#{number}) makes the rules weaker (")
    assert re.search(r"\) and 1 of 2 approvals count: mia \(\d+\); Security team: ", refused["detail"])
    assert f"rules not taken over, the last good ones stay: commit {commit[:12]}" in caplog.text
    status = office.run("status").out
    assert re.search(rf"Rules that were not taken over at \S+ \S+ \(commit {commit[:12]}\): the last good", status)
    caplog.clear()
    office.once()
    assert caplog.text == "", "the same is not said twice"

    office.rules.approve(number, "omar")
    office.once()
    assert "rules are weaker than before: " in caplog.text
    active = office.shown()["active"]
    assert (active["commit"], active["author"]) == (commit, "ada")
    assert [re.sub(r" \(\d+\)", "", one) for one in active["reviewers"]] == ["mia", "omar"]
    assert active["weaker"]
    assert office.shown()["refused"] is None
    assert "approved by mia (" in office.run("policy", "show").out
    assert "not taken over" not in office.run("status").out


def test_a_weakening_without_review_is_not_carried_in_by_a_reviewed_change_on_top(office: Office) -> None:
    pushed = office.rules.commit(office.weaken(PROD), "main")
    number = office.rules.propose(office.weaken(STAGING), "mia", "omar")
    office.rules.person("ines").merge(number)
    office.once()
    assert office.commit_in_force == office.first
    refused = office.shown()["refused"]["detail"]
    assert f"commit {pushed[:12]} makes the rules weaker" in refused
    assert "0 of 2 approvals count: no pull request brought it: nobody has reviewed it" in refused


def test_a_forced_push_back_is_refused_and_a_revert_works_while_git_is_down(office: Office) -> None:
    number = office.rules.propose(office.weaken(), "mia", "omar")
    merged = office.rules.person("ines").merge(number)
    office.once()
    assert office.commit_in_force == merged

    office.reset(office.first)
    office.once()
    assert office.commit_in_force == merged
    first = json.loads(office.run("policy", "history", "--json").out)[0]["bundle"]
    back = f"going back is for people to say: promoter policy revert {first} --reason ..."
    assert office.shown()["refused"]["detail"] == f"the branch went back behind the commit in force; {back}"

    office.reset(merged)
    office.once()
    nowhere = {"PROMOTER_FORGE_GIT": "http://127.0.0.1:1"}
    ran = office.run("policy", "revert", office.first[:12], "--reason", "INC-931", "--actor", "mia", **nowhere)
    assert (ran.code, ran.out) == (0, f"rules {first} are in force again, by mia: INC-931\n")
    shown = office.run("policy", "show").out
    assert "  gone back to by mia: INC-931\n" in shown
    assert f"  until there is something newer than {merged}\n" in shown
    assert "Rules of before are in force since" in office.run("status").out

    office.once()
    assert office.commit_in_force == office.first, "the head of that time is not taken over again"
    number = office.rules.propose(office.weaken(STAGING), "mia", "omar")
    newer = office.rules.person("ines").merge(number)
    office.once()
    assert office.commit_in_force == newer
    kinds = [line.split()[2] for line in office.run("policy", "history").out.splitlines()]
    assert kinds == ["in", "in", "refused", "in", "went", "in"]


def test_rules_that_cannot_be_read_keep_the_last_good_ones_also_over_a_restart(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    before = office.run("config", "check").out
    bad = office.rules.commit({PROD: "signers: {}\nrequire: []\n"}, "main")
    ran = office.once()
    assert ran.code == 0
    place = f"{office.rules.name}@main {bad[:12]}: policies/prod.yaml"
    assert f"rules not taken over, the last good ones stay: {place}:1: signers: must not be empty" in caplog.text
    assert office.shown()["refused"]["commit"] == bad
    assert office.run("config", "check").out == before

    office.once(PROMOTER_FORGE_GIT="http://127.0.0.1:1")
    assert "rules not looked at, the last good ones stay: outside.unreachable" in caplog.text
    assert office.run("config", "check").out == before
    shutil.rmtree(office.state / "rules")  # the blobs have them too
    assert office.once().code == 0
    assert office.run("config", "check").out == before


def test_bad_rules_at_the_first_look_are_an_error_of_the_configuration(company: Company, tmp_path: Path) -> None:
    office = Office(company, tmp_path)
    bad = office.rules.commit({PROD: "signers: {}\nrequire: []\n"}, "main")
    ran = office.once()
    place = f"{office.rules.name}@main {bad[:12]}: policies/prod.yaml"
    assert (ran.code, f"promoter: {place}:1: signers: must not be empty\n" in ran.err) == (2, True)
    none = office.run("status")
    said = f"promoter: rules: none from {office.rules.name} are in force yet; `promoter once` takes them over\n"
    assert (none.code, none.err) == (2, said)


def test_rules_beside_promoter_yaml_are_refused_where_they_come_from_git(office: Office) -> None:
    office.config.write("policies/prod.yaml", (EXAMPLE / PROD).read_bytes())
    ran = office.run("config", "check")
    path = office.config.path / PROD
    assert (ran.code, ran.err) == (2, f"promoter: {path}: is not read, for the rules are not here; remove it\n")


def test_a_revert_to_nothing_known_says_what_there_is(office: Office) -> None:
    ran = office.run("policy", "revert", "0000000", "--reason", "x")
    said = "promoter: no rules '0000000' were in force; `promoter policy history` lists those that were\n"
    assert (ran.code, ran.err) == (2, said)
    ran = office.run("policy", "revert", office.first[:6], "--reason", "x")
    said = f"promoter: '{office.first[:6]}' is too short to name rules; write 7 characters of it or more\n"
    assert (ran.code, ran.err) == (2, said)
    ran = office.run("policy", "revert", office.first[:8], "--reason", "x")
    bundle = office.shown()["active"]["bundle"]
    assert ran.err == f"promoter: rules {bundle} are in force; there is nothing to go back from\n"


def test_a_signature_over_the_bundle_approves_it_as_reviews_do(company: Company, tmp_path: Path) -> None:
    key = make_key()
    pem = textwrap.indent(key.public_pem.decode(), " " * 8)
    signers = f"  signers:\n    security:\n      log: optional\n      key: |\n{pem}"
    office = Office(company, tmp_path, f"  approvals: 1\n{signers}")
    office.once()
    office.rules.commit(office.weaken(), "main")
    office.once()
    assert office.commit_in_force == office.first

    named = Digest(office.run("policy", "digest", str(office.checkout())).out.splitlines()[0])
    assert named == office.shown()["refused"]["bundle"]
    approval = Envelope(statement(named, "https://promoter.dev/attestation/rules-approval/v1", {}))
    signature = bundle(seal(make_instance(NOW), approval, Credential(key), Witnesses(NOW, logs=())))
    office.rules.commit({"signatures/security.json": signature.decode() + "\n"}, "main")
    office.once()
    active, fingerprint = office.shown()["active"], parse_public_key(key.public_pem.decode()).fingerprint
    assert (active["bundle"], active["signers"], active["reviewers"]) == (named, [f"key {fingerprint}"], [])


# --- exceptions -------------------------------------------------------------------------------------------------------

BAD = Recipe(weaknesses=(Weakness("CVE-2026-31337", "CRITICAL", PACKAGES[0], fixed="3.2.1"),))


def exception_file(requester: str, service: str = "cart") -> dict[str, str]:
    now = SystemClock().now()
    text = f"""
codes: [vulnerabilities.over-limit]
environments: [prod]
services: [{service}]
vulnerabilities: [CVE-2026-31337]
max_severity: critical
owner: team-cart
reason: no fixed version yet
requested_by: {requester}
not_before: {now - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}
expires: {now + timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}
"""
    return {"exceptions/EX-1.yaml": text}


def test_commands_ask_the_forge_who_answers_for_an_exception(office: Office) -> None:
    digest = office.company.release("cart", "1.0.0", BAD)
    number = office.rules.propose(exception_file("omar"), "mia", "omar")
    office.rules.person("ines").merge(number)
    office.once()
    kept = sorted(office.state.rglob("*"))
    counted = "1 of 2 people who neither wrote nor requested it approved"
    assert office.run("exception", "check").out == f"EX-1: in prod: {counted}\n"
    assert f"  in prod: {counted}\n" in office.run("exception", "list").out
    verify = ("verify", f"cart:1.0.0@{digest}", "--env", "prod", "--json")
    assert "vulnerabilities" in failing(office.run(*verify))
    nowhere = office.run("exception", "check", PROMOTER_FORGE_GIT="http://127.0.0.1:1")
    unknown = "who answers for it, or whether it was taken back, is not known now"
    assert (nowhere.code, nowhere.out) == (3, f"EX-1: in prod: {unknown}\n")

    office.rules.approve(number, "ines")
    checked = office.run("exception", "check")
    assert (checked.code, checked.out) == (0, "EX-1: in order\n")
    ran = office.run(*verify)
    assert "vulnerabilities" not in failing(ran)
    waived = [one for one in json.loads(ran.out)["findings"] if one["outcome"] == "waived"]
    assert [(one["check"], one["exceptions"]) for one in waived] == [("vulnerabilities", ["EX-1"])]
    assert sorted(office.state.rglob("*")) == kept, "who asks leaves nothing behind"

    assert "Exceptions in use" not in office.run("status").out
    assert office.run("once", "--dry-run", "cart").code == 0
    in_use = "Exceptions in use\n  EX-1  active, 47 hours left: cart 1.0.0 in prod; owner team-cart\n"
    assert in_use in office.run("status").out


def failing(ran: Ran) -> set[str]:
    """Give the checks that fail, by what `verify --json` says."""
    return {one["check"] for one in json.loads(ran.out)["findings"] if one["outcome"] == "fail"}


def test_a_new_exception_is_written_into_a_checkout_where_the_rules_are_in_git(office: Office) -> None:
    words = ("exception", "new", "INC-1", "--service", "cart", "--env", "prod", "--code", "scan.stale")
    who = ("--digest", "sha256:" + "1" * 64, "--owner", "team-cart", "--reason", "wait", "--requested-by", "rosa")
    nowhere = office.run(*words, *who)
    said = f"promoter: rules come from {office.rules.name}; name the folder of your checkout with --into\n"
    assert (nowhere.code, nowhere.err) == (2, said)
    place = office.checkout()
    ran = office.run(*words, *who, "--into", str(place))
    told = "have its pull request approved and merged, then `promoter exception check` tells whether it counts"
    assert (ran.code, ran.out) == (0, f"{place / 'exceptions' / 'INC-1.yaml'}: written; {told}\n")


# --- rules of a plain directory ---------------------------------------------------------------------------------------


@pytest.fixture
def plain(company: Company, tmp_path: Path) -> Plain:
    plain = Plain(company, tmp_path)
    assert plain.once().code == 0
    return plain


def test_what_gets_weaker_in_a_directory_is_taken_over_and_told_loudly(
    plain: Plain, caplog: pytest.LogCaptureFixture
) -> None:
    plain.config.replace(PROD, "  - check: sbom\n", "  - check: sbom\n    mode: warn\n")
    ran = plain.once()
    assert (ran.code, "rules are weaker than before: " in caplog.text) == (0, True)
    active = plain.shown()["active"]
    assert (active["commit"], active["author"], active["reviewers"]) == ("", "", [])
    assert active["weaker"]
    status = plain.run("status").out
    assert re.search(r"Rules that are weaker than before since \S+ \S+, approved by nobody\n  \S", status)
    assert "from files of this machine: nobody is known to answer for them" in plain.run("policy", "show").out


def test_a_revert_of_a_directory_holds_until_other_files_stand_there(plain: Plain) -> None:
    first = plain.shown()["active"]["bundle"]
    plain.config.replace(PROD, "  - check: sbom\n", "  - check: sbom\n    mode: warn\n")
    plain.once()
    assert plain.run("policy", "revert", first, "--reason", "INC-931").code == 0
    plain.once()
    assert plain.shown()["active"]["bundle"] == first
    plain.config.replace(PROD, "mode: warn", "mode: enforce")
    plain.once()
    active = plain.shown()["active"]
    assert (active["bundle"] != first, active["is_revert"]) == (True, False)


def test_the_digest_to_sign_is_that_of_the_bundle_and_its_bytes_can_be_had(plain: Plain, tmp_path: Path) -> None:
    told = plain.run("policy", "digest")
    bundle = plain.shown()["active"]["bundle"]
    kind = "https://promoter.dev/attestation/rules-approval/v1"
    place = plain.config.path
    assert told.out == (
        f"{bundle}\n"
        "To approve it, with your name for NAME (cosign 3; with a key, add --key):\n"
        f"  promoter --config {place} policy digest {place} --body > rules.json\n"
        "  echo '{}' > approval.json\n"
        f"  cosign attest-blob --predicate approval.json --type {kind} "
        f"--bundle {place}/signatures/NAME.json rules.json\n"
    )
    body = plain.run("policy", "digest", str(place), "--body").out
    assert f"sha256:{hashlib.sha256(body.encode()).hexdigest()}" == bundle


# --- the running bot --------------------------------------------------------------------------------------------------


def until(holds: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    """Wait until something is so while the bot runs."""
    ends = time.monotonic() + 30
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.2)


@pytest.mark.slow
def test_a_running_bot_follows_the_branch_and_a_persons_word(office: Office) -> None:
    command = [sys.executable, "-m", "promoter", "--config", str(office.config.path), "run"]
    environment = {**os.environ, **office.company.variables, "PROMOTER_STATE": str(office.state)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT)
    try:
        number = office.rules.propose(office.weaken(), "mia")
        merged = office.rules.person("ines").merge(number)
        until(lambda: office.shown()["refused"], process)
        office.rules.approve(number, "omar")
        until(lambda: office.commit_in_force == merged, process)
        assert office.run("policy", "revert", office.first, "--reason", "INC-931").code == 0
        time.sleep(8)
        assert office.commit_in_force == office.first
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "Traceback" not in err
    told = [line.split(" ", 2)[2] for line in err.splitlines()]
    assert [line for line in told if line.startswith("ERROR promoter: rules not taken over, the last good ones stay: ")]
    assert told.count("INFO promoter: configuration taken over") == 2, "after the approval, and after the revert"


@pytest.mark.slow
def test_a_running_bot_lets_an_exception_count_and_count_no_more_by_its_reviews(office: Office) -> None:
    office.company.release("search", "1.0.0", BAD)
    command = [sys.executable, "-m", "promoter", "--config", str(office.config.path), "run"]
    environment = {**os.environ, **office.company.variables, "PROMOTER_STATE": str(office.state)}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT)
    try:
        until(lambda: "1.0.0 blocked" in office.run("status", "search").out, process)
        number = office.rules.propose(exception_file("rosa", "search"), "mia", "omar")
        office.rules.person("ines").merge(number)
        until(lambda: "  used by search 1.0.0 in prod: absorbs 1\n" in office.run("exception", "list").out, process)
        office.rules.person("ines").request_changes(number, office.rules.head(number), "Not this week.")
        until(lambda: "absorbs 0" in office.run("exception", "list").out, process)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, "Traceback" in err) == (0, False)
    told = office.run("explain", "search:1.0.0", "--env", "prod").out
    assert "changes are asked for by ines" in told
