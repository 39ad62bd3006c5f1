"""`promoter log` shows the ledger; `promoter log verify` finds whatever was done to it behind the bot's back."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from promoter.adapters.notes_ed25519 import Ed25519Verifier
from promoter.core.candidate import Digest
from promoter.core.canonical import canonical
from promoter.core.checkpoint import Checkpoint, build_trailer, open_note, parse_body
from promoter.inspection import find_anchors
from promoter.ports import BranchCommit
from promoter.wiring import open_store
from tests.cli.company import Company, Ran

Tamper = Callable[[sqlite3.Connection], object]


@pytest.fixture
def state(company: Company, tmp_path: Path) -> Path:
    """A copy of the bot's state, to be damaged."""
    copy = tmp_path / "state"
    shutil.copytree(company.state, copy)
    return copy


def verify(company: Company, state: Path, *options: str) -> Ran:
    return company.run("log", "verify", *options, PROMOTER_STATE=str(state))


def tamper(state: Path, change: Tamper) -> None:
    """Change the ledger's file as its owner can: the guards in it are dropped first."""
    with closing(sqlite3.connect(state / "ledger.sqlite")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        change(connection)
        connection.commit()


def entries(state: Path) -> list[bytes]:
    with closing(sqlite3.connect(state / "ledger.sqlite")) as connection:
        return [raw for (raw,) in connection.execute("SELECT raw FROM ledger_entry ORDER BY n")]


def kinds(ran: Ran) -> list[str]:
    return [line.split(":")[0] for line in ran.err.splitlines()]


def forge(raw: bytes) -> bytes:
    """Give an entry that says something else."""
    return canonical({**json.loads(raw), "at": "2020-01-01T00:00:00.000000Z"})


def rewrite(company: Company, state: Path, new: list[bytes]) -> None:
    """Write the whole ledger anew with the bot's own tools and key: consistent in itself."""
    for file in state.glob("ledger.sqlite*"):
        file.unlink()
    main = company.config.load(**{**company.variables, "PROMOTER_STATE": str(state)}).promoter
    store = open_store(main, company.config.path)
    store.ledger.append(tuple(new), store.ledger.head())
    store.ledger.close()


def test_the_newest_entries_are_shown_oldest_first(company: Company) -> None:
    everything = company.run("log", "-n", "1000").out.splitlines()
    assert [int(line[:6]) for line in everything] == list(range(len(everything)))
    assert company.run("log", "-n", "3").out.splitlines() == everything[-3:]
    assert everything[0].split()[3] == "policy-activated"
    assert everything[1].split()[3:5] == ["tags-seen", "cart"]
    assert everything[2].split()[3:6] == ["release-resolved", "cart", "1.0.0"]


def test_the_entries_of_one_service_are_shown_as_json(company: Company) -> None:
    told = json.loads(company.run("log", "--service", "search", "-n", "1000", "--json").out)
    assert {one["entry"]["service"] for one in told} == {"search"}
    assert [one["index"] for one in told] == sorted(one["index"] for one in told)
    assert "tag-moved" in {one["entry"].get("event") for one in told}


def test_an_untouched_ledger_holds(company: Company, state: Path) -> None:
    ran = verify(company, state)
    count = len(entries(state))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"{count} entries, ")
    assert ran.out.endswith(" checkpoints compared: no problem found\n")


def test_without_checkpoints_from_outside_it_says_that_little_is_proven(company: Company, state: Path) -> None:
    ran = verify(company, state, "--offline")
    assert ran.code == 0
    assert ran.out.endswith(" 0 checkpoints compared: no problem found\n")
    assert ran.err == (
        "because of --offline, the checkpoints in the environment repository were not compared: "
        "a rewritten file could not be told from this one\n"
    )


def test_a_changed_entry_is_found(company: Company, state: Path) -> None:
    raw = forge(entries(state)[2])
    tamper(state, lambda db: db.execute("UPDATE ledger_entry SET raw = ? WHERE n = 2", (raw,)))
    ran = verify(company, state)
    assert (ran.code, kinds(ran)) == (1, ["head-disagrees", "anchor-disagrees"])
    assert "among the entries 0 to " in ran.err
    assert ran.out.endswith(": 2 problems\n")
    assert (verify(company, state, "--offline").code, kinds(verify(company, state, "--offline"))[0]) == (
        1,
        "head-disagrees",
    )


def test_a_missing_entry_is_found(company: Company, state: Path) -> None:
    tamper(state, lambda db: db.execute("DELETE FROM ledger_entry WHERE n = 5"))
    ran = verify(company, state)
    assert ran.code == 1
    assert kinds(ran)[0] == "gap"
    assert "gap: entry 6: " in ran.err
    assert "entry 5 should stand here: entries are missing, doubled or out of order" in ran.err


def test_two_exchanged_entries_are_found(company: Company, state: Path) -> None:
    def exchange(db: sqlite3.Connection) -> None:
        first, second = entries(state)[3:5]
        db.execute("UPDATE ledger_entry SET raw = ? WHERE n = 3", (second,))
        db.execute("UPDATE ledger_entry SET raw = ? WHERE n = 4", (first,))

    tamper(state, exchange)
    ran = verify(company, state)
    assert (ran.code, kinds(ran)) == (1, ["head-disagrees", "anchor-disagrees"])


def test_entries_cut_off_at_the_end_are_found(company: Company, state: Path) -> None:
    count = len(entries(state))
    tamper(state, lambda db: db.execute("DELETE FROM ledger_entry WHERE n >= 3"))
    ran = verify(company, state)
    assert (ran.code, kinds(ran)) == (1, ["truncated", "truncated"])
    assert f"the ledger's head speaks of {count} entries, and 3 are stored" in ran.err
    assert "and 3 are stored: the end is cut off" in ran.err


def test_an_entry_that_is_none_is_found(company: Company, state: Path) -> None:
    tamper(state, lambda db: db.execute("UPDATE ledger_entry SET raw = ? WHERE n = 1", (b'{"a": 1}',)))
    ran = verify(company, state)
    assert (ran.code, kinds(ran)[0]) == (1, "malformed")


def test_a_ledger_that_was_rewritten_whole_is_found_by_the_checkpoints_in_commits_alone(
    company: Company, state: Path
) -> None:
    old = entries(state)
    rewrite(company, state, [*old[:2], forge(old[2]), *old[3:]])
    offline, online = verify(company, state, "--offline"), verify(company, state)
    assert (offline.code, online.code) == (0, 1)
    assert kinds(online) == ["anchor-disagrees"]
    assert "anchor-disagrees: entry 0: " in online.err
    assert ": commit " in online.err
    assert "among the entries 0 to " in online.err
    assert "stop the bot and restore the ledger from a copy that passes" in online.err


def test_a_ledger_that_was_rewritten_shorter_is_found_by_the_checkpoints_in_commits_alone(
    company: Company, state: Path
) -> None:
    rewrite(company, state, entries(state)[:3])
    offline, online = verify(company, state, "--offline"), verify(company, state)
    assert (offline.code, online.code, kinds(online)) == (0, 1, ["truncated"])


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_lost_or_damaged_blob_is_found_with_the_entry_that_names_it(
    company: Company, state: Path, is_lost: bool
) -> None:
    name = Digest(json.loads(entries(state)[2])["refs"][0])
    path = state / "blobs" / "sha256" / name[7:9] / name[9:]
    path.chmod(0o600)
    if is_lost:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    ran = verify(company, state)
    assert ran.code == 1
    lost = "blob is not in the store; restore it from a copy of the store"
    damaged = (
        "blob's bytes are not those of its digest; restore it from a copy of the store, or fetch the evidence again: "
        "putting it heals the blob"
    )
    assert ran.err == (
        f"blob-missing: entry 2: {name}: the {lost}\n" if is_lost else f"blob-corrupt: entry 2: {name}: the {damaged}\n"
    )
    assert ran.out.endswith(" checkpoints compared: 1 problem\n")


def test_a_blob_that_no_entry_names_is_rehashed_too(company: Company, state: Path) -> None:
    folder = state / "blobs" / "sha256" / "00"
    folder.mkdir(exist_ok=True)
    (folder / ("0" * 62)).write_bytes(b"not it")
    ran = verify(company, state)
    assert (ran.code, kinds(ran)) == (1, ["blob-corrupt"])
    assert ran.err.startswith(f"blob-corrupt: no entry: sha256:{'0' * 64}: ")


def test_a_checkpoint_names_the_size_and_root_of_the_ledger_and_is_signed_by_its_key(company: Company) -> None:
    ran = company.run("log", "checkpoint")
    key = ran.err.removeprefix("verifier key: ").strip()
    checkpoint = parse_body(open_note(ran.out, Ed25519Verifier(key)))
    store = company.store()
    head = store.ledger.head()
    store.ledger.close()
    assert (ran.code, key) == (0, str(store.signer.verifier_key))
    assert checkpoint == Checkpoint("promoter.acme.example/ledger", head.size, head.root)


@pytest.fixture
def note(company: Company, state: Path) -> Path:
    """A checkpoint of the state, kept elsewhere."""
    path = state.with_name("checkpoint.txt")
    path.write_text(company.run("log", "checkpoint", PROMOTER_STATE=str(state)).out, encoding="utf-8")
    return path


def test_a_kept_checkpoint_holds_a_ledger_that_grew(company: Company, state: Path, note: Path) -> None:
    assert company.run("once", "cart", PROMOTER_STATE=str(state)).code == 0
    ran = verify(company, state, "--offline", "--checkpoint", str(note))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.endswith(" 1 checkpoints compared: no problem found\n")


def test_a_ledger_rewritten_whole_is_found_by_a_kept_checkpoint_alone(
    company: Company, state: Path, note: Path
) -> None:
    old = entries(state)
    rewrite(company, state, [*old[:-1], forge(old[-1])])
    ran = verify(company, state, "--offline", "--checkpoint", str(note))
    assert (ran.code, kinds(ran)) == (1, ["anchor-disagrees"])
    assert f": the note {note} anchors the root " in ran.err


def test_a_note_that_this_ledger_did_not_sign_is_refused(company: Company, state: Path, note: Path) -> None:
    note.write_text(note.read_text(encoding="utf-8").replace("\n", "\n1", 1), encoding="utf-8")
    ran = verify(company, state, "--offline", "--checkpoint", str(note))
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"promoter: {note}: the signature of promoter.acme.example/ledger+")
    assert ran.err.endswith("; give what `promoter log checkpoint` wrote for this ledger\n")
    missing = verify(company, state, "--offline", "--checkpoint", f"{note}.old")
    assert (missing.code, missing.err) == (2, f"promoter: {note}.old: cannot be read: No such file or directory\n")


class Commits:
    """An environment repository of which only messages and names matter."""

    def __init__(self, *commits: BranchCommit) -> None:
        self._commits = commits

    def refresh(self) -> str:
        return "f" * 40

    def commits(self, base: str, head: str, limit: int) -> tuple[BranchCommit, ...]:
        assert (base, head, limit > len(self._commits)) == ("", "f" * 40, True)
        return self._commits


def commit(digit: str, committer: str, message: str) -> BranchCommit:
    return BranchCommit(digit * 40, "", committer, committer, message, ())


def test_an_unreadable_checkpoint_is_a_problem_in_the_bots_name_and_nothing_in_anybody_elses() -> None:
    good = build_trailer(Checkpoint("promoter.example/ledger", 3, "ab" * 32))
    bad = "Promoter-Checkpoint: promoter.example/ledger 03 nothing"
    repository: Any = Commits(
        commit("1", "bot@acme.example", f"Promote\n\n{good}\n"),
        commit("2", "mia@acme.example", f"By hand\n\n{bad}\n"),
        commit("3", "bot@acme.example", f"Promote\n\n{bad}\n"),
    )
    found = find_anchors(repository, "bot@acme.example")
    assert [anchor.found_in for anchor in found.anchors] == [f"commit {'1' * 40}"]
    assert [str(problem).split(": a commit")[0] for problem in found.problems] == [
        f"anchor-unreadable: no entry: {'3' * 40}"
    ]


def test_verifying_without_the_forge_is_undecided_and_not_passed(company: Company, state: Path) -> None:
    away = "http://127.0.0.1:1"
    ran = company.run("log", "verify", PROMOTER_STATE=str(state), PROMOTER_FORGE_API=away, PROMOTER_FORGE_GIT=away)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("promoter: undecided: outside.")
