"""Whatever stands in a predicate, a parser gives facts or raises Malformed with its own code."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promoter.core.codes import Code
from promoter.core.predicates import types
from promoter.core.predicates.component_facts import read_component_facts
from promoter.core.predicates.links import read_link
from promoter.core.predicates.mismatch_approval import read_mismatch_approval
from promoter.core.predicates.provenance import read_provenance
from promoter.core.predicates.releases import read_release
from promoter.core.predicates.reviews import read_review
from promoter.core.predicates.sarif import read_sarif
from promoter.core.predicates.sbom import read_sbom
from promoter.core.predicates.scai import read_attributes
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.source_summary import read_source_summary
from promoter.core.predicates.stated_build import read_stated_in_sbom, read_stated_in_scan
from promoter.core.predicates.suites import COVERAGE, read_suite_run
from promoter.core.predicates.summary import read_summary
from promoter.core.predicates.vex_documents import read_vex
from promoter.core.signed_exceptions import read_exception
from promoter.core.strict_json import Malformed
from tests.core.checks.builds import BUILDS
from tests.core.checks.documents import (
    openvex,
    spdx3,
    whole_cyclonedx,
    whole_grype,
    whole_sarif,
    whole_spdx,
    whole_trivy,
)
from tests.core.checks.pieces import (
    APPROVAL,
    COMPONENT_FACTS,
    DIGEST,
    LINK,
    LINK_V03,
    POLICY_RESULT,
    PROVENANCE_V1,
    RELEASE,
    SARIF,
    SCAI,
    TEST_RESULT,
    VSA,
    approval,
    attributes,
    component_facts,
    cyclonedx,
    grype,
    grype_match,
    in_cosign,
    link,
    provenance,
    released,
    sarif,
    sarif_result,
    source_summary,
    spdx,
    suite,
    summary,
    trivy,
    trivy_finding,
    vulns,
)
from tests.core.checks.test_agreement import built_in, downloaded, invoked, labelled
from tests.core.checks.test_mismatch import approval as mismatch_approval
from tests.core.test_signed_exceptions import body as signed_exception

Parser = Callable[[str, object], object]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


SUBJECTS: tuple[tuple[Parser, str, dict[str, Any], Code], ...] = (
    (read_provenance, PROVENANCE_V1, provenance(inputs={"a": 1}), Code.PROVENANCE_UNPARSEABLE),
    *((read_provenance, build.predicate_type, build.predicate, Code.PROVENANCE_UNPARSEABLE) for build in BUILDS),
    (read_sbom, "https://cyclonedx.org/bom", cyclonedx(), Code.SBOM_UNPARSEABLE),
    (read_sbom, "https://cyclonedx.org/bom", whole_cyclonedx(), Code.SBOM_UNPARSEABLE),
    (read_sbom, "https://spdx.dev/Document", spdx(), Code.SBOM_UNPARSEABLE),
    (read_sbom, "https://spdx.dev/Document", whole_spdx(), Code.SBOM_UNPARSEABLE),
    (read_sbom, "https://spdx.dev/Document/v3", spdx3(), Code.SBOM_UNPARSEABLE),
    (read_scan, "https://cyclonedx.org/bom", whole_cyclonedx(), Code.SCAN_UNPARSEABLE),
    (read_vex, "https://cyclonedx.org/bom", whole_cyclonedx(), Code.VEX_UNPARSEABLE),
    (read_vex, "https://openvex.dev/ns", openvex(), Code.VEX_UNPARSEABLE),
    (read_scan, min(types.COSIGN_VULN), in_cosign(whole_trivy()), Code.SCAN_UNPARSEABLE),
    (read_scan, min(types.COSIGN_VULN), in_cosign(whole_grype()), Code.SCAN_UNPARSEABLE),
    (read_scan, min(types.COSIGN_VULN), in_cosign(whole_sarif()), Code.SCAN_UNPARSEABLE),
    (read_scan, min(types.COSIGN_VULN), in_cosign(trivy(trivy_finding("CVE-2026-1"))), Code.SCAN_UNPARSEABLE),
    (read_scan, min(types.COSIGN_VULN), in_cosign(grype(grype_match("CVE-2026-1"))), Code.SCAN_UNPARSEABLE),
    (
        read_scan,
        min(types.IN_TOTO_VULNS),
        vulns({"id": "CVE-2026-1", "severity": [{"method": "nvd", "score": "low"}]}),
        Code.SCAN_UNPARSEABLE,
    ),
    (read_mismatch_approval, min(types.MISMATCH_APPROVAL), mismatch_approval(), Code.MISMATCH_APPROVAL_UNPARSEABLE),
    (
        lambda _, predicate: read_exception(predicate, DIGEST),
        min(types.POLICY_EXCEPTION),
        signed_exception(),
        Code.EXCEPTION_UNPARSEABLE,
    ),
    (read_source_summary, VSA, source_summary(), Code.SOURCE_REVIEW_UNPARSEABLE),
    (read_stated_in_sbom, "https://cyclonedx.org/bom", labelled("a" * 40), Code.SBOM_UNPARSEABLE),
    (read_stated_in_sbom, "https://cyclonedx.org/bom", built_in("7", "build"), Code.SBOM_UNPARSEABLE),
    (read_stated_in_sbom, "https://spdx.dev/Document", downloaded("git+https://a.example/b@c"), Code.SBOM_UNPARSEABLE),
    (read_stated_in_scan, min(types.COSIGN_VULN), invoked("7", "https://builds.example"), Code.SCAN_UNPARSEABLE),
    (
        read_suite_run,
        TEST_RESULT,
        {**suite("unit", failedTests=["a"], url="https://ci.example/7"), COVERAGE: {"percent": 87.5}},
        Code.TESTS_UNPARSEABLE,
    ),
    (
        read_sarif,
        SARIF,
        sarif(
            sarif_result(suppressions=[{"kind": "external", "status": "accepted"}]),
            {"ruleIndex": 0, "rule": {"id": "a/b"}, "kind": "fail"},
            tool={"driver": {"name": "x", "rules": [{"id": "a", "defaultConfiguration": {"level": "note"}}]}},
        ),
        Code.SAST_UNPARSEABLE,
    ),
    (
        read_component_facts,
        COMPONENT_FACTS,
        component_facts("pkg:deb/debian/lib0@1.0"),
        Code.COMPONENTS_FACTS_UNPARSEABLE,
    ),
    (read_review, APPROVAL, approval(expiresAt="2026-12-01T00:00:00Z", reason="fine"), Code.REVIEW_UNPARSEABLE),
    (
        read_review,
        POLICY_RESULT,
        {**approval("FAILED"), "policy": {"uri": "https://policy.example"}, "failed": ["a"]},
        Code.REVIEW_UNPARSEABLE,
    ),
    (read_summary, VSA, summary("SLSA_BUILD_LEVEL_3", "FEDRAMP"), Code.VSA_UNPARSEABLE),
    (read_link, LINK, link("build", {"a": DIGEST}, {"b": DIGEST}), Code.STEPS_UNPARSEABLE),
    (
        read_link,
        LINK_V03,
        {"name": "build", "materials": [{"name": "a", "digest": {"sha256": "a" * 64}}]},
        Code.STEPS_UNPARSEABLE,
    ),
    (read_release, RELEASE, released(), Code.RELEASE_UNPARSEABLE),
    (
        read_attributes,
        SCAI,
        attributes(
            "A", target={"digest": {"sha256": "a" * 64}}, evidence={"uri": "https://e.example"}, conditions={"a": 1}
        ),
        Code.SCAI_UNPARSEABLE,
    ),
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


def replaced(whole: object, path: tuple[str | int, ...], value: object) -> object:
    if not path:
        return value
    copy: Any = deepcopy(whole)
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return copy


@pytest.mark.parametrize(("parse", "predicate_type", "predicate", "code"), SUBJECTS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_gives_facts_or_malformed(
    parse: Parser, predicate_type: str, predicate: dict[str, Any], code: Code, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(places(predicate)))
    hostile = replaced(predicate, path, data.draw(JSON))
    try:
        parse(predicate_type, hostile)
    except Malformed as malformed:
        assert malformed.code is code
        assert "\n" not in malformed.detail


@pytest.mark.parametrize(("parse", "predicate_type", "predicate", "code"), SUBJECTS)
def test_the_untouched_predicate_is_read(
    parse: Parser, predicate_type: str, predicate: dict[str, Any], code: Code
) -> None:
    assert parse(predicate_type, predicate)


def test_a_type_that_only_begins_like_a_known_one_is_unknown() -> None:
    known = types.PROVENANCE | types.SBOM | types.SCAN | types.SIGNATURE | types.TEST_RESULT | types.SARIF
    known |= (
        types.LINK
        | types.RELEASE
        | types.SCAI
        | types.VERIFICATION_SUMMARY
        | types.MANUAL_APPROVAL
        | types.LICENCE_REVIEW
    )
    for near in (
        "https://slsa.dev/provenance/v1.1",
        "https://slsa.dev/provenance/v0.1",
        "https://slsa.dev/provenance/",
        "https://cyclonedx.org/bom/",
        "https://in-toto.io/Link/v0.1",
        "https://slsa.dev/verification_summary/v0.2",
        "https://promoter.dev/attestation/manual-approval/v10",
    ):
        assert near not in known
