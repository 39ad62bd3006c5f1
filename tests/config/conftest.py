"""What the tests of the configuration share."""

from pathlib import Path

import pytest

from tests.config.directory import Directory


@pytest.fixture
def config(tmp_path: Path) -> Directory:
    """Give a copy of the example configuration."""
    return Directory(tmp_path)
