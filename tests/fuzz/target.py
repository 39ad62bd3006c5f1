"""A target: one function of foreign bytes, the exceptions that it documents, and what it is meant to read."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final

CASES: Final = Path(__file__).parent / "cases"
SAID: Final = 20_000  # characters of a refusal, at most

_WORDS: Final = (
    *(b"null", b"true", b"NaN", b"Infinity", b"-0", b"1e400", b"\xef\xbb\xbf", b"\x00", b"\xff", b"\\ud800"),
    *(b"\xf0\x9f\x92\xa9", b"\xe2\x80\xa8", b"\xc2\x85", b"\r\n", b"{}", b"[]", b"[[[[", b'{"a":{"a":'),
    *(b"<<: *a", b"&a ", b"*a", b"!!int ", b"%TAG ! a:\n", b"---\n", b"? ", b"|\n", b"<http://[>", b"..", b"@"),
)


class Form(Enum):
    """What a target's bytes are like, which tells how to change them."""

    JSON = "json"
    TEXT = "text"
    BINARY = "binary"


@dataclass(frozen=True, slots=True, kw_only=True)
class FuzzTarget:
    """One function of bytes. It accepts the first seed; `covers` names the readers in it, as `core.edit.read_pins`."""

    name: str
    form: Form
    run: Callable[[bytes], object] = field(repr=False)
    seeds: tuple[bytes, ...] = field(repr=False)
    refusals: tuple[type[Exception], ...] = ()
    covers: tuple[str, ...] = field(default=(), repr=False)

    @property
    def words(self) -> tuple[bytes, ...]:
        """The dictionary: what parsers stumble over, and the words of the seeds."""
        found = {word for seed in self.seeds for word in re.findall(rb"[A-Za-z0-9_./:+-]{2,60}", seed)}
        return (*_WORDS, *sorted(found)[:2000])

    def cases(self) -> tuple[Path, ...]:
        """Give what once was found and is held to for ever."""
        return tuple(sorted((CASES / self.name).glob("*")))

    def accepts(self, raw: bytes) -> bool:
        """Feed the target, and tell whether it accepted. Raises whatever is not documented."""
        try:
            self.run(raw)
        except self.refusals as refused:
            for said in getattr(refused, "problems", (getattr(refused, "detail", str(refused)),)):
                assert len(said) <= SAID, f"a refusal of {len(said)} characters"
            return False
        return True
