"""docs/configuration.md says what the models say, and shows the files that are there."""

import re
from pathlib import Path

import yaml

from docs.generate_configuration import PAGE, render
from promoter.config_case_files import CasesFile
from promoter.config_files import PromoterFile, ServiceFile, Strict
from promoter.config_policy_files import ClassFile, FragmentFile, PolicyFile
from promoter.core.checks import CHECKS
from tests.config.directory import Directory

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_committed_page_is_up_to_date() -> None:
    assert render(TEXT) == TEXT, "run `make docs`"


def test_every_file_and_every_check_has_its_table() -> None:
    blocks = re.findall(r"<!-- begin (.+) -->", TEXT)
    assert set(blocks) >= {
        "promoter",
        "service",
        "policy",
        "fragment",
        "class",
        "cases",
        *(f"check/{name}" for name in CHECKS),
    }
    assert blocks == re.findall(r"<!-- end (.+) -->", TEXT)


def test_every_key_is_there_with_a_meaning() -> None:
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \| (.*?) \|$", TEXT, re.MULTILINE)
    keys = {re.sub(r"<\w+>\.|\[\]", "", key) for key, *_ in rows}
    for file in (PromoterFile, ServiceFile, PolicyFile, FragmentFile, ClassFile, CasesFile):
        assert set(file.model_fields) <= keys
    for model in Strict.__subclasses__():
        assert all(field.description for field in model.model_fields.values()), model
    assert [key for key, *_, meaning in rows if not meaning] == []


def test_every_example_on_the_page_is_a_file_that_is_read(tmp_path: Path) -> None:
    config = Directory(tmp_path)
    examples = re.findall(r"<!-- begin config/(\S+) -->\n```yaml\n(.+?)```", TEXT, re.DOTALL)
    assert [name for name, _ in examples] == ["promoter.yaml", "services/cart.yaml", "policies/prod.yaml"]
    for name, text in examples:
        assert yaml.safe_load(text)
        config.write(name, text)
    config.load()
