"""`ports.Forge` on GitHub (github.com or Enterprise Server) through PyGithub, for one repository and base branch.

Rule 1: everything is found or created by branch or marker and changed in place, so that doing it again changes nothing.
Rule 2: a pull request is addressed by its number without fetching it; the next request finds out whether it is there.
Rule 3: GitHub's REST version 2026-03-10 names no merge commit; the `merged` event does.
"""

import re
from dataclasses import replace

from github.CommitStatus import CommitStatus
from github.GithubException import GithubException
from github.GithubObject import NotSet
from github.IssueComment import IssueComment
from github.PullRequest import PullRequest
from github.Repository import Repository

from promoter.core.codes import Code
from promoter.ports import Merged, OutsideError, Pull, PullState, Review, StatusState
from promoter.transport.github import GithubClient, items
from promoter.transport.github_reviews import GHOST, addressed, commit_at, login_of, reviews_of

BODY_LIMIT = 65_536
TITLE_LIMIT = 256
DESCRIPTION_LIMIT = 140

_OID = re.compile(r"[0-9a-f]{40}")
_MERGE_METHOD = "merge"  # squashing or rebasing would lose the proposal's commit with its trailers


class GithubForge:
    """Pull requests of `repository` (`owner/name`) onto `base`. Every method raises OutsideError."""

    def __init__(self, client: GithubClient, repository: str, base: str) -> None:
        self._client = client
        self._name = repository
        self._owner = repository.partition("/")[0]
        self._base = base

    def login(self) -> str:
        return self._client.login()

    def find(self, branch: str) -> Pull | None:
        with self._client.asking(f"pull requests from {branch}"):
            found = self._from_branch(branch)
            if found is None or found.state == "open":
                return None if found is None else _pull(found)
            return self._whole(found.number)

    def pull(self, number: int) -> Pull:
        with self._client.asking(f"pull request {number}"):
            return self._whole(number)

    def open(self, branch: str, title: str, body: str) -> Pull:
        _refuse_long(title, body)
        with self._client.asking(f"a pull request from {branch}"):
            found = self._from_branch(branch)
            if found is not None and found.state == "open":
                return _pull(found)
            return _pull(self._create(branch, title, body))

    def describe(self, number: int, title: str, body: str) -> None:
        _refuse_long(title, body)
        with self._client.asking(f"the description of pull request {number}"):
            pull = self._repository().get_pull(number)
            if (pull.title, _plain(pull.body)) != (title, _plain(body)):
                pull.edit(title=title, body=body)

    def comment(self, number: int, marker: str, body: str) -> None:
        _refuse_long("", body)
        if marker not in body:
            raise ValueError("a comment that is to be found again must hold its marker")
        bot = self.login()
        with self._client.asking(f"the evidence comment of pull request {number}"):
            pull = addressed(self._repository(), number)
            own = next((one for one in self._comments(pull, bot) if marker in (one.body or "")), None)
            if own is None:
                pull.create_issue_comment(body)
            elif _plain(own.body) != _plain(body):
                own.edit(body)

    def status(self, commit: str, context: str, state: StatusState, description: str, url: str) -> None:
        """Set a commit status; a description over GitHub's 140 characters is cut."""
        _refuse_abbreviated(commit)
        shown = description if len(description) <= DESCRIPTION_LIMIT else description[: DESCRIPTION_LIMIT - 1] + "…"
        with self._client.asking(f"the status {context}"):
            target = commit_at(self._repository(), commit)
            newest = next((one for one in items(target.get_statuses(), "statuses") if one.context == context), None)
            if newest is None or _said(newest) != (state.value, shown, url):
                target.create_status(state.value, url or NotSet, shown, context)

    def reviews(self, number: int) -> tuple[Review, ...]:
        with self._client.asking(f"the reviews of pull request {number}"):
            return reviews_of(self._repository(), number)

    def merge(self, number: int, head: str, title: str, message: str) -> Merged:
        _refuse_abbreviated(head)
        with self._client.asking(f"the merge of pull request {number}"):
            try:
                done = addressed(self._repository(), number).merge(message, title, _MERGE_METHOD, head)
            except GithubException as error:
                if error.status == 409:
                    return Merged.HEAD_MOVED
                if error.status == 405:
                    return Merged.REFUSED
                raise
            return Merged.DONE if done.merged else Merged.REFUSED

    def close(self, number: int, comment: str) -> None:
        _refuse_long("", comment)
        bot = self.login()
        with self._client.asking(f"the closing of pull request {number}"):
            pull = self._repository().get_pull(number)
            if pull.state != "open":
                return
            if not any(_plain(one.body) == _plain(comment) for one in self._comments(pull, bot)):
                pull.create_issue_comment(comment)
            pull.edit(state="closed")

    def _repository(self) -> Repository:
        return self._client.repository(self._name)

    def _from_branch(self, branch: str) -> PullRequest | None:
        """Find the open pull request from a branch of this repository, or else the newest one.

        One page is enough: there is one open at most, and GitHub gives the newest first. What comes back is compared
        again: GitHub gives everything for a `head` that it cannot read, and a fork of the same owner counts for it.
        """
        head = f"{self._owner}:{branch}"
        listed = self._repository().get_pulls("all", "created", "desc", self._base, head).get_page(0)
        found = [pull for pull in listed if self._is_ours(pull, branch)]
        return next((pull for pull in found if pull.state == "open"), found[0] if found else None)

    def _is_ours(self, pull: PullRequest, branch: str) -> bool:
        source = pull.head.repo  # none: the fork it came from is gone
        same = source is not None and source.full_name.lower() == self._name.lower()
        return same and (pull.head.ref, pull.base.ref) == (branch, self._base)

    def _create(self, branch: str, title: str, body: str) -> PullRequest:
        try:
            return self._repository().create_pull(self._base, branch, title=title, body=body)
        except GithubException as error:
            found = self._from_branch(branch) if error.status == 422 else None
            if found is None or found.state != "open":
                raise
            return found  # somebody else was first

    def _whole(self, number: int) -> Pull:
        """Read a pull request whole; for one that is closed, its events tell by whom and as which commit."""
        pull = self._repository().get_pull(number)
        if pull.state == "open":
            return _pull(pull)
        events = items(pull.get_issue_events(), "events")
        closers = [login_of(event.actor) for event in events if event.event == "closed"]
        commits = [event.commit_id for event in events if event.event == "merged"]
        if pull.merged_at and not (commits and _OID.fullmatch(commits[-1] or "")):
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"pull request {number} is merged and names no merge commit")
        return replace(
            _pull(pull),
            closed_by=closers[-1] if closers else GHOST,
            merged_by=login_of(pull.merged_by) if pull.merged_at else "",
            merge_commit=commits[-1] if pull.merged_at else "",
        )

    def _comments(self, pull: PullRequest, author: str) -> tuple[IssueComment, ...]:
        """List one account's comments, oldest first."""
        found = items(pull.get_issue_comments(), "comments")
        return tuple(one for one in found if login_of(one.user) == author)


def _pull(pull: PullRequest) -> Pull:
    state = PullState.OPEN if pull.state == "open" else PullState.MERGED if pull.merged_at else PullState.CLOSED
    if not _OID.fullmatch(pull.head.sha):
        raise OutsideError(
            Code.OUTSIDE_BAD_ANSWER,
            f"the head of pull request {pull.number} is no full commit id: {pull.head.sha[:60]!r}",
        )
    return Pull(
        number=pull.number,
        state=state,
        branch=pull.head.ref,
        head=pull.head.sha,
        url=pull.html_url,
        title=pull.title,
        body=_plain(pull.body),
        merged_at=pull.merged_at,
        author=login_of(pull.user),
    )


def _plain(text: str | None) -> str:
    """Give a text as it is compared: GitHub's editor turns line ends into CRLF, and an empty text into null."""
    return (text or "").replace("\r\n", "\n").rstrip()


def _said(status: CommitStatus) -> tuple[str, str, str]:
    return status.state, status.description or "", status.target_url or ""


def _refuse_abbreviated(oid: str) -> None:
    """Refuse a commit that is not named in full: with an empty one GitHub would merge whatever the head is."""
    if not _OID.fullmatch(oid):
        raise ValueError(f"not a full commit id: {oid[:60]!r}")


def _refuse_long(title: str, body: str) -> None:
    """Refuse before asking what GitHub would refuse with an error that names no limit."""
    for name, text, limit in (("title", title, TITLE_LIMIT), ("text", body, BODY_LIMIT)):
        if len(text) > limit:
            raise OutsideError(
                Code.OUTSIDE_LIMIT, f"the {name} has {len(text)} characters, GitHub takes {limit}: shorten it"
            )
