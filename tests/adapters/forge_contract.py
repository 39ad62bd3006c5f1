"""What every `ports.Forge` must do: one suite, run against each adapter on a forge that speaks its real protocol."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.core.codes import Code
from promoter.local.forge.person import ForgeRefusedError, Person
from promoter.ports import TEXT_LIMIT, Forge, Merged, OutsideError, PullState, ReviewState, StatusState

BRANCH = "promote/prod/checkout"
CONTEXT = "promoter/prod"
MARKER = "<!-- promoter:evidence -->"
PINS = "environments/prod/checkout/kustomization.yaml"
BEFORE = "images:\n  - name: app\n    newTag: 1.8.2\n"
AFTER = "images:\n  - name: app\n    newTag: 1.8.3\n"


@dataclass(frozen=True)
class ForgeWorld:
    """One repository with a base commit, seen by the bot and by people; `git` is its bare repository."""

    forge: Forge
    git: Path
    bot: str
    team: Person
    manager: Person
    admin: Person

    def commit(self, branch: str, files: Mapping[str, str], author: str = "team") -> str:
        """Add a commit to a branch (made from main where it is new) and give its oid."""
        return commit_on(self.git, branch, files, author)

    def head(self, branch: str) -> str:
        """Give the commit of a branch."""
        return git_of(self.git, "rev-parse", f"refs/heads/{branch}")


def git_of(repository: Path, *words: str, entered: str = "", extra: Mapping[str, str] | None = None) -> str:
    """Run git on a bare repository and give what it printed."""
    done = subprocess.run(
        ["git", f"--git-dir={repository}", *words],
        input=entered.encode(),
        capture_output=True,
        check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **(extra or {})},
    )
    return done.stdout.decode().strip()


def commit_on(
    repository: Path, branch: str, files: Mapping[str, str], author: str = "team", message: str = "change\n\nwhy"
) -> str:
    """Write a commit with these files on top of a branch, or of main where the branch is new."""
    ref = f"refs/heads/{branch}"
    known = git_of(repository, "for-each-ref", "--format=%(objectname)", ref, "refs/heads/main").split()
    parent = known[0] if known else ""
    if git_of(repository, "for-each-ref", "--format=%(objectname)", ref):
        parent = git_of(repository, "rev-parse", ref)
    index = {"GIT_INDEX_FILE": str(repository / "index.scratch")}
    git_of(repository, "read-tree", *([parent] if parent else ["--empty"]), extra=index)
    for path, text in files.items():
        blob = git_of(repository, "hash-object", "-w", "--stdin", entered=text)
        git_of(repository, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", extra=index)
    tree = git_of(repository, "write-tree", extra=index)
    stamp = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in {"NAME": author, "EMAIL": f"{author}@example.test", "DATE": "1790000000 +0000"}.items()
    }
    parents = ["-p", parent] if parent else []
    made = git_of(repository, "commit-tree", *parents, "-F", "-", tree, entered=message, extra=stamp)
    git_of(repository, "update-ref", ref, made)
    return made


class ForgeContract:
    """Subclasses give a fixture `world` whose base branch is `main` and whose required check is `promoter/prod`."""

    def test_the_bot_knows_its_own_account(self, world: ForgeWorld) -> None:
        assert world.forge.login() == world.bot

    def test_a_branch_that_never_had_a_pull_request_finds_none(self, world: ForgeWorld) -> None:
        assert world.forge.find(BRANCH) is None

    def test_an_opened_pull_request_is_what_was_asked_for(self, world: ForgeWorld) -> None:
        head = world.commit(BRANCH, {PINS: AFTER})
        pull = world.forge.open(BRANCH, "promote checkout 1.8.3 to prod", "why\n\n| a | b |\n| - | - |\n")
        assert (pull.state, pull.branch, pull.head) == (PullState.OPEN, BRANCH, head)
        assert (pull.title, pull.body) == ("promote checkout 1.8.3 to prod", "why\n\n| a | b |\n| - | - |")
        assert (pull.author, pull.closed_by, pull.merged_by, pull.merge_commit) == (world.bot, "", "", "")
        assert pull.url.endswith(f"/pull/{pull.number}")
        assert world.forge.find(BRANCH) == pull == world.forge.pull(pull.number)

    def test_opening_again_finds_the_open_one_and_changes_nothing(self, world: ForgeWorld) -> None:
        world.commit(BRANCH, {PINS: AFTER})
        first = world.forge.open(BRANCH, "title", "body")
        assert world.forge.open(BRANCH, "other title", "other body") == first

    def test_opening_without_a_branch_is_refused_with_the_reason(self, world: ForgeWorld) -> None:
        with pytest.raises(OutsideError) as caught:
            world.forge.open("promote/prod/absent", "title", "body")
        assert caught.value.code is Code.OUTSIDE_REFUSED

    def test_the_head_follows_a_push_to_the_branch(self, world: ForgeWorld) -> None:
        world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        moved = world.commit(BRANCH, {PINS: AFTER + "# again\n"})
        assert world.forge.pull(number).head == moved

    def test_title_and_body_are_changed_in_place(self, world: ForgeWorld) -> None:
        world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        world.forge.describe(number, "new title", "new body")
        found = world.forge.pull(number)
        assert (found.title, found.body) == ("new title", "new body")

    def test_a_pull_request_that_is_not_there_is_not_found(self, world: ForgeWorld) -> None:
        calls = (
            lambda: world.forge.pull(404),
            lambda: world.forge.reviews(404),
            lambda: world.forge.comment(404, MARKER, MARKER),
            lambda: world.forge.merge(404, "0" * 40, "title", ""),
        )
        for call in calls:
            with pytest.raises(OutsideError) as caught:
                call()
            assert caught.value.code is Code.OUTSIDE_NOT_FOUND

    def test_reviews_tell_who_said_what_of_which_commit(self, world: ForgeWorld) -> None:
        first = world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        world.manager.approve(number, first)
        second = world.commit(BRANCH, {PINS: AFTER + "# again\n"})
        world.team.request_changes(number, second, "why again?")
        world.manager.dismiss(number, "team", "answered")
        found = world.forge.reviews(number)
        assert [(one.login, one.state, one.commit, one.is_person) for one in found] == [
            ("manager", ReviewState.APPROVED, first, True),
            ("team", ReviewState.DISMISSED, second, True),
        ]
        assert all(one.user_id > 0 and one.at.tzinfo is UTC for one in found)
        assert all(abs((one.at - SystemClock().now()).total_seconds()) < 3600 for one in found)

    def test_the_text_of_a_review_is_given_as_it_stands_and_not_at_all_where_it_is_long(
        self, world: ForgeWorld
    ) -> None:
        head = world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        world.manager.approve(number, head, "Good.\nChange: CHG0012345 @everyone")
        world.team.approve(number, head, "x" * (TEXT_LIMIT + 1))
        first, second = world.forge.reviews(number)
        assert first.text == "Good.\nChange: CHG0012345 @everyone"
        assert second.text == ""

    def test_the_bots_account_is_no_person(self, world: ForgeWorld) -> None:
        head = world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        world.team.comment(number, "looks fine")
        world.manager.approve(number, head)
        assert [(one.login, one.is_person) for one in world.forge.reviews(number)] == [("manager", True)]

    def test_a_merge_names_the_head_and_is_recorded(self, world: ForgeWorld) -> None:
        head = world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        world.forge.status(head, CONTEXT, StatusState.SUCCESS, "all checks pass", "")
        assert world.forge.merge(number, head, "Merge checkout 1.8.3", "Promoter-Decision: abc") is Merged.DONE
        merged = world.forge.pull(number)
        assert (merged.state, merged.merged_by, merged.closed_by) == (PullState.MERGED, world.bot, world.bot)
        assert merged.merge_commit == world.head("main")
        assert git_of(world.git, "log", "-1", "--format=%B", "main") == "Merge checkout 1.8.3\n\nPromoter-Decision: abc"
        assert git_of(world.git, "rev-parse", "main^2") == head
        assert git_of(world.git, "show", f"main:{PINS}") == AFTER.strip()
        assert world.forge.find(BRANCH) == merged

    def test_a_merge_of_a_head_that_moved_does_nothing(self, world: ForgeWorld) -> None:
        old = world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        new = world.commit(BRANCH, {PINS: AFTER + "# pushed by somebody\n"})
        world.forge.status(new, CONTEXT, StatusState.SUCCESS, "", "")
        before = world.head("main")
        assert world.forge.merge(number, old, "title", "") is Merged.HEAD_MOVED
        assert world.head("main") == before
        assert world.forge.pull(number).state is PullState.OPEN

    @pytest.mark.parametrize("state", [None, StatusState.PENDING, StatusState.FAILURE])
    def test_a_required_check_that_is_not_green_refuses_the_merge(
        self, world: ForgeWorld, state: StatusState | None
    ) -> None:
        head = world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        if state is not None:
            world.forge.status(head, CONTEXT, StatusState.SUCCESS, "was green", "")
            world.forge.status(head, CONTEXT, state, "is not", "")
        assert world.forge.merge(number, head, "title", "") is Merged.REFUSED
        with pytest.raises(ForgeRefusedError) as caught:
            world.manager.merge(number, head)
        assert (caught.value.status, str(caught.value)) == (
            405,
            '405: Required status check "promoter/prod" is expected.',
        )

    def test_an_admin_merges_against_a_red_check_and_is_named(self, world: ForgeWorld) -> None:
        head = world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        world.forge.status(head, CONTEXT, StatusState.FAILURE, "blocked", "")
        commit = world.admin.merge(number)
        merged = world.forge.pull(number)
        assert (merged.state, merged.merged_by, merged.merge_commit) == (PullState.MERGED, "admin", commit)

    def test_a_conflict_refuses_the_merge(self, world: ForgeWorld) -> None:
        head = world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        world.forge.status(head, CONTEXT, StatusState.SUCCESS, "", "")
        world.commit("main", {PINS: BEFORE.replace("1.8.2", "1.9.0")})
        assert world.forge.merge(number, head, "title", "") is Merged.REFUSED

    def test_closing_says_why_once_and_is_done_once(self, world: ForgeWorld) -> None:
        world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        world.forge.close(number, "withdrawn: the digest was denied")
        world.forge.close(number, "withdrawn: the digest was denied")
        closed = world.forge.pull(number)
        assert (closed.state, closed.closed_by, closed.merged_by) == (PullState.CLOSED, world.bot, "")

    def test_a_person_who_closes_is_named(self, world: ForgeWorld) -> None:
        world.commit(BRANCH, {PINS: AFTER})
        number = world.forge.open(BRANCH, "title", "body").number
        world.manager.close(number)
        found = world.forge.find(BRANCH)
        assert found is not None
        assert (found.number, found.state, found.closed_by) == (number, PullState.CLOSED, "manager")

    def test_the_open_pull_request_comes_before_newer_closed_ones(self, world: ForgeWorld) -> None:
        world.commit(BRANCH, {PINS: AFTER})
        first = world.forge.open(BRANCH, "first", "").number
        world.manager.close(first)
        second = world.forge.open(BRANCH, "second", "").number
        assert second != first
        found = world.forge.find(BRANCH)
        assert found is not None
        assert found.number == second
        world.manager.close(second)
        again = world.forge.find(BRANCH)
        assert again is not None
        assert (again.number, again.state) == (second, PullState.CLOSED)

    def test_a_text_over_the_limit_is_refused_before_it_is_sent(self, world: ForgeWorld) -> None:
        world.commit(BRANCH, {PINS: AFTER})
        with pytest.raises(OutsideError) as caught:
            world.forge.open(BRANCH, "title", "x" * 65_537)
        assert str(caught.value) == ("outside.limit: the text has 65537 characters, GitHub takes 65536: shorten it")
        assert world.forge.open(BRANCH, "title", "x" * 65_536).body == "x" * 65_536
