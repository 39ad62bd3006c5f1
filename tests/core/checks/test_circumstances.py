"""Checks of facts beside the evidence: what their parameters refuse, and what more of a good thing never does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from promoter.core.candidate import Candidate, digest_of
from promoter.core.checks import CHECKS
from promoter.core.checks.approval import ApprovalParams
from promoter.core.checks.artifact import check_repository_pattern, matches_repository
from promoter.core.checks.artifact_age import ArtifactAgeParams
from promoter.core.checks.order import OrderParams
from promoter.core.checks.source_branch import is_branch_name
from promoter.core.checks.subject import Phase, Subject
from promoter.core.checks.ticket import TicketParams, check_ticket_pattern
from promoter.core.circumstances import Approval, Circumstances, Running
from promoter.core.evidence import Attestation, ContentKind, Evidence, Found, LogEntry, Mechanism, Signer
from promoter.core.finding import Mode, Outcome
from promoter.core.identity import Placeholders, SignerRule
from promoter.core.predicates import types

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DIGEST = digest_of(b"1.8.3")
BUILDER = Signer("https://forge.example/acme/cart/.github/workflows/release.yml", "https://issuer.example")


def subject(circumstances: Circumstances, *attestations: Attestation, now: datetime = NOW) -> Subject:
    return Subject(
        candidate=Candidate("cart", "1.8.3", DIGEST),
        evidence=Evidence(DIGEST, attestations),
        signers={"builder": SignerRule(issuer=BUILDER.issuer, san=BUILDER.san)},
        placeholders=Placeholders("https://forge.example/acme/cart", "v1.8.3", "1.8.3"),
        mode=Mode.ENFORCE,
        now=now,
        environment="prod",
        circumstances=circumstances,
    )


def outcome(check: str, params: object, about: Subject) -> Outcome:
    return CHECKS[check].apply(params, about).outcome


def provenance(at: datetime) -> Attestation:
    blob = digest_of(at.isoformat().encode())
    return Attestation(
        found=Found(blob, blob, 10),
        kind=ContentKind.DSSE,
        mechanism=Mechanism.KEYLESS_BUNDLE,
        signer=BUILDER,
        signed_at=at,
        log=LogEntry("00" * 32, 1, "dsse 0.0.1"),
        predicate_type=next(iter(types.PROVENANCE_V1)),
        subjects=(DIGEST,),
    )


# --- parameters -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "params", "said"),
    [
        ("artifact", {"repositories": []}, "names none"),
        ("artifact", {"repositories": ["*"]}, "allow anybody's images"),
        ("artifact", {"repositories": ["registry.example/*"]}, "allow anybody's images"),
        ("artifact", {"repositories": ["*.example/shop/cart"]}, "allow anybody's images"),
        ("artifact", {"repositories": ["ghcr.io/*/cart"]}, "allow anybody's images"),
        ("artifact", {"repositories": ["cart"]}, "names no registry"),
        ("artifact", {"repositories": ["registry.example/"]}, "is no pattern"),
        ("artifact", {"repositories": ["registry.example/shop/**"]}, "is no pattern"),
        ("artifact", {"repositories": ["registry.example/shop//cart"]}, "is no pattern"),
        ("artifact", {"repositories": ["registry.example/shop/cart:1"]}, "is no pattern"),
        ("artifact", {"repositories": ["registry.example/shop/cart"], "platforms": ["linux"]}, "os/architecture"),
        ("age", {"signers": [], "max_age": "P1D"}, "names nobody"),
        ("age", {"signers": ["builder"], "max_age": "PT0S"}, "not above zero"),
        ("age", {"signers": ["builder"], "max_age": "P1D", "versions": []}, "names none"),
        ("source-branch", {"branches": []}, "names none"),
        ("source-branch", {"branches": [f"b{number}" for number in range(11)]}, "more than 10"),
        ("source-branch", {"branches": ["release/*"]}, "no exact name"),
        ("approval", {"min": 0}, "1 to 20"),
        ("approval", {"min": 2, "people": ["mia", "MIA"]}, "fewer than the 2"),
        ("approval", {"min": 1, "people": ["mia", ""]}, "empty text"),
        ("ticket", {"pattern": ".*"}, "is no pattern"),
        ("ticket", {"pattern": "(CHG)+"}, "is no pattern"),
        ("ticket", {"pattern": ""}, "is no pattern"),
        ("ticket", {"pattern": "C" * 101}, "at most 100"),
        ("ticket", {"pattern": "[A-Za-z0-9]+"}, "which is no ticket"),
        ("ticket", {"pattern": "[A-Z]+-[0-9]+-[0-9]+"}, "more than two"),
        ("ticket", {"pattern": "[z-a]"}, "no regular expression"),
        ("ticket", {"pattern": "CHG[0-9]{7}", "name": "a b"}, "letters, digits and hyphens"),
        ("order", {"always": True}, "always"),
        ("rules", {"any": 1}, "any"),
        ("log", {"any": 1}, "any"),
    ],
)
def test_parameters_that_demand_nothing_or_allow_anybody_are_refused(
    check: str, params: dict[str, object], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(CHECKS[check].params).validate_python(params)


def test_approvals_and_tickets_are_asked_for_in_the_merge_phase_only() -> None:
    only = {check for check, row in CHECKS.items() if row.phases == {Phase.MERGE}}
    assert only == {"approval", "ticket"}


@pytest.mark.parametrize("name", ["main", "release/1.x", "feature-2", "a.b"])
def test_a_branch_has_an_exact_name(name: str) -> None:
    assert is_branch_name(name)


@pytest.mark.parametrize("name", ["", "a b", "a..b", "/a", "a/", ".a", "a.lock", "a~1", "-a", "é", "a\n", "x@{1}"])
def test_what_git_would_not_take_is_no_branch(name: str) -> None:
    assert not is_branch_name(name)


# --- patterns ---------------------------------------------------------------------------------------------------------

WORD = st.text("abc0._-", min_size=1, max_size=5)


@given(st.lists(WORD, min_size=1, max_size=4), WORD)
def test_a_star_never_leaves_its_segment_nor_the_registry(path: list[str], host: str) -> None:
    pattern = "registry.example/shop/team-*"
    repository = "/".join((host, *path))
    if matches_repository(pattern, repository):
        assert repository.startswith("registry.example/shop/team-")
        assert repository.count("/") == pattern.count("/")


@given(st.text("abz*/.:", max_size=20))
def test_a_pattern_that_is_accepted_allows_no_other_registry_and_no_other_owner(pattern: str) -> None:
    try:
        check_repository_pattern(pattern)
    except ValueError:
        return
    host, first, *_ = pattern.split("/")
    rest = pattern[len(f"{host}/{first}") :].replace("*", "x")
    assert matches_repository(pattern, f"{host}/{first}{rest}")
    assert not matches_repository(pattern, f"evil.example/{first}{rest}")
    assert not matches_repository(pattern, f"{host}/mallory{rest}")


@given(st.text(max_size=20))
def test_a_pattern_of_tickets_that_is_accepted_is_compared_at_once(pattern: str) -> None:
    try:
        check_ticket_pattern(pattern)
    except ValueError:
        return
    params, about = TicketParams(pattern=pattern), Approval(login="mia", user_id=1, text="Change: " + "A1" * 2000)
    assert outcome("ticket", params, subject(Circumstances(approvals=(about,)))) in {Outcome.PASS, Outcome.FAIL}


# --- more of a good thing ---------------------------------------------------------------------------------------------

APPROVALS = st.lists(st.builds(Approval, login=st.sampled_from("abcd"), user_id=st.integers(1, 4)), max_size=5)


@given(APPROVALS, APPROVALS, st.integers(1, 3))
def test_one_more_approval_takes_none_away_and_a_higher_minimum_lets_nothing_through(
    some: list[Approval], more: list[Approval], least: int
) -> None:
    few, many = (subject(Circumstances(approvals=tuple(found))) for found in (some, [*some, *more]))
    if outcome("approval", ApprovalParams(min=least), few) is Outcome.PASS:
        assert outcome("approval", ApprovalParams(min=least), many) is Outcome.PASS
    if outcome("approval", ApprovalParams(min=least), few) is Outcome.FAIL:
        assert outcome("approval", ApprovalParams(min=least + 1), few) is Outcome.FAIL
        assert outcome("approval", ApprovalParams(min=least, people=("a", "b", "c")), few) is Outcome.FAIL


DAYS = st.integers(0, 400).map(timedelta)


@given(st.lists(DAYS, min_size=1, max_size=4), DAYS, DAYS, DAYS)
def test_no_artifact_grows_younger_by_time_by_attesting_it_again_or_by_a_stricter_rule(
    ages: list[timedelta], another: timedelta, later: timedelta, allowed: timedelta
) -> None:
    wide = ArtifactAgeParams(signers=("builder",), max_age=allowed + timedelta(days=1))
    narrow = replace(wide, max_age=allowed / 2 + timedelta(hours=1))
    built = tuple(provenance(NOW - age) for age in dict.fromkeys(ages))
    about = subject(Circumstances(), *built)
    if outcome("age", wide, about) is Outcome.FAIL:
        assert outcome("age", wide, replace(about, now=NOW + later)) is Outcome.FAIL
        assert outcome("age", wide, subject(Circumstances(), *built, provenance(NOW - another))) is Outcome.FAIL
        assert outcome("age", narrow, about) is Outcome.FAIL


@given(st.sampled_from([None, True, False]), st.booleans())
def test_nothing_older_than_what_runs_passes_unless_a_person_asked_for_it(newer: bool | None, is_wanted: bool) -> None:
    running = Running(release="1.9.0", digest=None, is_newer=newer, is_return_wanted=is_wanted)
    found = outcome("order", OrderParams(), subject(Circumstances(running=running)))
    assert (found is Outcome.PASS) == (is_wanted or newer is False)
