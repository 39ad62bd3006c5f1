"""The bundle of rules stands for every file that says what is demanded, and for nothing else."""

import pytest

from promoter.core.circumstances import Exposure, ServiceFacts
from tests.config.directory import Directory

IDLE = (
    "require: enforces nothing about the release itself before a merge; "
    "give at least one check of evidence the mode enforce"
)


def test_the_bundle_names_every_file_of_the_rules_in_the_order_of_their_paths(config: Directory) -> None:
    paths = [file.path for file in config.load().bundle.files]

    assert paths == sorted(paths)
    assert "promoter.yaml" not in paths
    assert {path.partition("/")[0] for path in paths} == {"cases", "deny.yaml", "freezes.yaml", "policies", "services"}


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("policies/prod.yaml", "require:", "require:  # a comment is a change too"),
        ("promoter.yaml", "approvals: 1", "approvals: 3"),
        ("services/cart.yaml", "source:", "exposure: internet\nsource:"),
    ],
)
def test_another_rule_or_another_graph_is_another_bundle(config: Directory, file: str, old: str, new: str) -> None:
    before = config.load().bundle.digest
    config.replace(file, old, new)

    assert config.load().bundle.digest != before


def test_where_the_bot_keeps_its_state_and_what_an_editor_leaves_behind_is_no_rule(config: Directory) -> None:
    before = config.load().bundle.digest
    config.replace("promoter.yaml", "poll: 1s", "poll: 2s")
    config.write("policies/.prod.yaml", "left: behind\n")

    assert config.load().bundle.digest == before


def test_a_service_says_of_itself_of_which_classes_it_is_and_how_exposed(config: Directory) -> None:
    for name in ("vendor-image", "client-facing"):
        policy = (config.path / "policies" / "prod.yaml").read_text(encoding="utf-8")
        config.write(f"classes/{name}.yaml", f"description: Ours.\nenvironments: [prod]\n{policy}")
    config.replace(
        "services/cart.yaml", "source:", "classes: [vendor-image, client-facing]\nexposure: internet\nsource:"
    )

    facts = config.load().services["cart"].facts
    assert facts == ServiceFacts(
        classes=("client-facing", "vendor-image"),
        exposure=Exposure.INTERNET,
        image="registry.acme.example/shop/cart",
    )


def test_an_exposure_that_there_is_not_is_refused(config: Directory) -> None:
    config.replace("services/cart.yaml", "source:", "exposure: public\nsource:")

    (problem,) = config.problems()
    assert problem.endswith(": exposure: not 'public' (allowed: internal, internet, isolated)")


def test_who_signs_by_an_address_has_no_other_role(config: Directory) -> None:
    config.replace("promoter.yaml", "poll: 1s", "roles: {deployers: [mia]}\npoll: 1s")
    signer = "signers:\n  office:\n    issuer: https://accounts.acme.example\n    san: Mia@acme.example\n"
    config.replace("policies/prod.yaml", "signers:\n", signer)

    (problem,) = config.problems()
    said = "Mia@acme.example is mia of roles; who signs has no other role, so take it off one of them"
    assert problem.endswith(f": signers.office.san: {said}")
    assert problem.startswith("policies/prod.yaml:")


def test_who_signs_for_a_class_of_services_has_no_other_role_either(config: Directory) -> None:
    config.replace("promoter.yaml", "poll: 1s", "roles: {deployers: [mia]}\npoll: 1s")
    signer = "signers:\n  office: {issuer: https://accounts.acme.example, san: mia@acme.example}\n"
    config.write(
        "classes/vendor.yaml",
        f"description: Theirs.\n{signer}require:\n  - {{check: signature, name: theirs, signers: [office]}}\n",
    )

    said = "mia@acme.example is mia of roles; who signs has no other role, so take it off one of them"
    assert config.problems() == (f"classes/vendor.yaml:3: signers.office.san: {said}",)


def test_a_policy_that_asks_people_alone_enforces_nothing_before_a_merge(config: Directory) -> None:
    text = "signers:\n  office: {issuer: https://accounts.acme.example, san: mia@acme.example}\n"
    config.write("policies/prod.yaml", f"{text}require:\n  - {{check: approval, min: 2}}\n")

    (problem,) = config.problems()
    assert problem == f"policies/prod.yaml:3: {IDLE}"


@pytest.mark.parametrize("line", ["check: order", "check: denylist", "check: rules", "check: log"])
def test_a_policy_that_asks_nothing_of_the_release_itself_is_refused(config: Directory, line: str) -> None:
    text = "signers:\n  office: {issuer: https://accounts.acme.example, san: mia@acme.example}\n"
    config.write("policies/prod.yaml", f"{text}require:\n  - {{{line}}}\n")

    assert config.problems() == (f"policies/prod.yaml:3: {IDLE}",)
