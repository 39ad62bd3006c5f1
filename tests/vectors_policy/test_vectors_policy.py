"""Changes of the rules, each as two configuration directories and what `promoter policy diff` says of them.

A vector's `before` and `after` hold the file that differs; the rest is in `common`. `expected.txt` is the whole output.
The first eight are the ways in which rules get weaker while they still look like rules.
"""

import io
import json
import shutil
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from promoter.cli.main import main

HERE = Path(__file__).parent
WEAKENINGS = (
    "enforce-to-audit",
    "broad-exception",
    "trusted-builder-removed",
    "wildcard-registry",
    "digest-verification-off",
    "path-skipped",
    "deny-rule-weakened",
    "default-allow",
)
NAMES = sorted(path.parent.name for path in HERE.glob("*/expected.txt"))


def directory(name: str, side: str, folder: Path) -> Path:
    """Put a vector's side together: what is common, and its own file over it."""
    whole = folder / side
    shutil.copytree(HERE / "common", whole)
    shutil.copytree(HERE / name / side, whole, dirs_exist_ok=True)
    return whole


def diff(before: Path, after: Path, *options: str) -> tuple[int, str]:
    """Run `promoter policy diff`; gives its exit code and output."""
    out = io.StringIO()
    with redirect_stdout(out), pytest.raises(SystemExit) as ended:
        main(["policy", "diff", str(before), str(after), *options])
    assert isinstance(ended.value.code, int)
    return ended.value.code, out.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_change_is_told_in_these_words(name: str, tmp_path: Path) -> None:
    _, told = diff(directory(name, "before", tmp_path), directory(name, "after", tmp_path))

    assert told == (HERE / name / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", WEAKENINGS)
def test_each_of_the_eight_weakenings_fails(name: str, tmp_path: Path) -> None:
    code, told = diff(directory(name, "before", tmp_path), directory(name, "after", tmp_path))

    assert code == 1
    assert told.startswith("weaker: ")


@pytest.mark.parametrize("name", WEAKENINGS)
def test_taking_a_weakening_back_is_called_weaker_in_nothing(name: str, tmp_path: Path) -> None:
    _, told = diff(directory(name, "after", tmp_path), directory(name, "before", tmp_path))

    assert "\nweaker: " not in f"\n{told}"
    assert "the rules are as strict as before" not in told


def test_as_json_it_says_the_same(tmp_path: Path) -> None:
    sides = directory("wildcard-registry", "before", tmp_path), directory("wildcard-registry", "after", tmp_path)
    code, told = diff(*sides, "--json")

    assert code == 1
    assert json.loads(told) == {
        "v": 1,
        "weaker": True,
        "changes": [
            {
                "strictness": "weaker",
                "place": "prod: provenance",
                "sentence": "base_images adds oci://registry.example and drops oci://registry.example/base",
            }
        ],
    }


def test_a_directory_is_as_strict_as_itself(tmp_path: Path) -> None:
    whole = directory("stricter", "before", tmp_path)

    assert diff(whole, whole) == (0, "the rules are as strict as before\n")


def test_what_is_no_configuration_ends_with_2(tmp_path: Path) -> None:
    whole = directory("stricter", "before", tmp_path)

    assert diff(whole, tmp_path / "nowhere") == (2, "")


def test_what_is_stricter_alone_does_not_fail(tmp_path: Path) -> None:
    code, told = diff(directory("stricter", "before", tmp_path), directory("stricter", "after", tmp_path))

    assert code == 0
    assert all(line.startswith("stronger: ") for line in told.splitlines())


def test_what_stands_in_a_policy_cannot_draw_on_the_terminal(tmp_path: Path) -> None:
    before, after = directory("stricter", "before", tmp_path), directory("stricter", "after", tmp_path)
    policy = after / "policies" / "prod.yaml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(
        text.replace('builders: ["', 'builders: ["https://x/\\e[2J\\nstronger: all", "'), encoding="utf-8"
    )
    _, told = diff(before, after)

    assert "\x1b" not in told
    assert all(line.startswith(("weaker: ", "stronger: prod: ", "Whoever ")) for line in told.splitlines())
