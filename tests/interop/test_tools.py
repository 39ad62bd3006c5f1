"""The tools are there, at the versions that the modules pin, and a missing one is a failure with its remedy."""

import re

import pytest

from tests.interop.toolbox import MODULES, NAMES, MissingToolError, Toolbox, path_of

pytestmark = pytest.mark.interop

# helm, built from a module, knows its minor version only: for it, the pins that it was built from must do.
QUESTIONS = {
    "olareg": ("version",),
    "crane": ("version",),
    "oras": ("version",),
    "kustomize": ("version",),
    "distribution": ("--version",),
    "cosign": ("version",),
    "slsa-verifier": ("version",),
}


def _pinned(name: str) -> str:
    """Give the version of the module that holds the tool's package: the longest required path that leads to it."""
    module = (MODULES / name / "go.mod").read_text()
    package = re.findall(r"^tool (\S+)$", module, re.MULTILINE)[0]
    required = dict(re.findall(r"^\s+(\S+) v(\S+)", module, re.MULTILINE))
    return str(required[max((path for path in required if package.startswith(path)), key=len)])


@pytest.mark.parametrize("name", NAMES)
def test_a_tool_is_built_from_the_pins_in_the_tree(name: str) -> None:
    assert path_of(name).is_file()


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_a_tool_reports_the_version_that_its_module_pins(name: str, toolbox: Toolbox) -> None:
    assert _pinned(name) in toolbox.run(name, *QUESTIONS[name])


def test_a_missing_tool_is_named_with_its_remedy() -> None:
    with pytest.raises(MissingToolError, match=r"^nothing is not built; run: tests/interop/tools/build nothing$"):
        path_of("nothing")
