"""Where the rules come from, and where the graph and the health of environments stand then."""

from pathlib import Path

import pytest

from promoter.config import load
from promoter.core.environment import Environment
from promoter.core.runtime import HealthSource
from promoter.strict_yaml import ConfigError
from tests.config.directory import Directory

RULES = "rules: {repository: acme/rules}\n"


def without_graph(config: Directory, besides: str = "") -> str:
    """Take the graph out of promoter.yaml; gives it."""
    path = config.path / "promoter.yaml"
    main, _, graph = path.read_text(encoding="utf-8").partition("environments:\n")
    path.write_text(main + besides, encoding="utf-8")
    return f"environments:\n{graph}"


def graph_of(config: Directory) -> tuple[Environment, ...]:
    return config.load().graph


def test_the_graph_may_stand_among_the_rules(config: Directory) -> None:
    before = graph_of(config)
    config.write("environments.yaml", without_graph(config))
    assert graph_of(config) == before


def test_it_stands_in_one_place_only(config: Directory) -> None:
    config.write("environments.yaml", "environments: {dev: {}}\n")
    told = ("promoter.yaml:27: environments: stands in environments.yaml too; remove one of them",)
    assert config.problems() == told


def test_an_unknown_upstream_and_a_circle_are_found_there_too(config: Directory) -> None:
    without_graph(config)
    config.write("environments.yaml", "environments:\n  dev: {after: [prod]}\n  prod: {after: [dve]}\n")
    assert config.problems() == (
        "environments.yaml:3: environments.prod.after[0]: no environment 'dve'; did you mean dev? (allowed: dev, prod)",
    )
    config.write("environments.yaml", "environments:\n  dev: {after: [prod]}\n  prod: {after: [dev]}\n")
    assert config.problems()[0].startswith("environments.yaml:1: environments: go round in a circle: ")


def test_with_rules_from_git_the_graph_is_one_of_them(config: Directory) -> None:
    path = config.path / "promoter.yaml"
    path.write_text(path.read_text(encoding="utf-8") + RULES, encoding="utf-8")
    (first, *_) = config.problems()
    assert first.endswith(" environments: is under review as the rules are; move it to their environments.yaml")


def test_rules_in_another_folder_are_read_from_there_and_none_may_be_left_here(
    config: Directory, tmp_path: Path
) -> None:
    config.write("environments.yaml", without_graph(config, RULES))
    rules = tmp_path / "rules"
    config.path.rename(rules)
    config.path.mkdir()
    (rules / "promoter.yaml").rename(config.path / "promoter.yaml")
    loaded = load(config.path, {}, rules)
    assert sorted(loaded.policies) == ["dev", "prod", "staging"]
    config.write("freezes.yaml", "")
    with pytest.raises(ConfigError) as told:
        load(config.path, {}, rules)
    assert told.value.problems == (f"{config.path}/freezes.yaml: is not read, for the rules are not here; remove it",)


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ("{repository: rules}", "rules.repository: must be owner/name, like platform/rules (it is 'rules')"),
        (
            "{repository: acme/rules, path: ../x}",
            "rules.path: must be a folder inside the repository, like promoter/rules",
        ),
        ("{repository: acme/rules, approvals: 0}", "rules.approvals: must be at least 1"),
        (
            "{repository: acme/rules, signers: {mia: {issuer: 'https://x.example', san: '{source}'}}}",
            "rules.signers.mia: holds a placeholder, and rules are of no release; write the whole text",
        ),
    ],
)
def test_a_source_that_cannot_be_meant_is_refused(config: Directory, rules: str, says: str) -> None:
    config.write("environments.yaml", without_graph(config, f"rules: {rules}\n"))
    assert [problem for problem in config.problems() if says in problem], config.problems()


HEALTH = "health: {prod: {source: prometheus, url: https://prom.example, query: up}}\n"


def test_who_is_asked_for_health_is_a_rule_and_where_that_answers_is_the_machines(config: Directory) -> None:
    graph = without_graph(config, HEALTH)
    config.write("environments.yaml", graph + "    health: prometheus\n")
    loaded = config.load()
    assert {node.name: node.health for node in loaded.graph}["prod"] is HealthSource.PROMETHEUS
    assert loaded.promoter.health_files["prod"].query == "up"


def test_rules_bring_no_address_or_credential(config: Directory) -> None:
    graph = without_graph(config)
    config.write("environments.yaml", graph + "    health: {source: prometheus, url: https://evil.example}\n")
    asked = "environments.prod.health: must be one of argocd, flux, prometheus, reported (keys stand there)"
    assert config.problems() == (f"environments.yaml:12: {asked}",)


def test_the_two_must_agree(config: Directory) -> None:
    graph = without_graph(config, HEALTH)
    config.write("environments.yaml", graph + "    health: argocd\n")
    lacks = "promoter.yaml does not say where argocd answers; write it there as health.prod"
    assert config.problems() == (f"environments.yaml:12: environments.prod.health: {lacks}",)
    config.write("environments.yaml", graph)
    assert config.problems()[0].endswith("health.prod: the rules ask nobody for the health of prod; remove it")
