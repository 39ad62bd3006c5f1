"""The proposal as people read it: whole texts, every element of the design, and the limits of the forge."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from promoter.core.candidate import Candidate
from promoter.core.checkpoint import Checkpoint, build_trailer, parse_trailers
from promoter.core.clearance import Check, check_of
from promoter.core.codes import Code
from promoter.core.delta import Change, ComponentDelta, Delta, VulnerabilityDelta
from promoter.core.dossier import ReleaseRecord
from promoter.core.environment import MergeMode
from promoter.core.finding import Aside, Finding, Mode, Outcome, Reason
from promoter.core.gates import Gate
from promoter.core.predicates.sbom import Component
from promoter.core.predicates.vulnerability import Severity
from promoter.core.proposal import BODY_LIMIT, COMMITS_LISTED, Draft, NewCommit, body, commit_message, title
from promoter.core.record import FreezeOverridden, PromotionWanted
from promoter.core.sight import Approver, PinSight
from promoter.core.verdict import Verdict
from tests.core.proposed import (
    CANDIDATE,
    DEV,
    FREEZE_ENDED,
    FROZEN,
    GOOD,
    MIA,
    NEWS,
    NOT_FIXABLE,
    NOW,
    OMAR,
    OVER_LIMIT,
    OVER_LIMIT_FINDING,
    POLICY,
    PROD,
    PROVENANCE,
    RELEASED,
    RUNNING,
    SBOM,
    SCAN,
    SIGNATURE,
    SOURCE,
    STAGING,
    UNDECIDED_FINDING,
    UNREACHABLE,
    UNSIGNED,
    UNSIGNED_FINDING,
    VULNERABILITIES,
    WARNING,
    commit,
    digest,
    draft,
    finding,
    verdict,
    weakness,
)

TEXTS = Path(__file__).with_name("texts")
DOCUMENT = Path(__file__).parents[2] / "docs" / "pull-request.md"
NOT_COMPARED = Delta(None, None)
SOAKING = (Gate(Code.GATE_SOAK, "soaks in staging until 2026-11-22 12:00:00Z"),)

DRAFTS = {
    "good": draft(*GOOD, approvers=(MIA,)),
    "blocked": draft(UNSIGNED_FINDING, PROVENANCE, SBOM, SCAN, OVER_LIMIT_FINDING),
    "undecided": draft(SIGNATURE, PROVENANCE, SBOM, UNDECIDED_FINDING, VULNERABILITIES),
    "waiting": draft(*GOOD, environment=PROD, gates=SOAKING),
    "half-approved": replace(draft(*GOOD, environment=PROD, approvers=(MIA,)), refusers=("omar",)),
    "first": replace(
        draft(*GOOD, environment=DEV), running=PinSight(), delta=NOT_COMPARED, commits=None, running_commit=""
    ),
    "tag-only": replace(draft(*GOOD), running=PinSight("1.8.2"), delta=NOT_COMPARED, commits=None, running_commit=""),
    "warned": draft(SIGNATURE, PROVENANCE, SBOM, SCAN, WARNING, environment=DEV),
    "frozen": replace(
        draft(*GOOD, approvers=(MIA,)),
        check=Check("failure", f"frozen: tag moved to {digest('84')}"),
        known=FROZEN,
    ),
    "released": replace(draft(*GOOD), known=RELEASED),
}


@pytest.mark.parametrize("name", DRAFTS)
def test_the_body_is_this_text(name: str) -> None:
    assert body(DRAFTS[name]) == (TEXTS / f"{name}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DRAFTS)
def test_the_body_is_well_formed_markdown(name: str) -> None:
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(body(DRAFTS[name]))
    assert html.count("<table>") == 2
    assert not re.search(r"[|*`]", re.sub(r"<code>.*?</code>", "", html))


@pytest.mark.parametrize("name", ["good", "blocked"])
def test_the_document_for_readers_shows_the_real_text(name: str) -> None:
    assert (TEXTS / f"{name}.md").read_text(encoding="utf-8") in DOCUMENT.read_text(encoding="utf-8")


# --- every element of the design --------------------------------------------------------------------------------------


def sections(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"^### (.*)$", text, re.MULTILINE))


def test_the_title_names_service_version_and_environment() -> None:
    assert title(CANDIDATE, "staging") == "promote cart 1.8.3 to staging"


def test_the_body_begins_with_the_verdict_and_what_changes() -> None:
    lines = body(DRAFTS["good"]).splitlines()
    assert lines[0] == "✅ **verified: all 5 enforced checks pass; approvals: 1 of 1**"
    assert lines[4] == f"| before this proposal | `1.8.2` | `{RUNNING.digest}` |"
    assert lines[5] == f"| **this proposal** | **`1.8.3`** | `{CANDIDATE.digest}` |"


@pytest.mark.parametrize(
    ("name", "headings"),
    [
        ("good", ("Checks", "New since `1.8.2`", "Approvals", "How to roll back")),
        ("blocked", ("What blocks it", "Checks", "New since `1.8.2`", "Approvals", "How to roll back")),
        ("undecided", ("What is undecided", "Checks", "New since `1.8.2`", "Approvals", "How to roll back")),
        ("first", ("Checks", "Approvals", "How to roll back")),
        ("frozen", ("What blocks it", "Checks", "New since `1.8.2`", "Approvals", "How to roll back")),
        ("released", ("Freeze ended by a person", "Checks", "New since `1.8.2`", "Approvals", "How to roll back")),
        ("warned", ("What the policy warns of", "Checks", "New since `1.8.2`", "Approvals", "How to roll back")),
    ],
)
def test_what_stands_in_the_way_comes_first_and_what_does_not_apply_is_left_out(
    name: str, headings: tuple[str, ...]
) -> None:
    assert sections(body(DRAFTS[name])) == headings


def test_every_check_is_one_row_with_icon_and_sentence() -> None:
    rows = re.findall(r"^\| (\W+) \| (\w+)(?: \(only warns\))? \| ", body(DRAFTS["warned"]), re.MULTILINE)
    assert rows == [
        ("⚠️", "vulnerabilities"),
        ("✅", "signature"),
        ("✅", "provenance"),
        ("✅", "sbom"),
        ("✅", "scan"),
    ]


def test_every_reason_of_a_blocked_release_stands_there_with_its_remedy() -> None:
    text = body(DRAFTS["blocked"]).replace("`", "")
    for reason in (UNSIGNED, OVER_LIMIT, NOT_FIXABLE):
        assert f"- **{reason.code.value}**: {reason.sentence}. {reason.remedy.replace('`', '')}\n" in text


def test_reasons_that_two_checks_share_are_said_once() -> None:
    text = body(draft(finding("scan", Outcome.UNDECIDED, UNREACHABLE), finding("sbom", Outcome.UNDECIDED, UNREACHABLE)))
    assert text.count("**lookup.failed**") == 1


def test_what_was_left_out_of_account_stays_visible_whether_or_not_the_check_passes() -> None:
    answered = Aside("critical CVE-2026-0001 in openssl 3.0.1 does not count: not_affected, says security@acme.example")
    refused = Aside("the VEX document sha256:b2 takes no vulnerability away", Code.VEX_FOREIGN_SIGNER)
    text = body(draft(SIGNATURE, replace(VULNERABILITIES, asides=(answered, refused))))

    assert text.partition("### Left out of account\n\n")[2].split("\n\n")[0].split("\n") == [
        "- critical CVE-2026-0001 in openssl 3.0.1 does not count: not\\_affected, says `security@acme.example`",
        "- **vex.foreign-signer**: the VEX document sha256:b2 takes no vulnerability away",
    ]
    assert "Left out of account" not in body(draft(SIGNATURE, VULNERABILITIES))


def test_a_shut_gate_is_a_row_of_the_checks() -> None:
    assert f"| ⏳ | order | {SOAKING[0].sentence} |\n" in body(DRAFTS["waiting"])


def test_news_are_commits_vulnerabilities_and_components() -> None:
    text = body(DRAFTS["good"])
    compared = f"{SOURCE}/compare/{commit('c1')}...{commit('c3')}"
    assert f"**Commits**: 2 ([`compare`]({compared}))\n" in text
    assert "**Vulnerabilities**: 1 added, 2 fixed, 2 in both\n" in text
    assert "**Components**: 1 added, 1 removed, 2 changed\n" in text


def test_commits_without_a_known_beginning_have_no_comparison_to_link_to() -> None:
    assert "compare" not in body(replace(DRAFTS["good"], running_commit=""))


def test_as_many_commits_as_were_asked_for_may_be_more() -> None:
    many = tuple(NewCommit(commit("c3"), "Improve things", "ada") for _ in range(COMMITS_LISTED))
    text = body(replace(DRAFTS["good"], commits=many))
    assert f"**Commits**: {COMMITS_LISTED} or more (" in text
    assert "- and 40 more\n" in text


def test_a_commit_that_is_no_commit_id_leads_nowhere() -> None:
    odd = NewCommit("x) [y](https://evil.example", "t", "a")
    assert "- `x) [y](https` t (a)\n" in body(replace(DRAFTS["good"], commits=(odd,)))


def test_silence_never_means_nothing_new() -> None:
    text = body(replace(DRAFTS["good"], commits=None, delta=replace(NEWS, components=None)))
    assert "**Not compared**, for want of evidence about both: commits, components\n" in text
    nothing = body(replace(DRAFTS["good"], commits=(), delta=Delta(VulnerabilityDelta(), ComponentDelta())))
    assert "**Vulnerabilities**: 0 added, 0 fixed, 0 in both\n\n**Commits**: none\n\n" in nothing
    assert "**Components**: 0 added, 0 removed, 0 changed\n" in nothing


def test_approvals_say_needed_received_refused_and_not_counted() -> None:
    text = body(DRAFTS["half-approved"])
    assert "1 of 2 received for the head commit.\n" in text
    for line in (
        "approved by `mia`",
        "changes asked for by `omar`",
        "not counted, an author of the release: `ada`",
    ):
        assert f"- {line}\n" in text


def test_who_merges_is_said() -> None:
    assert "\nIn staging a person merges, and only while the check `promoter/staging` is green;" in body(DRAFTS["good"])
    assert "\nIn dev the bot merges by itself, and only while the check `promoter/dev` is green;" in body(
        DRAFTS["first"]
    )


def test_a_frozen_release_is_blocked_with_the_way_out_and_nobody_is_told_to_merge_it() -> None:
    text = body(DRAFTS["frozen"])
    assert (
        f"### What blocks it\n\n- **tag.moved**: the tag 1.8.3 was moved to `{digest('84')}`. "
        "Operator: find out who moved the tag, then `promoter release cart 1.8.3 --reason ...`; or cut a new release.\n"
    ) in text
    assert "merges" not in text


def test_who_ended_a_freeze_when_and_why_is_said_and_the_newest_first() -> None:
    later = replace(FREEZE_ENDED, at=NOW + timedelta(hours=1), actor="@omar", reason="see #12", accepted=digest("85"))
    text = body(replace(DRAFTS["good"], known=replace(RELEASED, ended=(FREEZE_ENDED, later))))
    assert (
        "\n### Freeze ended by a person\n\n"
        "The tag of this release was moved. The digest above is the first one seen under it.\n"
        f"- moved to `{digest('85')}`; `@omar` ended the freeze at 2026-11-21 13:00:00Z: see `#12`\n"
        f"- moved to `{digest('84')}`; `ines` ended the freeze at 2026-11-21 12:00:00Z: rebuilt by mistake\n\n"
    ) in text


def test_every_gate_is_told_by_its_kind() -> None:
    codes = (Code.GATE_SOAK, Code.GATE_FREEZE, Code.GATE_HOLD, Code.GATE_SLOT, Code.GATE_MANUAL)
    text = body(draft(*GOOD, gates=tuple(Gate(code, "is @shut | now") for code in codes)))
    for kind in ("order", "freeze", "hold", "slot", "manual"):
        assert f"| ⏳ | {kind} | is " in text
    assert "@shut |" not in text


def test_a_freeze_that_is_overridden_is_told_with_who_asked_and_until_when() -> None:
    about = {"at": NOW, "service": "cart", "release": "1.8.3", "digest": CANDIDATE.digest, "environment": "staging"}
    used = FreezeOverridden(
        **about,  # type: ignore[arg-type]
        id="inc-812",
        freeze="year-end",
        reason="customers cannot @pay",
        requested_by="omar",
        expires=NOW + timedelta(hours=3),
        zones="tzdata 2026f",
    )
    assert (
        "\n### Freeze overridden\n\n"
        "- `year-end` by `inc-812`, asked for by `omar`, until 2026-11-21 15:00:00Z: customers cannot `@pay`\n"
    ) in body(replace(DRAFTS["good"], overridden=(used,)))


@pytest.mark.parametrize(("is_return", "heading"), [(False, "Asked for"), (True, "Going back")])
def test_who_asked_for_a_release_is_told_with_the_reason(is_return: bool, heading: str) -> None:
    about = {"at": NOW, "service": "cart", "release": "1.8.3", "digest": CANDIDATE.digest, "environment": "staging"}
    wanted = PromotionWanted(**about, actor="mia", account="ops", reason="CHG-4711", is_return=is_return)  # type: ignore[arg-type]
    assert (
        f"\n### {heading}\n\n`mia` asked for it at 2026-11-21 12:00:00Z: CHG-4711. Who asks does not approve.\n"
    ) in body(replace(DRAFTS["good"], wanted=wanted))


def test_a_release_that_was_released_and_moved_again_is_frozen_and_says_both() -> None:
    again = body(replace(DRAFTS["frozen"], known=replace(RELEASED, moved_to=digest("85"))))
    assert sections(again)[:2] == ("What blocks it", "Freeze ended by a person")
    assert f"was moved to `{digest('85')}`" in again


@pytest.mark.parametrize("name", ["good", "first", "tag-only", "released"])
def test_a_body_does_not_speak_of_now_for_it_stays_as_it_is_after_the_merge(name: str) -> None:
    assert not re.search(r"\bnow\b", body(DRAFTS[name]))


@pytest.mark.parametrize(
    ("running", "back"),
    [
        (RUNNING, f"the manifest then pins `1.8.2@{RUNNING.digest}` again, as before this proposal."),
        (PinSight("", digest("82")), f"the manifest then pins `{digest('82')}` again, as before this proposal."),
        (PinSight("1.8.2"), "the manifest then names `1.8.2` again, without a digest, as before this proposal."),
        (PinSight(), "the manifest is then as before this proposal, without a release."),
    ],
)
def test_the_way_back_names_what_the_revert_restores(running: PinSight, back: str) -> None:
    assert body(replace(DRAFTS["good"], running=running)).endswith(f"Revert the merge commit: {back}\n")


def test_a_manifest_that_cannot_be_read_is_said_to_be_so() -> None:
    trouble = PinSight(trouble="environments/staging/cart/values.yaml:3: an *alias*")
    row = r"| before this proposal | – | not known: environments/staging/cart/values.yaml:3: an \*alias\* |"
    assert row in body(replace(DRAFTS["good"], running=trouble))


def test_what_is_not_there_is_not_mentioned() -> None:
    for told in DRAFTS.values():
        text = body(replace(told, excluded=()))
        assert not re.search(r"waive|change ticket|TODO|n/a|none yet|coming|not counted", text, re.IGNORECASE)


def test_the_text_does_not_change_with_the_time() -> None:
    later = replace(DRAFTS["blocked"].verdict, at=NOW + timedelta(hours=7))
    assert body(replace(DRAFTS["blocked"], verdict=later)) == body(DRAFTS["blocked"])


# --- the check --------------------------------------------------------------------------------------------------------

FAILING, UNDECIDED = UNSIGNED_FINDING, UNDECIDED_FINDING


@pytest.mark.parametrize(
    ("judged", "shut", "approvals", "state", "summary"),
    [
        (verdict(*GOOD), (), 1, "success", "verified: all 5 enforced checks pass; approvals: 1 of 1"),
        (verdict(*GOOD), (), 3, "success", "verified: all 5 enforced checks pass; approvals: 3 of 1"),
        (verdict(SIGNATURE), (), 1, "success", "verified: the one enforced check passes; approvals: 1 of 1"),
        (verdict(*GOOD, WARNING), (), 1, "success", "verified: all 5 enforced checks pass; approvals: 1 of 1"),
        (verdict(*GOOD), (), 0, "pending", "verified; approvals: 0 of 1"),
        (verdict(*GOOD), ("has not settled in dev",), 1, "pending", "verified, waiting: has not settled in dev"),
        (verdict(*GOOD), ("a", "b"), 0, "pending", "verified, waiting: a; b"),
        (verdict(SIGNATURE, UNDECIDED), (), 1, "pending", "undecided, retrying: scan"),
        (verdict(FAILING, UNDECIDED), ("a",), 0, "failure", "blocked by 1 of 2 enforced checks: signature"),
        (verdict(FAILING, OVER_LIMIT_FINDING), (), 0, "failure", None),
        (verdict(), (), 1, "failure", "blocked: the policy enforces nothing"),
        (verdict(WARNING), (), 1, "failure", "blocked: the policy enforces nothing"),
    ],
)
def test_the_check_says_the_worst_first(
    judged: Verdict, shut: tuple[str, ...], approvals: int, state: str, summary: str | None
) -> None:
    check = check_of(judged, STAGING, tuple(Gate(Code.GATE_UPSTREAM, text) for text in shut), approvals)
    wanted = summary or "blocked by 2 of 2 enforced checks: signature, vulnerabilities"
    assert (check.state, check.summary) == (state, wanted)


def test_an_environment_without_approvals_counts_none() -> None:
    assert check_of(verdict(*GOOD), DEV, (), 0).summary == "verified: all 5 enforced checks pass"


outcomes = st.sampled_from((Outcome.PASS, Outcome.FAIL, Outcome.UNDECIDED))
findings = st.lists(
    st.builds(Finding, st.text(max_size=40), st.sampled_from(Mode), outcomes, st.text(max_size=80)), max_size=20
)


@given(findings, st.lists(st.text(max_size=60), max_size=10), st.integers(0, 3))
def test_a_status_description_is_one_line_of_at_most_140_characters(
    found: list[Finding], shut: list[str], approvals: int
) -> None:
    check = check_of(verdict(*found), PROD, tuple(Gate(Code.GATE_UPSTREAM, text) for text in shut), approvals)
    assert 0 < len(check.summary) <= 140
    assert check.summary.isprintable()
    if check.state == "success":
        enforced = [one for one in found if one.mode is Mode.ENFORCE]
        assert enforced
        assert not shut
        assert approvals >= PROD.approvals
        assert all(one.outcome is Outcome.PASS for one in enforced)


# --- the commit -------------------------------------------------------------------------------------------------------

RECORD = ReleaseRecord(
    service="cart",
    release="1.8.3",
    artifact_digest=CANDIDATE.digest,
    environment="staging",
    source_repository=SOURCE,
    source_commit=commit("c3"),
    source_ref="refs/tags/v1.8.3",
    builder="",
    build_platform="",
    workflow="",
    run="",
    parameters=(),
    sbom_format="cyclonedx 1.6",
    sbom_digest=digest("53"),
    scan_tool="",
    scan_digest="",
    signing_mechanism="",
    signer="",
    provenance_predicate="",
    provenance_digest=digest("52"),
    approvals="",
    policy_decision="pass",
    policy_digest=POLICY,
)
CHECKPOINT = Checkpoint("ledger.example", 340, "08" * 32)


def test_the_commit_carries_its_facts_as_trailers() -> None:
    message = commit_message(CANDIDATE, RECORD, digest("de"), build_trailer(CHECKPOINT))
    assert message == (
        "promote cart 1.8.3 to staging\n"
        "\n"
        "Promoter-Service: cart\n"
        "Promoter-Release: 1.8.3\n"
        "Promoter-Environment: staging\n"
        f"Promoter-Image-Digest: {CANDIDATE.digest}\n"
        f"Promoter-Source-Commit: {commit('c3')}\n"
        f"Promoter-Provenance-Digest: {digest('52')}\n"
        f"Promoter-SBOM-Digest: {digest('53')}\n"
        f"Promoter-Decision: {digest('de')}\n"
        "Promoter-Checkpoint: ledger.example 340 CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=\n"
    )
    assert parse_trailers(message) == (CHECKPOINT,)


def test_a_fact_that_is_not_known_has_no_trailer() -> None:
    sparse = replace(RECORD, source_commit="", provenance_digest="", sbom_digest="")
    message = commit_message(CANDIDATE, sparse, digest("de"), build_trailer(CHECKPOINT))
    assert re.findall(r"^Promoter-([\w-]+): \S", message, re.MULTILINE) == [
        "Service",
        "Release",
        "Environment",
        "Image-Digest",
        "Decision",
        "Checkpoint",
    ]


@given(st.text())
def test_no_foreign_value_makes_a_line_of_its_own(value: str) -> None:
    message = commit_message(CANDIDATE, replace(RECORD, source_commit=value), digest("de"), build_trailer(CHECKPOINT))
    known = {"Service", "Release", "Environment", "Image-Digest", "Source-Commit", "Provenance-Digest"}
    known |= {"SBOM-Digest", "Decision", "Checkpoint"}
    assert {line.split(":")[0] for line in message.splitlines()[2:]} <= {f"Promoter-{name}" for name in known}
    assert parse_trailers(message) == (CHECKPOINT,)


# --- limits -----------------------------------------------------------------------------------------------------------

HOSTILE = "<@a|*`#1 https://evil.example/" * 40
LONGEST = "*" * 1000  # every character is escaped


def swollen(count: int, text: str) -> Draft:
    reason = replace(OVER_LIMIT, sentence=text, remedy=text)
    reasons = tuple(replace(reason, sentence=f"{at} {text}") for at in range(count))
    found = tuple(
        Finding(f"check-{at}", mode, outcome, text, reasons[at : at + 1], asides=(Aside(f"{at} {text}"),))
        for at in range(count)
        for mode, outcome in (
            (Mode.ENFORCE, Outcome.FAIL),
            (Mode.ENFORCE, Outcome.UNDECIDED),
            (Mode.WARN, Outcome.FAIL),
        )
    )
    vulnerabilities = tuple(weakness(f"{text}{at}", Severity.HIGH, text, text, text) for at in range(count))
    components = tuple(Component(f"{text}{at}", text, "", ()) for at in range(count))
    changed = tuple(Change(f"{text}{at}", text, text) for at in range(count))
    return replace(
        draft(*found, gates=tuple(Gate(Code.GATE_SOAK, text) for _ in range(count))),
        running=PinSight(text, "", text),
        delta=Delta(
            VulnerabilityDelta(vulnerabilities, vulnerabilities, vulnerabilities),
            ComponentDelta(components, components, changed),
        ),
        commits=tuple(NewCommit(commit("c3"), text, text) for _ in range(count)),
        approvers=tuple(Approver(text, at) for at in range(count)),
        refusers=(text,) * count,
        excluded=(text,) * count,
        known=replace(RELEASED, ended=(replace(FREEZE_ENDED, actor=text, reason=text),) * count),
    )


@pytest.mark.slow
@pytest.mark.parametrize("filling", [HOSTILE, LONGEST, "x"])
def test_ten_thousand_of_everything_fit_and_no_section_is_lost(filling: str) -> None:
    text = body(swollen(10_000, filling))
    assert len(text) <= BODY_LIMIT < 65_536
    assert sections(text)[:3] == ("What blocks it", "What is undecided", "What the policy warns of")
    assert sections(text)[3:6] == ("Freeze ended by a person", "Checks", "Left out of account")
    assert sections(text)[-2:] == ("Approvals", "How to roll back")
    assert re.search(r"^\| \| \| and 39\d\d\d more \|$", text, re.MULTILINE)
    assert re.search(r"^- and 999\d more added$", text, re.MULTILINE)


def test_ten_thousand_ordinary_items_are_counted_after_the_first_ten() -> None:
    vulnerabilities = tuple(weakness(f"CVE-2026-{at:05}", Severity.LOW, "zlib", "1.3") for at in range(10_000))
    components = tuple(Component(f"lib{at}", "1.0", "", ()) for at in range(10_000))
    news = Delta(VulnerabilityDelta(added=vulnerabilities), ComponentDelta(added=components))
    text = body(replace(DRAFTS["good"], delta=news))
    assert "**Vulnerabilities**: 10000 added, 0 fixed, 0 in both\n" in text
    assert text.count("- added `CVE-") == text.count("- added `lib") == 10
    assert text.count("- and 9990 more added\n") == 2


def test_hostile_names_stay_text_in_every_place() -> None:
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(body(swollen(2, HOSTILE)))
    assert set(re.findall(r"<([a-z0-9]+)", html)) == {
        *("a", "code", "h3", "li", "p", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    }
    assert all(target.startswith(f"{SOURCE}/") for target in re.findall(r'href="([^"]*)"', html))
    outside = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    assert "@a" not in outside
    assert "evil.example" not in outside


def test_the_title_fits_the_longest_names() -> None:
    assert len(title(Candidate("s" * 63, "t" * 128, CANDIDATE.digest), "e" * 40)) <= 256


def test_an_environment_that_merges_by_itself_may_still_need_approvals() -> None:
    careful = replace(PROD, merge=MergeMode.AUTOMATIC)
    text = body(draft(*GOOD, environment=careful, approvers=(MIA, OMAR)))
    assert "2 of 2 received for the head commit.\n" in text
    assert "In prod the bot merges by itself, and only while the check `promoter/prod` is green; a new commit" in text


# --- what a merge asks of people --------------------------------------------------------------------------------------


def asked(check: str, code: Code, sentence: str, outcome: Outcome = Outcome.FAIL) -> Finding:
    return finding(check, outcome, Reason(code, sentence, "Release managers: do it."))


APPROVED = Finding("approval", Mode.ENFORCE, Outcome.PASS, "approved by mia (11)")
TOO_FEW = asked("approval", Code.APPROVAL_TOO_FEW, "1 of 2 approvals of the head commit")
NO_TICKET = asked("ticket", Code.TICKET_ABSENT, "no approval of the head commit has a line `Change: ...`")
NOT_KNOWN = asked("approval", Code.APPROVAL_UNKNOWN, "it is not known whose approval counts", Outcome.UNDECIDED)
SAME_HANDS = asked("hands", Code.HANDS_SAME, "mia is deployer and break-glass of this promotion")


@pytest.mark.parametrize(
    ("merging", "state", "summary"),
    [
        ((APPROVED,), "success", "verified: all 5 enforced checks pass"),
        ((TOO_FEW, NO_TICKET), "pending", "verified, waiting: approval, ticket"),
        ((NOT_KNOWN,), "pending", "verified, waiting: approval"),
        ((APPROVED, NO_TICKET), "pending", "verified, waiting: ticket"),
        ((replace(NO_TICKET, mode=Mode.WARN),), "success", "verified: all 5 enforced checks pass"),
        ((TOO_FEW, SAME_HANDS), "failure", "mia is deployer and break-glass of this promotion"),
    ],
)
def test_what_a_merge_still_asks_of_people_is_waited_for_and_one_person_in_two_roles_is_not(
    merging: tuple[Finding, ...], state: str, summary: str
) -> None:
    assert check_of(verdict(*GOOD), DEV, (), 0, merging) == Check(state, summary)


def test_evidence_that_fails_is_red_whatever_people_still_have_to_do() -> None:
    check = check_of(verdict(UNSIGNED_FINDING, PROVENANCE), PROD, (), 0, (TOO_FEW,))
    assert check == Check("failure", "blocked by 1 of 2 enforced checks: signature")


def test_the_body_tells_what_people_still_have_to_do_and_calls_nothing_of_it_a_block() -> None:
    text = body(replace(draft(*GOOD, environment=PROD, approvers=(MIA,)), merging=(TOO_FEW, NO_TICKET)))
    assert "What blocks it" not in text
    assert "| ⏳ | approval | 1 of 2 approvals of the head commit |" in text
    approvals = text[text.index("### Approvals") : text.index("### How to roll back")]
    assert approvals.splitlines()[2:6] == [
        "1 of 2 received for the head commit.",
        "- approved by `mia`",
        "- approval: 1 of 2 approvals of the head commit. Release managers: do it",
        "- ticket: no approval of the head commit has a line `Change: ...`. Release managers: do it",
    ]


def test_the_body_tells_of_an_approval_that_only_the_policy_asks_for() -> None:
    text = body(replace(draft(*GOOD, environment=DEV, approvers=(MIA,)), merging=(APPROVED, SAME_HANDS)))
    assert "1 received for the head commit.\n- approved by `mia`\n" in text
    assert "- approval: " not in text
    assert "| ❌ | hands | mia is deployer and break-glass of this promotion |" in text
    assert "None needed" not in text
