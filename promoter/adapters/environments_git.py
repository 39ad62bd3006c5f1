"""The environment repository through git: a persistent blobless partial clone, and commits built without a work tree.

Rule 1: files are edited, never made: a commit that would add a file, change a mode or write through a link is refused.
Rule 2: only `promote/*` is ever pushed, and only with a lease: what a person pushed is never overwritten.
Rule 3: a commit is a function of its parent, changes, message, time and bot: made twice, it is the same object.
The clone is only a cache: it may be deleted between two runs of the bot.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from promoter.core.codes import Code
from promoter.ports import BranchCommit, FileChange, OutsideError, Pushed
from promoter.transport.git import Answer, Call, GitCommand, Remote, Signature
from promoter.transport.git_directory import GitDirectory
from promoter.transport.git_memory import Memory
from promoter.transport.git_names import Branch, RefusedName, parse_branch, parse_oid, parse_path, parse_person
from promoter.transport.git_porcelain import LOG_OPTIONS, read_log, read_push
from promoter.transport.git_tree import edits_of, read_tree, write_tree

PROMOTIONS = "promote/"
"""What the names of all promotion branches begin with (DESIGN §8)."""

MAX_FILE = 4 * 1024 * 1024
"""Bytes of one file; a larger one is not read."""

_FETCH = (
    *("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
    *("--filter=blob:none", "--", "origin"),
)
_FETCH_OBJECTS = (
    *("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"),
    *("--filter=blob:none", "--stdin"),
)


@dataclass(frozen=True, slots=True)
class Bot:
    """The identity that the bot's commits carry. Raises RefusedName for what git would change."""

    name: str
    email: str

    def __post_init__(self) -> None:
        for text in (self.name, self.email):
            parse_person(text)


@dataclass(frozen=True, slots=True)
class GitLimits:
    """What one call may take: seconds in all, waiting for its turn included.

    `clone` covers refreshing (the first one is the clone) and repacking, `network` a read or a push, `local` what needs
    no network; after `silence` seconds without a byte a connection is given up. With more than `packs` packs the clone
    is repacked: each fetch adds one, each read of a new file too. `memory` is bytes for each process of git, `kept`
    bytes of what git said of objects, which is then not asked again.
    """

    clone: float = 600.0
    network: float = 60.0
    local: float = 30.0
    silence: int = 20
    packs: int = 100
    memory: int = 2 * 1024**3
    kept: int = 8 * 1024**2


class GitEnvironments:
    """`ports.EnvironmentRepo` on a git server. Methods raise OutsideError, and RefusedName for unfit arguments.

    Threads and processes may share it and its directory; calls take turns.
    """

    def __init__(self, remote: Remote, directory: Path, base: str, bot: Bot, limits: GitLimits = GitLimits()) -> None:
        self._base = parse_branch(base)
        self._bot = bot
        self._limits = limits
        self._git = GitDirectory(GitCommand(directory.absolute(), limits.silence, limits.memory), remote)
        self._memory = Memory(limits.kept)

    def refresh(self) -> str:
        call = Call((*_FETCH, _tracking(self._base), _tracking(f"{PROMOTIONS}*")))
        with self._git.held(self._limits.clone):
            self._git.run_remote(call)
            if self._git.count_packs() > self._limits.packs:
                self._git.run_local(Call(("gc", "--quiet", "--prune=2.weeks.ago")))
            base = self._commit_of(self._base)
        if base is None:
            raise OutsideError(Code.OUTSIDE_NOT_FOUND, f"the environment repository has no branch {self._base}")
        return base

    def bring(self, commit: str, paths: tuple[str, ...]) -> None:
        """Fetch as the port says, in one request for all that the clone lacks, instead of one for each file read."""
        oid, wanted = parse_oid(commit), {parse_path(path).encode() for path in paths}
        with self._git.held(self._limits.network):
            entries = read_tree(self._git.run_local(Call(("ls-tree", "-r", "-z", "--full-tree", oid))).out)
            files = {entry.oid for entry in entries if entry.is_file and entry.name in wanted}
            if lacking := sorted(files & self._missing(oid)):
                self._git.run_remote(Call((*_FETCH_OBJECTS, "origin"), stdin="\n".join(lacking).encode()))

    def read(self, commit: str, path: str) -> bytes | None:
        """Read as the port says; what is there and is no regular file is an OutsideError, never followed."""
        oid, file = parse_oid(commit), parse_path(path)
        entries = read_tree(self._known(Call(("ls-tree", "-z", "--full-tree", oid, file))))
        if not entries:
            return None
        if not entries[0].is_file:
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{file} at {oid[:12]} is not a regular file")
        blob = entries[0].oid
        return self._memory.ask(("blob", blob), lambda: self._blob(blob, f"{file} at {oid[:12]}"))

    def branch(self, name: str) -> str | None:
        """Give the commit as the port says; what this bot has pushed since the last refresh counts too."""
        branch = parse_branch(name)
        if branch != self._base and not branch.startswith(PROMOTIONS):
            raise RefusedName(f"{branch} is neither the base branch nor one under {PROMOTIONS}: it is not fetched")
        with self._git.held(self._limits.local):
            return self._commit_of(branch)

    def commits(self, base: str, head: str, limit: int) -> tuple[BranchCommit, ...]:
        """List as the port says; an empty `base` means the whole history. Paths differ from the first parent's."""
        revisions = (parse_oid(head), *((f"^{parse_oid(base)}",) if base else ()))
        call = Call(("log", *LOG_OPTIONS, f"--max-count={max(0, limit)}", *revisions, "--"))
        return tuple(read_log(self._known(call)))

    def merge_base(self, one: str, other: str) -> str | None:
        call = Call(("merge-base", parse_oid(one), parse_oid(other)), also=1)
        return self._known(call).decode().strip() or None

    def commit(self, parent: str, changes: tuple[FileChange, ...], message: str, at: datetime) -> str:
        """Make the commit, which no branch holds yet: `push` does that.

        Raises RefusedName where a change is none, names no regular file of the parent, or gives other bytes than the
        parent's as `before`.
        """
        oid, edits, text = parse_oid(parent), edits_of(changes), _message(message)
        signature = Signature(parse_person(self._bot.name), parse_person(self._bot.email), at)
        with self._git.held(self._limits.local):
            tree = write_tree(self._git, oid, edits)
            call = Call(("commit-tree", tree, "-p", oid, "-F", "-"), stdin=text, signature=signature)
            return _line(self._git.run_local(call))

    def push(self, branch: str, commit: str, expected: str | None) -> Pushed:
        """Push as the port says. A push that is repeated after it went through is DONE again."""
        return self._push(branch, parse_oid(commit), "" if expected is None else parse_oid(expected))

    def is_partial(self) -> bool:
        """Tell whether files of the base commit are missing in the clone.

        Right after the first refresh that means: the server honours the filter. Where it does not, everything works,
        and the clone is as large as the repository.
        """
        with self._git.held(self._limits.local):
            base = self._commit_of(self._base)
            return base is None or bool(self._missing(base))

    def _push(self, name: str, commit: str, expected: str) -> Pushed:
        branch = parse_branch(name)
        if branch == self._base or not branch.startswith(PROMOTIONS):
            raise RefusedName(f"{branch} is not a promotion branch (under {PROMOTIONS}): the bot pushes nothing else")
        reference = f"refs/heads/{branch}"
        options = ("--porcelain", "--no-verify", "--no-thin", f"--force-with-lease={reference}:{expected}")
        with self._git.held(self._limits.network):
            call = Call(("push", *options, "--", "origin", f"{commit}:{reference}"), also=1)
            return read_push(self._git.run_remote(call).out, reference)

    def _missing(self, commit: str) -> set[str]:
        """Name the objects of a commit's tree that the clone lacks, inside `held`."""
        options = ("--objects", "--no-object-names", "--missing=print", "--max-count=1")
        listed = self._git.run_local(Call(("rev-list", *options, commit))).out.decode().splitlines()
        return {line[1:] for line in listed if line.startswith("?")}

    def _blob(self, oid: str, name: str) -> bytes:
        with self._git.held(self._limits.network):
            size = int(self._git.run_remote(Call(("cat-file", "-s", oid))).out)
            if size > MAX_FILE:
                raise OutsideError(Code.OUTSIDE_TOO_LARGE, f"{name}: {size} bytes, over {MAX_FILE}")
            return self._git.run_local(Call(("cat-file", "blob", oid))).out

    def _known(self, call: Call) -> bytes:
        """Give what git says in a local call about objects that are named by their hashes."""

        def ask() -> bytes:
            with self._git.held(self._limits.local):
                return self._git.run_local(call).out

        return self._memory.ask(call.arguments, ask)

    def _commit_of(self, branch: Branch) -> str | None:
        reference = f"refs/remotes/origin/{branch}"
        return _line(self._git.run_local(Call(("rev-parse", "--verify", "--quiet", reference), also=1))) or None


def _tracking(pattern: str) -> str:
    return f"+refs/heads/{pattern}:refs/remotes/origin/{pattern}"


def _line(answer: Answer) -> str:
    return answer.out.decode().strip()


def _message(text: str) -> bytes:
    if not text.strip() or "\0" in text:
        raise RefusedName("a commit message needs text, without NUL")
    try:
        return (text if text.endswith("\n") else text + "\n").encode()
    except UnicodeEncodeError:
        raise RefusedName("a commit message has characters that UTF-8 does not know") from None
