"""What every `ports.ConfigSource` does, with a history and without; suites give the fixture `world`."""

from typing import Protocol

import pytest

from promoter.core.ruleset import FILES_LIMIT, Lineage, RawFile, UnfitRules
from promoter.ports import ConfigSource, OutsideError

POLICY = "policies/prod.yaml"
FIRST = {POLICY: "require: []\r\n", "services/cart.yaml": "image: cart\n"}


class RulesWorld(Protocol):
    """A source and the hands that write what it reads."""

    source: ConfigSource

    def write(self, files: dict[str, str]) -> str:
        """Change these files and leave the others; gives the commit, empty where there is no history."""


class BranchWorld(RulesWorld, Protocol):
    """The same with a branch, which somebody may also rewrite."""

    def reset(self, commit: str) -> None:
        """Point the branch at a commit."""


class ConfigSourceContract:
    """For sources of every kind."""

    def test_the_files_come_as_they_are_in_the_order_of_their_paths(self, world: RulesWorld) -> None:
        world.write(FIRST)
        files = world.source.files(world.source.head())
        assert files == tuple(RawFile(path, text.encode()) for path, text in sorted(FIRST.items()))

    def test_only_rules_and_signatures_over_them_are_read(self, world: RulesWorld) -> None:
        besides = {"promoter.yaml": "", "README.md": "", ".hidden/x.yaml": "", "signatures/.x.json": "", "a/b.json": ""}
        world.write({**FIRST, **besides, "signatures/mia.json": "{}", "cases/deep/er.yaml": "a: 1\n"})
        read = [file.path for file in world.source.files(world.source.head())]
        assert read == ["cases/deep/er.yaml", POLICY, "services/cart.yaml", "signatures/mia.json"]

    def test_too_many_files_are_refused(self, world: RulesWorld) -> None:
        world.write({f"cases/{number}.yaml": "" for number in range(FILES_LIMIT + 1)})
        with pytest.raises(
            UnfitRules, match=rf"the rules have {FILES_LIMIT + 1} files; at most {FILES_LIMIT} are read"
        ):
            world.source.files(world.source.head())

    def test_a_file_that_is_too_large_is_refused(self, world: RulesWorld) -> None:
        world.write({POLICY: "#" * (1024 * 1024 + 1)})
        with pytest.raises(UnfitRules, match=r"1048577 bytes; a file of the rules has at most 1048576"):
            world.source.files(world.source.head())

    def test_what_is_not_there_is_an_outside_error(self, world: RulesWorld) -> None:
        world.write(FIRST)
        world.source.head()
        with pytest.raises(OutsideError):
            world.source.files("0" * 40)

    def test_no_commit_gave_bytes_to_a_file_that_is_not_there(self, world: RulesWorld) -> None:
        world.write(FIRST)
        assert world.source.origin(world.source.head(), "policies/none.yaml") == ""


class HistoryContract:
    """For sources with a branch."""

    def test_the_head_is_the_newest_commit_and_stays_known(self, world: BranchWorld) -> None:
        first = world.write(FIRST)
        assert world.source.head() == first
        second = world.write({POLICY: "require: [1]\n"})
        assert world.source.known_head() == first
        assert world.source.head() == second == world.source.known_head()
        assert world.source.files(first)[0].raw == b"require: []\r\n"

    def test_a_commit_stands_before_after_or_apart_from_another(self, world: BranchWorld) -> None:
        first = world.write(FIRST)
        second = world.write({POLICY: "two\n"})
        world.source.head()
        world.reset(first)
        other = world.write({POLICY: "other\n"})
        world.source.head()
        lineage = world.source.lineage
        assert (lineage(second, first), lineage(first, second)) == (Lineage.AHEAD, Lineage.BEHIND)
        assert (lineage(other, second), lineage(first, first)) == (Lineage.APART, Lineage.SAME)
        assert lineage(first, "1" * 40) is Lineage.APART

    def test_the_steps_are_the_commits_that_changed_the_rules(self, world: BranchWorld) -> None:
        first = world.write(FIRST)
        second = world.write({POLICY: "two\n"})
        third = world.write({"services/cart.yaml": "three\n"})
        head = world.source.head()
        assert world.source.steps(first, head, 10) == (second, third)
        assert world.source.steps(head, head, 10) == ()
        with pytest.raises(OutsideError, match=r"more than 1 commits changed the rules since"):
            world.source.steps(first, head, 1)

    def test_a_files_origin_is_the_commit_that_gave_it_its_bytes(self, world: BranchWorld) -> None:
        first = world.write(FIRST)
        second = world.write({POLICY: "two\n"})
        third = world.write({POLICY: "require: []\r\n"})
        head = world.source.head()
        assert world.source.origin(head, "services/cart.yaml") == first
        assert (world.source.origin(second, POLICY), world.source.origin(head, POLICY)) == (second, third)
