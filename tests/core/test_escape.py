"""Foreign text in Markdown, trailers and one-line texts: it is shown as it is, and it has no effect."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from promoter.core.escape import code, link, one_line, prose, sentence, trailer_value

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
ACTIVE = re.compile(r"@|#\w|://|\bgh-[0-9]|\bwww\.|\b(?=[a-f]*[0-9])[0-9a-f]{7,64}\b", re.IGNORECASE)
"""What a forge turns into a link or a notification wherever it stands outside of code."""

FRAGMENTS = (
    *(
        "`",
        "``",
        "```",
        "|",
        "\\",
        "\\|",
        "*",
        "**",
        "_",
        "~~",
        "[",
        "]",
        "(",
        ")",
        "![",
        "](",
        "<",
        ">",
        "<!--",
        "-->",
    ),
    *("<b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&amp;", "&lt;b&gt;", "&#64;", "&commat;"),
    *("# ", "- ", "+ ", "1. ", "7) ", "> ", "---", "===", ":--", "|---|", "    ", "\t", "\n", "\r\n", "\n\n", "\u2028"),
    *("@octocat", "@acme/admins", "a@b.example", "#123", "GH-123", "acme/cart#1", "acme/cart@" + "a1" * 20, "0a1b2c3"),
    *("fixes #12", "closes GH-9", "resolves https://forge.example/acme/cart/issues/1", "https://evil.example/x"),
    *("http://a", "HTTPS://B", "ftp://c", "www.evil.example", "WWW.evil", "mailto:a@b.c", "[x](https://e)", "[^1]"),
    *(":tada:", ":white_check_mark:", "$x$", "$$y$$", "\u202e", "\u200b", "\u0000", "\u001b[31m", "\ud800", "\ufe0f"),
    *(
        "\u0301",
        "\u0338",
        "\u20dd",
        "é",
        "漢字",
        "שלום",
        "😀",
        "\U000e0041",
        "a",
        "Z",
        "0",
        "12:30:45Z",
        ".",
        "!",
        "?",
        " ",
    ),
)
foreign = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join),
    st.lists(st.sampled_from(FRAGMENTS), max_size=8).map(" ".join),
    st.text(max_size=60),
    st.text(st.sampled_from("`*_[]()<>|\\!#@:/.-+=~$&;\"'{} 0129abGHhwgt\n"), max_size=40),
)


def inline(markdown: str) -> list[Token]:
    """Render as one paragraph; anything else fails."""
    tokens = MARKDOWN.parse(markdown)
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"]), markdown
    return (tokens[1].children or []) if tokens else []


def shown(children: list[Token]) -> str:
    """Give the text of inline content that holds nothing but text and code, and nothing active in the text."""
    assert {token.type for token in children} <= {"text", "code_inline"}, children
    active = [token.content for token in children if token.type == "text" and ACTIVE.search(token.content)]
    assert not active, active
    return "".join(token.content for token in children)


def bare(line: str) -> str:
    """Give a line without back-ticks, and without telling apart what code spans replace."""
    return line.translate({ord("`"): None, ord("'"): None, ord("¦"): "|"})


def cells(row: str) -> list[Token]:
    tokens = MARKDOWN.parse(f"| one | two |\n|---|---|\n{row}\n")
    assert [token.type for token in tokens].count("table_open") == 1
    assert [token.type for token in tokens].count("td_open") == 2, row
    return [token for token in tokens if token.type == "inline"][2:]


# --- Markdown ---------------------------------------------------------------------------------------------------------


@given(foreign)
@example("1. a")
@example("`@a`@b")
@example("https://x.example/a|b")
@example("see http\\://evil.example")
def test_prose_shows_the_text_and_nothing_else(text: str) -> None:
    assert shown(inline(prose(text))) == one_line(text)


@given(foreign)
@example("\\|")
@example("a | b")
@example("\\")
def test_prose_in_a_table_stays_in_its_cell(text: str) -> None:
    first, second = cells(f"| {prose(text)} | end |")
    assert (shown(first.children or []), second.content) == (one_line(text), "end")


@given(foreign)
def test_prose_in_bold_stays_inside(text: str) -> None:
    kept = prose(f"x{text}x", 400)
    children = inline(f"a **{kept}** z")
    assert [children[0].content, children[-1].content] == ["a ", " z"]
    assert [token.type for token in (children[1], children[-2])] == ["strong_open", "strong_close"]
    assert shown(children[2:-2]) == one_line(f"x{text}x", 400)


@given(foreign)
def test_code_is_one_code_span_that_stands_in_a_table(text: str) -> None:
    wanted = one_line(text).replace("`", "'").replace("|", "¦")
    first, second = cells(f"| {code(text)} | end |")
    assert second.content == "end"
    if wanted:
        assert [(token.type, token.content) for token in first.children or []] == [("code_inline", wanted)]
    else:
        assert first.content == "–"


@given(foreign)
@example("run `cosign sign a@b` now")
@example("@a`b`@c")
@example("`a``b`")
@example("` `")
@example("a ` x ` b")
@example("a `\u0301x` b")
def test_a_sentence_shows_its_text_with_pairs_of_back_ticks_as_code(text: str) -> None:
    plain = shown(inline(sentence(text))).replace("\u200b", "")
    assert bare(plain) == bare(one_line(text, 500))


def test_the_command_of_a_remedy_can_be_copied() -> None:
    remedy = "Service team: sign it with `cosign sign registry.example/cart@sha256:00` (see #12)."
    assert sentence(remedy) == ("Service team: sign it with `cosign sign registry.example/cart@sha256:00` (see `#12`).")


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("plain words, 1.8.3 and so on.", "plain words, 1.8.3 and so on."),
        ("snake_case *star* ~tilde~", r"snake\_case \*star\* \~tilde\~"),
        ("<script>", r"\<script\>"),
        ("a|b", r"a\|b"),
        ("![x](y)", r"!\[x\](y)"),
        ("&commat;octocat", r"\&commat;octocat"),
        ("- item", r"\- item"),
        ("# heading", r"\# heading"),
        ("2. second", r"2\. second"),
        ("2.5 is a number", "2.5 is a number"),
        ("thanks, @octocat!", "thanks, `@octocat`!"),
        ("fixes #12.", "fixes `#12`."),
        ("closes GH-12", "closes `GH-12`"),
        ("see acme/cart#1, acme/cart#2", "see `acme/cart#1`, `acme/cart#2`"),
        ("built at 0a1b2c3d4e", "built at `0a1b2c3d4e`"),
        ("the facade was defaced", "the facade was defaced"),
        ("signed by https://a.example/x@refs/tags/v1 (issuer https://b)", None),
        ("www.evil.example", "`www.evil.example`"),
        (":white_check_mark: all good", "`:white_check_mark:` all good"),
        ("at 2026-11-21 12:30:45Z", "at 2026-11-21 12:30:45Z"),
    ],
)
def test_prose_is_legible_as_it_stands_too(text: str, markdown: str | None) -> None:
    expected = "signed by `https://a.example/x@refs/tags/v1` (issuer `https://b`)" if markdown is None else markdown
    assert prose(text) == expected


@pytest.mark.parametrize(
    ("address", "is_linked"),
    [
        ("https://forge.example/acme/cart/commit/0a1b", True),
        ("http://127.0.0.1:8080/a/compare/1...2", True),
        ("javascript:alert(1)", False),
        ("https://forge.example/x) ![y](https://evil.example", False),
        ("https://forge.example/x y", False),
        ("https://user@forge.example/", False),
        ("https://forge.example/<b>", False),
        ("", False),
    ],
)
def test_a_link_is_made_only_of_a_plain_web_address(address: str, is_linked: bool) -> None:
    assert link("0a1b", address) == (f"[`0a1b`]({address})" if is_linked else "`0a1b`")


def test_the_text_of_a_link_cannot_end_it() -> None:
    children = inline(link("x`](https://evil.example) [y", "https://forge.example/"))
    assert [token.type for token in children] == ["link_open", "code_inline", "link_close"]
    assert children[0].attrs["href"] == "https://forge.example/"


# --- one line ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\r\nb\tc\u2028d\u2029e\u0085f\vg", "a b c d e f g"),
        ("\u001b[31mred\u0007\u0000", "[31mred"),
        ("safe\u202egpj.exe\u202c\u2066x\u2069", "safegpj.exex"),
        ("a\u200bb\u200cc\u200dd\ufeffe\u00adf\u2060g", "abcdefg"),
        ("x\u3164\u115f\u2800\u034fy", "xy"),
        ("❤\ufe0f", "❤"),
        ("\U000e0041\U000e0101tag", "tag"),
        ("\ud800lone\udfff", "lone"),
        ("\ue000private\U0010ffff", "private"),
        ("e\u0301", "e\u0301"),
        ("z" + "\u0301" * 50 + "algo", "z" + "\u0301" * 4 + "algo"),
        ("\u0338leading \u20ddmark", "leading mark"),
        ("   ", ""),
    ],
)
def test_one_line_keeps_what_can_be_seen(text: str, line: str) -> None:
    assert one_line(text) == line


@given(st.text(), st.integers(1, 60))
def test_one_line_is_one_short_printable_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line.isprintable()
    assert one_line(line, limit) == line
    line.encode()


def test_a_cut_text_says_so() -> None:
    assert one_line("word " * 100, 12) == "word word w…"
    assert one_line("x" * 10, 10) == "x" * 10


def test_a_very_long_text_is_cut_before_it_costs_time() -> None:
    started = time.monotonic()
    assert len(one_line("a\u0301 " * 5_000_000)) == 300
    assert time.monotonic() - started < 2


# --- trailers ---------------------------------------------------------------------------------------------------------


@given(foreign)
def test_a_trailer_value_is_one_line_that_notifies_nobody_and_closes_nothing(text: str) -> None:
    value = trailer_value(text)
    assert value.isprintable() or "\u200b" in value
    assert len(value.splitlines()) <= 1
    assert not re.search(r"@\w|#\d|\bgh-[0-9]|://", value, re.IGNORECASE)
    assert value.replace("\u200b", "") == one_line(text, 500)


def test_no_trailer_can_be_smuggled_in() -> None:
    assert trailer_value("1.0\nPromoter-Decision: sha256:00\r\rSigned-off-by: a") == (
        "1.0 Promoter-Decision: sha256:00 Signed-off-by: a"
    )
