"""In-toto statements v0.1 and v1, read strictly (in-toto attestation framework, spec/v1/statement.md and spec/v0.1).

Rule 1: only a subject's sha256 binds; names, URIs and other digest algorithms are tolerated and bind nothing. A git
commit among the subjects is kept as a revision, for predicates about sources; it never stands for our digest.
Rule 2: the predicate type is the one inside the signed payload, compared exactly; it is not interpreted here.
Unknown members of a statement are ignored, as the specification demands; everything that is read must be well formed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from promoter.core.candidate import Digest, parse_digest
from promoter.core.codes import Code
from promoter.core.strict_json import Malformed, read_object

PAYLOAD_TYPE = "application/vnd.in-toto+json"
"""The DSSE payload type of a statement; another type, suffixed ones included, is no statement here."""

STATEMENT_TYPES = ("https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1")
MAX_SUBJECTS = 1024
MAX_DIGESTS = 32
_MAX_TYPE_LENGTH = 1024
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said, and about which digests; subjects without a sha256 are not listed, because they bind nothing."""

    subjects: tuple[Digest, ...]
    predicate_type: str
    predicate: Mapping[str, Any] = field(repr=False)
    revisions: tuple[str, ...] = ()  # whole git commits among the subjects, each once


def parse_statement(payload: bytes) -> Statement:
    """Read the payload of a DSSE envelope; raises Malformed with a STATEMENT code.

    An absent or null predicate is the empty one (cosign's own signatures have none).
    """
    body = read_object(payload)
    kind = body.get("_type")
    if kind not in STATEMENT_TYPES:
        raise _unparseable(f"the statement's _type is {_shown(kind)}, only Statement v0.1 and v1 are read")
    subjects = _subjects(body.get("subject"))
    return Statement(subjects, _predicate_type(body), _predicate(body), _revisions(body["subject"]))


def pre_authentication(payload_type: str, payload: bytes) -> bytes:
    """Encode what a DSSE signature covers (DSSE v1.0.0, protocol.md)."""
    kind = payload_type.encode()
    return b" ".join((b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload))


def _subjects(listed: object) -> tuple[Digest, ...]:
    if not isinstance(listed, list) or not listed:
        raise _unparseable("the statement has no list of subjects")
    if len(listed) > MAX_SUBJECTS:
        raise Malformed(
            Code.STATEMENT_TOO_MANY_SUBJECTS, f"the statement has {len(listed)} subjects, at most {MAX_SUBJECTS}"
        )
    digests = (_sha256(number, subject) for number, subject in enumerate(listed, start=1))
    return tuple(digest for digest in digests if digest)


def _sha256(number: int, subject: object) -> Digest | None:
    digests = subject.get("digest") if isinstance(subject, dict) else None
    if not isinstance(digests, dict) or not digests:
        raise _unparseable(f"subject {number} has no digest")
    if len(digests) > MAX_DIGESTS:
        raise Malformed(
            Code.STATEMENT_TOO_MANY_SUBJECTS, f"subject {number} has {len(digests)} digests, at most {MAX_DIGESTS}"
        )
    if not all(isinstance(value, str) and value for value in digests.values()):
        raise _unparseable(f"subject {number} has a digest that is not text")
    if "sha256" not in digests:
        return None
    try:
        return parse_digest(f"sha256:{digests['sha256']}")
    except ValueError:
        raise _unparseable(f"the sha256 of subject {number} is not 64 lower-case hexadecimal digits") from None


def _revisions(listed: list[dict[str, dict[str, str]]]) -> tuple[str, ...]:
    """Give the git commits of subjects that are well formed already; one that is shortened names nothing."""
    commits = (subject["digest"].get("gitCommit", "") for subject in listed)
    return tuple(dict.fromkeys(commit for commit in commits if _COMMIT.fullmatch(commit)))


def _predicate_type(body: Mapping[str, Any]) -> str:
    kind = body.get("predicateType")
    if not isinstance(kind, str) or not kind or len(kind) > _MAX_TYPE_LENGTH or not kind.isprintable():
        raise _unparseable(f"the statement's predicateType is {_shown(kind)}, not the name of a type")
    return kind


def _predicate(body: Mapping[str, Any]) -> Mapping[str, Any]:
    predicate = body.get("predicate")
    if predicate is None:
        return {}
    if not isinstance(predicate, dict):
        raise _unparseable("the statement's predicate is not an object")
    return predicate


def _unparseable(detail: str) -> Malformed:
    return Malformed(Code.STATEMENT_UNPARSEABLE, detail)


def _shown(value: object) -> str:
    return ascii(value[:100]) if isinstance(value, str) else "absent" if value is None else "not text"
