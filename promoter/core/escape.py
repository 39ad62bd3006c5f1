"""Makes foreign text harmless where people and machines read it: Markdown, commit trailers, one-line texts.

Names, titles and identities come from evidence that anybody may have written (CWE-79, CWE-93, CWE-117): control and
direction characters go, markup is escaped, length is cut. What a forge would link by itself (addresses, mentions,
references, commits) becomes a code span: there it has no effect, and it can be copied as it is.
"""

import re
import unicodedata
from collections.abc import Iterator

_READ = 100_000  # characters of a text that are looked at
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# invisible, and in none of these categories: fillers, joiners, variation selectors (Unicode, default ignorable)
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_MARKS = 4  # combining marks on one character; more of them run over the lines around

_MARKUP = re.compile(r"([\\`*_\[\]<>|~$&])")
_BLOCK = re.compile(r"^(?:(?P<sign>[-+=#:])|(?P<number>[0-9]{1,9})(?P<dot>[.)])(?=\s|$))")  # a list, heading or table
_TOKEN = re.compile(r"([^\s\\`|()\[\]{}<>\"',;]+)")
_LINKED = re.compile(
    r"@|#\w|://|\b[Gg][Hh]-[0-9]|\b[Ww]{3}\.|:[\w+-]*[a-z][\w+-]*:|(?<![^\W_])(?=[a-f]*[0-9])[0-9a-f]{7,64}(?![^\W_])"
)
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~%/:-]+")
_REFERENCE = re.compile(r"(?<=[@#])|(?<=:)(?=//)|(?<=[Gg][Hh]-)")
_BREAK = "\u200b"  # zero width space: invisible, and ends every mention and reference


def one_line(text: str, limit: int = 300) -> str:
    """Give the text on one line without control, format and invisible characters, cut at `limit` characters."""
    folded = " ".join("".join(_visible(text[:_READ])).split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


def _visible(text: str) -> Iterator[str]:
    marks = _MARKS  # at the start of a word there is only markup of ours for a mark to stand on
    for character in text:
        kind = unicodedata.category(character)
        if character.isspace():
            marks = _MARKS
            yield " "
        elif kind in _HIDDEN or _INVISIBLE.match(character):
            continue
        else:
            marks = marks + 1 if kind.startswith("M") else 0
            if marks <= _MARKS:
                yield character


def prose(text: str, limit: int = 300) -> str:
    """Give foreign text for Markdown prose or a table cell: shown as it is, and nothing else."""
    return _BLOCK.sub(_harmless_start, _inert(one_line(text, limit)))


def _harmless_start(found: re.Match[str]) -> str:
    return f"\\{found['sign']}" if found["sign"] else f"{found['number']}\\{found['dot']}"


def _inert(line: str) -> str:
    pieces = _TOKEN.split(line)
    return "".join(_token(piece) if at % 2 else _MARKUP.sub(r"\\\1", piece) for at, piece in enumerate(pieces))


def _token(token: str) -> str:
    """Set a token as code if a forge could make a link of it, without the punctuation of the sentence behind it."""
    core = token.rstrip(".:!?…")
    if not _LINKED.search(core):
        core = token
    if not _LINKED.search(core):
        return _MARKUP.sub(r"\\\1", token)
    return f"`{core}`{token[len(core) :]}"


def sentence(text: str, limit: int = 500) -> str:
    """Give a sentence of ours that holds foreign text: pairs of back-ticks in it are code, the rest is prose."""
    pieces = one_line(text, limit).split("`")
    if len(pieces) % 2 == 0 or not all(piece and piece == piece.strip() for piece in pieces[1::2]):
        return prose(text, limit)
    shown = ""
    for at, piece in enumerate(pieces):
        part = _span(piece) if at % 2 else _inert(piece)
        shown += _BREAK + part if shown.endswith("`") and part.startswith("`") else part
    return _BLOCK.sub(_harmless_start, shown)


def code(text: str, limit: int = 300) -> str:
    """Give foreign text as a code span that also stands in a table cell; back-ticks and bars are replaced."""
    clean = one_line(text, limit)
    return _span(clean) if clean else "–"


def _span(line: str) -> str:
    kept = line.replace("`", "'").replace("|", "¦")
    return f"`{kept}`"


def link(text: str, address: str) -> str:
    """Give a code span that leads to an address; one that is not plainly on the web is left out."""
    return f"[{code(text)}]({address})" if _ADDRESS.fullmatch(address) else code(text)


def trailer_value(text: str) -> str:
    """Give foreign text as the value of a git trailer: one line, printable, without effect on a forge."""
    return _REFERENCE.sub(_BREAK, one_line(text, 500))
