"""Exceptions end to end: a release that only an exception lets through, and what happens when the exception ends."""

from collections.abc import Callable
from datetime import datetime, timedelta

from promoter.config import load
from promoter.core.candidate import Digest
from promoter.core.eligibility import Eligibility
from promoter.core.evidence import Signer
from promoter.core.record import Incident
from promoter.core.record_estate import ExceptionMoved, ExceptionStep
from promoter.core.standing import Standing
from promoter.grants import Brought
from promoter.local.forge.records import CheckState
from promoter.local.pipeline import PACKAGES, SCANNER, Recipe
from promoter.local.predicates import Weakness
from promoter.verification import recompute
from promoter.wiring import make_signatures
from tests.sim.layout import DESK, FULL, Plan
from tests.sim.mint import PATH
from tests.sim.town import Town

BAD = Recipe(weaknesses=(Weakness("CVE-2026-31337", "CRITICAL", PACKAGES[0], fixed="3.2.1"),))
TWO = Brought(("rosa",), ("mia", "omar"), "#7")
EXCEPTION = """
kind: {kind}
codes: [vulnerabilities.over-limit]
environments: [desk]
vulnerabilities: [CVE-2026-31337]
max_severity: critical
owner: team-cart
reason: no fixed version yet
controls: [the endpoint is switched off]
requested_by: rosa
not_before: {start:%Y-%m-%dT%H:%M:%SZ}
expires: {end:%Y-%m-%dT%H:%M:%SZ}
"""
HOUR = timedelta(hours=1)


def grant(town: Town, *, kind: str = "exception", life: timedelta = 10 * HOUR, more: str = "") -> None:
    """Put the exception into the configuration and start with it, approved by two people at the forge."""
    folder = town.config / "exceptions"
    folder.mkdir(exist_ok=True)
    start = town.clock.now()
    (folder / "EX-1.yaml").write_text(EXCEPTION.format(kind=kind, start=start, end=start + life) + more)
    restart(town, TWO)


def restart(town: Town, brought: Brought | None) -> None:
    town.configuration = load(town.config, {})
    town.rewire(answers=lambda _: brought)


def steps(town: Town) -> list[ExceptionStep]:
    return [entry.step for _, entry in town.store.journal.entries() if isinstance(entry, ExceptionMoved)]


def state(town: Town) -> tuple[Eligibility, Standing]:
    return town.state("desk", "1.0.0")


def later(town: Town, at: datetime) -> None:
    """Let the bot look for the last time before a moment, and then after it."""
    town.clock.move(at - town.clock.now())
    town.run(2)


def test_a_release_that_only_an_exception_lets_through_until_it_expires(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((DESK,)))
    town.release("1.0.0", BAD)
    town.run()
    assert state(town) == (Eligibility.BLOCKED, Standing.NONE)

    grant(town)
    end = town.configuration.exceptions[0].exception.expires
    town.run()

    pull = town.pull("desk")
    assert state(town) == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert town.check("desk", pull.head) == (CheckState.PENDING, "verified, 1 waived; approvals: 0 of 1")
    assert "### Exceptions in use" in pull.body
    assert "| `EX-1` | `vulnerabilities.over-limit`: no fixed version yet | team-cart; approved by mia, omar |" in (
        pull.body
    )
    assert "waived by EX-1 until" in pull.body
    (comment,) = (one for one in town.hosted.comments if one.pull == pull.number)
    assert f"| exception | `EX-1` `{town.configuration.exceptions[0].exception.digest}` until " in comment.body
    assert steps(town) == [
        ExceptionStep.REQUESTED,
        ExceptionStep.APPROVED,
        ExceptionStep.ACTIVE,
        ExceptionStep.USED,
    ]
    told = town.explain("desk", "1.0.0")
    assert [one.exceptions for one in told.findings if one.outcome == "waived"] == [("EX-1",)]
    again = recompute(told.decision, town.store.blobs, make_signatures)
    assert again.is_same

    later(town, end)

    assert state(town) == (Eligibility.BLOCKED, Standing.PROPOSED)
    assert town.light("desk", pull.head) is CheckState.FAILURE
    assert "the exception EX-1 does not apply: it ended at" in town.pull("desk").body
    assert steps(town)[4:] == [ExceptionStep.EXPIRED]
    town.run(2)
    assert steps(town)[4:] == [ExceptionStep.EXPIRED]


def test_what_runs_by_an_exception_raises_the_alarm_when_it_is_revoked(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DESK,)))
    town.release("1.0.0", BAD)
    grant(town)
    town.run()
    town.approve("desk", "mia")
    town.run()
    town.person("mia").merge(town.pull("desk").number)
    town.run(2)
    assert town.spot("desk", "1.0.0").standing in {Standing.PROMOTED, Standing.SETTLED}
    assert town.incidents() == ()

    text = (town.config / "exceptions" / "EX-1.yaml").read_text()
    at = town.clock.now()
    revoked = f"revoked: {{at: {at:%Y-%m-%dT%H:%M:%SZ}, by: ines, reason: it is being exploited}}\n"
    (town.config / "exceptions" / "EX-1.yaml").write_text(text + revoked)
    restart(town, None)
    town.run(2)

    assert town.spot("desk", "1.0.0").eligibility is Eligibility.BLOCKED
    assert [incident.what for incident in town.incidents()] == ["running-not-eligible"]
    assert steps(town)[-1] is ExceptionStep.REVOKED


def test_an_exception_in_a_plain_directory_has_nobody_who_answers_for_it(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DESK,)))
    town.release("1.0.0", BAD)
    grant(town)
    restart(town, None)
    town.run()

    assert state(town) == (Eligibility.BLOCKED, Standing.NONE)
    assert steps(town) == [ExceptionStep.REQUESTED]


def test_break_glass_is_loud_and_its_missing_review_raises_an_alarm(founded: Callable[[Plan], Town]) -> None:
    town = founded(Plan((DESK,)))
    town.release("1.0.0", BAD)
    grant(town, kind="break-glass", life=4 * HOUR)
    exception = town.configuration.exceptions[0].exception
    town.run()

    pull = town.pull("desk")
    assert pull.body.startswith("> [!CAUTION]\n> **Break-glass `EX-1` is in use until ")
    assert town.check("desk", pull.head) == (
        CheckState.PENDING,
        "verified, 1 waived by BREAK-GLASS; approvals: 0 of 1",
    )
    assert [incident.what for incident in town.incidents()] == ["break-glass"]

    assert exception.review_due
    later(town, exception.review_due)
    assert [incident.what for incident in town.incidents()] == ["break-glass", "review-overdue"]
    town.run(2)
    overdue: Incident = town.incidents()[-1]
    assert len(town.incidents()) == 2
    assert "promoter exception review EX-1" in overdue.detail


SIGNED = FULL.replace("require:", "exceptions: {signed: true, signers: [release, scanning]}\nrequire:")
POLICY_EXCEPTION = "https://promoter.dev/attestation/policy-exception/v1"
REVOCATION = "https://promoter.dev/attestation/policy-exception-revocation/v1"


def sign(town: Town, digest: Digest, signer: Signer, predicate_type: str, predicate: dict[str, object]) -> None:
    """Attest something about a release, and push it."""
    pipeline = town.mint.pipeline
    pipeline.team.attest(pipeline.repository, digest, signer, predicate_type, predicate)
    town.mint.put(town.world.registry, PATH, town.mint.referrers(digest))


def test_a_signed_exception_counts_by_two_signers_until_one_of_them_takes_it_back(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((DESK,), policy=SIGNED))
    digest = town.release("1.0.0", BAD)
    start = town.clock.now()
    statement: dict[str, object] = {
        "id": "EX-7",
        "codes": ["vulnerabilities.over-limit"],
        "environments": ["desk"],
        "vulnerabilities": ["CVE-2026-31337"],
        "maxSeverity": "critical",
        "owner": "team-cart",
        "reason": "no fixed version yet",
        "requestedBy": "rosa@acme.example",
        "notBefore": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "expires": f"{start + 10 * HOUR:%Y-%m-%dT%H:%M:%SZ}",
    }
    workflow = town.mint.pipeline.signer(town.mint.source("1.0.0"))
    sign(town, digest, workflow, POLICY_EXCEPTION, statement)
    town.run()
    assert state(town) == (Eligibility.BLOCKED, Standing.NONE)

    sign(town, digest, SCANNER, POLICY_EXCEPTION, statement)
    town.run(2)
    assert state(town) == (Eligibility.ELIGIBLE, Standing.PROPOSED)
    assert "| `EX-7` |" in town.pull("desk").body
    assert steps(town) == [
        ExceptionStep.REQUESTED,
        ExceptionStep.APPROVED,
        ExceptionStep.ACTIVE,
        ExceptionStep.USED,
    ]
    decision = town.spot("desk", "1.0.0").decided["propose"].decision
    assert recompute(decision, town.store.blobs, make_signatures).is_same

    sign(town, digest, SCANNER, REVOCATION, {"id": "EX-7", "reason": "a fix is out"})
    town.run(2)
    assert state(town) == (Eligibility.BLOCKED, Standing.PROPOSED)
    assert town.light("desk", town.pull("desk").head) is CheckState.FAILURE
    assert steps(town)[4:] == [ExceptionStep.REVOKED]
