"""Classes of services: what they add to every environment's policy, and that they never take anything away."""

from datetime import timedelta

import pytest

from promoter.core.finding import Mode
from promoter.core.scope import scope_of
from tests.config.directory import Directory

CLASS = """description: Reached by clients from the internet.
signers:
  testing:
    issuer: https://token.forge.acme.example
    san: https://forge.acme.example/quality/.github/workflows/test.yml@refs/heads/main
require:
  - check: tests
    signers: [testing]
    suites: [penetration]
"""


def with_class(config: Directory, content: str = CLASS) -> Directory:
    config.write("classes/client-facing.yaml", content)
    config.replace("services/cart.yaml", "targets:", "classes: [client-facing]\ntargets:")
    return config


def test_a_class_adds_to_what_every_environment_demands_of_its_services_alone(config: Directory) -> None:
    found = with_class(config).load()
    cart, search = (found.demands(found.services[name]) for name in ("cart", "search"))
    assert search == found.policies
    for name, policy in cart.items():
        assert policy.environment == name
        assert policy.require[:-1] == found.policies[name].require
        assert policy.require[-1].check == "tests"
        assert policy.digest != found.policies[name].digest
        assert set(policy.signers) == {"release", "scanning", "testing"}
    assert found.demanded.classes["client-facing"].description == "Reached by clients from the internet."


def test_a_class_may_be_of_some_environments_only(config: Directory) -> None:
    found = with_class(config, f"environments: [prod]\n{CLASS}").load()
    cart = found.demands(found.services["cart"])
    assert [name for name, policy in cart.items() if policy != found.policies[name]] == ["prod"]


def test_a_class_tightens_a_line_that_an_environment_has(config: Directory) -> None:
    config.replace("policies/dev.yaml", "deadline: 8s", "mode: warn\n    deadline: 8s")
    signers = (config.path / "policies" / "prod.yaml").read_text(encoding="utf-8").split("require:")[0]
    line = "require:\n  - {check: signature, signers: [release], deadline: 8s}\n"
    found = with_class(config, f"description: Ours.\n{signers}{line}").load()
    modes = {name: policy.require[0].mode for name, policy in found.demands(found.services["cart"]).items()}
    assert modes == dict.fromkeys(("dev", "staging", "prod"), Mode.ENFORCE)
    assert found.policies["dev"].require[0].mode is Mode.WARN


def test_a_line_that_is_weaker_than_the_environments_changes_nothing(config: Directory) -> None:
    signers = (config.path / "policies" / "prod.yaml").read_text(encoding="utf-8").split("require:")[0]
    line = "require:\n  - {check: signature, signers: [release], mode: warn, deadline: 9h}\n"
    found = with_class(config, f"description: Ours.\n{signers}{line}").load()
    assert found.demands(found.services["cart"]) == found.policies


def test_everything_that_classes_want_to_be_looked_for_is_looked_for(config: Directory) -> None:
    content = CLASS.replace("suites: [penetration]", "suites: [penetration]\n  - check: sbom\n    name: arm\n"
                            "    signers: [testing]\n    platforms: [linux/arm64]")  # fmt: skip
    found = with_class(config, content).load()
    assert scope_of(found.every_policy).platforms == {"linux/arm64"}
    assert scope_of(found.policies.values()).platforms == frozenset()


def test_a_class_includes_fragments(config: Directory) -> None:
    signers, require = CLASS.split("require:")
    config.write("fragments/testers.yaml", "signers:" + signers.split("signers:")[1])
    found = with_class(config, f"description: Ours.\ninclude: [testers]\nrequire:{require}").load()
    assert found.demands(found.services["cart"])["prod"].require[-1].deadline == timedelta(0)


MISTAKES = {
    "unknown class": (
        {"services/cart.yaml": ("[client-facing]", "[client-facin]")},
        (
            "services/cart.yaml:8: classes[0]: no class 'client-facin'; did you mean client-facing? "
            "(allowed: client-facing)"
        ),
    ),
    "no description": (
        {"classes/client-facing.yaml": ("description: Reached by clients from the internet.\n", "")},
        (
            "classes/client-facing.yaml:1: description is missing: which services are of this class, in a sentence for "
            "people"
        ),
    ),
    "unknown environment": (
        {"classes/client-facing.yaml": ("signers:\n", "environments: [pord]\nsigners:\n")},
        (
            "classes/client-facing.yaml:2: environments[0]: no environment 'pord'; did you mean prod? "
            "(allowed: dev, prod, staging)"
        ),
    ),
    "nothing demanded": (
        {"classes/client-facing.yaml": (CLASS[CLASS.index("require:") :], "")},
        "classes/client-facing.yaml:1: demands nothing; write require, or include a fragment that has lines",
    ),
    "loosens": (
        {"classes/client-facing.yaml": ("    suites:", "    loosens: why\n    suites:")},
        (
            "classes/client-facing.yaml:9: unknown key require[0].loosens (allowed: allow_warned, check, deadline, "
            "effective_on, max_age, min_coverage, mode, name, signers, suites)"
        ),
    ),
    "a signer that is not defined": (
        {"classes/client-facing.yaml": ("  testing:", "  scanning:")},
        "classes/client-facing.yaml:8: require[0].signers[0]: no signer 'testing' (allowed: scanning)",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_said_once_with_file_and_line(config: Directory, name: str) -> None:
    changes, problem = MISTAKES[name]
    with_class(config)
    for file, (old, new) in changes.items():
        config.replace(file, old, new)
    assert config.problems() == (problem,)


def test_a_class_that_can_be_compared_with_no_environment_is_refused_in_each(config: Directory) -> None:
    signers = (config.path / "policies" / "prod.yaml").read_text(encoding="utf-8").split("require:")[0]
    line = "  - {check: sbom, signers: [release], formats: [spdx3]}\n"
    with_class(config, f"description: Ours.\n{signers}require:\n{line}")
    problems = config.problems()
    assert [problem.split(": ")[1] for problem in problems] == ["in dev", "in prod", "in staging"]
    assert problems[1] == (
        "classes/client-facing.yaml:1: in prod: sbom stands in classes/client-facing.yaml:17 and in "
        "policies/prod.yaml:25, and neither is known to be at least as strict as the other; give one a name of its "
        "own, and both count"
    )


def test_two_classes_that_clash_are_refused_where_a_service_has_both(config: Directory) -> None:
    config.write("classes/vendor.yaml", CLASS.replace("penetration", "smoke"))
    with_class(config).load()
    config.replace("services/cart.yaml", "[client-facing]", "[client-facing, vendor]")
    (problem,) = config.problems()
    assert problem == (
        "services/cart.yaml:8: classes: tests stands in classes/vendor.yaml:7 and in classes/client-facing.yaml:7, and "
        "neither is known to be at least as strict as the other; give one a name of its own, and both count"
    )
