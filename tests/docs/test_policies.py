"""The guide for operators: its files load, its policy has ten lines, and the commands that it names are there."""

import json
import re
from pathlib import Path
from typing import Final

import click
import pytest
import yaml
from pydantic import TypeAdapter

from promoter.adapters.expressions_cel import CelExpressions
from promoter.cli.main import promoter
from promoter.config_files import RulesFile
from tests.config.directory import Directory

PAGE: Final = Path(__file__).parents[2] / "docs" / "policies.md"
TEXT: Final = PAGE.read_text(encoding="utf-8")
_BLOCK: Final = re.compile(r"<!-- (file|part): (\S+) -->\n```yaml\n(.+?)```", re.DOTALL)
_COMMAND: Final = re.compile(r"(?:`|\$ )promoter ((?:[a-z]+ ?)+)")


def test_every_yaml_block_says_which_file_it_is() -> None:
    assert len(_BLOCK.findall(TEXT)) == TEXT.count("```yaml")


def test_the_files_of_each_section_load_on_top_of_those_before(tmp_path: Path) -> None:
    config = Directory(tmp_path)
    for section in TEXT.split("\n## "):
        blocks = [(name, text) for kind, name, text in _BLOCK.findall(section) if kind == "file"]
        for name, text in blocks:
            config.write(name, text)
        if blocks:
            config.load()


def test_the_part_of_the_machines_file_is_one() -> None:
    ((name, text),) = ((name, text) for kind, name, text in _BLOCK.findall(TEXT) if kind == "part")
    part = yaml.safe_load(text)
    assert (name, list(part)) == ("promoter.yaml", ["rules"])
    assert TypeAdapter(RulesFile).validate_python(part["rules"]).approvals == 2


def test_the_production_policy_has_ten_lines() -> None:
    _, name, text = _BLOCK.findall(TEXT)[0]
    assert (name, len(text.splitlines())) == ("policies/prod.yaml", 10)


@pytest.mark.parametrize("words", sorted(set(_COMMAND.findall(TEXT))))
def test_every_command_is_one(words: str) -> None:
    command: click.Command = promoter
    for word in words.split():
        if isinstance(command, click.Group) and (found := command.commands.get(word)):
            command = found
        elif isinstance(command, click.Group):
            assert command.invoke_without_command, words
    assert command is not promoter, words


GOOD: Final = {
    "sboms": [{"components": [{"name": "openssl"}]}],
    "service": {"exposure": "internet"},
    "vulnerabilities": [{"severity": "high"}],
}
BAD: Final = {
    "sboms": [{"components": [{"name": "gdb"}]}],
    "service": {"exposure": "internet"},
    "vulnerabilities": [{"severity": "critical"}],
}


@pytest.mark.parametrize("expression", re.findall(r'expression: "(.+)"', TEXT))
def test_every_expression_tells_what_it_says(expression: str) -> None:
    asked = CelExpressions()
    answers = [asked.evaluate(expression, json.dumps(facts).encode()).value for facts in (GOOD, BAD, {})]
    assert answers == [True, False, None]


def test_the_guide_stays_short() -> None:
    assert len(TEXT.splitlines()) <= 250
