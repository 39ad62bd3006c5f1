"""Reads what is demanded of releases (`fragments/`, `policies/`, `classes/`), and joins what a service must show."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from promoter.config_classes import ServiceClass, class_clashes, read_classes
from promoter.config_errors import attempt
from promoter.config_folders import files_of
from promoter.config_fragments import read_fragments, unused
from promoter.config_policies import read_policy_rules, seal_rules
from promoter.config_rules import Rules, join
from promoter.config_tightening import tightens
from promoter.core.environment import Environment
from promoter.core.policy import Policy


@dataclass(frozen=True, slots=True)
class Loosening:
    """A line with which an environment demands less than what it inherits, and the reason that it gives."""

    environment: str
    line: str
    reason: str
    place: str  # file:line
    inherited: str  # file:line


@dataclass(frozen=True, slots=True)
class Demands:
    """What environments and classes demand, apart from each other; both by name.

    `class_names` are those of all files, of which some may not be readable.
    """

    environments: Mapping[str, Rules]
    classes: Mapping[str, ServiceClass]
    class_names: tuple[str, ...] = ()

    def policy(self, environment: str, classes: tuple[str, ...] = ()) -> Policy:
        """Give what an environment demands of services of these classes."""
        rules = self.environments[environment]
        for one in (self.classes[name] for name in classes):
            rules = join(rules, one.rules, tightens) if one.covers(environment) else rules
        return seal_rules(rules)

    def clashes(self, classes: tuple[str, ...]) -> Iterator[str]:
        """Say why a service cannot be of these classes at once; unknown ones are passed over."""
        return class_clashes(tuple(self.classes[name] for name in classes if name in self.classes))

    @property
    def loosened(self) -> Iterator[Loosening]:
        """The lines that demand less than what they inherit."""
        for name, rules in self.environments.items():
            for line in rules.lines:
                if line.loosens:
                    yield Loosening(name, line.requirement.title, line.loosens, line.place, line.inherited)


def read_demands(directory: Path, graph: tuple[Environment, ...] | None, problems: list[str]) -> Demands:
    """Read the three folders; what is wrong with their files is added to the problems."""
    names = tuple(node.name for node in graph or ())
    fragment_files = files_of(directory / "fragments", problems, may_be_empty=True)
    class_files = files_of(directory / "classes", problems, may_be_empty=True)
    policy_files = files_of(directory / "policies", problems)
    fragments = read_fragments(fragment_files, names, problems)
    found = (attempt(problems, partial(read_policy_rules, path, graph, fragments)) for path in policy_files)
    environments = {rules.name: rules for rules in found if rules}
    missing = [name for name in names if name not in {path.stem for path in policy_files}]
    problems += [f"{directory / 'policies'}: environment {name} has no policy; write {name}.yaml" for name in missing]
    classes = read_classes(class_files, environments, fragments, problems)
    if not problems:
        problems += unused(fragment_files, (*fragment_files, *policy_files, *class_files))
    return Demands(environments, classes, tuple(path.stem for path in class_files))
