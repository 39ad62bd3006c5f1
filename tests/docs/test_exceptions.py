"""The examples on the page of exceptions are good ones."""

import json
import re
from pathlib import Path

from promoter.core.candidate import digest_of
from promoter.core.package_scope import PackageScope
from promoter.core.predicates import types
from promoter.core.signed_exceptions import read_exception
from tests.config.directory import Directory

TEXT = (Path(__file__).parents[2] / "docs" / "exceptions.md").read_text(encoding="utf-8")
(FILE,) = re.findall(r"```yaml\n(.+?)```", TEXT, re.DOTALL)
(STATEMENT,) = re.findall(r"```json\n(.+?)```", TEXT, re.DOTALL)


def test_the_example_of_a_file_is_read(tmp_path: Path) -> None:
    config = Directory(tmp_path)
    config.write("exceptions/INC-812.yaml", FILE)

    (one,) = config.load().exceptions
    assert (one.exception.id, one.exception.vulnerabilities) == ("INC-812", ("CVE-2026-31337",))


def test_the_example_of_a_statement_is_read() -> None:
    one = read_exception(json.loads(STATEMENT), digest_of(b"a release"))

    assert one.purls == (PackageScope("pkg:pypi/flask", "vers:pypi/>=3.2|<3.3"),)


def test_the_types_are_named() -> None:
    assert [name for name in types.POLICY_EXCEPTION | types.EXCEPTION_REVOCATION if f"`{name}`" not in TEXT] == []
