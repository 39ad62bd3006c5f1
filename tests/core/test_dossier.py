"""The record of a decision: it holds what the findings cite, reads back as it was written, and knows what is new."""

import json
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from promoter.core.candidate import Candidate, Digest, digest_of
from promoter.core.canonical import canonical, load_canonical
from promoter.core.checks.subject import Phase
from promoter.core.codes import Code
from promoter.core.dossier import Decision, choose, decide, facts_of, key_of, record_of
from promoter.core.evidence import Evidence, EvidenceState, LookupFailure, Platform
from promoter.core.finding import Aside, Finding, Mode, Outcome, Reason
from promoter.core.predicates.sbom import SbomFormat
from promoter.core.public_key import PublicKey
from promoter.core.verdict import Verdict
from tests.core.checks.pieces import (
    COMMIT,
    COSIGN_SIGN,
    CYCLONEDX,
    DIGEST,
    FORGE_DOWN,
    GITHUB,
    ISSUER,
    NOW,
    PIPELINE,
    PROVENANCE_V1,
    REF,
    REVISION,
    SCANNERS,
    SOURCE,
    VULN,
    Piece,
    blob,
    broken,
    cyclonedx,
    in_cosign,
    provenance,
    trivy,
)

POLICY = digest_of(b"policy")
PIECES = (
    Piece("signature", COSIGN_SIGN),
    Piece("provenance", PROVENANCE_V1, provenance(colour="blue")),
    Piece("sbom", CYCLONEDX, cyclonedx(3)),
    Piece("scan", VULN, in_cosign(trivy()), SCANNERS),
)
EVIDENCE = Evidence(
    digest=DIGEST,
    attestations=tuple(piece.made() for piece in PIECES),
    source=REVISION,
    trust_root=digest_of(b"trust root"),
)


def finding(check: str, *cites: str) -> Finding:
    return Finding(check, Mode.ENFORCE, Outcome.PASS, f"{check} is good", cites=tuple(blob(name) for name in cites))


FINDINGS = (
    finding("signature", "signature"),
    finding("provenance", "provenance"),
    finding("sbom", "sbom"),
    finding("scan", "scan"),
    finding("vulnerabilities", "scan"),
)
VERDICT = Verdict(Candidate("cart", "1.8.3", DIGEST), "staging", Phase.PROPOSE, NOW, POLICY, FINDINGS)


def with_findings(*findings: Finding) -> Verdict:
    return replace(VERDICT, findings=findings)


def failing(*reasons: Reason) -> Finding:
    return Finding("sbom", Mode.ENFORCE, Outcome.FAIL, reasons[0].sentence, reasons)


ABSENT = Reason(Code.SBOM_ABSENT, "there is none", "Service team: attest one", EvidenceState.ABSENT)
DOWN = LookupFailure("referrers", "outside.timeout", "no answer in 10 s")


# --- the record -------------------------------------------------------------------------------------------------------


def test_the_record_holds_every_fact_by_name() -> None:
    record = record_of(VERDICT, EVIDENCE, "mia (11)")
    assert {one.name: getattr(record, one.name) for one in fields(record)} == {
        "service": "cart",
        "release": "1.8.3",
        "artifact_digest": DIGEST,
        "environment": "staging",
        "source_repository": SOURCE,
        "source_commit": COMMIT,
        "source_ref": REF,
        "builder": PIPELINE,
        "build_platform": "github-hosted",
        "workflow": PIPELINE,
        "run": f"{SOURCE}/actions/runs/7/attempts/1",
        "parameters": (("colour", '"blue"'),),
        "sbom_format": "cyclonedx 1.6",
        "sbom_digest": blob("sbom"),
        "scan_tool": "trivy 0.70.0",
        "scan_digest": blob("scan"),
        "signing_mechanism": "keyless, sigstore bundle",
        "signer": f"{PIPELINE} ({ISSUER})",
        "provenance_predicate": PROVENANCE_V1,
        "provenance_digest": blob("provenance"),
        "approvals": "mia (11)",
        "policy_decision": "pass",
        "policy_digest": POLICY,
    }


@pytest.mark.parametrize(
    ("check", "empty"),
    [
        ("signature", ("signing_mechanism", "signer")),
        ("provenance", ("builder", "build_platform", "workflow", "run", "provenance_predicate", "provenance_digest")),
        ("sbom", ("sbom_format", "sbom_digest")),
        ("scan", ("scan_tool", "scan_digest")),
    ],
)
def test_what_no_finding_cites_is_no_part_of_the_record(check: str, empty: tuple[str, ...]) -> None:
    silent = with_findings(*(one for one in FINDINGS if blob(check) not in one.cites))
    whole, record = record_of(VERDICT, EVIDENCE, ""), record_of(silent, EVIDENCE, "")
    changed = {one.name for one in fields(record) if getattr(record, one.name) != getattr(whole, one.name)}
    assert {getattr(record, name) for name in empty} == {""}
    assert changed - {"parameters"} == set(empty)


def test_an_uncited_piece_of_the_same_type_is_never_taken_instead() -> None:
    older = Piece("another sbom", CYCLONEDX, cyclonedx(9)).made()
    crowded = replace(EVIDENCE, attestations=(older, *EVIDENCE.attestations))
    assert record_of(VERDICT, crowded, "") == record_of(VERDICT, EVIDENCE, "")
    cited = with_findings(*FINDINGS[:2], finding("sbom", "another sbom"), *FINDINGS[3:])
    assert record_of(cited, crowded, "").sbom_digest == blob("another sbom")


def test_the_chosen_evidence_comes_with_what_it_says() -> None:
    chosen = choose(VERDICT, EVIDENCE)
    assert chosen.signature == EVIDENCE.attestations[0]
    assert chosen.provenance
    assert chosen.provenance[1].build_type == GITHUB
    assert chosen.sbom
    assert (chosen.sbom[1].format, len(chosen.sbom[1].components)) == (SbomFormat.CYCLONEDX, 3)
    assert [item.found.blob for item, _ in chosen.scans] == [blob("scan")]


def test_evidence_that_cannot_be_read_is_left_out_and_nothing_breaks() -> None:
    unreadable = tuple(
        Piece(name, kind, {"no": "such"}).made()
        for name, kind in (("provenance", PROVENANCE_V1), ("sbom", CYCLONEDX), ("scan", VULN))
    )
    chosen = choose(VERDICT, replace(EVIDENCE, attestations=unreadable))
    assert (chosen.signature, chosen.provenance, chosen.sbom, chosen.scans) == (None, None, None, ())


def test_a_release_without_a_known_source_has_none_in_its_record() -> None:
    record = record_of(VERDICT, replace(EVIDENCE, source=None), "")
    assert (record.source_repository, record.source_commit, record.source_ref) == ("", "", "")


# --- the decision -----------------------------------------------------------------------------------------------------

CROWDED = replace(
    EVIDENCE,
    unusable=(broken("broken", VULN),),
    failures=(DOWN, FORGE_DOWN),
    platforms=(Platform(digest_of(b"amd64"), "linux/amd64"), Platform(digest_of(b"arm64"), "linux/arm64")),
)


def test_a_decision_reads_back_as_it_was_written() -> None:
    decision = decide(with_findings(*FINDINGS[:2], failing(ABSENT)), CROWDED)
    raw = canonical(decision)
    again = TypeAdapter(Decision).validate_python(json.loads(raw))
    assert again == decision
    assert canonical(again) == raw
    load_canonical(raw)


def test_a_decision_names_all_its_inputs() -> None:
    decision = decide(VERDICT, CROWDED)
    assert (decision.candidate, decision.environment, decision.phase) == (VERDICT.candidate, "staging", Phase.PROPOSE)
    assert (decision.at, decision.outcome, decision.policy) == (NOW, Outcome.PASS, POLICY)
    assert decision.facts == facts_of(CROWDED)
    assert (decision.facts.digest, decision.facts.trust_root) == (DIGEST, EVIDENCE.trust_root)
    assert decision.findings == FINDINGS
    assert decision.engine.startswith("promoter ")
    assert {line.blob: line.code for line in decision.facts.evidence} == {
        **{blob(piece.name): "" for piece in PIECES},
        blob("broken"): "bundle.signature-invalid",
    }


def test_facts_do_not_depend_on_the_order_in_which_evidence_was_found() -> None:
    backwards = replace(CROWDED, attestations=CROWDED.attestations[::-1])
    assert canonical(facts_of(backwards)) == canonical(facts_of(CROWDED))


# --- the key ----------------------------------------------------------------------------------------------------------


def key(verdict: Verdict = VERDICT, evidence: Evidence = EVIDENCE) -> Digest:
    return key_of(verdict, evidence)


def test_time_alone_makes_no_new_decision() -> None:
    assert key(replace(VERDICT, at=NOW + timedelta(days=3))) == key()


def test_the_words_of_a_lookup_failure_make_no_new_decision() -> None:
    worded = replace(DOWN, detail="no answer in 11 s")
    assert key(evidence=replace(EVIDENCE, failures=(worded,))) == key(evidence=replace(EVIDENCE, failures=(DOWN,)))


def test_the_words_of_a_failure_about_a_platform_make_no_new_decision_either() -> None:
    part = Evidence(digest_of(b"platform"), failures=(DOWN,))
    worded = replace(part, failures=(replace(DOWN, detail="no answer in 11 s"),))
    assert key(evidence=replace(EVIDENCE, parts=(worded,))) == key(evidence=replace(EVIDENCE, parts=(part,)))
    assert key(evidence=replace(EVIDENCE, parts=(part,))) != key()


def test_a_key_that_opens_nothing_makes_no_new_decision() -> None:
    assert key(evidence=replace(EVIDENCE, keys=(PublicKey(b"of another policy"),))) == key()


def test_the_words_of_a_finding_make_no_new_decision() -> None:
    told, retold = ABSENT, replace(ABSENT, sentence="still none", remedy="as before")
    assert key(with_findings(failing(told))) == key(with_findings(failing(retold)))


def test_what_is_said_of_an_exception_that_does_not_apply_is_a_new_decision_unless_it_is_only_not_known() -> None:
    def told(sentence: str, code: Code | None) -> Digest:
        return key(with_findings(replace(failing(ABSENT), asides=(Aside(sentence, code),))))

    plain = key(with_findings(failing(ABSENT)))
    one, two = (told(f"{number} of 2 approved", Code.EXCEPTION_NOT_APPROVED) for number in (1, 0))
    assert len({plain, one, two}) == 3
    assert told("not known now", Code.EXCEPTION_UNKNOWN) == told("left out", None) == plain


FAILED = failing(ABSENT)
OTHER_EVIDENCE = {
    "the digest": replace(EVIDENCE, digest=digest_of(b"another")),
    "the trust root": replace(EVIDENCE, trust_root=digest_of(b"another")),
    "the source commit": replace(EVIDENCE, source=replace(REVISION, commit="b" * 40)),
    "the source authors": replace(EVIDENCE, source=replace(REVISION, authors=("ada",))),
    "no source": replace(EVIDENCE, source=None),
    "less evidence": replace(EVIDENCE, attestations=EVIDENCE.attestations[1:]),
    "other evidence": replace(EVIDENCE, attestations=(Piece("x", VULN).made(), *EVIDENCE.attestations[1:])),
    "another signer": replace(
        EVIDENCE,
        attestations=(replace(PIECES[0], signer=SCANNERS).made(), *EVIDENCE.attestations[1:]),
    ),
    "another signed time": replace(
        EVIDENCE,
        attestations=(replace(PIECES[0], age=timedelta(hours=2)).made(), *EVIDENCE.attestations[1:]),
    ),
    "unusable evidence": replace(EVIDENCE, unusable=(broken("broken", VULN),)),
    "evidence unusable otherwise": replace(EVIDENCE, unusable=(broken("broken", VULN, EvidenceState.UNPARSEABLE),)),
    "a failure": replace(EVIDENCE, failures=(DOWN,)),
    "another failure": replace(EVIDENCE, failures=(replace(DOWN, code="outside.not-found"),)),
    "a failure elsewhere": replace(EVIDENCE, failures=(FORGE_DOWN,)),
    "platforms": replace(EVIDENCE, platforms=CROWDED.platforms),
}
OTHER_VERDICTS = {
    "the policy": replace(VERDICT, policy=digest_of(b"another")),
    "an outcome": with_findings(*FINDINGS[:2], FAILED, *FINDINGS[3:]),
    "another code": with_findings(*FINDINGS[:2], failing(replace(ABSENT, code=Code.SBOM_TIE)), *FINDINGS[3:]),
    "one code more": with_findings(*FINDINGS[:2], failing(ABSENT, replace(ABSENT, code=Code.SBOM_TIE)), *FINDINGS[3:]),
    "a mode": with_findings(replace(FINDINGS[0], mode=Mode.WARN), *FINDINGS[1:]),
    "what is cited": with_findings(finding("signature", "sbom"), *FINDINGS[1:]),
    "one check less": with_findings(*FINDINGS[1:]),
    "a check's name": with_findings(replace(FINDINGS[0], check="signed"), *FINDINGS[1:]),
}


def test_anything_else_makes_a_new_decision() -> None:
    keys = [key(), *(key(evidence=one) for one in OTHER_EVIDENCE.values()), *map(key, OTHER_VERDICTS.values())]
    assert len(set(keys)) == len(keys) == 1 + len(OTHER_EVIDENCE) + len(OTHER_VERDICTS)
