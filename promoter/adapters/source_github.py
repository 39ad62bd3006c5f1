"""`ports.SourceRepo` on GitHub through PyGithub: tags, commits and their accounts, stored attestations."""

import re
from itertools import islice

from github.Commit import Commit
from github.GithubException import GithubException
from github.Repository import Repository

from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.evidence import SourceRevision
from promoter.ports import OutsideError, SourceCommit
from promoter.transport.github import GithubClient
from promoter.transport.github_attestations import stored_bundles

_PART = r"(?!\.{1,2}(?:\.git)?(?:/|$))[\w.-]+"
_REPOSITORY = re.compile(rf"https?://(?P<host>[^/@?#]+)/(?P<full_name>{_PART}/{_PART}?)(?:\.git)?/?", re.ASCII)
_OID = re.compile(r"[0-9a-f]{40}")
_MAX_PEELS = 5
_MAX_COMMITS = 100  # one page, of the size that the client asks for everywhere


class GithubSource:
    """Source repositories on one forge. `host` is what stands in their URLs, wherever the API answers.

    Every method raises OutsideError.
    """

    def __init__(self, client: GithubClient, host: str) -> None:
        self._client = client
        self._host = host

    def revision(self, repository: str, tag: str) -> SourceRevision:
        """Resolve a git tag; who has no account by the commit's e-mail address, which git does not prove, is told."""
        name, ref = self._name(repository), f"refs/tags/{tag}"
        with self._client.asking(f"the tag {tag} of {name}"):
            source = self._client.repository(name)
            oid = _peeled(source, tag) if _is_ref_name(tag) else ""
            if not oid:
                return SourceRevision(repository, ref, "")
            commit = source.get_commit(oid, commit_files_per_page=1)
            accounts = {role: _login(commit, role) for role in ("author", "committer")}
            authors = tuple(dict.fromkeys(login for login in accounts.values() if login))
            return SourceRevision(repository, ref, oid, authors, tuple(r for r, login in accounts.items() if not login))

    def commits(self, repository: str, older: str, newer: str, limit: int) -> tuple[SourceCommit, ...]:
        """List what is new, newest first; at most 100 whatever the limit."""
        name, most = self._name(repository), min(limit, _MAX_COMMITS)
        for oid in (older, newer):
            if not _OID.fullmatch(oid):
                raise ValueError(f"not a full commit id: {oid[:60]!r}")
        with self._client.asking(f"the commits {older[:12]}..{newer[:12]} of {name}"):
            return tuple(_commit(one) for one in _newest(self._client.repository(name), older, newer, most))

    def contains(self, repository: str, branch: str, commit: str) -> bool:
        """Compare branch and commit: one that is identical to the branch's head or behind it is reachable."""
        name = self._name(repository)
        if not _OID.fullmatch(commit):
            raise ValueError(f"not a full commit id: {commit[:60]!r}")
        if not _is_ref_name(branch):
            raise OutsideError(Code.OUTSIDE_NOT_FOUND, f"{branch[:60]!r} is no branch of {name}")
        with self._client.asking(f"whether {branch} of {name} holds {commit[:12]}"):
            source = self._client.repository(name)
            head = _full(source.get_git_ref(f"heads/{branch}").object.sha)
            return _relation(source, head, commit) in {"identical", "behind"}

    def attestations(self, repository: str, digest: Digest) -> tuple[bytes, ...]:
        """Give every bundle in the repository's attestation store; none is no error, as one that cannot be had is."""
        name = self._name(repository)
        with self._client.asking(f"the attestations of {digest} in {name}"):
            return stored_bundles(self._client, name, digest)

    def _name(self, repository: str) -> str:
        """Give `owner/name` of a repository URL; raises OutsideError for one on another host."""
        found = _REPOSITORY.fullmatch(repository)
        if found is None or found["host"].lower() != self._host.lower():
            raise OutsideError(
                Code.OUTSIDE_NOT_FOUND,
                f"{repository[:200]!r} is no repository on {self._host}: declare one as https://{self._host}/owner/name",
            )
        return found["full_name"]


def _is_ref_name(tag: str) -> bool:
    """Tell whether git could have a tag of this name; with `..` in it, it would name another address of the API."""
    return tag.isprintable() and ".." not in tag and all(part not in {"", "."} for part in tag.split("/"))


def _peeled(source: Repository, tag: str) -> str:
    """Give the commit a tag names, through annotated tags; empty when there is no such tag."""
    try:
        target = source.get_git_ref(f"tags/{tag}").object
    except GithubException as error:
        if error.status == 404:
            return ""
        raise
    for _ in range(_MAX_PEELS):
        if target.type != "tag":
            break
        target = source.get_git_tag(target.sha).object
    if target.type != "commit":
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"the tag {tag} names a {target.type}, not a commit")
    return _full(target.sha)


def _relation(source: Repository, head: str, commit: str) -> str:
    """Say how a commit stands to a head, in GitHub's words; empty where they have no ancestor in common."""
    try:
        return source.compare(head, commit, comparison_commits_per_page=1).status
    except GithubException as error:
        if error.status == 404:
            return ""
        raise


def _full(oid: str) -> str:
    """Give a commit id that is one; raises OutsideError for what else an answer may hold in its place."""
    if not _OID.fullmatch(oid):
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"the forge names the commit {oid[:60]!r}, which is no full id")
    return oid


def _login(commit: Commit, role: str) -> str:
    """Give the account of a commit's author or committer; GitHub gives null or an empty object where it knows none."""
    account = commit.raw_data.get(role) or {}
    return str(account.get("login") or "")


def _newest(source: Repository, older: str, newer: str, most: int) -> tuple[Commit, ...]:
    """Give the newest commits of a comparison, which GitHub pages oldest first."""
    whole = source.compare(older, newer, comparison_commits_per_page=_MAX_COMMITS)
    last = -(-whole.total_commits // _MAX_COMMITS)
    if last <= 1:
        found = list(islice(whole.commits, _MAX_COMMITS))
    else:
        pages = whole.get_commits(comparison_commits_per_page=_MAX_COMMITS)
        found = [*pages.get_page(last - 2), *pages.get_page(last - 1)]
    return tuple(reversed(found[-most:]))


def _commit(commit: Commit) -> SourceCommit:
    title = commit.commit.message.partition("\n")[0]
    author = commit.author.login if commit.author else commit.commit.author.name
    return SourceCommit(_full(commit.sha), title, author)
