"""The JSON documents of accounts and repositories, in GitHub's shapes (REST version 2026-03-10).

Every key that GitHub's description requires is there and no key that it does not know; `tests/adapters/
test_forge_schema.py` holds the answers to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter.local.forge.accounts import Account, App, Grant
from promoter.local.forge.repository import HostedRepository
from promoter.ports import PullState

Document = dict[str, Any]
"""A JSON object on its way out; it is made here and nothing reads it but the server."""

_USER_LINKS: Mapping[str, str] = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPOSITORY_LINKS: Mapping[str, str] = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
    "hooks_url": "/hooks",
}
_NO_COUNTS = ("forks_count", "stargazers_count", "watchers_count", "size", "forks", "watchers")
_PERMISSIONS = {
    "contents": "write",
    "pull_requests": "write",
    "statuses": "write",
    "attestations": "read",
    "metadata": "read",
}
STORED_BUNDLES = "/-/attestations/"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the forge answers: its pages and its API, without a slash at the end."""

    web: str
    api: str

    def repository(self, full_name: str) -> str:
        """Give the API address of a repository."""
        return f"{self.api}/repos/{full_name}"

    def page(self, full_name: str) -> str:
        """Give the page of a repository."""
        return f"{self.web}/{full_name}"

    def stored_bundle(self, full_name: str, number: int, secret: str) -> str:
        """Give the address of a stored attestation's bundle; whoever has it may read the bundle."""
        return f"{self.web}{STORED_BUNDLES}{full_name}/{number}.json.sn?sig={secret}"


def instant(at: datetime) -> str:
    """Write a time as GitHub does: whole seconds, `Z`."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def node(kind: str, number: object) -> str:
    """Give an opaque node id."""
    return f"{kind}_{number}"


def user_document(account: Account, at: Addresses) -> Document:
    """Give the short form of an account."""
    url = f"{at.api}/users/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node("U", account.id),
        "avatar_url": f"{at.web}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{at.web}/{account.login}",
        "type": account.kind.value,
        "site_admin": False,
        **{key: url + end for key, end in _USER_LINKS.items()},
    }


def permission_document(account: Account, at: Addresses) -> Document:
    """Give what an account may do in a repository."""
    role = account.role.value
    levels = ("pull", "triage", "push", "maintain", "admin")
    most = {"read": "pull", "write": "push", "admin": "admin"}[role]
    permissions = {level: levels.index(level) <= levels.index(most) for level in levels}
    user = {**user_document(account, at), "permissions": permissions, "role_name": role}
    return {"permission": role, "role_name": role, "user": user}


def public_user_document(account: Account, at: Addresses) -> Document:
    """Give the public long form of an account."""
    unknown = ("name", "company", "blog", "location", "email", "hireable", "bio")
    counts = ("public_repos", "public_gists", "followers", "following")
    since = instant(account.since)
    return {
        **user_document(account, at),
        **dict.fromkeys(unknown),
        **dict.fromkeys(counts, 0),
        "created_at": since,
        "updated_at": since,
    }


def repository_document(repository: HostedRepository, owner: Account, at: Addresses) -> Document:
    """Give the form of a repository that other documents hold."""
    url, page = at.repository(repository.full_name), at.page(repository.full_name)
    open_pulls = sum(pull.state is PullState.OPEN for pull in repository.pulls.values())
    created = instant(repository.created_at)
    switched_off = ("fork", "archived", "disabled", "has_projects", "has_wiki", "has_pages", "has_discussions")
    return {
        "id": repository.id,
        "node_id": node("R", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "owner": user_document(owner, at),
        "private": repository.private,
        "html_url": page,
        "url": url,
        **{key: url + end for key, end in _REPOSITORY_LINKS.items()},
        "git_url": page.replace("http:", "git:") + ".git",
        "ssh_url": f"git@localhost:{repository.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        **dict.fromkeys(("description", "mirror_url", "homepage", "language", "license")),
        **dict.fromkeys(_NO_COUNTS, 0),
        **dict.fromkeys(switched_off, False),
        "has_issues": True,
        "default_branch": repository.default_branch,
        "open_issues_count": open_pulls,
        "open_issues": open_pulls,
        "visibility": "private" if repository.private else "public",
        "pushed_at": created,
        "created_at": created,
        "updated_at": created,
    }


def full_repository_document(repository: HostedRepository, owner: Account, at: Addresses) -> Document:
    """Give the form of a repository that is asked for by itself."""
    return {
        **repository_document(repository, owner, at),
        "subscribers_count": 0,
        "network_count": 0,
        "allow_merge_commit": True,
        "allow_squash_merge": True,
        "allow_rebase_merge": False,
    }


def app_document(app: App, owner: Account, at: Addresses) -> Document:
    """Give a GitHub App."""
    since = instant(app.bot.since)
    return {
        "id": app.id,
        "slug": app.slug,
        "node_id": node("A", app.id),
        "owner": user_document(owner, at),
        "name": app.slug,
        "description": None,
        "external_url": at.web,
        "html_url": f"{at.web}/apps/{app.slug}",
        "created_at": since,
        "updated_at": since,
        "permissions": {"contents": "write", "metadata": "read"},
        "events": [],
    }


def grant_document(grant: Grant) -> Document:
    """Give an installation token."""
    return {
        "token": grant.token,
        "expires_at": instant(grant.ends),
        "permissions": dict(_PERMISSIONS),
        "repository_selection": "all",
    }
