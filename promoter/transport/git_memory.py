"""Answers about git objects, kept: an object never changes, so what was said of it once stays true.

Asking git costs a process each time, which is most of the work of a pass in which nothing happened.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable

_OVERHEAD = 300  # bytes that an entry takes beside its key and answer, about


class Memory:
    """The answers that were asked for last, at most `max_bytes` of them; threads may share it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._answers: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def ask(self, question: tuple[str, ...], answer: Callable[[], bytes]) -> bytes:
        """Give the answer to a question that names its objects by hash; what raises is not kept."""
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
                return self._answers[question]
        found = answer()
        with self._lock:
            self._keep(question, found)
        return found

    def _keep(self, question: tuple[str, ...], answer: bytes) -> None:
        if question not in self._answers and _weight(question, answer) <= self._max_bytes:
            self._answers[question] = answer
            self._size += _weight(question, answer)
        while self._size > self._max_bytes:
            self._size -= _weight(*self._answers.popitem(last=False))


def _weight(question: tuple[str, ...], answer: bytes) -> int:
    return _OVERHEAD + sum(map(len, question)) + len(answer)
