"""The logs of the trusted root, of entries or of certificates, with their keys ready for use.

The root may list several logs under one id, as where a key or a period changed: which of them counts, the time of the
signature tells. All is read when the root is loaded, and nothing here changes afterwards: threads share it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from sigstore_models.common.v1 import LogId, TimeRange
from sigstore_models.trustroot.v1 import TransparencyLogInstance

from promoter.adapters.signatures_sigstore.authority import covers
from promoter.adapters.signatures_sigstore.private import Keyring
from promoter.adapters.signatures_sigstore.refusal import outside_period


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log as the root lists it once: the ids that it is named by, its key, and when that counts."""

    ids: frozenset[bytes]
    period: TimeRange | None
    keyring: Keyring


@dataclass(frozen=True, slots=True)
class TrustedLogs:
    """All logs of one kind, and what a refusal calls that. `keyrings` has, by id, the keys of all logs under it."""

    what: str
    logs: tuple[TrustedLog, ...] = field(repr=False)
    keyrings: Mapping[bytes, Keyring] = field(repr=False)

    @classmethod
    def of_entries(cls, listed: Iterable[TransparencyLogInstance]) -> Self:
        """Read logs of signatures: named by their id, or by that of their checkpoints."""
        return cls._read("transparency log", [(_ids(log.log_id, log.checkpoint_key_id), log) for log in listed])

    @classmethod
    def of_certificates(cls, listed: Iterable[TransparencyLogInstance]) -> Self:
        """Read logs of certificates: named by their id, or by the hash of their key (RFC 6962 section 3.2)."""
        named = [(_ids(log.log_id) | {_hash(log.public_key.raw_bytes)}, log) for log in listed]
        return cls._read("certificate transparency log", named)

    @classmethod
    def _read(cls, what: str, named: list[tuple[frozenset[bytes], TransparencyLogInstance]]) -> Self:
        logs = tuple(TrustedLog(ids, log.public_key.valid_for, Keyring([log.public_key])) for ids, log in named)
        every = frozenset[bytes]().union(*(ids for ids, _ in named))
        keyrings = {each: Keyring([log.public_key for ids, log in named if each in ids]) for each in every}
        return cls(what, logs, keyrings)

    def __bool__(self) -> bool:
        """True where the root lists such a log."""
        return bool(self.logs)

    def known(self, log_id: bytes) -> Keyring | None:
        """Give the keys of the logs under an id, valid or not; None where there is none."""
        return self.keyrings.get(log_id)

    def valid(self, log_id: bytes, times: tuple[datetime, ...]) -> Keyring:
        """Give the key of the log under an id that was valid at every time; raises Refusal."""
        for log in self.logs:
            if log_id in log.ids and covers(log.period, times):
                return log.keyring
        raise outside_period(self.what)


def _ids(*ids: LogId | None) -> frozenset[bytes]:
    return frozenset(each.key_id for each in ids if each)


def _hash(key: bytes | None) -> bytes:
    return hashlib.sha256(key or b"").digest()
