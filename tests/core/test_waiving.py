"""Which findings exceptions waive, which they never do, and what is said of those that do not apply."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.checks.conclusion import UNDECIDED_CODES
from promoter.core.codes import Code
from promoter.core.exception_rules import ExceptionRules, MaxDays
from promoter.core.finding import Aside, Item, Mode, Outcome, Reason
from promoter.core.package_scope import PackageScope
from promoter.core.policy_exception import Granted, Kind, Means, PolicyException, Revoked
from promoter.core.predicates.vulnerability import Severity
from promoter.core.waivable import EMERGENCY, RATED, WAIVABLE
from promoter.core.waiving import Scope, time_left
from tests.core.waivers import (
    CANDIDATE,
    DAY,
    DIGEST,
    EXCEPTION,
    FLASK,
    GRANTED,
    NOW,
    OTHER_DIGEST,
    OVER,
    SCOPE,
    STALE,
    ZLIB,
    apply,
    failed,
    granted,
    outcome,
)

HOURS = {"not_before": NOW - timedelta(hours=1), "expires": NOW + timedelta(hours=4)}
"""A life that is short enough for break-glass too."""


def test_a_covered_finding_is_waived_keeps_its_reasons_and_names_the_exception_with_its_days() -> None:
    finding = failed(OVER)

    waived = apply(finding, GRANTED)

    assert waived.findings == (
        replace(
            finding,
            outcome=Outcome.WAIVED,
            sentence="waived by EX-1 until 2026-11-25 12:00:00Z (4 days left): 1 critical, 0 allowed",
            exceptions=("EX-1",),
        ),
    )
    assert waived.used == (GRANTED,)


@pytest.mark.parametrize("code", [code for code in Code if code in WAIVABLE], ids=str)
def test_every_waivable_code_is_waived_by_an_exception_for_the_digest(code: Code) -> None:
    worst = Severity.CRITICAL if code in RATED else None
    kind = Kind.BREAK_GLASS if code in EMERGENCY else Kind.EXCEPTION
    times = {"not_before": NOW - DAY / 24, "expires": NOW + DAY / 24} if code in EMERGENCY else {}
    about = {"codes": (code,), "digests": (DIGEST,), "vulnerabilities": (), "max_severity": worst}
    one = granted(kind=kind, **about, **times)
    reason = Reason(code, "it is so", "Service team: mend it.", items=(FLASK,) if code in RATED else ())

    assert outcome(failed(reason), one) is Outcome.WAIVED


@pytest.mark.parametrize("code", [code for code in Code if code not in WAIVABLE], ids=str)
def test_no_exception_can_name_any_other_code(code: Code) -> None:
    with pytest.raises(ValueError, match="can never be waived"):
        granted(codes=(Code.SCAN_STALE, code))


@pytest.mark.parametrize("code", sorted(EMERGENCY, key=str), ids=str)
def test_what_people_must_do_before_a_merge_is_left_out_by_break_glass_alone(code: Code) -> None:
    with pytest.raises(ValueError, match="is waived by break-glass alone"):
        granted(codes=(code,), digests=(DIGEST,), vulnerabilities=(), max_severity=None)


NEVER = (
    *("foreign-signer", "invalid", "unparseable", "tie", "from-the-future", "too-few-signers", "negative"),
    *("other-build", "other-artifact", "wrong-repository", "wrong-ref", "wrong-commit", "wrong-builder"),
    *("wrong-digest", "wrong-subject", "digest-mismatch", "moved", "revoked"),
)
FAMILIES = (
    "outside.",
    "tag.",
    "image.",
    "layout.",
    "bundle.",
    "cosign.",
    "signer.",
    "statement.",
    "signature.",
    "gate.",
    "edit.",
    "policy.",
    "deny.",
    "denied.",
)


def test_nothing_that_says_who_or_which_bytes_is_waivable_nor_anything_undecided() -> None:
    assert [code for code in WAIVABLE if code.value.endswith(NEVER)] == []
    assert [code for code in WAIVABLE if code.value.startswith(FAMILIES)] == []
    assert set() == WAIVABLE & UNDECIDED_CODES


def test_a_reason_that_can_never_be_waived_keeps_the_whole_finding_failed() -> None:
    foreign = Reason(Code.SCAN_FOREIGN_SIGNER, "signed by a stranger", "Security team: look.")

    assert outcome(failed(OVER, foreign), GRANTED) is Outcome.FAIL


@pytest.mark.parametrize("before", [Outcome.PASS, Outcome.UNDECIDED])
def test_what_did_not_fail_is_left_as_it_is(before: Outcome) -> None:
    finding = replace(failed(OVER), outcome=before)

    assert apply(finding, GRANTED).findings == (finding,)


def test_a_warning_is_waived_like_a_failure_and_stays_a_warning() -> None:
    waived = apply(failed(OVER, mode=Mode.WARN), GRANTED).findings[0]

    assert (waived.mode, waived.outcome, waived.exceptions) == (Mode.WARN, Outcome.WAIVED, ("EX-1",))


# --- accidents: an exception of another scope -------------------------------------------------------------------------

ACCIDENTS = {
    "other digest": (
        granted(digests=(OTHER_DIGEST,)),
        Code.EXCEPTION_OTHER_SCOPE,
        f"the exception EX-1 does not apply: it is for {OTHER_DIGEST}, not for {DIGEST}",
    ),
    "other environment": (
        granted(environments=("staging",)),
        Code.EXCEPTION_OTHER_SCOPE,
        "the exception EX-1 does not apply: it is for staging, not for prod",
    ),
    "other releases": (
        granted(versions=">=1.9"),
        Code.EXCEPTION_OTHER_SCOPE,
        "the exception EX-1 does not apply: it is for the releases >=1.9, not for 1.8.3",
    ),
    "other vulnerability": (
        granted(vulnerabilities=("CVE-2020-1",)),
        Code.EXCEPTION_OTHER_SCOPE,
        "the exception EX-1 does not suffice: it does not cover CVE-2026-31337",
    ),
    "other package": (
        granted(vulnerabilities=(), purls=(PackageScope("pkg:pypi/django"),)),
        Code.EXCEPTION_OTHER_SCOPE,
        "the exception EX-1 does not suffice: it does not cover CVE-2026-31337",
    ),
    "worse severity than was accepted": (
        granted(max_severity=Severity.HIGH),
        Code.EXCEPTION_SEVERITY_WORSE,
        "the exception EX-1 does not apply: CVE-2026-31337 is of critical severity, at most high was accepted",
    ),
    "expired": (
        granted(expires=NOW),
        Code.EXCEPTION_EXPIRED,
        "the exception EX-1 does not apply: it ended at 2026-11-21 12:00:00Z",
    ),
    "not yet": (
        granted(not_before=NOW + DAY),
        Code.EXCEPTION_NOT_YET,
        "the exception EX-1 does not apply: it holds from 2026-11-22 12:00:00Z on",
    ),
    "revoked": (
        granted(revoked=Revoked(at=NOW, by="ines", reason="a fix is out")),
        Code.EXCEPTION_REVOKED,
        "the exception EX-1 does not apply: ines took it back at 2026-11-21 12:00:00Z: a fix is out",
    ),
    "approved by one": (
        replace(GRANTED, approvers=("mia",)),
        Code.EXCEPTION_NOT_APPROVED,
        "the exception EX-1 does not apply: 1 of 2 people who neither wrote nor requested it approved",
    ),
    "approved by its author": (
        replace(GRANTED, authors=("Mia",)),
        Code.EXCEPTION_NOT_APPROVED,
        "the exception EX-1 does not apply: 1 of 2 people who neither wrote nor requested it approved",
    ),
    "approved by who requested it": (
        granted(requested_by="OMAR"),
        Code.EXCEPTION_NOT_APPROVED,
        "the exception EX-1 does not apply: 1 of 2 people who neither wrote nor requested it approved",
    ),
    "in files that nobody reviewed": (
        Granted(exception=EXCEPTION),
        Code.EXCEPTION_NOT_APPROVED,
        (
            "the exception EX-1 does not apply: nobody is known to answer for it, for no forge reviews its file; keep "
            "the rules in git (`rules` in promoter.yaml), or attach it signed to the digest"
        ),
    ),
    "merged with changes asked for": (
        replace(GRANTED, approvers=(), doubt="changes are asked for by ines"),
        Code.EXCEPTION_NOT_APPROVED,
        (
            "the exception EX-1 does not apply: 0 of 2 people who neither wrote nor requested it approved: changes are "
            "asked for by ines"
        ),
    ),
    "longer than allowed": (
        granted(expires=NOW + 30 * DAY),
        Code.EXCEPTION_NOT_ALLOWED,
        "the exception EX-1 does not apply: it lasts 33 days, at most 7 are allowed",
    ),
    "too broad": (
        granted(vulnerabilities=()),
        Code.EXCEPTION_NOT_ALLOWED,
        "the exception EX-1 does not apply: the environment is protected: name digests, packages or vulnerabilities",
    ),
}


@pytest.mark.parametrize(("one", "code", "says"), ACCIDENTS.values(), ids=ACCIDENTS)
def test_an_exception_that_does_not_apply_changes_nothing_and_the_finding_says_why(
    one: Granted, code: Code, says: str
) -> None:
    finding = failed(OVER)

    waived = apply(finding, one)

    assert waived.findings == (replace(finding, asides=(Aside(says, code),)),)
    assert waived.used == ()


def test_an_exception_for_another_service_or_code_does_not_apply_and_is_not_told_here() -> None:
    finding = failed(OVER)

    assert apply(finding, granted(services=("desk",))).findings == (finding,)
    assert apply(finding, granted(codes=(Code.SCAN_STALE,), max_severity=None)).findings == (finding,)


def test_where_the_policy_wants_signatures_reviews_do_not_count() -> None:
    scope = replace(SCOPE, rules=ExceptionRules(signed=True, signers=("anne", "bill")))

    found = apply(failed(OVER), GRANTED, scope=scope).findings[0]

    sentence = "the exception EX-1 does not apply: prod accepts signed exceptions only: attach it, signed"
    assert found.asides == (Aside(sentence, Code.EXCEPTION_NOT_SIGNED),)
    signed = replace(GRANTED, means=Means.SIGNATURES, approvers=("anne@acme.example", "bill@acme.example"))
    assert outcome(failed(OVER), signed, scope=scope) is Outcome.WAIVED


def test_while_it_is_not_known_who_answers_for_it_the_finding_is_undecided() -> None:
    finding = apply(failed(OVER), replace(GRANTED, is_unsure=True)).findings[0]

    assert finding.outcome is Outcome.UNDECIDED
    assert [reason.code for reason in finding.reasons] == [Code.EXCEPTION_UNKNOWN, Code.VULNERABILITIES_OVER_LIMIT]
    assert outcome(failed(OVER), replace(granted(expires=NOW), is_unsure=True)) is Outcome.FAIL


# --- items ------------------------------------------------------------------------------------------------------------


def test_a_reason_is_covered_only_where_all_its_items_but_those_allowed_are() -> None:
    both = replace(OVER, items=(FLASK, ZLIB))
    other = granted(id="EX-2", vulnerabilities=("CVE-2026-40000",))

    assert outcome(failed(both), GRANTED) is Outcome.FAIL
    assert outcome(failed(replace(both, allowed=1)), GRANTED) is Outcome.WAIVED
    assert outcome(failed(replace(both, allowed=1))) is Outcome.FAIL
    assert apply(failed(both), GRANTED, other).findings[0].exceptions == ("EX-1", "EX-2")


def test_aliases_that_the_scan_states_match_both_ways() -> None:
    by_alias = granted(vulnerabilities=("ghsa-aaaa-bbbb-cccc",))
    advisory = replace(OVER, items=(replace(FLASK, id="GHSA-aaaa-bbbb-cccc", aliases=("CVE-2026-31337",)),))

    assert outcome(failed(OVER), by_alias) is Outcome.WAIVED
    assert outcome(failed(advisory), GRANTED) is Outcome.WAIVED


def test_an_advisory_about_two_vulnerabilities_is_not_covered_by_an_exception_for_one() -> None:
    advisory = Item("DSA-1-1", ("CVE-2026-31337", "CVE-2026-31338"), severity="critical")
    finding = failed(replace(OVER, items=(advisory,)))

    assert outcome(finding, GRANTED) is Outcome.FAIL
    assert outcome(finding, granted(vulnerabilities=("CVE-2026-31337", "CVE-2026-31338"))) is Outcome.WAIVED
    assert outcome(finding, granted(vulnerabilities=("DSA-1-1",))) is Outcome.WAIVED


@pytest.mark.parametrize(
    ("purl", "versions", "expected"),
    [
        ("pkg:pypi/flask", "", Outcome.WAIVED),
        ("pkg:pypi/Flask@3.2.0", "", Outcome.WAIVED),
        ("pkg:pypi/flask@3.2.1", "", Outcome.FAIL),
        ("pkg:pypi/flask", "vers:pypi/>=3.2|<3.3", Outcome.WAIVED),
        ("pkg:pypi/flask", "vers:pypi/>=3.2.1", Outcome.FAIL),
        ("pkg:npm/flask", "", Outcome.FAIL),
    ],
)
def test_packages_are_named_with_one_version_every_version_or_a_range(
    purl: str, versions: str, expected: Outcome
) -> None:
    one = granted(vulnerabilities=(), purls=(PackageScope(purl, versions),))

    assert outcome(failed(OVER), one) is expected


def test_a_version_that_cannot_be_compared_is_in_no_range() -> None:
    strange = replace(OVER, items=(replace(FLASK, purl="pkg:pypi/flask@not-a-version"),))
    one = granted(vulnerabilities=(), purls=(PackageScope("pkg:pypi/flask", "vers:pypi/>=0"),))

    assert outcome(failed(strange), one) is Outcome.FAIL


@pytest.mark.parametrize(
    ("accepted", "severity", "expected"),
    [
        (Severity.HIGH, "critical", Outcome.FAIL),
        (Severity.HIGH, "high", Outcome.WAIVED),
        (Severity.HIGH, "low", Outcome.WAIVED),
        (Severity.HIGH, "none", Outcome.WAIVED),
        (Severity.HIGH, "unknown", Outcome.FAIL),
        (Severity.CRITICAL, "unknown", Outcome.WAIVED),
    ],
)
def test_a_severity_that_is_worse_or_unknown_invalidates(accepted: Severity, severity: str, expected: Outcome) -> None:
    rated = replace(OVER, items=(replace(FLASK, severity=severity),))

    assert outcome(failed(rated), granted(max_severity=accepted)) is expected


def test_a_rated_reason_that_names_no_items_is_covered_by_nothing() -> None:
    crowd = replace(OVER, items=())

    assert outcome(failed(crowd), granted(digests=(DIGEST,), vulnerabilities=())) is Outcome.FAIL


def test_an_exception_for_single_vulnerabilities_covers_no_reason_about_the_whole_release() -> None:
    one = granted(codes=(Code.SCAN_STALE, Code.VULNERABILITIES_OVER_LIMIT))
    whole = granted(codes=(Code.SCAN_STALE, Code.VULNERABILITIES_OVER_LIMIT), digests=(DIGEST,), vulnerabilities=())

    assert outcome(failed(STALE), one) is Outcome.FAIL
    assert outcome(failed(STALE, OVER), whole) is Outcome.WAIVED


# --- time -------------------------------------------------------------------------------------------------------------

LIFE = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))


@given(life=LIFE, later=LIFE, revoked=st.none() | LIFE)
def test_time_never_un_expires(life: timedelta, later: timedelta, revoked: timedelta | None) -> None:
    taken = Revoked(at=EXCEPTION.not_before + revoked, by="ines", reason="mended") if revoked is not None else None
    one = granted(revoked=taken)

    def at(now: datetime) -> Outcome:
        return outcome(failed(OVER), one, now=now)

    first = EXCEPTION.not_before + life
    if at(first) is Outcome.FAIL:
        assert at(first + later) is Outcome.FAIL
    if at(first) is Outcome.WAIVED:
        assert at(EXCEPTION.not_before) is Outcome.WAIVED


@given(
    exceptions=st.lists(st.sampled_from([one for one, _, _ in ACCIDENTS.values()]), max_size=6),
    rules=st.sampled_from([ExceptionRules(), ExceptionRules(approvals=3)]),
)
def test_exceptions_that_do_not_apply_one_by_one_do_not_apply_together(
    exceptions: list[Granted], rules: ExceptionRules
) -> None:
    scope = Scope(CANDIDATE, "prod", rules)

    assert outcome(failed(OVER), *exceptions, scope=scope) is Outcome.FAIL


@pytest.mark.parametrize(
    ("left", "says"),
    [(9 * DAY, "9 days left"), (2 * DAY, "2 days left"), (47.5 * DAY / 24, "47 hours left"), (DAY / 24, "1 hour left")],
)
def test_the_time_left_is_told_in_days_and_near_the_end_in_hours(left: timedelta, says: str) -> None:
    assert time_left(NOW + left, NOW) == says


def test_break_glass_is_called_so() -> None:
    glass = granted(kind=Kind.BREAK_GLASS, not_before=NOW - DAY / 2, expires=NOW + DAY / 4)

    waived = apply(failed(OVER), glass).findings[0]

    assert waived.sentence == (
        "waived by break-glass EX-1 until 2026-11-21 18:00:00Z (6 hours left): 1 critical, 0 allowed"
    )


# --- what can be no exception, and what rules can be none -------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"environments": ()}, "environments must not be empty"),
        ({"owner": ""}, "owner must not be empty"),
        ({"services": (), "vulnerabilities": ()}, "it would hold for everything"),
        ({"expires": EXCEPTION.not_before}, "it would never hold"),
        ({"expires": datetime(2027, 1, 1)}, "a time has no zone"),  # noqa: DTZ001 - that is the mistake
        ({"expires": datetime(9999, 12, 31, tzinfo=UTC)}, "a time is of no year from 2000 to 2199"),
        ({"not_before": datetime(1, 1, 1, tzinfo=UTC)}, "a time is of no year from 2000 to 2199"),
        ({"kind": Kind.BREAK_GLASS}, "break-glass lasts at most 24 hours"),
        ({"max_severity": Severity.UNKNOWN}, "max_severity must be one of"),
        ({"max_severity": None}, "max_severity is missing"),
        ({"versions": "latest"}, "not a semver comparator"),
        ({"digests": ("sha256:1",)}, "sha256"),
        ({"vulnerabilities": tuple(map(str, range(101)))}, "more than 100 things"),
    ],
)
def test_an_exception_that_can_never_be_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        granted(**changes)


def test_what_was_approved_has_the_same_digest_after_it_was_revoked() -> None:
    revoked = replace(EXCEPTION, revoked=Revoked(at=NOW, by="ines", reason="mended"))

    assert revoked.digest == EXCEPTION.digest
    assert replace(EXCEPTION, expires=NOW).digest != EXCEPTION.digest


@pytest.mark.parametrize(
    ("rules", "says"),
    [
        ({"approvals": 1}, "at least 2 where the environment is protected"),
        ({"approvals": 0, "protected": False}, "at least 1"),
        ({"signed": True, "signers": ("anne",)}, "as many signers as approvals"),
    ],
)
def test_rules_that_ask_for_too_little_or_too_much_are_refused(rules: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ExceptionRules(**rules)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="1 to 366"):
        MaxDays(critical=0)


@pytest.mark.parametrize(
    ("purl", "versions", "says"),
    [
        ("lodash", "", "not a package URL"),
        ("pkg:npm/lodash@1", "vers:npm/>=1", "not both"),
        ("pkg:npm/lodash", ">=1", "is no range of versions"),
        ("pkg:npm/lodash", "vers:npm/>=x", "is no range of versions"),
        ("pkg:npm/lodash", "vers:pypi/<2", "of another ecosystem; write it like vers:npm/<2"),
    ],
)
def test_what_is_no_package_or_range_is_refused(purl: str, versions: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        PackageScope(purl, versions)


def test_it_warns_a_fifth_of_its_life_before_its_end_and_at_most_a_week() -> None:
    assert EXCEPTION.expires - EXCEPTION.warns_from == timedelta(days=7) / 5
    long = replace(EXCEPTION, expires=EXCEPTION.not_before + 100 * DAY)
    assert long.expires - long.warns_from == timedelta(days=7)


def test_an_exception_of_a_year_for_one_team_can_be_allowed_where_nothing_is_protected() -> None:
    rules = ExceptionRules(protected=False, approvals=1, max_days=MaxDays(other=366))
    one = PolicyException(
        id="EX-9",
        codes=(Code.SCAN_STALE,),
        environments=("dev",),
        services=("cart",),
        owner="team-cart",
        reason="no scanner there",
        requested_by="rosa",
        not_before=NOW,
        expires=NOW + 366 * DAY,
    )
    scope = Scope(CANDIDATE, "dev", rules)

    assert outcome(failed(STALE), replace(GRANTED, exception=one, approvers=("mia",)), scope=scope) is Outcome.WAIVED
