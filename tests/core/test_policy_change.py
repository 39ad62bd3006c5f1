"""Two whole sets of rules are compared in every part, and everything that counts as weaker is said."""

from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from promoter.config import Configuration
from promoter.config_policies import seal
from promoter.core.beside_policies import FREEZE
from promoter.core.candidate import parse_repository
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.review import ReviewParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.signature import SignatureParams
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.circumstances import Exposure, ServiceFacts
from promoter.core.environment import Environment, MergeMode, ProposeMode, Service
from promoter.core.evidence import Layout
from promoter.core.exception_rules import ExceptionRules, MaxDays
from promoter.core.finding import Mode
from promoter.core.freezes import Freeze
from promoter.core.identity import SignerRule
from promoter.core.policy import LAYOUTS, Policy, Requirement
from promoter.core.policy_change import ENVIRONMENT, SERVICE, Rules, compare, is_weaker, weakenings
from promoter.core.predicates.reviews import ReviewKind
from promoter.core.releases import ReleaseRule
from promoter.core.runtime import HealthSource
from promoter.core.strictness.exceptions import EXCEPTION_RULES
from promoter.core.strictness.order import Change, Strictness
from promoter.core.target import Target, TargetKind
from tests.core.checks.pieces import RULES

DEV = Environment(name="dev", merge=MergeMode.AUTOMATIC)
PROD = Environment(name="prod", after=("dev",), soak=timedelta(hours=1), approvals=2)
FILE = Target(path="dev/cart/kustomization.yaml", kind=TargetKind.KUSTOMIZE)
JOBS = Target(path="dev/jobs/kustomization.yaml", kind=TargetKind.KUSTOMIZE, name="cart")
CART = Service(
    name="cart",
    image=parse_repository("registry.example/acme/cart"),
    source="https://forge.example/acme/cart",
    tag="v{release}",
    releases=ReleaseRule(semver="*"),
    targets={"dev": (FILE, JOBS), "prod": (FILE,)},
)
SIGNED = Requirement(check="signature", params=SignatureParams(signers=("pipeline",)))
SBOM = Requirement(check="sbom", params=SbomParams(signers=("pipeline",)))
SCAN = Requirement(
    check="scan", params=ScanParams(signers=("scanners",), scanners=("trivy",), max_age=timedelta(days=7))
)
LIMITS = SeverityLimits(critical=Limits(fixable=0))
FEW = Requirement(check="vulnerabilities", params=VulnerabilitiesParams(signers=("scanners",), limits=LIMITS))


def policy(
    *lines: Requirement,
    name: str = "prod",
    signers: Mapping[str, SignerRule] = RULES,
    layouts: tuple[Layout, ...] = LAYOUTS,
) -> Policy:
    return seal(name, signers, lines, layouts)


def rules(
    *found: Policy, graph: tuple[Environment, ...] = (DEV, PROD), services: tuple[Service, ...] = (CART,)
) -> Rules:
    policies = {
        "dev": policy(SIGNED, name="dev"),
        "prod": policy(SIGNED, SBOM),
        **{one.environment: one for one in found},
    }
    by_name = {service.name: service for service in services}
    demands = {one.name: {name: policies[name] for name in one.targets} for one in services}
    return Rules(graph, by_name, policies, demands)


def told(before: Rules, after: Rules) -> list[str]:
    return [f"{one.strictness.value}: {one.place}: {one.sentence}" for one in compare(before, after)]


def test_the_same_rules_have_no_changes() -> None:
    assert compare(rules(), rules()) == ()


def test_every_field_of_environments_services_freezes_and_demands_on_exceptions_has_an_order() -> None:
    for comparison, kind in (
        *((ENVIRONMENT, Environment), (SERVICE, Service)),
        *((FREEZE, Freeze), (EXCEPTION_RULES, ExceptionRules)),
    ):
        assert sorted(name for part in comparison.parts for name in part.names) == sorted(
            one.name for one in fields(kind)
        )


def test_every_part_of_a_policy_and_of_a_configuration_is_compared_or_said_to_be_none_of_the_rules() -> None:
    compared = {"signers", "require", "layouts", "exceptions"}
    named = {"environment", "digest", "body"}
    assert {one.name for one in fields(Policy)} == compared | named
    assert {one.name for one in fields(Rules)} == {"graph", "services", "policies", "demands"}
    machine = {
        "promoter",
        "bundle",
        "directory",
        "demanded",
    }  # what is demanded stands in policies and in each service's
    assert {one.name for one in fields(Configuration)} - machine == {
        *("graph", "services", "policies"),
        *("denials", "exceptions", "freezes"),
    }


def test_demands_on_exceptions_are_compared() -> None:
    def asked(demands: ExceptionRules) -> Rules:
        return rules(replace(policy(SIGNED, SBOM), exceptions=demands))

    loose = ExceptionRules(max_days=MaxDays(critical=30), approvals=1, protected=False)

    assert told(asked(ExceptionRules()), asked(loose)) == [
        "weaker: prod: exceptions: max_days.critical was 7, is 30",
        "weaker: prod: exceptions: approvals was 2, is 1",
        "weaker: prod: exceptions: protected was true, is false",
    ]


# --- lines ------------------------------------------------------------------------------------------------------------


def test_lines_of_one_check_are_compared_with_the_one_they_stand_closest_to() -> None:
    def review(kind: ReviewKind, least: int) -> Requirement:
        return Requirement(
            check="review", params=ReviewParams(kind=kind, signers=("pipeline", "scanners"), at_least=least)
        )

    before = policy(SIGNED, review(ReviewKind.MANUAL_APPROVAL, 2), review(ReviewKind.LICENCE_REVIEW, 1))
    after = policy(review(ReviewKind.LICENCE_REVIEW, 1), review(ReviewKind.MANUAL_APPROVAL, 1), SIGNED)

    assert told(rules(before), rules(after)) == ["weaker: prod: review: at_least was 2, is 1"]


def test_a_line_that_is_gone_is_weaker_unless_another_line_asks_for_as_much() -> None:
    stricter = replace(SBOM, params=SbomParams(signers=("pipeline",), min_components=2))

    assert told(rules(policy(SIGNED, SBOM)), rules(policy(SIGNED))) == [
        "weaker: prod: sbom: is gone (mode was enforce)"
    ]
    assert told(rules(policy(SIGNED, SBOM, stricter)), rules(policy(SIGNED, stricter))) == []


def test_a_line_that_is_off_is_no_demand_whether_it_stands_there_or_not() -> None:
    off = replace(SBOM, mode=Mode.OFF)

    assert told(rules(policy(SIGNED, off)), rules(policy(SIGNED))) == []
    assert told(rules(policy(SIGNED)), rules(policy(SIGNED, off))) == []


# --- signers and layouts ----------------------------------------------------------------------------------------------


def test_a_signers_rule_that_is_wider_is_weaker_and_one_that_nobody_names_is_nothing() -> None:
    wider = {
        **RULES,
        "pipeline": replace(RULES["pipeline"], san="", san_pattern="{source}/.github/workflows/*@refs/tags/v1"),
    }
    unused = {**RULES, "scanners": replace(RULES["scanners"], issuer="https://other.example")}
    narrow = {
        **RULES,
        "pipeline": replace(RULES["pipeline"], san="{source}/.github/workflows/release.yml@refs/tags/v1"),
    }

    assert told(rules(policy(SIGNED, signers=narrow)), rules(policy(SIGNED, signers=wider))) == [
        (
            "weaker: prod: signer pipeline: san was {source}/.github/workflows/release.yml@refs/tags/v1, is left out; "
            "san_pattern was left out, is {source}/.github/workflows/*@refs/tags/v1"
        )
    ]
    assert told(rules(policy(SIGNED)), rules(policy(SIGNED, signers=unused))) == []


@pytest.mark.parametrize(("line", "strictness"), [(SIGNED, "stronger"), (SBOM, "incomparable")])
def test_a_narrower_signer_is_stricter_only_where_evidence_adds_up(line: Requirement, strictness: str) -> None:
    claims = replace(RULES["pipeline"].claims, build_trigger="push")
    narrower = {**RULES, "pipeline": replace(RULES["pipeline"], claims=claims)}
    (found,) = compare(rules(policy(line)), rules(policy(line, signers=narrower)))

    assert found.strictness.value == strictness


@pytest.mark.parametrize(("line", "strictness"), [(SIGNED, "stronger"), (SCAN, "incomparable")])
def test_fewer_layouts_are_stricter_only_where_evidence_adds_up(line: Requirement, strictness: str) -> None:
    both = policy(line, layouts=(Layout.BUNDLE, Layout.COSIGN_TAG))
    (fewer,) = compare(rules(both), rules(policy(line)))
    (more,) = compare(rules(policy(line)), rules(both))

    assert (fewer.strictness.value, more.strictness.value) == (strictness, "weaker")


# --- the graph and services -------------------------------------------------------------------------------------------


def test_an_environment_that_is_gone_is_weaker_and_a_new_one_cannot_be_compared() -> None:
    alone = rules(graph=(replace(PROD, after=()),), services=(replace(CART, targets={"prod": (FILE,)}),))

    assert told(rules(), alone) == [
        "weaker: environment dev: is gone: nothing stops there any more",
        "weaker: environment prod: after drops dev, and is empty now",
        "weaker: service cart: skips the environment dev",
    ]
    assert told(alone, rules()) == [
        "incomparable: environment dev: is new: releases may be proposed there, and nothing was demanded there before",
        "stronger: environment prod: after adds dev",
        "stronger: service cart: passes through the environment dev now",
    ]


def test_an_environment_whose_health_nobody_tells_any_more_is_weaker() -> None:
    told_by = rules(graph=(DEV, replace(PROD, health=HealthSource.ARGOCD)))
    by_others = rules(graph=(DEV, replace(PROD, health=HealthSource.FLUX)))

    assert told(told_by, rules()) == ["weaker: environment prod: health was argocd, is left out"]
    assert told(told_by, by_others) == [
        "incomparable: environment prod: health was argocd, is flux (somebody else says what is healthy)"
    ]


def test_one_of_several_upstreams_is_looser_than_each_and_a_part_of_them_is_stricter_than_all() -> None:
    def prod(after: tuple[str, ...], *either: tuple[str, ...]) -> Rules:
        return rules(graph=(DEV, replace(PROD, after=after, either=either)))

    each, one, fewer = prod(("a", "b")), prod((), ("a", "b", "c")), prod((), ("a", "b"))

    assert told(each, one) == ["weaker: environment prod: after drops a, b, and is empty now; either adds [a, b, c]"]
    assert told(one, fewer) == ["stronger: environment prod: either adds [a, b] and drops [a, b, c]"]
    assert told(fewer, prod((), ("c", "d"))) == [
        "incomparable: environment prod: either adds [c, d] and drops [a, b] (it comes after other environments)"
    ]


def test_what_is_proposed_by_itself_and_more_at_once_are_looser() -> None:
    before = rules(graph=(DEV, replace(PROD, propose=ProposeMode.MANUAL, at_once=1)))
    after = rules(graph=(DEV, replace(PROD, at_once=2)))

    assert told(before, after) == [
        "weaker: environment prod: propose was manual, is automatic",
        "weaker: environment prod: at_once was 1, is 2",
    ]


def test_a_service_that_may_go_further_cannot_be_compared() -> None:
    near = rules(services=(replace(CART, targets={"dev": (FILE, JOBS)}),))

    assert told(near, rules()) == ["incomparable: service cart: may be proposed for prod now"]


def test_pins_that_are_gone_are_weaker_and_so_is_a_service() -> None:
    fewer = rules(services=(replace(CART, targets={"dev": (FILE,), "prod": (FILE,)}),))

    assert told(rules(), fewer) == [
        "weaker: service cart in dev: skips what it pinned: dev/jobs/kustomization.yaml (cart)"
    ]
    assert told(fewer, rules()) == ["stronger: service cart in dev: pins more: dev/jobs/kustomization.yaml (cart)"]
    assert told(rules(), rules(services=())) == ["weaker: service cart: is gone: nobody watches what it runs any more"]


def test_a_service_that_is_new_brings_sources_that_nobody_approved() -> None:
    sentence = f"is new: what {CART.source} builds may be proposed for {', '.join(CART.targets)} now"
    assert told(rules(services=()), rules()) == [f"incomparable: service cart: {sentence}"]


def test_another_image_is_another_service_under_the_old_name() -> None:
    moved = rules(services=(replace(CART, image=parse_repository("elsewhere.example/acme/cart")),))

    assert told(rules(), moved) == [
        (
            "incomparable: service cart: image.host was registry.example, is elsewhere.example "
            "(it takes releases from elsewhere, or other ones)"
        )
    ]


def test_a_class_less_is_weaker_and_another_exposure_cannot_be_compared() -> None:
    def described(facts: ServiceFacts) -> Rules:
        return rules(services=(replace(CART, facts=facts),))

    client = described(ServiceFacts(classes=("client-facing",), exposure=Exposure.INTERNET))
    bare = described(ServiceFacts(exposure=Exposure.INTERNET))
    inside = described(ServiceFacts(classes=("client-facing",), exposure=Exposure.INTERNAL))

    assert told(client, bare) == ["weaker: service cart: facts.classes drops client-facing, and is empty now"]
    assert told(client, inside) == [
        (
            "incomparable: service cart: facts.exposure was internet, is internal "
            "(checks that ask for it judge otherwise)"
        )
    ]


def test_what_is_demanded_of_one_service_is_compared_by_itself_and_a_general_change_is_told_once() -> None:
    own = policy(SIGNED, SBOM, SCAN)
    special = replace(rules(), demands={"cart": {**rules().demands["cart"], "prod": own}})

    assert told(special, rules()) == ["weaker: prod for cart: scan: is gone (mode was enforce)"]
    assert told(rules(policy(SIGNED, SBOM)), rules(policy(SIGNED))) == [
        "weaker: prod: sbom: is gone (mode was enforce)"
    ]


def test_what_is_compared_elsewhere_stands_among_the_rest_weaker_ones_first() -> None:
    broad = Change(Strictness.WEAKER, "exception EXC-7", "covers every release of every service")
    changes = compare(rules(), rules(policy(SIGNED, SBOM, FEW)), (broad,))

    assert [change.place for change in changes] == ["exception EXC-7", "prod: vulnerabilities"]
    assert is_weaker(changes)
    assert not is_weaker(changes[1:])
    assert weakenings(changes) == ("exception EXC-7: covers every release of every service",)
