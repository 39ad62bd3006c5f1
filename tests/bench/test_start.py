"""How long a start takes: the histories of all services are folded from the whole ledger."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from promoter.adapters.ledger_sql import SqlLedger
from promoter.core.candidate import Candidate, digest_of
from promoter.core.canonical import canonical
from promoter.core.eligibility import Eligibility, EligibilityEvent
from promoter.core.record import (
    Announced,
    AnyEntry,
    Checked,
    Decided,
    EligibilityMoved,
    PinSeen,
    ReleaseResolved,
    StandingMoved,
)
from promoter.core.standing import Standing, StandingEvent
from promoter.journal import Journal
from tests.fakes.ledger import ORIGIN, SIGNER

ENVIRONMENTS = ("dev", "staging")
STEPS = 12  # entries of one release in one environment
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def travel(service: str, number: int) -> Iterator[AnyEntry]:
    """Give the entries of one release that passes through every environment."""
    release = f"1.0.{number}"
    digest = digest_of(f"{service} {release}".encode())
    resolved = ReleaseResolved(
        at=BEGIN + timedelta(hours=number),
        service=service,
        release=release,
        digest=digest,
        media_type="application/vnd.oci.image.manifest.v1+json",
        refs=(digest,),
    )
    yield resolved
    for environment in ENVIRONMENTS:
        yield from stay(resolved.candidate, environment, resolved.at)


def stay(candidate: Candidate, environment: str, at: datetime) -> Iterator[AnyEntry]:
    """Give the entries of a release in one environment: proposed, approved, merged, soaked, and at last replaced."""
    digest = candidate.digest
    head = hashlib.sha1(digest.encode(), usedforsecurity=False).hexdigest()
    where: dict[str, Any] = {"at": at, "service": candidate.service, "environment": environment}
    about = where | {"release": candidate.release, "digest": digest}
    decided: dict[str, Any] = {"outcome": "pass", "codes": (), "key": digest, "decision": digest, "refs": (digest,)}
    yield EligibilityMoved(**about, event=EligibilityEvent.RESOLVED, state=Eligibility.DISCOVERED)
    yield EligibilityMoved(**about, event=EligibilityEvent.CLEARED, state=Eligibility.ELIGIBLE)
    yield Decided(**about, phase="propose", **decided)
    yield Announced(**about, act="propose", branch=f"promote/{environment}", parent=head, head=head)
    yield StandingMoved(**about, event=StandingEvent.PR_OPENED, state=Standing.PROPOSED, number=7, head=head)
    yield Checked(**about, number=7, head=head, state="success", summary="eligible")
    yield StandingMoved(**about, event=StandingEvent.APPROVED, state=Standing.APPROVED, actor="mia (7)")
    yield Decided(**about, phase="merge", **decided)
    yield StandingMoved(**about, event=StandingEvent.MERGED, state=Standing.PROMOTED, commit=head, refs=(digest,))
    yield PinSeen(**where, tag=candidate.release, digest=digest, commit=head, how="promoted")
    yield StandingMoved(**about, event=StandingEvent.SOAKED, state=Standing.SETTLED)
    yield StandingMoved(**about, event=StandingEvent.NEWER_MERGED, state=Standing.REPLACED)


def fill(ledger: SqlLedger, services: int, releases: int) -> None:
    """Append every service's entries, a release at a time."""
    for number in range(services):
        for release in range(releases):
            entries = tuple(canonical(entry) for entry in travel(f"app-{number}", release))
            ledger.append(entries, ledger.head())


@pytest.mark.bench
@pytest.mark.parametrize(("services", "releases"), [(1000, 4), (10, 400)])
def test_100000_entries_are_folded_at_a_start(
    services: int, releases: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(SqlLedger(tmp_path / "ledger.sqlite", ORIGIN, SIGNER)) as ledger:
        fill(ledger, services, releases)
        size = ledger.head().size
        journal, began = Journal(ledger), time.monotonic()
        known = journal.services()
        spent = time.monotonic() - began
        last = journal.history("app-9")
    stored = (tmp_path / "ledger.sqlite").stat().st_size
    with capsys.disabled():
        print(  # noqa: T201 - a benchmark's figures
            f"\n{size} entries, {services} services with {releases} releases each ({stored / 2**20:.0f} MB): "
            f"folded in {spent:.1f} s, {1e6 * spent / size:.0f} us an entry"
        )
    assert size == services * releases * (1 + STEPS * len(ENVIRONMENTS)) == 100_000
    assert len(known) == services
    assert len(last.known) == releases
    assert {spot.standing for spot in last.spots.values()} == {Standing.REPLACED}
