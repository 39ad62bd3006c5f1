"""The trusted root in use: when it is refreshed, what a failure leaves, which alarms sound, when it is refused."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promoter.adapters.trust_files import KeptRootStore, OwnRootFile
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.core.trust_root import AgeLimits, RootAge
from promoter.ports import OutsideError, TrustRoot
from promoter.trust import AgeingSignatures, Refreshed, RootInUse, RootRefresh, RootWatch
from promoter.wiring import make_signatures
from tests.adapters.bundles import trusted_root
from tests.config.directory import Directory

URL = "https://tuf.acme.example"
START = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIMITS = AgeLimits(3 * DAY, 14 * DAY)
SILENT = OutsideError(Code.OUTSIDE_TIMEOUT, "the trusted root of URL: no answer")
ONE = trusted_root()
TWO = ONE + b"\n"
OWN = "goes with tuf only: a root that is a file is yours to renew"
DATE = "2026-11-01 12:00:00Z"


class Hands:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time


class Publisher:
    """Publishes a root, or does not answer."""

    name = URL

    def __init__(self) -> None:
        self.answer: bytes | OutsideError = ONE
        self.asked = 0

    def fetch(self) -> bytes:
        self.asked += 1
        if isinstance(self.answer, OutsideError):
            raise self.answer
        return self.answer


class Rig:
    """A kept root with everything around it."""

    def __init__(self, folder: Path) -> None:
        self.clock = Hands()
        self.publisher = Publisher()
        self.store = KeptRootStore(folder / "trust", URL)
        self.root = RootInUse(self.store, LIMITS, self.clock)
        self.refresh = RootRefresh(self.store, self.publisher, make_signatures, DAY, self.clock)

    def watch(self, used: bytes = ONE) -> RootWatch:
        return RootWatch(self.root, self.refresh, digest_of(used))


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """Give what was logged since the last question."""
    found = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "promoter"]
    caplog.clear()
    return found


def test_the_first_root_is_fetched_and_what_comes_next_is_told_from_it(rig: Rig) -> None:
    assert rig.refresh.run() == Refreshed(None, ONE)
    assert rig.refresh.run() == Refreshed(ONE, ONE)
    rig.publisher.answer = TWO
    assert rig.refresh.run() == Refreshed(ONE, TWO)
    assert rig.root.load().raw == TWO


def test_a_root_that_is_not_kept_yet_is_an_error(rig: Rig) -> None:
    with pytest.raises(OutsideError) as caught:
        rig.root.load()
    assert (
        str(caught.value) == f"outside.not-found: no trusted root from {URL} is kept yet; run `promoter trust update`"
    )


def test_a_failure_leaves_the_root_and_its_date_and_stands_in_the_record(rig: Rig) -> None:
    rig.refresh.run()
    rig.clock.time += 2 * DAY
    rig.publisher.answer = SILENT
    with pytest.raises(OutsideError):
        rig.refresh.run()
    kept = rig.root.load()
    assert (kept.raw, kept.record.refreshed, kept.record.failure) == (ONE, START, str(SILENT))


@pytest.mark.parametrize("raw", [b"{}", b"", b'{"mediaType": "application/vnd.dev.sigstore.trustedroot+json"}'])
def test_a_root_that_verifies_and_cannot_be_used_does_not_replace_one_that_can(rig: Rig, raw: bytes) -> None:
    rig.refresh.run()
    rig.publisher.answer = raw
    with pytest.raises(OutsideError) as caught:
        rig.refresh.run()
    assert caught.value.code is Code.OUTSIDE_BAD_ANSWER
    assert caught.value.detail.startswith(f"what is published verifies and cannot be used: {URL}: not a usable")
    assert rig.root.load().raw == ONE


def test_a_refresh_is_due_at_first_then_on_its_day_and_sooner_while_it_fails(rig: Rig) -> None:
    assert rig.refresh.is_due()
    rig.refresh.run()
    assert not rig.refresh.is_due()
    rig.clock.time += DAY - timedelta.resolution
    assert not rig.refresh.is_due()
    rig.clock.time += timedelta.resolution
    assert rig.refresh.is_due()
    rig.publisher.answer = SILENT
    with pytest.raises(OutsideError):
        rig.refresh.run()
    assert not rig.refresh.is_due()
    rig.clock.time += HOUR
    assert rig.refresh.is_due()


def test_the_first_refresh_too_is_tried_again_only_after_a_while(rig: Rig) -> None:
    rig.publisher.answer = SILENT
    with pytest.raises(OutsideError):
        rig.refresh.run()
    assert not rig.refresh.is_due()
    rig.clock.time += HOUR
    assert rig.refresh.is_due()


def test_a_root_that_was_tampered_with_is_fetched_again(rig: Rig) -> None:
    rig.refresh.run()
    rig.store.place.write_bytes(TWO)
    rig.clock.time += HOUR
    assert rig.refresh.is_due()


def test_the_alarm_sounds_before_the_refusal_and_both_say_since_when(rig: Rig) -> None:
    rig.refresh.run()
    since = f"the trusted root from {URL} was refreshed last at {DATE}"
    found = []
    for age in (3 * DAY, 3 * DAY + HOUR, 14 * DAY, 14 * DAY + HOUR):
        rig.clock.time = START + age
        found.append((rig.root.standing().age, rig.root.standing().sentence))
    old = f"{since}, more than 3d ago: nothing will be verified with it from 2026-11-15 12:00:00Z on"
    assert found == [
        (RootAge.YOUNG, ""),
        (RootAge.OLD, old),
        (RootAge.OLD, old),
        (RootAge.TOO_OLD, f"{since}, more than 14d ago: nothing is verified with it"),
    ]


def test_a_failing_refresh_is_told_while_the_root_is_young(rig: Rig) -> None:
    rig.refresh.run()
    rig.clock.time += DAY
    rig.publisher.answer = SILENT
    with pytest.raises(OutsideError):
        rig.refresh.run()
    assert rig.root.standing().age is RootAge.YOUNG
    assert rig.root.standing().sentence == f"it could not be refreshed at 2026-11-02 12:00:00Z: {SILENT}"


def signatures(rig: Rig) -> AgeingSignatures:
    return AgeingSignatures(make_signatures(rig.root.load().raw, "the kept root"), rig.root)


def trouble(root: TrustRoot) -> str | None:
    return root.trouble.detail if root.trouble else None


def test_a_root_is_told_with_its_bytes_and_refused_once_it_is_too_old_until_it_is_refreshed(rig: Rig) -> None:
    rig.refresh.run()
    found = signatures(rig)
    assert found.root() == TrustRoot(digest_of(ONE), ONE)
    rig.clock.time += 14 * DAY
    assert trouble(found.root()) is None
    rig.clock.time += HOUR
    refusal = (
        f"the trusted root from {URL} was refreshed last at {DATE}, more than 14d ago: nothing is verified with it"
    )
    assert (found.root().raw, trouble(found.root())) == (ONE, refusal)
    rig.clock.time += 100 * DAY
    assert trouble(found.root()) == refusal  # the same for as long as it lasts
    rig.refresh.run()
    assert trouble(found.root()) is None


def test_a_root_that_was_replaced_is_not_used_any_more(rig: Rig) -> None:
    rig.refresh.run()
    found = signatures(rig)
    rig.publisher.answer = TWO
    rig.refresh.run()
    assert trouble(found.root()) == f"the trusted root was replaced by {digest_of(TWO)}, which is used next"
    assert trouble(signatures(rig).root()) is None


def test_a_record_that_is_gone_or_cannot_be_read_refuses_the_root(rig: Rig) -> None:
    rig.refresh.run()
    found = signatures(rig)
    record = rig.store.place.parent / "refresh.json"
    record.unlink()
    unknown = "when the trusted root was refreshed last is not known: nothing is verified with it"
    assert trouble(found.root()) == unknown
    record.mkdir()
    untold = f"when the trusted root was refreshed cannot be told: {record} cannot be read: Is a directory"
    assert trouble(found.root()) == untold


def test_the_bot_refreshes_on_time_and_sounds_each_alarm(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "promoter")
    watch = rig.watch()
    watch.attend()
    assert said(caplog) == [("INFO", "the trusted root is refreshed: it has changed")]
    rig.clock.time += DAY
    watch.attend()
    watch.attend()
    assert said(caplog) == [("INFO", "the trusted root is refreshed")]
    rig.publisher.answer = SILENT
    rig.clock.time += DAY
    watch.attend()
    warning = ("WARNING", f"the trusted root could not be refreshed: {SILENT}; next try in 1:00:00")
    assert said(caplog) == [warning]
    rig.clock.time += 3 * DAY
    watch.attend()
    watch.attend()
    (first, (level, alarm)) = said(caplog)
    assert (first, level) == (warning, "ERROR")
    assert alarm.startswith(f"the trusted root from {URL} was refreshed last at 2026-11-02 12:00:00Z, more than 3d ago")
    rig.publisher.answer = ONE
    rig.clock.time += HOUR
    watch.attend()
    assert said(caplog) == [("INFO", "the trusted root is refreshed")]
    assert rig.publisher.asked == 5


def test_another_root_in_its_place_is_seen_whoever_put_it_there(rig: Rig) -> None:
    rig.refresh.run()
    watch = rig.watch()
    rig.refresh.run()
    assert not watch.is_replaced()
    rig.publisher.answer = TWO
    rig.refresh.run()
    assert watch.is_replaced()
    assert not rig.watch(TWO).is_replaced()
    (rig.store.place.parent / "refresh.json").unlink()
    assert not watch.is_replaced()  # what is gone is not another one


def test_a_file_of_the_operators_is_only_old_where_limits_are_set(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, place = Hands(), tmp_path / "root.json"
    place.write_bytes(ONE)
    store = OwnRootFile(place)
    record = store.record()
    assert record
    assert record.refreshed
    clock.time = record.refreshed + 1000 * DAY
    assert RootInUse(store, AgeLimits(), clock).standing().age is RootAge.YOUNG
    root = RootInUse(store, AgeLimits(30 * DAY, None), clock)
    assert root.standing().sentence.endswith(", more than 30d ago: it is used all the same")
    assert root.trouble(digest_of(ONE)) is None
    refused = RootInUse(store, AgeLimits(None, timedelta(hours=36)), clock).trouble(digest_of(ONE))
    assert refused
    assert refused.detail.endswith(", more than 36h ago: nothing is verified with it")
    watch = RootWatch(root, None, digest_of(ONE))
    watch.attend()
    watch.attend()
    assert [level for level, _ in said(caplog)] == ["ERROR"]


@pytest.mark.parametrize(
    ("trust", "problem"),
    [
        (
            "root: r.json\n  refresh: 1d",
            f"26: trust.refresh: {OWN}",
        ),
        (
            "root: r.json\n  bootstrap: b",
            f"26: trust.bootstrap: {OWN}",
        ),
        ("tuf: https://t\n  warn_after: 14d", "26: trust.warn_after: must be shorter than refuse_after (14d)"),
        ("tuf: https://t\n  refuse_after: 3d", "24: trust.warn_after: must be shorter than refuse_after (3d)"),
        ("tuf: https://t\n  refresh: 3d", "26: trust.refresh: must be shorter than warn_after (3d)"),
        (
            "root: r.json\n  warn_after: 2d\n  refuse_after: 1d",
            "26: trust.warn_after: must be shorter than refuse_after (1d)",
        ),
    ],
)
def test_ages_that_cannot_be_meant_are_refused(config: Directory, trust: str, problem: str) -> None:
    config.replace("promoter.yaml", "root: ${PROMOTER_TRUSTED_ROOT:-trust/trusted_root.json}", trust)
    assert config.problems() == (f"promoter.yaml:{problem}",)


def limits(config: Directory, trust: str) -> AgeLimits:
    config.replace("promoter.yaml", "root: ${PROMOTER_TRUSTED_ROOT:-trust/trusted_root.json}", trust)
    return config.load().promoter.trust.limits


@pytest.fixture
def config(tmp_path: Path) -> Directory:
    return Directory(tmp_path)


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        ("tuf: https://t", AgeLimits(3 * DAY, 14 * DAY)),
        ("tuf: https://t\n  warn_after: 5d\n  refuse_after: 6d", AgeLimits(5 * DAY, 6 * DAY)),
        ("root: r.json", AgeLimits()),
        ("root: r.json\n  refuse_after: 90d", AgeLimits(None, 90 * DAY)),
    ],
)
def test_what_is_fetched_has_limits_and_a_file_only_those_it_is_given(
    config: Directory, trust: str, expected: AgeLimits
) -> None:
    assert limits(config, trust) == expected
