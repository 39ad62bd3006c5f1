"""The bot of the lookup benchmark, in a process of its own: the program's own wiring, and a count of its requests.

Each pass is one minute after the last by the bot's clock, and runs on as many threads as `promoter run` has.

    python -m tests.bench.lookup_bot CONFIG        (the variables of the configuration in the environment)
"""

import os
import resource
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.registry_oci import OciRegistry
from promoter.config import load
from promoter.core.view import in_flight
from promoter.reconcile import Reconciler
from promoter.transport.registry_auth import Endpoint
from promoter.transport.registry_wire import RequestSeen
from promoter.wiring import open_outside, open_store
from tests.bench.figures import DISCOVERY, PASS, RECHECK, START, Budget, PassFigures, Start, budget_of

WORKERS = 4


class SteppingClock:
    """The system's clock, set forward a minute at each step."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        return self._clock.now() + self._ahead

    def step(self) -> None:
        """Go a minute forward."""
        self._ahead += timedelta(minutes=1)


class Meter:
    """Counts registry requests by what they are for and by path; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: Counter[tuple[Budget, str]] = Counter()

    def note(self, request: RequestSeen) -> None:
        """Count a request that was on the wire."""
        with self._lock:
            self._seen[budget_of(request), request.path] += 1

    def take(self) -> Counter[tuple[Budget, str]]:
        """Give the counts since the last time."""
        with self._lock:
            taken, self._seen = self._seen, Counter()
            return taken


@dataclass(frozen=True, slots=True)
class Spent:
    """What the process has used so far, in seconds."""

    wall: float
    own: float
    children: float


class Bench:
    """The bot over a configuration directory."""

    def __init__(self, config: Path) -> None:
        self._meter = Meter()
        self._clock = SteppingClock()
        self._configuration = load(config, os.environ)
        self._store = open_store(self._configuration.promoter, config)
        outside = open_outside(self._configuration, config, self._store)
        endpoints = tuple(
            Endpoint(host, file.endpoint or "") for host, file in self._configuration.promoter.registries.items()
        )
        outside = replace(outside, clock=self._clock, registry=OciRegistry(endpoints, on_request=self._meter.note))
        self._reconciler = Reconciler(outside, self._configuration, self._store.journal)

    def run(self) -> PassFigures:
        """Reconcile every service once."""
        self._clock.step()
        size, before = self._store.ledger.head().size, spent()
        with ThreadPoolExecutor(WORKERS) as pool:
            reports = tuple(pool.map(self._reconciler.reconcile, self._configuration.services))
        after, seen = spent(), self._meter.take()
        return PassFigures(
            requests={budget.value: _total(seen, budget) for budget in Budget},
            discovery_most=_most_by_repository(seen),
            watch_most=max((count for (budget, _), count in seen.items() if budget is Budget.WATCH), default=0),
            recheck_most=_most_by_digest(seen),
            in_flight=self._in_flight(),
            entries=self._store.ledger.head().size - size,
            actions=sum(len(report.actions) for report in reports),
            troubles=tuple(f"{report.service}: {report.trouble}" for report in reports if report.trouble),
            wall=after.wall - before.wall,
            cpu=after.own - before.own,
            git_cpu=after.children - before.children,
            memory=memory("VmRSS"),
            peak=memory("VmHWM"),
        )

    def _in_flight(self) -> int:
        services, journal = self._configuration.services, self._store.journal
        return sum(len(in_flight(service, journal.history(name))) for name, service in services.items())


def _total(seen: Counter[tuple[Budget, str]], *budgets: Budget) -> int:
    return sum(count for (budget, _), count in seen.items() if budget in budgets)


def _most_by_repository(seen: Counter[tuple[Budget, str]]) -> int:
    by_repository: Counter[str] = Counter()
    for (budget, path), count in seen.items():
        if budget in DISCOVERY:
            by_repository[path.rsplit("/", 2)[0]] += count
    return max(by_repository.values(), default=0)


def _most_by_digest(seen: Counter[tuple[Budget, str]]) -> int:
    """Give the referrers requests about one digest, by API and fallback tag together."""
    by_digest: Counter[str] = Counter()
    for (budget, path), count in seen.items():
        if budget in RECHECK:
            by_digest[path[-64:]] += count
    return max(by_digest.values(), default=0)


def spent() -> Spent:
    """Give wall time and the processor time of this process and of those that it has run."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(time.monotonic(), time.process_time(), children.ru_utime + children.ru_stime)


def memory(field: str) -> float:
    """Give a figure of this process's memory in MB, from Linux's /proc.

    `ru_maxrss` would be wrong here: it is handed down from the process that started this one.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1]) / 1024


def main(config: Path) -> None:
    """Start, say so, and answer each line with the figures of one more pass until nobody asks any more."""
    bench = Bench(config)
    say(START.dump_json(Start(time.process_time(), memory("VmRSS"))))
    for _ in sys.stdin:
        say(PASS.dump_json(bench.run()))


def say(line: bytes) -> None:
    """Answer by one line."""
    sys.stdout.write(f"{line.decode()}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
