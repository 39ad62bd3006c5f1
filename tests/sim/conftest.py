"""The towns of the stories: signing once for a session, everything else fresh for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sim.mint import Mint
from tests.sim.town import Plan, Town


@pytest.fixture(scope="session")
def mint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mint]:
    with Mint(tmp_path_factory.mktemp("mint")) as mint:
        yield mint


@pytest.fixture
def founded(tmp_path: Path, mint: Mint) -> Iterator[Callable[[Plan], Town]]:
    """Gives what founds a town by a plan; it ends with the test."""
    with ExitStack() as stack:
        yield lambda plan: stack.enter_context(Town(tmp_path, mint, plan))


@pytest.fixture
def town(founded: Callable[[Plan], Town]) -> Town:
    """A town with dev, staging and prod, and one service."""
    return founded(Plan())
