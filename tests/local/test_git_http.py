"""Git over HTTP by git's own server: what is asked for, bodies of any kind, and clients that misbehave."""

import gzip
import http.client
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from promoter.local.git_http import MAX_BODY, GitRequest, make_bare, parse_git_request, serve_git


@dataclass
class World:
    """A bare repository on loopback, what was asked of it, and how each request ended."""

    repository: Path
    work: Path
    port: int = 0
    seen: list[tuple[GitRequest, dict[str, str], int]] = field(default_factory=list)
    user: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/acme/environments.git"

    def git(self, *arguments: str, stdin: bytes = b"") -> str:
        environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0"}
        identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        command = ["git", *identity, "-C", str(self.work), *arguments]
        return subprocess.run(command, input=stdin, env=environment, capture_output=True, check=True).stdout.decode()

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, path)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            connection.send(body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "server" / "environments.git", tmp_path)
    make_bare(world.repository)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            request = parse_git_request(self.path)
            if request is None or request.repository != "acme/environments":
                self.send_error(404)
                return
            status = serve_git(self, request, world.repository, world.user)
            world.seen.append((request, dict(self.headers.items()), status))

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        world.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield world
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("target", "request_"),
    [
        (
            "/acme/environments.git/info/refs?service=git-upload-pack",
            GitRequest("acme/environments", "info/refs", "git-upload-pack"),
        ),
        (
            "/acme/environments/info/refs?service=git-receive-pack",
            GitRequest("acme/environments", "info/refs", "git-receive-pack"),
        ),
        ("/x.git/git-upload-pack", GitRequest("x", "git-upload-pack", "git-upload-pack")),
        ("/x.git/git-receive-pack", GitRequest("x", "git-receive-pack", "git-receive-pack")),
    ],
)
def test_the_smart_protocol_is_recognised(target: str, request_: GitRequest) -> None:
    assert parse_git_request(target) == request_
    assert request_.writes == ("receive" in target)


@pytest.mark.parametrize(
    "target",
    [
        *("/", "/x.git", "/x.git/HEAD", "/x.git/config", "/x.git/objects/info/packs", "/x.git/info/refs"),
        *("/x.git/info/refs?service=git-upload-archive", "/../x.git/git-upload-pack", "/a/%2e%2e/x/git-upload-pack"),
        *("/a%2F..%2Fx/git-upload-pack", "//x.git/git-upload-pack", "/-x/git-upload-pack", "/.x/git-upload-pack"),
    ],
)
def test_anything_else_is_none_of_gits(target: str) -> None:
    assert parse_git_request(target) is None


@pytest.mark.slow
def test_a_large_push_comes_in_chunks_and_a_long_negotiation_comes_compressed(world: World) -> None:
    world.git("init", "-q", "-b", "main", "a")
    (world.work / "a" / "large").write_bytes(os.urandom(3_000_000))
    world.git("-C", "a", "add", ".")
    world.git("-C", "a", "commit", "-q", "-m", "large")
    world.git("-C", "a", "push", "-q", world.url, "HEAD:refs/heads/main")
    chunked = [request for request, headers, _ in world.seen if headers.get("Transfer-Encoding") == "chunked"]
    assert chunked == [GitRequest("acme/environments", "git-receive-pack", "git-receive-pack")]

    world.seen.clear()
    for number in range(60):
        world.git("-C", "a", "commit", "-q", "--allow-empty", "-m", str(number))
    world.git("clone", "-q", "--bare", world.url, "other")
    moved = "commit refs/heads/main\ncommitter a <a@b> 1 +0000\ndata 0\nfrom refs/heads/main^0\n"
    world.git("--git-dir", str(world.repository), "fast-import", "--quiet", stdin=moved.encode())
    world.git("-C", "a", "fetch", "-q", world.url, "refs/heads/main")
    assert "gzip" in {headers.get("Content-Encoding") for _, headers, _ in world.seen}
    assert {headers.get("Git-Protocol") for _, headers, _ in world.seen} == {"version=2"}
    assert {status for _, _, status in world.seen} == {200}


def test_a_partial_clone_gets_no_blob_and_any_blob_by_its_name(world: World) -> None:
    world.git("init", "-q", "-b", "main", "a")
    (world.work / "a" / "file").write_text("content")
    world.git("-C", "a", "add", ".")
    world.git("-C", "a", "commit", "-q", "-m", "one")
    world.git("-C", "a", "push", "-q", world.url, "HEAD:refs/heads/main")
    world.git("clone", "-q", "--bare", "--filter=blob:none", world.url, "b")
    assert world.git("-C", "b", "rev-list", "--objects", "--missing=print", "HEAD").count("?") == 1
    assert world.git("-C", "b", "cat-file", "blob", "HEAD:file") == "content"


def test_branches_can_be_rewritten_and_deleted_and_no_hook_runs(world: World) -> None:
    hook = world.repository / "hooks" / "pre-receive"
    assert not hook.parent.exists()
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    world.git("init", "-q", "-b", "main", "a")
    for text in ("one", "two"):
        world.git("-C", "a", "commit", "-q", "--allow-empty", "-m", text)
    world.git("-C", "a", "push", "-q", world.url, "HEAD:refs/heads/main", "HEAD:refs/heads/x")
    world.git("-C", "a", "push", "-q", world.url, "+HEAD^:refs/heads/x")
    world.git("-C", "a", "push", "-q", world.url, ":refs/heads/x")
    assert world.git("ls-remote", world.url).split()[1::2] == ["HEAD", "refs/heads/main"]


WANT = b"0014command=ls-refs\n0000"
UPLOAD = "/acme/environments.git/git-upload-pack"
KIND = "application/x-git-upload-pack-request"


def test_bodies_plain_chunked_and_compressed_mean_the_same(world: World) -> None:
    chunks = (
        b"".join(b"%x;x=y\r\n%b\r\n" % (len(piece), piece) for piece in (WANT[:5], WANT[5:])) + b"0\r\nA: b\r\n\r\n"
    )
    packed = gzip.compress(WANT)
    plain = world.send("POST", UPLOAD, WANT, Content_Type=KIND, Content_Length=str(len(WANT)), Git_Protocol="version=2")
    assert plain == (200, b"0000")
    assert plain == world.send(
        "POST", UPLOAD, chunks, Content_Type=KIND, Transfer_Encoding="chunked", Git_Protocol="version=2"
    )
    assert plain == world.send(
        "POST",
        UPLOAD,
        packed,
        Content_Type=KIND,
        Content_Length=str(len(packed)),
        Content_Encoding="gzip",
        Git_Protocol="version=2",
    )


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"xyz\r\n", {"Transfer_Encoding": "chunked"}),
        (b"-1\r\n", {"Transfer_Encoding": "chunked"}),
        (b"5\r\nabcdeXX", {"Transfer_Encoding": "chunked"}),
        (b"fffffff\r\n" + b"a", {"Transfer_Encoding": "chunked"}),
        (b"ffffffff\r\n", {"Transfer_Encoding": "chunked"}),
        (b"", {"Content_Length": str(MAX_BODY + 1)}),
        (b"", {"Content_Length": "many"}),
    ],
)
def test_a_body_that_is_none_gets_no_answer_of_gits(world: World, body: bytes, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=10)
    connection.putrequest("POST", UPLOAD)
    connection.putheader("Content-Type", KIND)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    connection.send(body)
    assert connection.sock is not None
    connection.sock.shutdown(1)
    try:
        assert connection.getresponse().read() == b""
    except http.client.RemoteDisconnected:
        assert [status for _, _, status in world.seen] in ([], [400])
    finally:
        connection.close()


def test_who_pushes_is_told_to_git(world: World) -> None:
    world.git("--git-dir", str(world.repository), "config", "--unset", "http.receivepack")
    world.git("init", "-q", "-b", "main", "a")
    world.git("-C", "a", "commit", "-q", "--allow-empty", "-m", "one")
    with pytest.raises(subprocess.CalledProcessError):
        world.git("-C", "a", "push", "-q", world.url, "HEAD:refs/heads/main")
    assert [status for _, _, status in world.seen] == [403]
    world.user = "promoter-bot"
    world.git("-C", "a", "push", "-q", world.url, "HEAD:refs/heads/main")
