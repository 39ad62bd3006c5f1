"""The JSON documents of commits, tags, branches and comparisons, in GitHub's shapes (REST version 2026-03-10)."""

from collections.abc import Callable
from dataclasses import dataclass

from promoter.local.forge.accounts import Account
from promoter.local.forge.documents import Addresses, Document, node, user_document
from promoter.local.forge.repository import HostedRepository
from promoter.local.forge.store import CommitFacts, DiffFile, Stamp, TagFacts

_UNVERIFIED = {"verified": False, "reason": "unsigned", "payload": None, "signature": None, "verified_at": None}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `base...head` comes to: commits of either side, and the page of commits and files to show."""

    base: CommitFacts
    merge_base: CommitFacts
    ahead: tuple[CommitFacts, ...]
    behind_by: int
    shown: tuple[CommitFacts, ...]
    files: tuple[DiffFile, ...]

    @property
    def status(self) -> str:
        """How the head stands to the base, in GitHub's words."""
        if self.ahead and self.behind_by:
            return "diverged"
        if self.ahead:
            return "ahead"
        return "behind" if self.behind_by else "identical"


class CommitDocuments:
    """The commits of one repository; a commit's account is found by its e-mail address."""

    def __init__(
        self, repository: HostedRepository, account_of: Callable[[str], Account | None], at: Addresses
    ) -> None:
        self._api = at.repository(repository.full_name)
        self._page = at.page(repository.full_name)
        self._account_of = account_of
        self._at = at

    def commit(self, facts: CommitFacts) -> Document:
        """Give a commit as it stands in a list."""
        url = f"{self._api}/commits/{facts.oid}"
        return {
            "url": url,
            "sha": facts.oid,
            "node_id": node("C", facts.oid),
            "html_url": f"{self._page}/commit/{facts.oid}",
            "comments_url": f"{url}/comments",
            "commit": self._git_commit(facts),
            "author": self._account(facts.author),
            "committer": self._account(facts.committer),
            "parents": [
                {"sha": oid, "url": f"{self._api}/commits/{oid}", "html_url": f"{self._page}/commit/{oid}"}
                for oid in facts.parents
            ],
        }

    def full_commit(self, facts: CommitFacts, files: tuple[DiffFile, ...]) -> Document:
        """Give a commit that is asked for by itself, with its files."""
        added, removed = sum(file.additions for file in files), sum(file.deletions for file in files)
        stats = {"additions": added, "deletions": removed, "total": added + removed}
        return {**self.commit(facts), "stats": stats, "files": [self._file(facts.oid, file) for file in files]}

    def comparison(self, found: Comparison, name: str) -> Document:
        """Give a comparison; `name` is `base...head` as it was asked for."""
        page = f"{self._page}/compare/{name}"
        head = found.ahead[0].oid if found.ahead else found.merge_base.oid
        return {
            "url": f"{self._api}/compare/{name}",
            "html_url": page,
            "permalink_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "base_commit": self.commit(found.base),
            "merge_base_commit": self.commit(found.merge_base),
            "status": found.status,
            "ahead_by": len(found.ahead),
            "behind_by": found.behind_by,
            "total_commits": len(found.ahead),
            "commits": [self.commit(facts) for facts in found.shown],
            "files": [self._file(head, file) for file in found.files],
        }

    def reference(self, name: str, oid: str, kind: str) -> Document:
        """Give a git reference."""
        folder = "tags" if kind == "tag" else "commits"
        return {
            "ref": name,
            "node_id": node("REF", name),
            "url": f"{self._api}/git/{name}",
            "object": {"type": kind, "sha": oid, "url": f"{self._api}/git/{folder}/{oid}"},
        }

    def tag(self, tag: TagFacts) -> Document:
        """Give an annotated tag object."""
        folder = "tags" if tag.target_kind == "tag" else "commits"
        return {
            "node_id": node("T", tag.oid),
            "tag": tag.name,
            "sha": tag.oid,
            "url": f"{self._api}/git/tags/{tag.oid}",
            "message": tag.message,
            "tagger": {"name": tag.tagger.name, "email": tag.tagger.email, "date": tag.tagger.at},
            "object": {
                "type": tag.target_kind,
                "sha": tag.target,
                "url": f"{self._api}/git/{folder}/{tag.target}",
            },
            "verification": dict(_UNVERIFIED),
        }

    def branch(self, name: str, facts: CommitFacts, required: tuple[str, ...]) -> Document:
        """Give a branch with the checks it requires."""
        url = f"{self._api}/branches/{name}"
        checks = {
            "enforcement_level": "non_admins" if required else "off",
            "contexts": list(required),
            "checks": [{"context": context, "app_id": None} for context in required],
        }
        return {
            "name": name,
            "commit": self.commit(facts),
            "_links": {"self": url, "html": f"{self._page}/tree/{name}"},
            "protected": bool(required),
            "protection": {"enabled": bool(required), "required_status_checks": checks},
            "protection_url": f"{url}/protection",
        }

    def required_checks(self, branch: str, required: tuple[str, ...]) -> Document:
        """Give the required status checks of a protected branch."""
        url = f"{self._api}/branches/{branch}/protection/required_status_checks"
        return {
            "url": url,
            "strict": False,
            "contexts": list(required),
            "checks": [{"context": context, "app_id": None} for context in required],
            "contexts_url": f"{url}/contexts",
        }

    def _git_commit(self, facts: CommitFacts) -> Document:
        return {
            "url": f"{self._api}/git/commits/{facts.oid}",
            "author": _stamp(facts.author),
            "committer": _stamp(facts.committer),
            "message": facts.message,
            "comment_count": 0,
            "tree": {"sha": facts.tree, "url": f"{self._api}/git/trees/{facts.tree}"},
            "verification": dict(_UNVERIFIED),
        }

    def _account(self, stamp: Stamp) -> Document | None:
        account = self._account_of(stamp.email)
        return user_document(account, self._at) if account else None

    def _file(self, commit: str, file: DiffFile) -> Document:
        entry: Document = {
            "sha": file.blob,
            "filename": file.path,
            "status": file.status,
            "additions": file.additions,
            "deletions": file.deletions,
            "changes": file.additions + file.deletions,
            "blob_url": f"{self._page}/blob/{commit}/{file.path}",
            "raw_url": f"{self._page}/raw/{commit}/{file.path}",
            "contents_url": f"{self._api}/contents/{file.path}?ref={commit}",
        }
        return {**entry, "patch": "\n".join(file.hunks)} if file.hunks else entry


def _stamp(stamp: Stamp) -> Document:
    return {"name": stamp.name, "email": stamp.email, "date": stamp.at}
