"""Services' source repositories on the local forge: tags peeled, authors named, commits between two releases."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.source_github import GithubSource
from promoter.core.codes import Code
from promoter.local.forge import LocalForge
from promoter.ports import OutsideError, SourceCommit
from promoter.transport.github import AccountToken, GithubClient
from tests.adapters.forge_contract import commit_on, git_of

URL = "https://git.example/shop/checkout"


@dataclass(frozen=True)
class Site:
    """A source repository with three commits; `oids` are oldest first."""

    source: GithubSource
    forge: LocalForge
    git: Path
    oids: tuple[str, ...]

    def tag(self, name: str, target: str, message: str = "") -> str:
        """Make a tag, annotated where it has a message, and give the object it names."""
        who = ("-c", "user.name=ann", "-c", "user.email=ann@example.test")
        kind = ("-a", "-m", message) if message else ()
        git_of(self.git, *who, "tag", *kind, name, target)
        return git_of(self.git, "rev-parse", f"refs/tags/{name}")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    forge = LocalForge(tmp_path_factory.mktemp("forge"), SystemClock())
    forge.start()
    try:
        token = forge.account("promoter-bot")
        for login in ("ann", "ben"):
            forge.account(login, email=f"{login}@example.test")
        git = forge.create_repository("shop", "checkout")
        oids = tuple(
            commit_on(git, "main", {"app.py": f"print({number})\n"}, author, f"change {number}\n\nbody")
            for number, author in enumerate(("ann", "ben", "stranger"))
        )
        client = GithubClient(forge.api_url, AccountToken(token))
        yield Site(GithubSource(client, "git.example"), forge, git, oids)
    finally:
        forge.stop()


def test_a_plain_tag_names_its_commit_and_the_authors_account(site: Site) -> None:
    site.tag("v1.0.0", site.oids[0])
    found = site.source.revision(URL, "v1.0.0")
    assert (found.repository, found.ref, found.commit) == (URL, "refs/tags/v1.0.0", site.oids[0])
    assert found.authors == ("ann",)


def test_an_annotated_tag_of_a_tag_is_peeled_to_its_commit(site: Site) -> None:
    inner = site.tag("inner", site.oids[1], "release")
    outer = site.tag("v2.0.0", inner, "again")
    assert len({inner, outer, site.oids[1]}) == 3
    assert site.source.revision(URL, "v2.0.0").commit == site.oids[1]


def test_an_author_without_an_account_is_told_and_not_taken_for_nobody(site: Site) -> None:
    site.tag("v3.0.0", site.oids[2])
    found = site.source.revision(URL, "v3.0.0")
    assert (found.authors, found.unmapped) == ((), ("author", "committer"))
    assert site.source.revision(URL, "v1.0.0").unmapped == ()


@pytest.mark.parametrize(
    "tag",
    ["v9.9.9", "v1.0", "../heads/main", "v1.0.0/x", "a b", "v1?x=1", "%2e%2e", "..", ".", "", "/v1.0.0", "v1.0.0\n"],
)
def test_a_tag_that_is_not_there_has_no_commit(site: Site, tag: str) -> None:
    assert site.source.revision(URL, tag).commit == ""


def test_a_tag_of_a_file_is_an_error(site: Site) -> None:
    site.tag("blob", git_of(site.git, "rev-parse", f"{site.oids[0]}:app.py"))
    with pytest.raises(OutsideError) as caught:
        site.source.revision(URL, "blob")
    assert str(caught.value) == "outside.bad-answer: the tag blob names a blob, not a commit"


def test_the_commits_between_two_releases_come_newest_first(site: Site) -> None:
    assert site.source.commits(URL, site.oids[0], site.oids[2], 10) == (
        SourceCommit(site.oids[2], "change 2", "stranger"),
        SourceCommit(site.oids[1], "change 1", "ben"),
    )
    assert [one.oid for one in site.source.commits(URL, site.oids[0], site.oids[2], 1)] == [site.oids[2]]
    assert site.source.commits(URL, site.oids[2], site.oids[0], 10) == ()
    assert site.source.commits(URL, site.oids[1], site.oids[1], 10) == ()


def test_of_many_commits_the_newest_are_given(site: Site) -> None:
    git = site.forge.create_repository("shop", "busy")
    first = last = commit_on(git, "main", {"a": "0"})
    tree = git_of(git, "rev-parse", f"{first}^{{tree}}")
    stamps = {f"GIT_{role}_{key}": "x" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    for number in range(130):
        last = git_of(git, "commit-tree", "-p", last, "-m", f"commit {number}", tree, extra=stamps)
    git_of(git, "update-ref", "refs/heads/main", last)
    before = len(site.forge.exchanges())
    found = site.source.commits("https://git.example/shop/busy", first, last, 100)
    assert [one.title for one in found] == [f"commit {number}" for number in range(129, 29, -1)]
    assert len(site.forge.exchanges()) - before == 4


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/shop/checkout",
        "https://git.example.evil/shop/checkout",
        "https://git.example@evil.example/shop/checkout",
        "https://me:secret@git.example/shop/checkout",
        "https://git.example/shop",
        "https://git.example/shop/checkout/tree/main",
        "https://git.example/../checkout",
        "https://git.example/shop/..",
        "https://git.example/shop/.",
        "https://git.example/shop/...git",
        "https://git.example/../checkout/x",
        "git@git.example:shop/checkout",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_repository_elsewhere_is_never_asked_for(site: Site, url: str) -> None:
    before = len(site.forge.exchanges())
    with pytest.raises(OutsideError) as caught:
        site.source.revision(url, "v1.0.0")
    assert caught.value.code is Code.OUTSIDE_NOT_FOUND
    assert "declare one as https://git.example/owner/name" in str(caught.value)
    assert len(site.forge.exchanges()) == before


def test_a_repository_url_may_end_as_git_writes_it(site: Site) -> None:
    for url in (f"{URL}.git", f"{URL}/", "https://GIT.example/shop/checkout"):
        assert site.source.revision(url, "v1.0.0").commit == site.oids[0]


def test_a_repository_that_is_gone_is_an_error_and_no_missing_tag(site: Site) -> None:
    with pytest.raises(OutsideError) as caught:
        site.source.revision("https://git.example/shop/gone", "v1.0.0")
    assert caught.value.code is Code.OUTSIDE_NOT_FOUND


def test_an_abbreviated_commit_is_our_mistake(site: Site) -> None:
    with pytest.raises(ValueError, match="not a full commit id"):
        site.source.commits(URL, "main", site.oids[0], 10)


# --- branches ---------------------------------------------------------------------------------------------------------


def test_a_branch_holds_its_head_and_what_came_before_it(site: Site) -> None:
    assert [site.source.contains(URL, "main", oid) for oid in site.oids] == [True, True, True]


def test_a_branch_does_not_hold_what_was_never_merged_into_it(site: Site) -> None:
    git_of(site.git, "update-ref", "refs/heads/release/1.x", site.oids[0])
    assert site.source.contains(URL, "release/1.x", site.oids[0]) is True
    assert site.source.contains(URL, "release/1.x", site.oids[1]) is False


def test_a_branch_does_not_hold_a_commit_with_which_it_shares_nothing(site: Site) -> None:
    tree = git_of(site.git, "rev-parse", f"{site.oids[0]}^{{tree}}")
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.test")
    orphan = git_of(site.git, *who, "commit-tree", tree, "-m", "from nowhere")
    git_of(site.git, "update-ref", "refs/heads/island", orphan)
    assert site.source.contains(URL, "main", orphan) is False


@pytest.mark.parametrize("branch", ["no-such", "", "../tags/v1.0.0", "main...other", "a b"])
def test_a_branch_that_is_not_there_holds_nothing_and_is_no_answer(site: Site, branch: str) -> None:
    with pytest.raises(OutsideError) as told:
        site.source.contains(URL, branch, site.oids[0])
    assert told.value.code is Code.OUTSIDE_NOT_FOUND


def test_what_is_no_commit_is_not_asked_about(site: Site) -> None:
    with pytest.raises(ValueError, match="not a full commit id"):
        site.source.contains(URL, "main", "main")
