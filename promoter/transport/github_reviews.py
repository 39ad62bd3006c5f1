"""Reviews of pull requests, the commits in them, and which pull request brought a commit: GitHub's words as values."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC

from github.Commit import Commit
from github.GithubException import GithubException
from github.NamedUser import NamedUser
from github.Organization import Organization
from github.PullRequest import PullRequest
from github.PullRequestReview import PullRequestReview
from github.Repository import Repository

from promoter.core.codes import Code
from promoter.ports import TEXT_LIMIT, OutsideError, Review, ReviewState
from promoter.transport.github import items

GHOST = "ghost"
COMMITS_LIMIT = 249
"""Commits of one pull request: GitHub lists 250, whatever it has, and so the last may be missing from as many."""

_OID = re.compile(r"[0-9a-f]{40}")
_UNSENT = "PENDING"  # a draft, shown to its author only
_MAY_WRITE = frozenset({"admin", "write"})  # GitHub folds maintain into write, triage into read
_REVIEW_STATES = {
    "APPROVED": ReviewState.APPROVED,
    "CHANGES_REQUESTED": ReviewState.CHANGES_REQUESTED,
    "COMMENTED": ReviewState.COMMENTED,
    "DISMISSED": ReviewState.DISMISSED,
}
_JUDGING = frozenset({ReviewState.APPROVED, ReviewState.CHANGES_REQUESTED})
_CO_AUTHOR = re.compile(r"^co-authored-by:[^<>\n]*<([^<>\s]{1,254})>[ \t]*$", re.IGNORECASE | re.MULTILINE)
_NO_REPLY = re.compile(r"(?:[0-9]+\+)?([A-Za-z0-9-]+(?:\[bot\])?)@users\.noreply\.[a-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class MergedPull:
    """A pull request that was merged: its number, its head as it was then, and who opened it."""

    number: int
    head: str
    author: str


@dataclass(frozen=True, slots=True)
class Makers:
    """Who made commits: accounts and e-mail addresses; `unknown` are those that stand for no account."""

    logins: tuple[str, ...]
    addresses: tuple[str, ...]
    unknown: tuple[str, ...]


def login_of(user: NamedUser | Organization | None) -> str:
    """Give an account's name; one that was deleted is nobody's."""
    return user.login if user else GHOST


def addressed(repository: Repository, number: int) -> PullRequest:
    """Give a pull request by its address alone: nothing is asked yet."""
    known = {
        "number": number,
        "url": f"{repository.url}/pulls/{number}",
        "issue_url": f"{repository.url}/issues/{number}",
    }
    return PullRequest(repository.requester, {}, known, completed=True)


def commit_at(repository: Repository, oid: str) -> Commit:
    """Give a commit by its address alone: asking for it whole would bring its files."""
    known = {"sha": oid, "url": f"{repository.url}/commits/{oid}"}
    return Commit(repository.requester, {}, known, completed=True)


def reviews_of(repository: Repository, number: int) -> tuple[Review, ...]:
    """List reviews, oldest first, each with what its account may do in the repository now. For use inside `asking`.

    Asked of the permission endpoint, one request for each person who approved or asked for changes: a review's own
    `author_association` says MEMBER also of those who may only read.
    """
    found = items(addressed(repository, number).get_reviews(), "reviews")
    reviews = tuple(_review(one) for one in found if one.state != _UNSENT)
    judges = {one.login for one in reviews if one.is_person and one.state in _JUDGING}
    writers = {login for login in sorted(judges) if _may_write(repository, login)}
    return tuple(replace(one, may_write=one.login in writers) for one in reviews)


def merged_pulls(repository: Repository, base: str, commit: str) -> tuple[MergedPull, ...]:
    """List the merged pull requests onto `base` that brought a commit. For use inside `asking`."""
    found = items(commit_at(repository, commit).get_pulls(), "pull requests of a commit")
    return tuple(
        MergedPull(one.number, _full(one.head.sha), login_of(one.user))
        for one in found
        if one.merged_at is not None
        and one.base.ref == base
        and one.base.repo.full_name.lower() == repository.full_name.lower()
    )


def makers_of(repository: Repository, number: int) -> Makers:
    """Name everybody who made a commit of a pull request, co-authors included. For use inside `asking`.

    Raises OutsideError where GitHub does not list all of its commits.
    """
    commits = items(addressed(repository, number).get_commits(), "commits of a pull request")
    if not 0 < len(commits) <= COMMITS_LIMIT:
        detail = f"pull request {number} lists {len(commits)} commits; who made all of them cannot be told"
        raise OutsideError(Code.OUTSIDE_LIMIT, detail)
    made = [pair for commit in commits for pair in _signed(commit)]
    logins = {address: login for address, login in made if login}
    named = {address for commit in commits for address in _co_authors(commit.commit.message)}
    told = {**{address: _no_reply(address) for address in named}, **logins}
    addresses = {address for address, _ in made} | named
    return Makers(
        logins=tuple(sorted({login for _, login in made if login} | {told[a] for a in named if told[a]})),
        addresses=tuple(sorted(addresses)),
        unknown=tuple(sorted({a for a, login in made if not login} | {a for a in named if not told[a]})),
    )


def _signed(commit: Commit) -> Iterator[tuple[str, str]]:
    """Give address and account of author and committer; GitHub gives null or an empty object where it knows none."""
    document = commit.raw_data
    for role in ("author", "committer"):
        person: Mapping[str, object] = document["commit"].get(role) or {}
        account: Mapping[str, object] = document.get(role) or {}
        yield str(person.get("email") or "").lower(), str(account.get("login") or "")


def _co_authors(message: str) -> Iterator[str]:
    """Give the addresses of co-authors, as trailers name them; nothing proves them, so they can only take away."""
    return (found[1].lower() for found in _CO_AUTHOR.finditer(message))


def _no_reply(address: str) -> str:
    """Give the account that an address made by the forge stands for; empty for any other address."""
    found = _NO_REPLY.fullmatch(address)
    return found[1] if found else ""


def _may_write(repository: Repository, login: str) -> bool:
    try:
        return repository.get_collaborator_permission(login) in _MAY_WRITE
    except GithubException as error:
        if error.status == 404:
            return False  # nobody's account, or none that may see the repository
        raise


def _review(review: PullRequestReview) -> Review:
    """Read one review; an account that was deleted is nobody's."""
    user = review.user
    return Review(
        login=login_of(user),
        user_id=user.id if user else 0,
        is_person=bool(user) and user.type == "User",
        state=_REVIEW_STATES[review.state],
        commit=review.commit_id or "",
        at=review.submitted_at.astimezone(UTC),
        text=_short(review.body or ""),
    )


def _short(text: str) -> str:
    """Give a text that is not too long; of a longer one nothing, for a part may mean something else than the whole."""
    return text.encode(errors="replace").decode() if len(text) <= TEXT_LIMIT else ""  # lone surrogates are no text


def _full(oid: str) -> str:
    if not _OID.fullmatch(oid):
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"the forge names the commit {oid[:60]!r}, which is no full id")
    return oid
