"""The life of an exception: every step once, in its order, and nothing that did not happen."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from promoter.core.candidate import digest_of
from promoter.core.estate import NOTHING, Estate, settle
from promoter.core.exception_life import Use, body_of, review_overdue, state_of, steps_due, steps_of
from promoter.core.exception_rules import ExceptionRules
from promoter.core.policy_exception import Granted, Kind, Revoked
from promoter.core.record import Incident
from promoter.core.record_estate import ExceptionMoved, ExceptionStep
from tests.core.waivers import CANDIDATE, DAY, EXCEPTION, GRANTED, NOW, granted

RULES = {"prod": ExceptionRules(), "dev": ExceptionRules(protected=False, approvals=1)}
S = ExceptionStep


def follow(
    one: Granted, *times: datetime, uses: tuple[Use, ...] = (), estate: Estate = NOTHING
) -> tuple[list[ExceptionMoved | Incident], Estate]:
    """Look at an exception at some times, one after the other."""
    entries: list[ExceptionMoved | Incident] = []
    for now in times:
        due = steps_due((one,), uses, RULES, estate, now)
        for entry in due:
            estate = settle(entry, estate)
        entries += due
    return entries, estate


def steps(entries: list[ExceptionMoved | Incident]) -> list[ExceptionStep]:
    return [entry.step for entry in entries if isinstance(entry, ExceptionMoved)]


def test_a_life_from_the_request_to_the_end() -> None:
    use = Use(GRANTED, "prod", CANDIDATE)
    early, end = EXCEPTION.not_before - DAY, EXCEPTION.expires

    before, estate = follow(GRANTED, early)
    during, estate = follow(GRANTED, NOW, NOW + DAY, uses=(use,), estate=estate)
    near, estate = follow(GRANTED, EXCEPTION.warns_from, uses=(use,), estate=estate)
    after, _ = follow(GRANTED, end, end + 9 * DAY, estate=estate)

    assert steps(before) == [S.REQUESTED, S.APPROVED]
    assert steps(during) == [S.ACTIVE, S.USED]
    assert steps(near) == [S.EXPIRING]
    assert steps(after) == [S.EXPIRED]
    requested, approved = before
    assert isinstance(requested, ExceptionMoved)
    assert isinstance(approved, ExceptionMoved)
    assert (requested.actor, requested.detail) == ("rosa", "no fixed version yet")
    assert (approved.actor, approved.detail) == ("mia, omar", "by reviews #41")
    assert requested.body == digest_of(body_of(EXCEPTION))
    used = during[1]
    assert isinstance(used, ExceptionMoved)
    assert (used.environment, used.service, used.release, used.digest) == ("prod", "cart", "1.8.3", CANDIDATE.digest)


def test_one_that_nobody_approved_is_requested_and_then_expired() -> None:
    entries, _ = follow(Granted(exception=EXCEPTION), NOW, EXCEPTION.expires)

    assert steps(entries) == [S.REQUESTED, S.EXPIRED]


def test_a_revocation_ends_it_and_says_who_and_why() -> None:
    one = granted(revoked=Revoked(at=NOW, by="ines", reason="a fix is out"))
    _, estate = follow(GRANTED, NOW - DAY)

    entries, _ = follow(one, NOW, EXCEPTION.expires, estate=estate)

    (entry,) = entries
    assert isinstance(entry, ExceptionMoved)
    assert (entry.step, entry.actor, entry.detail) == (S.REVOKED, "ines", "a fix is out")


def test_another_body_under_the_same_id_has_a_life_of_its_own() -> None:
    _, estate = follow(GRANTED, NOW)
    other = granted(reason="longer than thought")

    entries, estate = follow(other, NOW, estate=estate)

    assert steps(entries) == [S.REQUESTED, S.APPROVED, S.ACTIVE]
    assert [step.step for step in steps_of(EXCEPTION, estate)] == [S.REQUESTED, S.APPROVED, S.ACTIVE]


def test_it_is_used_once_for_each_release_and_environment() -> None:
    other = replace(CANDIDATE, release="1.8.4", digest=digest_of(b"1.8.4"))
    uses = tuple(Use(GRANTED, "prod", candidate) for candidate in (CANDIDATE, other, CANDIDATE))[:2]

    entries, estate = follow(GRANTED, NOW, NOW, uses=uses)

    assert steps(entries).count(S.USED) == 2
    assert follow(GRANTED, NOW + DAY / 24, uses=uses, estate=estate)[0] == []


GLASS = granted(kind=Kind.BREAK_GLASS, not_before=NOW, expires=NOW + DAY / 2)


def test_break_glass_is_an_incident_and_its_missing_review_is_another() -> None:
    use = Use(GLASS, "prod", CANDIDATE)

    used, estate = follow(GLASS, NOW, uses=(use,))
    due = GLASS.exception.review_due
    assert due == NOW + DAY / 2 + 3 * DAY
    late, estate = follow(GLASS, due, estate=estate)

    assert [entry.what for entry in used if isinstance(entry, Incident)] == ["break-glass"]
    assert [(entry.what, entry.service) for entry in late if isinstance(entry, Incident)] == [
        ("review-overdue", "cart")
    ]
    reviewed = ExceptionMoved(at=due, service="", id="EX-1", step=S.REVIEWED, body=GLASS.exception.digest)
    assert follow(GLASS, due + DAY, estate=settle(reviewed, estate))[0] == []


def test_break_glass_that_was_never_used_needs_no_review() -> None:
    _, estate = follow(GLASS, NOW)

    assert not review_overdue(GLASS.exception, steps_of(GLASS.exception, estate), NOW + 99 * DAY)
    assert not review_overdue(EXCEPTION, (), NOW + 99 * DAY)


@given(st.lists(st.timedeltas(min_value=timedelta(days=-5), max_value=timedelta(days=12)), min_size=1, max_size=8))
def test_no_step_is_written_twice_whenever_it_is_looked_at(moments: list[timedelta]) -> None:
    entries, _ = follow(GRANTED, *(NOW + moment for moment in sorted(moments)), uses=(Use(GRANTED, "prod", CANDIDATE),))

    assert len(steps(entries)) == len(set(steps(entries)))


def test_the_state_is_that_of_now() -> None:
    assert state_of(GRANTED, RULES, EXCEPTION.not_before - DAY) is S.APPROVED
    assert state_of(GRANTED, RULES, NOW) is S.ACTIVE
    assert state_of(GRANTED, RULES, EXCEPTION.warns_from) is S.EXPIRING
    assert state_of(GRANTED, RULES, EXCEPTION.expires) is S.EXPIRED
    assert state_of(replace(GRANTED, approvers=()), RULES, NOW) is S.REQUESTED
