"""What goes wrong on purpose, put in at the ports: a process that dies after a change, and a world that is silent."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from promoter.core.codes import Code
from promoter.ports import Outside, OutsideError

CHANGES = {
    "environments": frozenset({"push"}),
    "forge": frozenset({"open", "describe", "comment", "status", "merge", "close"}),
    "ledger": frozenset({"append"}),
    "blobs": frozenset({"put"}),
}
"""Every method of a port that changes something outside the process."""


class Killed(BaseException):
    """The process died here."""


class Fuse:
    """Lets a number of changes through and kills the process right after the last of them (0: before the first).

    Between one change and the next the process changes nothing, so that dying before the next is dying after this one.
    """

    def __init__(self, changes: int, ports: frozenset[str] = frozenset(CHANGES)) -> None:
        self._left = changes
        self._ports = ports
        self.is_burnt = False
        self.passed: list[str] = []

    def wrap(self, outside: Outside) -> Outside:
        """Give the same world with this fuse in front of everything that changes it."""
        ports: dict[str, Any] = {name: _Fused(getattr(outside, name), name, self) for name in self._ports}
        return replace(outside, **ports)

    def change(self, name: str, call: Callable[[], Any]) -> Any:
        """Do one change, and die after the last."""
        if self._left == 0:
            self.is_burnt = True
            raise Killed
        answer = call()
        self.passed.append(name)
        self._left -= 1
        if self._left == 0:
            self.is_burnt = True
            raise Killed
        return answer


class _Fused:
    def __init__(self, port: Any, name: str, fuse: Fuse) -> None:
        self._port, self._name, self._fuse = port, name, fuse

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if name not in CHANGES[self._name]:
            return value
        return lambda *words, **named: self._fuse.change(f"{self._name}.{name}", lambda: value(*words, **named))


class _Silent:
    """A port of which some methods, or all, do not answer; `retry_after` is in seconds."""

    def __init__(self, port: Any, methods: frozenset[str], code: Code, retry_after: float | None) -> None:
        self._port, self._methods, self._code, self._retry_after = port, methods, code, retry_after

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if self._methods and name not in self._methods:
            return value

        def refuse(*_: object, **__: object) -> Any:
            raise OutsideError(self._code, f"{name} does not answer", retry_after=self._retry_after)

        return refuse


def silence(
    port: str, *methods: str, code: Code = Code.OUTSIDE_UNREACHABLE, retry_after: float | None = None
) -> Callable[[Outside], Outside]:
    """Give what makes a port silent: these methods of it, or all of them."""

    def wrap(outside: Outside) -> Outside:
        silent: Any = _Silent(getattr(outside, port), frozenset(methods), code, retry_after)
        return replace(outside, **{port: silent})

    return wrap


def meanwhile(port: str, method: str, happen: Callable[[], object]) -> Callable[[Outside], Outside]:
    """Give what lets something happen right before the first call of a port's method: somebody is quicker."""
    left = [happen]

    def wrap(outside: Outside) -> Outside:
        late: Any = _Late(getattr(outside, port), method, left)
        return replace(outside, **{port: late})

    return wrap


class _Late:
    def __init__(self, port: Any, method: str, left: list[Callable[[], object]]) -> None:
        self._port, self._method, self._left = port, method, left

    def __getattr__(self, name: str) -> Any:
        if name == self._method and self._left:
            self._left.pop()()
        return getattr(self._port, name)


class _Wrapped:
    """A port with one method of its own."""

    def __init__(self, port: Any, method: str, answer: Callable[..., Any]) -> None:
        self._port, self._method, self._answer = port, method, answer

    def __getattr__(self, name: str) -> Any:
        return self._answer if name == self._method else getattr(self._port, name)


def saying(port: str, method: str, answer: object) -> Callable[[Outside], Outside]:
    """Give what makes a port's method always say the same."""

    def wrap(outside: Outside) -> Outside:
        lying: Any = _Wrapped(getattr(outside, port), method, lambda *_, **__: answer)
        return replace(outside, **{port: lying})

    return wrap


def counting(
    port: str, method: str, calls: list[str], failing: list[OutsideError] | None = None
) -> Callable[[Outside], Outside]:
    """Give what writes down each call of a port's method, and fails as often as there is something to fail with."""

    def wrap(outside: Outside) -> Outside:
        inner = getattr(getattr(outside, port), method)

        def call(*words: object) -> Any:
            calls.append(method)
            if failing:
                raise failing.pop()
            return inner(*words)

        counted: Any = _Wrapped(getattr(outside, port), method, call)
        return replace(outside, **{port: counted})

    return wrap
