"""The evidence comment, for the auditor: every piece of evidence with digest, signer, log index and signed time.

The machine-readable block is a view like the rest: nothing ever reads it back (the ledger is the memory).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from promoter.core.candidate import Digest
from promoter.core.dossier import Decision, EvidenceLine
from promoter.core.escape import code, one_line, prose

MARKER = "<!-- promoter:evidence -->"
COMMENT_LIMIT = 60_000  # characters; GitHub refuses more than 65,536
_SHOWN = 40  # lines of evidence before the rest is counted


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What the comment tells."""

    reference: str  # repository@digest
    environment: str
    head: str
    decision: Decision
    decision_digest: Digest
    checkpoint: str  # origin, size and root of the ledger, as in the commit's trailer


def comment(exhibit: Exhibit) -> str:
    """Give the comment's text, marker first."""
    sections = (_intro(exhibit), _evidence(exhibit), _inputs(exhibit), _verify(exhibit), _block(exhibit))
    text = "\n\n".join("\n".join(section) for section in sections)
    if len(text) > COMMENT_LIMIT:
        without = "\n\n".join("\n".join(section) for section in (_intro(exhibit), _inputs(exhibit), _verify(exhibit)))
        return without + "\n\nThe list of evidence is too long for a comment; the decision holds all of it.\n"
    return text + "\n"


def _intro(exhibit: Exhibit) -> Iterator[str]:
    yield MARKER
    yield "### Evidence"
    yield ""
    yield f"About {code(exhibit.reference)} for **{prose(exhibit.environment)}**, head {code(exhibit.head)}."


def _evidence(exhibit: Exhibit) -> Iterator[str]:
    lines = exhibit.decision.facts.evidence
    yield "| evidence | signed by | signed at | log | bundle |"
    yield "|---|---|---|---|---|"
    for line in lines[:_SHOWN]:
        yield _row(line)
    if len(lines) > _SHOWN:
        yield f"\nand {len(lines) - _SHOWN} more"


def _row(line: EvidenceLine) -> str:
    kind = code(line.predicate_type or "image signature", 120)
    if line.code:
        return f"| {kind} | ❌ {code(line.code)} | – | – | {code(line.blob)} |"
    at = f"{line.signed_at:%Y-%m-%d %H:%M:%S}Z" if line.signed_at else "–"
    signer = f"{code(line.signer)} ({code(line.issuer)})"
    return f"| {kind} | {signer} | {at} | {code(f'{line.log_id[:16]} #{line.log_index}')} | {code(line.blob)} |"


def _inputs(exhibit: Exhibit) -> Iterator[str]:
    decision, source = exhibit.decision, exhibit.decision.facts.source
    yield "| input of the decision | value |"
    yield "|---|---|"
    yield f"| outcome | {decision.outcome.value} |"
    yield f"| decided at | {decision.at:%Y-%m-%d %H:%M:%S}Z by {prose(decision.engine)} |"
    yield f"| policy | {code(decision.policy)} |"
    yield f"| trust root | {code(decision.facts.trust_root or '')} |"
    if source:
        yield f"| source | {code(source.repository)} {code(source.ref)} is {code(source.commit)} |"
    for platform in decision.facts.platforms:
        yield f"| platform | {code(platform)} |"
    yield f"| decision | {code(exhibit.decision_digest)} |"
    yield f"| ledger checkpoint | {code(exhibit.checkpoint)} |"


def _verify(exhibit: Exhibit) -> Iterator[str]:
    yield "Compute the decision again, offline, from the kept evidence:"
    yield ""
    yield "```sh"
    yield f"promoter verify --decision {exhibit.decision_digest}"
    yield "```"


def _block(exhibit: Exhibit) -> Iterator[str]:
    decision = exhibit.decision
    content = {
        "service": decision.candidate.service,
        "release": decision.candidate.release,
        "digest": decision.candidate.digest,
        "environment": exhibit.environment,
        "head": exhibit.head,
        "outcome": decision.outcome.value,
        "findings": [{"check": f.check, "outcome": f.outcome.value, "mode": f.mode.value} for f in decision.findings],
        "policy": decision.policy,
        "trust_root": decision.facts.trust_root or "",
        "decision": exhibit.decision_digest,
        "checkpoint": exhibit.checkpoint,
        "evidence": [line.blob for line in decision.facts.evidence[:_SHOWN]],
    }
    yield "<details><summary>The same for machines</summary>"
    yield ""
    yield "```json"
    yield one_line(json.dumps(content, sort_keys=True), COMMENT_LIMIT).replace("```", "'''")
    yield "```"
    yield ""
    yield "</details>"
