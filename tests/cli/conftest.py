"""One company for all tests of the command line: they look at it and leave it as it was, or copy what they change."""

import time
from collections.abc import Iterator

import pytest

from promoter.local.pipeline import Pipeline, Recipe
from promoter.local.predicates import Package, Weakness
from tests.cli.company import Company


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Releases of cart (one runs in dev, a newer one is blocked) and search (its tag moved); billing has none yet."""
    with Company(tmp_path_factory.mktemp("company")) as company:
        company.release("cart", "1.0.0", Recipe(change="Show totals"))
        company.release("search", "1.0.0", Recipe())
        assert company.run("once", "cart", "search").code == 0
        time.sleep(1.1)  # dev's soak in the example configuration, on the real clock
        weak = Weakness("CVE-2026-1111", "CRITICAL", Package("requests", "2.34.2"), "2.34.3")
        company.release("cart", "1.1.0", Recipe(without=frozenset({"signature"}), weaknesses=(weak,)))
        Pipeline(company.world, "search").move_tag("1.0.0")
        assert company.run("once").code == 0
        yield company
