"""What import contracts cannot see: core touches no file, stream or clock, and one function makes verified digests.

Every detector is shown to find planted samples, so that its silence about the package means something.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

import promoter

PACKAGE = Path(promoter.__file__).parent
MODULES = tuple(sorted(PACKAGE.rglob("*.py")))
CORE = tuple(path for path in MODULES if path.is_relative_to(PACKAGE / "core"))
VERDICT = PACKAGE / "core" / "verdict.py"
EDIT = PACKAGE / "core" / "edit.py"

IMPURE = frozenset({"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint", "globals", "vars"})
CLOCKS = frozenset({"now", "today", "utcnow"})
TAMPERERS = frozenset({"replace", "copy", "deepcopy", "setattr", "type", "__setattr__", "__new__", "__replace__"})

Detector = Callable[[ast.Module], Iterator[tuple[int, str]]]


def findings(detector: Detector, source: str) -> list[str]:
    """Write what a detector finds in a source text, one line each, in the order of the text."""
    return [f"{line}: {what}" for line, what in sorted(set(detector(_parsed(source))))]


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def everywhere(detector: Detector, paths: tuple[Path, ...]) -> list[str]:
    """Write what a detector finds in modules."""
    return [f"{path.relative_to(PACKAGE)}:{found}" for path in paths for found in findings(detector, path.read_text())]


# --- no file, no stream, no clock -------------------------------------------------------------------------------------


def impurities(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Find builtins that touch the world or make code of text, under their own name or fetched by it."""
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and node.id in IMPURE:
            yield node.lineno, node.id
        elif isinstance(node, ast.Name | ast.Attribute) and _last(node) in {"__builtins__", "__globals__"}:
            yield node.lineno, _last(node)


def clock_readings(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Find readings of a clock: `datetime.now` and its like, under any name that the class was imported by."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in node.names
        if "datetime" in (getattr(node, "module", ""), alias.name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            yield node.lineno, f"{node.func.attr}()"
        elif isinstance(node, ast.Attribute) and node.attr in CLOCKS and _last(node.value) in imported:
            yield node.lineno, node.attr
        elif isinstance(node, ast.Call) and _last(node.func) == "getattr" and _texts(node) & CLOCKS:
            yield node.lineno, "getattr"


def _last(node: ast.AST) -> str:
    """Give the last name of `name` and `dotted.name`; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _texts(call: ast.Call) -> set[str]:
    return {arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("data = open('x').read()", ["1: open"]),
        ("def f():\n    print('x')", ["2: print"]),
        ("read = input", ["1: input"]),
        ("exec('x = 1')\neval('x')", ["1: exec", "2: eval"]),
        ("os = __import__('os')", ["1: __import__"]),
        ("breakpoint()", ["1: breakpoint"]),
        ("code = compile('x', 'x', 'eval')", ["1: compile"]),
        ("f = __builtins__['open']", ["1: __builtins__"]),
        ("f = json.loads.__globals__", ["1: __globals__"]),
        ("import re\nfound = re.compile('open')\nhistory.open('dev')\n'print this'", []),
    ],
)
def test_planted_impurities_are_found(source: str, expected: list[str]) -> None:
    assert findings(impurities, source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from datetime import datetime\nnow = datetime.now()", ["2: now", "2: now()"]),
        ("import datetime\nnow = datetime.datetime.utcnow()", ["2: utcnow", "2: utcnow()"]),
        ("from datetime import date as day\ntoday = day.today", ["2: today"]),
        ("from datetime import datetime as d\nread = d.now", ["2: now"]),
        ("import datetime as d\nd.date.today()", ["2: today()"]),
        ("clock.now()", ["1: now()"]),
        ("from datetime import datetime\nread = getattr(datetime, 'now')", ["2: getattr"]),
        ("from datetime import datetime\nage = view.sight.now - subject.now\nnow = datetime(2026, 1, 1)", []),
    ],
)
def test_planted_clocks_are_found(source: str, expected: list[str]) -> None:
    assert findings(clock_readings, source) == expected


def test_core_touches_no_file_and_no_stream_and_runs_no_text() -> None:
    assert everywhere(impurities, CORE) == []


def test_core_reads_no_clock() -> None:
    assert everywhere(clock_readings, CORE) == []


def test_the_detectors_read_the_whole_of_core() -> None:
    names = {path.relative_to(PACKAGE / "core").as_posix() for path in CORE}

    assert len(names) > 40
    assert {"passage.py", "verdict.py", "checks/scan.py", "predicates/sbom.py"} <= names


# --- one maker of verified digests ------------------------------------------------------------------------------------


def other_makers(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Find every use of `VerifiedDigest` that is neither its import nor an annotation, and every change to one."""
    annotated = {id(node) for annotation in _annotations(module) for node in ast.walk(annotation)}
    verified = set(_verified_names(module))
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom | ast.Import):
            yield from ((node.lineno, "import as") for a in node.names if a.asname and "VerifiedDigest" in a.name)
        elif _last(node) == "VerifiedDigest" and id(node) not in annotated:
            yield node.lineno, "VerifiedDigest"  # type: ignore[attr-defined]
        elif isinstance(node, ast.Constant) and node.value == "VerifiedDigest" and id(node) not in annotated:
            yield node.lineno, "the name as text"
        elif isinstance(node, ast.Call) and _last(node.func) in TAMPERERS and _is_given(node, verified):
            yield node.lineno, _last(node.func)
        elif (
            isinstance(node, ast.Attribute) and node.attr in {"__class__", "__dict__"} and _is_one(node.value, verified)
        ):
            yield node.lineno, node.attr


def _annotations(module: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(module):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if annotation is not None:
                yield annotation


def _verified_names(module: ast.Module) -> Iterator[str]:
    """Give the names that hold a verified digest: annotated as one, or assigned from `verified(...)`."""
    for node in ast.walk(module):
        annotation = getattr(node, "annotation", None)
        if annotation is not None and any(_last(part) == "VerifiedDigest" for part in ast.walk(annotation)):
            yield node.arg if isinstance(node, ast.arg) else _last(getattr(node, "target", node))
        if isinstance(node, ast.Assign):
            yield from _assigned(node)


def _assigned(node: ast.Assign) -> Iterator[str]:
    for target in node.targets:
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        yield from (_last(name) for name, value in zip(names, values, strict=False) if _is_one(value, set()))


def _is_one(node: ast.expr, names: set[str]) -> bool:
    is_made = isinstance(node, ast.Call) and _last(node.func) == "verified"
    return is_made or (isinstance(node, ast.Name) and node.id in names)


def _is_given(call: ast.Call, names: set[str]) -> bool:
    return any(_is_one(arg, names) for arg in (*call.args, *(keyword.value for keyword in call.keywords)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from promoter.core.verdict import VerifiedDigest\nmade = VerifiedDigest(d, '1')", ["2: VerifiedDigest"]),
        ("from promoter.core.verdict import VerifiedDigest as V\nmade = V(d, '1')", ["1: import as"]),
        ("from promoter.core import verdict\nmade = verdict.VerifiedDigest(d, '1')", ["2: VerifiedDigest"]),
        ("make = VerifiedDigest", ["1: VerifiedDigest"]),
        ("made = object.__new__(VerifiedDigest)", ["1: VerifiedDigest"]),
        ("made = partial(VerifiedDigest, release='1')", ["1: VerifiedDigest"]),
        ("class Mine(VerifiedDigest): ...", ["1: VerifiedDigest"]),
        ("made = getattr(verdict, 'VerifiedDigest')(d, '1')", ["1: the name as text"]),
        ("other = replace(verified(v), digest=d)", ["1: replace"]),
        ("def f(good: VerifiedDigest):\n    return dataclasses.replace(good, digest=d)", ["2: replace"]),
        ("base, good = a, verified(v)\nobject.__setattr__(good, 'digest', d)", ["2: __setattr__"]),
        ("good: VerifiedDigest = f()\nother = type(good)(d, '1')", ["2: type"]),
        ("good = verified(v)\nother = good.__class__(d, '1')", ["2: __class__"]),
        ("good = verified(v)\nother = copy.replace(good, digest=d)", ["2: replace"]),
        ("def edit(raw: bytes, good: VerifiedDigest) -> 'VerifiedDigest':\n    return write(raw, good.digest)", []),
        ("name = text.replace('a', 'b')\nspot = replace(spot, head='x')", []),
    ],
)
def test_planted_makers_are_found(source: str, expected: list[str]) -> None:
    assert findings(other_makers, source) == expected


def test_no_module_but_the_verdict_makes_or_changes_a_verified_digest() -> None:
    assert everywhere(other_makers, tuple(path for path in MODULES if path != VERDICT)) == []


def test_the_verdict_makes_one_in_one_place_after_asking_whether_it_passes() -> None:
    module = ast.parse(VERDICT.read_text())

    assert [what for _, what in other_makers(module)] == ["VerifiedDigest"]
    maker = _function(module, "verified")
    guard, result = maker.body[1:]
    assert ast.unparse(guard).startswith("if verdict.outcome is not Outcome.PASS:\n    raise NotVerified(")
    assert ast.unparse(result) == "return VerifiedDigest(verdict.candidate.digest, verdict.candidate.release)"


# --- the editor accepts nothing else ----------------------------------------------------------------------------------


def _function(module: ast.Module, name: str) -> ast.FunctionDef:
    return next(node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == name)


def unverified_writers(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Find public functions that give edited bytes without being given a `VerifiedDigest`."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns is not None:
            given = {ast.unparse(arg.annotation) for arg in node.args.args if arg.annotation is not None}
            if ast.unparse(node.returns) in {"Edited", "bytes"} and "VerifiedDigest" not in given:
                yield node.lineno, node.name


def callers(name: str) -> Detector:
    """Make a detector of the functions that call this one."""

    def found(module: ast.Module) -> Iterator[tuple[int, str]]:
        for function in ast.walk(module):
            if isinstance(function, ast.FunctionDef):
                calls = (node for node in ast.walk(function) if isinstance(node, ast.Call))
                yield from ((function.lineno, function.name) for call in calls if _last(call.func) == name)

    return found


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def edit(raw: bytes, digest: Digest) -> Edited: ...", ["1: edit"]),
        ("def write(raw: bytes, digest: str) -> bytes: ...", ["1: write"]),
        ("def edit(raw: bytes, good: VerifiedDigest) -> Edited: ...", []),
        ("def pins_only(raw: bytes, digest: Digest) -> Conformity: ...", []),
    ],
)
def test_planted_writers_are_found(source: str, expected: list[str]) -> None:
    assert findings(unverified_writers, source) == expected


def test_every_function_of_the_editor_that_gives_edited_bytes_takes_a_verified_digest() -> None:
    assert everywhere(unverified_writers, (EDIT,)) == []
    assert {ast.unparse(arg.annotation or arg) for arg in _function(ast.parse(EDIT.read_text()), "edit").args.args} == {
        "bytes",
        "Target",
        "Repository",
        "VerifiedDigest",
    }


def test_bytes_are_spliced_by_the_editor_alone_and_compared_by_one_function_that_gives_none() -> None:
    def names(function: str) -> list[str]:
        return [line.partition(":")[0] + line.rpartition(":")[2] for line in everywhere(callers(function), MODULES)]

    assert names("splice") == ["core/edit.py _rewrite"]
    assert names("_rewrite") == ["core/edit.py edit", "core/edit.py pins_only"]
    returns = _function(ast.parse(EDIT.read_text()), "pins_only").returns
    assert returns is not None
    assert ast.unparse(returns) == "Conformity"
