"""Real tools and registries, started once for the session and always stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop import registries
from tests.interop.toolbox import Toolbox


@pytest.fixture(scope="session")
def toolbox(tmp_path_factory: pytest.TempPathFactory) -> Toolbox:
    return Toolbox(tmp_path_factory.mktemp("tools-home"))


@pytest.fixture(scope="session")
def olareg(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registries.olareg(tmp_path_factory.mktemp("olareg")) as host:
        yield host


@pytest.fixture(scope="session")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registries.distribution(tmp_path_factory.mktemp("distribution")) as host:
        yield host


@pytest.fixture(scope="session", params=["olareg", "distribution"])
def registry_host(request: pytest.FixtureRequest) -> str:
    """Host and port of each real registry in turn: one with the referrers API, one without."""
    host: str = request.getfixturevalue(request.param)
    return host


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A directory for the files that one test makes for a tool."""
    return tmp_path
