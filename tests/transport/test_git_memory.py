"""What git said of objects is asked once, and never more is kept than was allowed."""

import pytest

from promoter.transport.git_memory import Memory


class Git:
    """Answers a question with its last word, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def about(self, memory: Memory, name: str, size: int = 0) -> bytes:
        def answer() -> bytes:
            self.asked.append(name)
            return name.encode() + bytes(size)

        return memory.ask(("cat-file", name), answer)


def test_an_answer_is_asked_once_also_when_it_is_empty() -> None:
    git, memory = Git(), Memory(10_000)
    assert [git.about(memory, name) for name in ("a", "", "a", "")] == [b"a", b"", b"a", b""]
    assert git.asked == ["a", ""]


def test_the_oldest_answers_are_forgotten_and_one_that_is_used_stays() -> None:
    git, memory = Git(), Memory(3_000)
    for name in ("a", "b", "a", "c", "a", "b"):
        git.about(memory, name, 1_000)
    assert git.asked == ["a", "b", "c", "b"]


def test_an_answer_over_the_limit_is_given_and_forgets_no_other() -> None:
    git, memory = Git(), Memory(3_000)
    for name, size in (("a", 0), ("huge", 5_000), ("huge", 5_000), ("a", 0)):
        git.about(memory, name, size)
    assert git.asked == ["a", "huge", "huge"]


def test_a_failure_is_not_kept() -> None:
    def fail() -> bytes:
        raise TimeoutError

    git, memory = Git(), Memory(3_000)
    with pytest.raises(TimeoutError):
        memory.ask(("cat-file", "a"), fail)
    assert git.about(memory, "a") == b"a"
