"""The record of a decision and of a promotion: every fact that an auditor asks for, by name, from signed data.

`Decision` holds the digest of everything that the verdict was computed from, so that it can be computed again.
`ReleaseRecord` is what is known of a candidate for one environment; trailers, comments and exports are views of it.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from promoter import __version__
from promoter.core.candidate import Candidate, Digest, digest_of
from promoter.core.canonical import added, canonical
from promoter.core.checks.newest_scans import is_scan
from promoter.core.checks.subject import Phase
from promoter.core.circumstances import UNKNOWN, Circumstances
from promoter.core.codes import Code
from promoter.core.evidence import (
    Attestation,
    Evidence,
    EvidenceState,
    Layout,
    LookupFailure,
    Signer,
    SourceRevision,
    Unusable,
)
from promoter.core.finding import Finding, Outcome
from promoter.core.identity import Placeholders
from promoter.core.policy_exception import Granted
from promoter.core.predicates.provenance import Provenance, read_provenance
from promoter.core.predicates.sbom import Sbom, read_sbom
from promoter.core.predicates.scan import read_scan
from promoter.core.predicates.types import PROVENANCE, SBOM, SIGNATURE
from promoter.core.predicates.vulnerability import Scan
from promoter.core.strict_json import Malformed
from promoter.core.verdict import Verdict


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One piece of evidence as the decision saw it; `state` is valid and `code` empty where it verified."""

    blob: Digest
    manifest: Digest
    predicate_type: str
    signer: str
    issuer: str
    signed_at: datetime | None
    log_id: str
    log_index: int
    state: str = EvidenceState.VALID.value
    code: str = ""
    detail: str = ""
    layout: Layout = added(Layout.BUNDLE)  # noqa: RUF009 - `added` gives a field
    key: str = added("")
    parts: tuple[Digest, ...] = added(())


@dataclass(frozen=True, slots=True)
class Facts:
    """What the evidence was, without any time of ours: the same evidence gives the same digest.

    `parts` are the facts of those platforms of an index that the policy names.
    """

    digest: Digest
    trust_root: Digest | None
    source: SourceRevision | None
    evidence: tuple[EvidenceLine, ...]
    failures: tuple[LookupFailure, ...]
    platforms: tuple[str, ...]
    parts: tuple["Facts", ...] = added(())
    keys: tuple[str, ...] = added(())  # PEM: those that any policy of the time named

    @property
    def whole(self) -> tuple["Facts", ...]:
        """These facts, and after them those of each platform."""
        return (self, *(facts for part in self.parts for facts in part.whole))


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict with all its inputs by digest, and every finding.

    `placeholders` are what those of the policy stood for; decisions of before they were kept have none.
    """

    candidate: Candidate
    environment: str
    phase: Phase
    at: datetime
    outcome: Outcome
    policy: Digest
    facts: Facts
    findings: tuple[Finding, ...]
    engine: str = f"promoter {__version__}"
    placeholders: Placeholders | None = None
    circumstances: Circumstances = added(UNKNOWN)  # noqa: RUF009 - `added` gives a field
    exceptions: tuple[Granted, ...] = added(())  # those that a finding is waived by


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """What is known of a promoted candidate in one environment (empty text: the evidence does not say)."""

    service: str
    release: str
    artifact_digest: Digest
    environment: str
    source_repository: str
    source_commit: str
    source_ref: str
    builder: str
    build_platform: str
    workflow: str
    run: str
    parameters: tuple[tuple[str, str], ...]
    sbom_format: str
    sbom_digest: str
    scan_tool: str
    scan_digest: str
    signing_mechanism: str
    signer: str
    provenance_predicate: str
    provenance_digest: str
    approvals: str
    policy_decision: str
    policy_digest: Digest


def stored_bundles(decision: bytes) -> tuple[Digest, ...]:
    """Give the digests of the bundles in a kept decision that were found in a forge's store."""
    lines = json.loads(decision)["facts"]["evidence"]
    return tuple(Digest(line["blob"]) for line in lines if line.get("layout") == Layout.FORGE_STORE.value)


def facts_of(evidence: Evidence) -> Facts:
    """Give the facts of a set of evidence, in an order that does not depend on how it was found."""
    settled = evidence.settled()
    good = [_good_line(item) for item in settled.attestations]
    bad = [_bad_line(item) for item in settled.unusable]
    lines = tuple(sorted((*good, *bad), key=lambda line: (line.blob, line.manifest)))
    platforms = tuple(f"{platform.name} {platform.digest}" for platform in evidence.platforms)
    parts = tuple(facts_of(part) for part in evidence.parts)
    keys = tuple(key.pem for key in evidence.keys)
    return Facts(
        evidence.digest, evidence.trust_root, evidence.source, lines, evidence.failures, platforms, parts, keys
    )


def _good_line(item: Attestation) -> EvidenceLine:
    found, signer, log = item.found, item.signer, item.log
    return EvidenceLine(
        blob=found.blob,
        manifest=found.manifest,
        predicate_type=item.predicate_type,
        signer=signer.san,
        issuer=signer.issuer,
        signed_at=item.signed_at,
        log_id=log.log_id if log else "",
        log_index=log.index if log else 0,
        layout=found.layout,
        key=signer.key,
        parts=found.parts,
    )


def _bad_line(item: Unusable) -> EvidenceLine:
    return EvidenceLine(
        blob=item.found.blob,
        manifest=item.found.manifest,
        predicate_type=item.claimed_type,
        signer="",
        issuer="",
        signed_at=None,
        log_id="",
        log_index=0,
        state=item.state.value,
        code=item.code,
        detail=item.detail,
        layout=item.found.layout,
        parts=item.found.parts,
    )


def decide(verdict: Verdict, evidence: Evidence, placeholders: Placeholders | None = None) -> Decision:
    """Give the record of a verdict; to be computed again it needs the placeholders that it was reached with."""
    return Decision(
        candidate=verdict.candidate,
        environment=verdict.environment,
        phase=verdict.phase,
        at=verdict.at,
        outcome=verdict.outcome,
        policy=verdict.policy,
        facts=facts_of(evidence),
        findings=verdict.findings,
        placeholders=placeholders,
        circumstances=verdict.circumstances,
        exceptions=verdict.exceptions,
    )


def key_of(verdict: Verdict, evidence: Evidence) -> Digest:
    """Give a digest of what a verdict says apart from its time: equal keys need no new entry in the ledger."""
    findings = tuple(
        (
            f.check,
            f.mode,
            f.outcome,
            tuple(r.code for r in f.reasons),
            f.cites,
            *f.exceptions,
            *_lasting(f),
        )
        for f in verdict.findings
    )
    approved = () if verdict.circumstances.approvals is None else (verdict.circumstances.approvals,)
    return digest_of(canonical((verdict.outcome, verdict.policy, _wordless(facts_of(evidence)), findings, *approved)))


def _lasting(finding: Finding) -> Iterator[tuple[Code, str]]:
    """Give what is said beside a finding and lasts: exceptions that do not apply, denials that nothing tells about.

    What is only not known now of an exception comes and goes.
    """
    for aside in finding.asides:
        if aside.code is None or aside.code is Code.EXCEPTION_UNKNOWN:
            continue
        if aside.code is Code.DENIED_UNKNOWN or aside.code.value.startswith("exception."):
            yield aside.code, aside.sentence


def _wordless(facts: Facts) -> Facts:
    """Give facts without the words of failed look-ups, which change from try to try, and without keys.

    A key that another policy names is tried on everything; where it changes anything, it shows in the evidence.
    """
    failures = tuple(replace(failure, detail="") for failure in facts.failures)
    return replace(facts, failures=failures, keys=(), parts=tuple(map(_wordless, facts.parts)))


# --- the release record -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Chosen:
    """The evidence that a verdict rests on, by role, with what it says."""

    signature: Attestation | None
    provenance: tuple[Attestation, Provenance] | None
    sbom: tuple[Attestation, Sbom] | None
    scans: tuple[tuple[Attestation, Scan], ...]


def choose(verdict: Verdict, evidence: Evidence) -> Chosen:
    """Find the evidence that the findings cite; what no finding cites is not part of the record."""
    cited = {digest for finding in verdict.findings for digest in finding.cites}
    about = (*evidence.attestations, *(item for part in evidence.parts for item in part.attestations))
    items = [item for item in about if item.found.blob in cited]
    signature = next((i for i in items if i.predicate_type in SIGNATURE or not i.predicate_type), None)
    provenance = next(((i, built) for i in items if i.predicate_type in PROVENANCE and (built := _provenance(i))), None)
    of_sbom, of_scans = _cited(verdict, "sbom"), _cited(verdict, "scan", "vulnerabilities")
    sboms = (i for i in items if i.predicate_type in SBOM and i.found.blob in of_sbom)
    sbom = next(((i, listed) for i in sboms if (listed := _sbom(i))), None)
    scans = tuple((i, scan) for i in items if is_scan(i) and i.found.blob in of_scans and (scan := _scan(i)))
    return Chosen(signature, provenance, sbom, scans)


def _cited(verdict: Verdict, *checks: str) -> frozenset[Digest]:
    """Give what these checks rest on: a CycloneDX document may be an SBOM, a scan and VEX, each for another check."""
    return frozenset(digest for finding in verdict.findings if finding.check in checks for digest in finding.cites)


def _provenance(item: Attestation) -> Provenance | None:
    try:
        return read_provenance(item.predicate_type, item.predicate)
    except Malformed:
        return None  # the provenance check says so in its finding


def _sbom(item: Attestation) -> Sbom | None:
    try:
        return read_sbom(item.predicate_type, item.predicate)
    except Malformed:
        return None  # the SBOM check says so in its finding


def _scan(item: Attestation) -> Scan | None:
    try:
        return read_scan(item.predicate_type, item.predicate)
    except Malformed:
        return None  # the scan check says so in its finding


def record_of(verdict: Verdict, evidence: Evidence, approvals: str) -> ReleaseRecord:
    """Build the release record from what the verdict cites; certificates are believed before predicates."""
    chosen = choose(verdict, evidence)
    item, built = chosen.provenance or (None, None)
    claims = item.signer.claims if item else None
    scan_tools = ", ".join(dict.fromkeys(f"{scan.scanner} {scan.scanner_version}".strip() for _, scan in chosen.scans))
    source = evidence.source
    return ReleaseRecord(
        service=verdict.candidate.service,
        release=verdict.candidate.release,
        artifact_digest=verdict.candidate.digest,
        environment=verdict.environment,
        source_repository=source.repository if source else "",
        source_commit=source.commit if source else "",
        source_ref=source.ref if source else "",
        builder=built.builder_id if built else "",
        build_platform=(claims.runner_environment if claims else "") or (built.build_type if built else ""),
        workflow=(claims.build_config_uri if claims else "") or (built.workflow_path if built else ""),
        run=(claims.run_invocation_uri if claims else "") or (built.invocation_id if built else ""),
        parameters=built.parameters if built else (),
        sbom_format=f"{chosen.sbom[1].format.value} {chosen.sbom[1].version}" if chosen.sbom else "",
        sbom_digest=chosen.sbom[0].found.blob if chosen.sbom else "",
        scan_tool=scan_tools,
        scan_digest=chosen.scans[0][0].found.blob if chosen.scans else "",
        signing_mechanism=chosen.signature.mechanism.value if chosen.signature else "",
        signer=_named(chosen.signature.signer) if chosen.signature else "",
        provenance_predicate=item.predicate_type if item else "",
        provenance_digest=item.found.blob if item else "",
        approvals=approvals,
        policy_decision=verdict.outcome.value,
        policy_digest=verdict.policy,
    )


def _named(signer: Signer) -> str:
    return f"key {signer.key}" if signer.key else f"{signer.san} ({signer.issuer})"
