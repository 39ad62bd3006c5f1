"""Reads `config/classes/`: what services of a class must show besides what their environments demand.

A class never takes anything away: its lines stand beside those of the environment, or tighten them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from promoter.config_errors import attempt, file_name, parse, suggest
from promoter.config_fragments import Fragments, included
from promoter.config_policy_files import ClassFile
from promoter.config_rules import Rules, Source, clashes, join, read_rules
from promoter.config_tightening import tightens
from promoter.strict_yaml import ConfigError, read_document


@dataclass(frozen=True, slots=True)
class ServiceClass:
    """Services of one kind, and what they must show besides, in all environments or in those named."""

    name: str
    description: str
    environments: tuple[str, ...]
    rules: Rules

    def covers(self, environment: str) -> bool:
        """Tell whether the class demands something in an environment."""
        return not self.environments or environment in self.environments


def read_classes(
    paths: Iterable[Path], policies: Mapping[str, Rules], fragments: Fragments, problems: list[str]
) -> Mapping[str, ServiceClass]:
    """Read the classes in these files; what is wrong with them is added to the problems."""
    found = (attempt(problems, partial(_class, path, policies, fragments)) for path in paths)
    return {one.name: one for one in found if one}


def class_clashes(classes: tuple[ServiceClass, ...]) -> Iterator[str]:
    """Say why a service cannot be of all these classes at once."""
    joined = Rules("")
    for one in classes:
        yield from clashes(joined, one.rules, tightens)
        joined = join(joined, one.rules, tightens)


def _class(path: Path, policies: Mapping[str, Rules], fragments: Fragments) -> ServiceClass:
    document = read_document(path)
    file = parse(document, ClassFile)
    name, problems = file_name(path), list[str]()
    problems += [
        f"{document.at(('environments', index))}: environments[{index}]: no environment {one!r}{suggest(one, policies)}"
        for index, one in enumerate(file.environments)
        if policies and one not in policies
    ]
    source = Source(document, file, included(document, file.include, fragments), tuple(policies))
    rules = attempt(problems, partial(read_rules, name, source, tightens))
    if rules and not rules.lines:
        problems.append(f"{path}:1: demands nothing; write require, or include a fragment that has lines")
    if problems or rules is None:
        raise ConfigError(*problems)
    found = ServiceClass(name, file.description, file.environments, rules)
    beside = [one for environment, one in policies.items() if found.covers(environment)]
    if strange := [f"{path}:1: in {one.name}: {why}" for one in beside for why in clashes(one, rules, tightens)]:
        raise ConfigError(*strange)
    return found
