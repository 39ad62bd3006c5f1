"""The evidence comment, for the auditor: every piece of evidence with digest, signer, log index and signed time.

The machine-readable block is a view like the rest: nothing ever reads it back (the ledger is the memory).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.dossier import Decision, EvidenceLine
from promoter.core.escape import code, one_line, prose, sentence
from promoter.core.history import Known
from promoter.core.policy_exception import Granted
from promoter.core.predicates.types import OPENVEX, PROVENANCE, SBOM, SCAN, SIGNATURE
from promoter.core.record import FreezeEnded

MARKER: Final = "<!-- promoter:evidence -->"

COMMENT_LIMIT: Final = 60_000
"""Characters; GitHub refuses more than 65,536."""

_SHOWN = (40, 15, 5, 1)  # items of a list before the rest is counted: the first that keeps the comment within its limit
_KINDS = (
    (SIGNATURE | {""}, "signature"),
    (PROVENANCE, "provenance"),
    (SBOM, "SBOM"),
    (SCAN, "scan"),
    (OPENVEX, "VEX"),
)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What the comment tells."""

    reference: str  # repository@digest
    environment: str
    head: str
    decision: Decision
    decision_digest: Digest
    checkpoint: str  # origin, size and root of the ledger, as in the commit's trailer; empty: not known
    known: Known | None = None  # what was said of the release's tag since it was first seen


def comment(exhibit: Exhibit) -> str:
    """Give the comment's text, marker first; lists that are too long are counted, the decision holds them whole."""
    text = ""
    for shown in _SHOWN:
        text = _comment(exhibit, shown)
        if len(text) <= COMMENT_LIMIT:
            break
    return text


def _comment(exhibit: Exhibit, shown: int) -> str:
    parts = (_intro(exhibit), _inputs(exhibit, shown), _evidence(exhibit, shown), _verify(exhibit))
    return "\n\n".join("\n".join(part) for part in (*parts, _block(exhibit, shown))) + "\n"


def _intro(exhibit: Exhibit) -> Iterator[str]:
    yield MARKER
    yield "### Evidence"
    yield ""
    yield f"What the check of commit {code(exhibit.head)} rests on: {code(exhibit.reference)}"
    yield f"for **{prose(exhibit.environment)}**."


# --- what the decision was made from ----------------------------------------------------------------------------------


def _inputs(exhibit: Exhibit, shown: int) -> Iterator[str]:
    decision, source = exhibit.decision, exhibit.decision.facts.source
    failures = tuple(failure for facts in decision.facts.whole for failure in facts.failures)
    yield "| decision | |"
    yield "|---|---|"
    yield f"| outcome | **{decision.outcome.value}**, {_stamp(decision.at)}, by {prose(decision.engine)} |"
    yield f"| decision | {code(exhibit.decision_digest)} |"
    yield f"| policy | {code(decision.policy)} |"
    yield f"| trust root | {code(decision.facts.trust_root or '')} |"
    if exhibit.checkpoint:
        yield f"| ledger checkpoint | {code(exhibit.checkpoint)} |"
    yield from (f"| exception | {_exception(one)} |" for one in decision.exceptions[:shown])
    if source:
        commit = f"commit {code(source.commit)}" if source.commit else "no commit: there is no such tag"
        yield f"| source | {code(source.repository)} {code(source.ref)} is {commit} |"
    if exhibit.known and exhibit.known.freeze:
        yield f"| frozen | {sentence(exhibit.known.freeze.sentence)} |"
    ended = _ended(exhibit)
    yield from (
        f"| freeze ended | by {code(one.actor, 120)}, {_stamp(one.at)}: {prose(one.reason)}; "
        f"the tag was moved to {code(one.accepted)} |"
        for one in ended[:shown]
    )
    yield from (f"| platform | {code(platform)} |" for platform in decision.facts.platforms[:shown])
    yield from (
        f"| not answered | {code(one.what)}: {code(one.code)} {prose(one.detail)} |" for one in failures[:shown]
    )
    hidden = (max(len(items) - shown, 0) for items in (decision.facts.platforms, failures, ended, decision.exceptions))
    if more := sum(hidden):
        yield f"| | and {more} more |"


def _exception(one: Granted) -> str:
    """Name an exception with its digest, and who answers for it by which means."""
    exception = one.exception
    who = prose(", ".join(one.counting) or "nobody", 200)
    where = f" {code(one.reference, 80)}" if one.reference else ""
    statements = "".join(f", statement {code(blob)}" for blob in one.statements)
    name = f"{code(exception.id)} {code(exception.digest)} until {_stamp(exception.expires)}"
    return f"{name}: approved by {who} ({one.means.value}{where}){statements}"


def _ended(exhibit: Exhibit) -> tuple[FreezeEnded, ...]:
    """Give the freezes of this release that a person ended, newest first."""
    return exhibit.known.ended[::-1] if exhibit.known else ()


# --- piece by piece ---------------------------------------------------------------------------------------------------


def _evidence(exhibit: Exhibit, shown: int) -> Iterator[str]:
    pieces = _ordered(exhibit)
    if not pieces:
        yield "No evidence was found."
    for line, platform in pieces[:shown]:
        yield from _piece(line, exhibit.decision)
        if platform:
            yield f"  - about the platform {code(platform)}"
    if len(pieces) > shown:
        yield f"- and {len(pieces) - shown} more"


def _piece(line: EvidenceLine, decision: Decision) -> Iterator[str]:
    """Give what is known of one piece: whole digests and identities, so that each can be looked up as it stands."""
    typed = f" {code(line.predicate_type, 120)}" if line.predicate_type else ""
    if line.code:
        yield f"- ❌ **{_kind(line)}**{typed}, {prose(line.state)}: {code(line.code)} {prose(line.detail)}"
    else:
        yield f"- **{_kind(line)}**{typed}, {_use(line, decision)}"
        yield f"  - signed by {_signer(line)}"
        yield f"  - signed {_time(line)}, {_log(line)}"
    yield f"  - {line.layout.value} {code(line.blob)} in manifest {code(line.manifest)}"


def _signer(line: EvidenceLine) -> str:
    return f"key {code(line.key)}" if line.key else f"{code(line.signer)}, issuer {code(line.issuer)}"


def _time(line: EvidenceLine) -> str:
    return f"at {_stamp(line.signed_at)}" if line.signed_at else "at a time that nobody vouches for"


def _log(line: EvidenceLine) -> str:
    return f"log {code(line.log_id)} entry {line.log_index}" if line.log_id else "in no transparency log"


def _ordered(exhibit: Exhibit) -> list[tuple[EvidenceLine, str]]:
    """Give the evidence in the order that people ask for it, what does not verify last; each with its platform.

    The platform is empty for what is about the release's own digest.
    """
    names, facts = [name for _, name in _KINDS], exhibit.decision.facts
    platforms = {digest: name for name, _, digest in (line.rpartition(" ") for line in facts.platforms)}
    pieces = [(line, "") for line in facts.evidence]
    pieces += [(line, platforms.get(part.digest) or part.digest) for part in facts.parts for line in part.evidence]
    return sorted(
        pieces,
        key=lambda one: (bool(one[0].code), names.index(_kind(one[0])) if _kind(one[0]) in names else len(names)),
    )


def _kind(line: EvidenceLine) -> str:
    return next((name for types, name in _KINDS if line.predicate_type in types), "attestation")


def _use(line: EvidenceLine, decision: Decision) -> str:
    """Say which findings rest on a piece of evidence."""
    users = [finding.check for finding in decision.findings if line.blob in finding.cites]
    return f"used by {prose(', '.join(dict.fromkeys(users)))}" if users else "used by no check"


def _stamp(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}" if at else "–"


# --- for whoever checks -----------------------------------------------------------------------------------------------


def _verify(exhibit: Exhibit) -> Iterator[str]:
    yield "Compute the decision again, offline, from the evidence that the bot keeps:"
    yield ""
    yield "```sh"
    yield f"promoter verify --decision {exhibit.decision_digest}"
    yield "```"


def _block(exhibit: Exhibit, shown: int) -> Iterator[str]:
    """Give the same as JSON, in ASCII: nothing in it can end the block."""
    decision = exhibit.decision
    content = {
        "service": decision.candidate.service,
        "release": decision.candidate.release,
        "digest": decision.candidate.digest,
        "environment": exhibit.environment,
        "head": exhibit.head,
        "outcome": decision.outcome.value,
        **({"exceptions": _listed(decision.exceptions[:shown])} if decision.exceptions else {}),
        "findings": [
            {"check": one.check, "outcome": one.outcome.value, "mode": one.mode.value}
            for one in decision.findings[:shown]
        ],
        "policy": decision.policy,
        "trust_root": decision.facts.trust_root or "",
        "decision": exhibit.decision_digest,
        "checkpoint": exhibit.checkpoint,
        "frozen": bool(exhibit.known and exhibit.known.is_frozen),
        "freezes_ended": [
            {
                "actor": one_line(one.actor),
                "reason": one_line(one.reason),
                "at": f"{one.at:%Y-%m-%dT%H:%M:%SZ}",
                "moved_to": one.accepted,
            }
            for one in _ended(exhibit)[:shown]
        ],
        "evidence_count": sum(len(facts.evidence) for facts in decision.facts.whole),
        "evidence": [
            {
                "bundle": line.blob,
                "type": one_line(line.predicate_type),
                "signer": one_line(line.signer),
                "issuer": one_line(line.issuer),
                **({"key": line.key} if line.key else {}),
                "signed_at": f"{line.signed_at:%Y-%m-%dT%H:%M:%SZ}" if line.signed_at else "",
                "log_index": line.log_index,
                "state": line.state,
                "code": line.code,
                **({"platform": one_line(platform)} if platform else {}),
            }
            for line, platform in _ordered(exhibit)[:shown]
        ],
    }
    yield "<details><summary>The same for machines</summary>"
    yield ""
    yield "```json"
    yield json.dumps(content, indent=1, sort_keys=True)
    yield "```"
    yield ""
    yield "</details>"


def _listed(exceptions: tuple[Granted, ...]) -> list[dict[str, object]]:
    return [
        {
            "id": one.exception.id,
            "digest": one.exception.digest,
            "kind": one.exception.kind.value,
            "expires": f"{one.exception.expires:%Y-%m-%dT%H:%M:%SZ}",
            "means": one.means.value,
            "approved_by": [one_line(name) for name in one.counting],
            "statements": list(one.statements),
        }
        for one in exceptions
    ]
