"""Exceptions as signed statements about a digest: whose count, what takes them back, and what is not known."""

from dataclasses import replace
from typing import Any

import pytest

from promoter.core.candidate import digest_of
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import LookupFailure, Signer, Unusable
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Finding, Item, Mode, Outcome, Reason
from promoter.core.identity import Logging, SignerRule
from promoter.core.policy_exception import Granted, Means
from promoter.core.signed_exceptions import read_exception, read_statements
from promoter.core.strict_json import Malformed
from promoter.core.waiving import Scope, Waived, waive
from tests.core.checks.pieces import DIGEST, FORGE_DOWN, ISSUER, NOW, REGISTRY_DOWN, Piece, blob, broken, subject

EXCEPTION = "https://promoter.dev/attestation/policy-exception/v1"
REVOCATION = "https://promoter.dev/attestation/policy-exception-revocation/v1"
ANNE, BILL, CARL, ROSA = (Signer(f"{name}@acme.example", ISSUER) for name in ("anne", "bill", "carl", "rosa"))
PEOPLE = {name: SignerRule(issuer=ISSUER, san=f"{name}@acme.example") for name in ("anne", "bill", "rosa")}
RULES = ExceptionRules(signed=True, signers=("anne", "bill", "rosa"))
OVER = Reason(
    Code.VULNERABILITIES_OVER_LIMIT,
    "1 critical, 0 allowed",
    "Service team: update it.",
    items=(Item("CVE-2026-31337", severity="critical"),),
)
FINDING = Finding("vulnerabilities", Mode.ENFORCE, Outcome.FAIL, OVER.sentence, (OVER,))


def body(**members: Any) -> dict[str, Any]:
    return {
        "id": "EX-7",
        "codes": ["vulnerabilities.over-limit"],
        "environments": ["prod"],
        "vulnerabilities": ["CVE-2026-31337"],
        "purls": [],
        "maxSeverity": "critical",
        "owner": "team-cart",
        "reason": "no fixed version yet",
        "compensatingControls": ["the endpoint is switched off"],
        "evidence": ["https://tickets.example/INC-812"],
        "requestedBy": "rosa@acme.example",
        "notBefore": "2026-11-20T12:00:00Z",
        "expires": "2026-11-25T12:00:00Z",
        **members,
    }


def by(signer: Signer, predicate: dict[str, Any] | None = None) -> Piece:
    return Piece(signer.san, EXCEPTION, body() if predicate is None else predicate, signer)


def revoked_by(signer: Signer, **members: Any) -> Piece:
    return Piece(f"revoked {signer.san}", REVOCATION, {"id": "EX-7", "reason": "a fix is out", **members}, signer)


def decide(
    *pieces: Piece,
    exceptions: tuple[Granted, ...] = (),
    unusable: tuple[Unusable, ...] = (),
    failures: tuple[LookupFailure, ...] = (),
    rules: ExceptionRules = RULES,
) -> Waived:
    about = replace(subject(*pieces, unusable=unusable, failures=failures), signers=PEOPLE)
    return waive((FINDING,), exceptions, Scope(about.candidate, "prod", rules), NOW, read_statements(about, rules))


def about_other_digest(*pieces: Piece) -> Subject:
    found = replace(subject(*pieces), signers=PEOPLE)
    other = digest_of(b"another release")
    return replace(found, candidate=replace(found.candidate, digest=other))


def test_two_signers_of_the_same_exception_waive_the_finding_which_cites_their_statements() -> None:
    waived = decide(by(ANNE), by(BILL))

    (finding,) = waived.findings
    assert (finding.outcome, finding.exceptions) == (Outcome.WAIVED, ("EX-7",))
    assert finding.cites == (blob("anne@acme.example"), blob("bill@acme.example"))
    (used,) = waived.used
    assert (used.means, used.approvers) == (Means.SIGNATURES, ("anne@acme.example", "bill@acme.example"))
    assert used.exception.digests == (DIGEST,)


def not_waived(waived: Waived) -> list[tuple[str, Code | None]]:
    (finding,) = waived.findings
    assert finding.outcome is Outcome.FAIL
    return [(aside.sentence, aside.code) for aside in finding.asides]


TOO_FEW = (
    "the exception EX-7 does not apply: 1 of 2 people who neither wrote nor requested it approved",
    Code.EXCEPTION_NOT_APPROVED,
)


def test_one_signer_is_too_few_and_the_requester_is_none() -> None:
    assert not_waived(decide(by(ANNE))) == [TOO_FEW]
    assert not_waived(decide(by(ANNE), by(ROSA))) == [TOO_FEW]


def test_two_signers_of_two_different_exceptions_are_one_of_each() -> None:
    assert not_waived(decide(by(ANNE), by(BILL, body(reason="another one")))) == [TOO_FEW, TOO_FEW]


def test_a_stranger_does_not_count_and_is_told() -> None:
    sentence = (
        f"the statement {blob('carl@acme.example')[:19]} about an exception is signed by carl@acme.example "
        f"(issuer {ISSUER}), who grants none here"
    )
    assert not_waived(decide(by(ANNE), by(CARL))) == [TOO_FEW, (sentence, Code.EXCEPTION_FOREIGN_SIGNER)]


def test_without_signers_in_the_policy_no_statement_is_even_read() -> None:
    assert not_waived(decide(by(ANNE), by(BILL), rules=ExceptionRules())) == []


def test_a_statement_that_does_not_verify_is_told_and_takes_nothing_back() -> None:
    forged = broken("forged", REVOCATION)

    assert decide(by(ANNE), by(BILL), unusable=(forged,)).findings[0].outcome is Outcome.WAIVED
    sentence = (
        f"the statement {blob('forged')[:19]} about an exception does not verify: the signature does not verify "
        "(bundle.signature-invalid)"
    )
    assert not_waived(decide(unusable=(forged,))) == [(sentence, Code.EXCEPTION_INVALID)]


def test_one_of_the_signers_takes_it_back_by_its_id_or_its_digest() -> None:
    says = (
        "the exception EX-7 does not apply: bill@acme.example took it back at 2026-11-21 11:00:00Z: a fix is out",
        Code.EXCEPTION_REVOKED,
    )
    assert not_waived(decide(by(ANNE), by(BILL), revoked_by(BILL))) == [says]

    digest = read_exception(body(), DIGEST).digest
    assert not_waived(decide(by(ANNE), by(BILL), revoked_by(BILL, id="other", exception=digest))) == [says]
    assert decide(by(ANNE), by(BILL), revoked_by(BILL, id="other")).findings[0].outcome is Outcome.WAIVED


def test_a_revocation_at_an_unknown_time_takes_it_back_from_its_beginning() -> None:
    untimed = {name: replace(rule, log=Logging.OPTIONAL) for name, rule in PEOPLE.items()}
    pieces = (by(ANNE), by(BILL), replace(revoked_by(BILL), age=None))
    about = replace(subject(*pieces), signers=untimed)
    statements = read_statements(about, RULES)

    (finding,) = waive((FINDING,), (), Scope(about.candidate, "prod", RULES), NOW, statements).findings

    assert finding.outcome is Outcome.FAIL
    assert finding.asides[0].sentence == (
        "the exception EX-7 does not apply: bill@acme.example took it back at 2026-11-20 12:00:00Z: a fix is out"
    )


def test_a_signed_revocation_takes_back_an_exception_from_a_file_too() -> None:
    rules = ExceptionRules(signers=("anne", "bill"))
    one = Granted(
        exception=read_exception(body(), DIGEST), means=Means.REVIEWS, authors=("rosa",), approvers=("mia", "omar")
    )

    assert decide(exceptions=(one,), rules=rules).findings[0].outcome is Outcome.WAIVED
    assert [code for _, code in not_waived(decide(revoked_by(ANNE), exceptions=(one,), rules=rules))] == [
        Code.EXCEPTION_REVOKED
    ]


def test_an_exception_from_a_file_is_not_sure_either_while_a_statement_that_takes_it_back_may_be_hidden() -> None:
    rules = ExceptionRules(signers=("anne", "bill"))
    one = Granted(
        exception=read_exception(body(), DIGEST), means=Means.REVIEWS, authors=("rosa",), approvers=("mia", "omar")
    )
    unreadable = replace(revoked_by(ANNE), predicate={"reason": "no id"})

    for waived in (
        decide(unreadable, exceptions=(one,), rules=rules),
        decide(exceptions=(one,), rules=rules, failures=(REGISTRY_DOWN,)),
    ):
        assert (waived.findings[0].outcome, waived.used) == (Outcome.UNDECIDED, ())
    unsigned = ExceptionRules()
    assert decide(exceptions=(one,), rules=unsigned, failures=(REGISTRY_DOWN,)).findings[0].outcome is Outcome.WAIVED


def test_a_stranger_takes_nothing_back() -> None:
    assert decide(by(ANNE), by(BILL), revoked_by(CARL)).findings[0].outcome is Outcome.WAIVED


def test_an_unreadable_statement_of_a_signer_might_take_it_back_so_that_nothing_is_sure() -> None:
    unreadable = replace(revoked_by(BILL), predicate={"reason": "no id"})

    (finding,) = decide(by(ANNE), by(BILL), unreadable).findings

    assert finding.outcome is Outcome.UNDECIDED
    assert finding.reasons[0].code is Code.EXCEPTION_UNKNOWN


def test_an_unreadable_exception_is_told() -> None:
    (said,) = not_waived(decide(by(ANNE, body(codes=["scan.whatever"]))))

    assert said[1] is Code.EXCEPTION_UNPARSEABLE
    assert said[0].endswith("'scan.whatever' is not a valid Code")


def test_while_statements_cannot_be_looked_up_a_failure_is_undecided() -> None:
    assert decide(by(ANNE), by(BILL), failures=(REGISTRY_DOWN,)).findings[0].outcome is Outcome.UNDECIDED
    assert decide(failures=(REGISTRY_DOWN,)).findings[0].outcome is Outcome.UNDECIDED
    assert decide(by(ANNE), by(BILL), failures=(FORGE_DOWN,)).findings[0].outcome is Outcome.WAIVED


def test_a_statement_holds_for_the_digest_that_it_is_attached_to() -> None:
    about = about_other_digest(by(ANNE, body(digests=[DIGEST])), by(BILL, body(digests=[DIGEST])))
    statements = read_statements(about, RULES)

    (finding,) = waive((FINDING,), (), Scope(about.candidate, "prod", RULES), NOW, statements).findings

    assert finding.outcome is Outcome.FAIL
    assert [aside.code for aside in finding.asides] == [Code.EXCEPTION_OTHER_SCOPE]


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"id": ""}, "id is missing"),
        ({"id": "EX 7\nwaived"}, "id must be letters"),
        ({"expires": None}, "expires is missing"),
        ({"codes": ["signature.absent"]}, "signature.absent can never be waived"),
        ({"environments": []}, "environments must not be empty"),
        ({"purls": [{"purl": "flask"}]}, "not a package URL"),
        ({"maxSeverity": "huge"}, "'huge' is not a valid Severity"),
        ({"kind": "break-glass"}, "break-glass lasts at most 24 hours"),
        ({"reason": "x" * 2001}, "more than 2000 characters"),
    ],
)
def test_what_is_no_exception_is_malformed(members: dict[str, Any], says: str) -> None:
    with pytest.raises(Malformed, match=says) as told:
        read_exception(body(**members), DIGEST)
    assert told.value.code is Code.EXCEPTION_UNPARSEABLE
