"""The bot's loop: one timer per service, reload without losing a timer, back-off for one without stopping the others.

Polling only says *when* to reconcile. A service whose world does not answer waits longer each time; a bug in our code
stops that one service loudly until the next reload. SIGTERM lets the action under way finish.
"""

import hashlib
import logging
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol

from apscheduler.events import EVENT_JOB_ERROR, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from promoter.config import Configuration
from promoter.core.escape import one_line
from promoter.ports import Clock, OutsideError
from promoter.reconcile import Report
from promoter.strict_yaml import ConfigError

_LOG = logging.getLogger("promoter")
_TEXT = 1000  # characters of an error in one line
_TRUST = "trusted root"  # the name of its timer, which no service can have
_LONGEST_WAIT = timedelta(minutes=15)
_LONGEST_ASKED = timedelta(hours=1)  # that another side may ask us to wait
_WAKE_PAUSE = timedelta(seconds=5)  # between the beginnings of two looks at a service, however often it is woken
_BREATH = timedelta(seconds=1)  # a look ends before the scheduler takes the next one for its second instance


class Reconciles(Protocol):
    """Brings one service to rest; what the world did not answer is in the report, never raised."""

    def reconcile(self, name: str) -> Report: ...


class Watches(Protocol):
    """Keeps the trusted root up to date, and sees that another one is in its place."""

    @property
    def tick(self) -> timedelta:
        """How often `attend` is called."""

    def attend(self) -> None:
        """Do what is due; what fails outside is logged or raised as OutsideError."""

    def is_replaced(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Chore:
    """Something that is done at a pace of its own beside the services; `do` may raise OutsideError."""

    name: str  # one that no service can have: it holds a space
    tick: timedelta
    do: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Running:
    """What the loop runs with: a configuration that was good, and the reconciler made for it with its trusted root.

    `again` makes the same anew, with the trusted root that is in place then.
    """

    configuration: Configuration
    reconciler: Reconciles
    trust: Watches | None = None
    again: "Callable[[], Running] | None" = None
    chores: tuple[Chore, ...] = ()


Build = Callable[[Callable[[], bool]], Running]
"""Reads the configuration and builds the world; is given what tells the reconciler to stop between two actions."""


class Loop:
    """Runs every service's reconcile on its timer until it is told to stop."""

    def __init__(
        self,
        directory: Path,
        build: Build,
        clock: Clock,
        workers: int = 4,
        watch: float = 2.0,
        *,
        pause: timedelta = _WAKE_PAUSE,
    ) -> None:
        """Build what runs; `watch` are the seconds between looks at the configuration's files.

        `pause` is the least time between two looks at a service that is woken again and again.

        Raises ConfigError and OutsideError where the first configuration cannot be used.
        """
        self._directory = directory
        self._build = build
        self._clock = clock
        self._watch = watch
        self._wakes: SimpleQueue[None] = SimpleQueue()  # its put, unlike an event's set, is safe in a signal handler
        self._is_stopping = False
        self._seen = fingerprint(directory)
        self._running = build(self.is_stopping)
        self._failures: dict[str, int] = {}
        self._pause = pause
        self._waking = threading.Lock()  # held for the three below
        self._began: dict[str, datetime] = {}  # the last look
        self._busy: set[str] = set()
        self._again: set[str] = set()  # woken while they were looked at
        self._refused_root = ""
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(workers)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        self._scheduler.add_listener(self._broken, EVENT_JOB_ERROR)

    def run(self) -> None:
        """Run until `stop`; returns when the last action is finished."""
        self._schedule(None)
        self._scheduler.start()
        while not self._is_stopping:
            is_asked = self._rest()
            now = fingerprint(self._directory)
            if not self._is_stopping and (is_asked or now != self._seen):
                self._seen = now
                self._take_new()
            if not self._is_stopping:
                self._take_new_root()
        self._scheduler.pause()
        self._scheduler.shutdown(wait=True)

    def stop(self) -> None:
        """End the loop: no new work begins, the action under way is finished. Safe in a signal handler."""
        self._is_stopping = True
        self._wakes.put(None)

    def reload(self) -> None:
        """Read the configuration again soon. Safe in a signal handler."""
        self._wakes.put(None)

    def wake(self, names: Iterable[str]) -> None:
        """Look at services soon; safe in any thread, and as often as anybody likes.

        Each is looked at once per pause at most; one that is being looked at now is looked at once more. One that
        waits for a world that does not answer goes on waiting, and one that is not configured is nobody's.
        """
        for name in names:
            with self._waking:
                if name in self._busy:
                    self._again.add(name)
                    continue
            self._advance(name, timedelta(0))

    @property
    def configuration(self) -> Configuration:
        """The configuration that is in use now."""
        return self._running.configuration

    def is_stopping(self) -> bool:
        """Tell whether the loop was told to stop."""
        return self._is_stopping

    def next_look(self, name: str) -> datetime | None:
        """Tell when a service is looked at next; None where it has no timer."""
        job = self._scheduler.get_job(name)
        found: datetime | None = job.next_run_time if job else None
        return found

    def _rest(self) -> bool:
        """Wait until somebody asks for something or it is time to look at the files; tells which."""
        try:
            self._wakes.get(timeout=self._watch)
        except Empty:
            return False
        return True

    def _take_new(self) -> None:
        """Take a new configuration over if it is good, else keep the last good one and say so."""
        try:
            fresh = self._build(self.is_stopping)
        except ConfigError as error:
            for problem in error.problems:
                _LOG.error("configuration not taken over, the last good one stays: %s", problem)
            return
        except OutsideError as error:
            _LOG.error("configuration not taken over yet, the last good one stays: %s", error)
            self._seen = ""  # tried again at the next look
            return
        except (ValueError, OSError) as error:  # no problem that we name, yet none that may end a bot that runs
            _LOG.error("configuration not taken over, the last good one stays: %r", error)
            return
        before, self._running = self._running, fresh
        self._schedule(before.configuration, before.chores)
        _LOG.info("configuration taken over")
        if _urgent(fresh.configuration) != _urgent(before.configuration):
            self.wake(fresh.configuration.services)

    def _take_new_root(self) -> None:
        """Take another trusted root over where one was put into place; nothing is judged with two roots at once."""
        running = self._running
        if running.trust is None or running.again is None or not running.trust.is_replaced():
            return
        try:
            self._running = running.again()
        except (ConfigError, OutsideError, ValueError, OSError) as error:
            if str(error) != self._refused_root:
                told = one_line(str(error), _TEXT)
                _LOG.error("trusted root not taken over, the last good one stays: %s", told)
            self._refused_root = str(error)
            return
        self._refused_root = ""
        _LOG.info("trusted root taken over")

    def _attend(self) -> None:
        """Look after the trusted root on its timer."""
        trust = self._running.trust
        if trust is None or self._is_stopping:
            return
        try:
            trust.attend()
        except OutsideError as error:
            _LOG.error("the trusted root cannot be looked after: %s", error)

    def _chore(self, name: str) -> None:
        """Do a chore of the configuration that is in force now."""
        chore = next((one for one in self._running.chores if one.name == name), None)
        if chore is None or self._is_stopping:
            return
        try:
            chore.do()
        except OutsideError as error:
            _LOG.error("%s: %s", name, one_line(str(error), _TEXT))

    def _schedule_chores(self, before: tuple[Chore, ...]) -> None:
        """Give every chore its timer anew, which begins at once: with other rules it may find something else."""
        for chore in self._running.chores:
            trigger = IntervalTrigger(seconds=max(chore.tick.total_seconds(), 0.1))
            self._scheduler.add_job(
                self._chore,
                trigger,
                args=(chore.name,),
                id=chore.name,
                replace_existing=True,
                next_run_time=self._clock.now(),
            )
        for name in {chore.name for chore in before} - {chore.name for chore in self._running.chores}:
            self._remove(name)

    def _schedule_trust(self) -> None:
        """Give the trusted root its timer; a new configuration may have another pace."""
        trust = self._running.trust
        if trust is None:
            return
        trigger, now = IntervalTrigger(seconds=max(trust.tick.total_seconds(), 0.1)), self._clock.now()
        self._scheduler.add_job(self._attend, trigger, id=_TRUST, replace_existing=True, next_run_time=now)

    def _schedule(self, before: Configuration | None, chores: tuple[Chore, ...] = ()) -> None:
        """Give every new, changed or stopped service a timer; timers of what did not change run on."""
        now = self._running.configuration
        for name, service in now.services.items():
            is_same = before and before.services.get(name) == service and before.promoter.poll == now.promoter.poll
            if not is_same or self._scheduler.get_job(name) is None:
                self._failures.pop(name, None)
                self._add(name, now.promoter.poll)
        for name in set(before.services if before else ()) - set(now.services):
            self._remove(name)
        self._schedule_trust()
        self._schedule_chores(chores)

    def _add(self, name: str, poll: timedelta) -> None:
        seconds = max(poll.total_seconds(), 0.1)
        trigger = IntervalTrigger(seconds=seconds, jitter=seconds / 10)
        first = self._clock.now()
        self._scheduler.add_job(self._once, trigger, args=(name,), id=name, replace_existing=True, next_run_time=first)

    def _remove(self, name: str) -> None:
        try:
            self._scheduler.remove_job(name)
        except JobLookupError:
            _LOG.info("%s was not scheduled", name)

    def _advance(self, name: str, least: timedelta) -> None:
        """Bring a service's next look forward, as far as pause and back-off let it."""
        now = self._clock.now()
        with self._waking:
            due = max(now + least, self._began.get(name, now - self._pause) + self._pause)
        planned = self.next_look(name)
        if name in self._failures or planned is None or planned <= due:
            return
        try:
            self._scheduler.modify_job(name, next_run_time=due)
        except JobLookupError:
            _LOG.info("%s is not scheduled any more", name)

    def _once(self, name: str) -> None:
        """Reconcile one service on its timer, and soon again if it was woken meanwhile."""
        with self._waking:
            self._busy.add(name)
            self._began[name] = self._clock.now()
        try:
            self._look(name)
        finally:
            with self._waking:
                is_asked = name in self._again
                self._busy.discard(name)
                self._again.discard(name)
        if is_asked:
            self._advance(name, _BREATH)

    def _look(self, name: str) -> None:
        running = self._running
        if self._is_stopping or name not in running.configuration.services:
            return
        report = _reconcile(running.reconciler, name)
        for action in report.actions:
            _LOG.debug("%s: %s", name, action)
        if report.trouble is None:
            self._failures.pop(name, None)
            return
        wait = self._back_off(name, report.trouble.retry_after)
        _LOG.warning("%s: %s; next try in %s", name, report.trouble, wait)

    def _broken(self, event: JobExecutionEvent) -> None:
        """Stop a service whose reconcile raised: what is no OutsideError is our bug, and others must go on."""
        _LOG.error(
            "%s: stopped until the next reload; this is a bug in Promoter, please report it: %r\n%s",
            event.job_id,
            event.exception,
            event.traceback,
        )
        self._remove(event.job_id)

    def _back_off(self, name: str, retry_after: float | None) -> timedelta:
        """Move a service's next run away: twice as far for each failure in a row, or as the other side asked."""
        poll = self._running.configuration.promoter.poll
        count = self._failures[name] = self._failures.get(name, 0) + 1
        wait = max(min(poll * float(2 ** min(count, 20)), _LONGEST_WAIT), poll)
        if retry_after is not None:
            wait = max(wait, timedelta(seconds=min(retry_after, _LONGEST_ASKED.total_seconds())))
        try:
            self._scheduler.modify_job(name, next_run_time=self._clock.now() + wait)
        except JobLookupError:
            _LOG.info("%s is not scheduled any more", name)
        return wait


def _reconcile(reconciler: Reconciles, name: str) -> Report:
    """Reconcile, and take a failure of the world for one whichever way it arrives: it is never a bug."""
    try:
        return reconciler.reconcile(name)
    except OutsideError as error:
        return Report(name, (), error)


def _urgent(configuration: Configuration) -> tuple[object, ...]:
    """Give what people change when they are in a hurry: then nobody waits for a timer."""
    return configuration.exceptions, configuration.freezes, configuration.denials


def fingerprint(directory: Path) -> str:
    """Give a digest of the names and bytes of all YAML and JSON files; what cannot be read now counts as absent."""
    digest = hashlib.sha256()
    found = (Path(folder, name) for folder, _, names in os.walk(directory) for name in names)
    for path in sorted(path for path in found if path.suffix in {".yaml", ".json"}):
        digest.update(str(path).encode())
        try:
            digest.update(path.read_bytes())
        except OSError:
            digest.update(b"?")
    return digest.hexdigest()
