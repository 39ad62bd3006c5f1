"""The forge's pages: what a person sees of a pull request, and that hostile text stays text."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.forge_github import GithubForge
from promoter.core.codes import Code
from promoter.local.forge import Kind, LocalForge
from promoter.local.forge.diff_view import Row, RowKind, rows
from promoter.local.forge.markdown import render
from promoter.local.forge.person import Person
from promoter.local.forge.store import DiffFile
from promoter.ports import OutsideError, StatusState
from promoter.transport.github import AccountToken, GithubClient
from tests.adapters.forge_contract import commit_on

HOSTILE = "<script>alert(1)</script>"
INERT = "&lt;script&gt;alert(1)&lt;/script&gt;"
BRANCH = "promote/prod/checkout"


@dataclass(frozen=True)
class Site:
    """A forge with one repository, the bot's adapter on it, and a person."""

    forge: LocalForge
    git: Path
    bot: GithubForge
    person: Person

    def page(self, path: str) -> str:
        """Fetch a page as a browser does, without a token."""
        connection = http.client.HTTPConnection(self.forge.url.removeprefix("http://"), timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200, path
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
            return answer.read().decode()
        finally:
            connection.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    forge = LocalForge(tmp_path, SystemClock())
    forge.start()
    try:
        bot = forge.account("promoter[bot]", kind=Kind.BOT)
        person = forge.account("mira")
        git = forge.create_repository("shop", "environments")
        commit_on(git, "main", {"values.yaml": "image:\n  tag: 1.8.2\n"})
        adapter = GithubForge(GithubClient(forge.api_url, AccountToken(bot)), "shop/environments", "main")
        yield Site(forge, git, adapter, Person(forge.url, person, "shop/environments"))
    finally:
        forge.stop()


def test_a_pull_request_shows_what_changes_why_and_who_said_what(site: Site) -> None:
    head = commit_on(site.git, BRANCH, {"values.yaml": "image:\n  tag: 1.8.3\n"})
    number = site.bot.open(BRANCH, "promote checkout 1.8.3 to prod", "| a | b |\n|---|---|\n| ✅ | **two** |").number
    site.bot.status(head, "promoter/prod", StatusState.PENDING, "1 of 2 approvals", "")
    site.person.approve(number, head, "fine by me")
    site.person.comment(number, "when do we ship?")
    site.forge.protect("shop/environments", "main", ("promoter/prod", "lint"))
    page = site.page(f"/shop/environments/pull/{number}")
    for shown in (
        "promote checkout 1.8.3 to prod",
        '<span class="badge open">Open</span>',
        '<td><span class="mark success">✓</span></td>',
        "<td><strong>two</strong></td>",
        "<td>  tag: 1.8.<mark>2</mark></td>",
        "<td>  tag: 1.8.<mark>3</mark></td>",
        "1 of 2 approvals",
        "Expected: nobody has reported yet",
        "fine by me",
        "when do we ship?",
        "Merging is blocked: a required check is not green",
        BRANCH,
        head[:10],
    ):
        assert shown in page


def test_a_commit_has_a_page_of_its_own(site: Site) -> None:
    head = commit_on(site.git, BRANCH, {"values.yaml": f"image:\n  tag: {HOSTILE}\n"}, HOSTILE.strip("<>"))
    page = site.page(f"/shop/environments/commit/{head}")
    assert head in page
    assert INERT in page
    assert "script" not in tags_of(page)


def test_a_stopped_forge_hangs_up_and_starts_again_with_its_records(site: Site) -> None:
    commit_on(site.git, BRANCH, {"values.yaml": "image:\n  tag: 1.8.3\n"})
    number = site.bot.open(BRANCH, "title", "").number
    port = int(site.forge.url.rpartition(":")[2])
    site.forge.stop()
    with pytest.raises(OutsideError) as caught:
        site.bot.pull(number)
    assert caught.value.code is Code.OUTSIDE_UNREACHABLE
    site.forge.start(port)
    assert site.bot.pull(number).title == "title"


def test_merged_and_closed_pull_requests_say_so(site: Site) -> None:
    head = commit_on(site.git, BRANCH, {"values.yaml": "image:\n  tag: 1.8.3\n"})
    number = site.bot.open(BRANCH, "first", "").number
    site.bot.merge(number, head, "first", "")
    assert "Merged as" in site.page(f"/shop/environments/pull/{number}")
    commit_on(site.git, "promote/prod/cart", {"cart.yaml": "tag: 1\n"})
    other = site.bot.open("promote/prod/cart", "second", "").number
    site.person.close(other)
    assert "Closed without merging" in site.page(f"/shop/environments/pull/{other}")
    listed = site.page("/shop/environments")
    assert "Nothing is open." in listed
    assert listed.index(">second<") < listed.index(">first<")
    assert "shop/environments" in site.page("/")


def test_hostile_text_stays_text_wherever_it_comes_from(site: Site) -> None:
    name = "<img src=x onerror=alert(1)>.yaml"
    head = commit_on(site.git, BRANCH, {name: HOSTILE + "\n"}, author=f"{HOSTILE.replace('<', '').replace('>', '')}")
    number = site.bot.open(BRANCH, HOSTILE, f"{HOSTILE}\n\n[x](javascript:alert(1))\n\n{{{{ 7331*7 }}}}").number
    site.bot.status(head, HOSTILE, StatusState.FAILURE, HOSTILE, "javascript:alert(1)")
    site.person.approve(number, head, HOSTILE)
    site.person.comment(number, f"<b onclick=alert(1)>{HOSTILE}</b>\n\n<details open ontoggle=alert(1)>")
    for path in (f"/shop/environments/pull/{number}", "/shop/environments"):
        page = site.page(path)
        assert INERT in page
        assert tags_of(page).isdisjoint({"script", "img", "b onclick", "iframe"})
        assert not any(name.startswith("on") for name in attributes_of(page))
        assert 'href="javascript:' not in page
        assert "51317" not in page.partition("<body>")[2]


@pytest.mark.parametrize(
    "path", ["/shop/absent", "/shop/environments/pull/9", "/x", "/shop/environments/pull/1/../../.."]
)
def test_a_page_that_is_not_there_is_not_found(site: Site, path: str) -> None:
    connection = http.client.HTTPConnection(site.forge.url.removeprefix("http://"), timeout=10)
    connection.request("GET", path)
    assert connection.getresponse().status == 404
    connection.close()


class Collector(HTMLParser):
    """Collects the tags and attributes of a page, as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def collected(page: str) -> Collector:
    collector = Collector()
    collector.feed(page)
    collector.close()
    return collector


def tags_of(page: str) -> set[str]:
    return collected(page).tags


def attributes_of(page: str) -> set[str]:
    return collected(page).attributes


MARKDOWN_TAGS = {
    *(
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "em",
        "strong",
        "code",
        "pre",
        "a",
        "ul",
        "ol",
        "li",
        "blockquote",
        "hr",
    ),
    *("br", "img", "table", "thead", "tbody", "tr", "th", "td", "s", "span", "details", "summary"),
}
PIECES = st.sampled_from(
    (
        *(
            "<script>",
            "<details>",
            "</details>",
            "<summary>",
            "<!--",
            "-->",
            "<a onclick=x>",
            "<svg/onload=x>",
            "<?php",
        ),
        *("`", "\n", "|", "[x](", ")", "*", "javascript:x", "<", ">", '"', "&", "text", "    ", "<![CDATA[", "![", "]"),
        *("# ", "- ", "> "),
    )
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_markdown_makes_a_tag_or_attribute_of_its_own(text: str) -> None:
    html = str(render(text))
    assert tags_of(html) <= MARKDOWN_TAGS
    assert attributes_of(html) <= {"href", "rel", "src", "alt", "title", "class", "style", "start"}
    assert "javascript:" not in "".join(part.partition('"')[0] for part in html.split('href="')[1:])


def test_folded_text_and_hidden_markers_are_kept_as_github_shows_them() -> None:
    text = "<!-- marker -->\n<details>\n<summary>more</summary>\n\n**inside**\n\n</details>\n"
    html = str(render(text))
    assert "marker" not in html
    assert "<details>\n<summary>more</summary>" in html
    assert "<strong>inside</strong>" in html


def test_a_difference_has_line_numbers_and_marks_what_changed() -> None:
    hunks = (
        "@@ -3,3 +3,3 @@ images:",
        " name: app",
        "-tag: 1.8.2",
        "-digest: aa",
        "+tag: 1.8.3",
        "+digest: bb",
        "\\ No newline",
    )
    assert rows(DiffFile("f", "modified", "", hunks)) == (
        Row(RowKind.HUNK, before="@@ -3,3 +3,3 @@ images:"),
        Row(RowKind.SAME, "3", "3", "name: app"),
        Row(RowKind.REMOVED, "4", "", "tag: 1.8.", "2", ""),
        Row(RowKind.REMOVED, "5", "", "digest: ", "aa", ""),
        Row(RowKind.ADDED, "", "4", "tag: 1.8.", "3", ""),
        Row(RowKind.ADDED, "", "5", "digest: ", "bb", ""),
        Row(RowKind.NOTE, before="No newline"),
    )


@given(st.lists(st.text("ab", max_size=4), max_size=6), st.lists(st.text("ab", max_size=4), max_size=6))
def test_the_parts_of_a_row_are_its_line_again(removed: list[str], added: list[str]) -> None:
    hunks = ("@@ -1 +1 @@", *(f"-{line}" for line in removed), *(f"+{line}" for line in added))
    shown = rows(DiffFile("f", "modified", "", hunks))
    assert [row.before + row.changed + row.after for row in shown[1:]] == removed + added
