"""`promoter trust`, and what other commands say and do about the trusted root."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.trust_files import KeptRootStore
from promoter.core.candidate import digest_of
from tests.adapters.bundles import trusted_root
from tests.adapters.tuf_repository import TufRepository
from tests.cli.company import ROOT as ROOT_FOLDER
from tests.cli.company import Company, Ran
from tests.cli.test_commands import plain
from tests.config.directory import Directory

NAME = "trusted_root.json"
ROOT = "root: ${PROMOTER_TRUSTED_ROOT:-trust/trusted_root.json}"
REFUSED = "outside.unreachable: the trusted root of http://LOOPBACK: 2.root.json: Connection refused"
DAY = timedelta(days=1)
Document = dict[str, Any]


class Desk:
    """A configuration that takes its trusted root by TUF, and its state."""

    def __init__(self, company: Company, folder: Path, trust: str) -> None:
        self.company = company
        self.state = folder / "state"
        self.config = Directory(folder)
        self.config.replace("promoter.yaml", ROOT, trust)

    def run(self, *arguments: str) -> Ran:
        return self.company.run(*arguments, config=self.config.path, PROMOTER_STATE=str(self.state))

    def keep(self, url: str, raw: bytes, age: timedelta) -> None:
        """Keep a root as if it had been refreshed then."""
        store = KeptRootStore(self.state / "trust", url)
        with store.held():
            store.keep(raw, SystemClock().now() - age)


@pytest.fixture
def published(tmp_path: Path) -> Iterator[TufRepository]:
    """A repository that publishes the root of the company's own authority."""
    with TufRepository(tmp_path / "published") as repository:
        repository.publish({NAME: trusted_root()})
        yield repository


@pytest.fixture
def desk(company: Company, tmp_path: Path, published: TufRepository) -> Desk:
    return Desk(company, tmp_path, f"tuf: {published.url}\n  bootstrap: {published.bootstrap}")


def said(ran: Ran, desk: Desk) -> tuple[int, list[str], list[str]]:
    """Give exit code and lines, with what differs from run to run made equal; keys stay, to tell members apart."""
    out, err = (plain(text.replace(str(desk.state), "STATE")) for text in (ran.out, ran.err))
    return ran.code, out.splitlines(), err.splitlines()


# --- update -----------------------------------------------------------------------------------------------------------


def test_update_fetches_the_first_root_and_then_says_what_has_changed(desk: Desk, published: TufRepository) -> None:
    digest = digest_of(trusted_root())
    assert said(desk.run("trust", "update"), desk) == (
        0,
        ["DIGEST from http://LOOPBACK", "the first one that is kept here: 5 authorities and logs"],
        [],
    )
    assert desk.run("trust", "update").out == f"{digest} from {published.url}\nnothing has changed\n"

    def rotated(document: Document) -> None:
        document["tlogs"][0]["publicKey"]["validFor"]["end"] = "2026-01-01T00:00:00Z"
        document["timestampAuthorities"] = []

    published.publish({NAME: trusted_root(rotated)})
    code, lines, errors = said(desk.run("trust", "update"), desk)
    assert (code, errors) == (0, [])
    assert [line.partition(" (key")[0] for line in lines] == [
        "DIGEST from http://LOOPBACK",
        "went: timestamp authority https://sigstore.example",
        "ended: transparency log https://sigstore.example",
    ]
    assert lines[2].endswith("), at TIME; what it made before stays good")
    assert (desk.state / "trust" / NAME).read_bytes() == trusted_root(rotated)


def test_an_update_that_fails_ends_with_3_and_the_old_root_stays(desk: Desk, published: TufRepository) -> None:
    desk.run("trust", "update")
    published.publish({NAME: b"{}"})
    code, out, err = said(desk.run("trust", "update"), desk)
    assert (code, out) == (3, [])
    assert err[0].startswith(
        "promoter: undecided: outside.bad-answer: what is published verifies and cannot be used: http://LOOPBACK: "
    )
    published.stop()
    assert said(desk.run("trust", "update"), desk) == (
        3,
        [],
        [f"promoter: undecided: {REFUSED}"],
    )
    assert (desk.state / "trust" / NAME).read_bytes() == trusted_root()
    code, out, err = said(desk.run("trust", "check"), desk)
    assert (code, out[1:], err) == (
        0,
        [
            f"it could not be refreshed at TIME: {REFUSED}",
            "in order",
        ],
        [],
    )


def test_a_root_that_is_a_file_is_not_fetched(company: Company) -> None:
    ran = company.run("trust", "update")
    assert (ran.code, ran.out, ran.err) == (
        2,
        "",
        "promoter: trust: only what comes by tuf is fetched; put a newer file in the place of trust.root\n",
    )


def test_an_instance_that_is_not_known_needs_a_bootstrap(company: Company, tmp_path: Path) -> None:
    desk = Desk(company, tmp_path, "tuf: https://tuf.acme.example")
    unknown = "https://tuf.acme.example is not known here; set bootstrap to a file with its first root.json"
    assert desk.run("trust", "update").err == f"promoter: trust: {unknown}\n"
    desk.config.replace("promoter.yaml", "tuf: https://tuf.acme.example", "tuf: https://t.example\n  bootstrap: b.json")
    ran = desk.run("trust", "update")
    place = desk.config.path / "b.json"
    missing = f"promoter: trust.bootstrap: {place} cannot be read: No such file or directory\n"
    assert (ran.code, ran.err) == (2, missing)


# --- show -------------------------------------------------------------------------------------------------------------


def test_show_lists_every_authority_and_log_with_key_and_period(desk: Desk) -> None:
    desk.run("trust", "update")
    code, lines, errors = said(desk.run("trust", "show"), desk)
    assert (code, errors) == (0, [])
    assert [line if "key " not in line else "    key KEY" for line in lines] == [
        "digest     DIGEST",
        "source     http://LOOPBACK",
        "refreshed  TIME",
        "",
        "Certificate authorities",
        "  https://sigstore.example",
        "    current, from TIME, without an end",
        "    key KEY",
        "    TIME - TIME  CN=signing authority intermediate,O=promoter",
        "    TIME - TIME  CN=signing authority root,O=promoter",
        "",
        "Certificate transparency logs",
        "  https://sigstore.example",
        "    current, from TIME, without an end",
        "    key KEY",
        "",
        "Transparency logs",
        "  https://sigstore.example",
        "    current, from TIME, without an end",
        "    key KEY",
        "  https://sigstore.example",
        "    current, from TIME, without an end",
        "    key KEY",
        "",
        "Timestamp authorities",
        "  https://sigstore.example",
        "    current, from TIME, without an end",
        "    key KEY",
        "    TIME - TIME  CN=timestamps signer,O=promoter",
        "    TIME - TIME  CN=timestamps root,O=promoter",
    ]


def test_show_gives_the_same_as_json(desk: Desk, published: TufRepository) -> None:
    desk.run("trust", "update")
    document = json.loads(desk.run("trust", "show", "--json").out)
    assert (document["v"], document["digest"], document["source"], document["age"], document["sentence"]) == (
        1,
        digest_of(trusted_root()),
        published.url,
        "young",
        "",
    )
    assert [(one["kind"], one["state"], len(one["key"]), len(one["chain"])) for one in document["members"]] == [
        ("certificate authority", "current", 64, 2),
        ("certificate transparency log", "current", 64, 0),
        ("transparency log", "current", 64, 0),
        ("transparency log", "current", 64, 0),
        ("timestamp authority", "current", 64, 2),
    ]
    assert set(document["members"][0]) == {"kind", "name", "key", "start", "end", "state", "chain"}


def test_the_names_of_a_root_cannot_write_lines_of_their_own(company: Company, tmp_path: Path) -> None:
    def hostile(document: Document) -> None:
        document["tlogs"][0]["baseUrl"] = "https://a\n\x1b[31mcurrent"

    place = tmp_path / "root.json"
    place.write_bytes(trusted_root(hostile))
    out = Desk(company, tmp_path, f"root: {place}").run("trust", "show").out
    assert "\x1b" not in out
    assert not any(line.startswith("current") for line in out.splitlines())


# --- check ------------------------------------------------------------------------------------------------------------


def test_check_says_that_all_is_in_order(desk: Desk) -> None:
    desk.run("trust", "update")
    assert said(desk.run("trust", "check"), desk) == (
        0,
        ["DIGEST from http://LOOPBACK, refreshed TIME", "in order"],
        [],
    )


@pytest.mark.parametrize(
    ("age", "says"),
    [
        (4, "more than 3d ago: nothing will be verified with it from TIME on"),
        (15, "more than 14d ago: nothing is verified with it"),
    ],
)
def test_check_fails_from_the_age_alarm_on(desk: Desk, published: TufRepository, age: int, says: str) -> None:
    desk.keep(published.url, trusted_root(), age * DAY)
    assert said(desk.run("trust", "check"), desk) == (
        1,
        [
            "DIGEST from http://LOOPBACK, refreshed TIME",
            f"the trusted root from http://LOOPBACK was refreshed last at TIME, {says}",
            "-> Platform team: promoter trust update",
        ],
        [],
    )


def test_check_fails_where_nothing_of_a_kind_is_current_any_more(company: Company, tmp_path: Path) -> None:
    def ended(document: Document) -> None:
        for log in document["tlogs"]:
            log["publicKey"]["validFor"]["end"] = "2026-01-01T00:00:00Z"
        document["ctlogs"][0]["publicKey"]["validFor"]["start"] = "2199-01-01T00:00:00Z"

    place = tmp_path / "root.json"
    place.write_bytes(trusted_root(ended))
    desk = Desk(company, tmp_path, f"root: {place}")
    code, lines, errors = said(desk.run("trust", "check"), desk)
    unverifiable = "is current, so nothing that is signed now can be verified"
    remedy = f"-> Platform team: put a newer file at {place}; ask whoever runs the instance if that does not help"
    assert (code, errors, lines[1:]) == (
        1,
        [],
        [
            f"no certificate transparency log {unverifiable}: the period of none has begun",
            remedy,
            f"no transparency log {unverifiable}: https://sigstore.example was the last, until TIME",
            remedy,
        ],
    )


def test_a_root_that_is_not_kept_yet_cannot_be_told(desk: Desk) -> None:
    for command in ("check", "show"):
        assert said(desk.run("trust", command), desk) == (
            3,
            [],
            [
                (
                    "promoter: undecided: outside.not-found: no trusted root from http://LOOPBACK is kept yet; "
                    "run `promoter trust update`"
                )
            ],
        )
    assert not desk.state.exists()


def test_a_file_that_is_not_there_or_is_no_root_is_the_operators_to_fix(company: Company, tmp_path: Path) -> None:
    place = tmp_path / "root.json"
    desk = Desk(company, tmp_path, f"root: {place}")
    ran = desk.run("trust", "check")
    missing = f"promoter: trust.root: {place} cannot be read; put a trusted_root.json there\n"
    assert (ran.code, ran.out, ran.err) == (2, "", missing)
    place.write_text("[]")
    ran = desk.run("trust", "check")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"promoter: {place}: not a usable trusted root: ")


# --- what others do with it -------------------------------------------------------------------------------------------


@pytest.fixture
def offline(company: Company, tmp_path: Path) -> Desk:
    """A copy of the company's bot that takes its root by TUF from where nobody answers."""
    bootstrap = TufRepository(tmp_path / "unserved").bootstrap
    desk = Desk(company, tmp_path, f"tuf: http://127.0.0.1:9\n  bootstrap: {bootstrap}")
    shutil.copytree(company.state, desk.state)
    return desk


def own_root(company: Company) -> bytes:
    return company.world.authority.trusted_root.read_bytes()


def test_a_bot_starts_without_a_network_from_a_root_that_is_kept(offline: Desk, company: Company) -> None:
    offline.keep("http://127.0.0.1:9", own_root(company), 2 * DAY)
    assert offline.run("once", "--dry-run", "cart").code == 0
    assert offline.run("verify", "cart:1.0.0", "--env", "dev").code == 0
    assert "Trusted root" not in offline.run("status").out


def test_a_bot_without_any_root_does_not_begin(offline: Desk) -> None:
    for command in (("once", "--dry-run", "cart"), ("verify", "cart:1.0.0", "--env", "dev")):
        ran = offline.run(*command)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith("promoter: undecided: outside.unreachable: the trusted root of http://127.0.0.1:9: ")


def test_a_root_that_is_too_old_leaves_every_finding_undecided_and_status_says_so(
    offline: Desk, company: Company
) -> None:
    offline.keep("http://127.0.0.1:9", own_root(company), 15 * DAY)
    ran = offline.run("verify", "cart:1.0.0", "--env", "dev", "--json")
    findings = json.loads(ran.out)["findings"]
    assert (ran.code, {finding["outcome"] for finding in findings}) == (3, {"undecided"})
    assert {reason["code"] for finding in findings for reason in finding["reasons"]} == {"trust.root-too-old"}
    since = "the trusted root from http://LOOPBACK was refreshed last at TIME, more than 14d ago"
    assert plain(offline.run("status").out).splitlines()[-2:] == [
        "Trusted root (promoter trust check)",
        f"  {since}: nothing is verified with it",
    ]


def test_verify_fetches_a_root_where_none_is_kept_and_keeps_nothing(company: Company, tmp_path: Path) -> None:
    with TufRepository(tmp_path / "published") as repository:
        repository.publish({NAME: own_root(company)})
        desk = Desk(company, tmp_path, f"tuf: {repository.url}\n  bootstrap: {repository.bootstrap}")
        assert desk.run("verify", "cart:1.0.0", "--env", "dev").code == 0
    assert not desk.state.exists()


def test_once_fetches_the_first_root_and_keeps_it(company: Company, tmp_path: Path) -> None:
    with TufRepository(tmp_path / "published") as repository:
        repository.publish({NAME: own_root(company)})
        desk = Desk(company, tmp_path, f"tuf: {repository.url}\n  bootstrap: {repository.bootstrap}")
        assert desk.run("once", "--dry-run", "cart").code == 0
    assert (desk.state / "trust" / NAME).read_bytes() == own_root(company)
    assert desk.run("once", "--dry-run", "cart").code == 0  # the repository is gone, the root is kept


@pytest.mark.slow
def test_a_running_bot_refreshes_its_root_and_takes_another_one_over(company: Company, tmp_path: Path) -> None:
    with TufRepository(tmp_path / "published") as repository:
        repository.publish({NAME: own_root(company)})
        desk = Desk(company, tmp_path, f"tuf: {repository.url}\n  bootstrap: {repository.bootstrap}\n  refresh: 1s")
        shutil.copytree(company.state, desk.state)
        command = [sys.executable, "-m", "promoter", "--config", str(desk.config.path), "run"]
        variables = {**os.environ, **company.variables, "PROMOTER_STATE": str(desk.state)}
        log = tmp_path / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(command, stderr=file, env=variables, cwd=ROOT_FOLDER)
        try:
            until(lambda: "the trusted root is refreshed\n" in log.read_text(), process)
            repository.publish({NAME: own_root(company) + b"\n"})
            until(lambda: "trusted root taken over" in log.read_text(), process)
            repository.stop()
            until(lambda: "the trusted root could not be refreshed" in log.read_text(), process)
        finally:
            process.terminate()
            process.wait(30)
    assert process.returncode == 0
    told = [line.split(" promoter: ")[1] for line in log.read_text().splitlines() if "trusted root" in line]
    assert {line for line in told if "could not" not in line} == {
        "the trusted root is refreshed",
        "the trusted root is refreshed: it has changed",
        "trusted root taken over",
    }
    assert told.count("trusted root taken over") == 1
    assert "Traceback" not in log.read_text()
    assert (desk.state / "trust" / NAME).read_bytes() == own_root(company) + b"\n"


def until(holds: Callable[[], object], process: "subprocess.Popen[bytes]") -> None:
    """Wait until something is so while the bot runs."""
    ends = time.monotonic() + 30
    while not holds():
        assert process.poll() is None
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.05)
