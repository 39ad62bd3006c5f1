"""Writes a new exception's file: with a comment at every key, and with what a blocked release needs by its decision."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from promoter.config_exception_files import ExceptionFile
from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.policy_exception import ACCEPTABLE, Kind
from promoter.core.predicates.vulnerability import Severity
from promoter.core.waivable import IDENTITY_CHECKS, RATED, WAIVABLE

_FINDINGS: TypeAdapter[tuple[Finding, ...]] = TypeAdapter(tuple[Finding, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be written; times are in UTC."""

    kind: Kind = Kind.EXCEPTION
    codes: tuple[str, ...]
    environments: tuple[str, ...]
    services: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    vulnerabilities: tuple[str, ...] = ()
    max_severity: str = ""
    owner: str
    reason: str
    controls: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    requested_by: str
    not_before: datetime
    life: timedelta


@dataclass(frozen=True, slots=True)
class Needs:
    """What a blocked release needs an exception for, by its last decision; `never` can be waived by none."""

    codes: tuple[str, ...]
    vulnerabilities: tuple[str, ...]
    max_severity: str
    digest: Digest
    never: tuple[str, ...]


def needs_of(decision: bytes) -> Needs:
    """Read out of a kept decision what an exception would have to cover."""
    document = json.loads(decision)
    findings = _FINDINGS.validate_python(document["findings"])
    failing = [one for one in findings if one.mode is Mode.ENFORCE and one.outcome is Outcome.FAIL]
    codes = dict.fromkeys(reason.code for finding in failing for reason in finding.reasons)
    identity = {reason.code for finding in failing if finding.check in IDENTITY_CHECKS for reason in finding.reasons}
    never = [code for code in codes if code not in WAIVABLE or code in identity]
    items = [item for finding in failing for reason in finding.reasons if reason.code in RATED for item in reason.items]
    is_alone = all(code in RATED for code in codes if code not in never)
    return Needs(
        codes=tuple(code.value for code in codes if code not in never),
        vulnerabilities=tuple(dict.fromkeys(item.id for item in items)) if is_alone else (),
        max_severity=_worst({item.severity for item in items}) if any(code in RATED for code in codes) else "",
        digest=Digest(document["candidate"]["digest"]),
        never=tuple(code.value for code in never),
    )


def _worst(severities: set[str]) -> str:
    """Give the worst severity; what nobody rated needs the worst there is."""
    if Severity.UNKNOWN.value in severities:
        return Severity.CRITICAL.value
    return next((one.value for one in ACCEPTABLE if one.value in severities), Severity.CRITICAL.value)


def is_rated(codes: tuple[str, ...]) -> bool:
    """Tell whether codes are about things with a severity, so that the exception must say up to which one."""
    return any(code in {one.value for one in RATED} for code in codes)


def known_code(text: str) -> bool:
    """Tell whether a code may stand in an exception."""
    return text in {code.value for code in Code if code in WAIVABLE}


def draft_text(draft: Draft) -> str:
    """Give the file's text: every key with what it means, those that are not used too, as comments."""
    start = draft.not_before.replace(microsecond=0)
    draft = replace(draft, not_before=start)
    return "\n".join(_lines(draft, start + draft.life)) + "\n"


def _lines(draft: Draft, end: datetime) -> Iterator[str]:
    yield "# An exception. It counts once enough people other than its author and its requester approved the change"
    yield "# that brings this file, or signed the same as a statement about the digest. Names in it count for nothing."
    values: dict[str, object] = {
        "kind": draft.kind.value,
        "codes": draft.codes,
        "environments": draft.environments,
        "services": draft.services,
        "digests": draft.digests,
        "vulnerabilities": draft.vulnerabilities,
        "max_severity": draft.max_severity,
        "owner": draft.owner,
        "reason": draft.reason,
        "controls": draft.controls,
        "evidence": draft.evidence,
        "requested_by": draft.requested_by,
        "not_before": f"{draft.not_before:%Y-%m-%dT%H:%M:%SZ}",
        "expires": f"{end:%Y-%m-%dT%H:%M:%SZ}",
    }
    for key, field in ExceptionFile.model_fields.items():
        meaning = " ".join((field.description or "").split())
        yield ""
        yield f"# {meaning}"
        yield f"{key}: {json.dumps(values[key])}" if values.get(key) else f"# {key}:"
