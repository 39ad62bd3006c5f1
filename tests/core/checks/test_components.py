"""What is demanded of licences and components: parameters that could never hold, and what strangers cannot change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from promoter.core.checks import CHECKS
from promoter.core.checks.component_demands import ComponentsParams, DeniedComponent, FactSource, SourceRule
from promoter.core.checks.lacking import Lacking
from promoter.core.checks.licences import LicencesParams
from promoter.core.codes import Code
from promoter.core.finding import ITEM_LIMIT, Finding, Outcome
from tests.core.checks.pieces import (
    COMPONENT_FACTS,
    CYCLONEDX,
    SCANNERS,
    STRANGER,
    TEAM,
    Piece,
    component_facts,
    cyclonedx,
    subject,
)

PURLS = ("pkg:deb/debian/lib0@1.0", "pkg:deb/debian/lib1@1.0")
LOOKED_UP = ComponentsParams(
    signers=("pipeline",), facts=FactSource(signers=("scanners",)), max_age=timedelta(days=365), maintained=True
)
INVENTORY = Piece("sbom", CYCLONEDX, cyclonedx())
FRESH = Piece("facts", COMPONENT_FACTS, component_facts(*PURLS), SCANNERS)


def find(params: Any, *pieces: Piece) -> Finding:
    check = "licences" if isinstance(params, LicencesParams) else "components"
    return CHECKS[check].apply(params, subject(*pieces))


def codes(finding: Finding) -> list[Code]:
    return [reason.code for reason in finding.reasons]


def with_components(*components: dict[str, Any]) -> Piece:
    return replace(INVENTORY, predicate=cyclonedx() | {"components": list(components)})


# --- parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"signers": []}, "signers names nobody"),
        ({}, "nothing is demanded that could fail"),
        ({"missing_version": "warn"}, "nothing is demanded that could fail"),
        ({"missing_purl": "fail"}, "nothing is demanded that could fail"),
        ({"max_age": "P1D"}, "facts is missing"),
        ({"maintained": True}, "facts is missing"),
        ({"max_age": "PT0S", "facts": {"signers": ["scanners"]}}, "max_age is not above zero"),
        ({"ecosystems": ["deb"], "facts": {"signers": ["scanners"]}}, "facts is not asked for anything"),
        ({"ecosystems": ["pkg:deb"]}, "ecosystems has what is no type of package URL"),
        ({"ecosystems": ["DEB"]}, "ecosystems has what is no type of package URL"),
        ({"ecosystems": ["deb"], "formats": []}, "formats names none"),
        ({"ecosystems": ["deb"], "platforms": ["linux/x86_64"]}, "which image indexes call linux/amd64"),
        ({"maintained": True, "facts": {"signers": []}}, "signers names nobody"),
        ({"maintained": True, "facts": {"signers": ["a"], "predicate_type": ""}}, "predicate_type is empty"),
        ({"deny": [{"purl": "left-pad"}]}, "is no package URL"),
        ({"deny": [{"purl": "pkg:npm/a", "versions": "<2"}]}, "is no range of versions"),
        ({"deny": [{"purl": "pkg:npm/a", "versions": "vers:pypi/<2"}]}, "are compared as vers:npm/"),
        ({"sources": [{"purl": "pkg:npm/a", "places": []}]}, "places of pkg:npm/a names none"),
        ({"sources": [{"purl": "pkg:npm/a", "places": ["npm.acme.example"]}]}, "write the registry's whole address"),
        ({"sources": [{"purl": "pkg:npm/a", "places": ["https://{source}"]}]}, "write the registry's whole address"),
        ({"sources": [{"purl": "pkg:npm/a", "places": ["https://a.example/*"]}]}, "is no place"),
        ({"deny": [{"purl": "pkg:npm/a", "version": "1"}]}, "Unexpected keyword argument"),
    ],
)
def test_demands_on_components_that_mean_nothing_are_refused(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(ComponentsParams).validate_python({"signers": ["pipeline"], **given})


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"signers": [], "allow": ["MIT"]}, "signers names nobody"),
        ({}, "allow and deny name no licence"),
        ({"unknown": "fail"}, "allow and deny name no licence"),
        ({"allow": ["MIT"], "formats": []}, "formats names none"),
        ({"allow": ["MIT2"]}, "allow has 'MIT2', which is no SPDX identifier"),
        ({"deny": ["MIT OR ISC"]}, "deny has 'MIT OR ISC', which is no SPDX identifier"),
        ({"allow": ["Classpath-exception-2.0"]}, "which is no SPDX identifier"),
        ({"allow": ["NOASSERTION"]}, "which is no SPDX identifier"),
        ({"allow": ["GPL-2.0"], "deny": ["gpl-2.0-only"]}, "GPL-2.0 stands in allow and in deny"),
    ],
)
def test_lists_of_licences_that_mean_nothing_are_refused(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        TypeAdapter(LicencesParams).validate_python({"signers": ["pipeline"], **given})


# --- licences ---------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    text=st.recursive(
        st.sampled_from(("MIT", "ISC", "AGPL-3.0-only", "LicenseRef-a", "Acme")),
        lambda inner: st.tuples(inner, st.sampled_from(("AND", "OR")), inner).map(lambda of: f"({' '.join(of)})"),
        max_leaves=5,
    ),
    more=st.sampled_from(("ISC", "LicenseRef-a")),
)
def test_allowing_more_and_denying_less_never_refuses_more(text: str, more: str) -> None:
    sbom = with_components({"type": "library", "name": "lib", "version": "1", "licenses": [{"expression": text}]})
    narrow = LicencesParams(signers=("pipeline",), allow=("MIT",), deny=("AGPL-3.0-only",))
    refused = {
        params: find(params, sbom).outcome is not Outcome.PASS
        for params in (
            narrow,
            replace(narrow, allow=("MIT", more)),
            replace(narrow, deny=()),
            replace(narrow, unknown=Lacking.WARN),
        )
    }

    assert all(refused[narrow] or not wider for wider in refused.values())


def test_more_components_than_a_reason_names_are_no_items() -> None:
    params = LicencesParams(signers=("pipeline",), allow=("ISC",))

    assert [
        len(find(params, replace(INVENTORY, predicate=cyclonedx(count))).reasons[0].items)
        for count in (
            ITEM_LIMIT,
            ITEM_LIMIT + 1,
        )
    ] == [ITEM_LIMIT, 0]


def test_what_trivy_looked_into_is_no_package_without_a_licence() -> None:
    target = {
        "type": "application",
        "name": "package-lock.json",
        "properties": [{"name": "aquasecurity:trivy:Class", "value": "lang-pkgs"}],
    }
    params = LicencesParams(signers=("pipeline",), allow=("MIT",))

    assert find(params, with_components(target)).outcome is Outcome.PASS
    assert find(params, with_components(target | {"properties": []})).outcome is Outcome.FAIL
    assert find(params, with_components(target | {"purl": "pkg:npm/a"})).outcome is Outcome.FAIL


# --- components -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "passes"),
    [
        ("https://npm.acme.example/web.tgz", True),
        ("https://npm.acme.example:8443/web.tgz", False),
        ("http://npm.acme.example/web.tgz", False),
        ("https://npm.acme.example.evil.example/web.tgz", False),
        ("https://evil.example/https://npm.acme.example/web.tgz", False),
        ("https://npm.acme.example@evil.example/web.tgz", False),
        ("git+https://npm.acme.example/web", False),
        ("", False),
    ],
)
def test_what_only_looks_like_the_registry_is_foreign(origin: str, passes: bool) -> None:
    rule = SourceRule(purl="pkg:npm/@acme/*", places=("https://npm.acme.example",))
    params = ComponentsParams(signers=("pipeline",), sources=(rule,))
    reference = {"type": "distribution", "url": origin}
    component = {"type": "library", "name": "web", "purl": "pkg:npm/%40acme/web@1", "externalReferences": [reference]}

    assert (find(params, with_components(component)).outcome is Outcome.PASS) is passes


def test_every_denied_package_is_told() -> None:
    params = ComponentsParams(signers=("pipeline",), deny=(DeniedComponent(purl="pkg:deb/debian/lib*"),))

    assert [item.purl for item in find(params, INVENTORY).reasons[0].items] == list(PURLS)


FACTS: tuple[dict[str, Any], ...] = (
    component_facts(*PURLS),
    component_facts(PURLS[0]),
    component_facts(*PURLS, published="2019-01-01T00:00:00Z"),
    component_facts(*PURLS, published="2029-01-01T00:00:00Z"),
    component_facts(*PURLS, maintained=False),
    {"components": [{"purl": PURLS[0]}]},
    {"components": []},
    {},
)


def stated(prefix: str, signers: tuple[Any, ...]) -> st.SearchStrategy[tuple[Piece, ...]]:
    one = st.tuples(st.sampled_from(FACTS), st.sampled_from(signers), st.integers(0, 60))
    return st.lists(one, max_size=4).map(
        lambda drawn: tuple(
            Piece(f"{prefix} {n}", COMPONENT_FACTS, body, signer, timedelta(minutes=minutes))
            for n, (body, signer, minutes) in enumerate(drawn)
        )
    )


@settings(max_examples=60, deadline=None)
@given(own=stated("own", (SCANNERS,)), foreign=stated("foreign", (STRANGER, TEAM)))
def test_facts_of_those_who_are_not_believed_change_nothing(own: tuple[Piece, ...], foreign: tuple[Piece, ...]) -> None:
    before = find(LOOKED_UP, INVENTORY, *own)
    after = find(LOOKED_UP, *foreign, INVENTORY, *own)

    assert (after.outcome, after.reasons, after.cites) == (before.outcome, before.reasons, before.cites)


@settings(max_examples=60, deadline=None)
@given(own=stated("own", (SCANNERS,)))
def test_components_pass_only_where_the_newest_facts_say_so(own: tuple[Piece, ...]) -> None:
    said = [piece.predicate for piece in own if piece.age == min(each.age for each in own if each.age is not None)]

    if find(LOOKED_UP, INVENTORY, *own).outcome is Outcome.PASS:
        assert FACTS[0] in said
        assert FACTS[2] not in said
        assert FACTS[4] not in said  # of two times of publication the earlier counts, a later one takes nothing away


MAKERS: dict[str, Callable[[], Piece]] = {
    "nobody's clock": lambda: replace(FRESH, name="undated", age=None),
    "an older one": lambda: replace(FRESH, name="older", age=timedelta(hours=2)),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_a_bad_statement_stays_the_one_that_counts(maker: str) -> None:
    bad = replace(FRESH, name="bad", predicate=component_facts(*PURLS, maintained=False))

    assert codes(find(LOOKED_UP, INVENTORY, bad, MAKERS[maker]())) == [Code.COMPONENTS_UNMAINTAINED]
