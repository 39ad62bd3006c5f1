"""The towns of the stories: signing once for a session, everything else fresh for each test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.sim.layout import APPROVED_DEV, DESK, SIGNED, SIGNED_ONLY, Plan
from tests.sim.mint import Mint
from tests.sim.town import Town


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


@pytest.fixture
def desk(founded: Callable[[Plan], Town]) -> Town:
    """A town with one environment, in which 1.0.0 is proposed."""
    town = founded(Plan((DESK,), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run()
    return town


@pytest.fixture
def later(founded: Callable[[Plan], Town]) -> Town:
    """A town with one environment that the bot merges once it is approved, in which 1.0.0 is proposed."""
    town = founded(Plan((APPROVED_DEV,), policy=SIGNED_ONLY))
    town.release("1.0.0", SIGNED)
    town.run()
    return town
