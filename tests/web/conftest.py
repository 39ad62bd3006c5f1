"""What the tests of hints share."""

from pathlib import Path

import pytest

from promoter.config import Configuration
from tests.config.directory import Directory

SECRET = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def example(tmp_path: Path) -> Configuration:
    """Give the example configuration: billing, cart and search, in dev, staging and prod."""
    return Directory(tmp_path).load()
