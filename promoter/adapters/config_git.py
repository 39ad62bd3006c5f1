"""`ports.ConfigSource` on a branch at the forge: a blobless clone for the files, the API for who answers for them.

Rule 1: who answers is what the forge says of the pull request that brought a commit; no name in a file counts.
Rule 2: a merge is what its reviewers saw only if merging the reviewed head into its first parent gives the same rules:
what somebody added to the merge itself, nobody has reviewed.
The clone is a cache; what is in force is kept elsewhere too.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from promoter.core.authority import Authority, Reviewer
from promoter.core.codes import Code
from promoter.core.ruleset import Lineage, RawFile, UnfitRules, check_count, check_sizes, is_rule, is_signature
from promoter.ports import OutsideError, Review, ReviewState
from promoter.transport.git import Call, GitCommand, Remote
from promoter.transport.git_directory import GitDirectory
from promoter.transport.git_names import RefusedName, parse_branch, parse_oid, parse_path
from promoter.transport.git_tree import TreeEntry, read_tree
from promoter.transport.github import GithubClient
from promoter.transport.github_reviews import Makers, MergedPull, makers_of, merged_pulls, reviews_of

_FETCH = (
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
    *("--filter=blob:none", "--", "origin"),
)
_FETCH_OBJECTS = (
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
    *("--filter=blob:none", "--stdin"),
)
_PULLS_ASKED = 5  # of those that brought one commit


@dataclass(frozen=True, slots=True)
class RulesPlace:
    """Where the rules are on the forge: `owner/name`, branch, and the folder inside (empty: the whole repository)."""

    repository: str
    branch: str
    folder: str = ""


@dataclass(frozen=True, slots=True)
class RulesLimits:
    """What one call may take: seconds of work with the network and without, and what git may use, as for any clone."""

    network: float = 60.0
    local: float = 30.0
    silence: int = 20
    memory: int = 2 * 1024**3
    packs: int = 100


class GitRules:
    """The rules on one branch. Methods raise OutsideError, and UnfitRules for what cannot be rules."""

    def __init__(
        self,
        remote: Remote,
        directory: Path,
        client: GithubClient,
        place: RulesPlace,
        limits: RulesLimits = RulesLimits(),
    ) -> None:
        self._branch = parse_branch(place.branch)
        self._folder = parse_path(place.folder) if place.folder else ""
        self._place = place
        self._client = client
        self._limits = limits
        self._git = GitDirectory(GitCommand(directory.absolute(), limits.silence, limits.memory), remote)

    @property
    def name(self) -> str:
        return f"{self._place.repository}@{self._branch}"

    def head(self) -> str:
        with self._git.held(self._limits.network):
            self._git.run_remote(Call((*_FETCH, f"+refs/heads/{self._branch}:{self._tracking}")))
            if self._git.count_packs() > self._limits.packs:
                self._git.run_local(Call(("gc", "--quiet", "--prune=2.weeks.ago")))
            return self._said("rev-parse", "--verify", self._tracking)

    def known_head(self) -> str:
        with self._git.held(self._limits.local):
            return self._said("rev-parse", "--verify", "--quiet", self._tracking, also=1)

    def files(self, commit: str) -> tuple[RawFile, ...]:
        oid = parse_oid(commit)
        with self._git.held(self._limits.network):
            named = self._named(oid)
            check_count(len(named))
            self._bring(oid, {entry.oid for _, entry in named})
            sizes = self._sizes({entry.oid for _, entry in named})
            check_sizes((path, sizes[entry.oid]) for path, entry in named)
            blobs = self._blobs(set(sizes))
        return tuple(RawFile(path, blobs[entry.oid]) for path, entry in named)

    def lineage(self, commit: str, other: str) -> Lineage:
        if commit == other:
            return Lineage.SAME
        with self._git.held(self._limits.local):
            base = self._merge_base(commit, other)
        return {other: Lineage.AHEAD, commit: Lineage.BEHIND}.get(base, Lineage.APART)

    def steps(self, older: str, newer: str, limit: int) -> tuple[str, ...]:
        start, end = parse_oid(older), parse_oid(newer)
        with self._git.held(self._limits.local):
            words = ("--first-parent", "--reverse", f"--max-count={limit + 1}", end, f"^{start}")
            found = tuple(self._said("rev-list", *words, "--", *self._below()).split())
        if len(found) > limit:
            detail = f"more than {limit} commits changed the rules since {older[:12]}; nobody can look through them all"
            raise OutsideError(Code.OUTSIDE_LIMIT, detail)
        return found

    def authority(self, commit: str) -> Authority | None:
        oid, name = parse_oid(commit), self._place.repository
        with self._client.asking(f"the pull requests of {oid[:12]} in {name}"):
            pulls = merged_pulls(self._client.repository(name), self._branch, oid)[:_PULLS_ASKED]
        pull = next((one for one in pulls if self._is_merge_of(oid, one)), None)
        if pull is not None:
            with self._client.asking(f"the reviews of pull request {pull.number} in {name}"):
                repository = self._client.repository(name)
                makers = makers_of(repository, pull.number)
                return _authority(oid, pull, makers, reviews_of(repository, pull.number))
        if pulls:
            doubt = f"its rules are not what a merge of pull request #{pulls[0].number} gives: nobody has reviewed them"
            return Authority(commit=oid, number=pulls[0].number, author=pulls[0].author, doubt=doubt)
        return Authority(commit=oid, doubt="no pull request brought it: nobody has reviewed it")

    def origin(self, commit: str, path: str) -> str:
        oid, file = parse_oid(commit), parse_path("/".join(part for part in (self._folder, path) if part))
        with self._git.held(self._limits.local):
            if not self._said("ls-tree", "-z", "--full-tree", oid, file):
                return ""
            return self._said("rev-list", "--first-parent", "--max-count=1", oid, "--", file)

    @property
    def _tracking(self) -> str:
        return f"refs/remotes/origin/{self._branch}"

    def _below(self) -> tuple[str, ...]:
        return (self._folder,) if self._folder else ()

    def _named(self, oid: str) -> tuple[tuple[str, TreeEntry], ...]:
        """List the files of the rules by their paths below the folder, inside `held`."""
        listed = self._git.run_local(Call(("ls-tree", "-r", "-z", "--full-tree", self._tree(oid)))).out
        found: list[tuple[str, TreeEntry]] = []
        for entry in read_tree(listed):
            path = entry.name.decode(errors="backslashreplace")
            if not (is_rule(path) or is_signature(path)):
                continue
            if not entry.is_file:
                raise UnfitRules(f"{path} at {oid[:12]} is no plain file; put the file itself there")
            try:
                found.append((parse_path(path), entry))
            except RefusedName as error:
                raise UnfitRules(str(error)) from None
        return tuple(sorted(found, key=lambda one: one[0]))

    def _bring(self, commit: str, oids: set[str]) -> None:
        """Fetch what the clone lacks of these objects of a commit, all at once, inside `held`."""
        options = ("--objects", "--no-object-names", "--missing=print", "--max-count=1")
        listed = self._git.run_local(Call(("rev-list", *options, commit))).out.decode().splitlines()
        if lacking := sorted(oids & {line[1:] for line in listed if line.startswith("?")}):
            self._git.run_remote(Call((*_FETCH_OBJECTS, "origin"), stdin="\n".join(lacking).encode()))

    def _sizes(self, oids: set[str]) -> dict[str, int]:
        rows = self._asked("--batch-check=%(objectname) %(objectsize)", oids).decode().splitlines()
        return {oid: int(size) for oid, size in (row.split(" ") for row in rows)}

    def _blobs(self, oids: set[str]) -> dict[str, bytes]:
        return _batch(self._asked("--batch", oids))

    def _asked(self, how: str, oids: set[str]) -> bytes:
        if not oids:
            return b""
        return self._git.run_local(Call(("cat-file", how), stdin="\n".join(sorted(oids)).encode())).out

    def _tree(self, commit: str) -> str:
        return f"{commit}:{self._folder}"

    def _merge_base(self, commit: str, other: str) -> str:
        """Give the best common ancestor, inside `held`; empty where there is none, or one of them is gone."""
        try:
            return self._said("merge-base", parse_oid(commit), parse_oid(other), also=1)
        except OutsideError as error:
            if error.code is Code.OUTSIDE_NOT_FOUND:
                return ""
            raise

    def _is_merge_of(self, commit: str, pull: MergedPull) -> bool:
        """Tell whether merging the reviewed head into the commit's first parent gives the rules of the commit."""
        kept = f"refs/promoter/pull/{pull.number}"
        with self._git.held(self._limits.network):
            self._git.run_remote(Call((*_FETCH, f"+refs/pull/{pull.number}/head:{kept}")))
            if self._said("rev-parse", "--verify", kept) != pull.head:
                return False
            if commit == pull.head:
                return True
            parents = self._said("rev-list", "--max-count=1", "--parents", commit).split()[1:]
            if not parents:
                return False
            call = Call(("merge-tree", "--write-tree", parents[0], pull.head), also=1)
            merged = self._git.run_remote(call)
            tree = merged.out.decode().split("\n", 1)[0]
            return merged.status == 0 and self._subtree(tree) == self._subtree(commit)

    def _subtree(self, tree: str) -> str:
        return self._said("rev-parse", "--verify", "--quiet", self._tree(tree), also=1)

    def _said(self, *words: str, also: int = 0) -> str:
        return self._git.run_local(Call(words, also=also)).out.decode().strip()


def _batch(out: bytes) -> dict[str, bytes]:
    """Read `git cat-file --batch`: a line `<oid> <type> <size>`, the bytes, a line feed, and so on."""
    found: dict[str, bytes] = {}
    while out:
        head, _, rest = out.partition(b"\n")
        oid, _, size = head.decode().split(" ")
        found[oid], out = rest[: int(size)], rest[int(size) + 1 :]
    return found


def _authority(commit: str, pull: MergedPull, makers: Makers, reviews: tuple[Review, ...]) -> Authority:
    """Count the reviews; whoever opened the pull request or made any of its commits does not count."""
    newest = {one.login: one for one in reviews if one.state is not ReviewState.COMMENTED}
    people = tuple(sorted({pull.author, *makers.logins}))
    excluded = {login.lower() for login in people}
    counted = [r for r in newest.values() if r.is_person and r.may_write and r.login.lower() not in excluded]
    found = Authority(commit=commit, number=pull.number, author=pull.author, people=people, addresses=makers.addresses)
    refusers = [one.login for one in counted if one.state is ReviewState.CHANGES_REQUESTED]
    if makers.unknown:
        return replace(
            found, doubt=f"the forge knows no account of {' and '.join(makers.unknown)}, who made its commits"
        )
    if refusers:
        return replace(found, doubt=f"changes are asked for by {' and '.join(refusers)}")
    approving = (one for one in counted if one.state is ReviewState.APPROVED and one.commit == pull.head)
    return replace(found, reviewers=tuple(Reviewer(one.login, one.user_id) for one in approving))
