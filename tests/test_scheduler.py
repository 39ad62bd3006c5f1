"""The loop around reconcile: timers, reload, back-off, a sick service, and the end of it all.

The reconcilers here are small real ones: they do what their test says and write down when they were asked.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.config import Configuration
from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.reconcile import Report
from promoter.scheduler import Loop, Running, fingerprint
from promoter.strict_yaml import ConfigError
from tests.config.directory import Directory

FAST = timedelta(milliseconds=100)
TROUBLE = OutsideError(Code.OUTSIDE_TIMEOUT, "registry.acme.example did not answer within 30 s")


def until(holds: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until something is so; fails the test when it does not come true in time."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.005)


class Notebook:
    """Writes down every look, and answers as the test told it to; a service without an answer is well."""

    def __init__(self) -> None:
        self.looks: list[str] = []
        self.answers: dict[str, deque[OutsideError | Exception | None]] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.finished: list[str] = []
        self.raises: OutsideError | None = None

    def reconcile(self, name: str) -> Report:
        self.looks.append(name)
        assert self.gate.wait(10)
        if self.raises:
            raise self.raises
        told = self.answers.get(name)
        answer = told.popleft() if told else None
        if isinstance(answer, OutsideError):
            return Report(name, (), answer)
        if answer is not None:
            raise answer
        self.finished.append(name)
        return Report(name, ())


class Lookout:
    """Stands for what looks after the trusted root: writes down when it was asked, and says what the test told it."""

    tick = timedelta(milliseconds=100)

    def __init__(self) -> None:
        self.attended = 0
        self.replaced = False
        self.raises: Exception | None = None

    def attend(self) -> None:
        self.attended += 1
        if self.raises:
            raise self.raises

    def is_replaced(self) -> bool:
        return self.replaced


class Rig:
    """A loop in a thread over a configuration directory of the test's own."""

    def __init__(self, config: Directory) -> None:
        self.config = config
        self.notebook = Notebook()
        self.lookout = Lookout()
        self.roots = 0
        self.builds = 0
        self.faults: deque[Exception] = deque()
        self.poll: timedelta | None = None
        self.workers = 4
        self.watch = 0.02
        self.pause = timedelta(seconds=5)
        self._loop: Loop | None = None
        self._thread: threading.Thread | None = None

    @property
    def loop(self) -> Loop:
        assert self._loop is not None
        return self._loop

    def start(self) -> None:
        build, clock = self._build, SystemClock()
        self._loop = Loop(self.config.path, build, clock, self.workers, self.watch, pause=self.pause)
        self._thread = threading.Thread(target=self._loop.run)
        self._thread.start()

    def _build(self, is_stopping: Callable[[], bool]) -> Running:
        if self.faults:
            raise self.faults.popleft()
        configuration = self.config.load()
        if self.poll:
            main = configuration.promoter.model_copy(update={"poll": self.poll})
            configuration = replace(configuration, promoter=main)
        self.builds += 1
        return Running(configuration, self.notebook, self.lookout, lambda: self._again(configuration))

    def _again(self, configuration: Configuration) -> Running:
        """Take another trusted root over, with the configuration as it was read before."""
        if self.faults:
            raise self.faults[0]
        self.roots += 1
        self.lookout = Lookout()
        return Running(configuration, self.notebook, self.lookout, lambda: self._again(configuration))

    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def end(self) -> None:
        self.notebook.gate.set()
        if self._loop and self._thread:
            self._loop.stop()
            self._thread.join(10)
            assert not self._thread.is_alive()

    def looked(self, name: str, times: int = 1) -> None:
        """Wait until a service was looked at so often."""
        until(lambda: self.notebook.looks.count(name) >= times)

    def settled(self) -> None:
        """Wait until every service was looked at once and has its next timer."""
        for name in ("billing", "cart", "search"):
            until(lambda name=name: name in self.notebook.finished)  # type: ignore[misc]


@pytest.fixture
def rig(config: Directory, caplog: pytest.LogCaptureFixture) -> Iterator[Rig]:
    """Give a loop that is not started yet; it is ended after the test."""
    caplog.set_level(logging.INFO, "promoter")
    rig = Rig(config)
    yield rig
    rig.end()


@pytest.fixture
def config(tmp_path: Path) -> Directory:
    """Give a copy of the example configuration that looks once an hour."""
    directory = Directory(tmp_path)
    directory.replace("promoter.yaml", "poll: 1s", "poll: 1h")
    return directory


def said(caplog: pytest.LogCaptureFixture, level: int = logging.INFO) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "promoter" and record.levelno >= level]


def test_every_service_is_looked_at_at_once_and_then_on_its_timer(rig: Rig) -> None:
    rig.poll = FAST
    rig.start()
    for name in ("billing", "cart", "search"):
        rig.looked(name, 3)


def test_a_service_whose_world_is_silent_waits_twice_as_long_each_time_and_the_others_go_on(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.poll = FAST
    rig.notebook.answers["cart"] = deque([TROUBLE] * 3)
    rig.start()
    rig.looked("cart", 4)
    assert said(caplog, logging.WARNING) == [
        f"cart: {TROUBLE}; next try in 0:00:00.200000",
        f"cart: {TROUBLE}; next try in 0:00:00.400000",
        f"cart: {TROUBLE}; next try in 0:00:00.800000",
    ]
    assert rig.notebook.looks.count("search") > 6


def test_the_wait_begins_anew_after_a_success(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.poll = FAST
    rig.notebook.answers["cart"] = deque([TROUBLE, TROUBLE, None, TROUBLE])
    rig.start()
    rig.looked("cart", 5)
    waits = [text.rpartition(" in ")[2] for text in said(caplog, logging.WARNING)]
    assert waits == ["0:00:00.200000", "0:00:00.400000", "0:00:00.200000"]


@pytest.mark.parametrize(
    ("asked", "wait"),
    [(600.0, timedelta(minutes=10)), (1e9, timedelta(hours=1)), (0.0, timedelta(milliseconds=200))],
)
def test_what_the_other_side_asks_for_is_honoured_up_to_an_hour(
    rig: Rig, caplog: pytest.LogCaptureFixture, asked: float, wait: timedelta
) -> None:
    rig.poll = FAST
    rig.notebook.answers["cart"] = deque([OutsideError(Code.OUTSIDE_RATE_LIMITED, "too many", retry_after=asked)])
    before = SystemClock().now()
    rig.start()
    until(lambda: said(caplog, logging.WARNING))
    assert said(caplog, logging.WARNING)[0].endswith(f"; next try in {wait}")
    due = rig.loop.next_look("cart")
    assert due is not None
    assert wait <= due - before < wait + timedelta(seconds=10)


def test_no_wait_is_longer_than_a_quarter_of_an_hour_unless_the_poll_is(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.notebook.answers["cart"] = deque([TROUBLE])
    rig.start()
    until(lambda: said(caplog, logging.WARNING))
    assert said(caplog, logging.WARNING) == [f"cart: {TROUBLE}; next try in 1:00:00"]


def test_a_bug_stops_its_service_loudly_and_nobody_else(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.poll = FAST
    rig.notebook.answers["cart"] = deque([ZeroDivisionError("a bug of ours")])
    rig.start()
    rig.looked("search", 4)
    (text,) = said(caplog, logging.ERROR)
    assert text.startswith(
        "cart: stopped until the next reload; this is a bug in Promoter, please report it: "
        "ZeroDivisionError('a bug of ours')\n"
    )
    assert "raise answer" in text
    assert rig.notebook.looks.count("cart") == 1
    assert rig.loop.next_look("cart") is None


def test_a_reload_gives_a_stopped_service_another_chance(rig: Rig) -> None:
    rig.notebook.answers["cart"] = deque([ZeroDivisionError("a bug of ours")])
    rig.start()
    until(lambda: "search" in rig.notebook.finished and rig.loop.next_look("cart") is None)
    before = rig.loop.next_look("search")
    rig.loop.reload()
    rig.looked("cart", 2)
    assert rig.loop.next_look("cart") is not None
    assert rig.loop.next_look("search") == before


def test_a_changed_service_is_looked_at_at_once_and_the_timers_of_the_others_run_on(rig: Rig) -> None:
    rig.start()
    rig.settled()
    before = {name: rig.loop.next_look(name) for name in ("billing", "cart", "search")}
    rig.config.replace("services/cart.yaml", '">=1.0.0"', '">=2.0.0"')
    rig.looked("cart", 2)
    until(lambda: rig.loop.next_look("cart") != before["cart"])
    assert {name: rig.loop.next_look(name) for name in ("billing", "search")} == {
        name: before[name] for name in ("billing", "search")
    }


def test_another_policy_is_taken_over_without_touching_a_timer(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.start()
    rig.settled()
    before = {name: rig.loop.next_look(name) for name in ("billing", "cart", "search")}
    rig.config.replace("policies/prod.yaml", "max_age: 7d", "max_age: 6d")
    until(lambda: rig.builds == 2)
    until(lambda: "configuration taken over" in said(caplog))
    assert {name: rig.loop.next_look(name) for name in before} == before


def test_another_pace_gives_every_service_a_new_timer(rig: Rig) -> None:
    rig.start()
    rig.settled()
    rig.config.replace("promoter.yaml", "poll: 1h", "poll: 2h")
    for name in ("billing", "cart", "search"):
        rig.looked(name, 2)


def test_a_new_service_is_looked_at_and_a_removed_one_no_more(rig: Rig) -> None:
    rig.start()
    rig.settled()
    text = (rig.config.path / "services" / "cart.yaml").read_text(encoding="utf-8")
    rig.config.write("services/basket.yaml", text.replace("shop/cart", "shop/basket"))
    rig.looked("basket")
    (rig.config.path / "services" / "cart.yaml").unlink()
    until(lambda: rig.loop.next_look("cart") is None)
    assert rig.loop.next_look("basket") is not None


def test_a_bad_configuration_is_refused_loudly_and_the_last_good_one_stays(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.start()
    rig.settled()
    before = {name: rig.loop.next_look(name) for name in ("billing", "cart", "search")}
    path = rig.config.path / "services" / "cart.yaml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("kind: kustomize", "kind: helm").replace("tag: v{release}", "tag: v"), "utf-8")
    until(lambda: len(said(caplog, logging.ERROR)) == 2)
    kept = "configuration not taken over, the last good one stays"
    assert said(caplog, logging.ERROR) == [
        (
            f"{kept}: {path}:10: targets[0].kind: not 'helm' "
            "(allowed: flux-helm-release, flux-oci-repository, helm-values, kustomize, manifest)"
        ),
        f"{kept}: {path}:5: source.tag: must hold {{release}} once, and no other braces (it is 'v')",
    ]
    assert {name: rig.loop.next_look(name) for name in before} == before
    assert rig.builds == 1
    path.write_text(good, encoding="utf-8")
    until(lambda: rig.builds == 2)
    assert {name: rig.loop.next_look(name) for name in before} == before


def test_a_world_that_does_not_answer_at_a_reload_is_asked_again(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.start()
    rig.settled()
    rig.faults += [TROUBLE, TROUBLE]
    rig.loop.reload()
    until(lambda: rig.builds == 2)
    assert said(caplog, logging.ERROR) == [
        f"configuration not taken over yet, the last good one stays: {TROUBLE}"
    ] * 2  # fmt: skip
    assert rig.is_running()


def test_a_reload_that_breaks_without_a_named_problem_ends_nobody(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.start()
    rig.settled()
    rig.faults += [ValueError("Port out of range 0-65535"), PermissionError("a token file")]
    rig.loop.reload()
    until(lambda: len(said(caplog, logging.ERROR)) == 1)
    rig.loop.reload()
    until(lambda: len(said(caplog, logging.ERROR)) == 2)
    rig.loop.reload()
    until(lambda: rig.builds == 2)
    kept = "configuration not taken over, the last good one stays"
    assert said(caplog, logging.ERROR) == [
        f"{kept}: ValueError('Port out of range 0-65535')",
        f"{kept}: PermissionError('a token file')",
    ]
    assert rig.is_running()


def test_a_world_that_fails_by_raising_is_waited_for_and_is_no_bug(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    rig.poll = FAST
    rig.notebook.raises = OutsideError(Code.OUTSIDE_TIMEOUT, "the ledger is locked")
    rig.start()
    until(lambda: said(caplog, logging.WARNING))
    assert said(caplog, logging.ERROR) == []
    rig.notebook.raises = None
    rig.settled()


def test_a_reload_is_taken_at_once_even_where_no_file_changed(rig: Rig) -> None:
    rig.watch = 3600.0
    rig.start()
    rig.settled()
    rig.loop.reload()
    until(lambda: rig.builds == 2)


EXCEPTION = f"""
codes: [scan.stale]
environments: [dev]
digests: ["sha256:{0:064}"]
owner: team-cart
reason: the scanner is down
requested_by: rosa
not_before: 2026-11-21T12:00:00Z
expires: 2026-11-22T12:00:00Z
"""
FREEZES = "freezes: [{id: closed, reason: books, zone: UTC, from: 2026-12-18T18:00, until: 2027-01-04T08:00}]\n"
DENIALS = f'denials: [{{id: bad-build, digest: "sha256:{0:064}", reason: INC-812}}]\n'


@pytest.mark.parametrize(
    ("file", "text", "read"),
    [
        ("exceptions/EX-1.yaml", EXCEPTION, lambda now: [one.exception.id for one in now.exceptions] == ["EX-1"]),
        ("freezes.yaml", FREEZES, lambda now: [one.id for one in now.freezes.freezes] == ["closed"]),
        ("deny.yaml", DENIALS, lambda now: [one.id for one in now.denials] == ["bad-build"]),
    ],
)
def test_a_changed_exception_freeze_or_denial_is_taken_over_and_every_service_looked_at_by_it(
    rig: Rig, file: str, text: str, read: Callable[[Configuration], bool]
) -> None:
    rig.pause = timedelta(0)
    rig.start()
    rig.settled()
    before = rig.loop.configuration.bundle.digest
    rig.config.write(file, text)
    until(lambda: read(rig.loop.configuration))
    assert rig.loop.configuration.bundle.digest != before
    for name in ("billing", "cart", "search"):
        rig.looked(name, 2)


def test_the_end_waits_for_what_is_under_way_and_begins_nothing_new(rig: Rig) -> None:
    rig.workers = 1
    rig.watch = 3600.0
    rig.notebook.gate.clear()
    rig.start()
    until(lambda: len(rig.notebook.looks) == 1)
    rig.loop.stop()
    assert rig.loop.is_stopping()
    time.sleep(0.05)
    assert rig.is_running()
    rig.notebook.gate.set()
    until(lambda: not rig.is_running())
    assert rig.notebook.finished == rig.notebook.looks
    assert len(rig.notebook.looks) == 1


def test_two_looks_at_one_service_never_overlap(rig: Rig) -> None:
    rig.poll = FAST
    rig.notebook.gate.clear()
    rig.start()
    until(lambda: len(rig.notebook.looks) == 3)
    time.sleep(0.35)
    assert sorted(rig.notebook.looks) == ["billing", "cart", "search"]


def test_the_trusted_root_is_looked_after_on_its_own_timer_whatever_goes_wrong_with_it(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.lookout.raises = OutsideError(Code.OUTSIDE_UNREACHABLE, "refresh.json cannot be read")
    rig.start()
    rig.settled()
    until(lambda: rig.lookout.attended >= 3)
    told = "the trusted root cannot be looked after: outside.unreachable: refresh.json cannot be read"
    assert set(said(caplog, logging.WARNING)) == {told}
    rig.lookout.raises = None
    before = rig.lookout.attended
    until(lambda: rig.lookout.attended >= before + 2)


def test_another_trusted_root_is_taken_over_without_a_new_look_at_the_configuration(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.start()
    rig.settled()
    before = {name: rig.loop.next_look(name) for name in ("billing", "cart", "search")}
    rig.config.replace("services/cart.yaml", "image:", "imgae:")  # a mistake elsewhere keeps no old root in force
    until(lambda: said(caplog, logging.ERROR))
    first = rig.lookout
    first.replaced = True
    until(lambda: rig.roots == 1)
    until(lambda: "trusted root taken over" in said(caplog))
    assert (rig.builds, rig.lookout is first) == (1, False)
    assert {name: rig.loop.next_look(name) for name in before} == before
    attended = rig.lookout.attended
    until(lambda: rig.lookout.attended > attended)


def test_a_trusted_root_that_cannot_be_used_is_not_taken_over_and_is_told_once(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.start()
    rig.settled()
    rig.faults.append(ConfigError("trust.root: r.json: not a usable trusted root"))
    rig.lookout.replaced = True
    until(lambda: said(caplog, logging.ERROR))
    time.sleep(0.1)
    kept = "trusted root not taken over, the last good one stays"
    assert said(caplog, logging.ERROR) == [f"{kept}: trust.root: r.json: not a usable trusted root"]
    rig.faults.clear()
    until(lambda: rig.roots == 1)


def test_the_fingerprint_changes_with_names_and_bytes_of_what_is_read(config: Directory) -> None:
    seen = [fingerprint(config.path)]
    config.write("README.md", "not read")
    assert fingerprint(config.path) == seen[0]
    config.replace("promoter.yaml", "poll: 1h", "poll: 2h")
    seen.append(fingerprint(config.path))
    (config.path / "services" / "cart.yaml").rename(config.path / "services" / "trolley.yaml")
    seen.append(fingerprint(config.path))
    config.write("trust/trusted_root.json", "{}")
    seen.append(fingerprint(config.path))
    (config.path / "services" / "gone.yaml").symlink_to("nowhere")
    seen.append(fingerprint(config.path))
    assert len(set(seen)) == 5


# --- hints ------------------------------------------------------------------------------------------------------------


def test_a_service_that_is_woken_is_looked_at_long_before_its_time(rig: Rig) -> None:
    rig.pause = timedelta(0)
    rig.poll = timedelta(hours=1)
    rig.start()
    rig.settled()
    rig.loop.wake(["cart", "nobody"])
    rig.looked("cart", 2)
    assert (rig.notebook.looks.count("billing"), rig.notebook.looks.count("search")) == (1, 1)


def test_however_often_it_is_woken_it_is_looked_at_once_in_a_pause(rig: Rig) -> None:
    rig.pause = timedelta(seconds=1)
    rig.poll = timedelta(hours=1)
    rig.start()
    rig.settled()
    begun = time.monotonic()
    while time.monotonic() < begun + 1.5:
        rig.loop.wake(["cart"])
        time.sleep(0.005)
    assert rig.notebook.looks.count("cart") in {2, 3}


def test_one_that_is_woken_while_it_is_looked_at_is_looked_at_once_more(rig: Rig) -> None:
    rig.pause = timedelta(0)
    rig.poll = timedelta(hours=1)
    rig.notebook.gate.clear()
    rig.start()
    rig.looked("cart")
    for _ in range(5):
        rig.loop.wake(["cart"])
    rig.notebook.gate.set()
    rig.looked("cart", 2)
    time.sleep(0.1)
    assert rig.notebook.looks.count("cart") == 2


def test_one_that_waits_for_a_silent_world_goes_on_waiting(rig: Rig) -> None:
    rig.pause = timedelta(0)
    rig.poll = timedelta(hours=1)
    rig.notebook.answers["cart"] = deque([TROUBLE])
    rig.start()
    rig.looked("cart")
    until(lambda: "billing" in rig.notebook.finished and (due := rig.loop.next_look("cart")) and due)
    time.sleep(0.05)
    planned = rig.loop.next_look("cart")
    rig.loop.wake(["cart"])
    assert rig.loop.next_look("cart") == planned
    assert rig.notebook.looks.count("cart") == 1
