"""Patterns of identities: a whole subject alternative name in which `*` stands for a part of one segment.

Rule 1: `*` is one or more ASCII letters, digits and `.`, `_`, `+`, `-`. It never crosses `/` or `@`, is never empty and
never a segment of dots; everything else stands for itself, dots included, and nothing stands for "anything".
Rule 2: there is at most one `*` between two of `/` and `@`: one way to match, and time linear in the text.
Rule 3: a pattern fixes host, owner and kind of ref. Strangers are derived from it when it is read; it may match none.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

MAX_PATTERN: Final = 300  # characters

_STAR: Final = r"(?!\.+(?:[/@]|\Z))[A-Za-z0-9._+-]+"
_CHARACTERS: Final = re.compile(r"[A-Za-z0-9._+~:%/@{}*-]+")
_BEGINNING: Final = re.compile(r"(?:\{source\}|https://[^/@{}]+/[^/@{}]+)/.+")
_SOURCE: Final = "https://forge.example/acme/app"  # a made-up service's, for the strangers
_KINDS: Final = ("heads", "tags", "pull")


@dataclass(frozen=True, slots=True)
class Stranger:
    """An identity that no pattern may match, and in what it differs from those that this one is for."""

    san: str
    difference: str


def matches_pattern(pattern: str, san: str, fill: Callable[[str], str]) -> bool:
    """Tell whether the pattern, its placeholders filled in by `fill`, matches the whole of a subject alternative name.

    What is filled in stands for itself: a `*` in it is no pattern's.
    """
    return re.fullmatch(_STAR.join(re.escape(fill(part)) for part in pattern.split("*")), san) is not None


def check_pattern(pattern: str) -> None:
    """Raise ValueError for what is no pattern or would match a stranger, who is named then."""
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"is longer than {MAX_PATTERN} characters")
    if not _CHARACTERS.fullmatch(pattern):
        raise ValueError(
            "may hold letters, digits, ._+~:%/@-, placeholders and *, for a part of one segment; "
            "it is no regular expression"
        )
    if not _BEGINNING.fullmatch(pattern) or "{source}" in pattern[1:]:
        raise ValueError("must begin with https://HOST/OWNER/ or {source}/, and hold {source} nowhere else")
    if any(segment.count("*") > 1 for segment in re.split("[/@]", pattern)):
        raise ValueError("may hold one * between two of / and @, and no more")
    for stranger in strangers(pattern):
        if matches_pattern(pattern, stranger.san, _fill):
            raise ValueError(
                f"matches {stranger.difference}: {stranger.san!r}; write host, owner and kind of ref without *"
            )


def strangers(pattern: str) -> Iterator[Stranger]:
    """Derive identities that look like the pattern's and are somebody else's, or of another kind of ref."""
    friend, changed = (_fill(pattern.replace("*", word)) for word in ("x", "evil"))
    _, _, host, owner, rest = friend.split("/", 4)
    _, _, other_host, other_owner, _ = changed.split("/", 4)
    for name in _hosts(host, other_host):
        yield Stranger(f"https://{name}/{owner}/{rest}", "another host")
    for name in ("mallory", f"{owner}-evil", f"evil-{owner}", f"evil/{owner}", other_owner):
        if name != owner:
            yield Stranger(f"https://{host}/{name}/{rest}", "another owner")
    if pattern.startswith("{source}"):
        _, _, below = rest.partition("/")
        yield Stranger(f"https://{host}/{owner}/app-evil/{below}", "another repository")
    for ref in _refs(friend, changed):
        yield Stranger(f"{friend.partition('@')[0]}@{ref}", "another kind of ref")
    for before, after in _SURROUNDINGS:
        yield Stranger(f"{before}{friend}{after}", "more than the whole identity")
    yield Stranger(friend.replace("https:", "http:", 1), "another scheme")


_SURROUNDINGS: Final = (
    *((before, "") for before in ("x", " ", "\n", "evil.example/", "https://evil.example/", "https://evil.example/\n")),
    *(("", after) for after in ("\n", "\nevil", "\0", " ", "/", "/evil", "@", "@evil", "@refs/heads/evil")),
    *(("", after) for after in ("?evil", "#evil", "%2fevil", "\\evil", "é")),
)


def _fill(text: str) -> str:
    return text.replace("{source}", _SOURCE).replace("{tag}", "v1").replace("{release}", "1")


def _hosts(host: str, other: str) -> Iterator[str]:
    names = (
        *("evil.example", f"{host}.evil.example", f"evil.{host}", f"evil-{host}", f"{host}-evil", f"{host}:444"),
        *(f"evil.example/{host}", f"{host}@evil.example", f"evil@{host}", f"{host}.", host.replace(".", "x"), other),
    )
    return (name for name in names if name != host)


def _refs(friend: str, changed: str) -> Iterator[str]:
    """Give refs of other kinds than the pattern's; one without a kind may not vary at all."""
    ref, other = friend.partition("@")[2], changed.partition("@")[2]
    if ref.startswith("refs/"):
        kind, slash, name = ref.removeprefix("refs/").partition("/")
        kinds = (*_KINDS, other.removeprefix("refs/").partition("/")[0])
        yield from (f"refs/{one}{slash}{name}" for one in kinds if one != kind)
    elif ref != other:
        yield other
