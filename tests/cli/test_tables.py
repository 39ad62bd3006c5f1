"""Tables and lines as people read them, at 80 and at 160 columns; foreign text in them does nothing."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from promoter.cli.policy_in_force import alarming_lines
from promoter.cli.tables import entry_line, exception_alarms, explanation_lines, status_table, verdict_lines
from promoter.core.candidate import Candidate, digest_of
from promoter.core.checks.subject import Phase
from promoter.core.codes import Code
from promoter.core.estate import NOTHING
from promoter.core.finding import Aside, Finding, Mode, Outcome
from promoter.core.overview import Place, Row
from promoter.core.record import Incident
from promoter.core.record_estate import ESTATE, SelfTested
from promoter.core.verdict import Verdict
from promoter.exception_reports import ExceptionReport, UsedFor
from promoter.explain import Explanation, Told

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DIGEST = digest_of(b"release")


def place(release: str, eligibility: str, standing: str, *why: str, number: int = 0) -> Place:
    return Place(release, DIGEST, eligibility, standing, why, number, AT)


ROWS = (
    Row("cart", "dev", place("1.0.0", "eligible", "settled"), "", (place("1.1.0", "pending", "none", "sbom.absent"),)),
    Row(
        "cart",
        "staging",
        None,
        "0.9.0",
        (
            place("1.1.0", "blocked", "none", "signature.absent", "vulnerabilities.over-limit"),
            place("1.0.0", "eligible", "proposed", number=3),
        ),
    ),
    Row(
        "cart",
        "prod",
        place("0.8.0", "blocked", "promoted", "scan.stale"),
        "",
        (place("1.0.0", "waiting", "none", "soaks in staging until 2026-11-21 11:52:03Z"),),
    ),
    Row(
        "search",
        "prod",
        None,
        "",
        (
            place("2.0.0-rc.1", "frozen", "none", f"tag moved to {DIGEST}"),
            place("1.9.0", "blocked", "approved", "sbom.absent", number=12),
        ),
    ),
    Row("search-indexer", "prod", None, "", ()),
)
TABLE = """
 service          environment   runs               next, and what is in its way
 ───────────────────────────────────────────────────────────────────────────────────────────────
 cart             dev           1.0.0 settled      1.1.0 pending
                                                     sbom.absent
                  staging       0.9.0 (not ours)   1.1.0 blocked
                                                     signature.absent
                                                     vulnerabilities.over-limit
                                                   1.0.0 proposed #3
                  prod          0.8.0 promoted     1.0.0 waiting
                                but blocked          soaks in staging until 2026-11-21 11:52:03Z
 search           prod          –                  2.0.0-rc.1 frozen
                                                     tag moved to sha256:a4d451ec2346
                                                   1.9.0 approved #12 but blocked
                                                     sbom.absent
 search-indexer   prod          –                  –
"""


def drawn(width: int, rows: tuple[Row, ...] = ROWS) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    console.print(status_table(rows))
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


@pytest.mark.parametrize("width", [100, 160])
def test_the_status_table_says_what_runs_and_what_is_in_the_way(width: int) -> None:
    assert drawn(width) == TABLE


def test_the_status_table_fits_80_columns_and_keeps_every_word() -> None:
    lines = drawn(80).splitlines()
    assert max(map(len, lines)) <= 80
    assert "vulnerabilities.over-limit" in drawn(80)
    assert sorted("".join(lines).replace("─", "").split()) == sorted(TABLE.replace("─", "").split())


def test_foreign_text_in_a_table_and_a_line_is_shown_and_does_nothing() -> None:
    hostile = "[red]1.0\x1b[31m\n[/red]\u202e"
    text = drawn(160, (Row("cart", "dev", None, hostile, (place(hostile, "blocked", "none", hostile),)),))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("[red]1.0[31m [/red]") == 3
    incident = Incident(
        at=AT, service="cart", release="1.0.0", digest=DIGEST, environment="dev", what="tag-moved", detail=hostile
    )
    assert entry_line(7, incident) == (
        "     7  2026-11-21 12:00:00Z  incident           cart 1.0.0 dev  detail=[red]1.0[31m [/red] what=tag-moved"
    )


REMOVED = Aside("high CVE-2026-0001 does not count: not_affected, says sec\x1b[2J\nok  scan: fine")
STRANGE = Aside("the VEX document sha256:0f is signed by a stranger", Code.VEX_FOREIGN_SIGNER)
CANDIDATE = Candidate("cart", "1.8.3", digest_of(b"cart"))
SHOWN = [
    "        left out of account: high CVE-2026-0001 does not count: not_affected, says sec[2J ok scan: fine",
    "        left out of account: vex.foreign-signer: the VEX document sha256:0f is signed by a stranger",
]


def report(**changes: object) -> ExceptionReport:
    known = ExceptionReport(
        id="EX-1",
        kind="exception",
        state="expiring",
        digest=DIGEST,
        codes=("scan.stale",),
        environments=("prod",),
        owner="team-cart",
        expires=AT,
        left="3 hours left",
        used=(UsedFor("cart", "1.0.0", "prod", 1), UsedFor("cart", "0.9.0", "prod", 0)),
        review="",
        notes=(),
    )
    return replace(known, **changes)  # type: ignore[arg-type]


def test_the_status_tells_what_rests_on_exceptions_and_which_break_glass_has_no_review() -> None:
    ended = report(id="EX-0", state="expired", left="")
    unused = report(id="EX-2", used=(UsedFor("cart", "0.9.0", "prod", 0),))
    opened = report(id="INC-4", kind="break-glass", state="active", review="review due until 2026-11-24 12:00:00Z")
    assert list(exception_alarms((ended, report(), unused, opened))) == [
        "Exceptions in use",
        "  EX-1  expiring, 3 hours left: cart 1.0.0 in prod; owner team-cart",
        "  INC-4  BREAK-GLASS, active, 3 hours left: cart 1.0.0 in prod; owner team-cart",
        "Break-glass that is to be reviewed",
        "  INC-4  review due until 2026-11-24 12:00:00Z: promoter exception review INC-4 --reason ...",
    ]
    assert list(exception_alarms((ended, unused))) == []


def test_the_status_tells_of_canaries_that_the_rules_in_force_let_pass() -> None:
    quiet = SelfTested(at=AT, service=ESTATE, bundle=DIGEST, refused=9)
    assert list(alarming_lines(replace(NOTHING, tested=quiet))) == []
    told = "prod: unsigned: nobody signed it"
    assert list(alarming_lines(replace(NOTHING, tested=replace(quiet, passed=(told,))))) == [
        "Self-test at 2026-11-21 12:00:00Z: the rules in force let known-bad releases pass",
        f"  {told}",
    ]


def test_a_verdict_in_text_tells_what_was_left_out_of_account_each_in_one_line() -> None:
    finding = Finding("vulnerabilities", Mode.ENFORCE, Outcome.PASS, "none", asides=(REMOVED, STRANGE, *[STRANGE] * 30))
    verdict = Verdict(
        CANDIDATE, "prod", Phase.PROPOSE, datetime(2026, 3, 1, tzinfo=UTC), digest_of(b"policy"), (finding,)
    )

    lines = list(verdict_lines(verdict))

    assert lines[3:5] == SHOWN
    assert lines[-1] == "        left out of account: 12 more (--json shows all)"


def test_an_explanation_tells_it_too() -> None:
    asides = (("", REMOVED.sentence), (Code.VEX_FOREIGN_SIGNER.value, STRANGE.sentence))
    told = Told("vulnerabilities", "enforce", "pass", "none", (), (), asides)
    explanation = Explanation(CANDIDATE, "prod", "eligible", "none", 0, (), (), (told,), "", "Nobody's.")

    assert [line for line in explanation_lines(explanation) if "left out" in line] == SHOWN
