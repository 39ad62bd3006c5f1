"""What git says about one bare repository; every question is one git process with full ref names and `--`.

What was said about objects is kept, for they never change; what refs say is asked again once a file of theirs changed.
"""

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from promoter.local.forge.accounts import Account
from promoter.local.git_http import make_bare
from promoter.transport.git_memory import Memory

_TIMEOUT = 60
_KEPT = 8 * 1024 * 1024  # bytes of answers
_COMMIT_FIELDS = ("%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B")
_OID = 40  # letters of a whole object name
_STATUS_WORDS = {"A": "added", "D": "removed", "M": "modified", "T": "changed"}


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who wrote or committed, and when (ISO 8601)."""

    name: str
    email: str
    at: str


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """One commit object."""

    oid: str
    tree: str
    parents: tuple[str, ...]
    author: Stamp
    committer: Stamp
    message: str


@dataclass(frozen=True, slots=True)
class TagFacts:
    """One annotated tag object."""

    oid: str
    name: str
    target: str
    target_kind: str
    tagger: Stamp
    message: str


@dataclass(frozen=True, slots=True)
class DiffFile:
    """One file of a difference; `hunks` are the lines from the first `@@` on, empty for a binary file."""

    path: str
    status: str
    blob: str
    hunks: tuple[str, ...]

    @property
    def additions(self) -> int:
        """Lines added."""
        return sum(line.startswith("+") for line in self.hunks)

    @property
    def deletions(self) -> int:
        """Lines removed."""
        return sum(line.startswith("-") for line in self.hunks)


class GitStore:
    """One bare repository on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._memory = Memory(_KEPT)

    def initialise(self, branch: str) -> None:
        """Make the bare repository, set up to serve partial clones and pushes."""
        make_bare(self.path)
        self._text("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def resolve(self, name: str) -> str:
        """Give the commit that a full ref name, or a full or abbreviated oid, stands for; empty when there is none."""
        return self._text(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}", codes=(0, 1, 128)
        )

    def ref(self, name: str) -> str:
        """Give the object a full ref name points at, unpeeled; empty when there is no such ref."""
        return self._text("for-each-ref", "--format=%(objectname)", "--count=1", name) if _is_ref(name) else ""

    def branches(self) -> tuple[tuple[str, str], ...]:
        """List every branch by name with its commit."""
        words = ("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/")
        listed = self._memory.ask((*words, *self._ref_files()), lambda: self._run(*words).stdout).decode()
        return tuple((name, oid) for oid, _, name in (line.partition(" ") for line in listed.splitlines()))

    def kind(self, oid: str) -> str:
        """Give the type of an object; empty when it is not there."""
        return self._text("cat-file", "-t", oid, codes=(0, 128)) if _is_oid(oid) else ""

    def point(self, ref: str, new: str, old: str | None = None) -> bool:
        """Point a ref at a commit; with `old`, only if it still is there. Tells whether it was done."""
        expected = () if old is None else (old,)
        done = self._run("update-ref", ref, new, *expected, codes=(0, 128))
        return done.returncode == 0

    def commits(self, *revisions: str, limit: int = 10_000) -> tuple[CommitFacts, ...]:
        """List commits in git's order, newest first; a revision may be `^oid`."""
        form = "%x00".join(_COMMIT_FIELDS)
        words = ("log", "-z", "--topo-order", f"--max-count={limit}", f"--format={form}", *revisions, "--")
        are_objects = all(len(name.removeprefix("^")) == _OID for name in revisions)
        fields = (self._said(*words) if are_objects else self._text(*words)).split("\0")
        width = len(_COMMIT_FIELDS)
        return tuple(_commit(fields[start : start + width]) for start in range(0, len(fields) - width + 1, width))

    def commit(self, oid: str) -> CommitFacts | None:
        """Give one commit; None when there is none."""
        resolved = self.resolve(oid)
        return self.commits(resolved, limit=1)[0] if resolved else None

    def tag(self, oid: str) -> TagFacts | None:
        """Give one annotated tag object; None when it is not one."""
        if self.kind(oid) != "tag":
            return None
        head, _, message = self._text("cat-file", "tag", oid).partition("\n\n")
        lines = dict(line.split(" ", 1) for line in head.split("\n"))
        return TagFacts(oid, lines["tag"], lines["object"], lines["type"], _stamp(lines.get("tagger", "")), message)

    def merge_base(self, one: str, other: str) -> str:
        """Give the best common ancestor; empty when the histories are unrelated."""
        return self._said("merge-base", one, other, codes=(0, 1))

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Tell whether one commit is reachable from the other."""
        return self.merge_base(older, newer) == older

    def merged_tree(self, base: str, head: str) -> str:
        """Give the tree that a merge of two commits makes; empty when it conflicts."""
        words = ("merge-tree", "--write-tree", "--allow-unrelated-histories", base, head)
        return self._said(*words, codes=(0, 1)).split("\n", 1)[0]

    def make_commit(self, tree: str, parents: tuple[str, ...], message: str, author: Account, at: datetime) -> str:
        """Write a commit object by an account; points no ref at it."""
        stamp = f"{int(at.timestamp())} +0000"
        person = {"NAME": author.login, "EMAIL": author.email, "DATE": stamp}
        made = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in person.items()}
        named = tuple(word for parent in parents for word in ("-p", parent))
        return self._text("commit-tree", *named, "-F", "-", tree, entered=message.encode(), extra=made)

    def difference(self, older: str, newer: str) -> tuple[DiffFile, ...]:
        """Give the files that differ between two trees or commits, renames shown as removal and addition."""
        options = ("--no-renames", "--no-color", "--no-ext-diff", "--no-textconv", "--full-index", "-r")
        raw = self._said("diff-tree", "--raw", "-z", *options, older, newer, "--").split("\0")
        patch = self._said("diff-tree", "-p", *options, older, newer, "--")
        pieces = ("\n" + patch).split("\ndiff --git ")[1:]
        entries = zip(raw[0::2], raw[1::2], strict=False)
        return tuple(_diff_file(meta, path, piece) for (meta, path), piece in zip(entries, pieces, strict=True))

    def _ref_files(self) -> tuple[str, ...]:
        """Give what the files of the branches hold: it tells whether git would say the same again."""
        packed = self.path / "packed-refs"
        loose = sorted(file for file in (self.path / "refs" / "heads").rglob("*") if file.is_file())
        return tuple(f"{file} {_content(file)}" for file in (packed, *loose))

    def _said(self, *words: str, codes: tuple[int, ...] = (0,)) -> str:
        """Give what git says about objects that are named by whole oids; nothing where it fails with one of `codes`."""
        return self._memory.ask(words, lambda: self._text(*words, codes=codes).encode()).decode()

    def _text(
        self, *words: str, codes: tuple[int, ...] = (0,), entered: bytes = b"", extra: dict[str, str] | None = None
    ) -> str:
        done = self._run(*words, codes=codes, entered=entered, extra=extra)
        return done.stdout.decode("utf-8", "replace").rstrip("\n") if done.returncode == 0 else ""

    def _run(
        self, *words: str, codes: tuple[int, ...] = (0,), entered: bytes = b"", extra: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        done = subprocess.run(
            ["git", f"--git-dir={self.path}", *words],
            input=entered,
            capture_output=True,
            check=False,
            env=_environment() | (extra or {}),
            timeout=_TIMEOUT,
            start_new_session=True,  # Ctrl-C in a terminal is for us alone
        )
        if done.returncode not in codes:
            raise RuntimeError(f"git {words[0]} ended with {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done


def _environment() -> dict[str, str]:
    """Give git an environment in which no configuration of the machine counts."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return kept | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C.UTF-8"}


def _content(file: Path) -> str:
    try:
        return file.read_text(errors="replace")
    except FileNotFoundError:  # a ref that was removed just now, or no packed refs at all
        return ""


def _is_ref(name: str) -> bool:
    return name.startswith("refs/") and not any(mark in name for mark in ("*", "?", "[", "..", " ", "\\"))


def _is_oid(text: str) -> bool:
    return 4 <= len(text) <= 40 and all(letter in "0123456789abcdef" for letter in text)


def _commit(fields: list[str]) -> CommitFacts:
    oid, tree, parents, an, ae, at, cn, ce, ct, message = fields
    names = tuple(parents.split())
    return CommitFacts(oid, tree, names, Stamp(an, ae, at), Stamp(cn, ce, ct), message.rstrip("\n"))


def _stamp(line: str) -> Stamp:
    """Read `Name <address> seconds zone` (git's raw form)."""
    name, _, rest = line.partition(" <")
    email, _, when = rest.partition("> ")
    seconds = when.split(" ")[0]
    return Stamp(name, email, datetime.fromtimestamp(int(seconds or 0), UTC).isoformat())


def _diff_file(meta: str, path: str, piece: str) -> DiffFile:
    _, _, old, new, status = meta.lstrip(":").split(" ")
    blob = old if status == "D" else new
    lines = piece.split("\n")
    start = next((index for index, line in enumerate(lines) if line.startswith("@@ ")), len(lines))
    return DiffFile(path, _STATUS_WORDS.get(status, "changed"), blob, tuple(lines[start:]))
