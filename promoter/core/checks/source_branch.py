"""The release's commit is on a branch that the policy names: what was tagged has gone through that branch's rules.

The source repository says so when it is asked; a tag on somebody's own branch names a commit that nobody reviewed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check
from promoter.core.checks.facts import conclude_facts
from promoter.core.checks.release_source import missing_tag, release_commit, release_repository, unknown_commit
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason

MAX_BRANCHES: Final = 10  # branches of one policy: each is a question to the forge


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBranchParams:
    """The branches on which a release's commit may be."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    branches: tuple[str, ...]
    """Exact names of branches of the source repository; the commit must be on one of them. At most 10."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.branches) <= MAX_BRANCHES:
            raise ValueError(
                f"branches names none or more than {MAX_BRANCHES}: name those whose commits may be released"
            )
        for at, name in enumerate(self.branches):
            if not is_branch_name(name):
                raise ValueError(f"branches[{at}] is no exact name of a branch: {name[:100]!r}")


def is_branch_name(name: str) -> bool:
    """Tell whether git could have a branch of this name (git-check-ref-format), said in ASCII."""
    parts = name.split("/")
    is_plain = name.isascii() and name.isprintable() and not set(name) & set(" ~^:?*[\\") and len(name) <= 200
    is_whole = all(part and not part.startswith(".") and not part.endswith((".", ".lock")) for part in parts)
    return is_plain and is_whole and ".." not in name and "@{" not in name and not name.startswith("-")


def _apply(params: SourceBranchParams, subject: Subject) -> Finding:
    source = subject.evidence.source
    answers = {one.branch: one.contains for one in source.branches} if source else {}
    on = [name for name in params.branches if answers.get(name)]
    reasons = (*missing_tag(subject), *unknown_commit(subject), *(() if on else _against(params, subject, answers)))
    sentence = f"commit {release_commit(subject)} is on {', '.join(on)} of {release_repository(subject)}"
    return conclude_facts("source-branch", subject, sentence, reasons)


def _against(params: SourceBranchParams, subject: Subject, answers: dict[str, bool]) -> Iterator[Reason]:
    commit = release_commit(subject)
    unknown = [name for name in params.branches if name not in answers]
    if not commit:
        return
    if unknown:
        yield Reason(
            code=Code.SOURCE_BRANCH_UNKNOWN,
            sentence=f"it is not known whether commit {commit} is on {', '.join(unknown)} of "
            f"{release_repository(subject)}",
            remedy="Nobody's: it is asked again by itself. Operator: see that the branch exists if it stays.",
            state=EvidenceState.LOOKUP_FAILED,
        )
        return
    yield Reason(
        code=Code.SOURCE_BRANCH_NOT_REACHABLE,
        sentence=f"commit {commit} is on none of {', '.join(params.branches)} of {release_repository(subject)}",
        remedy=f"Service team: merge the change into {' or '.join(params.branches)}, and release from there.",
        state=EvidenceState.INVALID,
    )


SOURCE_BRANCH: Final = Check("source-branch", "released from an accepted branch", SourceBranchParams, _apply)
