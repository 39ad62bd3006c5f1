"""Counts codes and the tests that show a refusal: `python -m pytest --collect-only -p tests.negatives tests | head -2`.

A collected test is negative where its own source or one of its parameters names a code of the vocabulary, by value or
as `Code.NAME`, or where it expects an exception; a vector is negative where its finding does not pass. A table of cases
counts once for each case. What a test asserts by functions that it calls is not seen: this counts low rather than high.
"""

import inspect
import re
from collections.abc import Sequence

import pytest

from promoter.core.codes import Code

_WORLD = ("outside.", "lookup.", "trust.")  # what is asked does not answer, or not as it should
_FILES = ("edit.",)  # a file of the environment repository cannot be edited exactly
_NAMES = re.compile("|".join((*(re.escape(code.value) for code in Code), *(rf"Code\.{code.name}\b" for code in Code))))
_RAISES = re.compile(r"pytest\.raises\(")


def is_negative(item: pytest.Item) -> bool:
    """Tell whether a test shows that something is refused, or is not decided."""
    if not isinstance(item, pytest.Function):
        return False
    params = item.callspec.params if hasattr(item, "callspec") else {}
    case = params.get("case")
    if isinstance(case, dict) and "expected" in case:
        return bool(case["expected"]["outcome"] != "pass")
    source = inspect.getsource(item.function)
    return bool(_RAISES.search(source) or _NAMES.search(source) or any(_NAMES.search(repr(v)) for v in params.values()))


def pytest_report_collectionfinish(items: Sequence[pytest.Item]) -> list[str]:
    """Say how many codes there are, of which kind, and how many of the collected tests are negative."""
    world, files = (sum(code.value.startswith(kind) for code in Code) for kind in (_WORLD, _FILES))
    kinds = f"{len(Code) - world - files} of releases and evidence, {files} of files, {world} of the world"
    negative = sum(map(is_negative, items))
    return [f"{len(Code)} codes: {kinds}", f"{negative} of {len(items)} collected tests show a refusal"]
