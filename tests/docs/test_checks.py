"""The catalogue of checks names every demand and every check, and each parameter is one that the check has."""

import re
from dataclasses import fields

from docs.catalogue import DEMANDS
from docs.generate_checks import CHECKS_PAGE, VECTORS, checks_page
from promoter.config_files import EnvironmentFile
from promoter.core.checks import CHECKS
from promoter.core.codes import Code

_IDS = """
artifact.exists artifact.digest artifact.allow-list artifact.not-denied signature.identity provenance.slsa
provenance.source-correlated provenance.materials provenance.base-image sbom.present sbom.quality
license.allow component.deny component.age component.unmaintained component.ecosystem component.source
component.missing-version tool.versions vuln.scan-fresh vuln.threshold vuln.known-exploited vuln.exposure
vex.applied test.result sast.result soak previous-env order no-downgrade artifact.age window.freeze
approval.four-eyes change.ticket policy.integrity log.consistent vsa.accept
"""


def test_the_page_is_the_one_that_table_checks_and_vectors_make() -> None:
    assert CHECKS_PAGE.read_text(encoding="utf-8") == checks_page(), "run `make docs`"


def test_every_demand_is_named_once() -> None:
    named = [name for demand in DEMANDS for name in demand.id.split(", ")]
    assert len(named) == len(set(named))
    assert set(named) >= set(_IDS.split())
    assert all(f"**{name}**" in checks_page() for name in named)


def test_every_check_has_its_row_and_its_vectors() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", checks_page(), re.MULTILINE)
    assert rows == list(CHECKS)
    assert {path.stem for path in VECTORS.glob("*.json")} == set(CHECKS)


def test_every_parameter_that_is_named_is_one_that_its_check_has() -> None:
    for name in (name for demand in DEMANDS for name in demand.by):
        check, _, parameter = name.partition(".")
        assert check in CHECKS, name
        assert not parameter or parameter in {field.name for field in fields(CHECKS[check].params)}, name


def test_every_key_of_an_environment_and_every_code_is_one() -> None:
    assert {key for demand in DEMANDS for key in demand.keys} <= set(EnvironmentFile.model_fields)
    codes = {code.value for code in Code}
    assert [code for demand in DEMANDS for code in demand.codes if code not in codes] == []


def test_a_demand_is_answered_by_something_and_breaks_no_table() -> None:
    for demand in DEMANDS:
        assert demand.by or demand.keys or demand.besides, demand.id
        assert "|" not in f"{demand.says}{demand.facts}{demand.unknown}{demand.besides}"
