"""The page of limits has the values and the codes of the code."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from promoter.core.codes import Code

PAGE = (Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| ([0-9][^|]*) \| `([\w.]+)` \| ([^|]+) \|$", PAGE, re.MULTILINE)
UNITS = {"MiB": 1 << 20, "KiB": 1 << 10, "": 1}
WORDS = {"refused", "refused at start", "the predicate's `unparseable`", "the code of that part"}


def value_of(name: str) -> Any:
    """Give what a dotted name stands for: a constant of a module, or the default of a dataclass's field."""
    module, _, last = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), last)
    except ModuleNotFoundError:
        owner, _, kind = module.rpartition(".")
        return getattr(importlib.import_module(owner), kind)().__getattribute__(last)


def test_the_page_has_all_its_rows() -> None:
    assert len(ROWS) == len(re.findall(r"^\| (?!what)[^-|]", PAGE, re.MULTILINE))


@pytest.mark.parametrize(("what", "most", "name", "over"), ROWS, ids=[row[0] for row in ROWS])
def test_a_limit_is_the_one_of_the_code(what: str, most: str, name: str, over: str) -> None:
    number, _, unit = most.strip().replace(",", "").partition(" ")
    assert value_of(name) == int(number) * UNITS[unit], what
    codes = {f"`{code.value}`" for code in Code}
    assert over in codes | WORDS, what
