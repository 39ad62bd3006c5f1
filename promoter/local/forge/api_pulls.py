"""The endpoints about pull requests: themselves, reviews, comments, events, and the merge."""

from promoter.local.forge.accounts import Account
from promoter.local.forge.documents import Addresses, Document
from promoter.local.forge.exchange import ApiAnswer, ApiRequest, page_of
from promoter.local.forge.merging import MergeWish, Method, merge
from promoter.local.forge.pull_documents import (
    comment_document,
    event_document,
    full_pull_document,
    issue_document,
    pull_document,
    review_document,
)
from promoter.local.forge.records import PullRecord, ReviewVerdict
from promoter.local.forge.refusal import invalid
from promoter.local.forge.repository import HostedRepository
from promoter.ports import PullState

_REVIEW_EVENTS = {
    "APPROVE": ReviewVerdict.APPROVED,
    "REQUEST_CHANGES": ReviewVerdict.CHANGES_REQUESTED,
    "COMMENT": ReviewVerdict.COMMENTED,
}


class PullApi:
    """The endpoints of one repository's pull requests; the words of each path come as text."""

    def __init__(self, repository: HostedRepository, owner: Account, at: Addresses) -> None:
        self._repository = repository
        self._owner = owner
        self._at = at

    def list_pulls(self, request: ApiRequest) -> ApiAnswer:
        """GET pulls: by state, head (`owner:branch`) and base; newest first unless asked otherwise."""
        state, head, base = (request.query.get(key, "") for key in ("state", "head", "base"))
        found = [
            pull
            for pull in self._repository.pulls.values()
            if _has_state(pull, state or "open")
            and (":" not in head or head == f"{self._repository.owner}:{pull.branch}")
            and base in {"", pull.base}
        ]
        found.sort(key=lambda pull: pull.number, reverse=request.query.get("direction", "desc") != "asc")
        documents = [pull_document(self._repository, self._owner, pull, self._at) for pull in found]
        return self._paged(request, documents)

    def list_of_commit(self, request: ApiRequest, commit: str) -> ApiAnswer:
        """GET commits/{sha}/pulls: the merged ones that brought the commit, or else the open ones that hold it."""
        found = self._repository.pulls_of(commit)
        documents = [pull_document(self._repository, self._owner, pull, self._at) for pull in found]
        return self._paged(request, documents)

    def create_pull(self, request: ApiRequest) -> ApiAnswer:
        """POST pulls."""
        author = request.writer()
        branch = request.text("head").removeprefix(f"{self._repository.owner}:")
        title, body = request.text("title"), request.text("body", "")
        pull = self._repository.open_pull(author, branch, request.text("base"), title, body)
        return ApiAnswer(self._full(pull), 201)

    def get_pull(self, request: ApiRequest, number: str) -> ApiAnswer:  # noqa: ARG002 - one signature for all
        """GET pulls/{number}."""
        return ApiAnswer(self._full(self._repository.pull(int(number))))

    def edit_pull(self, request: ApiRequest, number: str) -> ApiAnswer:
        """PATCH pulls/{number}: title, body, state."""
        actor, state = request.writer(), request.optional_text("state")
        pull = self._repository.edit_pull(int(number), request.optional_text("title"), request.optional_text("body"))
        if state == "closed":
            pull = self._repository.close(pull.number, actor)
        elif state == "open":
            pull = self._repository.reopen(pull.number, actor)
        elif state is not None:
            raise invalid("state is not one of open, closed")
        return ApiAnswer(self._full(pull))

    def merge_pull(self, request: ApiRequest, number: str) -> ApiAnswer:
        """PUT pulls/{number}/merge."""
        wish = MergeWish(
            request.text("sha", ""),
            request.text("commit_title", ""),
            request.text("commit_message", ""),
            request.choice("merge_method", Method, Method.MERGE),
        )
        pull = merge(self._repository, int(number), request.writer(), wish)
        return ApiAnswer({"sha": pull.merge_commit, "merged": True, "message": "Pull Request successfully merged"})

    def get_issue(self, request: ApiRequest, number: str) -> ApiAnswer:  # noqa: ARG002
        """GET issues/{number}."""
        return ApiAnswer(issue_document(self._repository, self._repository.pull(int(number)), self._at))

    def list_events(self, request: ApiRequest, number: str) -> ApiAnswer:
        """GET issues/{number}/events, oldest first."""
        pull = self._repository.pull(int(number))
        events = (event for event in self._repository.events if event.pull == pull.number)
        return self._paged(request, [event_document(self._repository, event, self._at) for event in events])

    def list_comments(self, request: ApiRequest, number: str) -> ApiAnswer:
        """GET issues/{number}/comments, oldest first."""
        pull = self._repository.pull(int(number))
        comments = (comment for comment in self._repository.comments if comment.pull == pull.number)
        return self._paged(request, [comment_document(self._repository, one, self._at) for one in comments])

    def create_comment(self, request: ApiRequest, number: str) -> ApiAnswer:
        """POST issues/{number}/comments."""
        comment = self._repository.comment(int(number), request.actor(), request.text("body"))
        return ApiAnswer(comment_document(self._repository, comment, self._at), 201)

    def edit_comment(self, request: ApiRequest, comment_id: str) -> ApiAnswer:
        """PATCH issues/comments/{id}."""
        request.writer()
        comment = self._repository.edit_comment(int(comment_id), request.text("body"))
        return ApiAnswer(comment_document(self._repository, comment, self._at))

    def list_reviews(self, request: ApiRequest, number: str) -> ApiAnswer:
        """GET pulls/{number}/reviews, oldest first."""
        pull = self._repository.pull(int(number))
        reviews = (review for review in self._repository.reviews if review.pull == pull.number)
        return self._paged(request, [review_document(self._repository, review, self._at) for review in reviews])

    def create_review(self, request: ApiRequest, number: str) -> ApiAnswer:
        """POST pulls/{number}/reviews; a review without an event would be a draft, which is not kept here."""
        verdict = _REVIEW_EVENTS.get(request.text("event"))
        if verdict is None:
            raise invalid(f"event is not one of {', '.join(_REVIEW_EVENTS)}")
        body, commit = request.text("body", ""), request.text("commit_id", "")
        review = self._repository.review(int(number), request.actor(), verdict, body, commit)
        return ApiAnswer(review_document(self._repository, review, self._at))

    def dismiss_review(self, request: ApiRequest, number: str, review_id: str) -> ApiAnswer:
        """PUT pulls/{number}/reviews/{id}/dismissals."""
        request.writer()
        request.text("message")
        review = self._repository.dismiss(int(number), int(review_id))
        return ApiAnswer(review_document(self._repository, review, self._at))

    def _full(self, pull: PullRecord) -> Document:
        return full_pull_document(self._repository, self._owner, pull, self._at)

    def _paged(self, request: ApiRequest, documents: list[Document]) -> ApiAnswer:
        page = page_of(request.query)
        link = page.link(f"{self._at.api}{request.path}", len(documents))
        return ApiAnswer(documents[page.window], link=link)


def _has_state(pull: PullRecord, state: str) -> bool:
    return state == "all" or (state == "open") == (pull.state is PullState.OPEN)
