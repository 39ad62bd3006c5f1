"""`promoter run` as a process: it promotes, takes a changed configuration over, and ends as it is told."""

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promoter.core.standing import Standing
from promoter.local.pipeline import Recipe
from promoter.wiring import Store
from tests.cli.company import Company

pytestmark = pytest.mark.slow


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Company]:
    """A company of its own, whose first release waits to be seen."""
    with Company(tmp_path) as company:
        company.release("cart", "1.0.0", Recipe())
        yield company


def until(holds: Callable[[], object], process: "subprocess.Popen[str]") -> None:
    """Wait until something is so while the bot runs."""
    ends = time.monotonic() + 30
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < ends, "it did not come true in time"
        time.sleep(0.05)


def standing(store: Store, environment: str) -> Standing:
    history = store.journal.history("cart")
    known = history.known.get("1.0.0")
    spot = history.spot(environment, known.candidate) if known else None
    return spot.standing if spot else Standing.NONE


def lines(log: str) -> list[str]:
    """Give the log without its times."""
    return [re.sub(r"^\S+ \S+ ", "", line) for line in log.splitlines()]


def test_a_running_bot_promotes_takes_changes_over_and_ends_with_0_after_sigterm(busy: Company) -> None:
    store = busy.store()
    process = busy.start("run")
    try:
        until(lambda: standing(store, "dev") is Standing.PROMOTED, process)
        path = busy.config.path / "services" / "search.yaml"
        good = path.read_text(encoding="utf-8")
        path.write_text(good.replace("image:", "imgae:"), encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        until(lambda: standing(store, "staging") is Standing.PROPOSED, process)  # the last good one stays in force
        path.write_text(good, encoding="utf-8")
        process.send_signal(signal.SIGHUP)
        time.sleep(3)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
        store.ledger.close()
    assert (process.returncode, out) == (0, "")
    # the files are looked at every two seconds too, so that a change may be read twice
    told = list(dict.fromkeys(line for line in lines(err) if "configuration" in line))
    kept = f"ERROR promoter: configuration not taken over, the last good one stays: {path}:2:"
    allowed = "(allowed: classes, environments, exposure, image, releases, source, targets)"
    assert told == [
        f"{kept} unknown key imgae; did you mean image? {allowed}",
        f"{kept} image is missing: the release repository with its registry's host, as it stands in manifests",
        "INFO promoter: configuration taken over",
    ]
    assert "Traceback" not in err


def test_a_bot_that_is_ended_at_once_ends_at_once_and_leaves_a_ledger_that_holds(busy: Company) -> None:
    process = busy.start("run")
    store = busy.store()
    until(lambda: store.ledger.head().size > 0, process)
    process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    assert process.wait(30) == 0
    assert time.monotonic() - began < 10
    process.communicate()
    store.ledger.close()
    assert busy.run("log", "verify").code == 0
    pulls = len(busy.world.forge.hosted("platform/environments").pulls)
    assert busy.run("once", "cart").code == 0
    assert len(busy.world.forge.hosted("platform/environments").pulls) >= max(pulls, 1)


def test_a_bot_that_begins_a_ledger_says_so_first(busy: Company) -> None:
    process = busy.start("run")
    assert process.stderr
    (first,) = lines(process.stderr.readline())
    process.stderr.readline()  # its rules are in force
    process.stderr.readline()  # it looks at the world: it runs
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    place = f"{busy.state}/ledger.sqlite; its key is {busy.state}/ledger.key"
    assert (process.returncode, first) == (0, f"WARNING promoter: a new ledger begins in {place}")


def test_a_proposal_of_a_service_that_was_removed_is_named_loudly_at_the_start(busy: Company) -> None:
    store = busy.store()
    for _ in range(20):
        assert busy.run("once", "cart").code == 0
        if standing(store, "staging") is Standing.PROPOSED:
            break
        time.sleep(0.2)
    head = store.ledger.head().size
    (busy.config.path / "services" / "cart.yaml").unlink()
    busy.release("search", "1.0.0", Recipe())
    process = busy.start("run")
    until(lambda: store.ledger.head().size > head + 1, process)  # other rules are in force, and it looked at a service
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    store.ledger.close()
    (told,) = [line for line in lines(err) if line.startswith("ERROR")]
    assert re.fullmatch(
        r"ERROR promoter: cart 1\.0\.0 for staging: pull request #\d+ is open and not watched any more: "
        r"not configured; close it, or configure the service and environment again",
        told,
    )


def test_a_bad_configuration_ends_the_process_with_2_before_anything_runs(busy: Company) -> None:
    busy.config.replace("promoter.yaml", "poll: 1s", "poll: often")
    process = busy.start("run")
    out, err = process.communicate(timeout=30)
    demand = "must be a duration such as 30s, 10m, 2h or 7d (it is the text 'often')"
    assert (process.returncode, out) == (2, "")
    assert err == f"promoter: {busy.config.path}/promoter.yaml:7: poll: {demand}\n"
    assert not busy.state.exists()
