"""Makes of a case's written facts what verification would have given: signed by whom the policy's rule names."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from promoter.config_case_files import PieceFile
from promoter.config_signers import SampleFile
from promoter.core.candidate import Candidate, digest_of
from promoter.core.evidence import (
    Attestation,
    ContentKind,
    Evidence,
    EvidenceState,
    Found,
    LogEntry,
    Mechanism,
    Signer,
    SignerClaims,
    SourceRevision,
    Unusable,
)
from promoter.core.identity import Placeholders
from promoter.core.policy import Policy
from promoter.core.strict_json import Malformed, read_object

_LOG: Final = LogEntry("00" * 32, 1, "dsse 0.0.1")
_STATES: Final = frozenset({EvidenceState.INVALID, EvidenceState.UNPARSEABLE, EvidenceState.ABSENT})
_MAX_BYTES: Final = 16 << 20


@dataclass(frozen=True, slots=True)
class Release:
    """The release that a case is about, and when it is asked."""

    candidate: Candidate
    placeholders: Placeholders
    commit: str
    now: datetime
    folder: Path  # of the case's file

    def fill(self, value: Any) -> Any:
        """Fill in what the texts of a predicate may hold."""
        match value:
            case str():
                known = self.placeholders.fill(value)
                return known.replace("{digest}", self.candidate.digest).replace("{commit}", self.commit)
            case dict():
                return {key: self.fill(item) for key, item in value.items()}
            case list():
                return [self.fill(item) for item in value]
            case _:
                return value


def evidence_of(pieces: Mapping[str, PieceFile], release: Release, policy: Policy) -> Evidence:
    """Give the evidence that these pieces are; raises ValueError, naming the piece, for what cannot be made."""
    good, bad = [], []
    for name, piece in pieces.items():
        try:
            if piece.state:
                bad.append(_unusable(name, piece, piece.state))
            else:
                good.append(_attestation(name, piece, release, policy))
        except ValueError as error:
            raise ValueError(f"evidence.{name}: {error}") from None
    reference = f"refs/tags/{release.placeholders.tag}"
    source = SourceRevision(release.placeholders.source, reference, release.commit)
    return Evidence(release.candidate.digest, attestations=tuple(good), unusable=tuple(bad), source=source)


def _found(name: str, piece: PieceFile) -> Found:
    return Found(digest_of(name.encode()), digest_of(b"manifest of " + name.encode()), 1000, piece.layout)


def _unusable(name: str, piece: PieceFile, state: EvidenceState) -> Unusable:
    if state not in _STATES:
        known = ", ".join(sorted(one.value for one in _STATES))
        raise ValueError(f"no piece is {state.value} by itself; write one of {known}")
    if not piece.code:
        raise ValueError("gives a state without the code of what is wrong")
    return Unusable(_found(name, piece), state, piece.code, f"{piece.code}, as the case has it", piece.type)


def _attestation(name: str, piece: PieceFile, release: Release, policy: Policy) -> Attestation:
    signer = _signer(piece, release, policy)
    return Attestation(
        found=_found(name, piece),
        kind=ContentKind.DSSE if piece.type else ContentKind.MESSAGE_SIGNATURE,
        mechanism=Mechanism.KEYED_BUNDLE if signer.key else Mechanism.KEYLESS_BUNDLE,
        signer=signer,
        signed_at=piece.signed_at or (release.now if piece.logged else None),
        log=_LOG if piece.logged else None,
        predicate_type=piece.type,
        predicate=release.fill(_predicate(piece, release.folder)),
        subjects=(release.candidate.digest,),
        revisions=tuple(map(release.fill, piece.revisions)),
    )


def _predicate(piece: PieceFile, folder: Path) -> Mapping[str, Any]:
    if piece.file is None:
        written: dict[str, Any] = json.loads(json.dumps(piece.predicate, default=_refuse))
        return written
    if piece.predicate:
        raise ValueError("gives both predicate and file")
    try:
        with (folder / piece.file).open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"{piece.file} cannot be read: {error.strerror}") from None
    try:
        return read_object(raw)
    except Malformed as malformed:
        raise ValueError(f"{piece.file}: {malformed.detail}") from None


def _refuse(value: object) -> None:
    raise ValueError(f"a predicate holds no {type(value).__name__}; put quotes around what is text")


def _signer(piece: PieceFile, release: Release, policy: Policy) -> Signer:
    if bool(piece.signed_by) == bool(piece.stranger):
        raise ValueError("give exactly one of signed_by and stranger")
    if piece.stranger:
        return _stranger(piece.stranger, release)
    if piece.signed_by not in policy.signers:
        raise ValueError(f"the policy has no signer {piece.signed_by!r} (it has: {', '.join(sorted(policy.signers))})")
    rule = policy.signers[piece.signed_by]
    if rule.san_pattern:
        raise ValueError(f"{piece.signed_by} is a pattern: give a stranger that it matches")
    fill = release.placeholders.fill
    claims = SignerClaims(**{name: fill(value) for name, value in _claims(rule.claims)})
    return Signer(san=fill(rule.san), issuer=fill(rule.issuer), claims=claims, key=rule.fingerprint)


def _stranger(written: SampleFile, release: Release) -> Signer:
    fill = release.placeholders.fill
    claims = SignerClaims(**{name: fill(value) for name, value in _claims(written.claims)})
    return Signer(san=fill(written.san), issuer=fill(written.issuer), claims=claims)


def _claims(claims: SignerClaims) -> Iterator[tuple[str, str]]:
    for one in fields(SignerClaims):
        yield one.name, getattr(claims, one.name)
