"""Taking rules over from a source with a history: what happens between two looks, and what is left where one fails."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from promoter.adapters.config_directory import DirectoryRules
from promoter.adapters.rules_files import KeptRules
from promoter.approvals import SignedApprovals
from promoter.config import Configuration, load_machine
from promoter.core.authority import Authority, Reviewer
from promoter.core.finding import Mode
from promoter.core.record_estate import PolicyActivated
from promoter.journal import Journal
from promoter.ports import OutsideError, Signatures
from promoter.rulebook import Rulebook
from promoter.shelf import Machine, Shelf, read_in_force
from promoter.strict_yaml import ConfigError
from tests.config.directory import EXAMPLE, Directory
from tests.core.scenes import NOW
from tests.fakes.ledger import MemoryBlobs, MemoryLedger
from tests.fakes.rules import FakeRules

PROD, STAGING = "policies/prod.yaml", "policies/staging.yaml"
MIA, OMAR = Reviewer("mia", 1), Reviewer("omar", 2)
TWO = Authority(commit="", number=7, author="ada", reviewers=(MIA, OMAR))
NONE = Authority(commit="", doubt="no pull request brought it: nobody has reviewed it")


class Ticking:
    """A clock that goes on by a second each time."""

    def __init__(self) -> None:
        self._now = NOW

    def now(self) -> datetime:
        self._now += timedelta(seconds=1)
        return self._now


def lines_gone(before: Configuration, after: Configuration) -> tuple[str, ...]:
    """Count as weaker what is enforced no more, and nothing else."""
    return tuple(
        f"{name}: {check} is not enforced"
        for name, policy in before.policies.items()
        for check in sorted(_enforced(before, name) - _enforced(after, name))
    )


def _enforced(configuration: Configuration, name: str) -> set[str]:
    return {line.check for line in configuration.policies[name].require if line.mode is Mode.ENFORCE}


def unopened() -> Signatures:
    raise AssertionError("nothing is signed here")


class Desk:
    """A source, and what a bot over it keeps."""

    def __init__(self, folder: Path) -> None:
        self.source = FakeRules()
        self.ledger, self.blobs = MemoryLedger(), MemoryBlobs()
        self.store = KeptRules(folder / "rules")
        self.folder = folder
        main, _, graph = (EXAMPLE / "promoter.yaml").read_text(encoding="utf-8").partition("environments:\n")
        (folder / "promoter.yaml").write_text(f"{main}rules: {{repository: acme/rules}}\n", encoding="utf-8")
        found = (path for path in EXAMPLE.rglob("*.yaml") if path.name != "promoter.yaml")
        files = {path.relative_to(EXAMPLE).as_posix(): path.read_bytes() for path in found}
        self.files = {**files, "environments.yaml": f"environments:\n{graph}".encode()}
        self.first = self.source.write(self.files)

    def book(self) -> Rulebook:
        """Give a rulebook as a bot that starts now makes it: only what is kept is left of the one before."""
        machine = Machine(self.folder, {}, load_machine(self.folder, {}))
        shelf = Shelf(self.store, self.blobs, Journal(self.ledger))
        return Rulebook(machine, self.source, shelf, SignedApprovals({}, unopened), lines_gone, Ticking())

    def commit(self, authority: Authority, **weaker: bool) -> str:
        """Commit policies in which `sbom` is only shown, or enforced again; gives the commit."""
        for name, is_weaker in weaker.items():
            path = f"policies/{name}.yaml"
            strict = (EXAMPLE / path).read_bytes()
            lax = strict.replace(b"  - check: sbom\n", b"  - check: sbom\n    mode: warn\n", 1)
            self.files[path] = lax if is_weaker else strict
        return self._write(authority)

    def spoil(self, authority: Authority) -> str:
        """Commit a policy that cannot be read, above what is there."""
        good = self.files[PROD]
        self.files[PROD] = good + b"\n  - no: yaml: at all\n"
        commit = self._write(authority)
        self.files[PROD] = good
        return commit

    def _write(self, authority: Authority) -> str:
        oid = self.source.write(self.files, authority)
        known = self.source.commits[oid]
        self.source.commits[oid] = replace(known, authority=replace(authority, commit=oid))
        return oid

    @property
    def active(self) -> PolicyActivated:
        active = Journal(self.ledger).estate().active
        assert active is not None
        return active

    @property
    def refused(self) -> str:
        refused = Journal(self.ledger).estate().refused
        return refused.detail if refused else ""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path)
    desk.book().take()
    return desk


def test_a_bot_that_was_away_takes_over_what_every_step_of_which_was_approved(desk: Desk) -> None:
    desk.commit(TWO, prod=True)
    last = desk.commit(TWO, staging=True)
    taken = desk.book().take()
    assert (desk.active.commit, desk.active.reviewers) == (last, ("mia (1)", "omar (2)"))
    assert desk.active.weaker == ("prod: sbom is not enforced", "staging: sbom is not enforced")
    assert taken.bundle.digest == desk.active.bundle


def test_one_step_that_nobody_approved_keeps_all_of_it_out(desk: Desk) -> None:
    pushed = desk.commit(NONE, prod=True)
    desk.commit(TWO, staging=True)
    taken = desk.book().take()
    assert (desk.active.commit, taken.bundle.digest) == (desk.first, desk.active.bundle)
    assert desk.refused.startswith(f"commit {pushed[:12]} makes the rules weaker (prod: sbom is not enforced)")
    assert "staging" not in desk.refused


def test_a_weakening_that_was_taken_back_and_then_approved_is_no_hindrance(desk: Desk) -> None:
    desk.commit(NONE, prod=True)
    desk.commit(NONE, prod=False)
    last = desk.commit(TWO, prod=True)
    desk.book().take()
    assert desk.active.commit == last


def test_what_is_not_weaker_needs_nobody_on_the_way(desk: Desk) -> None:
    desk.commit(TWO, prod=True)
    desk.book().take()
    stricter = desk.commit(NONE, prod=False)
    desk.book().take()
    assert (desk.active.commit, desk.active.weaker, desk.active.reviewers) == (stricter, (), ())


def test_a_weakening_is_not_hidden_behind_a_commit_that_cannot_be_read(desk: Desk) -> None:
    desk.files[PROD] = desk.files[PROD].replace(b"  - check: sbom\n", b"  - check: sbom\n    mode: warn\n", 1)
    bad = desk.spoil(NONE)
    desk.commit(TWO, staging=False)  # its reviewers saw nothing but a mended line
    desk.book().take()
    assert desk.active.commit == desk.first
    assert f"commit {bad[:12]} makes the rules weaker (prod: sbom is not enforced) and 0 of 2" in desk.refused


def test_an_approval_that_comes_later_is_seen_and_ends_the_refusal(desk: Desk) -> None:
    commit = desk.commit(replace(TWO, reviewers=(MIA,)), prod=True)
    book = desk.book()
    book.take()
    assert not book.is_due()
    known = desk.source.commits[commit]
    desk.source.commits[commit] = replace(known, authority=replace(TWO, commit=commit))
    assert book.is_due()
    book.take()
    assert (desk.active.commit, book.is_due(), desk.refused) == (commit, False, "")


def test_a_source_that_is_silent_at_the_start_leaves_the_last_good_rules(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.commit(TWO, prod=True)
    desk.source.is_silent = True
    book = desk.book()
    assert book.take().bundle.digest == desk.active.bundle
    told = "rules not looked at, the last good ones stay: outside.unreachable: the forge does not answer"
    assert caplog.record_tuples[-1] == ("promoter", logging.ERROR, told)
    assert not book.is_due(), "it is left in peace for as long as it is between two looks"
    assert [book.is_due() for _ in range(60)][-1]


def test_without_any_rules_yet_a_silent_source_or_bad_rules_end_the_start(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.source.is_silent = True
    with pytest.raises(OutsideError):
        desk.book().take()
    desk.source.is_silent = False
    desk.spoil(NONE)
    with pytest.raises(ConfigError, match=r"acme/rules@main 000000000000: policies/prod\.yaml:\d+: not YAML"):
        desk.book().take()
    assert Journal(desk.ledger).estate().refused is None


def test_a_revert_is_seen_by_the_bot_that_runs_and_holds_while_the_head_stays(desk: Desk) -> None:
    first = desk.active
    commit = desk.commit(TWO, prod=True)
    book = desk.book()
    book.take()
    assert not book.is_overruled()
    desk.source.is_silent = True
    entry = desk.book().go_back(first, "mia", "INC-931")
    assert (entry.bundle, entry.commit, entry.head, entry.is_revert) == (first.bundle, desk.first, commit, True)
    assert (entry.actor, entry.reason) == ("mia", "INC-931")
    assert book.is_overruled()
    desk.source.is_silent = False
    assert book.take().bundle.digest == first.bundle
    assert (book.is_overruled(), book.is_due()) == (False, False)
    desk.source.write(desk.files, TWO)  # a commit that says nothing of the rules
    book.take()
    assert desk.active.is_revert
    newer = desk.commit(TWO, staging=True)
    book.take()
    assert (desk.active.commit, desk.active.is_revert) == (newer, False)


def test_a_running_bot_goes_back_though_the_files_of_its_directory_are_bad(tmp_path: Path) -> None:
    config, ledger, blobs = Directory(tmp_path), MemoryLedger(), MemoryBlobs()
    shelf = Shelf(KeptRules(tmp_path / "rules"), blobs, Journal(ledger))

    def book() -> Rulebook:
        machine = Machine(config.path, {}, load_machine(config.path, {}))
        source = DirectoryRules(config.path)
        return Rulebook(machine, source, shelf, SignedApprovals({}, unopened), lines_gone, Ticking())

    first = book().take().bundle.digest
    config.replace(PROD, "  - check: sbom\n", "  - check: sbom\n    mode: warn\n")
    running = book()
    running.take()
    config.replace(PROD, "mode: warn", "mood: warn")
    with pytest.raises(ConfigError):
        book().take()

    before = shelf.journal.estate().activated[0]
    book().go_back(before, "mia", "INC-931")
    assert running.is_overruled()
    fresh = book()
    assert fresh.take().bundle.digest == first
    assert not fresh.is_overruled()

    config.replace(PROD, "mood: warn", "mode: enforce")
    assert book().take().bundle.digest != first
    active = shelf.journal.estate().active
    assert active is not None
    assert not active.is_revert


def test_kept_files_that_somebody_changed_are_brought_back_from_the_kept_bytes(desk: Desk) -> None:
    place = desk.store.find(desk.active.bundle)
    assert place is not None
    (place[0] / PROD).write_text("require: []\n")
    machine = Machine(desk.folder, {}, load_machine(desk.folder, {}))
    with pytest.raises(ConfigError, match="their files are not whole any more; `promoter once` mends them"):
        read_in_force(machine, desk.store)
    desk.source.is_silent = True
    desk.book().take()
    assert read_in_force(machine, desk.store).bundle.digest == desk.active.bundle


def test_rules_whose_bytes_are_lost_cannot_be_gone_back_to(desk: Desk) -> None:
    first = desk.active
    desk.commit(TWO, prod=True)
    desk.book().take()
    lost = KeptRules(desk.folder / "elsewhere")
    desk.store, desk.blobs = lost, MemoryBlobs()
    with pytest.raises(ConfigError, match="their files are not kept any more; bring back the blobs of this state"):
        desk.book().go_back(first, "mia", "INC-931")
    assert not desk.active.is_revert


def test_more_commits_than_anybody_looks_through_are_left_alone(desk: Desk) -> None:
    for number in range(51):
        desk.files[PROD] += b"\n# %d\n" % number
        desk.commit(TWO)
    desk.book().take()
    assert desk.active.commit == desk.first
