"""Test results, static analysis, reviews, links, releases, attribute reports and summaries come out as facts."""

from datetime import UTC, datetime
from typing import Any

import pytest

from promoter.core.codes import Code
from promoter.core.predicates.links import LinkArtifact, read_link
from promoter.core.predicates.pointer import Nowhere, is_pointer, resolve
from promoter.core.predicates.releases import PackageRelease, read_release
from promoter.core.predicates.reviews import ReviewKind, read_review
from promoter.core.predicates.sarif import Level, Revision, RuleCount, read_sarif
from promoter.core.predicates.scai import AttributeAssertion, read_attributes
from promoter.core.predicates.suites import COVERAGE, SuiteResult, read_suite_run
from promoter.core.predicates.summary import is_level, reaches, read_summary
from promoter.core.strict_json import Malformed
from tests.core.checks.pieces import (
    APPROVAL,
    COMMIT,
    DEPLOYMENT,
    DIGEST,
    IMAGE_VERIFIER,
    LICENCE_REVIEW,
    LINK,
    LINK_V03,
    POLICY_RESULT,
    RELEASE,
    RESOURCE,
    SARIF,
    SCAI,
    SOURCE,
    TEST_RESULT,
    VSA,
    approval,
    attributes,
    link,
    released,
    sarif,
    sarif_result,
    suite,
    summary,
)

AT = {"decidedAt": "2026-11-21T10:30:00+01:00", "decidedBy": "somebody"}


def refused(read: Any, kind: str, predicate: object, code: Code) -> str:
    with pytest.raises(Malformed) as refusal:
        read(kind, predicate)
    assert refusal.value.code is code
    return refusal.value.detail


# --- test results -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "lists", "expected"),
    [
        ("PASSED", {}, SuiteResult.PASSED),
        ("WARNED", {}, SuiteResult.WARNED),
        ("FAILED", {}, SuiteResult.FAILED),
        ("PASSED", {"warnedTests": ["a"]}, SuiteResult.WARNED),
        ("PASSED", {"failedTests": ["a"]}, SuiteResult.FAILED),
        ("WARNED", {"failedTests": ["a"]}, SuiteResult.FAILED),
        ("FAILED", {"failedTests": []}, SuiteResult.FAILED),
    ],
)
def test_where_result_and_lists_disagree_the_worse_statement_counts(
    result: str, lists: dict[str, Any], expected: SuiteResult
) -> None:
    assert read_suite_run(TEST_RESULT, suite("unit", result=result, **lists)).result is expected


def test_a_suite_is_what_the_configuration_names_in_this_order() -> None:
    named = [{"name": "unit", "uri": "x"}, {"uri": "https://c.example"}, {"downloadLocation": "https://d.example"}, {}]

    assert read_suite_run(TEST_RESULT, {"result": "PASSED", "configuration": named}).suites == (
        "unit",
        "https://c.example",
        "https://d.example",
    )


@pytest.mark.parametrize(
    ("predicate", "detail"),
    [
        ({}, "result is missing"),
        (suite("unit", result="passed"), "result is 'passed', none of FAILED, WARNED, PASSED"),
        (suite(), "configuration names no suite"),
        ({**suite("unit"), COVERAGE: {"percent": True}}, f"{COVERAGE}.percent is no number from 0 to 100"),
        ({**suite("unit"), COVERAGE: {"percent": 100.1}}, f"{COVERAGE}.percent is no number from 0 to 100"),
        ({**suite("unit"), COVERAGE: {"percent": "90"}}, f"{COVERAGE}.percent is no number from 0 to 100"),
        (suite("unit", failedTests=["a"] * 100_001), "failedTests has 100001 entries, more than 100000 are not read"),
    ],
)
def test_what_is_no_test_result_is_refused_with_its_place(predicate: object, detail: str) -> None:
    assert refused(read_suite_run, TEST_RESULT, predicate, Code.TESTS_UNPARSEABLE) == detail


def test_coverage_that_is_not_stated_is_unknown() -> None:
    for predicate in (suite("unit"), {**suite("unit"), COVERAGE: None}, {**suite("unit"), COVERAGE: {}}):
        assert read_suite_run(TEST_RESULT, predicate).coverage is None
    assert read_suite_run(TEST_RESULT, {**suite("unit"), COVERAGE: {"percent": 0}}).coverage == 0


# --- static analysis --------------------------------------------------------------------------------------------------


def test_a_sarif_run_is_read_by_level_and_rule_with_its_commit() -> None:
    (run,) = read_sarif(SARIF, sarif(sarif_result(), sarif_result(), sarif_result("py/style", "note")))

    assert (run.tool, run.version, run.completed, run.analysed) == ("CodeQL", "2.23.1", True, True)
    assert run.counts == (RuleCount(Level.ERROR, "py/sql-injection", 2), RuleCount(Level.NOTE, "py/style", 1))
    assert run.revisions == (Revision(SOURCE, COMMIT),)


@pytest.mark.parametrize(
    ("suppressions", "shown"),
    [
        ([{"kind": "inSource"}], 0),
        ([{"kind": "external", "status": "accepted"}], 0),
        ([{"kind": "external", "status": "underReview"}], 1),
        ([{"kind": "external", "status": "rejected"}], 1),
        ([{"kind": "external", "status": "accepted"}, {"kind": "external", "status": "rejected"}], 1),
        ([{"kind": "external", "status": "whatever"}], 1),
        ([], 1),
        (None, 1),
    ],
)
def test_only_accepted_suppressions_suppress(suppressions: Any, shown: int) -> None:
    (run,) = read_sarif(SARIF, sarif(sarif_result(suppressions=suppressions)))

    assert (run.count(Level.ERROR), run.suppressed) == (shown, 1 - shown)


RULES = {
    "driver": {"name": "T", "rules": [{"id": "A", "defaultConfiguration": {"level": "error"}}, {"id": "B"}]},
    "extensions": [{"name": "E", "rules": [{"id": "B", "defaultConfiguration": {"level": "note"}}, {"id": "C"}]}],
}


@pytest.mark.parametrize(
    ("result", "level", "rule"),
    [
        ({"ruleId": "A"}, Level.ERROR, "A"),
        ({"ruleId": "A", "level": "note"}, Level.NOTE, "A"),
        ({"ruleId": "A/1/x"}, Level.ERROR, "A/1/x"),
        ({"ruleIndex": 0}, Level.ERROR, "A"),
        ({"ruleIndex": 7}, Level.WARNING, "(no rule)"),
        ({"ruleIndex": -1}, Level.WARNING, "(no rule)"),
        ({"ruleIndex": True}, Level.WARNING, "(no rule)"),
        ({"rule": {"id": "A"}}, Level.ERROR, "A"),
        ({"ruleId": "B"}, Level.WARNING, "B"),  # two components have it: the worse default
        ({"ruleId": "A", "kind": "fail"}, Level.ERROR, "A"),
        ({"ruleId": "A", "kind": "pass"}, Level.NONE, "A"),
        ({"ruleId": "A", "kind": "open", "level": "error"}, Level.ERROR, "A"),
        ({}, Level.WARNING, "(no rule)"),
    ],
)
def test_a_level_that_is_not_stated_is_the_rules_own_or_a_warning(
    result: dict[str, Any], level: Level, rule: str
) -> None:
    (run,) = read_sarif(SARIF, sarif(result, tool=RULES))

    assert run.counts == (RuleCount(level, rule, 1),)


def test_a_run_that_does_not_say_that_it_succeeded_did_not() -> None:
    for invocations, completed in (([], True), ([{}], False), ([{"executionSuccessful": True}, {}], False)):
        (run,) = read_sarif(SARIF, sarif(invocations=invocations))
        assert run.completed is completed


@pytest.mark.parametrize(
    ("predicate", "detail"),
    [
        ({}, "version is missing"),
        ({"version": "2.1.0"}, "runs is missing or empty"),
        (sarif(tool={}), "runs[0].tool.driver is missing"),
        (sarif(tool={"driver": {}}), "runs[0].tool.driver.name is missing"),
        (sarif(sarif_result(level="bad")), "runs[0].results[0].level is 'bad', none of error, warning, note, none"),
        (
            sarif(invocations=[{"executionSuccessful": "yes"}]),
            "runs[0].invocations[0].executionSuccessful is neither true nor false",
        ),
        (
            sarif({"ruleId": "A"}, invocations=[{"ruleConfigurationOverrides": [{}]}]),
            "runs[0].results[0].level is missing and depends on ruleConfigurationOverrides, which are not read",
        ),
        ({"version": "2.1.0", "runs": [{}] * 101}, "runs has 101 entries, more than 100 are not read"),
        (
            {"version": "2.1.0", "runs": [{"results": [{}] * 60_000}] * 2},
            "runs has 120000 results, more than 100000 are not read",
        ),
    ],
)
def test_what_is_no_sarif_log_is_refused_with_its_place(predicate: object, detail: str) -> None:
    assert refused(read_sarif, SARIF, predicate, Code.SAST_UNPARSEABLE) == detail


# --- reviews ----------------------------------------------------------------------------------------------------------


def test_a_review_is_read_with_its_kind_and_times_in_utc() -> None:
    review = read_review(APPROVAL, approval(decidedAt="2026-11-21T11:30:00+01:00", expiresAt="2026-12-01T00:00:00Z"))

    assert (review.kind, review.is_positive, review.environment) == (ReviewKind.MANUAL_APPROVAL, True, "prod")
    assert review.decided_at == datetime(2026, 11, 21, 10, 30, tzinfo=UTC)
    assert review.expires_at == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "predicate", "detail"),
    [
        (APPROVAL, {}, "environment is missing"),
        (APPROVAL, approval("PASSED"), "result is 'PASSED', none of APPROVED, REJECTED"),
        (APPROVAL, approval("approved"), "result is 'approved', none of APPROVED, REJECTED"),
        (APPROVAL, approval(expireAt="2026-12-01T00:00:00Z"), "'expireAt' is not known to manual-approval v1"),
        (APPROVAL, approval(policy={"uri": "x"}), "'policy' is not known to manual-approval v1"),
        (APPROVAL, approval(failed=["x"]), "'failed' is not known to manual-approval v1"),
        (APPROVAL, {**approval(), "decidedBy": ""}, "decidedBy is missing"),
        (APPROVAL, {**approval(), "decidedAt": None}, "decidedAt is missing"),
        (DEPLOYMENT, {"result": "PASSED", **AT}, "environment is missing"),
        (POLICY_RESULT, {"result": "PASSED", **AT}, "policy is missing"),
        (POLICY_RESULT, {"result": "PASSED", "policy": {}, **AT}, "policy.uri is missing"),
        (LICENCE_REVIEW, {"result": "FAILED", **AT}, "result is 'FAILED', none of APPROVED, REJECTED"),
        ("https://other.example", approval(), "predicateType is no type of a review"),
    ],
)
def test_what_is_no_review_is_refused_with_its_place(kind: str, predicate: object, detail: str) -> None:
    assert refused(read_review, kind, predicate, Code.REVIEW_UNPARSEABLE) == detail


# --- links ------------------------------------------------------------------------------------------------------------


def test_both_shapes_of_a_link_are_read_and_only_sha256_is_a_digest() -> None:
    old = read_link(LINK, {**link("build", {"a": DIGEST}, {}), "products": {"b": {"sha1": "c" * 40}}})
    new = read_link(LINK_V03, {"name": "build", "materials": [{"name": "a", "digest": {"sha256": DIGEST[7:]}}]})

    assert (old.step, old.materials, old.products) == ("build", (LinkArtifact("a", DIGEST),), (LinkArtifact("b", ""),))
    assert (new.step, new.materials, new.products) == ("build", (LinkArtifact("a", DIGEST),), None)


@pytest.mark.parametrize(
    ("kind", "predicate", "detail"),
    [
        (LINK, {}, "name is missing"),
        (LINK, {"name": "x", "materials": ["a"]}, "materials is not an object"),
        (LINK, {"name": "x", "materials": {"a": "b"}}, "materials[0].digest is not an object"),
        (
            LINK,
            {"name": "x", "products": {"a": {"sha256": "A" * 64}}},
            "products[0].digest has a sha256 that is not 64 lower-case hexadecimal digits",
        ),
        (LINK, {"name": "x", "products": {"a" * 5000: {}}}, "products has a name of more than 4096 characters"),
        (
            LINK,
            {"name": "x", "materials": {str(n): {} for n in range(10_001)}},
            "materials has 10001 entries, more than 10000 are not read",
        ),
        (LINK_V03, {"name": "x", "materials": {"a": {}}}, "materials is not a list"),
        (LINK_V03, {"name": "x", "materials": [{}]}, "materials[0].name is missing"),
        (LINK_V03, {"name": "x", "materials": [{"name": "a"}, {"name": "a"}]}, "materials names one artifact twice"),
    ],
)
def test_what_is_no_link_is_refused_with_its_place(kind: str, predicate: object, detail: str) -> None:
    assert refused(read_link, kind, predicate, Code.STEPS_UNPARSEABLE) == detail


# --- releases ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("purl", "package", "version", "tag"),
    [
        (released()["purl"], "pkg:oci/cart", DIGEST, "1.8.3"),
        ("pkg:npm/%40acme/cart@1.0", "pkg:npm/@acme/cart", "1.0", ""),
        ("pkg:NPM/cart@1.0#sub/path", "pkg:npm/cart", "1.0", ""),
        ("pkg://github/acme/cart@v1%2Bx", "pkg:github/acme/cart", "v1+x", ""),
        ("pkg:oci/cart@sha256:aa?tag=a%20b&arch=amd64&tag=c", "pkg:oci/cart", "sha256:aa", "a b"),
    ],
)
def test_a_package_url_is_taken_apart(purl: str, package: str, version: str, tag: str) -> None:
    assert read_release(RELEASE, {"purl": purl}) == PackageRelease(purl, package, version, tag)


@pytest.mark.parametrize("purl", ["", "pkg:npm/cart", "npm/cart@1", "pkg:@1", "pkg:npm/cart@", "pkg:npm/%FF@1"])
def test_what_names_no_release_is_refused(purl: str) -> None:
    assert refused(read_release, RELEASE, {"purl": purl}, Code.RELEASE_UNPARSEABLE).startswith("purl ")


# --- attributes -------------------------------------------------------------------------------------------------------


def test_an_attribute_is_read_with_target_evidence_and_conditions() -> None:
    digest = {"digest": {"sha256": "e" * 64}}
    plain, full = (
        *read_attributes(SCAI, attributes("A")),
        *read_attributes(SCAI, attributes("B", target={"name": "x"}, evidence=digest, conditions={"flags": "-O2"})),
    )

    assert plain == AttributeAssertion(attribute="A")
    assert full == AttributeAssertion(
        attribute="B", has_target=True, evidence=f"sha256:{'e' * 64}", is_conditional=True
    )


def test_what_is_no_attribute_report_is_refused_with_its_place() -> None:
    for predicate, detail in (
        ({}, "attributes is missing or empty"),
        (attributes(""), "attributes[0].attribute is missing"),
        (attributes("A", target=[]), "attributes[0].target is not an object"),
    ):
        assert refused(read_attributes, SCAI, predicate, Code.SCAI_UNPARSEABLE) == detail


# --- verification summaries -------------------------------------------------------------------------------------------


def test_a_verification_summary_is_read() -> None:
    facts = read_summary(VSA, summary("SLSA_BUILD_LEVEL_3", "ACME"))

    assert (facts.verifier, facts.resource, facts.is_passed) == (IMAGE_VERIFIER, RESOURCE, True)
    assert (facts.policy, facts.policy_digest) == ("https://verify.example/policies/prod", f"sha256:{'e' * 64}")
    assert (facts.levels, facts.verified_at) == (
        ("SLSA_BUILD_LEVEL_3", "ACME"),
        datetime(2026, 11, 21, 10, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("predicate", "detail"),
    [
        ({}, "policy is missing"),
        (summary(policy={"digest": {}}), "policy.uri is missing"),
        (summary(verifier={}), "verifier.id is missing"),
        (summary(resourceUri=""), "resourceUri is missing"),
        (summary(result="passed"), "verificationResult is 'passed', none of PASSED, FAILED"),
        (summary("SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_2"), "verifiedLevels states two levels of one track"),
        (
            summary("SLSA_BUILD_LEVEL_3", "SLSA_BUILD_LEVEL_UNEVALUATED"),
            "verifiedLevels states two levels of one track",
        ),
        (summary(*(f"L{n}" for n in range(101))), "verifiedLevels has 101 entries, more than 100 are not read"),
    ],
)
def test_what_is_no_summary_is_refused_with_its_place(predicate: object, detail: str) -> None:
    assert refused(read_summary, VSA, predicate, Code.VSA_UNPARSEABLE) == detail


@pytest.mark.parametrize(
    ("levels", "wanted", "reached"),
    [
        (("SLSA_BUILD_LEVEL_3",), "SLSA_BUILD_LEVEL_3", True),
        (("SLSA_BUILD_LEVEL_3",), "SLSA_BUILD_LEVEL_1", True),
        (("SLSA_BUILD_LEVEL_1",), "SLSA_BUILD_LEVEL_2", False),
        (("SLSA_SOURCE_LEVEL_3",), "SLSA_BUILD_LEVEL_1", False),
        (("SLSA_BUILD_LEVEL_UNEVALUATED",), "SLSA_BUILD_LEVEL_0", False),
        (("SLSA_BUILD_LEVEL_10",), "SLSA_BUILD_LEVEL_9", True),
        (("SLSA_BUILD_LEVEL_3x",), "SLSA_BUILD_LEVEL_1", False),
        (("slsa_build_level_3",), "SLSA_BUILD_LEVEL_1", False),
        (("FAILED",), "ACME", False),
        (("ACME",), "ACME", True),
        ((), "ACME", False),
    ],
)
def test_a_level_reaches_itself_and_the_lower_ones_of_its_track(
    levels: tuple[str, ...], wanted: str, reached: bool
) -> None:
    assert reaches(levels, wanted) is reached


def test_not_evaluated_failed_and_misspelt_levels_cannot_be_demanded() -> None:
    for level in ("SLSA_BUILD_LEVEL_UNEVALUATED", "FAILED", "", "SLSA_BUILD_3", "SLSA_"):
        assert not is_level(level)
    for level in ("SLSA_BUILD_LEVEL_3", "SLSA_SOURCE_LEVEL_4", "ACME_REVIEWED"):
        assert is_level(level)


# --- JSON pointers ----------------------------------------------------------------------------------------------------

DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "01": 2}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/m~0n", 8), ("/01", 2), ("", DOCUMENT), ("/foo", ["bar", "baz"])],
)
def test_a_pointer_leads_to_its_value(pointer: str, value: object) -> None:
    assert is_pointer(pointer)
    assert resolve(pointer, DOCUMENT) == value


@pytest.mark.parametrize("pointer", ["/foo/2", "/foo/-", "/foo/-1", "/foo/01", "/foo/٠", "/foo/0/0", "/bar", "/a"])
def test_a_pointer_may_lead_nowhere(pointer: str) -> None:
    with pytest.raises(Nowhere):
        resolve(pointer, DOCUMENT)


def test_what_is_no_pointer() -> None:
    assert [text for text in ("foo", "/a~", "/a~2", "#/foo") if is_pointer(text)] == []
