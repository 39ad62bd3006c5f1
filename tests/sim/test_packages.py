"""Taking away any of the packages that do the work ends the story: none of them stands in the list for show."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from promoter.core.standing import Standing
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


@pytest.mark.parametrize("package", PACKAGES)
def test_the_story_ends_without(town: Town, package: str) -> None:
    done = once(town, PACKAGES[package])
    assert done.returncode != 0
    assert f"No module named '{PACKAGES[package]}" in done.stderr
    assert town.pulls() == ()
    assert '"0.9.0"' in town.pins("dev")
