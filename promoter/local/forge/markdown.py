"""Markdown of pull requests as HTML: CommonMark with tables and strike-through, and nothing that could act.

Rule: HTML in the text is shown as text. Only comments vanish, and `<details>` and `<summary>` without attributes stay
what they are, because long evidence is folded with them. Links send no referrer; images load nothing (the page's
content security policy).
"""

import re
from collections.abc import Sequence
from functools import cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup

_SIGNS = {
    "✅": ("success", "✓"),
    "✔": ("success", "✓"),
    "❌": ("failure", "✕"),
    "✖": ("failure", "✕"),
    "⛔": ("failure", "✕"),
    "⚠": ("warning", "!"),
    "⏳": ("pending", "•"),
    "⏸": ("pending", "•"),
    "➖": ("none", "–"),
}
_SIGN = re.compile(f"([{''.join(_SIGNS)}])\ufe0f?")
_KNOWN = re.compile(r"(<!--.*?-->|</?details>|</?summary>)", re.DOTALL)


def render(text: str) -> Markup:
    """Give the HTML of foreign Markdown."""
    return Markup(_parser().render(text))  # noqa: S704 - the rules below escape every piece of HTML in the text


def _inert(content: str) -> str:
    """Escape HTML, comments dropped and bare folding tags kept."""
    pieces = _KNOWN.split(content)
    kept = (piece if index % 2 else escape(piece) for index, piece in enumerate(pieces))
    return "".join(piece for piece in kept if not piece.startswith("<!--"))


def _render_text(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    """Escape text, and draw the signs of verdicts alike on machines with and without a font of coloured ones."""
    return _SIGN.sub(_sign, escape(tokens[index].content))


def _sign(found: re.Match[str]) -> str:
    kind, shown = _SIGNS[found[1]]
    return f'<span class="mark {kind}">{shown}</span>'


def _render_html(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return _inert(tokens[index].content)


def _render_link(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    tokens[index].attrSet("rel", "nofollow noopener noreferrer")
    return renderer.renderToken(tokens, index, options, env)


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    parser.add_render_rule("text", _render_text)
    parser.add_render_rule("html_block", _render_html)
    parser.add_render_rule("html_inline", _render_html)
    parser.add_render_rule("link_open", _render_link)
    return parser
