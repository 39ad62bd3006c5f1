"""One hosted repository: a bare git repository and the records of its pull requests.

Rule 1: an open pull request's head is whatever its branch points at now; `follow` looks before every answer.
Rule 2: a branch that is gone closes its pull request; a head that reached the base branch by a push merges it.
The caller holds the forge's lock.
"""

import itertools
from dataclasses import replace

from promoter.local.forge.accounts import Account
from promoter.local.forge.attestations import AttestationStore
from promoter.local.forge.records import (
    CheckState,
    CommentRecord,
    EventRecord,
    Happening,
    PullRecord,
    ReviewRecord,
    ReviewVerdict,
    StatusRecord,
)
from promoter.local.forge.refusal import invalid, not_found
from promoter.local.forge.store import GitStore
from promoter.ports import Clock, PullState

_BODY_LIMIT = 65_536
_TITLE_LIMIT = 256
_DESCRIPTION_LIMIT = 140


class HostedRepository:
    """A repository of the forge by owner and name."""

    def __init__(self, number: int, full_name: str, git: GitStore, clock: Clock, *, branch: str, private: bool) -> None:
        self.id = number
        self.full_name = full_name
        self.owner, self.name = full_name.split("/")
        self.git = git
        self.clock = clock
        self.default_branch = branch
        self.private = private
        self.created_at = clock.now()
        self.required: dict[str, tuple[str, ...]] = {}
        self.pulls: dict[int, PullRecord] = {}
        self.reviews: list[ReviewRecord] = []
        self.comments: list[CommentRecord] = []
        self.statuses: list[StatusRecord] = []
        self.events: list[EventRecord] = []
        self._ids = itertools.count(number * 1_000_000 + 1)
        self.attestations = AttestationStore(self._ids)

    # --- pull requests ------------------------------------------------------------------------------------------------

    def open_pull(self, author: Account, branch: str, base: str, title: str, body: str) -> PullRecord:
        """Open a pull request; one open one per branch and base."""
        head, base_commit = self.branch(branch), self.branch(base)
        if not head or not base_commit:
            raise invalid(f"The {'head' if not head else 'base'} branch does not exist")
        if any(p.branch == branch and p.base == base and p.state is PullState.OPEN for p in self.pulls.values()):
            raise invalid(f"A pull request already exists for {self.owner}:{branch}.")
        if self.git.is_ancestor(head, base_commit):
            raise invalid(f"No commits between {base} and {branch}")
        _refuse_long(title, body)
        now, number = self.clock.now(), len(self.pulls) + 1
        pull = PullRecord(next(self._ids), number, author, branch, base, title, body, head, base_commit, now, now)
        self.git.point(f"refs/pull/{number}/head", head)
        self.pulls[number] = pull
        return pull

    def pull(self, number: int) -> PullRecord:
        """Give a pull request; raises RefusedError (404)."""
        if number not in self.pulls:
            raise not_found()
        return self.pulls[number]

    def pulls_of(self, commit: str) -> tuple[PullRecord, ...]:
        """List the merged pull requests that brought a commit, or else the open ones that hold it, newest first."""
        found = [pull for pull in reversed(self.pulls.values()) if self._holds(pull, commit)]
        merged = tuple(pull for pull in found if pull.state is PullState.MERGED)
        return merged or tuple(pull for pull in found if pull.state is PullState.OPEN)

    def _holds(self, pull: PullRecord, commit: str) -> bool:
        if commit == pull.merge_commit:
            return True
        is_old = self.git.is_ancestor(commit, pull.base_commit)
        return not is_old and self.git.is_ancestor(commit, pull.head)

    def edit_pull(self, number: int, title: str | None, body: str | None) -> PullRecord:
        """Set title and body, where given."""
        pull = self.pull(number)
        changed = replace(
            pull,
            title=pull.title if title is None else title,
            body=pull.body if body is None else body,
            updated_at=self.clock.now(),
        )
        _refuse_long(changed.title, changed.body)
        return self._keep(changed)

    def close(self, number: int, actor: Account | None) -> PullRecord:
        """Close without merging; nothing happens to one that is not open."""
        pull = self.pull(number)
        return pull if pull.state is not PullState.OPEN else self._end(pull, PullState.CLOSED, actor, "")

    def reopen(self, number: int, actor: Account) -> PullRecord:
        """Open a closed pull request again; its branch must be there."""
        pull = self.pull(number)
        if pull.state is PullState.MERGED or not self.branch(pull.branch):
            raise invalid("state cannot be changed. The pull request cannot be reopened.")
        if pull.state is PullState.OPEN:
            return pull
        self._note(number, actor, Happening.REOPENED, "")
        return self._keep(replace(pull, state=PullState.OPEN, closed_by=None, closed_at=None))

    def set_merged(self, number: int, actor: Account | None, commit: str) -> PullRecord:
        """Note that a pull request was merged as this commit."""
        return self._end(self.pull(number), PullState.MERGED, actor, commit)

    def follow(self, actor: Account | None = None) -> None:
        """Bring every open pull request up to what git says; `actor` pushed what changed, where that is known."""
        branches = dict(self.git.branches())
        for pull in tuple(self.pulls.values()):
            if pull.state is PullState.OPEN:
                self._follow(pull, branches.get(pull.branch, ""), branches.get(pull.base, ""), actor)

    def _follow(self, pull: PullRecord, head: str, base_commit: str, actor: Account | None) -> None:
        if (head, base_commit) == (pull.head, pull.base_commit):
            return
        if not head or not base_commit:
            self._end(pull, PullState.CLOSED, actor, "")
        elif self.git.is_ancestor(head, base_commit):
            self._end(replace(pull, head=head), PullState.MERGED, actor, base_commit)
        else:
            self.git.point(f"refs/pull/{pull.number}/head", head)
            self._keep(replace(pull, head=head, base_commit=base_commit, updated_at=self.clock.now()))

    def _end(self, pull: PullRecord, state: PullState, actor: Account | None, commit: str) -> PullRecord:
        now = self.clock.now()
        if state is PullState.MERGED:
            self._note(pull.number, actor, Happening.MERGED, commit)
        self._note(pull.number, actor, Happening.CLOSED, "")
        return self._keep(
            replace(pull, state=state, closed_by=actor, closed_at=now, updated_at=now, merge_commit=commit)
        )

    def _note(self, number: int, actor: Account | None, event: Happening, commit: str) -> None:
        self.events.append(EventRecord(next(self._ids), number, actor, event, commit, self.clock.now()))

    def _keep(self, pull: PullRecord) -> PullRecord:
        self.pulls[pull.number] = pull
        return pull

    # --- what is said about them --------------------------------------------------------------------------------------

    def review(self, number: int, author: Account, verdict: ReviewVerdict, body: str, commit: str) -> ReviewRecord:
        """Add a review of a commit (the head where none is named); nobody approves their own pull request."""
        pull = self.pull(number)
        if pull.author == author and verdict is not ReviewVerdict.COMMENTED:
            raise invalid("Can not approve or request changes on your own pull request")
        if commit and not self.git.resolve(commit):
            raise invalid("The commit is not part of the pull request")
        review = ReviewRecord(next(self._ids), number, author, verdict, body, commit or pull.head, self.clock.now())
        self.reviews.append(review)
        return review

    def dismiss(self, number: int, review_id: int) -> ReviewRecord:
        """Dismiss an approval or a request for changes."""
        for index, review in enumerate(self.reviews):
            if (review.pull, review.id) == (number, review_id):
                if review.verdict not in {ReviewVerdict.APPROVED, ReviewVerdict.CHANGES_REQUESTED}:
                    raise invalid(f"Can not dismiss a {review.verdict.value.lower()} pull request review")
                self.reviews[index] = replace(review, verdict=ReviewVerdict.DISMISSED)
                return self.reviews[index]
        raise not_found()

    def comment(self, number: int, author: Account, body: str) -> CommentRecord:
        """Add a comment."""
        self.pull(number)
        _refuse_long("", body)
        now = self.clock.now()
        comment = CommentRecord(next(self._ids), number, author, body, now, now)
        self.comments.append(comment)
        return comment

    def edit_comment(self, comment_id: int, body: str) -> CommentRecord:
        """Set the text of a comment."""
        _refuse_long("", body)
        for index, comment in enumerate(self.comments):
            if comment.id == comment_id:
                self.comments[index] = replace(comment, body=body, updated_at=self.clock.now())
                return self.comments[index]
        raise not_found()

    def set_status(
        self, commit: str, author: Account, context: str, state: CheckState, *, description: str, url: str
    ) -> StatusRecord:
        """Add a status to a commit."""
        oid = self.git.resolve(commit)
        if not oid:
            raise invalid(f"No commit found for SHA: {commit}")
        if len(description) > _DESCRIPTION_LIMIT:
            raise invalid(f"description is too long (maximum is {_DESCRIPTION_LIMIT} characters)")
        status = StatusRecord(next(self._ids), oid, context, state, description, url, author, self.clock.now())
        self.statuses.append(status)
        return status

    def statuses_of(self, commit: str) -> tuple[StatusRecord, ...]:
        """List every status of a commit, newest first."""
        return tuple(status for status in reversed(self.statuses) if status.commit == commit)

    def newest_statuses(self, commit: str) -> tuple[StatusRecord, ...]:
        """List the newest status of each context, in the order of their contexts."""
        newest = {status.context: status for status in reversed(self.statuses_of(commit))}
        return tuple(newest[context] for context in sorted(newest))

    def branch(self, name: str) -> str:
        """Give the commit of a branch; empty when there is none."""
        return self.git.ref(f"refs/heads/{name}")


def _refuse_long(title: str, body: str) -> None:
    if len(title) > _TITLE_LIMIT:
        raise invalid(f"title is too long (maximum is {_TITLE_LIMIT} characters)")
    if len(body) > _BODY_LIMIT:
        raise invalid(f"body is too long (maximum is {_BODY_LIMIT} characters)")
