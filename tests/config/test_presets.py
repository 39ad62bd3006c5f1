"""Starter policies: each is read strictly as it stands, explains every key, and demands what the one before does."""

from itertools import pairwise
from pathlib import Path

import pytest

from promoter.config_policies import read_policy_file
from promoter.config_tightening import tightens
from promoter.core.finding import Mode
from promoter.core.policy import Policy
from promoter.presets import PRESETS, read_preset, title_of

FOLDER = Path(read_preset.__code__.co_filename).parent
READ = {path.stem: read_policy_file(path, None) for path in sorted(FOLDER.glob("*.yaml"))}


def test_every_preset_is_listed_once_and_is_read_as_it_stands() -> None:
    assert sorted(PRESETS) == sorted(READ)
    for name, policy in READ.items():
        assert all(line.mode is Mode.ENFORCE for line in policy.require), name
        assert title_of(name).endswith("."), name


def test_each_one_demands_all_that_the_one_before_does_and_more() -> None:
    for earlier, later in pairwise(READ[name] for name in PRESETS):
        lines = {line.key: line for line in later.require}
        assert all(tightens(line, lines[line.key]) for line in earlier.require)
        assert len(later.require) > len(earlier.require)
        assert earlier.signers.items() <= later.signers.items()


def test_a_team_begins_with_digests_and_ends_with_everything() -> None:
    def added(earlier: Policy | None, later: Policy) -> list[str]:
        return [line.check for line in later.require if earlier is None or line not in earlier.require]

    steps = [None, *(READ[name] for name in PRESETS)]
    assert [added(earlier, later) for earlier, later in pairwise(steps) if later] == [
        ["artifact"],
        ["sbom", "scan", "vulnerabilities"],
        ["signature"],
        ["provenance"],
        ["agreement", "tests"],
    ]


@pytest.mark.parametrize("name", PRESETS)
def test_every_key_has_a_comment_above_it(name: str) -> None:
    lines = read_preset(name).splitlines()
    for above, line in pairwise(lines):
        is_key = line.strip() and not line.strip().startswith("#")
        is_nested = line.startswith("      ")
        assert not is_key or is_nested or above.strip().startswith("#"), line


def test_an_unknown_preset_is_no_preset() -> None:
    with pytest.raises(KeyError):
        read_preset("../presets/digest")
