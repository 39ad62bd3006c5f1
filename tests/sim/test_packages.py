"""Taking away any of the packages that do the work ends the story: none of them stands in the list for show."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from promoter.core.standing import Standing
from promoter.ports import PullState
from tests.sim.layout import DEV, SIGNED, SIGNED_ONLY, Plan
from tests.sim.town import Town

pytestmark = pytest.mark.slow

PACKAGES = {
    "GitPython": "git",
    "PyGithub": "github",
    "sigstore": "sigstore",
    "oras": "oras",
    "PyYAML": "yaml",
    "APScheduler": "apscheduler",
}

_RUN = """
import runpy, sys

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {package!r}:
            raise ModuleNotFoundError("No module named " + repr(name), name=name)

sys.meta_path.insert(0, Gone())
sys.argv = ["promoter", "--config", {config!r}, "once", "cart"]
runpy.run_module("promoter", run_name="__main__")
"""


_WATCHED = """
import json, runpy, sys, threading

calls = set()

def watch(frame, event, _):
    if event == "call" and frame.f_back and frame.f_back.f_globals.get("__name__", "").startswith("promoter."):
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package in {packages!r}:
            calls.add((package, frame.f_code.co_name))

threading.setprofile(watch)
sys.setprofile(watch)
sys.argv = ["promoter", "--config", {config!r}, "run"]
try:
    runpy.run_module("promoter", run_name="__main__")
finally:
    sys.setprofile(None)
    print(json.dumps(sorted(calls)))
"""

WORK = {
    ("git", "execute"),
    ("github", "create_pull"),
    ("github", "merge"),
    ("sigstore", "verify_sct"),
    ("sigstore", "verify_merkle_inclusion"),
    ("sigstore", "verify_checkpoint"),
    ("oras", "manifest_url"),
    ("yaml", "compose"),
    ("apscheduler", "add_job"),
}
"""What each of them is asked to do by our code, among other things: (package, function)."""


def once(town: Town, package: str) -> subprocess.CompletedProcess[str]:
    """Run `promoter once cart` in a process that cannot import a package."""
    code = _RUN.format(package=package, config=str(town.config))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture
def town(founded: Callable[[Plan], Town]) -> Town:
    """A town in which 1.0.0 waits to be promoted."""
    town = founded(Plan((DEV,), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    return town


def test_the_story_works_with_every_package(town: Town) -> None:
    done = once(town, "none-of-them")
    assert (done.returncode, done.stderr) == (0, "")
    assert town.spot("dev", "1.0.0").standing is Standing.PROMOTED


def test_every_package_does_work_in_the_story(town: Town) -> None:
    code = _WATCHED.format(packages=sorted(PACKAGES.values()), config=str(town.config))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as bot:
        ends = time.monotonic() + 60
        while not town.pulls() or town.pull("dev").state is not PullState.MERGED:
            assert time.monotonic() < ends
            time.sleep(0.2)
        bot.send_signal(signal.SIGTERM)
        out, _ = bot.communicate(timeout=60)
    seen = {(package, name) for package, name in json.loads(out)}
    assert {package for package, _ in seen} == set(PACKAGES.values())
    assert seen >= WORK


@pytest.mark.parametrize("package", PACKAGES)
def test_the_story_ends_without(town: Town, package: str) -> None:
    done = once(town, PACKAGES[package])
    assert done.returncode != 0
    assert f"No module named '{PACKAGES[package]}" in done.stderr
    assert town.pulls() == ()
    assert '"0.9.0"' in town.pins("dev")
