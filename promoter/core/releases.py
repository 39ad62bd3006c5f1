"""Which tags of a release repository are releases of a service, and which of two is newer.

Time never decides here: registries forge it. Order is a version, a text, a number, or the order in which we saw them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from semver import Version


class Order(Enum):
    """How tags that match a pattern are ordered."""

    LEXICAL = "lexical"
    NUMERIC = "numeric"
    SEEN = "seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseRule:
    """Either `semver` (a range: `>=1.2 <3`, `^1.4`, `~2.1.0`, `*`) or `tags` (a pattern for the whole tag).

    With `tags`, the first group (or else the whole tag) is what `order` compares; with the order `seen`, the tag that
    we saw last is the newest.
    """

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    semver: str = ""
    """A range of versions, like `>=1.2 <3`, `^1.4`, `~2.1.0` or `*`. Exactly one of `semver` and `tags`."""
    prereleases: bool = False
    """Whether versions like `1.4.0-rc.1` are releases too."""
    tags: str = ""
    """A regular expression for the whole tag; its first group (or else the whole tag) is what `order` compares."""
    order: Order = Order.LEXICAL
    """How tags that match are ordered: as text, as numbers, or by which one was seen last."""

    def __post_init__(self) -> None:
        if bool(self.semver) == bool(self.tags):
            raise ValueError("exactly one of semver and tags must be given")
        if self.semver:
            parse_range(self.semver)
        else:
            _pattern(self.tags)


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ValueError(f"tags is no regular expression: {error}") from None


_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"  # of a pre-release: Semantic Versioning 2.0.0, §9
_COMPARATOR = re.compile(
    r"(?P<sign>>=|<=|>|<|=|\^|~)?v?"
    rf"(?P<parts>{_NUMBER}(?:\.{_NUMBER}){{0,2}})(?P<pre>-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?"
)


@dataclass(frozen=True, slots=True)
class Bound:
    """One comparison of a range: a sign and a version."""

    sign: str
    version: Version


def parse_range(text: str) -> tuple[Bound, ...]:
    """Read a semver range: comparators that must all hold, separated by spaces or commas; `*` is every version.

    `^1.4` is `>=1.4.0 <2.0.0` (of 0.x: below the next minor), `~1.4` is `>=1.4.0 <1.5.0`, a bare `1.4` is `~1.4`
    and a bare `1.4.2` exactly that. Raises ValueError for anything else.
    """
    words = text.replace(",", " ").split()
    if not words:
        raise ValueError("a semver range must not be empty; write * for every version")
    return tuple(bound for word in words if word != "*" for bound in _comparator(word))


def _comparator(word: str) -> tuple[Bound, ...]:
    found = _COMPARATOR.fullmatch(word)
    if not found:
        raise ValueError(f"not a semver comparator: {word!r}; write for example >=1.2.0, <2, ^1.4 or ~1.4.2")
    numbers = [int(part) for part in found["parts"].split(".")]
    major, minor, patch = [*numbers, 0, 0][:3]
    low = Version(major, minor, patch, prerelease=(found["pre"] or "-")[1:] or None)
    sign = found["sign"] or ("=" if len(numbers) == 3 else "~")
    if sign == "^":
        return Bound(">=", low), Bound("<", low.bump_major() if numbers[0] else _next(low, len(numbers)))
    if sign == "~":
        return Bound(">=", low), Bound("<", low.bump_major() if len(numbers) == 1 else low.bump_minor())
    return (Bound(sign, low),)


def _next(version: Version, given: int) -> Version:
    return version.bump_major() if given == 1 else version.bump_minor()


_HOLDS: dict[str, Callable[[int], bool]] = {
    ">=": lambda c: c >= 0,
    "<=": lambda c: c <= 0,
    ">": lambda c: c > 0,
    "<": lambda c: c < 0,
    "=": lambda c: c == 0,
}


def in_range(text: str, tag: str) -> bool:
    """Tell whether a tag is a version inside a semver range; a pre-release is where its version is."""
    version = _version(tag)
    return version is not None and all(_holds(bound, version) for bound in parse_range(text))


def _version(tag: str) -> Version | None:
    try:
        return Version.parse(tag.removeprefix("v"))
    except ValueError:
        return None


def _key(rule: ReleaseRule, tag: str, seen: Mapping[str, int]) -> tuple[object, ...] | None:
    """Give what orders this tag; None where the rule does not select it."""
    if rule.semver:
        return _semver_key(rule, tag)
    found = _pattern(rule.tags).fullmatch(tag)
    if not found:
        return None
    part = found[1] if found.re.groups and found[1] is not None else tag
    if rule.order is Order.SEEN:
        return (seen.get(tag, len(seen)), tag)
    if rule.order is Order.NUMERIC:
        return (int(part), tag) if part.isascii() and part.isdigit() else None
    return (part, tag)


def _semver_key(rule: ReleaseRule, tag: str) -> tuple[object, ...] | None:
    version = _version(tag)
    if version is None or (version.prerelease and not rule.prereleases):
        return None
    return (version, tag) if all(_holds(bound, version) for bound in parse_range(rule.semver)) else None


def _holds(bound: Bound, version: Version) -> bool:
    """Compare; `<2.0.0` leaves out 2.0.0-rc.1 too, which precedes 2.0.0 but is not of the line before it."""
    core = (version.major, version.minor, version.patch)
    limit = (bound.version.major, bound.version.minor, bound.version.patch)
    if bound.sign == "<" and version.prerelease and not bound.version.prerelease and core == limit:
        return False
    return _HOLDS[bound.sign](version.compare(bound.version))


def select(rule: ReleaseRule, tags: tuple[str, ...], seen: Iterable[str]) -> tuple[str, ...]:
    """Give the tags that are releases, newest first. `seen` lists tag names in the order in which we first saw them."""
    places = {tag: place for place, tag in enumerate(seen)}
    keyed = [(key, tag) for tag in tags if (key := _key(rule, tag, places)) is not None]
    return tuple(tag for _, tag in sorted(keyed, key=lambda pair: pair[0], reverse=True))


def outranks(rule: ReleaseRule, one: str, other: str, seen: Iterable[str]) -> bool | None:
    """Tell whether a tag is newer than another by the rule's order; None where the rule does not put both in order.

    A version has its place whether the rule's range selects it or not; a tag that was never seen has none by sight.
    """
    if one == other:
        return False
    if rule.semver:
        first, second = _version(one), _version(other)
        return None if first is None or second is None else first > second
    places = {tag: place for place, tag in enumerate(seen)}
    if rule.order is Order.SEEN and not {one, other} <= places.keys():
        return None
    ours, theirs = _key(rule, one, places), _key(rule, other, places)
    return None if ours is None or theirs is None else ours > theirs
