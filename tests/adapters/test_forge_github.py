"""The GitHub adapter over the local forge: the contract, and what is particular to GitHub."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.forge_github import GithubForge
from promoter.core.codes import Code
from promoter.local.forge import Kind, LocalForge, Role
from promoter.local.forge.person import Person
from promoter.ports import Forge, OutsideError, StatusState
from promoter.transport.github import AccountToken, AppInstallation, GithubClient
from tests.adapters.forge_contract import (
    AFTER,
    BEFORE,
    BRANCH,
    CONTEXT,
    MARKER,
    PINS,
    ForgeContract,
    ForgeWorld,
    commit_on,
    git_of,
)

_numbers = count(1)


class Minutes:
    """A clock that goes on by a second each time it is asked, from now: a client of ours checks when tokens end."""

    def __init__(self) -> None:
        self._now = SystemClock().now().replace(microsecond=0)

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


@dataclass(frozen=True)
class Site:
    """A running forge with its accounts' tokens."""

    forge: LocalForge
    bot: str
    team: str
    manager: str
    admin: str
    client: GithubClient


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    forge = LocalForge(tmp_path_factory.mktemp("forge"), Minutes())
    forge.start()
    bot = forge.account("promoter-bot", kind=Kind.BOT)
    try:
        yield Site(
            forge,
            bot,
            forge.account("team", email="team@example.test"),
            forge.account("manager"),
            forge.account("admin", role=Role.ADMIN),
            GithubClient(forge.api_url, AccountToken(bot)),
        )
    finally:
        forge.stop()


def repository_of(site: Site) -> tuple[str, Path]:
    """Make a repository with one commit on main, whose merges need the bot's check."""
    name = f"environments-{next(_numbers)}"
    git = site.forge.create_repository("shop", name)
    commit_on(git, "main", {PINS: BEFORE, "README.md": "environments\n"})
    site.forge.protect(f"shop/{name}", "main", (CONTEXT,))
    return f"shop/{name}", git


def world_of(site: Site, name: str, git: Path, forge: Forge, bot: str) -> ForgeWorld:
    people = (Person(site.forge.url, token, name) for token in (site.team, site.manager, site.admin))
    return ForgeWorld(forge, git, bot, *people)


@pytest.fixture
def world(site: Site) -> ForgeWorld:
    name, git = repository_of(site)
    return world_of(site, name, git, GithubForge(site.client, name, "main"), "promoter-bot")


class TestGithubForge(ForgeContract):
    """The contract with a token."""


def said(site: Site, method: str, path_end: str) -> list[object]:
    """List what was sent with a method to a path."""
    return [one.sent for one in site.forge.exchanges() if one.method == method and one.path.endswith(path_end)]


def test_the_evidence_comment_is_made_once_and_then_changed_in_place(site: Site, world: ForgeWorld) -> None:
    world.commit(BRANCH, {PINS: AFTER})
    number = world.forge.open(BRANCH, "title", "body").number
    world.team.comment(number, f"{MARKER} I pretend to be the evidence")
    before = len(site.forge.exchanges())
    world.forge.comment(number, MARKER, f"{MARKER}\nfirst")
    world.forge.comment(number, MARKER, f"{MARKER}\nfirst")
    world.forge.comment(number, MARKER, f"{MARKER}\nsecond")
    writes = [(one.method, one.sent) for one in site.forge.exchanges()[before:] if one.method != "GET"]
    assert writes == [("POST", {"body": f"{MARKER}\nfirst"}), ("PATCH", {"body": f"{MARKER}\nsecond"})]


def test_a_comment_without_its_marker_is_our_mistake(world: ForgeWorld) -> None:
    with pytest.raises(ValueError, match="must hold its marker"):
        world.forge.comment(1, MARKER, "no marker")


def test_unchanged_description_and_status_send_nothing(site: Site, world: ForgeWorld) -> None:
    head = world.commit(BRANCH, {PINS: AFTER})
    number = world.forge.open(BRANCH, "title", "body\n").number
    world.forge.status(head, CONTEXT, StatusState.PENDING, "waiting", "https://promoter.example/1")
    before = len(site.forge.exchanges())
    world.forge.describe(number, "title", "body\n")
    world.forge.status(head, CONTEXT, StatusState.PENDING, "waiting", "https://promoter.example/1")
    assert [one.method for one in site.forge.exchanges()[before:]] == ["GET", "GET"]


def test_the_newest_status_counts_and_a_long_description_is_cut(site: Site, world: ForgeWorld) -> None:
    head = world.commit(BRANCH, {PINS: AFTER})
    world.forge.status(head, CONTEXT, StatusState.SUCCESS, "green", "")
    world.forge.status(head, CONTEXT, StatusState.FAILURE, "y" * 200, "")
    world.forge.status(head, "other/check", StatusState.SUCCESS, "", "")
    world.forge.status(head, CONTEXT, StatusState.SUCCESS, "green", "")
    sent = said(site, "POST", f"/{world.git.stem}/statuses/{head}")
    assert sent == [
        {"state": "success", "description": "green", "context": CONTEXT},
        {"state": "failure", "description": "y" * 139 + "…", "context": CONTEXT},
        {"state": "success", "description": "", "context": "other/check"},
        {"state": "success", "description": "green", "context": CONTEXT},
    ]


def test_steady_state_costs_one_request_per_question(site: Site, world: ForgeWorld) -> None:
    head = world.commit(BRANCH, {PINS: AFTER})
    number = world.forge.open(BRANCH, "title", "body").number
    world.forge.comment(number, MARKER, MARKER)
    before = len(site.forge.exchanges())
    world.forge.find(BRANCH)
    world.forge.reviews(number)
    world.forge.describe(number, "title", "body")
    world.forge.comment(number, MARKER, MARKER)
    world.forge.merge(number, head, "title", "")
    assert len(site.forge.exchanges()) - before == 5


def test_two_bots_that_open_at_once_get_the_same_pull_request(site: Site, world: ForgeWorld) -> None:
    world.commit(BRANCH, {PINS: AFTER})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: world.forge.open(BRANCH, "title", "body").number, range(8)))
    assert found == [1] * 8


def test_more_comments_than_a_page_are_all_looked_at(site: Site, world: ForgeWorld) -> None:
    world.commit(BRANCH, {PINS: AFTER})
    number = world.forge.open(BRANCH, "title", "body").number
    for index in range(120):
        world.team.comment(number, f"comment {index}")
    world.forge.comment(number, MARKER, f"{MARKER} one")
    before = len(site.forge.exchanges())
    world.forge.comment(number, MARKER, f"{MARKER} two")
    asked = [(one.method, one.query.get("page")) for one in site.forge.exchanges()[before:]]
    assert asked == [("GET", None), ("GET", "2"), ("PATCH", None)]


def test_closing_again_after_a_crash_says_why_only_once(site: Site, world: ForgeWorld) -> None:
    world.commit(BRANCH, {PINS: AFTER})
    number = world.forge.open(BRANCH, "title", "body").number
    Person(site.forge.url, site.bot, f"shop/{world.git.stem}").comment(number, "withdrawn: denied")
    world.forge.close(number, "withdrawn: denied")
    world.forge.close(number, "withdrawn: denied")
    assert said(site, "POST", f"/{world.git.stem}/issues/{number}/comments") == [{"body": "withdrawn: denied"}]


def test_who_may_only_read_is_told_from_who_may_write(site: Site, world: ForgeWorld) -> None:
    reader = site.forge.account(f"reader-{next(_numbers)}", role=Role.READ)
    head = world.commit(BRANCH, {PINS: AFTER})
    number = world.forge.open(BRANCH, "title", "body").number
    Person(site.forge.url, reader, f"shop/{world.git.stem}").approve(number, head)
    world.manager.approve(number, head)
    world.admin.approve(number, head)
    assert [one.may_write for one in world.forge.reviews(number)] == [False, True, True]


def test_a_branch_deleted_by_git_closes_its_pull_request(world: ForgeWorld) -> None:
    world.commit(BRANCH, {PINS: AFTER})
    number = world.forge.open(BRANCH, "title", "body").number
    git_of(world.git, "update-ref", "-d", f"refs/heads/{BRANCH}")
    assert world.forge.pull(number).closed_by == "ghost"


@pytest.fixture(scope="module")
def app_client(site: Site) -> GithubClient:
    key = site.forge.app("promoter")
    return GithubClient(site.forge.api_url, AppInstallation(key.app_id, key.installation_id, key.private_key))


class TestGithubApp(ForgeContract):
    """The contract with a GitHub App's installation."""

    @pytest.fixture
    def world(self, site: Site, app_client: GithubClient) -> ForgeWorld:
        name, git = repository_of(site)
        return world_of(site, name, git, GithubForge(app_client, name, "main"), app_client.login())

    def test_the_apps_account_is_named_after_it(self, app_client: GithubClient) -> None:
        assert app_client.login() == "promoter[bot]"

    def test_eight_threads_fetch_one_token(self, site: Site) -> None:
        key = site.forge.app(f"threads-{next(_numbers)}")
        client = GithubClient(site.forge.api_url, AppInstallation(key.app_id, key.installation_id, key.private_key))
        with ThreadPoolExecutor(8) as pool:
            tokens = set(pool.map(lambda _: client.token(), range(8)))
        assert len(tokens) == 1
        assert len(said(site, "POST", f"/app/installations/{key.installation_id}/access_tokens")) == 1

    def test_a_key_of_another_app_is_unauthorized(self, site: Site) -> None:
        mine, other = (site.forge.app(f"app-{next(_numbers)}") for _ in range(2))
        wrong = GithubClient(site.forge.api_url, AppInstallation(mine.app_id, mine.installation_id, other.private_key))
        with pytest.raises(OutsideError) as caught:
            wrong.token()
        assert caught.value.code is Code.OUTSIDE_UNAUTHORIZED


def test_a_wrong_token_is_unauthorized_and_stands_in_no_text(site: Site) -> None:
    client = GithubClient(site.forge.api_url, AccountToken("ghp_wrong-and-secret"))
    with pytest.raises(OutsideError) as caught:
        client.login()
    assert str(caught.value) == "outside.unauthorized: the bot's account: 401, Bad credentials"
    assert "secret" not in repr(AccountToken("ghp_wrong-and-secret"))


def test_a_repository_that_is_not_there_is_not_found(site: Site) -> None:
    with pytest.raises(OutsideError) as caught:
        GithubForge(site.client, "shop/absent", "main").find(BRANCH)
    assert str(caught.value) == f"outside.not-found: pull requests from {BRANCH}: 404, Not Found"


@pytest.mark.parametrize(
    "address",
    ["http://api.github.com", "ftp://api.github.com", "https://", "api.github.com", "https://me:secret@ghes.example"],
)
def test_an_address_that_cannot_be_trusted_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not the address of a GitHub API") as caught:
        GithubClient(address, AccountToken("token"))
    assert "secret" not in str(caught.value)


def test_a_key_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="not an unencrypted RSA key in PEM"):
        GithubClient("https://api.github.com", AppInstallation(1, 1, "nonsense"))
