"""`promoter demo`: what it leaves behind for people, and how Ctrl-C ends it. The whole story is a slow test."""

import os
import re
import shlex
import signal
import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from promoter.cli.demo import folder_lines, incident_lines, page_lines
from promoter.core.candidate import digest_of
from promoter.core.record import Incident, StandingMoved
from promoter.core.standing import Standing, StandingEvent
from promoter.local.bot import write_variables
from tests.cli.company import Company

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def opened(release: str, environment: str, number: int) -> StandingMoved:
    return StandingMoved(
        at=AT,
        service="cart",
        release=release,
        digest=digest_of(release.encode()),
        environment=environment,
        event=StandingEvent.PR_OPENED,
        state=Standing.PROPOSED,
        number=number,
    )


PROPOSALS = (opened("1.4.0", "staging", 7), opened("1.5.0", "dev", 8), opened("1.5.0", "staging", 7))


def test_a_pull_request_is_listed_once_with_the_releases_that_it_carried(company: Company) -> None:
    root = f"{company.world.forge.url}/platform/environments"
    assert list(page_lines(PROPOSALS, company.world, is_kept=True)) == [
        f"Pull requests: {root}",
        f"  cart 1.4.0, then 1.5.0 to staging    {root}/pull/7",
        f"  cart 1.5.0 to dev                    {root}/pull/8",
    ]


def test_pages_that_ended_with_the_demo_are_said_to_have_ended(company: Company) -> None:
    root = f"{company.world.forge.url}/platform/environments"
    assert next(page_lines(PROPOSALS, company.world, is_kept=False)) == (
        f"Pull requests: {root}; they ended with the demo (`make demo KEEP=1` or `promoter demo --keep` keeps them up)"
    )


def test_an_incident_names_the_person_where_there_is_one() -> None:
    about = {"at": AT, "service": "cart", "release": "1.0.0"}
    merged = Incident(**about, environment="dev", what="out-of-band", detail="merged against the check", actor="ines")  # type: ignore[arg-type]
    moved = Incident(**about, what="tag-moved", detail="it names other bytes")  # type: ignore[arg-type]
    assert list(incident_lines((merged, moved))) == [
        "incident  cart 1.0.0 in dev: out-of-band: merged against the check (by ines)",
        "incident  cart 1.0.0: tag-moved: it names other bytes",
    ]


def test_the_variables_of_the_world_can_be_sourced_whatever_is_in_them(tmp_path: Path) -> None:
    path = tmp_path / "env.sh"
    variables = {
        "PROMOTER_STATE": "/tmp/it's $HOME; a `folder`\nof two lines",
        "PROMOTER_REGISTRY": "http://127.0.0.1:1",
    }
    write_variables(path, variables)
    shell = f'. {shlex.quote(str(path))} && printf "%s|%s" "$PROMOTER_STATE" "$PROMOTER_REGISTRY"'
    assert subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout == "|".join(
        variables.values()
    )
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_last_lines_name_the_folder_and_a_command_that_finds_another_configuration_too(tmp_path: Path) -> None:
    folder = tmp_path / "a demo"
    first, second = folder_lines(folder, Path("config"), is_kept=True)
    where = f"Ledger, evidence and the bot's log are in {folder}, which may be deleted"
    assert first == f"{where} afterwards. To look at them:"
    assert second.startswith(f"  . '{folder}/env.sh' && ")
    assert second.endswith(" status")
    assert "--config" not in second
    first, second = folder_lines(folder, Path("/etc/promoter"), is_kept=False)
    assert first == f"{where}. To look at them:"
    assert second.endswith(" --config /etc/promoter status")


ABORTED_IN_AN_IMPORT = """
import os, signal, sys
from promoter.__main__ import main

def interrupt(event, arguments):
    if event == "import" and arguments[0] == "promoter.cli.verify":
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(interrupt)
main()
"""


def test_ctrl_c_while_the_program_is_still_read_ends_with_130_and_one_word() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ABORTED_IN_AN_IMPORT], capture_output=True, text=True, timeout=30, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "\nAborted!\n")


@pytest.mark.parametrize("awaited", ["everything is kept in", " is released: "])
def test_ctrl_c_in_the_middle_of_the_story_ends_with_130_and_says_so_last(tmp_path: Path, awaited: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "promoter", "demo"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    assert process.stdout
    while awaited not in process.stdout.readline():
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the bot too
    _, err = process.communicate(timeout=30)
    # a step of the story that was under way may say before how it was cut off
    assert (process.returncode, err.endswith("\nAborted!\n")) == (130, True)


@pytest.mark.slow
def test_a_kept_demo_can_be_asked_by_the_command_that_it_prints(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "promoter", "demo", "--keep"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout
    told: list[str] = []
    try:
        while not told or told[-1] != "Everything stays up until Ctrl-C.\n":
            told.append(process.stdout.readline())
            assert told[-1], told
        command = told[-2].strip()
        shown = subprocess.run(
            ["sh", "-c", command], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
        )
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    assert (process.returncode, shown.returncode, shown.stderr) == (0, 0, "")
    assert "settled" in shown.stdout
    lines = [re.sub(r"^ *[\d.]+s  ", "", line) for line in told]
    story = [line for line in lines if line.startswith(("billing ", "cart ", "search "))]
    assert any(re.fullmatch(r"cart +mia merges pull request #\d+\n", line) for line in story)
    assert not [line for line, after in pairwise(story) if line == after]
    assert any(
        re.fullmatch(r"incident  billing 1\.4\.0 in staging: out-of-band: .* \(by ines\)\n", line) for line in told
    )
    pages = [line for line in told if "/pull/" in line]
    assert len({line.split()[-1] for line in pages}) == len(pages)
    assert any("cart 1.4.0, then 1.5.0 to staging" in line for line in pages)
