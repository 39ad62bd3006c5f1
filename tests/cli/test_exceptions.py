"""`promoter exception` on the command line: from a blocked release to a file, and what is said of it afterwards."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from promoter.config_exceptions import read_exceptions
from promoter.core.codes import Code
from promoter.core.exception_life import body_of
from promoter.core.policy_exception import Kind
from promoter.core.record_estate import ESTATE, ExceptionMoved, ExceptionStep
from promoter.core.waiving import NOBODY_ANSWERS
from promoter.exception_draft import needs_of
from tests.cli.company import Company
from tests.core.waivers import NOW, granted

WHO = ("--owner", "team-cart", "--reason", "no fixed version: wait", "--requested-by", "rosa")


def test_new_writes_a_file_that_is_read_and_has_every_key_with_its_meaning(company: Company) -> None:
    path = company.config.path / "exceptions" / "INC-1.yaml"
    try:
        done = company.run(
            "exception", "new", "INC-1", "--service", "cart", "--release", "1.1.0", "--env", "prod", *WHO
        )

        assert (done.code, f"written; it does not count as it stands: {NOBODY_ANSWERS}" in done.out) == (0, True)
        assert "signature.absent can never be waived: it stays in the way until it is mended" in done.err
        problems: list[str] = []
        configuration = company.config.load(**company.variables)
        (one,) = read_exceptions(company.config.path, configuration.services, configuration.policies, problems)
        assert problems == []
        assert one.exception.services == ("cart",)
        assert len(one.exception.digests) == 1
        assert Code.VULNERABILITIES_OVER_LIMIT in one.exception.codes
        assert one.exception.vulnerabilities == ("CVE-2026-1111",)
        assert "# Why the risk is accepted." in path.read_text()

        listed = company.run("exception", "list")
        assert listed.out.startswith("INC-1: requested, 6 days left (ends ")
        assert f"  in prod: {NOBODY_ANSWERS}\n" in listed.out
        checked = company.run("exception", "check", "--json")
        assert checked.code == 1
        assert json.loads(checked.out)[0]["objections"] == [f"in prod: {NOBODY_ANSWERS}"]
        again = company.run(
            "exception", "new", "INC-1", "--service", "cart", "--release", "1.1.0", "--env", "prod", *WHO
        )
        assert (again.code, "is there already; choose another id" in again.err) == (2, True)
    finally:
        path.unlink(missing_ok=True)
        path.parent.rmdir()


def test_new_leaves_nothing_behind_that_would_be_refused(company: Company) -> None:
    words = ("exception", "new", "INC-2", "--service", "cart", "--env", "prod", "--code", "scan.stale", *WHO)

    done = company.run(*words)

    assert done.code == 2
    assert "in prod the environment is protected: name digests, packages or vulnerabilities" in done.err
    assert list((company.config.path / "exceptions").iterdir()) == []
    (company.config.path / "exceptions").rmdir()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("INC 3", "--code", "scan.stale"), "must be letters, digits, dots"),
        (("INC-3", "--code", "signature.absent"), "'signature.absent' cannot be waived"),
        (("INC-3",), "nothing to accept: give --code"),
        (("INC-3", "--release", "9.9.9"), "has no known release '9.9.9'"),
    ],
)
def test_new_refuses_what_can_be_no_exception(company: Company, words: tuple[str, ...], says: str) -> None:
    done = company.run("exception", "new", *words, "--service", "cart", "--env", "prod", *WHO)

    assert (done.code, says in done.err) == (2, True)


def test_without_exceptions_list_and_check_say_so(company: Company) -> None:
    assert company.run("exception", "list").out == "no exceptions\n"
    said = "no exceptions in files; `promoter exception list` also shows signed ones that were seen\n"
    assert company.run("exception", "check").out == said


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        (Kind.BREAK_GLASS, 0, "INC-7: reviewed by mia\n"),
        (
            Kind.EXCEPTION,
            2,
            "promoter: INC-7 is no break-glass; only that is reviewed: an exception ends, or is revoked\n",
        ),
    ],
)
def test_break_glass_is_reviewed_and_nothing_else(company: Company, kind: Kind, code: int, said: str) -> None:
    hours = {"not_before": NOW, "expires": NOW + timedelta(hours=2)}
    one = granted(id="INC-7", kind=kind, **hours).exception
    store = company.store()
    step = ExceptionMoved(
        at=NOW, service=ESTATE, id=one.id, step=ExceptionStep.USED, body=store.blobs.put(body_of(one))
    )
    store.journal.write_estate(lambda _: (step,))
    store.ledger.close()

    done = company.run("exception", "review", "INC-7", "--reason", "it was right", "--actor", "mia")

    assert (done.code, done.out + done.err) == (code, said)


def test_a_review_of_what_nobody_knows_is_refused(company: Company) -> None:
    done = company.run("exception", "review", "INC-9", "--reason", "it was right")

    assert (done.code, "the ledger knows no exception 'INC-9'" in done.err) == (2, True)


def test_break_glass_is_written_with_hours_of_life(company: Company) -> None:
    folder: Path = company.config.path / "exceptions"
    digest = "sha256:" + "1" * 64
    words = ("--service", "cart", "--env", "prod", "--code", "scan.stale", "--digest", digest)
    try:
        done = company.run("exception", "new", "INC-4", *words, "--break-glass", "--hours", "2", *WHO)
        assert done.code == 0
        exception = company.config.load(**company.variables).exceptions[0].exception
        assert exception.kind is Kind.BREAK_GLASS
        assert (exception.expires - exception.not_before).total_seconds() == 7200
    finally:
        (folder / "INC-4.yaml").unlink(missing_ok=True)
        folder.rmdir()


def test_a_decision_that_passes_needs_nothing() -> None:
    decision = {"findings": [], "candidate": {"digest": "sha256:" + "1" * 64}}

    needs = needs_of(json.dumps(decision).encode())

    assert (needs.codes, needs.never, needs.max_severity) == ((), (), "")
