"""The page of attacks is true: each line of the list has its row, and what a row names is there and says the same.

Tests are looked for in the source, not run: a renamed test, a case that was dropped and a code that nobody asserts any
more are found where they are named.
"""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from promoter.core.codes import Code

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "attacks.md"
VECTORS = "tests/vectors/test_vectors.py"
LINES = {"A": 51, "B": 31, "C": 24, "D": 25, "E": 31, "F": 11}
"""How many lines each part of the list has: a row may be added, and none may go."""

ADVISORIES = (
    *("CVE-2022-23649", "CVE-2022-36056", "CVE-2022-35929", "CVE-2022-35930", "CVE-2023-46737", "CVE-2024-29902"),
    *("CVE-2024-29903", "CVE-2024-45395", "CVE-2026-22703", "CVE-2026-24122", "CVE-2026-39395", "CVE-2022-47633"),
    *("CVE-2023-47630", "CVE-2025-29778", "CVE-2023-33959", "GHSA-r2xv-vpr2-42m9", "CVE-2024-55655", "CVE-2026-24408"),
    *("CVE-2024-53267", "CVE-2024-54140", "CVE-2025-25204", "CVE-2026-64655", "CVE-2026-48501", "CVE-2025-52556"),
    *("CVE-2026-33753", "CVE-2026-39984", "CVE-2026-22772"),
)
ROW = re.compile(r"\| (?P<name>[A-F]\d+|CVE-[\d-]+|GHSA-[\w-]+) \|.+\| (?P<ending>[^|]+) \| (?P<tests>[^|]+) \|")
ENDING = re.compile(r"^- (\*[^:]+\*):", re.MULTILINE)
CODE = re.compile(r"`([a-z]+(?:-[a-z]+)*\.[a-z-]+)`")
CODE_VALUE, CODE_NAME = re.compile(r"[a-z]+(?:-[a-z]+)*\.[a-z-]+"), re.compile(r"\bCode\.([A-Z_]+)\b")
TEST = re.compile(r"`(?P<path>tests/[\w/]+\.py)::(?P<function>\w+)(?:\[(?P<case>[^`]+)\])?`")


@dataclass(frozen=True, slots=True)
class Named:
    """A test as the page names it."""

    path: str
    function: str
    case: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the page."""

    name: str
    ending: str
    tests: tuple[Named, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes that the attack ends with."""
        return tuple(CODE.findall(self.ending))


def read_rows(page: str) -> tuple[Row, ...]:
    return tuple(
        Row(found["name"], found["ending"], tuple(Named(*(one or "" for one in test)) for test in named))
        for found in map(ROW.fullmatch, page.splitlines())
        if found
        for named in [[match.group("path", "function", "case") for match in TEST.finditer(found["tests"])]]
    )


def endings(page: str) -> frozenset[str]:
    """Read the endings without a code that the page explains."""
    return frozenset(name.strip("* ") for line in ENDING.findall(page) for name in line.split(","))


# --- what there is ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A test module as text: its test functions, and every text in it."""

    text: str
    functions: frozenset[str]
    texts: frozenset[str]


@cache
def source(path: str) -> Source:
    text = (ROOT / path).read_text(encoding="utf-8")
    nodes = tuple(ast.walk(ast.parse(text)))
    return Source(
        text,
        frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")),
        frozenset(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)),
    )


@cache
def vector_codes() -> dict[str, frozenset[str]]:
    """Give the codes of every case of every vector file, by the case as its test is called."""
    found = {}
    for path in sorted((ROOT / VECTORS).parent.glob("*.json")):
        vector = json.loads(path.read_bytes())
        for case in vector["cases"]:
            codes = frozenset(reason["code"] for reason in case["expected"]["reasons"])
            found[f"{vector['check']}: {case['case']}"] = codes
    return found


def is_there(test: Named) -> bool:
    if not (ROOT / test.path).is_file() or test.function not in source(test.path).functions:
        return False
    if test.path == VECTORS:
        return test.case in vector_codes()
    return not test.case or test.case in source(test.path).texts


def speaks_of(test: Named, code: str) -> bool:
    if test.path == VECTORS:
        return code in vector_codes()[test.case]
    name = next((one.name for one in Code if one.value == code), "no such code")
    return code in source(test.path).text or re.search(rf"\b{name}\b", source(test.path).text) is not None


def mistakes(rows: tuple[Row, ...], explained: frozenset[str]) -> Iterator[str]:
    """Say what in the rows is not so."""
    for row in rows:
        yield from (f"{row.name}: {mistake}" for mistake in (*wrong_endings(row, explained), *wrong_tests(row)))


def wrong_endings(row: Row, explained: frozenset[str]) -> Iterator[str]:
    known = {code.value for code in Code}
    words = (word.strip() for word in CODE.sub("", row.ending).split(","))
    yield from (f"no such code: {code}" for code in row.codes if code not in known)
    yield from (f"no such ending: {word}" for word in words if word and word not in explained)


def wrong_tests(row: Row) -> Iterator[str]:
    there = tuple(test for test in row.tests if is_there(test))
    yield from (f"no such test: {one.function}[{one.case}]" for one in row.tests if one not in there)
    yield from () if row.tests else ("no test",)
    silent = (code for code in row.codes if there and not any(speaks_of(test, code) for test in there))
    yield from (f"none of its tests speaks of {code}" for code in silent)


# --- the page ---------------------------------------------------------------------------------------------------------


def test_every_line_of_the_list_and_every_advisory_has_its_row() -> None:
    names = [row.name for row in read_rows(PAGE.read_text(encoding="utf-8"))]

    assert names == [f"{part}{line}" for part, count in LINES.items() for line in range(1, count + 1)] + [*ADVISORIES]


def test_what_a_row_names_is_there_and_says_the_same() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert list(mistakes(read_rows(page), endings(page))) == []


def test_every_code_is_spoken_of_by_a_test() -> None:
    folder = ROOT / "tests"
    files = (path for path in folder.rglob("*") if path.suffix in {".py", ".json"} and path.parent.name != "docs")
    texts = "\n".join(path.read_text(encoding="utf-8") for path in files)
    spoken = {*CODE_VALUE.findall(texts), *CODE_NAME.findall(texts)}

    assert [code.value for code in Code if not {code.value, code.name} & spoken] == []


def test_every_line_of_the_page_that_looks_like_a_row_is_read_as_one() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| [A-Z]+-?\d", line)]

    assert len(lines) == len(read_rows("\n".join(lines)))


SHOWN = "tests/core/edit/test_refusals.py::test_each_reason_has_its_code"
UNKNOWN = ["A1: no such code: edit.aliased", "A1: none of its tests speaks of edit.aliased"]
SILENT = "tests/docs/test_states.py::test_the_committed_page_is_up_to_date"


@pytest.mark.parametrize(
    ("ending", "shown", "found"),
    [
        ("`edit.alias`", f"`{SHOWN}[an alias]`", []),
        ("passes", f"`{SILENT}`", []),
        ("passes", "tried by hand", ["A1: no test"]),
        (
            "`edit.aliased`",
            f"`{SHOWN}`",
            ["A1: no such code: edit.aliased", "A1: none of its tests speaks of edit.aliased"],
        ),
        ("well", f"`{SILENT}`", ["A1: no such ending: well"]),
        ("passes, `edit.alias`", f"`{SILENT}`", ["A1: none of its tests speaks of edit.alias"]),
        ("passes", f"`{SILENT}_no_more`", ["A1: no such test: test_the_committed_page_is_up_to_date_no_more[]"]),
        (
            "passes",
            f"`{SHOWN}[my alias]`",
            ["A1: no such test: test_each_reason_has_its_code[my alias]"],
        ),
        ("passes", "`tests/gone.py::test_it`", ["A1: no such test: test_it[]"]),
    ],
)
def test_planted_mistakes_are_found(ending: str, shown: str, found: list[str]) -> None:
    row = f"| A1 | an attack | {ending} | {shown} |"

    assert list(mistakes(read_rows(row), frozenset({"passes"}))) == found
