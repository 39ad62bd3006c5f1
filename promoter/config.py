"""Reads `config/` strictly: an unknown key, check, signer or environment is an error with file, line and remedy.

Nothing here decides; what a policy means stands in core. All problems of all files are reported at once.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from promoter.config_bundle import read_bundle
from promoter.config_cases import Case, Tested, read_cases
from promoter.config_demands import Demands, read_demands
from promoter.config_denials import read_denials
from promoter.config_errors import attempt, file_name, parse, suggest
from promoter.config_exceptions import WrittenException, read_exceptions
from promoter.config_files import (
    PromoterFile,
    RegistryFile,
    ServiceFile,
    check_host,
)
from promoter.config_folders import files_of, strangers
from promoter.config_freezes import read_freezes
from promoter.config_graph import missing_graph, read_graph, read_machine
from promoter.config_roles import shared_hands, signing_hands
from promoter.core.bundle import Bundle
from promoter.core.candidate import parse_repository
from promoter.core.denial import Denial
from promoter.core.environment import Environment, Service
from promoter.core.freezes import NONE, Freezes
from promoter.core.policy import Policy
from promoter.core.service_facts import ServiceFacts
from promoter.core.target import Target
from promoter.strict_yaml import ConfigError, Document, read_document
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
    demanded: Demands
    directory: Path
    freezes: Freezes = NONE
    denials: tuple[Denial, ...] = ()  # of deny.yaml; those of the command stand in the ledger
    exceptions: tuple[WrittenException, ...] = ()

    def demands(self, service: Service) -> Mapping[str, Policy]:
        """Give what each of a service's environments demands of it, with what its classes add."""
        classes = service.facts.classes
        return {
            name: self.demanded.policy(name, classes) if classes else self.policies[name] for name in service.targets
        }

    def cases(self) -> tuple[Case, ...]:
        """Read the policies' own tests; raises ConfigError with all that is wrong with them."""
        problems: list[str] = []
        paths = files_of(self.directory / "cases", problems, may_be_empty=True, beside=frozenset({".json"}))
        if problems:
            raise ConfigError(*problems)
        return read_cases(paths, Tested(self.services, self.demanded))

    @property
    def every_policy(self) -> tuple[Policy, ...]:
        """What is demanded of anything: each environment's policy, and each with classes that a service has."""
        composed = (policy for service in self.services.values() for policy in self.demands(service).values())
        return tuple({policy.digest: policy for policy in (*self.policies.values(), *composed)}.values())


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
    problems = strangers(directory)
    read = attempt(problems, lambda: _promoter(machine / "promoter.yaml", variables, directory, graph))
    main, graph = read or (None, None)
    problems += _left_over(machine) if main and main.rules else ()
    services: dict[str, Service] = {}
    service_files, beside = files_of(directory / "services", problems), list[str]()
    demanded = read_demands(directory, graph, beside)
    for path in service_files:
        if service := attempt(problems, partial(_service, path, main, graph, demanded)):
            services[service.name] = service
    problems += [*_overlaps(directory, services.values()), *beside]
    policies = {name: demanded.policy(name) for name in demanded.environments}
    denials = attempt(problems, lambda: read_denials(directory / "deny.yaml"))
    if main:
        by_policy = {name: policy.signers for name, policy in policies.items()}
        by_class = {name: one.rules.signers for name, one in demanded.classes.items()}
        problems += signing_hands(directory / "policies", main.roles, by_policy)
        problems += signing_hands(directory / "classes", main.roles, by_class)
    names = [path.stem for path in service_files]
    freezes = attempt(problems, lambda: read_freezes(directory / "freezes.yaml", graph, names)) or NONE
    exceptions = read_exceptions(directory, services, policies, problems)
    if problems or main is None or graph is None:
        raise ConfigError(*problems)
    return Configuration(
        promoter=main,
        graph=graph,
        services=services,
        policies={node.name: policies[node.name] for node in graph},
        bundle=read_bundle(directory, graph),
        demanded=demanded,
        directory=directory,
        freezes=freezes,
        denials=denials or (),
        exceptions=exceptions,
    )


def _require(directory: Path) -> None:
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such directory; name yours with --config or PROMOTER_CONFIG")


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
    problems += shared_hands(document, main.roles) if main else ()
    if problems or main is None:
        raise ConfigError(*problems)
    return main, graph or read_graph(document, main, rules)


def _service(
    path: Path, main: PromoterFile | None, graph: tuple[Environment, ...] | None, demanded: Demands
) -> Service:
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
    problems += _class_faults(document, file.classes, demanded)
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
        facts=ServiceFacts(classes=tuple(sorted(set(file.classes))), exposure=file.exposure, image=str(image)),
    )


def _class_faults(document: Document, classes: tuple[str, ...], demanded: Demands) -> Iterator[str]:
    for index, name in enumerate(classes):
        if name not in demanded.class_names:
            where = f"{document.at(('classes', index))}: classes[{index}]"
            yield f"{where}: no class {name!r}{suggest(name, demanded.class_names)}"
    for clash in demanded.clashes(tuple(sorted(set(classes)))):
        yield f"{document.at(('classes',))}: classes: {clash}"


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
