"""What a proposal, its check and its evidence comment say of exceptions: never hidden, break-glass at the top."""

import json
from dataclasses import replace
from datetime import timedelta

from promoter.core.clearance import check_of
from promoter.core.dossier import Decision, Facts
from promoter.core.exhibit import Exhibit, comment
from promoter.core.finding import Outcome
from promoter.core.policy_exception import Granted, Kind, Means
from promoter.core.proposal import Draft, body
from promoter.core.verdict import Verdict
from tests.core.proposed import (
    CANDIDATE,
    GOOD,
    NOW,
    OVER_LIMIT_FINDING,
    POLICY,
    RUNNING,
    SOURCE,
    STAGING,
    digest,
    verdict,
)
from tests.core.waivers import granted

ONE = granted(environments=("staging",))
WAIVED = replace(
    OVER_LIMIT_FINDING,
    outcome=Outcome.WAIVED,
    sentence="waived by EX-1 until 2026-11-25 12:00:00Z (4 days left): " + OVER_LIMIT_FINDING.sentence,
    exceptions=("EX-1",),
)
GLASS = replace(
    ONE,
    exception=replace(
        ONE.exception, kind=Kind.BREAK_GLASS, not_before=NOW - timedelta(hours=1), expires=NOW + timedelta(hours=3)
    ),
)


def judged(*exceptions: Granted) -> Verdict:
    return replace(verdict(*GOOD[:4], WAIVED), exceptions=exceptions)


def text(found: Verdict) -> str:
    check = check_of(found, STAGING, (), 1)
    return body(Draft(STAGING, CANDIDATE, found, check, RUNNING, SOURCE))


def test_the_check_counts_what_is_waived() -> None:
    assert check_of(judged(ONE), STAGING, (), 1).summary == "verified, 1 waived; 4 pass; approvals: 1 of 1"
    assert check_of(judged(ONE), STAGING, (), 0).summary == "verified, 1 waived; approvals: 0 of 1"
    assert check_of(judged(GLASS), STAGING, (), 1).summary == (
        "verified, 1 waived by BREAK-GLASS; 4 pass; approvals: 1 of 1"
    )


def test_the_body_names_every_exception_with_what_it_accepts_its_owner_its_end_and_its_controls() -> None:
    lines = text(judged(ONE)).splitlines()

    at = lines.index("### Exceptions in use")
    assert lines[at + 2 : at + 5] == [
        "| exception | accepts | owner | ends | compensated by |",
        "|---|---|---|---|---|",
        (
            "| `EX-1` | `vulnerabilities.over-limit`: no fixed version yet | team-cart; approved by mia, omar | "
            "2026-11-25 12:00:00Z, 4 days left | the endpoint is switched off |"
        ),
    ]
    (row,) = [line for line in lines if line.startswith("| ⚠️ | vulnerabilities |")]
    assert row.startswith("| ⚠️ | vulnerabilities | waived by EX-1 until 2026-11-25 12:00:00Z (4 days left): ")
    assert "### What blocks it" not in lines


def test_break_glass_stands_in_the_first_line() -> None:
    lines = text(judged(GLASS)).splitlines()

    assert lines[:2] == [
        "> [!CAUTION]",
        (
            "> **Break-glass `EX-1` is in use until 2026-11-21 15:00:00Z (3 hours left).** Reason: no fixed version "
            "yet. Its review is due at 2026-11-24 15:00:00Z."
        ),
    ]


def test_text_of_an_exception_cannot_become_markup() -> None:
    hostile = granted(reason="x](http://evil) | <b> @everyone\n# closes #1", owner="<script>", controls=("`|`",))

    shown = text(judged(hostile))

    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "](http://evil)" not in shown
    assert "\n# closes" not in shown


def test_without_exceptions_nothing_is_said_of_them() -> None:
    shown = text(verdict(*GOOD))

    assert "xception" not in shown


def test_the_evidence_comment_names_the_exceptions_digest_and_who_answers_for_it() -> None:
    signed = replace(ONE, means=Means.SIGNATURES, reference="", statements=(digest("77"),))
    found = judged(signed)
    facts = Facts(CANDIDATE.digest, None, None, (), (), ())
    decision = Decision(
        CANDIDATE,
        "staging",
        found.phase,
        NOW,
        found.outcome,
        POLICY,
        facts,
        found.findings,
        exceptions=found.exceptions,
    )

    shown = comment(Exhibit("registry.example/acme/cart@x", "staging", "c" * 40, decision, digest("99"), ""))

    assert (
        f"| exception | `EX-1` `{signed.exception.digest}` until 2026-11-25 12:00:00Z: approved by mia, omar "
        f"(signatures), statement `{digest('77')}` |"
    ) in shown
    block = json.loads(shown.partition("```json\n")[2].partition("\n```")[0])
    assert block["exceptions"] == [
        {
            "id": "EX-1",
            "digest": signed.exception.digest,
            "kind": "exception",
            "expires": "2026-11-25T12:00:00Z",
            "means": "signatures",
            "approved_by": ["mia", "omar"],
            "statements": [digest("77")],
        }
    ]
