"""The running bot holds its ledger to the newest checkpoint in the environment repository, and reads nothing twice."""

from typing import cast

from promoter.anchoring import Witness
from promoter.core.canonical import canonical
from promoter.core.checkpoint import Checkpoint, build_trailer
from promoter.core.circumstances import Anchored
from promoter.ports import BranchCommit, EnvironmentRepo, Head
from tests.fakes.ledger import ORIGIN, MemoryLedger


class Repository:
    """A base branch with a message for each commit, oldest first; counts the commits that were read."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.read = 0

    @property
    def base(self) -> str:
        return f"{len(self.messages):040d}"

    def commits(self, base: str, head: str, limit: int) -> tuple[BranchCommit, ...]:
        assert limit > 0
        new = range(int(base or "0"), int(head))
        self.read += len(new)
        return tuple(BranchCommit(f"{n + 1:040d}", "", "", "", self.messages[n], ()) for n in reversed(new))


def grown(ledger: MemoryLedger, count: int, text: str = "entry") -> Head:
    for number in range(count):
        ledger.append((canonical({"kind": text, "number": number}),), ledger.head())
    return ledger.head()


def trailer(head: Head, origin: str = ORIGIN) -> str:
    return f"promote\n\n{build_trailer(Checkpoint(origin, head.size, head.root))}\n"


def witness(repository: Repository, ledger: MemoryLedger) -> Witness:
    return Witness(cast("EnvironmentRepo", repository), ledger, ORIGIN)


def test_nothing_is_anchored_before_the_first_proposal_is_merged() -> None:
    repository, ledger = Repository(), MemoryLedger()
    repository.messages = ["By hand", "Promoter-Checkpoint: is what I write here"]
    grown(ledger, 3)
    found = witness(repository, ledger).anchor(repository.base)
    assert found == Anchored(size=0, root="", found_in="", is_extended=True)


def test_the_longest_anchor_counts_wherever_it_stands_and_others_logs_do_not() -> None:
    repository, ledger = Repository(), MemoryLedger()
    small, large = grown(ledger, 2), grown(ledger, 3)
    grown(ledger, 2)
    repository.messages = [trailer(large), trailer(small), trailer(Head(99, "ab" * 32), "other.example/log")]
    found = witness(repository, ledger).anchor(repository.base)
    assert found == Anchored(size=5, root=large.root, found_in="commit 000000000000", is_extended=True)


def test_a_ledger_that_was_rewritten_or_cut_off_does_not_extend_its_anchor() -> None:
    repository, ledger, other, short = Repository(), MemoryLedger(), MemoryLedger(), MemoryLedger()
    repository.messages = [trailer(grown(ledger, 3))]
    grown(other, 5, "another")
    grown(short, 2)
    assert witness(repository, ledger).anchor(repository.base).is_extended
    assert not witness(repository, other).anchor(repository.base).is_extended
    assert not witness(repository, short).anchor(repository.base).is_extended


def test_commits_and_entries_are_read_once_and_a_forged_anchor_stands_until_a_longer_one_agrees() -> None:
    repository, ledger = Repository(), MemoryLedger()
    repository.messages = [trailer(grown(ledger, 3))]
    one = witness(repository, ledger)
    assert one.anchor(repository.base) is one.anchor(repository.base)
    repository.messages.append(trailer(Head(4, "ab" * 32)))
    assert not one.anchor(repository.base).is_extended
    ledger.entries[0] = b"nobody looks at it again"
    repository.messages.append(trailer(grown(ledger, 3)))
    assert one.anchor(repository.base).is_extended
    assert repository.read == 3
