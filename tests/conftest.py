"""What tests of several folders use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from promoter.local.authority.instance import Instance, make_instance
from tests.shop import NOW, Shop, open_shop


@pytest.fixture(scope="session")
def shop_authority() -> Instance:
    return make_instance(NOW)


@pytest.fixture
def shop(tmp_path: Path, shop_authority: Instance) -> Iterator[Shop]:
    with open_shop(shop_authority, tmp_path) as opened:
        yield opened
