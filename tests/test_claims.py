"""Two workers on one ledger never both take the last slot of an environment."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from promoter.adapters.ledger_sql import SqlLedger
from promoter.claims import Claims
from promoter.config import Configuration
from promoter.core.candidate import digest_of
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.environment import branch_name
from promoter.core.estate import Estate
from promoter.core.history import History
from promoter.core.record import Announced, AnyEntry, EligibilityMoved, ReleaseResolved
from promoter.journal import Journal
from tests.config.directory import Directory
from tests.core.scenes import NOW
from tests.fakes.ledger import ORIGIN, SIGNER

NAMES = ("billing", "cart", "search")


def configured(folder: Path, limit: int) -> Configuration:
    """Give the example configuration, whose dev admits so many services at once."""
    folder.mkdir(exist_ok=True)
    config = Directory(folder)
    config.replace("promoter.yaml", "  dev:\n", f"  dev:\n    at_once: {limit}\n")
    return config.load()


def announced(service: str) -> Announced:
    return Announced(
        at=NOW,
        service=service,
        release="1.0.0",
        digest=digest_of(service.encode()),
        environment="dev",
        act="propose",
        branch=branch_name("dev", service),
        parent="b" * 40,
        head="c" * 40,
    )


def make_eligible(journal: Journal, service: str) -> None:
    """Let a service have a release that may be proposed."""
    about = {"at": NOW, "service": service, "release": "1.0.0", "digest": digest_of(service.encode())}
    moves = ((EligibilityEvent.RESOLVED, Eligibility.DISCOVERED), (EligibilityEvent.CLEARED, Eligibility.ELIGIBLE))
    journal.write(
        service,
        lambda _: (
            ReleaseResolved(**about, media_type="application/x"),  # type: ignore[arg-type]
            *(EligibilityMoved(**about, environment="dev", event=event, state=state) for event, state in moves),  # type: ignore[arg-type]
        ),
    )


def race(folder: Path, limit: int) -> tuple[list[str], Journal]:
    """Let every service claim a slot at once, each with a journal of its own on one ledger; gives who got one."""
    configuration = configured(folder, limit)
    path = folder / "ledger.sqlite"
    journals = {name: Journal(SqlLedger(path, ORIGIN, SIGNER)) for name in NAMES}
    for name, journal in journals.items():
        make_eligible(journal, name)
    barrier, won = threading.Barrier(len(NAMES)), list[str]()

    def claim(name: str) -> None:
        claims = Claims(journals[name], configuration)
        node = next(node for node in configuration.graph if node.name == "dev")
        conditions = claims.conditions(configuration.services[name], NOW)
        assert conditions.occupied == {"dev": ()}
        barrier.wait()
        if claims.announce(conditions, node, announced(name)):
            won.append(name)

    threads = [threading.Thread(target=claim, args=(name,)) for name in NAMES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won, Journal(SqlLedger(path, ORIGIN, SIGNER))


@pytest.mark.parametrize("limit", [1, 2])
def test_of_workers_that_claim_at_once_only_as_many_win_as_there_are_slots(tmp_path: Path, limit: int) -> None:
    won, journal = race(tmp_path, limit)

    assert len(won) == limit
    announcements = [entry.service for _, entry in journal.entries() if isinstance(entry, Announced)]
    assert sorted(announcements) == sorted(won)


def test_a_claim_that_was_left_by_a_crash_counts_and_its_owner_may_go_on(tmp_path: Path) -> None:
    configuration = configured(tmp_path, 1)
    (winner,), journal = race(tmp_path / "race", 1)
    claims = Claims(journal, configuration)
    node = next(node for node in configuration.graph if node.name == "dev")
    loser = next(name for name in NAMES if name != winner)

    assert claims.occupied() == {"dev": (announced(winner).candidate,)}
    assert not claims.announce(claims.conditions(configuration.services[loser], NOW), node, announced(loser))
    assert claims.announce(claims.conditions(configuration.services[winner], NOW), node, announced(winner))


def test_a_service_that_is_not_configured_takes_no_slot(tmp_path: Path) -> None:
    (winner,), journal = race(tmp_path / "race", 1)
    configuration = configured(tmp_path, 1)
    services = {name: service for name, service in configuration.services.items() if name != winner}

    assert Claims(journal, replace(configuration, services=services)).occupied() == {"dev": ()}


def test_a_writer_that_looks_again_itself_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    mine, other = (Journal(SqlLedger(path, ORIGIN, SIGNER)) for _ in range(2))
    seen: list[int] = []

    def entries(histories: Mapping[str, History], _: Estate) -> tuple[AnyEntry, ...]:
        seen.append(len(histories))
        if len(seen) > 1:
            return ()
        make_eligible(other, "search")
        mine.history("search")
        return (announced("cart"),)

    assert mine.write_across(entries) == ()
    assert seen == [0, 1]
