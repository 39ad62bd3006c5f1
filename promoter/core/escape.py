"""Makes foreign text harmless where people and machines read it: Markdown, commit trailers, one-line texts.

Names, titles and identities come from evidence that anybody may have written (CWE-79, CWE-93, CWE-117): control and
direction characters go, markup is escaped, mentions, references and closing keywords lose their effect, length is cut.
"""

import re
import unicodedata

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~$=-])")
_DEFUSED = re.compile(r"(?<=[@#])|(?<=:)(?=//)|(?<=[Gg][Hh]-)|(?<=[Ww][Ww][Ww])(?=\.)")
_BREAK = "\u200b"  # zero width space: invisible, and ends every mention, reference and link


def one_line(text: str, limit: int = 300) -> str:
    """Give the text on one line without control, format and direction characters, cut at `limit` characters."""
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _HIDDEN)
    folded = " ".join(kept.split())
    return folded if len(folded) <= limit else folded[: limit - 1].rstrip() + "…"


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def prose(text: str, limit: int = 300) -> str:
    """Give foreign text for Markdown prose or a table cell: shown as it is, and nothing else."""
    return _MARKUP.sub(r"\\\1", _DEFUSED.sub(_BREAK, one_line(text, limit)))


def code(text: str, limit: int = 300) -> str:
    """Give foreign text as a code span that also stands in a table cell; back-ticks and bars are replaced."""
    clean = one_line(text, limit).replace("`", "'").replace("|", "¦")
    return f"`{clean}`" if clean else "–"


def trailer_value(text: str) -> str:
    """Give foreign text as the value of a git trailer: one line, printable."""
    return one_line(text, 500)
