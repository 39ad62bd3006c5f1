"""Reads `config/` strictly: an unknown key, check, signer or environment is an error with file, line and remedy.

Nothing here decides; what a policy means stands in core. All problems of all files are reported at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from promoter.config_bundle import read_bundle
from promoter.config_errors import attempt, file_name, parse, suggest
from promoter.config_files import (
    PromoterFile,
    RegistryFile,
    ServiceFile,
    check_host,
)
from promoter.config_freezes import read_freezes
from promoter.config_graph import GRAPH_FILE, missing_graph, read_graph, read_machine
from promoter.config_policies import read_policy_file
from promoter.core.bundle import Bundle
from promoter.core.candidate import parse_repository
from promoter.core.circumstances import ServiceFacts
from promoter.core.environment import Environment, Service
from promoter.core.freezes import NONE, Freezes
from promoter.core.policy import Policy
from promoter.core.target import Target
from promoter.strict_yaml import ConfigError, read_document
from promoter.transport.git_names import RefusedName, parse_path

__all__ = ["Configuration", "PromoterFile", "RegistryFile", "load", "load_machine"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything in `config/`, read and cross-checked. `graph` is in upstream-first order."""

    promoter: PromoterFile
    graph: tuple[Environment, ...]
    services: Mapping[str, Service]
    policies: Mapping[str, Policy]
    bundle: Bundle
    freezes: Freezes = NONE

    def demands(self, service: Service) -> Mapping[str, Policy]:
        """Give what each of a service's environments demands of it."""
        return {name: self.policies[name] for name in service.targets}


def load_machine(directory: Path, variables: Mapping[str, str]) -> PromoterFile:
    """Read `promoter.yaml` alone: it tells where the rules are. Raises ConfigError."""
    _require(directory)
    return read_machine(read_document(directory / "promoter.yaml", variables))


def load(
    directory: Path,
    variables: Mapping[str, str],
    rules: Path | None = None,
    graph: tuple[Environment, ...] | None = None,
) -> Configuration:
    """Read a configuration directory; `variables` fill `${NAME}` and `${NAME:-default}` in promoter.yaml.

    `rules` is the folder that everything but promoter.yaml is read from, if that is another one; `graph` is the
    promotion graph that rules were kept with. Raises ConfigError with every problem of every file.
    """
    _require(directory)
    machine, directory = directory, rules or directory
    problems = _strangers(directory)
    read = attempt(problems, lambda: _promoter(machine / "promoter.yaml", variables, directory, graph))
    main, graph = read or (None, None)
    problems += _left_over(machine) if main and main.rules else ()
    services: dict[str, Service] = {}
    policies: dict[str, Policy] = {}
    for path in _files(directory / "services", problems):
        if service := attempt(problems, partial(_service, path, main, graph)):
            services[service.name] = service
    problems += _overlaps(directory, services.values())
    policy_files = _files(directory / "policies", problems)
    for path in policy_files:
        if policy := attempt(problems, partial(read_policy_file, path, graph)):
            policies[policy.environment] = policy
    for node in graph or ():
        if node.name not in {path.stem for path in policy_files}:
            problems.append(f"{directory / 'policies'}: environment {node.name} has no policy; write {node.name}.yaml")
    names = [path.stem for path in (directory / "services").glob("*.yaml")]
    freezes = attempt(problems, lambda: read_freezes(directory / "freezes.yaml", graph, names)) or NONE
    if problems or main is None or graph is None:
        raise ConfigError(*problems)
    return Configuration(main, graph, services, policies, read_bundle(directory, graph), freezes)


def _require(directory: Path) -> None:
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such directory; name yours with --config or PROMOTER_CONFIG")


def _files(directory: Path, problems: list[str]) -> tuple[Path, ...]:
    """Give the files of a folder; names that begin with a dot are an editor's or a mounted volume's own."""
    entries = sorted(directory.iterdir()) if directory.is_dir() else []
    shown = [path for path in entries if not path.name.startswith(".")]
    problems += [f"{path}: is not read; only *.yaml files belong here" for path in shown if path.suffix != ".yaml"]
    found = tuple(path for path in shown if path.suffix == ".yaml")
    if not found:
        problems.append(f"{directory}: holds no *.yaml file; write at least one")
    return found


def _strangers(directory: Path) -> list[str]:
    """Refuse YAML files that nobody reads: a freeze or an exception that is written must not be passed over."""
    found = (path for pattern in ("*.y*ml", "*/*.y*ml") for path in sorted(directory.glob(pattern)))
    return [
        f"{path}: is not read; only promoter.yaml, {GRAPH_FILE}, freezes.yaml, services/*.yaml and policies/*.yaml are"
        for path in found
        if not path.relative_to(directory).as_posix().startswith(("services/", "policies/", "."))
        and path not in {directory / "promoter.yaml", directory / GRAPH_FILE, directory / "freezes.yaml"}
    ]


def _left_over(machine: Path) -> list[str]:
    """Refuse rules beside promoter.yaml where the rules are elsewhere: whoever wrote them thinks that they count."""
    found = (path for pattern in ("*.y*ml", "*/*.y*ml") for path in sorted(machine.glob(pattern)))
    return [
        f"{path}: is not read, for the rules are not here; remove it"
        for path in found
        if not path.relative_to(machine).as_posix().startswith(".") and path != machine / "promoter.yaml"
    ]


# --- promoter.yaml and services/ --------------------------------------------------------------------------------------


def _promoter(
    path: Path, variables: Mapping[str, str], rules: Path, graph: tuple[Environment, ...] | None
) -> tuple[PromoterFile, tuple[Environment, ...]]:
    document = read_document(path, variables)
    problems: list[str] = []
    main = attempt(problems, lambda: read_machine(document))
    problems += missing_graph(document, rules) if graph is None else ()
    if problems or main is None:
        raise ConfigError(*problems)
    return main, graph or read_graph(document, main, rules)


def _service(path: Path, main: PromoterFile | None, graph: tuple[Environment, ...] | None) -> Service:
    document = read_document(path)
    file = parse(document, ServiceFile)
    name, problems = file_name(path), list[str]()
    known = tuple(node.name for node in graph) if graph else file.environments
    problems += [
        f"{document.at(('environments', index))}: environments[{index}]: no environment {one!r}{suggest(one, known)}"
        for index, one in enumerate(file.environments)
        if one not in known
    ]
    image = parse_repository(file.image)
    try:
        check_host(image.host)
    except ValueError as error:
        problems.append(f"{document.at(('image',))}: image: {error} (it is {image.host!r})")
    if main and not file.source.repository.startswith(f"{main.forge.host}/"):
        where = document.at(("source", "repository"))
        problems.append(f"{where}: source.repository: must be on the forge, as {main.forge.host}/owner/name")
    chosen = file.environments or known
    for index, target in enumerate(file.targets):
        where = f"{document.at(('targets', index, 'path'))}: targets[{index}].path"
        problems += [f"{where}: {fault}" for fault in _path_faults(target.path, chosen)]
    if problems:
        raise ConfigError(*problems)
    return Service(
        name=name,
        image=image,
        source=file.source.repository,
        tag=file.source.tag,
        releases=file.releases,
        targets={environment: _targets(file, environment) for environment in chosen},
        facts=ServiceFacts(classes=tuple(sorted(set(file.classes))), exposure=file.exposure),
    )


def _overlaps(directory: Path, services: Iterable[Service]) -> Iterator[str]:
    """Refuse two services that pin one image in one file: each would undo what the other did."""
    owners: dict[tuple[str, str], str] = {}
    for service in services:
        for path in sorted({target.path for targets in service.targets.values() for target in targets}):
            owner = owners.setdefault((path, str(service.image)), service.name)
            if owner != service.name:
                where = directory / "services" / f"{service.name}.yaml"
                yield (
                    f"{where}: targets: {owner} pins {service.image} in {path} already; one service may have several "
                    "targets, so merge the two or remove one"
                )


def _path_faults(path: str, environments: tuple[str, ...]) -> Iterator[str]:
    """Refuse paths out of the tree, and one file for several environments: what is promoted to one would be to all."""
    try:
        parse_path(path)
    except RefusedName as error:
        yield str(error)
    if strange := re.findall(r"\{(?!environment\})[^{}]*\}", path):
        yield f"no placeholder {strange[0]} (allowed: {{environment}})"
    elif len(environments) > 1 and "{environment}" not in path:
        yield f"{path!r} is one file for {', '.join(environments)}; write {{environment}} into it"


def _targets(file: ServiceFile, environment: str) -> tuple[Target, ...]:
    return tuple(replace(one, path=one.path.replace("{environment}", environment)) for one in file.targets)
