"""Who may answer for a vulnerability, for which part of the product, and what becomes of the answer."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.vex import Answer, VexParams
from promoter.core.checks.vulnerabilities import VULNERABILITIES, VulnerabilitiesParams
from promoter.core.codes import Code
from promoter.core.finding import Finding, Outcome
from tests.core.checks.documents import openvex, statement
from tests.core.checks.pieces import (
    DIGEST,
    SCANNERS,
    STRANGER,
    TEAM,
    VULN,
    Piece,
    blob,
    grype,
    grype_match,
    in_cosign,
    subject,
    trivy,
    trivy_finding,
)

LIMITS = SeverityLimits(critical=Limits(fixable=0, not_fixable=0, unknown=0))
PARAMS = VulnerabilitiesParams(signers=("scanners",), limits=LIMITS, vex=VexParams(signers=("pipeline",)))
FOUND = Piece("scan", VULN, in_cosign(trivy(trivy_finding("CVE-2026-0001", FixedVersion="3.0.2"))), SCANNERS)


def vex(
    name: str, *said: dict[str, Any], hours: float = 1, signer: Any = TEAM, at: str = "2026-11-21T10:00:00Z"
) -> Piece:
    return Piece(name, "https://openvex.dev/ns", openvex(*said, at=at), signer, timedelta(hours=hours))


def find(*pieces: Piece, params: VulnerabilitiesParams = PARAMS) -> Finding:
    return VULNERABILITIES.apply(params, subject(*pieces))


def codes(finding: Finding) -> list[Code | None]:
    return [aside.code for aside in finding.asides]


def test_an_author_must_be_named_and_a_statement_that_takes_something_away_too() -> None:
    with pytest.raises(ValueError, match="signers names nobody"):
        VexParams(signers=())
    with pytest.raises(ValueError, match="statuses names none"):
        VexParams(signers=("pipeline",), statuses=())


def test_what_an_author_answers_for_does_not_count_is_cited_and_stays_visible() -> None:
    finding = find(FOUND, vex("vex", statement()))

    assert (finding.outcome, finding.cites) == (Outcome.PASS, (blob("scan"), blob("vex")))
    assert "1 removed by VEX of " in finding.sentence
    assert "CVE-2026-0001 (component_not_present)" in finding.sentence
    (aside,) = finding.asides
    assert aside.sentence.startswith(
        "critical CVE-2026-0001 in openssl 3.0.1 (fixed in 3.0.2) does not count: not_affected (component_not_present) "
        "since 2026-11-21 10:00:00Z, says https://forge.example/acme/cart/"
    )


def test_who_may_scan_is_no_author_by_that() -> None:
    finding = find(FOUND, vex("vex", statement(), signer=SCANNERS))

    assert (finding.outcome, codes(finding), finding.noted) == (Outcome.FAIL, [Code.VEX_FOREIGN_SIGNER], (blob("vex"),))


@pytest.mark.parametrize(
    ("name", "alias", "found", "outcome"),
    [
        ("CVE-2026-0001", [], ("CVE-2026-0001",), Outcome.PASS),
        ("GHSA-a", ["CVE-2026-0001"], ("CVE-2026-0001",), Outcome.PASS),
        ("GHSA-a", [], ("GHSA-a", "CVE-2026-0001"), Outcome.PASS),
        ("CVE-2026-0001", [], ("GHSA-a", "CVE-2026-0001"), Outcome.PASS),
        ("CVE-2026-0002", [], ("CVE-2026-0001",), Outcome.FAIL),
        ("cve-2026-0001", [], ("CVE-2026-0001",), Outcome.FAIL),
        ("CVE-2026-0001", [], ("GHSA-a", "CVE-2026-0001", "CVE-2026-0002"), Outcome.FAIL),  # one of two is answered for
        ("GHSA-a", [], ("GHSA-a", "CVE-2026-0001", "CVE-2026-0002"), Outcome.PASS),
    ],
)
def test_a_statement_is_about_a_vulnerability_under_any_of_its_names(
    name: str, alias: list[str], found: tuple[str, ...], outcome: Outcome
) -> None:
    scan = Piece("scan", VULN, in_cosign(grype(grype_match(found[0], "Critical", "fixed", *found[1:]))), SCANNERS)
    said = statement() | {"vulnerability": {"name": name, "aliases": alias}}

    assert find(scan, vex("vex", said)).outcome is outcome


@pytest.mark.parametrize(
    ("component", "outcome"),
    [
        ("pkg:deb/debian/openssl@3.0.1", Outcome.PASS),
        ("pkg:DEB/Debian/OpenSSL@3.0.1", Outcome.PASS),
        ("pkg:deb/debian/openssl@3.0.1?arch=amd64", Outcome.PASS),
        ("pkg:deb/debian/openssl@3.0.1?arch=arm64", Outcome.FAIL),
        ("pkg:deb/debian/openssl@3.0.10", Outcome.FAIL),
        ("pkg:deb/debian/openssl", Outcome.FAIL),
        ("pkg:deb/ubuntu/openssl@3.0.1", Outcome.FAIL),
        ("pkg:deb/debian/openssl-dev@3.0.1", Outcome.FAIL),
        ("openssl", Outcome.FAIL),
    ],
)
def test_a_component_is_meant_exactly(component: str, outcome: Outcome) -> None:
    product = {"@id": f"pkg:oci/cart@{DIGEST}", "subcomponents": [{"@id": component}]}

    assert find(FOUND, vex("vex", statement(products=[product]))).outcome is outcome


def test_the_latest_statement_counts_whoever_made_it_and_however_wide_it_is() -> None:
    product = {"@id": f"pkg:oci/cart@{DIGEST}", "subcomponents": [{"@id": "pkg:deb/debian/openssl@3.0.1"}]}
    both = VexParams(signers=("pipeline", "scanners"))
    params = VulnerabilitiesParams(signers=("scanners",), limits=LIMITS, vex=both)
    earlier = vex("earlier", statement(products=[product]), at="2026-11-21T08:00:00Z")
    later = vex("later", statement(status="affected"), signer=SCANNERS, at="2026-11-21T09:00:00Z")
    latest = vex("latest", statement(status="fixed"), at="2026-11-21T10:00:00Z")

    assert find(FOUND, earlier, params=params).outcome is Outcome.PASS
    assert find(FOUND, earlier, later, params=params).outcome is Outcome.FAIL
    assert find(FOUND, earlier, later, latest, params=params).cites == (blob("scan"), blob("latest"))


def test_a_tie_takes_nothing_away_and_the_same_said_twice_is_none() -> None:
    tie = find(FOUND, vex("one", statement()), vex("other", statement(status="under_investigation")))
    agreed = find(FOUND, vex("one", statement()), vex("other", statement()))

    assert (tie.outcome, codes(tie)) == (Outcome.FAIL, [Code.VEX_TIE])
    assert agreed.outcome is Outcome.PASS


@pytest.mark.parametrize(("hours", "outcome"), [(0.5, Outcome.FAIL), (1, Outcome.FAIL), (2, Outcome.PASS)])
def test_an_authors_unreadable_document_overtakes_the_older_ones(hours: float, outcome: Outcome) -> None:
    finding = find(FOUND, vex("good", statement(), hours=1), vex("bad", statement(status="harmless"), hours=hours))

    assert finding.outcome is outcome
    assert Code.VEX_UNPARSEABLE in codes(finding)
    assert blob("bad") in finding.noted


def test_an_unreadable_document_by_one_author_does_not_silence_another() -> None:
    params = VulnerabilitiesParams(
        signers=("scanners",), limits=LIMITS, vex=VexParams(signers=("pipeline", "scanners"))
    )
    bad = vex("bad", statement(status="harmless"), hours=0.5, signer=SCANNERS)

    assert find(FOUND, vex("good", statement()), bad, params=params).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("at", "hours", "expected"),
    [
        ("2026-11-21T11:00:59Z", 1, []),
        ("2026-11-21T11:01:01Z", 1, [Code.VEX_FROM_THE_FUTURE]),
        ("2026-11-22T00:00:00Z", 1, [Code.VEX_FROM_THE_FUTURE]),
    ],
)
def test_a_statement_is_not_later_than_its_signature(at: str, hours: float, expected: list[Code]) -> None:
    finding = find(FOUND, vex("vex", statement(), hours=hours, at=at))

    assert [code for code in codes(finding) if code] == expected
    assert finding.outcome is (Outcome.FAIL if expected else Outcome.PASS)


def test_a_policy_may_believe_one_kind_of_statement_alone() -> None:
    params = VulnerabilitiesParams(
        signers=("scanners",), limits=LIMITS, vex=VexParams(signers=("pipeline",), statuses=(Answer.NOT_AFFECTED,))
    )

    assert find(FOUND, vex("vex", statement()), params=params).outcome is Outcome.PASS
    assert find(FOUND, vex("vex", statement(status="fixed")), params=params).outcome is Outcome.FAIL


def test_a_thousand_answers_are_counted_and_the_first_ones_told() -> None:
    found = [trivy_finding(f"CVE-2026-{n}") for n in range(1000, 1300)]
    answers = [statement(f"CVE-2026-{n}") for n in range(1000, 1300)]
    finding = find(Piece("scan", VULN, in_cosign(trivy(*found)), SCANNERS), vex("vex", *answers))

    assert finding.outcome is Outcome.PASS
    assert "300 removed by VEX of " in finding.sentence
    assert finding.sentence.endswith(", and 295 more)")
    assert (len(finding.asides), finding.asides[-1].sentence) == (201, "and 100 more")


STATEMENTS = st.lists(
    st.tuples(st.sampled_from(["not_affected", "affected", "fixed", "under_investigation"]), st.integers(0, 5)),
    max_size=4,
)


@given(own=STATEMENTS, foreign=STATEMENTS)
def test_what_others_say_never_changes_what_is_found(
    own: list[tuple[str, int]], foreign: list[tuple[str, int]]
) -> None:
    def pieces(prefix: str, drawn: list[tuple[str, int]], signer: Any) -> list[Piece]:
        return [
            vex(f"{prefix} {n}", statement(status=status), signer=signer, at=f"2026-11-21T0{hour}:00:00Z")
            for n, (status, hour) in enumerate(drawn)
        ]

    authors = pieces("own", own, TEAM)
    alone = find(FOUND, *authors)
    together = find(FOUND, *authors, *pieces("foreign", foreign, STRANGER))

    assert (together.outcome, together.sentence, together.reasons) == (alone.outcome, alone.sentence, alone.reasons)
    assert together.cites == alone.cites
    newest = {status for status, hour in own if hour == max(hour for _, hour in own)}
    assert (alone.outcome is Outcome.PASS) == (newest in ({"not_affected"}, {"fixed"}))
