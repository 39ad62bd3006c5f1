"""Typed reading of a predicate's JSON: every member is asked for by name and kind, and a wrong kind is `Malformed`.

An unset, a null and an empty member are the same thing here (SLSA and in-toto say so); unknown members are ignored.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from promoter.core.codes import Code
from promoter.core.strict_json import Malformed

MAX_TEXT = 4096
"""Characters that a name, version, identifier or URL may have."""

_MAX_PLACE = 200  # characters of a list's place: every entry of a deep and wide document has one
_MAX_NUMBER = 2**53
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Body:
    """One JSON object: its members, where it stands in the predicate, and the code that refusals carry."""

    members: Mapping[str, Any]
    path: str
    code: Code

    def at(self, name: str) -> str:
        """Give the place of a member for a refusal's text."""
        return f"{self.path}.{name}" if self.path else name

    def refusal(self, name: str, problem: str) -> Malformed:
        """Make the exception that says what is wrong with a member."""
        return Malformed(self.code, f"{self.at(name)} {problem}")

    def has(self, name: str) -> bool:
        """Tell whether a member is there and not null."""
        return self.members.get(name) is not None

    def text(self, name: str) -> str:
        """Give a string, empty where unset; raises Malformed for another kind or more than MAX_TEXT characters."""
        value = self.members.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.refusal(name, "is not a string")
        if len(value) > MAX_TEXT:
            raise self.refusal(name, f"is longer than {MAX_TEXT} characters")
        return value

    def required_text(self, name: str) -> str:
        """Give a string that must be there and not empty."""
        value = self.text(name)
        if not value:
            raise self.refusal(name, "is missing")
        return value

    def short_text(self, name: str, limit: int) -> str:
        """Give a string of any length, cut to `limit` characters: for text that only people read."""
        value = self.members.get(name)
        if value is not None and not isinstance(value, str):
            raise self.refusal(name, "is not a string")
        return (value or "")[:limit]

    def number(self, name: str) -> float | None:
        """Give a number, None where unset; one beyond 2^53 is refused, nothing that is read here counts that far."""
        value = self.members.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refusal(name, "is not a number")
        if abs(value) > _MAX_NUMBER:
            raise self.refusal(name, "is a larger number than is read")
        return float(value)

    def body(self, name: str) -> "Body":
        """Give an object, empty where unset."""
        value = self.members.get(name)
        if value is None:
            value = {}
        if not isinstance(value, Mapping):
            raise self.refusal(name, "is not an object")
        return Body(value, self.at(name), self.code)

    def required_body(self, name: str) -> "Body":
        """Give an object that must be there."""
        if not self.has(name):
            raise self.refusal(name, "is missing")
        return self.body(name)

    def values(self, name: str, limit: int) -> tuple[Any, ...]:
        """Give a list's raw values, empty where unset; more than `limit` of them are refused."""
        value = self.members.get(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            raise self.refusal(name, "is not a list")
        if len(value) > limit:
            raise self.refusal(name, f"has {len(value)} entries, more than {limit} are not read")
        return tuple(value)

    def bodies(self, name: str, limit: int) -> tuple["Body", ...]:
        """Give a list of objects, empty where unset."""
        place = self.at(name)[-_MAX_PLACE:]
        return tuple(
            body_of(value, f"{place}[{index}]", self.code) for index, value in enumerate(self.values(name, limit))
        )

    def texts(self, name: str, limit: int) -> tuple[str, ...]:
        """Give a list of strings, empty where unset."""
        values = self.values(name, limit)
        if not all(isinstance(value, str) and len(value) <= MAX_TEXT for value in values):
            raise self.refusal(name, f"is not a list of strings of at most {MAX_TEXT} characters")
        return values

    def time(self, name: str) -> datetime | None:
        """Give an RFC 3339 time in UTC, None where unset; a time without an offset is refused, it could mean any."""
        value = self.text(name)
        if not value:
            return None
        if not _RFC3339.fullmatch(value):
            raise self.refusal(name, f"is not an RFC 3339 time with its offset: {value[:60]!r}")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.refusal(name, f"is no time that exists: {value[:60]!r}") from error

    def required_time(self, name: str) -> datetime:
        """Give a time that must be there."""
        value = self.time(name)
        if value is None:
            raise self.refusal(name, "is missing")
        return value

    def flag(self, name: str) -> bool:
        """Give a truth value, False where unset."""
        value = self.members.get(name)
        if value is not None and not isinstance(value, bool):
            raise self.refusal(name, "is neither true nor false")
        return bool(value)

    def one_of(self, name: str, words: Collection[str]) -> str:
        """Give a word that must be there and be one of these, letter by letter."""
        word = self.required_text(name)
        if word not in words:
            raise self.refusal(name, f"is {word[:60]!r}, none of {', '.join(words)}")
        return word

    def sha256(self, name: str) -> str:
        """Give the SHA-256 out of a set of digests, as `sha256:` and hexadecimal digits; empty where it has none."""
        digits = self.body(name).text("sha256")
        if digits and not _SHA256.fullmatch(digits):
            raise self.refusal(name, "has a sha256 that is not 64 lower-case hexadecimal digits")
        return f"sha256:{digits}" if digits else ""


def body_of(value: object, path: str, code: Code) -> Body:
    """Take a value as an object; raises Malformed where it is none."""
    if not isinstance(value, Mapping):
        raise Malformed(code, f"{path or 'the predicate'} is not an object")
    return Body(value, path, code)
