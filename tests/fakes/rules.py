"""A source of rules in memory, whose branch, reviews and silence the test sets."""

from dataclasses import dataclass, field

from promoter.core.authority import Authority
from promoter.core.codes import Code
from promoter.core.ruleset import Lineage, RawFile, check_count, check_sizes
from promoter.ports import OutsideError


@dataclass(frozen=True)
class Written:
    """A commit: what came before it, all rules at it, and who answers for it."""

    oid: str
    before: str
    files: tuple[RawFile, ...]
    authority: Authority


@dataclass
class FakeRules:
    """`ports.ConfigSource`, as a test says."""

    name: str = "acme/rules@main"
    tip: str = ""
    seen: str = ""
    is_silent: bool = False
    commits: dict[str, Written] = field(default_factory=dict)

    def write(self, files: dict[str, bytes], authority: Authority | None = None, onto: str | None = None) -> str:
        """Commit these rules on top of the branch, or of another commit; gives the commit."""
        oid = f"{len(self.commits) + 1:040x}"
        raw = tuple(RawFile(path, data) for path, data in sorted(files.items()))
        known = authority or Authority(commit=oid, doubt="no pull request brought it: nobody has reviewed it")
        self.commits[oid] = Written(oid, self.tip if onto is None else onto, raw, known)
        self.tip = oid
        return oid

    def head(self) -> str:
        if self.is_silent:
            raise OutsideError(Code.OUTSIDE_UNREACHABLE, "the forge does not answer")
        self.seen = self.tip
        return self.tip

    def known_head(self) -> str:
        return self.seen

    def files(self, commit: str) -> tuple[RawFile, ...]:
        files = self._found(commit).files
        check_count(len(files))
        check_sizes((file.path, len(file.raw)) for file in files)
        return files

    def lineage(self, commit: str, other: str) -> Lineage:
        if commit == other:
            return Lineage.SAME
        if other in self._line(commit):
            return Lineage.AHEAD
        return Lineage.BEHIND if commit in self._line(other) else Lineage.APART

    def steps(self, older: str, newer: str, limit: int) -> tuple[str, ...]:
        line = [oid for oid in self._line(newer) if oid not in self._line(older)]
        found = tuple(oid for oid in reversed(line) if self.commits[oid].files != self._before(oid))
        if len(found) > limit:
            raise OutsideError(Code.OUTSIDE_LIMIT, f"more than {limit} commits changed the rules since {older[:12]}")
        return found

    def authority(self, commit: str) -> Authority | None:
        return self._found(commit).authority

    def origin(self, commit: str, path: str) -> str:
        line = self._line(commit)
        here = self._bytes(commit, path)
        if here is None:
            return ""
        for oid, older in zip(line, [*line[1:], ""], strict=True):
            if self._bytes(older, path) != here:
                return oid
        return line[-1]

    def _found(self, commit: str) -> Written:
        if self.is_silent or commit not in self.commits:
            raise OutsideError(Code.OUTSIDE_NOT_FOUND, f"no commit {commit}")
        return self.commits[commit]

    def _line(self, commit: str) -> list[str]:
        line = []
        while commit in self.commits:
            line.append(commit)
            commit = self.commits[commit].before
        return line

    def _before(self, oid: str) -> tuple[RawFile, ...]:
        before = self.commits[oid].before
        return self.commits[before].files if before in self.commits else ()

    def _bytes(self, commit: str, path: str) -> bytes | None:
        files = self.commits[commit].files if commit in self.commits else ()
        return next((file.raw for file in files if file.path == path), None)
