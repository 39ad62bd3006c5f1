"""The JSON documents of pull requests and of what is said about them, in GitHub's shapes (REST version 2026-03-10).

That version of a pull request names no merge commit; its `merged` event does.
"""

from promoter.local.forge.accounts import Account
from promoter.local.forge.documents import Addresses, Document, instant, node, repository_document, user_document
from promoter.local.forge.merging import Mergeability, mergeability
from promoter.local.forge.records import CommentRecord, EventRecord, PullRecord, ReviewRecord, StatusRecord
from promoter.local.forge.repository import HostedRepository
from promoter.ports import PullState

_ASSOCIATION = "MEMBER"


def _links(repository: HostedRepository, pull: PullRecord, at: Addresses) -> Document:
    api, page = at.repository(repository.full_name), at.page(repository.full_name)
    html = f"{page}/pull/{pull.number}"
    url, issue = f"{api}/pulls/{pull.number}", f"{api}/issues/{pull.number}"
    return {
        "url": url,
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": issue,
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{api}/pulls/comments{{/number}}",
        "comments_url": f"{issue}/comments",
        "statuses_url": f"{api}/statuses/{pull.head}",
    }


def _side(repository: HostedRepository, owner: Account, ref: str, commit: str, at: Addresses) -> Document:
    return {
        "label": f"{repository.owner}:{ref}",
        "ref": ref,
        "sha": commit,
        "user": user_document(owner, at),
        "repo": repository_document(repository, owner, at),
    }


def pull_document(repository: HostedRepository, owner: Account, pull: PullRecord, at: Addresses) -> Document:
    """Give the form of a pull request that stands in a list."""
    links = _links(repository, pull, at)
    named = {"html": "html_url", "issue": "issue_url", "comments": "comments_url", "commits": "commits_url"}
    named |= {"review_comments": "review_comments_url", "review_comment": "review_comment_url"}
    named |= {"statuses": "statuses_url", "self": "url"}
    return {
        **links,
        "_links": {name: {"href": links[key]} for name, key in named.items()},
        "id": pull.id,
        "node_id": node("PR", pull.id),
        "number": pull.number,
        "state": "open" if pull.state is PullState.OPEN else "closed",
        "locked": False,
        "title": pull.title,
        "user": user_document(pull.author, at),
        "body": pull.body or None,
        "labels": [],
        "milestone": None,
        "created_at": instant(pull.opened_at),
        "updated_at": instant(pull.updated_at),
        "closed_at": instant(pull.closed_at) if pull.closed_at else None,
        "merged_at": instant(pull.merged_at) if pull.merged_at else None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "head": _side(repository, owner, pull.branch, pull.head, at),
        "base": _side(repository, owner, pull.base, pull.base_commit, at),
        "author_association": _ASSOCIATION,
        "auto_merge": None,
        "draft": False,
    }


def full_pull_document(repository: HostedRepository, owner: Account, pull: PullRecord, at: Addresses) -> Document:
    """Give the form of a pull request that is asked for by itself."""
    state = mergeability(repository, pull)
    start = repository.git.merge_base(pull.base_commit, pull.head)
    files = repository.git.difference(start, pull.head) if start else ()
    return {
        **pull_document(repository, owner, pull, at),
        "merged": pull.state is PullState.MERGED,
        "mergeable": None if pull.state is not PullState.OPEN else state is not Mergeability.DIRTY,
        "mergeable_state": state.value,
        "merged_by": user_document(pull.merged_by, at) if pull.merged_by else None,
        "comments": sum(comment.pull == pull.number for comment in repository.comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(repository.git.commits(pull.head, f"^{pull.base_commit}")),
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
    }


def issue_document(repository: HostedRepository, pull: PullRecord, at: Addresses) -> Document:
    """Give a pull request as an issue, which tells who closed it."""
    api, links = at.repository(repository.full_name), _links(repository, pull, at)
    issue = links["issue_url"]
    return {
        "id": pull.id,
        "node_id": node("I", pull.id),
        "url": issue,
        "repository_url": api,
        "labels_url": f"{issue}/labels{{/name}}",
        "comments_url": links["comments_url"],
        "events_url": f"{issue}/events",
        "html_url": links["html_url"],
        "number": pull.number,
        "state": "open" if pull.state is PullState.OPEN else "closed",
        "title": pull.title,
        "body": pull.body or None,
        "user": user_document(pull.author, at),
        "labels": [],
        "assignees": [],
        "milestone": None,
        "locked": False,
        "comments": sum(comment.pull == pull.number for comment in repository.comments),
        "pull_request": {key: links[key] for key in ("url", "html_url", "diff_url", "patch_url")},
        "closed_at": instant(pull.closed_at) if pull.closed_at else None,
        "created_at": instant(pull.opened_at),
        "updated_at": instant(pull.updated_at),
        "closed_by": user_document(pull.closed_by, at) if pull.closed_by else None,
        "author_association": _ASSOCIATION,
    }


def review_document(repository: HostedRepository, review: ReviewRecord, at: Addresses) -> Document:
    """Give a review."""
    url = f"{at.repository(repository.full_name)}/pulls/{review.pull}"
    page = f"{at.page(repository.full_name)}/pull/{review.pull}#review-{review.id}"
    return {
        "id": review.id,
        "node_id": node("PRR", review.id),
        "user": user_document(review.author, at),
        "body": review.body,
        "state": review.verdict.value,
        "html_url": page,
        "pull_request_url": url,
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        "submitted_at": instant(review.at),
        "commit_id": review.commit,
        "author_association": _ASSOCIATION,
    }


def comment_document(repository: HostedRepository, comment: CommentRecord, at: Addresses) -> Document:
    """Give a comment."""
    api = at.repository(repository.full_name)
    return {
        "id": comment.id,
        "node_id": node("IC", comment.id),
        "url": f"{api}/issues/comments/{comment.id}",
        "body": comment.body,
        "html_url": f"{at.page(repository.full_name)}/pull/{comment.pull}#comment-{comment.id}",
        "user": user_document(comment.author, at),
        "created_at": instant(comment.created_at),
        "updated_at": instant(comment.updated_at),
        "issue_url": f"{api}/issues/{comment.pull}",
        "author_association": _ASSOCIATION,
    }


def event_document(repository: HostedRepository, event: EventRecord, at: Addresses) -> Document:
    """Give an event of a pull request."""
    api = at.repository(repository.full_name)
    return {
        "id": event.id,
        "node_id": node("E", event.id),
        "url": f"{api}/issues/events/{event.id}",
        "actor": user_document(event.actor, at) if event.actor else None,
        "event": event.event.value,
        "commit_id": event.commit or None,
        "commit_url": f"{api}/commits/{event.commit}" if event.commit else None,
        "created_at": instant(event.at),
    }


def status_document(repository: HostedRepository, status: StatusRecord, at: Addresses) -> Document:
    """Give a commit status."""
    return {**_status(repository, status, at), "creator": user_document(status.author, at)}


def combined_document(repository: HostedRepository, owner: Account, commit: str, at: Addresses) -> Document:
    """Give the newest statuses of a commit and what they come to."""
    newest = repository.newest_statuses(commit)
    states = {status.state.value for status in newest}
    api = at.repository(repository.full_name)
    failed = states & {"error", "failure"}
    return {
        "state": "failure" if failed else "success" if states == {"success"} else "pending",
        "statuses": [_status(repository, status, at) for status in newest],
        "sha": commit,
        "total_count": len(newest),
        "repository": repository_document(repository, owner, at),
        "commit_url": f"{api}/commits/{commit}",
        "url": f"{api}/commits/{commit}/status",
    }


def _status(repository: HostedRepository, status: StatusRecord, at: Addresses) -> Document:
    made = instant(status.at)
    return {
        "url": f"{at.repository(repository.full_name)}/statuses/{status.commit}",
        "avatar_url": f"{at.web}/avatars/{status.author.id}",
        "id": status.id,
        "node_id": node("SC", status.id),
        "state": status.state.value,
        "description": status.description or None,
        "target_url": status.target_url or None,
        "context": status.context,
        "created_at": made,
        "updated_at": made,
    }
