"""One mistake in a good configuration: the whole error text, with file, line, key, what is allowed and what to do."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from promoter.core.checks import CHECKS
from tests.config.directory import Directory


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is changed in which file, and all that is said about it."""

    file: str
    old: str
    new: str
    says: list[str]

    def __str__(self) -> str:
        return f"{self.file}: {self.new.strip() or 'without'} {'' if self.new.strip() else self.old.strip()}"


MISTAKES = [Mistake(**case) for case in yaml.safe_load(Path(__file__).with_name("mistakes.yaml").read_bytes())]


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_a_mistake_is_named_with_file_line_key_and_remedy(config: Directory, mistake: Mistake) -> None:
    config.replace(mistake.file, mistake.old, mistake.new)
    checks = ", ".join(sorted(CHECKS))
    assert list(config.problems()) == [text.replace("{checks}", checks) for text in mistake.says]


def test_an_unknown_upstream_is_named_beside_whatever_else_is_wrong_in_the_file(config: Directory) -> None:
    config.replace("promoter.yaml", "  host: ", "  hst: ")
    config.replace("promoter.yaml", "after: [staging]", "after: [stagin, [staging]]")
    problems = list(config.problems())
    assert len(problems) == 4
    assert problems[0].startswith("promoter.yaml:18: unknown key forge.hst; did you mean host?")
    assert problems[-1] == (
        "promoter.yaml:36: environments.prod.after[0]: no environment 'stagin'; did you mean staging? "
        "(allowed: dev, prod, staging)"
    )
