"""Git over smart HTTP at the forge: the API's tokens open it, and pushes move pull requests at once."""

import base64
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.forge_github import GithubForge
from promoter.local.forge import LocalForge, Role
from promoter.ports import PullState
from promoter.transport.github import AccountToken, AppInstallation, GithubClient
from tests.adapters.forge_contract import commit_on, git_of

NAME = "shop/environments"


@dataclass(frozen=True)
class Site:
    """A forge with one repository and the tokens of a writer and a reader."""

    forge: LocalForge
    git: Path
    writer: str
    reader: str
    directory: Path

    def run(self, token: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run git with a token, as the person at a shell would."""
        secret = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        header = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader"}
        header["GIT_CONFIG_VALUE_0"] = f"Authorization: Basic {secret}"
        quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        environment = {**os.environ, **quiet, **(header if token else {})}
        return subprocess.run(["git", *words], capture_output=True, text=True, check=False, env=environment, timeout=30)

    def clone(self, token: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Clone into `copy`."""
        return self.run(token, "clone", *options, self.forge.git_url(NAME), str(self.directory / "copy"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    forge = LocalForge(tmp_path / "forge", SystemClock())
    forge.start()
    try:
        git = forge.create_repository("shop", "environments")
        commit_on(git, "main", {"a.yaml": "a: 1\n", "b.yaml": "b: 1\n"})
        yield Site(forge, git, forge.account("writer"), forge.account("reader", role=Role.READ), tmp_path)
    finally:
        forge.stop()


def test_a_clone_without_blobs_has_none_and_fetches_what_is_read(site: Site) -> None:
    assert site.clone(site.reader, "--bare", "--filter=blob:none").returncode == 0
    copy = ("-C", str(site.directory / "copy"))
    missing = site.run("", *copy, "rev-list", "--objects", "--missing=print", "main").stdout
    assert missing.count("?") == 2
    assert site.run(site.reader, *copy, "show", "main:a.yaml").stdout == "a: 1\n"


@pytest.mark.parametrize("token", ["", "ghp_wrong"])
def test_without_a_token_of_ours_nothing_is_given(site: Site, token: str) -> None:
    assert site.clone(token).returncode != 0
    assert not (site.directory / "copy").exists()


def test_a_public_repository_is_read_without_a_token_but_not_written(site: Site) -> None:
    public = site.forge.create_repository("shop", "public", private=False)
    commit_on(public, "main", {"a": "1"})
    copy = str(site.directory / "public")
    assert site.run("", "clone", site.forge.git_url("shop/public"), copy).returncode == 0
    refused = site.run("", "-C", copy, "push", "origin", "HEAD:refs/heads/other")
    assert refused.returncode != 0
    assert git_of(public, "for-each-ref", "refs/heads/other") == ""


def test_a_push_moves_the_pull_request_and_a_reader_cannot_push(site: Site) -> None:
    commit_on(site.git, "promote/dev/shop", {"a.yaml": "a: 2\n"})
    forge = GithubForge(GithubClient(site.forge.api_url, AccountToken(site.writer)), NAME, "main")
    number = forge.open("promote/dev/shop", "title", "").number
    assert site.clone(site.writer, "--branch", "promote/dev/shop").returncode == 0
    copy = ("-C", str(site.directory / "copy"))
    who = ("-c", "user.name=w", "-c", "user.email=w@example.test")
    site.run("", *copy, *who, "commit", "--allow-empty", "-m", "by hand")
    assert "403" in site.run(site.reader, *copy, "push").stderr
    assert site.run(site.writer, *copy, "push").returncode == 0
    assert forge.pull(number).head == site.run("", *copy, "rev-parse", "HEAD").stdout.strip()


def test_a_push_of_the_head_to_the_base_merges_the_pull_request_by_the_pusher(site: Site) -> None:
    head = commit_on(site.git, "promote/dev/shop", {"a.yaml": "a: 2\n"})
    forge = GithubForge(GithubClient(site.forge.api_url, AccountToken(site.writer)), NAME, "main")
    number = forge.open("promote/dev/shop", "title", "").number
    assert site.clone(site.writer).returncode == 0
    pushed = site.run(
        site.writer, "-C", str(site.directory / "copy"), "push", "origin", "origin/promote/dev/shop:refs/heads/main"
    )
    assert pushed.returncode == 0
    found = forge.pull(number)
    assert (found.state, found.merged_by, found.merge_commit) == (PullState.MERGED, "writer", head)


def test_a_deleted_branch_closes_the_pull_request_by_the_pusher(site: Site) -> None:
    commit_on(site.git, "promote/dev/shop", {"a.yaml": "a: 2\n"})
    forge = GithubForge(GithubClient(site.forge.api_url, AccountToken(site.writer)), NAME, "main")
    number = forge.open("promote/dev/shop", "title", "").number
    url = site.forge.git_url(NAME)
    site.run("", "init", str(site.directory / "empty"))
    site.run(site.writer, "-C", str(site.directory / "empty"), "push", url, ":refs/heads/promote/dev/shop")
    found = forge.pull(number)
    assert (found.state, found.closed_by) == (PullState.CLOSED, "writer")


def test_an_installation_token_opens_git(site: Site) -> None:
    key = site.forge.app("promoter")
    client = GithubClient(site.forge.api_url, AppInstallation(key.app_id, key.installation_id, key.private_key))
    assert site.clone(client.token()).returncode == 0
