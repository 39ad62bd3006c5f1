"""Whether a pull request may be merged, and the merge itself, made as a commit in the bare repository.

The order of refusals is GitHub's: not open or not mergeable 405, a head that moved 409, a required check that is not
success 405. An admin passes required checks by, as on a branch without `enforce_admins`.
"""

from dataclasses import dataclass
from enum import Enum

from promoter.local.forge.accounts import Account, Role
from promoter.local.forge.records import CheckState, PullRecord
from promoter.local.forge.refusal import RefusedError
from promoter.local.forge.repository import HostedRepository
from promoter.ports import PullState

_MOVED_BASE = "Base branch was modified. Review and try the merge again."


class Method(Enum):
    """How the commits of a pull request get onto its base."""

    MERGE = "merge"
    SQUASH = "squash"


class Mergeability(Enum):
    """State of an open pull request towards its base, in GitHub's words."""

    CLEAN = "clean"
    DIRTY = "dirty"
    BLOCKED = "blocked"
    UNSTABLE = "unstable"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MergeWish:
    """What a merge asks for; empty texts stand for the defaults, an empty `head` for whatever it is now."""

    head: str = ""
    title: str = ""
    message: str = ""
    method: Method = Method.MERGE


def unmet(repository: HostedRepository, pull: PullRecord) -> tuple[str, ...]:
    """List the required checks whose newest status on the head is not success."""
    passed = {status.context for status in repository.newest_statuses(pull.head) if status.state is CheckState.SUCCESS}
    return tuple(context for context in repository.required.get(pull.base, ()) if context not in passed)


def mergeability(repository: HostedRepository, pull: PullRecord) -> Mergeability:
    """Work out by a trial merge in git, and by the checks, where an open pull request stands."""
    if pull.state is not PullState.OPEN:
        return Mergeability.UNKNOWN
    if not repository.git.merged_tree(pull.base_commit, pull.head):
        return Mergeability.DIRTY
    if unmet(repository, pull):
        return Mergeability.BLOCKED
    states = {status.state for status in repository.newest_statuses(pull.head)}
    return Mergeability.CLEAN if states <= {CheckState.SUCCESS} else Mergeability.UNSTABLE


def merge(repository: HostedRepository, number: int, actor: Account, wish: MergeWish) -> PullRecord:
    """Merge, or raise RefusedError (405, 409)."""
    pull = repository.pull(number)
    if pull.state is PullState.MERGED:
        raise RefusedError(405, "Pull Request is already merged")
    tree = repository.git.merged_tree(pull.base_commit, pull.head) if pull.state is PullState.OPEN else ""
    if not tree:
        raise RefusedError(405, "Pull Request is not mergeable")
    if wish.head and wish.head != pull.head:
        raise RefusedError(409, "Head branch was modified. Review and try the merge again.")
    missing = unmet(repository, pull)
    if missing and actor.role is not Role.ADMIN:
        raise RefusedError(405, f'Required status check "{missing[0]}" is expected.')
    commit = _write(repository, pull, tree, actor, wish)
    if not repository.git.point(f"refs/heads/{pull.base}", commit, pull.base_commit):
        raise RefusedError(405, _MOVED_BASE)
    return repository.set_merged(number, actor, commit)


def _write(repository: HostedRepository, pull: PullRecord, tree: str, actor: Account, wish: MergeWish) -> str:
    squash = wish.method is Method.SQUASH
    title = wish.title or (
        f"{pull.title} (#{pull.number})"
        if squash
        else f"Merge pull request #{pull.number} from {repository.owner}/{pull.branch}"
    )
    message = wish.message or ("" if squash else pull.title)
    parents = (pull.base_commit,) if squash else (pull.base_commit, pull.head)
    text = f"{title}\n\n{message}".rstrip() + "\n"
    return repository.git.make_commit(tree, parents, text, actor, repository.clock.now())
