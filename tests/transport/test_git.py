"""Git run by GitPython: what it may reach, how its errors read, and that no secret is in them."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promoter.core.codes import Code
from promoter.ports import BranchCommit, OutsideError, Pushed
from promoter.transport.git import Answer, Call, GitCommand, GitKilledError, Remote, Signature, error_of
from promoter.transport.git_names import RefusedName, parse_address, parse_person
from promoter.transport.git_porcelain import read_log, read_push

TOKEN = "ghs_" + "s3cret" * 6
ENCODED = "eC1hY2Nlc3MtdG9rZW46Z2hzX3MzY3JldHMzY3JldHMzY3JldHMzY3JldHMzY3JldHMzY3JldA=="
REMOTE = Remote(parse_address("http://127.0.0.1:1/acme/x.git"), lambda: TOKEN)


@pytest.fixture
def command(tmp_path: Path) -> GitCommand:
    made = GitCommand(tmp_path / "x.git", silence=5, memory=2**30)
    run(made, "init", "--quiet", "--bare")
    return made


def run(command: GitCommand, *arguments: str, remote: Remote | None = None, stdin: bytes = b"") -> Answer:
    with Path(os.devnull).open() as file:
        return command.run(Call(arguments, stdin=stdin, remote=remote), 10, file.fileno())


ERRORS = {
    "fatal: unable to access 'https://x/': The requested URL returned error: 301": Code.OUTSIDE_REDIRECT_REFUSED,
    "fatal: unable to access 'https://x/': The requested URL returned error: 403": Code.OUTSIDE_FORBIDDEN,
    "fatal: repository 'https://x/' not found": Code.OUTSIDE_NOT_FOUND,
    "fatal: Authentication failed for 'https://x/'": Code.OUTSIDE_UNAUTHORIZED,
    "fatal: unable to access 'https://x/': Could not resolve host: x": Code.OUTSIDE_UNREACHABLE,
    "fatal: unable to access 'https://x/': server certificate verification failed.": Code.OUTSIDE_UNREACHABLE,
    "fatal: Out of memory, realloc failed": Code.OUTSIDE_TOO_LARGE,
    "error: index-pack died of signal 25": Code.OUTSIDE_TOO_LARGE,
    "fatal: protocol error: bad line length character: zzzz": Code.OUTSIDE_BAD_ANSWER,
}


@pytest.mark.parametrize("text", ERRORS)
def test_an_error_of_git_has_a_code_and_its_own_line(text: str) -> None:
    error = error_of("fetch", f"remote: hello\n{text}\nfatal: the remote end hung up\n")
    assert (error.code, error.detail) == (ERRORS[text], f"git fetch: {text}")


def test_what_the_server_says_decides_nothing() -> None:
    error = error_of("push", "remote: error: 401\nremote: repository 'x' not found\n")
    assert (error.code, error.detail) == (Code.OUTSIDE_BAD_ANSWER, "git push: it failed without saying why")


def test_control_characters_and_length_of_foreign_text_are_tamed() -> None:
    error = error_of("fetch", "fatal: \x1b[31m\x07" + "x" * 1000)
    assert error.detail == "git fetch: fatal:  [31m " + "x" * (300 - len("fatal: \x1b[31m\x07"))


def test_the_token_is_in_no_argument_and_taken_out_of_what_git_prints(command: GitCommand) -> None:
    shown = run(command, "config", "--list", remote=REMOTE)
    assert ENCODED in shown.out.decode()  # git knows it, from its environment only
    run(command, "config", "alias.leak", f"!echo {TOKEN} {ENCODED} >&2; tr '\\0' ' ' < /proc/$PPID/cmdline >&2")
    leaked = run(command, "leak", remote=REMOTE)
    assert leaked.err.startswith("*** ***\n")
    assert leaked.err.strip().endswith("git leak")


def test_without_a_remote_git_reaches_nothing_and_has_no_token(command: GitCommand) -> None:
    assert ENCODED not in run(command, "config", "--list").out.decode()
    for address in (REMOTE.address, "https://127.0.0.1:1/x", "file:///", "ssh://127.0.0.1/x", "ext::true"):
        with pytest.raises(OutsideError, match="an object is not in the clone"):
            run(command, "ls-remote", "--", address)


def test_a_remote_opens_no_other_protocol(command: GitCommand) -> None:
    for address in ("https://127.0.0.1:1/x", str(command.repository), "ext::true", "git://127.0.0.1/x"):
        with pytest.raises(OutsideError, match="an object is not in the clone"):
            run(command, "ls-remote", "--", address, remote=REMOTE)


def test_a_git_that_does_not_end_is_killed(command: GitCommand) -> None:
    run(command, "config", "alias.wait", "!sleep 30")
    with Path(os.devnull).open() as file, pytest.raises(GitKilledError) as caught:
        command.run(Call(("wait",)), 0.3, file.fileno())
    assert str(caught.value) == "outside.timeout: git wait was killed, 0.3 s being its limit"


def test_no_time_left_starts_nothing(command: GitCommand) -> None:
    with Path(os.devnull).open() as file, pytest.raises(OutsideError) as caught:
        command.run(Call(("init",)), 0, file.fileno())
    assert str(caught.value) == "outside.timeout: no time was left for git init"


def test_a_commit_without_a_time_zone_is_refused() -> None:
    person = parse_person("a")
    Signature(person, person, datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(RefusedName, match="needs its time zone"):
        Signature(person, person, datetime(2026, 3, 1))  # noqa: DTZ001 - that is the point


def test_a_log_is_read_whatever_stands_in_its_messages() -> None:
    out = (
        b"\0oid2\0oid1 oid0\0a@b\0c@d\0subject\n\nSigned: \xff\x01\n\0\0\na\0b\n\0"
        b"\0oid1\0\0a@b\0c@d\0\0\0\0oid0\0\0\0\0x\0\0"
    )
    assert tuple(read_log(out)) == (
        BranchCommit("oid2", "oid1", "a@b", "c@d", "subject\n\nSigned: \\xff\x01\n", ("a", "b\n")),
        BranchCommit("oid1", "", "a@b", "c@d", "", ()),
        BranchCommit("oid0", "", "", "", "x", ()),
    )
    assert tuple(read_log(b"")) == ()


REF = "refs/heads/promote/x/y"


@pytest.mark.parametrize(
    ("line", "pushed"),
    [
        (f"*\tabc:{REF}\t[new branch]", Pushed.DONE),
        (f"=\tabc:{REF}\t[up to date]", Pushed.DONE),
        (f"+\tabc:{REF}\t1...2 (forced update)", Pushed.DONE),
        (f"-\t:{REF}\t[deleted]", Pushed.DONE),
        (f"!\tabc:{REF}\t[rejected] (stale info)", Pushed.MOVED),
        (f"!\tabc:{REF}\t[remote rejected] (cannot lock ref '{REF}': is at 1 but expected 2)", Pushed.MOVED),
    ],
)
def test_a_line_of_push_tells_how_it_ended(line: str, pushed: Pushed) -> None:
    assert read_push(f"To http://x\n{line}\nDone\n".encode(), REF) is pushed


def test_a_push_without_a_word_about_the_branch_is_a_bad_answer() -> None:
    with pytest.raises(OutsideError) as caught:
        read_push(b"To http://x\n*\tabc:refs/heads/other\t[new branch]\nDone\n", REF)
    assert str(caught.value) == f"outside.bad-answer: git push: no word about {REF}"
