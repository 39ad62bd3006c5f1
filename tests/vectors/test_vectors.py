"""Every vector file holds: evidence and a requirement in, the whole finding out, texts included.

The files are written for an auditor: one per check, with its signers, its pieces of evidence by name, and cases that
say which pieces were found and what follows from them; `waived` is the finding's sentence once the exception EX-1
covers it, and stands exactly where one can. They are read here and compared, nothing else.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from promoter.core.candidate import Candidate, Digest, digest_of
from promoter.core.checks import CHECKS
from promoter.core.checks.subject import Subject
from promoter.core.circumstances import Circumstances
from promoter.core.codes import Code
from promoter.core.evidence import (
    Attestation,
    ContentKind,
    Evidence,
    EvidenceState,
    Found,
    LogEntry,
    LookupFailure,
    Mechanism,
    Platform,
    Signer,
    SourceRevision,
    Unusable,
)
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Aside, Finding, Item, Mode, Outcome, Reason
from promoter.core.identity import Placeholders, SignerRule
from promoter.core.policy_exception import Granted, Kind, Means, PolicyException
from promoter.core.predicates.vulnerability import Severity
from promoter.core.waivable import EMERGENCY, FINAL_CHECKS, IDENTITY_CHECKS, RATED, WAIVABLE
from promoter.core.waiving import Scope, waive

FILES = sorted(Path(__file__).parent.glob("*.json"))
VECTORS = [json.loads(path.read_bytes()) for path in FILES]
CASES = [
    pytest.param(vector, case, id=f"{vector['check']}: {case['case']}")
    for vector in VECTORS
    for case in vector["cases"]
]

_CLAIMED = TypeAdapter(Signer)
_RULES = TypeAdapter(dict[str, SignerRule])
_SOURCE = TypeAdapter(SourceRevision | None)
_CIRCUMSTANCES = TypeAdapter(Circumstances)
_FAILURES = TypeAdapter(tuple[LookupFailure, ...])


def found(piece: dict[str, Any]) -> Found:
    return Found(piece["blob"], digest_of(b"its manifest"), 1000)


def attestation(vector: dict[str, Any], name: str, about: Digest) -> Attestation:
    """A piece without a signed time is one that nobody but its key's holder dates: it stands in no log."""
    piece = vector["evidence"][name]
    signed_at = piece["signed_at"]
    return Attestation(
        found=found(piece),
        kind=ContentKind.DSSE if piece["predicate_type"] else ContentKind.MESSAGE_SIGNATURE,
        mechanism=Mechanism(piece.get("mechanism", Mechanism.KEYLESS_BUNDLE)),
        signer=_CLAIMED.validate_python(vector["identities"][piece["signed_by"]]),
        signed_at=datetime.fromisoformat(signed_at) if signed_at else None,
        log=LogEntry("00" * 32, 1, "dsse 0.0.1") if piece.get("logged", True) else None,
        predicate_type=piece["predicate_type"],
        predicate=piece["predicate"],
        subjects=(about, *piece.get("also_about", ())),
        revisions=tuple(piece.get("revisions", ())),
    )


def unusable(vector: dict[str, Any], name: str) -> Unusable:
    piece = vector["evidence"][name]
    return Unusable(found(piece), EvidenceState(piece["state"]), piece["code"], piece["detail"], piece["claimed_type"])


def gathered(vector: dict[str, Any], digest: Digest, pieces: list[str]) -> Evidence:
    is_usable = {name: "predicate_type" in vector["evidence"][name] for name in pieces}
    return Evidence(
        digest=digest,
        attestations=tuple(attestation(vector, name, digest) for name in pieces if is_usable[name]),
        unusable=tuple(unusable(vector, name) for name in pieces if not is_usable[name]),
    )


def subject(vector: dict[str, Any], case: dict[str, Any]) -> Subject:
    """Where a case has platforms, the candidate is an image index, and each platform has the pieces found about it."""
    platforms = tuple(Platform(each["digest"], each["name"]) for each in case.get("platforms", []))
    evidence = replace(
        gathered(vector, vector["candidate"]["digest"], case.get("found", [])),
        failures=_FAILURES.validate_python(case.get("failures", [])),
        source=_SOURCE.validate_python(case.get("source", vector["source"])),
        platforms=platforms,
        parts=tuple(gathered(vector, each["digest"], each["found"]) for each in case.get("platforms", [])),
    )
    return Subject(
        candidate=Candidate(**vector["candidate"]),
        evidence=evidence,
        signers=_RULES.validate_python(vector["signers"]),
        placeholders=Placeholders(**vector["placeholders"]),
        mode=Mode.ENFORCE,
        now=datetime.fromisoformat(vector["now"]),
        environment=vector.get("environment", ""),
        circumstances=_CIRCUMSTANCES.validate_python(case.get("circumstances", vector.get("circumstances", {}))),
    )


def as_vector(vector: dict[str, Any], finding: Finding) -> dict[str, Any]:
    names = {piece["blob"]: name for name, piece in vector["evidence"].items()}
    return {
        "outcome": finding.outcome.value,
        "sentence": finding.sentence,
        "reasons": [
            {
                "code": reason.code.value,
                "state": reason.state.value if reason.state else None,
                "sentence": reason.sentence,
                "remedy": reason.remedy,
            }
            | ({"items": [_item(item) for item in reason.items], "allowed": reason.allowed} if reason.items else {})
            for reason in finding.reasons
        ],
        "cites": [names[blob] for blob in finding.cites],
        "noted": [names[blob] for blob in finding.noted],
    } | ({"asides": [_aside(aside) for aside in finding.asides]} if finding.asides else {})


def _item(item: Item) -> dict[str, Any]:
    """Leave out what does not apply."""
    said = {"id": item.id, "aliases": list(item.aliases), "purl": item.purl, "severity": item.severity}
    return {name: value for name, value in said.items() if value}


def _aside(aside: Aside) -> dict[str, str | None]:
    return {"code": aside.code.value if aside.code else None, "sentence": aside.sentence}


@pytest.mark.parametrize(("vector", "case"), CASES)
def test_the_finding_is_exactly_the_expected_one(vector: dict[str, Any], case: dict[str, Any]) -> None:
    check = CHECKS[vector["check"]]
    params = TypeAdapter(check.params).validate_python(case["with"])
    about = subject(vector, case)

    assert as_vector(vector, check.apply(params, about)) == case["expected"]
    warned = check.apply(params, replace(about, mode=Mode.WARN))
    assert (warned.check, warned.mode) == (check.id, Mode.WARN)


def test_there_is_one_file_for_every_check_with_a_pass_and_an_undecided_case() -> None:
    assert [vector["check"] for vector in VECTORS] == sorted(CHECKS)
    for vector in VECTORS:
        outcomes = {case["expected"]["outcome"] for case in vector["cases"]}
        assert outcomes == {"pass", "fail", "undecided"}, vector["check"]


def test_every_code_of_the_checks_is_reached_by_a_vector() -> None:
    reached = {
        reason["code"] for vector in VECTORS for case in vector["cases"] for reason in case["expected"]["reasons"]
    }
    prefixes = (*(f"{check}." for check in CHECKS), "lookup.")

    assert {code.value for code in Code if code.value.startswith(prefixes)} - reached == set()


def test_no_case_names_evidence_that_is_not_there_and_none_is_left_unused() -> None:
    for vector in VECTORS:
        places = (place for case in vector["cases"] for place in (case, *case.get("platforms", [])))
        used = {name for place in places for name in place.get("found", [])}
        assert used == set(vector["evidence"]), vector["check"]


# --- waived -----------------------------------------------------------------------------------------------------------


def covering(vector: dict[str, Any], reasons: tuple[Reason, ...], now: datetime) -> tuple[Granted, ...]:
    """Give good exceptions for exactly these reasons: for what is rated, for emergencies, and for the rest."""
    codes = {reason.code for reason in reasons} & WAIVABLE
    ordinary, urgent = Kind.EXCEPTION, Kind.BREAK_GLASS
    parts = (
        (codes & RATED, Severity.CRITICAL, ordinary),
        (codes & EMERGENCY, None, urgent),
        (codes - RATED - EMERGENCY, None, ordinary),
    )
    return tuple(
        Granted(
            exception=PolicyException(
                id="EX-1",
                kind=kind,
                codes=tuple(sorted(part, key=lambda code: code.value)),
                environments=("prod",),
                digests=(vector["candidate"]["digest"],),
                max_severity=severity,
                owner="team",
                reason="accepted",
                requested_by="rosa",
                not_before=now - timedelta(hours=1),
                expires=now + timedelta(hours=1),
            ),
            means=Means.REVIEWS,
            approvers=("mia", "omar"),
        )
        for part, severity, kind in parts
        if part
    )


@pytest.mark.parametrize(("vector", "case"), CASES)
def test_a_failed_finding_is_waived_exactly_where_all_its_reasons_may_be(
    vector: dict[str, Any], case: dict[str, Any]
) -> None:
    check, about = CHECKS[vector["check"]], subject(vector, case)
    finding = check.apply(TypeAdapter(check.params).validate_python(case["with"]), about)
    exceptions = covering(vector, finding.reasons, about.now)

    (after,) = waive((finding,), exceptions, Scope(about.candidate, "prod", ExceptionRules()), about.now).findings

    is_waivable = (
        finding.outcome is Outcome.FAIL
        and finding.check not in IDENTITY_CHECKS
        and all(reason.code in WAIVABLE for reason in finding.reasons)
    )
    assert after.outcome is (Outcome.WAIVED if is_waivable else finding.outcome)
    assert after.reasons == finding.reasons
    assert (after.sentence if is_waivable else None) == case.get("waived")


def test_every_check_has_a_vector_that_is_waived_but_for_those_that_say_who_made_something() -> None:
    found = {vector["check"] for vector in VECTORS for case in vector["cases"] if "waived" in case}
    assert set(CHECKS) - found <= FINAL_CHECKS
