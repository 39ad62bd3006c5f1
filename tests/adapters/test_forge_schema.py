"""The local forge's answers and the adapters' requests, held to GitHub's published description (REST 2026-03-10).

The models come from `githubkit`, generated from GitHub's OpenAPI document. They require fields and check types, but
drop keys that they do not know; so what they read is written out again and must hold every key that was there.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import githubkit_schemas.v2026_03_10.models as models
import pytest
from githubkit import GitHub, TokenAuthStrategy
from githubkit.exception import RequestFailed
from pydantic import TypeAdapter

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.forge_github import GithubForge
from promoter.adapters.source_github import GithubSource
from promoter.core.candidate import digest_of
from promoter.local.forge import Kind, LocalForge, Role
from promoter.local.forge.exchange import Exchange
from promoter.local.forge.person import Person
from promoter.ports import StatusState
from promoter.transport.github import AccountToken, AppInstallation, GithubClient
from promoter.transport.github_reviews import makers_of, merged_pulls
from tests.adapters.attestations import bundle_about
from tests.adapters.forge_contract import AFTER, BEFORE, BRANCH, CONTEXT, MARKER, PINS, commit_on, git_of

ENVIRONMENTS = "shop/environments"
DIGEST = digest_of(b"an image")
_REPOSITORY = r"/repos/[^/]+/[^/]+"


@dataclass(frozen=True)
class Operation:
    """One operation of GitHub's description: what it answers, and what it takes."""

    method: str
    path: str
    answer: Any
    body: Any = None


OPERATIONS = (
    Operation("GET", "/user", models.PrivateUser | models.PublicUser),
    Operation("GET", "/app", models.Integration),
    Operation(
        "POST",
        "/app/installations/[0-9]+/access_tokens",
        models.InstallationToken,
        models.AppInstallationsInstallationIdAccessTokensPostBody,
    ),
    Operation("GET", _REPOSITORY, models.FullRepository),
    Operation("GET", f"{_REPOSITORY}/pulls", list[models.PullRequestSimple]),
    Operation("POST", f"{_REPOSITORY}/pulls", models.PullRequest, models.ReposOwnerRepoPullsPostBody),
    Operation("GET", f"{_REPOSITORY}/pulls/[0-9]+", models.PullRequest),
    Operation(
        "PATCH", f"{_REPOSITORY}/pulls/[0-9]+", models.PullRequest, models.ReposOwnerRepoPullsPullNumberPatchBody
    ),
    Operation(
        "PUT",
        f"{_REPOSITORY}/pulls/[0-9]+/merge",
        models.PullRequestMergeResult,
        models.ReposOwnerRepoPullsPullNumberMergePutBody,
    ),
    Operation("GET", f"{_REPOSITORY}/pulls/[0-9]+/reviews", list[models.PullRequestReview]),
    Operation(
        "POST",
        f"{_REPOSITORY}/pulls/[0-9]+/reviews",
        models.PullRequestReview,
        models.ReposOwnerRepoPullsPullNumberReviewsPostBody,
    ),
    Operation(
        "PUT",
        f"{_REPOSITORY}/pulls/[0-9]+/reviews/[0-9]+/dismissals",
        models.PullRequestReview,
        models.ReposOwnerRepoPullsPullNumberReviewsReviewIdDismissalsPutBody,
    ),
    Operation("GET", f"{_REPOSITORY}/pulls/[0-9]+/commits", list[models.Commit]),
    Operation("GET", f"{_REPOSITORY}/commits/[0-9a-f]+/pulls", list[models.PullRequestSimple]),
    Operation("GET", f"{_REPOSITORY}/issues/[0-9]+", models.Issue),
    Operation("GET", f"{_REPOSITORY}/issues/[0-9]+/events", list[models.IssueEvent]),
    Operation("GET", f"{_REPOSITORY}/issues/[0-9]+/comments", list[models.IssueComment]),
    Operation(
        "POST",
        f"{_REPOSITORY}/issues/[0-9]+/comments",
        models.IssueComment,
        models.ReposOwnerRepoIssuesIssueNumberCommentsPostBody,
    ),
    Operation(
        "PATCH",
        f"{_REPOSITORY}/issues/comments/[0-9]+",
        models.IssueComment,
        models.ReposOwnerRepoIssuesCommentsCommentIdPatchBody,
    ),
    Operation("GET", f"{_REPOSITORY}/(?:commits/[^/]+/statuses|statuses/[^/]+)", list[models.Status]),
    Operation("POST", f"{_REPOSITORY}/statuses/[^/]+", models.Status, models.ReposOwnerRepoStatusesShaPostBody),
    Operation("GET", f"{_REPOSITORY}/commits/.+/status", models.CombinedCommitStatus),
    Operation("GET", f"{_REPOSITORY}/commits/[^/]+", models.Commit),
    Operation("GET", f"{_REPOSITORY}/compare/.+", models.CommitComparison),
    Operation("GET", f"{_REPOSITORY}/git/ref/.+", models.GitRef),
    Operation("GET", f"{_REPOSITORY}/git/tags/[0-9a-f]+", models.GitTag),
    Operation("GET", f"{_REPOSITORY}/branches/.+/protection/required_status_checks", models.StatusCheckPolicy),
    Operation("GET", f"{_REPOSITORY}/collaborators/[^/]+/permission", models.RepositoryCollaboratorPermission),
    Operation("GET", f"{_REPOSITORY}/branches/[^/]+", models.BranchWithProtection),
    Operation(
        "POST",
        f"{_REPOSITORY}/attestations",
        models.ReposOwnerRepoAttestationsPostResponse201,
        models.ReposOwnerRepoAttestationsPostBody,
    ),
    Operation(
        "GET",
        f"{_REPOSITORY}/attestations/sha256:[0-9a-f]+",
        models.ReposOwnerRepoAttestationsSubjectDigestGetResponse200,
    ),
)


@dataclass(frozen=True)
class Story:
    """Everything that the adapters and people do, once, on one forge."""

    forge: LocalForge
    token: str
    exchanges: tuple[Exchange, ...]


def keys(value: Any, prefix: str = "") -> Iterator[str]:
    """Give the path of every key in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{prefix}.{key}"
            yield from keys(inner, f"{prefix}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner, f"{prefix}[]")


def unknown_keys(model: Any, document: Any) -> set[str]:
    """Read a document with a model, which raises for what is missing or of the wrong type; give the keys it dropped."""
    adapter = TypeAdapter(model)
    read = adapter.validate_json(json.dumps(document), strict=False)
    written = adapter.dump_python(read, by_alias=True, exclude_unset=True, mode="json")
    return set(keys(document)) - set(keys(written))


def operation_of(exchange: Exchange) -> Operation:
    """Find the operation of a request; one that GitHub does not have fails the test."""
    for operation in OPERATIONS:
        if operation.method == exchange.method and re.fullmatch(operation.path, exchange.path):
            return operation
    raise AssertionError(f"GitHub's description has no {exchange.method} {exchange.path}")


def tell(forge: LocalForge, client: GithubClient, people: dict[str, Person], git: Path) -> None:
    """Promote, review, comment, refuse, merge and close."""
    bot = GithubForge(client, ENVIRONMENTS, "main")
    head = commit_on(git, BRANCH, {PINS: AFTER})
    number = bot.open(BRANCH, "title", "body").number
    bot.open(BRANCH, "title", "body")
    bot.describe(number, "other title", "other body")
    bot.comment(number, MARKER, f"{MARKER} one")
    bot.comment(number, MARKER, f"{MARKER} two")
    bot.status(head, CONTEXT, StatusState.PENDING, "waiting", "")
    people["manager"].approve(number, head, "fine")
    people["team"].request_changes(number, head, "not yet")
    people["admin"].dismiss(number, "team", "answered")
    people["team"].comment(number, "thanks")
    bot.status(head, CONTEXT, StatusState.SUCCESS, "all pass", "https://promoter.example/1")
    bot.reviews(number)
    bot.merge(number, head, "title", "message")
    bot.find(BRANCH)
    with client.asking("who answers for a merge"):
        repository = client.repository(ENVIRONMENTS)
        merged_pulls(repository, "main", git_of(git, "rev-parse", "refs/heads/main"))
        makers_of(repository, number)
    commit_on(git, "promote/prod/cart", {"cart.yaml": "tag: 1\n"})
    second = bot.open("promote/prod/cart", "cart", "")
    bot.close(second.number, "withdrawn")
    bot.find("promote/prod/cart")
    git_of(git, "tag", "v1", head)
    git_of(git, "-c", "user.name=t", "-c", "user.email=t@example.test", "tag", "-a", "-m", "release", "v2", head)
    source = GithubSource(client, "git.example")
    url = f"https://git.example/{ENVIRONMENTS}"
    source.revision(url, "v1")
    source.revision(url, "v2")
    source.commits(url, git_of(git, "rev-parse", f"{head}^"), head, 10)
    people["team"].store_attestation(json.dumps(bundle_about(DIGEST)).encode())
    source.attestations(url, DIGEST)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    forge = LocalForge(tmp_path_factory.mktemp("forge"), SystemClock())
    forge.start()
    try:
        token = forge.account("promoter-bot", kind=Kind.BOT)
        roles = {"team": Role.WRITE, "manager": Role.WRITE, "admin": Role.ADMIN}
        tokens = {name: forge.account(name, role=role, email=f"{name}@example.test") for name, role in roles.items()}
        git = forge.create_repository(*ENVIRONMENTS.split("/"))
        commit_on(git, "main", {PINS: BEFORE})
        forge.protect(ENVIRONMENTS, "main", (CONTEXT,))
        people = {name: Person(forge.url, one, ENVIRONMENTS) for name, one in tokens.items()}
        client = GithubClient(forge.api_url, AccountToken(token))
        tell(forge, client, people, git)
        key = forge.app("promoter")
        app = GithubClient(forge.api_url, AppInstallation(key.app_id, key.installation_id, key.private_key))
        app.login()
        app.token()
        yield Story(forge, token, forge.exchanges())
    finally:
        forge.stop()


def test_every_answer_is_one_that_github_could_give(story: Story) -> None:
    for exchange in story.exchanges:
        assert exchange.status < 300, exchange
        dropped = unknown_keys(operation_of(exchange).answer, exchange.answer)
        assert dropped == set(), f"{exchange.method} {exchange.path}"


def test_every_request_is_one_that_github_takes(story: Story) -> None:
    for exchange in story.exchanges:
        body = operation_of(exchange).body
        if body is None:
            assert exchange.sent == {}, exchange
        else:
            assert unknown_keys(body, exchange.sent) == set(), f"{exchange.method} {exchange.path}"


def test_the_story_uses_every_writing_operation(story: Story) -> None:
    asked = {operation_of(exchange) for exchange in story.exchanges}
    assert {one.path for one in OPERATIONS if one.method != "GET"} <= {one.path for one in asked}


def test_a_key_that_github_does_not_know_is_noticed() -> None:
    assert unknown_keys(models.PullRequestMergeResult, {"sha": "1", "merged": True, "message": "", "extra": 1}) == {
        ".extra"
    }


def test_a_second_client_reads_the_rest_and_the_errors(story: Story) -> None:
    github = GitHub(TokenAuthStrategy(story.token), base_url=story.forge.api_url)
    rest = github.rest("2026-03-10")
    repos, pulls = rest.repos, rest.pulls
    assert repos.get("shop", "environments").parsed_data.default_branch == "main"
    branch = repos.get_branch("shop", "environments", "main").parsed_data
    assert branch.protected is True
    checks = repos.get_status_checks_protection("shop", "environments", "main").parsed_data
    assert checks.contexts == [CONTEXT]
    assert repos.get_combined_status_for_ref("shop", "environments", BRANCH).parsed_data.state == "success"
    closer = rest.issues.get("shop", "environments", 2).parsed_data.closed_by
    assert isinstance(closer, models.SimpleUser)
    assert closer.login == "promoter-bot"
    listed = pulls.list("shop", "environments", state="closed", head=f"shop:{BRANCH}").parsed_data
    assert [one.number for one in listed] == [1]
    with pytest.raises(RequestFailed) as caught:
        pulls.merge("shop", "environments", 1, sha="0" * 40)
    assert caught.value.response.status_code == 405
    assert caught.value.response.json()["message"] == "Pull Request is already merged"
    with pytest.raises(RequestFailed) as caught:
        pulls.create("shop", "environments", title="t", head="absent", base="main")
    assert unknown_keys(models.ValidationError, caught.value.response.json()) == set()
    with pytest.raises(RequestFailed) as caught:
        pulls.get("shop", "environments", 99)
    assert unknown_keys(models.BasicError, caught.value.response.json()) == set()

    for exchange in story.forge.exchanges()[len(story.exchanges) :]:
        if exchange.status < 300:
            assert unknown_keys(operation_of(exchange).answer, exchange.answer) == set(), exchange.path
