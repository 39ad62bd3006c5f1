"""The schemas that editors underline with: up to date, true of every example, false of typical mistakes."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from docs.generate_schema import FOLDER, schema_text
from promoter.config_files import Strict
from promoter.config_schema import SCHEMAS
from promoter.core.checks import CHECKS
from promoter.core.trust_root import duration
from promoter.presets import PRESETS, read_preset
from promoter.strict_yaml import read_document
from tests.config.test_demands import EXAMPLES

READ = {name: json.loads((FOLDER / f"{name}.json").read_bytes()) for name in SCHEMAS}
FOLDERS = {"services": "service", "policies": "policy", "fragments": "fragment", "classes": "class", "cases": "cases"}
EXAMPLE = Path(__file__).parents[2] / "config"
FILES = [path for path in sorted(EXAMPLE.glob("**/*.yaml")) if path.parent.name in {*FOLDERS, EXAMPLE.name}]


def problems(name: str, path: Path) -> list[str]:
    variables = {"PROMOTER_STATE": "x"} if name == "promoter" else None
    values = as_written(read_document(path, variables).values)
    return [error.message for error in Draft7Validator(READ[name]).iter_errors(values)]


def as_written(value: Any) -> Any:
    match value:
        case timedelta():
            return duration(value)
        case Mapping():
            return {key: as_written(item) for key, item in value.items()}
        case list():
            return [as_written(item) for item in value]
        case _:
            return value


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_committed_schema_is_up_to_date_and_a_schema(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == schema_text(name), "run `make docs`"
    Draft7Validator.check_schema(READ[name])
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(SCHEMAS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_example_names_its_schema_and_is_valid(path: Path) -> None:
    name = FOLDERS.get(path.parent.name, path.stem)
    (named,) = re.findall(r"^# yaml-language-server: \$schema=(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert (path.parent / named).resolve() == FOLDER / f"{name}.json"
    assert problems(name, path) == []


def test_every_preset_and_every_line_that_the_reference_shows_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "prod.yaml"
    for text in (*map(read_preset, PRESETS), *(f"include: [all]\nrequire:\n{line}" for line in EXAMPLES)):
        path.write_text(text, encoding="utf-8")
        assert problems("policy", path) == [], text


def test_what_promoter_yaml_fills_in_from_the_environment_is_valid() -> None:
    values = as_written(read_document(EXAMPLE / "promoter.yaml", {}).values)
    values["poll"] = "${POLL:-1m}"
    values["environments"]["prod"]["approvals"] = "${APPROVALS}"
    assert list(Draft7Validator(READ["promoter"]).iter_errors(values)) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("promoter.yaml", "poll: 1s", "pol: 1s"),
        ("promoter.yaml", "poll: 1s", "poll: soon"),
        ("promoter.yaml", "merge: automatic", "merge: auto"),
        ("promoter.yaml", "forge:", "forg:"),
        ("services/cart.yaml", "kind: kustomize", "kind: helm"),
        ("services/cart.yaml", "image:", "imgae:"),
        ("policies/prod.yaml", "check: sbom", "check: sbon"),
        ("policies/prod.yaml", "check: sbom", "chek: sbom"),
        ("policies/prod.yaml", "max_age: 7d", "max_age: 7 days"),
        ("policies/prod.yaml", "max_age: 7d", "age: 7d"),
        ("policies/prod.yaml", "    max_age: 7d\n", ""),
        ("policies/prod.yaml", "scanners: [trivy, grype]", "scanners: trivy"),
        ("policies/prod.yaml", "fixable: 0", "fixable: none"),
        ("policies/prod.yaml", "formats: [cyclonedx, spdx]", "formats: [cyclonedx, swid]"),
        ("policies/prod.yaml", "check: sbom", "mode: maybe\n    check: sbom"),
        ("policies/prod.yaml", "check: sbom", "effective_on: tomorrow\n    check: sbom"),
        ("policies/prod.yaml", "signers:\n", "signer:\n"),
    ],
)
def test_a_typical_mistake_is_underlined(tmp_path: Path, file: str, old: str, new: str) -> None:
    text = (EXAMPLE / file).read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / Path(file).name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    name = FOLDERS.get(Path(file).parent.name, "promoter")
    assert problems(name, path)


def test_a_line_of_a_policy_that_includes_a_fragment_may_leave_keys_to_it(tmp_path: Path) -> None:
    path = tmp_path / "prod.yaml"
    path.write_text("include: [baseline]\nrequire:\n  - {check: scan, mode: enforce}\n", encoding="utf-8")
    assert problems("policy", path) == []
    path.write_text("require:\n  - {check: scan, mode: enforce}\n", encoding="utf-8")
    assert problems("policy", path)


def test_every_check_and_every_key_has_its_description() -> None:
    definitions = READ["policy"]["$defs"]
    for name, check in CHECKS.items():
        keys = definitions[name]["properties"]
        assert keys["check"] == {"const": name, "description": check.title}
        assert [key for key, value in keys.items() if not value.get("description")] == []
    for model in Strict.__subclasses__():
        assert all(field.description for field in model.model_fields.values()), model
