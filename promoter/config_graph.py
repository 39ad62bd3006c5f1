"""Reads the promotion graph: from `promoter.yaml`, or from `environments.yaml` among the rules; exactly one has it."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from promoter.config_errors import attempt, name_key, parse, suggest
from promoter.config_files import EnvironmentFile, GraphFile, PromoterFile, RuledEnvironmentFile
from promoter.core.environment import Environment
from promoter.core.runtime import HealthSource
from promoter.strict_yaml import ConfigError, Document, Location, read_document

GRAPH_FILE = "environments.yaml"


def read_machine(document: Document) -> PromoterFile:
    """Read `promoter.yaml`; raises ConfigError."""
    problems: list[str] = []
    main = attempt(problems, lambda: parse(document, PromoterFile))
    problems += _unknown_upstreams(document)
    if problems or main is None:
        raise ConfigError(*problems)
    return main


def missing_graph(document: Document, rules: Path) -> Iterator[str]:
    """Say that there is no graph, whatever else is wrong with `promoter.yaml`."""
    if "environments" not in document.values and not (rules / GRAPH_FILE).exists():
        place = f"in {GRAPH_FILE}" if "rules" in document.values else f"here or in {GRAPH_FILE}"
        yield f"{document.path}:1: environments is missing: the promotion graph, {place} among the rules"


def read_graph(document: Document, main: PromoterFile, rules: Path) -> tuple[Environment, ...]:
    """Read the graph, upstream first; `document` is `promoter.yaml`, `rules` the folder of the rules.

    Raises ConfigError, also where both files have a graph.
    """
    beside = rules / GRAPH_FILE
    if main.environments is not None:
        if beside.exists():
            where = f"{document.at(('environments',))}: environments"
            raise ConfigError(f"{where}: stands in {beside} too; remove one of them")
        return _sorted(document, main.environments)
    own, problems = read_document(beside), list[str]()
    file = attempt(problems, lambda: parse(own, GraphFile))
    problems += _unknown_upstreams(own)
    if problems or file is None:
        raise ConfigError(*problems)
    problems += _unknown_health(document, main, own, file)
    if problems:
        raise ConfigError(*problems)
    return _sorted(own, file.environments)


def _unknown_health(document: Document, main: PromoterFile, own: Document, file: GraphFile) -> Iterator[str]:
    """Find environments whose health the two files tell differently: who is asked is a rule, where is the machine's."""
    for name, node in file.environments.items():
        known = main.health.get(name)
        if node.health not in {None, HealthSource.REPORTED} and (known is None or known.source is not node.health):
            where = f"{own.at(('environments', name, 'health'))}: environments.{name}.health"
            word = node.health.value if node.health else ""
            yield f"{where}: {document.path} does not say where {word} answers; write it there as health.{name}"
    for name in main.health:
        if name not in file.environments or file.environments[name].health is None:
            where = f"{document.at(('health', name))}: health.{name}"
            yield f"{where}: the rules ask nobody for the health of {name}; remove it"


def _sorted(document: Document, nodes: Mapping[str, EnvironmentFile | RuledEnvironmentFile]) -> tuple[Environment, ...]:
    try:
        before = {name: (*node.after.all, *node.after.any) for name, node in nodes.items()}
        order = tuple(TopologicalSorter(before).static_order())
    except CycleError as error:
        circle = " after ".join(reversed(error.args[1]))
        raise ConfigError(f"{document.at(('environments',))}: environments: go round in a circle: {circle}") from None
    return tuple(nodes[name].node(name) for name in order)


def _unknown_upstreams(document: Document) -> Iterator[str]:
    """Find names of environments that there are not, also in a document in which other things are wrong.

    A name that is there in upper case is left alone: that one is refused already.
    """
    found = document.values.get("environments")
    nodes = found if isinstance(found, dict) else {}
    names = {*nodes, *(name.lower() for name in nodes)}
    for name, node in nodes.items():
        after = node.get("after") if isinstance(node, dict) else None
        lists = [((), after)] if not isinstance(after, dict) else [((key,), after.get(key)) for key in ("all", "any")]
        for below, upstreams in lists:
            place: Location = ("environments", name, "after", *below)
            for index, upstream in enumerate(upstreams if isinstance(upstreams, list) else ()):
                if isinstance(upstream, str) and upstream not in names:
                    where = f"{document.at((*place, index))}: {name_key((*place, index))}"
                    yield f"{where}: no environment {upstream!r}{suggest(upstream, nodes)}"
