"""The environment repository on git: the contract, what is fetched, what is kept secret, and how it recovers."""

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.adapters.environments_git import Bot, GitEnvironments, GitLimits
from promoter.ports import EnvironmentRepo, FileChange, OutsideError, Pushed
from promoter.transport.git import Remote
from promoter.transport.git_names import RefusedName, parse_address
from tests.adapters.environments_contract import (
    BRANCH,
    CART,
    FILES,
    NOON,
    SHOP,
    Change,
    EnvironmentRepoContract,
    GitServer,
    edit,
    git_server,
)

BOT = Bot("promoter", "promoter@example.com")
LIMITS = GitLimits()
HERE = parse_address("http://127.0.0.1:1/acme/environments.git")
TOKEN = "ghs_" + "s3cret" * 6


def connect(
    server: GitServer, directory: Path, token: Callable[[], str] | None = None, limits: GitLimits = LIMITS
) -> GitEnvironments:
    return GitEnvironments(Remote(parse_address(server.address), token), directory, "main", BOT, limits)


def objects_of(clone: Path, kind: str) -> set[str]:
    """The objects of a kind that a clone holds, asked of git without letting it fetch any."""
    environment = os.environ | {"GIT_DIR": str(clone), "GIT_ALLOW_PROTOCOL": "none"}
    command = ["git", "cat-file", "--batch-all-objects", "--batch-check=%(objecttype) %(objectname)"]
    out = subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout
    return {line.split()[1] for line in out.splitlines() if line.startswith(kind)}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with git_server(tmp_path) as server:
        server.commit("main", Change(dict(FILES), "first\n"))
        yield server


class TestGitEnvironments(EnvironmentRepoContract):
    def connect(self, server: GitServer, directory: Path) -> EnvironmentRepo:
        return connect(server, directory)


# --- what is fetched --------------------------------------------------------------------------------------------------


def test_only_the_files_that_are_read_are_fetched(server: GitServer, tmp_path: Path) -> None:
    environments = connect(server, tmp_path / "clone")
    base = environments.refresh()
    assert len(server.requests) == 3
    assert objects_of(tmp_path / "clone", "blob") == set()
    assert environments.is_partial()

    environments.read(base, SHOP)
    environments.read(base, SHOP)
    environments.read(base, CART)
    assert len(server.requests) == 3 + 2 * 2
    read = {server.git("rev-parse", f"main:{path}") for path in (SHOP, CART)}
    assert objects_of(tmp_path / "clone", "blob") == read

    commit = environments.commit(base, (edit(),), "message", NOON)
    environments.push(BRANCH, commit, None)
    environments.refresh()
    environments.commits(base, commit, 10)
    assert objects_of(tmp_path / "clone", "blob") == read | {server.git("rev-parse", f"{commit}:{SHOP}")}


def test_all_files_that_are_wanted_come_in_one_request_and_are_not_asked_for_again(
    server: GitServer, tmp_path: Path
) -> None:
    environments = connect(server, tmp_path / "clone")
    base = environments.refresh()
    server.requests.clear()
    environments.bring(base, (SHOP, CART, "no/such/file.yaml"))
    assert len(server.requests) == 2  # what the server can do, and the objects
    assert objects_of(tmp_path / "clone", "blob") == {server.git("rev-parse", f"main:{path}") for path in (SHOP, CART)}
    environments.bring(base, (SHOP, CART))
    assert (environments.read(base, SHOP), environments.read(base, CART)) == (FILES[SHOP], FILES[CART])
    assert len(server.requests) == 2


@pytest.mark.slow
def test_a_commit_among_20_000_files_fetches_nothing(tmp_path: Path) -> None:
    with git_server(tmp_path) as server:
        files: dict[str, bytes | None] = {f"apps/{n % 20}/{n}.yaml": b"%d\n" % n for n in range(20_000)}
        server.commit("main", Change(files))
        environments = connect(server, tmp_path / "clone")
        base = environments.refresh()
        before = environments.read(base, "apps/7/7.yaml")
        assert before == b"7\n"
        server.requests.clear()

        started = time.monotonic()
        commit = environments.commit(base, (FileChange("apps/7/7.yaml", before, b"seven\n"),), "message", NOON)
        seconds = time.monotonic() - started

        assert server.requests == []
        assert len(objects_of(tmp_path / "clone", "blob")) == 2
        assert environments.push(BRANCH, commit, None) is Pushed.DONE
        assert [request.split("?")[0] for request in server.requests] == [
            "GET /acme/environments.git/info/refs",
            "POST /acme/environments.git/git-receive-pack",
        ]
        assert server.git("diff-tree", "-r", "--name-only", base, commit) == "apps/7/7.yaml"
        assert seconds < 2


def test_a_server_without_partial_clone_is_used_all_the_same(server: GitServer, tmp_path: Path) -> None:
    server.git("config", "uploadpack.allowFilter", "false")
    environments = connect(server, tmp_path / "clone")
    base = environments.refresh()
    assert not environments.is_partial()
    assert environments.read(base, SHOP) == FILES[SHOP]
    assert environments.push(BRANCH, environments.commit(base, (edit(),), "message", NOON), None) is Pushed.DONE


@pytest.mark.slow
def test_many_packs_become_one(server: GitServer, tmp_path: Path) -> None:
    environments = connect(server, tmp_path / "clone", limits=GitLimits(packs=3))
    base = environments.refresh()
    unpushed = environments.commit(base, (edit(),), "message", NOON)
    for path in FILES:
        environments.read(base, path)
    packs = tmp_path / "clone" / "objects" / "pack"
    assert len(list(packs.glob("*.pack"))) == 1 + len(FILES)
    server.commit("main", Change({CART: b"tag: 2\n"}))

    moved = environments.refresh()

    assert len(list(packs.glob("*.pack"))) <= 3
    server.requests.clear()
    assert {path: environments.read(base, path) for path in FILES} == FILES
    assert server.requests == []
    assert environments.read(moved, CART) == b"tag: 2\n"
    assert environments.push(BRANCH, unpushed, None) is Pushed.DONE


def test_a_file_over_the_cap_is_not_read(server: GitServer, tmp_path: Path) -> None:
    server.commit("main", Change({"large": bytes(4 * 1024 * 1024 + 1)}))
    environments = connect(server, tmp_path / "clone")
    base = environments.refresh()
    with pytest.raises(OutsideError) as caught:
        environments.read(base, "large")
    assert str(caught.value) == f"outside.too-large: large at {base[:12]}: 4194305 bytes, over 4194304"


# --- who may, and what stays secret -----------------------------------------------------------------------------------


def test_the_token_is_asked_for_anew_and_opens_every_call(server: GitServer, tmp_path: Path) -> None:
    asked: list[str] = []

    def provide() -> str:
        asked.append(server.token)
        return server.token

    server.token = TOKEN
    environments = connect(server, tmp_path / "clone", provide)
    base = environments.refresh()
    server.token = TOKEN + "2"
    assert environments.read(base, SHOP) == FILES[SHOP]
    commit = environments.commit(base, (edit(),), "message", NOON)
    assert environments.push(BRANCH, commit, None) is Pushed.DONE
    assert asked == [TOKEN, TOKEN + "2", TOKEN + "2"]
    for path in (tmp_path / "clone").rglob("*"):
        assert not path.is_file() or TOKEN.encode() not in path.read_bytes()


@pytest.mark.parametrize("token", ["", "wrong" * 8])
def test_a_refused_token_is_said_without_saying_the_token(server: GitServer, tmp_path: Path, token: str) -> None:
    server.token = TOKEN
    environments = connect(server, tmp_path / "clone", lambda: token)
    with pytest.raises(OutsideError) as caught:
        environments.refresh()
    host = server.address.partition("/acme")[0]
    assert str(caught.value) == (
        f"outside.unauthorized: git fetch: fatal: could not read Username for '{host}': terminal prompts disabled"
    )
    assert caught.value.__cause__ is None


def test_a_token_with_a_line_feed_never_becomes_a_header(server: GitServer, tmp_path: Path) -> None:
    environments = connect(server, tmp_path / "clone", lambda: "a\r\nHost: elsewhere.example")
    with pytest.raises(OutsideError) as caught:
        environments.refresh()
    assert str(caught.value) == "outside.unauthorized: the token for git has characters that no token has"
    assert server.requests == []


def test_a_push_that_the_server_forbids_says_why(server: GitServer, tmp_path: Path) -> None:
    hook = tmp_path / "hooks" / "pre-receive"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho no deploys on friday >&2\nexit 1\n")
    hook.chmod(0o755)
    server.git("config", "core.hooksPath", str(hook.parent))
    environments = connect(server, tmp_path / "clone")
    commit = environments.commit(environments.refresh(), (edit(),), "message", NOON)
    with pytest.raises(OutsideError) as caught:
        environments.push(BRANCH, commit, None)
    assert str(caught.value) == (
        "outside.forbidden: the push was refused: [remote rejected] (pre-receive hook declined)"
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda e: e.push("main", "0" * 40, None),
        lambda e: e.push("release/1", "0" * 40, None),
        lambda e: e.branch("release/1"),
        lambda e: e.push("promote/../main", "0" * 40, None),
        lambda e: e.push("promote/x:refs/heads/main", "0" * 40, None),
        lambda e: e.push("--mirror", "0" * 40, None),
        lambda e: e.push(BRANCH, "HEAD", None),
        lambda e: e.push(BRANCH, "0" * 40, "main"),
        lambda e: e.push(BRANCH, "0" * 40, ""),
        lambda e: e.read("--help", SHOP),
        lambda e: e.commits("--all", "0" * 40, 1),
        lambda e: e.commits("", "main..promote", 1),
        lambda e: e.merge_base("--fork-point", "0" * 40),
        lambda e: e.commit("HEAD", (edit(),), "message", NOON),
    ],
)
def test_a_name_that_is_none_never_reaches_git(tmp_path: Path, call: Callable[[GitEnvironments], object]) -> None:
    environments = GitEnvironments(Remote(HERE), tmp_path / "clone", "main", BOT)
    with pytest.raises(RefusedName):
        call(environments)
    assert not (tmp_path / "clone").exists()


@given(path=st.text() | st.sampled_from(["../x", "/etc/passwd", ".git/config", "a/.GIT/x", "a//b", "-x", "a\\b"]))
def test_whatever_path_is_given_a_commit_changes_that_file_or_is_refused(path: str) -> None:
    environments = GitEnvironments(Remote(HERE), Path("/dev/null/clone"), "main", BOT)
    with pytest.raises((RefusedName, OutsideError)) as caught:
        environments.commit("0" * 40, (FileChange(path, b"1", b"2"),), "message", NOON)
    parts = path.split("/")
    if set(parts) & {"", ".", "..", ".git", ".GIT"} or path.startswith("-") or "\\" in path or "\0" in path:
        assert isinstance(caught.value, RefusedName)


# --- other people's machines ------------------------------------------------------------------------------------------

CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from promoter.adapters.environments_git import Bot, GitEnvironments
from promoter.transport.git import Remote
from promoter.transport.git_names import parse_address
from promoter.ports import FileChange
bot = Bot("promoter", "promoter@example.com")
environments = GitEnvironments(Remote(parse_address(sys.argv[1])), Path(sys.argv[2]), "main", bot)
for _ in range(int(sys.argv[3])):
    base = environments.refresh()
    data = environments.read(base, "README.md")
print(environments.commit(base, (FileChange("README.md", data, b"2"),), "message", datetime(2026, 3, 1, tzinfo=UTC)))
"""


def run_child(server: GitServer, clone: Path, times: int, **environment: str) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", CHILD, server.address, str(clone), str(times)]
    return subprocess.Popen(arguments, env=os.environ | environment, stdout=subprocess.PIPE, text=True)


def test_what_the_machine_has_configured_for_git_changes_nothing(server: GitServer, tmp_path: Path) -> None:
    evil = tmp_path / "home" / ".gitconfig"
    evil.parent.mkdir()
    trap = tmp_path / "trap"
    evil.write_text(
        f'[url "http://127.0.0.1:9/"]\n\tinsteadOf = http://127.0.0.1\n[core]\n\thooksPath = {tmp_path}\n'
        f'[credential]\n\thelper = "!touch {trap}"\n[commit]\n\tgpgSign = true\n[i18n]\n\tcommitEncoding = latin-1\n'
    )
    hostile = {
        "HOME": str(evil.parent),
        "GIT_DIR": "/nonexistent",
        "GIT_OBJECT_DIRECTORY": "/nonexistent",
        "GIT_CONFIG_PARAMETERS": "'core.bare'='false'",
        "GIT_AUTHOR_NAME": "somebody else",
        "GIT_TRACE_CURL": str(trap),
        "GIT_NAMESPACE": "elsewhere",
        "http_proxy": "http://127.0.0.1:9",
    }
    plain, bent = run_child(server, tmp_path / "one", 1), run_child(server, tmp_path / "two", 1, **hostile)
    assert bent.communicate()[0] == plain.communicate()[0] != ""
    assert not trap.exists()


@pytest.mark.slow
def test_processes_that_share_the_clone_take_turns(server: GitServer, tmp_path: Path) -> None:
    children = [run_child(server, tmp_path / "clone", 3) for _ in range(3)]
    outs = {child.communicate()[0] for child in children}
    assert [child.returncode for child in children] == [0, 0, 0]
    assert len(outs) == 1


@pytest.mark.slow
def test_threads_share_one_clone(server: GitServer, tmp_path: Path) -> None:
    environments = connect(server, tmp_path / "clone")
    base = environments.refresh()

    def promote(number: int) -> tuple[str, Pushed]:
        branch = f"promote/prod/s{number}"
        environments.refresh()
        commit = environments.commit(base, (edit(after=b"%d" % number),), f"promote {number}", NOON)
        return branch, environments.push(branch, commit, None)

    with ThreadPoolExecutor(8) as pool:
        assert {pushed for _, pushed in pool.map(promote, range(12))} == {Pushed.DONE}
    assert server.git("for-each-ref", "--format=%(refname)", "refs/heads/promote").count("\n") == 11


# --- what a crash leaves ----------------------------------------------------------------------------------------------


def test_locks_and_half_written_packs_of_a_killed_git_are_cleared_away(server: GitServer, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    environments = connect(server, clone)
    base = environments.refresh()
    environments.push(BRANCH, environments.commit(base, (edit(),), "message", NOON), None)
    left = ["packed-refs.lock", "HEAD.lock", f"refs/remotes/origin/{BRANCH}.lock", "objects/pack/tmp_pack_x", "gc.pid"]
    for name in left:
        (clone / name).touch()
    server.git("update-ref", "-d", f"refs/heads/{BRANCH}")

    again = connect(server, clone)

    assert again.refresh() == base
    assert again.branch(BRANCH) is None
    assert [name for name in left if (clone / name).exists()] == []


@pytest.mark.parametrize("missing", ["config", "HEAD", "objects", "config and HEAD", "a sound config"])
def test_a_clone_that_was_interrupted_is_made_anew(server: GitServer, tmp_path: Path, missing: str) -> None:
    clone = tmp_path / "clone"
    connect(server, clone).refresh()
    for name in ("config", "HEAD"):
        if name in missing.split(" and "):
            (clone / name).unlink()
    if missing == "objects":
        subprocess.run(["rm", "-r", str(clone / "objects"), str(clone / "refs")], check=True)
    if missing == "a sound config":
        (clone / "config").write_text("[core\n")
    again = connect(server, clone)
    assert again.read(again.refresh(), SHOP) == FILES[SHOP]


def test_a_clone_in_use_elsewhere_is_waited_for_and_then_given_up(server: GitServer, tmp_path: Path) -> None:
    environments = connect(server, tmp_path / "clone", limits=GitLimits(local=0.3, clone=5))
    environments.refresh()
    with (tmp_path / "clone" / "held").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(OutsideError) as caught:
            environments.branch(BRANCH)
        assert str(caught.value) == "outside.timeout: another process did not leave the clone"
        timer = threading.Timer(0.2, fcntl.flock, (held, fcntl.LOCK_UN))
        timer.start()
        environments.refresh()
        timer.join()


def test_a_directory_that_cannot_be_made_is_the_worlds_fault(server: GitServer, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutsideError) as caught:
        connect(server, tmp_path / "file" / "clone").refresh()
    assert str(caught.value) == "outside.unreachable: the clone's directory cannot be used: Not a directory"


def test_another_address_of_the_same_repository_keeps_the_clone(server: GitServer, tmp_path: Path) -> None:
    base = connect(server, tmp_path / "clone").refresh()
    server.address = server.address.replace("127.0.0.1", "localhost")
    server.requests.clear()
    moved = connect(server, tmp_path / "clone")
    assert moved.refresh() == base
    assert moved.read(base, SHOP) == FILES[SHOP]


def test_a_base_branch_that_is_not_there_is_not_found(server: GitServer, tmp_path: Path) -> None:
    environments = GitEnvironments(Remote(parse_address(server.address)), tmp_path / "clone", "trunk", BOT)
    with pytest.raises(OutsideError) as caught:
        environments.refresh()
    assert str(caught.value) == "outside.not-found: git fetch: fatal: couldn't find remote ref refs/heads/trunk"


@pytest.mark.parametrize(
    ("name", "email"),
    [("", "a@example.com"), ("a", "a>b@example.com"), ("a\nb", "c@example.com"), ("a.", "b"), ("a", " b")],
)
def test_an_identity_that_git_would_change_is_refused(name: str, email: str) -> None:
    with pytest.raises(ValueError, match="not a name or address for commits"):
        Bot(name, email)
