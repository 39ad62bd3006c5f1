"""What every `ports.EnvironmentRepo` does, on git's own smart-HTTP server, and the server for it.

A suite derives from `EnvironmentRepoContract` and gives `connect`: a repository of the port on the server's address.
"""

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from promoter.core.codes import Code
from promoter.local.git_http import make_bare, parse_git_request, serve_git
from promoter.ports import EnvironmentRepo, FileChange, OutsideError, Pushed

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BRANCH = "promote/prod/shop"
SHOP = "environments/prod/shop/kustomization.yaml"
CART = "environments/prod/cart/values.yaml"
FILES = {
    SHOP: b"images:\r\n- name: shop\n  newTag: '1'\n",
    CART: b"tag: 1\n",
    "environments/dev/shop/kustomization.yaml": b"images: []\n",
    "README.md": "Umgebungen \N{SNOWMAN}\n".encode(),
    "empty": b"",
}
PERSON = "Ada <ada@example.com>"


@dataclass(frozen=True)
class Change:
    """One commit for the server's repository: files by path, None removes; a mode other than a plain file's."""

    files: dict[str, bytes | None]
    message: str = "a change\n"
    author: str = PERSON
    mode: str = "100644"
    onto: str = ""


@dataclass
class GitServer:
    """One bare repository on loopback; `token` is demanded where it is set, `requests` are all that came."""

    repository: Path
    address: str = ""
    token: str = ""
    requests: list[str] = field(default_factory=list)

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        environment = os.environ | {"GIT_DIR": str(self.repository), "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
        done = subprocess.run(["git", *arguments], input=stdin, env=environment, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def commit(self, branch: str, change: Change) -> str:
        """Add a commit to a branch of the server, as a push by somebody else would; gives its oid."""
        onto = change.onto or self.tip(branch)
        message = change.message.encode()
        stream = [
            f"commit refs/heads/{branch}\nauthor {change.author} 1700000000 +0100\n".encode(),
            f"committer {change.author} 1700000000 +0100\ndata {len(message)}\n".encode() + message + b"\n",
            f"from {onto}\n".encode() if onto else b"",
        ]
        for path, data in change.files.items():
            if data is None:
                stream.append(f"D {path}\n".encode())
            else:
                stream.append(f"M {change.mode} inline {path}\ndata {len(data)}\n".encode() + data + b"\n")
        self.git("fast-import", "--quiet", "--force", stdin=b"".join(stream))
        return self.tip(branch)

    def tip(self, branch: str) -> str:
        return self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")

    def file(self, commit: str, path: str) -> str:
        return self.git("show", f"{commit}:{path}")


def handler_of(server: GitServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.requests.append(f"{self.command} {self.path}")
            expected = base64.b64encode(f"x-access-token:{server.token}".encode()).decode()
            if server.token and self.headers.get("Authorization") != f"Basic {expected}":
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            request = parse_git_request(self.path)
            if request is None or request.repository != "acme/environments":
                self.send_error(404)
                return
            serve_git(self, request, server.repository)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def git_server(directory: Path) -> Iterator[GitServer]:
    server = GitServer(directory / "server.git")
    make_bare(server.repository)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(server)) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        server.address = f"http://127.0.0.1:{http.server_port}/acme/environments.git"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def edit(path: str = SHOP, after: bytes = b"images:\r\n- name: shop\n  newTag: '2'\n") -> FileChange:
    before = FILES[path]
    return FileChange(path, before, after)


class EnvironmentRepoContract:
    """The suite."""

    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[GitServer]:
        with git_server(tmp_path) as server:
            server.commit("main", Change(dict(FILES), "first\n"))
            yield server

    def connect(self, server: GitServer, directory: Path) -> EnvironmentRepo:
        raise NotImplementedError("a suite gives its repository")

    @pytest.fixture
    def environments(self, server: GitServer, tmp_path: Path) -> EnvironmentRepo:
        return self.connect(server, tmp_path / "clone.git")

    def test_refresh_gives_the_commit_of_the_base_branch(
        self, environments: EnvironmentRepo, server: GitServer
    ) -> None:
        assert environments.refresh() == server.tip("main")
        moved = server.commit("main", Change({CART: b"tag: 2\n"}))
        assert environments.branch("main") != moved
        assert environments.refresh() == moved
        assert environments.branch("main") == moved

    def test_files_come_back_byte_for_byte(self, environments: EnvironmentRepo) -> None:
        base = environments.refresh()
        assert {path: environments.read(base, path) for path in FILES} == FILES

    def test_files_may_be_brought_near_before_they_are_read(self, environments: EnvironmentRepo) -> None:
        base = environments.refresh()
        environments.bring(base, (*FILES, "nothing/here.yaml"))
        environments.bring(base, ())
        assert {path: environments.read(base, path) for path in FILES} == FILES

    def test_a_file_that_is_not_there_is_none(self, environments: EnvironmentRepo) -> None:
        base = environments.refresh()
        assert environments.read(base, "environments/prod/none.yaml") is None
        assert environments.read(base, "README.md/none") is None

    @pytest.mark.parametrize("mode", ["120000", "040000", "160000"])
    def test_a_link_a_directory_and_a_submodule_are_not_followed(
        self, environments: EnvironmentRepo, server: GitServer, mode: str
    ) -> None:
        first = server.tip("main")
        if mode == "120000":
            server.commit("main", Change({"thing": b"/etc/passwd"}, mode=mode))
        elif mode == "160000":
            entry = f"M 160000 {first} thing\n"
            server.git(
                "fast-import",
                "--quiet",
                stdin=f"""commit refs/heads/main
committer {PERSON} 1 +0000
data 0
from {first}
{entry}""".encode(),
            )
        else:
            server.commit("main", Change({"thing/inside": b"x"}))
        base = environments.refresh()
        with pytest.raises(OutsideError) as caught:
            environments.read(base, "thing")
        assert (caught.value.code, caught.value.detail) == (
            Code.OUTSIDE_BAD_ANSWER,
            f"thing at {base[:12]} is not a regular file",
        )
        with pytest.raises(ValueError, match="thing is not a regular file in the parent commit"):
            environments.commit(base, (FileChange("thing", b"/etc/passwd", b"new"),), "message", NOON)

    def test_a_commit_holds_exactly_its_changes(self, environments: EnvironmentRepo, server: GitServer) -> None:
        base = environments.refresh()
        changes = (edit(), edit(CART, b"tag: 2\r\n"))
        commit = environments.commit(base, changes, "promote shop 2\n\nService: shop\n", NOON)
        assert environments.push(BRANCH, commit, None) is Pushed.DONE
        assert server.tip(BRANCH) == commit
        assert server.git("diff-tree", "-r", "--name-status", base, commit) == f"M\t{CART}\nM\t{SHOP}"
        assert {path: environments.read(commit, path) for path in FILES} == FILES | {
            change.path: change.after for change in changes
        }
        assert server.git("cat-file", "commit", commit).splitlines()[1:] == [
            f"parent {base}",
            "author promoter <promoter@example.com> 1772366400 +0000",
            "committer promoter <promoter@example.com> 1772366400 +0000",
            "",
            "promote shop 2",
            "",
            "Service: shop",
        ]
        server.git("fsck", "--strict")

    def test_the_same_inputs_give_the_same_commit_in_any_clone(
        self, environments: EnvironmentRepo, server: GitServer, tmp_path: Path
    ) -> None:
        other = self.connect(server, tmp_path / "other.git")
        base = environments.refresh()
        assert other.refresh() == base
        local = NOON.astimezone(tz=None)
        first = environments.commit(base, (edit(), edit(CART, b"tag: 2\n")), "message", NOON)
        assert other.commit(base, (edit(CART, b"tag: 2\n"), edit()), "message", local) == first
        assert other.commit(base, (edit(),), "message", NOON) != first
        assert other.commit(base, (edit(), edit(CART, b"tag: 2\n")), "message", NOON + timedelta(seconds=1)) != first

    def test_an_executable_file_stays_executable(self, environments: EnvironmentRepo, server: GitServer) -> None:
        server.commit("main", Change({"run.sh": b"1\n"}, mode="100755"))
        base = environments.refresh()
        commit = environments.commit(base, (FileChange("run.sh", b"1\n", b"2\n"),), "message", NOON)
        environments.push(BRANCH, commit, None)
        assert server.git("ls-tree", commit, "run.sh").startswith("100755 blob ")

    def test_what_is_no_edit_of_a_file_is_refused(self, environments: EnvironmentRepo) -> None:
        base = environments.refresh()
        refused = {
            "a commit needs changes, and only one for each file": (),
            "a commit needs changes, and only one for each": (edit(), edit()),
            f"{SHOP} would not change": (edit(after=FILES[SHOP]),),
            "new.yaml is not in the parent commit: files are edited, never made": (FileChange("new.yaml", b"", b"x"),),
            "other bytes in the parent commit": (FileChange(SHOP, b"something else", b"x"),),
            "environments is not a regular file": (FileChange("environments", b"", b"x"),),
            "README.md/x is not a regular file": (FileChange("README.md/x", b"", b"x"),),
            "README.md is not a regular file": (
                FileChange("README.md", b"", b"x"),
                FileChange("README.md/x", b"", b"x"),
            ),
        }
        for message, changes in refused.items():
            with pytest.raises(ValueError, match=message):
                environments.commit(base, changes, "message", NOON)
        for text in ("", " \n", "a\0b", "\ud800"):
            with pytest.raises(ValueError, match="a commit message"):
                environments.commit(base, (edit(),), text, NOON)

    def test_a_new_branch_is_pushed_once_and_the_repeated_push_is_done(
        self, environments: EnvironmentRepo, server: GitServer
    ) -> None:
        base = environments.refresh()
        assert environments.branch(BRANCH) is None
        commit = environments.commit(base, (edit(),), "message", NOON)
        assert environments.push(BRANCH, commit, None) is Pushed.DONE
        assert environments.branch(BRANCH) == commit
        assert environments.push(BRANCH, commit, None) is Pushed.DONE
        assert environments.push(BRANCH, commit, base) is Pushed.DONE
        assert server.tip(BRANCH) == commit

    def test_a_branch_is_rewritten_in_place_when_it_is_as_expected(
        self, environments: EnvironmentRepo, server: GitServer
    ) -> None:
        base = environments.refresh()
        first = environments.commit(base, (edit(),), "first", NOON)
        second = environments.commit(base, (edit(),), "second", NOON)
        environments.push(BRANCH, first, None)
        assert environments.push(BRANCH, second, first) is Pushed.DONE
        assert server.tip(BRANCH) == second

    def test_a_commit_of_a_person_is_seen_and_never_overwritten(
        self, environments: EnvironmentRepo, server: GitServer
    ) -> None:
        base = environments.refresh()
        ours = environments.commit(base, (edit(),), "ours", NOON)
        environments.push(BRANCH, ours, None)
        theirs = server.commit(BRANCH, Change({CART: b"tag: mine\n"}, "by hand\n"))
        newer = environments.commit(base, (edit(),), "newer", NOON)

        assert environments.push(BRANCH, newer, ours) is Pushed.MOVED
        assert server.tip(BRANCH) == theirs

        environments.refresh()
        assert environments.branch(BRANCH) == theirs
        assert [
            (commit.oid, commit.parent, commit.author_email, commit.committer_email, commit.message, commit.paths)
            for commit in environments.commits(base, theirs, 10)
        ] == [
            (theirs, ours, "ada@example.com", "ada@example.com", "by hand\n", (CART,)),
            (ours, base, "promoter@example.com", "promoter@example.com", "ours\n", (SHOP,)),
        ]

    def test_a_branch_that_somebody_made_first_is_not_overwritten(
        self, environments: EnvironmentRepo, server: GitServer
    ) -> None:
        base = environments.refresh()
        theirs = server.commit(BRANCH, Change({CART: b"tag: mine\n"}, onto=base))
        ours = environments.commit(base, (edit(),), "ours", NOON)
        assert environments.push(BRANCH, ours, None) is Pushed.MOVED
        assert server.tip(BRANCH) == theirs

    def test_a_branch_that_somebody_deleted_is_not_made_again_by_a_lease(
        self, environments: EnvironmentRepo, server: GitServer
    ) -> None:
        base = environments.refresh()
        first = environments.commit(base, (edit(),), "first", NOON)
        environments.push(BRANCH, first, None)
        server.git("update-ref", "-d", f"refs/heads/{BRANCH}")
        second = environments.commit(base, (edit(),), "second", NOON)
        assert environments.push(BRANCH, second, first) is Pushed.MOVED
        assert environments.branch(BRANCH) == first
        environments.refresh()
        assert environments.branch(BRANCH) is None
        assert environments.push(BRANCH, second, None) is Pushed.DONE

    def test_the_base_may_move_between_refresh_and_push(self, environments: EnvironmentRepo, server: GitServer) -> None:
        base = environments.refresh()
        commit = environments.commit(base, (edit(),), "message", NOON)
        moved = server.commit("main", Change({CART: b"tag: 9\n"}))
        assert environments.push(BRANCH, commit, None) is Pushed.DONE
        assert environments.refresh() == moved
        assert environments.merge_base(moved, commit) == base
        again = environments.commit(moved, (edit(),), "message", NOON)
        assert environments.push(BRANCH, again, commit) is Pushed.DONE
        assert environments.merge_base(moved, again) == moved

    def test_the_whole_history_is_listed_when_no_base_is_given(
        self, environments: EnvironmentRepo, server: GitServer
    ) -> None:
        first = server.tip("main")
        trailers = "promote shop 2 to prod\n\nBody | with \x01 bytes\n\nService: shop\nDigest: sha256:00\n"
        second = server.commit("main", Change({SHOP: b"2", "a\tb": b"1"}, trailers))
        server.commit("side", Change({"side": b"1"}, "side\n", onto=first))
        merge = server.git(
            *("-c", "user.name=M", "-c", "user.email=m@example.com", "commit-tree", f"{second}^{{tree}}"),
            *("-p", second, "-p", server.tip("side"), "-m", "merge"),
        )
        server.git("update-ref", "refs/heads/main", merge)
        head = environments.refresh()
        history = environments.commits("", head, 100)
        assert {(commit.message, commit.parent, tuple(sorted(commit.paths))) for commit in history} == {
            ("merge\n", second, ()),
            ("side\n", first, ("side",)),
            (trailers, first, tuple(sorted(("a\tb", SHOP)))),
            ("first\n", "", tuple(sorted(FILES))),
        }
        assert environments.commits("", head, 2) == history[:2]
        assert environments.commits(head, head, 100) == ()

    def test_histories_without_a_common_commit_have_no_merge_base(
        self, environments: EnvironmentRepo, server: GitServer
    ) -> None:
        server.git(
            "fast-import",
            "--quiet",
            stdin=f"commit refs/heads/promote/x/y\ncommitter {PERSON} 1 +0000\ndata 0\n".encode(),
        )
        base = environments.refresh()
        stranger = environments.branch("promote/x/y")
        assert stranger is not None
        assert environments.merge_base(base, stranger) is None
        assert environments.merge_base(base, base) == base

    def test_a_commit_that_is_not_in_the_clone_is_not_found(self, environments: EnvironmentRepo) -> None:
        base = environments.refresh()
        unknown = "0123456789" * 4
        calls = (
            lambda: environments.read(unknown, SHOP),
            lambda: environments.commits("", unknown, 1),
            lambda: environments.commits(unknown, base, 1),
            lambda: environments.merge_base(base, unknown),
            lambda: environments.commit(unknown, (edit(),), "message", NOON),
        )
        for call in calls:
            with pytest.raises(OutsideError) as caught:
                call()
            assert caught.value.code is Code.OUTSIDE_NOT_FOUND
