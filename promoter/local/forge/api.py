"""The table of endpoints: method and path to what answers, and the rules that hold for all of them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from promoter.local.forge.accounts import Accounts
from promoter.local.forge.api_attestations import AttestationApi
from promoter.local.forge.api_commits import CommitApi
from promoter.local.forge.api_pulls import PullApi
from promoter.local.forge.documents import (
    Addresses,
    app_document,
    grant_document,
    permission_document,
    public_user_document,
)
from promoter.local.forge.exchange import ApiAnswer, ApiRequest
from promoter.local.forge.refusal import RefusedError, not_found
from promoter.local.forge.repository import HostedRepository

_REPOSITORY = re.compile(r"/repos/(?P<full_name>[^/]+/[^/]+)(?P<rest>/.*)?")
_PERMISSION = re.compile(r"/collaborators/([^/]+)/permission")
_GRANT = re.compile(r"/app/installations/([0-9]+)/access_tokens")

_PULL_ENDPOINTS: tuple[tuple[str, str, Callable[..., ApiAnswer]], ...] = (
    ("GET", "/pulls", PullApi.list_pulls),
    ("POST", "/pulls", PullApi.create_pull),
    ("GET", "/pulls/([0-9]+)", PullApi.get_pull),
    ("PATCH", "/pulls/([0-9]+)", PullApi.edit_pull),
    ("PUT", "/pulls/([0-9]+)/merge", PullApi.merge_pull),
    ("GET", "/pulls/([0-9]+)/reviews", PullApi.list_reviews),
    ("POST", "/pulls/([0-9]+)/reviews", PullApi.create_review),
    ("PUT", "/pulls/([0-9]+)/reviews/([0-9]+)/dismissals", PullApi.dismiss_review),
    ("GET", "/commits/([0-9a-f]{40})/pulls", PullApi.list_of_commit),
    ("GET", "/issues/([0-9]+)", PullApi.get_issue),
    ("GET", "/issues/([0-9]+)/events", PullApi.list_events),
    ("GET", "/issues/([0-9]+)/comments", PullApi.list_comments),
    ("POST", "/issues/([0-9]+)/comments", PullApi.create_comment),
    ("PATCH", "/issues/comments/([0-9]+)", PullApi.edit_comment),
)
_COMMIT_ENDPOINTS: tuple[tuple[str, str, Callable[..., ApiAnswer]], ...] = (
    ("GET", "", CommitApi.get_repository),
    ("GET", "/pulls/([0-9]+)/commits", CommitApi.list_of_pull),
    ("GET", "/commits/(.+)/statuses", CommitApi.list_statuses),
    ("GET", "/commits/(.+)/status", CommitApi.get_combined),
    ("GET", "/commits/(.+)", CommitApi.get_commit),
    ("GET", "/statuses/(.+)", CommitApi.list_statuses),  # the older address of the same list
    ("POST", "/statuses/([0-9a-f]+)", CommitApi.create_status),
    ("GET", "/compare/(.+)", CommitApi.compare),
    ("GET", "/git/ref/((?:tags|heads)/.+)", CommitApi.get_reference),
    ("GET", "/git/tags/([0-9a-f]{40})", CommitApi.get_tag),
    ("GET", "/branches/(.+)/protection/required_status_checks", CommitApi.get_required_checks),
    ("GET", "/branches/(.+)", CommitApi.get_branch),
)

_ATTESTATION_ENDPOINTS: tuple[tuple[str, str, Callable[..., ApiAnswer]], ...] = (
    ("POST", "/attestations", AttestationApi.create),
    ("GET", "/attestations/([^/]+)", AttestationApi.list_about),
)


@dataclass(frozen=True, slots=True)
class Api:
    """Every endpoint of the forge. The caller holds the forge's lock."""

    accounts: Accounts
    repositories: Mapping[str, HostedRepository]
    at: Addresses
    inline_attestations: bool = False

    def answer(self, request: ApiRequest) -> ApiAnswer:
        """Answer one request; raises RefusedError."""
        found = _REPOSITORY.fullmatch(request.path)
        if found:
            request.actor()
            return self._in_repository(request, found["full_name"], found["rest"] or "")
        if request.path == "/user" and request.method == "GET":
            if request.by_installation:
                raise RefusedError(403, "Resource not accessible by integration")
            return ApiAnswer(public_user_document(request.actor(), self.at))
        return self._as_app(request)

    def _as_app(self, request: ApiRequest) -> ApiAnswer:
        grant = _GRANT.fullmatch(request.path)
        if request.path != "/app" and not grant:
            raise not_found()
        if request.app is None:
            raise RefusedError(401, "A JSON web token could not be decoded")
        if grant and request.method == "POST":
            return ApiAnswer(grant_document(self.accounts.grant(request.app, int(grant[1]))), 201)
        return ApiAnswer(app_document(request.app, request.app.bot, self.at))

    def _in_repository(self, request: ApiRequest, full_name: str, rest: str) -> ApiAnswer:
        repository = self.repositories.get(full_name)
        if repository is None:
            raise not_found()
        repository.follow()
        owner = self.accounts.named(repository.owner)
        asked = _PERMISSION.fullmatch(rest)
        if asked and request.method == "GET":
            return self._permission(asked[1])
        found = _match(_PULL_ENDPOINTS, request.method, rest)
        if found:
            endpoint, words = found
            return endpoint(PullApi(repository, owner, self.at), request, *words)
        found = _match(_ATTESTATION_ENDPOINTS, request.method, rest)
        if found:
            endpoint, words = found
            return endpoint(AttestationApi(repository, self.at, self.inline_attestations), request, *words)
        found = _match(_COMMIT_ENDPOINTS, request.method, rest)
        if found is None:
            raise not_found()
        endpoint, words = found
        return endpoint(CommitApi(repository, owner, self.accounts.by_email, self.at), request, *words)

    def _permission(self, login: str) -> ApiAnswer:
        account = self.accounts.find(login)
        if account is None:
            raise RefusedError(404, f"{login} is not a user")
        return ApiAnswer(permission_document(account, self.at))


def _match(
    endpoints: tuple[tuple[str, str, Callable[..., ApiAnswer]], ...], method: str, path: str
) -> tuple[Callable[..., ApiAnswer], tuple[str, ...]] | None:
    for verb, pattern, endpoint in endpoints:
        found = re.fullmatch(pattern, path) if verb == method else None
        if found:
            return endpoint, found.groups()
    return None
