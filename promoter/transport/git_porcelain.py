"""What git prints for machines, read: `git log -z` and `git push --porcelain`."""

from collections.abc import Iterator

from promoter.core.codes import Code
from promoter.ports import BranchCommit, OutsideError, Pushed
from promoter.transport.git import printable

LOG_OPTIONS = (
    *("-z", "--name-only", "--no-renames", "--diff-merges=first-parent"),
    "--format=tformat:%x00%H%x00%P%x00%ae%x00%ce%x00%B%x00",
)
"""Options of `git log` for `read_log`; with them it needs no file's bytes."""

_MOVED = ("stale info", "fetch first", "cannot lock ref", "failed to lock", "incorrect old value", "already exists")


def read_log(out: bytes) -> Iterator[BranchCommit]:
    r"""Read `git log` with LOG_OPTIONS; bytes that are not UTF-8 come back escaped (`\xff`).

    A commit is an empty token, five fields, an empty token, and paths up to the next empty one. No field can forge
    that: git cuts messages at NUL, and no path is empty.
    """
    tokens = out.decode(errors="backslashreplace").split("\0")
    at = 0
    while at + 6 < len(tokens):
        oid, parents, author, committer, message = tokens[at + 1 : at + 6]
        end = tokens.index("", at + 7)
        paths = tokens[at + 7 : end]
        paths[:1] = [path.removeprefix("\n") for path in paths[:1]]  # git ends the message's field with a line feed
        yield BranchCommit(oid, parents.partition(" ")[0], author, committer, message, tuple(paths))
        at = end


def read_push(out: bytes, reference: str) -> Pushed:
    """Read `git push --porcelain` of one ref (git-push(1), OUTPUT). Raises OutsideError where the server refused."""
    rows = [row.split("\t") for row in out.decode(errors="replace").splitlines()]
    row = next((row for row in rows if len(row) == 3 and row[1].partition(":")[2] == reference), None)
    if row is None:
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"git push: no word about {reference}")
    flag, _, summary = row
    if flag in {" ", "+", "-", "*", "="}:
        return Pushed.DONE
    if any(reason in summary for reason in _MOVED):
        return Pushed.MOVED
    raise OutsideError(Code.OUTSIDE_FORBIDDEN, f"the push was refused: {printable(summary)}")
