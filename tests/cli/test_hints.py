"""`promoter run --listen` and `promoter wake`: what they refuse, and that a hint brings the next look forward."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.local.pipeline import Recipe
from tests.cli.company import Company

SECRET = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def secret(tmp_path: Path) -> str:
    """Give the file of a secret."""
    path = tmp_path / "hooks.secret"
    path.write_text(f"{SECRET}\n", encoding="utf-8")
    return str(path)


def test_an_address_and_a_secret_go_together(company: Company, secret: str) -> None:
    for words in (("--listen", "127.0.0.1:0"), ("--webhook-secret-file", secret)):
        ran = company.run("run", *words)
        assert ran.code == 2
        assert "give both --listen and --webhook-secret-file, or neither" in ran.err


@pytest.mark.parametrize("text", ["", "short", "with a blank in the middle", "\u00e4" * 20, "x" * 1001])
def test_a_secret_that_is_none_is_refused_and_not_repeated(company: Company, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.secret"
    path.write_text(text, encoding="utf-8")
    ran = company.run("run", "--listen", "127.0.0.1:0", "--webhook-secret-file", str(path))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        f"promoter: --webhook-secret-file: {path} must hold one secret: 16 to 1000 characters of ASCII without blanks, "
        "as `openssl rand -hex 32` makes them\n"
    )


def test_a_file_that_is_not_there_and_an_address_that_is_none_are_refused(company: Company, secret: str) -> None:
    gone = company.run("run", "--listen", "127.0.0.1:0", "--webhook-secret-file", "/nowhere")
    assert (gone.code, gone.err) == (
        2,
        "promoter: --webhook-secret-file: /nowhere cannot be read: No such file or directory\n",
    )
    bad = company.run("run", "--listen", "8080", "--webhook-secret-file", secret)
    assert (bad.code, bad.err) == (
        2,
        "promoter: '8080' is no address; write it like 127.0.0.1:8080 or [::1]:8080\n",
    )


def test_waking_nobody_is_undecided_and_the_secret_leaves_this_machine_never(company: Company, secret: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    silent = company.run("wake", "cart", "--at", f"127.0.0.1:{port}", "--webhook-secret-file", secret)
    told = f"outside.unreachable: no bot answers at 127.0.0.1:{port}; does it run with --listen?"
    assert (silent.code, silent.err) == (3, f"promoter: undecided: {told}\n")
    away = company.run("wake", "--at", "promoter.example:80", "--webhook-secret-file", secret)
    assert (away.code, away.err) == (
        2,
        "promoter: --at: promoter.example:80 is not on this machine; the secret is sent as it is, so call it there\n",
    )
    stranger = company.run("wake", "crat", "--at", "127.0.0.1:1", "--webhook-secret-file", secret)
    assert (stranger.code, "did you mean cart?" in stranger.err) == (2, True)


# --- a running bot ----------------------------------------------------------------------------------------------------


@pytest.fixture
def bot(tmp_path: Path, secret: str) -> Iterator[tuple[Company, "subprocess.Popen[str]", str]]:
    """Give a company whose bot looks once an hour and takes hints, and where it does."""
    with Company(tmp_path) as company:
        company.release("cart", "1.0.0", Recipe())
        company.config.replace("promoter.yaml", "poll: 1s", "poll: 1h")
        process = company.start("run", "--listen", "127.0.0.1:0", "--webhook-secret-file", secret)
        assert process.stderr
        found = None
        while not found and (line := process.stderr.readline()):
            found = re.search(r"hints are taken at (\S+)", line)
        assert found
        try:
            yield company, process, found[1]
        finally:
            process.kill()
            process.communicate()


def known(company: Company) -> set[str]:
    store = company.store()
    try:
        return set(store.journal.history("cart").known)
    finally:
        store.ledger.close()


@pytest.mark.slow
def test_a_hint_brings_the_next_look_forward(bot: tuple[Company, "subprocess.Popen[str]", str], secret: str) -> None:
    company, process, at = bot
    ends = time.monotonic() + 30
    while "1.0.0" not in known(company):
        assert time.monotonic() < ends
        time.sleep(0.2)
    time.sleep(3)  # its first look is over
    company.release("cart", "1.1.0", Recipe())
    woken = company.run("wake", "cart", "--at", at, "--webhook-secret-file", secret)
    assert (woken.code, woken.out) == (0, "woken: cart\n")
    while "1.1.0" not in known(company):
        assert time.monotonic() < ends
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
